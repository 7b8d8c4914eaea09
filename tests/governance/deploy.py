#!/usr/bin/env python3
"""Deploys the stack to moto, as a whole, and prints its outputs as JSON.

usage: deploy.py --endpoint-url URL STACK.json [PARAMETER=VALUE ...]

moto's CloudFormation makes the resources, but leaves out some kinds (bucket, topic and queue policies, subscriptions, trails), most of
the configuration of a bucket, and the rules. All of that is done here, by the services' own calls, from the same template: afterwards
moto holds what AWS would. `apply` raises for a kind of resource that neither of the two knows.
"""
import argparse
import json

import boto3

ADMINISTRATOR = "arn:aws:iam::123456789012:role/key-administrator"
#: Kinds that moto's CloudFormation makes in full.
BY_MOTO = {
    "AWS::SNS::Topic",
    "AWS::SQS::Queue",
    "AWS::IAM::Role",
    "AWS::IAM::ManagedPolicy",
    "AWS::EC2::SecurityGroup",
    "AWS::EC2::VPCEndpoint",
}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--endpoint-url", required=True, metavar="URL")
    parser.add_argument("--region", default="us-east-1")
    parser.add_argument("stack", metavar="STACK.json")
    parser.add_argument("parameters", nargs="*", metavar="PARAMETER=VALUE")
    arguments = parser.parse_args()
    with open(arguments.stack) as file:
        template = file.read()
    given = dict(pair.split("=", 1) for pair in arguments.parameters)
    clients = Clients(arguments.endpoint_url, arguments.region)
    print(json.dumps(deploy(clients, template, given), indent=2))


class Clients:
    """A client of each service, made when it is first used."""

    def __init__(self, endpoint_url, region="us-east-1"):
        self.endpoint_url, self.region, self.made = endpoint_url, region, {}

    def __getattr__(self, service):
        if service not in self.made:
            self.made[service] = boto3.client(
                service,
                endpoint_url=self.endpoint_url,
                region_name=self.region,
                aws_access_key_id="any",
                aws_secret_access_key="any",
            )
        return self.made[service]


def deploy(clients, template, parameters, name="inkseal"):
    """Makes the stack, completes it, and returns its outputs."""
    parameters = {"KeyAdministratorArn": ADMINISTRATOR} | parameters
    broken = broken_rules(json.loads(template), parameters)
    if broken:
        raise ValueError(f"the rules refuse the parameters: {'; '.join(broken)}")
    clients.cloudformation.create_stack(
        StackName=name,
        TemplateBody=template,
        Parameters=[{"ParameterKey": key, "ParameterValue": value} for key, value in parameters.items()],
        Capabilities=["CAPABILITY_IAM"],
    )
    stack = clients.cloudformation.describe_stacks(StackName=name)["Stacks"][0]
    if stack["StackStatus"] != "CREATE_COMPLETE":
        raise RuntimeError(f"the stack is {stack['StackStatus']}")
    resolver = Resolver(clients, json.loads(template), parameters, name)
    apply(clients, resolver)
    return {output["OutputKey"]: output["OutputValue"] for output in stack["Outputs"]}


def broken_rules(template, parameters):
    """What the template's rules say against these parameters. Raises for a function that CloudFormation does not take in a rule."""
    values = parameter_values(template, parameters)

    def value(item):
        if not isinstance(item, dict):
            return item
        if set(item) != {"Ref"}:
            raise NotImplementedError(f"{', '.join(item)} in a rule")
        return values[item["Ref"]]

    def holds(node):
        (function, of), = node.items()
        if function == "Fn::Not":
            return not holds(of[0])
        if function == "Fn::And":
            return all(holds(item) for item in of)
        if function == "Fn::Or":
            return any(holds(item) for item in of)
        left, right = (value(item) for item in of)
        if function == "Fn::Equals":
            return left == right
        if function == "Fn::Contains":
            return right in left
        if function == "Fn::EachMemberEquals":
            return all(member == right for member in left)
        if function == "Fn::EachMemberIn":
            return all(member in right for member in left)
        raise NotImplementedError(f"{function} in a rule")

    rules = template.get("Rules", {}).values()
    rules = [rule for rule in rules if "RuleCondition" not in rule or holds(rule["RuleCondition"])]
    assertions = [assertion for rule in rules for assertion in rule["Assertions"]]
    return [assertion["AssertDescription"] for assertion in assertions if not holds(assertion["Assert"])]


