//! Values that only their label identifies: `Password: hunter2`.

use super::cursor::Cursor;
use super::fold::{Folded, is_space, is_word};
use super::scan::Scan;
use super::subject::Subject::{self, *};
use super::words::Subjects;

/// The subjects that have labels.
const LABELLED: [Subject; 7] = [Password, Username, Pin, Cvv, Expiry, Age, Account];

/// The bits of all subjects that have labels.
pub(super) fn subjects() -> Subjects {
    LABELLED.iter().fold(0, |all, subject| all | subject.bit())
}

/// What is between a label and its value.
#[derive(Clone, Copy, PartialEq)]
enum Link {
    /// `:`, `=`
    Mark,
    /// `is`
    Verb,
    /// The next line, or the next cell.
    Cell,
    /// A space.
    Nothing,
}

/// The values after the label of these subjects that ends at an index.
pub(super) fn values(scan: &mut Scan<'_>, of: Subjects, label: usize) {
    let text = scan.text();
    let Some((value, link)) = link(text, label) else { return };
    for subject in LABELLED.into_iter().filter(|subject| of & subject.bit() != 0) {
        let found = match subject {
            Password => secret(text, value, link),
            Username => name(text, value, link),
            Pin => digits(text, value, 4..=8, link),
            Cvv => digits(text, value, 3..=4, link),
            Expiry => month_of_year(text, value),
            Age => years(text, value, link),
            _ => account(text, value, link),
        };
        if let Some((begin, end, score)) = found {
            scan.hit(subject, begin..end, score, score);
        }
    }
}

/// An age that its unit identifies: `45 years old`, `45-year-old`, `45 años`. It begins at an index, with a digit.
pub(super) fn age(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let mut cursor = Cursor::new(text, begin);
    let Some((years, 1..=3)) = cursor.number() else { return };
    let number = cursor.at;
    cursor.one_of(b"- ");
    let unit = cursor.letters();
    let Some(unit) = unit else { return };
    let end = cursor.at;
    let mut ends_with = |words: &[&[u8]]| {
        cursor.one_of(b"- ");
        cursor.word(words).map(|()| cursor.at)
    };
    let old: Option<usize> = match unit.as_bytes() {
        b"year" | b"years" | b"yr" | b"yrs" => {
            ends_with(&[b"old", b"olds"]).or_else(|| ends_with(&[b"of"]).and_then(|_| ends_with(&[b"age"])))
        }
        b"anos" => ends_with(&[b"de"]).and_then(|_| ends_with(&[b"edad"])).or(Some(end)),
        b"yo" => Some(end),
        b"y" if text.has(end, b"/o") => Some(end + 2),
        _ => None,
    };
    let is_unit = matches!(unit.as_bytes(), b"year" | b"years" | b"yr" | b"yrs");
    match old {
        _ if years > 125 => {}
        Some(end) if !is_word(text.at(end)) => {
            let bare = if unit.as_bytes() == b"anos" && text.before(end) != b'd' { 0.5 } else { 0.85 };
            scan.hit(Age, begin..end, bare, 0.95);
        }
        _ if is_unit => scan.hit(Age, begin..number, 0.1, 0.8),
        _ => {}
    }
}

/// Goes from the end of a label to its value.
fn link(text: &Folded<'_>, label: usize) -> Option<(usize, Link)> {
    let mut cursor = Cursor::new(text, label);
    let mut link = Link::Nothing;
    cursor.one_of(b".");
    for _ in 0..4 {
        let before = cursor.at;
        cursor.spaces();
        if text.slice(before, cursor.at).iter().any(|byte| matches!(byte, b'\n' | b'\t'))
            && link == Link::Nothing
        {
            link = Link::Cell;
        }
        if link != Link::Mark && cursor.one_of(b":=").is_some() {
            cursor.one_of(b">=");
            link = Link::Mark;
        } else if link == Link::Nothing && cursor.word(&[b"is", b"was", b"es", b"era"]).is_some() {
            link = Link::Verb;
        } else if link == Link::Mark || cursor.one_of(b"#").is_none() {
            let is_filler = link != Link::Mark
                && cursor
                    .word(&[b"no", b"num", b"number", b"nr", b"code", b"numero", b"date", b"de", b"of"])
                    .is_some();
            if is_filler {
                cursor.one_of(b".");
            } else if link == Link::Mark || !is_note(&mut cursor) {
                break;
            }
        }
    }
    cursor.spaces();
    // Between spaces a dash is a mark, otherwise part of the word: `pin-code`.
    if link != Link::Mark
        && is_space(text.before(cursor.at))
        && cursor.peek() == b'-'
        && is_space(text.at(cursor.at + 1))
    {
        cursor.at += 1;
        cursor.spaces();
        link = Link::Mark;
    }
    (cursor.at > label && cursor.at < text.len()).then_some((cursor.at, link))
}

