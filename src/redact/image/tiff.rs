//! TIFF, page by page, in both directions.

use std::io::Cursor;

use tiff::decoder::Decoder;
use tiff::encoder::{Compression, DeflateLevel, Predictor, TiffEncoder, colortype};
use tiff::tags::{SampleFormat, Tag};
use tiff::{ColorType, TiffError};

use super::decode::{Stored, check_size};
use super::raster::{Alpha, Color, Raster, flattened, words};
use super::{ImageError, ImageFormat};

/// The most pages of a TIFF: those that a document for Textract may have ("Set Quotas in Amazon Textract").
const MOST_PAGES: u32 = 3_000;

/// The most pictures of a TIFF: its pages, each with a preview and a mask. Reading one takes up to a megabyte, and in a crafted
/// file they may share their bytes, so that the length of the file does not bound their number.
const MOST_PICTURES: u32 = 3 * MOST_PAGES;

/// The pages of a TIFF, one after the other.
pub(super) struct Pages<'a> {
    decoder: Option<Decoder<Cursor<&'a [u8]>>>,
    most_pixels: u64,
    /// How many pictures were passed over or read.
    passed: u32,
}

impl<'a> Pages<'a> {
    pub(super) fn new(bytes: &'a [u8], most_pixels: u64) -> Result<Self, ImageError> {
        let decoder = Decoder::new(Cursor::new(bytes)).map_err(failure)?;
        Ok(Self { decoder: Some(decoder), most_pixels, passed: 0 })
    }

    /// How many pages there are. Previews and masks are not pages, as elsewhere in the crate.
    pub(super) fn count(bytes: &'a [u8]) -> Result<u32, ImageError> {
        let mut pages = Self::new(bytes, 0)?;
        let mut count = 0;
        while pages.seek_page()? {
            count += 1;
            if count > MOST_PAGES {
                return Err(ImageError::TooManyPages { most: MOST_PAGES });
            }
            pages.go_on()?;
        }
        Ok(count)
    }

    /// The next page.
    pub(super) fn next(&mut self) -> Result<Option<Stored>, ImageError> {
        if !self.seek_page()? {
            return Ok(None);
        }
        let page = match &mut self.decoder {
            Some(decoder) => read(decoder, self.most_pixels)?,
            None => return Ok(None),
        };
        self.go_on()?;
        Ok(Some(page))
    }

    /// Passes over the next page without decoding it.
    pub(super) fn skip(&mut self) -> Result<(), ImageError> {
        self.seek_page()?;
        self.go_on()
    }

    /// Goes to the next directory that is a page, if this one is not.
    fn seek_page(&mut self) -> Result<bool, ImageError> {
        while let Some(decoder) = &mut self.decoder {
            let kind: u32 =
                decoder.find_tag_unsigned(Tag::NewSubfileType).map_err(failure)?.unwrap_or_default();
            let old: u16 = decoder.find_tag_unsigned(Tag::SubfileType).map_err(failure)?.unwrap_or(1);
            // A preview is bit 0, or 2 in the older tag; a mask is bit 2.
            if kind & 0b101 == 0 && old != 2 {
                return Ok(true);
            }
            self.go_on()?;
        }
        Ok(false)
    }

    fn go_on(&mut self) -> Result<(), ImageError> {
        self.passed += 1;
        if self.passed > MOST_PICTURES {
            return Err(ImageError::TooManyPictures { most: MOST_PICTURES });
        }
        match &mut self.decoder {
            Some(decoder) if decoder.more_images() => decoder.next_image().map_err(failure),
            _ => {
                self.decoder = None;
                Ok(())
            }
        }
    }
}

fn unsupported(what: impl Into<String>) -> ImageError {
    ImageError::Unsupported { format: ImageFormat::Tiff, what: what.into() }
}

/// What the decoder's error says about the format; what it says about the content is left out.
fn failure(error: TiffError) -> ImageError {
    match error {
        TiffError::UnsupportedError(error) => unsupported(error.to_string()),
        _ => ImageError::Broken { format: ImageFormat::Tiff },
    }
}

