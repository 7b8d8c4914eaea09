//! Who starts, reads, files and uploads, and what nobody may do.

use super::super::evaluator::Caller;
use super::{
    ALGORITHM_HEADER, CUSTOMER_HEADER, DEAD, FILED, KEY_HEADER, OTHER, OTHER_KEY, QUEUE, Row, bucket,
    by_service, object, role, row,
};
use crate::support::{KEY, RESULTS, SOURCE};

/// The starter starts with the seal, and no more.
pub(super) fn starter() -> Vec<Row> {
    let (document, result) = (object(SOURCE, "scans/1.pdf"), object(RESULTS, "results/job/1"));
    let put = |allowed, what| row(allowed, "starter", "s3:PutObject", &result, what).forwarded();
    let listing = |allowed, what| row(allowed, "starter", "s3:ListBucket", &bucket(SOURCE), what);
    let pass =
        |allowed, role_name: &str, what| row(allowed, "starter", "iam:PassRole", &role(role_name), what);
    let mut rows: Vec<Row> =
        ["DocumentTextDetection", "DocumentAnalysis", "ExpenseAnalysis", "LendingAnalysis"]
            .into_iter()
            .flat_map(|family| {
                [
                    row(true, "starter", &format!("textract:Start{family}"), "*", "starts"),
                    row(false, "starter", &format!("textract:Get{family}"), "*", "gets no text"),
                    row(false, "starter", &format!("textract:Start{family}"), "*", "from elsewhere")
                        .without("aws:SourceVpce"),
                    row(true, "starter", &format!("textract:Start{family}"), "*", "over a service")
                        .forwarded(),
                    row(false, "elsewhere", &format!("textract:Start{family}"), "*", "through the endpoint")
                        .elsewhere(),
                    row(
                        false,
                        "everything",
                        &format!("textract:Start{family}"),
                        "*",
                        "another role, through the endpoint",
                    ),
                    row(false, "reader", &format!("textract:Start{family}"), "*", "starts nothing"),
                    row(true, "reader", &format!("textract:Get{family}"), "*", "gets"),
                ]
            })
            .collect();
    rows.extend([
        row(false, "starter", "textract:AnalyzeDocument", "*", "no synchronous call"),
        row(true, "starter", "s3:GetObject", &document, "reads a document"),
        row(true, "starter", "s3:GetObject", &document, "Textract reads it").forwarded(),
        row(true, "starter", "s3:GetObjectVersion", &document, "reads a version"),
        row(false, "starter", "s3:GetObject", &document, "not from outside").without("aws:SourceVpce"),
        row(false, "starter", "s3:GetObject", &document, "not over plain HTTP")
            .with("aws:SecureTransport", "false"),
        row(false, "starter", "s3:GetObject", &document, "a bucket that is another's now")
            .with("s3:ResourceAccount", OTHER)
            .forwarded(),
        row(false, "starter", "s3:GetObject", &object(SOURCE, "private/1.pdf"), "beside the prefix"),
        row(false, "starter", "s3:PutObject", &document, "writes no document").sealed(),
        listing(true, "lists the prefix").with("s3:prefix", "scans/2024/"),
        listing(false, "lists all"),
        listing(false, "lists another prefix").with("s3:prefix", "private/"),
        listing(false, "lists another's")
            .with("s3:prefix", "scans/")
            .with("s3:ResourceAccount", OTHER)
            .without("aws:SourceVpce")
            .with("aws:ViaAWSService", "true"),
        put(true, "Textract writes with the key").sealed(),
        row(true, "starter", "s3:AbortMultipartUpload", &result, "Textract gives up").forwarded(),
        row(true, "starter", "s3:ListMultipartUploadParts", &result, "Textract looks").forwarded(),
        put(false, "another key").with(KEY_HEADER, OTHER_KEY).with(ALGORITHM_HEADER, "aws:kms"),
        put(false, "without a key"),
        put(false, "the key of S3").with(ALGORITHM_HEADER, "AES256"),
        put(false, "two layers").with(KEY_HEADER, KEY).with(ALGORITHM_HEADER, "aws:kms:dsse"),
        put(false, "a key of the caller's").sealed().with(CUSTOMER_HEADER, "AES256"),
        put(false, "without TLS").sealed().with("aws:SecureTransport", "false"),
        put(false, "to another's bucket").sealed().with("s3:ResourceAccount", OTHER),
        row(false, "starter", "s3:PutObject", &object(RESULTS, "other/1"), "beside the prefix")
            .sealed()
            .forwarded(),
        row(false, "starter", "s3:GetObject", &result, "reads no result"),
        row(false, "starter", "s3:DeleteObject", &result, "deletes nothing"),
        pass(true, "inkseal-textract", "passes the role")
            .with("iam:PassedToService", "textract.amazonaws.com"),
        pass(false, "inkseal-textract", "to another service")
            .with("iam:PassedToService", "lambda.amazonaws.com"),
        pass(false, "inkseal-comprehend", "another role")
            .with("iam:PassedToService", "textract.amazonaws.com"),
    ]);
    // What Textract writes to see whether it can: by default under the key, and never under another one.
    let check = object(RESULTS, "results/job/.s3_access_check");
    let check = |allowed, what| row(allowed, "starter", "s3:PutObject", &check, what).forwarded();
    rows.extend([
        check(true, "the access check without a key"),
        check(true, "the access check with the key").sealed(),
        check(false, "the access check with another key")
            .with(KEY_HEADER, OTHER_KEY)
            .with(ALGORITHM_HEADER, "aws:kms"),
        check(false, "the access check with the key of S3").with(ALGORITHM_HEADER, "AES256"),
        check(false, "the access check with the caller's key").with(CUSTOMER_HEADER, "AES256"),
    ]);
    for action in
        ["kms:DescribeKey", "kms:GenerateDataKey", "kms:Decrypt", "kms:ReEncryptFrom", "kms:ReEncryptTo"]
    {
        rows.push(row(true, "starter", action, KEY, "seals"));
    }
    for action in ["kms:ScheduleKeyDeletion", "kms:PutKeyPolicy", "kms:CreateGrant", "kms:DisableKey"] {
        rows.push(row(false, "starter", action, KEY, "administers nothing"));
        rows.push(row(false, "everything", action, KEY, "a role that the key does not name"));
    }
    rows
}

