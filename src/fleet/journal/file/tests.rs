//! Crashes at any byte, broken lines, and the lock.

use super::*;
use crate::error::ErrorKind;
use crate::fleet::journal::line::{LONGEST, now};
use crate::job::Api;
use futures::future::join_all;
use std::fs;
use tempfile::TempDir;

/// Its own folder for each test.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        // In memory if there is such a folder: the tests synchronise thousands of times.
        let memory = Path::new("/dev/shm");
        let folder = if memory.is_dir() { tempfile::tempdir_in(memory) } else { tempfile::tempdir() };
        Self(folder.unwrap())
    }

    fn journal(&self) -> PathBuf {
        self.path("run.journal")
    }

    fn path(&self, name: &str) -> PathBuf {
        self.0.path().join(name)
    }
}

fn document(number: usize) -> (DocumentId, Document) {
    let document = Document::new(format!("s3://amzn-s3-demo-source/scans/{number}.pdf").parse().unwrap());
    let document = if number.is_multiple_of(2) { document.tagged("even".parse().unwrap()) } else { document };
    (document.id(Api::StartDocumentAnalysis), document)
}

/// Everything that happens to a document, in order.
fn states(number: usize) -> Vec<DocumentState> {
    let token: crate::resource::ClientRequestToken = format!("token-{number}").parse().unwrap();
    let job = format!("job-{number}").parse().unwrap();
    let ended = match number % 3 {
        0 => DocumentState::Failed(ErrorKind::UnsupportedDocument),
        _ => DocumentState::Completed,
    };
    let starting = DocumentState::Starting { token: token.clone(), at: now() };
    vec![DocumentState::Accepted, starting, DocumentState::Started { job, token, at: now() }, ended]
}

async fn record(journal: &FileJournal, number: usize, state: DocumentState) {
    let (id, document) = document(number);
    journal.record(id, &document, state).await.unwrap();
}

async fn state(journal: &FileJournal, number: usize) -> Option<DocumentState> {
    let (id, document) = document(number);
    let entry = journal.look(id).await.unwrap()?;
    let pending = matches!(entry.state, DocumentState::Accepted | DocumentState::Starting { .. });
    assert_eq!(entry.document, pending.then_some(document));
    assert_eq!(journal.pending().await.unwrap().contains(&id), pending);
    Some(entry.state)
}

#[tokio::test]
async fn what_was_recorded_is_known_to_the_next() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    assert!(journal.is_empty());
    for number in 0..6 {
        for (step, next) in states(number).into_iter().enumerate().take(number + 1) {
            assert_eq!(state(&journal, number).await.is_some(), step > 0);
            record(&journal, number, next.clone()).await;
            assert_eq!(state(&journal, number).await, Some(next));
        }
    }
    let mut known = Vec::new();
    for number in 0..6 {
        known.push(state(&journal, number).await);
    }
    drop(journal);
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    assert_eq!(journal.len(), 6);
    for (number, known) in known.into_iter().enumerate() {
        assert_eq!(state(&journal, number).await, known);
    }
    assert_eq!(state(&journal, 7).await, None);
}

/// The file cut off at every byte: what complete lines say is known, and the journal continues from there.
#[tokio::test]
async fn it_survives_a_crash_at_any_byte() {
    let folder = Folder::new();
    let mut ends = vec![0];
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    let mut said = Vec::new();
    let end = || fs::metadata(folder.journal()).unwrap().len();
    ends.push(end());
    for number in 0..2 {
        for state in states(number).into_iter().take(4 - 3 * number) {
            record(&journal, number, state.clone()).await;
            ends.push(end());
            said.push((number, state));
        }
    }
    drop(journal);
    let bytes = fs::read(folder.journal()).unwrap();
    assert_eq!(ends.last(), Some(&(bytes.len() as u64)));
    for length in 0..=bytes.len() {
        fs::write(folder.journal(), &bytes[..length]).unwrap();
        let journal = FileJournal::open(folder.journal()).await.unwrap();
        // The first of the ends is before the first line.
        let whole = ends.iter().filter(|end| **end <= length as u64).count().saturating_sub(2);
        for number in 0..2 {
            let last =
                said[..whole].iter().rev().find(|(of, _)| *of == number).map(|(_, state)| state.clone());
            assert_eq!(state(&journal, number).await, last, "cut at {length}");
        }
        record(&journal, 7, DocumentState::Accepted).await;
        drop(journal);
        // It continues behind the last complete line.
        let (_, index, _) = read(&folder.journal()).unwrap();
        assert!(index.get(document(7).0).is_some(), "cut at {length}");
    }
}