def parameter_values(template, parameters):
    """What `Ref` gives for each parameter."""
    values = {}
    for key, parameter in template["Parameters"].items():
        value = parameters.get(key, parameter.get("Default"))
        is_list = parameter["Type"] == "CommaDelimitedList"
        values[key] = (value.split(",") if value else []) if is_list else str(value)
    return values


class Resolver:
    """The results of CloudFormation's functions, for those that the template uses."""

    def __init__(self, clients, template, parameters, name):
        self.clients, self.template = clients, template
        listed = clients.cloudformation.list_stack_resources(StackName=name)["StackResourceSummaries"]
        self.physical = {one["LogicalResourceId"]: one.get("PhysicalResourceId") for one in listed}
        self.values = {
            "AWS::Region": clients.region,
            "AWS::AccountId": clients.sts.get_caller_identity()["Account"],
            "AWS::Partition": "aws",
            "AWS::URLSuffix": "amazonaws.com",
            "AWS::StackName": name,
        } | parameter_values(template, parameters)

    def resources(self):
        """Those whose condition holds, with resolved properties."""
        for logical, resource in self.template["Resources"].items():
            if "Condition" not in resource or self.holds(resource["Condition"]):
                yield logical, resource["Type"], self.resolve(resource["Properties"])

    def holds(self, condition):
        return self.resolve(self.template["Conditions"][condition])

    def resolve(self, node):
        if isinstance(node, list):
            values = [self.resolve(item) for item in node]
            return [value for value in values if value is not NOTHING]
        if not isinstance(node, dict):
            return node
        if len(node) == 1:
            (function, of), = node.items()
            resolved = self.function(function, of)
            if resolved is not UNKNOWN:
                return resolved
        values = {key: self.resolve(value) for key, value in node.items()}
        return {key: value for key, value in values.items() if value is not NOTHING}

    def function(self, name, of):
        if name == "Ref":
            return self.reference(of)
        if name == "Fn::GetAtt":
            return self.attribute(*of)
        if name == "Fn::Sub":
            return self.substituted(of)
        if name == "Fn::If":
            return self.resolve(of[1] if self.holds(of[0]) else of[2])
        if name == "Fn::Equals":
            left, right = (self.resolve(item) for item in of)
            return left == right
        if name == "Fn::Not":
            return not self.resolve(of[0])
        if name == "Fn::Or":
            return any(self.resolve(item) for item in of)
        if name == "Fn::Join":
            return of[0].join(self.resolve(of[1]))
        if name == "Condition" and isinstance(of, str):
            return self.holds(of)
        if name.startswith("Fn::"):
            raise NotImplementedError(name)
        return UNKNOWN

    def reference(self, to):
        if to == "AWS::NoValue":
            return NOTHING
        return self.values[to] if to in self.values else self.physical[to]

    def attribute(self, logical, attribute):
        if attribute != "Arn":
            raise NotImplementedError(f"{logical}.{attribute}")
        physical, kind = self.physical[logical], self.template["Resources"][logical]["Type"]
        if kind == "AWS::S3::Bucket":
            return f"arn:aws:s3:::{physical}"
        if kind == "AWS::IAM::Role":
            return self.clients.iam.get_role(RoleName=physical)["Role"]["Arn"]
        if kind == "AWS::KMS::Key":
            values = self.values
            return f"arn:aws:kms:{values['AWS::Region']}:{values['AWS::AccountId']}:key/{physical}"
        if kind == "AWS::SQS::Queue":
            attributes = self.clients.sqs.get_queue_attributes(QueueUrl=physical, AttributeNames=["QueueArn"])
            return attributes["Attributes"]["QueueArn"]
        raise NotImplementedError(f"{kind}.{attribute}")

    def substituted(self, text):
        done = ""
        while "${" in text:
            before, rest = text.split("${", 1)
            inner, text = rest.split("}", 1)
            if inner.startswith("!"):
                done += f"{before}${{{inner[1:]}}}"
            elif "." in inner:
                done += before + self.attribute(*inner.split(".", 1))
            else:
                done += before + self.reference(inner)
        return done + text


