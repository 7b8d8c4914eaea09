//! Faults, where they strike and what the SDK makes of them.

use std::time::Duration;

use aws_sdk_s3::error::SdkError;
use inkseal::emulator::{Error, Fault, FaultRule, Synthetic};
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
    ] {
        assert_eq!(text.parse::<FaultRule>().unwrap().to_string(), text);
    }
    for text in ["", "ink", "throttle=1", "latency", "latency=x", "missing-part", "throttle#x"] {
        assert!(matches!(text.parse::<FaultRule>(), Err(Error::InvalidFault { .. })), "{text}");
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
