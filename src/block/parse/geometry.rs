//! Geometry, which is more than half of the bytes of a response.

use std::borrow::Cow;

use super::ahead;
use crate::block::geometry::Points;
use crate::block::{Block, BoundingBox, Geometry, Point, Polygon};
use crate::json::{Ahead, Cursor, Step};

#[inline(always)]
pub(super) fn geometry(cursor: &mut Cursor<'_>, block: &mut Block) -> Step<()> {
    block.geometry = match cursor.attempt(usual_geometry) {
        Some(geometry) => Some(geometry),
        None => spaced_geometry(cursor)?,
    };
    Ok(())
}

/// A geometry just as Textract writes it: a box and four corners, no space, no exponent. More than half of
/// the bytes of a response are such, so that it pays to look for whole runs of them.
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

/// The same with space between, as responses are that were saved to be read.
#[inline(never)]
fn spaced_geometry(cursor: &mut Cursor<'_>) -> Step<Option<Geometry>> {
    #[inline(always)]
    fn mark<const N: usize>(ahead: &mut Ahead<'_>, mark: &[u8; N]) -> Option<()> {
        ahead.space();
        ahead.bytes(mark)
    }
    #[inline(always)]
    fn number<const N: usize>(ahead: &mut Ahead<'_>, name: &[u8; N]) -> Option<f32> {
        mark(ahead, name)?;
        ahead.space();
        ahead.float()
    }
    #[inline(always)]
    fn next<const N: usize>(ahead: &mut Ahead<'_>, name: &[u8; N]) -> Option<f32> {
        mark(ahead, b",")?;
        number(ahead, name)
    }
    let look = |ahead: &mut Ahead<'_>| {
        mark(ahead, b"{")?;
        mark(ahead, b"\"BoundingBox\":")?;
        mark(ahead, b"{")?;
        let mut bounds = BoundingBox::default();
        if let Some(width) = number(ahead, b"\"Width\":") {
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
        Some(Geometry { bounding_box: Some(bounds), polygon, rotation_angle: None })
    };
    match cursor.attempt(look) {
        Some(geometry) => Ok(Some(geometry)),
        None => any_geometry(cursor),
    }
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
