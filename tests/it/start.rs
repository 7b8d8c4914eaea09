//! What a start sends, and what it refuses to send.

use aws_sdk_textract::operation::start_document_analysis::StartDocumentAnalysisOutput;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use inkseal::emulator::{EmulatedKey, Fault};
use inkseal::job::{Api, HasBucket, HasKey, SecureJobBuilder};
use inkseal::resource::{JobTag, Prefix, S3Object};
use inkseal::{
    Adapter, Analysis, Clients, ErrorKind, Expense, Feature, Idempotency, NotificationChannel, Pages, Query,
    RunningJob, SecureJob, Stage,
};
use serde_json::{Value, json};

use crate::support::{KEY, KEY_ID, account, analysis, bucket, clients, emulator, input, key, seal};

/// The body of the only request of this operation, with the token taken out and checked by itself.
fn sent(emulator: &inkseal::emulator::Emulator, operation: &str) -> (Value, String) {
    let requests: Vec<_> =
        emulator.requests().into_iter().filter(|request| request.operation == operation).collect();
    assert_eq!(requests.len(), 1, "one {operation}");
    let mut body = requests[0].body.clone().unwrap();
    let token = body.as_object_mut().unwrap().remove("ClientRequestToken").expect("a token");
    (body, token.as_str().unwrap().to_owned())
}

fn shared() -> Value {
    json!({
        "DocumentLocation": {"S3Object": {"Bucket": "amzn-s3-demo-source", "Name": "scans/one.pdf"}},
        "OutputConfig": {"S3Bucket": "amzn-s3-demo-results", "S3Prefix": "textract_output"},
        "KMSKeyId": KEY,
    })
}

#[tokio::test(start_paused = true)]
async fn every_family_sends_output_key_and_token() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    seal(SecureJob::text_detection(input())).start(&clients).await.unwrap();
    seal(SecureJob::analysis(input()).feature(Feature::Tables)).start(&clients).await.unwrap();
    // The pages of this emulator are blocks, so it refuses the other two families after it has read the request.
    seal(SecureJob::expense(input())).start(&clients).await.ok();
    seal(SecureJob::lending(input())).start(&clients).await.ok();

    let mut with_features = shared();
    with_features["FeatureTypes"] = json!(["TABLES"]);
    let mut tokens = Vec::new();
    for (operation, expected) in [
        ("StartDocumentTextDetection", shared()),
        ("StartDocumentAnalysis", with_features),
        ("StartExpenseAnalysis", shared()),
        ("StartLendingAnalysis", shared()),
    ] {
        let (body, token) = sent(&emulator, operation);
        assert_eq!(body, expected, "{operation}");
        assert_eq!(token.len(), 64);
        tokens.push(token);
    }
    tokens.sort();
    tokens.dedup();
    assert_eq!(tokens.len(), 4, "the operation is part of the token");
}

