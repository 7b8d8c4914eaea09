//! A text as one byte a character, so that patterns need no Unicode.

use std::borrow::Cow;
use std::ops::Range;

use unicode_normalization::char::{decompose_canonical, is_combining_mark};

use crate::document::is_hidden;

/// A letter that has a case and no plain form: `ß`, `Д`.
pub(super) const CASED: u8 = 0x80;
/// A letter of a script without cases, which may be next to a number with nothing between: `電`, `क`, `ع`.
pub(super) const UNCASED: u8 = 0x81;
/// Anything else: `€`, `№`, an emoji.
const OTHER: u8 = 0x82;

/// The bytes of a text: one for each code point, except for the marks on letters and, in one of two readings, what does not show.
///
/// Decimal digits of every script are `0` to `9`, dashes are `-`, spaces are a space, full-width forms and accented Latin
/// letters are the plain ones, whether the accent is a code point of its own or not.
pub(super) struct Folded<'t> {
    bytes: Cow<'t, [u8]>,
    /// In order.
    absent: Vec<Absent>,
}

/// A code point without a byte.
struct Absent {
    code_point: usize,
    /// The byte of the first code point after it that has one.
    index: usize,
    is_mark: bool,
}

impl<'t> Folded<'t> {
    /// A text as it shows: soft hyphens, joiners, marks of direction and the like have no byte.
    pub(super) fn of(text: &'t str) -> Self {
        if text.is_ascii() && memchr::memchr2(b'\x0b', b'\x0c', text.as_bytes()).is_none() {
            return Self { bytes: Cow::Borrowed(text.as_bytes()), absent: Vec::new() };
        }
        Self::read(text, |_| None)
    }

    /// The other reading of a text with characters that do not show: each parts what is around it, as a space does, or as a hyphen
    /// if it is a soft one. `None` if there are none.
    pub(super) fn parted(text: &'t str) -> Option<Self> {
        let has_hidden = !text.is_ascii() && text.chars().any(is_hidden);
        has_hidden.then(|| Self::read(text, |hidden| Some(if hidden == '\u{ad}' { b'-' } else { b' ' })))
    }

    fn read(text: &str, of_hidden: impl Fn(char) -> Option<u8>) -> Self {
        let mut bytes = Vec::with_capacity(text.len());
        let mut absent = Vec::new();
        for (code_point, c) in text.chars().enumerate() {
            let is_mark = matches!(c, '\u{300}'..='\u{36f}');
            let byte = if is_mark {
                None
            } else if is_hidden(c) {
                of_hidden(c)
            } else {
                Some(fold(c))
            };
            match byte {
                Some(byte) => bytes.push(byte),
                None => absent.push(Absent { code_point, index: bytes.len(), is_mark }),
            }
        }
        Self { bytes: bytes.into(), absent }
    }

    /// The code points of a range of bytes, with the marks on its last letter.
    pub(super) fn code_points(&self, range: Range<usize>) -> Range<usize> {
        let begin = range.start + self.absent.partition_point(|absent| absent.index <= range.start);
        let before = self.absent.partition_point(|absent| absent.index < range.end);
        let marks = self.absent.iter().skip(before);
        let marks = marks.take_while(|absent| absent.is_mark && absent.index == range.end).count();
        begin..range.end + before + marks
    }

    /// The bytes of a range of code points.
    pub(super) fn indexes(&self, code_points: Range<usize>) -> Range<usize> {
        let index = |code_point: usize| {
            code_point - self.absent.partition_point(|absent| absent.code_point < code_point)
        };
        index(code_points.start)..index(code_points.end)
    }

    /// How many bytes it has.
    pub(super) fn len(&self) -> usize {
        self.bytes.len()
    }

    /// A byte, and 0 beyond the end.
    #[inline]
    pub(super) fn at(&self, index: usize) -> u8 {
        self.bytes.get(index).copied().unwrap_or(0)
    }

