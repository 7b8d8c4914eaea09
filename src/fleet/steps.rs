//! The steps of one document, each its own future.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::future::BoxFuture;
use tracing::debug;

use super::budget::{Permit, is_limit_exceeded};
use super::document::{Document, DocumentId};
use super::journal::{DocumentState, JournalError, now};
use super::outcome::{Doubt, Outcome};
use super::submitter::{LONGEST_PAUSE, LONGEST_THROTTLED_PAUSE, SHORTEST_PAUSE, Submitter, Wait};
use crate::backoff::full_jitter;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Family, Prepared, RunningJob, SecureJob};
use crate::resource::{ClientRequestToken, JobId};

/// How long Textract remembers a token: seven days, less an hour for clocks that differ and requests under way.
const TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60 - 60 * 60);

pub(super) type Step<F> = BoxFuture<'static, Result<Event<F>, JournalError>>;

/// What a step has come to.
pub(super) enum Event<F: Family> {
    /// The documents that an earlier run left without a job.
    Leftovers(Vec<DocumentId>),
    /// One of them has a job by now, or belongs to another operation.
    Gone(DocumentId),
    /// The document ended in an earlier run.
    Skipped(DocumentId),
    /// It can take its turn.
    Queued(Queued<F>),
    /// It had its turn and failed transiently: it takes another after the pause.
    Later(Queued<F>, Duration, Passing),
    /// The pause is over.
    Again(Queued<F>),
    /// The record that it is about to be started is durable.
    Armed(Armed<F>),
    /// Nothing is left to do before its outcome comes out.
    Out(DocumentId, Outcome<F>),
    /// Its job was waited for.
    Ended(Outcome<F>),
}

/// Why a start is tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Passing {
    Throttled,
    LimitExceeded,
    Broken,
}

/// A document that waits for its turn.
pub(super) struct Queued<F> {
    pub(super) id: DocumentId,
    pub(super) document: Document,
    job: SecureJob<F>,
    /// How many Start requests were sent.
    sent: u32,
    /// How many of them were throttled.
    throttled: u32,
    /// How many attempts failed transiently in another way.
    broken: u32,
    /// The token that it was recorded with as about to be started, and when.
    begun: Option<(ClientRequestToken, SystemTime)>,
    /// Whether that may have started a job.
    unsure: bool,
}

/// A document whose start may be sent.
pub(super) struct Armed<F> {
    queued: Queued<F>,
    prepared: Prepared,
    permit: Permit,
}

/// Asks the journal what is known of a document, and makes its job.
pub(super) async fn take_in<F: Family>(
    submitter: Arc<Submitter<F>>,
    id: DocumentId,
    document: Option<Document>,
) -> Result<Event<F>, JournalError> {
    let known = submitter.journal.look(id).await?;
    let (state, kept) = known.map_or((None, None), |entry| (Some(entry.state), entry.document));
    let Some(document) = document.or(kept).filter(|document| document.id(F::API) == id) else {
        return Ok(Event::Gone(id));
    };
    let mut begun = None;
    match &state {
        Some(DocumentState::Completed) => return Ok(Event::Skipped(id)),
        Some(DocumentState::Failed(kind)) if !(submitter.retry_failed)(*kind) => {
            return Ok(Event::Skipped(id));
        }
        Some(DocumentState::Starting { token, at }) => begun = Some((token.clone(), *at)),
        Some(DocumentState::Accepted | DocumentState::Started { .. }) => {}
        Some(DocumentState::Failed(_)) | None => {
            submitter.journal.record(id, &document, DocumentState::Accepted).await?;
        }
    }
    let job = match (submitter.template)(&document) {
        Ok(job) => job,
        Err(error) => {
            let is_without_job =
                matches!(state, Some(DocumentState::Accepted | DocumentState::Failed(_)) | None);
            if is_without_job && !error.is_retryable() && !is_about_the_configuration(error.kind()) {
                submitter.journal.record(id, &document, DocumentState::Failed(error.kind())).await?;
            }
            return Ok(Event::Out(id, Outcome::Failed { document, error, attempts: 0 }));
        }
    };
    if let Some(DocumentState::Started { job: started, token, at }) = state {
        return Ok(Event::Out(id, resume(&submitter, document, job, started, token, at).await));
    }
    let unsure = begun.is_some();
    Ok(Event::Queued(Queued { id, document, job, sent: 0, throttled: 0, broken: 0, begun, unsure }))
}

