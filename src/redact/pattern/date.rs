//! Dates and times: in figures and in words, in the order of any country, and only those that the calendar has.

use super::cursor::Cursor;
use super::fold::is_word;
use super::scan::Scan;
use super::subject::Subject;

/// A date or time that begins at an index, where a word begins.
pub(super) fn date(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let first = text.at(begin);
    // The rest of a time, or of a number.
    if matches!(text.before(begin), b':' | b'.' | b'/' | b'-')
        && text.at(begin.wrapping_sub(2)).is_ascii_digit()
    {
        return;
    }
    let mut cursor = Cursor::new(text, begin);
    let found = if first.is_ascii_digit() {
        cursor
            .maybe(in_figures)
            .or_else(|| cursor.maybe(day_first))
            .or_else(|| cursor.maybe(time))
            .or_else(|| cursor.maybe(month_of_year))
            .or_else(|| cursor.maybe(alone))
    } else {
        cursor.maybe(|cursor| month_first(cursor, first.is_ascii_uppercase()))
    };
    let Some((mut bare, mut context)) = found else { return };
    // A time belongs to the date before it.
    let with_time = cursor.maybe(|cursor| {
        cursor.one_of(b",T");
        cursor.spaces();
        cursor.skip(&[b"at", b"a"]);
        cursor.skip(&[b"las", b"la"]);
        time(cursor)
    });
    if let Some((of_time, _)) = with_time {
        bare = (bare + of_time / 4.0_f32).min(0.95);
        context = 0.95_f32.max(context);
    }
    let end = cursor.at;
    if !is_word(text.at(end)) {
        scan.hit(Subject::Date, begin..end, bare, context);
    }
}

/// Scores: without a context word, and with one.
type Found = Option<(f32, f32)>;

/// `2024-01-31`, `31/01/2024`, `1/31/24`, `31.1.2024`.
fn in_figures(cursor: &mut Cursor<'_>) -> Found {
    let (first, first_digits) = cursor.number()?;
    let separator = cursor.one_of(b"-/.")?;
    let (second, second_digits) = cursor.number()?;
    cursor.one_of(&[separator])?;
    let (third, third_digits) = cursor.number()?;
    let is_version = separator == b'.' && cursor.peek() == b'.';
    if second_digits > 2 || is_version {
        return None;
    }
    match (first_digits, third_digits) {
        (4, 1..=2) => is_date(first, second, third).then_some((0.8, 0.95)),
        (1..=2, 4) => (is_date(third, second, first) || is_date(third, first, second)).then_some((0.8, 0.95)),
        (1..=2, 2) => {
            let bare = if separator == b'/' { 0.6 } else { 0.3 };
            let year_last = is_date(2000 + third, second, first) || is_date(2000 + third, first, second);
            let year_first = first_digits == 2 && is_date(2000 + first, second, third);
            (year_last || year_first).then_some((bare, 0.85))
        }
        _ => None,
    }
}

/// `31 January 2024`, `31st of Jan`, `31-JAN-24`, `31 de enero de 2024`.
fn day_first(cursor: &mut Cursor<'_>) -> Found {
    let (day, digits) = cursor.number()?;
    if digits > 2 {
        return None;
    }
    cursor.maybe(|cursor| cursor.word(&[b"st", b"nd", b"rd", b"th"]));
    let separator = separator(cursor)?;
    if separator == b' ' {
        cursor.skip(&[b"of", b"de"]);
    }
    let month = month(cursor)?;
    let year = cursor.maybe(|cursor| {
        cursor.one_of(b".");
        if separator == b' ' {
            cursor.one_of(b",");
            cursor.spaces();
            cursor.skip(&[b"of", b"de", b"del"]);
        } else {
            cursor.one_of(&[separator])?;
        }
        year(cursor, separator != b' ')
    });
    is_date(year.unwrap_or(2000), month, day).then_some(if year.is_some() {
        (0.9, 0.95)
    } else {
        (0.6, 0.85)
    })
}

