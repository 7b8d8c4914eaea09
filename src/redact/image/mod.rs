//! Redaction burned into the images of pages.

mod area;
mod decode;
mod encode;
mod error;
mod raster;
mod tiff;
mod verify;

use std::fmt;

use self::area::{Area, Grid};
use self::decode::Stored;
pub use self::error::ImageError;
use self::raster::{Raster, Turn};
use self::tiff::Pages;
use self::verify::{Burned, verify};
use crate::block::{Geometry, PageSize};

/// Burns boxes into the image of a page.
///
/// ```no_run
/// use inkseal::redact::ImageRedaction;
///
/// # fn example(page: &inkseal::document::Page<'_>) -> Result<(), Box<dyn std::error::Error>> {
/// let image = std::fs::read("page.png")?;
/// let words = page.words().filter(|word| word.text().contains('@'));
/// let regions = words.filter_map(|word| word.block().geometry());
///
/// let redacted = ImageRedaction::new().redact(&image, regions)?;
/// std::fs::write("redacted.png", redacted.bytes())?;
/// # Ok(())
/// # }
/// ```
///
/// # What is burned
///
/// For each region the convex outline around its polygon, so that turned text is covered without its surroundings; or the bounding
/// box if there is no polygon of three points. Edges are rounded outwards to whole pixels after the [`padding`](Self::padding),
/// and what reaches beyond the page is cut off. A region that does not say which pixels it means is an error, and so is one off
/// the page; one without an area still covers a pixel and its padding.
///
/// In a JPEG, and in a TIFF page that is compressed like one, whole blocks of 8 by 8 pixels are burned. A block is compressed as a
/// unit, so that faint traces of a letter are all over the blocks that it touches. If colour is stored at half the size (4:2:0),
/// traces of it can reach one block farther; black and gray letters have none.
///
/// **Only what has a region is burned.** Textract does not read everything that people can: on a licence among AWS's samples,
/// the number that is printed upwards along the edge is in no response.
///
/// # What comes out
///
/// A new image in the format of the old one, from the pixels alone: EXIF, XMP, colour profiles, comments, previews, resolutions
/// and anything after the image are left out. It is then decoded again, and every pixel of every region has to have the colour
/// that was burned into it (in a JPEG: to within 6 of 255), or it is thrown away and an error is returned.
///
/// Gray and RGB of 8 and 16 bits keep their form. Gray of fewer bits and palettes become 8 bits per channel, CMYK and YCbCr become
/// RGB, and what is transparent is laid on white, because nobody, and no detector, has seen what is under it. Of an animated PNG
/// only the first picture is kept. TIFF is read uncompressed and in LZW, Deflate, PackBits, JPEG and CCITT Group 4, and written in
/// Deflate; CCITT Group 3, palettes and BigTIFF are errors.
///
/// The width of a region remains visible. What is not burned stays as it was, except in a JPEG, which loses a little when it is
/// compressed a second time.
///
/// Decoding and encoding take time, and a few times the memory of the pixels: in asynchronous code, call this where it may
/// block, such as in tokio's `spawn_blocking`.
#[derive(Clone, Debug)]
#[must_use]
pub struct ImageRedaction {
    color: [u8; 3],
    padding: f32,
    jpeg_quality: u8,
    orientation: ExifOrientation,
    most_pixels: u64,
    page: Option<u32>,
}

/// How many times over the regions of a page may cover it, beyond [`FREE_PIXELS`]. Those of words and their lines cover redacted
/// text twice; thousands that each cover the whole page would take hours to burn.
const MOST_TIMES: u64 = 64;
const FREE_PIXELS: u64 = 100_000_000;

/// What to do with an image that says that it is to be turned before it is shown, as photographs of documents do.
///
/// AWS does not document whether Textract's geometry is of the turned image or of the image as it is stored. The response for one
/// such image shows it: the boxes of words on upright lines are wider than high in the image that is meant.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum ExifOrientation {
    /// Refuse the image.
    #[default]
    Refuse,
    /// Turn the pixels first: regions are of the image as it is shown.
    Apply,
    /// Leave the pixels as they are: regions are of the image as it is stored. The redacted image no longer says that it is to
    /// be turned.
    Ignore,
}

/// An image format.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ImageFormat {
    /// PNG.
    Png,
    /// JPEG.
    Jpeg,
    /// TIFF.
    Tiff,
}

impl ImageFormat {
    /// The name of the format: `PNG`, `JPEG` or `TIFF`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Png => "PNG",
            Self::Jpeg => "JPEG",
            Self::Tiff => "TIFF",
        }
    }

    /// The media type, such as `image/png`.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Png => "image/png",
            Self::Jpeg => "image/jpeg",
            Self::Tiff => "image/tiff",
        }
    }
}

