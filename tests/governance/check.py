#!/usr/bin/env python3
"""Checks the policies and the stack with the tools of others: cfn-lint, checkov, parliament, and moto's CloudFormation.

usage: check.py [POLICIES]

POLICIES is the built example `policies`; by default $INKSEAL_POLICIES, or else that of target/release or target/debug. Exits with 1 if
there are findings, and prints each of them. First of all it makes sure that each check can fail.
"""
import copy
import json
import os
import pathlib
import re
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request

import parliament
import yaml

import deploy

HERE = pathlib.Path(__file__).resolve().parent
BIN = pathlib.Path(sys.executable).parent
ACCOUNT = "111122223333"
KEY = f"arn:aws:kms:us-east-1:{ACCOUNT}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
UPLOADERS = f"arn:aws:iam::{ACCOUNT}:role/scanner,arn:aws:iam::{ACCOUNT}:role/mailroom"
ARGUMENTS = [
    *("--input", "s3://amzn-s3-demo-source/scans/", "--output", "s3://amzn-s3-demo-results"),
    *("--kms-key", KEY, "--account", ACCOUNT, "--key-administrator", f"arn:aws:iam::{ACCOUNT}:role/key-administrator"),
]
#: The command line as it is documented, with a bucket for each purpose, and with everything in one bucket.
VARIANTS = {
    "plain": [],
    "whole": [
        *("--sink", "s3://amzn-s3-demo-filed/redacted", "--vpc-endpoint", "vpce-1a2b3c4d", "--detecting", "--comprehend-in-vpc"),
        *("--topic-arn", f"arn:aws:sns:us-east-1:{ACCOUNT}:textract-done"),
        *("--role-arn", f"arn:aws:iam::{ACCOUNT}:role/textract-publish"),
        *("--queue-url", f"https://sqs.us-east-1.amazonaws.com/{ACCOUNT}/textract-done"),
        *("--comprehend-starter-role", f"arn:aws:iam::{ACCOUNT}:role/analyst"),
        *("--checker-role", f"arn:aws:iam::{ACCOUNT}:role/auditor"),
        *("--uploader-role", f"arn:aws:iam::{ACCOUNT}:role/scanner"),
    ],
    "one bucket": ["--input", "s3://amzn-s3-demo-results/scans/", "--families", "expense", "--polling"],
}

#: False findings of parliament: the kind of policy, the issue, its detail, and the reason. It may find nothing else, of any severity.
NOT_A_FINDING = [
    (
        {"any", "key", "trust"},
        "UNKNOWN_CONDITION_FOR_ACTION",
        re.compile(r"Unknown condition aws:ViaAWSService "),
        "a key that every request has ('AWS global condition context keys' in the IAM user guide), and parliament's list lacks",
    ),
    (
        {"any"},
        "RESOURCE_MISMATCH",
        re.compile(r"\[\{'action': 'comprehend:Start[A-Za-z]+Job'"),
        "*-job/* holds the formats that parliament asks for, and a model is a second resource of a start, with a statement of its own",
    ),
    (
        {"any"},
        "RESOURCE_STAR",
        re.compile(r"ec2:"),
        "the interfaces do not exist yet when the role is passed ('Protect jobs by using an Amazon Virtual Private Cloud' in the "
        "Amazon Comprehend developer guide)",
    ),
    (
        {"key"},
        "RESOURCE_STAR",
        re.compile(r"kms:"),
        "in the policy of a key * means that key ('Key policies in AWS KMS' in the AWS KMS developer guide)",
    ),
]


#: The members of resources that are policies, and their kind.
MEMBERS = {"PolicyDocument": "any", "KeyPolicy": "key", "AssumeRolePolicyDocument": "trust"}


def main():
    if any(argument in ("-h", "--help") for argument in sys.argv[1:]):
        sys.exit(__doc__)
    policies = example()
    findings = []
    for name, more in VARIANTS.items():
        with tempfile.TemporaryDirectory() as directory:
            out = pathlib.Path(directory)
            subprocess.run([policies, *merged(ARGUMENTS, more), "--out", out], check=True, stdout=subprocess.DEVNULL)
            found = list(check(out, can_fail=name == "plain"))
        print(f"{name}: {len(found)} findings")
        findings += [f"{name}: {finding}" for finding in found]
    for finding in findings:
        print(finding, file=sys.stderr)
    return 1 if findings else 0


