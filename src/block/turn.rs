//! Turning parts of a page, and the page itself.
//!
//! Angles are in degrees and clockwise, as a reader sees the page: coordinates grow to the right and
//! *downwards*, so a positive angle takes the direction to the right over to the direction downwards.

use super::angle::within_a_turn;
use super::{BoundingBox, Geometry, PageSize, Point, Polygon};

/// A turn of a whole page that leaves it upright, clockwise as a reader sees it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum QuarterTurn {
    /// No turn.
    #[default]
    None,
    /// By 90 degrees clockwise: the left is now at the top.
    Clockwise,
    /// By 180 degrees.
    Half,
    /// By 90 degrees counter-clockwise, or 270 clockwise: the top is now at the left.
    CounterClockwise,
}

impl QuarterTurn {
    /// All of them, by how far they turn clockwise.
    pub const ALL: [Self; 4] = [Self::None, Self::Clockwise, Self::Half, Self::CounterClockwise];

    /// By how many degrees it turns clockwise: 0, 90, 180 or 270.
    pub const fn degrees(self) -> u16 {
        match self {
            Self::None => 0,
            Self::Clockwise => 90,
            Self::Half => 180,
            Self::CounterClockwise => 270,
        }
    }

    /// The turn that undoes it.
    pub const fn inverse(self) -> Self {
        match self {
            Self::Clockwise => Self::CounterClockwise,
            Self::CounterClockwise => Self::Clockwise,
            Self::None | Self::Half => self,
        }
    }
}

/// Sine and cosine, exact for quarter turns.
fn sin_cos(degrees: f32) -> (f64, f64) {
    match f64::from(degrees).rem_euclid(360.0) {
        0.0 => (0.0, 1.0),
        90.0 => (1.0, 0.0),
        180.0 => (0.0, -1.0),
        270.0 => (-1.0, 0.0),
        degrees => degrees.to_radians().sin_cos(),
    }
}

/// The function that rotates a point.
fn rotation(degrees: f32, about: Point, page: PageSize) -> impl Fn(Point) -> Point {
    let degrees = if degrees.is_finite() { degrees } else { 0.0 };
    let ((sin, cos), (width, height)) = (sin_cos(degrees), page.exact());
    let (about_x, about_y) = (f64::from(about.x), f64::from(about.y));
    move |point| {
        let x = (f64::from(point.x) - about_x) * width;
        let y = (f64::from(point.y) - about_y) * height;
        Point::new(
            (about_x + (x * cos - y * sin) / width) as f32,
            (about_y + (x * sin + y * cos) / height) as f32,
        )
    }
}

impl PageSize {
    /// The size of the page after a turn: a quarter turn exchanges width and height.
    ///
    /// ```
    /// use inkseal::block::{PageSize, QuarterTurn};
    ///
    /// let portrait = PageSize::new(1700, 2200)?;
    /// assert_eq!(portrait.turned(QuarterTurn::Clockwise), PageSize::new(2200, 1700)?);
    /// assert_eq!(portrait.turned(QuarterTurn::Half), portrait);
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    #[must_use]
    pub const fn turned(self, turn: QuarterTurn) -> Self {
        match turn {
            QuarterTurn::None | QuarterTurn::Half => self,
            QuarterTurn::Clockwise | QuarterTurn::CounterClockwise => self.swapped(),
        }
    }
}

impl Point {
    /// Where the point is after a rotation by this many degrees clockwise about another one, on a page that
    /// stays as it is.
    ///
    /// The page size is needed because x is a ratio of the width and y one of the height. An angle that is not
    /// finite turns nothing.
    ///
    /// ```
    /// use inkseal::block::{PageSize, Point};
    ///
    /// // On a page twice as high as it is wide, the middle of the right edge moves to halfway between the
    /// // middle and the bottom.
    /// let page = PageSize::new(500, 1000)?;
    /// let turned = Point::new(1.0, 0.5).rotated(90.0, Point::PAGE_CENTER, page);
    /// assert_eq!(turned, Point::new(0.5, 0.75));
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    #[must_use]
    pub fn rotated(self, degrees: f32, about: Self, page: PageSize) -> Self {
        rotation(degrees, about, page)(self)
    }

