//! From a finished Textract job to a Comprehend job.

use futures::TryStreamExt;
use inkseal::comprehend::{Analysis, ComprehendJob, Entities, InputFormat, PiiOffsets};
use inkseal::redact::Language;
use inkseal::{CompletedJob, ErrorKind, Stage};

use super::{location, role};
use crate::support::{self, RESULTS, analysis, clients, emulator, key};

async fn textract(clients: &inkseal::Clients) -> CompletedJob<inkseal::Analysis> {
    support::complete(analysis(), clients).await
}

#[tokio::test(start_paused = true)]
async fn pages_become_the_input_of_a_job_under_the_same_seal() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    for format in [InputFormat::OneDocPerFile, InputFormat::OneDocPerLine] {
        let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
        let prepared = textract.comprehend_input(&clients, &store, format, PiiOffsets::LIMITS).await.unwrap();
        assert_eq!((prepared.documents, prepared.blank_pages.as_slice()), (3, &[][..]));
        let job = ComprehendJob::pii_offsets(prepared.input.clone(), role(), Language::English)
            .output(location(), key());
        let completed = super::complete(&job.build().unwrap(), &clients).await;
        let results: Vec<_> = completed.results(&clients).stream().try_collect().await.unwrap();
        let pages: Vec<_> =
            results.iter().map(|found| prepared.page_of(&found.file, found.line).unwrap()).collect();
        assert_eq!(pages, [1, 2, 3], "{format:?}");
    }
    let folder = format!("texts/{}/", textract.id());
    let written: Vec<_> =
        emulator.object_keys(RESULTS).into_iter().filter(|key| key.starts_with(&folder)).collect();
    let names: Vec<_> = written.iter().map(|key| key.strip_prefix(&folder).unwrap()).collect();
    assert_eq!(
        names,
        ["files/page-000001.txt", "files/page-000002.txt", "files/page-000003.txt", "lines/pages-000001.txt"]
    );
    let text = |key: &str| String::from_utf8(emulator.object(RESULTS, key).unwrap().to_vec()).unwrap();
    let in_files: Vec<_> = written[..3].iter().map(|key| text(key).replace(['\n', '\r'], " ")).collect();
    assert_eq!(text(&written[3]).lines().collect::<Vec<_>>(), in_files, "offsets are the same in both");
    let puts: Vec<_> =
        emulator.requests().into_iter().filter(|request| request.operation == "PutObject").collect();
    assert!(
        puts.iter()
            .all(|put| put.header("x-amz-server-side-encryption-aws-kms-key-id") == Some(support::KEY))
    );
    assert_eq!(puts.len(), 4);
}

#[tokio::test(start_paused = true)]
async fn a_page_beyond_the_limits_is_an_error() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
    let mut limits = Entities::LIMITS;
    limits.document_bytes = 10;
    for format in [InputFormat::OneDocPerFile, InputFormat::OneDocPerLine] {
        let error = textract.comprehend_input(&clients, &store, format, limits).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Store));
        assert!(error.to_string().contains("page 1"), "{error}");
    }
    assert_eq!(emulator.count("PutObject"), 0);
}

#[tokio::test(start_paused = true)]
async fn nothing_is_replaced_unless_told_so() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
    let files = InputFormat::OneDocPerFile;
    let first = textract.comprehend_input(&clients, &store, files, Entities::LIMITS).await.unwrap();
    let error = textract.comprehend_input(&clients, &store, files, Entities::LIMITS).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let again =
        textract.comprehend_input(&clients, &store.replacing(), files, Entities::LIMITS).await.unwrap();
    assert_eq!(again, first);
}
