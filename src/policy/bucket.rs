//! The policies of the buckets: over TLS only, under the one key only, and for the one account only.

use super::language::{PolicyDocument, Principal, Statement, Test};
use super::names::{Names, Presence};
use super::value::Value;

const KEY_OF_REQUEST: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";
const ALGORITHM_OF_REQUEST: &str = "s3:x-amz-server-side-encryption";
const CUSTOMER_KEY_OF_REQUEST: &str = "s3:x-amz-server-side-encryption-customer-algorithm";

/// What Textract and Comprehend write to see whether they can. No page says that they name a key for it, so a demand for one could
/// refuse every job. The default encryption of the bucket puts it under the key, and another key is denied here as well.
const ACCESS_CHECKS: [&str; 2] = ["/*/.s3_access_check", "/*/.write_access_check_file.temp"];

/// Actions on objects, as opposed to those on the bucket, which a perimeter must leave to its administrators.
const DATA: [&str; 9] = [
    "s3:AbortMultipartUpload",
    "s3:DeleteObject",
    "s3:DeleteObjectVersion",
    "s3:GetObject",
    "s3:GetObjectVersion",
    "s3:ListBucket",
    "s3:ListBucketVersions",
    "s3:ListMultipartUploadParts",
    "s3:PutObject",
];

/// Of a bucket of documents: denials only, so it gives nobody a right.
pub(super) fn sealed(names: &Names, bucket: &Value) -> PolicyDocument {
    let objects = bucket.clone().then("/*");
    let puts = |sid: &'static str| {
        Statement::deny(sid)
            .principal(Principal::Everybody)
            .actions(["s3:PutObject"])
            .resources([objects.clone()])
    };
    let unnamed = ACCESS_CHECKS.map(|check| bucket.clone().then(check));
    PolicyDocument::new([encrypted_transport(bucket)])
        .with(
            everything(Statement::deny("DenyOtherAccounts"), bucket)
                .when(Test::StringNotEquals, "aws:PrincipalAccount", [names.account.clone()])
                // Services that act for nobody, such as log delivery, have no account.
                .when(Test::BoolIfExists, "aws:PrincipalIsAWSService", ["false"]),
        )
        // A negated test also holds for a request that names no key: that is for the next statement.
        .with(puts("DenyOtherKeys").when(Test::ArnNotEquals, KEY_OF_REQUEST, [names.key.clone()]).when(
            Test::Null,
            KEY_OF_REQUEST,
            ["false"],
        ))
        .with(puts("DenyNoKey").all_resources_but(unnamed).when(Test::Null, KEY_OF_REQUEST, ["true"]))
        .with(
            puts("DenyOtherAlgorithms").when(Test::StringNotEquals, ALGORITHM_OF_REQUEST, ["aws:kms"]).when(
                Test::Null,
                ALGORITHM_OF_REQUEST,
                ["false"],
            ),
        )
        .with(puts("DenyCustomerProvidedKeys").when(Test::Null, CUSTOMER_KEY_OF_REQUEST, ["false"]))
        .and(perimeter(names, bucket))
}

/// TLS only. Its version needs no statement: AWS endpoints accept 1.2 and later only.
pub(super) fn encrypted_transport(bucket: &Value) -> Statement {
    everything(Statement::deny("DenyInsecureTransport"), bucket).when(
        Test::Bool,
        "aws:SecureTransport",
        ["false"],
    )
}

fn everything(statement: Statement, bucket: &Value) -> Statement {
    statement
        .principal(Principal::Everybody)
        .actions(["s3:*"])
        .resources([bucket.clone(), bucket.clone().then("/*")])
}

/// Objects only through the endpoints. A bare denial would also stop Textract and Comprehend, which call S3 for the caller and not
/// through an endpoint: `aws:ViaAWSService` marks those requests.
fn perimeter(names: &Names, bucket: &Value) -> PolicyDocument {
    let condition = match names.perimeter {
        Presence::Absent => return PolicyDocument::new([]),
        Presence::Present => None,
        Presence::If(condition) => Some(condition),
    };
    let statement = Statement::deny("DenyOutsideOfPerimeter")
        .principal(Principal::Everybody)
        .actions(DATA)
        .resources([bucket.clone(), bucket.clone().then("/*")])
        .when(Test::StringNotEquals, "aws:SourceVpce", names.endpoints.iter().cloned())
        .when(Test::BoolIfExists, "aws:ViaAWSService", ["false"])
        .when(Test::BoolIfExists, "aws:PrincipalIsAWSService", ["false"]);
    // Comprehend's jobs read and write there as their role, from Comprehend's own network.
    let statement = match *bucket == names.sink.bucket {
        true => statement.when(Test::ArnNotEquals, "aws:PrincipalArn", [names.comprehend_role.clone()]),
        false => statement,
    };
    PolicyDocument::new([statement.only_if(condition)])
}
