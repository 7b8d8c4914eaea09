//! Images that are made here, in every form that is read.

use std::io::Cursor;

use image::codecs::jpeg::JpegEncoder;
use image::codecs::png::PngEncoder;
use image::{ExtendedColorType, ImageEncoder};
use proptest::prelude::*;

use super::raster::Color;
use super::*;
use crate::block::{BoundingBox, Point, Polygon};
use crate::error::{Error, ErrorKind, Stage};

fn boxed(left: f32, top: f32, width: f32, height: f32) -> Geometry {
    Geometry { bounding_box: Some(BoundingBox { left, top, width, height }), ..Geometry::default() }
}

/// The right lower quarter.
fn quarter() -> Geometry {
    boxed(0.5, 0.5, 0.5, 0.5)
}

fn exact() -> ImageRedaction {
    ImageRedaction::new().padding(0.0)
}

/// Bytes that look like no pattern.
fn noise(length: usize) -> Vec<u8> {
    let mut random = fastrand::Rng::with_seed(7);
    (0..length).map(|_| random.u8(1..)).collect()
}

fn png(color: ExtendedColorType, width: u32, height: u32, bytes: &[u8]) -> Vec<u8> {
    let mut png = Vec::new();
    PngEncoder::new(&mut png).write_image(bytes, width, height, color).unwrap();
    png
}

fn jpeg(color: ExtendedColorType, width: u32, height: u32, bytes: &[u8]) -> Vec<u8> {
    let mut jpeg = Vec::new();
    JpegEncoder::new_with_quality(&mut jpeg, 80).write_image(bytes, width, height, color).unwrap();
    jpeg
}

/// A chunk of a PNG with its checksum, without which it would be passed over.
fn chunk(kind: &[u8; 4], data: &[u8]) -> Vec<u8> {
    let checked = [kind.as_slice(), data].concat();
    let crc = !checked.iter().fold(!0_u32, |crc, byte| {
        (0..8).fold(crc ^ u32::from(*byte), |crc, _| (crc >> 1) ^ (0xedb8_8320 & (crc & 1).wrapping_neg()))
    });
    [&u32::try_from(data.len()).unwrap().to_be_bytes(), &*checked, &crc.to_be_bytes()].concat()
}

/// A PNG of these rows, each of them whole bytes, with chunks before and behind the pixels.
fn raw_png(header: (u32, u32, u8, u8), before: &[u8], rows: &[&[u8]], behind: &[u8]) -> Vec<u8> {
    let (width, height, depth, color) = header;
    let ihdr = [&width.to_be_bytes()[..], &height.to_be_bytes(), &[depth, color, 0, 0, 0]].concat();
    let data: Vec<u8> = rows.iter().flat_map(|row| [&[0], *row].concat()).collect();
    let length = u16::try_from(data.len()).unwrap();
    let (a, b) = data.iter().fold((1_u32, 0_u32), |(a, b), byte| {
        let a = (a + u32::from(*byte)) % 65_521;
        (a, (a + b) % 65_521)
    });
    let adler = (b << 16 | a).to_be_bytes();
    let zlib = [&[0x78, 1, 1], &length.to_le_bytes()[..], &(!length).to_le_bytes(), &data, &adler].concat();
    let parts = [&b"\x89PNG\r\n\x1a\n"[..], &chunk(b"IHDR", &ihdr), before, &chunk(b"IDAT", &zlib), behind];
    [parts.concat(), chunk(b"IEND", b"")].concat()
}

/// The tags of a TIFF and their values.
type Tags = Vec<(u16, Vec<u32>)>;

/// A TIFF of these pages, each of them its tags and its pixels in one strip (or tile, by the tags).
fn raw_tiff(pages: &[(Tags, &[u8])]) -> Vec<u8> {
    let mut tiff = b"II*\0\0\0\0\0".to_vec();
    let mut link = 4;
    for (tags, data) in pages {
        let mut place = |values: &[u8]| {
            tiff.resize(tiff.len().next_multiple_of(2), 0);
            let at = u32::try_from(tiff.len()).unwrap();
            tiff.extend_from_slice(values);
            at
        };
        let strip = place(data);
        let tiled = tags.iter().any(|(tag, _)| *tag == 322);
        let mut tags = tags.clone();
        // Unless the tags say it themselves, such as where each plane is.
        if tags.iter().all(|(tag, _)| *tag != 273) {
            tags.push((if tiled { 324 } else { 273 }, vec![strip]));
            tags.push((if tiled { 325 } else { 279 }, vec![u32::try_from(data.len()).unwrap()]));
        }
        tags.sort();
        let mut entries = Vec::new();
        for (tag, values) in &tags {
            let bytes: Vec<u8> = values.iter().flat_map(|value| value.to_le_bytes()).collect();
            let value = if let [one] = values.as_slice() { *one } else { place(&bytes) };
            let count = u32::try_from(values.len()).unwrap();
            let kind = if *tag == 338 { 3 } else { 4 };
            entries.extend(
                [&tag.to_le_bytes()[..], &[kind, 0], &count.to_le_bytes(), &value.to_le_bytes()].concat(),
            );
        }
        let count = u16::try_from(tags.len()).unwrap().to_le_bytes();
        let directory = place(&[&count[..], &entries, &[0; 4]].concat());
        tiff[link..link + 4].copy_from_slice(&directory.to_le_bytes());
        link = tiff.len() - 4;
    }
    tiff
}