/// The page of the directory that the decoder is at.
fn read(decoder: &mut Decoder<Cursor<&[u8]>>, most_pixels: u64) -> Result<Stored, ImageError> {
    let (width, height) = decoder.dimensions().map_err(failure)?;
    check_size(width, height, most_pixels)?;
    let mut tag = |tag| decoder.find_tag_unsigned::<u16>(tag).map_err(failure);
    let orientation = tag(Tag::Orientation)?.unwrap_or(1);
    let in_blocks = matches!(tag(Tag::Compression)?, Some(OLD_JPEG | JPEG));
    // The decoder ignores this tag, and would give every eight pixels in the wrong order.
    if tag(Tag::FillOrder)?.is_some_and(|order| order != 1) {
        return Err(unsupported("its FillOrder is 2"));
    }
    let extra = decoder.find_tag_unsigned_vec::<u16>(Tag::ExtraSamples).map_err(failure)?;
    let alpha = match extra.as_deref() {
        Some([1, ..]) => Alpha::Premultiplied,
        Some([2, ..]) => Alpha::Straight,
        _ => Alpha::None,
    };
    let color = decoder.colortype().map_err(failure)?;
    let layout = decoder.image_buffer_layout().map_err(failure)?;
    if layout.sample_format != SampleFormat::Uint {
        return Err(unsupported(format!("its samples are {:?}", layout.sample_format)));
    }
    // Before any memory is taken: a page may claim thousands of samples per pixel.
    let form = Form::of(color, alpha).ok_or_else(|| unsupported(format!("its pixels are {color:?}")))?;
    let mut bytes = vec![0; layout.complete_len];
    decoder.read_image_bytes(&mut bytes).map_err(failure)?;
    if layout.planes > 1 {
        bytes = interleaved(&bytes, layout.planes, usize::from(color.bit_depth() / 8));
    }
    let (color, bytes) = form.read(bytes, width).ok_or_else(|| unsupported("its pixels are incomplete"))?;
    Ok(Stored { raster: Raster { width, height, color, bytes }, orientation, in_blocks })
}

const OLD_JPEG: u16 = 6;
const JPEG: u16 = 7;

/// A form of pixels that is read.
#[derive(Clone, Copy)]
enum Form {
    /// Gray of fewer than 8 bits, in rows of whole bytes.
    Packed(u32),
    /// One that needs no conversion but that of [`flattened`].
    Plain(image::ColorType, Alpha),
    /// Four inks.
    Cmyk,
    /// Luminance and two differences, as JPEG has them.
    YCbCr,
}

impl Form {
    fn of(color: ColorType, alpha: Alpha) -> Option<Self> {
        use image::ColorType::{L8, L16, La8, La16, Rgb8, Rgb16, Rgba8, Rgba16};
        Some(match color {
            ColorType::Gray(bits @ (1 | 2 | 4)) => Self::Packed(bits.into()),
            ColorType::Gray(8) => Self::Plain(L8, Alpha::None),
            ColorType::Gray(16) => Self::Plain(L16, Alpha::None),
            ColorType::Multiband { bit_depth: 8, num_samples: 2 } => Self::Plain(La8, alpha),
            ColorType::Multiband { bit_depth: 16, num_samples: 2 } => Self::Plain(La16, alpha),
            ColorType::RGB(8) => Self::Plain(Rgb8, Alpha::None),
            ColorType::RGB(16) => Self::Plain(Rgb16, Alpha::None),
            ColorType::RGBA(8) => Self::Plain(Rgba8, alpha),
            ColorType::RGBA(16) => Self::Plain(Rgba16, alpha),
            ColorType::CMYK(8) => Self::Cmyk,
            ColorType::YCbCr(8) => Self::YCbCr,
            _ => return None,
        })
    }

