//! The parts of a job's output over the Get operations.

use futures::stream::{self, Stream};
use tracing::{Instrument, Span};

use crate::Limits;
use crate::clients::Clients;
use crate::document::LendingSummary;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Family, GetPage, Lending};
use crate::part::{JobStatus, Part, PartHead};
use crate::resource::JobId;

/// The request to make next.
enum Next {
    First,
    /// With this token, after this many parts.
    Token(String, usize),
}

/// One part for each page of the Get operation, at its largest page size.
pub(super) fn parts<F: Family>(
    clients: Clients,
    job: JobId,
    limits: Limits,
    span: Span,
) -> impl Stream<Item = Result<Part<F::Record>>> + Send {
    stream::try_unfold(Some(Next::First), move |next| {
        let (clients, job) = (clients.clone(), job.clone());
        let page = async move {
            let (next_token, came) = match next {
                None => return Ok(None),
                Some(Next::First) => (None, 0),
                Some(Next::Token(token, came)) => (Some(token), came),
            };
            if came >= limits.parts {
                return Err(limits.too_many_parts());
            }
            clients.get_limiter().turn().await;
            let page = GetPage { stage: Stage::Fetch, max_results: None, next_token: next_token.clone() };
            let part = F::get(&clients, &job, page).await?;
            check_ended(&part.head)?;
            if part.records.len() > limits.records {
                return Err(limits.too_many_records());
            }
            let next = part.head.next_token.as_deref().map(str::to_owned);
            if next.is_some() && next == next_token {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    Stage::Fetch,
                    "the service gave the same token again",
                ));
            }
            Ok(Some((part, next.map(|token| Next::Token(token, came + 1)))))
        };
        page.instrument(span.clone())
    })
}

/// The summary of a lending job; Textract gives it as a whole.
pub(super) async fn summary(clients: &Clients, job: &JobId) -> Result<Part<LendingSummary>> {
    clients.get_limiter().turn().await;
    let part = Lending::summary(clients, job).await?;
    check_ended(&part.head)?;
    Ok(part)
}

/// A completed job cannot change its state, so an answer that says that it runs is about another one.
fn check_ended(head: &PartHead) -> Result<()> {
    match head.status {
        Some(JobStatus::Succeeded | JobStatus::PartialSuccess) => Ok(()),
        _ => {
            let message = "the service does not say that the job is done";
            Err(Error::new(ErrorKind::Malformed, Stage::Fetch, message))
        }
    }
}
