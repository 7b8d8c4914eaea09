//! The place of a block on its page.

use std::fmt;
use std::ops::Deref;

use serde::{Deserialize, Deserializer, Serialize};

use crate::tolerant;

/// The place of a block on its page, in ratios of the page's width and height.
///
/// It reads and writes Textract's own JSON.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Geometry {
    /// The smallest upright rectangle around it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub bounding_box: Option<BoundingBox>,
    /// The outline, clockwise from the top left corner of the text.
    #[serde(default, skip_serializing_if = "Polygon::is_absent")]
    pub polygon: Polygon,
    /// How far the text of a word is turned, in degrees: 0, 90, 180 or 270. See
    /// [`text_angle`](Self::text_angle).
    #[serde(default, deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub rotation_angle: Option<f32>,
}

/// An upright rectangle; each number is a ratio of the page, 0 to 1. A number that was not sent is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct BoundingBox {
    /// The width, in page widths.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub width: f32,
    /// The height, in page heights.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub height: f32,
    /// From the left edge of the page to the left edge of the box, in page widths.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub left: f32,
    /// From the top edge of the page to the top edge of the box, in page heights.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub top: f32,
}

impl BoundingBox {
    /// The right edge, in page widths.
    pub fn right(&self) -> f32 {
        self.left + self.width
    }

    /// The bottom edge, in page heights.
    pub fn bottom(&self) -> f32 {
        self.top + self.height
    }
}

/// A point of a page. A coordinate that was not sent is 0.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
pub struct Point {
    /// From the left edge, in page widths, 0 to 1.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub x: f32,
    /// From the top edge, in page heights, 0 to 1.
    #[serde(deserialize_with = "tolerant::float_or_zero")]
    pub y: f32,
}

/// The points of an outline, up to four of them without an allocation.
///
/// It derefs to a slice. The default is an absent polygon, which was not sent, has no points and is not
/// written.
///
/// ```
/// use inkseal::block::{Point, Polygon};
///
/// let polygon: Polygon = [Point { x: 0.1, y: 0.2 }, Point { x: 0.3, y: 0.2 }].into_iter().collect();
/// assert_eq!(polygon.len(), 2);
/// assert!(Polygon::default().is_absent());
/// ```
#[derive(Clone, Default)]
pub struct Polygon(Repr);

const INLINE: usize = 4;

#[derive(Clone, Default)]
enum Repr {
    #[default]
    Absent,
    Inline(u8, [Point; INLINE]),
    Heap(Box<[Point]>),
}

impl Polygon {
    /// The usual polygon: four corners.
    #[inline]
    pub(super) fn of_four(points: [Point; INLINE]) -> Self {
        Self(Repr::Inline(INLINE as u8, points))
    }

    /// The points, in order.
    pub fn as_slice(&self) -> &[Point] {
        match &self.0 {
            Repr::Absent => &[],
            Repr::Inline(len, points) => points.get(..usize::from(*len)).unwrap_or(points),
            Repr::Heap(points) => points,
        }
    }

    /// Whether the polygon was not sent at all, rather than sent without points.
    pub fn is_absent(&self) -> bool {
        matches!(self.0, Repr::Absent)
    }
}

impl Deref for Polygon {
    type Target = [Point];

    fn deref(&self) -> &[Point] {
        self.as_slice()
    }
}

impl<'a> IntoIterator for &'a Polygon {
    type Item = &'a Point;
    type IntoIter = std::slice::Iter<'a, Point>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

/// A polygon that is being built.
#[derive(Default)]
pub(super) struct Points {
    inline: [Point; INLINE],
    len: usize,
    /// All of them, once they are too many.
    heap: Vec<Point>,
}

impl Points {
    #[inline]
    pub(super) fn push(&mut self, point: Point) {
        match self.inline.get_mut(self.len) {
            Some(place) => {
                *place = point;
                self.len += 1;
            }
            None => {
                if self.heap.is_empty() {
                    self.heap.extend(self.inline);
                }
                self.heap.push(point);
            }
        }
    }

    #[inline]
    pub(super) fn finish(self) -> Polygon {
        Polygon(match self.heap.is_empty() {
            true => Repr::Inline(self.len as u8, self.inline),
            false => Repr::Heap(self.heap.into()),
        })
    }
}

impl FromIterator<Point> for Polygon {
    fn from_iter<I: IntoIterator<Item = Point>>(list: I) -> Self {
        let mut points = Points::default();
        list.into_iter().for_each(|point| points.push(point));
        points.finish()
    }
}

impl From<Vec<Point>> for Polygon {
    fn from(points: Vec<Point>) -> Self {
        if points.len() > INLINE { Self(Repr::Heap(points.into())) } else { points.into_iter().collect() }
    }
}

impl PartialEq for Polygon {
    fn eq(&self, other: &Self) -> bool {
        self.is_absent() == other.is_absent() && self.as_slice() == other.as_slice()
    }
}

impl fmt::Debug for Polygon {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self).finish()
    }
}

impl Serialize for Polygon {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.as_slice().serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Polygon {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(tolerant::list(deserializer)?.map(Self::from).unwrap_or_default())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_number_of_points() {
        for count in 0..9_u8 {
            let points: Vec<_> = (0..count).map(|i| Point { x: f32::from(i), y: 0.5 }).collect();
            let polygon: Polygon = points.iter().copied().collect();
            assert_eq!(polygon.as_slice(), points);
            assert_eq!(polygon, Polygon::from(points));
            assert!(!polygon.is_absent());
            let json = serde_json::to_string(&polygon).unwrap();
            assert_eq!(serde_json::from_str::<Polygon>(&json).unwrap(), polygon);
        }
    }

    #[test]
    fn absent_and_null_members_are_tolerated() {
        let json = r#"{"BoundingBox":{"Width":null,"Left":1},"Polygon":null,"RotationAngle":null,"Hint":7}"#;
        let geometry: Geometry = serde_json::from_str(json).unwrap();
        assert_eq!(geometry.bounding_box, Some(BoundingBox { left: 1.0, ..Default::default() }));
        assert!(geometry.polygon.is_absent());
        assert_eq!(serde_json::from_str::<Geometry>("{}").unwrap(), Geometry::default());
        assert_eq!(serde_json::to_string(&Geometry::default()).unwrap(), "{}");
        assert_eq!(serde_json::from_str::<Geometry>(r#"{"Polygon":[]}"#).unwrap().polygon.len(), 0);
    }
}
