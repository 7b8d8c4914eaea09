//! Code that several targets use.
//!
//! Inputs are text, so that seeds and findings can be read. If text alone would rarely get far, an input that begins
//! with a byte 0 is a tape of choices instead, from which [`odd_json`] writes JSON with the right members and
//! everything else wrong.

pub mod members;
pub mod odd_json;

use arbitrary::Unstructured;

/// An input, by its kind.
pub enum Input<'a> {
    /// Text.
    Text(&'a [u8]),
    /// Choices to make.
    Tape(Unstructured<'a>),
}

impl<'a> Input<'a> {
    pub fn of(data: &'a [u8]) -> Self {
        match data {
            [0, tape @ ..] => Self::Tape(Unstructured::new(tape)),
            text => Self::Text(text),
        }
    }
}
