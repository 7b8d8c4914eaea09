//! Where on the page what stands in no line belongs, and which lines make a paragraph.

use super::Piece;
use crate::block::BoundingBox;
use crate::document::{Field, Line, Token};

fn place_of(token: &Token<'_>) -> Option<BoundingBox> {
    token.block_ref().bounding_box()
}

/// A field, and the check boxes and signatures of its value: where it is not given as a field, they go with the first or
/// the last word of the key, depending on which side of it they are.
pub(super) struct PlacedField<'d> {
    pub(super) field: Field<'d>,
    /// Whether a part of it is in the flow.
    pub(super) is_begun: bool,
    first: Option<Token<'d>>,
    last: Option<Token<'d>>,
    before: Vec<Token<'d>>,
    after: Vec<Token<'d>>,
}

impl<'d> PlacedField<'d> {
    pub(super) fn new(field: Field<'d>) -> Self {
        let key = field.bounding_box();
        let is_before = |mark: &Token<'d>| match (key, place_of(mark)) {
            (Some(key), Some(mark)) => mark.center().x < key.center().x,
            _ => false,
        };
        let marks = field.value_tokens().filter(|token| !matches!(token, Token::Word(_)));
        let (before, after) = marks.partition(is_before);
        let (first, last) = (field.key_tokens().next(), field.key_tokens().last());
        Self { field, is_begun: false, first, last, before, after }
    }

    /// What stands before and after this word of the field, which is put into the flow.
    pub(super) fn begin(&mut self, word: Token<'d>) -> (Vec<Token<'d>>, Vec<Token<'d>>) {
        self.is_begun = true;
        let taken = |marks: &mut Vec<Token<'d>>, end: Option<Token<'d>>| {
            if end == Some(word) { std::mem::take(marks) } else { Vec::new() }
        };
        (taken(&mut self.before, self.first), taken(&mut self.after, self.last))
    }
}

/// How much of their height two boxes share; below 0 it is how far apart they are.
fn shared_height(one: &BoundingBox, other: &BoundingBox) -> f32 {
    one.bottom().min(other.bottom()) - one.top.max(other.top)
}

/// Lines in groups: one ends where the next line stands neither beside nor closely below.
pub(super) fn paragraphs<'l, 'd>(lines: &'l [Line<'d>]) -> impl Iterator<Item = &'l [Line<'d>]> {
    lines.chunk_by(|line, next| match (line.bounding_box(), next.bounding_box()) {
        (Some(line), Some(next)) => {
            let gap = next.top - line.bottom();
            let height = line.height.min(next.height);
            let is_beside = shared_height(&line, &next) * 2.0 >= height;
            is_beside || (gap <= height && gap >= -height - line.height)
        }
        _ => true,
    })
}

/// Words in rows: one ends where the next word does not stand beside the word before.
pub(super) fn rows<'l, 'd>(words: &'l [Token<'d>]) -> impl Iterator<Item = &'l [Token<'d>]> {
    words.chunk_by(|word, next| match (place_of(word), place_of(next)) {
        (Some(word), Some(next)) => shared_height(&word, &next) * 2.0 >= word.height.min(next.height),
        _ => true,
    })
}

/// How many pieces are put by their place. A page has some hundred at most; more of them come last, as each is compared
/// with all others.
const MOST_PLACED: usize = 1_000;

/// Puts more pieces where they stand among the others: behind the one that they are in, else before the first one
/// below, else at the end.
pub(super) fn insert<'d>(pieces: &mut Vec<Piece<'d>>, more: Vec<Piece<'d>>) {
    if more.is_empty() {
        return;
    }
    // Those for each gap, so that many of them do not move the pieces again and again.
    let mut at: Vec<Vec<Piece<'d>>> = Vec::new();
    at.resize_with(pieces.len() + 1, Vec::new);
    for (count, piece) in more.into_iter().enumerate() {
        let gap = piece.place.filter(|_| count < MOST_PLACED).map_or(pieces.len(), |place| {
            let center = place.center();
            let inside =
                pieces.iter().position(|other| other.place.is_some_and(|other| other.contains(center)));
            let below =
                || pieces.iter().position(|other| other.place.is_some_and(|other| other.top >= place.top));
            inside.map(|index| index + 1).or_else(below).unwrap_or(pieces.len())
        });
        if let Some(gap) = at.get_mut(gap) {
            gap.push(piece);
        }
    }
    let mut all = Vec::with_capacity(pieces.len() + at.len());
    let mut rest = pieces.drain(..);
    for gap in at {
        all.extend(gap);
        all.extend(rest.next());
    }
    drop(rest);
    *pieces = all;
}
