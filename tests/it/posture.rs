//! A posture against answers made up one by one: each control passes, fails, and is not evaluated.

mod deployed;

use std::time::Duration;

use inkseal::posture::{NotClean, Outcome, Posture, Report};
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::resource::S3Object;
use inkseal::{ErrorKind, Feature, SecureJob, Stage};
use serde_json::{Value, json};

use self::deployed::{
    Deployed, access_block, bucket_policy, caller, encryption, is_s3, key_policy, location, versioning,
};
use crate::support::{ACCOUNT, KEY, RESULTS, SOURCE, analysis, bucket, input, key, seal};

fn findings(report: &Report) -> Vec<&str> {
    report.findings().map(|control| control.id()).collect()
}

fn described(member: &str, value: &str) -> String {
    let (_, answer) = Deployed::sound().answers["DescribeKey"].clone();
    let mut answer: Value = serde_json::from_str(&answer).unwrap();
    answer["KeyMetadata"][member] = json!(value);
    answer.to_string()
}

const DENIALS: [&str; 3] = [
    "SEC_5.output-bucket-denies-plain-http",
    "SEC_7.output-bucket-denies-missing-key",
    "SEC_7.output-bucket-denies-other-keys",
];

#[tokio::test]
async fn what_is_sound_is_clean_and_only_reads() {
    let deployed = Deployed::sound();
    let report = deployed.report().await;
    assert_eq!(findings(&report), [""; 0]);
    assert!(report.is_clean());
    let asked = deployed.asked();
    let reads = |operation: &String| {
        ["Get", "Describe"].iter().any(|verb| operation.starts_with(verb)) && !operation.contains("Document")
    };
    assert!(asked.iter().all(reads), "{asked:?}");
    assert_eq!(asked.len(), 13, "{asked:?}");
    assert_eq!(deployed.report().await, report, "and it says the same again");
}

#[tokio::test]
async fn each_control_fails_alone() {
    let other = KEY.replace("1234abcd", "4321abcd");
    for (operation, answer, expected) in [
        ("DescribeKey", described("KeyManager", "AWS"), &["SEC_6.key-customer-managed"][..]),
        ("DescribeKey", described("KeyState", "PendingDeletion"), &["SEC_10.key-enabled"]),
        ("DescribeKey", described("KeySpec", "RSA_2048"), &["SEC_6.key-symmetric"]),
        ("DescribeKey", described("KeyUsage", "SIGN_VERIFY"), &["SEC_6.key-symmetric"]),
        ("GetKeyRotationStatus", json!({"KeyRotationEnabled": false}).to_string(), &["SEC_10.key-rotation"]),
        ("GetKeyPolicy", policy_answer(&json!("*")), &["SEC_10.key-policy-not-public"]),
        (
            "GetKeyPolicy",
            policy_answer(&json!({"Service": "sns.amazonaws.com"})),
            &["SEC_4.key-policy-binds-services"],
        ),
        ("GetCallerIdentity", caller("444455556666", "assumed-role/a/b"), &["SEC_12.caller-account"]),
        ("GetCallerIdentity", caller(ACCOUNT, "user/jane"), &["SEC_3.caller-role"]),
        (
            "GetBucketEncryption",
            encryption("aws:kms", Some(&other), true),
            &["SEC_7.output-bucket-default-encryption"],
        ),
        (
            "GetBucketEncryption",
            encryption("aws:kms", None, true),
            &["SEC_7.output-bucket-default-encryption"],
        ),
        (
            "GetBucketEncryption",
            encryption("aws:kms:dsse", Some(KEY), true),
            &["SEC_7.output-bucket-default-encryption"],
        ),
        (
            "GetBucketEncryption",
            encryption("aws:kms", Some("alias/documents"), true),
            &["SEC_7.output-bucket-default-encryption"],
        ),
        ("GetBucketEncryption", encryption("aws:kms", Some(KEY), false), &["SEC_7.output-bucket-bucket-key"]),
        ("GetPublicAccessBlock", access_block("false"), &["SEC_5.output-bucket-public-access-block"]),
        ("GetBucketVersioning", versioning("Suspended"), &["SEC_5.output-bucket-versioning"]),
        ("GetBucketVersioning", "<VersioningConfiguration/>".to_owned(), &["SEC_5.output-bucket-versioning"]),
        ("GetBucketPolicy", json!({"Statement": []}).to_string(), &DENIALS),
        ("GetBucketLocation as of the owner", location("eu-west-1"), &["SEC_7.output-bucket-region"]),
        (
            "GetTrailStatus",
            json!({"IsLogging": false}).to_string(),
            &["SEC_13.output-bucket-access-recorded", "SEC_13.trail-delivery", "SEC_13.trail-logging"],
        ),
        (
            "DescribeTrails",
            json!({"trailList": [{"TrailARN": "arn:a", "HomeRegion": "eu-west-1"}]}).to_string(),
            &["SEC_13.output-bucket-access-recorded", "SEC_13.trail-delivery", "SEC_13.trail-logging"],
        ),
        (
            "GetTrailStatus",
            json!({"IsLogging": true, "LatestDeliveryError": "AccessDenied"}).to_string(),
            &["SEC_13.trail-delivery"],
        ),
        (
            "GetEventSelectors",
            json!({"EventSelectors": [{"ReadWriteType": "All"}]}).to_string(),
            &["SEC_13.output-bucket-access-recorded"],
        ),
    ] {
        let report = Deployed::sound().with(operation, answer.clone()).report().await;
        assert_eq!(findings(&report), expected, "{operation} {answer}");
        for finding in report.findings() {
            assert!(matches!(finding.outcome(), Outcome::Fail { .. }), "{finding:?}");
        }
    }
}

