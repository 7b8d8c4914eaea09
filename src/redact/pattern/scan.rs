//! One pass over a text, in which each recogniser sees only the places at which it could find something.

use std::ops::Range;

use super::fold::{CASED, Folded, UNCASED, is_word};
use super::mask::Index;
use super::phone::Phones;
use super::subject::{Subject, lexicon};
use super::table::ROWS;
use super::words::{Lexicon, Subjects};
use super::{date, host, labelled, net, number, phone, secret};
use crate::redact::PiiSpan;

/// The settings of the built-in recognisers.
pub(super) struct Rules {
    pub(super) lexicon: Lexicon,
    pub(super) enabled: Subjects,
    pub(super) min_score: f32,
    pub(super) phones: Phones,
    index: Index,
}

impl Rules {
    pub(super) fn new(enabled: Subjects, min_score: f32, phones: Phones) -> Self {
        Self {
            lexicon: lexicon(),
            enabled,
            min_score,
            phones,
            index: Index::of(ROWS.iter().map(|row| row.masks)),
        }
    }
}

/// The score without a context word from which a form is unlike ordinary text in small letters.
const TELLING: f32 = 0.4;

/// What a recogniser found.
struct Hit {
    subject: Subject,
    range: Range<usize>,
    score: f32,
}

/// A text on its way through the recognisers.
pub(super) struct Scan<'s> {
    rules: &'s Rules,
    text: &'s Folded<'s>,
    hits: Vec<Hit>,
    at: usize,
    /// The end of the last web address, and of the last run of IPv6, that was tried: the next one begins after it.
    url_end: usize,
    ipv6_end: usize,
    /// The end of the last card number or IBAN: no telephone number begins within it.
    number_end: usize,
    /// The last range that was asked for, and the subjects of the words around it.
    around: (Range<usize>, Subjects),
}

impl<'s> Scan<'s> {
    pub(super) fn new(rules: &'s Rules, text: &'s Folded<'s>) -> Self {
        Self {
            rules,
            text,
            hits: Vec::new(),
            at: 0,
            url_end: 0,
            ipv6_end: 0,
            number_end: 0,
            around: (0..0, 0),
        }
    }

    /// What it has found, in code points of the text.
    pub(super) fn spans(self) -> impl Iterator<Item = PiiSpan> {
        let text = self.text;
        let span =
            move |hit: Hit| PiiSpan::new(hit.subject.pii_type(), text.code_points(hit.range), hit.score);
        self.hits.into_iter().map(span)
    }

    pub(super) fn text(&self) -> &'s Folded<'s> {
        self.text
    }

