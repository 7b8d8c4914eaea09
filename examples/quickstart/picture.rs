//! The picture of a document, page by page: to be read, and with boxes burned into it.

use std::path::{Path, PathBuf};

use anyhow::{Context, Result, bail, ensure};
use bytes::Bytes;
use inkseal::block::Geometry;
use inkseal::emulator::{Response, Scan};
use inkseal::redact::{ExifOrientation, ImageError, ImageRedaction, RedactedImage};

use crate::program::Program;
use crate::tesseract::Tesseract;

const PDFTOPPM: Program =
    Program { name: "pdftoppm", task: "makes pictures of the pages of a PDF", packages: POPPLER };
const PDFINFO: Program = Program { name: "pdfinfo", task: "measures the pages of a PDF", packages: POPPLER };
const POPPLER: &str = "`apt-get install poppler-utils` (Debian), `brew install poppler` (Homebrew), \
                       `winget install oschwartz10612.Poppler` (Windows)";

/// The first bytes of each image format, and the extensions of its files.
const IMAGES: [(&[u8], &[&str]); 4] =
    [(b"\x89PNG\r\n\x1a\n", PNG), (b"\xff\xd8\xff", &["jpg", "jpeg"]), (b"II*\0", TIFF), (b"MM\0*", TIFF)];
const PNG: &[&str] = &["png"];
const TIFF: &[&str] = &["tif", "tiff"];

/// Reads a document, as Textract would: a document that cannot be read is a job that fails.
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
    /// How many pages of a PDF are read.
    pages: u32,
    /// The extensions that a redacted copy may have.
    extensions: &'static [&'static str],
}

impl Picture {
    /// Finds the format by the first bytes, and whether the programs that it needs are installed.
    pub async fn open(bytes: Bytes, pages: u32) -> Result<Self> {
        let image = IMAGES.iter().find(|(first, _)| bytes.starts_with(first));
        // A PDF may have something before its header.
        let is_pdf = image.is_none() && bytes.windows(5).take(1020).any(|window| window == b"%PDF-");
        let Some(extensions) = image.map(|(_, extensions)| *extensions).or(is_pdf.then_some(PNG)) else {
            bail!("by its first bytes it is not a PNG, JPEG, TIFF or PDF");
        };
        if is_pdf {
            PDFTOPPM.run(&["-v"], b"").await?;
            PDFINFO.run(&["-v"], b"").await?;
        }
        Ok(Self { bytes, is_pdf, pages, extensions })
    }

    /// Checks that a redacted copy of this name would be what it is called.
    pub fn check_output(&self, out: &Path) -> Result<()> {
        let extension = out.extension().map(|extension| extension.to_string_lossy().to_lowercase());
        let fits = extension.is_none_or(|extension| self.extensions.contains(&&*extension));
        ensure!(
            fits,
            "--redacted-out: the file will be a {0}, so its name must end in .{0}",
            self.extensions[0]
        );
        Ok(())
    }

    pub fn bytes(&self) -> Bytes {
        self.bytes.clone()
    }

    /// An image of each page, as it is shown.
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
            Some(pages) if pages.len() != places.len() => bail!("the PDF has not the pages that were read"),
            Some(pages) => {
                let burned = pages.iter().zip(&places).map(|(page, places)| plain().redact(page, places));
                Ok(burned.collect::<Result<Vec<_>, _>>()?)
            }
            None => Ok(vec![plain().redact_pages(&self.bytes, &places)?]),
        });
        burned.await?
    }

    /// The first pages of a PDF, each as a PNG of 300 dots per inch, or fewer if a page is very large.
    async fn rendered(self) -> Result<Vec<Vec<u8>>> {
        const WHY: &str = "the PDF cannot be rendered: it is broken, empty, or has a password";
        let last = self.pages.to_string();
        let sizes = PDFINFO.run(&["-l", &last, "-"], &self.bytes).await?;
        let longest =
            longest_side(&String::from_utf8_lossy(&sizes.bytes)).filter(|_| sizes.success).context(WHY)?;
        let resolution = resolution(longest).to_string();
        let answer = PDFTOPPM.run(&["-png", "-r", &resolution, "-l", &last, "-"], &self.bytes).await?;
        let pages = split(&answer.bytes).filter(|pages| answer.success && !pages.is_empty()).context(WHY)?;
        Ok(pages.into_iter().map(<[u8]>::to_vec).collect())
    }
}

/// The longest side of any page, in points of 1/72 inch, as pdfinfo prints it: `Page    1 size:   612 x 792 pts (letter)`.
fn longest_side(info: &str) -> Option<f32> {
    let sizes = info.lines().filter_map(|line| line.split_once("size:").map(|(_, size)| size));
    let sides = sizes.flat_map(|size| size.split_whitespace().filter_map(|side| side.parse::<f32>().ok()));
    sides.filter(|side| side.is_finite()).reduce(f32::max)
}

/// Dots per inch at which a page with such a side, in points, has at most 8,000 pixels a side: 64 million in all.
fn resolution(points: f32) -> u32 {
    (8_000.0 * 72.0 / points).clamp(1.0, 300.0) as u32
}

fn plain() -> ImageRedaction {
    // Tesseract's boxes are not as exact as Textract's.
    ImageRedaction::new().orientation(ExifOrientation::Apply).padding(0.2)
}

/// The PNGs in a sequence of them; none if the last is cut off.
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
