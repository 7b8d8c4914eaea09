//! The quickstart on a real page: what tesseract writes, and the whole way from a picture to a redacted one.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use image::codecs::jpeg::JpegEncoder;
use image::{DynamicImage, ImageFormat};
use inkseal::Document;
use inkseal::emulator::{Emulator, Scan};
use inkseal::synchronous::{DetectDocumentText, Input};
use proptest::prelude::*;

use crate::support;

#[path = "../../examples/quickstart/tsv.rs"]
mod tsv;

const LETTER: &[u8] = include_bytes!("../../examples/letter/letter.png");

/// What must not be read any more: an e-mail address, a telephone number, a card, and more.
const CANARIES: [&str; 6] = ["jane.doe@", "415-555", "4111", "536-90", "3704 0044", "help@"];
/// What is no personal data.
const REST: [&str; 3] = ["Example Bank", "as you asked", "Your Example"];

/// What tesseract wrote of a letter, shortened.
const TSV: &str =
    "level\tpage_num\tblock_num\tpar_num\tline_num\tword_num\tleft\ttop\twidth\theight\tconf\ttext
1\t1\t0\t0\t0\t0\t0\t0\t900\t640\t-1\t
2\t1\t1\t0\t0\t0\t63\t55\t729\t29\t-1\t
3\t1\t1\t1\t0\t0\t63\t55\t729\t29\t-1\t
4\t1\t1\t1\t1\t0\t63\t55\t729\t29\t-1\t
5\t1\t1\t1\t1\t1\t63\t55\t139\t29\t96.229332\t\"Example
5\t1\t1\t1\t1\t2\t217\t55\t81\t23\t96\tBank\"
4\t1\t1\t1\t2\t0\t622\t66\t170\t18\t-1\t
5\t1\t1\t1\t2\t1\t622\t66\t19\t13\t95.5\t12
5\t1\t1\t1\t2\t2\t650\t66\t19\t13\t95\t 
2\t1\t2\t0\t0\t0\t5\t100\t800\t3\t-1\t
3\t1\t2\t1\t0\t0\t5\t100\t800\t3\t-1\t
4\t1\t2\t1\t1\t0\t5\t100\t800\t3\t-1\t
5\t1\t2\t1\t1\t1\t5\t100\t800\t3\t95.000000\t 
";

/// A TSV as the crate sees it.
fn seen(tsv: &[u8]) -> Document {
    let scan = Scan::new().page(tsv::page(tsv).unwrap());
    let emulator = Emulator::builder().reader(move |_| std::future::ready(scan.clone())).build().unwrap();
    let clients = support::clients(&emulator);
    let runtime =
        tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
    let call = DetectDocumentText::new(Input::bytes(LETTER).unwrap());
    runtime.block_on(async { call.send(&clients).await.unwrap() })
}

#[test]
fn lines_and_words_of_a_tsv() {
    let document = seen(TSV.as_bytes());
    let lines: Vec<&str> = document.lines().map(|line| line.text()).collect();
    assert_eq!(lines, ["\"Example Bank\"", "12"], "quotation marks are letters, and rules are no lines");
    let bank = document.words().nth(1).unwrap();
    assert_eq!(bank.block().confidence(), Some(96.0));
    let place = bank.bounding_box().unwrap();
    let ratios = [217.0 / 900.0, 55.0 / 640.0, 81.0 / 900.0, 23.0 / 640.0];
    for (seen, ratio) in [place.left, place.top, place.width, place.height].into_iter().zip(ratios) {
        assert!((seen - ratio).abs() < 1e-6, "{place:?}");
    }
}

#[test]
fn an_empty_page_is_a_page() {
    let blank = TSV.lines().take(2).collect::<Vec<_>>().join("\n");
    let document = seen(blank.as_bytes());
    assert_eq!((document.pages().count(), document.lines().count()), (1, 0));
}

