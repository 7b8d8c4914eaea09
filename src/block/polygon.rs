//! Measures of an outline, and of two.

use super::measure::share;
use super::{BoundingBox, Point, Polygon};

/// A point, in numbers in which sums of products of `f32` lose hardly any precision.
type Exact = (f64, f64);

fn exact(point: Point) -> Exact {
    (point.x.into(), point.y.into())
}

/// Twice the signed area of a triangle, positive if it goes clockwise on the page.
fn cross(a: Exact, b: Exact, c: Exact) -> f64 {
    (b.0 - a.0) * (c.1 - a.1) - (b.1 - a.1) * (c.0 - a.0)
}

/// Twice the signed area of a polygon.
fn doubled_area(points: &[Exact]) -> f64 {
    triangles(points).map(|[a, b, c]| cross(a, b, c)).sum()
}

/// The triangles from the first point to every edge.
fn triangles(points: &[Exact]) -> impl Iterator<Item = [Exact; 3]> + Clone {
    let first = points.first().copied().unwrap_or_default();
    points.windows(2).skip(1).filter_map(move |edge| match *edge {
        [from, to] => Some([first, from, to]),
        _ => None,
    })
}

/// Twice the area that two triangles share; negative if one of them goes the other way round.
fn doubled_shared_area(subject: [Exact; 3], clip: [Exact; 3]) -> f64 {
    let (way, [a, b, c]) = (cross(clip[0], clip[1], clip[2]), clip);
    if way == 0.0 {
        return 0.0;
    }
    let edges = if way > 0.0 { [(a, b), (b, c), (c, a)] } else { [(a, c), (c, b), (b, a)] };
    // Sutherland and Hodgman: the rest of the subject after a cut along every edge.
    let mut left = subject.to_vec();
    for (from, to) in edges {
        let mut kept = Vec::with_capacity(left.len() + 1);
        let Some(mut before) = left.last().copied() else { return 0.0 };
        let mut was = cross(from, to, before);
        for point in left {
            let is = cross(from, to, point);
            if (was < 0.0) != (is < 0.0) {
                let at = was / (was - is);
                kept.push((before.0 + at * (point.0 - before.0), before.1 + at * (point.1 - before.1)));
            }
            if is >= 0.0 {
                kept.push(point);
            }
            (before, was) = (point, is);
        }
        left = kept;
    }
    doubled_area(&left) * way.signum()
}

/// # Measures
///
/// Numbers are ratios of the page, and an area is a ratio of the page's area. The last point is joined to the
/// first, and points may go round either way. Fewer than three points enclose nothing; with a coordinate
/// that is not finite the polygon has no area, no middle and no bounds. No share is ever NaN.
impl Polygon {
    /// The points, or none if one of them is not finite.
    fn exact(&self) -> Vec<Exact> {
        if self.iter().all(|point| point.is_finite()) {
            self.iter().map(|point| exact(*point)).collect()
        } else {
            Vec::new()
        }
    }

    /// The polygon with every point replaced; an absent one stays absent.
    pub(super) fn map(&self, to: impl FnMut(&Point) -> Point) -> Self {
        if self.is_absent() { Self::default() } else { self.iter().map(to).collect() }
    }

    /// The smallest upright box around all its points; `None` if it has none.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, Point, Polygon};
    ///
    /// let diamond: Polygon = [(0.5, 0.0), (1.0, 0.25), (0.5, 0.5), (0.0, 0.25)]
    ///     .into_iter()
    ///     .map(|(x, y)| Point::new(x, y))
    ///     .collect();
    /// assert_eq!(diamond.bounding_box(), Some(BoundingBox::new(0.0, 0.0, 1.0, 0.5)));
    /// assert_eq!(diamond.area(), 0.25);
    /// assert_eq!(Polygon::default().bounding_box(), None);
    /// ```
    pub fn bounding_box(&self) -> Option<BoundingBox> {
        let first = *self.first()?;
        let (mut low, mut high) = (first, first);
        for point in self {
            if !point.is_finite() {
                return None;
            }
            low = Point::new(low.x.min(point.x), low.y.min(point.y));
            high = Point::new(high.x.max(point.x), high.y.max(point.y));
        }
        Some(BoundingBox::from_edges(low.x, low.y, high.x, high.y))
    }

    /// The share of the page that it encloses; never negative. If it crosses itself, parts that go round in
    /// opposite directions count against each other.
    pub fn area(&self) -> f32 {
        (doubled_area(&self.exact()) / 2.0).abs() as f32
    }

    /// Twice the area that both enclose.
    fn doubled_intersection(&self, other: &Self) -> f64 {
        let (mine, others) = (self.exact(), other.exact());
        // If a polygon is not convex, triangles from one corner overlap, and then one of them goes the other
        // way round and takes away what is too much.
        let pairs = triangles(&mine).flat_map(|a| triangles(&others).map(move |b| (a, b)));
        pairs.map(|(a, b)| doubled_shared_area(a, b)).sum::<f64>().abs()
    }

