//! Page by page, and as they come.

use futures::{StreamExt, TryStreamExt, pin_mut};
use inkseal::PageBlocks;
use inkseal::document::Document;
use inkseal::render::{Format, Render, Rendering};
use inkseal::resource::Bucket;

use super::readers::FORMATS;
use crate::support::{analysis, clients, complete, emulator};

#[tokio::test]
async fn a_stream_of_pages_renders_as_the_whole() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let document = Document::read(job.blocks(&clients)).await.unwrap();
    assert_eq!(document.pages().len(), 3);
    for format in FORMATS {
        let render = Render::to(format);
        let items: Vec<Rendering> = render.stream(job.pages(&clients)).try_collect().await.unwrap();
        assert_eq!(items.len(), 4);
        let mut whole = Rendering::default();
        items.into_iter().for_each(|item| whole.append(item));
        assert!(whole == render.document_with_map(&document), "{format}");
    }
}

#[tokio::test]
async fn an_error_ends_the_stream() {
    let error = || inkseal::Error::from("Not A Bucket".parse::<Bucket>().unwrap_err());
    let renderings =
        Render::json().stream(futures::stream::iter([Err::<PageBlocks, _>(error()), Err(error())]));
    pin_mut!(renderings);
    assert!(renderings.next().await.unwrap().is_err());
    assert!(renderings.next().await.is_none());
    assert!(renderings.next().await.is_none());
}

#[tokio::test]
async fn no_page_at_all() {
    for (format, end) in
        FORMATS.map(|format| (format, if format == Format::Json { "{\"pages\":[]}" } else { "" }))
    {
        let items: Vec<_> = Render::to(format)
            .stream(futures::stream::empty::<inkseal::Result<PageBlocks>>())
            .try_collect()
            .await
            .unwrap();
        assert_eq!(items.iter().map(Rendering::text).collect::<Vec<_>>(), [end]);
        let document = Document::from_json(br#"{"Blocks": []}"#).unwrap();
        assert_eq!(Render::to(format).document(&document), end);
    }
}
