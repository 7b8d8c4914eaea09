//! The format of a document, by how its bytes begin.

use std::fmt;

use memchr::memmem;

/// A format that Textract reads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// JPEG.
    Jpeg,
    /// PNG.
    Png,
    /// PDF, of one page and without a password.
    Pdf,
    /// TIFF, of one page and in either order of bytes; not BigTIFF.
    Tiff,
}

impl Format {
    /// The name of the format: `JPEG`, `PNG`, `PDF` or `TIFF`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Jpeg => "JPEG",
            Self::Png => "PNG",
            Self::Pdf => "PDF",
            Self::Tiff => "TIFF",
        }
    }

    /// The format of a document.
    ///
    /// # Errors
    ///
    /// The format that was found instead, and what to do.
    pub(super) fn of(bytes: &[u8]) -> Result<Self, Unread> {
        if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
            return Ok(Self::Png);
        }
        if bytes.starts_with(b"\xff\xd8\xff") {
            return Ok(Self::Jpeg);
        }
        if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
            return Ok(Self::Tiff);
        }
        if bytes.starts_with(b"%PDF-") {
            return Ok(Self::Pdf);
        }
        if let Some(unread) = UNREAD.iter().find(|unread| unread.fits(bytes)) {
            return Err(*unread);
        }
        // A PDF may have other bytes before its header, which is then within the first 1,024 bytes.
        let head = bytes.get(..1024 + 5).unwrap_or(bytes);
        if memmem::find(head, b"%PDF-").is_some() {
            return Ok(Self::Pdf);
        }
        Err(UNKNOWN)
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// A format that Textract does not read.
#[derive(Clone, Copy, Debug)]
pub(super) struct Unread {
    /// How it begins.
    first: &'static [u8],
    /// The place of the bytes that it also has.
    at: usize,
    magic: &'static [u8],
    what: &'static str,
    instead: &'static str,
}

impl Unread {
    fn fits(&self, bytes: &[u8]) -> bool {
        let there = bytes.get(self.at..).is_some_and(|rest| rest.starts_with(self.magic));
        there && bytes.starts_with(self.first)
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { first: _, at: _, magic: _, what, instead } = self;
        write!(f, "the document is {what}, which Textract does not read: {instead}")
    }
}

const UNKNOWN: Unread = unread(0, b"", "of an unknown format", "give a JPEG, PNG, PDF or TIFF");

const CONVERT: &str = "convert it to PNG or JPEG";
const PRINT: &str = "print it to PDF";
const UNPACK: &str = "give the document that is in it";
const DECODE: &str = "give the bytes themselves, which are encoded when they are sent";

const fn unread(at: usize, magic: &'static [u8], what: &'static str, instead: &'static str) -> Unread {
    Unread { first: b"", at, magic, what, instead }
}

const UNREAD: &[Unread] = &[
    Unread { first: b"RIFF", ..unread(8, b"WEBP", "a WEBP image", CONVERT) },
    unread(0, b"GIF87a", "a GIF image", CONVERT),
    unread(0, b"GIF89a", "a GIF image", CONVERT),
    unread(4, b"ftypavif", "an AVIF image", CONVERT),
    unread(4, b"ftyphei", "a HEIC image", CONVERT),
    unread(4, b"ftyphev", "a HEIC image", CONVERT),
    unread(4, b"ftypmif1", "a HEIF image", CONVERT),
    unread(4, b"ftypmsf1", "a HEIF image", CONVERT),
    unread(0, b"II+\0", "a BigTIFF image", "convert it to a TIFF below 4 GB, PNG or JPEG"),
    unread(0, b"MM\0+", "a BigTIFF image", "convert it to a TIFF below 4 GB, PNG or JPEG"),
    unread(0, b"\0\0\0\x0cjP  \r\n\x87\n", "a JPEG 2000 image", CONVERT),
    unread(0, b"\xff\x4f\xff\x51", "a JPEG 2000 image", CONVERT),
    unread(0, b"\0\0\0\x0cJXL \r\n\x87\n", "a JPEG XL image", CONVERT),
    unread(0, b"\xff\x0a", "a JPEG XL image", CONVERT),
    // Text can begin with these two letters, but does not have the reserved bytes.
    Unread { first: b"BM", ..unread(6, b"\0\0\0\0", "a BMP image", CONVERT) },
    unread(0, b"8BPS", "a Photoshop image", CONVERT),
    unread(0, b"PK\x03\x04", "a zip archive (DOCX, XLSX or PPTX, for example)", PRINT),
    unread(0, b"PK\x05\x06", "an empty zip archive", UNPACK),
    unread(
        0,
        b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
        "an Office document of the old form (DOC, XLS, MSG), or one with a password",
        PRINT,
    ),
    unread(0, b"{\\rtf", "an RTF document", PRINT),
    unread(0, b"%!PS", "a PostScript document", PRINT),
    unread(0, b"<?xml", "an XML document", PRINT),
    unread(0, b"<svg", "an SVG image", CONVERT),
    unread(0, b"<!DOCTYPE", "an HTML document", PRINT),
    unread(0, b"<!doctype", "an HTML document", PRINT),
    unread(0, b"<html", "an HTML document", PRINT),
    unread(0, b"\x1f\x8b", "a gzip archive", UNPACK),
    unread(0, b"7z\xbc\xaf\x27\x1c", "a 7z archive", UNPACK),
    unread(0, b"Rar!\x1a\x07", "a RAR archive", UNPACK),
    unread(0, b"data:", "a data URL", DECODE),
    unread(0, b"iVBORw0KGgo", "in base64", DECODE),
    unread(0, b"/9j/", "in base64", DECODE),
    unread(0, b"JVBERi0", "in base64", DECODE),
    unread(0, b"SUkqA", "in base64", DECODE),
    unread(0, b"TU0AK", "in base64", DECODE),
];

/// Whether a PDF has a password: its trailer then names, or holds, an encryption dictionary.
///
/// A trailer is never compressed, so the name is in the bytes as it is; what follows distinguishes it from the same word in text.
pub(super) fn is_encrypted_pdf(bytes: &[u8]) -> bool {
    const NAME: &[u8] = b"/Encrypt";
    memmem::find_iter(bytes, NAME).any(|at| {
        let rest = bytes.get(at + NAME.len()..).unwrap_or_default().trim_ascii_start();
        rest.starts_with(b"<<") || is_reference(rest)
    })
}

/// `12 0 R`.
fn is_reference(bytes: &[u8]) -> bool {
    fn number(bytes: &[u8]) -> Option<&[u8]> {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let rest = bytes.get(digits..)?;
        let apart = rest.trim_ascii_start();
        (digits > 0 && apart.len() < rest.len()).then_some(apart)
    }
    number(bytes).and_then(number).is_some_and(|rest| rest.starts_with(b"R"))
}