    /// Its centre of gravity; the mean of its points if it encloses nothing, or crosses itself so that the
    /// centre is not within its bounds. `None` if it has no points.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, Point, Polygon};
    ///
    /// assert_eq!(BoundingBox::PAGE.to_polygon().center(), Some(Point::PAGE_CENTER));
    /// let line = Polygon::from(vec![Point::new(0.0, 0.5), Point::new(1.0, 0.5)]);
    /// assert_eq!(line.center(), Some(Point::PAGE_CENTER));
    /// ```
    pub fn center(&self) -> Option<Point> {
        let points = self.exact();
        let bounds = self.bounding_box()?;
        let total = doubled_area(&points);
        let sum = triangles(&points).fold((0.0, 0.0), |sum, [a, b, c]| {
            let weight = cross(a, b, c);
            (sum.0 + weight * (a.0 + b.0 + c.0), sum.1 + weight * (a.1 + b.1 + c.1))
        });
        let centroid = Point::new((sum.0 / total / 3.0) as f32, (sum.1 / total / 3.0) as f32);
        if bounds.contains(centroid) {
            return Some(centroid);
        }
        let (sum, count) =
            (points.iter().fold((0.0, 0.0), |s, p| (s.0 + p.0, s.1 + p.1)), points.len() as f64);
        Some(Point::new((sum.0 / count) as f32, (sum.1 / count) as f32))
    }

    /// Whether a point is in it or exactly on its border. If the polygon crosses itself, an area that it goes
    /// round twice is outside.
    ///
    /// ```
    /// use inkseal::block::{Point, Polygon};
    ///
    /// let triangle = Polygon::from(vec![Point::new(0.0, 0.0), Point::new(1.0, 0.0), Point::new(0.0, 1.0)]);
    /// assert!(triangle.contains(Point::new(0.25, 0.25)));
    /// assert!(triangle.contains(Point::new(0.5, 0.5)));
    /// assert!(!triangle.contains(Point::new(0.75, 0.75)));
    /// ```
    pub fn contains(&self, point: Point) -> bool {
        let points = self.exact();
        let Some(mut from) = points.last().copied().filter(|_| point.is_finite()) else { return false };
        let at = exact(point);
        let mut inside = false;
        for to in points {
            let side = cross(from, to, at);
            let (low, high) = ((from.0.min(to.0), from.1.min(to.1)), (from.0.max(to.0), from.1.max(to.1)));
            if side == 0.0 && (low.0..=high.0).contains(&at.0) && (low.1..=high.1).contains(&at.1) {
                return true;
            }
            // Every edge that a ray to the right crosses leads in or out.
            if (from.1 > at.1) != (to.1 > at.1) && (side > 0.0) == (to.1 > from.1) {
                inside = !inside;
            }
            from = to;
        }
        inside
    }

    /// The polygon moved to the right by `x` page widths and down by `y` page heights.
    #[must_use]
    pub fn translated(&self, x: f32, y: f32) -> Self {
        self.map(|point| Point::new(point.x + x, point.y + y))
    }

    /// The share of the page that both enclose, whether they are convex or not.
    ///
    /// It takes time in proportion to the product of their numbers of points.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, Point, Polygon};
    ///
    /// let triangle = Polygon::from(vec![Point::new(0.0, 0.0), Point::new(1.0, 0.0), Point::new(0.0, 1.0)]);
    /// let left_half = BoundingBox::new(0.0, 0.0, 0.5, 1.0).to_polygon();
    /// assert_eq!(triangle.intersection_area(&left_half), 0.375);
    /// assert_eq!(triangle.overlap(&left_half), 0.75);
    /// assert_eq!(left_half.overlap(&triangle), 0.75);
    /// ```
    pub fn intersection_area(&self, other: &Self) -> f32 {
        (self.doubled_intersection(other) / 2.0) as f32
    }

