"""boto3, as it comes from PyPI, against the emulator on a loopback port.

Run after `cargo build --release --example emulator`; INKSEAL_EMULATOR names another binary.
"""

import hashlib
import json
import os
import pathlib
import signal
import subprocess
import time
import urllib.request

import boto3
import botocore.config
import botocore.exceptions
import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
BINARY = os.environ.get("INKSEAL_EMULATOR", ROOT / "target/release/examples/emulator")
KEY = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
OTHER_KEY = "arn:aws:kms:us-east-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab"


class Emulator:
    def __init__(self, *arguments):
        self.process = subprocess.Popen([BINARY, *arguments], stdout=subprocess.PIPE, text=True)
        line = self.process.stdout.readline()
        assert line.startswith("listening on http://127.0.0.1:"), line
        self.url = line.split()[-1]

    def client(self, service, **config):
        return boto3.client(
            service,
            endpoint_url=self.url,
            region_name="us-east-1",
            aws_access_key_id="any",
            aws_secret_access_key="any",
            config=botocore.config.Config(retries={"total_max_attempts": 1}, **config),
        )

    def stop(self, how=signal.SIGINT):
        self.process.send_signal(how)
        return self.process.wait(timeout=10)


@pytest.fixture(scope="module")
def emulator():
    emulator = Emulator(
        "--kms-key", KEY, "--pages", "5", "--job-ms", "300", "--list-page-size", "2", "--pii", "NAME=Jane Doe", "--pii", "EYE=👁"
    )
    s3 = emulator.client("s3")
    s3.create_bucket(Bucket="documents")
    s3.create_bucket(Bucket="results")
    s3.put_object(Bucket="documents", Key="scan.pdf", Body=b"%PDF-1.7")
    yield emulator
    assert emulator.stop() == 0


@pytest.fixture(scope="module")
def textract(emulator):
    return emulator.client("textract")


@pytest.fixture(scope="module")
def s3(emulator):
    return emulator.client("s3")


DOCUMENT = {"S3Object": {"Bucket": "documents", "Name": "scan.pdf"}}
OUTPUT = {"S3Bucket": "results", "S3Prefix": "out"}


def refused(call, **arguments):
    with pytest.raises(botocore.exceptions.ClientError) as caught:
        call(**arguments)
    return caught.value.response["Error"]["Code"]


def wait(get, job):
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        answer = get(JobId=job)
        if answer["JobStatus"] != "IN_PROGRESS":
            return answer
        time.sleep(0.05)
    raise AssertionError("the job does not end")


def list_keys(s3, prefix):
    pages = s3.get_paginator("list_objects_v2").paginate(Bucket="results", Prefix=prefix)
    return [item["Key"] for page in pages for item in page.get("Contents", [])]


def test_a_sealed_job(textract, s3):
    job = textract.start_document_analysis(
        DocumentLocation=DOCUMENT, FeatureTypes=["TABLES", "FORMS"], OutputConfig=OUTPUT, KMSKeyId=KEY, JobTag="boto3"
    )["JobId"]
    assert textract.get_document_analysis(JobId=job)["JobStatus"] == "IN_PROGRESS"
    page = wait(textract.get_document_analysis, job)
    assert page["JobStatus"] == "SUCCEEDED"
    assert page["DocumentMetadata"] == {"Pages": 5}
    blocks = page["Blocks"]
    while "NextToken" in page:
        page = textract.get_document_analysis(JobId=job, NextToken=page["NextToken"], MaxResults=700)
        blocks += page["Blocks"]
    assert len(blocks) == len({block["Id"] for block in blocks}) == 2500

    keys = list_keys(s3, f"out/{job}/")
    assert keys == [f"out/{job}/{name}" for name in [".s3_access_check", "1", "2", "3"]]
    read = []
    for key in keys[1:]:
        part = s3.get_object(Bucket="results", Key=key)
        head = s3.head_object(Bucket="results", Key=key)
        for answer in (part, head):
            assert answer["ServerSideEncryption"] == "aws:kms"
            assert answer["SSEKMSKeyId"] == KEY
        body = part["Body"].read()
        assert len(body) == head["ContentLength"] == part["ContentLength"]
        part = json.loads(body)
        assert part["NextToken"] is None and part["Blocks"][0]["Hint"] is None
        read += part["Blocks"]
    strip = lambda block: {name: value for name, value in block.items() if value is not None}
    assert [strip(block) for block in read] == blocks


