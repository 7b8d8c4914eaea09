//! The roles. Each is created without a policy, so that the key can name it, and gets its policy afterwards.

use super::super::language::{PolicyDocument, Principal, Statement, Test};
use super::super::names::Names;
use super::super::value::Value;
use super::super::{comprehend, identity, notification};
use super::node::{Node, list, map, reference};
use super::{HAS_DETECTION, HAS_UPLOADERS};

pub(super) fn resources(names: &Names) -> Vec<(&'static str, Node)> {
    let workload = || workload_trust(names);
    let mut analyses = policy("ComprehendRole", comprehend::permissions(names));
    if names.in_vpc {
        analyses = analyses.with("Metadata", no_interface_to_name());
    }
    let detection = policy("WorkerRole", identity::detection()).with("Condition", HAS_DETECTION);
    vec![
        ("StarterRole", role("Starts sealed Textract jobs", workload())),
        ("StarterPolicy", policy("StarterRole", identity::starter(names))),
        ("ReaderRole", role("Reads the results of Textract jobs", workload())),
        ("ReaderPolicy", policy("ReaderRole", identity::reader(names))),
        ("WorkerRole", role("Takes completions, reads results and files documents", workload())),
        ("WorkerPolicy", policy("WorkerRole", identity::worker(names))),
        ("WorkerDetectionPolicy", detection),
        // Their roles are not the stack's, and are given by ARN: their owner attaches it.
        (
            "UploaderPolicy",
            map! {
                "Type": "AWS::IAM::ManagedPolicy",
                "Condition": HAS_UPLOADERS,
                "Properties": map! { "PolicyDocument": identity::uploader(names) },
            },
        ),
        ("NotificationRole", role("Textract publishes completions as it", notification::trust(names))),
        ("NotificationPolicy", policy("NotificationRole", notification::permissions(names))),
        ("CheckerRole", role("Reads the settings of key, buckets and trails", workload())),
        ("CheckerPolicy", policy("CheckerRole", identity::checker(names))),
        ("ComprehendRole", role("Comprehend reads and writes as it", comprehend::trust(names))),
        ("ComprehendPolicy", analyses),
    ]
}

/// Why the role of Comprehend has `*` for what a VPC needs.
fn no_interface_to_name() -> Node {
    let skip = |id: &'static str| {
        map! { "id": id, "comment": "Comprehend creates the interfaces when a job runs: before, there is none to name" }
    };
    map! { "checkov": map! { "skip": list![skip("CKV_AWS_109"), skip("CKV_AWS_111")] } }
}

/// The service that the workload runs on. Not every such service says for which account it acts: those that do are held to it.
fn workload_trust(names: &Names) -> PolicyDocument {
    PolicyDocument::new([Statement::allow("Workload")
        .principal(Principal::Service(Value::reference("WorkloadService")))
        .actions(["sts:AssumeRole"])
        .when(Test::StringEqualsIfExists, "aws:SourceAccount", [names.account.clone()])])
}

fn role(description: &'static str, trust: PolicyDocument) -> Node {
    map! {
        "Type": "AWS::IAM::Role",
        "Properties": map! {
            "Description": description,
            "AssumeRolePolicyDocument": trust,
            "MaxSessionDuration": 3600_u32,
        },
    }
}

fn policy(role: &'static str, document: PolicyDocument) -> Node {
    map! {
        "Type": "AWS::IAM::ManagedPolicy",
        "Properties": map! { "Roles": list![reference(role)], "PolicyDocument": document },
    }
}