/// The job that an earlier run started, if it is the one that would be started now.
async fn resume<F: Family>(
    submitter: &Submitter<F>,
    document: Document,
    job: SecureJob<F>,
    started: JobId,
    token: ClientRequestToken,
    at: SystemTime,
) -> Outcome<F> {
    let mut attempt = 1;
    let prepared = loop {
        match job.prepare(&submitter.clients).await {
            Ok(prepared) => break prepared,
            Err(error) if error.is_retryable() && attempt < submitter.max_attempts => {
                tokio::time::sleep(full_jitter(attempt, SHORTEST_PAUSE, LONGEST_PAUSE)).await;
                attempt += 1;
            }
            // The journal keeps its job for the next run.
            Err(error) => {
                pace(submitter, &error).await;
                return Outcome::Failed { document, error, attempts: 0 };
            }
        }
    };
    if *prepared.token() != token {
        return Outcome::Undecided { document, doubt: Doubt::WorkChanged { token, job: Some(started) } };
    }
    submitter.budget.adopt(&started, age(at));
    Outcome::Resumed { document, job: job.started_as(started, prepared) }
}

/// Records that a document is about to be started.
pub(super) async fn arm<F: Family>(
    submitter: Arc<Submitter<F>>,
    mut queued: Queued<F>,
    permit: Permit,
) -> Result<Event<F>, JournalError> {
    let prepared = match queued.job.prepare(&submitter.clients).await {
        Ok(prepared) => prepared,
        Err(error) => {
            drop(permit);
            pace(&submitter, &error).await;
            return missed(&submitter, queued, error).await;
        }
    };
    let token = prepared.token();
    let doubt = match &queued.begun {
        Some((begun, _)) if queued.unsure && begun != token => {
            Some(Doubt::WorkChanged { token: begun.clone(), job: None })
        }
        Some((_, since)) if queued.unsure && age(*since) > TOKEN_LIFE => {
            Some(Doubt::TokenExpired { token: token.clone(), since: *since })
        }
        _ => None,
    };
    if let Some(doubt) = doubt {
        return Ok(Event::Out(queued.id, Outcome::Undecided { document: queued.document, doubt }));
    }
    if queued.begun.as_ref().is_none_or(|(begun, _)| begun != token) {
        let at = now();
        let state = DocumentState::Starting { token: token.clone(), at };
        submitter.journal.record(queued.id, &queued.document, state).await?;
        queued.begun = Some((token.clone(), at));
    }
    Ok(Event::Armed(Armed { queued, prepared, permit }))
}

/// Sends the Start request.
pub(super) async fn start<F: Family>(
    submitter: Arc<Submitter<F>>,
    armed: Armed<F>,
) -> Result<Event<F>, JournalError> {
    let Armed { mut queued, prepared, mut permit } = armed;
    permit.sent();
    queued.sent = queued.sent.saturating_add(1);
    let job = match queued.job.start_once(&submitter.clients, prepared).await {
        Ok(job) => job,
        Err(error) => {
            permit.refused(&error);
            queued.unsure |= may_have_started(&error);
            return missed(&submitter, queued, error).await;
        }
    };
    permit.started(job.id());
    let Queued { id, document, sent, .. } = queued;
    let state = DocumentState::Started { job: job.id().clone(), token: job.token().clone(), at: now() };
    submitter.journal.record(id, &document, state).await?;
    debug!(job = %job.id(), attempts = sent, "submitted");
    Ok(Event::Out(id, Outcome::Submitted { document, job, attempts: sent }))
}

