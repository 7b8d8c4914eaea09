//! The numbers of fixed form: how each is written, the check that it must pass, and its scores.

use super::checksum::{self, is_uniform};
use super::country::is_country;
use super::subject::Subject::{self, *};

/// How a number is written, with its scores. A subject may have several rows; the best one counts.
pub(super) struct Row {
    pub(super) subject: Subject,
    /// See [`Index`](super::mask::Index).
    pub(super) masks: &'static [&'static str],
    /// Whether these letters and digits, letters in upper case, can be such a number at all.
    pub(super) check: fn(&[u8]) -> bool,
    /// The score without a context word for the subject. It is halved if the number is part of a longer one, or its letters are
    /// small.
    pub(super) bare: f32,
    /// The score with one. It is halved if the letters are small and the form says little.
    pub(super) context: f32,
}

const fn row(
    subject: Subject,
    masks: &'static [&'static str],
    check: fn(&[u8]) -> bool,
    bare: f32,
    context: f32,
) -> Row {
    Row { subject, masks, check, bare, context }
}

#[rustfmt::skip]
pub(super) const ROWS: &[Row] = &[
    row(Ssn, &["999-99-9999"], ssn, 0.7, 0.95),
    row(Ssn, &["999 99 9999", "999.99.9999"], ssn, 0.5, 0.95),
    row(Ssn, &["999999999"], ssn, 0.05, 0.85),
    // No rule writes it this way; a postal code of the USA has the first form.
    row(Ssn, &["99999-9999", "999-999999"], ssn, 0.05, 0.4),
    row(Itin, &["999-99-9999", "999 99 9999"], itin, 0.7, 0.95),
    row(Itin, &["999.99.9999"], itin, 0.5, 0.95),
    row(Itin, &["999999999"], itin, 0.3, 0.85),
    row(Itin, &["999-999999", "999 999999", "99999-9999", "99999 9999"], itin, 0.05, 0.4),

    row(Routing, &["9999-9999-9"], checksum::aba, 0.6, 0.95),
    row(Routing, &["999999999"], checksum::aba, 0.1, 0.95),
    row(Routing, &["99-99-99"], any, 0.02, 0.6),
    row(Account, &["9{8-17}"], any, 0.05, 0.75),
    row(Account, &["9{3-6}-9{4-8}", "9{2-6}-9{4-8}-9{1-4}", "9999 9999 9{2-4}", "99 9999 9999"], any, 0.02, 0.6),
    row(Swift, &["AAAAAAXX", "AAAAAAXXXXX"], swift, 0.1, 0.85),
    row(Swift, &["AAAAAAXX", "AAAAAAXXXXX"], swift_unlike_a_word, 0.55, 0.95),

    row(Nhs, &["999 999 9999", "999-999-9999"], checksum::nhs, 0.4, 1.0),
    row(Nhs, &["9999999999"], checksum::nhs, 0.2, 0.95),
    row(Nhs, &["999-9999999", "999 9999999", "999999-9999", "999999 9999"], checksum::nhs, 0.05, 0.6),
    row(Nino, &["AA999999A", "AA 99 99 99 A", "AA-99-99-99-A", "AA 999999 A", "AA 999999A", "AA99 99 99A"], nino, 0.75, 0.95),
    row(Utr, &["9999999999", "99999 99999"], checksum::utr, 0.1, 0.95),

    row(Sin, &["999-999-999"], sin, 0.6, 0.95),
    // Thousands are written this way too.
    row(Sin, &["999 999 999"], sin, 0.4, 0.95),
    row(Sin, &["999999999"], sin, 0.05, 0.85),
    row(CaHealth, &["9999-999-999-AA", "9999 999 999 AA", "9999-999-999 AA", "AAAA 9999 9999"], any, 0.5, 0.9),
    row(CaHealth, &["9999999999AA", "AAAA99999999", "9999-999-999", "9999 999 999"], any, 0.1, 0.85),
    row(CaHealth, &["9999999999", "99999-9999", "999999999"], any, 0.02, 0.7),

    row(Aadhaar, &["9999 9999 9999", "9999-9999-9999"], aadhaar, 0.7, 1.0),
    row(Aadhaar, &["999999999999", "9999:9999:9999"], aadhaar, 0.35, 0.95),
    row(Pan, &["AAAAA9999A"], pan, 0.75, 0.95),
    // With a letter that is not a kind of holder: misread, or something else.
    row(Pan, &["AAAAA9999A"], any, 0.05, 0.4),
    row(Voter, &["AAA9999999", "AAA/9999999", "AAA 9999999"], voter, 0.4, 0.95),
    row(Nrega, &["AA-99-999-999-999/9{1-6}", "AA-99-999-999-999-9{1-6}", "AA-99-999-999-999"], nrega, 0.8, 0.95),
    row(Nrega, &["AA99999999999999"], nrega, 0.4, 0.95),

    row(Vin, &["X{17}"], vin, 0.7, 0.95),
    row(AwsAccess, &["akiaX{16}", "asiaX{16}"], any, 0.95, 1.0),

    row(Passport, &["A99999999", "A9999999", "AA9999999", "AA999999", "AAA999999", "A99 99999"], upper_and_digits, 0.1, 0.8),
    row(Passport, &["X{9}"], upper_and_digits, 0.05, 0.7),
    row(Passport, &["9{8-9}"], any, 0.05, 0.75),
    row(Driver, &["X{5}999999XXXAA", "X{5} 999999 XXXAA"], uk_licence, 0.75, 0.95),
    row(Driver, &[
        "A999-9999-9999", "A999-999-99-999-9", "A999-9999-9999-99", "A-999-999-999-999", "A999 999 99 999 9",
        "99-999-9999", "99 999 999", "999 999 999", "999-99-9999",
    ], any, 0.1, 0.8),
    row(Driver, &[
        "A9{5-14}", "A9{18}", "AA9{5-8}", "AA999999A", "A999999A", "A9{9}A", "99AAA9{5-6}", "9{7-9}A", "99999999AA",
        "999AA9999", "AAA9{6-9}", "AAAAA99999", "AAAAAAA999AA", "A9A9A9A9A9",
    ], any, 0.1, 0.75),
    row(Driver, &["9{6-14}", "9{16}"], any, 0.01, 0.6),
    // These say nothing: the class of a licence looks the same.
    row(Driver, &["A9{1-4}", "AA9{2-4}", "A9A9A"], any, 0.01, 0.3),
    row(Plate, &["AA 99 AA 9999", "AA-99-AA-9999", "AA99AA9999", "AA99 AA9999", "AA 99 A 9999", "AA99A9999"], any, 0.4, 0.85),
    row(Plate, &["AA99 AAA", "AA99AAA", "AA99-AAA", "9AAA999", "AA-999-AA", "AA 999 AA", "AA999AA"], any, 0.25, 0.8),
    row(Plate, &[
        "AAA 9999", "AAA-9999", "AAA9999", "9999 AAA", "9999-AAA", "9999AAA", "AAA 999", "AAA-999", "AAA999", "999 AAA", "999-AAA",
        "999AAA", "A9{1-3} AAA", "A9{1-3}AAA", "AAA 9{1-3}A", "AAA9{1-3}A", "AAA 9A99", "AAA9A99",
    ], any, 0.1, 0.7),

    row(Dea, &["AA9999999", "A99999999"], dea, 0.5, 0.95),
    row(Nif, &["99999999A", "99999999-A", "9999999A", "9999999-A"], checksum::nif, 0.7, 1.0),
    row(Nie, &["A9999999A", "A-9999999-A", "A9999999-A"], nie, 0.8, 1.0),
    row(FiscalCode, &["AAAAAA99A99A999A"], checksum::codice_fiscale, 0.9, 1.0),
    row(Abn, &["99 999 999 999"], checksum::abn, 0.7, 1.0),
    row(Abn, &["99999999999"], checksum::abn, 0.1, 0.95),
    row(Acn, &["999 999 999", "999999999"], checksum::acn, 0.1, 0.95),
    row(Tfn, &["999 999 999", "999999999"], checksum::tfn, 0.1, 0.95),
    row(Medicare, &["9999 99999 9", "9999999999"], checksum::medicare, 0.2, 0.95),
    row(Nric, &["A9999999A"], checksum::nric, 0.8, 1.0),
    row(Pesel, &["99999999999"], pesel, 0.3, 0.95),
];

