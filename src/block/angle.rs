//! The angle of text, and that of a page by its words.

use super::{Block, BlockKind, BoundingBox, Geometry, PageSize, QuarterTurn};

/// Which way up text is, to the nearest quarter turn.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub enum Orientation {
    /// It reads from left to right.
    #[default]
    Upright,
    /// It is turned clockwise by 90 degrees and reads from top to bottom.
    Clockwise90,
    /// It is turned by 180 degrees.
    UpsideDown,
    /// It is turned clockwise by 270 degrees and reads from bottom to top.
    Clockwise270,
}

impl Orientation {
    /// All of them, in the order of their declaration.
    const ALL: [Self; 4] = [Self::Upright, Self::Clockwise90, Self::UpsideDown, Self::Clockwise270];

    /// The orientation that is nearest to an angle in degrees clockwise; a tie goes clockwise, and an angle
    /// that is not finite is upright.
    ///
    /// ```
    /// use inkseal::block::Orientation;
    ///
    /// assert_eq!(Orientation::of_angle(91.5), Orientation::Clockwise90);
    /// assert_eq!(Orientation::of_angle(-2.0), Orientation::Upright);
    /// ```
    pub fn of_angle(degrees: f32) -> Self {
        let degrees = f64::from(degrees).rem_euclid(360.0);
        match degrees {
            45.0..135.0 => Self::Clockwise90,
            135.0..225.0 => Self::UpsideDown,
            225.0..315.0 => Self::Clockwise270,
            _ => Self::Upright,
        }
    }

    /// Which way up most text of a page is: the orientation of its words, each counted by its length. Words of
    /// one character, many of which read the same after a turn, are left out, as are blocks of other kinds.
    ///
    /// `None` if no word has one; the smaller turn if two are even.
    ///
    /// ```
    /// use inkseal::block::{Block, BlockId, BlockKind, BoundingBox, Geometry, Orientation, QuarterTurn};
    ///
    /// let outline = BoundingBox::new(0.25, 0.5, 0.25, 0.0625).to_polygon();
    /// let word = |text: &str, turn| {
    ///     let geometry = Geometry { polygon: outline.turned(turn), ..Geometry::default() };
    ///     Block::new(BlockId::from(text), BlockKind::Word).with_text(text).with_geometry(geometry)
    /// };
    /// let page = [word("DRAFT", QuarterTurn::CounterClockwise), word("Agreement", QuarterTurn::Half)];
    ///
    /// let orientation = Orientation::of_words(&page);
    /// assert_eq!(orientation, Some(Orientation::UpsideDown));
    /// assert_eq!(orientation.map(Orientation::to_upright), Some(QuarterTurn::Half));
    /// ```
    pub fn of_words<'a>(blocks: impl IntoIterator<Item = &'a Block>) -> Option<Self> {
        let mut weights = [0.0; Self::ALL.len()];
        for (angle, weight) in text_angles(blocks, PageSize::SQUARE) {
            if let Some(sum) = weights.get_mut(Self::of_angle(angle) as usize) {
                *sum += weight;
            }
        }
        let heaviest = heaviest(&weights)?;
        Self::ALL.get(heaviest).copied()
    }

    /// By how many degrees text is turned clockwise: 0, 90, 180 or 270.
    pub const fn degrees(self) -> u16 {
        self.to_upright().inverse().degrees()
    }

    /// The turn of the page after which its text is upright.
    pub const fn to_upright(self) -> QuarterTurn {
        match self {
            Self::Upright => QuarterTurn::None,
            Self::Clockwise90 => QuarterTurn::CounterClockwise,
            Self::UpsideDown => QuarterTurn::Half,
            Self::Clockwise270 => QuarterTurn::Clockwise,
        }
    }
}

impl Geometry {
    /// The upright box around it: the bounding box or, if that was not sent, the bounds of the polygon.
    pub fn bounds(&self) -> Option<BoundingBox> {
        self.bounding_box.or_else(|| self.polygon.bounding_box())
    }