#[tokio::test]
async fn a_line_that_is_broken_otherwise_is_told_by_its_number() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    for (number, state) in states(1).into_iter().enumerate() {
        record(&journal, number, state).await;
    }
    drop(journal);
    let whole = fs::read_to_string(folder.journal()).unwrap();
    let lines: Vec<&str> = whole.lines().collect();
    let last_changed = whole.replace(lines[4], &lines[4].replace("completed", "complete_"));
    let none = String::new();
    let cases = [
        (whole.replacen("accepted", "acceptee", 1), 2),
        (whole.replace(&format!("{}\n", lines[2]), ""), 3),
        (whole.replace(lines[1], &format!("{}\n{}", lines[1], lines[1])), 3),
        (format!("{}\n{}\n", lines[0], lines[2]), 2),
        (whole.replace(lines[3], ""), 4),
        (last_changed, 5),
        (format!("{whole}{}\n", lines[0]), 6),
        (whole.replacen(&format!("{}\n", lines[0]), "", 1), 1),
        (format!("{whole}{}", "x".repeat(LONGEST)), 6),
        ("some notes\n".to_owned(), 1),
        ("some notes".to_owned(), 1),
    ];
    for (broken, line) in cases {
        assert_ne!(broken, none);
        fs::write(folder.journal(), &broken).unwrap();
        for error in [
            FileJournal::open(folder.journal()).await.unwrap_err(),
            FileJournal::compact(folder.journal()).await.unwrap_err(),
        ] {
            assert!(
                matches!(error, JournalError::Broken { line: told, .. } if told == line),
                "{line}: {error}"
            );
            assert!(!format!("{error} {error:?}").contains(".pdf"));
        }
        assert_eq!(fs::read_to_string(folder.journal()).unwrap(), broken, "it is left as it is");
    }

    let mut later = Vec::new();
    Record::Journal { version: 2 }.encode(0, &mut later).unwrap();
    fs::write(folder.journal(), later).unwrap();
    let error = FileJournal::open(folder.journal()).await.unwrap_err();
    assert!(matches!(error, JournalError::Version { found: 2, known: 1, .. }), "{error}");
}

#[tokio::test]
async fn one_at_a_time() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    for error in [
        FileJournal::open(folder.journal()).await.unwrap_err(),
        FileJournal::compact(folder.journal()).await.unwrap_err(),
    ] {
        assert!(matches!(error, JournalError::InUse { .. }), "{error}");
    }
    drop(journal);
    FileJournal::open(folder.journal()).await.unwrap();
}

/// Through links and folders it is the same journal, so it has the same lock.
#[cfg(unix)]
#[tokio::test]
async fn one_at_a_time_under_every_name() {
    use std::os::unix::fs::symlink;
    let folder = Folder::new();
    fs::create_dir(folder.path("sub")).unwrap();
    symlink(folder.0.path(), folder.path("sub/up")).unwrap();
    // The links are there before the journal is.
    let names = ["a.link", "sub/b.link"].map(|name| folder.path(name));
    for name in &names {
        symlink(folder.journal(), name).unwrap();
    }
    let names =
        names.into_iter().chain([folder.path("sub/up/run.journal"), folder.path("sub/../run.journal")]);
    for name in names {
        let journal = FileJournal::open(&name).await.unwrap();
        record(&journal, 1, DocumentState::Accepted).await;
        let error = FileJournal::open(folder.journal()).await.unwrap_err();
        assert!(matches!(error, JournalError::InUse { .. }), "{name:?}: {error}");
        drop(journal);
        // A compaction replaces the journal and not the link.
        assert_eq!(FileJournal::compact(&name).await.unwrap().documents, 1);
        assert!(!fs::symlink_metadata(folder.journal()).unwrap().is_symlink());
        assert!(fs::symlink_metadata(folder.path("a.link")).unwrap().is_symlink());
        assert_eq!(FileJournal::open(folder.journal()).await.unwrap().len(), 1);
    }
}

#[tokio::test]
async fn a_compaction_makes_no_journal() {
    let folder = Folder::new();
    let error = FileJournal::compact(folder.journal()).await.unwrap_err();
    assert!(matches!(error, JournalError::Io { doing: "read", .. }), "{error}");
    assert_eq!(fs::read_dir(folder.0.path()).unwrap().count(), 0);
}

#[cfg(unix)]
#[tokio::test]
async fn only_its_owner_may_read_it() {
    use std::os::unix::fs::PermissionsExt;
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    record(&journal, 1, DocumentState::Accepted).await;
    drop(journal);
    let mode = || fs::metadata(folder.journal()).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(), 0o600);
    FileJournal::compact(folder.journal()).await.unwrap();
    assert_eq!(mode(), 0o600);
}

