//! The steps of one document, each a future of its own.

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
use crate::resource::ClientRequestToken;

/// How long Textract remembers a token: seven days, less an hour for clocks that differ and requests under way.
const TOKEN_LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60 - 60 * 60);

pub(super) type Step<F> = BoxFuture<'static, Result<Event<F>, JournalError>>;

/// What a step has come to.
pub(super) enum Event<F: Family> {
    /// The documents that an earlier run has left without a job.
    Leftovers(Vec<DocumentId>),
    /// One of them has a job by now, or is of another operation.
    Gone(DocumentId),
    /// The document has ended before.
    Skipped(DocumentId),
    /// It can take its turn.
    Queued(Queued<F>),
    /// It had its turn and failed in a way that passes: it takes another after the pause.
    Later(Queued<F>, Duration, Passing),
    /// The pause is over.
    Again(Queued<F>),
    /// That it is about to be started is durable.
    Armed(Armed<F>),
    /// There is nothing more to do before it comes out.
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
    /// The Start requests that were sent.
    sent: u32,
    /// Those that were throttled.
    throttled: u32,
    /// The attempts that failed in another way that passes.
    broken: u32,
    /// The token that it was recorded with as about to be started, and when.
    begun: Option<(ClientRequestToken, SystemTime)>,
    /// Whether a job may have come of that.
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
            if matches!(state, Some(DocumentState::Accepted | DocumentState::Failed(_)) | None) {
                submitter.journal.record(id, &document, DocumentState::Failed(error.kind())).await?;
            }
            return Ok(Event::Out(id, Outcome::Failed { document, error, attempts: 0 }));
        }
    };
    if let Some(state @ DocumentState::Started { .. }) = state {
        return Ok(Event::Out(id, resume(&submitter, document, job, state).await));
    }
    let unsure = begun.is_some();
    Ok(Event::Queued(Queued { id, document, job, sent: 0, throttled: 0, broken: 0, begun, unsure }))
}

/// The job that an earlier run has started, if it is the one that would be started now.
async fn resume<F: Family>(
    submitter: &Submitter<F>,
    document: Document,
    job: SecureJob<F>,
    state: DocumentState,
) -> Outcome<F> {
    let DocumentState::Started { job: started, token, at } = state else {
        let error = Error::invalid("only a job that was started can be resumed");
        return Outcome::Failed { document, error, attempts: 0 };
    };
    let mut attempt = 1;
    let prepared = loop {
        match job.prepare(&submitter.clients).await {
            Ok(prepared) => break prepared,
            Err(error) if error.is_retryable() && attempt < submitter.max_attempts => {
                tokio::time::sleep(full_jitter(attempt, SHORTEST_PAUSE, LONGEST_PAUSE)).await;
                attempt += 1;
            }
            // The journal has its job, which the next run asks for again.
            Err(error) => return Outcome::Failed { document, error, attempts: 0 },
        }
    };
    if *prepared.token() != token {
        return Outcome::Undecided { document, doubt: Doubt::WorkChanged { token, job: Some(started) } };
    }
    submitter.budget.adopt(&started, age(at));
    Outcome::Resumed { document, job: job.started_as(started, prepared) }
}

/// Writes down that a document is about to be started.
pub(super) async fn arm<F: Family>(
    submitter: Arc<Submitter<F>>,
    mut queued: Queued<F>,
    permit: Permit,
) -> Result<Event<F>, JournalError> {
    let prepared = match queued.job.prepare(&submitter.clients).await {
        Ok(prepared) => prepared,
        Err(error) => {
            drop(permit);
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
        // Where Textract does not know it any more, nothing will end it.
        Err(error) if matches!(error.kind(), ErrorKind::JobFailed | ErrorKind::NotFound) => {
            Some(error.kind())
        }
        Err(_) => return Ok(Event::Ended(Outcome::Ended { document, result })),
    };
    submitter.finished(&document, &id, failure).await?;
    Ok(Event::Ended(Outcome::Ended { document, result }))
}

/// What becomes of a document that could not be started: another turn, or none.
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
    let Queued { id, document, sent, unsure, .. } = queued;
    // What passes is for the next run to try again, and of what may have started it must find the token.
    if !error.is_retryable() && !unsure {
        submitter.journal.record(id, &document, DocumentState::Failed(error.kind())).await?;
    }
    debug!(kind = ?error.kind(), attempts = sent, "failed");
    Ok(Event::Out(id, Outcome::Failed { document, error, attempts: sent }))
}

/// Whether a job may have come of a request that failed so: it was not answered, or not with a refusal.
fn may_have_started(error: &Error) -> bool {
    matches!(error.kind(), ErrorKind::Transport | ErrorKind::Service | ErrorKind::Malformed)
}

/// How long ago that was; nothing where the clock has been turned back since.
fn age(since: SystemTime) -> Duration {
    SystemTime::now().duration_since(since).unwrap_or_default()
}