    fn read(self, bytes: Vec<u8>, width: u32) -> Option<(Color, Vec<u8>)> {
        match self {
            Self::Packed(bits) => Some((Color::Gray8, unpacked(&bytes, bits, width as usize))),
            Self::Plain(color, alpha) => flattened(color, alpha, bytes),
            Self::Cmyk => Some((Color::Rgb8, bytes.as_chunks().0.iter().flat_map(rgb_of_cmyk).collect())),
            Self::YCbCr => Some((Color::Rgb8, bytes.as_chunks().0.iter().flat_map(rgb_of_ycbcr).collect())),
        }
    }
}

/// Samples of 1, 2 or 4 bits as samples of 8, from black to white. Every row begins at a byte.
fn unpacked(bytes: &[u8], bits: u32, width: usize) -> Vec<u8> {
    let most = (1_u8 << bits) - 1;
    let row = (width * bits as usize).div_ceil(8).max(1);
    let samples = |byte: u8| {
        let shifts = (0..8).step_by(bits as usize).map(move |before| 8 - bits - before);
        shifts.map(move |shift| (byte >> shift & most) * (u8::MAX / most))
    };
    bytes.chunks(row).flat_map(|row| row.iter().copied().flat_map(samples).take(width)).collect()
}

/// Planes, one for each sample, as pixels.
fn interleaved(bytes: &[u8], planes: usize, sample: usize) -> Vec<u8> {
    let (sample, plane) = (sample.max(1), bytes.len() / planes.max(1));
    let mut pixels = Vec::with_capacity(bytes.len());
    for at in (0..plane).step_by(sample) {
        for plane in bytes.chunks(plane) {
            pixels.extend_from_slice(plane.get(at..at + sample).unwrap_or_default());
        }
    }
    pixels
}

/// Plain inks on white paper, without a profile.
fn rgb_of_cmyk([cyan, magenta, yellow, black]: &[u8; 4]) -> [u8; 3] {
    let seen = |ink: u8| {
        let light = u32::from(u8::MAX - ink) * u32::from(u8::MAX - black);
        u8::try_from((light + 127) / 255).unwrap_or(u8::MAX)
    };
    [seen(*cyan), seen(*magenta), seen(*yellow)]
}

/// The conversion of JFIF, which is also the default of TIFF's YCbCrCoefficients.
fn rgb_of_ycbcr([y, cb, cr]: &[u8; 3]) -> [u8; 3] {
    let (y, cb, cr) = (f32::from(*y), f32::from(*cb) - 128.0, f32::from(*cr) - 128.0);
    // Casts from floating point saturate.
    [y + 1.402 * cr, y - 0.344_136 * cb - 0.714_136 * cr, y + 1.772 * cb].map(|sample| sample.round() as u8)
}

/// Pages as a TIFF, compressed without loss. Each is taken when it is written.
pub(super) fn encode(pages: impl Iterator<Item = Result<Raster, ImageError>>) -> Result<Vec<u8>, ImageError> {
    let unwritten = |_| ImageError::Unwritten { format: ImageFormat::Tiff };
    let mut bytes = Cursor::new(Vec::new());
    let mut encoder = TiffEncoder::new(&mut bytes)
        .map_err(unwritten)?
        .with_compression(Compression::Deflate(DeflateLevel::Balanced))
        .with_predictor(Predictor::Horizontal);
    for page in pages {
        let Raster { width, height, color, bytes } = page?;
        let (width, height, bytes) = (width, height, &bytes);
        match color {
            Color::Gray8 => encoder.write_image::<colortype::Gray8>(width, height, bytes),
            Color::Rgb8 => encoder.write_image::<colortype::RGB8>(width, height, bytes),
            Color::Gray16 => encoder.write_image::<colortype::Gray16>(width, height, &words(bytes)),
            Color::Rgb16 => encoder.write_image::<colortype::RGB16>(width, height, &words(bytes)),
        }
        .map_err(unwritten)?;
    }
    Ok(bytes.into_inner())
}
