//! Measures of a box, and of two.
//!
//! All of them use the edges that [`BoundingBox::right`] and [`BoundingBox::bottom`] give, so that the result of
//! two boxes is never off by the rounding of a sum.

use super::{BoundingBox, Point, Polygon};

impl Point {
    /// The middle of a page.
    pub const PAGE_CENTER: Self = Self::new(0.5, 0.5);

    /// The point at `x` page widths from the left and `y` page heights from the top.
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }

    pub(super) fn is_finite(self) -> bool {
        self.x.is_finite() && self.y.is_finite()
    }
}

/// The edges of a box that is somewhere: finite, `left <= right` and `top <= bottom`.
#[derive(Clone, Copy)]
struct Edges {
    left: f32,
    top: f32,
    right: f32,
    bottom: f32,
}

impl Edges {
    fn area(self) -> f64 {
        extent((self.left, self.right)) * extent((self.top, self.bottom))
    }

    /// What both cover, if that has an area.
    fn shared(self, other: Self) -> Option<Self> {
        let shared = Self {
            left: self.left.max(other.left),
            top: self.top.max(other.top),
            right: self.right.min(other.right),
            bottom: self.bottom.min(other.bottom),
        };
        (shared.left < shared.right && shared.top < shared.bottom).then_some(shared)
    }
}

/// Both ends of a start and a size, in order, if they are finite.
fn span(start: f32, size: f32) -> Option<(f32, f32)> {
    let end = start + size;
    let ordered = if end < start { (end, start) } else { (start, end) };
    (start.is_finite() && end.is_finite()).then_some(ordered)
}

fn extent((start, end): (f32, f32)) -> f64 {
    f64::from(end) - f64::from(start)
}

/// The size with which a box reaches `end`, or the next larger one.
fn size_to_reach(start: f32, end: f32) -> f32 {
    let size = end - start;
    if start + size < end { size.next_up() } else { size }
}

/// The size with which a box ends at `end`, or the next smaller one.
fn size_to_stay_within(start: f32, end: f32) -> f32 {
    let size = end - start;
    if start + size > end { size.next_down() } else { size }
}

/// A share from 0 to 1; 0 if there is nothing to have a share of.
pub(super) fn share(part: f64, whole: f64) -> f32 {
    let share = part / whole;
    if whole > 0.0 && share.is_finite() { share.clamp(0.0, 1.0) as f32 } else { 0.0 }
}

/// How much of the smaller of two spans the other one covers.
fn span_overlap(one: Option<(f32, f32)>, other: Option<(f32, f32)>) -> f32 {
    let (Some(one), Some(other)) = (one, other) else { return 0.0 };
    let shared = extent((one.0.max(other.0), one.1.min(other.1)));
    share(shared, extent(one).min(extent(other)))
}

/// # Measures
///
/// Numbers are ratios of the page, and an area is a ratio of the page's area. Borders belong to a box. A
/// negative size, which Textract does not send, reaches back: `left` 0.5 with `width` -0.2 is the box from 0.3
/// to 0.5. A box with an edge that is not finite is nowhere: it has no area, holds nothing and shares nothing.
/// No share is ever NaN.
impl BoundingBox {
    /// The whole page.
    pub const PAGE: Self = Self::new(0.0, 0.0, 1.0, 1.0);

    /// The box with this left upper corner and this size, in this order.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let word = BoundingBox::new(0.1, 0.2, 0.3, 0.05);
    /// assert_eq!((word.left, word.top, word.width, word.height), (0.1, 0.2, 0.3, 0.05));
    /// ```
    pub const fn new(left: f32, top: f32, width: f32, height: f32) -> Self {
        Self { width, height, left, top }
    }

