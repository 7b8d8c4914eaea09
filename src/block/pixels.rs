//! From ratios of a page to the pixels of its image, and back.

use std::fmt;
use std::num::NonZeroU32;

use super::{BoundingBox, Point, Polygon};

/// The width and height of a page's image in pixels, at least 1 each.
///
/// Ratios of the width and of the height differ in length, so everything that turns or gives an angle needs it,
/// too. For that, any size of the same proportions will do.
///
/// ```
/// use inkseal::block::PageSize;
///
/// let page = PageSize::new(1700, 2200)?;
/// assert_eq!((page.width(), page.height()), (1700, 2200));
/// assert!(PageSize::new(1700, 0).is_err());
/// # Ok::<(), inkseal::block::InvalidPageSize>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct PageSize {
    width: NonZeroU32,
    height: NonZeroU32,
}

impl PageSize {
    /// A page as wide as it is high, for use if the size is not known: quarter turns are exact, and angles
    /// between them approximate.
    pub const SQUARE: Self = Self { width: NonZeroU32::MIN, height: NonZeroU32::MIN };

    /// A page of this many pixels.
    ///
    /// # Errors
    ///
    /// [`InvalidPageSize`] if either is 0.
    pub const fn new(width: u32, height: u32) -> Result<Self, InvalidPageSize> {
        match (NonZeroU32::new(width), NonZeroU32::new(height)) {
            (Some(width), Some(height)) => Ok(Self { width, height }),
            _ => Err(InvalidPageSize { width, height }),
        }
    }

    /// The width in pixels, at least 1.
    pub const fn width(self) -> u32 {
        self.width.get()
    }

    /// The height in pixels, at least 1.
    pub const fn height(self) -> u32 {
        self.height.get()
    }

    /// The page with width and height exchanged.
    pub(super) const fn swapped(self) -> Self {
        Self { width: self.height, height: self.width }
    }

    pub(super) fn exact(self) -> (f64, f64) {
        (self.width().into(), self.height().into())
    }
}

/// A page size without a pixel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct InvalidPageSize {
    width: u32,
    height: u32,
}

impl fmt::Display for InvalidPageSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { width, height } = self;
        write!(
            f,
            "invalid page size: {width} by {height} pixels; expected width and height of at least 1 pixel"
        )
    }
}

impl std::error::Error for InvalidPageSize {}

impl TryFrom<(u32, u32)> for PageSize {
    type Error = InvalidPageSize;

    /// From width and height, in this order.
    fn try_from((width, height): (u32, u32)) -> Result<Self, InvalidPageSize> {
        Self::new(width, height)
    }
}

/// An upright rectangle of whole pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct PixelBox {
    /// The first column, 0-based.
    pub left: u32,
    /// The first row, 0-based.
    pub top: u32,
    /// How many columns.
    pub width: u32,
    /// How many rows.
    pub height: u32,
}

impl PixelBox {
    /// The column after the last one.
    pub fn right(&self) -> u32 {
        self.left.saturating_add(self.width)
    }

    /// The row after the last one.
    pub fn bottom(&self) -> u32 {
        self.top.saturating_add(self.height)
    }

    /// Whether it has no pixel.
    pub fn is_empty(&self) -> bool {
        self.width == 0 || self.height == 0
    }
}

/// A point of an image, in pixels from its left upper corner. Pixel (0, 0) reaches to (1, 1).
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct PixelPoint {
    /// From the left edge.
    pub x: f32,
    /// From the top edge.
    pub y: f32,
}

/// The first pixel that a span touches, and how many there are.
fn touched(span: Option<(f32, f32)>, length: u32) -> (u32, u32) {
    let Some((start, end)) = span else { return (0, length) };
    let length = f64::from(length);
    let first = (f64::from(start) * length).floor().clamp(0.0, length) as u32;
    let after = (f64::from(end) * length).ceil().clamp(0.0, length) as u32;
    (first, after.saturating_sub(first))
}

