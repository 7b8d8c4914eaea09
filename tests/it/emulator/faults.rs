//! Faults: what they strike, and how the SDK sees them.

use std::time::Duration;

use aws_sdk_comprehend::operation::start_pii_entities_detection_job::builders::*;
use aws_sdk_comprehend::types::{
    DocumentClassifierInputDataConfig, InputDataConfig, LanguageCode, OutputDataConfig,
    PiiEntitiesDetectionMode,
};
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use inkseal::emulator::{Error, Fault, FaultRule, Synthetic};
use proptest::prelude::*;
use tokio::time::Instant;

use super::*;

/// A finished job of four parts, and the key of its first.
async fn finished(builder: EmulatorBuilder) -> (Emulator, Clients, String) {
    let emulator = builder.response(Synthetic::pages(4).blocks_per_page(1000)).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    emulator.clear_requests();
    (emulator, clients, format!("textract_output/{id}"))
}

/// A job of Comprehend that reads `scan.pdf`.
fn pii_job(clients: &Clients) -> StartPiiEntitiesDetectionJobFluentBuilder {
    let input = InputDataConfig::builder().s3_uri("s3://documents/scan").build().unwrap();
    let output = OutputDataConfig::builder().s3_uri("s3://results/pii").build().unwrap();
    let start = clients.comprehend.start_pii_entities_detection_job();
    let start = start.input_data_config(input).output_data_config(output).language_code(LanguageCode::En);
    start.mode(PiiEntitiesDetectionMode::OnlyOffsets).data_access_role_arn(ROLE)
}

const ROLE: &str = "arn:aws:iam::111122223333:role/comprehend";

#[test]
fn rules_survive_as_text() {
    for text in [
        "throttle",
        "latency=250@GetObject",
        "missing-part=2",
        "wrong-key@HeadObject:/1",
        "internal-error*3",
        "slow-body=5:/4#2",
        "expired-job@GetDocumentAnalysis#3",
        "not-encrypted:/.s3_access_check",
        "limit-exceeded@StartExpenseAnalysis*2",
        "lost-answer@PutObject",
        r"throttle:a\#3",
        r"throttle:a\%20b\\c%50",
    ] {
        assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
    }
    assert_eq!(r"throttle:a\#3".parse::<FaultRule>().unwrap(), Fault::Throttle.key("a#3"));
    for text in [
        "",
        "ink",
        "throttle=1",
        "latency",
        "latency=x",
        "missing-part",
        "throttle#x",
        "throttle:a%20b",
        r"throttle:a\b",
        r"throttle:a\",
    ] {
        assert!(matches!(text.parse::<FaultRule>(), Err(Error::InvalidFault { .. })), "{text}");
    }
}

fn rules() -> impl Strategy<Value = FaultRule> {
    let wait = || any::<u64>().prop_map(Duration::from_millis);
    let fault = prop_oneof![
        wait().prop_map(Fault::Latency),
        wait().prop_map(Fault::SlowBody),
        wait().prop_map(Fault::LateMessage),
        any::<u32>().prop_map(Fault::MissingPart),
        Just(Fault::LimitExceeded),
        Just(Fault::LostAnswer),
    ];
    let text = || prop::option::of(r"[a-zA-Z0-9/@:#*~%=\\é]{0,12}");
    (fault, text(), text(), 0..5_u8, any::<u64>()).prop_map(|(fault, operation, key, which, n)| {
        let rule = FaultRule::from(fault);
        let rule = operation.into_iter().fold(rule, FaultRule::on);
        let rule = key.into_iter().fold(rule, FaultRule::key);
        match which {
            0 => rule,
            1 => rule.times(n),
            2 => rule.nth(n),
            3 => rule.every(n),
            _ => rule.percent((n % 101) as u8),
        }
    })
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(512) })]

    #[test]
    fn every_rule_comes_back_from_its_text(rule in rules()) {
        let text = rule.to_string();
        prop_assert_eq!(text.parse::<FaultRule>().ok(), Some(rule), "{}", text);
    }
}