@pytest.mark.parametrize("bucket", [False, True])
@pytest.mark.parametrize("key", [False, True])
def test_the_four_rows_of_the_output_table(textract, s3, bucket, key):
    arguments = {"OutputConfig": OUTPUT} if bucket else {}
    if key:
        arguments["KMSKeyId"] = KEY
    job = textract.start_document_text_detection(DocumentLocation=DOCUMENT, **arguments)["JobId"]
    assert wait(textract.get_document_text_detection, job)["Blocks"]
    keys = list_keys(s3, f"out/{job}/")
    # Five pages of 500 blocks, 1,000 to a part.
    assert keys == ([f"out/{job}/{name}" for name in [".s3_access_check", "1", "2", "3"]] if bucket else [])
    for part in keys[1:]:
        head = s3.head_object(Bucket="results", Key=part)
        assert head["ServerSideEncryption"] == ("aws:kms" if key else "AES256")
        assert head.get("SSEKMSKeyId") == (KEY if key else None)


def test_refusals(textract, emulator):
    start = textract.start_document_text_detection
    assert refused(start, DocumentLocation=DOCUMENT, OutputConfig=OUTPUT, KMSKeyId=OTHER_KEY) == "InvalidKMSKeyException"
    missing = {"S3Object": {"Bucket": "documents", "Name": "none.pdf"}}
    assert refused(start, DocumentLocation=missing) == "InvalidS3ObjectException"
    nowhere = {"S3Bucket": "nowhere"}
    assert refused(start, DocumentLocation=DOCUMENT, OutputConfig=nowhere) == "InvalidS3ObjectException"
    assert refused(start, DocumentLocation=DOCUMENT, ClientRequestToken="a b") == "InvalidParameterException"
    assert refused(textract.get_document_text_detection, JobId="none") == "InvalidJobIdException"
    kms = emulator.client("kms")
    assert kms.describe_key(KeyId=KEY)["KeyMetadata"]["KeyManager"] == "CUSTOMER"
    assert refused(kms.describe_key, KeyId=OTHER_KEY) == "NotFoundException"


def test_tokens(textract):
    start = textract.start_document_text_detection
    job = start(DocumentLocation=DOCUMENT, ClientRequestToken="token")["JobId"]
    assert start(DocumentLocation=DOCUMENT, ClientRequestToken="token")["JobId"] == job
    changed = {"DocumentLocation": DOCUMENT, "ClientRequestToken": "token", "JobTag": "other"}
    assert refused(start, **changed) == "IdempotentParameterMismatchException"
    assert start(DocumentLocation=DOCUMENT)["JobId"] != job


def test_objects(emulator, s3, tmp_path):
    body = bytes(range(256)) * 1000
    s3.put_object(Bucket="documents", Key="a b/ü.bin", Body=body)
    assert s3.get_object(Bucket="documents", Key="a b/ü.bin")["Body"].read() == body
    part = s3.get_object(Bucket="documents", Key="a b/ü.bin", Range="bytes=1-3")
    assert part["Body"].read() == body[1:4]
    assert "a b/ü.bin" in [item["Key"] for item in s3.list_objects_v2(Bucket="documents")["Contents"]]
    put = s3.put_object(Bucket="results", Key="k", Body=b"x", ServerSideEncryption="aws:kms", SSEKMSKeyId=KEY)
    assert put["SSEKMSKeyId"] == KEY
    large = tmp_path / "large.pdf"
    large.write_bytes(body * 40)
    s3.upload_file(str(large), "documents", "large.pdf")
    assert s3.head_object(Bucket="documents", Key="large.pdf")["ContentLength"] == len(body) * 40
    s3.download_file("documents", "large.pdf", str(tmp_path / "back.pdf"))
    assert (tmp_path / "back.pdf").read_bytes() == large.read_bytes()
    wrong = {"Bucket": "results", "Key": "k", "ExpectedBucketOwner": "444455556666"}
    assert refused(s3.get_object, **wrong) == "AccessDenied"
    deleted = s3.delete_objects(Bucket="documents", Delete={"Objects": [{"Key": "a b/ü.bin"}]})
    assert deleted["Deleted"] == [{"Key": "a b/ü.bin"}]
    signed = emulator.client("s3", signature_version="s3v4")
    url = signed.generate_presigned_url("get_object", Params={"Bucket": "results", "Key": "k"})
    assert urllib.request.urlopen(url).read() == b"x"


