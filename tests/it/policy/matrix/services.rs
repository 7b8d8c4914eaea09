//! What the services do for somebody, and who has them do it or checks their settings.

use super::{
    COMPREHEND_JOB, DEAD, FILED, OTHER, OTHER_KEY, OTHER_TOPIC, QUEUE, Row, TEXTRACT_JOB, TOPIC, bucket,
    by_service, object, role, row,
};
use crate::support::{ACCOUNT, KEY, RESULTS, SOURCE};

/// Comprehend's jobs start under the key, and not otherwise.
pub(super) fn comprehend_starter() -> Vec<Row> {
    const WHO: &str = "comprehend-starter";
    const KEYS: [&str; 3] = ["OutputKmsKey", "VolumeKmsKey", "ModelKmsKey"];
    let arn = |kind: &str| format!("arn:aws:comprehend:us-east-1:{ACCOUNT}:{kind}/1");
    let call = |allowed, operation: &str, kind: &str, what| {
        row(allowed, WHO, &format!("comprehend:{operation}"), &arn(kind), what)
    };
    let with_keys = |row: Row, keys: &[&str]| {
        keys.iter().fold(row, |row, key| row.with(&format!("comprehend:{key}"), KEY))
    };
    let mut rows = Vec::new();
    for (operation, kind, keys, stops) in [
        ("PiiEntitiesDetectionJob", "pii-entities-detection-job", 1, true),
        ("DocumentClassificationJob", "document-classification-job", 2, false),
        ("DominantLanguageDetectionJob", "dominant-language-detection-job", 2, true),
        ("EntitiesDetectionJob", "entities-detection-job", 2, true),
        ("KeyPhrasesDetectionJob", "key-phrases-detection-job", 2, true),
        ("SentimentDetectionJob", "sentiment-detection-job", 2, true),
        ("TargetedSentimentDetectionJob", "targeted-sentiment-detection-job", 2, true),
        ("TopicsDetectionJob", "topics-detection-job", 2, false),
        ("DocumentClassifier", "document-classifier", 3, true),
        ("EntityRecognizer", "entity-recognizer", 3, true),
    ] {
        let is_training = !operation.ends_with("Job");
        let keys = if operation == "EntityRecognizer" { &KEYS[1..] } else { &KEYS[..keys] };
        let verb = if is_training { "Create" } else { "Start" };
        let start = |allowed, what| call(allowed, &format!("{verb}{operation}"), kind, what);
        rows.extend([
            with_keys(start(true, "starts under the key"), keys),
            with_keys(start(false, "not from outside"), keys).without("aws:SourceVpce"),
            call(true, &format!("Describe{operation}"), kind, "follows"),
        ]);
        for key in keys {
            let name = format!("comprehend:{key}");
            let missing = with_keys(start(false, "without one of the keys"), keys).without(&name);
            let another = with_keys(start(false, "under another key"), keys).with(&name, OTHER_KEY);
            rows.extend([missing.clone(), missing.forwarded(), another.clone(), another.forwarded()]);
        }
        if stops {
            let stop = if is_training { "StopTraining" } else { "Stop" };
            rows.push(call(true, &format!("{stop}{operation}"), kind, "stops"));
        }
        let verbs = [format!("{verb}{operation}"), format!("Describe{operation}")];
        for action in verbs {
            let action = format!("comprehend:{action}");
            let other = row(false, "everything", &action, &arn(kind), "another role, through the endpoint");
            rows.push(with_keys(other, keys));
        }
    }
    let (result, sealed) = (object(FILED, "redacted/output/1.gz"), object(RESULTS, "results/job/1"));
    let listing = |allowed, what| row(allowed, WHO, "s3:ListBucket", &bucket(FILED), what);
    let pass = |allowed, name: &str, what| row(allowed, WHO, "iam:PassRole", &role(name), what);
    rows.extend([
        call(true, "StartDocumentClassificationJob", "document-classifier", "with a model"),
        call(true, "StartEntitiesDetectionJob", "entity-recognizer", "with a model"),
        row(
            false,
            "everything",
            "comprehend:StartEntitiesDetectionJob",
            &arn("entity-recognizer"),
            "with a model, another role",
        ),
        call(false, "DeleteDocumentClassifier", "document-classifier", "deletes nothing"),
        row(false, WHO, "comprehend:DetectPiiEntities", "*", "detects nothing by itself"),
        row(true, WHO, "s3:GetObject", &result, "reads results"),
        row(false, WHO, "s3:GetObject", &result, "of another").with("s3:ResourceAccount", OTHER).forwarded(),
        row(false, WHO, "s3:GetObject", &result, "of another, through the endpoint")
            .with("s3:ResourceAccount", OTHER)
            .widely(),
        row(false, WHO, "s3:GetObject", &sealed, "nothing of Textract's"),
        row(false, WHO, "s3:GetObject", &sealed, "nothing of Textract's, through the endpoint").widely(),
        row(false, WHO, "s3:PutObject", &result, "writes nothing").sealed(),
        listing(true, "lists").with("s3:prefix", "redacted/output/"),
        listing(false, "lists all"),
        listing(false, "lists another's")
            .with("s3:prefix", "redacted/")
            .with("s3:ResourceAccount", OTHER)
            .forwarded(),
        listing(false, "lists another's, through the endpoint").with("s3:ResourceAccount", OTHER).widely(),
        row(false, "everything", "s3:ListBucket", &bucket(FILED), "another role, through the endpoint"),
        pass(true, "inkseal-comprehend", "passes the role")
            .with("iam:PassedToService", "comprehend.amazonaws.com"),
        pass(false, "inkseal-comprehend", "to another service")
            .with("iam:PassedToService", "lambda.amazonaws.com"),
        pass(false, "inkseal-textract", "another role")
            .with("iam:PassedToService", "comprehend.amazonaws.com"),
        row(true, WHO, "kms:DescribeKey", KEY, "looks at the key"),
        row(true, WHO, "kms:Decrypt", KEY, "over S3").with("kms:ViaService", "s3.us-east-1.amazonaws.com"),
        row(true, WHO, "kms:CreateGrant", KEY, "a volume").with("kms:GrantIsForAWSResource", "true"),
    ]);
    rows.extend(row(false, WHO, "kms:Decrypt", KEY, "by itself").on_each_side());
    let grant = row(false, WHO, "kms:CreateGrant", KEY, "for anybody");
    rows.extend(grant.with("kms:GrantIsForAWSResource", "false").on_each_side());
    rows
}

