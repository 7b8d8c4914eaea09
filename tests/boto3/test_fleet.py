"""One submitter and three workers as processes, some of which are killed, against the emulator with faults on."""

import json
import os
import pathlib
import subprocess

import boto3
from botocore.config import Config
from test_emulator import BINARY, KEY, Emulator

EXAMPLES = pathlib.Path(BINARY).parent
DOCUMENTS = 200
TOPIC = "arn:aws:sns:us-east-1:111122223333:textract-done"
ROLE = "arn:aws:iam::111122223333:role/textract-publish"
MAIL = "jane.doe@example.com"
# The text of every document: two pages, with something to redact on each.
RESPONSE = {
    "JobStatus": "SUCCEEDED",
    "DocumentMetadata": {"Pages": 2},
    "Blocks": [
        block
        for page in (1, 2)
        for block in (
            {"BlockType": "PAGE", "Id": f"p{page}", "Page": page, "Relationships": [{"Type": "CHILD", "Ids": [f"l{page}"]}]},
            {
                "BlockType": "LINE",
                "Id": f"l{page}",
                "Page": page,
                "Text": f"Page {page} of {MAIL}",
                "Relationships": [{"Type": "CHILD", "Ids": [f"a{page}", f"b{page}", f"c{page}", f"d{page}"]}],
            },
            {"BlockType": "WORD", "Id": f"a{page}", "Page": page, "Text": "Page"},
            {"BlockType": "WORD", "Id": f"b{page}", "Page": page, "Text": str(page)},
            {"BlockType": "WORD", "Id": f"c{page}", "Page": page, "Text": "of"},
            {"BlockType": "WORD", "Id": f"d{page}", "Page": page, "Text": MAIL},
        )
    ],
}
ENVIRONMENT = os.environ | {
    "AWS_ACCESS_KEY_ID": "any",
    "AWS_SECRET_ACCESS_KEY": "any",
    "AWS_SESSION_TOKEN": "any",
    "AWS_REGION": "us-east-1",
}


def patient(emulator, service):
    """A client that the faults do not stop."""
    keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
    config = Config(retries={"total_max_attempts": 10, "mode": "standard"})
    return boto3.client(service, endpoint_url=emulator.url, region_name="us-east-1", config=config, **keys)


def start(name, *arguments):
    command = [EXAMPLES / name, *arguments]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, text=True)