NOTHING, UNKNOWN = object(), object()


def apply(clients, resolver):
    """Applies what moto's CloudFormation left out. Buckets come first, as configuring one of them replaces a policy."""
    resources = sorted(resolver.resources(), key=lambda resource: resource[1] != "AWS::S3::Bucket")
    for logical, kind, properties in resources:
        if kind == "AWS::KMS::Key":
            # moto keeps the policy of such a key in a form that its own KMS cannot read.
            policy = json.dumps(properties["KeyPolicy"])
            clients.kms.put_key_policy(KeyId=resolver.physical[logical], PolicyName="default", Policy=policy)
        elif kind == "AWS::S3::Bucket":
            configure(clients.s3, resolver.physical[logical], properties)
        elif kind == "AWS::S3::BucketPolicy":
            policy = json.dumps(properties["PolicyDocument"])
            clients.s3.put_bucket_policy(Bucket=properties["Bucket"], Policy=policy)
        elif kind == "AWS::SNS::TopicPolicy":
            policy = json.dumps(properties["PolicyDocument"])
            for topic in properties["Topics"]:
                clients.sns.set_topic_attributes(TopicArn=topic, AttributeName="Policy", AttributeValue=policy)
        elif kind == "AWS::SQS::QueuePolicy":
            policy = json.dumps(properties["PolicyDocument"])
            for queue in properties["Queues"]:
                clients.sqs.set_queue_attributes(QueueUrl=queue, Attributes={"Policy": policy})
        elif kind == "AWS::SNS::Subscription":
            clients.sns.subscribe(**{key: properties[key] for key in ("TopicArn", "Protocol", "Endpoint")})
        elif kind == "AWS::CloudTrail::Trail":
            record(clients.cloudtrail, properties)
        elif kind not in BY_MOTO:
            raise NotImplementedError(kind)


def configure(s3, bucket, properties):
    rules = [
        {
            "ApplyServerSideEncryptionByDefault": rule["ServerSideEncryptionByDefault"],
            "BucketKeyEnabled": rule.get("BucketKeyEnabled", False),
        }
        for rule in properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    ]
    s3.put_bucket_encryption(Bucket=bucket, ServerSideEncryptionConfiguration={"Rules": rules})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration=properties["VersioningConfiguration"])
    s3.put_public_access_block(
        Bucket=bucket, PublicAccessBlockConfiguration=properties["PublicAccessBlockConfiguration"]
    )
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=properties["OwnershipControls"])
    if "LoggingConfiguration" in properties:
        logs = properties["LoggingConfiguration"]
        target = {"TargetBucket": logs["DestinationBucketName"], "TargetPrefix": logs["LogFilePrefix"]}
        # moto demands a policy that lets the service deliver; that of the stack replaces this one.
        deliver = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Principal": {"Service": "logging.s3.amazonaws.com"},
                    "Action": "s3:PutObject",
                    "Resource": f"arn:aws:s3:::{target['TargetBucket']}/*",
                }
            ],
        }
        s3.put_bucket_policy(Bucket=target["TargetBucket"], Policy=json.dumps(deliver))
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})


def record(cloudtrail, properties):
    cloudtrail.create_trail(
        Name=properties["TrailName"],
        S3BucketName=properties["S3BucketName"],
        IncludeGlobalServiceEvents=properties["IncludeGlobalServiceEvents"],
        IsMultiRegionTrail=properties["IsMultiRegionTrail"],
        EnableLogFileValidation=properties["EnableLogFileValidation"],
        KmsKeyId=properties["KMSKeyId"],
    )
    cloudtrail.put_event_selectors(TrailName=properties["TrailName"], EventSelectors=properties["EventSelectors"])
    if properties["IsLogging"]:
        cloudtrail.start_logging(Name=properties["TrailName"])


if __name__ == "__main__":
    main()
