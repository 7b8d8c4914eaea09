//! Streams through the stage.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use futures::TryStreamExt;
use futures::future::BoxFuture;
use inkseal::document::Document;
use inkseal::emulator::{Response, Synthetic};
use inkseal::redact::{Detection, PiiDetector, PiiType};
use inkseal::render::Render;
use inkseal::{Feature, SecureJob};
use serde_json::json;

use super::{Planted, Told, lines, stage};
use crate::support::{clients, complete, emulator, input, seal};

#[tokio::test]
async fn pages_are_put_together_for_the_detector() {
    let emulator = emulator().response(Synthetic::pages(40).blocks_per_page(50)).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::text_detection(input())), &clients).await;
    for (batch_bytes, most) in [(0, 40), (100_000, 1)] {
        let asked = Arc::new(AtomicUsize::new(0));
        struct Counting(Arc<AtomicUsize>, Planted);
        impl PiiDetector for Counting {
            fn name(&self) -> &'static str {
                "counting"
            }
            fn detect<'a>(
                &'a self,
                text: &'a str,
            ) -> BoxFuture<'a, Result<Detection, inkseal::redact::DetectorError>> {
                self.0.fetch_add(1, Ordering::Relaxed);
                self.1.detect(text)
            }
            fn batch_bytes(&self) -> usize {
                PiiDetector::batch_bytes(&self.1)
            }
        }
        let planted = Planted::of([(PiiType::Name, "the")]).batch_bytes(batch_bytes);
        let redactor = stage(Counting(Arc::clone(&asked), planted)).build().unwrap();
        let mut pages = job.pages(&clients).redact(&redactor);
        let mut numbers = Vec::new();
        while let Some(page) = pages.try_next().await.unwrap() {
            numbers.push(page.number);
        }
        assert_eq!(numbers, (1..=40).collect::<Vec<_>>());
        assert_eq!(asked.load(Ordering::Relaxed), most);
        assert_eq!(pages.report().pages(), 40);
        assert_eq!(pages.completeness().unwrap().pages_seen, 40);
    }
}

#[tokio::test(start_paused = true)]
async fn a_bounded_number_of_texts_is_looked_at_at_a_time() {
    let emulator = emulator().response(Synthetic::pages(12).blocks_per_page(20)).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::text_detection(input())), &clients).await;
    let (now, most) = (Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0)));
    let detector = Told({
        let (now, most) = (Arc::clone(&now), Arc::clone(&most));
        move |_: &str| {
            let (now, most) = (Arc::clone(&now), Arc::clone(&most));
            Box::pin(async move {
                most.fetch_max(now.fetch_add(1, Ordering::SeqCst) + 1, Ordering::SeqCst);
                tokio::time::sleep(Duration::from_millis(100)).await;
                now.fetch_sub(1, Ordering::SeqCst);
                Ok(Detection::default())
            }) as BoxFuture<'static, _>
        }
    });
    let redactor = stage(detector).parallel(3).build().unwrap();
    let start = tokio::time::Instant::now();
    let pages: Vec<_> = job.pages(&clients).redact(&redactor).try_collect().await.unwrap();
    assert_eq!((pages.len(), most.load(Ordering::SeqCst)), (12, 3));
    assert_eq!(start.elapsed().as_millis(), 400);
}

#[tokio::test(start_paused = true)]
async fn a_slow_consumer_costs_the_detector_none_of_its_time() {
    let emulator = emulator().response(Synthetic::pages(6).blocks_per_page(20)).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::text_detection(input())), &clients).await;
    let detector = Told(|_: &str| {
        Box::pin(async {
            tokio::time::sleep(Duration::from_millis(900)).await;
            Ok(Detection::default())
        }) as BoxFuture<'static, _>
    });
    let redactor = stage(detector).timeout(Duration::from_secs(1)).build().unwrap();
    let mut pages = job.pages(&clients).redact(&redactor);
    let mut count = 0;
    while let Some(page) = pages.try_next().await.unwrap() {
        tokio::time::sleep(Duration::from_secs(60)).await;
        count += usize::from(page.number > 0);
    }
    assert_eq!(count, 6);
}

#[tokio::test]
async fn pages_with_next_to_no_text_are_put_together_a_hundred_at_a_time() {
    let blocks: Vec<_> = (1..=250).flat_map(|page| lines(page, &["a"])).collect();
    let response = json!({"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 250}, "Blocks": blocks});
    let emulator = emulator().response(Response::recorded(response.to_string()).unwrap()).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::text_detection(input())), &clients).await;
    let texts = Arc::new(std::sync::Mutex::new(Vec::new()));
    struct Noting(Arc<std::sync::Mutex<Vec<usize>>>);
    impl PiiDetector for Noting {
        fn name(&self) -> &'static str {
            "noting"
        }
        fn detect<'a>(
            &'a self,
            text: &'a str,
        ) -> BoxFuture<'a, Result<Detection, inkseal::redact::DetectorError>> {
            self.0.lock().unwrap().push(text.matches('a').count());
            Box::pin(async { Ok(Detection::default()) })
        }
        fn batch_bytes(&self) -> usize {
            1_000_000
        }
    }
    let redactor = stage(Noting(Arc::clone(&texts))).parallel(1).build().unwrap();
    let pages: Vec<_> = job.pages(&clients).redact(&redactor).try_collect().await.unwrap();
    assert_eq!((pages.len(), texts.lock().unwrap().as_slice()), (250, [100, 100, 50].as_slice()));
}

#[tokio::test]
async fn a_stream_gives_what_the_document_gives_and_renders() {
    let mut blocks = Vec::new();
    for page in 1..=5 {
        blocks.push(json!({"BlockType": "PAGE", "Id": format!("p{page}"), "Page": page}));
        blocks.extend(lines(page, &["Dear Jane Doe,", "Yours, Jane", "Doe"]));
    }
    let response = json!({"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 5}, "Blocks": blocks});
    let recorded = Response::recorded(response.to_string()).unwrap();
    let emulator = emulator().response(recorded).build().unwrap();
    let clients = clients(&emulator);
    let job = complete(seal(SecureJob::analysis(input()).feature(Feature::Forms)), &clients).await;
    let redactor = stage(Planted::name("Jane Doe").batch_bytes(50))
        .others(inkseal::redact::Operator::token())
        .build()
        .unwrap();

    let whole = Document::read(job.blocks(&clients)).await.unwrap();
    let (whole, report) = whole.redact(&redactor).await.unwrap();
    let pages = job.pages(&clients).redact(&redactor);
    let renderings: Vec<_> = Render::text().stream(pages).try_collect().await.unwrap();
    let text: String = renderings.iter().map(|rendering| rendering.text()).collect();
    assert_eq!(text, whole.to_text());
    assert!(text.starts_with("Dear NAME_1\nYours, NAME_1"), "{text}");
    assert_eq!(*whole.render(&Render::text()), text);

    let blocks: Vec<_> = job.blocks(&clients).redact(&redactor).try_collect().await.unwrap();
    assert!(blocks.iter().map(|block| &**block).eq(whole.blocks().map(|block| block.block())));
    let mut pages = job.pages(&clients).redact(&redactor);
    while pages.try_next().await.unwrap().is_some() {}
    assert_eq!(pages.report().by_page(), report.by_page());
    assert_eq!(report.entities(), 10);
}
