//! Requests a second, and jobs at a time.

use std::collections::HashMap;
use std::sync::{Mutex, PoisonError};

use tokio::time::Instant;

use super::jobs::Family;

/// The quotas of one family of operations. `None` is no limit.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct FamilyQuotas {
    /// Start requests a second.
    pub start_per_second: Option<f64>,
    /// Get requests a second.
    pub get_per_second: Option<f64>,
    /// Jobs that may be in progress at a time.
    pub concurrent_jobs: Option<usize>,
}

impl FamilyQuotas {
    /// These three limits.
    pub const fn new(start_per_second: f64, get_per_second: f64, concurrent_jobs: usize) -> Self {
        Self {
            start_per_second: Some(start_per_second),
            get_per_second: Some(get_per_second),
            concurrent_jobs: Some(concurrent_jobs),
        }
    }
}

/// Textract's quotas. None by default.
///
/// A rate that is exceeded is `ProvisionedThroughputExceededException`, too many jobs are `LimitExceededException`. A
/// second's worth of requests may come at once.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Quotas {
    /// Text detection.
    pub text: FamilyQuotas,
    /// Analysis.
    pub analysis: FamilyQuotas,
    /// Expense analysis.
    pub expense: FamilyQuotas,
    /// Lending analysis; its summary counts against the Get rate too.
    pub lending: FamilyQuotas,
    /// Answer a rate that is exceeded with `ThrottlingException` (HTTP 500) instead.
    pub throttling_exception: bool,
}

impl Quotas {
    /// The default quotas of us-east-1 as AWS published them in 2024. Other Regions have far lower ones.
    pub const fn us_east_1() -> Self {
        Self {
            text: FamilyQuotas::new(15.0, 25.0, 600),
            analysis: FamilyQuotas::new(10.0, 10.0, 600),
            expense: FamilyQuotas::new(5.0, 5.0, 600),
            lending: FamilyQuotas::new(5.0, 25.0, 600),
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
}

/// Token buckets, one for each family and side and Region.
#[derive(Debug, Default)]
pub(super) struct Rates {
    buckets: Mutex<HashMap<Side, (f64, Instant)>>,
}

/// The Start or the Get operations of a family in a Region.
#[derive(Debug, PartialEq, Eq, Hash)]
struct Side {
    family: Family,
    start: bool,
    region: String,
}

impl Rates {
    /// Whether a request still fits in.
    pub(super) fn admit(&self, family: Family, start: bool, region: &str, per_second: Option<f64>) -> bool {
        let Some(per_second) = per_second else { return true };
        let mut buckets = self.buckets.lock().unwrap_or_else(PoisonError::into_inner);
        let now = Instant::now();
        let most = per_second.max(1.0);
        let (left, at) =
            buckets.entry(Side { family, start, region: region.to_owned() }).or_insert((most, now));
        *left = (*left + now.duration_since(*at).as_secs_f64() * per_second).min(most);
        *at = now;
        // The least bit of slack, for sums of fractions that should be whole.
        if *left + 1e-9 < 1.0 {
            return false;
        }
        *left -= 1.0;
        true
    }
}