impl BoundingBox {
    /// Every pixel that the box touches, and none beyond the page.
    ///
    /// Edges are rounded outwards, so that redaction by this box misses no pixel of what it should cover. For
    /// the same reason an edge that is not finite makes the box as wide, or as high, as the page. A box outside
    /// the page has no pixel.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, PageSize, PixelBox};
    ///
    /// let page = PageSize::new(10, 20)?;
    /// let word = BoundingBox::new(0.25, 0.5, 0.5, 0.125);
    /// assert_eq!(word.to_pixels(page), PixelBox { left: 2, top: 10, width: 6, height: 3 });
    /// assert!(BoundingBox::new(1.5, 0.0, 0.5, 1.0).to_pixels(page).is_empty());
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    pub fn to_pixels(&self, page: PageSize) -> PixelBox {
        let (left, width) = touched(self.x_span(), page.width());
        let (top, height) = touched(self.y_span(), page.height());
        PixelBox { left, top, width, height }
    }

    /// The box around these pixels. Back in pixels it covers them all and, as ratios are rounded, at most one
    /// more on each side.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, PageSize, PixelBox};
    ///
    /// let pixels = PixelBox { left: 2, top: 10, width: 4, height: 5 };
    /// let page = PageSize::new(8, 20)?;
    /// assert_eq!(BoundingBox::from_pixels(pixels, page), BoundingBox::new(0.25, 0.5, 0.5, 0.25));
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    pub fn from_pixels(pixels: PixelBox, page: PageSize) -> Self {
        let (width, height) = page.exact();
        Self::from_edges(
            (f64::from(pixels.left) / width) as f32,
            (f64::from(pixels.top) / height) as f32,
            (f64::from(pixels.right()) / width) as f32,
            (f64::from(pixels.bottom()) / height) as f32,
        )
    }
}

impl Point {
    /// The same point in pixels, neither rounded nor held to the page.
    pub fn to_pixels(self, page: PageSize) -> PixelPoint {
        let (width, height) = page.exact();
        PixelPoint { x: (f64::from(self.x) * width) as f32, y: (f64::from(self.y) * height) as f32 }
    }

    /// The point of a page at a point of its image.
    pub fn from_pixels(pixel: PixelPoint, page: PageSize) -> Self {
        let (width, height) = page.exact();
        Self::new((f64::from(pixel.x) / width) as f32, (f64::from(pixel.y) / height) as f32)
    }
}

impl Polygon {
    /// The points in pixels, neither rounded nor held to the page.
    ///
    /// ```
    /// use inkseal::block::{BoundingBox, PageSize, PixelPoint, Polygon};
    ///
    /// let page = PageSize::new(100, 200)?;
    /// let outline = BoundingBox::new(0.25, 0.25, 0.5, 0.5).to_polygon();
    /// let pixels = outline.to_pixels(page);
    /// assert_eq!(pixels[1], PixelPoint { x: 75.0, y: 50.0 });
    /// assert_eq!(Polygon::from_pixels(pixels, page), outline);
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    pub fn to_pixels(&self, page: PageSize) -> Vec<PixelPoint> {
        self.iter().map(|point| point.to_pixels(page)).collect()
    }

    /// The outline on a page at these points of its image.
    pub fn from_pixels(pixels: impl IntoIterator<Item = PixelPoint>, page: PageSize) -> Self {
        pixels.into_iter().map(|pixel| Point::from_pixels(pixel, page)).collect()
    }
}

#[cfg(test)]
pub(super) mod tests {
    use proptest::prelude::*;

    use super::super::measure::tests::boxes;
    use super::super::polygon::tests::polygons;
    use super::*;

    pub(crate) fn pages() -> impl Strategy<Value = PageSize> {
        (1..20_000_u32, 1..20_000_u32).prop_map(|size| PageSize::try_from(size).unwrap())
    }

    fn page(width: u32, height: u32) -> PageSize {
        PageSize::new(width, height).unwrap()
    }

    #[test]
    fn a_page_has_pixels() {
        for size in [(0, 1), (1, 0), (0, 0)] {
            assert!(PageSize::try_from(size).is_err());
        }
        assert_eq!(
            PageSize::new(0, 7).unwrap_err().to_string(),
            "invalid page size: 0 by 7 pixels; expected width and height of at least 1 pixel"
        );
    }