    /// The box between these edges; opposite edges may come in either order.
    ///
    /// Where rounding cannot meet both edges exactly, the size is the next larger `f32`.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let word = BoundingBox::from_edges(0.25, 0.5, 0.75, 0.625);
    /// assert_eq!(word, BoundingBox::new(0.25, 0.5, 0.5, 0.125));
    /// assert_eq!(word, BoundingBox::from_edges(0.75, 0.625, 0.25, 0.5));
    /// ```
    pub fn from_edges(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        let (left, right) = if right < left { (right, left) } else { (left, right) };
        let (top, bottom) = if bottom < top { (bottom, top) } else { (top, bottom) };
        Self::new(left, top, size_to_reach(left, right), size_to_reach(top, bottom))
    }

    fn edges(&self) -> Option<Edges> {
        let ((left, right), (top, bottom)) = (self.x_span()?, self.y_span()?);
        Some(Edges { left, top, right, bottom })
    }

    pub(super) fn x_span(&self) -> Option<(f32, f32)> {
        span(self.left, self.width)
    }

    pub(super) fn y_span(&self) -> Option<(f32, f32)> {
        span(self.top, self.height)
    }

    /// The share of the page that it covers; never negative.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// assert_eq!(BoundingBox::new(0.0, 0.5, 1.0, 0.5).area(), 0.5);
    /// assert_eq!(BoundingBox::new(0.5, 0.5, -0.5, 0.5).area(), 0.25);
    /// assert_eq!(BoundingBox::new(f32::NAN, 0.0, 1.0, 1.0).area(), 0.0);
    /// ```
    pub fn area(&self) -> f32 {
        self.exact_area() as f32
    }

    fn exact_area(&self) -> f64 {
        self.edges().map_or(0.0, Edges::area)
    }

    /// Its middle.
    pub fn center(&self) -> Point {
        Point { x: self.left + self.width / 2.0, y: self.top + self.height / 2.0 }
    }

    /// Whether a point is in it or on its border.
    pub fn contains(&self, point: Point) -> bool {
        self.edges().is_some_and(|edges| {
            (edges.left..=edges.right).contains(&point.x) && (edges.top..=edges.bottom).contains(&point.y)
        })
    }

    /// Whether another box is in it as a whole; borders may touch, so a box contains itself.
    pub fn contains_box(&self, other: &Self) -> bool {
        let (Some(outer), Some(inner)) = (self.edges(), other.edges()) else { return false };
        outer.left <= inner.left
            && outer.top <= inner.top
            && outer.right >= inner.right
            && outer.bottom >= inner.bottom
    }

    /// The smallest box around both. One that is nowhere adds nothing.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let (first, second) = (BoundingBox::new(0.0, 0.25, 0.25, 0.25), BoundingBox::new(0.5, 0.0, 0.25, 0.5));
    /// assert_eq!(first.union(&second), BoundingBox::new(0.0, 0.0, 0.75, 0.5));
    /// ```
    #[must_use]
    pub fn union(&self, other: &Self) -> Self {
        match (self.edges(), other.edges()) {
            (Some(a), Some(b)) => Self::from_edges(
                a.left.min(b.left),
                a.top.min(b.top),
                a.right.max(b.right),
                a.bottom.max(b.bottom),
            ),
            (None, Some(_)) => *other,
            (_, None) => *self,
        }
    }

    /// The smallest box around all that are somewhere; `None` if none is.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let words = [BoundingBox::new(0.0, 0.25, 0.25, 0.25), BoundingBox::new(0.5, 0.25, 0.25, 0.25)];
    /// assert_eq!(BoundingBox::union_all(words), Some(BoundingBox::new(0.0, 0.25, 0.75, 0.25)));
    /// assert_eq!(BoundingBox::union_all([]), None);
    /// ```
    pub fn union_all(boxes: impl IntoIterator<Item = Self>) -> Option<Self> {
        let somewhere = boxes.into_iter().filter(|bounds| bounds.edges().is_some());
        somewhere.reduce(|all, next| all.union(&next))
    }

