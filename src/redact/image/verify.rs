//! Whether the redacted image, as anybody will decode it, has what was burned into it.

use super::area::{Area, Grid};
use super::raster::{Color, Raster};
use super::tiff::Pages;
use super::{ImageError, ImageFormat, decode};

/// How far a sample of a JPEG may be off, of 255.
///
/// Whole blocks are burned, and a block of one colour has one coefficient per channel. At the lowest quality that is
/// allowed it is rounded by at most half of 17, which is 1 per pixel in each channel of YCbCr and at most 2 in RGB; the
/// conversions add their own rounding. What can be read is off by dozens.
const MOST_OFF: u8 = 6;

/// What a page must be when it is decoded.
pub(super) struct Burned {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) color: Color,
    pub(super) areas: Vec<Area>,
    pub(super) grid: Grid,
}

/// Decodes a redacted image and checks every pixel that was burned.
///
/// # Errors
///
/// [`ImageError::NotBurned`] if one does not have the colour that was burned into it.
pub(super) fn verify(
    bytes: &[u8],
    format: ImageFormat,
    pages: &[Burned],
    color: [u8; 3],
) -> Result<(), ImageError> {
    let mut decoded = match format {
        ImageFormat::Tiff => Some(Pages::new(bytes, u64::MAX)?),
        ImageFormat::Png | ImageFormat::Jpeg => None,
    };
    for (number, burned) in (1..).zip(pages) {
        let page = match &mut decoded {
            Some(pages) => pages.next()?,
            None if format == ImageFormat::Png => Some(decode::png(bytes, u64::MAX)?),
            None => Some(decode::jpeg(bytes, u64::MAX)?),
        };
        let failed = |why| ImageError::NotBurned { format, page: number, why };
        let raster = page.ok_or_else(|| failed("it is not there"))?.raster;
        burned.check(&raster, format, color).map_err(failed)?;
    }
    match decoded.map(|mut pages| pages.next()).transpose()?.flatten() {
        None => Ok(()),
        Some(_) => Err(ImageError::NotBurned { format, page: 1, why: "there are more pages than it has" }),
    }
}

impl Burned {
    fn check(&self, raster: &Raster, format: ImageFormat, color: [u8; 3]) -> Result<(), &'static str> {
        let Self { width, height, color: stored, areas, grid } = self;
        if (raster.width, raster.height, raster.color) != (*width, *height, *stored) {
            return Err("it has another size or form");
        }
        let pixel = stored.pixel(color);
        let most_off = if format == ImageFormat::Jpeg { MOST_OFF } else { 0 };
        let is_burned = |span: &[u8]| {
            let mut pixels = span.chunks(pixel.len());
            !span.is_empty()
                && pixels.all(|found| found.iter().zip(&pixel).all(|(a, b)| a.abs_diff(*b) <= most_off))
        };
        let mut blocks = areas.iter().flat_map(|area| area.blocks(*grid));
        let all = blocks.all(|(mut rows, columns)| rows.all(|row| is_burned(raster.span(row, &columns))));
        if all { Ok(()) } else { Err("a pixel of a region is not of the colour that was burned into it") }
    }
}