    /// The byte before an index, and 0 at the beginning.
    #[inline]
    pub(super) fn before(&self, index: usize) -> u8 {
        index.checked_sub(1).map_or(0, |index| self.at(index))
    }

    /// The bytes from `begin` to `end`, or as many of them as there are.
    pub(super) fn slice(&self, begin: usize, end: usize) -> &[u8] {
        self.bytes.get(begin..end.min(self.len())).unwrap_or_default()
    }

    /// Where the run that begins at an index ends: at the first byte that does not belong to it, and at most `most` bytes on.
    #[inline]
    pub(super) fn run(&self, begin: usize, most: usize, mut is_of: impl FnMut(u8) -> bool) -> usize {
        let bytes = self.slice(begin, begin.saturating_add(most));
        begin + bytes.iter().position(|byte| !is_of(*byte)).unwrap_or(bytes.len())
    }

    /// Where the gap at an index ends, if there is one, between two groups of a number: a space, a tab or the end of a line, as
    /// a number may go on in the next cell or line.
    #[inline]
    pub(super) fn gap(&self, index: usize) -> Option<usize> {
        match self.at(index) {
            b' ' | b'\t' | b'\n' => Some(index + 1),
            b'\r' => Some(index + 1 + usize::from(self.at(index + 1) == b'\n')),
            _ => None,
        }
    }

    /// Whether a plain word is at an index, in any case. The word is in lower case.
    pub(super) fn has(&self, index: usize, word: &[u8]) -> bool {
        self.slice(index, index + word.len()).eq_ignore_ascii_case(word)
    }

    /// Whether a word begins at an index: a letter or digit with none before it.
    #[inline]
    pub(super) fn is_start(&self, index: usize) -> bool {
        is_word(self.at(index)) && !is_word(self.before(index))
    }
}

/// Whether a byte continues a word, so that a match may not end next to it.
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
        // Hyphens and dashes, the minus sign, and the small and full-width forms.
        '\u{2010}'..='\u{2015}' | '\u{2043}' | '\u{2212}' | '\u{fe58}' | '\u{fe63}' | '\u{ff0d}' => b'-',
        '\u{2018}' | '\u{2019}' => b'\'',
        '\u{201c}' | '\u{201d}' => b'"',
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
    if c.is_lowercase() || c.is_uppercase() {
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
        Folded::of(text).bytes.into_owned()
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
    fn bytes_lead_to_code_points_and_back() {
        for text in
            ["", "Jane", "👋 १२३", "４１１１", "\u{10ffff}", "e\u{301}a", "\u{feff}a\u{200b}\u{301}b\u{ad}"]
        {
            for folded in std::iter::once(Folded::of(text)).chain(Folded::parted(text)) {
                assert_eq!(folded.len() + folded.absent.len(), text.chars().count(), "{text}");
                for index in 0..folded.len() {
                    let code_points = folded.code_points(index..index + 1);
                    assert_eq!(folded.indexes(code_points), index..index + 1, "{text}");
                }
            }
        }
    }

    #[test]
    fn marks_on_letters_have_no_byte() {
        let folded = Folded::of("an\u{303}o\u{301}\u{323}s");
        assert_eq!(&*folded.bytes, b"anos");
        assert_eq!(folded.code_points(0..2), 0..3);
        assert_eq!(folded.code_points(1..3), 1..6, "a letter keeps its marks");
        assert_eq!(folded.indexes(3..7), 2..4);
    }

    #[test]
    fn what_does_not_show_is_nothing_or_parts() {
        let text = "\u{feff}1\u{200b}2\u{ad}3\u{2060}";
        let (shown, parted) = (Folded::of(text), Folded::parted(text).expect("a second reading"));
        assert_eq!((&*shown.bytes, &*parted.bytes), (&b"123"[..], &b" 1 2-3 "[..]));
        assert_eq!((shown.code_points(0..3), parted.code_points(1..6)), (1..6, 1..6));
        assert!(Folded::parted("1 2-3").is_none() && Folded::parted("é").is_none());
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
