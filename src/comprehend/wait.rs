//! Waiting for the end of a job by polling, and stopping one.

use tracing::{Instrument, info, info_span};

use super::operation::{Described, Operation, Stoppable};
use super::running::{CompletedComprehendJob, Running, StartedJob};
use super::status::ComprehendStatus as Status;
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Look, WaitOptions, said_on_one_line};
use crate::part::JobStatus;

impl<O: Operation> StartedJob<O, Running> {
    /// Waits for the end of the job with the default [`WaitOptions`].
    ///
    /// # Errors
    ///
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Cancel safety
    ///
    /// As [`wait_with`](Self::wait_with).
    pub async fn wait(&self, clients: &Clients) -> Result<CompletedComprehendJob<O>> {
        self.wait_with(clients, &WaitOptions::default()).await
    }

    /// Waits for the end of the job.
    ///
    /// Comprehend does not announce the end of a job, so the job is described again and again, and the options'
    /// completion messages are ignored; throttled and broken polls are repeated until the deadline. Trainings take
    /// from half an hour to days, most analyses some minutes: choose the deadline accordingly.
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed) if a poll shows another output, key or VPC than the job was given: the job
    /// is then still running, stop it. [`JobFailed`](ErrorKind::JobFailed) with Comprehend's message;
    /// [`JobStopped`](ErrorKind::JobStopped); [`DeadlineExceeded`](ErrorKind::DeadlineExceeded);
    /// [`Malformed`](ErrorKind::Malformed) for a status that this version of the crate does not know;
    /// [`NotFound`](ErrorKind::NotFound) if Comprehend does not know the job (any more);
    /// [`AccessDenied`](ErrorKind::AccessDenied).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the waiting, not the job: wait again.
    pub async fn wait_with(
        &self,
        clients: &Clients,
        options: &WaitOptions,
    ) -> Result<CompletedComprehendJob<O>> {
        let span = info_span!("job", api = O::API, job = %self.id());
        let look = || async {
            let described = self.describe(clients).await?;
            Ok(match self.ended(described)? {
                (status, Some(job)) => Look::Ended(job, said(&status)),
                (status, None) => Look::Running(said(&status)),
            })
        };
        let waiting = async {
            let job = options.wait(look).await?;
            info!("completed");
            Ok(job)
        };
        waiting.instrument(span).await
    }

    /// Polls the job once; `None` if it has not ended.
    ///
    /// # Errors
    ///
    /// As [`wait_with`](Self::wait_with), except for the deadline.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: a poll changes nothing.
    pub async fn poll(&self, clients: &Clients) -> Result<Option<CompletedComprehendJob<O>>> {
        Ok(self.ended(self.describe(clients).await?)?.1)
    }

    /// What the service says about the job, compared with its seal.
    async fn describe(&self, clients: &Clients) -> Result<Described> {
        let described = O::describe(clients.comprehend_or_error(Stage::Wait)?, self.id()).await?;
        self.seal().check(&described)?;
        Ok(described)
    }

    fn ended(&self, described: Described) -> Result<(Status, Option<CompletedComprehendJob<O>>)> {
        let Described { status, message, output_uri, .. } = described;
        let status = Status::from(status.as_deref().unwrap_or_default());
        match status {
            Status::Submitted | Status::InProgress | Status::Training | Status::StopRequested => {
                Ok((status, None))
            }
            Status::Completed | Status::Trained | Status::TrainedWithWarning => {
                let output = self.seal().output().and(output_uri);
                let message = message.as_deref().map(said_on_one_line);
                let job = self.completed(status.clone(), output, message);
                Ok((status, Some(job)))
            }
            Status::Failed | Status::InError => Err(failed(message.as_deref())),
            Status::Stopped => Err(stopped("the job was stopped: start it again with a salt for its result")),
            Status::Deleting => Err(stopped("the model is being deleted")),
            Status::Other(name) => {
                let name = said_on_one_line(&name);
                let message = format!(
                    "the service gives the status {name:?}, which this version of the crate does not know"
                );
                Err(Error::new(ErrorKind::Malformed, Stage::Wait, message))
            }
        }
    }
}

impl<O: Stoppable> StartedJob<O, Running> {
    /// Asks Comprehend to stop the job. It may still end well if it was about to; wait for it to find out.
    ///
    /// What was written to the output until then stays there.
    ///
    /// # Errors
    ///
    /// [`NotFound`](ErrorKind::NotFound), [`AccessDenied`](ErrorKind::AccessDenied) and the other errors of the request.
    ///
    /// # Cancel safety
    ///
    /// After dropping the future, the job may or may not have been asked to stop: ask again, which does no harm.
    pub async fn stop(&self, clients: &Clients) -> Result<()> {
        let span = info_span!("job", api = O::API, job = %self.id());
        O::stop(clients.comprehend_or_error(Stage::Wait)?, self.id()).instrument(span).await
    }
}

/// The name as in [`Progress`](crate::Progress), if both services share one.
fn said(status: &Status) -> JobStatus {
    JobStatus::from(status.as_str())
}

fn stopped(message: &str) -> Error {
    Error::new(ErrorKind::JobStopped, Stage::Wait, message)
}

/// A job that Comprehend failed, with its message.
fn failed(message: Option<&str>) -> Error {
    let message = match message {
        Some(said) => format!("comprehend failed the job: {}", said_on_one_line(said)),
        None => "comprehend failed the job and does not say why".to_owned(),
    };
    Error::new(ErrorKind::JobFailed, Stage::Wait, message)
}
