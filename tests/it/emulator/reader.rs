//! Documents that are read, and what a reader gives back as Textract would.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use aws_sdk_textract::primitives::Blob;
use aws_sdk_textract::types::{BlockType, Document, S3Object};
use futures::TryStreamExt;
use inkseal::block::{BlockKind, BoundingBox, PageSize, PixelBox, TextType};
use inkseal::emulator::{FamilyQuotas, Quotas, Response, Scan, ScannedPage, ScannedWord, Synthetic};
use inkseal::{PageBlocks, SecureJob};
use proptest::prelude::*;

use super::*;
use crate::support;

const SCAN: &[u8] = b"%PDF-1.7";

fn size() -> PageSize {
    PageSize::new(1000, 500).unwrap()
}

fn word(text: &str, left: u32) -> ScannedWord {
    ScannedWord::new(text, PixelBox { left, top: 100, width: 40, height: 20 }, 90.0)
}

/// A page that says how many bytes its document has.
fn measured(bytes: &[u8]) -> ScannedPage {
    ScannedPage::new(size()).line([word(&bytes.len().to_string(), 50), word("bytes", 100)])
}

fn of_bytes(bytes: &'static [u8]) -> Document {
    Document::builder().bytes(Blob::new(bytes)).build()
}

fn of_object(key: &str) -> Document {
    Document::builder().s3_object(S3Object::builder().bucket("documents").name(key).build()).build()
}

#[tokio::test(start_paused = true)]
async fn jobs_and_calls_are_answered_with_what_is_read() {
    let emulator =
        sealed().reader(async |bytes| Scan::new().page(measured(&bytes)).page(ScannedPage::new(size())));
    // A reader comes before a response for all documents.
    let emulator = emulator.response(Synthetic::pages(3)).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let get = clients.textract.get_document_analysis().job_id(id).send().await.unwrap();
    assert_eq!(get.document_metadata().unwrap().pages(), Some(2));
    let told: Vec<_> =
        get.blocks().iter().map(|block| (block.block_type(), block.page(), block.text())).collect();
    let [page, line, word] = [BlockType::Page, BlockType::Line, BlockType::Word];
    assert_eq!(
        told,
        [
            (Some(&page), Some(1), None),
            (Some(&line), Some(1), Some("8 bytes")),
            (Some(&word), Some(1), Some("8")),
            (Some(&word), Some(1), Some("bytes")),
            (Some(&page), Some(2), None),
        ]
    );
    for document in [of_bytes(b"\x89PNG\r\n\x1a\n...."), of_object("scan.pdf")] {
        let length = document.bytes().map_or(SCAN.len(), |bytes| bytes.as_ref().len());
        let call = clients.textract.detect_document_text().document(document.clone()).send().await.unwrap();
        assert_eq!(call.blocks()[1].text(), Some(&*format!("{length} bytes")));
        let analyze =
            clients.textract.analyze_document().document(document).feature_types(FeatureType::Layout);
        assert_eq!(analyze.send().await.unwrap().blocks().len(), 4, "the first page");
    }
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_asked_where_there_is_something_to_read() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let emulator =
        sealed().response_for("known.pdf", Synthetic::pages(1)).object("documents", "known.pdf", SCAN);
    let emulator = emulator.reader(move |bytes| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { Scan::new().page(measured(&bytes)) }
    });
    let textract = Clients::new(&emulator.build().unwrap()).textract;
    let start = |key| textract.start_document_text_detection().document_location(location(key));
    let times = || asked.swap(0, Ordering::Relaxed);

    start("scan.pdf").client_request_token("once").send().await.unwrap();
    start("scan.pdf").client_request_token("once").send().await.unwrap();
    assert_eq!(times(), 1, "the second is the same job");
    assert_eq!(refused(start("none.pdf").send().await), "InvalidS3ObjectException");
    assert_eq!(refused(start("scan.pdf").job_tag("").send().await), "InvalidParameterException");
    start("known.pdf").send().await.unwrap();
    textract.detect_document_text().document(of_object("known.pdf")).send().await.unwrap();
    assert_eq!(
        refused(textract.detect_document_text().document(of_bytes(b"GIF89a")).send().await),
        "UnsupportedDocumentException"
    );
    // Whatever else refuses a job does so before it is read.
    let sealed = |bucket: &str, key: &str| {
        let output = OutputConfig::builder().s3_bucket(bucket).build().unwrap();
        start("scan.pdf").output_config(output).kms_key_id(key).send()
    };
    assert_eq!(refused(sealed("results", "alias/none").await), "InvalidKMSKeyException");
    assert_eq!(refused(sealed("none", KEY).await), "InvalidS3ObjectException");
    let mut analyze = textract.analyze_document().document(of_bytes(SCAN));
    assert_eq!(refused(analyze.clone().send().await), "InvalidParameterException", "no feature");
    analyze = analyze.feature_types(FeatureType::Queries);
    assert_eq!(refused(analyze.send().await), "InvalidParameterException", "no query");
    // Blocks would not fit these.
    textract.start_expense_analysis().document_location(location("scan.pdf")).send().await.unwrap();
    let expense = textract.analyze_expense().document(of_bytes(SCAN)).send().await;
    let id = textract.analyze_id().document_pages(of_bytes(SCAN)).send().await;
    assert_eq!([refused(expense), refused(id)], ["BadDocumentException"; 2]);
    assert_eq!(times(), 0);
}

