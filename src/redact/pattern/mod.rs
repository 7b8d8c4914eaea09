//! The detector that asks nobody: patterns, check digits, and the words beside them.

mod builder;
mod checksum;
mod country;
mod cursor;
mod date;
mod fold;
mod host;
mod labelled;
mod lists;
mod mask;
mod net;
mod number;
mod phone;
mod recognizer;
mod scan;
mod secret;
mod subject;
mod table;
mod words;

use std::fmt;
use std::sync::Arc;

use futures::future::BoxFuture;

pub use self::builder::PatternDetectorBuilder;
use self::fold::Folded;
use self::lists::{Allow, Deny};
use self::phone::Phones;
use self::recognizer::Compiled;
pub use self::recognizer::Recognizer;
use self::scan::{Rules, Scan};
use super::overlap::resolve;
use super::{CodePoints, Detection, DetectorError, PiiDetector, PiiSpan};

/// How many code points are looked at before another task may run.
const PIECE: usize = 64 * 1024;

/// Finds what has a form: numbers with a check digit, addresses, dates, and values behind a label.
///
/// It needs no network, no model and no configuration. It goes over a text once, and takes time in proportion to its length,
/// whatever the text is. A clone shares all that the first one holds.
///
/// # What it cannot find
///
/// It finds no **names** and no **street addresses**: they have no form. It does not find what stands neither in a known
/// form nor beside a word that tells of it: a bare row of nine digits may be anything. It knows such words in English and
/// Spanish. Where names matter, put [`deny`](PatternDetectorBuilder::deny) lists of those that are known beside it, or use
/// Amazon Comprehend.
///
/// # What it checks
///
/// | type | check |
/// | --- | --- |
/// | `CREDIT_DEBIT_NUMBER` | Luhn; an issuer's prefix and length; groups of 3 to 7, parted alike |
/// | `INTERNATIONAL_BANK_ACCOUNT_NUMBER` | modulo 97; the country's length in the SWIFT registry; groups of four |
/// | `BANK_ROUTING` | ABA 3-7-1, first two digits that are given out; a British sort code beside its name |
/// | `BANK_ACCOUNT_NUMBER` | 8 to 17 digits beside a word, 6 to 17 in groups behind a label |
/// | `SWIFT_CODE` | 8 or 11 characters with a country; capitals alone need a word |
/// | `SSN` | area not 000, 666 or 9xx, group and serial not zero, no mixed separators, not a known sample |
/// | `US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER` | 9xx and the groups that the IRS gives out |
/// | `UK_NATIONAL_HEALTH_SERVICE_NUMBER` | modulo 11 |
/// | `UK_NATIONAL_INSURANCE_NUMBER` | prefixes that are used, suffix A to D |
/// | `UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER` | modulo 11, beside a word |
/// | `CA_SOCIAL_INSURANCE_NUMBER` | Luhn, first digit not 0 or 8 |
/// | `CA_HEALTH_NUMBER` | the forms of the provinces |
/// | `IN_AADHAAR` | Verhoeff, first digit 2 to 9, no palindrome |
/// | `IN_PERMANENT_ACCOUNT_NUMBER` | 5 letters of which the fourth names a holder, 4 digits, a letter |
/// | `IN_VOTER_NUMBER`, `IN_NREGA` | their forms; the letters of a state |
/// | `VEHICLE_IDENTIFICATION_NUMBER` | the check digit of 49 CFR 565; no I, O or Q |
/// | `EMAIL` | a mailbox and a host by RFC 5321, international ones too |
/// | `URL` | a scheme, or a host whose top-level domain is known |
/// | `IP_ADDRESS`, `MAC_ADDRESS` | parsed |
/// | `PHONE` | the numbering plans of libphonenumber: all countries with `+`, else those of the regions that are set |
/// | `DATE_TIME` | days that the calendar has, in figures and words, English and Spanish |
/// | `AGE` | 0 to 125, with its unit or its label |
/// | `AWS_ACCESS_KEY`, `AWS_SECRET_KEY` | prefix and length; 40 characters of base64 with the entropy of a key, beside a word |
/// | `PASSWORD`, `USERNAME`, `PIN`, `CREDIT_DEBIT_CVV`, `CREDIT_DEBIT_EXPIRY` | the value behind their label |
/// | `PASSPORT_NUMBER`, `DRIVER_ID`, `LICENSE_PLATE` | the forms of several countries, beside a word |
///
/// Some numbers that Comprehend has no name for have that of Presidio: `ES_NIF`, `ES_NIE`, `IT_FISCAL_CODE`, `AU_ABN`,
/// `AU_ACN`, `AU_TFN`, `AU_MEDICARE`, `SG_NRIC_FIN`, `PL_PESEL` and `MEDICAL_LICENSE`, each with its check digit.
///
/// Digits of every script, full-width forms, dashes and spaces of every kind count as the plain ones. A match ends where
/// a word does. A number may go on in the next line; a value may stand in the line or cell behind its label.
///
/// # Scores
///
/// What fails its check is not found. What passes has one score on its own, and a higher one where one of the five words before
/// it or the two behind it tells of its type. [`DEFAULT_MIN_SCORE`](Self::DEFAULT_MIN_SCORE) is 0.5.
///
/// | what | alone | with a word |
/// | --- | --- | --- |
/// | email; web address with a scheme; AWS access key | 0.95 | 1 |
/// | IBAN | 0.95 | 1 |
/// | card number in groups; in one | 0.9; 0.8 | 1 |
/// | phone with `+`; as `(415) 555-0132` | 0.85 | 1; 0.95 |
/// | phone as `415-555-0132`; `415 555 0132`; `020 7946 0958` | 0.7; 0.5; 0.55 | 0.95 |
/// | phone in other groups; in one | 0.3; 0.1 | 0.85; 0.75 |
/// | date with a year of four digits; a month in words | 0.8; 0.9 | 0.95 |
/// | date without; time of day; a year | 0.1 to 0.6; 0.3; 0.02 | 0.55 to 0.85; 0.7; 0.5 |
/// | IP address; MAC address | 0.6; 0.8 | 0.95 |
/// | web address without a scheme | 0.5, with a path 0.7 | 0.85 |
/// | SSN, ITIN with hyphens; SSN in one | 0.7; 0.05 | 0.95; 0.85 |
/// | Aadhaar in groups; in one | 0.7; 0.35 | 1; 0.95 |
/// | PAN, National Insurance number, VIN, NREGA | 0.7 to 0.8 | 0.95 |
/// | NHS number in groups; in one | 0.4; 0.2 | 1; 0.95 |
/// | Canadian SIN with hyphens; in one | 0.6; 0.05 | 0.95; 0.85 |
/// | ABA number in groups; in one | 0.6; 0.1 | 0.95 |
/// | SWIFT with a digit, or ending XXX; of letters | 0.55; 0.1 | 0.95; 0.85 |
/// | secret key | 0.4 | 0.95 |
/// | account, passport, driving licence, plate, voter, taxpayer reference, health number | 0.01 to 0.5 | 0.6 to 0.95 |
/// | password, username, PIN, CVV, expiry, age behind a label | — | 0.5 to 0.9 |
///
/// The score on its own is halved where the letters are small, or the number is a part of a longer one; the score with a word
/// is so where the letters are small and the form tells little.
///
/// # Examples
///
/// ```
/// use inkseal::redact::{PatternDetector, PiiType};
///
/// let spans = PatternDetector::new().find("👋 Card: 4111 1111 1111 1111, password: hunter2");
/// assert_eq!((&spans[0].pii_type, spans[0].range()), (&PiiType::CreditDebitNumber, 8..27));
/// assert_eq!((&spans[1].pii_type, spans[1].range()), (&PiiType::Password, 39..46));
/// ```
#[derive(Clone)]
pub struct PatternDetector(Arc<Inner>);

