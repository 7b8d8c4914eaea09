//! The proof of a clean report, and jobs that start only with it.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::Posture;
use super::report::{Control, Report};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Family, RunningJob, Seal, SecureJob};
use crate::resource::Bucket;

/// How long a proof is valid by default: one hour.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

/// The proof that a posture was clean a short while ago.
///
/// The only way to get one is [`Posture::demand_clean`], which has just checked: a [`Report`] that was read from a file cannot be turned
/// into one. It keeps the clients that were checked, so a job starts with those and no others. It keeps the input bucket as well: a job
/// starts only if its own was checked as such, with [`Posture::of_job`] or [`Posture::input`]. That includes a job whose input is in the
/// output bucket: without an input there, only the output prefix was checked.
#[derive(Clone)]
pub struct CleanReport {
    clients: Clients,
    seal: Seal,
    input: Option<Bucket>,
    report: Report,
    looked: Instant,
    good_for: Duration,
}

/// Which controls kept a report from being clean.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not clean: {}", .controls.join(", "))]
pub struct NotClean {
    controls: Vec<String>,
}

impl NotClean {
    /// The names of the controls, in the order of the report.
    pub fn controls(&self) -> &[String] {
        &self.controls
    }
}

impl CleanReport {
    pub(super) fn new(posture: &Posture, report: Report) -> Result<Self> {
        if !report.is_clean() {
            let controls = report.findings().map(|control: &Control| control.id().to_owned()).collect();
            let message = "the posture has findings, which the source of this error names: fix them, or give the checking role the \
                           missing permissions";
            return Err(
                Error::new(ErrorKind::NotClean, Stage::Posture, message).caused_by(NotClean { controls })
            );
        }
        let (clients, seal, input) = (posture.clients.clone(), posture.seal.clone(), posture.input.clone());
        Ok(Self { clients, seal, input, report, looked: Instant::now(), good_for: GOOD_FOR })
    }

    /// The report.
    pub fn report(&self) -> &Report {
        &self.report
    }

    /// The same proof, valid for this long after it was made. Defaults to one hour.
    #[must_use]
    pub fn good_for(self, time: Duration) -> Self {
        Self { good_for: time, ..self }
    }

    /// The clients to start with, if this proof covers a job of this seal with a document in this bucket.
    fn clients_for(&self, seal: &Seal, input: &Bucket) -> Result<&Clients> {
        let refuse = |message| Err(Error::new(ErrorKind::NotClean, Stage::Posture, message));
        if *seal != self.seal {
            return refuse("the clean report is of another seal than the job's: check that of the job");
        }
        // The output bucket is no exception: without an input there, only the output prefix was checked.
        if self.input.as_ref() != Some(input) {
            return refuse(
                "the clean report does not cover the job's input bucket: use Posture::of_job, or give the bucket to Posture::input",
            );
        }
        if self.looked.elapsed() > self.good_for {
            return refuse("the clean report is too old: check again");
        }
        Ok(&self.clients)
    }
}

impl fmt::Debug for CleanReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients: _, seal, input, report, looked: _, good_for } = self;
        f.debug_struct("CleanReport")
            .field("seal", seal)
            .field("input", input)
            .field("counts", &report.counts())
            .field("good_for", good_for)
            .finish_non_exhaustive()
    }
}

/// A job that starts only with the proof that its posture is clean.
///
/// Hand this out instead of a [`SecureJob`], and its holder cannot start the job in any other way.
///
/// ```no_run
/// use inkseal::posture::Posture;
/// # use inkseal::{Analysis, Clients, SecureJob};
/// # async fn example(clients: Clients, job: SecureJob<Analysis>) -> inkseal::Result<()> {
/// let clean = Posture::of_job(&job, &clients).demand_clean().await?;
/// let running = job.demanding_clean_posture().start(&clean).await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it does nothing until it is started"]
pub struct DemandingJob<F> {
    job: SecureJob<F>,
}

impl<F: Family> SecureJob<F> {
    /// The same job, which starts only with the proof that its posture is clean.
    pub fn demanding_clean_posture(self) -> DemandingJob<F> {
        DemandingJob { job: self }
    }
}

impl<F: Family> DemandingJob<F> {
    /// The bucket that the output goes to, and the key that it is under.
    pub fn seal(&self) -> &Seal {
        self.job.seal()
    }

    /// Starts the job with the clients that were checked.
    ///
    /// # Errors
    ///
    /// [`NotClean`](ErrorKind::NotClean) if the proof is of another seal than the job's, does not cover the job's input bucket,
    /// or is too old; otherwise as [`SecureJob::start`].
    ///
    /// # Cancel safety
    ///
    /// As [`SecureJob::start`].
    pub async fn start(&self, clean: &CleanReport) -> Result<RunningJob<F>> {
        self.job.start(clean.clients_for(self.job.seal(), self.job.input().bucket())?).await
    }
}
