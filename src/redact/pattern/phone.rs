//! Telephone numbers, by the numbering plans of libphonenumber in the crate `phonenumber`.
//!
//! The plans are the crate's, the matching is not: its `is_valid` copies a pattern and builds its tables anew for each of a dozen
//! kinds of numbers of each country, which takes longer than everything else here together.

use std::sync::OnceLock;

use phonenumber::Metadata;
use phonenumber::metadata::DATABASE;
use regex::{Regex, RegexBuilder};

use super::PatternDetector;
use super::cursor::Cursor;
use super::fold::{Folded, is_word};
use super::scan::Scan;
use super::subject::Subject;

/// Digits of a number with those of its country (ITU-T E.164 has 15), and of the access code before it.
const LONGEST: usize = 18;
const SHORTEST: usize = 7;
const MOST_GROUPS: usize = 8;

/// The parts of a number: `+`, digits in groups, and what separates them.
struct Written {
    digits: [u8; LONGEST],
    /// For each group how many digits there are up to its end, and the index of that end.
    groups: [(usize, usize); MOST_GROUPS],
    count: usize,
    has_plus: bool,
    has_bracket: bool,
    has_space: bool,
}

/// A telephone number that begins at an index: at a `+`, a `(`, or a word that begins with a digit.
pub(super) fn phone(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let Some(written) = Written::at(text, begin) else { return };
    // Whether there is a context word is known sooner than whether a plan has the number.
    let Some((_, longest)) = written.up_to(written.count) else { return };
    let is_told = scan.is_told(Subject::Phone, &(begin..longest));
    let mut unplanned = None;
    // The last groups may be those of another number, so the longest that is a number counts.
    for count in (1..=written.count).rev() {
        let Some((digits, end)) = written.up_to(count) else { continue };
        if digits.len() < SHORTEST || is_word(text.at(end)) {
            continue;
        }
        let (bare, context) = written.worth(text, begin, count);
        let is_wanted = scan.can_be(Subject::Phone, bare, if is_told { context } else { bare });
        if is_wanted && scan.phones().is_number(digits, written.has_plus) {
            scan.hit(Subject::Phone, begin..with_extension(text, end), bare, context);
            return;
        }
        if bare >= 0.5 || written.is_local(count) {
            unplanned = unplanned.or(Some(end));
        }
    }
    // In no plan, but written as a number and called one: an old number, or one of an example.
    if let Some(end) = unplanned {
        scan.hit(Subject::Phone, begin..with_extension(text, end), 0.1, 0.6);
    }
}

impl Written {
    fn at(text: &Folded<'_>, begin: usize) -> Option<Self> {
        let mut written = Self {
            digits: [0; LONGEST],
            groups: [(0, 0); MOST_GROUPS],
            count: 0,
            has_plus: text.at(begin) == b'+',
            has_bracket: false,
            has_space: false,
        };
        let mut digits = 0;
        let mut is_open = false;
        let mut at = begin + usize::from(written.has_plus);
        while written.count < MOST_GROUPS {
            let first = text.run(at, 4, |byte| b" -./()\t\r\n".contains(&byte));
            let between = text.slice(at, first);
            let is_first = written.count == 0;
            let is_parted = match between {
                // A bracket holds one group, unlike those of `(33.6) 364.0` and `(192.168.1.17)`.
                b")" | b") " | b")-" | b") - " | b")\n" | b")\r\n" | b")\t" => is_open,
                _ if is_open => false,
                b"" | b"(" => is_first,
                b" " | b"-" | b"." | b"/" => !is_first || written.has_plus,
                b" (" | b"-(" | b" - " => !is_first,
                _ => false,
            };
            is_open = between.ends_with(b"(");
            let end = text.run(first, LONGEST + 1, |byte| byte.is_ascii_digit());
            let group = text.slice(first, end);
            let place = written.digits.get_mut(digits..digits + group.len());
            let (true, false, Some(place)) = (is_parted, group.is_empty(), place) else { break };
            place.copy_from_slice(group);
            digits += group.len();
            written.has_bracket |= between.contains(&b'(') || between.contains(&b')');
            written.has_space |= between.contains(&b' ');
            *written.groups.get_mut(written.count)? = (digits, end);
            written.count += 1;
            at = end;
        }
        (written.count > 0).then_some(written)
    }

