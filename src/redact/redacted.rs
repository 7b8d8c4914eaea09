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

/// Something that has gone through the redaction stage, which alone makes it: a function that takes a
/// `Redacted<Document>` cannot be given a document that nobody has looked at.
///
/// ```compile_fail,E0451
/// use inkseal::{Document, redact::Redacted};
///
/// fn pretend(letter: Document) -> Redacted<Document> {
///     Redacted { inner: letter, regions: [].into() }
/// }
/// ```
///
/// It derefs to what it holds. What is made of it ([`render`](Redacted::render), [`to_json`](Redacted::to_json)) is redacted
/// too.
#[derive(Clone, PartialEq)]
pub struct Redacted<T> {
    inner: T,
    regions: Arc<[RedactedRegion]>,
}

/// Where something was redacted.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct RedactedRegion {
    /// The page, from 1.
    pub page: u32,
    /// What it was.
    pub pii_type: PiiType,
    /// Where it stood, before any blurring; `None` where nothing tells, so that it cannot be burned into an image.
    pub geometry: Option<Geometry>,
}

/// What was made of something [`Redacted`]: a rendering, or its JSON.
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

    /// What it is, such as `text/markdown; charset=utf-8`.
    pub fn media_type(&self) -> &'static str {
        self.media_type
    }

    /// The text, without the proof that it was redacted.
    pub fn into_string(self) -> String {
        self.text
    }
}

impl<T> Redacted<T> {
    pub(super) fn new(inner: T, regions: Vec<RedactedRegion>) -> Self {
        Self { inner, regions: regions.into() }
    }

    /// Where something was redacted. Not kept by single blocks and by what was rendered.
    pub fn regions(&self) -> &[RedactedRegion] {
        &self.regions
    }

    /// Where to burn the image of a page.
    ///
    /// # Errors
    ///
    /// [`Leak`](ErrorKind::Leak) where of something on this page it is not known where it stands, so that it would be left in
    /// the image.
    pub fn places_on(&self, page: u32) -> Result<Vec<&Geometry>> {
        let unplaced = || {
            let message = format!(
                "something redacted on page {page} has no geometry, so it cannot be found in an image"
            );
            Error::new(ErrorKind::Leak, Stage::Redact, message)
        };
        let on_page = self.regions.iter().filter(|region| region.page == page);
        on_page.map(|region| region.geometry.as_ref().ok_or_else(unplaced)).collect()
    }

    /// What it holds, without the proof that it was redacted.
    pub fn into_inner(self) -> T {
        self.inner
    }
}

impl Redacted<PageBlocks> {
    /// The page as a document of one page.
    pub fn into_document(self) -> Redacted<Document> {
        Redacted { inner: self.inner.into(), regions: self.regions }
    }

    /// Its blocks, one by one.
    pub fn into_blocks(self) -> impl Iterator<Item = Redacted<Block>> {
        let none: Arc<[RedactedRegion]> = Arc::new([]);
        self.inner.blocks.into_iter().map(move |inner| Redacted { inner, regions: Arc::clone(&none) })
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
    /// [`Malformed`](crate::ErrorKind::Malformed) where it cannot be written, as none of the crate's own.
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

/// Shows how long it is.
impl fmt::Debug for RedactedText {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, media_type } = self;
        f.debug_struct("RedactedText").field("bytes", &text.len()).field("media_type", media_type).finish()
    }
}

/// Shows that it is redacted and how many regions were, and nothing of what it says.
impl<T> fmt::Debug for Redacted<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { inner: _, regions } = self;
        f.debug_struct("Redacted").field("regions", &regions.len()).finish_non_exhaustive()
    }
}
