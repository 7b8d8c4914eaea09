"""The stack of the example `policies`, deployed to moto: the example `posture` finds it clean, and then one control is broken at a time.

INKSEAL_POSTURE, INKSEAL_POLICIES and INKSEAL_OPERATOR_KEY are the paths of the examples' binaries. Denied permissions, public endpoints,
buckets of other owners and Regions, and keys that AWS manages are not played by moto, and are tested with mocks alone
(tests/it/posture.rs).
"""

import copy
import json
import os
import subprocess

import deploy
import pytest
from moto.s3.responses import S3Response
from moto.server import ThreadedMotoServer

BINARY, POLICIES = os.environ["INKSEAL_POSTURE"], os.environ["INKSEAL_POLICIES"]
OPERATOR_KEY = os.environ["INKSEAL_OPERATOR_KEY"]
REGION = "us-east-1"
ACCOUNT = "123456789012"
OUTPUT, INPUT, LOGS = "amzn-s3-demo-results", "amzn-s3-demo-source", "amzn-s3-demo-logs"
KEY_OF_REQUEST = "s3:x-amz-server-side-encryption-aws-kms-key-id"

@pytest.fixture(scope="module")
def url():
    server = ThreadedMotoServer(ip_address="127.0.0.1", port=0, verbose=False)
    server.start()
    host, port = server.get_host_and_port()
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(S3Response, "get_bucket_versioning", get_bucket_versioning)
        yield f"http://{host}:{port}"
    server.stop()


def get_bucket_versioning(response):
    """As S3 answers: moto names the root after the operation, which the SDK for Rust does not take for an answer."""
    status = response.backend.get_bucket_versioning(response.bucket_name)
    status = f"<Status>{status}</Status>" if status else ""
    return 200, {}, f'<VersioningConfiguration xmlns="http://s3.amazonaws.com/doc/2006-03-01/">{status}</VersioningConfiguration>'


class World:
    """What is deployed, and the means to change it."""

    def __init__(self, url, stack):
        self.url = url
        clients = deploy.Clients(url, REGION)
        self.kms, self.s3, self.cloudtrail = clients.kms, clients.s3, clients.cloudtrail
        # Without S3's own logs, so that only the trail records access.
        outputs = deploy.deploy(clients, stack, {"AccessLogging": "false"})
        self.key, self.trail = outputs["KmsKeyArn"], outputs["TrailArn"]
        # Some of moto's operations take no ARN.
        self.key_id = self.key.rsplit("/", 1)[1]
        role = clients.sts.assume_role(RoleArn=f"arn:aws:iam::{ACCOUNT}:role/checker", RoleSessionName="posture")
        credentials = role["Credentials"]
        self.credentials = {
            "AWS_ACCESS_KEY_ID": credentials["AccessKeyId"],
            "AWS_SECRET_ACCESS_KEY": credentials["SecretAccessKey"],
            "AWS_SESSION_TOKEN": credentials["SessionToken"],
        }
        # As deployed, to go back to.
        self.key_policy = json.loads(self.kms.get_key_policy(KeyId=self.key, PolicyName="default")["Policy"])
        policy = lambda bucket: json.loads(self.s3.get_bucket_policy(Bucket=bucket)["Policy"])
        self.policies = {bucket: policy(bucket) for bucket in (OUTPUT, INPUT)}
        self.selectors = self.cloudtrail.get_event_selectors(TrailName=self.trail)["EventSelectors"]

    def encrypt(self, bucket, key, algorithm="aws:kms", bucket_key=True):
        default = {"SSEAlgorithm": algorithm}
        if key:
            default["KMSMasterKeyID"] = key
        rule = {"ApplyServerSideEncryptionByDefault": default, "BucketKeyEnabled": bucket_key}
        self.s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": [rule]})

    def block(self, bucket, **off):
        names = ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets")
        settings = {name: off.get(name, True) for name in names}
        self.s3.put_public_access_block(Bucket=bucket, PublicAccessBlockConfiguration=settings)

    def allow(self, bucket, policy):
        self.s3.put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))

    def without(self, bucket, *sids):
        """The bucket's policy as deployed, less these statements."""
        self.allow(bucket, self.policies[bucket] | {"Statement": [
            one for one in self.policies[bucket]["Statement"] if one["Sid"] not in sids
        ]})

    def changed(self, bucket, sid, **members):
        """The bucket's policy as deployed, with other members in one of its statements."""
        statements = copy.deepcopy(self.policies[bucket]["Statement"])
        (one,) = (one for one in statements if one["Sid"] == sid)
        one.update(members)
        self.allow(bucket, self.policies[bucket] | {"Statement": statements})

    def record(self, selectors=None):
        selectors = self.selectors if selectors is None else selectors
        self.cloudtrail.put_event_selectors(TrailName=self.trail, EventSelectors=selectors)

    def record_but(self, bucket):
        selectors = copy.deepcopy(self.selectors)
        for resource in selectors[0]["DataResources"]:
            resource["Values"] = [value for value in resource["Values"] if bucket not in value]
        assert selectors != self.selectors
        self.record(selectors)

    def record_as(self, **members):
        self.record([selector | members for selector in self.selectors])

    def open_key(self, *more):
        policy = self.key_policy | {"Statement": [*self.key_policy["Statement"], *more]}
        self.kms.put_key_policy(KeyId=self.key_id, PolicyName="default", Policy=json.dumps(policy))

    def posture(self, *more, credentials=None):
        """The exit code and the report."""
        command = [BINARY, "--output", f"s3://{OUTPUT}/textract", "--kms-key", self.key, "--input", f"s3://{INPUT}"]
        command += ["--format", "json", "--endpoint-url", self.url, *more]
        environment = {"AWS_REGION": REGION, "AWS_EC2_METADATA_DISABLED": "true", "PATH": os.environ["PATH"]}
        environment |= self.credentials if credentials is None else credentials
        done = subprocess.run(command, env=environment, capture_output=True, text=True)
        assert done.returncode in (0, 3), done.stderr
        return done.returncode, json.loads(done.stdout)