    #[test]
    fn held_to_the_page() {
        let whole = PixelBox { left: 0, top: 0, width: 10, height: 20 };
        let larger = [
            BoundingBox::PAGE,
            BoundingBox::new(-1.0, -1.0, 3.0, 3.0),
            BoundingBox::new(-1e30, -1e30, 2e30, 2e30),
            BoundingBox::new(f32::NAN, f32::NAN, f32::NAN, f32::NAN),
            BoundingBox::new(0.5, 0.5, f32::NAN, f32::INFINITY),
        ];
        for bounds in larger {
            assert_eq!(bounds.to_pixels(page(10, 20)), whole);
        }
        let largest = page(u32::MAX, u32::MAX);
        let all = BoundingBox::PAGE.to_pixels(largest);
        assert_eq!((all.right(), all.bottom()), (u32::MAX, u32::MAX));
        for beside in [(-2.0, 0.0), (2.0, 0.0), (0.0, -2.0), (0.0, 2.0)] {
            let bounds = BoundingBox::new(beside.0, beside.1, 1.0, 1.0);
            assert!(bounds.to_pixels(page(10, 20)).is_empty());
            assert!(bounds.to_pixels(page(10, 20)).right() <= 10);
        }
    }

    #[test]
    fn a_little_of_a_pixel_is_a_pixel() {
        let dot = BoundingBox::new(0.55, 0.55, 1e-4, 1e-4);
        assert_eq!(dot.to_pixels(page(10, 20)), PixelBox { left: 5, top: 11, width: 1, height: 1 });
        let back = BoundingBox::new(0.75, 0.75, -0.5, -0.5);
        assert_eq!(back.to_pixels(page(4, 8)), PixelBox { left: 1, top: 2, width: 2, height: 4 });
    }

    #[test]
    fn sums_that_overflow() {
        let far = PixelBox { left: u32::MAX, top: 1, width: 2, height: u32::MAX };
        assert_eq!((far.right(), far.bottom()), (u32::MAX, u32::MAX));
        assert!(BoundingBox::from_pixels(far, PageSize::SQUARE).area() >= 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn pixels_cover_the_box(bounds in boxes(), page in pages()) {
            let pixels = bounds.to_pixels(page);
            prop_assert!(pixels.right() <= page.width() && pixels.bottom() <= page.height());
            let (width, height) = page.exact();
            let (x, y) = (bounds.x_span().unwrap(), bounds.y_span().unwrap());
            let on_page = |at: f32, length: f64| (f64::from(at) * length).clamp(0.0, length);
            let (left, right) = (on_page(x.0, width), on_page(x.1, width));
            let (top, bottom) = (on_page(y.0, height), on_page(y.1, height));
            prop_assert!(f64::from(pixels.left) <= left && right <= f64::from(pixels.right()));
            prop_assert!(f64::from(pixels.top) <= top && bottom <= f64::from(pixels.bottom()));
            // And less than a pixel more on each side.
            prop_assert!(left - f64::from(pixels.left) < 1.0 && f64::from(pixels.right()) - right < 1.0);
            prop_assert!(top - f64::from(pixels.top) < 1.0 && f64::from(pixels.bottom()) - bottom < 1.0);
        }

        #[test]
        fn pixels_there_and_back(bounds in boxes(), page in pages()) {
            let pixels = bounds.to_pixels(page);
            let back = BoundingBox::from_pixels(pixels, page).to_pixels(page);
            prop_assert!(back.left <= pixels.left && pixels.left - back.left <= 1);
            prop_assert!(back.top <= pixels.top && pixels.top - back.top <= 1);
            prop_assert!(back.right() >= pixels.right() && back.right() - pixels.right() <= 1);
            prop_assert!(back.bottom() >= pixels.bottom() && back.bottom() - pixels.bottom() <= 1);
        }

        #[test]
        fn points_there_and_back(polygon in polygons(), page in pages()) {
            let back = Polygon::from_pixels(polygon.to_pixels(page), page);
            prop_assert_eq!(back.len(), polygon.len());
            for (before, after) in polygon.iter().zip(&back) {
                prop_assert!((before.x - after.x).abs() < 1e-6 && (before.y - after.y).abs() < 1e-6);
            }
        }
    }
}
