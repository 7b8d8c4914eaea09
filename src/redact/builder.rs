//! What the stage is told.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use super::needles::fold;
use super::operator::Operator;
use super::redactor::Redactor;
use super::{PiiDetector, PiiSpan, PiiType};
use crate::error::{Error, Result};

/// How long a detector may take for a text, unless told otherwise.
pub const DEFAULT_DETECTION_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How many texts are looked at at a time, unless told otherwise.
pub const DEFAULT_DETECTIONS: usize = 4;

/// What a [`Redactor`] does with what its detector finds.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    operators: HashMap<PiiType, Operator>,
    pub(super) others: Operator,
    only: Option<HashSet<PiiType>>,
    except: HashSet<PiiType>,
    min_scores: HashMap<PiiType, f32>,
    min_score: f32,
    /// As [`fold`] has them.
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
/// What is not said is done the careful way: every type is redacted, by a mask, whatever its score; all of a word goes where a part of it was
/// detected; places are kept, and strings are looked for on their own page.
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
///     .sweep(true) // what was found on one page is looked for on the next ones
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

    /// Whether some operator leaves the ends of what it masks.
    pub(super) fn keeps_ends(&self) -> bool {
        self.all_operators().any(Operator::keeps_ends)
    }

    /// Whether a span is to be dealt with at all.
    pub(super) fn wants(&self, span: &PiiSpan, text: &str) -> bool {
        let least = self.min_scores.get(&span.pii_type).unwrap_or(&self.min_score);
        span.score >= *least
            && self.only.as_ref().is_none_or(|only| only.contains(&span.pii_type))
            && !self.except.contains(&span.pii_type)
            && (self.allowed.is_empty() || !self.allowed.contains(&fold(text)))
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

    /// What is put in place of a type. Of several for one type the last counts.
    #[must_use]
    pub fn operator(mut self, pii_type: PiiType, operator: Operator) -> Self {
        self.settings.operators.insert(pii_type, operator);
        self
    }

    /// What is put in place of all other types: a [mask](Operator::mask), unless told otherwise.
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

    /// Does not redact these types, nor count them. [`Operator::keep`] counts them.
    #[must_use]
    pub fn except(mut self, types: impl IntoIterator<Item = PiiType>) -> Self {
        self.settings.except.extend(types);
        self
    }

    /// The least score of a type, 0 to 1.
    #[must_use]
    pub fn min_score_of(mut self, pii_type: PiiType, score: f32) -> Self {
        self.settings.min_scores.insert(pii_type, score);
        self
    }

    /// The least score of all other types, 0 to 1; 0 unless told otherwise, so that all that a detector gives is redacted.
    #[must_use]
    pub fn min_score(mut self, score: f32) -> Self {
        self.settings.min_score = score;
        self
    }

    /// Texts that are never redacted, such as the names of one's own company: where one of them is all of what was
    /// detected. White space and case do not matter.
    #[must_use]
    pub fn allow<I>(mut self, texts: I) -> Self
    where
        I: IntoIterator,
        I::Item: AsRef<str>,
    {
        self.settings.allowed.extend(texts.into_iter().map(|text| fold(text.as_ref())));
        self
    }

    /// Leaves what of a word was not detected: `Doe,` becomes `***,`. Otherwise a word that is touched is redacted whole.
    #[must_use]
    pub fn keep_rest_of_words(mut self, keep: bool) -> Self {
        self.settings.keep_rest_of_words = keep;
        self
    }

    /// Widens the places of redacted words, and of the lines, fields and elements of the layout around them, to tenths of
    /// the page along their text, as the length of a word can tell which it was. A [mask](Operator::mask) tells
    /// the length all the same.
    #[must_use]
    pub fn blur_geometry(mut self, blur: bool) -> Self {
        self.settings.blur_geometry = blur;
        self
    }

    /// Redacts what was detected on one page wherever it stands on the other pages of a [`Document`](crate::Document) or
    /// [list](Redactor::redact_all) too, and of a stream on those that come later; the earlier ones have come out. On its own
    /// page that is always done. Strings of fewer than three letters and digits are not looked for.
    #[must_use]
    pub fn sweep(mut self, sweep: bool) -> Self {
        self.settings.sweep = sweep;
        self
    }

    /// Whether the values of fields that Textract itself says to be personal, such as `FIRST_NAME` of an identity
    /// document, are redacted whatever the detector says: so, unless told otherwise.
    #[must_use]
    pub fn trust_fields(mut self, trust: bool) -> Self {
        self.settings.trust_fields = trust;
        self
    }

    /// How long the detector may take for a text: [`DEFAULT_DETECTION_TIMEOUT`] unless told otherwise.
    #[must_use]
    pub fn timeout(mut self, timeout: Duration) -> Self {
        self.settings.timeout = timeout;
        self
    }

    /// How many texts the detector looks at at a time: [`DEFAULT_DETECTIONS`] unless told otherwise. The pages of so many
    /// texts are in memory.
    #[must_use]
    pub fn parallel(mut self, detections: usize) -> Self {
        self.settings.parallel = detections;
        self
    }

    /// The stage.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) where a score is not between 0 and 1, a mask is of a letter, a
    /// digit or white space, or a timeout or the number of detections at a time is 0.
    pub fn build(self) -> Result<Redactor> {
        let Self { detector, settings } = self;
        let is_score = |score: &f32| (0.0..=1.0).contains(score);
        if !(is_score(&settings.min_score) && settings.min_scores.values().all(is_score)) {
            return Err(Error::invalid("a least score of the redaction is not between 0 and 1"));
        }
        if settings.all_operators().any(Operator::masks_with_letters) {
            return Err(Error::invalid(
                "a mask of letters, digits or white space could say something: take a sign for it",
            ));
        }
        if settings.timeout.is_zero() {
            return Err(Error::invalid("the timeout of the redaction is 0: give the detector some time"));
        }
        if settings.parallel == 0 {
            return Err(Error::invalid("the redaction needs at least 1 detection at a time"));
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
