//! The key, and the buckets under it.

use super::super::bucket;
use super::super::key::KeyStatements;
use super::super::language::{PolicyDocument, Principal, Statement, Test};
use super::super::names::Names;
use super::super::value::Value;
use super::node::{Node, list, map, reference, where_holds};
use super::{BucketIds, Buckets, HAS_ACCESS_LOGS, HAS_TRAIL, trail};

type Entries = Vec<(&'static str, Node)>;

pub(super) fn resources(names: &Names, buckets: &Buckets) -> Entries {
    let mut all = vec![("Key", key(names))];
    for ids in &buckets.all {
        all.push((ids.bucket, documents(*ids)));
        let sealed = bucket::sealed(names, &Value::reference(ids.arn));
        all.push((ids.policy, policy(reference(ids.bucket), sealed)));
    }
    all.push(("AccessLogBucket", access_logs()));
    let delivery = access_log_policy(names, buckets);
    let delivery = policy(reference("AccessLogBucket"), delivery).with("Condition", HAS_ACCESS_LOGS);
    all.push(("AccessLogBucketPolicy", delivery));
    all
}

fn key(names: &Names) -> Node {
    let administrators = vec![Value::reference("KeyAdministratorArn")];
    let policy = KeyStatements::new(names).administered(administrators).with(trail::use_of_key(names));
    let properties = map! {
        "Description": "Seals documents, results, completions and trails",
        "EnableKeyRotation": true,
        "KeyPolicy": policy,
        "KeySpec": "SYMMETRIC_DEFAULT",
        "KeyUsage": "ENCRYPT_DECRYPT",
        "PendingWindowInDays": 30_u32,
    };
    retained("AWS::KMS::Key", UNLESS_NEW, properties)
}

fn documents(ids: BucketIds) -> Node {
    let properties = map! {
        "BucketName": reference(ids.parameter),
        "BucketEncryption": by_key(),
        "LoggingConfiguration": logged(ids.bucket),
        "LifecycleConfiguration": map! { "Rules": list![abandoned_uploads()] },
        "OwnershipControls": owner_enforced(),
        "PublicAccessBlockConfiguration": not_public(),
        "VersioningConfiguration": map! { "Status": "Enabled" },
        "Tags": list![map! { "Key": "Holds", "Value": ids.what }],
    };
    retained("AWS::S3::Bucket", UNLESS_NEW, properties)
}

/// The bucket that S3 logs to. It is the only bucket that does not log its own requests: each log would cause another one.
fn access_logs() -> Node {
    let algorithm = map! { "ServerSideEncryptionByDefault": map! { "SSEAlgorithm": "AES256" } };
    let properties = map! {
        "BucketEncryption": map! { "ServerSideEncryptionConfiguration": list![algorithm] },
        "LifecycleConfiguration": map! { "Rules": list![expiry(), abandoned_uploads()] },
        "OwnershipControls": owner_enforced(),
        "PublicAccessBlockConfiguration": not_public(),
        "VersioningConfiguration": map! { "Status": "Enabled" },
    };
    let skip = map! {
        "id": "CKV_AWS_18",
        "comment": "The bucket of the access logs does not log its own requests: each log would cause another one",
    };
    retained("AWS::S3::Bucket", ALWAYS, properties)
        .with("Condition", HAS_ACCESS_LOGS)
        .with("Metadata", map! { "checkov": map! { "skip": list![skip] } })
}

fn access_log_policy(names: &Names, buckets: &Buckets) -> PolicyDocument {
    let logs = Value::reference("AccessLogBucket.Arn");
    let sources = buckets.all.iter().map(|ids| Value::reference(ids.arn));
    let delivery = Statement::allow("DeliverAccessLogs")
        .principal(Principal::Service("logging.s3.amazonaws.com".into()))
        .actions(["s3:PutObject"])
        .resources([logs.clone().then("/*")])
        .when(Test::StringEquals, "aws:SourceAccount", [names.account.clone()]);
    let of_trail = delivery.clone().named("DeliverAccessLogsOfTrail");
    let of_trail = of_trail.when(Test::ArnEquals, "aws:SourceArn", [Value::reference("TrailBucket.Arn")]);
    PolicyDocument::new([bucket::encrypted_transport(&logs)])
        .with(delivery.when(Test::ArnEquals, "aws:SourceArn", sources))
        .with(of_trail.only_if(Some(HAS_TRAIL)))
}

pub(super) fn policy(bucket: Node, policy: PolicyDocument) -> Node {
    map! {
        "Type": "AWS::S3::BucketPolicy",
        "Properties": map! { "Bucket": bucket, "PolicyDocument": policy },
    }
}

/// Deleted only if the very deployment that created it fails and is rolled back: what has a fixed name would otherwise be in the way of
/// the next one ("DeletionPolicy attribute" in the AWS CloudFormation template reference).
const UNLESS_NEW: &str = "RetainExceptOnCreate";
/// Never deleted: logs may be in it before a deployment fails, and a bucket that is not empty cannot be deleted.
pub(super) const ALWAYS: &str = "Retain";

/// Not deleted with the stack, nor when it is replaced.
pub(super) fn retained(kind: &'static str, when: &'static str, properties: Node) -> Node {
    map! { "Type": kind, "DeletionPolicy": when, "UpdateReplacePolicy": "Retain", "Properties": properties }
}

pub(super) fn by_key() -> Node {
    let default = map! { "SSEAlgorithm": "aws:kms", "KMSMasterKeyID": reference("Key.Arn") };
    let rule = map! { "ServerSideEncryptionByDefault": default, "BucketKeyEnabled": true };
    map! { "ServerSideEncryptionConfiguration": list![rule] }
}

pub(super) fn logged(bucket: &'static str) -> Node {
    let prefix = format!("{bucket}/");
    where_holds(
        HAS_ACCESS_LOGS,
        map! { "DestinationBucketName": reference("AccessLogBucket"), "LogFilePrefix": prefix },
    )
}

pub(super) fn not_public() -> Node {
    map! {
        "BlockPublicAcls": true,
        "BlockPublicPolicy": true,
        "IgnorePublicAcls": true,
        "RestrictPublicBuckets": true,
    }
}

pub(super) fn owner_enforced() -> Node {
    map! { "Rules": list![map! { "ObjectOwnership": "BucketOwnerEnforced" }] }
}

pub(super) fn abandoned_uploads() -> Node {
    let after = map! { "DaysAfterInitiation": 7_u32 };
    map! { "Id": "AbandonedUploads", "Status": "Enabled", "AbortIncompleteMultipartUpload": after }
}

pub(super) fn expiry() -> Node {
    map! {
        "Id": "Expiry",
        "Status": "Enabled",
        "ExpirationInDays": reference("LogRetentionDays"),
        "NoncurrentVersionExpiration": map! { "NoncurrentDays": 7_u32 },
    }
}