fn policy_answer(principal: &Value) -> String {
    json!({"Policy": key_policy(principal.clone()).to_string()}).to_string()
}

#[tokio::test]
async fn what_is_not_there_fails() {
    for (operation, status, code, expected) in [
        (
            "GetBucketEncryption",
            404,
            "ServerSideEncryptionConfigurationNotFoundError",
            &["SEC_7.output-bucket-bucket-key", "SEC_7.output-bucket-default-encryption"][..],
        ),
        (
            "GetPublicAccessBlock",
            404,
            "NoSuchPublicAccessBlockConfiguration",
            &["SEC_5.output-bucket-public-access-block"],
        ),
        ("GetBucketPolicy", 404, "NoSuchBucketPolicy", &DENIALS),
        ("GetKeyRotationStatus", 400, "UnsupportedOperationException", &["SEC_10.key-rotation"]),
    ] {
        let report = Deployed::sound().failing(operation, status, code).report().await;
        assert_eq!(findings(&report), expected, "{operation}");
        assert!(
            report.findings().all(|found| matches!(found.outcome(), Outcome::Fail { .. })),
            "{operation}"
        );
    }
}

#[tokio::test]
async fn a_closed_door_is_named_by_its_permission() {
    let trail =
        &["SEC_13.output-bucket-access-recorded", "SEC_13.trail-delivery", "SEC_13.trail-logging"][..];
    for (operation, permission, expected) in [
        (
            "DescribeKey",
            "kms:DescribeKey",
            &["SEC_6.key-customer-managed", "SEC_6.key-symmetric", "SEC_10.key-enabled"][..],
        ),
        ("GetKeyRotationStatus", "kms:GetKeyRotationStatus", &["SEC_10.key-rotation"]),
        (
            "GetKeyPolicy",
            "kms:GetKeyPolicy",
            &["SEC_4.key-policy-binds-services", "SEC_10.key-policy-not-public"],
        ),
        ("GetCallerIdentity", "sts:GetCallerIdentity", &["SEC_3.caller-role", "SEC_12.caller-account"]),
        (
            "GetBucketEncryption",
            "s3:GetEncryptionConfiguration",
            &["SEC_7.output-bucket-bucket-key", "SEC_7.output-bucket-default-encryption"],
        ),
        (
            "GetPublicAccessBlock",
            "s3:GetBucketPublicAccessBlock",
            &["SEC_5.output-bucket-public-access-block"],
        ),
        ("GetBucketVersioning", "s3:GetBucketVersioning", &["SEC_5.output-bucket-versioning"]),
        ("GetBucketPolicy", "s3:GetBucketPolicy", &DENIALS),
        ("DescribeTrails", "cloudtrail:DescribeTrails", trail),
        ("GetTrailStatus", "cloudtrail:GetTrailStatus", trail),
        (
            "GetEventSelectors",
            "cloudtrail:GetEventSelectors",
            &["SEC_13.output-bucket-access-recorded", "SEC_13.trail-logging"],
        ),
        // Needed only if no trail records the bucket.
        ("GetBucketLogging", "s3:GetBucketLogging", &[]),
    ] {
        let code = if is_s3(operation) || operation.ends_with("Identity") {
            "AccessDenied"
        } else {
            "AccessDeniedException"
        };
        let report = Deployed::sound().failing(operation, 403, code).report().await;
        assert_eq!(findings(&report), expected, "{operation}");
        for finding in report.findings() {
            match finding.outcome() {
                Outcome::NotEvaluated { permission: Some(named), reason } => {
                    assert_eq!(named, permission);
                    assert!(reason.contains(permission), "{reason}");
                }
                other => panic!("{operation}: {other:?}"),
            }
        }
    }
}

