//! The outcome of each document.

use std::sync::Arc;
use std::time::{Duration, SystemTime};

use futures::stream;
use inkseal::emulator::{Fault, Response};
use inkseal::fleet::{
    Document, DocumentState, Doubt, Journal, JournalError, MemoryJournal, Outcome, Submitter,
};
use inkseal::job::Api;
use inkseal::{Analysis, Error, ErrorKind, Feature, SecureJob, TextDetection, WaitOptions};

use super::{clients, document, documents, emulator, job, key, keys, outcomes, started, submitter};
use crate::support::seal;

const API: Api = Api::StartDocumentAnalysis;
const DAY: Duration = Duration::from_secs(24 * 60 * 60);

fn memory() -> Arc<MemoryJournal> {
    Arc::new(MemoryJournal::new())
}

async fn state(journal: &dyn Journal, document: &Document) -> Option<DocumentState> {
    journal.look(document.id(API)).await.unwrap().map(|entry| entry.state)
}

#[tokio::test(start_paused = true)]
async fn one_that_fails_does_not_end_the_run() {
    let emulator = emulator(10).build().unwrap();
    let journal = memory();
    let submitter = Submitter::new(&clients(&emulator), journal.clone(), |document| {
        if document.object().key() == key(3) {
            return Err(Error::from("no bucket".parse::<inkseal::resource::Bucket>().unwrap_err()));
        }
        job(document)
    });
    // The last two are not there.
    let outcomes = outcomes(submitter.submit(documents(0..12))).await;
    assert_eq!(outcomes.len(), 12);
    let mut failed = Vec::new();
    for outcome in &outcomes {
        if let Outcome::Failed { document, error, attempts } = outcome {
            failed.push((document.object().key().to_owned(), error.kind(), *attempts));
            assert_eq!(state(&*journal, document).await, Some(DocumentState::Failed(error.kind())));
        }
    }
    failed.sort_by(|a, b| a.0.cmp(&b.0));
    assert_eq!(
        failed,
        [
            (key(10), ErrorKind::NotFound, 1),
            (key(11), ErrorKind::NotFound, 1),
            (key(3), ErrorKind::InvalidInput, 0),
        ]
    );
    assert_eq!(started(&emulator).len(), 9);
}

#[tokio::test(start_paused = true)]
async fn what_failed_for_good_is_not_tried_again_unless_told_so() {
    // The documents are not there.
    let emulator = emulator(0).build().unwrap();
    let journal = memory();
    let missing = outcomes(submitter(&emulator, journal.clone()).submit(documents(0..2))).await;
    assert!(missing.iter().all(|outcome| {
        matches!(outcome, Outcome::Failed { error, .. } if error.kind() == ErrorKind::NotFound)
    }));

    let emulator = super::emulator(2).build().unwrap();
    let mut again = submitter(&emulator, journal.clone()).submit(documents(0..2));
    assert!(futures::StreamExt::next(&mut again).await.is_none());
    assert_eq!(again.tally().skipped, 2);

    let submitter = submitter(&emulator, journal).retry_failed(|kind| kind == ErrorKind::NotFound);
    let found = outcomes(submitter.submit(documents(0..2))).await;
    assert!(found.iter().all(|outcome| matches!(outcome, Outcome::Submitted { .. })));
}

/// Credentials that expire, a permission that is missing: nothing that the documents could help.
#[tokio::test(start_paused = true)]
async fn what_failed_for_the_configuration_is_tried_again_by_the_next_run() {
    let faults = [
        (Fault::AccessDenied, "StartDocumentAnalysis"),
        (Fault::ClockSkew, "StartDocumentAnalysis"),
        (Fault::AccessDenied, "DescribeKey"),
    ];
    for (fault, operation) in faults {
        let emulator = emulator(2).fault(fault.on(operation)).build().unwrap();
        let journal = memory();
        let submitter = submitter(&emulator, journal.clone());
        let denied = outcomes(submitter.submit(documents(0..2))).await;
        assert_eq!(denied.len(), 2);
        for outcome in denied {
            let Outcome::Failed { document, error, .. } = outcome else { panic!("{outcome:?}") };
            assert_eq!(error.kind(), ErrorKind::AccessDenied, "{operation}");
            assert_eq!(state(&*journal, &document).await, Some(DocumentState::Accepted), "{operation}");
        }
        emulator.clear_faults();
        // With other work too, which is not taken for a change of what was started: nothing was.
        let forms = Submitter::<Analysis>::new(&clients(&emulator), journal, |document| {
            Ok(seal(SecureJob::analysis(document.object().clone()).feature(Feature::Forms)))
        });
        let mut again = forms.submit(stream::empty());
        while let Some(outcome) = futures::StreamExt::next(&mut again).await {
            assert!(matches!(outcome, Ok(Outcome::Submitted { .. })), "{operation}: {outcome:?}");
        }
        assert_eq!((again.tally().taken_up, started(&emulator)), (2, keys(0..2)), "{operation}");
    }
}

