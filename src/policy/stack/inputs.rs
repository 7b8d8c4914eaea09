//! What a deployer chooses, and what follows from the choice.

use super::super::scope::Scope;
use super::node::{Node, list, map, reference};
use super::{Buckets, HAS_ACCESS_LOGS, HAS_DETECTION, HAS_PERIMETER, HAS_TRAIL, HAS_UPLOADERS, HAS_VPC};

type Entries = Vec<(&'static str, Node)>;

pub(super) fn parameters(scope: &Scope, buckets: &Buckets) -> Entries {
    let switch = |default: bool, description: &'static str| {
        map! {
            "Type": "String",
            "AllowedValues": list!["true", "false"],
            "Default": if default { "true" } else { "false" },
            "Description": description,
        }
    };
    let text = |description: &'static str| map! { "Type": "String", "Description": description };
    let texts = |default: String, description: &'static str| {
        map! { "Type": "CommaDelimitedList", "Default": default, "Description": description }
    };
    let uploaders: Vec<String> = scope.uploaders().iter().map(ToString::to_string).collect();
    let endpoints: Vec<&str> = scope.endpoints().iter().map(|endpoint| endpoint.as_str()).collect();
    let mut all = vec![
        (
            "KeyAdministratorArn",
            text("Must be filled in: the role, user or account root that administers the key, and deploys this stack")
                .with("AllowedPattern", "^arn:aws[a-z-]*:iam::[0-9]{12}:(root|(role|user)/.+)$")
                .with("ConstraintDescription", "the ARN of a role, a user or an account's root"),
        ),
        (
            "Name",
            text("What the names of the topic, the queues and the trail begin with")
                .with("Default", scope.name().to_owned())
                .with("AllowedPattern", "^[A-Za-z0-9]+(-[A-Za-z0-9]+)*$")
                .with("MaxLength", 40_u32)
                .with("ConstraintDescription", "1 to 40 letters and digits, with single hyphens between them"),
        ),
    ];
    for (ids, name) in buckets.named() {
        let bucket = text("The name of a bucket to make")
            .with("Default", name.to_owned())
            .with("AllowedPattern", "^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$")
            .with("ConstraintDescription", "the name of a bucket");
        all.push((ids.parameter, bucket));
    }
    all.extend([
        (
            "WorkloadService",
            text("The service whose tasks, instances or functions run as the starter, the reader, the workers and the checker")
                .with("Default", "ecs-tasks.amazonaws.com")
                .with(
                    "AllowedValues",
                    list!["ecs-tasks.amazonaws.com", "ec2.amazonaws.com", "lambda.amazonaws.com"],
                ),
        ),
        (
            "UploaderArns",
            texts(uploaders.join(","), "Existing roles of this account that upload documents; nobody if empty"),
        ),
        ("DetectWithComprehend", switch(scope.detects(), "Workers find personal data with Amazon Comprehend")),
        ("AccessLogging", switch(true, "Requests to the buckets are logged to a bucket of their own")),
        ("DataEventTrail", switch(true, "A CloudTrail trail logs management events and every access to the objects")),
        (
            "LogRetentionDays",
            map! {
                "Type": "Number",
                "Default": 400_u32,
                "MinValue": 1_u32,
                "MaxValue": 3650_u32,
                "Description": "How long logs are kept",
            },
        ),
        (
            "VpcId",
            text("The VPC to make endpoints of Textract, Comprehend and S3 in; none if empty").with("Default", ""),
        ),
        ("SubnetIds", texts(String::new(), "Its subnets for the endpoints of Textract and Comprehend")),
        ("RouteTableIds", texts(String::new(), "Its route tables for the endpoint of S3")),
        (
            "ClientCidr",
            text("The addresses in the VPC that may use the endpoints")
                .with("Default", "10.0.0.0/8")
                .with("AllowedPattern", "^[0-9]{1,3}(\\.[0-9]{1,3}){3}/[0-9]{1,2}$")
                .with("ConstraintDescription", "a range of addresses such as 10.0.0.0/16"),
        ),
        (
            "VpcEndpointIds",
            texts(
                endpoints.join(","),
                "Without a VPC: existing endpoints of S3, through which alone objects are then reached",
            ),
        ),
    ]);
    all
}

pub(super) fn conditions() -> Entries {
    let is_true = |parameter| map! { "Fn::Equals": list![reference(parameter), "true"] };
    let not_empty = |node: Node| map! { "Fn::Not": list![map! { "Fn::Equals": list![node, ""] }] };
    let condition = |name: &'static str| map! { "Condition": name };
    let joined = |list_of| map! { "Fn::Join": list!["", reference(list_of)] };
    vec![
        (HAS_UPLOADERS, not_empty(joined("UploaderArns"))),
        (HAS_ACCESS_LOGS, is_true("AccessLogging")),
        (HAS_DETECTION, is_true("DetectWithComprehend")),
        (HAS_TRAIL, is_true("DataEventTrail")),
        (HAS_VPC, not_empty(reference("VpcId"))),
        ("HasEndpointIds", not_empty(joined("VpcEndpointIds"))),
        (HAS_PERIMETER, map! { "Fn::Or": list![condition(HAS_VPC), condition("HasEndpointIds")] }),
    ]
}

/// A VPC without subnets or route tables would deploy, and lock everybody out.
///
/// Rules take `Ref` and the functions of "Rule functions" in the AWS CloudFormation template reference only, and `Fn::Join` is not one
/// of them. An empty list is one empty string, or none: each member equals the empty string either way.
pub(super) fn rules() -> Entries {
    let not = |node: Node| map! { "Fn::Not": list![node] };
    let assertion = |parameter: &'static str, description: &'static str| {
        let empty = map! { "Fn::EachMemberEquals": list![reference(parameter), ""] };
        map! { "Assert": not(empty), "AssertDescription": description }
    };
    vec![(
        "VpcIsWhole",
        map! {
            "RuleCondition": not(map! { "Fn::Equals": list![reference("VpcId"), ""] }),
            "Assertions": list![
                assertion("SubnetIds", "A VPC needs SubnetIds, for the endpoints of Textract and Comprehend"),
                assertion("RouteTableIds", "A VPC needs RouteTableIds, for the endpoint of S3"),
            ],
        },
    )]
}

/// How consoles group the parameters.
pub(super) fn interface(buckets: &Buckets) -> Node {
    let group = |label: &'static str, parameters: Vec<Node>| {
        map! { "Label": map! { "default": label }, "Parameters": parameters }
    };
    let names = buckets.named().map(|(ids, _)| ids.parameter.into());
    let groups = vec![
        group("To be filled in", vec!["KeyAdministratorArn".into()]),
        group("Names", std::iter::once("Name".into()).chain(names).collect()),
        group(
            "Workload",
            vec!["WorkloadService".into(), "UploaderArns".into(), "DetectWithComprehend".into()],
        ),
        group("Logs", vec!["AccessLogging".into(), "DataEventTrail".into(), "LogRetentionDays".into()]),
        group(
            "Network",
            vec![
                "VpcId".into(),
                "SubnetIds".into(),
                "RouteTableIds".into(),
                "ClientCidr".into(),
                "VpcEndpointIds".into(),
            ],
        ),
    ];
    map! { "AWS::CloudFormation::Interface": map! { "ParameterGroups": groups } }
}
