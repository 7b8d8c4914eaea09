//! The identity policies: of those who start, who read, who work through the queue, who upload and who check.

use super::language::{PolicyDocument, Statement, Test};
use super::names::{Area, Names, Presence};
use super::value::Value;

/// An upload, in one request or in parts.
pub(super) const UPLOAD: [&str; 3] =
    ["s3:PutObject", "s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"];

/// What a posture reads of the key.
pub(super) const KEY_SETTINGS: [&str; 3] =
    ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"];

/// What Textract does with the key, as the starter.
pub(super) const SEALING: [&str; 5] =
    ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"];

/// The synchronous detection of personal data.
pub(super) const DETECTION: [&str; 2] = ["comprehend:DetectPiiEntities", "comprehend:ContainsPiiEntities"];

/// Of whoever starts jobs: the submitter of a fleet, or a service that waits for its own.
pub(super) fn starter(names: &Names) -> PolicyDocument {
    let mut document = PolicyDocument::new([
        // No resource-level permissions, and no condition key for OutputConfig or KMSKeyId.
        Statement::allow("StartSealedJobs").actions(names.starts()).resources(["*"]),
        objects(names, "ReadDocuments", &["s3:GetObject", "s3:GetObjectVersion"], &names.input),
        listing(names, "ListDocuments", &names.input),
        objects(names, "LetTextractWrite", &UPLOAD, &names.output),
        // Textract calls KMS as the starter, and `kms:ViaService` does not know it.
        Statement::allow("LetTextractSeal").actions(SEALING).resources([names.key.clone()]),
    ]);
    if names.polls {
        document = document.with(Statement::allow("PollJobs").actions(names.gets()).resources(["*"]));
    }
    if names.announces {
        document = document.with(pass_role(
            "LetTextractPublish",
            &names.notification_role,
            "textract.amazonaws.com",
        ));
    }
    document
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

/// Of a worker of the fleet: from the queue, through the results, to the sink.
pub(super) fn worker(names: &Names) -> PolicyDocument {
    let mut document = PolicyDocument::new([
        Statement::allow("TakeCompletions")
            .actions([
                "sqs:ReceiveMessage",
                "sqs:DeleteMessage",
                "sqs:ChangeMessageVisibility",
                // Lambda needs it if it polls for the worker.
                "sqs:GetQueueAttributes",
            ])
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

/// Of whoever uploads documents.
pub(super) fn uploader(names: &Names) -> PolicyDocument {
    PolicyDocument::new([
        objects(names, "UploadDocuments", &UPLOAD, &names.input),
        // Each part after the first is encrypted with the data key of the upload, which has to be decrypted.
        Statement::allow("SealDocuments")
            .actions(["kms:GenerateDataKey", "kms:Decrypt"])
            .resources([names.key.clone()])
            .when(Test::StringEquals, "kms:ViaService", [names.via("s3")]),
    ])
}

/// Of whoever evaluates a posture: settings only, so it may not list what the buckets hold.
pub(super) fn checker(names: &Names) -> PolicyDocument {
    let trails = names.anything_of("cloudtrail", "*".into(), "trail/*");
    PolicyDocument::new([
        Statement::allow("LookAtKey").actions(KEY_SETTINGS).resources([names.key.clone()]),
        bucket_settings(names, Statement::allow("LookAtBuckets")),
        // It lists, so it has no resource types.
        Statement::allow("ListTrails").actions(["cloudtrail:DescribeTrails"]).resources(["*"]),
        Statement::allow("LookAtTrails")
            .actions(["cloudtrail:GetTrailStatus", "cloudtrail:GetEventSelectors"])
            .resources([trails]),
    ])
}

/// What a posture reads of the buckets: their Region, with which S3 checks their owner, and their settings.
pub(super) fn bucket_settings(names: &Names, statement: Statement) -> Statement {
    statement
        .actions([
            "s3:GetBucketLocation",
            "s3:GetEncryptionConfiguration",
            "s3:GetBucketPublicAccessBlock",
            "s3:GetBucketVersioning",
            "s3:GetBucketPolicy",
            "s3:GetBucketLogging",
        ])
        .resources(names.buckets())
        .when(Test::StringEquals, "s3:ResourceAccount", [names.account.clone()])
}

/// Of a worker that redacts with Amazon Comprehend's synchronous operations.
pub(super) fn detection() -> PolicyDocument {
    PolicyDocument::new([
        // No resource-level permissions: the text is in the request.
        Statement::allow("DetectPersonalData").actions(DETECTION).resources(["*"]),
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

/// The listing of one part of a bucket, and no other.
pub(super) fn listing(names: &Names, sid: &'static str, area: &Area) -> Statement {
    let listing = Statement::allow(sid).actions(["s3:ListBucket"]).resources([area.bucket.clone()]).when(
        Test::StringEquals,
        "s3:ResourceAccount",
        [names.account.clone()],
    );
    match area.prefixes() {
        Some(prefixes) => listing.when(Test::StringLike, "s3:prefix", [prefixes]),
        None => listing,
    }
}

/// A role that may be passed to this service, and to no other.
pub(super) fn pass_role(sid: &'static str, role: &Value, service: &'static str) -> Statement {
    Statement::allow(sid).actions(["iam:PassRole"]).resources([role.clone()]).when(
        Test::StringEquals,
        "iam:PassedToService",
        [service],
    )
}
