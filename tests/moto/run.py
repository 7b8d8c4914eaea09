#!/usr/bin/env python3
"""Runs a command next to a moto server: SQS, SNS, S3 and KMS as others have written them.

usage: run.py COMMAND...

It makes a topic, two queues that it delivers to (one raw), each with a dead-letter queue, a bucket and a key; publishes a completion and a
message that is not one; and passes all that to the command in environment variables. Ends with the exit code of the command.
"""
import json
import os
import socket
import subprocess
import sys
import time
import urllib.request

import boto3

REGION = "us-east-1"
COMPLETION = {
    "JobId": "270c1cc5e1d0ea2fbc59d97cb69a72a5495da75851976b14a1784ca90fc180e3",
    "Status": "SUCCEEDED",
    "API": "StartDocumentAnalysis",
    "JobTag": "scans",
    "Timestamp": 1699380093000,
    "DocumentLocation": {"S3ObjectName": "in/scan.pdf", "S3Bucket": "amzn-s3-demo-source"},
}


def main():
    command = sys.argv[1:]
    if not command or command[0] in ("-h", "--help"):
        sys.exit(__doc__)
    port = free_port()
    log = open("target/moto.log", "w")
    server = subprocess.Popen(
        [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)], stdout=log, stderr=log
    )
    try:
        url = f"http://127.0.0.1:{port}"
        wait_for(url)
        environment = os.environ | prepared(url) | {"INKSEAL_MOTO": url}
        return subprocess.run(command, env=environment).returncode
    finally:
        server.terminate()
        server.wait()


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return listener.getsockname()[1]


def wait_for(url):
    for _ in range(100):
        try:
            urllib.request.urlopen(f"{url}/moto-api/data.json")
            return
        except OSError:
            time.sleep(0.1)
    sys.exit("moto does not answer")


def prepared(url):
    def client(service):
        keys = {"aws_access_key_id": "any", "aws_secret_access_key": "any"}
        return boto3.client(service, endpoint_url=url, region_name=REGION, **keys)

    sns, sqs, s3, kms = (client(service) for service in ("sns", "sqs", "s3", "kms"))
    topic = sns.create_topic(Name="textract-done")["TopicArn"]
    queues = {}
    for name, raw in (("enveloped", "false"), ("raw", "true")):
        dead = sqs.create_queue(QueueName=f"{name}-dead")["QueueUrl"]
        redrive = {"deadLetterTargetArn": arn_of(sqs, dead), "maxReceiveCount": 2}
        attributes = {"RedrivePolicy": json.dumps(redrive)}
        queues[name] = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
        sns.subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn_of(sqs, queues[name]),
            Attributes={"RawMessageDelivery": raw},
        )
    sns.publish(TopicArn=topic, Message=json.dumps(COMPLETION))
    sns.publish(TopicArn=topic, Message="no completion")
    s3.create_bucket(Bucket="amzn-s3-demo-results")
    key = kms.create_key(KeyUsage="ENCRYPT_DECRYPT", KeySpec="SYMMETRIC_DEFAULT")["KeyMetadata"]["Arn"]
    return {
        "INKSEAL_MOTO_TOPIC": topic,
        "INKSEAL_MOTO_QUEUE": queues["enveloped"],
        "INKSEAL_MOTO_RAW_QUEUE": queues["raw"],
        "INKSEAL_MOTO_KEY": key,
    }


def arn_of(sqs, queue):
    attributes = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])
    return attributes["Attributes"]["QueueArn"]


sys.exit(main())