    /// The share, 0 to 1, of *this* polygon's area that the other one covers; 0 if this one has no area.
    ///
    /// It takes time in proportion to the product of their numbers of points.
    pub fn overlap(&self, other: &Self) -> f32 {
        share(self.doubled_intersection(other), doubled_area(&self.exact()).abs())
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::measure::tests::boxes;
    use super::*;

    fn polygon(points: &[(f32, f32)]) -> Polygon {
        points.iter().map(|&(x, y)| Point::new(x, y)).collect()
    }

    pub(crate) fn points() -> impl Strategy<Value = Point> {
        (-0.5..1.5_f32, -0.5..1.5_f32).prop_map(|(x, y)| Point::new(x, y))
    }

    pub(crate) fn polygons() -> impl Strategy<Value = Polygon> {
        prop::collection::vec(points(), 0..9).prop_map(Polygon::from)
    }

    /// An L: the page without its right upper quarter.
    fn corner() -> Polygon {
        polygon(&[(0.0, 0.0), (0.5, 0.0), (0.5, 0.5), (1.0, 0.5), (1.0, 1.0), (0.0, 1.0)])
    }

    #[test]
    fn few_points_enclose_nothing() {
        let page = BoundingBox::PAGE.to_polygon();
        for few in
            [Polygon::default(), polygon(&[]), polygon(&[(0.5, 0.5)]), polygon(&[(0.0, 0.5), (1.0, 0.5)])]
        {
            assert_eq!(few.area(), 0.0);
            assert_eq!(few.overlap(&page), 0.0);
            assert_eq!(page.overlap(&few), 0.0);
            assert_eq!(few.center().is_some(), !few.is_empty());
            assert_eq!(few.translated(0.5, 0.5).is_absent(), few.is_absent());
            assert_eq!(few.contains(Point::PAGE_CENTER), !few.is_empty());
            assert!(!few.contains(Point::new(0.5, 0.25)));
        }
    }

    #[test]
    fn points_that_are_nowhere() {
        for odd in [f32::NAN, f32::INFINITY] {
            for place in 0..4 {
                let mut points = BoundingBox::PAGE.to_polygon().to_vec();
                points[place].y = odd;
                let nowhere = Polygon::from(points);
                assert_eq!((nowhere.bounding_box(), nowhere.center(), nowhere.area()), (None, None, 0.0));
                assert!(!nowhere.contains(Point::PAGE_CENTER));
                assert_eq!(BoundingBox::PAGE.to_polygon().overlap(&nowhere), 0.0);
                assert_eq!(nowhere.overlap(&nowhere), 0.0);
            }
        }
        assert!(!BoundingBox::PAGE.to_polygon().contains(Point::new(f32::NAN, 0.5)));
    }

    #[test]
    fn a_polygon_that_is_not_convex() {
        let corner = corner();
        assert_eq!(corner.area(), 0.75);
        assert!(!corner.contains(Point::new(0.75, 0.25)));
        assert!(corner.contains(Point::new(0.75, 0.75)) && corner.contains(Point::new(0.75, 0.5)));
        let missing = BoundingBox::new(0.5, 0.0, 0.5, 0.5).to_polygon();
        assert_eq!(corner.overlap(&missing), 0.0);
        assert_eq!(corner.overlap(&corner), 1.0);
        let middle = BoundingBox::new(0.25, 0.25, 0.5, 0.5).to_polygon();
        assert_eq!((middle.overlap(&corner), corner.overlap(&middle)), (0.75, 0.25));
        let turned =
            Polygon::from(corner.iter().map(|p| Point::new(1.0 - p.x, 1.0 - p.y)).collect::<Vec<_>>());
        assert_eq!(corner.intersection_area(&turned), 0.5);
    }

    #[test]
    fn a_polygon_that_crosses_itself() {
        let bow = polygon(&[(0.0, 0.0), (1.0, 1.0), (1.0, 0.0), (0.0, 1.0)]);
        assert_eq!((bow.area(), bow.overlap(&bow)), (0.0, 0.0));
        assert_eq!(bow.center(), Some(Point::PAGE_CENTER));
        assert!(bow.contains(Point::new(0.1, 0.5)) && !bow.contains(Point::new(0.5, 0.1)));
    }

    #[test]
    fn either_way_round() {
        let mut points = corner().to_vec();
        points.reverse();
        let back = Polygon::from(points);
        assert_eq!((back.area(), back.center(), back.overlap(&corner())), (0.75, corner().center(), 1.0));
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn a_box_as_a_polygon_measures_the_same(a in boxes(), b in boxes(), point in points()) {
            let (one, other) = (a.to_polygon(), b.to_polygon());
            prop_assert!((one.area() - a.area()).abs() <= a.area() * 1e-6);
            prop_assert_eq!(one.contains(point), a.contains(point));
            let bounds = one.bounding_box().unwrap();
            prop_assert!(bounds.contains_box(&a));
            prop_assert!((bounds.area() - a.area()).abs() <= 1e-6);
            prop_assert!((one.overlap(&other) - a.overlap(&b)).abs() < 1e-3);
            let center = one.center().unwrap();
            prop_assert!((center.x - a.center().x).abs() < 1e-5 && (center.y - a.center().y).abs() < 1e-5);
        }

        #[test]
        fn bounds_hold_every_point(polygon in polygons()) {
            match polygon.bounding_box() {
                Some(bounds) => {
                    prop_assert!(polygon.iter().all(|point| bounds.contains(*point)));
                    prop_assert!(polygon.iter().all(|point| polygon.contains(*point)));
                    prop_assert!(bounds.contains(polygon.center().unwrap()));
                }
                None => prop_assert!(polygon.is_empty()),
            }
        }

        #[test]
        fn shares_are_shares(a in polygons(), b in polygons()) {
            let share = a.overlap(&b);
            prop_assert!((0.0..=1.0).contains(&share));
            prop_assert!((a.intersection_area(&b) - b.intersection_area(&a)).abs() < 1e-5);
        }

        #[test]
        fn a_moved_polygon_keeps_its_area(polygon in polygons(), x in -1.0..1.0_f32, y in -1.0..1.0_f32) {
            let moved = polygon.translated(x, y);
            prop_assert!((moved.area() - polygon.area()).abs() < 1e-5);
        }
    }
}
