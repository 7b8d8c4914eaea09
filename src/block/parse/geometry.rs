//! Geometry, which makes up more than half of the bytes of a response.

use std::borrow::Cow;

use super::ahead;
use crate::block::geometry::Points;
use crate::block::{Block, BoundingBox, Geometry, Point, Polygon};
use crate::json::{Ahead, Cursor, Step};

#[inline(always)]
pub(super) fn geometry<'a>(cursor: &mut Cursor<'a>, block: &mut Block, usual: &mut Gaps<'a>) -> Step<()> {
    match cursor.attempt(usual_geometry) {
        Some(geometry) => block.geometry = Some(geometry),
        None => spaced_geometry(cursor, block, usual)?,
    }
    Ok(())
}

/// A geometry just as Textract writes it: a box and four corners, no space, no exponent. These make up more
/// than half of the bytes of a response, so that it pays to compare whole runs of them.
#[inline(always)]
fn usual_geometry(ahead: &mut Ahead<'_>) -> Option<Geometry> {
    let mut bounds = BoundingBox::default();
    if ahead.bytes(b"{\"BoundingBox\":{\"Width\":").is_some() {
        bounds.width = ahead.float()?;
        ahead.bytes(b",\"Height\":")?;
        bounds.height = ahead.float()?;
        ahead.bytes(b",\"Left\":")?;
        bounds.left = ahead.float()?;
        ahead.bytes(b",\"Top\":")?;
        bounds.top = ahead.float()?;
    } else {
        // The order in the output bucket.
        ahead.bytes(b"{\"BoundingBox\":{\"Height\":")?;
        bounds.height = ahead.float()?;
        ahead.bytes(b",\"Left\":")?;
        bounds.left = ahead.float()?;
        ahead.bytes(b",\"Top\":")?;
        bounds.top = ahead.float()?;
        ahead.bytes(b",\"Width\":")?;
        bounds.width = ahead.float()?;
    }
    ahead.bytes(b"},\"Polygon\":[{\"X\":")?;
    let mut points = [Point::default(); 4];
    for (i, point) in points.iter_mut().enumerate() {
        if i > 0 {
            ahead.bytes(b"},{\"X\":")?;
        }
        point.x = ahead.float()?;
        ahead.bytes(b",\"Y\":")?;
        point.y = ahead.float()?;
    }
    ahead.bytes(b"}]}")?;
    Some(Geometry { bounding_box: Some(bounds), polygon: Polygon::of_four(points), rotation_angle: None })
}

/// The bytes between and around the numbers of the last geometry that was written with space. The next geometry mostly has
/// the same ones, so that it need not be read token by token.
///
/// Before the first such geometry all are empty, and fit none: no number begins where another one ends.
#[derive(Default)]
pub(super) struct Gaps<'a> {
    gaps: [&'a [u8]; NUMBERS + 1],
    /// The first number is the height, and the width the fourth.
    height_first: bool,
}

/// The numbers in a geometry: those of the box, and of four corners.
const NUMBERS: usize = 12;

impl<'a> Gaps<'a> {
    /// The gaps of a geometry that has all its numbers, without sign or exponent.
    fn of(geometry: &'a [u8], height_first: bool) -> Self {
        let gaps = geometry.split(|byte| matches!(byte, b'0'..=b'9' | b'.')).filter(|gap| !gap.is_empty());
        let mut of = Self { height_first, ..Self::default() };
        of.gaps.iter_mut().zip(gaps).for_each(|(place, gap)| *place = gap);
        of
    }

    /// A geometry with these gaps.
    #[inline(always)]
    fn geometry(&self, ahead: &mut Ahead<'_>) -> Option<Geometry> {
        let [gaps @ .., end] = &self.gaps;
        let mut numbers = [0.0; NUMBERS];
        for (number, gap) in numbers.iter_mut().zip(gaps) {
            ahead.known(gap)?;
            *number = ahead.float()?;
        }
        ahead.known(end)?;
        let [a, b, c, d, corners @ ..] = numbers;
        let bounds = if self.height_first {
            BoundingBox { height: a, left: b, top: c, width: d }
        } else {
            BoundingBox { width: a, height: b, left: c, top: d }
        };
        let mut points = [Point::default(); 4];
        for (point, [x, y]) in points.iter_mut().zip(corners.as_chunks().0) {
            *point = Point { x: *x, y: *y };
        }
        Some(Geometry { bounding_box: Some(bounds), polygon: Polygon::of_four(points), rotation_angle: None })
    }
}