/// Records that arrive while a commit is under way are written by the next, all together, and in the order in which
/// they came.
#[tokio::test]
async fn records_of_many_are_written_together() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    let documents: Vec<_> = (0..1000).map(document).collect();
    // As if a commit were under way.
    let writer = journal.0.state().writer.take();
    let given = |state: DocumentState| -> Vec<_> {
        documents.iter().map(|(id, document)| journal.record(*id, document, state.clone())).collect()
    };
    let (accepted, completed) = (given(DocumentState::Accepted), given(DocumentState::Completed));
    assert!(journal.is_empty());
    journal.0.state().writer = writer;
    record(&journal, 1000, DocumentState::Accepted).await;
    for written in join_all(accepted.into_iter().chain(completed)).await {
        written.unwrap();
    }
    assert_eq!(journal.0.state().commits, 1);
    assert_eq!(journal.pending().await.unwrap(), [document(1000).0]);
    drop(journal);
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    assert_eq!((journal.len(), journal.pending().await.unwrap().len()), (1001, 1));
}

/// From many threads at once, nothing is lost.
#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn records_from_many_threads_are_all_written() {
    let folder = Folder::new();
    let journal = Arc::new(FileJournal::open(folder.journal()).await.unwrap());
    let tasks = (0..200).map(|number| {
        let journal = Arc::clone(&journal);
        tokio::spawn(async move {
            for state in states(number) {
                record(&journal, number, state).await;
            }
        })
    });
    for task in tasks.collect::<Vec<_>>() {
        task.await.unwrap();
    }
    drop(journal);
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    for number in 0..200 {
        assert_eq!(state(&journal, number).await, states(number).pop());
    }
}

#[tokio::test]
async fn a_record_that_nobody_waits_for_is_written() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    let (id, one) = document(1);
    drop(journal.record(id, &one, DocumentState::Accepted));
    record(&journal, 2, DocumentState::Accepted).await;
    assert_eq!(state(&journal, 1).await, Some(DocumentState::Accepted));
}

#[test]
fn it_works_without_a_runtime() {
    let folder = Folder::new();
    futures::executor::block_on(async {
        let journal = FileJournal::open(folder.journal()).await.unwrap();
        record(&journal, 1, DocumentState::Accepted).await;
        assert_eq!(state(&journal, 1).await, Some(DocumentState::Accepted));
    });
}

#[tokio::test]
async fn after_a_failed_write_there_is_none() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    record(&journal, 1, DocumentState::Accepted).await;
    // In place of a disk that cannot be written to.
    let unwritable = File::open(folder.journal()).unwrap();
    journal.0.state().writer.as_mut().unwrap().file = unwritable;
    let (id, one) = document(2);
    let error = journal.record(id, &one, DocumentState::Accepted).await.unwrap_err();
    assert!(matches!(error, JournalError::Io { doing: "written", .. }), "{error}");
    let error = journal.record(id, &one, DocumentState::Accepted).await.unwrap_err();
    assert!(matches!(error, JournalError::Failed), "{error}");
    assert_eq!(state(&journal, 2).await, None);
    assert_eq!(state(&journal, 1).await, Some(DocumentState::Accepted));
}

#[tokio::test]
async fn a_compaction_keeps_the_last_word_and_no_key_that_is_not_needed() {
    let folder = Folder::new();
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    let mut known = Vec::new();
    for number in 0..40 {
        for state in states(number).into_iter().take(1 + number % 4) {
            record(&journal, number, state).await;
        }
        known.push(state(&journal, number).await);
    }
    drop(journal);
    // What an earlier attempt left does no harm.
    fs::write(folder.path("run.journal.new"), "half a li").unwrap();
    let compacted = FileJournal::compact(folder.journal()).await.unwrap();
    assert_eq!(compacted.documents, 40);
    assert!(compacted.after < compacted.before, "{compacted:?}");
    assert_eq!(fs::metadata(folder.journal()).unwrap().len(), compacted.after);
    let text = fs::read_to_string(folder.journal()).unwrap();
    for number in 0..40 {
        assert_eq!(text.contains(&format!("/{number}.pdf")), number % 4 < 2, "{number}");
    }
    let journal = FileJournal::open(folder.journal()).await.unwrap();
    for (number, known) in known.into_iter().enumerate() {
        assert_eq!(state(&journal, number).await, known);
    }
    record(&journal, 50, DocumentState::Accepted).await;
    drop(journal);
    assert_eq!(FileJournal::compact(folder.journal()).await.unwrap().documents, 41);
}