fn any(_: &[u8]) -> bool {
    true
}

fn number(digits: Option<&[u8]>) -> u32 {
    digits
        .unwrap_or_default()
        .iter()
        .fold(0, |number, digit| number * 10 + u32::from(digit.wrapping_sub(b'0')))
}

fn count(characters: &[u8], is_of: fn(&u8) -> bool) -> usize {
    characters.iter().filter(|byte| is_of(byte)).count()
}

/// The rules of the Social Security Administration, without the numbers that are known from advertisements and forms.
fn ssn(digits: &[u8]) -> bool {
    const SAMPLES: [&[u8]; 3] = [b"078051120", b"219099999", b"123456789"];
    let area = number(digits.get(..3));
    !matches!(area, 0 | 666 | 900..)
        && number(digits.get(3..5)) != 0
        && number(digits.get(5..)) != 0
        && !SAMPLES.contains(&digits)
        && !is_uniform(digits)
}

/// The groups that the Internal Revenue Service assigns ("General ITIN information").
fn itin(digits: &[u8]) -> bool {
    digits.first() == Some(&b'9') && matches!(number(digits.get(3..5)), 50..=65 | 70..=88 | 90..=92 | 94..=99)
}

/// The prefixes that HM Revenue & Customs uses ("NIM39110").
fn nino(characters: &[u8]) -> bool {
    let [first, second, .., suffix] = characters else { return false };
    let is_given = !b"DFIQUV".contains(first) && !b"DFIOQUV".contains(second);
    let is_excluded = [b"BG", b"GB", b"KN", b"NK", b"NT", b"TN", b"ZZ"].contains(&&[*first, *second]);
    is_given && !is_excluded && matches!(suffix, b'A'..=b'D')
}

