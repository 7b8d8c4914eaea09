//! The picture of a document, page by page: to be read, and with boxes burned in.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use inkseal::block::Geometry;
use inkseal::emulator::{Response, Scan};
use inkseal::redact::{ExifOrientation, ImageError, ImageRedaction, RedactedImage};

use crate::program::Program;
use crate::tesseract::Tesseract;

const PDFTOPPM: Program = Program {
    name: "pdftoppm",
    task: "makes pictures of the pages of a PDF",
    packages: "`apt-get install poppler-utils` (Debian), `brew install poppler` (Homebrew), \
               `winget install oschwartz10612.Poppler` (Windows)",
};

/// Reads a document, as Textract would: what cannot be read is a job that fails.
pub async fn read(document: Bytes, pages: u32, tesseract: Tesseract) -> Response {
    let scan = async {
        let mut scan = Scan::new();
        for image in Picture::open(document, pages).await?.images().await? {
            scan = scan.page(tesseract.read(&image).await?);
        }
        anyhow::Ok(scan)
    };
    scan.await.map_or_else(|error| Response::failed(format!("{error:#}")), Response::from)
}

/// A PNG, JPEG, TIFF or PDF.
#[derive(Clone)]
pub struct Picture {
    bytes: Bytes,
    is_pdf: bool,
    /// How many pages of a PDF are taken.
    pages: u32,
}

impl Picture {
    /// Tells by the first bytes what it is, and whether there is what it takes.
    pub async fn open(bytes: Bytes, pages: u32) -> Result<Self> {
        const IMAGES: [&[u8]; 4] = [b"\x89PNG\r\n\x1a\n", b"\xff\xd8\xff", b"II*\0", b"MM\0*"];
        let is_image = IMAGES.iter().any(|first| bytes.starts_with(first));
        // A PDF may have something before its header.
        let is_pdf = !is_image && bytes.windows(5).take(1020).any(|window| window == b"%PDF-");
        if !is_image && !is_pdf {
            bail!("it is no PNG, JPEG, TIFF or PDF by its first bytes");
        }
        if is_pdf {
            PDFTOPPM.run(&["-v"], b"").await?;
        }
        Ok(Self { bytes, is_pdf, pages })
    }

    /// All of it.
    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// An image of each page, the way up that it is shown.
    async fn images(self) -> Result<Vec<Vec<u8>>> {
        if self.is_pdf {
            return self.rendered().await;
        }
        // Without boxes, redaction makes a plain image: turned as EXIF says, and in colours that any reader knows.
        let image = plain().jpeg_quality(100);
        let made = tokio::task::spawn_blocking(move || match image.redact(&self.bytes, []) {
            Err(ImageError::SeveralPages { pages }) => {
                (1..=pages).map(|page| image.clone().page(page).redact(&self.bytes, [])).collect()
            }
            image => image.map(|image| vec![image]),
        });
        Ok(made.await??.into_iter().map(|image| image.into_bytes()).collect())
    }

    /// The picture with boxes burned into each page: in its own format, or a PNG for each page of a PDF.
    pub async fn redacted(self, places: Vec<Vec<Geometry>>) -> Result<Vec<RedactedImage>> {
        let rendered = if self.is_pdf { Some(self.clone().rendered().await?) } else { None };
        let burned = tokio::task::spawn_blocking(move || match rendered {
            Some(pages) if pages.len() != places.len() => bail!("the PDF has other pages than were read"),
            Some(pages) => {
                let burned = pages.iter().zip(&places).map(|(page, places)| plain().redact(page, places));
                Ok(burned.collect::<Result<Vec<_>, _>>()?)
            }
            None => Ok(vec![plain().redact_pages(&self.bytes, &places)?]),
        });
        burned.await?
    }

    /// The first pages of a PDF, each as a PNG of 300 dots per inch.
    async fn rendered(self) -> Result<Vec<Vec<u8>>> {
        let last = self.pages.to_string();
        let answer = PDFTOPPM.run(&["-png", "-r", "300", "-l", &last, "-"], &self.bytes).await?;
        let pages = split(&answer.bytes).filter(|pages| answer.success && !pages.is_empty());
        let pages =
            pages.context("pdftoppm cannot render the PDF: it is broken, empty, or has a password")?;
        Ok(pages.into_iter().map(<[u8]>::to_vec).collect())
    }
}

fn plain() -> ImageRedaction {
    // Tesseract's boxes are not as exact as Textract's.
    ImageRedaction::new().orientation(ExifOrientation::Apply).padding(0.2)
}

/// The PNGs that stand one behind the other; none where the last is cut off.
fn split(mut bytes: &[u8]) -> Option<Vec<&[u8]>> {
    let mut images = Vec::new();
    while !bytes.is_empty() {
        let mut end = 8;
        loop {
            // The length of its data, its name, the data, and a checksum.
            let (length, chunk) = bytes.get(end..)?.split_first_chunk()?;
            end = end.checked_add(12)?.checked_add(u32::from_be_bytes(*length).try_into().ok()?)?;
            if chunk.starts_with(b"IEND") {
                break;
            }
        }
        let (image, rest) = bytes.split_at_checked(end)?;
        images.push(image);
        bytes = rest;
    }
    Some(images)
}

/// Where the image of a page goes: `out.png`, `out-2.png`, `out-3.png` and so on.
pub fn numbered(out: &Path, number: u32) -> PathBuf {
    if number < 2 {
        return out.to_owned();
    }
    let mut name = out.file_stem().unwrap_or_default().to_owned();
    name.push(format!("-{number}"));
    if let Some(extension) = out.extension() {
        name.push(".");
        name.push(extension);
    }
    out.with_file_name(name)
}