    /// What both cover; `None` if that has no area, so also if they only touch.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let cell = BoundingBox::new(0.0, 0.0, 0.5, 0.5);
    /// let word = BoundingBox::new(0.25, 0.25, 0.5, 0.125);
    /// assert_eq!(cell.intersection(&word), Some(BoundingBox::new(0.25, 0.25, 0.25, 0.125)));
    /// assert_eq!(cell.intersection(&BoundingBox::new(0.5, 0.0, 0.5, 0.5)), None);
    /// ```
    pub fn intersection(&self, other: &Self) -> Option<Self> {
        let Edges { left, top, right, bottom } = self.edges()?.shared(other.edges()?)?;
        Some(Self::new(left, top, size_to_stay_within(left, right), size_to_stay_within(top, bottom)))
    }

    fn shared_area(&self, other: &Self) -> f64 {
        let shared = self.edges().zip(other.edges()).and_then(|(a, b)| a.shared(b));
        shared.map_or(0.0, Edges::area)
    }

    /// The share, 0 to 1, of *this* box's area that the other one covers; 0 if this one has no area.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let cell = BoundingBox::new(0.0, 0.0, 0.5, 0.5);
    /// let word = BoundingBox::new(0.25, 0.25, 0.5, 0.125);
    /// assert_eq!(word.overlap(&cell), 0.5);
    /// assert_eq!(cell.overlap(&word), 0.125);
    /// ```
    pub fn overlap(&self, other: &Self) -> f32 {
        share(self.shared_area(other), self.exact_area())
    }

    /// How alike two boxes are, 0 to 1: what both cover as a share of what either covers.
    pub fn intersection_over_union(&self, other: &Self) -> f32 {
        let shared = self.shared_area(other);
        share(shared, self.exact_area() + other.exact_area() - shared)
    }

    /// How far two boxes are side by side, as words of a line are: the height that they share, as a share of
    /// the smaller height, 0 to 1. It is 0 if either has no height.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let word = BoundingBox::new(0.0, 0.25, 0.125, 0.125);
    /// let taller = BoundingBox::new(0.5, 0.125, 0.125, 0.5);
    /// assert_eq!(word.vertical_overlap(&taller), 1.0);
    /// assert_eq!(word.horizontal_overlap(&taller), 0.0);
    /// ```
    pub fn vertical_overlap(&self, other: &Self) -> f32 {
        span_overlap(self.y_span(), other.y_span())
    }

    /// How far two boxes are above each other, as lines of a column are: the width that they share, as a share
    /// of the smaller width, 0 to 1. It is 0 if either has no width.
    pub fn horizontal_overlap(&self, other: &Self) -> f32 {
        span_overlap(self.x_span(), other.x_span())
    }

    /// The box with every edge moved outwards: by this many page widths to the left and right, and page
    /// heights to the top and bottom.
    ///
    /// It may reach beyond the page. A negative number moves the edges inwards, at most to the middle; a number
    /// that is not finite moves nothing.
    ///
    /// ```
    /// use inkseal::block::BoundingBox;
    ///
    /// let word = BoundingBox::new(0.25, 0.5, 0.25, 0.125);
    /// assert_eq!(word.padded(0.125), BoundingBox::new(0.125, 0.375, 0.5, 0.375));
    /// assert_eq!(word.padded(-1.0), BoundingBox::new(0.375, 0.5625, 0.0, 0.0));
    /// ```
    #[must_use]
    pub fn padded(&self, by: f32) -> Self {
        let Some(Edges { left, top, right, bottom }) = self.edges().filter(|_| by.is_finite()) else {
            return *self;
        };
        let moved = |start: f32, end: f32, middle: f32| {
            if end - start + 2.0 * by > 0.0 { (start - by, end + by) } else { (middle, middle) }
        };
        let middle = self.center();
        let ((left, right), (top, bottom)) = (moved(left, right, middle.x), moved(top, bottom, middle.y));
        Self::from_edges(left, top, right, bottom)
    }