#[test]
fn what_is_no_tsv_is_refused_without_its_text() {
    let (header, page) = TSV.split_once('\n').unwrap();
    let page = page.lines().next().unwrap();
    for (tsv, why) in [
        (String::new(), "no page"),
        (format!("{header}\n"), "no page"),
        (format!("{header}\n{page}\n{page}"), "several pages"),
        (format!("{header}\n{page}\nJane Doe"), "line 3"),
        (format!("{header}\n{page}\n5\t1\t1\t1\t1\t1\tJane\t55\t139\t29\t96\tDoe"), "line 3"),
        (format!("{header}\n1\t1\t0\t0\t0\t0\t0\t0\t0\t640\t-1\t"), "0 by 640 pixels"),
        (format!("Jane Doe\n{page}"), "line 2"),
    ] {
        let error = tsv::page(tsv.as_bytes()).unwrap_err();
        let told = format!("{error:#}");
        assert!(told.contains(why) && !told.contains("Jane"), "{told}");
    }
    let bytes =
        [header.as_bytes(), b"\n", page.as_bytes(), b"\n5\t1\t1\t1\t1\t1\t1\t1\t1\t1\t1\t\xff\n"].concat();
    assert!(tsv::page(&bytes).is_err(), "no UTF-8");
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::with_cases(64) })]

    #[test]
    fn every_word_of_a_tsv_comes_through(
        lines in prop::collection::vec((1_u32..3, prop::collection::vec("[!-~é-ヿ]{1,8}", 1..5)), 0..9),
    ) {
        let mut tsv: String = TSV.lines().take(2).map(|line| format!("{line}\n")).collect();
        let (mut block, mut number) = (1, 0);
        for (new_block, words) in &lines {
            // Lines are counted anew in each block.
            (block, number) = if *new_block == 1 { (block + 1, 1) } else { (block, number + 1) };
            tsv += &format!("4\t1\t{block}\t1\t{number}\t0\t0\t0\t1\t1\t-1\t\n");
            for (at, word) in (1..).zip(words) {
                tsv += &format!("5\t1\t{block}\t1\t{number}\t{at}\t{at}\t{number}\t9\t9\t88.5\t{word}\n");
            }
        }
        let document = seen(tsv.as_bytes());
        let texts: Vec<_> = document.lines().map(|line| line.text().to_owned()).collect();
        let expected: Vec<_> = lines.iter().map(|(_, words)| words.join(" ")).collect();
        prop_assert_eq!(texts, expected);
    }

    #[test]
    fn no_bytes_bring_the_reading_down(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let header = TSV.lines().next().unwrap().as_bytes();
        let _ = tsv::page(&[header, b"\n", &bytes].concat());
    }
}

/// The example, with these arguments.
fn quickstart(arguments: &[&Path]) -> Command {
    let tests = std::env::current_exe().unwrap();
    let example = tests.parent().and_then(Path::parent).unwrap().join("examples/quickstart");
    let example = example.with_extension(std::env::consts::EXE_EXTENSION);
    assert!(example.is_file(), "build it first: cargo build --example quickstart");
    let mut command = Command::new(example);
    command.args(arguments);
    command
}

/// A file of this name with these bytes.
fn file(name: &str, bytes: &[u8]) -> PathBuf {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("quickstart");
    std::fs::create_dir_all(&folder).unwrap();
    let file = folder.join(name);
    std::fs::write(&file, bytes).unwrap();
    file
}

fn encoded(picture: &DynamicImage, format: ImageFormat) -> Vec<u8> {
    let mut bytes = Cursor::new(Vec::new());
    picture.write_to(&mut bytes, format).unwrap();
    bytes.into_inner()
}

/// What tesseract reads in an image, page after page.
fn read(image: &Path) -> String {
    let mut tesseract = Command::new("tesseract");
    let tesseract = tesseract.arg(image).args(["stdout", "-l", "eng"]).env("OMP_THREAD_LIMIT", "1");
    let output = tesseract.output().unwrap();
    assert!(output.status.success(), "tesseract needs English");
    String::from_utf8(output.stdout).unwrap()
}

fn told(output: &Output) -> String {
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    let told = String::from_utf8(output.stdout.clone()).unwrap();
    assert!(CANARIES.iter().chain(&["Jane", "Example"]).all(|text| !told.contains(text)), "{told}");
    told
}

fn assert_read(image: &Path, texts: &[&str]) {
    let read = read(image);
    assert!(texts.iter().all(|text| read.contains(text)), "{}: {read}", image.display());
}

fn assert_burned(image: &Path) {
    let read = read(image);
    assert_eq!(CANARIES.iter().find(|canary| read.contains(**canary)), None, "{}", image.display());
    assert!(REST.iter().all(|text| read.contains(text)), "{}: {read}", image.display());
}