/// `January 31, 2024`, `Jan. 31st`, `January 2024`, `JAN-24`, `enero de 2024`.
fn month_first(cursor: &mut Cursor<'_>, is_capital: bool) -> Found {
    let month = month(cursor)?;
    cursor.one_of(b".");
    let separator = separator(cursor)?;
    let of = cursor.skip(&[b"of", b"de", b"del"]);
    if let Some(year) = cursor.maybe(|cursor| year(cursor, separator == b'-')) {
        return is_date(year, month, 1).then_some((if separator == b' ' { 0.8 } else { 0.6 }, 0.9));
    }
    // Without its capital it may be a word: `may 5 apply`.
    let (day, digits) = cursor.number()?;
    if of || digits > 2 || separator != b' ' {
        return None;
    }
    cursor.maybe(|cursor| cursor.word(&[b"st", b"nd", b"rd", b"th"]));
    let year = cursor.maybe(|cursor| {
        let comma = cursor.one_of(b",");
        cursor.spaces();
        cursor.skip(&[b"of", b"de", b"del"]);
        year(cursor, false).filter(|_| comma.is_some() || is_capital)
    });
    let scores = match (year, is_capital) {
        (Some(_), _) => (0.9, 0.95),
        (None, true) => (0.6, 0.85),
        (None, false) => (0.2, 0.6),
    };
    is_date(year.unwrap_or(2000), month, day).then_some(scores)
}

fn separator(cursor: &mut Cursor<'_>) -> Option<u8> {
    if let Some(separator) = cursor.one_of(b"-/") {
        return Some(separator);
    }
    let before = cursor.at;
    cursor.spaces();
    (cursor.at > before).then_some(b' ')
}

/// A year of four digits, or of two if those cannot be a day.
fn year(cursor: &mut Cursor<'_>, may_be_short: bool) -> Option<u32> {
    let (year, digits) = cursor.number()?;
    match digits {
        4 => Some(year),
        2 if may_be_short => Some(2000 + year),
        _ => None,
    }
}

/// `01/2024`, `1/24`, `2024-01`.
fn month_of_year(cursor: &mut Cursor<'_>) -> Found {
    let (first, first_digits) = cursor.number()?;
    let separator = cursor.one_of(b"/-")?;
    let (second, second_digits) = cursor.number()?;
    if matches!(cursor.peek(), b'/' | b'-') {
        return None;
    }
    match (first_digits, separator, second_digits) {
        (1..=2, b'/', 4) => is_date(second, first, 1).then_some((0.3, 0.7)),
        (1..=2, b'/', 2) => is_date(2000 + second, first, 1).then_some((0.1, 0.55)),
        (4, b'-', 2) => is_date(first, second, 1).then_some((0.1, 0.55)),
        _ => None,
    }
}

/// `2024` or `20240131`, which are a date only with a context word.
fn alone(cursor: &mut Cursor<'_>) -> Found {
    let (number, digits) = cursor.number()?;
    match digits {
        4 if matches!(number, 1900..=2099) => Some((0.02, 0.5)),
        8 if is_date(number / 10_000, number / 100 % 100, number % 100) => Some((0.05, 0.6)),
        _ => None,
    }
}

/// `10:30`, `10:30:15.25Z`, `10.30 am`, `5pm`, `10:30+01:00`.
fn time(cursor: &mut Cursor<'_>) -> Found {
    let (hour, digits) = cursor.number()?;
    if digits > 2 || hour > 24 {
        return None;
    }
    let mut scores = (0.3, 0.7);
    let minutes = cursor.maybe(|cursor| {
        cursor.one_of(b":")?;
        sixty(cursor)
    });
    let seconds = minutes.and_then(|()| {
        cursor.maybe(|cursor| {
            cursor.one_of(b":")?;
            sixty(cursor)
        })
    });
    if seconds.is_some() {
        scores = (0.6, 0.85);
        cursor.maybe(|cursor| {
            cursor.one_of(b".,")?;
            cursor.number()
        });
    }
    let half = cursor.maybe(|cursor| {
        cursor.spaces();
        half_of_day(cursor)
    });
    if half.is_some() && hour <= 12 {
        return Some((0.7, 0.9));
    }
    minutes?;
    if cursor.one_of(b"zZ").is_none() {
        cursor.maybe(|cursor| {
            cursor.one_of(b"+-")?;
            let (_, digits) = cursor.number()?;
            cursor.one_of(b":").and_then(|_| sixty(cursor)).or((digits == 4).then_some(()))
        });
    }
    (!matches!(cursor.peek(), b':')).then_some(scores)
}

