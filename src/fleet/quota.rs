//! How much an account may ask of Textract.

use crate::clients::RateLimiter;
use crate::error::{Error, Result};
use crate::job::Api;

/// What one family of jobs may use of an account's quotas in a Region: Start calls per second, and concurrent jobs.
///
/// It is a ceiling that is never exceeded. Give a share of the account's quotas if others use them too.
///
/// ```
/// use inkseal::fleet::Quota;
/// use inkseal::job::Api;
///
/// let quota = Quota::us_east_1(Api::StartDocumentAnalysis);
/// assert_eq!((quota.starts_per_second(), quota.concurrent_jobs()), (10.0, 600));
/// let half = Quota::new(5.0, 300)?;
/// # let _ = half;
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Quota {
    starts_per_second: f64,
    concurrent_jobs: u32,
}

impl Quota {
    /// The default quotas in us-east-1, from "Set quotas in Amazon Textract" in the developer guide as of 2024. Other
    /// Regions have far less: take what the Service Quotas console shows for yours.
    ///
    /// | operation | starts per second | concurrent jobs |
    /// | --- | --- | --- |
    /// | `StartDocumentTextDetection` | 15 | 600 |
    /// | `StartDocumentAnalysis` | 10 | 600 |
    /// | `StartExpenseAnalysis` | 5 | 600 |
    /// | `StartLendingAnalysis` | 5 | 600 |
    pub const fn us_east_1(api: Api) -> Self {
        let starts_per_second = match api {
            Api::StartDocumentTextDetection => 15.0,
            Api::StartDocumentAnalysis => 10.0,
            Api::StartExpenseAnalysis | Api::StartLendingAnalysis => 5.0,
        };
        Self { starts_per_second, concurrent_jobs: 600 }
    }

    /// A quota of this many Start calls per second and concurrent jobs.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) unless the rate is finite and at least one call a day, and the
    /// number of jobs is at least 1.
    pub fn new(starts_per_second: f64, concurrent_jobs: u32) -> Result<Self> {
        if !starts_per_second.is_finite() || RateLimiter::per_second(starts_per_second).is_none() {
            return Err(Error::invalid(
                "the start rate must be a finite number of calls per second, at least one call a day",
            ));
        }
        if concurrent_jobs == 0 {
            return Err(Error::invalid("the number of concurrent jobs must be above 0"));
        }
        Ok(Self { starts_per_second, concurrent_jobs })
    }

    /// Start calls per second.
    pub const fn starts_per_second(&self) -> f64 {
        self.starts_per_second
    }

    /// Jobs that may run concurrently.
    pub const fn concurrent_jobs(&self) -> u32 {
        self.concurrent_jobs
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_quota() {
        for rate in [0.0, -1.0, f64::NAN, f64::INFINITY, 1e-9] {
            assert!(Quota::new(rate, 1).is_err(), "{rate}");
        }
        assert!(Quota::new(1.0, 0).is_err());
        assert!(Quota::new(0.1, u32::MAX).is_ok());
    }
}