/// Whoever evaluates a posture sees settings, and neither contents nor names of objects.
pub(super) fn checker() -> Vec<Row> {
    let trail = format!("arn:aws:cloudtrail:us-east-1:{ACCOUNT}:trail/documents");
    let settings = [
        "s3:GetBucketLocation",
        "s3:GetEncryptionConfiguration",
        "s3:GetBucketPublicAccessBlock",
        "s3:GetBucketVersioning",
        "s3:GetBucketPolicy",
        "s3:GetBucketLogging",
    ];
    let mut rows = vec![
        row(true, "checker", "cloudtrail:DescribeTrails", "*", "lists the trails"),
        row(true, "checker", "cloudtrail:GetTrailStatus", &trail, "looks at a trail"),
        row(true, "checker", "cloudtrail:GetEventSelectors", &trail, "looks at a trail"),
        row(false, "checker", "cloudtrail:StopLogging", &trail, "changes nothing"),
        row(false, "checker", "kms:Decrypt", KEY, "opens nothing"),
        row(false, "checker", "kms:PutKeyPolicy", KEY, "changes nothing"),
    ];
    for (name, key) in [(SOURCE, "scans/1.pdf"), (RESULTS, "results/job/1"), (FILED, "redacted/1.md")] {
        for action in settings {
            let look = |allowed, what| row(allowed, "checker", action, &bucket(name), what);
            rows.extend([
                look(true, "looks at a bucket"),
                look(false, "another's").with("s3:ResourceAccount", OTHER).forwarded(),
                look(false, "another's, through the endpoint").with("s3:ResourceAccount", OTHER).widely(),
                row(false, "everything", action, &bucket(name), "another role, through the endpoint"),
            ]);
        }
        let listing = row(false, "checker", "s3:ListBucket", &bucket(name), "lists no names");
        rows.extend([listing.clone(), listing.clone().widely(), listing.with("s3:prefix", "redacted/")]);
        rows.push(row(false, "checker", "s3:GetObject", &object(name, key), "reads no object"));
        rows.push(row(false, "checker", "s3:PutBucketPolicy", &bucket(name), "changes nothing"));
    }
    for action in ["kms:DescribeKey", "kms:GetKeyPolicy", "kms:GetKeyRotationStatus"] {
        rows.push(row(true, "checker", action, KEY, "looks at the key"));
    }
    rows
}