/// Of a template that asks for what it needs itself.
#[tokio::test(start_paused = true)]
async fn a_template_that_fails_transiently_is_asked_again_by_the_next_run() {
    let emulator = emulator(1).build().unwrap();
    let journal = memory();
    let busy = Submitter::<Analysis>::new(&clients(&emulator), journal.clone(), |_| {
        Err(Error::application(std::io::Error::from(std::io::ErrorKind::TimedOut)).retryable())
    });
    let failed = outcomes(busy.submit(documents(0..1))).await;
    assert!(matches!(&failed[..], [Outcome::Failed { attempts: 0, .. }]), "{failed:?}");
    let again = outcomes(submitter(&emulator, journal).submit(stream::empty())).await;
    assert!(matches!(&again[..], [Outcome::Submitted { .. }]), "{again:?}");
}

/// Nothing is sent to Textract, and KMS is not asked about every document at once.
#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_used_is_asked_about_at_the_pace_of_starts() {
    const DOCUMENTS: usize = 50;
    let emulator = emulator(DOCUMENTS).build().unwrap();
    let submitter = Submitter::<Analysis>::new(&clients(&emulator), memory(), |document| {
        let job = SecureJob::analysis(document.object().clone()).feature(Feature::Tables);
        let job = job.output_bucket(crate::support::bucket());
        job.kms_key("arn:aws:kms:us-east-1:111122223333:key/ffffffff-12ab-34cd-56ef-1234567890ab".parse()?)
            .build()
    });
    let began = tokio::time::Instant::now();
    let failed = outcomes(submitter.submit(documents(0..DOCUMENTS))).await;
    assert!(failed.iter().all(|outcome| {
        matches!(outcome, Outcome::Failed { error, .. } if error.kind() == ErrorKind::UnusableKey)
    }));
    assert_eq!((failed.len(), emulator.count("DescribeKey")), (DOCUMENTS, DOCUMENTS as u64));
    assert_eq!(emulator.count("StartDocumentAnalysis"), 0);
    let elapsed = began.elapsed();
    assert!((4.8..6.0).contains(&elapsed.as_secs_f64()), "ten per second: {elapsed:?}");
}

#[tokio::test(start_paused = true)]
async fn what_passes_is_tried_so_often_and_left_to_the_next_run() {
    let emulator = emulator(1).fault(Fault::InternalError.on("StartDocumentAnalysis")).build().unwrap();
    let journal = memory();
    let submitter = submitter(&emulator, journal.clone()).max_attempts(4);
    let failed = outcomes(submitter.submit(documents(0..1))).await;
    assert!(matches!(&failed[..], [Outcome::Failed { attempts: 4, error, .. }] if error.is_retryable()));
    assert_eq!(emulator.count("StartDocumentAnalysis"), 4, "the SDK has no retries of its own");
    assert!(matches!(state(&*journal, &document(0)).await, Some(DocumentState::Starting { .. })));

    emulator.clear_faults();
    // Nothing in the stream: the journal knows it.
    let taken_up = outcomes(submitter.submit(stream::empty())).await;
    assert!(matches!(&taken_up[..], [Outcome::Submitted { .. }]), "{taken_up:?}");
    assert_eq!(started(&emulator), keys(0..1));
}

