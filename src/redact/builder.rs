//! The settings of the stage.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::needles::fold;
use super::operator::Operator;
use super::redactor::Redactor;
use super::{PiiDetector, PiiSpan, PiiType};
use crate::error::{Error, Result};

/// How long a detector may take for a text by default.
pub const DEFAULT_DETECTION_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How many texts are given to the detector at the same time by default.
pub const DEFAULT_DETECTIONS: usize = 4;

/// What a [`Redactor`] does with the findings of its detector.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    operators: HashMap<PiiType, Operator>,
    pub(super) others: Operator,
    only: Option<HashSet<PiiType>>,
    except: HashSet<PiiType>,
    min_scores: HashMap<PiiType, f32>,
    min_score: f32,
    /// As [`fold`] writes them.
    allowed: HashSet<String>,
    pub(super) keep_rest_of_words: bool,
    pub(super) blur_geometry: bool,
    pub(super) sweep: bool,
    pub(super) trust_fields: bool,
    pub(super) timeout: Duration,
    pub(super) parallel: usize,
}

/// Settings for a [`Redactor`].
///
/// The defaults are the careful choice: every type is redacted, with a mask and at any score; a word is redacted whole if any part
/// of it was detected. Places are kept, and strings are searched for on their own page.
///
/// ```
/// use inkseal::redact::{Operator, PatternDetector, PiiType, Redactor};
///
/// # fn main() -> inkseal::Result<()> {
/// let redactor = Redactor::builder(PatternDetector::new())
///     .operator(PiiType::CreditDebitNumber, Operator::mask().keep_last(4))
///     .others(Operator::token()) // NAME_1, NAME_2, the same for the same string
///     .except([PiiType::DateTime])
///     .allow(["support@example.com"])
///     .min_score_of(PiiType::Age, 0.8)
///     .blur_geometry(true) // lengths do not show in the boxes either
///     .sweep(true) // what was found on one page is searched for on the next ones
///     .build()?;
/// # let _ = redactor;
/// # Ok(())
/// # }
/// ```
pub struct RedactorBuilder {
    detector: Arc<dyn PiiDetector>,
    settings: Settings,
}

impl Settings {
    pub(super) fn operator(&self, pii_type: &PiiType) -> &Operator {
        self.operators.get(pii_type).unwrap_or(&self.others)
    }

    pub(super) fn all_operators(&self) -> impl Iterator<Item = &Operator> {
        self.operators.values().chain([&self.others])
    }

    /// Whether an operator leaves the ends of what it masks.
    pub(super) fn keeps_ends(&self) -> bool {
        self.all_operators().any(Operator::keeps_ends)
    }

    /// Whether a span counts.
    pub(super) fn wants(&self, span: &PiiSpan, text: &str) -> bool {
        let least = self.min_scores.get(&span.pii_type).unwrap_or(&self.min_score);
        span.score >= *least
            && self.only.as_ref().is_none_or(|only| only.contains(&span.pii_type))
            && !self.except.contains(&span.pii_type)
            && (self.allowed.is_empty() || !self.allowed.contains(&fold(text)))
    }

    /// Whether the settings exclude every type, so that nothing can be found.
    fn wants_nothing(&self) -> bool {
        self.only.as_ref().is_some_and(|only| only.is_subset(&self.except))
    }

    /// Whether some of what is found stays as it is.
    #[cfg(feature = "posture")]
    pub(super) fn leaves_something(&self) -> bool {
        let Self { only, except, min_scores, min_score, allowed, .. } = self;
        self.all_operators().any(Operator::leaves_something)
            || only.is_some()
            || !except.is_empty()
            || !allowed.is_empty()
            || min_scores.values().chain([min_score]).any(|score| *score > 0.0)
    }
}

impl RedactorBuilder {
    pub(super) fn new(detector: Arc<dyn PiiDetector>) -> Self {
        let settings = Settings {
            operators: HashMap::new(),
            others: Operator::mask(),
            only: None,
            except: HashSet::new(),
            min_scores: HashMap::new(),
            min_score: 0.0,
            allowed: HashSet::new(),
            keep_rest_of_words: false,
            blur_geometry: false,
            sweep: false,
            trust_fields: true,
            timeout: DEFAULT_DETECTION_TIMEOUT,
            parallel: DEFAULT_DETECTIONS,
        };
        Self { detector, settings }
    }

    /// What is put in place of a type. If set several times for one type, the last counts.
    #[must_use]
    pub fn operator(mut self, pii_type: PiiType, operator: Operator) -> Self {
        self.settings.operators.insert(pii_type, operator);
        self
    }

    /// What is put in place of all other types. Defaults to a [mask](Operator::mask).
    #[must_use]
    pub fn others(mut self, operator: Operator) -> Self {
        self.settings.others = operator;
        self
    }

    /// Redacts these types only.
    #[must_use]
    pub fn only(mut self, types: impl IntoIterator<Item = PiiType>) -> Self {
        self.settings.only.get_or_insert_default().extend(types);
        self
    }

    /// Neither redacts nor counts these types. [`Operator::keep`] counts them.
    #[must_use]
    pub fn except(mut self, types: impl IntoIterator<Item = PiiType>) -> Self {
        self.settings.except.extend(types);
        self
    }

    /// The minimum score at which this type is redacted, 0 to 1.
    #[must_use]
    pub fn min_score_of(mut self, pii_type: PiiType, score: f32) -> Self {
        self.settings.min_scores.insert(pii_type, score);
        self
    }

    /// The minimum score at which all other types are redacted, 0 to 1. Defaults to 0, so that everything a detector finds is
    /// redacted.
    #[must_use]
    pub fn min_score(mut self, score: f32) -> Self {
        self.settings.min_score = score;
        self
    }