fn tags(width: u32, height: u32, bits: &[u32], photometric: u32) -> Tags {
    let samples = u32::try_from(bits.len()).unwrap();
    vec![
        (256, vec![width]),
        (257, vec![height]),
        (258, bits.to_vec()),
        (262, vec![photometric]),
        (277, vec![samples]),
        (278, vec![height]),
    ]
}

fn with(mut tags: Tags, more: &[(u16, u32)]) -> Tags {
    tags.extend(more.iter().map(|(tag, value)| (*tag, vec![*value])));
    tags
}

/// The first page of an image, as this crate decodes it.
fn decoded(bytes: &[u8]) -> Raster {
    let stored = match decode::format_of(bytes).unwrap() {
        ImageFormat::Png => decode::png(bytes, 1 << 30),
        ImageFormat::Jpeg => decode::jpeg(bytes, 1 << 30),
        ImageFormat::Tiff => Pages::new(bytes, 1 << 30).and_then(|mut pages| Ok(pages.next()?.unwrap())),
    };
    stored.unwrap().raster
}

/// The image with its right lower quarter burned, without loss. All other pixels stay as they were.
fn burned_quarter(image: &[u8]) -> Raster {
    let before = decoded(image);
    let redacted = exact().color([200, 10, 30]).redact(image, &[quarter()]).unwrap();
    let after = decoded(redacted.bytes());
    assert_eq!((after.width, after.height, after.color), (before.width, before.height, before.color));
    let pixel = after.color.pixel([200, 10, 30]);
    for row in 0..after.height {
        for column in 0..after.width {
            let found = after.span(row, &(column..column + 1));
            let is_burned = row >= after.height / 2 && column >= after.width / 2;
            let expected = if is_burned { &pixel } else { before.span(row, &(column..column + 1)) };
            assert_eq!(found, expected, "{row} {column}");
        }
    }
    after
}

#[test]
fn every_form_of_png() {
    use ExtendedColorType::*;
    for (color, samples, becomes) in [
        (L8, 1, Color::Gray8),
        (La8, 2, Color::Gray8),
        (Rgb8, 3, Color::Rgb8),
        (Rgba8, 4, Color::Rgb8),
        (L16, 2, Color::Gray16),
        (La16, 4, Color::Gray16),
        (Rgb16, 6, Color::Rgb16),
        (Rgba16, 8, Color::Rgb16),
    ] {
        let image = png(color, 10, 6, &noise(60 * samples));
        assert_eq!(burned_quarter(&image).color, becomes, "{color:?}");
    }
    let palette = chunk(b"PLTE", &[255, 255, 255, 0, 0, 0, 10, 20, 30, 40, 50, 60]);
    for (depth, row) in [(1, &[0b0110_0110][..]), (2, &[0b0001_1011; 2]), (4, &[0x01; 4]), (8, &[2; 8])] {
        let image = raw_png((8, 2, depth, 3), &palette, &[row; 2], b"");
        assert_eq!(burned_quarter(&image).color, Color::Rgb8, "{depth} bits");
    }
    for (depth, row) in [(1, &[0b0110_0110][..]), (2, &[0b0001_1011; 2]), (4, &[0x0f; 4])] {
        let image = raw_png((8, 2, depth, 0), b"", &[row; 2], b"");
        assert_eq!(burned_quarter(&image).color, Color::Gray8, "{depth} bits");
    }
}

