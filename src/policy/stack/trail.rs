//! The trail: who started which job, and who touched which object.

use super::super::bucket;
use super::super::language::{PolicyDocument, Principal, Statement, Test};
use super::super::names::Names;
use super::super::value::Value;
use super::node::{Node, list, map, reference};
use super::{HAS_TRAIL, own, own_name, storage};

const NAME_SUFFIX: &str = "-documents";
const CLOUDTRAIL: &str = "cloudtrail.amazonaws.com";

pub(super) fn resources(names: &Names) -> Vec<(&'static str, Node)> {
    let objects = names.buckets().into_iter().map(|bucket| bucket.then("/").into());
    let selector = map! {
        "ReadWriteType": "All",
        "IncludeManagementEvents": true,
        "DataResources": list![map! { "Type": "AWS::S3::Object", "Values": objects.collect::<Vec<Node>>() }],
    };
    let trail = map! {
        "TrailName": own_name(NAME_SUFFIX),
        "S3BucketName": reference("TrailBucket"),
        "KMSKeyId": reference("Key.Arn"),
        "IsLogging": true,
        "IsMultiRegionTrail": true,
        "IncludeGlobalServiceEvents": true,
        "EnableLogFileValidation": true,
        "EventSelectors": list![selector],
    };
    let bucket = map! {
        "BucketEncryption": storage::by_key(),
        "LoggingConfiguration": storage::logged("TrailBucket"),
        "LifecycleConfiguration": map! { "Rules": list![storage::expiry(), storage::abandoned_uploads()] },
        "OwnershipControls": storage::owner_enforced(),
        "PublicAccessBlockConfiguration": storage::not_public(),
        "VersioningConfiguration": map! { "Status": "Enabled" },
    };
    let policy = storage::policy(reference("TrailBucket"), delivery(names));
    vec![
        (
            "TrailBucket",
            storage::retained("AWS::S3::Bucket", storage::ALWAYS, bucket).with("Condition", HAS_TRAIL),
        ),
        ("TrailBucketPolicy", policy.with("Condition", HAS_TRAIL)),
        (
            "Trail",
            map! {
                "Type": "AWS::CloudTrail::Trail",
                "Condition": HAS_TRAIL,
                "DependsOn": "TrailBucketPolicy",
                "Properties": trail,
            },
        ),
    ]
}

/// By its name: the key and the bucket have to know it before it exists.
pub(super) fn arn() -> Value {
    own("cloudtrail", "trail/", NAME_SUFFIX)
}

/// What the policy of the key says for the trail: that it encrypts with it.
pub(super) fn use_of_key(names: &Names) -> Statement {
    by_trail("EncryptTrail")
        .actions(["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt"])
        .resources(["*"])
        .when(Test::StringEquals, "aws:SourceAccount", [names.account.clone()])
        .only_if(Some(HAS_TRAIL))
}

/// Follows "Amazon S3 bucket policy for CloudTrail" in the AWS CloudTrail user guide.
fn delivery(names: &Names) -> PolicyDocument {
    let logs = Value::reference("TrailBucket.Arn");
    let objects = logs.clone().then("/AWSLogs/").then(names.account.clone()).then("/*");
    PolicyDocument::new([bucket::encrypted_transport(&logs)])
        .with(by_trail("LookAtBucket").actions(["s3:GetBucketAcl"]).resources([logs]))
        .with(by_trail("DeliverTrail").actions(["s3:PutObject"]).resources([objects]))
}

fn by_trail(sid: &'static str) -> Statement {
    Statement::allow(sid).principal(Principal::Service(CLOUDTRAIL.into())).when(
        Test::ArnEquals,
        "aws:SourceArn",
        [arn()],
    )
}
