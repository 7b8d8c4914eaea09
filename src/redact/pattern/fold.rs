//! A text as one byte a code point, so that patterns need no Unicode and offsets need no conversion.

use std::borrow::Cow;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

/// A letter that has a case, or continues one, and no plain form: `ß`, `Д`, a combining accent.
pub(super) const CASED: u8 = 0x80;
/// A letter of a script without cases, which may stand next to a number with nothing between: `電`, `क`, `ع`.
pub(super) const UNCASED: u8 = 0x81;
/// Anything else: `€`, `№`, an emoji.
const OTHER: u8 = 0x82;

/// The bytes of a text, one a code point.
///
/// Decimal digits of every script are `0` to `9`, dashes are `-`, spaces are a space, full-width forms and accented Latin
/// letters are the plain ones.
pub(super) struct Folded<'t>(Cow<'t, [u8]>);

impl<'t> Folded<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        if text.is_ascii() && memchr::memchr2(b'\x0b', b'\x0c', text.as_bytes()).is_none() {
            return Self(Cow::Borrowed(text.as_bytes()));
        }
        Self(text.chars().map(fold).collect::<Vec<u8>>().into())
    }

    /// How many code points it has.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// A byte, and 0 beyond the end.
    #[inline]
    pub(super) fn at(&self, index: usize) -> u8 {
        self.0.get(index).copied().unwrap_or(0)
    }

    /// The byte before an index, and 0 at the beginning.
    #[inline]
    pub(super) fn before(&self, index: usize) -> u8 {
        index.checked_sub(1).map_or(0, |index| self.at(index))
    }

    /// The bytes from `begin` to `end`, or as many of them as there are.
    pub(super) fn slice(&self, begin: usize, end: usize) -> &[u8] {
        self.0.get(begin..end.min(self.len())).unwrap_or_default()
    }

    /// Where the run that begins at an index ends: the first byte that is none of these, at most `most` on.
    #[inline]
    pub(super) fn run(&self, begin: usize, most: usize, mut is_of: impl FnMut(u8) -> bool) -> usize {
        let bytes = self.slice(begin, begin.saturating_add(most));
        begin + bytes.iter().position(|byte| !is_of(*byte)).unwrap_or(bytes.len())
    }

    /// Whether a plain word stands at an index, whatever the case of its letters. The word is in lower case.
    pub(super) fn has(&self, index: usize, word: &[u8]) -> bool {
        self.slice(index, index + word.len()).eq_ignore_ascii_case(word)
    }

    /// Whether a word begins at an index: a letter or digit with none before it.
    #[inline]
    pub(super) fn is_start(&self, index: usize) -> bool {
        is_word(self.at(index)) && !is_word(self.before(index))
    }
}

/// Whether a byte continues a word, so that a match may not end beside it.
#[inline]
pub(super) fn is_word(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || byte == CASED
}

/// Whether a byte is a space or ends a line.
#[inline]
pub(super) fn is_space(byte: u8) -> bool {
    matches!(byte, b' ' | b'\t' | b'\n' | b'\r')
}

fn fold(c: char) -> u8 {
    match c {
        // A vertical tab and a form feed end a line too, as between the pages of a text.
        '\x0b' | '\x0c' => b'\n',
        '\0'..='\x7f' => u8::try_from(c).unwrap_or(OTHER),
        // Hyphens and dashes, the minus sign, the soft hyphen, and the small and full-width forms.
        '\u{ad}'
        | '\u{2010}'..='\u{2015}'
        | '\u{2043}'
        | '\u{2212}'
        | '\u{fe58}'
        | '\u{fe63}'
        | '\u{ff0d}' => b'-',
        '\u{2018}' | '\u{2019}' => b'\'',
        '\u{201c}' | '\u{201d}' => b'"',
        // What takes no room parts nothing that is seen, but a number may be written with it.
        '\u{200b}'..='\u{200d}' | '\u{2060}' | '\u{feff}' => b' ',
        '\u{2028}' | '\u{2029}' | '\u{85}' => b'\n',
        '\u{ff01}'..='\u{ff5e}' => u8::try_from(u32::from(c) - 0xfee0).unwrap_or(OTHER),
        _ if c.is_whitespace() => b' ',
        _ => digit(c).or_else(|| plain(c)).unwrap_or_else(|| class(c)),
    }
}

