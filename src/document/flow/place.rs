//! The place among the pieces of a page of something that is in no line, and the lines that make a paragraph.

use super::Piece;
use crate::block::BoundingBox;
use crate::document::{Field, Line, Token};

fn place_of(token: &Token<'_>) -> Option<BoundingBox> {
    token.block_ref().bounding_box()
}

/// A field, and the check boxes and signatures of its key and value: if it is not written as a field, they go with words of
/// the key, or of the value if the key has none.
pub(super) struct PlacedField<'d> {
    pub(super) field: Field<'d>,
    /// Whether a part of it is in the flow.
    pub(super) is_begun: bool,
    marks: Vec<Mark<'d>>,
}

/// A check box or signature, and the word that it goes with.
struct Mark<'d> {
    token: Token<'d>,
    word: Option<Token<'d>>,
    is_before: bool,
}

impl<'d> PlacedField<'d> {
    pub(super) fn new(field: Field<'d>) -> Self {
        let is_word = |token: &Token<'d>| matches!(token, Token::Word(_));
        let key: Vec<_> = field.key_tokens().collect();
        let mut words: Vec<_> = key.iter().copied().filter(is_word).collect();
        let key_box = field.bounding_box().filter(|_| !words.is_empty());
        if words.is_empty() {
            words.extend(field.value_tokens().filter(is_word));
        }
        // Marks without a place are before the words if the key lists them first.
        let leading = key.iter().take_while(|token| !is_word(token)).count();
        let tokens = key.iter().copied().chain(field.value_tokens()).enumerate();
        let marks = tokens.filter(|(_, token)| !is_word(token)).map(|(index, token)| {
            let next = if index < key.len() { next_word(&words, &token) } else { None };
            // Otherwise the first or the last word, depending on the side of the key that the mark is on.
            let is_before = match (key_box, place_of(&token)) {
                (Some(key), Some(mark)) => mark.center().x < key.center().x,
                _ => index < leading,
            };
            let end = if is_before { words.first() } else { words.last() };
            Mark { token, word: next.or(end.copied()), is_before: is_before || next.is_some() }
        });
        let marks = marks.collect();
        Self { field, is_begun: false, marks }
    }

    /// The check boxes and signatures before and after this word of the field, which is being put into the flow.
    pub(super) fn begin(&mut self, word: Token<'d>) -> (Vec<Token<'d>>, Vec<Token<'d>>) {
        self.is_begun = true;
        let (mut before, mut after) = (Vec::new(), Vec::new());
        self.marks.retain(|mark| {
            let is_here = mark.word == Some(word);
            if is_here {
                let marks = if mark.is_before { &mut before } else { &mut after };
                marks.push(mark.token);
            }
            !is_here
        });
        (before, after)
    }
}

/// The word of a key that follows a mark in it: the first one behind it in its row, or the very first if all are.
fn next_word<'d>(words: &[Token<'d>], mark: &Token<'d>) -> Option<Token<'d>> {
    let mark = place_of(mark)?;
    let is_behind = |word: BoundingBox| word.left >= mark.center().x;
    let leads = words.iter().all(|word| place_of(word).is_some_and(is_behind));
    let is_next = |word: BoundingBox| shared_height(&word, &mark) > 0.0 && word.right() > mark.center().x;
    words.iter().find(|word| leads || place_of(word).is_some_and(is_next)).copied()
}

/// The height that two boxes share; below 0 it is the distance between them.
fn shared_height(one: &BoundingBox, other: &BoundingBox) -> f32 {
    one.bottom().min(other.bottom()) - one.top.max(other.top)
}

/// Lines in groups: a group ends if the next line is neither next to nor closely below the last.
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

/// Words in rows: a row ends if the next word is not next to the last.
pub(super) fn rows<'l, 'd>(words: &'l [Token<'d>]) -> impl Iterator<Item = &'l [Token<'d>]> {
    words.chunk_by(|word, next| match (place_of(word), place_of(next)) {
        (Some(word), Some(next)) => shared_height(&word, &next) * 2.0 >= word.height.min(next.height),
        _ => true,
    })
}

/// The most pieces that are put by their place. A page has a few hundred of them; any more come last, as each is compared
/// with all others.
const MOST_PLACED: usize = 1_000;

/// Puts more pieces at their places among the others: behind the one that they are in, otherwise before the first one that
/// is under them, otherwise before the first one that is anywhere below, and otherwise at the end.
pub(super) fn insert<'d>(pieces: &mut Vec<Piece<'d>>, more: Vec<Piece<'d>>) {
    if more.is_empty() {
        return;
    }
    // Collected for each gap, so that many of them do not move the pieces again and again.
    let mut at: Vec<Vec<Piece<'d>>> = Vec::new();
    at.resize_with(pieces.len() + 1, Vec::new);
    for (count, piece) in more.into_iter().enumerate() {
        let gap = piece.place.filter(|_| count < MOST_PLACED).map_or(pieces.len(), |place| {
            let center = place.center();
            let inside =
                pieces.iter().position(|other| other.place.is_some_and(|other| other.contains(center)));
            let below = |is: fn(&BoundingBox, &BoundingBox) -> bool| {
                let is_below = |other: BoundingBox| other.top >= place.top && is(&other, &place);
                pieces.iter().position(|other| other.place.is_some_and(is_below))
            };
            let under = || below(|other, place| other.left < place.right() && place.left < other.right());
            let inside = inside.map(|index| index + 1);
            inside.or_else(under).or_else(|| below(|_, _| true)).unwrap_or(pieces.len())
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
