//! The document of a call.

use std::fmt;
use std::sync::Arc;

use aws_sdk_textract::types as sdk;
use aws_smithy_types::Blob;

use super::format::{Format, is_encrypted_pdf};
use super::image::Facts;
use super::{MAX_BYTES, MAX_PIXELS_PER_SIDE};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::resource::{Region, S3Object};
use crate::sdk::request;

/// The document that a synchronous call reads: bytes that are sent with it, or an object in S3.
///
/// Bytes are checked for what Textract would refuse:
///
/// - they are a JPEG, PNG, PDF or TIFF, by how they begin; BigTIFF is not accepted;
/// - they are 1 byte to 10 MB;
/// - a JPEG, PNG or TIFF has at most 10,000 pixels on a side;
/// - a TIFF has one page (a PDF must have one too, but only Textract can check that);
/// - a PDF has no password.
///
/// Clones share the bytes. `Debug` shows their format and number, never the bytes.
///
/// ```
/// use inkseal::ErrorKind;
/// use inkseal::synchronous::{Format, Input};
///
/// let scan = Input::bytes(*b"%PDF-1.7\n...")?;
/// assert_eq!(scan.format(), Some(Format::Pdf));
/// assert_eq!(format!("{scan:?}"), "Input(PDF, 12 bytes)");
///
/// let error = Input::bytes(*b"GIF89a...").unwrap_err();
/// assert_eq!(error.kind(), ErrorKind::UnsupportedDocument);
/// assert!(error.to_string().contains("a GIF image"));
///
/// let object = Input::object("s3://amzn-s3-demo-source/scan.png".parse()?);
/// assert_eq!(object.format(), None);
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Input(Content);

#[derive(Clone, PartialEq, Eq)]
enum Content {
    Bytes { format: Format, bytes: Arc<Blob> },
    Object { object: S3Object, region: Option<Region> },
}

impl Input {
    /// A document that is sent with the call. A `Vec<u8>` is used as it is; borrowed bytes are copied.
    ///
    /// # Errors
    ///
    /// [`UnsupportedDocument`](ErrorKind::UnsupportedDocument) if one of the checks fails. The error says what was
    /// found (such as a WEBP image, or 12,000 pixels) and what to do, and nothing about the document's content.
    pub fn bytes(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes: Vec<u8> = bytes.into();
        let format = check(&bytes)?;
        Ok(Self(Content::Bytes { format, bytes: Arc::new(Blob::new(bytes)) }))
    }

    /// A document in S3, which Textract reads with the caller's permissions. Its bucket must be in the Region that the
    /// call is made in.
    ///
    /// The name shows neither format nor size, so only Textract checks the document.
    pub fn object(object: S3Object) -> Self {
        Self(Content::Object { object, region: None })
    }

    /// The Region of the bucket, to check the clients against before the call. Bytes do not have one.
    pub fn region(mut self, bucket: Region) -> Self {
        if let Content::Object { region, .. } = &mut self.0 {
            *region = Some(bucket);
        }
        self
    }

    /// The format of the bytes; none for an object in S3.
    pub fn format(&self) -> Option<Format> {
        match &self.0 {
            Content::Bytes { format, .. } => Some(*format),
            Content::Object { .. } => None,
        }
    }

    /// Checks what only the clients know: their Region.
    pub(super) fn check_region(&self, clients: &Clients) -> Result<()> {
        if let Content::Object { region: Some(region), .. } = &self.0
            && let Some(client) = clients.region()
            && region != client
        {
            let message = format!("the document is in {region}, but the clients are in {client}");
            return Err(Error::invalid(message));
        }
        Ok(())
    }

    /// The document as part of a request. The bytes are moved if no clone shares them.
    pub(super) fn into_document(self) -> sdk::Document {
        let document = sdk::Document::builder();
        match self.0 {
            Content::Bytes { format: _, bytes } => document.bytes(Arc::unwrap_or_clone(bytes)),
            Content::Object { object, region: _ } => document.s3_object(request::s3_object(&object)),
        }
        .build()
    }
}

impl From<S3Object> for Input {
    fn from(object: S3Object) -> Self {
        Self::object(object)
    }
}

impl fmt::Debug for Input {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.0 {
            Content::Bytes { format, bytes } => {
                write!(f, "Input({format}, {} bytes)", (**bytes).as_ref().len())
            }
            Content::Object { object, region } => {
                f.debug_struct("Input").field("object", object).field("region", region).finish()
            }
        }
    }
}

fn unsupported(message: impl Into<String>) -> Error {
    Error::new(ErrorKind::UnsupportedDocument, Stage::Configure, message)
}

/// Checks a document for what Textract would refuse, and returns its format.
fn check(bytes: &[u8]) -> Result<Format> {
    if bytes.is_empty() {
        return Err(unsupported("the document is empty: was it already read to its end?"));
    }
    // The format first: making an archive of 20 MB smaller does not help.
    let format = Format::of(bytes).map_err(|unread| unsupported(unread.to_string()))?;
    if bytes.len() > MAX_BYTES {
        let pages = match format {
            Format::Pdf | Format::Tiff => "start a SecureJob, which reads up to 500 MB",
            Format::Jpeg | Format::Png => "compress it or scale it down",
        };
        let length = bytes.len();
        return Err(unsupported(format!(
            "the document has {length} bytes, the most is {MAX_BYTES} bytes: {pages}"
        )));
    }
    if format == Format::Pdf && is_encrypted_pdf(bytes) {
        return Err(unsupported("the PDF is encrypted, and Textract accepts no password: remove it"));
    }
    let Facts { size, many_pages } = Facts::of(format, bytes);
    if many_pages {
        return Err(unsupported(format!("the {format} has more than one page: start a SecureJob for it")));
    }
    if let Some((width, height)) = size
        && width.max(height) > MAX_PIXELS_PER_SIDE
    {
        return Err(unsupported(format!(
            "the {format} has {width} x {height} pixels, the most is {MAX_PIXELS_PER_SIDE} on a side: scale it down"
        )));
    }
    Ok(format)
}