/// From the end of a job to the queue.
pub(super) fn notification() -> Vec<Row> {
    let assume = |allowed, service, what| {
        by_service(allowed, service, "sts:AssumeRole", &role("inkseal-textract"), what)
    };
    let publish = |allowed, what| row(allowed, "textract", "sns:Publish", TOPIC, what);
    let send = |allowed, what| by_service(allowed, "sns", "sqs:SendMessage", QUEUE, what);
    let encrypt = |allowed, action: &str, what| by_service(allowed, "sns", action, KEY, what);
    let ours = |row: Row| row.with("aws:SourceAccount", ACCOUNT).with("aws:SourceArn", TOPIC);
    let mut rows = vec![
        assume(true, "textract", "for a job of ours")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", TEXTRACT_JOB),
        assume(false, "textract", "for another account")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", &TEXTRACT_JOB.replace(ACCOUNT, OTHER)),
        assume(false, "textract", "for another account that says our job")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", TEXTRACT_JOB),
        assume(false, "textract", "for another's job that says our account")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", &TEXTRACT_JOB.replace(ACCOUNT, OTHER)),
        assume(false, "textract", "for nobody"),
        assume(false, "comprehend", "another service")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", TEXTRACT_JOB),
        publish(true, "publishes"),
        publish(false, "without TLS").with("aws:SecureTransport", "false"),
        publish(false, "to a topic that is another's").with("aws:ResourceAccount", OTHER),
        row(false, "textract", "sns:Publish", OTHER_TOPIC, "to another topic"),
        row(false, "textract", "s3:GetObject", &object(RESULTS, "results/job/1"), "reads nothing"),
        publish(false, "a role of another account").elsewhere(),
        row(false, "everything", "sns:Publish", TOPIC, "another role of ours"),
        by_service(false, "textract", "sns:Publish", TOPIC, "Textract itself")
            .with("aws:SourceAccount", OTHER),
        ours(send(true, "the topic sends")),
        send(false, "another topic sends")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", OTHER_TOPIC),
        send(false, "for another account").with("aws:SourceAccount", OTHER).with("aws:SourceArn", TOPIC),
        send(false, "for nobody"),
        ours(send(false, "without TLS")).with("aws:SecureTransport", "false"),
        row(false, "everything", "sqs:SendMessage", QUEUE, "a role of ours sends"),
        ours(by_service(false, "sns", "sqs:SendMessage", DEAD, "a dead letter")),
        row(false, "everything", "sqs:SendMessage", DEAD, "a role of ours sends a dead letter"),
        row(true, "everything", "sqs:ReceiveMessage", DEAD, "an operator looks at the dead letters"),
        row(false, "everything", "sqs:ReceiveMessage", DEAD, "without TLS")
            .with("aws:SecureTransport", "false"),
    ];
    for action in ["kms:GenerateDataKey", "kms:Decrypt"] {
        rows.extend([
            row(true, "textract", action, KEY, "for the topic")
                .with("kms:ViaService", "sns.us-east-1.amazonaws.com"),
            ours(encrypt(true, action, "the topic encrypts for the queue")),
            encrypt(false, action, "another topic")
                .with("aws:SourceAccount", ACCOUNT)
                .with("aws:SourceArn", OTHER_TOPIC),
            encrypt(false, action, "another account")
                .with("aws:SourceAccount", OTHER)
                .with("aws:SourceArn", TOPIC),
        ]);
        rows.extend(row(false, "textract", action, KEY, "by itself").on_each_side());
    }
    rows
}

