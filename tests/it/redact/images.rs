//! Images of pages, read again by an independent OCR.

use std::io::{Cursor, Write};
use std::process::{Command, Stdio};

use image::ImageFormat;
use inkseal::Document;
use inkseal::redact::{ImageRedaction, PatternDetector, PiiType, Redactor};

const LETTER: &[u8] = include_bytes!("../../../examples/letter/letter.png");
const RESPONSE: &[u8] = include_bytes!("../../../examples/letter/letter.json");

/// What must no longer be readable.
const CANARIES: [&str; 9] =
    ["Jane", "Doe", "415-555", "jane.doe@", "536-90", "DE89", "3704 0044", "4111", "जेन"];
/// What is not personal data, in lines without any: next to black boxes an OCR reads all sorts of things.
const REST: [&str; 3] = ["Example Bank", "as you asked", "Your Example"];

/// The text that tesseract reads in an image.
fn ocr(image: &[u8]) -> String {
    let mut tesseract = Command::new("tesseract");
    let tesseract = tesseract.args(["stdin", "stdout", "-l", "eng+hin"]);
    let tesseract = tesseract.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::null());
    let mut running = tesseract.spawn().expect("tesseract, which this test needs");
    running.stdin.take().unwrap().write_all(image).unwrap();
    let output = running.wait_with_output().unwrap();
    assert!(output.status.success(), "tesseract needs English and Hindi");
    String::from_utf8(output.stdout).unwrap()
}

#[tokio::test]
#[ignore = "needs tesseract with English and Hindi"]
async fn an_ocr_finds_nothing_that_was_burned() {
    let names = ["Jane Doe", "जेन डो"];
    let detector = PatternDetector::builder().deny(PiiType::Name, names).build().unwrap();
    let redactor = Redactor::builder(detector).build().unwrap();
    let (redacted, _) = Document::from_json(RESPONSE).unwrap().redact(&redactor).await.unwrap();
    let places = redacted.places_on(1).unwrap();
    let letter = image::load_from_memory(LETTER).unwrap().into_luma8();
    for format in [ImageFormat::Png, ImageFormat::Jpeg, ImageFormat::Tiff] {
        let mut before = Cursor::new(Vec::new());
        letter.write_to(&mut before, format).unwrap();
        let before = before.into_inner();
        let read = ocr(&before);
        assert!(CANARIES.iter().chain(&REST).all(|text| read.contains(text)), "{format:?}: {read}");
        let after = ImageRedaction::new().redact(&before, places.iter().copied()).unwrap();
        let read = ocr(after.bytes());
        assert_eq!(CANARIES.iter().find(|canary| read.contains(**canary)), None, "{format:?}");
        assert!(REST.iter().all(|text| read.contains(text)), "{format:?}: {read}");
    }
}
