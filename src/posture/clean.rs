//! The proof of a clean report, and jobs that start with nothing less.

use std::fmt;
use std::time::Duration;

use tokio::time::Instant;

use super::Posture;
use super::report::{Control, Report};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Family, RunningJob, Seal, SecureJob};
use crate::resource::Bucket;

/// How long a proof is good for unless told otherwise: an hour.
const GOOD_FOR: Duration = Duration::from_secs(60 * 60);

/// The proof that a posture was clean a while ago.
///
/// There is no other way to one than [`Posture::demand_clean`], which has just looked: a [`Report`] that was read from a file
/// does not turn into one. It keeps the clients that were looked at, so a job starts with those and with no others. It keeps
/// the buckets too: a job starts only where its input bucket was looked at as one, or is the output bucket of the seal.
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
            let message = "the posture has findings, which the source of this error names: mend them, or let who checks see them";
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

    /// The same proof, good for so long after it was made; an hour unless told otherwise.
    #[must_use]
    pub fn good_for(self, time: Duration) -> Self {
        Self { good_for: time, ..self }
    }

    /// The clients to start with, if this proves anything for a job of this seal with a document in this bucket.
    fn clients_for(&self, seal: &Seal, input: &Bucket) -> Result<&Clients> {
        let refuse = |message| Err(Error::new(ErrorKind::NotClean, Stage::Posture, message));
        if *seal != self.seal {
            return refuse("the clean report is of another seal than the job's: look at the job's own");
        }
        if self.input.as_ref() != Some(input) && self.seal.bucket() != input {
            return refuse(
                "the clean report did not look at the job's input bucket: look with Posture::of_job, or name the bucket to \
                 Posture::input",
            );
        }
        if self.looked.elapsed() > self.good_for {
            return refuse("the clean report is too old: look again");
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
/// Hand this out in place of a [`SecureJob`], and who has it cannot start it in any other way.
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
    /// Where the output goes, and under which key.
    pub fn seal(&self) -> &Seal {
        self.job.seal()
    }

    /// Starts the job with the clients that were looked at.
    ///
    /// # Errors
    ///
    /// [`NotClean`](ErrorKind::NotClean) if the proof is of another seal than the job's, did not look at the job's input bucket,
    /// or is too old; else as [`SecureJob::start`].
    ///
    /// # Cancel safety
    ///
    /// As [`SecureJob::start`].
    pub async fn start(&self, clean: &CleanReport) -> Result<RunningJob<F>> {
        self.job.start(clean.clients_for(self.job.seal(), self.job.input().bucket())?).await
    }
}
