//! Numbers written in groups of any size: payment cards and IBANs.

use super::checksum::{is_uniform, luhn, mod97};
use super::country::iban_length;
use super::fold::{Folded, is_word};
use super::scan::Scan;
use super::subject::Subject;

/// The shortest and the longest number of a card (ISO/IEC 7812-1).
const SHORTEST_CARD: usize = 12;
const LONGEST_CARD: usize = 19;

/// The longest IBAN that the standard allows.
const LONGEST_IBAN: usize = 34;

/// A card number that begins at an index.
pub(super) fn card(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let mut digits = [0; LONGEST_CARD];
    let mut count = 0;
    let mut groups = Groups::default();
    let mut at = begin;
    let mut best = None;
    loop {
        let end = text.run(at, LONGEST_CARD + 1, |byte| byte.is_ascii_digit());
        let group = text.slice(at, end);
        let Some(place) = digits.get_mut(count..count + group.len()) else { break };
        place.copy_from_slice(group);
        count += group.len();
        groups.add(group.len());
        if is_word(text.at(end)) {
            break;
        }
        let number = digits.get(..count).unwrap_or_default();
        // The longest number counts, but one that an issuer assigns more than one that none does.
        let is_better = |best: &Option<(usize, bool, Groups)>| match best {
            Some((_, true, _)) => is_issued(number) && groups.are_regular(),
            _ => true,
        };
        if count >= SHORTEST_CARD && luhn(number) && !is_uniform(number) && is_better(&best) {
            best = Some((end, is_issued(number), groups.clone()));
        }
        let Some((separator, next)) = separator(text, end) else { break };
        groups.part(separator);
        at = next;
    }
    let Some((end, is_issued, groups)) = best else { return };
    let (bare, context) = match (is_issued, groups.are_regular(), groups.are_mixed) {
        (true, true, false) => (if groups.count > 1 { 0.9 } else { 0.8 }, 1.0),
        (true, true, true) => (0.3, 0.75),
        (true, false, _) => (0.1, 0.75),
        (false, _, _) => (0.1, 0.7),
    };
    scan.hit(Subject::Card, begin..end, bare, context);
}

/// How a number is grouped.
#[derive(Clone, Default)]
struct Groups {
    count: usize,
    shortest: usize,
    longest: usize,
    last: usize,
    separator: Option<u8>,
    are_mixed: bool,
}

impl Groups {
    fn add(&mut self, length: usize) {
        if self.count > 0 {
            self.shortest = if self.count == 1 { self.last } else { self.shortest.min(self.last) };
        }
        self.longest = self.longest.max(length);
        self.last = length;
        self.count += 1;
    }

    fn part(&mut self, separator: u8) {
        self.are_mixed |= self.separator.is_some_and(|first| first != separator);
        self.separator = Some(separator);
    }

    /// Whether cards are grouped this way: in groups of 3 to 7 digits, except that the last may have 1 or 2.
    fn are_regular(&self) -> bool {
        self.count == 1 || (self.shortest >= 3 && self.longest <= 7)
    }
}

/// What separates two groups of digits, and where the second one begins. Every [gap](Folded::gap) counts as a space.
fn separator(text: &Folded<'_>, at: usize) -> Option<(u8, usize)> {
    let (separator, next) = match text.at(at) {
        mark @ (b'-' | b'.') => (mark, at + 1),
        _ => (b' ', text.gap(at)?),
    };
    text.at(next).is_ascii_digit().then_some((separator, next))
}

/// Whether an issuer assigns cards of this beginning and length.
fn is_issued(number: &[u8]) -> bool {
    let prefix = |digits: usize| {
        number
            .iter()
            .take(digits)
            .fold(0_u32, |prefix, digit| prefix * 10 + u32::from(digit.wrapping_sub(b'0')))
    };
    let length = number.len();
    match (prefix(1), prefix(2), prefix(4)) {
        // Visa.
        (4, ..) => matches!(length, 13 | 16 | 19),
        // Mastercard.
        (_, 51..=55, _) | (_, _, 2221..=2720) => length == 16,
        // American Express.
        (_, 34 | 37, _) => length == 15,
        // Diners Club.
        (_, 36 | 38 | 39, _) | (_, _, 3000..=3059 | 3095) => (14..=19).contains(&length),
        // JCB, Mir, Troy.
        (_, _, 3528..=3589 | 2200..=2204 | 9792) => (16..=19).contains(&length),
        // UATP.
        (1, ..) => length == 15,
        // RuPay.
        (_, 81 | 82, _) => length == 16,
        // Maestro, Discover, UnionPay and others share numbers that begin with 5 or 6.
        (_, 50 | 56..=58, _) | (6, ..) => (SHORTEST_CARD..=LONGEST_CARD).contains(&length),
        _ => false,
    }
}