#[tokio::test(start_paused = true)]
async fn a_key_that_cannot_be_looked_at_is_looked_at_again() {
    let emulator = emulator(3).fault(Fault::InternalError.on("DescribeKey").times(10)).build().unwrap();
    let outcomes = outcomes(submitter(&emulator, memory()).submit(documents(0..3))).await;
    assert!(outcomes.iter().all(|outcome| matches!(outcome, Outcome::Submitted { attempts: 1, .. })));
    assert_eq!(outcomes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn what_is_in_the_stream_twice_is_started_once() {
    let emulator = emulator(5).build().unwrap();
    let twice = stream::iter([0, 1, 0, 2, 1, 0].map(document));
    let mut submissions = submitter(&emulator, memory()).submit(twice);
    let mut count = 0;
    while futures::StreamExt::next(&mut submissions).await.is_some() {
        count += 1;
    }
    assert_eq!((count, submissions.tally().duplicates), (3, 3));
    assert_eq!(started(&emulator), keys(0..3));
}

#[tokio::test(start_paused = true)]
async fn what_was_started_is_resumed_and_what_was_completed_is_skipped() {
    let emulator = emulator(3).build().unwrap();
    let journal = memory();
    let submitter = submitter(&emulator, journal.clone());
    let first = outcomes(submitter.submit(documents(0..3))).await;
    let mut jobs = Vec::new();
    for outcome in &first {
        let Outcome::Submitted { document, job, .. } = outcome else { panic!("{outcome:?}") };
        if document.object().key() == key(1) {
            submitter.finished(document, job.id(), None).await.unwrap();
        } else {
            jobs.push(job.clone());
        }
    }
    let sent = emulator.count("StartDocumentAnalysis");
    let mut submissions = submitter.submit(documents(0..3));
    let mut resumed = Vec::new();
    while let Some(outcome) = futures::StreamExt::next(&mut submissions).await {
        let Outcome::Resumed { job, .. } = outcome.unwrap() else { panic!("a start") };
        resumed.push(job);
    }
    resumed.sort_by(|a, b| a.id().as_str().cmp(b.id().as_str()));
    jobs.sort_by(|a, b| a.id().as_str().cmp(b.id().as_str()));
    assert_eq!(resumed, jobs, "the very jobs, with token and seal");
    assert_eq!((submissions.tally().skipped, emulator.count("StartDocumentAnalysis")), (1, sent));
    resumed[0].wait(&clients(&emulator)).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_token_that_is_forgotten_is_left_to_the_caller() {
    let emulator = emulator(4).build().unwrap();
    let journal = memory();
    let submitter = submitter(&emulator, journal.clone());
    outcomes(submitter.submit(documents(0..4))).await;
    let mut tokens = Vec::new();
    let days = [8, 7, 6].map(|days| days * DAY);
    for (number, ago) in days.into_iter().enumerate() {
        let document = document(number);
        let Some(DocumentState::Started { token, .. }) = state(&*journal, &document).await else { panic!() };
        tokens.push(token.clone());
        let at = SystemTime::now() - ago;
        journal.record(document.id(API), &document, DocumentState::Starting { token, at }).await.unwrap();
    }
    let sent = emulator.count("StartDocumentAnalysis");
    let again = outcomes(submitter.submit(stream::empty())).await;
    assert_eq!((again.len(), emulator.count("StartDocumentAnalysis")), (3, sent + 1));
    for outcome in again {
        match outcome {
            Outcome::Undecided { document, doubt: Doubt::TokenExpired { token, .. } } => {
                let number = if document == super::document(0) { 0 } else { 1 };
                assert_eq!(token, tokens[number]);
            }
            Outcome::Submitted { document, .. } => assert_eq!(document, super::document(2)),
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(started(&emulator), keys(0..4), "the token of six days ago gave the same job");

    submitter.start_anew(&document(0)).await.unwrap();
    let anew = outcomes(submitter.submit(stream::iter([document(0)]))).await;
    let submitted = anew.iter().filter(|outcome| matches!(outcome, Outcome::Submitted { .. }));
    assert_eq!((submitted.count(), anew.len()), (1, 2), "the other is undecided still");
}

#[tokio::test(start_paused = true)]
async fn other_work_is_not_taken_for_the_same() {
    let emulator = emulator(3).build().unwrap();
    let journal = memory();
    outcomes(submitter(&emulator, journal.clone()).submit(documents(0..3))).await;
    let Some(DocumentState::Started { token, at, .. }) = state(&*journal, &document(1)).await else {
        panic!()
    };
    let starting = DocumentState::Starting { token, at };
    journal.record(document(1).id(API), &document(1), starting).await.unwrap();
    journal.record(document(2).id(API), &document(2), DocumentState::Accepted).await.unwrap();

    let forms = Submitter::<Analysis>::new(&clients(&emulator), journal.clone(), |document| {
        Ok(seal(SecureJob::analysis(document.object().clone()).feature(Feature::Forms)))
    });
    let sent = emulator.count("StartDocumentAnalysis");
    for outcome in outcomes(forms.submit(documents(0..3))).await {
        match outcome {
            Outcome::Undecided { document, doubt: Doubt::WorkChanged { job, .. } } => {
                assert_eq!(job.is_some(), document == super::document(0));
            }
            Outcome::Submitted { document, .. } => assert_eq!(document, super::document(2)),
            outcome => panic!("{outcome:?}"),
        }
    }
    assert_eq!(emulator.count("StartDocumentAnalysis"), sent + 1);

    // Another operation is other documents to the journal.
    let text = Submitter::<TextDetection>::new(&clients(&emulator), journal, |document| {
        Ok(seal(SecureJob::text_detection(document.object().clone())))
    });
    let outcomes: Vec<_> = futures::TryStreamExt::try_collect(text.submit(documents(0..3))).await.unwrap();
    assert!(outcomes.iter().all(|outcome: &Outcome<_>| matches!(outcome, Outcome::Submitted { .. })));
    assert_eq!(outcomes.len(), 3);
}

#[tokio::test(start_paused = true)]
async fn ends_that_were_waited_for_are_recorded() {
    let emulator = emulator(3).response_for(key(1), Response::failed("INVALID_IMAGE_TYPE")).build().unwrap();
    let journal = memory();
    let submitter = submitter(&emulator, journal.clone()).wait_by_polling(WaitOptions::default());
    let mut ended = 0;
    for outcome in outcomes(submitter.submit(documents(0..3))).await {
        if let Outcome::Ended { document, result } = outcome {
            let expected = match result {
                Ok(_) => DocumentState::Completed,
                Err(error) => DocumentState::Failed(error.kind()),
            };
            assert_eq!(expected == DocumentState::Completed, document != super::document(1));
            assert_eq!(state(&*journal, &document).await, Some(expected));
            ended += 1;
        }
    }
    assert_eq!(ended, 3);
}

#[tokio::test(start_paused = true)]
async fn a_stream_that_fails_is_told_and_goes_on() {
    let emulator = emulator(2).build().unwrap();
    let broken = Error::from("no bucket".parse::<inkseal::resource::Bucket>().unwrap_err());
    let documents = stream::iter([Ok(document(0)), Err(broken), Ok(document(1))]);
    let outcomes = outcomes(submitter(&emulator, memory()).try_submit(documents)).await;
    assert_eq!(outcomes.len(), 3);
    let failed = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::SourceFailed { .. })).count();
    assert_eq!((failed, started(&emulator)), (1, keys(0..2)));
}

/// A journal whose disk is full after this many records.
struct Full {
    inner: MemoryJournal,
    left: std::sync::atomic::AtomicI64,
}

impl Journal for Full {
    fn record<'a>(
        &'a self,
        id: inkseal::fleet::DocumentId,
        document: &'a Document,
        state: DocumentState,
    ) -> futures::future::BoxFuture<'a, Result<(), JournalError>> {
        if self.left.fetch_sub(1, std::sync::atomic::Ordering::Relaxed) <= 0 {
            return Box::pin(async {
                Err(JournalError::other(std::io::Error::from(std::io::ErrorKind::StorageFull)))
            });
        }
        self.inner.record(id, document, state)
    }

    fn look(
        &self,
        id: inkseal::fleet::DocumentId,
    ) -> futures::future::BoxFuture<'_, Result<Option<inkseal::fleet::Entry>, JournalError>> {
        self.inner.look(id)
    }

    fn pending(
        &self,
    ) -> futures::future::BoxFuture<'_, Result<Vec<inkseal::fleet::DocumentId>, JournalError>> {
        self.inner.pending()
    }
}

