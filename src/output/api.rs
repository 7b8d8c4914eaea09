//! The parts of a job's output over the Get operations.

use futures::stream::{self, Stream};
use tracing::{Instrument, Span};

use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Family, GetPage};
use crate::part::{JobStatus, Part};
use crate::resource::JobId;

/// What is still to be asked for.
enum Next {
    First,
    Token(String),
}

/// One part for each page of the Get operation, at its largest page size.
pub(super) fn parts<F: Family>(
    clients: Clients,
    job: JobId,
    span: Span,
) -> impl Stream<Item = Result<Part<F::Record>>> + Send {
    stream::try_unfold(Some(Next::First), move |next| {
        let (clients, job) = (clients.clone(), job.clone());
        let page = async move {
            let next_token = match next {
                None => return Ok(None),
                Some(Next::First) => None,
                Some(Next::Token(token)) => Some(token),
            };
            clients.get_limiter().turn().await;
            let page = GetPage { stage: Stage::Fetch, max_results: None, next_token: next_token.clone() };
            let part = F::get(&clients, &job, page).await?;
            if !matches!(part.head.status, Some(JobStatus::Succeeded | JobStatus::PartialSuccess)) {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    Stage::Fetch,
                    "the service says that the job has not ended",
                ));
            }
            let next = part.head.next_token.as_deref().map(str::to_owned);
            if next.is_some() && next == next_token {
                return Err(Error::new(
                    ErrorKind::Malformed,
                    Stage::Fetch,
                    "the service gave the same token again",
                ));
            }
            Ok(Some((part, next.map(Next::Token))))
        };
        page.instrument(span.clone())
    })
}