fn sixty(cursor: &mut Cursor<'_>) -> Option<()> {
    let (number, digits) = cursor.number()?;
    (digits == 2 && number < 60).then_some(())
}

/// `am`, `p.m.`
fn half_of_day(cursor: &mut Cursor<'_>) -> Option<()> {
    cursor.one_of(b"aApP")?;
    let dotted = cursor.one_of(b".").is_some();
    cursor.one_of(b"mM")?;
    if dotted {
        cursor.one_of(b".");
    }
    (!is_word(cursor.peek())).then_some(())
}

/// The months by their names and short forms, in English and Spanish.
fn month(cursor: &mut Cursor<'_>) -> Option<u32> {
    let word = cursor.letters()?;
    let number = match word.as_bytes() {
        b"january" | b"jan" | b"enero" | b"ene" => 1,
        b"february" | b"feb" | b"febrero" => 2,
        b"march" | b"mar" | b"marzo" => 3,
        b"april" | b"apr" | b"abril" | b"abr" => 4,
        b"may" | b"mayo" => 5,
        b"june" | b"jun" | b"junio" => 6,
        b"july" | b"jul" | b"julio" => 7,
        b"august" | b"aug" | b"agosto" | b"ago" => 8,
        b"september" | b"sept" | b"sep" | b"septiembre" | b"setiembre" | b"set" => 9,
        b"october" | b"oct" | b"octubre" => 10,
        b"november" | b"nov" | b"noviembre" => 11,
        b"december" | b"dec" | b"diciembre" | b"dic" => 12,
        _ => return None,
    };
    Some(number)
}

/// Whether the calendar has this day; years are of four digits.
fn is_date(year: u32, month: u32, day: u32) -> bool {
    let is_leap = year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400));
    let days = match month {
        2 if is_leap => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        1..=12 => 31,
        _ => 0,
    };
    (1000..3000).contains(&year) && (1..=days).contains(&day)
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};

    #[test]
    fn dates_and_times() {
        for text in [
            "2024-02-29",
            "2024/1/5",
            "31/12/1999",
            "12/31/1999",
            "1/5/24",
            "31.12.1999",
            "31-12-1999",
            "January 5, 2024",
            "Jan. 5th, 2024",
            "Jan 5 2024",
            "5 January 2024",
            "5th of January 2024",
            "05-JAN-2024",
            "05-Jan-24",
            "January 2024",
            "March 5",
            "5 de enero de 2024",
            "5 de Enero del 2024",
            "enero de 2024",
            "10:30 PM",
            "5pm",
            "10:30:59",
            "2024-02-29T10:30:59.123Z",
            "2024-02-29T10:30+01:00",
            "12/05/2024 10:30",
            "5 January 2024 at 10:30 p.m.",
            "5 de enero de 2024 a las 10:30",
        ] {
            assert_eq!(found(text), [("DATE_TIME", 0..text.len())], "{text}");
        }
    }

    #[test]
    fn what_the_calendar_does_not_have() {
        for text in
            ["2023-02-29", "31/04/2024", "32/01/2024", "13/13/2024", "1.2.3.4.5", "25:00:00", "2024-13-01"]
        {
            nothing(text);
        }
        nothing("you may 5 apply");
        nothing("10:60");
        nothing("ratio 4/5 of 12");
    }

    #[test]
    fn words_beside_make_dates() {
        assert_eq!(found("Born: 1980"), [("DATE_TIME", 6..10)]);
        assert_eq!(found("Fecha de nacimiento\n05-06-80"), [("DATE_TIME", 20..28)]);
        assert_eq!(found("05-06-80 (DOB)"), [("DATE_TIME", 0..8)]);
        nothing("Room 1980");
        nothing("05-06-80");
    }
}
