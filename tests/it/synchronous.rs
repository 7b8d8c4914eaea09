//! The synchronous calls: what they accept, what they send, and what they return.

use std::collections::BTreeSet;

use aws_smithy_types::base64;
use inkseal::document::IdentityDocument;
use inkseal::emulator::{CallQuotas, Emulator, EmulatorBuilder, Fault, Quotas, Response, Synthetic};
use inkseal::part::Record;
use inkseal::resource::{FlowDefinitionArn, HumanLoopName, S3Object};
use inkseal::synchronous::{
    AnalyzeDocument, AnalyzeExpense, AnalyzeId, ContentClassifier, DetectDocumentText, Format, HumanLoop,
    Input, MAX_BYTES,
};
use inkseal::{Adapter, Clients, ErrorKind, Feature, Pages, Query, Stage};
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::documents::{jpeg, pdf, png, tiff};
use crate::recorded::{compare, responses};
use crate::support::{DOCUMENT, SOURCE};

/// Why bytes are refused.
#[track_caller]
fn refusal(bytes: impl Into<Vec<u8>>) -> String {
    let error = Input::bytes(bytes).unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::UnsupportedDocument, Stage::Configure), "{error}");
    assert!(!error.is_retryable());
    error.to_string()
}

#[test]
fn the_four_formats_are_known_by_how_they_begin() {
    for (bytes, format) in [
        (png(100, 200), Format::Png),
        (jpeg(100, 200), Format::Jpeg),
        (tiff(false, &[(0, 100, 200)]), Format::Tiff),
        (tiff(true, &[(0, 100, 200)]), Format::Tiff),
        (pdf(), Format::Pdf),
        ([b"\xef\xbb\xbf\r\n".to_vec(), pdf()].concat(), Format::Pdf),
    ] {
        let input = Input::bytes(bytes.clone()).unwrap();
        assert_eq!(input.format(), Some(format));
        assert_eq!(format!("{input:?}"), format!("Input({format}, {} bytes)", bytes.len()));
    }
}

#[test]
#[ignore = "needs INKSEAL_CORPUS"]
fn real_documents_are_taken() {
    let corpus = std::env::var_os("INKSEAL_CORPUS").expect("INKSEAL_CORPUS names the folder of recordings");
    let mut taken = 0;
    for folder in ["pages", "documents"] {
        for entry in std::fs::read_dir(std::path::Path::new(&corpus).join(folder)).unwrap() {
            let path = entry.unwrap().path();
            let format = match path.extension().and_then(|extension| extension.to_str()) {
                Some("png") => Format::Png,
                Some("jpg" | "jpeg") => Format::Jpeg,
                Some("pdf") => Format::Pdf,
                _ => continue,
            };
            let input = Input::bytes(std::fs::read(&path).unwrap()).unwrap();
            assert_eq!(input.format(), Some(format), "{}", path.display());
            taken += 1;
        }
    }
    assert!(taken > 0);
}

