//! Waiting for the end of a job by polling.

use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use tokio::time::{Instant, sleep_until, timeout, timeout_at};
use tracing::{Instrument, debug, info, info_span};

use super::family::{Family, GetPage};
use super::running::{CompletedJob, RunningJob};
use crate::backoff::Backoff;
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
#[cfg(feature = "sqs")]
use crate::notify::CompletionStatus;
use crate::part::{JobStatus, PartHead};

/// How to wait for a job.
///
/// The time between two polls is drawn at random between the shortest and three times the one before (which counts as 100 ms at
/// least), up to the longest: decorrelated jitter, so that many waits that began together drift apart. All waits of one
/// [`Clients`] for Textract's jobs together also keep to its Get rate; waits for Comprehend's jobs, which have separate quotas, do
/// not.
///
/// ```
/// use std::time::Duration;
/// use inkseal::WaitOptions;
///
/// let options = WaitOptions::default()
///     .poll_between(Duration::from_secs(2), Duration::from_secs(60))
///     .deadline(Duration::from_secs(3600))
///     .on_progress(|progress| println!("{:?} after {:?}", progress.status, progress.elapsed));
/// # let _ = options;
/// ```
#[derive(Clone)]
#[must_use]
pub struct WaitOptions {
    shortest: Duration,
    longest: Duration,
    deadline: Duration,
    on_progress: Option<Observer>,
    #[cfg(feature = "sqs")]
    inbox: Option<crate::notify::Inbox>,
}

type Observer = Arc<dyn Fn(&Progress) + Send + Sync>;

/// The result of one poll.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Progress {
    /// How many times this wait has polled, from 1.
    pub polls: u32,
    /// The time since the wait began.
    pub elapsed: Duration,
    /// What the service said; `None` if the poll failed in a way that is worth another, such as throttling.
    pub status: Option<JobStatus>,
    /// The time until the next poll; `None` if this was the last, also because the next would come after the deadline.
    pub next: Option<Duration>,
}

impl Default for WaitOptions {
    /// From 1 to 30 seconds between polls, for up to an hour.
    fn default() -> Self {
        Self {
            shortest: Duration::from_secs(1),
            longest: Duration::from_secs(30),
            deadline: Duration::from_secs(60 * 60),
            on_progress: None,
            #[cfg(feature = "sqs")]
            inbox: None,
        }
    }
}

/// How long a wait that will be notified does not poll: well beyond what most jobs take.
#[cfg(feature = "sqs")]
const UNTIL_DOUBT: Duration = Duration::from_secs(5 * 60);

/// How long one poll may take. An answer comes within seconds, but not all clients have a read timeout, and on a connection that
/// has silently died a single poll would then use up the whole wait.
const LONGEST_POLL: Duration = Duration::from_secs(60);

/// A wait without end: longer durations can be beyond the clock's range.
const CENTURY: Duration = Duration::from_secs(100 * 365 * 24 * 60 * 60);

impl WaitOptions {
    /// The shortest and the longest time between two polls. The longest is raised to the shortest if it is below.
    pub fn poll_between(mut self, shortest: Duration, longest: Duration) -> Self {
        (self.shortest, self.longest) = (shortest, longest.max(shortest));
        self
    }

    /// The longest time to wait. A job that is still running then can be waited for again.
    pub fn deadline(mut self, deadline: Duration) -> Self {
        self.deadline = deadline;
        self
    }

    /// Calls `observer` after each poll. It runs inside the wait, so it must not block.
    pub fn on_progress(mut self, observer: impl Fn(&Progress) + Send + Sync + 'static) -> Self {
        self.on_progress = Some(Arc::new(observer));
        self
    }

    /// Waits for the completion message of the job. Textract is polled only if none has come for 5 minutes, and then every 5 to 15
    /// minutes, so that a message that never comes costs time and not the result; call [`poll_between`](Self::poll_between) after
    /// this to change that.
    ///
    /// The job has to be started with a [`NotificationChannel`](crate::NotificationChannel) to the topic behind the inbox. A job
    /// whose end only the message reported does not know its pages and warnings; the streams over its output do.
    #[cfg(feature = "sqs")]
    pub fn notified_by(mut self, inbox: &crate::notify::Inbox) -> Self {
        self.inbox = Some(inbox.clone());
        self.poll_between(UNTIL_DOUBT, UNTIL_DOUBT * 3)
    }

    /// Polls until the job has ended, or the deadline has passed.
    #[cfg(feature = "comprehend")]
    pub(crate) async fn wait<T, L: Future<Output = Result<Look<T>>>>(
        &self,
        mut look: impl FnMut() -> L,
    ) -> Result<T> {
        let began = Instant::now();
        let deadline = self.deadline_from(began);
        let mut missed = Missed::default();
        let looking = self.look_until_ended(began, deadline, &mut missed, || within_longest_poll(look()));
        match timeout_at(deadline, looking).await {
            Ok(outcome) => outcome,
            Err(_) => Err(missed.deadline_exceeded(self.deadline)),
        }
    }