def test_personal_data(emulator):
    comprehend = emulator.client("comprehend")
    text = "नमस्ते Jane Doe 👁, e\u0301 Jane Doe"
    found = comprehend.detect_pii_entities(Text=text, LanguageCode="en")["Entities"]
    # Python's strings count code points too.
    spans = [(entity["Type"], text[entity["BeginOffset"] : entity["EndOffset"]]) for entity in found]
    assert spans == [("NAME", "Jane Doe"), ("EYE", "👁"), ("NAME", "Jane Doe")]
    assert all(entity["Score"] == pytest.approx(0.99) for entity in found)
    labels = comprehend.contains_pii_entities(Text=text, LanguageCode="es")["Labels"]
    assert [label["Name"] for label in labels] == ["NAME", "EYE"]


def test_texts_that_comprehend_refuses(emulator):
    comprehend = emulator.client("comprehend", parameter_validation=False)
    for call in (comprehend.detect_pii_entities, comprehend.contains_pii_entities):
        assert call(Text="é" * 50_000, LanguageCode="en")["ResponseMetadata"]["HTTPStatusCode"] == 200
        assert refused(call, Text="é" * 50_000 + "x", LanguageCode="en") == "TextSizeLimitExceededException"
        assert refused(call, Text="Jane", LanguageCode="fr") == "UnsupportedLanguageException"
        assert refused(call, Text="Jane", LanguageCode="xx") == "ValidationException"
        assert refused(call, Text="", LanguageCode="en") == "ValidationException"
        assert refused(call, LanguageCode="en") == "ValidationException"


TOPIC = "arn:aws:sns:us-east-1:111122223333:completions"
CHANNEL = {"SNSTopicArn": TOPIC, "RoleArn": "arn:aws:iam::111122223333:role/textract"}


def receive(sqs, url, wait=10, **arguments):
    answer = sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait, **arguments)
    return answer.get("Messages", [])


