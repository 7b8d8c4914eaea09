//! From the bytes of an image to its pixels.

use std::io::Cursor;

use image::codecs::jpeg::JpegDecoder;
use image::codecs::png::PngDecoder;
use image::metadata::Orientation;
use image::{ImageDecoder, Limits};

use super::raster::{Alpha, Raster, flattened};
use super::{ImageError, ImageFormat};

/// The most memory for what a PNG has besides its pixels, in bytes: profiles, texts and the like.
const MOST_BESIDE: u64 = 64 * 1024 * 1024;

/// A page of an image as it was stored.
pub(super) struct Stored {
    pub(super) raster: Raster,
    /// How it is to be turned before it is shown, as EXIF and TIFF count; 1 means not at all.
    pub(super) orientation: u16,
    /// Whether its pixels were compressed in the blocks of JPEG.
    pub(super) in_blocks: bool,
}

/// The format by the first bytes, regardless of names and media types.
pub(super) fn format_of(bytes: &[u8]) -> Result<ImageFormat, ImageError> {
    if bytes.starts_with(b"\x89PNG\r\n\x1a\n") {
        Ok(ImageFormat::Png)
    } else if bytes.starts_with(b"\xff\xd8\xff") {
        Ok(ImageFormat::Jpeg)
    } else if bytes.starts_with(b"II*\0") || bytes.starts_with(b"MM\0*") {
        Ok(ImageFormat::Tiff)
    } else {
        Err(ImageError::UnknownFormat)
    }
}

pub(super) fn png(bytes: &[u8], most_pixels: u64) -> Result<Stored, ImageError> {
    let failed = |error| failure(ImageFormat::Png, &error);
    let mut limits = Limits::no_limits();
    limits.max_alloc = Some(MOST_BESIDE);
    let decoder = PngDecoder::with_limits(Cursor::new(bytes), limits).map_err(failed)?;
    let raster = pixels(decoder, ImageFormat::Png, most_pixels)?;
    let orientation = exif_of_png(bytes).and_then(Orientation::from_exif_chunk);
    Ok(Stored { raster, orientation: number(orientation), in_blocks: false })
}

pub(super) fn jpeg(bytes: &[u8], most_pixels: u64) -> Result<Stored, ImageError> {
    let failed = |error| failure(ImageFormat::Jpeg, &error);
    let mut decoder = JpegDecoder::new(Cursor::new(bytes)).map_err(failed)?;
    let orientation = decoder.orientation().map_err(failed)?;
    let raster = pixels(decoder, ImageFormat::Jpeg, most_pixels)?;
    Ok(Stored { raster, orientation: number(Some(orientation)), in_blocks: true })
}

fn number(orientation: Option<Orientation>) -> u16 {
    orientation.unwrap_or(Orientation::NoTransforms).to_exif().into()
}

fn pixels(decoder: impl ImageDecoder, format: ImageFormat, most_pixels: u64) -> Result<Raster, ImageError> {
    let (width, height) = decoder.dimensions();
    check_size(width, height, most_pixels)?;
    let broken = ImageError::Broken { format };
    let length = usize::try_from(decoder.total_bytes()).map_err(|_| broken)?;
    let stored = decoder.color_type();
    let mut bytes = vec![0; length];
    decoder.read_image(&mut bytes).map_err(|error| failure(format, &error))?;
    let (color, bytes) = flattened(stored, Alpha::Straight, bytes)
        .ok_or_else(|| ImageError::Unsupported { format, what: format!("its pixels are {stored:?}") })?;
    Ok(Raster { width, height, color, bytes })
}

/// Refuses an image that would take too much memory, before it takes it.
pub(super) fn check_size(width: u32, height: u32, most_pixels: u64) -> Result<(), ImageError> {
    match u64::from(width) * u64::from(height) <= most_pixels {
        true => Ok(()),
        false => Err(ImageError::TooLarge { width, height, most_pixels }),
    }
}

/// What a decoder's error says about the format; what it says about the content is left out.
fn failure(format: ImageFormat, error: &image::ImageError) -> ImageError {
    match error {
        image::ImageError::Unsupported(error) => ImageError::Unsupported { format, what: error.to_string() },
        _ => ImageError::Broken { format },
    }
}

/// The EXIF of a PNG, before or after its pixels. The decoder reads only the former, viewers read both.
fn exif_of_png(bytes: &[u8]) -> Option<&[u8]> {
    let mut rest = bytes.get(8..)?;
    loop {
        let (length, after) = rest.split_first_chunk()?;
        let (kind, after) = after.split_first_chunk::<4>()?;
        let (data, after) = after.split_at_checked(usize::try_from(u32::from_be_bytes(*length)).ok()?)?;
        match kind {
            b"eXIf" => return Some(data),
            b"IEND" => return None,
            // A checksum follows the data.
            _ => rest = after.get(4..)?,
        }
    }
}
