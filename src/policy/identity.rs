//! The identity policies: who starts, who reads, who works off a queue.

use super::document::{PolicyDocument, Statement, Test};
use super::names::{Area, Names, Presence};
use super::value::Value;

/// Of whoever starts jobs: the submitter of a fleet, or a service that waits for its own.
pub(super) fn starter(names: &Names) -> PolicyDocument {
    let mut document = PolicyDocument::new([
        // No resource-level permissions, and no condition key for OutputConfig or KMSKeyId.
        Statement::allow("StartSealedJobs").actions(names.starts()).resources(["*"]),
        objects(names, "ReadDocuments", &["s3:GetObject", "s3:GetObjectVersion"], &names.input),
        listing(names, "ListDocuments", &names.input),
        objects(
            names,
            "LetTextractWrite",
            &["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"],
            &names.output,
        ),
        // Textract calls KMS as the starter, and `kms:ViaService` does not know it.
        Statement::allow("LetTextractSeal")
            .actions([
                "kms:DescribeKey",
                "kms:GenerateDataKey",
                "kms:Decrypt",
                "kms:ReEncryptFrom",
                "kms:ReEncryptTo",
            ])
            .resources([names.key.clone()]),
    ]);
    if names.polls {
        document = document.with(Statement::allow("PollJobs").actions(names.gets()).resources(["*"]));
    }
    document.with(pass_role("LetTextractPublish", &names.notification_role, "textract.amazonaws.com"))
}

/// Of whoever reads results, from the bucket or over the Get operations.
pub(super) fn reader(names: &Names) -> PolicyDocument {
    PolicyDocument::new([
        objects(names, "ReadResults", &["s3:GetObject"], &names.output),
        listing(names, "ListResults", &names.output),
        Statement::allow("GetResults").actions(names.gets()).resources(["*"]),
        Statement::allow("OpenSeal")
            .actions(["kms:Decrypt", "kms:DescribeKey"])
            .resources([names.key.clone()]),
    ])
}

/// Of a worker of the fleet: from the queue, over the results, to the sink.
pub(super) fn worker(names: &Names) -> PolicyDocument {
    let mut document = PolicyDocument::new([
        Statement::allow("TakeCompletions")
            .actions(["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"])
            .resources([names.queue.clone()]),
        objects(names, "ReadResults", &["s3:GetObject"], &names.output),
        listing(names, "ListResults", &names.output),
        objects(names, "FileDocuments", &["s3:PutObject", "s3:GetObject"], &names.sink),
        Statement::allow("UseSeal")
            .actions(["kms:Decrypt", "kms:GenerateDataKey"])
            .resources([names.key.clone()])
            .when(Test::StringEquals, "kms:ViaService", [names.via("s3"), names.via("sqs")]),
        Statement::allow("LookAtKey").actions(["kms:DescribeKey"]).resources([names.key.clone()]),
    ]);
    if names.detects == Presence::Present {
        document = document.and(detection());
    }
    document
}

/// Of a worker that redacts with Amazon Comprehend's synchronous operations.
pub(super) fn detection() -> PolicyDocument {
    PolicyDocument::new([
        // No resource-level permissions: what they look at is in the request.
        Statement::allow("DetectPersonalData")
            .actions(["comprehend:DetectPiiEntities", "comprehend:ContainsPiiEntities"])
            .resources(["*"]),
    ])
}

/// Actions on objects, in a bucket that is the account's own.
pub(super) fn objects(names: &Names, sid: &'static str, actions: &[&'static str], area: &Area) -> Statement {
    Statement::allow(sid).actions(actions.iter().copied()).resources([area.objects()]).when(
        Test::StringEquals,
        "s3:ResourceAccount",
        [names.account.clone()],
    )
}

/// The listing of one part of a bucket, and of no other.
pub(super) fn listing(names: &Names, sid: &'static str, area: &Area) -> Statement {
    Statement::allow(sid)
        .actions(["s3:ListBucket"])
        .resources([area.bucket.clone()])
        .when(Test::StringLike, "s3:prefix", [area.prefixes()])
        .when(Test::StringEquals, "s3:ResourceAccount", [names.account.clone()])
}

fn pass_role(sid: &'static str, role: &Value, service: &'static str) -> Statement {
    Statement::allow(sid).actions(["iam:PassRole"]).resources([role.clone()]).when(
        Test::StringEquals,
        "iam:PassedToService",
        [service],
    )
}
