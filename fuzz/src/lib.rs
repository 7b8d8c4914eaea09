//! What several targets use.
//!
//! An input is text, so that seeds and findings can be read. Where text alone would rarely come far, one that begins with a
//! byte 0 is a tape of choices instead, from which [`odd_json`] writes what has the right members and the wrong everything else.

pub mod members;
pub mod odd_json;

use arbitrary::Unstructured;

/// An input, and what it is.
pub enum Input<'a> {
    /// What it says.
    Text(&'a [u8]),
    /// Choices to be made.
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
