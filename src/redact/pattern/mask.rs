//! Patterns of fixed form, and the index that finds those that can match at a word.

use std::ops::RangeInclusive;

use super::fold::{Folded, is_word};

/// The longest first word of a mask, and the most letters and digits of one.
const LONGEST: usize = 40;

/// Only the letters and digits of a match, letters in upper case.
pub(super) struct Characters {
    bytes: [u8; LONGEST],
    len: usize,
}

impl Characters {
    fn new() -> Self {
        Self { bytes: [0; LONGEST], len: 0 }
    }

    fn push(&mut self, byte: u8) -> Option<()> {
        *self.bytes.get_mut(self.len)? = byte.to_ascii_uppercase();
        self.len += 1;
        Some(())
    }

    pub(super) fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.len).unwrap_or_default()
    }
}

/// Matches a mask at an index: where the match ends, and its letters and digits.
///
/// In a mask `9` is a digit, `A` a letter, `X` either, and a small letter that letter, in any case. A space is a
/// [gap](Folded::gap). All else is itself.
fn matches(mask: &[u8], text: &Folded<'_>, begin: usize) -> Option<(usize, Characters)> {
    let mut characters = Characters::new();
    let mut at = begin;
    for expected in mask {
        if *expected == b' ' {
            at = text.gap(at)?;
            continue;
        }
        let byte = text.at(at);
        let is_as_expected = match expected {
            b'9' => byte.is_ascii_digit(),
            b'A' => byte.is_ascii_alphabetic(),
            b'X' => byte.is_ascii_alphanumeric(),
            b'a'..=b'z' => byte.eq_ignore_ascii_case(expected),
            other => byte == *other,
        };
        if !is_as_expected {
            return None;
        }
        if byte.is_ascii_alphanumeric() {
            characters.push(byte)?;
        }
        at += 1;
    }
    (!is_word(text.at(at))).then_some((at, characters))
}

/// Masks, each with the number of its row.
type Bucket = Vec<(u16, Box<[u8]>)>;

/// Masks by the words at which they can match.
///
/// A mask's first word, up to its first separator, must be as long as the word of the text and begin with a letter or a digit
/// as that does, so that a handful of masks is tried at a word, and none at most words.
pub(super) struct Index {
    /// By the length of the first word, and by whether it begins with a digit.
    lengths: Vec<[Bucket; 2]>,
}

impl Index {
    /// The index of the masks of these rows.
    pub(super) fn of<'m>(rows: impl Iterator<Item = &'m [&'m str]>) -> Self {
        let mut lengths: Vec<[Bucket; 2]> = (0..=LONGEST).map(|_| Default::default()).collect();
        for (row, masks) in (0_u16..).zip(rows) {
            for mask in masks.iter().flat_map(|mask| expanded(mask)) {
                let first = mask.iter().position(|byte| !byte.is_ascii_alphanumeric()).unwrap_or(mask.len());
                let Some([letters, digits]) = lengths.get_mut(first) else { continue };
                let begins = mask.first().copied().unwrap_or(0);
                if begins != b'9' {
                    letters.push((row, mask.clone().into()));
                }
                if matches!(begins, b'9' | b'X') {
                    digits.push((row, mask.into()));
                }
            }
        }
        Self { lengths }
    }

    /// The rows that match at the word `begin..end`, each with the end of its match and the letters and digits in it.
    #[inline]
    pub(super) fn at<'i>(
        &'i self,
        text: &'i Folded<'_>,
        begin: usize,
        end: usize,
    ) -> impl Iterator<Item = (u16, usize, Characters)> + 'i {
        let of_length = self.lengths.get(end - begin);
        let bucket = of_length.and_then(|kinds| kinds.get(usize::from(text.at(begin).is_ascii_digit())));
        bucket.into_iter().flatten().filter_map(move |(row, mask)| {
            let (end, characters) = matches(mask, text, begin)?;
            Some((*row, end, characters))
        })
    }
}

/// The masks that a mask with counts, such as `9{8-17}`, stands for.
fn expanded(mask: &str) -> Vec<Vec<u8>> {
    let Some((head, rest)) = mask.split_once('{') else { return vec![mask.into()] };
    let Some((counts, tail)) = rest.split_once('}') else { return vec![mask.into()] };
    let of = head.as_bytes().last().copied().unwrap_or(b'9');
    let head = head.as_bytes().split_last().map_or(&[][..], |(_, head)| head);
    range(counts)
        .flat_map(|count| {
            let with = [head, &vec![of; count]].concat();
            expanded(tail).into_iter().map(move |tail| [&*with, &*tail].concat())
        })
        .collect()
}

fn range(counts: &str) -> RangeInclusive<usize> {
    let number = |text: &str| text.parse().unwrap_or(1);
    let (least, most) = counts.split_once('-').unwrap_or((counts, counts));
    number(least)..=number(most)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn found(masks: &[&str], text: &str) -> Vec<(u16, usize, String)> {
        let index = Index::of([masks].into_iter());
        let text = Folded::of(text);
        let end = text.run(0, 99, is_word);
        let all = index.at(&text, 0, end);
        all.map(|(row, end, of)| (row, end, String::from_utf8_lossy(of.as_bytes()).into_owned())).collect()
    }

    fn end(mask: &str, text: &str) -> Option<usize> {
        found(&[mask], text).first().map(|(_, end, _)| *end)
    }

    #[test]
    fn masks_match_whole_words() {
        assert_eq!(found(&["999-99-9999"], "123-45-6789,"), [(0, 11, "123456789".to_owned())]);
        assert_eq!(end("999-99-9999", "123-45-67890"), None);
        assert_eq!(end("999-99-9999", "123-45-6789x"), None);
        assert_eq!(end("999-99-9999", "123-45-678"), None);
        assert_eq!(end("AA 99", "ab 12"), Some(5));
        for (gap, at) in [("\n", 5), ("\t", 5), ("\r", 5), ("\r\n", 6)] {
            assert_eq!(end("AA 99", &format!("ab{gap}12")), Some(at), "{gap:?}");
        }
        assert_eq!(end("AA 99", "ab\n\n12"), None);
        assert_eq!(end("AX9", "a12"), Some(3));
        assert_eq!(end("AX9", "aé2"), Some(3));
        assert_eq!(end("AX9", "aД2"), None);
        assert_eq!(end("X9", "52"), Some(2));
        assert_eq!(end("akia99", "AKIA12"), Some(6));
        assert_eq!(end("akia99", "AKIB12"), None);
    }

    #[test]
    fn counts_stand_for_masks() {
        assert_eq!(expanded("A9{2-3}-9{1-2}"), [&b"A99-9"[..], b"A99-99", b"A999-9", b"A999-99"]);
        assert_eq!(expanded("9{3}"), [b"999"]);
        assert_eq!(expanded("9"), [b"9"]);
    }
}