/// The zeros of the decimal digits of Unicode (general category Nd); each is followed by the other nine.
const ZEROS: &[u32] = &[
    0x660, 0x6f0, 0x7c0, 0x966, 0x9e6, 0xa66, 0xae6, 0xb66, 0xbe6, 0xc66, 0xce6, 0xd66, 0xde6, 0xe50, 0xed0,
    0xf20, 0x1040, 0x1090, 0x17e0, 0x1810, 0x1946, 0x19d0, 0x1a80, 0x1a90, 0x1b50, 0x1bb0, 0x1c40, 0x1c50,
    0xa620, 0xa8d0, 0xa900, 0xa9d0, 0xa9f0, 0xaa50, 0xabf0, 0x104a0, 0x10d30, 0x10d40, 0x11066, 0x110f0,
    0x11136, 0x111d0, 0x112f0, 0x11450, 0x114d0, 0x11650, 0x116c0, 0x116d0, 0x116da, 0x11730, 0x118e0,
    0x11950, 0x11bf0, 0x11c50, 0x11d50, 0x11da0, 0x11de0, 0x11f50, 0x16130, 0x16a60, 0x16ac0, 0x16b50,
    0x16d70, 0x1ccf0, 0x1d7ce, 0x1d7d8, 0x1d7e2, 0x1d7ec, 0x1d7f6, 0x1e140, 0x1e2f0, 0x1e4f0, 0x1e5f1,
    0x1e950, 0x1fbf0,
];

fn digit(c: char) -> Option<u8> {
    let code = u32::from(c);
    let index = ZEROS.partition_point(|zero| *zero <= code).checked_sub(1)?;
    let value = code.checked_sub(*ZEROS.get(index)?)?;
    u8::try_from(value).ok().filter(|value| *value < 10).map(|value| b'0' + value)
}

/// The Latin letter under an accent.
fn plain(c: char) -> Option<u8> {
    // Latin letters with accents end before U+1F00, where the Greek ones begin.
    if !matches!(c, '\u{c0}'..='\u{24f}' | '\u{1e00}'..='\u{1eff}') {
        return None;
    }
    let mut base = None;
    decompose_canonical(c, |part| {
        base.get_or_insert(part);
    });
    base.filter(char::is_ascii_alphabetic).and_then(|base| u8::try_from(base).ok())
}

fn class(c: char) -> u8 {
    if c.is_lowercase() || c.is_uppercase() || matches!(c, '\u{300}'..='\u{36f}') {
        CASED
    } else if c.is_alphabetic() || is_combining_mark(c) {
        UNCASED
    } else {
        OTHER
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn folded(text: &str) -> Vec<u8> {
        Folded::of(text).0.into_owned()
    }

    #[test]
    fn what_ends_a_line_is_the_end_of_one() {
        assert_eq!(folded("a\x0bb\x0cc\u{85}d\u{2028}e\nf"), b"a\nb\nc\nd\ne\nf");
        assert_eq!(folded("a\x0cb"), b"a\nb", "in ASCII alone too");
    }

    #[test]
    fn every_decimal_digit_is_an_ascii_one() {
        let decimal = regex::Regex::new(r"^\p{Nd}$").expect("a pattern");
        for c in (0..=0x10_ffff).filter_map(char::from_u32) {
            let is_decimal = decimal.is_match(c.encode_utf8(&mut [0; 4]));
            if is_decimal {
                assert!(fold(c).is_ascii_digit(), "{:x}", u32::from(c));
            } else if !c.is_ascii() {
                // Digits of a Unicode newer than the tables of `regex` are the only others.
                assert!(
                    !fold(c).is_ascii_digit() || c.is_numeric() || !c.is_alphanumeric(),
                    "{:x}",
                    u32::from(c)
                );
            }
        }
    }

    #[test]
    fn a_byte_a_code_point() {
        for text in ["", "Jane", "👋 १२३", "e\u{301}a", "４１１１－１１１１", "\u{10ffff}"] {
            assert_eq!(Folded::of(text).len(), text.chars().count(), "{text}");
        }
    }

    #[test]
    fn forms_are_plain() {
        assert_eq!(folded("４１１１－x１"), b"4111-x1");
        assert_eq!(folded("1\u{a0}2\u{2013}3\u{202f}4"), b"1 2-3 4");
        assert_eq!(folded("contraseña NÚMERO"), b"contrasena NUMERO");
        assert_eq!(folded("٤٢"), b"42");
        assert_eq!(folded("Дß電👋²"), [CASED, CASED, UNCASED, OTHER, OTHER]);
    }

    #[test]
    fn beyond_the_end_is_nothing() {
        let text = Folded::of("ab");
        assert_eq!(
            (text.at(2), text.before(0), text.slice(1, 9), text.slice(5, 9)),
            (0, 0, &b"b"[..], &b""[..])
        );
    }
}