@pytest.fixture(scope="module")
def world(url, tmp_path_factory):
    out = tmp_path_factory.mktemp("policies")
    arguments = ["--input", f"s3://{INPUT}/scans/", "--output", f"s3://{OUTPUT}/textract", "--account", ACCOUNT]
    key = f"arn:aws:kms:{REGION}:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    subprocess.run([POLICIES, *arguments, "--kms-key", key, "--out", out], check=True, capture_output=True)
    return World(url, (out / "stack.json").read_text())


def anybody():
    return {"Sid": "Open", "Effect": "Allow", "Principal": "*", "Action": "kms:Decrypt", "Resource": "*"}


def any_service():
    return anybody() | {"Principal": {"Service": "sns.amazonaws.com"}}


def other_key(world):
    key = world.kms.create_key()["KeyMetadata"]["Arn"]
    world.encrypt(OUTPUT, key)


def one_other_key(world):
    keys = [world.key, world.key.replace("key/", "key/1")]
    condition = {"ArnNotEquals": {KEY_OF_REQUEST: keys}, "Null": {KEY_OF_REQUEST: "false"}}
    world.changed(OUTPUT, "DenyOtherKeys", Condition=condition)


def some_left_out(world):
    condition = {
        "Bool": {"aws:SecureTransport": "false"},
        "StringNotEquals": {"aws:PrincipalArn": f"arn:aws:iam::{ACCOUNT}:role/x"},
    }
    world.changed(OUTPUT, "DenyInsecureTransport", Condition=condition)


