//! Why an image was not redacted.

use super::ImageFormat;
use crate::error::{Error, ErrorKind, Stage};

/// Why an image was not redacted. Nothing was released.
///
/// It has formats, sizes and numbers, and nothing of what the image shows.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ImageError {
    /// The bytes are in none of the formats.
    #[error(
        "the image is not a PNG, JPEG or TIFF by its first bytes: convert it (a PDF page by page, a BigTIFF to a TIFF below \
         4 GB)"
    )]
    UnknownFormat,
    /// The image has a form that is not read.
    #[error("this {format} image is not read: {what}; convert it to 8 bits a channel, gray or RGB")]
    Unsupported {
        /// Its format.
        format: ImageFormat,
        /// The form, in words of the format.
        what: String,
    },
    /// The image does not decode.
    #[error("the {format} image is broken, or not whole")]
    Broken {
        /// Its format.
        format: ImageFormat,
    },
    /// The image has more pixels than it may.
    #[error("the image has {width} by {height} pixels, the most is {most_pixels}: raise most_pixels")]
    TooLarge {
        /// Its width in pixels.
        width: u32,
        /// Its height in pixels.
        height: u32,
        /// How many pixels it may have.
        most_pixels: u64,
    },
    /// The TIFF has more pages than a document for Textract.
    #[error("the TIFF has more than {most} pages")]
    TooManyPages {
        /// How many it may have.
        most: u32,
    },
    /// The TIFF has far more pictures that are not pages, such as previews and masks, than pages can have.
    #[error("the TIFF has more than {most} pictures, previews and masks included")]
    TooManyPictures {
        /// How many it may have.
        most: u32,
    },
    /// The TIFF has several pages, and none was chosen.
    #[error("the image has {pages} pages: choose one with page, or give the regions of all to redact_pages")]
    SeveralPages {
        /// How many.
        pages: u32,
    },
    /// The image has no such page.
    #[error("the image has {pages} pages, and none with the number {page}")]
    NoSuchPage {
        /// The page that was asked for, 1-based.
        page: u32,
        /// How many there are.
        pages: u32,
    },
    /// The regions are of more or fewer pages than the image has.
    #[error("the image has {pages} pages, and regions were given for {given}")]
    PagesDiffer {
        /// How many pages the image has.
        pages: u32,
        /// How many pages were given, those without regions included.
        given: usize,
    },
    /// The image says that it is to be turned before it is shown, and regions could be meant either way.
    #[error(
        "the image is to be shown turned (EXIF orientation {orientation}): set orientation by whether the regions \
         are of the turned image or of the image as it is stored"
    )]
    Turned {
        /// The value of the EXIF or TIFF tag, 2 to 8.
        orientation: u16,
    },
    /// A region does not say which pixels to burn.
    #[error("region {index} of page {page} {why}")]
    Region {
        /// The page, 1-based.
        page: u32,
        /// Which of the regions of the page, 0-based.
        index: usize,
        /// What is wrong with it.
        why: &'static str,
    },
    /// The regions of a page cover it so many times over that to burn them all would take far longer than to read it.
    #[error(
        "the {regions} regions of page {page} cover it more than {most_times} times over: give each place once"
    )]
    TooManyRegions {
        /// The page, 1-based.
        page: u32,
        /// How many regions were given.
        regions: usize,
        /// How many times over they may cover the page.
        most_times: u64,
    },
    /// An option is out of its range.
    #[error("{0}")]
    Option(&'static str),
    /// The redacted image could not be written.
    #[error("the redacted image does not fit into a {format}")]
    Unwritten {
        /// Its format.
        format: ImageFormat,
    },
    /// The redacted image was decoded again, is not as it should be, and was thrown away.
    #[error("page {page} of the redacted {format} was decoded again, and {why}: it was thrown away")]
    NotBurned {
        /// Its format.
        format: ImageFormat,
        /// The page, 1-based.
        page: u32,
        /// What is wrong with it.
        why: &'static str,
    },
}

impl From<ImageError> for Error {
    fn from(error: ImageError) -> Self {
        let (kind, message) = match &error {
            ImageError::UnknownFormat
            | ImageError::Unsupported { .. }
            | ImageError::Broken { .. }
            | ImageError::TooLarge { .. }
            | ImageError::TooManyPages { .. }
            | ImageError::TooManyPictures { .. }
            | ImageError::Unwritten { .. } => {
                (ErrorKind::UnsupportedDocument, "the image cannot be redacted")
            }
            ImageError::SeveralPages { .. }
            | ImageError::NoSuchPage { .. }
            | ImageError::PagesDiffer { .. }
            | ImageError::Turned { .. }
            | ImageError::Region { .. }
            | ImageError::TooManyRegions { .. }
            | ImageError::Option(_) => {
                (ErrorKind::InvalidInput, "the image cannot be redacted with what was given")
            }
            ImageError::NotBurned { .. } => {
                (ErrorKind::Malformed, "the redacted image does not hold what was burned into it")
            }
        };
        Self::new(kind, Stage::Redact, message).caused_by(error)
    }
}
