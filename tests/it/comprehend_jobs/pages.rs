//! From a finished Textract job to a Comprehend job.

use futures::TryStreamExt;
use inkseal::comprehend::{
    ComprehendInput, ComprehendJob, DocumentAnalysis, Entities, InputFormat, PiiOffsets,
};
use inkseal::emulator::{Fault, Response, Synthetic};
use inkseal::redact::Language;
use inkseal::{Analysis, CompletedJob, ErrorKind, SecureJob, Stage};

use super::{location, role};
use crate::support::{self, RESULTS, analysis, clients, emulator, key};

async fn textract(clients: &inkseal::Clients) -> CompletedJob<Analysis> {
    support::complete(analysis(), clients).await
}

#[tokio::test(start_paused = true)]
async fn pages_become_the_input_of_a_job_under_the_same_seal() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    for format in [InputFormat::OneDocPerFile, InputFormat::OneDocPerLine] {
        let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
        let prepared = textract.comprehend_input::<PiiOffsets>(&clients, &store, format).await.unwrap();
        assert_eq!((prepared.documents, prepared.blank_pages.as_slice()), (3, &[][..]));
        assert_eq!((prepared.completeness.pages_seen, prepared.completeness.partial), (3, false));
        let job = ComprehendJob::pii_offsets(prepared.input.clone(), role(), Language::English)
            .output(location(), key());
        let completed = super::complete(&job.build().unwrap(), &clients).await;
        let results: Vec<_> = completed.results(&clients).stream().try_collect().await.unwrap();
        let pages: Vec<_> =
            results.iter().map(|found| prepared.page_of(&found.file, found.line).unwrap()).collect();
        assert_eq!(pages, [1, 2, 3], "{format:?}");
    }
    let folder = format!("texts/{0}/{0}/", textract.id());
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
        let error =
            textract.comprehend_input_with_limits(&clients, &store, format, limits).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Store));
        assert!(error.to_string().contains("page 1"), "{error}");
    }
    assert_eq!(emulator.count("PutObject"), 0);
}

#[tokio::test(start_paused = true)]
async fn pages_that_textract_could_not_read_are_told() {
    let response = Response::from(Synthetic::pages(3).blocks_per_page(40));
    let partial =
        emulator().blocks_per_part(40).response(response.with_warning("PAGE_CHARACTERS_EXCEEDED", [3]));
    let emulator = partial.build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    emulator.inject(Fault::MissingPart(3));
    let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
    let prepared =
        textract.comprehend_input::<Entities>(&clients, &store, InputFormat::OneDocPerFile).await.unwrap();
    assert_eq!((prepared.documents, prepared.blank_pages.as_slice()), (2, &[][..]));
    assert_eq!(prepared.completeness.missing_pages, [3]);
}

#[tokio::test(start_paused = true)]
async fn two_documents_in_one_store_are_kept_apart() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let first = textract(&clients).await;
    let again = support::seal(SecureJob::text_detection(support::input()));
    let second = support::complete(again, &clients).await;
    let store = first.store(&clients, "texts".parse().unwrap()).unwrap().replacing();
    for format in [InputFormat::OneDocPerFile, InputFormat::OneDocPerLine] {
        let one = first.comprehend_input::<PiiOffsets>(&clients, &store, format).await.unwrap();
        let other = second.comprehend_input::<PiiOffsets>(&clients, &store, format).await.unwrap();
        for prepared in [&one, &other] {
            let job = ComprehendJob::pii_offsets(prepared.input.clone(), role(), Language::English);
            let completed = super::complete(&job.output(location(), key()).build().unwrap(), &clients).await;
            let results: Vec<_> = completed.results(&clients).stream().try_collect().await.unwrap();
            assert_eq!(results.len() as u64, prepared.documents, "{format:?}: of its own document alone");
        }
        assert_ne!(one.input.uri(), other.input.uri());
    }
}

#[tokio::test(start_paused = true)]
async fn the_token_knows_the_text_that_was_written() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
    let format = InputFormat::OneDocPerFile;
    let prepared = textract.comprehend_input::<PiiOffsets>(&clients, &store, format).await.unwrap();
    let replaced =
        textract.comprehend_input::<PiiOffsets>(&clients, &store.replacing(), format).await.unwrap();
    let folder =
        ComprehendInput::one_document_per_file(prepared.input.uri().trim_end_matches('/').parse().unwrap());
    assert_eq!(folder.uri(), prepared.input.uri());
    let mut tokens = Vec::new();
    for input in [prepared.input, replaced.input, folder] {
        let job = ComprehendJob::pii_offsets(input, role(), Language::English).output(location(), key());
        tokens.push(job.build().unwrap().start(&clients).await.unwrap().token().clone());
    }
    assert_eq!(tokens[0], tokens[1], "the same text is the same work");
    assert_ne!(tokens[0], tokens[2], "a folder alone does not say what lies in it");
}

#[tokio::test(start_paused = true)]
async fn nothing_is_replaced_unless_told_so() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let textract = textract(&clients).await;
    let store = textract.store(&clients, "texts".parse().unwrap()).unwrap();
    let files = InputFormat::OneDocPerFile;
    let first = textract.comprehend_input::<Entities>(&clients, &store, files).await.unwrap();
    let error = textract.comprehend_input::<Entities>(&clients, &store, files).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AlreadyExists);
    let again = textract.comprehend_input::<Entities>(&clients, &store.replacing(), files).await.unwrap();
    assert_eq!(again, first);
}