impl fmt::Display for ImageFormat {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Default for ImageRedaction {
    fn default() -> Self {
        Self::new()
    }
}

impl ImageRedaction {
    /// Black boxes, padded by a tenth of their height.
    pub fn new() -> Self {
        Self {
            color: [0; 3],
            padding: 0.1,
            jpeg_quality: 90,
            orientation: ExifOrientation::default(),
            most_pixels: 100_000_000,
            page: None,
        }
    }

    /// The colour of the boxes: red, green and blue, 0 to 255. Defaults to black. In gray images it is a gray as light as that colour.
    pub fn color(mut self, rgb: [u8; 3]) -> Self {
        self.color = rgb;
        self
    }

    /// How far a box reaches beyond its region on all sides, as a ratio of the region's shorter side (for text, the height of its
    /// line), 0 to 1. Defaults to 0.1. Unless it is 0, it is at least one pixel.
    ///
    /// Textract's boxes are tight: now and then the edge of a letter lies outside.
    pub fn padding(mut self, ratio: f32) -> Self {
        self.padding = ratio;
        self
    }

    /// The quality of a JPEG, 50 to 100. Defaults to 90.
    pub fn jpeg_quality(mut self, quality: u8) -> Self {
        self.jpeg_quality = quality;
        self
    }

    /// What to do with an image that is to be turned before it is shown. Defaults to [`ExifOrientation::Refuse`], an error.
    pub fn orientation(mut self, orientation: ExifOrientation) -> Self {
        self.orientation = orientation;
        self
    }

    /// How many pixels a page may have. Defaults to 100,000,000; an A4 page at 600 dpi has 35 million.
    ///
    /// A small file can unpack to more than fits into memory, so a larger image is refused before it is decoded.
    pub fn most_pixels(mut self, pixels: u64) -> Self {
        self.most_pixels = pixels;
        self
    }

    /// The page of a TIFF to redact, 1-based. Only that page is in the redacted image.
    pub fn page(mut self, page: u32) -> Self {
        self.page = Some(page);
        self
    }

    /// Burns the regions into an image of one page, or into the chosen [`page`](Self::page) of a TIFF.
    ///
    /// Without a region the image is only encoded anew, without anything but its pixels.
    ///
    /// # Errors
    ///
    /// [`ImageError`] if the image cannot be read, has several pages of which none was chosen, or is to be turned and no
    /// [`orientation`](Self::orientation) was set; if a region does not say which pixels it means; if an option is out of its
    /// range; or if the redacted image does not have the boxes' colour in every region.
    pub fn redact<'a>(
        &self,
        image: &[u8],
        regions: impl IntoIterator<Item = &'a Geometry>,
    ) -> Result<RedactedImage, ImageError> {
        self.check()?;
        let format = decode::format_of(image)?;
        let pages = if format == ImageFormat::Tiff { Pages::count(image)? } else { 1 };
        let page = match self.page {
            Some(page) if (1..=pages).contains(&page) => page,
            Some(page) => return Err(ImageError::NoSuchPage { page, pages }),
            None if pages == 1 => 1,
            None => return Err(ImageError::SeveralPages { pages }),
        };
        let stored = match format {
            ImageFormat::Png => decode::png(image, self.most_pixels)?,
            ImageFormat::Jpeg => decode::jpeg(image, self.most_pixels)?,
            ImageFormat::Tiff => {
                let mut pages = Pages::new(image, self.most_pixels)?;
                (1..page).try_for_each(|_| pages.skip())?;
                pages.next()?.ok_or(ImageError::Broken { format })?
            }
        };
        let (raster, burned) = self.burn(stored, format, page, regions)?;
        let bytes = match format {
            ImageFormat::Png => encode::png(&raster)?,
            ImageFormat::Jpeg => encode::jpeg(&raster, self.jpeg_quality)?,
            ImageFormat::Tiff => tiff::encode(std::iter::once(Ok(raster)))?,
        };
        self.verified(bytes, format, &[burned])
    }

    /// Burns regions into every page of a TIFF, or into the only page of another image.
    ///
    /// `pages` holds the regions of each page, in the order of the pages, such as those of
    /// [`Redacted::places_on`](crate::redact::Redacted::places_on), with an empty list for a page without any. The pages are decoded
    /// one at a time, so memory is taken for one page and for the redacted image.
    ///
    /// # Errors
    ///
    /// As [`redact`](Self::redact), and [`ImageError::PagesDiffer`] if the image has more or fewer pages.
    pub fn redact_pages<'a, P>(&self, image: &[u8], pages: P) -> Result<RedactedImage, ImageError>
    where
        P: IntoIterator,
        P::Item: IntoIterator<Item = &'a Geometry>,
    {
        if self.page.is_some() {
            return Err(ImageError::Option("page is set, but regions are given for all pages: use redact"));
        }
        self.check()?;
        let format = decode::format_of(image)?;
        let count = if format == ImageFormat::Tiff { Pages::count(image)? } else { 1 };
        let pages: Vec<P::Item> = pages.into_iter().collect();
        if usize::try_from(count).ok() != Some(pages.len()) {
            return Err(ImageError::PagesDiffer { pages: count, given: pages.len() });
        }
        if format != ImageFormat::Tiff {
            return self.redact(image, pages.into_iter().flatten());
        }
        let mut stored = Pages::new(image, self.most_pixels)?;
        let mut burned = Vec::with_capacity(pages.len());
        let rasters = (1..).zip(pages).map(|(number, regions)| {
            let page = stored.next()?.ok_or(ImageError::Broken { format })?;
            let (raster, page) = self.burn(page, format, number, regions)?;
            burned.push(page);
            Ok(raster)
        });
        let bytes = tiff::encode(rasters)?;
        self.verified(bytes, format, &burned)
    }

