//! The stage: records go in, and come out redacted or not at all.

use std::fmt;
use std::sync::Arc;

use super::builder::{RedactorBuilder, Settings};
use super::look::{Looked, Passed};
use super::needles::Needles;
use super::operator::{Operator, Tokens};
use super::overlap;
use super::record::{Redactable, sealed::Record};
use super::redacted::Redacted;
use super::report::RedactionReport;
use super::unit::Unit;
use super::{CodePoints, Detection, PiiDetector};
use crate::error::{Error, Result};

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
    pub(super) detector: Arc<dyn PiiDetector>,
    pub(super) settings: Arc<Settings>,
    pub(super) document: Option<Arc<str>>,
}

/// What the stage remembers of a document from page to page.
#[derive(Clone, Default)]
pub(super) struct Memory {
    tokens: Tokens,
    swept: Arc<Needles>,
    pub(super) report: RedactionReport,
}

impl Memory {
    /// Remembers what is to be swept, once for everything that was detected together.
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

/// The settings and the state of the document while a record is redacted.
pub(super) struct Progress<'a> {
    pub(super) settings: &'a Settings,
    pub(super) document: Option<&'a str>,
    pub(super) tokens: &'a mut Tokens,
    pub(super) swept: &'a Arc<Needles>,
    pub(super) report: &'a mut RedactionReport,
}

impl Redactor {
    /// Settings for a stage with this detector.
    pub fn builder(detector: impl PiiDetector + 'static) -> RedactorBuilder {
        RedactorBuilder::new(Arc::new(detector))
    }

    /// The same stage for a document of this name, which [encryption](Operator::encrypt) binds to. It is not written
    /// anywhere.
    #[must_use]
    pub fn for_document(&self, name: impl Into<Arc<str>>) -> Self {
        Self { document: Some(name.into()), ..self.clone() }
    }

    /// Whether the settings leave some findings of the detector as they are: by type, score or text, or the ends of numbers.
    #[cfg(feature = "posture")]
    pub(crate) fn leaves_something(&self) -> bool {
        self.settings.leaves_something()
    }

    /// What the stage finds in a text, in order and without overlap: the spans of its detector that pass its thresholds and
    /// lists, including those of types that are kept.
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
    /// result of a loan file. Also returns what was done, in numbers.
    ///
    /// # Errors
    ///
    /// It fails closed, and the error names the pages: [`DetectorFailed`](crate::ErrorKind::DetectorFailed) if the
    /// detector fails or returns nonsense (an error of the service behind it keeps its own kind);
    /// [`DeadlineExceeded`](crate::ErrorKind::DeadlineExceeded) if it takes too long;
    /// [`Leak`](crate::ErrorKind::Leak) if something that was detected is left;
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if something is to be encrypted and the document was not
    /// [named](Self::for_document).
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
    /// all of them, and so are the strings that a [sweep](RedactorBuilder::sweep) searches for.
    ///
    /// # Errors
    ///
    /// As [`redact`](Self::redact); then none of the records comes out.
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

    /// Checks that the operators have everything that they need.
    pub(super) fn check(&self) -> Result<()> {
        let is_unnamed = self.document.as_deref().is_none_or(str::is_empty);
        if is_unnamed && self.settings.all_operators().any(Operator::needs_document) {
            return Err(Error::invalid("encryption binds to a document: name it with `for_document`"));
        }
        Ok(())
    }

    /// How much text makes a batch, in bytes.
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