/// A geometry with space between its tokens, as in responses that were saved for people to read. It is put into the block
/// here, as moving it is costly.
#[inline(never)]
fn spaced_geometry<'a>(cursor: &mut Cursor<'a>, block: &mut Block, usual: &mut Gaps<'a>) -> Step<()> {
    if let Some(geometry) = cursor.attempt(|ahead| usual.geometry(ahead)) {
        block.geometry = Some(geometry);
        return Ok(());
    }
    let text = cursor.rest();
    block.geometry = match cursor.attempt(newly_spaced_geometry) {
        Some((geometry, height_first)) => {
            let len = text.len() - cursor.rest().len();
            *usual = Gaps::of(text.get(..len).unwrap_or_default(), height_first);
            Some(geometry)
        }
        None => any_geometry(cursor)?,
    };
    Ok(())
}

/// A geometry with any space between its tokens, and whether the height comes first in it.
fn newly_spaced_geometry(ahead: &mut Ahead<'_>) -> Option<(Geometry, bool)> {
    fn mark<const N: usize>(ahead: &mut Ahead<'_>, mark: &[u8; N]) -> Option<()> {
        ahead.space();
        ahead.bytes(mark)
    }
    fn number<const N: usize>(ahead: &mut Ahead<'_>, name: &[u8; N]) -> Option<f32> {
        mark(ahead, name)?;
        ahead.space();
        ahead.float()
    }
    fn next<const N: usize>(ahead: &mut Ahead<'_>, name: &[u8; N]) -> Option<f32> {
        mark(ahead, b",")?;
        number(ahead, name)
    }
    mark(ahead, b"{")?;
    mark(ahead, b"\"BoundingBox\":")?;
    mark(ahead, b"{")?;
    let mut bounds = BoundingBox::default();
    let width = number(ahead, b"\"Width\":");
    if let Some(width) = width {
        bounds.width = width;
        bounds.height = next(ahead, b"\"Height\":")?;
        bounds.left = next(ahead, b"\"Left\":")?;
        bounds.top = next(ahead, b"\"Top\":")?;
    } else {
        bounds.height = number(ahead, b"\"Height\":")?;
        bounds.left = next(ahead, b"\"Left\":")?;
        bounds.top = next(ahead, b"\"Top\":")?;
        bounds.width = next(ahead, b"\"Width\":")?;
    }
    mark(ahead, b"}")?;
    mark(ahead, b",")?;
    mark(ahead, b"\"Polygon\":")?;
    mark(ahead, b"[")?;
    let mut points = [Point::default(); 4];
    for (i, point) in points.iter_mut().enumerate() {
        if i > 0 {
            mark(ahead, b",")?;
        }
        mark(ahead, b"{")?;
        point.x = number(ahead, b"\"X\":")?;
        point.y = next(ahead, b"\"Y\":")?;
        mark(ahead, b"}")?;
    }
    mark(ahead, b"]")?;
    mark(ahead, b"}")?;
    let polygon = Polygon::of_four(points);
    Some((Geometry { bounding_box: Some(bounds), polygon, rotation_angle: None }, width.is_none()))
}

#[inline(never)]
fn any_geometry(cursor: &mut Cursor<'_>) -> Step<Option<Geometry>> {
    let mut geometry = Geometry::default();
    let present = cursor.members("Geometry", |cursor| {
        let name = if ahead(cursor, b"\"BoundingBox\":") {
            Cow::Borrowed(&b"BoundingBox"[..])
        } else if ahead(cursor, b"\"Polygon\":") {
            Cow::Borrowed(&b"Polygon"[..])
        } else {
            cursor.member_name()?
        };
        match &*name {
            b"BoundingBox" => geometry.bounding_box = bounding_box(cursor)?,
            b"Polygon" => geometry.polygon = polygon(cursor)?,
            b"RotationAngle" => geometry.rotation_angle = cursor.float_or_null("RotationAngle")?,
            _ => cursor.skip_value()?,
        }
        Ok(())
    })?;
    Ok(present.then_some(geometry))
}

#[inline(always)]
fn bounding_box(cursor: &mut Cursor<'_>) -> Step<Option<BoundingBox>> {
    let mut bounds = BoundingBox::default();
    let present = cursor.members("BoundingBox", |cursor| {
        let (field, number) = if ahead(cursor, b"\"Width\":") {
            ("Width", &mut bounds.width)
        } else if ahead(cursor, b"\"Height\":") {
            ("Height", &mut bounds.height)
        } else if ahead(cursor, b"\"Left\":") {
            ("Left", &mut bounds.left)
        } else if ahead(cursor, b"\"Top\":") {
            ("Top", &mut bounds.top)
        } else {
            match &*cursor.member_name()? {
                b"Width" => ("Width", &mut bounds.width),
                b"Height" => ("Height", &mut bounds.height),
                b"Left" => ("Left", &mut bounds.left),
                b"Top" => ("Top", &mut bounds.top),
                _ => return cursor.skip_value(),
            }
        };
        *number = cursor.float_or_null(field)?.unwrap_or_default();
        Ok(())
    })?;
    Ok(present.then_some(bounds))
}

