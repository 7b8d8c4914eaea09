//! Which pixels a region covers.

use std::ops::Range;

use crate::block::{Geometry, PageSize};

/// A point in pixels from the left upper corner of the page; pixel (0, 0) reaches to (1, 1).
type At = (f64, f64);

/// Outlines with more corners than this are covered by the upright box around them, which covers more.
const MOST_CORNERS: usize = 64;

/// How far off the page a coordinate may be, in page widths or heights. Textract's are off by rounding at most, and one that
/// is farther off counts something else, such as pixels or per cent.
const MOST_OFF: f64 = 1.0;

/// What a region covers on a page: the convex outline around its points, padded.
#[derive(Clone, Debug)]
pub(super) struct Area {
    /// The corners, in the order of the outline; at least one.
    corners: Vec<At>,
    width: u32,
    height: u32,
}

impl Area {
    /// The area of a region, padded on all sides by a ratio of how thick it is, and then by no less than a pixel.
    ///
    /// It is the outline around all points of a polygon, rather than the polygon: where that bends inwards the page is covered too,
    /// and so is what a polygon that crosses itself goes round twice.
    ///
    /// # Errors
    ///
    /// Why the region covers nothing, or nothing that is known.
    pub(super) fn of(region: &Geometry, page: PageSize, padding: f64) -> Result<Self, &'static str> {
        let (width, height) = (f64::from(page.width()), f64::from(page.height()));
        let ratios = ratios(region)?;
        if ratios.iter().any(|(x, y)| !x.is_finite() || !y.is_finite()) {
            return Err("has a coordinate that is not a finite number");
        }
        let on_page = -MOST_OFF..=1.0 + MOST_OFF;
        if ratios.iter().any(|(x, y)| !on_page.contains(x) || !on_page.contains(y)) {
            return Err("has a coordinate far off the page: coordinates are ratios of the page, 0 to 1");
        }
        let outline = around_all(ratios.iter().map(|(x, y)| (x * width, y * height)).collect());
        let mut area = Self { corners: outline, width: page.width(), height: page.height() };
        let beside = "is beside the page";
        area.rows().zip(area.columns(0.0, height)).ok_or(beside)?;
        // A slanted one can pass by a corner of the page.
        area.blocks(Grid::PIXELS).next().ok_or(beside)?;
        if padding > 0.0 {
            let by = (thickness(&area.corners) * padding).max(1.0);
            let around =
                |(x, y): &At| [(x - by, y - by), (x + by, y - by), (x + by, y + by), (x - by, y + by)];
            area.corners = around_all(area.corners.iter().flat_map(around).collect());
        }
        Ok(area)
    }

    /// How many pixels it touches at most: those of the upright box around it.
    pub(super) fn most_pixels(&self) -> u64 {
        let length = |span: Option<Range<u32>>| span.map_or(0, |span| u64::from(span.end - span.start));
        length(self.rows()) * length(self.columns(0.0, self.height.into()))
    }

    /// Every pixel that it touches, as blocks: rows, and the columns in all of them. At least one.
    ///
    /// Edges are rounded outwards to the lines of the grid.
    pub(super) fn blocks(&self, grid: Grid) -> impl Iterator<Item = (Range<u32>, Range<u32>)> {
        let rows = self.rows().map(|rows| grid.rows.around(rows, self.height)).unwrap_or_default();
        let step = grid.step();
        rows.clone().step_by(step as usize).filter_map(move |top| {
            // All but the last are whole blocks, as the first begins on a line.
            let rows = top..top.saturating_add(step).min(rows.end);
            let source = grid.rows.source(rows.clone(), self.height);
            let columns = self.columns(source.start.into(), source.end.into())?;
            Some((rows, grid.columns.around(columns, self.width)))
        })
    }

    /// The rows that it touches on the page, if any.
    fn rows(&self) -> Option<Range<u32>> {
        touched(self.corners.iter().map(|corner| corner.1), self.height)
    }

    /// The columns that it touches between two heights on the page, if any.
    fn columns(&self, top: f64, bottom: f64) -> Option<Range<u32>> {
        let ends = self.corners.iter().copied();
        let next = self.corners.iter().copied().cycle().skip(1);
        let within = ends.zip(next).filter_map(|(from, to)| clipped(from, to, top, bottom));
        touched(within.flatten(), self.width)
    }
}

/// The points of a region, in ratios.
fn ratios(region: &Geometry) -> Result<Vec<At>, &'static str> {
    if region.polygon.len() >= 3 {
        return Ok(region.polygon.iter().map(|point| (point.x.into(), point.y.into())).collect());
    }
    let bounds = region.bounding_box.ok_or("has neither a polygon of three points nor a bounding box")?;
    let (left, top) = (f64::from(bounds.left), f64::from(bounds.top));
    let (right, bottom) = (left + f64::from(bounds.width), top + f64::from(bounds.height));
    Ok(vec![(left, top), (right, top), (right, bottom), (left, bottom)])
}

/// The pixels along an axis that these places touch, and those between them: at least one, unless all places are off the page.
fn touched(places: impl Iterator<Item = f64>, length: u32) -> Option<Range<u32>> {
    let (low, high) =
        places.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), at| (low.min(at), high.max(at)));
    let (last, end) = (length.checked_sub(1)?, f64::from(length));
    if !(low <= end && high >= 0.0) {
        return None;
    }
    // These casts saturate, and a NaN was refused above.
    let first = (low.floor().max(0.0) as u32).min(last);
    let after = (high.ceil().min(end) as u32).max(first + 1);
    Some(first..after)
}

