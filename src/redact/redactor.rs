//! The stage: what is detected with what, and what is put in its place.

use std::collections::{HashMap, HashSet};
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use futures::{StreamExt, TryStreamExt, stream};

use super::declared;
use super::detector::nonsense;
use super::needles::{Needles, fold};
use super::operator::{Operator, Tokens};
use super::overlap;
use super::plan::Hit;
use super::record::{Redactable, sealed::Record};
use super::redacted::Redacted;
use super::report::RedactionReport;
use super::sheet::Sheet;
use super::unit::Unit;
use super::{CodePoints, Detection, PiiDetector, PiiSpan, PiiType};
use crate::error::{Error, ErrorKind, Result, Stage};

/// How long a detector may take for a text, unless told otherwise.
pub const DEFAULT_DETECTION_TIMEOUT: Duration = Duration::from_secs(5 * 60);

/// How many texts are looked at at a time, unless told otherwise.
pub const DEFAULT_DETECTIONS: usize = 4;

/// The redaction stage: a detector, and what is put in place of what it finds. Cheap to clone.
///
/// ```
/// use inkseal::document::Document;
/// use inkseal::redact::{Operator, PatternDetector, PiiType, Redactor};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), inkseal::Error> {
/// let redactor = Redactor::builder(PatternDetector::new())
///     .operator(PiiType::CreditDebitNumber, Operator::mask().keep_last(4))
///     .others(Operator::replace_with_type())
///     .build()?;
/// let document = Document::from_json(br#"{"Blocks": [
///     {"BlockType": "LINE", "Id": "l", "Text": "Mail: jane@example.com", "Relationships": [{"Type": "CHILD", "Ids": ["a", "b"]}]},
///     {"BlockType": "WORD", "Id": "a", "Text": "Mail:"}, {"BlockType": "WORD", "Id": "b", "Text": "jane@example.com"}
/// ]}"#)?;
/// let (redacted, report) = document.redact(&redactor).await?;
/// assert_eq!(redacted.to_text(), "Mail: [EMAIL]");
/// assert_eq!(report.by_type()[&PiiType::Email], 1);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct Redactor {
    detector: Arc<dyn PiiDetector>,
    settings: Arc<Settings>,
    document: Option<Arc<str>>,
}

/// What a [`Redactor`] does with what its detector finds.
#[derive(Clone, Debug)]
pub(super) struct Settings {
    operators: HashMap<PiiType, Operator>,
    others: Operator,
    only: Option<HashSet<PiiType>>,
    except: HashSet<PiiType>,
    min_scores: HashMap<PiiType, f32>,
    min_score: f32,
    /// As [`fold`] has them.
    allowed: HashSet<String>,
    pub(super) keep_rest_of_words: bool,
    pub(super) blur_geometry: bool,
    pub(super) sweep: bool,
    trust_fields: bool,
    timeout: Duration,
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

/// What the stage keeps of a document from page to page.
#[derive(Clone, Default)]
pub(super) struct Memory {
    tokens: Tokens,
    swept: Arc<Needles>,
    pub(super) report: RedactionReport,
}

impl Memory {
    /// Takes up what is to be swept, once for all that was looked at together.
    fn remember(&mut self, settings: &Settings, looked: &Looked) -> Result<()> {
        if !settings.sweep {
            return Ok(());
        }
        let swept = Arc::make_mut(&mut self.swept);
        let strings = looked.hits.iter().flat_map(|hits| &hits.strings);
        strings.for_each(|(pii_type, text)| swept.add(text, pii_type));
        swept.prepare()
    }
}

/// What is at hand while a record is redacted.
pub(super) struct Progress<'a> {
    pub(super) settings: &'a Settings,
    pub(super) document: Option<&'a str>,
    pub(super) tokens: &'a mut Tokens,
    pub(super) swept: &'a Arc<Needles>,
    pub(super) report: &'a mut RedactionReport,
}

impl Settings {
    pub(super) fn operator(&self, pii_type: &PiiType) -> &Operator {
        self.operators.get(pii_type).unwrap_or(&self.others)
    }

    /// Whether a span is to be dealt with at all.
    fn wants(&self, span: &PiiSpan, text: &str) -> bool {
        let least = self.min_scores.get(&span.pii_type).unwrap_or(&self.min_score);
        span.score >= *least
            && self.only.as_ref().is_none_or(|only| only.contains(&span.pii_type))
            && !self.except.contains(&span.pii_type)
            && (self.allowed.is_empty() || !self.allowed.contains(&fold(text)))
    }
}