    async fn look_until_ended<T, L: Future<Output = Result<Look<T>>>>(
        &self,
        began: Instant,
        deadline: Instant,
        missed: &mut Missed,
        mut look: impl FnMut() -> L,
    ) -> Result<T> {
        let mut backoff = Backoff::new(self.shortest, self.longest);
        let mut polls = 0;
        loop {
            let looked = look().await;
            polls += 1;
            let report = |status, next| {
                self.report(Progress { polls, elapsed: began.elapsed(), status, next });
            };
            let status = match looked {
                Ok(Look::Ended(ended, status)) => {
                    report(Some(status), None);
                    return Ok(ended);
                }
                Ok(Look::Running(status)) => {
                    *missed = Missed::default();
                    Some(status)
                }
                Err(error) if error.is_retryable() => {
                    *missed = Missed { looks: missed.looks + 1, last: Some(error) };
                    None
                }
                Err(error) => {
                    report((error.kind() == ErrorKind::JobFailed).then_some(JobStatus::Failed), None);
                    return Err(error);
                }
            };
            let pause = backoff.pause().min(CENTURY);
            let next = Instant::now() + pause;
            if next >= deadline {
                // A poll that begins at the deadline would be dropped before its answer.
                report(status, None);
                sleep_until(deadline).await;
                return Err(std::mem::take(missed).deadline_exceeded(self.deadline));
            }
            report(status, Some(pause));
            sleep_until(next).await;
        }
    }

    fn deadline_from(&self, began: Instant) -> Instant {
        began + self.deadline.min(CENTURY)
    }

    fn report(&self, progress: Progress) {
        debug!(polls = progress.polls, status = progress.status.as_ref().map(JobStatus::as_str), "polled");
        if let Some(observer) = &self.on_progress {
            observer(&progress);
        }
    }
}

impl fmt::Debug for WaitOptions {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WaitOptions")
            .field("shortest", &self.shortest)
            .field("longest", &self.longest)
            .field("deadline", &self.deadline)
            .field("on_progress", &self.on_progress.is_some())
            .finish_non_exhaustive()
    }
}

impl<F: Family> RunningJob<F> {
    /// Waits for the end of the job with the default [`WaitOptions`].
    ///
    /// # Errors
    ///
    /// As [`wait_with`](Self::wait_with).
    ///
    /// # Cancel safety
    ///
    /// As [`wait_with`](Self::wait_with).
    pub async fn wait(&self, clients: &Clients) -> Result<CompletedJob<F>> {
        self.wait_with(clients, &WaitOptions::default()).await
    }

    /// Waits for the end of the job.
    ///
    /// A job that could not read some of its pages (`PARTIAL_SUCCESS`) is a completed job with warnings. Polls that are throttled,
    /// break or are not answered within a minute are repeated until the deadline.
    ///
    /// # Errors
    ///
    /// [`JobFailed`](ErrorKind::JobFailed) with Textract's status message;
    /// [`DeadlineExceeded`](ErrorKind::DeadlineExceeded); [`NotFound`](ErrorKind::NotFound) if Textract does not know the
    /// job, or no longer does; [`AccessDenied`](ErrorKind::AccessDenied).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future ends the waiting, not the job, and leaves a completion message that it had not taken for
    /// the next wait: wait again. The time that has passed does not count towards the next deadline.
    pub async fn wait_with(&self, clients: &Clients, options: &WaitOptions) -> Result<CompletedJob<F>> {
        let span = info_span!("job", api = %F::API, job = %self.id());
        let began = Instant::now();
        let deadline = options.deadline_from(began);
        let mut missed = Missed::default();
        #[cfg(feature = "sqs")]
        let waiting = self.notified_or_looked_at(clients, options, began, deadline, &mut missed);
        #[cfg(not(feature = "sqs"))]
        let waiting = self.look_until_completed(clients, options, began, deadline, &mut missed);
        match timeout_at(deadline, waiting).instrument(span).await {
            Ok(outcome) => outcome,
            Err(_) => Err(missed.deadline_exceeded(options.deadline)),
        }
    }

