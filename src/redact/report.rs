//! What was redacted, in numbers.

use std::collections::BTreeMap;

use serde::Serialize;

use super::PiiType;

/// What the stage did to a document, in numbers and without a word of its text: fit for an audit log.
///
/// It serializes to an object with the members `pages`, `requests`, `billed_units`, `entities`, the maps `by_type`,
/// `by_page`, `by_detector` and `by_operator`, and the list `counts`, of which those are sums.
///
/// ```
/// use inkseal::document::Document;
/// use inkseal::redact::{Operator, PatternDetector, PiiType, Redactor};
///
/// # #[tokio::main(flavor = "current_thread")]
/// # async fn main() -> Result<(), Box<dyn std::error::Error>> {
/// # let letter = br#"{"Blocks": [{"BlockType": "LINE", "Id": "l", "Page": 1, "Text": "jane@example.com", "Relationships": [{"Type": "CHILD", "Ids": ["a"]}]},
/// #     {"BlockType": "WORD", "Id": "a", "Page": 1, "Text": "jane@example.com"}]}"#;
/// let redactor = Redactor::builder(PatternDetector::new()).others(Operator::remove()).build()?;
/// let (_, report) = Document::from_json(letter)?.redact(&redactor).await?;
/// assert_eq!((report.pages(), report.entities(), report.by_type()[&PiiType::Email]), (1, 1, 1));
/// assert!(!serde_json::to_string(&report)?.contains("jane"));
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RedactionReport {
    pages: u64,
    requests: u64,
    billed_units: u64,
    counts: BTreeMap<Key, u64>,
}

/// What a count is of.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
struct Key {
    page: u32,
    #[serde(rename = "type")]
    pii_type: PiiType,
    detector: &'static str,
    operator: &'static str,
}

/// How many entities of a type were found on a page.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct Count {
    /// The page, from 1.
    pub page: u32,
    /// The type.
    #[serde(rename = "type")]
    pub pii_type: PiiType,
    /// The name of the detector that found it; `textract` if Textract itself gives the type of the field; and `sweep` for
    /// places of a string that was detected elsewhere.
    pub detector: &'static str,
    /// What was put in its place, or `keep`.
    pub operator: &'static str,
    /// How many.
    pub count: u64,
}

/// The detector that a report names for what was detected elsewhere.
pub(super) const SWEEP: &str = "sweep";

impl RedactionReport {
    /// How many pages were examined; for other records, how many records.
    pub fn pages(&self) -> u64 {
        self.pages
    }

    /// The requests that detectors made.
    pub fn requests(&self) -> u64 {
        self.requests
    }

    /// The units that are billed for them.
    pub fn billed_units(&self) -> u64 {
        self.billed_units
    }

    /// How many entities were found in all, including those that were kept.
    pub fn entities(&self) -> u64 {
        self.counts.values().sum()
    }

    /// How many were found of each type, on each page, by each detector, for each operator.
    pub fn counts(&self) -> impl Iterator<Item = Count> {
        self.counts.iter().map(|(key, count)| {
            let Key { page, pii_type, detector, operator } = key.clone();
            Count { page, pii_type, detector, operator, count: *count }
        })
    }

    /// How many were found of each type.
    pub fn by_type(&self) -> BTreeMap<PiiType, u64> {
        self.by(|key| key.pii_type.clone())
    }

    /// How many were found on each page that has any.
    pub fn by_page(&self) -> BTreeMap<u32, u64> {
        self.by(|key| key.page)
    }

    /// How many each detector found.
    pub fn by_detector(&self) -> BTreeMap<&'static str, u64> {
        self.by(|key| key.detector)
    }

    /// How many each operator was used for.
    pub fn by_operator(&self) -> BTreeMap<&'static str, u64> {
        self.by(|key| key.operator)
    }

    fn by<K: Ord>(&self, of: impl Fn(&Key) -> K) -> BTreeMap<K, u64> {
        let mut sums = BTreeMap::new();
        for (key, count) in &self.counts {
            *sums.entry(of(key)).or_default() += count;
        }
        sums
    }

    pub(super) fn looked_at(&mut self, pages: u64) {
        self.pages += pages;
    }

    pub(super) fn billed(&mut self, requests: u64, units: u64) {
        self.requests += requests;
        self.billed_units += units;
    }

    pub(super) fn enter(
        &mut self,
        page: u32,
        pii_type: &PiiType,
        detector: &'static str,
        operator: &'static str,
    ) {
        *self.counts.entry(Key { page, pii_type: pii_type.clone(), detector, operator }).or_default() += 1;
    }
}

impl Serialize for RedactionReport {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        struct Wire {
            pages: u64,
            requests: u64,
            billed_units: u64,
            entities: u64,
            by_type: BTreeMap<String, u64>,
            by_page: BTreeMap<u32, u64>,
            by_detector: BTreeMap<&'static str, u64>,
            by_operator: BTreeMap<&'static str, u64>,
            counts: Vec<Count>,
        }

        let wire = Wire {
            pages: self.pages,
            requests: self.requests,
            billed_units: self.billed_units,
            entities: self.entities(),
            by_type: self.by(|key| key.pii_type.to_string()),
            by_page: self.by_page(),
            by_detector: self.by_detector(),
            by_operator: self.by_operator(),
            counts: self.counts().collect(),
        };
        wire.serialize(serializer)
    }
}
