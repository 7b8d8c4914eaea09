//! The detector that needs no service: patterns, check digits, and the words near them.

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

use std::sync::Arc;
use std::{fmt, iter};

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

/// How many bytes of a folded text are scanned before another task may run.
const PIECE: usize = 64 * 1024;

/// Finds data that has a form: numbers with a check digit, addresses, dates, and values behind a label.
///
/// It needs no network, no model and no configuration. It takes time in proportion to the length of the text, whatever the text
/// is. A clone shares everything with the original.
///
/// # What it cannot find
///
/// It finds no **names** and no **street addresses**: they have no form. Nor does it find data that is neither in a known form nor
/// near a word that says what it is: a bare row of nine digits may be anything. It knows such words in English and Spanish. If
/// names matter, add [`deny`](PatternDetectorBuilder::deny) lists of those that are known, or use Amazon Comprehend.
///
/// # What it checks
///
/// | type | check |
/// | --- | --- |
/// | `CREDIT_DEBIT_NUMBER` | Luhn; an issuer's prefix and length; groups of 3 to 7 digits with one kind of separator |
/// | `INTERNATIONAL_BANK_ACCOUNT_NUMBER` | modulo 97; the country's length in the SWIFT registry; groups of four |
/// | `BANK_ROUTING` | ABA 3-7-1, first two digits that are assigned; a British sort code next to a word |
/// | `BANK_ACCOUNT_NUMBER` | 8 to 17 digits next to a word, 6 to 17 in groups behind a label |
/// | `SWIFT_CODE` | 8 or 11 characters with a country; capitals alone need a word |
/// | `SSN` | area not 000, 666 or 9xx, group and serial not zero, no mixed separators, not a known sample |
/// | `US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER` | 9xx and the groups that the IRS assigns |
/// | `UK_NATIONAL_HEALTH_SERVICE_NUMBER` | modulo 11 |
/// | `UK_NATIONAL_INSURANCE_NUMBER` | prefixes that are used, suffix A to D |
/// | `UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER` | modulo 11, next to a word |
/// | `CA_SOCIAL_INSURANCE_NUMBER` | Luhn, first digit not 0 or 8 |
/// | `CA_HEALTH_NUMBER` | the forms of the provinces |
/// | `IN_AADHAAR` | Verhoeff, first digit 2 to 9, no palindrome |
/// | `IN_PERMANENT_ACCOUNT_NUMBER` | 5 letters of which the fourth names a holder, 4 digits, a letter |
/// | `IN_VOTER_NUMBER`, `IN_NREGA` | their forms; the letters of a state |
/// | `VEHICLE_IDENTIFICATION_NUMBER` | the check digit of 49 CFR 565; no I, O or Q |
/// | `EMAIL` | a mailbox and a host by RFC 5321, international ones too |
/// | `URL` | a scheme, or a host whose top-level domain is known |
/// | `IP_ADDRESS`, `MAC_ADDRESS` | parsed |
/// | `PHONE` | the numbering plans of libphonenumber: of all countries with `+`, otherwise of the regions that are set |
/// | `DATE_TIME` | days that the calendar has, in figures and words, English and Spanish |
/// | `AGE` | 0 to 125, with its unit or its label |
/// | `AWS_ACCESS_KEY`, `AWS_SECRET_KEY` | prefix and length; 40 characters of base64 with the entropy of a key, next to a word |
/// | `PASSWORD`, `USERNAME`, `PIN`, `CREDIT_DEBIT_CVV`, `CREDIT_DEBIT_EXPIRY` | the value behind their label |
/// | `PASSPORT_NUMBER`, `DRIVER_ID`, `LICENSE_PLATE` | the forms of several countries, next to a word |
///
/// Some numbers for which Comprehend has no name have Presidio's: `ES_NIF`, `ES_NIE`, `IT_FISCAL_CODE`, `AU_ABN`,
/// `AU_ACN`, `AU_TFN`, `AU_MEDICARE`, `SG_NRIC_FIN`, `PL_PESEL` and `MEDICAL_LICENSE`, each with its check digit.
///
/// Digits of every script, full-width forms, dashes and spaces of every kind count as the plain ones, and accented letters as
/// those without. Characters that do not show, such as zero-width spaces and soft hyphens, are read both as nothing and as the
/// space or hyphen that they may stand for. A match ends where a word does. A number may go on in the next line or cell; a value
/// may be in the line or cell after its label.
///
/// # Scores
///
/// What fails its check is not found. What passes has one score on its own, and a higher one if one of the five words before
/// it or the two after it is a context word for its type. [`DEFAULT_MIN_SCORE`](Self::DEFAULT_MIN_SCORE) is 0.5.
///
/// | what | alone | with a word |
/// | --- | --- | --- |
/// | email; web address with a scheme; AWS access key | 0.95 | 1 |
/// | IBAN | 0.95 | 1 |
/// | card number in groups; without | 0.9; 0.8 | 1 |
/// | phone with `+`; as `(415) 555-0132` | 0.85 | 1; 0.95 |
/// | phone as `415-555-0132`; `415 555 0132`; `020 7946 0958` | 0.7; 0.5; 0.55 | 0.95 |
/// | phone in other groups; without | 0.3; 0.1 | 0.85; 0.75 |
/// | date with a year of four digits; a month in words | 0.8; 0.9 | 0.95 |
/// | date without; time of day; a year | 0.1 to 0.6; 0.3; 0.02 | 0.55 to 0.85; 0.7; 0.5 |
/// | IP address; MAC address | 0.6; 0.8 | 0.95 |
/// | web address without a scheme | 0.5, with a path 0.7 | 0.85 |
/// | SSN, ITIN with hyphens; SSN without groups | 0.7; 0.05 | 0.95; 0.85 |
/// | Aadhaar in groups; without | 0.7; 0.35 | 1; 0.95 |
/// | PAN, National Insurance number, VIN, NREGA | 0.7 to 0.8 | 0.95 |
/// | NHS number in groups; without | 0.4; 0.2 | 1; 0.95 |
/// | Canadian SIN with hyphens; without groups | 0.6; 0.05 | 0.95; 0.85 |
/// | ABA number in groups; without | 0.6; 0.1 | 0.95 |
/// | SWIFT with a digit, or ending XXX; of letters | 0.55; 0.1 | 0.95; 0.85 |
/// | secret key | 0.4 | 0.95 |
/// | account, passport, driving licence, plate, voter, taxpayer reference, health number | 0.01 to 0.5 | 0.6 to 0.95 |
/// | password, username, PIN, CVV, expiry, age behind a label | — | 0.5 to 0.9 |
///
/// The score on its own is halved if the letters are small, or the number is part of a longer one; the score with a word is halved
/// if the letters are small and the form says little.
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
    deny: Option<Deny>,
    allow: Allow,
}