fn sin(digits: &[u8]) -> bool {
    digits.first().is_some_and(|first| !matches!(first, b'0' | b'8'))
        && checksum::luhn(digits)
        && !is_uniform(digits)
}

fn aadhaar(digits: &[u8]) -> bool {
    let is_palindrome = digits.iter().eq(digits.iter().rev());
    digits.first().is_some_and(|first| *first >= b'2') && !is_palindrome && checksum::verhoeff(digits)
}

/// The fourth letter says who holds it.
fn pan(characters: &[u8]) -> bool {
    characters.get(3).is_some_and(|holder| b"ABCEFGHJKLPT".contains(holder))
}

fn voter(characters: &[u8]) -> bool {
    number(characters.get(3..)) != 0
}

/// Begins with the letters of a state or union territory of India.
fn nrega(characters: &[u8]) -> bool {
    const STATES: &[u8] = b"AN AP AR AS BH BR CG CH CT DD DL DN GA GJ GO HP HR JH JK KA KL KN LA LD LK MH MN MP MZ NL OD OR PB PY RJ SK TG TN TR TS UK UP UT WB";
    characters.get(..2).is_some_and(|state| STATES.chunks(3).any(|known| known.get(..2) == Some(state)))
}

/// Eight or eleven characters, of which the fifth and sixth are a country.
fn swift(characters: &[u8]) -> bool {
    characters.get(4..6).is_some_and(is_country)
}

fn swift_unlike_a_word(characters: &[u8]) -> bool {
    swift(characters) && (count(characters, u8::is_ascii_digit) > 0 || characters.get(8..) == Some(b"XXX"))
}

fn vin(characters: &[u8]) -> bool {
    let is_mixed =
        count(characters, u8::is_ascii_alphabetic) > 0 && count(characters, u8::is_ascii_digit) >= 4;
    is_mixed && checksum::vin(characters)
}