#[test]
fn what_is_transparent_is_laid_on_white() {
    // Opaque, half, and not to be seen: with a secret under it.
    let image = png(ExtendedColorType::Rgba8, 3, 1, &[9, 8, 7, 255, 0, 100, 255, 128, 1, 2, 3, 0]);
    let redacted = exact().redact(&image, []).unwrap();
    assert_eq!(decoded(redacted.bytes()).bytes, [9, 8, 7, 127, 177, 255, 255, 255, 255]);
    let wide: Vec<u8> = [500_u16, 65_535, 500, 0].iter().flat_map(|sample| sample.to_ne_bytes()).collect();
    let redacted = exact().redact(&png(ExtendedColorType::La16, 2, 1, &wide), []).unwrap();
    assert_eq!(raster::words(&decoded(redacted.bytes()).bytes), [500, 65_535]);
    // The same of a palette with transparency.
    let palette = [chunk(b"PLTE", &[1, 2, 3, 4, 5, 6]), chunk(b"tRNS", &[0, 255])].concat();
    let redacted = exact().redact(&raw_png((2, 1, 8, 3), &palette, &[&[0, 1]], b""), []).unwrap();
    assert_eq!(decoded(redacted.bytes()).bytes, [255, 255, 255, 4, 5, 6]);
    // In TIFF, colours may have been multiplied with it already.
    for (kind, expected) in [(2, [127, 127, 127]), (1, [255; 3]), (0, [0xaa; 3])] {
        let tags = with(tags(1, 1, &[8; 4], 2), &[(338, kind)]);
        let sample = if kind == 2 { 0 } else { 0xaa };
        let redacted = exact().redact(&raw_tiff(&[(tags, &[sample, sample, sample, 128])]), []).unwrap();
        assert_eq!(decoded(redacted.bytes()).bytes, expected, "{kind}");
    }
}

#[test]
fn every_form_of_tiff() {
    let forms = [
        (vec![8], 1, 1, Color::Gray8),
        (vec![16], 1, 2, Color::Gray16),
        (vec![8; 3], 2, 3, Color::Rgb8),
        (vec![16; 3], 2, 6, Color::Rgb16),
        (vec![8; 4], 5, 4, Color::Rgb8),
        (vec![8; 2], 1, 2, Color::Gray8),
    ];
    for (bits, photometric, stride, becomes) in forms {
        let pixels = noise(60 * stride);
        let tags = tags(10, 6, &bits, photometric);
        assert_eq!(burned_quarter(&raw_tiff(&[(tags.clone(), &pixels)])).color, becomes, "{tags:?}");
        // One plane a sample, and tiles that reach beyond the image.
        if bits.len() == 3 {
            let planar = vec![pixels.len() as u32 / 3; 3];
            let offsets: Vec<u32> = (0..3).map(|plane| 8 + plane * planar[0]).collect();
            let mut planes = with(tags.clone(), &[(284, 2)]);
            planes.extend([(273, offsets), (279, planar)]);
            burned_quarter(&raw_tiff(&[(planes, &pixels)]));
        }
        let tiled = with(tags, &[(322, 16), (323, 16)]);
        let tiled: Vec<_> = tiled.into_iter().filter(|(tag, _)| *tag != 278).collect();
        burned_quarter(&raw_tiff(&[(tiled, &noise(256 * stride))]));
    }
}

#[test]
fn black_is_black_where_white_is_zero() {
    // 0 is white here, and the rows are padded to whole bytes.
    let rows = [0b1010_0000, 0, 0b0101_1111, 0xff];
    let image = raw_tiff(&[(tags(10, 2, &[1], 0), &rows)]);
    assert_eq!(decoded(&image).bytes[..4], [0, 255, 0, 255]);
    let redacted = exact().redact(&image, &[quarter()]).unwrap();
    let after = decoded(redacted.bytes());
    assert_eq!((after.color, &after.bytes[10..]), (Color::Gray8, &[255, 0, 255, 0, 0, 0, 0, 0, 0, 0][..]));
    for (bits, row, expected) in [(1, 0b1000_0000, [0, 255]), (4, 0xf0, [0, 255]), (8, 0xff, [0, 255])] {
        let data = if bits == 8 { vec![row, 0] } else { vec![row] };
        assert_eq!(decoded(&raw_tiff(&[(tags(2, 1, &[bits], 0), &data)])).bytes, expected, "{bits}");
        let other: Vec<u8> = expected.iter().map(|sample| 255 - sample).collect();
        assert_eq!(decoded(&raw_tiff(&[(tags(2, 1, &[bits], 1), &data)])).bytes, other, "{bits}");
    }
    // A fax of Group 4: a white row, then one that is black from its fourth pixel on.
    // V0; horizontal, white 3, black 13; and the end of the block.
    let fax = [0b1001_1000, 0b0000_0111, 0b0000_0000, 0b0100_0000, 0b0000_0100];
    let image = raw_tiff(&[(with(tags(16, 2, &[1], 0), &[(259, 4)]), &fax)]);
    let raster = decoded(&image);
    assert_eq!(raster.bytes[..16], [255; 16]);
    let after = decoded(exact().redact(&image, &[boxed(0.0, 0.0, 0.5, 0.5)]).unwrap().bytes());
    assert_eq!(after.bytes[..16], [[0; 8], [255; 8]].concat());
    assert_eq!(after.bytes[16..], raster.bytes[16..]);
}