    fn check(&self) -> Result<(), ImageError> {
        if !(0.0..=1.0).contains(&self.padding) {
            return Err(ImageError::Option("the padding is a ratio of the height of a box, 0 to 1"));
        }
        if !(50..=100).contains(&self.jpeg_quality) {
            return Err(ImageError::Option("the quality of a JPEG is 50 to 100"));
        }
        Ok(())
    }

    fn burn<'a>(
        &self,
        stored: Stored,
        format: ImageFormat,
        page: u32,
        regions: impl IntoIterator<Item = &'a Geometry>,
    ) -> Result<(Raster, Burned), ImageError> {
        let Stored { raster, orientation, in_blocks } = stored;
        let turn = match (Turn::of(orientation), self.orientation) {
            (Turn::NONE, _) | (_, ExifOrientation::Ignore) => Turn::NONE,
            (turn, ExifOrientation::Apply) => turn,
            (_, ExifOrientation::Refuse) => return Err(ImageError::Turned { orientation }),
        };
        let mut raster = raster.turned(turn);
        let (width, height, color) = (raster.width, raster.height, raster.color);
        let size = PageSize::new(width, height).map_err(|_| ImageError::Broken { format })?;
        let beginning = (if turn.mirror_x { width } else { 0 }, if turn.mirror_y { height } else { 0 });
        let grid = if in_blocks { Grid::blocks(beginning) } else { Grid::PIXELS };
        let area = |(index, region)| {
            let refused = |why| ImageError::Region { page, index, why };
            Area::of(region, size, self.padding.into()).map_err(refused)
        };
        let areas = regions.into_iter().enumerate().map(area).collect::<Result<Vec<_>, _>>()?;
        let pixels = u64::from(width) * u64::from(height);
        let covered = areas.iter().map(Area::most_pixels).fold(0, u64::saturating_add);
        if covered > pixels.saturating_mul(MOST_TIMES).saturating_add(FREE_PIXELS) {
            return Err(ImageError::TooManyRegions { page, regions: areas.len(), most_times: MOST_TIMES });
        }
        let pixel = color.pixel(self.color);
        for (rows, columns) in areas.iter().flat_map(|area| area.blocks(grid)) {
            raster.fill(rows, &columns, &pixel);
        }
        Ok((raster, Burned { width, height, color, areas, grid }))
    }

    fn verified(
        &self,
        bytes: Vec<u8>,
        format: ImageFormat,
        pages: &[Burned],
    ) -> Result<RedactedImage, ImageError> {
        verify(&bytes, format, pages, self.color)?;
        let sizes = pages.iter().map(|page| PageSize::new(page.width, page.height));
        let sizes = sizes.collect::<Result<_, _>>().map_err(|_| ImageError::Broken { format })?;
        Ok(RedactedImage { bytes, format, sizes })
    }
}

/// An image that regions were burned into.
///
/// Only [`ImageRedaction`] makes one, so it is proof that the image went through. Its `Debug` shows sizes only.
#[derive(Clone, PartialEq, Eq)]
pub struct RedactedImage {
    bytes: Vec<u8>,
    format: ImageFormat,
    sizes: Vec<PageSize>,
}

impl RedactedImage {
    /// The image, in its [`format`](Self::format).
    pub fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// The image, in its [`format`](Self::format).
    pub fn into_bytes(self) -> Vec<u8> {
        self.bytes
    }

    /// The format, which is that of the original image.
    pub fn format(&self) -> ImageFormat {
        self.format
    }

    /// The width and height of each page in pixels; at least one page.
    pub fn sizes(&self) -> &[PageSize] {
        &self.sizes
    }
}

impl fmt::Debug for RedactedImage {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { bytes, format, sizes } = self;
        f.debug_struct("RedactedImage")
            .field("bytes", &bytes.len())
            .field("format", format)
            .field("sizes", sizes)
            .finish()
    }
}

#[cfg(test)]
mod tests;
