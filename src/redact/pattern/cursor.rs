//! Reads a text from left to right, one small part at a time.

use super::fold::{Folded, is_space, is_word};

/// A place in a text. A method that does not find its part leaves it where it was.
#[derive(Clone)]
pub(super) struct Cursor<'t> {
    text: &'t Folded<'t>,
    pub(super) at: usize,
}

impl<'t> Cursor<'t> {
    pub(super) fn new(text: &'t Folded<'t>, at: usize) -> Self {
        Self { text, at }
    }

    /// The byte here.
    pub(super) fn peek(&self) -> u8 {
        self.text.at(self.at)
    }

    /// One of these bytes.
    pub(super) fn one_of(&mut self, bytes: &[u8]) -> Option<u8> {
        let byte = self.peek();
        bytes.contains(&byte).then(|| {
            self.at += 1;
            byte
        })
    }

    /// All digits here, at most nine: their value, and how many there are.
    pub(super) fn number(&mut self) -> Option<(u32, usize)> {
        let end = self.text.run(self.at, 10, |byte| byte.is_ascii_digit());
        let count = end - self.at;
        if count == 0 || count > 9 {
            return None;
        }
        let digits = self.text.slice(self.at, end);
        self.at = end;
        Some((digits.iter().fold(0, |number, digit| number * 10 + u32::from(digit - b'0')), count))
    }

    /// The letters here, in lower case; at most twelve.
    pub(super) fn letters(&mut self) -> Option<Word> {
        let end = self.text.run(self.at, Word::LONGEST + 1, |byte| byte.is_ascii_alphabetic());
        let mut word = Word { bytes: [0; Word::LONGEST], len: end - self.at };
        let bytes = word.bytes.get_mut(..word.len).filter(|bytes| !bytes.is_empty())?;
        bytes.copy_from_slice(self.text.slice(self.at, end));
        bytes.make_ascii_lowercase();
        self.at = end;
        Some(word)
    }

    /// One of these words, which are in lower case, as a whole word.
    pub(super) fn word(&mut self, words: &[&[u8]]) -> Option<()> {
        self.maybe(|cursor| {
            let word = cursor.letters()?;
            (words.contains(&word.as_bytes()) && !is_word(cursor.peek())).then_some(())
        })
    }

    /// Skips one of these words with the spaces after it, and returns whether one was there.
    pub(super) fn skip(&mut self, words: &[&[u8]]) -> bool {
        let is_there = self.word(words).is_some();
        if is_there {
            self.spaces();
        }
        is_there
    }

    /// Skips spaces, if there are any. At most one of them may end a line.
    pub(super) fn spaces(&mut self) {
        let mut lines = 0;
        self.at = self.text.run(self.at, 8, |byte| {
            lines += usize::from(byte == b'\n');
            is_space(byte) && lines < 2
        });
    }

    /// What `read` reads; back to here if it reads nothing.
    pub(super) fn maybe<T>(&mut self, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let before = self.at;
        let result = read(self);
        if result.is_none() {
            self.at = before;
        }
        result
    }
}

/// A short word in lower case.
pub(super) struct Word {
    bytes: [u8; Self::LONGEST],
    len: usize,
}

impl Word {
    const LONGEST: usize = 12;

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}