#[tokio::test(start_paused = true)]
async fn every_option_is_sent() {
    let emulator = emulator().build().unwrap();
    let channel = NotificationChannel::new(
        "arn:aws:sns:us-east-1:111122223333:done".parse().unwrap(),
        "arn:aws:iam::111122223333:role/textract-publishes".parse().unwrap(),
    );
    let job = SecureJob::analysis(input().with_version("v1.2").unwrap())
        .features([Feature::Forms, Feature::Signatures, Feature::Forms])
        .query(Query::new("Who signs?").unwrap())
        .query(Query::new("What total?").unwrap().alias("TOTAL").unwrap().pages(Pages::all()))
        .adapter(Adapter::new("0123456789ab", "7").unwrap().pages("2-4,9-*".parse().unwrap()))
        .kms_key(key())
        .output_bucket(bucket())
        .prefix("team/results".parse::<Prefix>().unwrap())
        .job_tag("batch-7".parse::<JobTag>().unwrap())
        .notification_channel(channel)
        .region("us-east-1".parse().unwrap())
        .idempotency(Idempotency::Token("mine-1".parse().unwrap()))
        .build()
        .unwrap();
    job.start(&clients(&emulator)).await.ok();

    let (body, token) = sent(&emulator, "StartDocumentAnalysis");
    assert_eq!(token, "mine-1");
    assert_eq!(
        body,
        json!({
            "DocumentLocation": {
                "S3Object": {"Bucket": "amzn-s3-demo-source", "Name": "scans/one.pdf", "Version": "v1.2"}
            },
            "OutputConfig": {"S3Bucket": "amzn-s3-demo-results", "S3Prefix": "team/results"},
            "KMSKeyId": KEY,
            "FeatureTypes": ["FORMS", "SIGNATURES", "QUERIES"],
            "QueriesConfig": {"Queries": [
                {"Text": "Who signs?"},
                {"Text": "What total?", "Alias": "TOTAL", "Pages": ["*"]},
            ]},
            "AdaptersConfig": {"Adapters": [
                {"AdapterId": "0123456789ab", "Version": "7", "Pages": ["2-4", "9-*"]},
            ]},
            "JobTag": "batch-7",
            "NotificationChannel": {
                "SNSTopicArn": "arn:aws:sns:us-east-1:111122223333:done",
                "RoleArn": "arn:aws:iam::111122223333:role/textract-publishes",
            },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn the_same_work_is_the_same_job() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let first = analysis().start(&clients).await.unwrap();
    let again = analysis().start(&clients).await.unwrap();
    assert_eq!(first, again);

    let salted = |salt: &str| {
        let job =
            SecureJob::analysis(input()).feature(Feature::Layout).output_bucket(bucket()).kms_key(key());
        job.idempotency(Idempotency::Salted(salt.to_owned())).build().unwrap()
    };
    let monday = salted("monday").start(&clients).await.unwrap();
    let tuesday = salted("tuesday").start(&clients).await.unwrap();
    assert_ne!(first.id(), monday.id());
    assert_ne!(monday.id(), tuesday.id());

    let other = seal(SecureJob::analysis(input()).feature(Feature::Tables)).start(&clients).await.unwrap();
    assert_ne!(first.token(), other.token(), "the features are part of the work");
}

type Builder = SecureJobBuilder<Analysis, HasBucket, HasKey>;

/// A job that names everything that can be named, after this change.
fn changed(change: impl FnOnce(Builder) -> Builder) -> SecureJob<Analysis> {
    whole(input().with_version("v1").unwrap(), "amzn-s3-demo-results", KEY, change)
}

fn whole(
    input: S3Object,
    bucket: &str,
    key: &str,
    change: impl FnOnce(Builder) -> Builder,
) -> SecureJob<Analysis> {
    let job = SecureJob::analysis(input)
        .feature(Feature::Tables)
        .query(Query::new("Who signs?").unwrap().alias("SIGNER").unwrap())
        .adapter(Adapter::new("0123456789ab", "7").unwrap())
        .output_bucket(bucket.parse().unwrap())
        .kms_key(key.parse().unwrap())
        .prefix("team".parse().unwrap())
        .job_tag("batch-7".parse().unwrap())
        .notification_channel(channel("done", "publishes"));
    change(job).build().unwrap()
}

fn channel(topic: &str, role: &str) -> NotificationChannel {
    NotificationChannel::new(
        format!("arn:aws:sns:us-east-1:111122223333:{topic}").parse().unwrap(),
        format!("arn:aws:iam::111122223333:role/{role}").parse().unwrap(),
    )
}

#[tokio::test(start_paused = true)]
async fn every_member_of_the_work_is_part_of_its_token() {
    let query = |text: &str| Query::new(text).unwrap();
    let pages = || Pages::page(2);
    let adapter = |id: &str, version: &str| Adapter::new(id, version).unwrap().pages(pages());
    let other_key = KEY.replace("1234abcd", "5678abcd");
    let same = |job: Builder| job;
    let document = |key: &str| S3Object::new("amzn-s3-demo-source", key).unwrap();
    let jobs = [
        ("nothing", changed(same)),
        ("version", whole(input().with_version("v2").unwrap(), "amzn-s3-demo-results", KEY, same)),
        ("no version", whole(input(), "amzn-s3-demo-results", KEY, same)),
        ("document", whole(document("scans/two.pdf"), "amzn-s3-demo-results", KEY, same)),
        ("output bucket", whole(input().with_version("v1").unwrap(), "amzn-s3-demo-others", KEY, same)),
        ("key", whole(input().with_version("v1").unwrap(), "amzn-s3-demo-results", &other_key, same)),
        ("prefix", changed(|job| job.prefix("other".parse().unwrap()))),
        ("tag", changed(|job| job.job_tag("batch-8".parse().unwrap()))),
        ("topic", changed(|job| job.notification_channel(channel("ended", "publishes")))),
        ("role", changed(|job| job.notification_channel(channel("done", "announces")))),
        ("salt", changed(|job| job.idempotency(Idempotency::Salted("monday".to_owned())))),
        ("another salt", changed(|job| job.idempotency(Idempotency::Salted("tuesday".to_owned())))),
        ("another feature", changed(|job| job.feature(Feature::Forms))),
        ("another query", changed(|job| job.query(query("What total?")))),
        ("its alias", changed(|job| job.query(query("What total?").alias("TOTAL").unwrap()))),
        ("its pages", changed(|job| job.query(query("What total?").pages(pages())))),
        ("another adapter", changed(|job| job.adapter(adapter("another-adapter", "7")))),
        ("its version", changed(|job| job.adapter(adapter("another-adapter", "8")))),
        ("its pages", changed(|job| job.adapter(adapter("another-adapter", "7").pages(Pages::page(3))))),
    ];
    let started = mock!(aws_sdk_textract::Client::start_document_analysis)
        .then_output(|| StartDocumentAnalysisOutput::builder().job_id("a".repeat(64)).build());
    let textract = mock_client!(aws_sdk_textract, RuleMode::MatchAny, [&started]);
    let clients = Clients::builder().with_clients(textract, mock_client!(aws_sdk_s3, [])).unwrap();
    let token = async |job: &SecureJob<Analysis>| job.start(&clients).await.unwrap().token().to_string();
    let mut tokens = std::collections::HashMap::new();
    for (member, job) in &jobs {
        if let Some(other) = tokens.insert(token(job).await, member) {
            panic!("{member} and {other} have one token");
        }
    }
    // Textract gets neither, so they are the same work.
    let owned = changed(|job| job.expected_bucket_owner(account()));
    let placed = changed(|job| job.region("us-east-1".parse().unwrap()));
    for job in [owned, placed] {
        assert_eq!(tokens.get(&token(&job).await), Some(&&"nothing"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_answer_cannot_be_read_can_be_repeated() {
    let emulator = emulator().fault(Fault::WrongLength.on("StartDocumentAnalysis").times(1)).build().unwrap();
    let clients = clients(&emulator);
    let error = analysis().start(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Transport, Stage::Start), "{error}");
    assert!(error.is_retryable() && error.code().is_none() && error.request_id().is_some());
    analysis().start(&clients).await.unwrap();
    assert_eq!(emulator.jobs().len(), 1, "the same token gives the same job");
}

#[tokio::test(start_paused = true)]
async fn a_token_that_stands_for_other_work_is_told() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let start = |feature| {
        let job = SecureJob::analysis(input()).feature(feature).output_bucket(bucket()).kms_key(key());
        job.idempotency(Idempotency::Token("one".parse().unwrap())).build().unwrap()
    };
    start(Feature::Tables).start(&clients).await.unwrap();
    let error = start(Feature::Forms).start(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::TokenReused);
    assert_eq!(error.stage(), Stage::Start);
    assert_eq!(error.code(), Some("IdempotentParameterMismatchException"));
    assert_eq!(error.operation(), Some("StartDocumentAnalysis"));
    assert!(error.request_id().is_some());
    assert!(!error.is_retryable());
}

#[tokio::test(start_paused = true)]
async fn a_job_can_be_stored_and_taken_up() {
    let emulator = emulator().build().unwrap();
    let running = analysis().start(&clients(&emulator)).await.unwrap();
    let stored = serde_json::to_string(&running).unwrap();
    drop(running);

    let clients = clients(&emulator);
    let running: RunningJob<Analysis> = serde_json::from_str(&stored).unwrap();
    assert_eq!(running.api(), Api::StartDocumentAnalysis);
    let completed = running.wait(&clients).await.unwrap();
    let ended = serde_json::to_string(&completed).unwrap();
    assert_eq!(serde_json::from_str::<inkseal::CompletedJob<Analysis>>(&ended).unwrap(), completed);

    let error = serde_json::from_str::<RunningJob<Expense>>(&stored).unwrap_err();
    assert!(error.to_string().contains("StartDocumentAnalysis"), "{error}");

    // Neither state is taken for the other: a job that was not waited for has no output to trust.
    serde_json::from_str::<inkseal::CompletedJob<Analysis>>(&stored).unwrap_err();
    serde_json::from_str::<RunningJob<Analysis>>(&ended).unwrap_err();
    // Nor is a seal that no job can have been started with.
    for broken in [
        "alias/documents",
        "alias/aws/s3",
        "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
    ] {
        serde_json::from_str::<RunningJob<Analysis>>(&stored.replace(crate::support::KEY, broken))
            .unwrap_err();
    }
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_resolved_before_the_start() {
    let emulator = emulator().kms_key(EmulatedKey::customer(KEY).alias("alias/documents")).build().unwrap();
    let clients = clients(&emulator);
    for name in ["alias/documents", "arn:aws:kms:us-east-1:111122223333:alias/documents", KEY_ID, KEY] {
        emulator.clear_requests();
        let job = SecureJob::text_detection(input())
            .output_bucket(bucket())
            .kms_key(name.parse().unwrap())
            .idempotency(Idempotency::Salted(name.to_owned()))
            .build()
            .unwrap();
        let running = job.start(&clients).await.unwrap();
        assert_eq!(running.seal().kms_key().as_str(), KEY);
        assert_eq!(sent(&emulator, "StartDocumentTextDetection").0["KMSKeyId"], KEY);
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_known_of_a_key_is_remembered_for_a_while() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    for _ in 0..3 {
        analysis().start(&clients).await.unwrap();
    }
    assert_eq!(emulator.count("DescribeKey"), 1);
    tokio::time::sleep(std::time::Duration::from_secs(301)).await;
    analysis().start(&clients).await.unwrap();
    assert_eq!(emulator.count("DescribeKey"), 2);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_seal_are_refused_before_the_start() {
    let arn = |id: u32| format!("arn:aws:kms:us-east-1:111122223333:key/{id:08}-0000-0000-0000-000000000000");
    let emulator = emulator()
        .kms_key(EmulatedKey::aws_managed(arn(1)))
        .kms_key(EmulatedKey::customer(arn(2)).disabled())
        .kms_key(EmulatedKey::customer(arn(3)).pending_deletion())
        .kms_key(EmulatedKey::customer(arn(4)).asymmetric())
        .kms_key(EmulatedKey::customer(arn(5)).spec_and_usage("HMAC_256", "GENERATE_VERIFY_MAC"))
        .build()
        .unwrap();
    let clients = clients(&emulator);
    for (id, kind, reason) in [
        (1, ErrorKind::UnusableKey, "managed by AWS"),
        (2, ErrorKind::UnusableKey, "Disabled"),
        (3, ErrorKind::UnusableKey, "PendingDeletion"),
        (4, ErrorKind::UnusableKey, "SYMMETRIC_DEFAULT"),
        (5, ErrorKind::UnusableKey, "ENCRYPT_DECRYPT"),
        (6, ErrorKind::UnusableKey, "no such KMS key"),
    ] {
        let job =
            SecureJob::text_detection(input()).output_bucket(bucket()).kms_key(arn(id).parse().unwrap());
        let error = job.build().unwrap().start(&clients).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (kind, Stage::CheckKey), "{error}");
        assert!(error.to_string().contains(reason), "{error}");
    }
    assert_eq!(emulator.count("StartDocumentTextDetection"), 0);
}

#[tokio::test(start_paused = true)]
async fn places_that_contradict_each_other_are_refused_without_a_call() {
    let elsewhere = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let job =
        || SecureJob::text_detection(input()).output_bucket(bucket()).kms_key(elsewhere.parse().unwrap());
    let error = job().region("us-east-1".parse().unwrap()).build().unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Configure));

    // The builder does not know the Region; the clients do.
    let emulator = emulator().build().unwrap();
    let error = job().build().unwrap().start(&clients(&emulator)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput, "{error}");
    let error = job().region("eu-west-1".parse().unwrap()).build().unwrap().start(&clients(&emulator)).await;
    assert!(error.unwrap_err().to_string().contains("the clients are in us-east-1"));
    assert!(emulator.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn ready_made_clients_work_and_need_a_key_that_can_be_compared() {
    let started = mock!(aws_sdk_textract::Client::start_expense_analysis)
        .match_requests(|request| request.kms_key_id() == Some(KEY) && request.output_config().is_some())
        .then_output(|| {
            aws_sdk_textract::operation::start_expense_analysis::StartExpenseAnalysisOutput::builder()
                .job_id("a".repeat(64))
                .build()
        });
    let textract = mock_client!(aws_sdk_textract, RuleMode::MatchAny, [&started]);
    let s3 = mock_client!(aws_sdk_s3, []);
    let clients = Clients::builder().with_clients(textract, s3).unwrap();
    let running = seal(SecureJob::expense(input())).start(&clients).await.unwrap();
    assert_eq!(running.id().as_str(), "a".repeat(64));
    assert_eq!(started.num_calls(), 1);

    let alias =
        SecureJob::expense(input()).output_bucket(bucket()).kms_key("alias/documents".parse().unwrap());
    let error = alias.build().unwrap().start(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(started.num_calls(), 1);
}