def objects(s3, bucket, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket=bucket, Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_every_document_is_filed_once_whatever_is_killed(tmp_path):
    (tmp_path / "response.json").write_text(json.dumps(RESPONSE))
    emulator = Emulator(
        *("--kms-key", KEY, "--response", tmp_path / "response.json", "--job-ms", "200"),
        *("--topic", TOPIC, "--queue", "done:5:50"),
        *("--fault", "throttle@StartDocumentAnalysis~7", "--fault", "connection-reset@GetObject~11"),
        *("--fault", "internal-error@PutObject~13", "--fault", "throttle@ReceiveMessage~5"),
    )
    s3 = patient(emulator, "s3")
    for bucket in ("documents", "results", "sink"):
        s3.create_bucket(Bucket=bucket)
    for number in range(DOCUMENTS):
        s3.put_object(Bucket="documents", Key=f"in/{number:03}.pdf", Body=b"%PDF-1.7")
    queue = patient(emulator, "sqs").get_queue_url(QueueName="done")["QueueUrl"]
    sealed = ("--output", "s3://results/out", "--kms-key", KEY, "--endpoint-url", emulator.url)
    submit = ("--input", "s3://documents/in/", "--topic-arn", TOPIC, "--role-arn", ROLE, *sealed)
    submit = ("submit", *submit, "--journal", tmp_path / "journal", "--starts-per-second", "40")
    work = ("--queue-url", queue, "--topic-arn", TOPIC, "--sink", "s3://sink/clean", "--redact", "patterns", *sealed)
    work = ("worker", *work, "--visibility", "5", "--exit-when-idle", "12")

    workers = [start(*work) for _ in range(3)]
    submitter = start(*submit)
    for _ in range(40):
        submitter.stdout.readline()
    submitter.kill()
    workers[0].kill()
    again = start(*submit)
    seen = [json.loads(line) for line in again.stdout]
    assert again.wait(timeout=120) == 0
    workers[1].kill()
    workers.append(start(*work))
    assert {line["outcome"] for line in seen} <= {"submitted", "resumed"}, seen[:3]
    # A document that is resumed from the journal and given again by the listing comes out twice, with the same job.
    assert len({line["document"] for line in seen}) == len({line["job"] for line in seen}) == DOCUMENTS

    for worker in (workers[2], workers[3]):
        worker.communicate(timeout=120)
        assert worker.returncode == 0
    manifests = [key for key in objects(s3, "sink", "clean/") if key.endswith("/manifest.json")]
    filed = {}
    for key in manifests:
        manifest = json.loads(s3.get_object(Bucket="sink", Key=key)["Body"].read())
        assert manifest["input"] not in filed, "a document was started twice"
        filed[manifest["input"]] = manifest
        assert (manifest["files"], manifest["redaction"]["by_type"]) == (2, {"EMAIL": 2})
        for page in (1, 2):
            body = s3.get_object(Bucket="sink", Key=key.replace("manifest.json", f"{page:05}.md"))
            assert body["ServerSideEncryption"] == "aws:kms" and body["SSEKMSKeyId"] == KEY
            text = body["Body"].read().decode()
            assert MAIL not in text and "EMAIL" in text and f"Page {page}" in text
    assert sorted(filed) == [f"s3://documents/in/{number:03}.pdf" for number in range(DOCUMENTS)]
    assert emulator.stop() == 0


def submitter_of(emulator, folder, *more):
    sealed = ("--output", "s3://results", "--kms-key", KEY, "--endpoint-url", emulator.url)
    to = ("--topic-arn", TOPIC, "--role-arn", ROLE, "--journal", folder / "journal")
    command = [EXAMPLES / "submit", "--input", "s3://documents/in/", *sealed, *to, *more]
    return subprocess.Popen(command, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def done(submitter):
    """The exit code of a submitter, the outcomes that were not read yet, and whether it points to --retry-failed."""
    lines, errors = submitter.communicate(timeout=120)
    outcomes = sorted(json.loads(line)["outcome"] for line in lines.splitlines())
    return submitter.returncode, outcomes, "--retry-failed" in errors


def with_documents(folder, *arguments):
    (folder / "response.json").write_text(json.dumps(RESPONSE))
    emulator = Emulator("--kms-key", KEY, "--response", folder / "response.json", "--topic", TOPIC, *arguments)
    s3 = patient(emulator, "s3")
    for bucket in ("documents", "results"):
        s3.create_bucket(Bucket=bucket)
    for number in range(3):
        s3.put_object(Bucket="documents", Key=f"in/{number}.pdf", Body=b"%PDF-1.7")
    return emulator, s3


def test_what_failed_for_good_is_told_by_every_run_and_tried_again_when_asked(tmp_path):
    emulator, s3 = with_documents(tmp_path)
    # All three are listed, and two are gone before it is their turn.
    submitter = submitter_of(emulator, tmp_path, "--starts-per-second", "0.5")
    started = json.loads(submitter.stdout.readline())["document"]
    gone = [key for key in objects(s3, "documents", "in/") if not started.endswith(key)]
    for key in gone:
        s3.delete_object(Bucket="documents", Key=key)
    assert done(submitter) == (1, ["failed", "failed"], False)
    for key in gone:
        s3.put_object(Bucket="documents", Key=key, Body=b"%PDF-1.7")

    assert done(submitter_of(emulator, tmp_path)) == (1, ["resumed"], True)
    code, outcomes, is_told = done(submitter_of(emulator, tmp_path, "--retry-failed"))
    assert (code, outcomes.count("submitted"), is_told) == (0, 2, False)
    assert emulator.stop() == 0


def test_a_denial_is_tried_again_by_the_next_run(tmp_path):
    emulator, _ = with_documents(tmp_path, "--fault", "access-denied@StartDocumentAnalysis*2")
    assert done(submitter_of(emulator, tmp_path)) == (1, ["failed", "failed", "submitted"], False)
    code, outcomes, is_told = done(submitter_of(emulator, tmp_path))
    assert (code, outcomes.count("submitted"), is_told) == (0, 2, False)
    assert set(outcomes) == {"submitted", "resumed"}
    assert emulator.stop() == 0


def test_wrong_arguments_are_refused_before_anything_is_done(tmp_path):
    def run(name, arguments):
        command = [EXAMPLES / name, *(part for pair in arguments.items() for part in pair)]
        return subprocess.run(command, env=ENVIRONMENT, capture_output=True, text=True, timeout=60)

    sealed = {"--output": "s3://results", "--kms-key": KEY}
    right = sealed | {"--input": "s3://documents/in/", "--topic-arn": TOPIC, "--role-arn": ROLE}
    right |= {"--journal": str(tmp_path / "journal")}
    for flag, wrong in (
        ("--input", "documents/in/"),
        ("--input", "s3://No"),
        ("--features", "TABLES,NONE"),
        ("--starts-per-second", "0"),
        ("--starts-per-second", "many"),
        ("--concurrent-jobs", "0"),
    ):
        refused = run("submit", right | {flag: wrong})
        assert (refused.returncode, refused.stdout) == (2, "") and flag in refused.stderr, refused.stderr
    assert not any(tmp_path.iterdir())

    right = sealed | {"--queue-url": "https://sqs.us-east-1.amazonaws.com/111122223333/done", "--sink": "s3://sink"}
    for flag, wrong, named in (
        ("--parallel", "0", "--parallel"),
        ("--visibility", "2", "--visibility"),
        ("--to", "nothing", "--to"),
        ("--kms-key", KEY.split("/")[-1], "--bucket-owner"),
        ("--kms-key", "arn:aws:kms:us-east-1:111122223333:alias/documents", "--kms-key"),
    ):
        refused = run("worker", right | {flag: wrong})
        assert (refused.returncode, refused.stdout) == (2, "") and named in refused.stderr, refused.stderr

    told = subprocess.run([EXAMPLES / "lambda", "--help"], capture_output=True, text=True, timeout=60, check=True).stdout
    assert all(variable in told for variable in ("TOPIC_ARN", "OUTPUT", "KMS_KEY", "BUCKET_OWNER", "SINK"))