#[tokio::test(start_paused = true)]
async fn throttling_and_server_errors_are_retried_by_the_sdk() {
    let emulator = sealed()
        .fault(Fault::Throttle.on("GetObject").times(1))
        .fault(Fault::InternalError.on("StartDocumentAnalysis").times(1))
        .fault(Fault::ServiceUnavailable.on("HeadObject").nth(2))
        .fault(Fault::ConnectionReset.on("DescribeKey").times(2))
        .build()
        .unwrap();
    let config = emulator.sdk_config();
    let s3 = aws_sdk_s3::Client::new(&config);
    s3.get_object().bucket("documents").key("scan.pdf").send().await.unwrap();
    for _ in 0..2 {
        s3.head_object().bucket("documents").key("scan.pdf").send().await.unwrap();
    }
    aws_sdk_kms::Client::new(&config).describe_key().key_id(KEY).send().await.unwrap();
    let start = aws_sdk_textract::Client::new(&config)
        .start_document_analysis()
        .document_location(location("scan.pdf"));
    start.feature_types(FeatureType::Tables).send().await.unwrap();
    let counts =
        ["GetObject", "HeadObject", "DescribeKey", "StartDocumentAnalysis"].map(|name| emulator.count(name));
    assert_eq!(counts, [2, 3, 3, 2]);
    assert_eq!(emulator.idle_faults(), []);
}

#[tokio::test(start_paused = true)]
async fn each_fault_is_what_it_is_called() {
    let (emulator, Clients { textract, s3, kms, .. }, folder) = finished(sealed()).await;
    let key = format!("{folder}/1");
    let get = || s3.get_object().bucket("results").key(&key).send();
    let with = |fault: &str| {
        assert_eq!(emulator.idle_faults(), [], "before {fault}");
        emulator.clear_faults();
        emulator.inject(fault.parse::<FaultRule>().unwrap());
    };

    with("throttle");
    assert_eq!(refused(get().await), "SlowDown");
    let described = kms.describe_key().key_id(KEY).send().await;
    assert_eq!(described.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(refused(described), "ThrottlingException");
    with("internal-error");
    assert_eq!(refused(get().await), "InternalError");
    with("service-unavailable");
    assert_eq!(refused(get().await), "ServiceUnavailable");
    with("access-denied@GetObject");
    assert_eq!(refused(get().await), "AccessDenied");
    with("connection-reset");
    assert!(matches!(get().await, Err(SdkError::DispatchFailure(failure)) if failure.is_io()));

    with("truncated-body");
    let cut = get().await.unwrap();
    assert!(cut.content_length.unwrap() > 100_000);
    assert!(cut.body.collect().await.is_err());
    with("slow-body=100");
    let begun = Instant::now();
    get().await.unwrap().body.collect().await.unwrap();
    assert_eq!(begun.elapsed().as_millis() / 10, 80);
    with("latency=250@GetObject");
    let begun = Instant::now();
    get().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(250));

    with("wrong-key");
    assert!(get().await.unwrap().ssekms_key_id.is_some_and(|key| key != KEY));
    with("not-encrypted");
    assert_eq!(get().await.unwrap().server_side_encryption.unwrap().as_str(), "AES256");
    with("not-encrypted:/2");
    assert_eq!(get().await.unwrap().server_side_encryption.unwrap().as_str(), "aws:kms");
    assert_eq!(emulator.idle_faults(), [Fault::NotEncrypted.key("/2")]);
    emulator.clear_faults();
    with("missing-part=1");
    assert_eq!(refused(get().await), "NoSuchKey");
    with("missing-part=1");
    let listed = s3.list_objects_v2().bucket("results").send().await.unwrap();
    let keys: Vec<_> = listed.contents().iter().filter_map(|object| object.key()).collect();
    assert_eq!(keys, [".s3_access_check", "2", "3", "4"].map(|name| format!("{folder}/{name}")));
    with("expired-job");
    let get = textract.get_document_analysis().job_id(folder.rsplit('/').next().unwrap());
    assert_eq!(refused(get.send().await), "InvalidJobIdException");
}

#[tokio::test(start_paused = true)]
async fn output_can_hold_too_much() {
    let (emulator, clients, folder) =
        finished(sealed().fault(Fault::ExtraPart).fault(Fault::DuplicateBlock)).await;
    let keys = emulator.object_keys("results");
    assert_eq!(keys.last(), Some(&format!("{folder}/5")));
    let part = |n: u8| emulator.object("results", &format!("{folder}/{n}")).unwrap();
    assert_eq!(part(4), part(5));
    let first: serde_json::Value = serde_json::from_slice(&part(1)).unwrap();
    let blocks = first["Blocks"].as_array().unwrap();
    assert_eq!(blocks.len(), 1001);
    assert_eq!(blocks[999], blocks[1000]);
    let head = clients.s3.head_object().bucket("results").key(format!("{folder}/1")).send().await.unwrap();
    assert_eq!(head.content_length, Some(part(1).len() as i64));
}

