//! The jobs of the other families, from their start to their results from the bucket. An analysis is in [`super::sealed`].

use futures::TryStreamExt;
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault};
use inkseal::job::{NeedsBucket, NeedsKey, SecureJobBuilder};
use inkseal::{CompletedJob, Document, Error, Family, Idempotency, SecureJob};

use super::{
    Case, GET, LIST, Route, Run, clients, expenses, failing, loans, of_parts, pages, partial, read, remark,
    without_jobs,
};
use crate::support::{emulator, input, seal};

pub const TEXT: Route = Route {
    heading: "A text detection job, from its start to its pages",
    calls: &["StartDocumentTextDetection", "GetDocumentTextDetection", LIST, GET],
    special: || {
        let mut cases = special("StartDocumentTextDetection", "GetDocumentTextDetection", |emulator| {
            partial(emulator, pages())
        });
        cases.push(("last part missing", Case::of(LIST, Fault::MissingPart(4))));
        cases
    },
    run: |case| Box::pin(text(case)),
};

pub const EXPENSE: Route = Route {
    heading: "An expense job, from its start to its documents",
    calls: &["StartExpenseAnalysis", "GetExpenseAnalysis", LIST, GET],
    special: || {
        let mut cases =
            special("StartExpenseAnalysis", "GetExpenseAnalysis", |emulator| partial(emulator, expenses()));
        // No page has to have an invoice, and no number comes after that of the last part.
        cases.push(("last part missing", Case::silent(LIST, Fault::MissingPart(3))));
        cases
    },
    run: |case| Box::pin(expense(case)),
};

pub const LENDING: Route = Route {
    heading: "A lending job, from its start to its results and their summary",
    calls: &["StartLendingAnalysis", "GetLendingAnalysis", LIST, GET],
    special: || {
        let mut cases =
            special("StartLendingAnalysis", "GetLendingAnalysis", |emulator| partial(emulator, loans()));
        let summary = "summaryResponse/1";
        cases.extend([
            ("last part missing", Case::of(LIST, Fault::MissingPart(3))),
            ("summary missing", Case::of(LIST, Fault::MissingPart(1).key(summary))),
            ("wrong key on the summary", Case::of(GET, Fault::WrongKey.key(summary))),
        ]);
        cases
    },
    run: |case| Box::pin(lending(case)),
};

/// What can be wrong with a job of any family.
fn special(
    start: &'static str,
    get: &'static str,
    partial: fn(EmulatorBuilder) -> EmulatorBuilder,
) -> Vec<(&'static str, Case)> {
    let mut cases = vec![
        ("token of another job", Case::with_taken_token(start)),
        ("no room for a job", Case::with(start, without_jobs)),
        ("job `FAILED`", Case::with(start, failing)),
        ("job `PARTIAL_SUCCESS`", Case::with(start, partial)),
        ("job expired", Case::of(get, Fault::ExpiredJob)),
    ];
    cases.extend(of_parts());
    cases
}

/// Starts the job of a case and waits for its end.
async fn complete<F: Family>(
    job: SecureJobBuilder<F, NeedsBucket, NeedsKey>,
    case: &Case,
    emulator: &Emulator,
) -> Result<CompletedJob<F>, Error> {
    let clients = clients(emulator);
    let job = match case.setup.token_is_taken {
        true => {
            let token = Idempotency::Token("one".parse()?);
            let other = job.clone().prefix("elsewhere".parse()?).idempotency(token.clone());
            seal(other).start(&clients).await?;
            job.idempotency(token)
        }
        false => job,
    };
    seal(job).start(&clients).await?.wait(&clients).await
}

/// Reads what a job of a case found: first how many jobs there are, as an answer that was lost may not make a second one.
macro_rules! run {
    ($case:expr, $response:expr, $job:expr, |$completed:ident, $clients:ident, $out:ident| $read:expr) => {{
        let emulator = $case.build(emulator().response($response));
        let (mut $out, mut said) = (Vec::new(), None);
        let result = async {
            let $completed = complete($job(input()), &$case, &emulator).await?;
            said = remark(&$completed);
            $out.push(format!("{} jobs", emulator.jobs().len()));
            let $clients = clients(&emulator);
            $read
        };
        let result = result.await;
        Run::of(&emulator, $case.call, $out, result).remarking(said)
    }};
}

async fn text(case: Case) -> Run {
    run!(case, pages(), SecureJob::text_detection, |job, clients, out| {
        // As documents: a stream of blocks gives what came twice as it came.
        let mut pages = job.pages(&clients);
        while let Some(page) = pages.try_next().await? {
            out.push(Document::from(page).to_text());
        }
        Ok(())
    })
}

async fn expense(case: Case) -> Run {
    run!(case, expenses(), SecureJob::expense, |job, clients, out| read(job.documents(&clients), &mut out)
        .await)
}

async fn lending(case: Case) -> Run {
    run!(case, loans(), SecureJob::lending, |job, clients, out| {
        read(job.results(&clients), &mut out).await?;
        out.push(serde_json::to_string(&job.output(&clients).summary().await?).unwrap());
        Ok(())
    })
}
