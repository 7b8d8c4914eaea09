//! What has gone through the stage.

use std::fmt;
use std::ops::Deref;
use std::sync::Arc;

use serde::{Serialize, Serializer};

use super::PiiType;
use crate::block::{Block, Geometry};
use crate::document::Document;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::render::{Format, Render};
use crate::stream::PageBlocks;

/// Something that has gone through the redaction stage. Only the stage makes one, so a function that takes a
/// `Redacted<Document>` cannot be given a document that was not redacted.
///
/// ```compile_fail,E0451
/// use inkseal::{Document, redact::Redacted};
///
/// fn pretend(letter: Document) -> Redacted<Document> {
///     Redacted { inner: letter, regions: [].into(), pages: [].into() }
/// }
/// ```
///
/// It derefs to what it holds. What is made of it ([`render`](Redacted::render), [`to_json`](Redacted::to_json)) is redacted
/// too.
#[derive(Clone, PartialEq)]
pub struct Redacted<T> {
    inner: T,
    regions: Arc<[RedactedRegion]>,
    /// In order.
    pages: Arc<[u32]>,
}

/// Where something was redacted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RedactedRegion {
    /// The page, from 1.
    pub page: u32,
    /// The type of what was redacted.
    pub pii_type: PiiType,
    /// Its place before any blurring; `None` if it is not known, so it cannot be burned into an image.
    pub geometry: Option<Geometry>,
}

/// What something [`Redacted`] was rendered to, or its JSON.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedText {
    text: String,
    media_type: &'static str,
}

impl RedactedText {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Its media type, such as `text/markdown; charset=utf-8`.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The text, without the proof that it was redacted.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl<T> Redacted<T> {
    pub(super) fn new(inner: T, regions: Vec<RedactedRegion>, pages: Vec<u32>) -> Self {
        Self { inner, regions: regions.into(), pages: pages.into() }
    }

    /// Where something was redacted. Single blocks do not keep it, nor does what was rendered.
    pub fn regions(&self) -> &[RedactedRegion] {
        &self.regions
    }

    /// The numbers of its pages, from 1 and in order. Single blocks do not keep them.
    pub fn page_numbers(&self) -> &[u32] {
        &self.pages
    }

    /// The places to burn into the image of a page.
    ///
    /// # Errors
    ///
    /// [`Leak`](ErrorKind::Leak) if something redacted on this page has no known position, so it would be left in the image;
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the page is not among the [`page_numbers`](Self::page_numbers), so nothing
    /// is known of it.
    pub fn places_on(&self, page: u32) -> Result<Vec<&Geometry>> {
        if !self.pages.contains(&page) {
            let message = format!("page {page} is not among the pages that were redacted");
            return Err(Error::new(ErrorKind::InvalidInput, Stage::Redact, message));
        }
        let unplaced = || {
            let message = format!(
                "something redacted on page {page} has no geometry, so it cannot be found in an image"
            );
            Error::new(ErrorKind::Leak, Stage::Redact, message)
        };
        let on_page = self.regions.iter().filter(|region| region.page == page);
        on_page.map(|region| region.geometry.as_ref().ok_or_else(unplaced)).collect()
    }

    /// The redacted record, without the proof that it was redacted.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl Redacted<PageBlocks> {
    /// The page as a document of one page.
    pub fn into_document(self) -> Redacted<Document> {
        Redacted { inner: self.inner.into(), regions: self.regions, pages: self.pages }
    }

    /// Its blocks, one by one.
    pub fn into_blocks(self) -> impl Iterator<Item = Redacted<Block>> {
        let (regions, pages): (Arc<[RedactedRegion]>, Arc<[u32]>) = Default::default();
        let redacted =
            move |inner| Redacted { inner, regions: Arc::clone(&regions), pages: Arc::clone(&pages) };
        self.inner.blocks.into_iter().map(redacted)
    }
}

impl Redacted<Document> {
    /// Renders it.
    pub fn render(&self, render: &Render) -> RedactedText {
        RedactedText { text: render.document(&self.inner), media_type: render.format().media_type() }
    }
}

impl<T: Serialize> Redacted<T> {
    /// Its JSON, in Textract's shape.
    ///
    /// # Errors
    ///
    /// [`Malformed`](crate::ErrorKind::Malformed) if `T` fails to serialize; the crate's own types never do.
    pub fn to_json(&self) -> Result<RedactedText> {
        let text = serde_json::to_string(&self.inner).map_err(Error::unwritten)?;
        Ok(RedactedText { text, media_type: Format::Json.media_type() })
    }
}

impl<T> Deref for Redacted<T> {
    type Target = T;

    fn deref(&self) -> &T {
        &self.inner
    }
}

impl<T> AsRef<T> for Redacted<T> {
    fn as_ref(&self) -> &T {
        &self.inner
    }
}

impl From<Redacted<PageBlocks>> for Document {
    fn from(page: Redacted<PageBlocks>) -> Self {
        page.inner.into()
    }
}

impl<T: Serialize> Serialize for Redacted<T> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.inner.serialize(serializer)
    }
}

impl Deref for RedactedText {
    type Target = str;

    fn deref(&self) -> &str {
        &self.text
    }
}

/// Shows its length.
impl fmt::Debug for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, media_type } = self;
        f.debug_struct("RedactedText").field("bytes", &text.len()).field("media_type", media_type).finish()
    }
}

/// Shows that it is redacted and in how many regions, and nothing of its text.
impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner: _, regions, pages: _ } = self;
        f.debug_struct("Redacted").field("regions", &regions.len()).finish_non_exhaustive()
    }
}