    pub(super) fn phones(&self) -> &'s Phones {
        &self.rules.phones
    }

    /// Goes on by about `most` bytes, and returns whether there are more.
    pub(super) fn advance(&mut self, most: usize) -> bool {
        let stop = self.at.saturating_add(most).min(self.text.len());
        while self.at < stop {
            let begin = self.at;
            let byte = self.text.at(begin);
            if is_word(byte) || byte == UNCASED {
                let end = self.text.run(begin, usize::MAX - begin, |byte| is_word(byte) || byte == UNCASED);
                self.words(begin, end);
                self.at = end;
            } else {
                self.mark(begin, byte);
                self.at += 1;
            }
        }
        self.at < self.text.len()
    }

    /// Words with no space between them, parted by letters of scripts without cases.
    fn words(&mut self, begin: usize, end: usize) {
        let mut at = begin;
        while at < end {
            let word = self.text.run(at, end - at, is_word);
            if word > at {
                self.word(at, word);
            }
            at = self.text.run(word, end - word, |byte| byte == UNCASED);
        }
        if !self.text.at(begin).is_ascii() {
            self.address(begin);
        }
    }

    fn word(&mut self, begin: usize, end: usize) {
        let text = self.text;
        let first = text.at(begin);
        for (row, end, characters) in self.rules.index.at(text, begin, end) {
            self.row(usize::from(row), begin..end, characters.as_bytes());
        }
        if first.is_ascii_digit() {
            self.digits(begin, end);
        } else {
            if text.at(begin + 2).is_ascii_digit() && text.at(begin + 3).is_ascii_digit() {
                number::iban(self, begin);
            }
            if matches!(text.at(end), b' ' | b'-' | b'.' | b'/' | b'\n' | b'\r') {
                date::date(self, begin);
            }
            self.labels(begin, end);
        }
        if first.is_ascii_hexdigit() {
            self.hexadecimal(begin, end);
        }
        if text.at(end) == b':' && text.has(end, b"://") && begin >= self.url_end {
            self.url_end = host::with_scheme(self, begin, end).unwrap_or(self.url_end);
        }
        if first.is_ascii() {
            self.address(begin);
        }
        secret::secret(self, begin);
    }

    fn digits(&mut self, begin: usize, end: usize) {
        let text = self.text;
        if text.at(end.saturating_sub(1)).is_ascii_digit() {
            number::card(self, begin);
            if matches!(end - begin, 1..=3) && text.at(end) == b'.' {
                net::ipv4(self, begin);
            }
        }
        if !matches!(text.before(begin), b'+' | b'(') && begin >= self.number_end {
            phone::phone(self, begin);
        }
        date::date(self, begin);
        labelled::age(self, begin);
    }

    fn hexadecimal(&mut self, begin: usize, end: usize) {
        let text = self.text;
        let follows = text.at(end);
        if matches!((end - begin, follows), (2, b':' | b'-') | (4, b'.')) {
            net::mac(self, begin);
        }
        if end - begin <= 4 && follows == b':' && begin >= self.ipv6_end {
            self.ipv6_end = net::ipv6(self, begin);
        }
    }

    /// A web address without a scheme, which begins with its host.
    fn address(&mut self, begin: usize) {
        let before = self.text.before(begin);
        let is_within = is_word(before) || matches!(before, b'.' | b'-' | b'@' | b'/' | b'_' | CASED);
        if !is_within && begin >= self.url_end {
            let end = self
                .text
                .run(begin, 64, |byte| byte != b'.' && (is_word(byte) || byte == b'-' || byte == UNCASED));
            if self.text.at(end) == b'.' {
                self.url_end = host::without_scheme(self, begin).unwrap_or(self.url_end);
            }
        }
    }

    /// Data that begins with a mark, or is around one.
    fn mark(&mut self, at: usize, byte: u8) {
        match byte {
            b'@' => host::email(self, at),
            b'+' if !is_word(self.text.before(at)) => phone::phone(self, at),
            b'(' if self.text.at(at + 1).is_ascii_digit() && self.text.before(at) != b'+' => {
                phone::phone(self, at)
            }
            b':' if self.text.at(at + 1) == b':' && !is_word(self.text.before(at)) && at >= self.ipv6_end => {
                self.ipv6_end = net::ipv6(self, at);
            }
            _ => {}
        }
    }

    fn labels(&mut self, begin: usize, end: usize) {
        let wanted = labelled::subjects() & self.rules.enabled;
        let rules = self.rules;
        for (end, subjects) in rules.lexicon.at(self.text, begin, end) {
            let of = subjects & wanted;
            if of != 0 {
                labelled::values(self, of, end);
            }
        }
    }

    fn row(&mut self, row: usize, range: Range<usize>, characters: &[u8]) {
        let Some(row) = ROWS.get(row) else { return };
        if !self.can_be(row.subject, row.bare, row.context) || !(row.check)(characters) {
            return;
        }
        let written = self.text.slice(range.start, range.end);
        let is_small = written.iter().any(u8::is_ascii_lowercase);
        let bare = if is_small || self.is_part(&range) { row.bare / 2.0 } else { row.bare };
        // If the form says little, words have it too: `the car was 100 yards away`.
        let context = if is_small && row.bare < TELLING { row.context / 2.0 } else { row.context };
        self.hit(row.subject, range, bare, context);
    }

    /// Whether a number is part of a longer one, or an amount.
    fn is_part(&self, range: &Range<usize>) -> bool {
        let text = self.text;
        let goes_on = |mark: u8, beyond: u8| {
            matches!(mark, b'-' | b'.' | b'/' | b':') && beyond.is_ascii_alphanumeric()
        };
        let is_amount = || text.slice(range.start, range.end).iter().all(u8::is_ascii_digit);
        (text.before(range.start) == b'$' && is_amount())
            || goes_on(text.before(range.start), text.at(range.start.wrapping_sub(2)))
            || (goes_on(text.at(range.end), text.at(range.end + 1)) && text.at(range.end) != b':')
    }

    /// Whether a find with these scores could be reported at all.
    pub(super) fn can_be(&self, subject: Subject, bare: f32, context: f32) -> bool {
        self.rules.enabled & subject.bit() != 0 && bare.max(context) >= self.rules.min_score
    }

    /// Reports a find, with the score that the words around it give.
    pub(super) fn hit(&mut self, subject: Subject, range: Range<usize>, bare: f32, context: f32) {
        if !self.can_be(subject, bare, context) {
            return;
        }
        let has_context = context > bare && self.is_told(subject, &range);
        let score = if has_context { context } else { bare };
        if score >= self.rules.min_score {
            if matches!(subject, Subject::Card | Subject::Iban) {
                self.number_end = self.number_end.max(range.end);
            }
            self.hits.push(Hit { subject, range, score });
        }
    }

    /// Whether there is a context word for a subject near a range.
    pub(super) fn is_told(&mut self, subject: Subject, range: &Range<usize>) -> bool {
        if self.around.0 != *range {
            self.around = (range.clone(), self.rules.lexicon.around(self.text, range.clone()));
        }
        self.around.1 & subject.bit() != 0
    }
}