    /// Texts that are never redacted if they are all of what was detected, such as the name of your company. White space and
    /// case do not matter.
    #[must_use]
    pub fn allow<I>(mut self, texts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.settings.allowed.extend(texts.into_iter().map(|text| fold(text.as_ref())));
        self
    }

    /// Leaves the rest of a word of which only a part was detected: `Doe,` becomes `***,`. Defaults to false: a word that is
    /// touched is redacted whole.
    #[must_use]
    pub fn keep_rest_of_words(mut self, keep: bool) -> Self {
        self.settings.keep_rest_of_words = keep;
        self
    }

    /// Widens the places of redacted words, and of the lines, fields and elements of the layout around them, to tenths of
    /// the page along their text, as the length of a word can reveal which it was. A [mask](Operator::mask) shows
    /// the length all the same. Defaults to false.
    #[must_use]
    pub fn blur_geometry(mut self, blur: bool) -> Self {
        self.settings.blur_geometry = blur;
        self
    }

    /// Redacts what was detected on one page wherever it appears on the other pages of a [`Document`](crate::Document) or
    /// [list](Redactor::redact_all) too, and in a stream on later pages; the earlier ones have already come out. On its own
    /// page that is always done. Strings of fewer than three letters and digits are not searched for. Defaults to false.
    #[must_use]
    pub fn sweep(mut self, sweep: bool) -> Self {
        self.settings.sweep = sweep;
        self
    }

    /// Whether the values of fields that Textract itself labels as personal, such as `FIRST_NAME` of an identity
    /// document, are redacted in any case, even if the detector misses them. Defaults to true.
    ///
    /// These are the fields, in the vocabulary of AnalyzeID, AnalyzeExpense and AnalyzeLending:
    ///
    /// | redacted as | fields |
    /// | --- | --- |
    /// | [`Name`](PiiType::Name) | every name of a person: `NAME`, `FIRST_NAME`, `SUFFIX`, `RECEIVER_NAME`, `CO-BORROWER_NAME`, ... |
    /// | [`Address`](PiiType::Address) | every address, including those of companies, and its parts except the country: `ADDRESS`, `ADDRESS_BLOCK`, `STREET`, `CITY`, `COUNTY`, `STATE`, `ZIP_CODE`, `VENDOR_ADDRESS`, `CURRENT_ADDRESS_STREET`, ...; `PLACE_OF_BIRTH` |
    /// | [`DateTime`](PiiType::DateTime) | dates of birth, `DATE_OF_ISSUE`, `EXPIRATION_DATE` |
    /// | [`Ssn`](PiiType::Ssn) | `SSN`, `EMPLOYEE_SSN`, `SOCIAL_SECURITY_NUMBER`, ..., `RECIPIENT_TIN` |
    /// | [`Phone`](PiiType::Phone) | telephone numbers of people: `RECEIVER_PHONE`, `CONTACT_PHONE_NUMBER`, ... |
    /// | [`Email`](PiiType::Email) | email addresses |
    /// | [`BankAccountNumber`](PiiType::BankAccountNumber), [`BankRouting`](PiiType::BankRouting) | `ACCOUNT_NUMBER`, `BANK_ROUTING_NUMBER` |
    /// | `DOCUMENT_NUMBER`, `MRZ_CODE` | the fields of these names |
    ///
    /// A name or telephone number counts as a person's unless its type says that it belongs to an organisation or a thing, as
    /// `VENDOR_NAME`, `BANK_NAME`, `EMPLOYER_NAME` and `STATE_NAME` do, or all groups of an expense field are the vendor's.
    #[must_use]
    pub fn trust_fields(mut self, trust: bool) -> Self {
        self.settings.trust_fields = trust;
        self
    }

    /// How long the detector may take for a text. Defaults to [`DEFAULT_DETECTION_TIMEOUT`].
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How many texts are given to the detector at the same time. Defaults to [`DEFAULT_DETECTIONS`]. The pages of that many
    /// texts are in memory.
    #[must_use]
    pub fn parallel(mut self, detections: usize) -> Self {
        self.settings.parallel = detections;
        self
    }

    /// Builds the stage.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if a score is not between 0 and 1; a mask is a letter, a
    /// digit or white space; the timeout or the number of simultaneous detections is 0; or no type is left to redact, as
    /// with [`only`](Self::only) of no type.
    pub fn build(self) -> Result<Redactor> {
        let Self { detector, settings } = self;
        let is_score = |score: &f32| (0.0..=1.0).contains(score);
        if !(is_score(&settings.min_score) && settings.min_scores.values().all(is_score)) {
            return Err(Error::invalid("a minimum score of the redaction is not between 0 and 1"));
        }
        if settings.all_operators().any(Operator::masks_unsafely) {
            return Err(Error::invalid(
                "a mask of letters, digits or white space could say something: mask with a sign",
            ));
        }
        if settings.wants_nothing() {
            return Err(Error::invalid(
                "the redaction looks for no type: name one in `only` that is not in `except`",
            ));
        }
        if settings.timeout.is_zero() {
            return Err(Error::invalid("the timeout of the redaction is 0: give the detector some time"));
        }
        if settings.parallel == 0 {
            return Err(Error::invalid("the redaction needs at least 1 simultaneous detection"));
        }
        Ok(Redactor { detector, settings: Arc::new(settings), document: None })
    }
}

impl fmt::Debug for RedactorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { detector, settings } = self;
        f.debug_struct("RedactorBuilder")
            .field("detector", &detector.name())
            .field("others", &settings.others)
            .finish_non_exhaustive()
    }
}