struct Inner {
    rules: Rules,
    recognizers: Vec<Compiled>,
    /// Words in any case, and words in their own.
    deny: Vec<Deny>,
    allow: Allow,
}

impl PatternDetector {
    /// The score that a find needs, unless [`min_score`](PatternDetectorBuilder::min_score) says another.
    pub const DEFAULT_MIN_SCORE: f32 = 0.5;

    /// Whose telephone numbers are found without their country's code, unless
    /// [`phone_regions`](PatternDetectorBuilder::phone_regions) names others.
    pub const DEFAULT_PHONE_REGIONS: [&str; 10] =
        ["US", "GB", "CA", "IN", "ES", "MX", "BR", "DE", "FR", "IL"];

    /// All built-in recognisers, at [`DEFAULT_MIN_SCORE`](Self::DEFAULT_MIN_SCORE), with [`DEFAULT_PHONE_REGIONS`](Self::DEFAULT_PHONE_REGIONS).
    pub fn new() -> Self {
        let rules = Rules::new(u64::MAX, Self::DEFAULT_MIN_SCORE, Phones::of_default());
        Self(Arc::new(Inner { rules, recognizers: Vec::new(), deny: Vec::new(), allow: Allow::default() }))
    }

    /// A detector that is set up otherwise.
    pub fn builder() -> PatternDetectorBuilder {
        PatternDetectorBuilder::new()
    }