/// The reader reads, and the worker files: neither writes where it reads.
pub(super) fn reader_and_worker() -> Vec<Row> {
    let (result, filed) = (object(RESULTS, "results/job/1"), object(FILED, "redacted/job/00001.md"));
    let mut rows = vec![
        row(true, "reader", "textract:GetLendingAnalysisSummary", "*", "gets the summary"),
        row(false, "reader", "s3:GetObject", &object(SOURCE, "scans/1.pdf"), "reads no document"),
        row(false, "reader", "s3:GetObject", &filed, "reads nothing that was filed"),
        row(true, "reader", "kms:Decrypt", KEY, "opens"),
        row(true, "reader", "kms:DescribeKey", KEY, "looks at the key"),
        row(false, "reader", "kms:GenerateDataKey", KEY, "seals nothing"),
        row(true, "worker", "s3:PutObject", &filed, "files").sealed(),
        row(true, "worker", "s3:GetObject", &filed, "looks for a manifest"),
        row(false, "worker", "s3:PutObject", &filed, "without a key"),
        row(false, "worker", "s3:PutObject", &filed, "with another key")
            .with(KEY_HEADER, OTHER_KEY)
            .with(ALGORITHM_HEADER, "aws:kms"),
        row(false, "worker", "s3:PutObject", &filed, "under S3's key").with(ALGORITHM_HEADER, "AES256"),
        row(false, "worker", "s3:PutObject", &filed, "in two layers")
            .with(KEY_HEADER, KEY)
            .with(ALGORITHM_HEADER, "aws:kms:dsse"),
        row(false, "worker", "s3:PutObject", &filed, "with a key of its own")
            .sealed()
            .with(CUSTOMER_HEADER, "AES256"),
        row(false, "worker", "s3:PutObject", &filed, "without TLS")
            .sealed()
            .with("aws:SecureTransport", "false"),
        row(false, "worker", "s3:PutObject", &filed, "to another's bucket")
            .sealed()
            .with("s3:ResourceAccount", OTHER)
            .forwarded(),
        row(false, "worker", "s3:DeleteObject", &filed, "deletes nothing"),
        row(true, "worker", "sqs:ReceiveMessage", QUEUE, "receives"),
        row(true, "worker", "sqs:DeleteMessage", QUEUE, "deletes"),
        row(true, "worker", "sqs:ChangeMessageVisibility", QUEUE, "extends"),
        row(true, "worker", "sqs:GetQueueAttributes", QUEUE, "Lambda looks at the queue"),
        row(false, "worker", "sqs:SetQueueAttributes", QUEUE, "changes nothing"),
        row(false, "worker", "sqs:ReceiveMessage", QUEUE, "without TLS").with("aws:SecureTransport", "false"),
        row(false, "worker", "sqs:ReceiveMessage", DEAD, "no dead letters"),
        row(false, "worker", "sqs:SendMessage", QUEUE, "sends nothing"),
        row(true, "worker", "comprehend:DetectPiiEntities", "*", "detects"),
        row(true, "worker", "comprehend:ContainsPiiEntities", "*", "detects whether"),
        row(false, "worker", "comprehend:DetectEntities", "*", "nothing else"),
        row(false, "worker", "comprehend:DetectPiiEntities", "*", "not from outside")
            .without("aws:SourceVpce"),
        row(false, "everything", "comprehend:DetectPiiEntities", "*", "another role, through the endpoint"),
        row(false, "elsewhere", "comprehend:DetectPiiEntities", "*", "another account").elsewhere(),
        row(false, "worker", "textract:StartDocumentAnalysis", "*", "starts nothing"),
        row(true, "worker", "kms:DescribeKey", KEY, "looks at the key"),
    ];
    for who in ["reader", "worker"] {
        let listing = |allowed, what| row(allowed, who, "s3:ListBucket", &bucket(RESULTS), what);
        rows.extend([
            row(true, who, "s3:GetObject", &result, "reads a result"),
            row(false, who, "s3:GetObject", &result, "not from outside").without("aws:SourceVpce"),
            row(false, who, "s3:GetObject", &result, "in another's bucket")
                .with("s3:ResourceAccount", OTHER)
                .forwarded(),
            row(false, who, "s3:PutObject", &result, "writes no result").sealed(),
            row(false, who, "s3:DeleteObject", &result, "deletes nothing"),
            listing(true, "lists the job").with("s3:prefix", "results/job/"),
            listing(false, "lists all"),
            listing(false, "lists another's")
                .with("s3:prefix", "results/")
                .with("s3:ResourceAccount", OTHER)
                .forwarded(),
        ]);
    }
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        rows.push(
            row(true, "worker", action, KEY, "over S3").with("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        );
        rows.extend(row(false, "worker", action, KEY, "by itself").on_each_side());
        rows.extend(
            row(false, "worker", action, KEY, "over another service")
                .with("kms:ViaService", "secretsmanager.us-east-1.amazonaws.com")
                .on_each_side(),
        );
    }
    rows.push(
        row(true, "worker", "kms:Decrypt", KEY, "a message")
            .with("kms:ViaService", "sqs.us-east-1.amazonaws.com"),
    );
    rows.push(
        row(false, "worker", "kms:GenerateDataKey", KEY, "a message")
            .with("kms:ViaService", "sqs.us-east-1.amazonaws.com"),
    );
    rows
}

/// Only uploaders bring documents in, and only with the key.
pub(super) fn uploader() -> Vec<Row> {
    let document = object(SOURCE, "scans/1.pdf");
    let put = |allowed, what| row(allowed, "uploader", "s3:PutObject", &document, what).sealed();
    let mut rows = vec![
        put(true, "uploads with the key"),
        row(false, "uploader", "s3:PutObject", &document, "without a key"),
        put(false, "not from outside").without("aws:SourceVpce"),
        put(false, "to another's bucket").with("s3:ResourceAccount", OTHER).forwarded(),
        put(false, "to another's bucket, through the endpoint").with("s3:ResourceAccount", OTHER).widely(),
        row(false, "uploader", "s3:PutObject", &object(SOURCE, "private/1.pdf"), "beside the prefix")
            .sealed(),
        row(false, "uploader", "s3:PutObject", &object(RESULTS, "results/job/1"), "writes no result")
            .sealed(),
        row(false, "uploader", "s3:GetObject", &document, "reads nothing"),
        row(false, "uploader", "s3:ListBucket", &bucket(SOURCE), "lists nothing").with("s3:prefix", "scans/"),
        row(false, "everything", "s3:PutObject", &document, "a role that the endpoint does not let in")
            .sealed(),
    ];
    for action in ["s3:AbortMultipartUpload", "s3:ListMultipartUploadParts"] {
        rows.push(row(true, "uploader", action, &document, "an upload in parts"));
    }
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        rows.push(
            row(true, "uploader", action, KEY, "over S3")
                .with("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        );
        rows.extend(row(false, "uploader", action, KEY, "by itself").on_each_side());
    }
    rows
}

/// What no role may do, and what the administrators of key and buckets still may.
pub(super) fn everybody() -> Vec<Row> {
    let mut rows = Vec::new();
    for (name, key) in [(SOURCE, "scans/1.pdf"), (RESULTS, "results/job/1"), (FILED, "redacted/1.md")] {
        let object = object(name, key);
        let put = |allowed, what| row(allowed, "everything", "s3:PutObject", &object, what).forwarded();
        rows.extend([
            put(true, "an uploader with the key").sealed(),
            put(false, "an uploader with another key")
                .with(KEY_HEADER, OTHER_KEY)
                .with(ALGORITHM_HEADER, "aws:kms"),
            put(false, "an uploader without a key"),
            put(false, "an uploader with S3's key").with(ALGORITHM_HEADER, "AES256"),
            put(false, "an uploader with two layers")
                .with(KEY_HEADER, KEY)
                .with(ALGORITHM_HEADER, "aws:kms:dsse"),
            put(false, "an uploader with a key of the caller's").sealed().with(CUSTOMER_HEADER, "AES256"),
            put(false, "an uploader without TLS").sealed().with("aws:SecureTransport", "false"),
            put(false, "another account").sealed().elsewhere(),
            row(false, "everything", "s3:GetObject", &object, "nobody").anonymous(),
            row(false, "everything", "s3:GetObject", &object, "from outside").without("aws:SourceVpce"),
            row(false, "everything", "s3:GetObject", &object, "from another endpoint")
                .with("aws:SourceVpce", "vpce-99999999"),
            row(false, "everything", "s3:GetObject", &object, "a role that the endpoint does not let in"),
            row(true, "everything", "s3:PutBucketPolicy", &bucket(name), "an administrator, from outside")
                .without("aws:SourceVpce"),
            row(
                false,
                "everything",
                "s3:PutBucketPolicy",
                &bucket(name),
                "an administrator of another account",
            )
            .without("aws:SourceVpce")
            .elsewhere(),
            by_service(true, "delivery", "s3:GetObject", &object, "a service that another statement lets in"),
            row(true, "everything", "s3:PutObject", &format!("{object}/.s3_access_check"), "an access check")
                .forwarded(),
        ]);
    }
    for action in ["kms:PutKeyPolicy", "kms:ScheduleKeyDeletion", "kms:EnableKeyRotation"] {
        rows.push(as_administrator(row(true, "admin", action, KEY, "administers")));
    }
    for action in ["kms:Decrypt", "kms:GenerateDataKey", "kms:CreateGrant"] {
        rows.push(as_administrator(row(false, "admin", action, KEY, "does not use")));
    }
    // Requests through the endpoint of S3 reach these buckets only, whatever the caller may do.
    let away = object("amzn-s3-demo-away", "1");
    rows.push(row(false, "starter", "s3:PutObject", &away, "carried out").widely());
    let (result, listed) = (object(RESULTS, "results/job/1"), bucket(RESULTS));
    rows.extend([
        row(true, "starter", "s3:AbortMultipartUpload", &result, "a wide role").widely(),
        row(true, "starter", "s3:ListMultipartUploadParts", &result, "a wide role").widely(),
        row(false, "starter", "s3:DeleteObject", &result, "a wide role").widely(),
        row(false, "starter", "s3:GetObject", &result, "another's")
            .widely()
            .with("s3:ResourceAccount", OTHER),
        row(true, "starter", "s3:ListBucket", &listed, "a wide role").widely(),
        row(false, "starter", "s3:ListBucket", &listed, "another's")
            .widely()
            .with("s3:ResourceAccount", OTHER),
        row(false, "everything", "s3:ListBucket", &listed, "a role that the endpoint does not let in"),
    ]);
    rows
}

fn as_administrator(mut row: Row) -> Row {
    row.request.caller = Caller::Role(role("admin"));
    row
}