#[tokio::test]
async fn the_owner_is_told_from_a_missing_permission() {
    let sound = Deployed::sound();
    let theirs = sound.clone().failing("GetBucketLocation as of the owner", 403, "AccessDenied");
    let report = theirs.report().await;
    assert_eq!(findings(&report), ["SEC_5.output-bucket-owner"]);
    assert!(matches!(report.control("SEC_5.output-bucket-owner").unwrap().outcome(), Outcome::Fail { .. }));
    let denied = theirs.failing("GetBucketLocation", 403, "AccessDenied");
    let report = denied.report().await;
    assert_eq!(findings(&report), ["SEC_5.output-bucket-owner", "SEC_7.output-bucket-region"]);
    for finding in report.findings() {
        assert!(
            matches!(finding.outcome(), Outcome::NotEvaluated { permission: Some(named), .. } if named == "s3:GetBucketLocation"),
            "{finding:?}"
        );
    }
    let gone = sound.failing("GetBucketLocation as of the owner", 404, "NoSuchBucket");
    assert!(!gone.report().await.is_clean());
}

#[tokio::test]
async fn a_redirect_tells_the_region() {
    let elsewhere = Deployed::sound().failing("GetBucketLocation as of the owner", 301, "PermanentRedirect");
    let report = elsewhere.report().await;
    let region = report.control("SEC_7.output-bucket-region").unwrap().outcome();
    assert!(matches!(region, Outcome::Fail { found, .. } if found.contains("eu-west-1")), "{region:?}");
}

/// S3 has older names for two Regions.
#[tokio::test]
async fn a_location_is_read_as_the_region_that_it_means() {
    let region = async |answer: &str| {
        let deployed = Deployed::sound().with("GetBucketLocation as of the owner", answer);
        deployed.report().await.control("SEC_7.output-bucket-region").unwrap().outcome().clone()
    };
    for us_east_1 in [location(""), "<LocationConstraint/>".to_owned()] {
        assert!(matches!(region(&us_east_1).await, Outcome::Pass { .. }), "{us_east_1}");
    }
    for eu_west_1 in ["EU", "eu-west-1"] {
        let outcome = region(&location(eu_west_1)).await;
        assert!(
            matches!(&outcome, Outcome::Fail { found, .. } if found.contains("in eu-west-1")),
            "{outcome:?}"
        );
    }
    let strange = region(&location("nowhere at all")).await;
    assert!(matches!(strange, Outcome::NotEvaluated { .. }), "{strange:?}");
}

