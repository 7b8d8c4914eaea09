//! Page by page, so that no document has to be in memory as a whole.

use std::fmt;

use futures::stream::{FusedStream, Stream, StreamExt};

use super::canvas::{Canvas, Separator};
use super::{Format, Render, Rendering, csv, html, json, markdown, text};
use crate::document::flow::Flow;
use crate::document::{Document, Page};
use crate::error::Result;

/// Renders a document page by page. What it returns for each page, and at the end, makes the whole rendering when joined.
///
/// It keeps nothing of a page.
///
/// ```
/// use inkseal::document::Document;
/// use inkseal::render::Render;
///
/// # let json = br#"{"Blocks": [{"BlockType": "LINE", "Id": "l", "Text": "Hello"}]}"#;
/// let document = Document::from_json(json)?;
/// let mut writer = Render::markdown().page_writer();
/// let mut out = String::new();
/// for page in document.pages() {
///     out += writer.page(page).text();
/// }
/// out += writer.end().text();
/// assert_eq!(out, document.to_markdown());
/// # Ok::<(), inkseal::Error>(())
/// ```
pub struct PageWriter {
    render: Render,
    canvas: Canvas,
    has_page: bool,
}

impl Render {
    /// A writer for rendering page by page, with the map.
    pub fn page_writer(&self) -> PageWriter {
        PageWriter::new(self.clone(), true)
    }

    /// Renders the pages of a job, redacted or not, with the map, as they arrive: an item for each page, and one for what
    /// comes after the last. Nothing of a page stays in memory once it is rendered.
    ///
    /// The items make the whole rendering when joined.
    ///
    /// ```no_run
    /// # async fn example(
    /// #     clients: &inkseal::Clients,
    /// #     job: inkseal::CompletedJob<inkseal::Analysis>,
    /// #     mut file: tokio::fs::File,
    /// # ) -> Result<(), Box<dyn std::error::Error>> {
    /// use futures::{TryStreamExt, pin_mut};
    /// use inkseal::render::Render;
    /// use tokio::io::AsyncWriteExt;
    ///
    /// let renderings = Render::markdown().stream(job.pages(clients));
    /// pin_mut!(renderings);
    /// while let Some(rendering) = renderings.try_next().await? {
    ///     file.write_all(rendering.text().as_bytes()).await?;
    /// }
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    ///
    /// Rendering does not fail: the stream passes on the first error of the pages and ends. It is fused. What was rendered
    /// until then is not the whole and, in JSON, has no end.
    ///
    /// # Cancel safety
    ///
    /// Dropping a `next()` of the stream loses nothing, as long as dropping one of the pages does not. Dropping the
    /// stream drops the pages.
    pub fn stream<S, P>(&self, pages: S) -> impl FusedStream<Item = Result<Rendering>> + use<S, P>
    where
        S: Stream<Item = Result<P>>,
        P: Into<Document>,
    {
        let state = Some((Box::pin(pages), self.page_writer()));
        let next = |state: Option<(_, PageWriter)>| async {
            let (mut pages, mut writer): (std::pin::Pin<Box<S>>, _) = state?;
            match pages.next().await {
                Some(Ok(page)) => {
                    let document: Document = page.into();
                    document.pages().for_each(|page| writer.write(page));
                    Some((Ok(writer.canvas.take()), Some((pages, writer))))
                }
                Some(Err(error)) => Some((Err(error), None)),
                None => Some((Ok(writer.end()), None)),
            }
        };
        futures::stream::unfold(state, next).fuse()
    }
}

impl PageWriter {
    pub(super) fn new(render: Render, with_map: bool) -> Self {
        Self { render, canvas: Canvas::new(with_map), has_page: false }
    }

    /// The next page, with what separates it from the one before.
    pub fn page(&mut self, page: Page<'_>) -> Rendering {
        self.write(page);
        self.canvas.take()
    }

    /// What comes after the last page: nothing, except in JSON.
    pub fn end(mut self) -> Rendering {
        if self.render.format == Format::Json {
            json::end(&mut self.canvas);
        }
        self.canvas.take()
    }

    pub(super) fn write(&mut self, page: Page<'_>) {
        let Self { render, canvas, has_page } = self;
        let is_first = !std::mem::replace(has_page, true);
        let is_flat = matches!(render.format, Format::Text | Format::Markdown);
        if is_flat && render.marks_pages() {
            canvas.restart(if is_first { "" } else { &render.page_separator });
        } else {
            canvas.separate(Separator::Page);
        }
        let flow = Flow::without(page, &render.hidden);
        match render.format {
            Format::Text => text::page(render, canvas, &flow),
            Format::Markdown => markdown::page(render, canvas, &flow),
            Format::Html => html::page(render, canvas, page.number(), &flow),
            Format::Csv => csv::page(render, canvas, &flow),
            Format::Json => json::page(render, canvas, page, &flow),
        }
    }
}

impl fmt::Debug for PageWriter {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { render, canvas: _, has_page: _ } = self;
        f.debug_struct("PageWriter").field("render", render).finish_non_exhaustive()
    }
}
