//! Pixels, and what is done to them.

use std::ops::Range;

use image::{ColorType, ExtendedColorType};

/// How the pixels of a page are stored: the four forms that PNG, JPEG and TIFF share as far as they can.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Color {
    Gray8,
    Gray16,
    Rgb8,
    Rgb16,
}

impl Color {
    /// Bytes per pixel.
    pub(super) fn stride(self) -> usize {
        match self {
            Self::Gray8 => 1,
            Self::Gray16 => 2,
            Self::Rgb8 => 3,
            Self::Rgb16 => 6,
        }
    }

    pub(super) fn of_encoder(self) -> ExtendedColorType {
        match self {
            Self::Gray8 => ExtendedColorType::L8,
            Self::Gray16 => ExtendedColorType::L16,
            Self::Rgb8 => ExtendedColorType::Rgb8,
            Self::Rgb16 => ExtendedColorType::Rgb16,
        }
    }

    /// A pixel of this colour, in the bytes of a raster.
    pub(super) fn pixel(self, [red, green, blue]: [u8; 3]) -> Vec<u8> {
        let luma = || (299 * u32::from(red) + 587 * u32::from(green) + 114 * u32::from(blue) + 500) / 1000;
        let gray = || u8::try_from(luma()).unwrap_or(u8::MAX);
        // The same byte twice, so that the byte order does not matter.
        match self {
            Self::Gray8 => vec![gray()],
            Self::Gray16 => vec![gray(); 2],
            Self::Rgb8 => vec![red, green, blue],
            Self::Rgb16 => vec![red, red, green, green, blue, blue],
        }
    }
}

/// A page of pixels, row by row from the top; 16-bit samples in native byte order.
#[derive(PartialEq, Eq)]
pub(super) struct Raster {
    pub(super) width: u32,
    pub(super) height: u32,
    pub(super) color: Color,
    pub(super) bytes: Vec<u8>,
}

impl Raster {
    /// The bytes of these columns of a row; empty if it has none of them.
    pub(super) fn span(&self, row: u32, columns: &Range<u32>) -> &[u8] {
        self.place(row, columns).and_then(|place| self.bytes.get(place)).unwrap_or_default()
    }

    /// Fills these rows and columns with one pixel.
    pub(super) fn fill(&mut self, rows: Range<u32>, columns: &Range<u32>, pixel: &[u8]) {
        for row in rows {
            let Some(span) = self.place(row, columns).and_then(|place| self.bytes.get_mut(place)) else {
                return;
            };
            span.chunks_exact_mut(pixel.len().max(1)).for_each(|to| to.copy_from_slice(pixel));
        }
    }

    /// Where the bytes of these columns of a row are. As a raster has the bytes of all its pixels, this does not overflow.
    fn place(&self, row: u32, columns: &Range<u32>) -> Option<Range<usize>> {
        let stride = self.color.stride();
        let at = |column: u32| Some((row as usize * self.width as usize + column as usize) * stride);
        (row < self.height && columns.end <= self.width).then_some(())?;
        Some(at(columns.start)?..at(columns.end)?)
    }

    /// The raster turned and mirrored as it is to be shown.
    pub(super) fn turned(self, turn: Turn) -> Self {
        if turn == Turn::NONE {
            return self;
        }
        let (width, height) =
            if turn.transpose { (self.height, self.width) } else { (self.width, self.height) };
        let mut bytes = Vec::with_capacity(self.bytes.len());
        for y in 0..height {
            let v = if turn.mirror_y { height - 1 - y } else { y };
            for x in 0..width {
                let u = if turn.mirror_x { width - 1 - x } else { x };
                let (column, row) = if turn.transpose { (v, u) } else { (u, v) };
                bytes.extend_from_slice(self.span(row, &(column..column + 1)));
            }
        }
        Self { width, height, bytes, ..self }
    }
}