impl RedactorBuilder {
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
    /// [`InvalidInput`](ErrorKind::InvalidInput) where a score is not between 0 and 1, a timeout or the number of
    /// detections at a time is 0.
    pub fn build(self) -> Result<Redactor> {
        let Self { detector, settings } = self;
        let is_score = |score: &f32| (0.0..=1.0).contains(score);
        if !(is_score(&settings.min_score) && settings.min_scores.values().all(is_score)) {
            return Err(Error::invalid("a least score of the redaction is not between 0 and 1"));
        }
        if settings.operators.values().chain([&settings.others]).any(Operator::masks_with_letters) {
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

impl Redactor {
    /// Settings for a stage with this detector.
    pub fn builder(detector: impl PiiDetector + 'static) -> RedactorBuilder {
        RedactorBuilder {
            detector: Arc::new(detector),
            settings: Settings {
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
            },
        }
    }

    /// The same stage for a document of this name, which [encryption](Operator::encrypt) binds to. It is not written
    /// anywhere.
    #[must_use]
    pub fn for_document(&self, name: impl Into<Arc<str>>) -> Self {
        Self { document: Some(name.into()), ..self.clone() }
    }

    /// Whether the settings leave some of what the detector finds as it is: types, scores, texts, or the ends of numbers.
    #[cfg(feature = "posture")]
    pub(crate) fn leaves_something(&self) -> bool {
        let Settings { operators, others, only, except, min_scores, min_score, allowed, .. } =
            &*self.settings;
        others.leaves_something()
            || operators.values().any(Operator::leaves_something)
            || only.is_some()
            || !except.is_empty()
            || !allowed.is_empty()
            || min_scores.values().chain([min_score]).any(|score| *score > 0.0)
    }

    /// What the stage finds in a text, in order and without overlap: the spans of its detector that pass its thresholds and
    /// lists, those of types that are kept too.
    ///
    /// # Errors
    ///
    /// As [`redact`](Self::redact).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the detection. Requests of the detector that are under way may be billed.
    pub async fn detect(&self, text: &str) -> Result<Detection> {
        let Passed { mut detection, kept, .. } = self.look_at(text, Vec::new(), &String::new).await?;
        detection.spans.extend(kept);
        detection.spans = overlap::resolve(text, &CodePoints::of(text), detection.spans);
        Ok(detection)
    }

    /// Redacts a record: a [`Document`](crate::Document), the blocks of a page, an expense or identity document, or a
    /// result of a loan file. Says also what was done, in numbers.
    ///
    /// # Errors
    ///
    /// It fails closed, and the error names the pages: [`DetectorFailed`](ErrorKind::DetectorFailed) where the detector
    /// does, or gives nonsense (an error of the service behind it keeps its own kind);
    /// [`DeadlineExceeded`](ErrorKind::DeadlineExceeded) where it takes too long; [`Leak`](ErrorKind::Leak) where
    /// what was detected is left; [`InvalidInput`](ErrorKind::InvalidInput) where something is to be encrypted and the
    /// document was not [named](Self::for_document).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future drops the record with it, and lets nothing of it out. Requests of the detector that are
    /// under way may be billed; redacting the same record again gives the same.
    pub async fn redact<T: Redactable>(&self, record: T) -> Result<(Redacted<T>, RedactionReport)> {
        self.check()?;
        let mut memory = Memory::default();
        let unit = Unit::open(record);
        let looked = self.look_at_sheets(&unit.sheets.iter().collect::<Vec<_>>()).await?;
        memory.remember(&self.settings, &looked)?;
        let redacted = self.apply(unit, looked, &mut memory)?;
        Ok((redacted, memory.report))
    }

    /// Redacts the records of one document together, such as those of an `AnalyzeExpense` response: tokens are the same in
    /// all of them, and so is what a [sweep](RedactorBuilder::sweep) looks for.
    ///
    /// # Errors
    ///
    /// As [`redact`](Self::redact), and then none of them comes out.
    ///
    /// # Cancel safety
    ///
    /// As [`redact`](Self::redact).
    pub async fn redact_all<T: Redactable>(
        &self,
        records: impl IntoIterator<Item = T>,
    ) -> Result<(Vec<Redacted<T>>, RedactionReport)> {
        self.check()?;
        let mut memory = Memory::default();
        let units: Vec<_> = records.into_iter().map(Unit::open).collect();
        let sheets: Vec<_> = units.iter().flat_map(|unit| &unit.sheets).collect();
        let looked = self.look_at_sheets(&sheets).await?;
        let redacted = self.apply_all(units, looked, &mut memory)?;
        Ok((redacted, memory.report))
    }

    /// Whether everything is there that the operators need.
    pub(super) fn check(&self) -> Result<()> {
        let operators = self.settings.operators.values().chain([&self.settings.others]);
        let is_unnamed = self.document.as_deref().is_none_or(str::is_empty);
        if is_unnamed && operators.into_iter().any(Operator::needs_document) {
            return Err(Error::invalid("encryption binds to a document: name it with `for_document`"));
        }
        Ok(())
    }

    pub(super) fn settings(&self) -> &Settings {
        &self.settings
    }

    /// How much text makes a batch.
    pub(super) fn batch_bytes(&self) -> usize {
        self.detector.batch_bytes()
    }

    /// Redacts records with what was detected on their sheets.
    pub(super) fn apply_all<T: Record>(
        &self,
        units: Vec<Unit<T>>,
        mut looked: Looked,
        memory: &mut Memory,
    ) -> Result<Vec<Redacted<T>>> {
        memory.remember(&self.settings, &looked)?;
        let mut apply = |unit: Unit<T>| {
            let own = looked.split_first(unit.sheets.len());
            self.apply(unit, own, memory)
        };
        units.into_iter().map(&mut apply).collect()
    }

    /// Redacts a record with what was detected on its sheets.
    fn apply<T: Record>(&self, unit: Unit<T>, looked: Looked, memory: &mut Memory) -> Result<Redacted<T>> {
        let Memory { tokens, swept, report } = memory;
        report.billed(looked.requests, looked.billed_units);
        for (page, pii_type, detector) in &looked.kept {
            report.enter(*page, pii_type, detector, self.settings.operator(pii_type).name());
        }
        let settings = &*self.settings;
        let mut progress = Progress { settings, document: self.document.as_deref(), tokens, swept, report };
        unit.redact(looked.hits, &mut progress)
    }

    /// Looks at sheets, as many of them together as the detector likes to have.
    pub(super) async fn look_at_sheets(&self, sheets: &[&Sheet]) -> Result<Looked> {
        let most = self.batch_bytes();
        let mut batches = Vec::new();
        let (mut start, mut bytes) = (0, 0);
        for (index, sheet) in sheets.iter().enumerate() {
            let length = sheet.text.len() + BETWEEN.len();
            if index > start && bytes + length > most {
                batches.push(start..index);
                (start, bytes) = (index, 0);
            }
            bytes += length;
        }
        batches.push(start..sheets.len());
        let looks =
            batches.into_iter().map(|batch| self.look_at_batch(sheets.get(batch).unwrap_or_default()));
        let looked: Vec<Looked> = stream::iter(looks).buffered(self.settings.parallel).try_collect().await?;
        Ok(looked.into_iter().fold(Looked::default(), Looked::joined))
    }

    async fn look_at_batch(&self, sheets: &[&Sheet]) -> Result<Looked> {
        let mut text =
            String::with_capacity(sheets.iter().map(|sheet| sheet.text.len() + BETWEEN.len()).sum());
        let mut places = Vec::with_capacity(sheets.len());
        for sheet in sheets {
            if !text.is_empty() {
                text.push_str(BETWEEN);
            }
            let start = text.len();
            text.push_str(&sheet.text);
            places.push(start..text.len());
        }
        let pages = || match sheets {
            [] => String::new(),
            [only] => format!("page {}: ", only.page),
            [first, .., last] => format!("pages {} to {}: ", first.page, last.page),
        };
        let mut spans = Vec::new();
        let points = CodePoints::of(&text);
        if self.settings.trust_fields {
            for (sheet, place) in sheets.iter().zip(&places) {
                for (pii_type, range) in &sheet.declared {
                    let range = points.of_bytes(range.start + place.start..range.end + place.start);
                    let range = range.filter(|range| !range.is_empty());
                    spans.extend(range.map(|range| PiiSpan {
                        detector: Some(declared::DETECTOR),
                        ..PiiSpan::new(pii_type.clone(), range, 1.0)
                    }));
                }
            }
        }
        let passed = self.look_at(&text, spans, &pages).await?;
        let mut looked = Looked {
            hits: vec![Hits::default(); sheets.len()],
            kept: Vec::new(),
            requests: passed.detection.requests,
            billed_units: passed.detection.billed_units,
        };
        // Where a span stands: one that runs over the end of a page is on both.
        let on_sheets = |span: &PiiSpan| {
            let bytes = points.to_bytes(span.range()).unwrap_or_default();
            let first = places.partition_point(|place| place.end <= bytes.start);
            let (start, end) = (bytes.start, bytes.end);
            let touched =
                places.iter().enumerate().skip(first).take_while(move |(_, place)| place.start < end);
            touched.map(move |(index, place)| {
                (index, start.max(place.start) - place.start..end.min(place.end) - place.start)
            })
        };
        let detector = |span: &PiiSpan| span.detector.unwrap_or_else(|| self.detector.name());
        for span in &passed.detection.spans {
            for (index, range) in on_sheets(span) {
                if let Some(hits) = looked.hits.get_mut(index) {
                    hits.found.push(Hit { pii_type: span.pii_type.clone(), range, detector: detector(span) });
                }
            }
        }
        for span in &passed.whole {
            for (index, range) in on_sheets(span) {
                let text = sheets.get(index).and_then(|sheet| sheet.text.get(range));
                // What a mask would leave as it is was masked before, and tells nothing.
                let is_masked = |text: &&str| self.settings.operator(&span.pii_type).leaves(text);
                if let (Some(hits), Some(text)) =
                    (looked.hits.get_mut(index), text.filter(|text| !is_masked(text)))
                {
                    hits.strings.push((span.pii_type.clone(), text.to_owned()));
                }
            }
        }
        for span in &passed.kept {
            let sheet = on_sheets(span).next().and_then(|(index, _)| sheets.get(index));
            looked.kept.push((sheet.map_or(1, |sheet| sheet.page), span.pii_type.clone(), detector(span)));
        }
        Ok(looked)
    }

    /// What passes of what the detector finds, and of what is known without it.
    async fn look_at(
        &self,
        text: &str,
        known: Vec<PiiSpan>,
        pages: &(dyn Fn() -> String + Sync),
    ) -> Result<Passed> {
        let name = self.detector.name();
        let failed = |kind, why: &str| {
            Error::new(kind, Stage::Redact, format!("{}the detector `{name}` {why}", pages()))
        };
        let mut detection = if text.trim().is_empty() {
            Detection::default()
        } else {
            match tokio::time::timeout(self.settings.timeout, self.detector.detect(text)).await {
                Ok(Ok(detection)) => detection,
                Ok(Err(error)) => {
                    let error = match error.into_source() {
                        Ok(source) => failed(source.kind(), "failed").caused_by(source),
                        Err(error) => failed(ErrorKind::DetectorFailed, "failed").caused_by(error),
                    };
                    return Err(error);
                }
                Err(_) => return Err(failed(ErrorKind::DeadlineExceeded, "did not answer in time")),
            }
        };
        let points = CodePoints::of(text);
        if let Some(why) = nonsense(&detection.spans, points.len()) {
            return Err(failed(ErrorKind::DetectorFailed, &format!("gave nonsense: {why}")));
        }
        for span in &mut detection.spans {
            span.detector.get_or_insert(name);
        }
        detection.spans.extend(known);
        let said = |span: &PiiSpan| {
            points.to_bytes(span.range()).and_then(|bytes| text.get(bytes)).unwrap_or_default()
        };
        detection.spans.retain(|span| self.settings.wants(span, said(span)));
        // What is kept must not hide what overlaps it.
        let (kept, others): (Vec<_>, Vec<_>) =
            detection.spans.into_iter().partition(|span| self.settings.operator(&span.pii_type).keeps());
        detection.spans = overlap::resolve(text, &points, others.clone());
        Ok(Passed { detection, whole: others, kept })
    }
}

/// What passes of what was detected in a text.
struct Passed {
    /// In order and without overlap.
    detection: Detection,
    /// The same spans before one cut off another.
    whole: Vec<PiiSpan>,
    /// What is only counted.
    kept: Vec<PiiSpan>,
}

/// What stands between two pages that are looked at together.
pub(super) const BETWEEN: &str = "\n\n";

/// What was detected on some sheets.
#[derive(Default)]
pub(super) struct Looked {
    /// For each sheet.
    hits: Vec<Hits>,
    /// What is only counted.
    kept: Vec<(u32, PiiType, &'static str)>,
    requests: u64,
    billed_units: u64,
}

/// What was detected on a sheet.
#[derive(Clone, Default)]
pub(super) struct Hits {
    /// In order and without overlap.
    pub(super) found: Vec<Hit>,
    /// The strings that must not come out.
    pub(super) strings: Vec<(PiiType, String)>,
}

impl Looked {
    fn joined(mut self, other: Self) -> Self {
        let Self { hits, kept, requests, billed_units } = other;
        self.hits.extend(hits);
        self.kept.extend(kept);
        self.requests += requests;
        self.billed_units += billed_units;
        self
    }

    /// Takes out what was detected on the first sheets; all that it cost is counted with them.
    pub(super) fn split_first(&mut self, sheets: usize) -> Self {
        let rest = self.hits.split_off(sheets.min(self.hits.len()));
        let first = std::mem::take(self);
        self.hits = rest;
        first
    }
}

impl fmt::Debug for Redactor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { detector, settings, document: _ } = self;
        f.debug_struct("Redactor")
            .field("detector", &detector.name())
            .field("others", &settings.others)
            .finish_non_exhaustive()
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