/// A note behind a label: `PIN (4 digits): 1234`.
fn is_note(cursor: &mut Cursor<'_>) -> bool {
    let note = cursor.maybe(|cursor| {
        cursor.one_of(b"(")?;
        (0..24).find_map(|_| {
            let byte = cursor.peek();
            cursor.at += 1;
            matches!(byte, b')' | b'\n' | 0).then_some(byte)
        })
    });
    note == Some(b')')
}

type Value = Option<(usize, usize, f32)>;

/// A password: all up to a space.
fn secret(text: &Folded<'_>, at: usize, link: Link) -> Value {
    if let quote @ (b'"' | b'\'' | b'`') = text.at(at) {
        let end = text.run(at + 1, 128, |byte| byte != quote && byte != b'\n');
        if text.at(end) == quote && end > at + 1 {
            return Some((at + 1, end, 0.9));
        }
    }
    let mut end = text.run(at, 128, |byte| !is_space(byte));
    while matches!(text.before(end), b'.' | b',' | b';' | b')' | b'"' | b'\'') && end > at + 1 {
        end -= 1;
    }
    let value = text.slice(at, end);
    // In a form that was not filled in, the next label is there.
    let is_label = text.at(end.saturating_sub(1)) == b':' && text.before(at) == b'\n';
    let is_word_alone = value.iter().all(|byte| byte.is_ascii_lowercase())
        || value.iter().skip(1).all(u8::is_ascii_lowercase);
    let score = match link {
        _ if value.len() < 3 || is_label => 0.3,
        Link::Mark => 0.85,
        _ if is_word_alone => 0.3,
        Link::Verb => 0.8,
        Link::Cell => 0.6,
        Link::Nothing => 0.5,
    };
    Some((at, end, score))
}

/// The name of an account.
fn name(text: &Folded<'_>, at: usize, link: Link) -> Value {
    let mut end = text.run(at, 64, |byte| is_word(byte) || b"_.-@\\+".contains(&byte));
    while matches!(text.before(end), b'.' | b'-' | b'@') && end > at {
        end -= 1;
    }
    let value = text.slice(at, end);
    let is_of_login = value.iter().any(|byte| byte.is_ascii_digit() || b"_.@\\".contains(byte));
    let score = match link {
        _ if value.len() < 2 => return None,
        Link::Mark => 0.8,
        Link::Verb | Link::Cell if is_of_login => 0.7,
        Link::Nothing if is_of_login => 0.5,
        _ => 0.2,
    };
    Some((at, end, score))
}

/// Digits alone, as many as `count` allows.
fn digits(text: &Folded<'_>, at: usize, count: std::ops::RangeInclusive<usize>, link: Link) -> Value {
    let end = text.run(at, 12, |byte| byte.is_ascii_digit());
    let goes_on = b"./-:".contains(&text.at(end)) && text.at(end + 1).is_ascii_digit();
    let is_whole = !is_word(text.at(end)) && !goes_on;
    let score = if link == Link::Mark { 0.85 } else { 0.7 };
    (count.contains(&(end - at)) && is_whole).then_some((at, end, score))
}

/// `01/27`, `01-2027`.
fn month_of_year(text: &Folded<'_>, at: usize) -> Value {
    let mut cursor = Cursor::new(text, at);
    let (month, 1..=2) = cursor.number()? else { return None };
    cursor.maybe(|cursor| {
        cursor.one_of(b" ");
        cursor.one_of(b"/-")
    })?;
    cursor.one_of(b" ");
    let (year, digits @ (2 | 4)) = cursor.number()? else { return None };
    let is_year = digits == 2 || (2000..2100).contains(&year);
    let is_date = matches!(cursor.peek(), b'/' | b'-');
    let is_whole = !is_word(cursor.peek()) && !is_date;
    ((1..=12).contains(&month) && is_year && is_whole).then_some((at, cursor.at, 0.85))
}