pub(super) fn comprehend() -> Vec<Row> {
    let assume = |allowed, what| {
        by_service(allowed, "comprehend", "sts:AssumeRole", &role("inkseal-comprehend"), what)
    };
    let filed = object(FILED, "redacted/job/00001.md");
    // From Comprehend's own network, as the role.
    let does = |allowed, action: &str, resource: &str, what| {
        row(allowed, "comprehend", action, resource, what).without("aws:SourceVpce")
    };
    let listing = |allowed, what| does(allowed, "s3:ListBucket", &bucket(FILED), what);
    let mut rows = vec![
        assume(true, "for a job of ours")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", COMPREHEND_JOB),
        assume(false, "for another account")
            .with("aws:SourceAccount", OTHER)
            .with("aws:SourceArn", COMPREHEND_JOB),
        assume(false, "for another's job")
            .with("aws:SourceAccount", ACCOUNT)
            .with("aws:SourceArn", &COMPREHEND_JOB.replace(ACCOUNT, OTHER)),
        does(true, "s3:GetObject", &filed, "reads what was filed"),
        does(false, "s3:GetObject", &filed, "in another's bucket").with("s3:ResourceAccount", OTHER),
        does(false, "s3:GetObject", &object(RESULTS, "results/job/1"), "reads no result"),
        does(true, "s3:PutObject", &filed, "writes its results").sealed(),
        does(false, "s3:PutObject", &filed, "without a key"),
        does(
            true,
            "s3:PutObject",
            &object(FILED, "redacted/.write_access_check_file.temp"),
            "its access check",
        ),
        does(false, "s3:PutObject", &filed, "to another's bucket").sealed().with("s3:ResourceAccount", OTHER),
        listing(true, "lists").with("s3:prefix", "redacted/"),
        listing(false, "lists all"),
        listing(false, "lists another's").with("s3:prefix", "redacted/").with("s3:ResourceAccount", OTHER),
        does(true, "kms:CreateGrant", KEY, "a volume").with("kms:GrantIsForAWSResource", "true"),
    ];
    for action in [
        "CreateNetworkInterface",
        "CreateNetworkInterfacePermission",
        "DeleteNetworkInterface",
        "DeleteNetworkInterfacePermission",
        "DescribeDhcpOptions",
        "DescribeNetworkInterfaces",
        "DescribeSecurityGroups",
        "DescribeSubnets",
        "DescribeVpcs",
    ] {
        rows.push(does(true, &format!("ec2:{action}"), "*", "joins the VPC"));
    }
    rows.push(does(false, "ec2:DeleteVpc", "*", "changes no VPC"));
    // From a VPC of the account, as the role, and so through the endpoint of that VPC.
    let in_vpc =
        |allowed, action: &str, resource: &str, what| row(allowed, "comprehend", action, resource, what);
    let result = object(RESULTS, "results/job/1");
    rows.extend([
        in_vpc(true, "s3:GetObject", &filed, "reads, in a VPC"),
        in_vpc(true, "s3:PutObject", &filed, "writes, in a VPC").sealed(),
        in_vpc(false, "s3:PutObject", &filed, "without a key, in a VPC"),
        in_vpc(true, "s3:ListBucket", &bucket(FILED), "lists, in a VPC").with("s3:prefix", "redacted/"),
        in_vpc(false, "s3:GetObject", &filed, "another's, in a VPC")
            .with("s3:ResourceAccount", OTHER)
            .widely(),
        in_vpc(false, "s3:ListBucket", &bucket(FILED), "another's listing, in a VPC")
            .with("s3:ResourceAccount", OTHER)
            .widely(),
        in_vpc(false, "s3:GetObject", &result, "no result, through the endpoint").widely(),
        in_vpc(false, "s3:ListBucket", &bucket(RESULTS), "no results, through the endpoint").widely(),
        in_vpc(false, "s3:DeleteObject", &filed, "deletes nothing, through the endpoint").widely(),
    ]);
    let grant = does(false, "kms:CreateGrant", KEY, "for anybody").with("kms:GrantIsForAWSResource", "false");
    rows.extend(grant.on_each_side());
    for action in ["kms:Decrypt", "kms:GenerateDataKey"] {
        rows.push(does(true, action, KEY, "over S3").with("kms:ViaService", "s3.us-east-1.amazonaws.com"));
        rows.extend(does(false, action, KEY, "by itself").on_each_side());
    }
    rows
}