#[tokio::test(start_paused = true)]
async fn requests_are_counted_and_recorded() {
    let (emulator, clients, folder) =
        finished(sealed().latency(Duration::from_millis(40)).log_limit(3)).await;
    let begun = Instant::now();
    let gets =
        (1..=4).map(|part| clients.s3.get_object().bucket("results").key(format!("{folder}/{part}")).send());
    let got = futures::future::join_all(gets).await;
    assert!(got.iter().all(Result::is_ok));
    assert_eq!(begun.elapsed().as_millis() / 10, 4);
    assert_eq!((emulator.count("GetObject"), emulator.most_in_flight("GetObject")), (4, 4));
    let requests = emulator.requests();
    assert_eq!(requests.len(), 3);
    assert_eq!(requests[2].bucket.as_deref(), Some("results"));
    assert!(requests[2].key.as_ref().unwrap().starts_with(&folder));
    assert!(requests[2].user_agent().contains("api/s3"));

    let start = clients.textract.start_document_text_detection().document_location(location("scan.pdf"));
    start.job_tag("tag").send().await.unwrap();
    let last = emulator.requests().pop().unwrap();
    assert_eq!(last.operation, "StartDocumentTextDetection");
    assert_eq!(last.body.as_ref().unwrap()["JobTag"], "tag");
    let shown = format!("{last:?}");
    assert!(shown.contains("JobTag") && !shown.contains("\"tag\""), "{shown}");
}

/// Replaces the faults of an emulator.
fn inject(emulator: &Emulator, rules: impl IntoIterator<Item = impl Into<FaultRule>>) {
    emulator.clear_faults();
    rules.into_iter().for_each(|rule| emulator.inject(rule));
}

#[tokio::test(start_paused = true)]
async fn a_body_fault_needs_a_body() {
    let (emulator, Clients { s3, sqs, .. }, folder) = finished(sealed().queue("jobs")).await;
    let key = format!("{folder}/1");
    let bodies = |operation: &str| {
        let faults = [Fault::TruncatedBody, Fault::WrongLength, Fault::SlowBody(Duration::from_millis(100))];
        inject(&emulator, faults.map(|fault| fault.on(operation)));
    };
    let idle = || emulator.idle_faults().len();

    bodies("HeadObject");
    let head = s3.head_object().bucket("results").key(&key).send().await.unwrap();
    assert!(head.content_length.unwrap() > 100_000);
    assert_eq!(idle(), 3);
    bodies("PutObject");
    let body = ByteStream::from_static(b"x");
    s3.put_object().bucket("documents").key("x").body(body).send().await.unwrap();
    assert_eq!(idle(), 3);
    bodies("DeleteObject");
    s3.delete_object().bucket("documents").key("x").send().await.unwrap();
    assert_eq!(idle(), 3);
    bodies("DeleteMessage");
    let url = emulator.queue_url("jobs").unwrap();
    sqs.send_message().queue_url(&url).message_body("a").send().await.unwrap();
    let received = sqs.receive_message().queue_url(&url).send().await.unwrap().messages.unwrap();
    let handle = received[0].receipt_handle().unwrap();
    sqs.delete_message().queue_url(&url).receipt_handle(handle).send().await.unwrap();
    assert_eq!(idle(), 3);

    bodies("GetObject");
    let get = s3.get_object().bucket("results").key(&key).send().await.unwrap();
    assert!(get.content_length.unwrap() < head.content_length.unwrap());
    assert!(get.body.collect().await.is_err());
    assert_eq!(emulator.idle_faults(), []);
}