    fn up_to(&self, groups: usize) -> Option<(&[u8], usize)> {
        let (digits, end) = self.groups.get(groups.checked_sub(1)?)?;
        Some((self.digits.get(..*digits)?, *end))
    }

    /// Whether it can begin with an area code and an exchange code of North America.
    fn is_north_american(&self) -> bool {
        let number = self.digits.strip_prefix(b"1").unwrap_or(&self.digits);
        matches!(number, [b'2'..=b'9', _, _, b'2'..=b'9', ..])
    }

    /// Whether it is written as a number of North America without its area code: `555-0132`.
    fn is_local(&self, count: usize) -> bool {
        count == 2 && !self.has_plus && !self.has_bracket && (self.group(0), self.group(1)) == (3, 4)
    }

    /// How many digits a group has; 0 if it is not there.
    fn group(&self, index: usize) -> usize {
        let up_to = |groups: usize| self.up_to(groups).map_or(0, |(digits, _)| digits.len());
        if index < self.count { up_to(index + 1) - up_to(index) } else { 0 }
    }

    /// The scores by how it is written: without a context word, and with one.
    fn worth(&self, text: &Folded<'_>, begin: usize, count: usize) -> (f32, f32) {
        let groups = (self.group(0), self.group(1), self.group(2), self.group(3));
        let is_part =
            matches!(text.before(begin), b'-' | b'.' | b'/' | b'$') || text.at(begin.wrapping_sub(1)) == b'+';
        let (bare, context) = match (groups, count) {
            _ if self.has_plus => (0.85, 1.0),
            // A date has these groups.
            ((4, 1..=2, 1..=2, _) | (1..=2, 1..=2, 2 | 4, _), 3) => (0.02, 0.3),
            // North America, with and without its 1.
            ((3, 3, 4, _), 3) | ((1, 3, 3, 4), 4) if self.has_bracket => (0.85, 0.95),
            ((3, 3, 4, _), 3) | ((1, 3, 3, 4), 4) if self.is_north_american() => {
                (if self.has_space { 0.5 } else { 0.7 }, 0.95)
            }
            (_, 1) => (0.1, 0.75),
            _ if self.has_bracket => (0.5, 0.9),
            // A trunk prefix, or an access code.
            _ if self.digits.first() == Some(&b'0') => (0.55, 0.95),
            ((5, 5, ..), 2) => (0.4, 0.9),
            _ => (0.3, 0.85),
        };
        if is_part { (bare / 2.0, context) } else { (bare, context) }
    }
}

/// Where a number ends with its extension: `x12`, `ext. 12`.
fn with_extension(text: &Folded<'_>, end: usize) -> usize {
    let mut cursor = Cursor::new(text, end);
    cursor.spaces();
    cursor.one_of(b",;");
    cursor.spaces();
    let word = cursor.letters();
    let is_extension =
        word.is_some_and(|word| matches!(word.as_bytes(), b"x" | b"ext" | b"extn" | b"extension"));
    cursor.one_of(b".:");
    cursor.spaces();
    let digits = cursor.number();
    match digits {
        Some((_, 1..=6)) if is_extension && !is_word(cursor.peek()) => cursor.at,
        _ => end,
    }
}

/// The numbering plans that a detector uses.
pub(super) struct Phones {
    home: Vec<&'static Plan>,
}