#[tokio::test]
async fn access_logs_stand_in_for_a_trail() {
    let logging = "<BucketLoggingStatus><LoggingEnabled><TargetBucket>logs</TargetBucket><TargetPrefix>a</TargetPrefix>\
                   </LoggingEnabled></BucketLoggingStatus>";
    let deployed =
        Deployed::sound().with("GetBucketLogging", logging).with("GetTrailStatus", r#"{"IsLogging": false}"#);
    assert_eq!(findings(&deployed.report().await), ["SEC_13.trail-delivery", "SEC_13.trail-logging"]);
}

#[tokio::test(start_paused = true)]
async fn throttling_is_retried_and_then_told() {
    let throttled = Deployed::sound().failing("GetKeyPolicy", 400, "ThrottlingException");
    let report = throttled.report().await;
    assert_eq!(findings(&report), ["SEC_4.key-policy-binds-services", "SEC_10.key-policy-not-public"]);
    for finding in report.findings() {
        let Outcome::NotEvaluated { permission: None, reason } = finding.outcome() else {
            panic!("{finding:?}")
        };
        assert!(reason.contains("throttled"), "{reason}");
    }
    let asked = throttled.asked.lock().unwrap();
    assert_eq!(asked.iter().filter(|operation| *operation == "GetKeyPolicy").count(), 3);
}

#[tokio::test]
async fn refused_credentials_are_no_missing_permission() {
    let expired = Deployed::sound().failing("DescribeKey", 400, "ExpiredTokenException");
    let report = expired.report().await;
    let outcome = report.control("SEC_10.key-enabled").unwrap().outcome();
    assert!(matches!(outcome, Outcome::NotEvaluated { permission: None, .. }), "{outcome:?}");
}

#[tokio::test]
async fn endpoints_and_tokens_are_seen_without_sending() {
    let deployed = Deployed::sound();
    let seal = analysis().seal().clone();
    let ids = [
        "SEC_1.comprehend-endpoint-private",
        "SEC_1.kms-endpoint-private",
        "SEC_1.textract-endpoint-private",
    ];

    let public = deployed.clients_at("https://52.94.0.1", None).await;
    let report = Posture::of_seal(&seal, &public).evaluate().await;
    assert_eq!(findings(&report), [&ids[..], &["SEC_3.credentials-temporary"]].concat());
    let s3 = report.control("SEC_1.s3-endpoint-private").unwrap().outcome();
    assert!(matches!(s3, Outcome::ForAPerson { ask } if ask.contains("gateway")), "{s3:?}");

    for private in ["https://10.0.0.7", "https://vpce-0a1b-2c3d.textract.us-east-1.vpce.amazonaws.com"] {
        let clients = deployed.clients_at(private, Some("token")).await;
        let report = Posture::of_seal(&seal, &clients).evaluate().await;
        let passed = |id: &&str| matches!(report.control(id).unwrap().outcome(), Outcome::Pass { .. });
        assert!(ids.iter().all(passed), "{private}");
    }
    let asked = deployed.asked();
    for never in ["GetDocumentAnalysis", "DetectDominantLanguage"] {
        assert!(!asked.contains(never), "{asked:?}");
    }
}

#[tokio::test]
async fn an_alias_is_compared_as_what_it_stands_for() {
    let job = SecureJob::text_detection(input())
        .output_bucket(bucket())
        .kms_key("alias/documents".parse().unwrap())
        .build()
        .unwrap();
    let clients = Deployed::sound().clients().await;
    let report = Posture::of_job(&job, &clients).evaluate().await;
    assert_eq!(report.kms_key().as_str(), KEY);
    let of_output = |id: &&str| !id.contains("input");
    assert!(!findings(&report).iter().any(of_output), "{:?}", findings(&report));

    let denied = Deployed::sound().failing("DescribeKey", 400, "AccessDeniedException").clients().await;
    let report = Posture::of_job(&job, &denied).evaluate().await;
    let outcome = report.control("SEC_7.output-bucket-denies-other-keys").unwrap().outcome();
    assert!(matches!(outcome, Outcome::NotEvaluated { .. }), "{outcome:?}");
}

#[tokio::test]
async fn redaction_is_asked_for_shown_or_questioned() {
    let clients = Deployed::sound().clients().await;
    let posture = Posture::of_seal(analysis().seal(), &clients);
    let outcome = |report: Report| report.control("SEC_9.redaction").unwrap().outcome().clone();
    assert!(matches!(outcome(posture.evaluate().await), Outcome::ForAPerson { .. }));
    let whole = Redactor::builder(PatternDetector::new()).build().unwrap();
    assert!(matches!(outcome(posture.clone().redacted_by(&whole).evaluate().await), Outcome::Pass { .. }));
    for part in [
        Redactor::builder(PatternDetector::new()).others(Operator::keep()),
        Redactor::builder(PatternDetector::new())
            .operator(inkseal::redact::PiiType::Phone, Operator::mask().keep_last(4)),
        Redactor::builder(PatternDetector::new()).min_score(0.5),
        Redactor::builder(PatternDetector::new()).allow(["Example Corp"]),
    ] {
        let part = part.build().unwrap();
        assert!(matches!(
            outcome(posture.clone().redacted_by(&part).evaluate().await),
            Outcome::ForAPerson { .. }
        ));
    }
}

#[tokio::test]
async fn reports_hold_no_secret_and_no_policy() {
    let deployed = Deployed::sound()
        .with("GetBucketPolicy", json!({"Statement": [], "Id": "canary-canary"}).to_string());
    let report = deployed.report().await;
    for text in [report.to_json(), report.to_markdown(), format!("{report:?}")] {
        for secret in ["canary", "token-of-the-session", "ASIAIOSFODNN7EXAMPLE", "Statement", "jane"] {
            assert!(!text.contains(secret), "{secret}: {text}");
        }
    }
    assert_eq!(serde_json::from_str::<Report>(&report.to_json()).unwrap(), report);
}

#[tokio::test(start_paused = true)]
async fn a_job_starts_with_the_proof_alone() {
    let deployed = Deployed::sound();
    let clients = deployed.clients().await;
    // One policy for both buckets.
    let of_both = bucket_policy().to_string().replace(RESULTS, "amzn-s3-demo-*");
    let clients_of_both = deployed.clone().with("GetBucketPolicy", of_both);
    let clean = Posture::of_job(&analysis(), &clients_of_both.clients().await).demand_clean().await.unwrap();
    assert!(clean.report().is_clean());
    let job = analysis().demanding_clean_posture();
    job.start(&clean).await.unwrap();
    assert!(deployed.asked().contains("StartDocumentAnalysis"));

    let other = SecureJob::text_detection(input())
        .output_bucket("amzn-s3-demo-others".parse().unwrap())
        .kms_key(key())
        .build()
        .unwrap();
    let error = other.demanding_clean_posture().start(&clean).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotClean, Stage::Posture));

    tokio::time::advance(Duration::from_secs(3601)).await;
    assert_eq!(job.start(&clean).await.unwrap_err().kind(), ErrorKind::NotClean);
    job.start(&clean.clone().good_for(Duration::from_secs(7200))).await.unwrap();

    // The input bucket's policy is the output's, which says nothing of the input.
    let error = Posture::of_job(&analysis(), &clients).demand_clean().await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::NotClean);
    let source = std::error::Error::source(&error).unwrap();
    let named = source.downcast_ref::<NotClean>().unwrap();
    assert!(named.controls().iter().all(|id| id.contains("input-bucket-denies")), "{named}");
    assert_eq!(named.controls().len(), 3);
    assert!(!error.is_retryable());
}