#[inline(always)]
fn polygon(cursor: &mut Cursor<'_>) -> Step<Polygon> {
    let mut points = Points::default();
    let present = cursor.list("Polygon", |cursor| {
        let mut point = Point::default();
        cursor.members("Polygon", |cursor| {
            let (field, number) = if ahead(cursor, b"\"X\":") {
                ("X", &mut point.x)
            } else if ahead(cursor, b"\"Y\":") {
                ("Y", &mut point.y)
            } else {
                match &*cursor.member_name()? {
                    b"X" => ("X", &mut point.x),
                    b"Y" => ("Y", &mut point.y),
                    _ => return cursor.skip_value(),
                }
            };
            *number = cursor.float_or_null(field)?.unwrap_or_default();
            Ok(())
        })?;
        points.push(point);
        Ok(())
    })?;
    Ok(if present { points.finish() } else { Polygon::default() })
}

#[cfg(test)]
mod tests {
    use crate::block::{Geometry, parse_part};

    const COMPACT: &str = r#"{"BoundingBox":{"Width":0.0123456789012345678,"Height":0.25,"Left":0.5,"Top":0.75},"Polygon":[{"X":0.11,"Y":0.12},{"X":0.21,"Y":0.22},{"X":0.31,"Y":0.32},{"X":0.41,"Y":0.42}]}"#;

    /// One geometry, written in many ways.
    fn styles() -> Vec<String> {
        let spaced = COMPACT.replace(':', ": ").replace(',', ", ");
        let height_first =
            spaced.replace("Width", "W").replace("Height", "Width").replace("\"W\"", "\"Height\"");
        let left_first = spaced.replace("Width", "W").replace("Left", "Width").replace("\"W\"", "\"Left\"");
        let height_left_top_width = r#"{ "BoundingBox": { "Height": 0.1, "Left": 0.2, "Top": 0.3, "Width": 0.4 },
            "Polygon": [{ "X": 0.11, "Y": 0.12 }, { "X": 0.21, "Y": 0.22 }, { "X": 0.31, "Y": 0.32 }, { "X": 0.41, "Y": 0.42 }] }"#;
        vec![
            COMPACT.to_owned(),
            spaced.replace("0.25", "0.25e-1"),
            spaced.replace("0.42", "-0.42"),
            spaced.replace("0.75", "1"),
            spaced.replace("Height", "Weight"),
            spaced.replace(", {\"X\": 0.41, \"Y\": 0.42}", ""),
            spaced.replace("{\"X\": 0.31", "{\"Z\": 0.31"),
            spaced.replace("]}", "], \"RotationAngle\": 90.0}"),
            spaced.replace(", \"Y\": 0.42", ",\n\t\"Y\": 0.42"),
            spaced,
            height_first,
            left_first,
            height_left_top_width.to_owned(),
            height_left_top_width.split_whitespace().collect(),
            serde_json::to_string_pretty(&serde_json::from_str::<serde_json::Value>(COMPACT).unwrap())
                .unwrap(),
        ]
    }

    fn part(geometries: &[&str]) -> String {
        let blocks: Vec<_> = geometries.iter().map(|text| format!("{{\"Geometry\": {text}}}")).collect();
        format!("{{\"Blocks\": [{}]}}", blocks.join(","))
    }

    #[test]
    fn the_geometry_before_never_changes_what_is_read() {
        let styles = styles();
        for one in &styles {
            for other in &styles {
                let texts = [one, other, one, one, other, other].map(String::as_str);
                let part = parse_part(part(&texts).as_bytes()).unwrap();
                for (block, text) in part.records.iter().zip(texts) {
                    let expected: Geometry = serde_json::from_str(text).unwrap();
                    assert_eq!(block.geometry(), Some(&expected), "{text} with {one} and {other}");
                }
            }
        }
    }

    #[test]
    fn the_geometry_before_never_changes_what_is_refused() {
        for style in styles() {
            for (place, _) in style.char_indices() {
                let (start, end) = style.split_at(place);
                let broken = format!("{start}\u{1}{end}");
                let alone = parse_part(part(&[&broken]).as_bytes()).unwrap_err();
                let behind = parse_part(part(&[&style, &broken]).as_bytes()).unwrap_err();
                let offset = part(&[&style]).len() - part(&[]).len() + 1;
                assert_eq!(behind.offset(), alone.offset() + offset, "{broken}");
                assert_eq!(behind.kind(), alone.kind(), "{broken}");
            }
        }
    }
}