    /// Whichever comes first: the completion message, or the result of polling after some time without one.
    ///
    /// A message that a job has failed is only a reason to poll: it takes Get to learn whether it did, and why.
    #[cfg(feature = "sqs")]
    async fn notified_or_looked_at(
        &self,
        clients: &Clients,
        options: &WaitOptions,
        began: Instant,
        deadline: Instant,
        missed: &mut Missed,
    ) -> Result<CompletedJob<F>> {
        use futures::future::{Either, select};

        let Some(inbox) = &options.inbox else {
            return self.look_until_completed(clients, options, began, deadline, missed).await;
        };
        let in_doubt = async {
            tokio::time::sleep(options.shortest).await;
            self.look_until_completed(clients, options, began, deadline, &mut *missed).await
        };
        match select(std::pin::pin!(inbox.completion(self.id())), std::pin::pin!(in_doubt)).await {
            Either::Left((completion, _)) if completion.status == CompletionStatus::Succeeded => {
                info!("notified of the end");
                return Ok(CompletedJob::notified(
                    self.id().clone(),
                    self.input().clone(),
                    self.seal().clone(),
                ));
            }
            Either::Left(_) => {}
            Either::Right((looked, _)) => return looked,
        }
        let soon = WaitOptions::default();
        let soon = options.clone().poll_between(soon.shortest, soon.longest);
        self.look_until_completed(clients, &soon, began, deadline, missed).await
    }

    async fn look_until_completed(
        &self,
        clients: &Clients,
        options: &WaitOptions,
        began: Instant,
        deadline: Instant,
        missed: &mut Missed,
    ) -> Result<CompletedJob<F>> {
        let look = || async {
            // Not part of the poll: a crowd of waits can take longer for its turns than any poll.
            clients.get_limiter().turn().await;
            Ok(match within_longest_poll(self.poll(clients)).await? {
                Some(job) if job.is_partial() => Look::Ended(job, JobStatus::PartialSuccess),
                Some(job) => Look::Ended(job, JobStatus::Succeeded),
                None => Look::Running(JobStatus::InProgress),
            })
        };
        let job = options.look_until_ended(began, deadline, missed, look).await?;
        info!(pages = job.page_count(), partial = job.is_partial(), "completed");
        Ok(job)
    }

    /// Polls the job once, without waiting for a turn; `None` if it has not ended.
    ///
    /// # Errors
    ///
    /// As [`wait_with`](Self::wait_with), except for the deadline. As a single poll is not repeated, temporary failures are errors
    /// too: [`Throttled`](ErrorKind::Throttled), [`Transport`](ErrorKind::Transport) and [`Service`](ErrorKind::Service).
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: a poll changes nothing.
    pub async fn poll(&self, clients: &Clients) -> Result<Option<CompletedJob<F>>> {
        let page = GetPage { stage: Stage::Wait, max_results: Some(1), next_token: None };
        let head = F::get(clients, self.id(), page).await?.head;
        let partial = match head.status {
            Some(JobStatus::Succeeded) => false,
            Some(JobStatus::PartialSuccess) => true,
            Some(JobStatus::Failed) => return Err(job_failed(&head)),
            // A status that this crate does not know may not be the end.
            _ => return Ok(None),
        };
        Ok(Some(self.completed(head.pages, partial, head.warnings)))
    }
}

/// The result of one poll that was answered.
pub(crate) enum Look<T> {
    Ended(T, JobStatus),
    Running(JobStatus),
}

/// The polls that failed since the last one that did not.
#[derive(Default)]
struct Missed {
    looks: u32,
    last: Option<Error>,
}

impl Missed {
    fn deadline_exceeded(self, deadline: Duration) -> Error {
        let waited = deadline.as_secs();
        let error = |message| Error::new(ErrorKind::DeadlineExceeded, Stage::Wait, message);
        match self.last {
            None => error(format!("the job had not ended after {waited} seconds: wait for it again")),
            Some(last) => {
                let looks = self.looks;
                error(format!("no end was seen in {waited} seconds, and the last {looks} polls failed"))
                    .caused_by(last)
            }
        }
    }
}

/// A job that Textract gave up, with its message.
fn job_failed(head: &PartHead) -> Error {
    let message = match head.status_message.as_deref() {
        Some(said) => format!("textract failed the job: {}", said_on_one_line(said)),
        None => "textract failed the job and does not say why".to_owned(),
    };
    Error::new(ErrorKind::JobFailed, Stage::Wait, message)
}

/// The messages of the services name their error codes and are short. If that changes, a log line must still stay one.
pub(crate) fn said_on_one_line(said: &str) -> String {
    said.chars().map(|c| if c.is_control() { ' ' } else { c }).take(200).collect()
}

/// One poll, which counts as broken if it is not answered in time.
async fn within_longest_poll<T>(poll: impl Future<Output = Result<T>>) -> Result<T> {
    match timeout(LONGEST_POLL, poll).await {
        Ok(polled) => polled,
        Err(_) => Err(Error::new(ErrorKind::Transport, Stage::Wait, "the service did not answer in time")),
    }
}