# What breaks, how it is broken, how it is mended, and the exact findings.
BREAKS = {
    "rotation": (
        lambda w: w.kms.disable_key_rotation(KeyId=w.key),
        lambda w: w.kms.enable_key_rotation(KeyId=w.key),
        {"SEC_10.key-rotation"},
    ),
    "a disabled key": (
        lambda w: w.kms.disable_key(KeyId=w.key_id),
        lambda w: w.kms.enable_key(KeyId=w.key_id),
        {"SEC_10.key-enabled"},
    ),
    "a public key": (lambda w: w.open_key(anybody()), lambda w: w.open_key(), {"SEC_10.key-policy-not-public"}),
    "a service for anybody": (
        lambda w: w.open_key(any_service()),
        lambda w: w.open_key(),
        {"SEC_4.key-policy-binds-services"},
    ),
    "another default key": (
        other_key,
        lambda w: w.encrypt(OUTPUT, w.key),
        {"SEC_7.output-bucket-default-encryption"},
    ),
    "the key that AWS manages": (
        lambda w: w.encrypt(OUTPUT, None),
        lambda w: w.encrypt(OUTPUT, w.key),
        {"SEC_7.output-bucket-default-encryption"},
    ),
    "no key by default": (
        lambda w: w.encrypt(INPUT, None, algorithm="AES256"),
        lambda w: w.encrypt(INPUT, w.key),
        {"SEC_6.input-bucket-default-encryption"},
    ),
    "no bucket key": (
        lambda w: w.encrypt(OUTPUT, w.key, bucket_key=False),
        lambda w: w.encrypt(OUTPUT, w.key),
        {"SEC_7.output-bucket-bucket-key"},
    ),
    "no encryption by default": (
        lambda w: w.s3.delete_bucket_encryption(Bucket=OUTPUT),
        lambda w: w.encrypt(OUTPUT, w.key),
        {"SEC_7.output-bucket-default-encryption", "SEC_7.output-bucket-bucket-key"},
    ),
    "one door open": (
        lambda w: w.block(OUTPUT, RestrictPublicBuckets=False),
        lambda w: w.block(OUTPUT),
        {"SEC_5.output-bucket-public-access-block"},
    ),
    "all doors open": (
        lambda w: w.s3.delete_public_access_block(Bucket=INPUT),
        lambda w: w.block(INPUT),
        {"SEC_5.input-bucket-public-access-block"},
    ),
    "no versions": (
        lambda w: w.s3.put_bucket_versioning(Bucket=OUTPUT, VersioningConfiguration={"Status": "Suspended"}),
        lambda w: w.s3.put_bucket_versioning(Bucket=OUTPUT, VersioningConfiguration={"Status": "Enabled"}),
        {"SEC_5.output-bucket-versioning"},
    ),
    "plain http": (
        lambda w: w.without(OUTPUT, "DenyInsecureTransport"),
        lambda w: w.without(OUTPUT),
        {"SEC_5.output-bucket-denies-plain-http"},
    ),
    "plain http for some": (
        some_left_out,
        lambda w: w.without(OUTPUT),
        {"SEC_5.output-bucket-denies-plain-http"},
    ),
    "other keys": (
        lambda w: w.without(OUTPUT, "DenyOtherKeys"),
        lambda w: w.without(OUTPUT),
        {"SEC_7.output-bucket-denies-other-keys"},
    ),
    "one other key": (one_other_key, lambda w: w.without(OUTPUT), {"SEC_7.output-bucket-denies-other-keys"}),
    "no key named": (
        lambda w: w.without(INPUT, "DenyNoKey"),
        lambda w: w.without(INPUT),
        {"SEC_6.input-bucket-denies-missing-key"},
    ),
    "no policy": (
        lambda w: w.s3.delete_bucket_policy(Bucket=OUTPUT),
        lambda w: w.without(OUTPUT),
        {
            "SEC_5.output-bucket-denies-plain-http",
            "SEC_7.output-bucket-denies-other-keys",
            "SEC_7.output-bucket-denies-missing-key",
        },
    ),
    "a policy that is not understood": (
        lambda w: w.changed(OUTPUT, "DenyNoKey", Hint="of the future"),
        lambda w: w.without(OUTPUT),
        {
            "SEC_5.output-bucket-denies-plain-http",
            "SEC_7.output-bucket-denies-other-keys",
            "SEC_7.output-bucket-denies-missing-key",
        },
    ),
    "a trail that stopped": (
        lambda w: w.cloudtrail.stop_logging(Name=w.trail),
        lambda w: w.cloudtrail.start_logging(Name=w.trail),
        {
            "SEC_13.trail-logging",
            "SEC_13.trail-delivery",
            "SEC_13.output-bucket-access-recorded",
            "SEC_13.input-bucket-access-recorded",
        },
    ),
    "a trail without the bucket": (
        lambda w: w.record_but(OUTPUT),
        lambda w: w.record(),
        {"SEC_13.output-bucket-access-recorded"},
    ),
    "a trail that writes nothing of reads": (
        lambda w: w.record_as(ReadWriteType="WriteOnly"),
        lambda w: w.record(),
        {"SEC_13.trail-logging", "SEC_13.output-bucket-access-recorded", "SEC_13.input-bucket-access-recorded"},
    ),
    "a trail of data events only": (
        lambda w: w.record_as(IncludeManagementEvents=False),
        lambda w: w.record(),
        {"SEC_13.trail-logging"},
    ),
}


def test_it_is_clean(world):
    code, report = world.posture()
    assert (code, report["findings"], report["clean"]) == (0, [], True)
    assert report["counts"]["passed"] > 25
    people = {one["id"] for one in report["controls"] if one["outcome"] == "for_a_person"}
    assert {"SEC_2.central-identity-provider", "SEC_14.incident-response"} <= people
    questions = {one["question"] for one in report["controls"]}
    assert questions == {f"SEC_{number}" for number in range(1, 15)}