#[tokio::test]
async fn a_proof_is_good_for_the_input_bucket_that_was_looked_at() {
    let of_both = bucket_policy().to_string().replace(RESULTS, "amzn-s3-demo-*");
    let deployed = Deployed::sound().with("GetBucketPolicy", of_both);
    let clients = deployed.clients().await;
    let job = analysis().demanding_clean_posture();
    let of_seal = Posture::of_seal(job.seal(), &clients);
    let unseen = of_seal.demand_clean().await.unwrap();
    let elsewhere =
        of_seal.clone().input("amzn-s3-demo-others".parse().unwrap()).demand_clean().await.unwrap();
    let sink = format!("s3://{SOURCE}/clean").parse().unwrap();
    let as_sink = of_seal.clone().sink(sink).demand_clean().await.unwrap();
    for clean in [&unseen, &elsewhere, &as_sink] {
        let error = job.start(clean).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::NotClean, Stage::Posture));
        assert!(error.to_string().contains("input bucket"), "{error}");
    }
    assert!(!deployed.asked().contains("StartDocumentAnalysis"));
    let seen = of_seal.input(SOURCE.parse().unwrap()).demand_clean().await.unwrap();
    job.start(&seen).await.unwrap();

    // In the output bucket, too: of that bucket, only the output prefix was checked.
    let beside_the_output =
        SecureJob::analysis(S3Object::new(RESULTS, "in/1.pdf").unwrap()).feature(Feature::Layout);
    let beside_the_output = seal(beside_the_output).demanding_clean_posture();
    let error = beside_the_output.start(&unseen).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotClean, Stage::Posture));
    let of_seal = Posture::of_seal(beside_the_output.seal(), &clients);
    let seen = of_seal.input(RESULTS.parse().unwrap()).demand_clean().await.unwrap();
    beside_the_output.start(&seen).await.unwrap();
}
