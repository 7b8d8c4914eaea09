//! Amazon Comprehend as a detector: what it sends, how it reads the answers, and how it fails.

use std::collections::BTreeSet;
use std::error::Error as _;
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use inkseal::emulator::{ComprehendQuotas, Emulator, EmulatorBuilder, Fault, Quotas};
use inkseal::redact::{
    CodePoints, ComprehendDetector, Detection, DetectorError, Language, PiiDetector, PiiSpan, PiiType,
};
use inkseal::{Clients, ErrorKind, Refusal, Stage, TransportPolicy, VpcEndpoints};
use proptest::prelude::*;
use serde_json::json;
use tokio::time::Instant;

const LIMIT: usize = ComprehendDetector::MAX_REQUEST_BYTES;

fn detector(emulator: &Emulator) -> ComprehendDetector {
    ComprehendDetector::new(&Clients::new(&emulator.sdk_config()).unwrap()).unwrap()
}

fn running(builder: EmulatorBuilder) -> (Emulator, ComprehendDetector) {
    let emulator = builder.build().unwrap();
    let detector = detector(&emulator);
    (emulator, detector)
}

/// The texts of the requests of an operation, in the order in which they came.
fn sent(emulator: &Emulator, operation: &str) -> Vec<String> {
    let requests = emulator.requests().into_iter().filter(|request| request.operation == operation);
    requests.map(|request| request.body.unwrap()["Text"].as_str().unwrap().to_owned()).collect()
}

/// Words of which each is in the text once, of at most this many bytes together.
fn words(bytes: usize) -> String {
    let mut text = String::new();
    for number in 0.. {
        let word = format!("w{number}{}", if number % 12 == 11 { '\n' } else { ' ' });
        if text.len() + word.len() > bytes {
            break;
        }
        text.push_str(&word);
    }
    text
}

/// The stretches of a text that spans are over.
fn covered<'t>(text: &'t str, detection: &Detection) -> Vec<&'t str> {
    let points = CodePoints::of(text);
    detection.spans.iter().map(|span| &text[points.to_bytes(span.range()).unwrap()]).collect()
}

#[tokio::test(start_paused = true)]
async fn a_text_that_fits_is_one_request() {
    let (emulator, detector) = running(Emulator::builder().pii(PiiType::Name, "Jane Doe"));
    let found = detector.detect("I am Jane Doe.").await.unwrap();
    assert_eq!(found.spans, [PiiSpan::new(PiiType::Name, 5..13, 0.99)]);
    assert_eq!((found.requests, found.billed_units), (1, 3));
    let requests = emulator.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!(requests[0].operation, "DetectPiiEntities");
    assert_eq!(requests[0].header("x-amz-target"), Some("Comprehend_20171127.DetectPiiEntities"));
    assert_eq!(requests[0].body, Some(json!({"LanguageCode": "en", "Text": "I am Jane Doe."})));
    assert!(requests[0].user_agent().contains("lib/inkseal"));

    emulator.clear_requests();
    detector.language(Language::Spanish).detect("Soy Jane Doe.").await.unwrap();
    assert_eq!(emulator.requests()[0].body.as_ref().unwrap()["LanguageCode"], "es");

    let whole = words(LIMIT);
    let padded = format!("{whole}{}", "x".repeat(LIMIT - whole.len()));
    let found = self::detector(&emulator).detect(&padded).await.unwrap();
    assert_eq!((found.requests, found.billed_units), (1, 1_000));
}

#[tokio::test(start_paused = true)]
async fn a_long_text_is_cut_at_words_and_overlaps() {
    let (emulator, detector) = running(Emulator::builder());
    assert_eq!(detector.batch_bytes(), LIMIT);
    let text = words(450_000);
    let found = detector.clone().overlap(700).parallel(1).detect(&text).await.unwrap();
    let sent = sent(&emulator, "DetectPiiEntities");
    assert_eq!((sent.len(), found.requests), (5, 5));
    let units: u64 = sent.iter().map(|chunk| chunk.len().div_ceil(100) as u64).sum();
    assert_eq!(found.billed_units, units);
    let mut end = 0;
    for chunk in &sent {
        assert!(chunk.len() <= LIMIT);
        let words: BTreeSet<&str> = text.split_whitespace().collect();
        assert!(chunk.split_whitespace().all(|word| words.contains(word)), "no word is cut");
        let at = text.find(chunk.as_str()).unwrap();
        assert!(at == 0 || (at < end && (700..750).contains(&(end - at))), "{at} {end}");
        end = at + chunk.len();
    }
    assert_eq!(end, text.len());
}