    /// Where the point is on the page after a turn of the whole page.
    ///
    /// ```
    /// use inkseal::block::{Point, QuarterTurn};
    ///
    /// let top_left = Point::new(0.0, 0.0);
    /// assert_eq!(top_left.turned(QuarterTurn::Clockwise), Point::new(1.0, 0.0));
    /// assert_eq!(top_left.turned(QuarterTurn::CounterClockwise), Point::new(0.0, 1.0));
    /// ```
    #[must_use]
    pub fn turned(self, turn: QuarterTurn) -> Self {
        let Self { x, y } = self;
        match turn {
            QuarterTurn::None => self,
            QuarterTurn::Clockwise => Self::new(1.0 - y, x),
            QuarterTurn::Half => Self::new(1.0 - x, 1.0 - y),
            QuarterTurn::CounterClockwise => Self::new(y, 1.0 - x),
        }
    }
}

impl Polygon {
    /// The polygon after a rotation by this many degrees clockwise about a point; see [`Point::rotated`].
    /// The points keep their order.
    #[must_use]
    pub fn rotated(&self, degrees: f32, about: Point, page: PageSize) -> Self {
        let rotate = rotation(degrees, about, page);
        self.map(|point| rotate(*point))
    }

    /// The polygon on the page after a turn of the whole page. The points keep their order, so the first one is
    /// still where the text begins.
    #[must_use]
    pub fn turned(&self, turn: QuarterTurn) -> Self {
        self.map(|point| point.turned(turn))
    }
}

impl BoundingBox {
    /// The outline of the box after a rotation by this many degrees clockwise about a point; see
    /// [`Point::rotated`]. Its [`bounding_box`](Polygon::bounding_box) is the upright box around that.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, PageSize, Point};
    ///
    /// let page = PageSize::new(1000, 500)?;
    /// let line = BoundingBox::new(0.25, 0.5, 0.5, 0.0);
    /// let upright = line.rotated(90.0, Point::PAGE_CENTER, page).bounding_box();
    /// assert_eq!(upright, Some(BoundingBox::new(0.5, 0.0, 0.0, 1.0)));
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    pub fn rotated(&self, degrees: f32, about: Point, page: PageSize) -> Polygon {
        self.to_polygon().rotated(degrees, about, page)
    }

    /// The box on the page after a turn of the whole page: a quarter turn exchanges width and height, of the
    /// page ([`PageSize::turned`]) as of the box.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, QuarterTurn};
    ///
    /// let heading = BoundingBox::new(0.0, 0.0, 0.75, 0.25);
    /// assert_eq!(heading.turned(QuarterTurn::Clockwise), BoundingBox::new(0.75, 0.0, 0.25, 0.75));
    /// ```
    #[must_use]
    pub fn turned(&self, turn: QuarterTurn) -> Self {
        let Self { width, height, left, top } = *self;
        let (right, bottom) = (self.right(), self.bottom());
        match turn {
            QuarterTurn::None => *self,
            QuarterTurn::Clockwise => Self::new(1.0 - bottom, left, height, width),
            QuarterTurn::Half => Self::new(1.0 - right, 1.0 - bottom, width, height),
            QuarterTurn::CounterClockwise => Self::new(top, 1.0 - right, height, width),
        }
    }
}