/// An age behind its label.
fn years(text: &Folded<'_>, at: usize, link: Link) -> Value {
    let (_, end, score) = digits(text, at, 1..=3, link)?;
    let (years, _) = Cursor::new(text, at).number()?;
    (years <= 125).then_some((at, end, score))
}

/// The number of an account, in any groups.
fn account(text: &Folded<'_>, at: usize, link: Link) -> Value {
    let mut end = at;
    let mut digits = 0;
    loop {
        let group = text.run(end, 18, |byte| byte.is_ascii_digit());
        digits += group - end;
        end = group;
        let is_followed = matches!(text.at(end), b'-' | b' ') && text.at(end + 1).is_ascii_digit();
        if !is_followed || digits > 17 {
            break;
        }
        end += 1;
    }
    let score = if link == Link::Mark { 0.75 } else { 0.6 };
    ((6..=17).contains(&digits) && !is_word(text.at(end)) && !b"./".contains(&text.at(end)))
        .then_some((at, end, score))
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};

    #[test]
    fn passwords() {
        for (text, begin, end) in [
            ("Password: hunter2", 10, 17),
            ("password=hunter2;", 9, 16),
            ("The password is hunter2.", 16, 23),
            ("PASSWORD\nhunter2", 9, 16),
            ("Password\thunter2", 9, 16),
            ("pwd: \"my dog's name\"", 6, 19),
            ("Contraseña: s3creto!", 12, 20),
            ("La contraseña es abc123", 17, 23),
            ("👋 password: p@ss👋word", 12, 21),
            ("Passwords: a1b2c3", 11, 17),
        ] {
            assert_eq!(found(text), [("PASSWORD", begin..end)], "{text}");
        }
        nothing("the password is required");
        nothing("Forgot your password");
        nothing("Password:\nAccount:\n");
        nothing("a password manager");
    }

    #[test]
    fn usernames() {
        assert_eq!(found("Username: jdoe"), [("USERNAME", 10..14)]);
        assert_eq!(found("User ID\tjane.doe_7"), [("USERNAME", 8..18)]);
        assert_eq!(found("Nombre de usuario: jperez."), [("USERNAME", 19..25)]);
        nothing("the user is logged in");
    }

    #[test]
    fn pins_and_cards() {
        assert_eq!(found("PIN: 1234"), [("PIN", 5..9)]);
        assert_eq!(found("your PIN number is 4321."), [("PIN", 19..23)]);
        assert_eq!(found("PIN (4 digits): 1234"), [("PIN", 16..20)]);
        assert_eq!(found("CVV 123"), [("CREDIT_DEBIT_CVV", 4..7)]);
        assert_eq!(found("Código de seguridad: 1234"), [("CREDIT_DEBIT_CVV", 21..25)]);
        assert_eq!(found("Exp. 01/27"), [("CREDIT_DEBIT_EXPIRY", 5..10)]);
        assert_eq!(found("Expiration date: 01/2027"), [("CREDIT_DEBIT_EXPIRY", 17..24)]);
        assert_eq!(found("VALID\nTHRU\n01/27"), [("CREDIT_DEBIT_EXPIRY", 11..16)]);
        assert_eq!(found("Fecha de vencimiento: 12/29"), [("CREDIT_DEBIT_EXPIRY", 22..27)]);
        nothing("CVV 12");
        nothing("pin 123456789");
        nothing("Exp. 13/27");
    }

    #[test]
    fn ages() {
        for (text, begin, end) in [
            ("Age: 45", 5, 7),
            ("aged 45", 5, 7),
            ("She is 45 years old.", 7, 19),
            ("a 45-year-old man", 2, 13),
            ("45 y/o", 0, 6),
            ("Edad: 45 ", 6, 8),
            ("tiene 45 años de edad", 6, 21),
            ("37 years of age", 0, 15),
        ] {
            assert_eq!(found(text), [("AGE", begin..end)], "{text}");
        }
        nothing("Age: 450");
        nothing("within 45 days");
        nothing("for 30 years");
    }

    #[test]
    fn accounts() {
        assert_eq!(found("Account No.: 1234567890"), [("BANK_ACCOUNT_NUMBER", 13..23)]);
        assert_eq!(found("Account number\n12-3456-789"), [("BANK_ACCOUNT_NUMBER", 15..26)]);
        assert_eq!(found("Cuenta: 12345678"), [("BANK_ACCOUNT_NUMBER", 8..16)]);
        nothing("Order 1234567890");
    }
}
