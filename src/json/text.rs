//! Strings of JSON.

use std::borrow::Cow;

use super::{Cursor, ONES, ParseErrorKind, Step};

const HIGH: u64 = ONES << 7;

/// The high bit of the bytes of `v` that end or interrupt a plain string: quote, backslash, control
/// characters. Bits above the lowest one set may be wrong, as subtractions borrow.
#[inline(always)]
fn stops(v: u64) -> u64 {
    let quote = v ^ (ONES * b'"' as u64);
    let backslash = v ^ (ONES * b'\\' as u64);
    let zero_in = |x: u64| x.wrapping_sub(ONES) & !x;
    (zero_in(quote) | zero_in(backslash) | v.wrapping_sub(ONES * 0x20) & !v) & HIGH
}

/// The number of bytes before the first quote, backslash or control character.
#[inline(always)]
fn plain_len(bytes: &[u8]) -> usize {
    let mut rest = bytes;
    let mut len = 0;
    while let Some((chunk, tail)) = rest.split_first_chunk() {
        let stops = stops(u64::from_le_bytes(*chunk));
        if stops != 0 {
            return len + stops.trailing_zeros() as usize / 8;
        }
        len += 8;
        rest = tail;
    }
    len + rest.iter().take_while(|byte| !matches!(byte, b'"' | b'\\' | 0..0x20)).count()
}

impl<'a> Cursor<'a> {
    /// The name of a member, for comparison.
    #[inline(always)]
    pub(super) fn name(&mut self) -> Step<Cow<'a, [u8]>> {
        let Some((b'"', inside)) = self.rest.split_first() else {
            return self.malformed("a member or the end of the object");
        };
        let len = plain_len(inside);
        match inside.split_at_checked(len) {
            Some((name, [b'"', rest @ ..])) if name.is_ascii() => {
                self.rest = rest;
                Ok(Cow::Borrowed(name))
            }
            _ => self.string().map(|name| Cow::Owned(name.into_owned().into_bytes())),
        }
    }

    /// The `N` bytes, of any value, between two quotes, the first of which is the next byte.
    #[inline(always)]
    pub(crate) fn try_quoted<const N: usize>(&self) -> Option<&'a [u8; N]> {
        let (b'"', inside) = self.rest.split_first()? else { return None };
        match inside.split_first_chunk()? {
            (inside, [b'"', ..]) => Some(inside),
            _ => None,
        }
    }

    /// Passes what [`try_quoted`](Self::try_quoted) saw.
    #[inline(always)]
    pub(crate) fn pass_quoted(&mut self, len: usize) {
        self.pass(len + 2);
    }

    /// A string, at its opening quote.
    #[inline(always)]
    pub(crate) fn string(&mut self) -> Step<Cow<'a, str>> {
        let inside = self.rest.get(1..).unwrap_or_default();
        let len = plain_len(inside);
        if let Some((text, [b'"', rest @ ..])) = inside.split_at_checked(len) {
            return match std::str::from_utf8(text) {
                Ok(text) => {
                    self.rest = rest;
                    Ok(Cow::Borrowed(text))
                }
                Err(error) => {
                    self.pass(1 + error.valid_up_to());
                    self.fail(ParseErrorKind::InvalidUtf8)
                }
            };
        }
        self.escaped_string().map(Cow::Owned)
    }

    /// A string that is not plain.
    #[cold]
    #[inline(never)]
    fn escaped_string(&mut self) -> Step<String> {
        let mut text = String::new();
        self.pass(1);
        loop {
            let (plain, _) = self.rest.split_at(plain_len(self.rest));
            match std::str::from_utf8(plain) {
                Ok(plain) => text.push_str(plain),
                Err(error) => {
                    self.pass(error.valid_up_to());
                    return self.fail(ParseErrorKind::InvalidUtf8);
                }
            }
            self.pass(plain.len());
            match self.rest.first() {
                Some(b'"') => {
                    self.pass(1);
                    return Ok(text);
                }
                Some(b'\\') => {
                    let character = self.escape()?;
                    text.push(character);
                }
                Some(_) => return self.malformed("no control character within a text"),
                None => return self.malformed("the end of the text"),
            }
        }
    }

    /// One character, at the backslash of its escape.
    fn escape(&mut self) -> Step<char> {
        let character = match self.rest.get(1) {
            Some(b'"') => '"',
            Some(b'\\') => '\\',
            Some(b'/') => '/',
            Some(b'b') => '\u{8}',
            Some(b'f') => '\u{c}',
            Some(b'n') => '\n',
            Some(b'r') => '\r',
            Some(b't') => '\t',
            Some(b'u') => return self.unicode_escape(),
            _ => return self.malformed("an escape"),
        };
        self.pass(2);
        Ok(character)
    }

    fn unicode_escape(&mut self) -> Step<char> {
        let Some(first) = code_unit(self.rest) else {
            return self.malformed("four hexadecimal digits");
        };
        let (code, len) = match first {
            // The first half of a pair: the second one must follow.
            0xd800..=0xdbff => match self.rest.get(6..).and_then(code_unit) {
                Some(second @ 0xdc00..=0xdfff) => {
                    (0x1_0000 + ((first - 0xd800) << 10 | (second - 0xdc00)), 12)
                }
                _ => return self.malformed("a pair of surrogates"),
            },
            code => (code, 6),
        };
        match char::from_u32(code) {
            Some(character) => {
                self.pass(len);
                Ok(character)
            }
            None => self.malformed("a pair of surrogates"),
        }
    }

    /// Passes over a string.
    pub(super) fn skip_string(&mut self) -> Step<()> {
        self.string().map(drop)
    }
}

/// The number in `\u1234`.
fn code_unit(bytes: &[u8]) -> Option<u32> {
    let [b'\\', b'u', a, b, c, d, ..] = bytes else { return None };
    [a, b, c, d].into_iter().try_fold(0, |code, digit| Some(code << 4 | char::from(*digit).to_digit(16)?))
}