impl Geometry {
    /// The geometry on the page after a turn of the whole page: box, outline and, if it was sent, angle.
    #[must_use]
    pub fn turned(&self, turn: QuarterTurn) -> Self {
        Self {
            bounding_box: self.bounding_box.map(|bounds| bounds.turned(turn)),
            polygon: self.polygon.turned(turn),
            rotation_angle: self
                .rotation_angle
                .map(|angle| within_a_turn(f64::from(angle) + f64::from(turn.degrees()))),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::super::measure::tests::boxes;
    use super::super::polygon::tests::{points, polygons};
    use super::*;

    /// Pages of usual proportions.
    fn pages() -> impl Strategy<Value = PageSize> {
        (500..2_000_u32, 500..2_000_u32).prop_map(|size| PageSize::try_from(size).unwrap())
    }

    fn turns() -> impl Strategy<Value = QuarterTurn> {
        prop::sample::select(&QuarterTurn::ALL)
    }

    fn near(a: Point, b: Point) -> bool {
        (a.x - b.x).abs() < 1e-5 && (a.y - b.y).abs() < 1e-5
    }

    fn all_near(a: &Polygon, b: &Polygon) -> bool {
        a.len() == b.len() && a.iter().zip(b).all(|(a, b)| near(*a, *b))
    }

    fn boxes_near(a: BoundingBox, b: BoundingBox) -> bool {
        all_near(&a.to_polygon(), &b.to_polygon())
    }

    #[test]
    fn degrees_not_radians() {
        let right = Point::new(1.0, 0.5);
        for (degrees, to) in [(0.0, (1.0, 0.5)), (90.0, (0.5, 1.0)), (180.0, (0.0, 0.5)), (270.0, (0.5, 0.0))]
        {
            for turns in [-720.0, -360.0, 0.0, 360.0] {
                let turned = right.rotated(degrees + turns, Point::PAGE_CENTER, PageSize::SQUARE);
                assert_eq!(turned, Point::new(to.0, to.1), "{degrees}");
            }
        }
        let slanted = right.rotated(45.0, Point::PAGE_CENTER, PageSize::SQUARE);
        assert!(near(slanted, Point::new(0.853_553_4, 0.853_553_4)));
    }

    #[test]
    fn an_angle_that_is_not_finite_turns_nothing() {
        let point = Point::new(0.25, 0.75);
        for degrees in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY] {
            assert_eq!(point.rotated(degrees, Point::PAGE_CENTER, PageSize::SQUARE), point);
        }
        assert!(Polygon::default().rotated(30.0, point, PageSize::SQUARE).is_absent());
        assert!(Polygon::default().turned(QuarterTurn::Half).is_absent());
    }

    #[test]
    fn a_geometry_turns_as_a_whole() {
        let bounds = BoundingBox::new(0.0, 0.25, 0.5, 0.25);
        let upright = Geometry {
            bounding_box: Some(bounds),
            polygon: bounds.to_polygon(),
            rotation_angle: Some(270.0),
        };
        let turned = upright.turned(QuarterTurn::Clockwise);
        assert_eq!(turned.bounding_box, turned.polygon.bounding_box());
        assert_eq!(turned.polygon[0], Point::new(0.75, 0.0));
        assert_eq!(turned.rotation_angle, Some(0.0));
        assert_eq!(upright.turned(QuarterTurn::None), upright);
        assert_eq!(Geometry::default().turned(QuarterTurn::Half), Geometry::default());
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn there_and_back(
            polygon in polygons(),
            degrees in -720.0..720.0_f32,
            about in points(),
            page in pages(),
        ) {
            let back = polygon.rotated(degrees, about, page).rotated(-degrees, about, page);
            prop_assert!(all_near(&back, &polygon));
        }

        #[test]
        fn a_rotation_keeps_areas_and_distances(
            polygon in polygons(),
            degrees in 0.0..360.0_f32,
            about in points(),
            page in pages(),
        ) {
            let rotated = polygon.rotated(degrees, about, page);
            prop_assert!((rotated.area() - polygon.area()).abs() < 1e-4);
            let (width, height) = page.exact();
            let distance = |point: Point| {
                (f64::from(point.x - about.x) * width).hypot(f64::from(point.y - about.y) * height)
            };
            for (before, after) in polygon.iter().zip(&rotated) {
                prop_assert!((distance(*before) - distance(*after)).abs() < 0.01);
            }
        }

        #[test]
        fn four_turns_are_none(bounds in boxes(), polygon in polygons(), turn in turns()) {
            let (mut turned, mut outline) = (bounds, polygon.clone());
            for _ in 0..4 {
                (turned, outline) = (turned.turned(turn), outline.turned(turn));
            }
            prop_assert!(boxes_near(turned, bounds) && all_near(&outline, &polygon));
            prop_assert!(boxes_near(bounds.turned(turn).turned(turn.inverse()), bounds));
        }

        #[test]
        fn a_box_turns_with_its_corners(bounds in boxes(), turn in turns()) {
            let around = bounds.to_polygon().turned(turn).bounding_box().unwrap();
            prop_assert!(boxes_near(around, bounds.turned(turn)));
        }

        /// A turn of the page is a rotation about its middle, once the page is moved to where it then is.
        #[test]
        fn a_turn_is_a_rotation(point in points(), turn in turns(), page in pages()) {
            let rotated = point.rotated(turn.degrees().into(), Point::PAGE_CENTER, page).to_pixels(page);
            let (turned, after) = (point.turned(turn), page.turned(turn));
            let at = turned.to_pixels(after);
            let shift = |before: u32, after: u32| (f64::from(after) - f64::from(before)) as f32 / 2.0;
            prop_assert!((rotated.x + shift(page.width(), after.width()) - at.x).abs() < 0.01);
            prop_assert!((rotated.y + shift(page.height(), after.height()) - at.y).abs() < 0.01);
        }
    }
}