    /// By how much the text is turned, in degrees from 0 up to, but not including, 360: the direction in
    /// which it reads, clockwise from the direction to the right, as coordinates grow downwards. Text that
    /// reads from top to bottom is at 90 degrees.
    ///
    /// It is the angle of the first edge of the polygon, whose points go clockwise from the top left corner of
    /// the *text*. If there is no such edge it is [`rotation_angle`](Self::rotation_angle), which is 0, 90, 180
    /// or 270. AWS does not say which way that turns: it is taken as clockwise.
    ///
    /// ```
    /// use inkseal::block::{Geometry, PageSize, Point};
    ///
    /// // It rises by 100 pixels on 100 pixels.
    /// let polygon = [Point::new(0.5, 0.5), Point::new(0.6, 0.45)].into_iter().collect();
    /// let geometry = Geometry { polygon, ..Geometry::default() };
    /// let angle = geometry.text_angle(PageSize::new(1000, 2000)?).unwrap();
    /// assert!((angle - 315.0).abs() < 0.01);
    ///
    /// let geometry = Geometry { rotation_angle: Some(90.0), ..Geometry::default() };
    /// assert_eq!(geometry.text_angle(PageSize::SQUARE), Some(90.0));
    /// # Ok::<(), inkseal::block::InvalidPageSize>(())
    /// ```
    pub fn text_angle(&self, page: PageSize) -> Option<f32> {
        let (width, height) = page.exact();
        let edge = match *self.polygon {
            [from, to, ..] if from.is_finite() && to.is_finite() && from != to => Some((from, to)),
            _ => None,
        };
        let angle = edge.map(|(from, to)| {
            let right = (f64::from(to.x) - f64::from(from.x)) * width;
            let down = (f64::from(to.y) - f64::from(from.y)) * height;
            down.atan2(right).to_degrees()
        });
        let sent = self.rotation_angle.filter(|angle| angle.is_finite()).map(f64::from);
        angle.or(sent).map(within_a_turn)
    }
}

/// The angle from 0 to below 360, also once it is rounded.
pub(super) fn within_a_turn(degrees: f64) -> f32 {
    let angle = degrees.rem_euclid(360.0) as f32;
    if angle >= 360.0 { 0.0 } else { angle }
}

/// The angle of each word that has one, and its weight: its number of characters. Words of one character say
/// too little.
fn text_angles<'a>(
    blocks: impl IntoIterator<Item = &'a Block>,
    page: PageSize,
) -> impl Iterator<Item = (f32, f64)> {
    blocks.into_iter().filter(|block| *block.kind() == BlockKind::Word).filter_map(move |word| {
        let length = word.text()?.chars().count();
        let angle = word.geometry()?.text_angle(page)?;
        (length >= 2).then_some((angle, length as f64))
    })
}

/// The first place of the largest weight above 0.
fn heaviest(weights: &[f64]) -> Option<usize> {
    let mut best = None;
    for (place, weight) in weights.iter().enumerate() {
        if *weight > best.map_or(0.0, |(_, most)| most) {
            best = Some((place, *weight));
        }
    }
    best.map(|(place, _)| place)
}

