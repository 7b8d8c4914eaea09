"""The function behind a queue, with an event as from Lambda: it names the messages that failed, and files the others."""

import json
import subprocess

from test_emulator import KEY, Emulator
from test_fleet import ENVIRONMENT, EXAMPLES, MAIL, RESPONSE, ROLE, TOPIC, objects, patient


def record(message_id, body):
    return {"messageId": message_id, "body": body, "eventSource": "aws:sqs", "attributes": {}, "messageAttributes": {}}


def test_a_batch_is_answered_in_part(tmp_path):
    (tmp_path / "response.json").write_text(json.dumps(RESPONSE))
    emulator = Emulator("--kms-key", KEY, "--response", tmp_path / "response.json", "--topic", TOPIC, "--queue", "done")
    s3, sqs, textract = (patient(emulator, service) for service in ("s3", "sqs", "textract"))
    for bucket in ("documents", "results", "sink"):
        s3.create_bucket(Bucket=bucket)
    s3.put_object(Bucket="documents", Key="one.pdf", Body=b"%PDF-1.7")
    job = textract.start_document_analysis(
        DocumentLocation={"S3Object": {"Bucket": "documents", "Name": "one.pdf"}},
        FeatureTypes=["TABLES"],
        OutputConfig={"S3Bucket": "results", "S3Prefix": "out"},
        KMSKeyId=KEY,
        NotificationChannel={"SNSTopicArn": TOPIC, "RoleArn": ROLE},
    )["JobId"]
    queue = sqs.get_queue_url(QueueName="done")["QueueUrl"]
    completion = sqs.receive_message(QueueUrl=queue, WaitTimeSeconds=10)["Messages"][0]["Body"]
    elsewhere = completion.replace(TOPIC, TOPIC + "-of-another")
    assert elsewhere != completion
    records = [record("good", completion), record("none", "no completion"), record("elsewhere", elsewhere)]
    (tmp_path / "event.json").write_text(json.dumps({"Records": records}))
    settings = {"TOPIC_ARN": TOPIC, "OUTPUT": "s3://results/out", "KMS_KEY": KEY, "BUCKET_OWNER": "111122223333"}
    settings |= {"SINK": "s3://sink/clean", "AWS_ENDPOINT_URL": emulator.url}

    def handled():
        command = [EXAMPLES / "lambda", tmp_path / "event.json"]
        run = subprocess.run(command, env=ENVIRONMENT | settings, capture_output=True, text=True, timeout=60, check=True)
        return [failure["itemIdentifier"] for failure in json.loads(run.stdout)["batchItemFailures"]]

    assert sorted(handled()) == ["elsewhere", "none"]
    filed = objects(s3, "sink", "clean/")
    assert sorted(filed) == [f"clean/{job}/{name}" for name in ("00001.md", "00002.md", "manifest.json")]
    bodies = [s3.get_object(Bucket="sink", Key=key)["Body"].read() for key in filed]
    assert all(MAIL.encode() not in body for body in bodies)
    # A second delivery changes nothing; without its bucket the good message fails too.
    assert sorted(handled()) == ["elsewhere", "none"]
    assert [s3.get_object(Bucket="sink", Key=key)["Body"].read() for key in filed] == bodies
    settings["SINK"] = "s3://sink-that-is-not-there"
    assert sorted(handled()) == ["elsewhere", "good", "none"]
