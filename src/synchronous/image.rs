//! How large an image is, and whether it has several pages, as far as that is cheap to read.
//!
//! The bytes can be anything. An image that cannot be read is not rejected here: Textract may be able to read it.

use std::collections::HashSet;

use super::format::Format;

/// What is known about an image, as far as it could be read.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    /// Width and height, in pixels.
    pub(super) size: Option<(u32, u32)>,
    /// Whether it has more than one page.
    pub(super) many_pages: bool,
}

impl Facts {
    pub(super) fn of(format: Format, bytes: &[u8]) -> Self {
        match format {
            Format::Png => Self { size: png(bytes), many_pages: false },
            Format::Jpeg => Self { size: jpeg(bytes), many_pages: false },
            Format::Tiff => tiff(bytes).unwrap_or_default(),
            Format::Pdf => Self::default(),
        }
    }
}

/// The bytes at a place.
fn at<const N: usize>(bytes: &[u8], place: usize) -> Option<[u8; N]> {
    bytes.get(place..)?.first_chunk().copied()
}

/// The size in the IHDR chunk, which is always the first.
fn png(bytes: &[u8]) -> Option<(u32, u32)> {
    (at(bytes, 12)? == *b"IHDR").then_some(())?;
    Some((u32::from_be_bytes(at(bytes, 16)?), u32::from_be_bytes(at(bytes, 20)?)))
}

/// The size in the frame header (SOF), which comes before the image data.
fn jpeg(bytes: &[u8]) -> Option<(u32, u32)> {
    let mut place = 2;
    loop {
        (at(bytes, place)? == [0xff]).then_some(())?;
        let [marker] = at(bytes, place + 1)?;
        match marker {
            // Any number of these may precede a marker.
            0xff => place += 1,
            // Markers without a length.
            0x01 | 0xd0..=0xd7 => place += 2,
            // Within C0 to CF, these three are tables and extensions.
            0xc0..=0xcf if !matches!(marker, 0xc4 | 0xc8 | 0xcc) => {
                let height = u16::from_be_bytes(at(bytes, place + 5)?);
                let width = u16::from_be_bytes(at(bytes, place + 7)?);
                return Some((width.into(), height.into()));
            }
            // The image data or the end: there was no frame header.
            0xd8..=0xda => return None,
            _ => place += 2 + usize::from(u16::from_be_bytes(at(bytes, place + 2)?)),
        }
    }
}

/// The most directories that are read: a hostile file can chain them in a circle.
const MOST_DIRECTORIES: usize = 64;

/// From the image file directories, each of which is a page, a preview or a mask.
fn tiff(bytes: &[u8]) -> Option<Facts> {
    let big_endian = bytes.starts_with(b"MM");
    let short = |place| {
        let number = at(bytes, place)?;
        Some(if big_endian { u16::from_be_bytes(number) } else { u16::from_le_bytes(number) })
    };
    let long = |place| {
        let number = at(bytes, place)?;
        Some(if big_endian { u32::from_be_bytes(number) } else { u32::from_le_bytes(number) })
    };
    let mut facts = Facts::default();
    let mut pages = 0;
    let mut seen = HashSet::new();
    let mut directory = usize::try_from(long(4)?).ok()?;
    for _ in 0..MOST_DIRECTORIES {
        let Some(entries) = short(directory) else { break };
        let (mut kind, mut old_kind, mut width, mut height) = (0, 1, None, None);
        for entry in 0..usize::from(entries) {
            let entry = directory.checked_add(2 + 12 * entry)?;
            let (Some(tag), Some(form)) = (short(entry), short(entry.checked_add(2)?)) else { break };
            let place = entry.checked_add(8)?;
            let value = if form == 3 { short(place).map(u32::from) } else { long(place) };
            match tag {
                254 => kind = value.unwrap_or_default(),
                255 => old_kind = value.unwrap_or(1),
                256 => width = value,
                257 => height = value,
                _ => {}
            }
        }
        // Neither a preview (bit 0, or 2 in the older tag) nor a mask (bit 2).
        let is_page = kind & 0b101 == 0 && old_kind != 2;
        // A directory without a size, or one that was read before, is not a page: the offset that points to it is stale.
        if let Some(size) = width.zip(height).filter(|_| is_page && seen.insert(directory)) {
            pages += 1;
            facts.size = facts.size.or(Some(size));
        }
        let next = directory.checked_add(2 + 12 * usize::from(entries))?;
        match long(next) {
            Some(offset) if offset > 0 && pages < 2 => directory = usize::try_from(offset).ok()?,
            _ => break,
        }
    }
    facts.many_pages = pages > 1;
    Some(facts)
}