#[test]
fn forms_that_are_not_read_are_named() {
    let pixels = [0; 64];
    for (image, said) in [
        (raw_tiff(&[(with(tags(4, 4, &[1], 0), &[(259, 3)]), &pixels)]), "Fax3"),
        (raw_tiff(&[(with(tags(4, 4, &[1], 0), &[(266, 2)]), &pixels)]), "FillOrder"),
        (raw_tiff(&[(tags(4, 4, &[8], 3), &pixels)]), "RGBPalette"),
        (raw_tiff(&[(with(tags(4, 4, &[8], 1), &[(339, 2)]), &pixels)]), "samples are Int"),
        (raw_tiff(&[(tags(4, 4, &[32], 1), &pixels)]), "Gray(32)"),
    ] {
        let refused = exact().redact(&image, []).unwrap_err();
        assert!(matches!(refused, ImageError::Unsupported { format: ImageFormat::Tiff, .. }), "{refused:?}");
        assert!(refused.to_string().contains(said), "{refused}");
    }
    for bytes in [&b""[..], b"GIF89a", b"II+\0\x08\0\0\0", b"%PDF-1.7", b"\xff\xd8"] {
        assert_eq!(exact().redact(bytes, []).unwrap_err(), ImageError::UnknownFormat);
    }
}

#[test]
fn jpegs() {
    for (color, samples) in [(ExtendedColorType::L8, 1), (ExtendedColorType::Rgb8, 3)] {
        let image = jpeg(color, 30, 21, &noise(30 * 21 * samples));
        let redacted = exact().redact(&image, &[boxed(0.4, 0.5, 0.2, 0.05)]).unwrap();
        assert_eq!(
            (redacted.format(), redacted.sizes()),
            (ImageFormat::Jpeg, &[PageSize::new(30, 21).unwrap()][..])
        );
        let after = decoded(redacted.bytes());
        // Columns 12 to 17 and rows 10 and 11 lie in the blocks from 8 to 23 and from 8 to 15.
        for row in 8..16 {
            assert!(after.span(row, &(8..24)).iter().all(|sample| *sample <= 6));
        }
        assert!(after.span(7, &(8..24)).iter().any(|sample| *sample > 50));
        assert!(after.span(16, &(8..24)).iter().any(|sample| *sample > 50));
    }
}