def example():
    given = sys.argv[1] if len(sys.argv) > 1 else os.environ.get("INKSEAL_POLICIES")
    built = [HERE.parent.parent / "target" / profile / "examples/policies" for profile in ("release", "debug")]
    for path in [pathlib.Path(given)] if given else built:
        if path.exists():
            return path.resolve()
    sys.exit("check.py: build the example first: cargo build --example policies")


def merged(arguments, more):
    """The arguments, without the pairs that `more` replaces."""
    pairs = zip(arguments[::2], arguments[1::2])
    return [part for pair in pairs if pair[0] not in more for part in pair] + more


def check(out, can_fail):
    stack = (out / "stack.json").read_text()
    if can_fail:
        see_that_checks_can_fail(out, stack)
    written = sorted(path for path in out.glob("*.json") if path.name != "stack.json")
    if len(written) < 20:
        yield f"only {len(written)} policies were written"
    for path in written:
        kind = "key" if path.stem == "key" else "trust" if path.stem.endswith("-trust") else "any"
        yield from parliaments(path.stem, json.loads(path.read_text()), kind)
    as_yaml = (out / "stack.yaml").read_text()
    if yaml.safe_load(as_yaml) != json.loads(stack):
        yield "stack.yaml is not stack.json"
    if len(as_yaml.encode()) > 51_200:
        yield f"stack.yaml has {len(as_yaml.encode())} bytes, of the 51,200 that one request takes"
    yield from cfn_lint(out / "stack.json", out / "stack.yaml")
    # One of the two is enough, as they were found to be the same.
    yield from checkov(out / "stack.json")
    yield from deployed(stack)


def parliaments(name, policy, kind):
    """What parliament finds. The trust policy of a role names no resource, which parliament does not know: it is given one."""
    policy = copy.deepcopy(policy)
    if kind == "trust":
        for statement in policy["Statement"]:
            statement["Resource"] = f"arn:aws:iam::{ACCOUNT}:role/of-the-trust"
    analyzed = parliament.analyze_policy_string(json.dumps(policy))
    for finding in analyzed.findings:
        finding = parliament.enhance_finding(finding)
        excused = any(
            kind in kinds and finding.issue == issue and pattern.search(str(finding.detail))
            for kinds, issue, pattern, _ in NOT_A_FINDING
        )
        if not excused:
            yield f"parliament: {name}: {finding.severity} {finding.issue}: {finding.detail}"


def cfn_lint(*templates):
    run = subprocess.run([BIN / "cfn-lint", "--format", "json", "--", *templates], capture_output=True, text=True)
    for finding in json.loads(run.stdout or "[]"):
        where = "/".join(str(part) for part in finding["Location"]["Path"] or [])
        yield f"cfn-lint: {finding['Rule']['Id']} {where}: {finding['Message']}"
    if run.returncode and not run.stdout.strip():
        yield f"cfn-lint: exit code {run.returncode}: {run.stderr[-500:]}"


def checkov(template):
    """Failed checks, and skipped ones without a reason. The reasons are in the template, next to what they are about."""
    command = [BIN / "checkov", "--framework", "cloudformation", "--file", template, "--output", "json", "--quiet"]
    run = subprocess.run([*command, "--skip-download"], capture_output=True, text=True)
    report = json.loads(run.stdout)
    report = report[0] if isinstance(report, list) else report
    results = report["results"]
    if report["summary"]["parsing_errors"]:
        yield f"checkov: cannot read {template.name}"
    if report["summary"]["passed"] < 50:
        yield f"checkov: only {report['summary']['passed']} checks of {template.name} passed"
    for failed in results["failed_checks"]:
        yield f"checkov: {failed['check_id']} {failed['resource']}: {failed['check_name']}"
    for skipped in results.get("skipped_checks", []):
        if len(skipped["check_result"].get("suppress_comment") or "") < 20:
            yield f"checkov: {skipped['check_id']} {skipped['resource']} is skipped without a reason"