#[tokio::test(start_paused = true)]
async fn a_fault_with_nothing_to_strike_stays_idle() {
    let (emulator, clients, folder) = finished(sealed().queue("jobs")).await;
    let Clients { textract, s3, sqs, .. } = &clients;
    let idle = || emulator.idle_faults().len();

    inject(&emulator, [Fault::WrongKey, Fault::NotEncrypted, Fault::Latency(Duration::ZERO)]);
    s3.get_object().bucket("documents").key("scan.pdf").send().await.unwrap();
    assert_eq!(idle(), 3, "the object is not under a KMS key");
    inject(&emulator, [Fault::MissingPart(7), Fault::ExpiredJob]);
    let get = s3.get_object().bucket("results").key(format!("{folder}/7"));
    assert_eq!(refused(get.send().await), "NoSuchKey");
    s3.list_objects_v2().bucket("results").send().await.unwrap();
    let get = textract.get_document_analysis().job_id("0".repeat(64));
    assert_eq!(refused(get.send().await), "InvalidJobIdException");
    assert_eq!(idle(), 2, "there is no such part and no such job");

    inject(&emulator, [Fault::ExtraPart, Fault::DuplicateBlock]);
    pii_job(&clients).send().await.unwrap();
    let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
    start.send().await.unwrap();
    emulator.object_keys("results");
    assert_eq!(idle(), 2, "nothing of these jobs is in parts in a bucket");
    clients.start().await;
    assert_eq!(idle(), 2, "its output is not written yet");
    emulator.object_keys("results");
    assert_eq!(idle(), 0);

    let url = emulator.queue_url("jobs").unwrap();
    let send = || sqs.send_message().queue_url(&url).message_body("a").send();
    inject(&emulator, [Fault::LateMessage(Duration::ZERO), Fault::OutOfOrderMessage]);
    send().await.unwrap();
    assert_eq!(idle(), 2, "there is nothing to overtake");
    for _ in 0..20 {
        send().await.unwrap();
    }
    assert_eq!(emulator.idle_faults(), [FaultRule::from(Fault::LateMessage(Duration::ZERO))]);
}

#[tokio::test(start_paused = true)]
async fn of_several_faults_the_first_in_order_strikes() {
    let (emulator, Clients { s3, sqs, .. }, folder) = finished(sealed().queue("jobs")).await;
    let get = || s3.get_object().bucket("results").key(format!("{folder}/1")).send();
    let order = [
        (Fault::ConnectionReset, None),
        (Fault::Throttle, Some("SlowDown")),
        (Fault::InternalError, Some("InternalError")),
        (Fault::ServiceUnavailable, Some("ServiceUnavailable")),
        (Fault::AccessDenied, Some("AccessDenied")),
        (Fault::ClockSkew, Some("RequestTimeTooSkewed")),
        (Fault::LostAnswer, None),
    ];
    for (at, (_, code)) in order.iter().enumerate() {
        let rest: Vec<Fault> = order[at..].iter().map(|(fault, _)| fault.clone()).collect();
        // In any order of the rules.
        inject(&emulator, rest.iter().rev().cloned());
        match (get().await, code) {
            (Err(SdkError::DispatchFailure(failure)), None) => assert!(failure.is_io()),
            (got, code) => assert_eq!(refused(got), code.unwrap()),
        }
        let idle: Vec<FaultRule> = rest[1..].iter().rev().cloned().map(FaultRule::from).collect();
        assert_eq!(emulator.idle_faults(), idle);
    }

    inject(&emulator, [Fault::WrongKey, Fault::NotEncrypted]);
    assert_eq!(get().await.unwrap().ssekms_key_id, None);
    assert_eq!(emulator.idle_faults(), [FaultRule::from(Fault::WrongKey)]);
    let url = emulator.queue_url("jobs").unwrap();
    for faults in
        [[Fault::DuplicateMessage, Fault::LostMessage], [Fault::LostMessage, Fault::DuplicateMessage]]
    {
        inject(&emulator, faults);
        sqs.send_message().queue_url(&url).message_body("a").send().await.unwrap();
        assert_eq!(emulator.queue_counts("jobs").unwrap().visible, 0);
        assert_eq!(emulator.idle_faults(), [FaultRule::from(Fault::DuplicateMessage)]);
    }
}