#[test]
fn other_formats_are_named() {
    let cases: [(&[u8], &str); 24] = [
        (b"RIFF\x24\0\0\0WEBPVP8 ", "a WEBP image"),
        (b"GIF87a", "a GIF image"),
        (b"GIF89a\x01", "a GIF image"),
        (b"\0\0\0\x20ftypheic\0\0\0\0", "a HEIC image"),
        (b"\0\0\0\x20ftypavif\0\0\0\0", "an AVIF image"),
        (b"\0\0\0\x20ftypmif1\0\0\0\0", "a HEIF image"),
        (b"II+\0\x08\0\0\0", "a BigTIFF image"),
        (b"MM\0+\0\x08\0\0", "a BigTIFF image"),
        (b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image"),
        (b"BM\x46\0\0\0\0\0\0\0\x36\0\0\0", "a BMP image"),
        (b"8BPS\0\x01", "a Photoshop image"),
        (b"PK\x03\x04\x14\0", "a zip archive (DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1", "with a password"),
        (b"{\\rtf1", "an RTF document"),
        (b"%!PS-Adobe", "a PostScript document"),
        (b"<?xml version", "an XML document"),
        (b"<!DOCTYPE html>", "an HTML document"),
        (b"\x1f\x8b\x08", "a gzip archive"),
        (b"data:image/png;base64,iVBOR", "a data URL"),
        (b"iVBORw0KGgoAAAANSUhEUg", "in base64"),
        (b"JVBERi0xLjcK", "in base64"),
        (b"BM is how this text begins", "of an unknown format"),
        (b"RIFF\x24\0\0\0WAVEfmt ", "of an unknown format"),
        (b"Jane Canary Doe", "of an unknown format"),
    ];
    for (bytes, what) in cases {
        let said = refusal(bytes);
        assert!(said.contains(what), "{said}");
        assert!(said.contains(": ") && !said.contains("Canary"), "it says what to do: {said}");
    }
}

#[test]
fn sizes_are_checked() {
    assert!(refusal([]).contains("empty"));
    let mut longest = png(10, 10);
    longest.resize(MAX_BYTES, 0);
    assert!(Input::bytes(longest.clone()).is_ok());
    longest.push(0);
    assert!(refusal(longest).contains("10485761 bytes, the most is 10485760 bytes"));
    let mut long = pdf();
    long.resize(MAX_BYTES + 1, b' ');
    assert!(refusal(long).contains("SecureJob"));

    for (width, height) in [(10_000, 10_000), (1, 1)] {
        assert!(Input::bytes(png(width.into(), height.into())).is_ok());
        assert!(Input::bytes(jpeg(width, height)).is_ok());
        assert!(Input::bytes(tiff(true, &[(0, width.into(), height.into())])).is_ok());
    }
    assert!(refusal(png(10_001, 5)).contains("the PNG has 10001 x 5 pixels, the most is 10000 on a side"));
    assert!(refusal(jpeg(5, 10_001)).contains("the JPEG has 5 x 10001 pixels"));
    assert!(refusal(tiff(false, &[(0, 20_000, 5)])).contains("the TIFF has 20000 x 5 pixels"));
}

#[test]
fn a_tiff_has_one_page_beside_its_preview_and_mask() {
    for big_endian in [false, true] {
        let page = (0, 100, 200);
        assert!(Input::bytes(tiff(big_endian, &[page, (1, 10, 20), (4, 100, 200)])).is_ok());
        assert!(
            refusal(tiff(big_endian, &[page, (1, 10, 20), (2, 100, 200)])).contains("more than one page")
        );
    }
    // Directories that are chained in a circle come to an end too: it is the same page again.
    let mut circle = tiff(false, &[(1, 10, 20), (1, 10, 20)]);
    let end = circle.len();
    circle[end - 4..].copy_from_slice(&8u32.to_le_bytes());
    assert!(Input::bytes(circle).is_ok());
}

#[test]
fn a_pdf_with_a_password_is_told() {
    let trailer = |member: &str| format!("%PDF-1.7\ntrailer\n<< /Root 1 0 R {member} >>").into_bytes();
    for encrypted in ["/Encrypt 12 0 R", "/Encrypt\n12\n0\nR", "/Encrypt<< /Filter /Standard >>"] {
        assert!(refusal(trailer(encrypted)).contains("encrypted"), "{encrypted}");
    }
    for plain in ["/EncryptMetadata false", "(/Encrypt is a word)", "/Encrypt", "/Encrypt 1", "/Encrypt 1 0"]
    {
        assert!(Input::bytes(trailer(plain)).is_ok(), "{plain}");
    }
}

proptest! {
    #[test]
    fn no_bytes_make_the_checks_panic(
        beginning in prop::sample::select(vec![
            png(3, 3), jpeg(3, 3), tiff(true, &[(0, 3, 3)]), tiff(false, &[(0, 3, 3), (0, 3, 3)]), pdf(),
            b"%PDF-/Encrypt 1 0 R".to_vec(), b"\xff\xd8".to_vec(), Vec::new(),
        ]),
        cut in 0..80usize,
        changes in prop::collection::vec((0..80usize, any::<u8>()), 0..4),
        rest in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let mut bytes = beginning;
        bytes.truncate(cut);
        bytes.extend(rest);
        for (at, byte) in changes {
            if let Some(place) = bytes.get_mut(at) {
                *place = byte;
            }
        }
        match Input::bytes(bytes) {
            Ok(input) => prop_assert!(input.format().is_some()),
            Err(error) => prop_assert_eq!(error.kind(), ErrorKind::UnsupportedDocument),
        }
    }
}

#[test]
fn every_truncation_is_taken_or_refused() {
    for whole in [png(9, 9), jpeg(9, 9), tiff(true, &[(0, 9, 9), (1, 3, 3)]), pdf()] {
        for length in 0..whole.len() {
            Input::bytes(&whole[..length]).ok();
        }
    }
}

#[test]
fn names_of_human_loops_are_checked() {
    for name in ["a", "0", "claim-17", "a--b", &"x".repeat(63)] {
        name.parse::<HumanLoopName>().unwrap();
    }
    for name in ["", "A", "-a", "a-", "a b", "a_b", &"x".repeat(64)] {
        name.parse::<HumanLoopName>().unwrap_err();
    }
    let flow = |flow: &str| flow.parse::<FlowDefinitionArn>();
    let arn = flow("arn:aws-us-gov:sagemaker:us-gov-west-1:111122223333:flow-definition/a").unwrap();
    assert!(arn.check_region(&"us-gov-west-1".parse().unwrap()).is_ok());
    assert!(arn.check_region(&"us-gov-east-1".parse().unwrap()).is_err());
    for wrong in [
        "arn:aws:sagemaker:us-east-1:111122223333:human-task-ui/a",
        "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/",
        "arn:aws:sagemaker::111122223333:flow-definition/a",
        "arn:aws:sns:us-east-1:111122223333:flow-definition/a",
        "a",
    ] {
        flow(wrong).unwrap_err();
    }
}

const FLOW: &str = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/claims";

/// An emulator with a scan in a bucket, and clients that do not retry.
fn running(emulator: EmulatorBuilder) -> (Emulator, Clients) {
    let emulator = emulator.object(SOURCE, DOCUMENT, pdf()).build().unwrap();
    let once = aws_sdk_textract::config::retry::RetryConfig::disabled();
    let config = emulator.sdk_config().into_builder().retry_config(once).build();
    let clients = Clients::new(&config).unwrap();
    (emulator, clients)
}

fn object() -> S3Object {
    S3Object::new(SOURCE, DOCUMENT).unwrap()
}

fn scan() -> Input {
    Input::bytes(png(600, 800)).unwrap()
}

/// The body of the only request.
#[track_caller]
fn sent(emulator: &Emulator, operation: &str) -> Value {
    let requests = emulator.requests();
    assert_eq!(requests.len(), 1);
    assert_eq!((requests[0].operation.as_str(), emulator.count(operation)), (operation, 1));
    assert!(requests[0].user_agent().contains("lib/inkseal"));
    emulator.clear_requests();
    requests[0].body.clone().unwrap()
}

#[tokio::test(start_paused = true)]
async fn each_call_sends_its_document_and_nothing_else() {
    let (emulator, clients) = running(Emulator::builder());
    let bytes = json!({"Bytes": base64::encode(png(600, 800))});
    let object = json!({"S3Object": {"Bucket": SOURCE, "Name": DOCUMENT}});
    for (input, document) in [(scan(), bytes), (Input::object(self::object()), object)] {
        DetectDocumentText::new(input.clone()).send(&clients).await.unwrap();
        assert_eq!(sent(&emulator, "DetectDocumentText"), json!({"Document": document}));
        AnalyzeExpense::new(input.clone()).send(&clients).await.unwrap();
        assert_eq!(sent(&emulator, "AnalyzeExpense"), json!({"Document": document}));
        AnalyzeDocument::new(input.clone()).feature(Feature::Layout).send(&clients).await.unwrap();
        let body = json!({"Document": document, "FeatureTypes": ["LAYOUT"]});
        assert_eq!(sent(&emulator, "AnalyzeDocument"), body);
        AnalyzeId::new(input.clone()).send(&clients).await.unwrap();
        assert_eq!(sent(&emulator, "AnalyzeID"), json!({"DocumentPages": [document]}));
        let both = AnalyzeId::new(input.clone()).back(scan()).unwrap();
        both.clone().back(input).unwrap_err();
        both.send(&clients).await.unwrap();
        let pages = sent(&emulator, "AnalyzeID");
        assert_eq!(pages["DocumentPages"].as_array().unwrap().len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn every_option_of_an_analysis_is_sent() {
    let (emulator, clients) = running(Emulator::builder());
    let review = HumanLoop::new("claim-17".parse().unwrap(), FLOW.parse().unwrap())
        .content_classifier(ContentClassifier::FreeOfAdultContent)
        .content_classifier(ContentClassifier::FreeOfPersonallyIdentifiableInformation)
        .content_classifier(ContentClassifier::FreeOfAdultContent);
    let versioned = Input::object(object().with_version("v1").unwrap());
    let analysis = AnalyzeDocument::new(versioned)
        .features([Feature::Tables, Feature::Forms, Feature::Tables])
        .feature(Feature::Signatures)
        .query(Query::new("Who signs?").unwrap().alias("SIGNER").unwrap())
        .query(Query::new("What total?").unwrap().pages(Pages::all()))
        .adapter(Adapter::new("0123456789ab", "7").unwrap())
        .human_loop(review);
    analysis.send(&clients).await.ok();
    assert_eq!(
        sent(&emulator, "AnalyzeDocument"),
        json!({
            "Document": {"S3Object": {"Bucket": SOURCE, "Name": DOCUMENT, "Version": "v1"}},
            "FeatureTypes": ["TABLES", "FORMS", "SIGNATURES", "QUERIES"],
            "QueriesConfig": {"Queries": [
                {"Text": "Who signs?", "Alias": "SIGNER"},
                {"Text": "What total?", "Pages": ["*"]},
            ]},
            "AdaptersConfig": {"Adapters": [{"AdapterId": "0123456789ab", "Version": "7"}]},
            "HumanLoopConfig": {
                "HumanLoopName": "claim-17",
                "FlowDefinitionArn": FLOW,
                "DataAttributes": {"ContentClassifiers": [
                    "FreeOfAdultContent", "FreeOfPersonallyIdentifiableInformation",
                ]},
            },
        })
    );
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_asked_is_refused_without_a_call() {
    let (emulator, clients) = running(Emulator::builder());
    let analysis = || AnalyzeDocument::new(scan());
    let query = || Query::new("Who?").unwrap();
    let adapter = || Adapter::new("0123456789ab", "7").unwrap();
    let elsewhere = FLOW.replace("us-east-1", "eu-west-1").parse().unwrap();
    let cases = [
        (analysis(), "at least one feature or query"),
        ((0..16).fold(analysis(), |analysis, _| analysis.query(query())), "the most is 15"),
        (analysis().query(query()).adapter(adapter()).adapter(adapter()), "two adapters"),
        (analysis().query(query().pages("2-*".parse().unwrap())), "for pages 2-*"),
        (analysis().query(query()).adapter(adapter().pages(Pages::page(3))), "for pages 3"),
        (
            AnalyzeDocument::new(Input::object(object()).region("eu-west-1".parse().unwrap())).query(query()),
            "the document is in eu-west-1, but the clients are in us-east-1",
        ),
        (
            analysis().query(query()).human_loop(HumanLoop::new("a".parse().unwrap(), elsewhere)),
            "names are in different Regions",
        ),
    ];
    for (analysis, reason) in cases {
        let error = analysis.send(&clients).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Configure));
        assert!(error.to_string().contains(reason), "{error}");
    }
    let far = || Input::object(object()).region("eu-west-1".parse().unwrap());
    DetectDocumentText::new(far()).send(&clients).await.unwrap_err();
    AnalyzeExpense::new(far()).send(&clients).await.unwrap_err();
    AnalyzeId::new(scan()).back(far()).unwrap().send(&clients).await.unwrap_err();
    assert!(emulator.requests().is_empty());

    let most = (0..15).fold(analysis(), |analysis, _| analysis.query(query()));
    // Futures of calls can be spawned.
    let (most, clients_of_task) = (most, clients.clone());
    tokio::spawn(async move { most.send(&clients_of_task).await }).await.unwrap().unwrap();
    let here = Input::object(object()).region("us-east-1".parse().unwrap());
    DetectDocumentText::new(here).send(&clients).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_page_one_in_the_shape_of_a_call() {
    let pages = Synthetic::pages(3).blocks_per_page(80);
    let receipts = json!({"ExpenseDocuments": [
        {"ExpenseIndex": 1, "SummaryFields": [{"PageNumber": 1}]},
        {"ExpenseIndex": 2, "SummaryFields": [{"PageNumber": 1}]},
        {"ExpenseIndex": 3, "SummaryFields": [{"PageNumber": 2}]},
    ]});
    let other = json!({"DetectDocumentTextModelVersion": "2.5", "Blocks": [
        {"Id": "a", "Page": 1, "Confidence": 99.50000000001}, {"Id": "b", "Page": 2}, {"Id": "c"},
    ]});
    let (_emulator, clients) = running(
        Emulator::builder()
            .response(pages)
            .response(Response::recorded(receipts.to_string()).unwrap())
            .response_for_bytes(png(600, 800), Response::recorded(other.to_string()).unwrap()),
    );
    let answer = DetectDocumentText::new(Input::object(object())).send(&clients).await.unwrap().into_part();
    assert_eq!((answer.records.len(), answer.head.pages), (80, Some(1)));
    assert!(answer.records.iter().all(|block| block.page().is_none()));
    assert_eq!(answer.head.model_version.as_deref(), Some("1.0"));
    assert!(answer.head.status.is_none() && answer.head.next_token.is_none());

    let answer = DetectDocumentText::new(scan()).send(&clients).await.unwrap().into_part();
    let ids: Vec<_> = answer.records.iter().map(|block| block.id().to_string()).collect();
    assert_eq!(ids, ["a", "c"]);
    assert_eq!(answer.head.model_version.as_deref(), Some("2.5"));

    let analyzed = AnalyzeDocument::new(Input::object(object())).feature(Feature::Tables);
    let analyzed = analyzed.send(&clients).await.unwrap();
    assert_eq!((analyzed.document.blocks().len(), analyzed.human_loop), (80, None));

    let answer = AnalyzeExpense::new(scan()).send(&clients).await.unwrap();
    assert_eq!(answer.records.len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_human_loop_is_answered() {
    let (_emulator, clients) = running(Emulator::builder());
    let review = HumanLoop::new("claim-17".parse().unwrap(), FLOW.parse().unwrap());
    let analysis = AnalyzeDocument::new(scan()).feature(Feature::Forms).human_loop(review);
    let activation = analysis.send(&clients).await.unwrap().human_loop.unwrap();
    assert_eq!(
        activation.arn.as_deref(),
        Some("arn:aws:sagemaker:us-east-1:111122223333:human-loop/claim-17")
    );
    assert_eq!(activation.reasons, ["ConditionsEvaluation"]);
    assert!(activation.conditions.as_ref().unwrap().contains("EvaluationResult"));
    assert!(!format!("{activation:?}").contains("EvaluationResult"));
}

#[tokio::test(start_paused = true)]
async fn errors_name_the_call() {
    let (emulator, clients) = running(Emulator::builder().deny("AnalyzeID"));
    let missing = Input::object(S3Object::new(SOURCE, "none").unwrap());
    let error = AnalyzeExpense::new(missing).send(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotFound, Stage::Call));
    assert_eq!((error.operation(), error.code()), (Some("AnalyzeExpense"), Some("InvalidS3ObjectException")));
    assert!(error.request_id().is_some() && error.to_string().starts_with("calling Textract: "));

    emulator.put_object(SOURCE, "letter.docx", "PK\x03\x04").unwrap();
    let letter = Input::object(S3Object::new(SOURCE, "letter.docx").unwrap());
    let error = DetectDocumentText::new(letter).send(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnsupportedDocument);
    assert_eq!(AnalyzeId::new(scan()).send(&clients).await.unwrap_err().kind(), ErrorKind::AccessDenied);

    emulator.inject(Fault::Throttle.on("DetectDocumentText"));
    let error = DetectDocumentText::new(scan()).send(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::Throttled, true));

    let quotas = Quotas { calls: CallQuotas::each(2.0), ..Quotas::default() };
    let (_emulator, clients) = running(Emulator::builder().quotas(quotas));
    for _ in 0..2 {
        AnalyzeExpense::new(scan()).send(&clients).await.unwrap();
    }
    let error = AnalyzeExpense::new(scan()).send(&clients).await.unwrap_err();
    assert_eq!(error.code(), Some("ProvisionedThroughputExceededException"));
    AnalyzeId::new(scan()).send(&clients).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn too_many_human_loops_are_throttling() {
    use aws_sdk_textract::operation::analyze_document::AnalyzeDocumentError;
    use aws_sdk_textract::types::error::HumanLoopQuotaExceededException;
    use aws_smithy_mocks::{RuleMode, mock, mock_client};

    let full = mock!(aws_sdk_textract::Client::analyze_document).then_error(|| {
        let meta = aws_sdk_textract::error::ErrorMetadata::builder().code("HumanLoopQuotaExceededException");
        let error = HumanLoopQuotaExceededException::builder().meta(meta.build()).build();
        AnalyzeDocumentError::HumanLoopQuotaExceededException(error)
    });
    let textract = mock_client!(aws_sdk_textract, RuleMode::MatchAny, [&full]);
    let clients = Clients::builder().with_clients(textract, mock_client!(aws_sdk_s3, [])).unwrap();
    let call = AnalyzeDocument::new(scan()).feature(Feature::Forms);
    let error = call.send(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Throttled, Stage::Call));
    assert!(error.to_string().contains("human loops"), "{error}");
}

#[tokio::test(start_paused = true)]
#[ignore = "needs INKSEAL_CORPUS"]
async fn recorded_identity_documents_come_back_through_the_call() {
    let mut skipped = BTreeSet::new();
    for (file, json) in responses("id") {
        let saved = IdentityDocument::parse_part(&json).unwrap();
        let (_emulator, clients) = running(Emulator::builder().response(Response::recorded(&json).unwrap()));
        let mut call = AnalyzeId::new(Input::object(object()));
        if saved.records.len() == 2 {
            call = call.back(scan()).unwrap();
        }
        let answer = call.send(&clients).await.unwrap();
        assert!(answer.head == saved.head, "{file}");
        let sent: Value = serde_json::from_slice(&json).unwrap();
        for (sent, read) in sent["IdentityDocuments"].as_array().unwrap().iter().zip(&answer.records) {
            compare(sent, &serde_json::to_value(read).unwrap(), &file, &mut skipped);
        }
        assert!(answer.records == saved.records, "{file}");
    }
    assert!(skipped.is_empty(), "{skipped:?}");
}

#[tokio::test(start_paused = true)]
#[ignore = "needs INKSEAL_CORPUS"]
async fn recorded_pages_come_back_through_the_calls() {
    for (file, json) in responses("blocks") {
        let saved = inkseal::Block::parse_part(&json).unwrap();
        let first = saved.records.iter().filter(|block| block.page().unwrap_or(1) == 1);
        let first: Vec<_> = first.map(|block| block.id().to_string()).collect();
        let (_emulator, clients) = running(Emulator::builder().response(Response::recorded(&json).unwrap()));
        let answer = DetectDocumentText::new(scan()).send(&clients).await.unwrap().into_part();
        let came: Vec<_> = answer.records.iter().map(|block| block.id().to_string()).collect();
        assert!(came == first, "{file}");
        if saved.records.iter().all(|block| block.page().is_none()) {
            assert!(answer.records == saved.records, "{file}");
        }
    }
    for (file, json) in responses("expense") {
        let (_emulator, clients) = running(Emulator::builder().response(Response::recorded(&json).unwrap()));
        let answer = AnalyzeExpense::new(scan()).send(&clients).await.unwrap();
        assert!(!answer.records.is_empty(), "{file}");
    }
}