/// An IBAN that begins at an index, with two letters and two digits.
pub(super) fn iban(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let country = [text.at(begin).to_ascii_uppercase(), text.at(begin + 1).to_ascii_uppercase()];
    let Some(length) = iban_length(&country) else { return };
    let mut characters = [0; LONGEST_IBAN];
    let mut count = 0;
    let mut since = 0;
    let mut at = begin;
    let mut separator = None;
    while count < length {
        let byte = text.at(at);
        if byte.is_ascii_alphanumeric() {
            let Some(place) = characters.get_mut(count) else { return };
            *place = byte.to_ascii_uppercase();
            count += 1;
            since += 1;
            at += 1;
        } else {
            // Groups are of four from its beginning on, but some write the first four alone.
            let (kind, next) = text.gap(at).map_or((byte, at + 1), |next| (b' ', next));
            let is_parted = matches!(kind, b' ' | b'-' | b'.') && separator.is_none_or(|first| first == kind);
            if !is_parted || since == 0 || count < 4 || (kind == b' ' && since % 4 != 0) {
                return;
            }
            separator = Some(kind);
            since = 0;
            at = next;
        }
    }
    if !is_word(text.at(at)) && characters.get(..length).is_some_and(mod97) {
        let has_small = text.slice(begin, at).iter().any(u8::is_ascii_lowercase);
        scan.hit(Subject::Iban, begin..at, if has_small { 0.8 } else { 0.95 }, 1.0);
    }
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};

    #[test]
    fn cards_in_every_grouping() {
        for text in [
            "4111111111111111",
            "4111 1111 1111 1111",
            "4111-1111-1111-1111",
            "4111.1111.1111.1111",
            "4111 1111\n1111 1111",
            "4111 1111\r\n1111 1111",
            "4111\t1111\t1111\t1111",
            "3782 822463 10005",
            "3056 930902 5904",
            "6304 0000 0000 0000",
            "4222222222222",
            "5555555555554444",
            "2223003122003222",
            "6011111111111117",
            "3530111333300000",
            "6200000000000005",
        ] {
            let begin = text.len() + 3;
            assert_eq!(found(text), [("CREDIT_DEBIT_NUMBER", 0..text.len())], "{text}");
            assert_eq!(
                found(&format!("{text} - {text}.")).last(),
                Some(&("CREDIT_DEBIT_NUMBER", begin..begin + text.len()))
            );
        }
    }

    #[test]
    fn what_is_no_card() {
        nothing("4111111111111112");
        nothing("4111 1111 1111 1112");
        nothing("0000 0000 0000 0000");
        nothing("x4111111111111111");
        nothing("41111111111111111111");
        nothing("Parts 4111-1111 1111-1111 of a number");
    }

    #[test]
    fn a_card_is_found_behind_a_number() {
        assert_eq!(found("No 12 4111 1111 1111 1111"), [("CREDIT_DEBIT_NUMBER", 6..25)]);
        assert_eq!(found("4111 1111 1111 1111 123"), [("CREDIT_DEBIT_NUMBER", 0..19)]);
        assert_eq!(found("Card: 4 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1"), [("CREDIT_DEBIT_NUMBER", 6..37)]);
    }

    #[test]
    fn ibans() {
        for text in [
            "GB29NWBK60161331926819",
            "DE89 3704 0044 0532 0130 00",
            "DE89 3704 0044\r\n0532 0130 00",
            "de89370400440532013000",
            "NO93-8601-1117-947",
        ] {
            assert_eq!(found(text), [("INTERNATIONAL_BANK_ACCOUNT_NUMBER", 0..text.len())], "{text}");
            let with = format!("in {text} 2 days");
            assert_eq!(found(&with), [("INTERNATIONAL_BANK_ACCOUNT_NUMBER", 3..3 + text.len())], "{text}");
        }
        nothing("GB29NWBK60161331926818");
        nothing("GB29NWBK6016133192681");
        nothing("US29NWBK60161331926819");
        nothing("GB29 NWBK-6016 1331-9268 19");
    }
}