@pytest.mark.parametrize("name", BREAKS)
def test_exactly_that_is_found(world, name):
    break_it, mend, findings = BREAKS[name]
    break_it(world)
    try:
        code, report = world.posture()
    finally:
        mend(world)
    assert (code, set(report["findings"])) == (3, findings)
    assert world.posture()[0] == 0, "and it is clean again"


def test_who_asks(world):
    user = {"AWS_ACCESS_KEY_ID": "AKIAIOSFODNN7EXAMPLE", "AWS_SECRET_ACCESS_KEY": "any"}
    code, report = world.posture(credentials=user)
    assert (code, set(report["findings"])) == (3, {"SEC_3.credentials-temporary", "SEC_3.caller-role"})
    code, report = world.posture("--account", "444455556666")
    assert code == 3 and "SEC_12.caller-account" in report["findings"]


def test_access_logs_do_in_place_of_a_trail(world):
    world.record_but(OUTPUT)
    grants = [
        {"Grantee": {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/s3/LogDelivery"}, "Permission": right}
        for right in ("READ_ACP", "WRITE")
    ]
    world.s3.create_bucket(Bucket=LOGS)
    owner = world.s3.get_bucket_acl(Bucket=LOGS)["Owner"]
    world.s3.put_bucket_acl(Bucket=LOGS, AccessControlPolicy={"Grants": grants, "Owner": owner})
    logging = {"LoggingEnabled": {"TargetBucket": LOGS, "TargetPrefix": "access/"}}
    world.s3.put_bucket_logging(Bucket=OUTPUT, BucketLoggingStatus=logging)
    try:
        assert world.posture()[0] == 0
    finally:
        world.s3.put_bucket_logging(Bucket=OUTPUT, BucketLoggingStatus={})
        world.record()
    assert world.posture()[0] == 0


def test_one_bucket_for_all_is_looked_at_once(world):
    code, report = world.posture("--sink", f"s3://{OUTPUT}/redacted")
    assert code == 0
    assert not any("sink" in one["id"] for one in report["controls"])
    code, report = world.posture("--sink", f"s3://{LOGS}/redacted")
    assert code == 3
    assert all("sink-bucket" in one for one in report["findings"]), report["findings"]


def test_wrong_arguments_and_a_markdown_report(world):
    done = subprocess.run([BINARY, "--output", "results"], capture_output=True, text=True)
    assert done.returncode == 2
    alias = [BINARY, "--output", f"s3://{OUTPUT}", "--kms-key", "alias/documents"]
    done = subprocess.run(alias, capture_output=True, text=True)
    assert done.returncode == 2 and "--kms-key" in done.stderr and "ARN" in done.stderr
    alias = [POLICIES, "--input", f"s3://{INPUT}", "--output", f"s3://{OUTPUT}", "--kms-key", "alias/documents"]
    done = subprocess.run([*alias, "--account", ACCOUNT, "--out", "never"], capture_output=True, text=True)
    assert done.returncode == 2 and "ARN" in done.stderr
    command = [BINARY, "--output", f"s3://{OUTPUT}", "--kms-key", world.key, "--endpoint-url", world.url]
    environment = world.credentials | {"AWS_REGION": REGION}
    done = subprocess.run(command, env=environment, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout
    assert "**Clean**" in done.stdout and "| `SEC_10.key-rotation` | pass |" in done.stdout
    for secret in (*world.credentials.values(), "aws:SecureTransport"):
        assert secret not in done.stdout


def test_an_operator_key_is_wrapped_by_the_key_and_bound_to_its_purpose(world, tmp_path):
    wrapped = tmp_path / "customers.key"
    letter = os.path.join(os.path.dirname(__file__), "../../examples/letter/letter.json")

    def redact(purpose):
        command = [OPERATOR_KEY, "--kms-key", world.key, "--purpose", purpose, "--wrapped", wrapped]
        command += ["--endpoint-url", world.url, letter]
        environment = world.credentials | {"AWS_REGION": REGION}
        return subprocess.run(command, env=environment, capture_output=True, text=True)

    first, again = redact("customers"), redact("customers")
    assert first.returncode == 0, first.stderr
    assert "EMAIL_" in first.stdout and first.stdout == again.stdout
    assert redact("suppliers").returncode == 1