fn upper_and_digits(characters: &[u8]) -> bool {
    count(characters, u8::is_ascii_digit) >= 4 && count(characters, u8::is_ascii_alphabetic) > 0
}

/// Five letters of the surname padded with nines, the date of birth rearranged, initials and check characters.
fn uk_licence(characters: &[u8]) -> bool {
    let surname = characters.get(..5).unwrap_or_default();
    let filled = surname.iter().skip_while(|byte| byte.is_ascii_alphabetic()).all(|byte| *byte == b'9');
    let month = number(characters.get(6..8));
    let day = number(characters.get(8..10));
    filled && surname.first() != Some(&b'9') && matches!(month, 1..=12 | 51..=62) && matches!(day, 1..=31)
}

fn dea(characters: &[u8]) -> bool {
    let registrant = characters.first().is_some_and(|first| b"ABCDEFGHJKLMPRSTUX".contains(first));
    let name = characters.get(1).is_some_and(|byte| byte.is_ascii_alphabetic() || *byte == b'9');
    registrant && name && checksum::dea(characters)
}

fn nie(characters: &[u8]) -> bool {
    characters.first().is_some_and(|first| b"XYZ".contains(first)) && checksum::nif(characters)
}

fn pesel(digits: &[u8]) -> bool {
    let month = number(digits.get(2..4)) % 20;
    let day = number(digits.get(4..6));
    matches!(month, 1..=12) && matches!(day, 1..=31) && checksum::pesel(digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_scores_and_rise_with_context() {
        for row in ROWS {
            assert!(0.0 < row.bare && row.bare < row.context && row.context <= 1.0, "{:?}", row.subject);
        }
    }

    /// A check, what it accepts and what it refuses.
    type Sample<'a> = (fn(&[u8]) -> bool, &'a [&'a str], &'a [&'a str]);

    #[test]
    fn checks() {
        let table: &[Sample] = &[
            (
                ssn,
                &["123456780", "001010001", "899999999"],
                &[
                    "000123456",
                    "666123456",
                    "900123456",
                    "123006789",
                    "123450000",
                    "078051120",
                    "123456789",
                    "111111111",
                ],
            ),
            (
                itin,
                &["900700000", "912651234", "999991234"],
                &["900661234", "912891234", "912931234", "812701234"],
            ),
            (
                nino,
                &["AB123456C", "JG103759A"],
                &["GB123456A", "DA123456A", "AO123456A", "AB123456E", "QQ123456C"],
            ),
            (sin, &["130692544"], &["046454286", "830692544", "130692545"]),
            (aadhaar, &["234567890124"], &["234567890123", "134567890124", "222222222222"]),
            (pan, &["ABCPE1234F", "AAACA1234A"], &["ABCDE1234F", "ABCXE1234F"]),
            (nrega, &["UP350340340015", "KL08001003005167"], &["XX350340340015"]),
            (swift, &["DEUTDEFF", "BOFAUS3NXXX"], &["DEUTZZFF"]),
            (swift_unlike_a_word, &["BOFAUS3N", "DEUTDEFFXXX"], &["DOCUMENT"]),
            (
                uk_licence,
                &["MORGA657054SM9IJ", "FOX99705159AB9CD"],
                &["MORGA657994SM9IJ", "MO9GA657054SM9IJ"],
            ),
            (nie, &["X1234567L"], &["A1234567L", "X1234567M"]),
            (pesel, &["44051401359"], &["44051401358", "44991401359"]),
            (voter, &["ABC1234567"], &["ABC0000000"]),
            (vin, &["1HGCM82633A004352"], &["11111111111111111", "1HGCM82633A004353"]),
            (dea, &["BB1388568"], &["BB1388567", "NB1388568"]),
        ];
        for (row, (check, right, wrong)) in table.iter().enumerate() {
            for number in *right {
                assert!(check(number.as_bytes()), "{row} {number}");
            }
            for number in *wrong {
                assert!(!check(number.as_bytes()), "{row} {number}");
            }
        }
    }
}