def deployed(stack):
    """The stack in moto, for every choice of its conditions, and what parliament says about its policies then."""
    outputs = set(json.loads(stack)["Outputs"])
    if len(deploy.broken_rules(json.loads(stack), {"VpcId": "vpc-1a2b3c4d"})) != 2:
        yield "no rule refuses a VPC without subnets and route tables"
    with Moto() as url:
        clients = deploy.Clients(url)
        vpc = clients.ec2.describe_vpcs()["Vpcs"][0]["VpcId"]
        subnets = [subnet["SubnetId"] for subnet in clients.ec2.describe_subnets()["Subnets"][:2]]
        tables = [table["RouteTableId"] for table in clients.ec2.describe_route_tables()["RouteTables"]]
        network = {"VpcId": vpc, "SubnetIds": ",".join(subnets), "RouteTableIds": ",".join(tables)}
        choices = [
            {},
            network | {"DetectWithComprehend": "true", "UploaderArns": UPLOADERS},
            {"AccessLogging": "false", "DataEventTrail": "false", "VpcEndpointIds": "", "UploaderArns": ""},
        ]
        for number, choice in enumerate(choices):
            names = {"Name": f"inkseal-{number}"}
            for parameter, definition in json.loads(stack)["Parameters"].items():
                if parameter.endswith("BucketName"):
                    names[parameter] = f"{definition['Default']}-{number}"
            made = deploy.deploy(clients, stack, names | choice, name=f"inkseal-{number}")
            uploaders = choice.get("UploaderArns", json.loads(stack)["Parameters"]["UploaderArns"]["Default"])
            wanted = outputs - ({"TrailArn"} if choice.get("DataEventTrail") == "false" else set())
            wanted -= set() if uploaders else {"UploaderPolicyArn"}
            if set(made) != wanted:
                yield f"the stack's outputs differ: {sorted(set(made) ^ wanted)}"
            for key, value in made.items():
                if not value or "${" in value:
                    yield f"the output {key} is not resolved"
            parameters = {"KeyAdministratorArn": deploy.ADMINISTRATOR} | names | choice
            resolver = deploy.Resolver(clients, json.loads(stack), parameters, f"inkseal-{number}")
            for logical, _, properties in resolver.resources():
                for member, kind in MEMBERS.items():
                    if member in properties:
                        yield from parliaments(f"stack/{logical}", properties[member], kind)


class Moto:
    """A moto server for as long as the block lasts."""

    def __enter__(self):
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            port = listener.getsockname()[1]
        command = [sys.executable, "-m", "moto.server", "-H", "127.0.0.1", "-p", str(port)]
        self.server = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        url = f"http://127.0.0.1:{port}"
        for _ in range(300):
            try:
                urllib.request.urlopen(f"{url}/moto-api/data.json")
                return url
            except OSError:
                time.sleep(0.1)
        self.__exit__()
        sys.exit("check.py: moto does not answer")

    def __exit__(self, *_):
        self.server.terminate()
        self.server.wait()


def see_that_checks_can_fail(out, stack):
    """Each check is first given something wrong, and has to find it."""
    wide = json.loads((out / "starter.json").read_text())
    wide["Statement"][1]["Action"] = ["s3:GetObjekt"]
    assert list(parliaments("wrong action", wide, "any")), "parliament finds nothing"
    conditions = json.loads((out / "output-bucket.json").read_text())
    conditions["Statement"][0]["Condition"] = {"Bool": {"aws:SecureTransports": "false"}}
    assert list(parliaments("wrong condition", conditions, "any")), "parliament finds no unknown condition"
    template = json.loads(stack)
    template["Resources"]["Key"]["Properties"]["EnableKeyRotation"] = False
    del template["Resources"]["OutputBucket"]["Properties"]["PublicAccessBlockConfiguration"]
    template["Resources"]["Trail"]["Properties"]["KMSKeyId"] = {"Ref": "Nothing"}
    joined = {"Fn::Equals": [{"Fn::Join": ["", {"Ref": "SubnetIds"}]}, ""]}
    template["Rules"]["VpcIsWhole"]["Assertions"][0]["Assert"] = {"Fn::Not": [joined]}
    try:
        deploy.broken_rules(template, {"VpcId": "vpc-1a2b3c4d"})
    except NotImplementedError:
        pass
    else:
        raise AssertionError("a function that rules do not take is not found")
    wrong = out / "wrong.template"
    wrong.write_text(json.dumps(template))
    assert any("E1020" in finding or "Nothing" in finding for finding in cfn_lint(wrong)), "cfn-lint finds nothing"
    wrong = wrong.rename(out / "wrong.template.json")
    found = " ".join(checkov(wrong))
    wrong.unlink()
    assert "CKV_AWS_7 " in found and "CKV_AWS_53 " in found, "checkov finds nothing"


if __name__ == "__main__":
    sys.exit(main())