    /// Finds personal data in a text: spans in order, which do not overlap.
    ///
    /// Of two finds that overlap the one of the higher score stays whole, and of the other what stands beyond it.
    pub fn find(&self, text: &str) -> Vec<PiiSpan> {
        let folded = Folded::of(text);
        let mut scan = Scan::new(&self.0.rules, &folded);
        while scan.advance(PIECE) {}
        let points = CodePoints::of(text);
        resolve(text, &points, self.0.spans(text, &points, &folded, scan))
    }
}

impl Inner {
    /// What a scan that is done has found, and what the application's own recognisers and lists find: spans in any order, which
    /// may overlap.
    fn spans(
        &self,
        text: &str,
        points: &CodePoints<'_>,
        folded: &Folded<'_>,
        scan: Scan<'_>,
    ) -> Vec<PiiSpan> {
        let hits = scan.hits.into_iter();
        let mut spans: Vec<_> =
            hits.map(|hit| PiiSpan::new(hit.subject.pii_type(), hit.range, hit.score)).collect();
        for recognizer in &self.recognizers {
            recognizer.find(text, folded, points, &mut spans);
        }
        spans.retain(|span| span.score >= self.rules.min_score && !self.allow.has(text, points, span));
        for words in &self.deny {
            words.find(text, points, &mut spans);
        }
        // A label with nothing but white space behind it has no value.
        let said = |span: &PiiSpan| points.to_bytes(span.range()).and_then(|bytes| text.get(bytes));
        spans.retain(|span| said(span).is_some_and(|said| !said.trim().is_empty()));
        spans
    }
}

impl PiiDetector for PatternDetector {
    fn name(&self) -> &'static str {
        "patterns"
    }

    /// As [`find`](PatternDetector::find), but of finds that overlap all: which of them are wanted is the stage's to say, and one that
    /// is not must not hide another. It cannot fail. Other tasks may run every 64 Ki code points.
    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        Box::pin(async move {
            let folded = Folded::of(text);
            let mut scan = Scan::new(&self.0.rules, &folded);
            while scan.advance(PIECE) {
                tokio::task::yield_now().await;
            }
            Ok(Detection::sorted(self.0.spans(text, &CodePoints::of(text), &folded, scan)))
        })
    }
}

impl Default for PatternDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// Tells how much it was given; its lists hold the names of customers.
impl fmt::Debug for PatternDetector {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Inner { rules, recognizers, deny: _, allow: _ } = &*self.0;
        f.debug_struct("PatternDetector")
            .field("min_score", &rules.min_score)
            .field("recognizers", &recognizers.iter().map(Compiled::pii_type).collect::<Vec<_>>())
            .finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use std::ops::Range;
    use std::sync::LazyLock;

    use super::subject::Subject;
    use super::*;

    #[test]
    fn what_says_nothing_is_no_find() {
        let text = "password:\u{b}\u{b}\u{b}\u{b}\u{b}\u{b}\u{b}\u{b} hunter2";
        let lenient = PatternDetector::builder().min_score(0.0).build().expect("a detector");
        let all = futures::executor::block_on(lenient.detect(text)).expect("it cannot fail").spans;
        assert_eq!(super::super::detector::nonsense(&all, text.chars().count()), None);
        assert_eq!(super::super::detector::nonsense(&lenient.find(text), text.chars().count()), None);
    }

    static DETECTOR: LazyLock<PatternDetector> = LazyLock::new(PatternDetector::new);

    /// What a detector of its own finds in a text: names of types, and code points.
    pub(super) fn found(text: &str) -> Vec<(&'static str, Range<usize>)> {
        let spans = DETECTOR.find(text);
        assert_eq!(super::super::detector::nonsense(&spans, text.chars().count()), None);
        let name = |span: &PiiSpan| Subject::of(&span.pii_type).map_or("?", Subject::name);
        spans.iter().map(|span| (name(span), span.range())).collect()
    }

    /// That nothing is found in a text.
    #[track_caller]
    pub(super) fn nothing(text: &str) {
        assert_eq!(found(text), [], "{text}");
    }
}