#[tokio::test(start_paused = true)]
async fn an_entity_across_a_cut_is_found_once() {
    let name = "Jane Quill Doe";
    let (_emulator, detector) = running(Emulator::builder().pii("NAME", name).pii("AGE", "Quill"));
    // The first cut is at 100,000 bytes: the name comes to it, lies across it, and has passed it.
    for shift in (-1_200_i32..60).step_by(7).chain(-20..20) {
        let mut text = words(usize::try_from(100_000 + shift).unwrap());
        let begin = text.len();
        text.push_str(name);
        text.push(' ');
        text.push_str(&words(30_000));
        let found = detector.detect(&text).await.unwrap();
        assert_eq!(covered(&text, &found), [name, "Quill"], "at {shift}");
        assert_eq!(found.spans[0].begin, begin);
        assert_eq!(found.requests, 2);
    }
}

#[tokio::test(start_paused = true)]
async fn offsets_count_code_points_in_any_script() {
    let names = ["नि", "जेन डो", "فاطمة الزهراء", "👩🏽\u{200d}🚀 Jane", "Ange\u{301}le", "山田太郎", "J"];
    let mut builder = Emulator::builder();
    for (index, name) in names.iter().enumerate() {
        builder = builder.pii(format!("TYPE_{index}").as_str(), *name);
    }
    let (_emulator, detector) = running(builder);
    let text = "मेरा नाम जेन डो है। اسمي فاطمة الزهراء، 👩🏽\u{200d}🚀 Jane 🇩🇪 Ange\u{301}le, 山田太郎; नि.";
    for text in [text.to_owned(), format!("{}{text}{}", "नमस्ते 👋\n".repeat(5_000), " हैلا".repeat(9_000))]
    {
        let found = detector.detect(&text).await.unwrap();
        let mut expected = Vec::new();
        for (index, name) in names.iter().enumerate() {
            for (at, _) in text.match_indices(name) {
                let begin = text[..at].chars().count();
                let pii_type = PiiType::from(format!("TYPE_{index}").as_str());
                expected.push(PiiSpan::new(pii_type, begin..begin + name.chars().count(), 0.99));
            }
        }
        expected.sort_by_key(|span| (span.begin, std::cmp::Reverse(span.end)));
        assert_eq!(found.spans, expected);
        assert!(covered(&text, &found).contains(&"فاطمة الزهراء"));
    }
}

#[tokio::test(start_paused = true)]
async fn every_type_is_kept_and_unknown_ones_too() {
    let types = [
        "ADDRESS",
        "AGE",
        "AWS_ACCESS_KEY",
        "AWS_SECRET_KEY",
        "BANK_ACCOUNT_NUMBER",
        "BANK_ROUTING",
        "CA_HEALTH_NUMBER",
        "CA_SOCIAL_INSURANCE_NUMBER",
        "CREDIT_DEBIT_CVV",
        "CREDIT_DEBIT_EXPIRY",
        "CREDIT_DEBIT_NUMBER",
        "DATE_TIME",
        "DRIVER_ID",
        "EMAIL",
        "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
        "IN_AADHAAR",
        "IN_NREGA",
        "IN_PERMANENT_ACCOUNT_NUMBER",
        "IN_VOTER_NUMBER",
        "IP_ADDRESS",
        "LICENSE_PLATE",
        "MAC_ADDRESS",
        "NAME",
        "PASSPORT_NUMBER",
        "PASSWORD",
        "PHONE",
        "PIN",
        "SSN",
        "SWIFT_CODE",
        "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
        "UK_NATIONAL_INSURANCE_NUMBER",
        "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER",
        "URL",
        "USERNAME",
        "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
        "VEHICLE_IDENTIFICATION_NUMBER",
        "ALL",
        "RETINA_SCAN",
    ];
    let word = |index: usize| format!("<{index}>");
    let mut builder = Emulator::builder();
    for (index, name) in types.iter().enumerate() {
        builder = builder.pii(*name, word(index));
    }
    let text: String = (0..types.len()).map(word).collect();
    let (_emulator, detector) = running(builder);
    let found = detector.detect(&text).await.unwrap();
    let names: Vec<_> = found.spans.iter().map(|span| span.pii_type.as_str()).collect();
    assert_eq!(names, types);
    let unknown = found.spans.iter().filter(|span| matches!(span.pii_type, PiiType::Other(_)));
    assert_eq!(unknown.map(|span| span.pii_type.as_str()).collect::<Vec<_>>(), ["ALL", "RETINA_SCAN"]);
}