/// A PDF of pages that each show this JPEG, at a hundred pixels an inch.
fn pdf(jpeg: &[u8], (width, height): (u32, u32), pages: usize) -> Vec<u8> {
    let kids: String = (0..pages).map(|page| format!("{} 0 R ", page + 5)).collect();
    let (points_wide, points_high) = (f64::from(width) * 0.72, f64::from(height) * 0.72);
    let show = format!("{points_wide} 0 0 {points_high} 0 0 cm /I Do");
    let image = format!(
        "<</Type/XObject/Subtype/Image/Width {width}/Height {height}/ColorSpace/DeviceGray/BitsPerComponent 8\
         /Filter/DCTDecode/Length {}>>stream\n",
        jpeg.len()
    );
    let mut objects = vec![
        b"<</Type/Catalog/Pages 2 0 R>>".to_vec(),
        format!("<</Type/Pages/Kids[{kids}]/Count {pages}>>").into_bytes(),
        format!("<</Length {}>>stream\n{show}\nendstream", show.len()).into_bytes(),
        [image.as_bytes(), jpeg, b"\nendstream"].concat(),
    ];
    let page = format!(
        "<</Type/Page/Parent 2 0 R/MediaBox[0 0 {points_wide} {points_high}]/Contents 3 0 R/Resources<</XObject<</I 4 0 R>>>>>>"
    );
    objects.resize(4 + pages, page.into_bytes());
    let (mut pdf, mut table) = (b"%PDF-1.4\n".to_vec(), String::from("0000000000 65535 f \n"));
    for (number, object) in (1..).zip(&objects) {
        table += &format!("{:010} 00000 n \n", pdf.len());
        pdf.extend([format!("{number} 0 obj\n").as_bytes(), object, b"\nendobj\n"].concat());
    }
    let (size, at) = (objects.len() + 1, pdf.len());
    pdf.extend(
        format!("xref\n0 {size}\n{table}trailer\n<</Size {size}/Root 1 0 R>>\nstartxref\n{at}\n%%EOF\n")
            .bytes(),
    );
    pdf
}

#[test]
#[ignore = "needs tesseract with English, and the example built"]
fn an_ocr_reads_a_picture_and_no_more_what_was_burned() {
    let letter = DynamicImage::from(image::load_from_memory(LETTER).unwrap().into_luma8());
    for (format, name) in [
        (ImageFormat::Png, "letter.png"),
        (ImageFormat::Jpeg, "letter.jpg"),
        (ImageFormat::Tiff, "letter.tiff"),
    ] {
        let before = file(name, &encoded(&letter, format));
        let after = before.with_file_name(format!("redacted-{name}"));
        assert_read(&before, &CANARIES);
        let output = quickstart(&[&before, "--redacted-out".as_ref(), &after]).output().unwrap();
        let told = told(&output);
        assert!(told.contains("CREDIT_DEBIT_NUMBER 1") && told.contains("EMAIL 2"), "{told}");
        assert!(told.contains("PHONE 1") && told.contains("SSN 1"), "{told}");
        assert_eq!(image::guess_format(&std::fs::read(&after).unwrap()).unwrap(), format);
        assert_burned(&after);
    }
}

#[test]
#[ignore = "needs tesseract with English, and the example built"]
fn an_ocr_reads_every_page_of_a_tiff() {
    let letter = image::load_from_memory(LETTER).unwrap().into_luma8();
    let turned = image::imageops::rotate90(&letter);
    let mut tiff = Cursor::new(Vec::new());
    let mut encoder = tiff::encoder::TiffEncoder::new(&mut tiff).unwrap();
    for page in [&letter, &turned] {
        encoder.write_image::<tiff::encoder::colortype::Gray8>(page.width(), page.height(), page).unwrap();
    }
    let before = file("two.tif", &tiff.into_inner());
    let after = before.with_file_name("redacted-two.tif");
    let output = quickstart(&[&before, "--redacted-out".as_ref(), &after]).output().unwrap();
    let told = told(&output);
    assert!(told.contains("EMAIL 4") && told.contains("PHONE 2"), "{told}");
    assert!(told.contains("TIFF with 2 pages"), "{told}");
    assert_burned(&after);
    // The second page lies on its side: upright it is read again.
    let pages = std::fs::read(&after).unwrap();
    let mut decoder = tiff::decoder::Decoder::new(Cursor::new(pages)).unwrap();
    decoder.next_image().unwrap();
    let (width, height) = decoder.dimensions().unwrap();
    let tiff::decoder::DecodingResult::U8(pixels) = decoder.read_image().unwrap() else { panic!("not gray") };
    let page = image::GrayImage::from_raw(width, height, pixels).unwrap();
    let upright = DynamicImage::from(image::imageops::rotate270(&page));
    assert_burned(&file("redacted-two-2.png", &encoded(&upright, ImageFormat::Png)));
}

