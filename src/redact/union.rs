//! Several detectors as one.

use futures::future::{BoxFuture, try_join_all};

use super::{Detection, DetectorError, PiiDetector, PiiSpan};

/// Asks several detectors and returns what any of them found.
///
/// Spans of several detectors may overlap, as those of one may; which of them count is decided by the stage. Each names the
/// detector that found it. If one of the detectors fails, or if there is none, the union fails.
///
/// ```
/// use inkseal::redact::{PatternDetector, PiiDetector, UnionDetector};
///
/// # fn of(customers: impl PiiDetector + 'static) {
/// let detector = UnionDetector::new().with(PatternDetector::new()).with(customers);
/// # }
/// ```
#[derive(Default)]
pub struct UnionDetector {
    detectors: Vec<Box<dyn PiiDetector>>,
}

impl UnionDetector {
    /// A union of no detectors yet, which fails until it has one.
    pub fn new() -> Self {
        Self::default()
    }

    /// The union with one more detector.
    #[must_use]
    pub fn with(mut self, detector: impl PiiDetector + 'static) -> Self {
        self.detectors.push(Box::new(detector));
        self
    }

    async fn ask<'a>(&'a self, text: &'a str) -> Result<Detection, DetectorError> {
        if self.detectors.is_empty() {
            return Err(DetectorError::new("the union has no detector: add one"));
        }
        let asked = self.detectors.iter().map(|detector| async move {
            let mut detection = detector.detect(text).await?;
            for span in &mut detection.spans {
                span.detector.get_or_insert(detector.name());
            }
            Ok::<_, DetectorError>(detection)
        });
        let mut all = Detection::default();
        let length = text.chars().count();
        for Detection { spans, requests, billed_units } in try_join_all(asked).await? {
            // Sorting would hide that a detector gave them out of order.
            if super::detector::nonsense(&spans, length).is_some() {
                return Err(DetectorError::new("a detector of the union gave invalid spans"));
            }
            all.spans.extend(spans);
            all.requests += requests;
            all.billed_units += billed_units;
        }
        all.spans.sort_by_key(PiiSpan::range_key);
        Ok(all)
    }
}

impl PiiDetector for UnionDetector {
    fn name(&self) -> &'static str {
        "union"
    }

    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        Box::pin(self.ask(text))
    }

    /// The most that any of them asks for.
    fn batch_bytes(&self) -> usize {
        self.detectors.iter().map(|detector| detector.batch_bytes()).max().unwrap_or_default()
    }
}

impl std::fmt::Debug for UnionDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.detectors.iter().map(|detector| detector.name())).finish()
    }
}