/// The usual angle of a page's text, in degrees clockwise from 0 up to, but not including, 360: by how much
/// to turn the page back to straighten a skewed scan. See [`Geometry::text_angle`].
///
/// The angles of the words (as in [`Orientation::of_words`]) are sorted into bins of one degree around whole
/// degrees, so that angles about 0 are together; the result is the mean of the heaviest bin, in which a word
/// weighs as many characters as it has. Words at other angles, such as a stamp, do not count. `None` if no word
/// has an angle.
///
/// ```
/// use inkseal::block::{Block, BlockId, BlockKind, BoundingBox, Geometry, PageSize, Point, text_angle_of};
///
/// let page = PageSize::new(1700, 2200)?;
/// let word = |text: &str, degrees| {
///     let outline = BoundingBox::new(0.25, 0.5, 0.25, 0.0625).rotated(degrees, Point::PAGE_CENTER, page);
///     let geometry = Geometry { polygon: outline, ..Geometry::default() };
///     Block::new(BlockId::from(text), BlockKind::Word).with_text(text).with_geometry(geometry)
/// };
/// let words = [word("Notice", -0.25), word("of", 0.25), word("termination", 0.25), word("COPY", 30.0)];
///
/// let angle = text_angle_of(&words, page).unwrap();
/// assert!((angle - 0.092).abs() < 0.001);
/// # Ok::<(), inkseal::block::InvalidPageSize>(())
/// ```
pub fn text_angle_of<'a>(blocks: impl IntoIterator<Item = &'a Block>, page: PageSize) -> Option<f32> {
    // For each bin its weight, and the weighted sum of how far angles are from its whole degree.
    let (mut weights, mut deviations) = ([0.0; 360], [0.0; 360]);
    for (angle, weight) in text_angles(blocks, page) {
        let degree = angle.round();
        let bin = degree as usize % weights.len();
        if let (Some(sum), Some(deviation)) = (weights.get_mut(bin), deviations.get_mut(bin)) {
            *sum += weight;
            *deviation += weight * f64::from(angle - degree);
        }
    }
    let bin = heaviest(&weights)?;
    let (weight, deviation) = (weights.get(bin)?, deviations.get(bin)?);
    Some(within_a_turn(bin as f64 + deviation / weight))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::block::{BlockId, Point, Polygon};

    const OUTLINE: BoundingBox = BoundingBox::new(0.375, 0.5, 0.25, 0.0625);

    fn block(kind: BlockKind, text: &str, geometry: Geometry) -> Block {
        Block::new(BlockId::from("id"), kind).with_text(text).with_geometry(geometry)
    }

    fn outlined(polygon: Polygon) -> Geometry {
        Geometry { polygon, ..Geometry::default() }
    }

    fn word(text: &str, degrees: f32) -> Block {
        let outline = OUTLINE.rotated(degrees, Point::PAGE_CENTER, PageSize::SQUARE);
        block(BlockKind::Word, text, outlined(outline))
    }

    fn apart(one: f32, other: f32) -> f32 {
        let apart = (one - other).rem_euclid(360.0);
        apart.min(360.0 - apart)
    }

    #[test]
    fn quarter_turns_are_exact() {
        for turn in QuarterTurn::ALL {
            let turned = outlined(OUTLINE.to_polygon()).turned(turn);
            assert_eq!(turned.text_angle(PageSize::SQUARE), Some(turn.degrees().into()));
            let orientation =
                Orientation::of_words([&block(BlockKind::Word, "Total", turned.clone())]).unwrap();
            assert_eq!(orientation.degrees(), turn.degrees());
            let upright = turned.turned(orientation.to_upright());
            assert_eq!(upright.text_angle(PageSize::SQUARE), Some(0.0));
        }
    }

    #[test]
    fn the_nearest_quarter() {
        use Orientation::*;
        let angles = [0.0, 44.9, 45.0, 90.0, 135.0, 180.0, 225.0, 270.0, 315.0, 359.9];
        let nearest = angles.map(Orientation::of_angle);
        let expected = [
            Upright,
            Upright,
            Clockwise90,
            Clockwise90,
            UpsideDown,
            UpsideDown,
            Clockwise270,
            Clockwise270,
            Upright,
            Upright,
        ];
        assert_eq!(nearest, expected);
        assert_eq!([-90.0, 450.0, f32::NAN].map(Orientation::of_angle), [Clockwise270, Clockwise90, Upright]);
    }

    #[test]
    fn an_edge_before_the_angle_that_was_sent() {
        let sent = |polygon, angle| Geometry { polygon, rotation_angle: Some(angle), bounding_box: None };
        let page = PageSize::SQUARE;
        assert_eq!(sent(OUTLINE.to_polygon(), 90.0).text_angle(page), Some(0.0));
        assert_eq!(sent(Polygon::default(), -90.0).text_angle(page), Some(270.0));
        assert_eq!(sent(Polygon::default(), 360.0).text_angle(page), Some(0.0));
        assert_eq!(sent(Polygon::default(), -1e-9).text_angle(page), Some(0.0));
        assert_eq!(sent(Polygon::default(), f32::NAN).text_angle(page), None);
        let dot = Polygon::from(vec![Point::PAGE_CENTER; 4]);
        assert_eq!(sent(dot, 180.0).text_angle(page), Some(180.0));
        let nowhere = Polygon::from(vec![Point::PAGE_CENTER, Point::new(f32::NAN, 0.0)]);
        assert_eq!(sent(nowhere, 180.0).text_angle(page), Some(180.0));
        assert_eq!(Geometry::default().text_angle(page), None);
    }

    #[test]
    fn bounds_of_either() {
        let both = Geometry { bounding_box: Some(BoundingBox::PAGE), ..outlined(OUTLINE.to_polygon()) };
        assert_eq!(both.bounds(), Some(BoundingBox::PAGE));
        assert_eq!(outlined(OUTLINE.to_polygon()).bounds(), Some(OUTLINE));
        assert_eq!(Geometry::default().bounds(), None);
    }

    #[test]
    fn the_first_word_counts_and_single_characters_do_not() {
        assert_eq!(Orientation::of_words([&word("Total", 180.0)]), Some(Orientation::UpsideDown));
        let few = [
            word("1", 0.0),
            word("\u{e9}", 0.0),
            word("", 0.0),
            block(BlockKind::Line, "long line", Geometry::default()),
        ];
        assert_eq!(Orientation::of_words(&few), None);
        assert_eq!(text_angle_of(&few, PageSize::SQUARE), None);
        let mixed = [word("1", 0.0), word("|", 0.0), word("-", 0.0), word("no", 90.0)];
        assert_eq!(Orientation::of_words(&mixed), Some(Orientation::Clockwise90));
        assert_eq!(Orientation::of_words([]), None);
        let bare = Block::new(BlockId::from("id"), BlockKind::Word);
        assert_eq!(Orientation::of_words([&bare]), None);
    }

    #[test]
    fn length_decides_and_then_the_smaller_turn() {
        let words = [word("ab", 90.0), word("cd", 90.0), word("abcde", 270.0)];
        assert_eq!(Orientation::of_words(&words), Some(Orientation::Clockwise270));
        let even = [word("abcd", 270.0), word("abcd", 90.0)];
        assert_eq!(Orientation::of_words(&even), Some(Orientation::Clockwise90));
        // Characters, not bytes.
        let accents = [word("\u{e9}\u{e9}", 90.0), word("abc", 180.0)];
        assert_eq!(Orientation::of_words(&accents), Some(Orientation::UpsideDown));
    }

    #[test]
    fn what_is_about_zero_is_one_bin() {
        let words = [word("ab", 359.75), word("cd", 0.25), word("efg", 20.0)];
        let angle = text_angle_of(&words, PageSize::SQUARE).unwrap();
        assert!(apart(angle, 0.0) < 0.001, "{angle}");
        let words = [word("ab", 359.6), word("cd", 359.8)];
        let angle = text_angle_of(&words, PageSize::SQUARE).unwrap();
        assert!((angle - 359.7).abs() < 0.001, "{angle}");
    }

    #[test]
    fn a_page_that_is_not_square() {
        let page = PageSize::new(1000, 2000).unwrap();
        let outline = OUTLINE.rotated(30.0, Point::PAGE_CENTER, page);
        let words = [block(BlockKind::Word, "Total", outlined(outline))];
        let (right, wrong) =
            (text_angle_of(&words, page).unwrap(), text_angle_of(&words, PageSize::SQUARE).unwrap());
        assert!((right - 30.0).abs() < 0.001 && (wrong - 16.1).abs() < 0.1, "{right} {wrong}");
    }

    proptest! {
        #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

        #[test]
        fn the_angle_is_what_it_was_turned_by(
            degrees in -720.0..720.0_f32,
            width in 500..3_000_u32,
            height in 500..3_000_u32,
        ) {
            let page = PageSize::new(width, height).unwrap();
            let outline = OUTLINE.rotated(degrees, Point::PAGE_CENTER, page);
            let geometry = outlined(outline);
            let angle = geometry.text_angle(page).unwrap();
            prop_assert!((0.0..360.0).contains(&angle) && apart(angle, degrees) < 0.01, "{angle}");
            let word = block(BlockKind::Word, "Total", geometry);
            let usual = text_angle_of([&word], page).unwrap();
            prop_assert!((0.0..360.0).contains(&usual) && apart(usual, degrees) < 0.01, "{usual}");
        }

        #[test]
        fn any_coordinates_give_an_angle_within_a_turn(numbers in any::<[f32; 5]>()) {
            let [a, b, c, d, angle] = numbers;
            let polygon = Polygon::from(vec![Point::new(a, b), Point::new(c, d)]);
            let geometry = Geometry { polygon, rotation_angle: Some(angle), bounding_box: None };
            let angle = geometry.text_angle(PageSize::SQUARE);
            prop_assert!(angle.is_none_or(|angle| (0.0..360.0).contains(&angle)));
        }
    }
}
