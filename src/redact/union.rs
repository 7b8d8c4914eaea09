//! Several detectors as one.

use futures::future::{BoxFuture, try_join_all};

use super::{CodePoints, Detection, DetectorError, PiiDetector, overlap};

/// Asks several detectors and gives what any of them found.
///
/// Where spans overlap, the one of the higher score stays whole, of the same score the longer one; what the other covers
/// beyond it stays too. Each span names the detector that found it. If one of them fails, the union does.
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
    /// A union of nothing, which finds nothing.
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
        let asked = self.detectors.iter().map(|detector| async move {
            let mut detection = detector.detect(text).await?;
            for span in &mut detection.spans {
                span.detector.get_or_insert(detector.name());
            }
            Ok::<_, DetectorError>(detection)
        });
        let mut all = Detection::default();
        let points = CodePoints::of(text);
        for Detection { spans, requests, billed_units } in try_join_all(asked).await? {
            // Those of one detector hide nothing of another's.
            if super::detector::nonsense(&spans, points.len()).is_some() {
                return Err(DetectorError::new(
                    "a detector of the union gave spans that are none of the text",
                ));
            }
            all.spans.extend(spans);
            all.requests += requests;
            all.billed_units += billed_units;
        }
        all.spans = overlap::resolve(text, &points, all.spans);
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

    /// The most that any of them would like to have.
    fn batch_bytes(&self) -> usize {
        self.detectors.iter().map(|detector| detector.batch_bytes()).max().unwrap_or_default()
    }
}

impl std::fmt::Debug for UnionDetector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.detectors.iter().map(|detector| detector.name())).finish()
    }
}
