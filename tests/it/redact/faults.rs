//! The stage fails closed.

use std::time::Duration;

use futures::future::BoxFuture;
use futures::{StreamExt, TryStreamExt};
use inkseal::ErrorKind;
use inkseal::redact::UnionDetector;
use inkseal::redact::{
    Detection, DetectorError, EncryptionKey, Operator, PiiDetector, PiiSpan, PiiType, Redactor,
};
use serde_json::json;

use super::{Planted, Told, document, lines, spans, stage};
use crate::support::{analysis, clients, complete, emulator};

async fn error_of(redactor: &Redactor) -> inkseal::Error {
    let page = document(json!(lines(1, &["Jane Doe"])));
    page.redact(redactor).await.expect_err("it fails closed")
}

fn name(range: std::ops::Range<usize>, score: f32) -> PiiSpan {
    PiiSpan::new(PiiType::Name, range, score)
}

#[tokio::test]
async fn nonsense_is_an_error() {
    #[expect(clippy::reversed_empty_ranges, reason = "nonsense is what is wanted")]
    let nonsense = [
        vec![name(0..9, 1.0)],
        vec![name(8..9, 1.0)],
        vec![name(3..3, 1.0)],
        vec![name(4..2, 1.0)],
        vec![name(0..usize::MAX, 1.0)],
        vec![name(4..5, 1.0), name(0..2, 1.0)],
        vec![name(0..2, f32::NAN)],
        vec![name(0..2, -0.1)],
        vec![name(0..2, 1.1)],
        vec![name(0..2, f32::INFINITY)],
        vec![PiiSpan::new(PiiType::from("Jane Doe"), 0..8, 1.0)],
        vec![PiiSpan::new(PiiType::from("N".repeat(65).as_str()), 0..8, 1.0)],
    ];
    for list in nonsense {
        for in_union in [false, true] {
            let detector = spans(list.clone());
            let redactor = match in_union {
                true => stage(UnionDetector::new().with(Planted::name("Jane")).with(detector)),
                false => stage(detector),
            };
            let error = error_of(&redactor.build().unwrap()).await;
            assert_eq!(error.kind(), ErrorKind::DetectorFailed, "{list:?}");
            assert!(error.to_string().contains("page 1"), "{error}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_failure_and_a_timeout_name_the_page_and_the_detector() {
    let failing =
        Told(|_: &str| Box::pin(async { Err(DetectorError::new("out of order")) }) as BoxFuture<'static, _>);
    let error = error_of(&stage(failing).build().unwrap()).await;
    assert_eq!(error.to_string(), "redacting: page 1: the detector `told` failed");
    assert_eq!(std::error::Error::source(&error).unwrap().to_string(), "out of order");
    let slow = Told(|_: &str| {
        Box::pin(std::future::pending()) as BoxFuture<'static, Result<Detection, DetectorError>>
    });
    let error = error_of(&stage(slow).timeout(Duration::from_secs(7)).build().unwrap()).await;
    assert_eq!(error.to_string(), "redacting: page 1: the detector `told` did not answer in time");
    assert_eq!(error.kind(), ErrorKind::DeadlineExceeded);
}

#[tokio::test]
async fn nothing_of_a_page_comes_out_that_was_not_looked_at() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let failing = |page: u32| {
        let seen = std::sync::atomic::AtomicU32::new(0);
        Told(move |_: &str| {
            let number = seen.fetch_add(1, std::sync::atomic::Ordering::Relaxed) + 1;
            let answer =
                if number == page { Err(DetectorError::new("broken")) } else { Ok(Detection::default()) };
            Box::pin(async { answer }) as BoxFuture<'static, _>
        })
    };
    for page in 1..=3 {
        let redactor = stage(failing(page)).build().unwrap();
        let mut pages = job.pages(&clients).redact(&redactor);
        for number in 1..page {
            assert_eq!(pages.try_next().await.unwrap().unwrap().number, number);
        }
        let error = pages.try_next().await.unwrap_err();
        assert!(error.to_string().contains(&format!("page {page}:")), "{error}");
        assert!(pages.next().await.is_none() && pages.next().await.is_none(), "fused");
        assert!(pages.completeness().is_none());

        let redactor = stage(failing(page)).build().unwrap();
        let blocks: Vec<_> = job.blocks(&clients).redact(&redactor).collect().await;
        assert!(blocks.last().unwrap().is_err());
        let seen = blocks.iter().flatten().filter_map(|block| block.page()).max();
        assert_eq!(seen.unwrap_or_default(), page - 1);
    }
}

#[tokio::test]
async fn an_error_of_the_source_ends_the_stream() {
    let emulator =
        emulator().fault(inkseal::emulator::Fault::WrongKey.on("GetObject").key("/3")).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let redactor = stage(Planted::name("Jane")).build().unwrap();
    let items: Vec<_> = job.pages(&clients).redact(&redactor).collect().await;
    let (last, before) = items.split_last().unwrap();
    assert_eq!(last.as_ref().unwrap_err().kind(), ErrorKind::NotSealed);
    assert!(before.iter().all(Result::is_ok));
}

#[tokio::test]
async fn what_could_not_be_redacted_is_a_leak() {
    // The type of a block that is not known: it is not text, so nothing is put in its place, and it must not come out.
    let mut blocks = lines(1, &["Jane-Doe-1234"]);
    blocks.push(json!({"BlockType": "Jane-Doe-1234", "Id": "x"}));
    let redactor = stage(Planted::name("Jane-Doe-1234")).build().unwrap();
    let error = document(json!(blocks)).redact(&redactor).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Leak);
    assert!(
        error.to_string().contains("page 1") && !format!("{error} {error:?}").contains("Jane"),
        "{error}"
    );
}

#[tokio::test]
async fn encryption_needs_the_name_of_the_document() {
    let key = EncryptionKey::new([3; 32]);
    let redactor = stage(Planted::name("Jane Doe")).others(Operator::encrypt(key.clone())).build().unwrap();
    assert_eq!(error_of(&redactor).await.kind(), ErrorKind::InvalidInput);
    let page = document(json!(lines(1, &["Dear Jane Doe,"])));
    let (redacted, _) = page.redact(&redactor.for_document("letter")).await.unwrap();
    let words: Vec<_> =
        redacted.words().skip(1).map(|word| key.decrypt("letter", 1, word.text()).unwrap()).collect();
    assert_eq!(words, ["Jane", "Doe,"]);
}

#[test]
fn settings_that_cannot_be() {
    let builder = || stage(Planted::name("Jane"));
    for settings in [
        builder().min_score(1.5),
        builder().min_score(f32::NAN),
        builder().min_score_of(PiiType::Age, -0.5),
        builder().timeout(Duration::ZERO),
        builder().parallel(0),
        builder().others(Operator::mask_with('x')),
        builder().others(Operator::mask_with(' ')),
        builder().only([]),
        builder().only([PiiType::Age]).except([PiiType::Age, PiiType::Name]),
    ] {
        assert_eq!(settings.build().unwrap_err().kind(), ErrorKind::InvalidInput);
    }
}

#[tokio::test]
async fn a_union_of_nothing_lets_nothing_out() {
    let error = error_of(&stage(UnionDetector::new()).build().unwrap()).await;
    assert_eq!(error.kind(), ErrorKind::DetectorFailed);
}

#[tokio::test]
async fn a_union_asks_all_and_names_who_found() {
    let union = UnionDetector::new()
        .with(Planted::of([(PiiType::Url, "example.com")]))
        .with(Planted::of([(PiiType::Email, "jane@example.com")]));
    let found = union.detect("jane@example.com, example.com").await.unwrap();
    let found: Vec<_> =
        found.spans.iter().map(|span| (span.pii_type.as_str(), span.range(), span.detector)).collect();
    // It cannot know which of two that overlap is wanted.
    let by = Some("planted");
    assert_eq!(found, [("EMAIL", 0..16, by), ("URL", 5..16, by), ("URL", 18..29, by)]);
    assert_eq!(union.batch_bytes(), 0);
    assert_eq!(
        UnionDetector::new().with(Planted::default().batch_bytes(7)).with(Planted::default()).batch_bytes(),
        7
    );
}
