//! From pixels to the bytes of a new image, with nothing of the old one but its pixels.

use image::ImageEncoder;
use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::{CompressionType, FilterType, PngEncoder};

use super::raster::Raster;
use super::{ImageError, ImageFormat};

pub(super) fn png(raster: &Raster) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    let encoder = PngEncoder::new_with_quality(&mut bytes, CompressionType::Default, FilterType::Adaptive);
    write(encoder, raster, ImageFormat::Png)?;
    Ok(bytes)
}

/// The encoder writes every channel in blocks of 8 by 8 pixels, and at its full size.
pub(super) fn jpeg(raster: &Raster, quality: u8) -> Result<Vec<u8>, ImageError> {
    let mut bytes = Vec::new();
    write(JpegEncoder::new_with_quality(&mut bytes, quality), raster, ImageFormat::Jpeg)?;
    Ok(bytes)
}

fn write(encoder: impl ImageEncoder, raster: &Raster, format: ImageFormat) -> Result<(), ImageError> {
    let Raster { width, height, color, bytes } = raster;
    let unwritten = |_| ImageError::Unwritten { format };
    encoder.write_image(bytes, *width, *height, color.of_encoder()).map_err(unwritten)
}