impl Phones {
    /// Those of some regions (ISO 3166-1 alpha-2), whose numbers are found without their country code. The error is the first
    /// region that is unknown.
    pub(super) fn of<'r>(regions: impl IntoIterator<Item = &'r str>) -> Result<Self, &'r str> {
        let plan = |region: &'r str| {
            let code = DATABASE.by_id(region).map(Metadata::country_code);
            let plans = code.map(plans).unwrap_or_default();
            plans.iter().find(|plan| plan.region == region).ok_or(region)
        };
        Ok(Self { home: regions.into_iter().map(plan).collect::<Result<_, _>>()? })
    }

    /// Those of the default regions.
    pub(super) fn of_default() -> Self {
        // A region that the library no longer had would be left out, and the test below would fail.
        Self {
            home: PatternDetector::DEFAULT_PHONE_REGIONS
                .into_iter()
                .filter_map(|region| Self::of([region]).ok())
                .flat_map(|of| of.home)
                .collect(),
        }
    }

    /// Whether digits are a number: of any country with its code, or of a home region without.
    fn is_number(&self, digits: &[u8], has_plus: bool) -> bool {
        let Ok(digits) = std::str::from_utf8(digits) else { return false };
        if has_plus {
            return is_international(digits);
        }
        let is_dialled = |plan: &&Plan| {
            let access = plan.access.as_ref().and_then(|access| access.find(digits));
            access.is_some_and(|access| digits.get(access.end()..).is_some_and(is_international))
        };
        let with_code =
            |plan: &&Plan| digits.strip_prefix(&*plan.code).is_some_and(|rest| plan.is_national(rest));
        let is_home = |plan: &&'static Plan| plan.is_national(digits) || with_code(plan) || is_dialled(plan);
        self.home.iter().any(is_home)
    }
}

/// Whether digits are a country code and a number of that country.
fn is_international(digits: &str) -> bool {
    (1..=3).any(|length| {
        let Some((code, national)) = digits.split_at_checked(length) else { return false };
        let plans = code.parse().map(plans).unwrap_or_default();
        !code.starts_with('0') && plans.iter().any(|plan| plan.is_national(national))
    })
}

/// The numbers of a region.
struct Plan {
    region: &'static str,
    code: String,
    /// A whole number, without what is dialled before it.
    number: Option<Regex>,
    lengths: Vec<usize>,
    /// What is dialled before a number within the country, and before one of another country.
    trunk: Option<Regex>,
    access: Option<Regex>,
}

impl Plan {
    fn of(metadata: &'static Metadata) -> Self {
        let kinds = metadata.descriptors();
        let of_kinds = [
            kinds.fixed_line(),
            kinds.mobile(),
            kinds.toll_free(),
            kinds.premium_rate(),
            kinds.shared_cost(),
            kinds.personal_number(),
            kinds.voip(),
            kinds.pager(),
            kinds.uan(),
            kinds.voicemail(),
        ];
        let patterns: Vec<_> =
            of_kinds.iter().flatten().map(|kind| kind.national_number().as_str()).collect();
        let trunk = metadata
            .national_prefix_for_parsing()
            .map(|prefix| prefix.as_str())
            .or(metadata.national_prefix());
        Self {
            region: metadata.id(),
            code: metadata.country_code().to_string(),
            number: pattern(&format!("^(?:{})$", patterns.join("|"))),
            lengths: kinds.general().possible_length().iter().map(|length| usize::from(*length)).collect(),
            trunk: trunk.and_then(|trunk| pattern(&format!("^(?:{trunk})"))),
            access: metadata
                .international_prefix()
                .and_then(|access| pattern(&format!("^(?:{})", access.as_str()))),
        }
    }

    /// Whether digits are a number of the region, with or without its trunk prefix.
    fn is_national(&self, digits: &str) -> bool {
        let is_number = |digits: &str| {
            let is_possible = self.lengths.is_empty() || self.lengths.contains(&digits.len());
            is_possible && self.number.as_ref().is_none_or(|number| number.is_match(digits))
        };
        let trunk = || self.trunk.as_ref().and_then(|trunk| trunk.find(digits));
        is_number(digits) || trunk().is_some_and(|trunk| digits.get(trunk.end()..).is_some_and(is_number))
    }
}

