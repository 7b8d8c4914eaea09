//! The answers of Comprehend, and what it refuses.

use std::time::Duration;

use aws_sdk_comprehend::error::SdkError;
use aws_sdk_comprehend::types::{LanguageCode, PiiEntityType};
use inkseal::emulator::{ComprehendQuotas, Fault, Quotas, Service};
use inkseal::redact::{Detection, DetectorError, PiiDetector, PiiSpan, PiiType};

use super::*;

fn client(emulator: &Emulator) -> aws_sdk_comprehend::Client {
    Clients::new(emulator).comprehend
}

fn entities(
    found: aws_sdk_comprehend::operation::detect_pii_entities::DetectPiiEntitiesOutput,
) -> Vec<(String, i32, i32)> {
    let entities = found.entities.unwrap().into_iter();
    let entities = entities.map(|found| (found.r#type, found.begin_offset, found.end_offset));
    entities.map(|(name, begin, end)| (name.unwrap().as_str().into(), begin.unwrap(), end.unwrap())).collect()
}

#[tokio::test(start_paused = true)]
async fn given_strings_are_found_by_code_points() {
    let builder = Emulator::builder().pii(PiiType::Name, "Jane").pii("RETINA_SCAN", "👁").pii("AGE", "");
    let emulator = builder.build().unwrap();
    let client = client(&emulator);
    let text = "नमस्ते Jane 👁👁, e\u{301} Jane";
    let found = client.detect_pii_entities().text(text).language_code(LanguageCode::Es).send().await.unwrap();
    let eye = |begin| ("RETINA_SCAN".to_owned(), begin, begin + 1);
    let jane = |begin| ("NAME".to_owned(), begin, begin + 4);
    assert!(found.entities().iter().all(|entity| entity.score == Some(0.99)));
    assert_eq!(entities(found), [jane(7), eye(12), eye(13), jane(19)]);
    let contained =
        client.contains_pii_entities().text(text).language_code(LanguageCode::En).send().await.unwrap();
    let labels = contained.labels.unwrap();
    let names: Vec<_> = labels.iter().map(|label| label.name.as_ref().unwrap().as_str()).collect();
    assert_eq!(names, [PiiEntityType::Name.as_str(), "RETINA_SCAN"]);
    assert!(labels.iter().all(|label| label.score == Some(0.99)));

    let request = &emulator.requests()[0];
    assert_eq!((request.service, request.operation.as_str()), (Service::Comprehend, "DetectPiiEntities"));
    assert_eq!(request.body.as_ref().unwrap()["Text"], text);
    assert!(!format!("{request:?}").contains("Jane"));
}

#[tokio::test(start_paused = true)]
async fn without_anything_given_nothing_is_found() {
    let client = client(&Emulator::builder().build().unwrap());
    let found = client.detect_pii_entities().text(LETTER).language_code(LanguageCode::En);
    assert_eq!(found.send().await.unwrap().entities.map(|entities| entities.len()), Some(0));
    let contained = client.contains_pii_entities().text(LETTER).language_code(LanguageCode::En);
    assert_eq!(contained.send().await.unwrap().labels.map(|labels| labels.len()), Some(0));
}

/// A text in which the crate's own patterns find something.
const LETTER: &str = "Jane, write to jane@example.com";

#[tokio::test(start_paused = true)]
async fn patterns_are_found_if_they_are_asked_for() {
    let email = ("EMAIL".to_owned(), 15, 31);
    let builder = Emulator::builder().pii_by_patterns();
    let found = client(&builder.build().unwrap()).detect_pii_entities().text(LETTER);
    let found = found.language_code(LanguageCode::En).send().await.unwrap();
    assert!(entities(found).contains(&email));
    // Strings that are given do not turn them off.
    let builder = Emulator::builder().pii_by_patterns().pii(PiiType::Name, "Jane");
    let found = client(&builder.build().unwrap()).detect_pii_entities().text(LETTER);
    let found = found.language_code(LanguageCode::En).send().await.unwrap();
    let found = entities(found);
    assert!(found.contains(&email) && found.contains(&("NAME".to_owned(), 0, 4)));
}

/// Finds these spans in any text, or fails.
struct First(Result<Vec<PiiSpan>, &'static str>);

impl PiiDetector for First {
    fn name(&self) -> &'static str {
        "first"
    }

    fn detect<'a>(&'a self, _: &'a str) -> futures::future::BoxFuture<'a, Result<Detection, DetectorError>> {
        Box::pin(async { self.0.clone().map(Detection::new).map_err(DetectorError::new) })
    }
}

#[tokio::test(start_paused = true)]
async fn a_detector_of_ones_own_answers() {
    let spans = [0.25, 0.75].map(|score| PiiSpan::new(PiiType::Ssn, 0..1, score)).to_vec();
    let builder = Emulator::builder().pii_detector(First(Ok(spans))).pii("NAME", "Jane");
    let client = client(&builder.build().unwrap());
    let found = client.detect_pii_entities().text("é Jane").language_code(LanguageCode::En);
    let ssn = ("SSN".to_owned(), 0, 1);
    let expected = [ssn.clone(), ssn, ("NAME".to_owned(), 2, 6)];
    assert_eq!(entities(found.send().await.unwrap()), expected);
    let contained = client.contains_pii_entities().text("é Jane").language_code(LanguageCode::En);
    let labels = contained.send().await.unwrap().labels.unwrap();
    assert_eq!(labels.iter().map(|label| label.score.unwrap()).collect::<Vec<_>>(), [0.75, 0.99]);

    let beyond = vec![PiiSpan::new(PiiType::Ssn, 0..7, 1.0)];
    for detector in [First(Err("it does not work")), First(Ok(beyond))] {
        let client = super::comprehend::client(&Emulator::builder().pii_detector(detector).build().unwrap());
        let found = client.detect_pii_entities().text("é Jane").language_code(LanguageCode::En).send().await;
        assert_eq!(found.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 500);
        assert_eq!(refused(found), "InternalServerException");
    }
}

#[tokio::test(start_paused = true)]
async fn what_comprehend_refuses() {
    let client = client(&Emulator::builder().build().unwrap());
    let english = LanguageCode::En;
    let detect = || client.detect_pii_entities();
    let contains = || client.contains_pii_entities();
    let most = "é".repeat(50_000);
    detect().text(&most).language_code(english.clone()).send().await.unwrap();
    contains().text(&most).language_code(english.clone()).send().await.unwrap();
    let more = format!("{most}x");
    for (text, language, code) in [
        (Some(more.as_str()), Some("en"), "TextSizeLimitExceededException"),
        (Some(""), Some("en"), "ValidationException"),
        (None, Some("en"), "ValidationException"),
        (Some("Jane"), None, "ValidationException"),
        (Some("Jane"), Some("EN"), "ValidationException"),
        (Some("Jane"), Some("xx"), "ValidationException"),
        (Some("Jane"), Some("fr"), "UnsupportedLanguageException"),
        (Some("Jane"), Some("zh-TW"), "UnsupportedLanguageException"),
    ] {
        let language = language.map(LanguageCode::from);
        let text = text.map(str::to_owned);
        let detected = detect().set_text(text.clone()).set_language_code(language.clone()).send().await;
        let contained = contains().set_text(text.clone()).set_language_code(language.clone()).send().await;
        assert_eq!(detected.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 400);
        let said = detected.as_ref().unwrap_err().message().unwrap_or_default().to_owned();
        assert!(!said.contains("Jane") && !said.is_empty(), "{said}");
        assert_eq!((refused(detected).as_str(), refused(contained).as_str()), (code, code), "{language:?}");
    }
    let other = client.detect_entities().text("Jane").language_code(english).send().await;
    assert_eq!(refused(other), "UnknownOperationException");
}

#[tokio::test(start_paused = true)]
async fn faults_strike_comprehend_as_they_strike_the_others() {
    let emulator = Emulator::builder().deny("ContainsPiiEntities").build().unwrap();
    let client = client(&emulator);
    let detect = || client.detect_pii_entities().text("Jane").language_code(LanguageCode::En).send();
    for (fault, code, http) in [
        (Fault::Throttle, "ThrottlingException", 400),
        (Fault::InternalError, "InternalServerException", 500),
        (Fault::ServiceUnavailable, "ServiceUnavailableException", 503),
        (Fault::AccessDenied, "AccessDeniedException", 400),
    ] {
        emulator.inject(fault.on("DetectPiiEntities").times(1));
        let result = detect().await;
        assert_eq!(result.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), http, "{code}");
        assert_eq!(refused(result), code);
    }
    emulator.inject(Fault::ConnectionReset.times(1));
    assert!(matches!(detect().await, Err(SdkError::DispatchFailure(failure)) if failure.is_io()));
    emulator.inject(Fault::TruncatedBody.on("DetectPiiEntities").times(1));
    assert!(matches!(detect().await, Err(SdkError::ResponseError(_))));
    emulator.inject(Fault::Latency(Duration::from_millis(250)).on("DetectPiiEntities").times(1));
    let begun = tokio::time::Instant::now();
    detect().await.unwrap();
    assert!(begun.elapsed() >= Duration::from_millis(250));
    let contained = client.contains_pii_entities().text("Jane").language_code(LanguageCode::En).send().await;
    assert_eq!(refused(contained), "AccessDeniedException");
}

#[tokio::test(start_paused = true)]
async fn rates_are_kept_for_each_operation() {
    let mut quotas = Quotas::us_east_1();
    assert_eq!(quotas.comprehend, ComprehendQuotas::each(20.0));
    quotas.comprehend = ComprehendQuotas { detect_pii_entities: Some(2.0), contains_pii_entities: None };
    let client = client(&Emulator::builder().quotas(quotas).build().unwrap());
    let detect = || client.detect_pii_entities().text("Jane").language_code(LanguageCode::En).send();
    detect().await.unwrap();
    detect().await.unwrap();
    assert_eq!(refused(detect().await), "ThrottlingException");
    for _ in 0..5 {
        client.contains_pii_entities().text("Jane").language_code(LanguageCode::En).send().await.unwrap();
    }
    tokio::time::sleep(Duration::from_millis(500)).await;
    detect().await.unwrap();
    assert_eq!(refused(detect().await), "ThrottlingException");
}

#[tokio::test]
async fn the_protocol_is_checked() {
    use tokio::io::{AsyncReadExt, AsyncWriteExt};
    let emulator = Emulator::builder().build().unwrap();
    let server = emulator.serve("127.0.0.1:0").await.unwrap();
    let address = server.endpoint_url().trim_start_matches("http://").to_owned();
    let scope = |service: &str| {
        format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=AKID/20260101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature={}\r\n",
            "0".repeat(64)
        )
    };
    for (head, body, code) in [
        (String::new(), "{}", "MissingAuthenticationTokenException"),
        (scope("textract"), "{}", "InvalidSignatureException"),
        (scope("comprehend"), "Jane", "SerializationException"),
        (scope("comprehend"), "{}", "ValidationException"),
        (scope("comprehend"), "[]", "SerializationException"),
        (scope("comprehend"), r#"{"Text": 1, "LanguageCode": "en"}"#, "SerializationException"),
        (scope("comprehend"), r#"{"Text": "Jane", "LanguageCode": ["en"]}"#, "SerializationException"),
    ] {
        let mut stream = tokio::net::TcpStream::connect(&address).await.unwrap();
        let length = body.len();
        let request = format!(
            "POST / HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\nContent-Length: {length}\r\n\
             X-Amz-Target: Comprehend_20171127.DetectPiiEntities\r\n{head}\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await.unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await.unwrap();
        let lower = answer.to_ascii_lowercase();
        assert!(lower.contains("content-type: application/x-amz-json-1.1"), "{answer}");
        assert!(answer.contains(&format!("\"__type\":\"{code}\"")), "{answer}");
    }
}