    /// Its four corners, clockwise from the left upper one.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, Point};
    ///
    /// let corners = BoundingBox::new(0.0, 0.5, 0.5, 0.25).to_polygon();
    /// assert_eq!(corners[1], Point::new(0.5, 0.5));
    /// assert_eq!(corners[2], Point::new(0.5, 0.75));
    /// ```
    pub fn to_polygon(&self) -> Polygon {
        let (left, right) = self.x_span().unwrap_or((self.left, self.right()));
        let (top, bottom) = self.y_span().unwrap_or((self.top, self.bottom()));
        Polygon::of_four([
            Point::new(left, top),
            Point::new(right, top),
            Point::new(right, bottom),
            Point::new(left, bottom),
        ])
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Boxes on and about the page, of any sign.
    pub(crate) fn boxes() -> impl Strategy<Value = BoundingBox> {
        let usual = (-0.5..1.5_f32, -0.5..1.5_f32, 0.0..1.0_f32, 0.0..1.0_f32);
        let odd = (-2.0..2.0_f32, -2.0..2.0_f32, -1.0..1.0_f32, -1.0..1.0_f32);
        let tiny = (0.0..1.0_f32, 0.0..1.0_f32, 0.0..1e-6_f32, 0.0..1e-6_f32);
        // Coarse, so that edges meet.
        let grid = (0..5_u8, 0..5_u8, 0..5_u8, 0..5_u8);
        let grid = grid.prop_map(|(l, t, w, h)| [l, t, w, h].map(|n| f32::from(n) / 4.0).into());
        let any = prop_oneof![4 => usual, 1 => odd, 1 => tiny, 2 => grid];
        any.prop_map(|(l, t, w, h)| BoundingBox::new(l, t, w, h))
    }

    fn any_boxes() -> impl Strategy<Value = BoundingBox> {
        any::<[f32; 4]>().prop_map(|[l, t, w, h]| BoundingBox::new(l, t, w, h))
    }

    const NOWHERE: [BoundingBox; 3] = [
        BoundingBox::new(f32::NAN, 0.0, 1.0, 1.0),
        BoundingBox::new(0.0, 0.0, 1.0, f32::NAN),
        BoundingBox::new(0.0, f32::NEG_INFINITY, 1.0, f32::INFINITY),
    ];

    #[test]
    fn a_box_that_is_nowhere_shares_nothing() {
        for nowhere in NOWHERE {
            let page = BoundingBox::PAGE;
            assert_eq!(nowhere.area(), 0.0);
            assert!(!nowhere.contains(Point::PAGE_CENTER));
            assert!(!page.contains_box(&nowhere) && !nowhere.contains_box(&page));
            assert_eq!(page.union(&nowhere), page);
            assert_eq!(nowhere.union(&page), page);
            assert_eq!(BoundingBox::union_all([nowhere, page, nowhere]), Some(page));
            assert_eq!(page.intersection(&nowhere), None);
            assert_eq!((page.overlap(&nowhere), nowhere.overlap(&page)), (0.0, 0.0));
            assert_eq!(page.intersection_over_union(&nowhere), 0.0);
        }
        assert_eq!(BoundingBox::union_all(NOWHERE), None);
    }

    #[test]
    fn a_box_without_area() {
        let point = BoundingBox::new(0.5, 0.5, 0.0, 0.0);
        assert!(point.contains(Point::PAGE_CENTER));
        assert!(BoundingBox::PAGE.contains_box(&point));
        assert_eq!(BoundingBox::PAGE.intersection(&point), None);
        assert_eq!((point.overlap(&BoundingBox::PAGE), point.overlap(&point)), (0.0, 0.0));
        assert_eq!((point.intersection_over_union(&point), point.vertical_overlap(&point)), (0.0, 0.0));
        assert_eq!(point.union(&BoundingBox::default()), BoundingBox::new(0.0, 0.0, 0.5, 0.5));
    }

    #[test]
    fn a_negative_size_reaches_back() {
        let (back, forth) =
            (BoundingBox::new(0.75, 0.5, -0.5, -0.25), BoundingBox::new(0.25, 0.25, 0.5, 0.25));
        assert_eq!(back.area(), forth.area());
        assert_eq!(back.to_polygon(), forth.to_polygon());
        assert_eq!(back.center(), forth.center());
        assert_eq!(back.intersection(&BoundingBox::PAGE), Some(forth));
        assert_eq!(back.overlap(&forth), 1.0);
        assert_eq!(back.padded(0.0), forth);
        assert!(back.contains_box(&forth) && forth.contains_box(&back));
    }

    #[test]
    fn width_goes_with_x() {
        let wide = BoundingBox::new(0.0, 0.0, 0.75, 0.25);
        assert!(wide.contains(Point::new(0.75, 0.25)));
        assert!(!wide.contains(Point::new(0.25, 0.75)));
        assert_eq!(wide.center(), Point::new(0.375, 0.125));
        assert_eq!(wide.padded(f32::NAN), wide);
        // Only the height is used up.
        assert_eq!(wide.padded(-0.25), BoundingBox::new(0.25, 0.125, 0.25, 0.0));
    }

    #[test]
    fn alike_is_one() {
        let word = BoundingBox::new(0.1, 0.2, 0.3, 0.05);
        assert_eq!(word.intersection_over_union(&word), 1.0);
        assert_eq!(word.overlap(&word), 1.0);
        let half = BoundingBox::new(0.0, 0.0, 0.5, 1.0);
        assert_eq!(half.intersection_over_union(&BoundingBox::PAGE), 0.5);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_union_contains_both(a in boxes(), b in boxes()) {
            let union = a.union(&b);
            prop_assert!(union.contains_box(&a) && union.contains_box(&b), "{union:?}");
            prop_assert_eq!(union, b.union(&a));
            prop_assert_eq!(BoundingBox::union_all([a, b]), Some(union));
        }

        #[test]
        fn an_intersection_is_within_both(a in boxes(), b in boxes()) {
            let shared = a.intersection(&b);
            prop_assert_eq!(shared, b.intersection(&a));
            prop_assert_eq!(shared.is_some(), a.shared_area(&b) > 0.0);
            if let Some(shared) = shared {
                prop_assert!(a.contains_box(&shared) && b.contains_box(&shared), "{shared:?}");
                prop_assert!(a.contains(shared.center()) && b.contains(shared.center()));
            }
        }

        #[test]
        fn shares_are_shares(a in prop_oneof![boxes(), any_boxes()], b in prop_oneof![boxes(), any_boxes()]) {
            for (a, b) in [(a, b), (b, a), (a, a)] {
                for share in [
                    a.overlap(&b),
                    a.intersection_over_union(&b),
                    a.vertical_overlap(&b),
                    a.horizontal_overlap(&b),
                ] {
                    prop_assert!((0.0..=1.0).contains(&share), "{share}");
                }
            }
            prop_assert!(a.area() >= 0.0);
        }

        #[test]
        fn what_is_contained_overlaps_as_a_whole(a in boxes(), b in boxes()) {
            let union = a.union(&b);
            for inner in [a, b] {
                let whole = if inner.area() > 0.0 { 1.0 } else { 0.0 };
                prop_assert_eq!(inner.overlap(&union), whole);
            }
        }

        #[test]
        fn padding_adds_on_every_side(bounds in boxes(), by in 0.0..0.5_f32) {
            let padded = bounds.padded(by);
            prop_assert!(padded.contains_box(&bounds));
            let (before, after) = (bounds.center(), padded.center());
            prop_assert!((before.x - after.x).abs() < 1e-6 && (before.y - after.y).abs() < 1e-6);
        }
    }
}