#[tokio::test(start_paused = true)]
async fn a_missing_part_is_hidden_as_often_as_its_rule_says() {
    for builder in [sealed(), sealed().list_page_size(2)] {
        let (emulator, Clients { s3, .. }, _) = finished(builder).await;
        let hides = async || {
            let mut pages = s3.list_objects_v2().bucket("results").into_paginator().send();
            let mut keys = Vec::new();
            while let Some(page) = pages.next().await {
                keys.extend(page.unwrap().contents().iter().map(|object| object.key().unwrap().to_owned()));
            }
            !keys.iter().any(|key| key.ends_with("/2"))
        };
        let rule = || Fault::MissingPart(2).on("ListObjectsV2");
        for (rule, expected) in [
            (rule(), [true, true, true]),
            (rule().times(1), [true, false, false]),
            (rule().nth(2), [false, true, false]),
        ] {
            inject(&emulator, [rule]);
            assert_eq!([hides().await, hides().await, hides().await], expected);
            assert_eq!(emulator.idle_faults(), []);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn too_many_jobs_are_refused_as_each_service_refuses_them() {
    let emulator = sealed().fault(Fault::LimitExceeded).build().unwrap();
    let clients = Clients::new(&emulator);
    let start = clients.textract.start_expense_analysis().document_location(location("scan.pdf"));
    let started = start.send().await;
    assert_eq!(started.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(refused(started), "LimitExceededException");
    let started = pii_job(&clients).send().await;
    assert_eq!(started.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    assert!(started.as_ref().unwrap_err().as_service_error().unwrap().is_too_many_requests_exception());
    assert_eq!(refused(started), "TooManyRequestsException");
    let train = clients.comprehend.create_document_classifier().document_classifier_name("letters");
    let train = train.input_data_config(DocumentClassifierInputDataConfig::builder().build());
    let train = train.data_access_role_arn(ROLE).language_code(LanguageCode::En);
    assert_eq!(refused(train.send().await), "ResourceLimitExceededException");
    // No other operation is about jobs.
    clients.s3.list_buckets().send().await.unwrap();
    clients.kms.describe_key().key_id(KEY).send().await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_is_that_of_an_operation_that_was_carried_out() {
    let emulator = sealed().queue("jobs").fault(Fault::LostAnswer).build().unwrap();
    let Clients { textract, s3, sqs, .. } = Clients::new(&emulator);
    let put = s3.put_object().bucket("results").key("k").body(ByteStream::from_static(b"x")).send().await;
    assert!(matches!(put, Err(SdkError::DispatchFailure(failure)) if failure.is_io()));
    assert_eq!(emulator.object("results", "k").unwrap(), "x");
    let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
    let started = start.send().await;
    assert!(matches!(started, Err(SdkError::DispatchFailure(failure)) if failure.is_io()));
    assert_eq!(emulator.jobs().len(), 1);
    let url = emulator.queue_url("jobs").unwrap();
    let sent = sqs.send_message().queue_url(&url).message_body("a").send().await;
    assert!(matches!(sent, Err(SdkError::DispatchFailure(failure)) if failure.is_io()));
    assert_eq!(emulator.queue_counts("jobs").unwrap().visible, 1);

    // The SDK tries again, and the token makes it the same job.
    inject(&emulator, [Fault::LostAnswer.times(1)]);
    let textract = aws_sdk_textract::Client::new(&emulator.sdk_config());
    let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
    let id = start.client_request_token("one").send().await.unwrap().job_id;
    assert_eq!((emulator.jobs().len(), emulator.jobs().pop().map(|(id, _)| id)), (2, id));
    assert_eq!(emulator.count("StartDocumentTextDetection"), 3);
}

#[tokio::test(start_paused = true)]
async fn a_denied_listing_hides_what_is_missing_however_it_is_denied() {
    let fault = || Fault::AccessDenied.on("ListObjectsV2");
    for builder in [sealed().deny("ListObjectsV2"), sealed().fault(fault()), sealed().fault(fault().times(1))]
    {
        let emulator = builder.build().unwrap();
        let s3 = Clients::new(&emulator).s3;
        let get = |key: &str| s3.get_object().bucket("documents").key(key).send();
        get("scan.pdf").await.unwrap();
        assert_eq!(refused(get("none").await), "AccessDenied");
        assert_eq!(emulator.idle_faults(), []);
        let head = s3.head_object().bucket("documents").key("none").send().await;
        assert_eq!(head.unwrap_err().raw_response().unwrap().status().as_u16(), 403);
        assert_eq!(refused(s3.list_objects_v2().bucket("documents").send().await), "AccessDenied");
    }
    // The next listing would be allowed.
    let emulator = sealed().fault(fault().nth(2)).build().unwrap();
    let get = Clients::new(&emulator).s3.get_object().bucket("documents").key("none").send().await;
    assert_eq!(refused(get), "NoSuchKey");
}

#[test]
fn operations_that_do_not_exist_are_refused() {
    let refused = |builder: EmulatorBuilder| match builder.build() {
        Err(Error::UnknownOperation { operation }) => operation,
        other => panic!("{other:?}"),
    };
    assert_eq!(refused(sealed().deny("GetObjekt")), "GetObjekt");
    assert_eq!(refused(sealed().fault(Fault::Throttle.on("GetObjekt"))), "GetObjekt");
    assert_eq!(refused(sealed().fault(Fault::Throttle.on("Notification"))), "Notification");
    let known = sealed().fault(Fault::LostMessage.on("Notification")).deny("AnalyzeID");
    known.build().unwrap();
}