impl PatternDetector {
    /// The score that a find needs unless [`min_score`](PatternDetectorBuilder::min_score) is set.
    pub const DEFAULT_MIN_SCORE: f32 = 0.5;

    /// The regions whose telephone numbers are found without their country code unless
    /// [`phone_regions`](PatternDetectorBuilder::phone_regions) are set.
    pub const DEFAULT_PHONE_REGIONS: [&str; 10] =
        ["US", "GB", "CA", "IN", "ES", "MX", "BR", "DE", "FR", "IL"];

    /// A detector with all built-in recognisers, at [`DEFAULT_MIN_SCORE`](Self::DEFAULT_MIN_SCORE), with [`DEFAULT_PHONE_REGIONS`](Self::DEFAULT_PHONE_REGIONS).
    pub fn new() -> Self {
        let rules = Rules::new(u64::MAX, Self::DEFAULT_MIN_SCORE, Phones::of_default());
        Self(Arc::new(Inner { rules, recognizers: Vec::new(), deny: None, allow: Allow::default() }))
    }

    /// Sets up another detector.
    pub fn builder() -> PatternDetectorBuilder {
        PatternDetectorBuilder::new()
    }

    /// Finds personal data in a text: spans in order, which do not overlap.
    ///
    /// Of two finds that overlap, the one with the higher score stays whole, and the other is cut down to what is beyond it.
    pub fn find(&self, text: &str) -> Vec<PiiSpan> {
        let (folded, parted) = (Folded::of(text), Folded::parted(text));
        let mut spans = Vec::new();
        for reading in iter::once(&folded).chain(&parted) {
            let mut scan = Scan::new(&self.0.rules, reading);
            while scan.advance(PIECE) {}
            spans.extend(scan.spans());
        }
        let points = CodePoints::of(text);
        resolve(text, &points, self.0.completed(text, &points, &folded, spans))
    }
}