#[tokio::test(start_paused = true)]
async fn white_space_costs_nothing() {
    let (emulator, detector) = running(Emulator::builder());
    for text in ["".to_owned(), " \n\t\u{a0}\u{3000}".to_owned(), " ".repeat(250_000)] {
        let found = detector.detect(&text).await.unwrap();
        assert_eq!(found, Detection::default());
    }
    let gap = format!("Jane{}Doe", " ".repeat(300_000));
    let found = detector.detect(&gap).await.unwrap();
    assert_eq!(found.requests, 2);
    assert_eq!(emulator.count("DetectPiiEntities"), 2);
}

#[tokio::test(start_paused = true)]
async fn clean_text_is_skipped_where_that_is_asked_for() {
    let (emulator, detector) = running(Emulator::builder().pii(PiiType::Name, "Jane Doe"));
    let detector = detector.contains_first(true);
    assert_eq!(detector.batch_bytes(), 0);
    let clean = detector.detect(&"Nobody is named here. ".repeat(20)).await.unwrap();
    assert_eq!((clean.spans.len(), clean.requests, clean.billed_units), (0, 1, 5));
    assert_eq!((emulator.count("ContainsPiiEntities"), emulator.count("DetectPiiEntities")), (1, 0));
    let named = detector.detect("Jane Doe is.").await.unwrap();
    assert_eq!((named.spans.len(), named.requests, named.billed_units), (1, 2, 6));
    assert_eq!((emulator.count("ContainsPiiEntities"), emulator.count("DetectPiiEntities")), (2, 1));

    // Of a long text only the chunk with the name in it is sent to the other operation.
    emulator.clear_requests();
    let found = detector.detect(&format!("{}Jane Doe", words(240_000))).await.unwrap();
    assert_eq!((found.spans.len(), found.requests), (1, 4));
    assert_eq!((emulator.count("ContainsPiiEntities"), emulator.count("DetectPiiEntities")), (3, 1));

    // The score of the label is 0.99.
    for (least, spans) in [(0.0, 1), (0.98, 1), (0.995, 0), (1.0, 0)] {
        let found = detector.clone().least_label_score(least).detect("Jane Doe").await.unwrap();
        assert_eq!(found.spans.len(), spans, "{least}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_label_score_that_no_label_can_have_is_an_error() {
    let (emulator, detector) = running(Emulator::builder().pii(PiiType::Name, "Jane Doe"));
    for least in [80.0, 1.001, -0.1, f32::NAN, f32::INFINITY] {
        for first in [true, false] {
            let detector = detector.clone().contains_first(first).least_label_score(least);
            let error = detector.detect("Jane Doe").await.unwrap_err();
            assert_eq!(error.to_string(), "least_label_score is not between 0 and 1", "{least}");
        }
    }
    assert!(emulator.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn requests_in_flight_are_bounded() {
    let (emulator, detector) = running(Emulator::builder().latency(Duration::from_millis(60)));
    let text = words(950_000);
    for (parallel, most, waves) in [(0, 1, 10), (1, 1, 10), (4, 4, 3), (100, 10, 1)] {
        emulator.clear_requests();
        let begun = Instant::now();
        let found = detector.clone().parallel(parallel).detect(&text).await.unwrap();
        assert_eq!(found.requests, 10);
        assert_eq!(emulator.most_in_flight("DetectPiiEntities"), most);
        assert_eq!(begun.elapsed().as_millis() / 60, waves);
    }
}

#[tokio::test(start_paused = true)]
async fn packed_pages_cost_a_tenth_of_lines() {
    let (emulator, detector) = running(Emulator::builder());
    let lines: Vec<String> = (0..400).map(|line| format!("Line {line} of it")).collect();
    let packed = detector.detect(&lines.join("\n")).await.unwrap();
    let mut single = Detection::default();
    for line in &lines {
        let found = detector.detect(line).await.unwrap();
        single.requests += found.requests;
        single.billed_units += found.billed_units;
    }
    assert_eq!((packed.requests, single.requests, single.billed_units), (1, 400, 1_200));
    assert!(single.billed_units >= 10 * packed.billed_units, "{}", packed.billed_units);
    assert_eq!(emulator.count("DetectPiiEntities"), 401);
}

/// How a detection fails: the kind and the code of the crate's own error behind it.
async fn failure(detector: &ComprehendDetector, text: &str) -> (ErrorKind, Option<String>) {
    let error: DetectorError = detector.detect(text).await.unwrap_err();
    assert_eq!(error.to_string(), "the detection service failed");
    let source = error.source().unwrap().downcast_ref::<inkseal::Error>().unwrap();
    assert_eq!((source.stage(), Some(source.kind())), (Stage::Redact, error.kind()));
    (source.kind(), source.code().map(str::to_owned))
}

#[tokio::test(start_paused = true)]
async fn throttled_requests_are_sent_again() {
    let fault = Fault::Throttle.on("DetectPiiEntities").times(7);
    let (emulator, detector) = running(Emulator::builder().pii(PiiType::Name, "Jane").fault(fault));
    let found = detector.detect("Jane").await.unwrap();
    // The SDK tries three times, so it was asked three times.
    assert_eq!(emulator.count("DetectPiiEntities"), 8);
    assert_eq!((found.spans.len(), found.requests, found.billed_units), (1, 1, 3));

    emulator.clear_requests();
    emulator.inject(Fault::InternalError.on("ContainsPiiEntities").times(4));
    let found = detector.contains_first(true).detect("Jane").await.unwrap();
    assert_eq!((found.spans.len(), found.requests), (1, 2));
    assert_eq!(emulator.count("ContainsPiiEntities"), 5);
}

#[tokio::test(start_paused = true)]
async fn an_account_with_a_low_rate_gets_through() {
    let quotas = Quotas { comprehend: ComprehendQuotas::each(1.0), ..Quotas::default() };
    let (emulator, detector) = running(Emulator::builder().quotas(quotas));
    let found = detector.detect(&words(950_000)).await.unwrap();
    assert_eq!(found.requests, 10);
    assert!(emulator.count("DetectPiiEntities") > 10);
}

#[tokio::test(start_paused = true)]
async fn a_failure_ends_the_detection() {
    let always = |fault: Fault| running(Emulator::builder().fault(fault));
    let (emulator, detector) = always(Fault::Throttle);
    let begun = Instant::now();
    let expected = (ErrorKind::Throttled, Some("ThrottlingException".to_owned()));
    assert_eq!(failure(&detector, "Jane").await, expected);
    assert!((15..=62).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    assert!((9..=18).contains(&emulator.count("DetectPiiEntities")));
    emulator.clear_requests();
    assert_eq!(failure(&detector.clone().attempts(0), "Jane").await, expected);
    assert_eq!(emulator.count("DetectPiiEntities"), 3);
    let begun = Instant::now();
    let patient = detector.clone().attempts(u32::MAX).deadline(Duration::from_secs(600));
    assert_eq!(failure(&patient, "Jane").await, expected);
    assert!((500..=600).contains(&begun.elapsed().as_secs()), "{:?}", begun.elapsed());
    let endless = detector.attempts(2).deadline(Duration::MAX);
    assert_eq!(failure(&endless, "Jane").await, expected);

    let (_emulator, detector) = always(Fault::InternalError);
    let expected = (ErrorKind::Service, Some("InternalServerException".to_owned()));
    assert_eq!(failure(&detector.attempts(2), "Jane").await, expected);
    let (_emulator, detector) = always(Fault::ConnectionReset);
    assert_eq!(failure(&detector.attempts(2), "Jane").await, (ErrorKind::Transport, None));

    // What would fail again is not sent again.
    let (emulator, detector) = always(Fault::AccessDenied);
    let expected = (ErrorKind::AccessDenied, Some("AccessDeniedException".to_owned()));
    assert_eq!(failure(&detector, "Jane").await, expected);
    assert_eq!(emulator.count("DetectPiiEntities"), 1);

    // The wait for a service that does not answer ends.
    let (_emulator, detector) = always(Fault::Latency(Duration::from_secs(3_600)));
    let begun = Instant::now();
    assert_eq!(failure(&detector, "Jane").await, (ErrorKind::Transport, None));
    assert_eq!(begun.elapsed().as_secs(), 60);
}

#[tokio::test(start_paused = true)]
async fn one_failing_chunk_fails_all() {
    let fault = Fault::AccessDenied.on("DetectPiiEntities").nth(3);
    let (emulator, detector) = running(Emulator::builder().pii(PiiType::Name, "w7 ").fault(fault));
    assert_eq!(failure(&detector.parallel(1), &words(950_000)).await.0, ErrorKind::AccessDenied);
    assert_eq!(emulator.count("DetectPiiEntities"), 3);
}

/// An HTTP client that always receives this answer.
#[derive(Clone, Debug)]
struct Says(&'static str);

impl HttpClient for Says {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

impl HttpConnector for Says {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let response = HttpResponse::new(200.try_into().unwrap(), self.0.into());
        HttpConnectorFuture::ready(Ok(response))
    }
}

fn answered_with(answer: &'static str) -> ComprehendDetector {
    let config = Emulator::builder().build().unwrap().sdk_config().into_builder();
    let config = config.http_client(SharedHttpClient::new(Says(answer))).build();
    ComprehendDetector::new(&Clients::new(&config).unwrap()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn nonsense_fails_the_detection() {
    let text = "é Jane 👋";
    let sense = r#"{"Entities": [{"Type": "NEW", "BeginOffset": 2, "EndOffset": 8, "Score": 1}], "More": 1}"#;
    let found = answered_with(sense).detect(text).await.unwrap();
    assert_eq!(found.spans, [PiiSpan::new(PiiType::from("NEW"), 2..8, 1.0)]);
    assert!(answered_with(r#"{"Entities": []}"#).detect(text).await.unwrap().spans.is_empty());

    let whole = [
        ("{}", "no list"),
        (r#"{"Entities": null}"#, "no list"),
        (r#"{"Labels": []}"#, "no list"),
        (r#"{"Entities": [{}]}"#, "without a type"),
    ];
    let one = [
        (r#""BeginOffset": 2, "EndOffset": 6, "Score": 0.5"#, "without a type"),
        (r#""Type": null, "BeginOffset": 2, "EndOffset": 6, "Score": 0.5"#, "without a type"),
        (r#""Type": "", "BeginOffset": 2, "EndOffset": 6, "Score": 0.5"#, "without a type"),
        (r#""Type": "NAME", "EndOffset": 6, "Score": 0.5"#, "offsets"),
        (r#""Type": "NAME", "BeginOffset": 2, "Score": 0.5"#, "offsets"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 6"#, "a score"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 9, "Score": 0.5"#, "beyond the text"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 2147483647, "Score": 0.5"#, "beyond the text"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 2, "Score": 0.5"#, "is empty"),
        (r#""Type": "NAME", "BeginOffset": 6, "EndOffset": 2, "Score": 0.5"#, "is empty"),
        (r#""Type": "NAME", "BeginOffset": -2, "EndOffset": 2, "Score": 0.5"#, "beyond the text"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 6, "Score": "NaN""#, "not between"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 6, "Score": "Infinity""#, "not between"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 6, "Score": -0.1"#, "not between"),
        (r#""Type": "NAME", "BeginOffset": 2, "EndOffset": 6, "Score": 1.1"#, "not between"),
    ];
    let good = r#"{"Type": "NAME", "BeginOffset": 0, "EndOffset": 1, "Score": 0.5}"#;
    let one = one.map(|(bad, why)| (format!(r#"{{"Entities": [{good}, {{{bad}}}]}}"#), why));
    let whole = whole.map(|(answer, why)| (answer.to_owned(), why));
    for (answer, why) in one.into_iter().chain(whole) {
        let error = answered_with(Box::leak(answer.clone().into())).detect(text).await.unwrap_err();
        assert!(error.to_string().contains(why) && error.kind().is_none(), "{answer}: {error}");
    }
    for answer in ["", "Jane", "[]", r#"{"Entities": 1}"#, r#"{"Entities": [{"BeginOffset": "Jane"}]}"#] {
        let error = answered_with(answer).attempts(1).detect(text).await.unwrap_err();
        assert!(!format!("{error:?} {error}").contains("Jane"), "{answer}");
    }

    for answer in [
        "{}",
        r#"{"Labels": [{"Name": "NAME"}]}"#,
        r#"{"Labels": [{"Name": "NAME", "Score": "NaN"}]}"#,
        r#"{"Labels": [{"Name": "NAME", "Score": 0.9}, {"Name": "AGE", "Score": 7}]}"#,
    ] {
        assert!(answered_with(answer).contains_first(true).detect(text).await.is_err(), "{answer}");
    }
}

#[test]
fn detectors_do_not_show_their_clients() {
    let shown = format!("{:?}", answered_with("{}"));
    assert!(shown.starts_with("ComprehendDetector { language: English"), "{shown}");
    assert!(!shown.contains("secret") && !shown.contains("ASIA"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn ready_made_clients_need_one_for_comprehend() {
    let emulator = Emulator::builder().pii("NAME", "Jane").build().unwrap();
    let config = emulator.sdk_config();
    let (textract, s3) = (aws_sdk_textract::Client::new(&config), aws_sdk_s3::Client::new(&config));
    let without = Clients::builder().with_clients(textract.clone(), s3.clone()).unwrap();
    let error = ComprehendDetector::new(&without).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Configure));
    assert!(error.to_string().contains("ClientsBuilder::comprehend"));

    let comprehend = aws_sdk_comprehend::Client::new(&config);
    let with = Clients::builder().comprehend(comprehend).with_clients(textract, s3).unwrap();
    let found = ComprehendDetector::new(&with).unwrap().detect("Jane").await.unwrap();
    assert_eq!(found.spans.len(), 1);
    assert!(emulator.requests()[0].user_agent().contains("lib/inkseal"));
}

#[tokio::test(start_paused = true)]
async fn the_transport_policy_holds_for_comprehend() {
    let emulator = Emulator::builder().build().unwrap();
    let policy = TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::AllButS3);
    let clients = Clients::builder().transport(policy).connect(&emulator.sdk_config()).unwrap();
    let error = ComprehendDetector::new(&clients).unwrap().detect("Jane").await.unwrap_err();
    assert_eq!(error.kind(), Some(ErrorKind::InsecureTransport));
    let source = error.source().unwrap().source().unwrap().downcast_ref::<Refusal>();
    assert_eq!(source, Some(&Refusal::NotVpcEndpoint { host: "127.0.0.1".into() }));
    assert!(emulator.requests().is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    /// Names are found at any place in a text of any length and script.
    #[test]
    fn names_are_found_where_they_are(
        fillers in prop::collection::vec(("(नमस्ते |مرحبا |e\u{301} |👍🏽 |word |漢字)", 1..9_000usize), 1..8),
    ) {
        const NAME: &str = "Жан Доу 👩🏽\u{200d}🚀";
        let (mut text, mut planted, mut at) = (String::new(), Vec::new(), 0);
        for (filler, times) in &fillers {
            text.push_str(&filler.repeat(*times));
            at += filler.chars().count() * times;
            planted.push(at..at + NAME.chars().count());
            text.push_str(NAME);
            text.push(' ');
            at += NAME.chars().count() + 1;
        }
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build();
        let (emulator, detector) = running(Emulator::builder().pii("NAME", NAME));
        let found = runtime.unwrap().block_on(async { detector.detect(&text).await.unwrap() });
        prop_assert_eq!(found.spans.iter().map(PiiSpan::range).collect::<Vec<_>>(), planted);
        let sent = sent(&emulator, "DetectPiiEntities");
        prop_assert!(sent.iter().all(|chunk| chunk.len() <= LIMIT));
        prop_assert_eq!(sent.len() as u64, found.requests);
    }
}