def test_topics_and_queues(emulator):
    sns, sqs = emulator.client("sns"), emulator.client("sqs")
    topic = sns.create_topic(Name="news")["TopicArn"]
    assert topic == "arn:aws:sns:us-east-1:111122223333:news"
    url = sqs.create_queue(QueueName="readers", Attributes={"VisibilityTimeout": "1"})["QueueUrl"]
    assert url == f"{emulator.url}/111122223333/readers" == sqs.get_queue_url(QueueName="readers")["QueueUrl"]
    assert url in sqs.list_queues()["QueueUrls"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]["QueueArn"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)["SubscriptionArn"]
    assert [s["SubscriptionArn"] for s in sns.list_subscriptions_by_topic(TopicArn=topic)["Subscriptions"]] == [subscription]
    assert topic in [t["TopicArn"] for t in sns.list_topics()["Topics"]]

    published = sns.publish(TopicArn=topic, Subject="first", Message="<naïve> & {}")["MessageId"]
    [message] = receive(sqs, url, MessageSystemAttributeNames=["ApproximateReceiveCount"])
    envelope = json.loads(message["Body"])
    assert hashlib.md5(message["Body"].encode()).hexdigest() == message["MD5OfBody"]
    assert (envelope["Type"], envelope["TopicArn"], envelope["MessageId"]) == ("Notification", topic, published)
    assert (envelope["Subject"], envelope["Message"]) == ("first", "<naïve> & {}")
    assert message["Attributes"] == {"ApproximateReceiveCount": "1"}
    # It comes back after its second, with a handle of its own.
    [again] = receive(sqs, url, AttributeNames=["All"])
    assert again["MessageId"] == message["MessageId"] and again["ReceiptHandle"] != message["ReceiptHandle"]
    assert again["Attributes"]["ApproximateReceiveCount"] == "2"
    now = time.time() * 1000
    assert now - 60_000 < int(again["Attributes"]["SentTimestamp"]) <= now
    sqs.change_message_visibility(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"], VisibilityTimeout=60)
    sqs.delete_message(QueueUrl=url, ReceiptHandle=again["ReceiptHandle"])
    assert receive(sqs, url, wait=0) == []

    sns.set_subscription_attributes(
        SubscriptionArn=subscription, AttributeName="RawMessageDelivery", AttributeValue="true"
    )
    sns.publish(TopicArn=topic, Message="raw")
    [raw] = receive(sqs, url)
    assert raw["Body"] == "raw"
    deleted = sqs.delete_message_batch(
        QueueUrl=url, Entries=[{"Id": "a", "ReceiptHandle": raw["ReceiptHandle"]}, {"Id": "b", "ReceiptHandle": "x"}]
    )
    assert deleted["Successful"] == [{"Id": "a"}]
    assert [(failed["Id"], failed["Code"]) for failed in deleted["Failed"]] == [("b", "ReceiptHandleIsInvalid")]
    sent = sqs.send_message_batch(QueueUrl=url, Entries=[{"Id": "a", "MessageBody": "x"}])
    assert sent["Successful"][0]["MD5OfMessageBody"] == hashlib.md5(b"x").hexdigest() and "Failed" not in sent

    missing = f"{emulator.url}/111122223333/none"
    assert refused(sqs.receive_message, QueueUrl=missing) == "AWS.SimpleQueueService.NonExistentQueue"
    with pytest.raises(sqs.exceptions.QueueDoesNotExist):
        sqs.get_queue_url(QueueName="none")
    assert refused(sqs.delete_message, QueueUrl=url, ReceiptHandle="x") == "ReceiptHandleIsInvalid"
    assert refused(sqs.receive_message, QueueUrl=url, MaxNumberOfMessages=11) == "InvalidParameterValue"
    assert refused(sns.publish, TopicArn=TOPIC + "-none", Message="x") == "NotFound"
    assert refused(sns.subscribe, TopicArn=topic, Protocol="email", Endpoint="a@example.com") == "InvalidParameter"


def test_the_end_of_a_job():
    emulator = Emulator("--topic", TOPIC, "--queue", "jobs:1:2", "--queue", "others", "--raw-delivery", "--job-ms", "700")
    s3, sqs, textract = (emulator.client(service) for service in ("s3", "sqs", "textract"))
    s3.create_bucket(Bucket="documents")
    s3.put_object(Bucket="documents", Key="scan.pdf", Body=b"%PDF-1.7")
    start = textract.start_document_text_detection
    begun = time.monotonic()
    job = start(DocumentLocation=DOCUMENT, NotificationChannel=CHANNEL, JobTag="boto3")["JobId"]
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    [message] = receive(sqs, url)
    assert 0.6 < time.monotonic() - begun < 5
    completion = json.loads(message["Body"])
    assert (completion["JobId"], completion["Status"], completion["JobTag"]) == (job, "SUCCEEDED", "boto3")
    assert completion["DocumentLocation"] == {"S3ObjectName": "scan.pdf", "S3Bucket": "documents"}
    assert len(receive(sqs, sqs.get_queue_url(QueueName="others")["QueueUrl"])) == 1
    # Nobody deletes it: once more, then it is dead.
    assert [again["MessageId"] for again in receive(sqs, url)] == [message["MessageId"]]
    assert receive(sqs, url, wait=2) == []
    [dead] = receive(sqs, url + "-dead", MessageSystemAttributeNames=["All"])
    assert dead["Attributes"]["DeadLetterQueueSourceArn"] == "arn:aws:sqs:us-east-1:111122223333:jobs"
    other = dict(CHANNEL, SNSTopicArn=TOPIC + "-none")
    assert refused(start, DocumentLocation=DOCUMENT, NotificationChannel=other) == "InvalidParameterException"
    assert emulator.stop() == 0

    run = lambda *arguments: subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=10).returncode
    assert run("--queue", "jobs:x") == run("--queue", "jobs:1:2:3") == 2
    assert run("--queue", "a b") == run("--queue", "jobs:1:0") == run("--topic", "completions") == 1


def test_the_command_line(tmp_path):
    recorded = tmp_path / "response.json"
    recorded.write_text(json.dumps({"DocumentMetadata": {"Pages": 1}, "Blocks": [{"BlockType": "PAGE", "Id": "1"}]}))
    emulator = Emulator("--response", str(recorded), "--latency-ms", "50")
    s3, textract = emulator.client("s3"), emulator.client("textract")
    begun = time.monotonic()
    s3.create_bucket(Bucket="documents")
    assert time.monotonic() - begun >= 0.05
    s3.put_object(Bucket="documents", Key="scan.pdf", Body=b"x")
    job = textract.start_document_text_detection(DocumentLocation=DOCUMENT)["JobId"]
    blocks = textract.get_document_text_detection(JobId=job)["Blocks"]
    assert blocks == [{"BlockType": "PAGE", "Id": "1"}]
    assert emulator.stop(signal.SIGTERM) == 0

    recorded.write_text("Jane Doe")
    run = lambda *arguments: subprocess.run([BINARY, *arguments], capture_output=True, text=True, timeout=10)
    bad = run("--response", str(recorded))
    assert (bad.returncode, bad.stdout) == (1, "") and len(bad.stderr.splitlines()) == 1
    assert "Jane" not in bad.stderr
    assert run("--response", str(tmp_path / "none")).returncode == 1
    assert run("--port", "many").returncode == 2
    assert run("--kms-key", "key").returncode == 2
    assert run("--pii", "Jane Doe").returncode == 2
    assert "--response" in run("--help").stdout