/// The two ends, on the x axis, of the part of an edge between two heights.
fn clipped(from: At, to: At, top: f64, bottom: f64) -> Option<[f64; 2]> {
    let (upper, lower) = if from.1 <= to.1 { (from, to) } else { (to, from) };
    if lower.1 < top || upper.1 > bottom {
        return None;
    }
    let at = |height: f64| {
        let ratio = (height - upper.1) / (lower.1 - upper.1);
        // Never beyond the ends, in spite of rounding.
        (upper.0 + ratio * (lower.0 - upper.0)).clamp(upper.0.min(lower.0), upper.0.max(lower.0))
    };
    let first = if upper.1 < top { at(top) } else { upper.0 };
    let last = if lower.1 > bottom { at(bottom) } else { lower.0 };
    Some([first, last])
}

/// Twice the area of a triangle, positive if it goes clockwise on the page.
fn cross(a: At, b: At, c: At) -> f64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// The convex outline around some points, by Andrew's monotone chain.
fn around_all(mut points: Vec<At>) -> Vec<At> {
    points.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    points.dedup();
    if points.len() < 3 {
        return points;
    }
    let half = |points: &mut dyn Iterator<Item = &At>| {
        let mut chain: Vec<At> = Vec::new();
        for point in points {
            while let [.., before, last] = chain.as_slice()
                && cross(*before, *last, *point) <= 0.0
            {
                chain.pop();
            }
            chain.push(*point);
        }
        // The last is the first of the other half.
        chain.pop();
        chain
    };
    let mut corners = half(&mut points.iter());
    corners.extend(half(&mut points.iter().rev()));
    if corners.len() > MOST_CORNERS {
        let x = points.iter().map(|point| point.0);
        let y = points.iter().map(|point| point.1);
        let (left, right) = (x.clone().fold(f64::INFINITY, f64::min), x.fold(f64::NEG_INFINITY, f64::max));
        let (top, bottom) = (y.clone().fold(f64::INFINITY, f64::min), y.fold(f64::NEG_INFINITY, f64::max));
        return vec![(left, top), (right, top), (right, bottom), (left, bottom)];
    }
    corners
}

/// The width of the narrowest strip that a convex outline fits into: for text, the height of its line.
fn thickness(corners: &[At]) -> f64 {
    let edges = corners.iter().copied().zip(corners.iter().copied().cycle().skip(1));
    let widths = edges.filter_map(|(from, to)| {
        let length = (to.0 - from.0).hypot(to.1 - from.1);
        let farthest = corners.iter().map(|corner| cross(from, to, *corner).abs()).fold(0.0, f64::max);
        (length > 0.0).then(|| farthest / length)
    });
    widths.min_by(f64::total_cmp).unwrap_or_default()
}

/// The lines to which areas are rounded outwards.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Grid {
    columns: Lines,
    rows: Lines,
}

/// Lines across one axis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Lines {
    /// How far apart they are.
    step: u32,
    /// Where the lines of the source begin, if they are others: in a turned JPEG the blocks can begin at the far edge.
    source: u32,
}

impl Lines {
    /// Rounded outwards to the lines of the source.
    fn source(self, span: Range<u32>, length: u32) -> Range<u32> {
        rounded(span, self.step, self.source, length)
    }

    /// Rounded outwards to the lines of the source, and then to these.
    fn around(self, span: Range<u32>, length: u32) -> Range<u32> {
        rounded(self.source(span, length), self.step, 0, length)
    }
}

/// Rounded outwards to lines that are `step` apart, of which one is at `at`, and held to the length of the axis.
fn rounded(span: Range<u32>, step: u32, at: u32, length: u32) -> Range<u32> {
    let shift = step.saturating_sub(at).checked_rem(step).unwrap_or_default();
    let to_line = |place: u32| u64::from(place) + u64::from(shift);
    let (step, shift) = (u64::from(step.max(1)), u64::from(shift));
    let start = (to_line(span.start) / step * step).saturating_sub(shift);
    let end = (to_line(span.end).div_ceil(step) * step).saturating_sub(shift).min(length.into());
    // Both are within the axis, which is a u32.
    u32::try_from(start).unwrap_or_default()..u32::try_from(end).unwrap_or(length)
}

impl Grid {
    /// Every pixel on its own.
    pub(super) const PIXELS: Self =
        Self { columns: Lines { step: 1, source: 0 }, rows: Lines { step: 1, source: 0 } };

    /// How many pixels wide and high a block of a JPEG is.
    pub(super) const BLOCK: u32 = 8;

    /// The blocks of a JPEG, and of the JPEG that it was before it was turned.
    ///
    /// `beginning` is where a line of the source's blocks crosses each axis.
    pub(super) fn blocks(beginning: (u32, u32)) -> Self {
        let lines = |at: u32| Lines { step: Self::BLOCK, source: at % Self::BLOCK };
        Self { columns: lines(beginning.0), rows: lines(beginning.1) }
    }

    /// How many rows a block has.
    fn step(self) -> u32 {
        self.rows.step.max(1)
    }
}

#[cfg(test)]
mod tests;