impl Inner {
    /// What the scans of a text have found, with what the application's own recognisers and lists find: spans in order, each once,
    /// which may overlap.
    fn completed(
        &self,
        text: &str,
        points: &CodePoints<'_>,
        folded: &Folded<'_>,
        mut spans: Vec<PiiSpan>,
    ) -> Vec<PiiSpan> {
        for recognizer in &self.recognizers {
            recognizer.find(text, folded, points, &mut spans);
        }
        spans.retain(|span| span.score >= self.rules.min_score && !self.allow.has(text, points, span));
        if let Some(deny) = &self.deny {
            deny.find(text, points, &mut spans);
        }
        // A label followed by white space alone has no value.
        let said = |span: &PiiSpan| points.to_bytes(span.range()).and_then(|bytes| text.get(bytes));
        spans.retain(|span| said(span).is_some_and(|said| !said.trim().is_empty()));
        // Of finds that differ in their score alone, the one with the highest.
        spans.sort_by(|one, other| {
            let by_place = one.range_key().cmp(&other.range_key());
            by_place.then_with(|| one.pii_type.cmp(&other.pii_type)).then(other.score.total_cmp(&one.score))
        });
        spans.dedup_by(|next, first| next.range() == first.range() && next.pii_type == first.pii_type);
        spans
    }
}

impl PiiDetector for PatternDetector {
    fn name(&self) -> &'static str {
        "patterns"
    }

    /// As [`find`](PatternDetector::find), but with all finds that overlap: the stage chooses among them, and one that it does not
    /// want must not hide another. It cannot fail. Other tasks may run every 64 Ki code points.
    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        Box::pin(async move {
            let (folded, parted) = (Folded::of(text), Folded::parted(text));
            let mut spans = Vec::new();
            for reading in iter::once(&folded).chain(&parted) {
                let mut scan = Scan::new(&self.0.rules, reading);
                while scan.advance(PIECE) {
                    tokio::task::yield_now().await;
                }
                spans.extend(scan.spans());
            }
            Ok(Detection::new(self.0.completed(text, &CodePoints::of(text), &folded, spans)))
        })
    }
}

impl Default for PatternDetector {
    fn default() -> Self {
        Self::new()
    }
}

/// Leaves out the lists, which hold the names of customers.
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

    /// What the default detector finds in a text: names of types, and code points.
    pub(super) fn found(text: &str) -> Vec<(&'static str, Range<usize>)> {
        let spans = DETECTOR.find(text);
        assert_eq!(super::super::detector::nonsense(&spans, text.chars().count()), None);
        let name = |span: &PiiSpan| Subject::of(&span.pii_type).map_or("?", Subject::name);
        spans.iter().map(|span| (name(span), span.range())).collect()
    }

    /// Asserts that nothing is found in a text.
    #[track_caller]
    pub(super) fn nothing(text: &str) {
        assert_eq!(found(text), [], "{text}");
    }
}