/// How an image is to be turned before it is shown: rows and columns swapped, and then each axis mirrored.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Turn {
    pub(super) transpose: bool,
    pub(super) mirror_x: bool,
    pub(super) mirror_y: bool,
}

impl Turn {
    pub(super) const NONE: Self = Self { transpose: false, mirror_x: false, mirror_y: false };

    /// That of an orientation of EXIF and TIFF; [`NONE`](Self::NONE) for 1, and for values that mean nothing.
    ///
    /// Follows "Orientation" (tag 274) in the TIFF 6.0 specification.
    pub(super) fn of(orientation: u16) -> Self {
        let (transpose, mirror_x, mirror_y) = match orientation {
            2 => (false, true, false),
            3 => (false, true, true),
            4 => (false, false, true),
            5 => (true, false, false),
            6 => (true, true, false),
            7 => (true, true, true),
            8 => (true, false, true),
            _ => return Self::NONE,
        };
        Self { transpose, mirror_x, mirror_y }
    }
}

/// What the last sample of a pixel, if it has one more than its colour needs, says about the others.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Alpha {
    /// Nothing: it is something else.
    None,
    /// How opaque they are.
    Straight,
    /// How opaque they are, and they have been multiplied by it.
    Premultiplied,
}

/// Pixels in any form in which a decoder gives them, in one of the four forms.
///
/// What is transparent is laid on white: nobody sees what is under it, and so no detector does, but it would be passed on.
pub(super) fn flattened(color: ColorType, alpha: Alpha, bytes: Vec<u8>) -> Option<(Color, Vec<u8>)> {
    Some(match color {
        ColorType::L8 => (Color::Gray8, bytes),
        ColorType::L16 => (Color::Gray16, bytes),
        ColorType::Rgb8 => (Color::Rgb8, bytes),
        ColorType::Rgb16 => (Color::Rgb16, bytes),
        ColorType::La8 => (Color::Gray8, on_white::<2>(alpha, &bytes)),
        ColorType::Rgba8 => (Color::Rgb8, on_white::<4>(alpha, &bytes)),
        ColorType::La16 => (Color::Gray16, on_white_wide::<2>(alpha, &bytes)),
        ColorType::Rgba16 => (Color::Rgb16, on_white_wide::<4>(alpha, &bytes)),
        _ => return None,
    })
}

impl Alpha {
    /// What is seen of a sample on white.
    fn blend(self, sample: u32, opacity: u32, white: u32) -> u32 {
        match self {
            Self::None => sample,
            // At most 65,535 squared and half of it more, which fits.
            Self::Straight => (sample * opacity + white * (white - opacity) + white / 2) / white,
            Self::Premultiplied => (sample + (white - opacity)).min(white),
        }
    }
}

fn on_white<const N: usize>(alpha: Alpha, bytes: &[u8]) -> Vec<u8> {
    let pixels = bytes.as_chunks::<N>().0.iter().filter_map(|pixel| pixel.split_last());
    let samples = pixels.flat_map(|(opacity, samples)| {
        samples.iter().map(move |sample| alpha.blend((*sample).into(), (*opacity).into(), u8::MAX.into()))
    });
    samples.map(|sample| u8::try_from(sample).unwrap_or(u8::MAX)).collect()
}

fn on_white_wide<const N: usize>(alpha: Alpha, bytes: &[u8]) -> Vec<u8> {
    let wide = words(bytes);
    let pixels = wide.as_chunks::<N>().0.iter().filter_map(|pixel| pixel.split_last());
    let samples = pixels.flat_map(|(opacity, samples)| {
        samples.iter().map(move |sample| alpha.blend((*sample).into(), (*opacity).into(), u16::MAX.into()))
    });
    samples.flat_map(|sample| u16::try_from(sample).unwrap_or(u16::MAX).to_ne_bytes()).collect()
}

/// 16-bit samples.
pub(super) fn words(bytes: &[u8]) -> Vec<u16> {
    bytes.as_chunks().0.iter().map(|sample| u16::from_ne_bytes(*sample)).collect()
}
