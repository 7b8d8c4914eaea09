//! Requests per second, and jobs at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::calls::Call;
use super::comprehend::PiiCall;
use super::jobs::Family;

/// The quotas of one family of operations. `None` means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FamilyQuotas {
    /// Start requests per second.
    pub start_per_second: Option<f64>,
    /// Get requests per second.
    pub get_per_second: Option<f64>,
    /// Jobs that may be in progress at the same time.
    pub concurrent_jobs: Option<usize>,
}

impl FamilyQuotas {
    /// All three limits.
    pub const fn new(start_per_second: f64, get_per_second: f64, concurrent_jobs: usize) -> Self {
        Self {
            start_per_second: Some(start_per_second),
            get_per_second: Some(get_per_second),
            concurrent_jobs: Some(concurrent_jobs),
        }
    }
}

/// The quotas of the synchronous operations, in calls per second. `None` means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct CallQuotas {
    /// `DetectDocumentText`.
    pub detect_document_text: Option<f64>,
    /// `AnalyzeDocument`.
    pub analyze_document: Option<f64>,
    /// `AnalyzeExpense`.
    pub analyze_expense: Option<f64>,
    /// `AnalyzeID`.
    pub analyze_id: Option<f64>,
}

impl CallQuotas {
    /// The same limit for each of the four.
    pub const fn each(per_second: f64) -> Self {
        let limit = Some(per_second);
        Self {
            detect_document_text: limit,
            analyze_document: limit,
            analyze_expense: limit,
            analyze_id: limit,
        }
    }
}

/// The quotas of Comprehend's operations, in calls per second. `None` means no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ComprehendQuotas {
    /// `DetectPiiEntities`.
    pub detect_pii_entities: Option<f64>,
    /// `ContainsPiiEntities`.
    pub contains_pii_entities: Option<f64>,
}

impl ComprehendQuotas {
    /// The same limit for both.
    pub const fn each(per_second: f64) -> Self {
        let limit = Some(per_second);
        Self { detect_pii_entities: limit, contains_pii_entities: limit }
    }
}

/// The quotas of Textract and Comprehend. None by default.
///
/// Exceeding a rate of Textract gives `ProvisionedThroughputExceededException`, and too many jobs give
/// `LimitExceededException`; exceeding a rate of Comprehend gives `ThrottlingException` (HTTP 400). The requests of one
/// second may come at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quotas {
    /// Text detection.
    pub text: FamilyQuotas,
    /// Analysis.
    pub analysis: FamilyQuotas,
    /// Expense analysis.
    pub expense: FamilyQuotas,
    /// Lending analysis; its summary counts towards the Get rate, too.
    pub lending: FamilyQuotas,
    /// The synchronous operations.
    pub calls: CallQuotas,
    /// Comprehend's operations.
    pub comprehend: ComprehendQuotas,
    /// Answer with `ThrottlingException` (HTTP 500) instead if a rate of Textract is exceeded.
    pub throttling_exception: bool,
}

impl Quotas {
    /// The default quotas of us-east-1 as AWS published them in 2024. Other Regions have far lower ones. Comprehend's
    /// are the 20 calls per second from before it began to throttle by how busy it is, for which there is no number.
    pub const fn us_east_1() -> Self {
        Self {
            text: FamilyQuotas::new(15.0, 25.0, 600),
            analysis: FamilyQuotas::new(10.0, 10.0, 600),
            expense: FamilyQuotas::new(5.0, 5.0, 600),
            lending: FamilyQuotas::new(5.0, 25.0, 600),
            calls: CallQuotas {
                detect_document_text: Some(25.0),
                analyze_document: Some(10.0),
                analyze_expense: Some(5.0),
                analyze_id: Some(5.0),
            },
            comprehend: ComprehendQuotas::each(20.0),
            throttling_exception: false,
        }
    }

    pub(super) fn of(&self, family: Family) -> FamilyQuotas {
        match family {
            Family::Text => self.text,
            Family::Analysis => self.analysis,
            Family::Expense => self.expense,
            Family::Lending => self.lending,
        }
    }

    /// How many requests per second these operations may have.
    pub(super) fn rate(&self, operations: Operations) -> Option<f64> {
        match operations {
            Operations::Start(family) => self.of(family).start_per_second,
            Operations::Get(family) => self.of(family).get_per_second,
            Operations::Call(Call::DetectDocumentText) => self.calls.detect_document_text,
            Operations::Call(Call::AnalyzeDocument) => self.calls.analyze_document,
            Operations::Call(Call::AnalyzeExpense) => self.calls.analyze_expense,
            Operations::Call(Call::AnalyzeId) => self.calls.analyze_id,
            Operations::Pii(PiiCall::Detect) => self.comprehend.detect_pii_entities,
            Operations::Pii(PiiCall::Contains) => self.comprehend.contains_pii_entities,
        }
    }
}

/// The operations that share a rate.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Operations {
    Start(Family),
    Get(Family),
    Call(Call),
    Pii(PiiCall),
}

/// Token buckets: one for each group of operations that share a rate, in each Region.
#[derive(Debug, Default)]
pub(super) struct Rates {
    buckets: Mutex<HashMap<(Operations, String), (f64, Instant)>>,
}

impl Rates {
    /// Whether the rate allows another request.
    pub(super) fn admit(&self, operations: Operations, region: &str, per_second: Option<f64>) -> bool {
        let Some(per_second) = per_second else { return true };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let most = per_second.max(1.0);
        let (left, at) = buckets.entry((operations, region.to_owned())).or_insert((most, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * per_second).min(most);
        *at = now;
        // A tiny tolerance, for sums of fractions that should be whole numbers.
        if *left + 1e-9 < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}