#[test]
fn nothing_stands_beside_the_pixels() {
    const SECRET: &[u8] = b"Jane Doe 078-05-1120";
    let has = |bytes: &[u8], secret: &[u8]| bytes.windows(secret.len()).any(|window| window == secret);
    let exif = [&b"II*\0\x08\0\0\0\x01\0\x0e\x01\x02\0\x14\0\0\0\x1a\0\0\0\0\0\0\0"[..], SECRET].concat();

    let text = [b"Comment\0", SECRET].concat();
    let international = [&b"XML:com.adobe.xmp\0\0\0\0\0"[..], SECRET].concat();
    let before = [chunk(b"tEXt", &text), chunk(b"eXIf", &exif), chunk(b"prVt", SECRET)].concat();
    let behind = chunk(b"iTXt", &international);
    let mut image = raw_png((2, 2, 8, 0), &before, &[&[1, 2][..]; 2], &behind);
    image.extend_from_slice(SECRET);
    let redacted = exact().redact(&image, []).unwrap();
    assert!(has(&image, SECRET) && !has(redacted.bytes(), SECRET));
    let kinds = [&b"tEXt"[..], b"iTXt", b"eXIf", b"prVt", b"Comment", b"xmp"];
    assert!(kinds.iter().all(|kind| has(&image, kind) && !has(redacted.bytes(), kind)));
    assert!(redacted.bytes().ends_with(b"IEND\xae\x42\x60\x82"));

    let plain = jpeg(ExtendedColorType::Rgb8, 8, 8, &noise(192));
    let segment = |marker: u8, data: &[u8]| {
        [&[0xff, marker][..], &u16::try_from(data.len() + 2).unwrap().to_be_bytes(), data].concat()
    };
    let preview = [&b"Exif\0\0"[..], &exif, &plain].concat();
    let xmp = [&b"http://ns.adobe.com/xap/1.0/\0"[..], SECRET].concat();
    let beside = [segment(0xe1, &preview), segment(0xe1, &xmp), segment(0xfe, SECRET), segment(0xed, SECRET)];
    let image = [&plain[..2], &beside.concat(), &plain[2..], SECRET].concat();
    let redacted = exact().redact(&image, []).unwrap();
    assert!(has(&image, SECRET) && !has(redacted.bytes(), SECRET));
    assert!([&b"Exif"[..], b"xap"].iter().all(|kind| has(&image, kind) && !has(redacted.bytes(), kind)));
    // One beginning and one end: no preview is left.
    let count = |marker: &[u8]| redacted.bytes().windows(2).filter(|two| *two == marker).count();
    assert_eq!((count(b"\xff\xd8"), count(b"\xff\xd9")), (1, 1));
    assert!(redacted.bytes().ends_with(b"\xff\xd9"));

    // As numbers of four bytes, which is how this builder writes.
    let secret: Vec<u32> = SECRET.as_chunks().0.iter().map(|four| u32::from_le_bytes(*four)).collect();
    let mut page = tags(2, 2, &[8], 1);
    page.extend([270, 315, 700, 34_675, 305].map(|tag| (tag, secret.clone())));
    let preview = with(tags(2, 2, &[8], 1), &[(254, 1)]);
    let mut image = raw_tiff(&[(page, &[1, 2, 3, 4]), (preview, &[91, 92, 93, 94])]);
    image.extend_from_slice(SECRET);
    let redacted = exact().redact(&image, []).unwrap();
    assert!(has(&image, SECRET) && !has(redacted.bytes(), SECRET));
    let mut decoder = ::tiff::decoder::Decoder::new(Cursor::new(redacted.bytes())).unwrap();
    let kept: Vec<u16> = decoder.image_ifd().tag_iter().map(|tag| tag.unwrap().0.to_u16()).collect();
    let known = [256, 257, 258, 259, 262, 273, 277, 278, 279, 282, 283, 296, 317, 339];
    assert!(kept.iter().all(|tag| known.contains(tag)), "{kept:?}");
    assert!(!decoder.more_images());
}