#[tokio::test(start_paused = true)]
async fn a_reader_is_not_asked_beyond_the_quotas() {
    let asked = Arc::new(AtomicUsize::new(0));
    let counted = Arc::clone(&asked);
    let reader = move |bytes: bytes::Bytes| {
        counted.fetch_add(1, Ordering::Relaxed);
        async move { Scan::new().page(measured(&bytes)) }
    };
    let text = FamilyQuotas { start_per_second: Some(2.0), concurrent_jobs: Some(1), ..Default::default() };
    let quotas = Quotas { text, ..Quotas::default() };
    let emulator = sealed().reader(reader).quotas(quotas).job_duration(Duration::from_secs(60));
    let textract = Clients::new(&emulator.build().unwrap()).textract;
    let start = || textract.start_document_text_detection().document_location(location("scan.pdf")).send();
    start().await.unwrap();
    assert_eq!(refused(start().await), "LimitExceededException");
    assert_eq!(refused(start().await), "ProvisionedThroughputExceededException");
    assert_eq!(asked.load(Ordering::Relaxed), 1);
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_read_is_a_job_that_fails() {
    for (response, message) in [
        (Response::failed("the ink is dry"), "the ink is dry"),
        (Response::recorded(r#"{"Results": []}"#).unwrap(), "the reader read Results and no Blocks"),
    ] {
        let emulator = sealed().reader(move |_| std::future::ready(response.clone())).build().unwrap();
        let clients = Clients::new(&emulator);
        let id = clients.start().await;
        let get = clients.textract.get_document_analysis().job_id(id).send().await.unwrap();
        assert_eq!(get.job_status().unwrap().as_str(), "FAILED");
        assert_eq!(get.status_message(), Some(message));
        let call = clients.textract.detect_document_text().document(of_bytes(SCAN)).send().await.unwrap_err();
        assert_eq!(call.message(), Some(message));
        assert_eq!(call.code(), Some("BadDocumentException"));
    }
}

#[tokio::test(start_paused = true)]
async fn an_ocr_may_take_its_time() {
    let emulator = support::emulator().reader(async |bytes: bytes::Bytes| {
        tokio::time::sleep(Duration::from_secs(600)).await;
        Scan::new().page(measured(&bytes))
    });
    let pages = pages_of(emulator).await;
    assert_eq!(pages.len(), 1);
}

/// The pages that a sealed job finds.
async fn pages_of(emulator: EmulatorBuilder) -> Vec<PageBlocks> {
    let clients = support::clients(&emulator.build().unwrap());
    let job = support::seal(SecureJob::text_detection(support::input()));
    support::complete(job, &clients).await.pages(&clients).try_collect().await.unwrap()
}

#[test]
fn words_are_held_to_the_page_and_told_to_nobody() {
    let far = ScannedWord::new("far", PixelBox { left: u32::MAX, top: 0, width: u32::MAX, height: 9 }, 900.0);
    let none = ScannedWord::new("none", PixelBox::default(), f32::NAN).handwritten();
    let page = ScannedPage::new(size()).line([far, none, word(" \u{a0}", 3)]).line([word("\t", 3)]).line([]);
    let scan = Scan::from_iter([page]);
    assert!(!format!("{scan:?}").contains("none"));
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let reader = move |_| std::future::ready(scan.clone());
    let pages = runtime.block_on(pages_of(support::emulator().reader(reader)));
    let [page, line, far, none] = &pages[0].blocks[..] else { panic!("blank words were not left out") };
    assert_eq!((page.kind(), page.children().count()), (&BlockKind::Page, 1));
    assert_eq!((line.text(), line.confidence()), (Some("far none"), Some(50.0)));
    assert_eq!((far.confidence(), none.confidence()), (Some(100.0), Some(0.0)));
    assert_eq!((far.text_type(), none.text_type()), (Some(&TextType::Printed), Some(&TextType::Handwriting)));
    let place = far.geometry().unwrap().bounding_box.unwrap();
    assert_eq!([place.left, place.width, place.top, place.height], [1.0, 0.0, 0.0, 0.018]);
}

/// The lines of a page, of words: text, place and confidence.
type Lines = Vec<Vec<(String, PixelBox, f32)>>;

fn lines() -> impl Strategy<Value = Lines> {
    let place = (0_u32..1000, 0_u32..500).prop_flat_map(|(left, top)| {
        (1..=1000 - left, 1..=500 - top).prop_map(move |(width, height)| PixelBox {
            left,
            top,
            width,
            height,
        })
    });
    // With characters that JSON escapes, and characters of more than one byte.
    let word = (
        "[\"\\\\\u{1}-~é-ヿ𝄞]{1,12}".prop_filter("blank", |text| !text.trim().is_empty()),
        place,
        0.0_f32..=100.0,
    );
    prop::collection::vec(prop::collection::vec(word, 1..6), 0..8)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn what_was_scanned_comes_back(pages in prop::collection::vec(lines(), 1..4)) {
        let scanned = |(text, place, confidence): &(String, _, _)| ScannedWord::new(text.as_str(), *place, *confidence);
        let page = |lines: &Lines| {
            lines.iter().fold(ScannedPage::new(size()), |page, words| page.line(words.iter().map(scanned)))
        };
        let scan: Scan = pages.iter().map(page).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        let reader = move |_| std::future::ready(scan.clone());
        let seen = runtime.block_on(pages_of(support::emulator().reader(reader)));
        prop_assert_eq!(seen.len(), pages.len());
        for (number, (seen, lines)) in (1..).zip(seen.into_iter().zip(&pages)) {
            prop_assert_eq!(seen.number, number);
            let document = inkseal::Document::from(seen);
            let page = document.pages().next().unwrap();
            prop_assert_eq!(page.lines().count(), lines.len());
            for (line, words) in page.lines().zip(lines) {
                let texts: Vec<_> = words.iter().map(|(text, ..)| text.as_str()).collect();
                prop_assert_eq!(line.text(), texts.join(" "));
                prop_assert_eq!(line.words().map(|word| word.text()).collect::<Vec<_>>(), texts);
                let around = line.bounding_box().unwrap();
                for (word, (_, place, confidence)) in line.words().zip(words) {
                    prop_assert_eq!(word.block().confidence(), Some(*confidence));
                    let geometry = word.block().geometry().unwrap();
                    let boxed = geometry.bounding_box.unwrap();
                    let outline = geometry.polygon.bounding_box().unwrap();
                    let edges = |of: &BoundingBox| [of.left, of.top, of.right(), of.bottom()];
                    let apart = edges(&outline).into_iter().zip(edges(&boxed)).map(|(one, other)| (one - other).abs());
                    prop_assert!(apart.into_iter().all(|apart| apart < 1e-6));
                    let seen = boxed.to_pixels(size());
                    // Every pixel, and at most one more on each side.
                    prop_assert!(seen.left <= place.left && seen.left + 1 >= place.left);
                    prop_assert!(seen.top <= place.top && seen.top + 1 >= place.top);
                    prop_assert!(seen.right() >= place.right() && seen.right() <= place.right() + 1);
                    prop_assert!(seen.bottom() >= place.bottom() && seen.bottom() <= place.bottom() + 1);
                    let line = around.to_pixels(size());
                    prop_assert!(line.left <= place.left && line.right() >= place.right());
                    prop_assert!(line.top <= place.top && line.bottom() >= place.bottom());
                }
            }
        }
    }
}