/// A pattern of the library, which may contain blanks.
fn pattern(pattern: &str) -> Option<Regex> {
    RegexBuilder::new(pattern).ignore_whitespace(true).unicode(false).build().ok()
}

/// The plans of a country code, made at first use.
fn plans(code: u16) -> &'static [Plan] {
    static PLANS: [OnceLock<Vec<Plan>>; 1000] = [const { OnceLock::new() }; 1000];
    let Some(plans) = PLANS.get(usize::from(code)) else { return &[] };
    plans.get_or_init(|| {
        let of_code = DATABASE.by_code(&code).unwrap_or_default();
        of_code.into_iter().map(Plan::of).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};
    use super::*;

    /// What the library itself says of its examples, for every region and kind.
    #[test]
    fn as_the_library_says() {
        let mut count = 0;
        for metadata in DATABASE.iter() {
            let kinds = metadata.descriptors();
            for kind in
                [kinds.fixed_line(), kinds.mobile(), kinds.toll_free(), kinds.voip()].into_iter().flatten()
            {
                let Some(example) = kind.example() else { continue };
                let international = format!("{}{example}", metadata.country_code());
                let of_library = phonenumber::parse(None, format!("+{international}"));
                let is_valid = of_library.is_ok_and(|number| phonenumber::is_valid(&number));
                assert!(is_international(&international) || !is_valid, "+{international}");
                count += usize::from(is_valid);
            }
        }
        assert!(count > 500, "{count}");
    }

    #[test]
    fn every_plan_can_be_read() {
        for plan in (0..1000).flat_map(plans) {
            assert!(plan.number.is_some(), "{}", plan.region);
        }
        assert_eq!(Phones::of(["US", "XX"]).err(), Some("XX"));
        assert_eq!(Phones::of_default().home.len(), PatternDetector::DEFAULT_PHONE_REGIONS.len());
    }

    #[test]
    fn numbers() {
        for text in [
            "+1 415 555 0132",
            "+44 (0)20 7946 0958",
            "+44 20 7946 0958",
            "+14155550132",
            "+34 912 345 678",
            "+91 98765 43210",
            "+49 30 1234567",
            "(415) 555-0132",
            "(415)555-0132",
            "415-555-0132",
            "415.555.0132",
            "1-415-555-0132",
            "415 555 0132",
            "020 7946 0958",
            "+1 415-555-0132 ext. 12",
            "415-555-0132 x99",
        ] {
            assert_eq!(found(text), [("PHONE", 0..text.len())], "{text}");
            assert_eq!(found(&format!("👋 {text}, or")), [("PHONE", 2..2 + text.len())], "{text}");
            assert_eq!(found(&format!("1. {text}.")), [("PHONE", 3..3 + text.len())], "{text}");
        }
        assert_eq!(found("(212)\n555-0100"), [("PHONE", 0..14)]);
        assert_eq!(found("(212)\r\n555-0100"), [("PHONE", 0..15)]);
    }

    #[test]
    fn with_words_beside() {
        assert_eq!(found("Phone: 4155550132"), [("PHONE", 7..17)]);
        assert_eq!(found("Teléfono\t912345678"), [("PHONE", 9..18)]);
        assert_eq!(found("Llame al 912 345 678"), [("PHONE", 9..20)]);
        assert_eq!(found("Telephone No.: (    ) 314-8888"), [("PHONE", 22..30)]);
        nothing("314-8888");
        nothing("4155550132");
        nothing("912 345 678");
    }

    #[test]
    fn what_is_no_number() {
        for text in [
            "+1 115 555 0132",
            "115-555-0132",
            "12-34-56",
            "+",
            "+12",
            "(33.6)\n364.0",
            "x415-555-0132",
            "415-555-01321",
        ] {
            nothing(text);
        }
    }
}