#[test]
fn images_that_are_to_be_turned() {
    // Wider than high, so that a quarter turn shows; each pixel another.
    let pixels: Vec<u8> = (1..=6).map(|pixel| pixel * 10).collect();
    let shown: [(u16, (u32, u32), [u8; 6]); 8] = [
        (1, (3, 2), [10, 20, 30, 40, 50, 60]),
        (2, (3, 2), [30, 20, 10, 60, 50, 40]),
        (3, (3, 2), [60, 50, 40, 30, 20, 10]),
        (4, (3, 2), [40, 50, 60, 10, 20, 30]),
        (5, (2, 3), [10, 40, 20, 50, 30, 60]),
        (6, (2, 3), [40, 10, 50, 20, 60, 30]),
        (7, (2, 3), [60, 30, 50, 20, 40, 10]),
        (8, (2, 3), [30, 60, 20, 50, 10, 40]),
    ];
    for (orientation, (width, height), expected) in shown {
        let number = u8::try_from(orientation).unwrap();
        let exif =
            [&b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"[..], &[number, 0, 0, 0, 0, 0, 0]].concat();
        let exif = chunk(b"eXIf", &exif);
        let rows = [&pixels[..3], &pixels[3..]];
        let images = [
            raw_png((3, 2, 8, 0), &exif, &rows, b""),
            raw_png((3, 2, 8, 0), b"", &rows, &exif),
            raw_tiff(&[(with(tags(3, 2, &[8], 1), &[(274, orientation.into())]), &pixels)]),
        ];
        for image in images {
            let refused = exact().redact(&image, []);
            if orientation == 1 {
                assert!(refused.is_ok());
            } else {
                assert_eq!(refused.unwrap_err(), ImageError::Turned { orientation });
            }
            let stored = exact().orientation(ExifOrientation::Ignore).redact(&image, []).unwrap();
            assert_eq!(decoded(stored.bytes()).bytes, pixels);
            let turned = exact().orientation(ExifOrientation::Apply).redact(&image, []).unwrap();
            let raster = decoded(turned.bytes());
            assert_eq!(((raster.width, raster.height), &*raster.bytes), ((width, height), &expected[..]));
            // The new one is not to be turned again, and regions are of what is shown.
            let corner = boxed(0.0, 0.0, 0.1, 0.1);
            let turned = exact().orientation(ExifOrientation::Apply).redact(&image, &[corner]).unwrap();
            assert!(exact().redact(turned.bytes(), []).is_ok());
            assert_eq!(decoded(turned.bytes()).bytes, [&[0], &expected[1..]].concat());
        }
    }
    let plain = jpeg(ExtendedColorType::L8, 12, 9, &noise(108));
    let exif = b"\xff\xe1\0\x22Exif\0\0MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0\x06\0\0\0\0\0\0";
    let image = [&plain[..2], exif, &plain[2..]].concat();
    assert_eq!(exact().redact(&image, []).unwrap_err(), ImageError::Turned { orientation: 6 });
    let turned = exact().orientation(ExifOrientation::Apply).redact(&image, &[quarter()]).unwrap();
    assert_eq!(turned.sizes(), [PageSize::new(9, 12).unwrap()]);
}

#[test]
fn pages_of_a_tiff() {
    let page = |shade: u8, kind: u32| (with(tags(4, 4, &[8], 1), &[(254, kind)]), [shade; 16]);
    let [one, preview, two, mask, three] = [page(10, 2), page(20, 1), page(30, 2), page(40, 4), page(50, 0)];
    let pages = [one, preview, two, mask, three];
    let image = raw_tiff(&pages.each_ref().map(|(tags, pixels)| (tags.clone(), &pixels[..])));
    assert_eq!(exact().redact(&image, []).unwrap_err(), ImageError::SeveralPages { pages: 3 });
    assert_eq!(exact().page(4).redact(&image, []).unwrap_err(), ImageError::NoSuchPage { page: 4, pages: 3 });
    assert_eq!(exact().page(0).redact(&image, []).unwrap_err(), ImageError::NoSuchPage { page: 0, pages: 3 });
    for (number, shade) in [(1, 10), (2, 30), (3, 50)] {
        let redacted = exact().page(number).redact(&image, &[quarter()]).unwrap();
        assert_eq!(redacted.sizes().len(), 1);
        let row = [shade, shade, 0, 0];
        assert_eq!(decoded(redacted.bytes()).bytes, [[shade; 8].as_slice(), &row, &row].concat());
    }
    let regions = [vec![quarter()], vec![], vec![boxed(0.0, 0.0, 1.0, 1.0)]];
    let redacted = exact().redact_pages(&image, &regions).unwrap();
    assert_eq!(redacted.sizes(), [PageSize::new(4, 4).unwrap(); 3]);
    // As `Redacted::places_on` gives them.
    let places: Vec<Vec<&Geometry>> = regions.iter().map(|page| page.iter().collect()).collect();
    assert_eq!(exact().redact_pages(&image, places).unwrap(), redacted);
    let mut pages = Pages::new(redacted.bytes(), 100).unwrap();
    let rows = [[10, 10, 0, 0], [30; 4], [0; 4]];
    for row in rows {
        assert_eq!(pages.next().unwrap().unwrap().raster.bytes[12..], row);
    }
    assert!(pages.next().unwrap().is_none());
    let differ = ImageError::PagesDiffer { pages: 3, given: 2 };
    assert_eq!(exact().redact_pages(&image, &regions[..2]).unwrap_err(), differ);
    let bad = [vec![], vec![quarter(), Geometry::default()], vec![]];
    let refused = exact().redact_pages(&image, &bad).unwrap_err();
    assert!(matches!(refused, ImageError::Region { page: 2, index: 1, .. }), "{refused:?}");
    let single = png(ExtendedColorType::L8, 2, 2, &[9; 4]);
    assert_eq!(decoded(exact().redact_pages(&single, &regions[..1]).unwrap().bytes()).bytes, [9, 9, 9, 0]);
    assert!(exact().page(1).redact_pages(&single, &regions[..1]).is_err());
    // A chain of directories that bites its tail.
    let mut circle = raw_tiff(&[(tags(1, 1, &[8], 1), &[1])]);
    let (first, last) = (circle[4..8].to_vec(), circle.len() - 4);
    circle[last..].copy_from_slice(&first);
    assert_eq!(exact().redact(&circle, []).unwrap_err(), ImageError::Broken { format: ImageFormat::Tiff });
}

#[test]
fn images_that_unpack_to_too_much() {
    let header = (60_000, 60_000, 8, 2);
    let bomb = raw_png(header, b"", &[&[0; 3]], b"");
    let most_pixels = 100_000_000;
    let too_large = ImageError::TooLarge { width: 60_000, height: 60_000, most_pixels };
    assert_eq!(exact().redact(&bomb, []).unwrap_err(), too_large);
    let mut bomb = jpeg(ExtendedColorType::L8, 8, 8, &[0; 64]);
    let frame = bomb.windows(2).position(|marker| marker == b"\xff\xc0").unwrap();
    bomb[frame + 5..frame + 9].copy_from_slice(b"\xea\x60\xea\x60");
    assert_eq!(exact().redact(&bomb, []).unwrap_err(), too_large);
    let bomb = raw_tiff(&[(tags(60_000, 60_000, &[8], 1), &[0])]);
    assert_eq!(exact().redact(&bomb, []).unwrap_err(), too_large);
    // A page that claims as many samples a pixel as it can.
    let mut many = tags(9_000, 9_000, &[8], 1);
    many.iter_mut().filter(|(tag, _)| *tag == 277).for_each(|(_, samples)| *samples = vec![65_535]);
    let refused = exact().redact(&raw_tiff(&[(many, &[0])]), []).unwrap_err();
    assert!(matches!(refused, ImageError::Unsupported { .. }), "{refused:?}");
    let small = png(ExtendedColorType::L8, 4, 4, &[0; 16]);
    assert!(exact().most_pixels(16).redact(&small, []).is_ok());
    assert!(exact().most_pixels(15).redact(&small, []).is_err());
}

#[test]
fn regions_that_cover_a_page_again_and_again() {
    let image = png(ExtendedColorType::L8, 1_000, 1_000, &vec![255; 1_000_000]);
    let whole = boxed(0.0, 0.0, 1.0, 1.0);
    // 64 times a million pixels, and a hundred million more.
    let most = vec![whole; 165];
    let error = exact().redact(&image, &most).unwrap_err();
    assert_eq!(error, ImageError::TooManyRegions { page: 1, regions: 165, most_times: 64 });
    assert!(error.to_string().contains("the 165 regions of page 1 cover it more than 64 times over"));
    assert!(exact().redact(&image, &most[..3]).is_ok());
    let word = boxed(0.1, 0.1, 0.01, 0.01);
    assert!(exact().redact(&image, &vec![word; 5_000]).is_ok(), "however many, if they are small");
}

#[test]
fn a_tiff_of_previews_without_end() {
    let preview = || (with(tags(1, 1, &[8], 1), &[(254, 1)]), &[0_u8][..]);
    let previews = |count: usize| raw_tiff(&std::iter::repeat_with(preview).take(count).collect::<Vec<_>>());
    let error = exact().redact(&previews(9_001), []).unwrap_err();
    assert_eq!(error, ImageError::TooManyPictures { most: 9_000 });
    assert_eq!(exact().redact(&previews(8_999), []).unwrap_err(), ImageError::SeveralPages { pages: 0 });
}

#[test]
fn options_out_of_their_range() {
    let image = png(ExtendedColorType::L8, 1, 1, &[0]);
    for padding in [-0.1, 1.1, f32::NAN, f32::INFINITY] {
        assert!(matches!(exact().padding(padding).redact(&image, []), Err(ImageError::Option(_))));
    }
    for quality in [0, 49, 101] {
        assert!(matches!(exact().jpeg_quality(quality).redact(&image, []), Err(ImageError::Option(_))));
    }
}

#[test]
fn an_image_that_was_not_burned_is_thrown_away() {
    let size = PageSize::new(16, 16).unwrap();
    let areas = || vec![Area::of(&quarter(), size, 0.0).unwrap()];
    let burned = |grid| Burned { width: 16, height: 16, color: Color::Gray8, areas: areas(), grid };
    let untouched = noise(256);
    let mut halfway = untouched.clone();
    // All but the last pixel.
    (128..255).for_each(|at| halfway[at] = 0);
    let why = "a pixel of a region is not of the colour that was burned into it";
    for pixels in [untouched, halfway] {
        let raster = || Raster { width: 16, height: 16, color: Color::Gray8, bytes: pixels.clone() };
        let tiff = tiff::encode(std::iter::once(Ok(raster()))).unwrap();
        for (format, bytes, grid) in [
            (ImageFormat::Png, encode::png(&raster()).unwrap(), Grid::PIXELS),
            (ImageFormat::Jpeg, encode::jpeg(&raster(), 90).unwrap(), Grid::blocks((0, 0))),
            (ImageFormat::Tiff, tiff, Grid::PIXELS),
        ] {
            let refused = verify(&bytes, format, &[burned(grid)], [0; 3]).unwrap_err();
            assert_eq!(refused, ImageError::NotBurned { format, page: 1, why });
        }
    }
    // Another size, another form, and a page too few or too many.
    let page = || Ok(Raster { width: 16, height: 16, color: Color::Gray8, bytes: vec![0; 256] });
    let one = tiff::encode([page()].into_iter()).unwrap();
    let two = tiff::encode([page(), page()].into_iter()).unwrap();
    let good = || burned(Grid::PIXELS);
    assert_eq!(verify(&two, ImageFormat::Tiff, &[good(), good()], [0; 3]), Ok(()));
    for (bytes, pages) in [
        (&one, vec![Burned { width: 15, ..good() }]),
        (&one, vec![Burned { color: Color::Rgb8, ..good() }]),
        (&one, vec![good(), good()]),
        (&two, vec![good()]),
    ] {
        let refused = verify(bytes, ImageFormat::Tiff, &pages, [0; 3]).unwrap_err();
        assert!(matches!(refused, ImageError::NotBurned { .. }));
    }
}

#[test]
fn what_errors_and_debug_say() {
    let image = png(ExtendedColorType::L8, 2, 1, &[200, 201]);
    let redacted = exact().redact(&image, []).unwrap();
    let length = redacted.bytes().len();
    let expected = format!(
        "RedactedImage {{ bytes: {length}, format: Png, sizes: [PageSize {{ width: 2, height: 1 }}] }}"
    );
    assert_eq!(format!("{redacted:?}"), expected);
    for (error, kind) in [
        (ImageError::UnknownFormat, ErrorKind::UnsupportedDocument),
        (exact().redact(&image, &[Geometry::default()]).unwrap_err(), ErrorKind::InvalidInput),
        (ImageError::NotBurned { format: ImageFormat::Png, page: 1, why: "" }, ErrorKind::Malformed),
    ] {
        let error = Error::from(error);
        assert_eq!((error.kind(), error.stage()), (kind, Stage::Redact));
        assert!(std::error::Error::source(&error).is_some());
    }
}

fn words() -> impl Strategy<Value = Vec<Geometry>> {
    let word = (0.0..0.9_f32, 0.0..0.9_f32, 0.0..0.5_f32, 0.0..0.2_f32, -1.0..1.0_f32);
    let word = word.prop_map(|(left, top, width, height, slant)| {
        let corners = [(0.0, 0.0), (width, width * slant), (width, width * slant + height), (0.0, height)];
        let polygon: Polygon = corners.iter().map(|(x, y)| Point::new(left + x, top + y)).collect();
        Geometry { polygon, ..Geometry::default() }
    });
    prop::collection::vec(word, 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_jpeg_stays_burned_at_every_quality(
        width in 1..40_u32,
        height in 1..40_u32,
        quality in 50..=100_u8,
        color in any::<[u8; 3]>(),
        is_gray in any::<bool>(),
        regions in words(),
    ) {
        let (form, samples) = if is_gray { (ExtendedColorType::L8, 1) } else { (ExtendedColorType::Rgb8, 3) };
        let pixels: Vec<u8> = noise((width * height) as usize * samples).iter().map(|byte| byte / 128 * 255).collect();
        let image = jpeg(form, width, height, &pixels);
        let redaction = ImageRedaction::new().color(color).jpeg_quality(quality);
        let redacted = redaction.redact(&image, &regions);
        prop_assert!(redacted.is_ok(), "{:?}", redacted);
    }

    #[test]
    fn whatever_the_bytes_are_it_is_an_answer(
        flips in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 0..6),
        cut in any::<prop::sample::Index>(),
        is_cut in any::<bool>(),
        which in 0..5_usize,
    ) {
        let mut image = match which {
            0 => png(ExtendedColorType::Rgb8, 9, 7, &noise(189)),
            1 => jpeg(ExtendedColorType::Rgb8, 17, 9, &noise(459)),
            2 => raw_tiff(&[(tags(9, 7, &[8, 8, 8], 2), &noise(189)), (tags(3, 3, &[1], 0), &[1, 2, 3])]),
            3 => raw_tiff(&[(with(tags(20, 12, &[8], 1), &[(322, 16), (323, 16)]), &noise(1024))]),
            _ => tiff::encode(std::iter::once(Ok(decoded(&png(ExtendedColorType::L16, 9, 7, &noise(126)))))).unwrap(),
        };
        for (at, byte) in flips {
            let at = at.index(image.len());
            image[at] = byte;
        }
        if is_cut {
            image.truncate(cut.index(image.len()));
        }
        let redaction = ImageRedaction::new().orientation(ExifOrientation::Apply).most_pixels(100_000);
        let _ = redaction.page(1).redact(&image, &[quarter()]);
        let _ = redaction_of_all(&image);
    }
}

fn redaction_of_all(image: &[u8]) -> Result<RedactedImage, ImageError> {
    exact().most_pixels(100_000).redact_pages(image, &[vec![quarter()], vec![]])
}