/// Wherever the journal fails, nothing was sent that it does not know about, and the next run completes the work.
#[tokio::test(start_paused = true)]
async fn a_journal_that_fails_ends_the_run() {
    for records in 0..30 {
        let emulator = emulator(10).build().unwrap();
        let journal = Arc::new(Full { inner: MemoryJournal::new(), left: records.into() });
        let mut submissions = submitter(&emulator, journal.clone()).submit(documents(0..10));
        let error = loop {
            match futures::StreamExt::next(&mut submissions).await.unwrap() {
                Ok(outcome) => assert!(matches!(outcome, Outcome::Submitted { .. })),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, JournalError::Other { .. }));
        assert!(futures::StreamExt::next(&mut submissions).await.is_none());
        let sent = emulator.count("StartDocumentAnalysis");
        tokio::time::sleep(Duration::from_secs(600)).await;
        assert_eq!(emulator.count("StartDocumentAnalysis"), sent);
        for name in started(&emulator) {
            let number = name.trim_start_matches("scans/").trim_end_matches(".pdf").parse().unwrap();
            let known = state(&journal.inner, &document(number)).await;
            assert!(
                matches!(known, Some(DocumentState::Starting { .. } | DocumentState::Started { .. })),
                "{known:?}"
            );
        }
        journal.left.store(1000, std::sync::atomic::Ordering::Relaxed);
        outcomes(submitter(&emulator, journal).submit(documents(0..10))).await;
        assert_eq!(started(&emulator), keys(0..10), "after {records} records");
    }
}