#[test]
#[ignore = "needs tesseract with English, pdftoppm, and the example built"]
fn an_ocr_reads_the_first_pages_of_a_pdf() {
    let letter = DynamicImage::from(image::load_from_memory(LETTER).unwrap().into_luma8());
    let jpeg = encoded(&letter, ImageFormat::Jpeg);
    let before = file("letter.pdf", &pdf(&jpeg, (letter.width(), letter.height()), 3));
    let after = before.with_file_name("redacted.v1.png");
    let third = before.with_file_name("redacted.v1-3.png");
    let _ = std::fs::remove_file(&third);
    let arguments = [&*before, "--pages".as_ref(), "2".as_ref(), "--redacted-out".as_ref(), &after];
    let told = told(&quickstart(&arguments).output().unwrap());
    assert!(told.contains("completed 2 pages") && told.contains("EMAIL 4"), "{told}");
    for page in [after, before.with_file_name("redacted.v1-2.png")] {
        assert_burned(&page);
    }
    assert!(!third.exists());

    // A poster of twenty metres is read at fewer dots per inch.
    let poster = file("poster.pdf", &pdf(&jpeg, (80_000, 60_000), 1));
    let found = self::told(&quickstart(&[&poster]).output().unwrap());
    assert!(found.contains("completed 1 pages"), "{found}");

    let broken = quickstart(&[&file("broken.pdf", b"%PDF-1.7")]).output().unwrap();
    assert_eq!(broken.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&broken.stderr).contains("the PDF cannot be rendered"));
}

#[test]
#[ignore = "needs tesseract with English, and the example built"]
fn an_ocr_reads_a_turned_photo_and_finds_a_blank_page_blank() {
    let letter = DynamicImage::from(image::load_from_memory(LETTER).unwrap().into_luma8());
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 95).encode_image(&letter.rotate270()).unwrap();
    // To be shown turned by a quarter, as EXIF counts.
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let before = file("photo.jpg", &[&jpeg[..2], exif, &jpeg[2..]].concat());
    let after = before.with_file_name("redacted-photo.jpg");
    let found = told(&quickstart(&[&before, "--redacted-out".as_ref(), &after]).output().unwrap());
    assert!(found.contains("EMAIL 2") && found.contains("PHONE 1"), "{found}");
    assert_burned(&after);

    let blank = DynamicImage::from(image::GrayImage::from_pixel(400, 300, image::Luma([255])));
    let blank = file("blank.png", &encoded(&blank, ImageFormat::Png));
    let told = told(&quickstart(&[&blank]).output().unwrap());
    assert!(told.contains("page 1: 1 blocks, 0 lines") && told.contains("found     nothing"), "{told}");
}

#[test]
#[ignore = "needs tesseract with English, and the example built"]
fn an_ocr_is_not_asked_for_what_it_cannot_read() {
    let text = file("letter.txt", b"Jane Doe");
    let whole = file("whole.png", LETTER);
    let half = file("half.png", &LETTER[..LETTER.len() / 2]);
    let klingon: &[&Path] = &[&whole, "--lang".as_ref(), "eng+tlh".as_ref()];
    let misnamed: &[&Path] = &[&whole, "--redacted-out".as_ref(), "out.pdf".as_ref()];
    for (arguments, why) in [
        (misnamed, "so its name must end in .png"),
        (&[&*text][..], "not a PNG, JPEG, TIFF or PDF"),
        (&[&*half], "the PNG image is broken, or not whole"),
        (klingon, "tesseract does not know the language `tlh`"),
    ] {
        let output = quickstart(arguments).output().unwrap();
        assert_eq!(output.status.code(), Some(1));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(why) && told.lines().count() == 1, "{told}");
    }
}

#[test]
#[ignore = "needs the example built"]
fn an_ocr_that_is_missing_is_told_with_how_to_get_it() {
    let pdf = file("missing.pdf", b"%PDF-1.7");
    let png = file("missing.png", LETTER);
    for (picture, program, packages) in [
        (png, "`tesseract`", ["apt-get install tesseract-ocr", "brew install tesseract", "winget install"]),
        (pdf, "`pdftoppm`", ["apt-get install poppler-utils", "brew install poppler", "winget install"]),
    ] {
        let output = quickstart(&[&picture]).env("PATH", env!("CARGO_TARGET_TMPDIR")).output().unwrap();
        assert_eq!(output.status.code(), Some(3));
        let told = String::from_utf8(output.stderr).unwrap();
        assert!(told.contains(program) && packages.iter().all(|how| told.contains(how)), "{told}");
        assert_eq!(told.lines().count(), 1, "{told}");
        assert!(output.stdout.is_empty());
    }
}