/// Waits for the end of a job.
pub(super) async fn wait<F: Family>(
    submitter: Arc<Submitter<F>>,
    wait: Arc<Wait<F>>,
    document: Document,
    job: RunningJob<F>,
) -> Result<Event<F>, JournalError> {
    let id = job.id().clone();
    let result = wait(job).await;
    let failure = match &result {
        Ok(_) => None,
        // A job that Textract no longer knows will never end.
        Err(error) if matches!(error.kind(), ErrorKind::JobFailed | ErrorKind::NotFound) => {
            Some(error.kind())
        }
        Err(_) => return Ok(Event::Ended(Outcome::Ended { document, result })),
    };
    submitter.finished(&document, &id, failure).await?;
    Ok(Event::Ended(Outcome::Ended { document, result }))
}

/// Waits for a turn, though nothing is sent: without a pace, a run whose key cannot be used would ask KMS about it for
/// every document at once. Errors that are retried have pauses of their own.
async fn pace<F: Family>(submitter: &Submitter<F>, error: &Error) {
    if !error.is_retryable() {
        submitter.budget.turn().await;
    }
}

/// Decides whether a document that could not be started gets another turn.
async fn missed<F: Family>(
    submitter: &Submitter<F>,
    mut queued: Queued<F>,
    error: Error,
) -> Result<Event<F>, JournalError> {
    if error.kind() == ErrorKind::Throttled && error.stage() == Stage::Start {
        let pause = full_jitter(queued.throttled, SHORTEST_PAUSE, LONGEST_THROTTLED_PAUSE);
        queued.throttled = queued.throttled.saturating_add(1);
        let passing = if is_limit_exceeded(&error) { Passing::LimitExceeded } else { Passing::Throttled };
        return Ok(Event::Later(queued, pause, passing));
    }
    if error.is_retryable() {
        let pause = full_jitter(queued.broken, SHORTEST_PAUSE, LONGEST_PAUSE);
        queued.broken = queued.broken.saturating_add(1);
        if queued.broken < submitter.max_attempts {
            return Ok(Event::Later(queued, pause, Passing::Broken));
        }
    }
    let Queued { id, document, sent, unsure, begun, .. } = queued;
    // Where a request may have started a job, the next run has to find its token.
    if !unsure && is_about_the_document(&error) {
        submitter.journal.record(id, &document, DocumentState::Failed(error.kind())).await?;
    } else if !unsure && begun.is_some() {
        // Every request was refused, so the token leads to no job, and the next run may take another.
        submitter.journal.record(id, &document, DocumentState::Accepted).await?;
    }
    debug!(kind = ?error.kind(), attempts = sent, "failed");
    Ok(Event::Out(id, Outcome::Failed { document, error, attempts: sent }))
}

/// Whether a job may have been started by a request that failed like this: it was not answered, or not with a refusal.
fn may_have_started(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Service | ErrorKind::Malformed)
}

/// Whether Textract refused the document itself, as it would again. All other refusals are left to the next run: expired
/// credentials, a missing permission, another Region, a key that is disabled.
fn is_about_the_document(error: &Error) -> bool {
    let is_answered = error.stage() == Stage::Start && error.code().is_some();
    let is_of_document = matches!(
        error.kind(),
        ErrorKind::NotFound
            | ErrorKind::UnsupportedDocument
            | ErrorKind::TokenReused
            | ErrorKind::InvalidInput
    );
    is_answered && is_of_document
}

/// Whether an error of the template is about what it is configured with, and not about the document.
fn is_about_the_configuration(kind: ErrorKind) -> bool {
    matches!(
        kind,
        ErrorKind::AccessDenied | ErrorKind::UnusableKey | ErrorKind::InsecureTransport | ErrorKind::NotClean
    )
}

/// How long ago that was; zero if the clock has been turned back since.
fn age(since: SystemTime) -> Duration {
    SystemTime::now().duration_since(since).unwrap_or_default()
}
