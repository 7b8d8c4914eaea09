//! The output: typed, verified, bounded.

use async_compression::tokio::bufread::GzipDecoder;
use async_compression::tokio::write::GzipEncoder;
use futures::TryStreamExt;
use inkseal::comprehend::{
    ComprehendInput, ComprehendJob, DocumentLanguage, DocumentResult, Mask, Redaction, SentimentType,
    TopicRecord,
};
use inkseal::emulator::Fault;
use inkseal::redact::{Language, PiiType};
use inkseal::{ErrorKind, Stage};
use tokio::io::{AsyncReadExt, AsyncWriteExt};

use super::{
    VOLUMES, complete, emulator, files, found, key_phrases, lines, location, meddled, models, pii_offsets,
    read, role, volumes, vpc,
};
use crate::support::{KEY, RESULTS, SOURCE, clients, key};

/// Gives what most analyses take.
macro_rules! sealed {
    ($job:expr) => {
        $job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap()
    };
}

/// File, line and result.
fn whole<T>(results: Vec<DocumentResult<T>>) -> Vec<(String, Option<u64>, T)> {
    let whole = |result: DocumentResult<T>| (result.file, result.line, result.outcome.unwrap());
    results.into_iter().map(whole).collect()
}

#[tokio::test(start_paused = true)]
async fn personal_data_by_offsets() {
    let emulator = emulator().build().unwrap();
    let results = whole(found(&pii_offsets(), &emulator).await);
    assert_eq!(results.len(), 2, "and nothing from the folder next to it: {results:?}");
    assert_eq!((results[0].0.as_str(), results[0].1), ("a.txt", None));
    let entity = &results[0].2[0];
    assert_eq!((&entity.pii_type, entity.begin_offset, entity.end_offset), (&PiiType::Name, 0, 8));
    assert!(results[1].2.is_empty());
    assert!(!format!("{results:?}").contains("Jane"));
    let keys = emulator.object_keys(RESULTS);
    assert_eq!(keys.len(), 3, "{keys:?}");
    assert!(keys[0].ends_with("/output/.write_access_check_file.temp"), "{keys:?}");
}

#[tokio::test(start_paused = true)]
async fn personal_data_redacted() {
    let emulator = emulator().build().unwrap();
    for (mask, expected) in [(Mask::Type, "[NAME] was happy"), (Mask::Character('#'), "######## was happy")] {
        let job = ComprehendJob::pii_redaction(files(), role(), Language::English, Redaction::all(mask));
        let lines = found(&job.output(location(), key()).build().unwrap(), &emulator).await;
        let at: Vec<_> = lines.iter().map(|line| (line.file.as_str(), line.line)).collect();
        assert_eq!(at, [("a.txt", 0), ("b.txt", 0), ("b.txt", 1)]);
        let text = |line: usize| lines[line].outcome.as_ref().unwrap();
        assert!(text(0).starts_with(expected), "{}", &**text(0));
        assert_eq!(&**text(2), "und der Mann ist late");
        assert!(!format!("{lines:?}").contains("Mann"));
    }
    let some = Redaction::of([PiiType::Ssn], Mask::Type);
    let job =
        ComprehendJob::pii_redaction(files(), role(), Language::English, some).output(location(), key());
    let lines = found(&job.build().unwrap(), &emulator).await;
    assert!(lines[0].outcome.as_ref().unwrap().starts_with("Jane Doe"));
}

#[tokio::test(start_paused = true)]
async fn every_archive_is_read() {
    let emulator = emulator().build().unwrap();
    let english = DocumentLanguage::English;
    let entities = whole(found(&sealed!(ComprehendJob::entities(lines(), role(), english)), &emulator).await);
    let at: Vec<_> = entities.iter().map(|(file, line, _)| (file.as_str(), *line)).collect();
    assert_eq!(at, [("a.txt", Some(0)), ("b.txt", Some(0)), ("b.txt", Some(1))]);
    let jane = &entities[0].2[0];
    assert_eq!(
        (&*jane.text, jane.entity_type.as_str(), jane.begin_offset, jane.end_offset),
        ("Jane Doe", "PERSON", 0, 8)
    );

    let phrases = whole(found(&key_phrases(), &emulator).await);
    assert!(phrases[0].2.iter().any(|phrase| &*phrase.text == "happy"), "{phrases:?}");

    let sentiments =
        whole(found(&sealed!(ComprehendJob::sentiment(files(), role(), english)), &emulator).await);
    assert_eq!(sentiments[0].2.sentiment, SentimentType::Positive);
    assert_eq!(sentiments[1].2.sentiment, SentimentType::Negative);
    assert!(sentiments[0].2.sentiment_score.positive > 0.9);

    let targets = whole(found(&sealed!(ComprehendJob::targeted_sentiment(files(), role())), &emulator).await);
    let mention = &targets[0].2[0].mentions[0];
    assert_eq!((&*mention.text, &mention.sentiment.sentiment), ("Jane Doe", &SentimentType::Positive));

    let languages =
        whole(found(&sealed!(ComprehendJob::dominant_language(files(), role())), &emulator).await);
    let codes: Vec<_> =
        languages.iter().map(|(_, _, languages)| languages[0].language_code.as_str()).collect();
    assert_eq!(codes, ["en", "de"]);

    let topics = found(&sealed!(ComprehendJob::topics(lines(), role(), 2)), &emulator).await;
    let (terms, documents): (Vec<_>, Vec<_>) =
        topics.into_iter().partition(|record| matches!(record, TopicRecord::Term { .. }));
    assert!(!terms.is_empty());
    assert_eq!(documents.len(), 3);
    assert!(
        matches!(&documents[2], TopicRecord::Document { document, .. } if document == "b.txt:1"),
        "{documents:?}"
    );

    let training = inkseal::comprehend::ClassifierTraining::csv(super::folder(), Default::default());
    let training = ComprehendJob::train_classifier("letters".parse().unwrap(), training, role(), english);
    let training = training.output(location(), key()).volume_key(volumes()).model_key(models()).in_vpc(vpc());
    let classifier = complete(&training.build().unwrap(), &clients(&emulator)).await.classifier().clone();
    let job = sealed!(ComprehendJob::document_classification(lines(), role(), classifier));
    let classes = whole(found(&job, &emulator).await);
    assert_eq!((classes.len(), classes[2].1), (3, Some(1)));
    assert_eq!(classes[0].2.classes[0].name, "PROSE");
}

#[tokio::test(start_paused = true)]
async fn documents_without_a_result_are_not_lost() {
    let emulator = emulator()
        .object(SOURCE, "mixed/1.txt", "x".repeat(5121))
        .object(SOURCE, "mixed/2.txt", &b"\xff\xfe"[..])
        .object(SOURCE, "mixed/3.txt", "great")
        .build()
        .unwrap();
    let input = ComprehendInput::one_document_per_file(format!("s3://{SOURCE}/mixed").parse().unwrap());
    let results =
        found(&sealed!(ComprehendJob::sentiment(input, role(), DocumentLanguage::English)), &emulator).await;
    let codes: Vec<_> =
        results.iter().map(|result| result.outcome.as_ref().err().map(|error| error.code.as_str())).collect();
    assert_eq!(codes, [Some("DOCUMENT_SIZE_EXCEEDED"), Some("UNSUPPORTED_ENCODING"), None]);

    let input = ComprehendInput::one_document_per_file(format!("s3://{SOURCE}/mixed").parse().unwrap());
    let job = ComprehendJob::pii_redaction(input, role(), Language::English, Redaction::all(Mask::Type));
    let lines = found(&job.output(location(), key()).build().unwrap(), &emulator).await;
    let codes: Vec<_> =
        lines.iter().map(|line| line.outcome.as_ref().err().map(|error| error.code.as_str())).collect();
    assert_eq!(codes, [None, Some("UNSUPPORTED_ENCODING"), None]);
}

#[tokio::test(start_paused = true)]
async fn an_output_under_another_key_is_not_read() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let (archived, in_folder) =
        (complete(&key_phrases(), &clients).await, complete(&pii_offsets(), &clients).await);
    for fault in [Fault::WrongKey, Fault::NotEncrypted] {
        emulator.inject(fault.on("GetObject"));
        let errors =
            [read(&archived, &clients).await.unwrap_err(), read(&in_folder, &clients).await.unwrap_err()];
        for error in errors {
            assert_eq!((error.kind(), error.stage()), (ErrorKind::NotSealed, Stage::Verify));
            assert!(error.object().unwrap().starts_with("insights/"), "{error}");
        }
        emulator.clear_faults();
    }
    read(&archived, &clients).await.unwrap();
    let archive =
        emulator.object_keys(RESULTS).into_iter().find(|key| key.ends_with("output.tar.gz")).unwrap();
    let bytes = emulator.object(RESULTS, &archive).unwrap();
    emulator.put_object_under_key(RESULTS, &archive, bytes, VOLUMES).unwrap();
    assert_eq!(read(&archived, &clients).await.unwrap_err().kind(), ErrorKind::NotSealed);
}

#[tokio::test(start_paused = true)]
async fn an_archive_that_is_cut_off_or_broken_is_an_error() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let completed = complete(&key_phrases(), &clients).await;
    let archive =
        emulator.object_keys(RESULTS).into_iter().find(|key| key.ends_with("output.tar.gz")).unwrap();
    let whole = emulator.object(RESULTS, &archive).unwrap();
    let mut flipped = whole.to_vec();
    let checksum = flipped.len() - 6;
    flipped[checksum] ^= 1;
    let cuts = [0, 1, 10, whole.len() / 2, whole.len() - 9, whole.len() - 8, whole.len() - 1]
        .map(|at| whole.slice(..at).to_vec());
    for bytes in cuts.into_iter().chain([flipped, b"no archive at all".to_vec()]) {
        let length = bytes.len();
        emulator.put_object_under_key(RESULTS, &archive, bytes, KEY).unwrap();
        let error = read(&completed, &clients).await.map(|_| length).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::Malformed, "{length}: {error}");
        assert!(!format!("{error:?}").contains("Jane"));
    }
    emulator.put_object_under_key(RESULTS, &archive, whole, KEY).unwrap();
    assert_eq!(read(&completed, &clients).await.unwrap().len(), 2);
}

async fn unpacked(bytes: &[u8]) -> Vec<u8> {
    let mut tar = Vec::new();
    GzipDecoder::new(bytes).read_to_end(&mut tar).await.unwrap();
    tar
}

async fn packed(tar: &[u8]) -> Vec<u8> {
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(tar).await.unwrap();
    encoder.shutdown().await.unwrap();
    encoder.into_inner()
}

#[tokio::test(start_paused = true)]
async fn an_archive_is_read_to_its_last_byte() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let completed = complete(&key_phrases(), &clients).await;
    let archive =
        emulator.object_keys(RESULTS).into_iter().find(|key| key.ends_with("output.tar.gz")).unwrap();
    let tar = unpacked(&emulator.object(RESULTS, &archive).unwrap()).await;
    let (content, trailer) = tar.split_at(tar.len() - 1024);
    assert!(content.len() > 512 && trailer.iter().all(|byte| *byte == 0));
    let reads = async |bytes: Vec<u8>| {
        emulator.put_object_under_key(RESULTS, &archive, bytes, KEY).unwrap();
        read(&completed, &clients).await.map(|documents| documents.len()).map_err(|error| error.kind())
    };
    // Members of one archive, cut where nothing else would show it: within a file, and before the trailer.
    for cut in [600, content.len(), content.len() + 512] {
        let (first, second) = tar.split_at(cut);
        assert_eq!(reads([packed(first).await, packed(second).await].concat()).await, Ok(2), "{cut}");
    }
    let padded = [tar.as_slice(), &[0; 9 * 1024]].concat();
    assert_eq!(reads(packed(&padded).await).await, Ok(2), "a writer may fill its last record");
    let broken = Err(ErrorKind::Malformed);
    let twice = [tar.as_slice(), &tar].concat();
    assert_eq!(reads(packed(&twice).await).await, broken, "two archives");
    assert_eq!(
        reads([packed(&tar).await, packed(&tar).await].concat()).await,
        broken,
        "in members of their own"
    );
    assert_eq!(reads(packed(content).await).await, broken, "no trailer");
    assert_eq!(reads(packed(&tar[..content.len() + 512]).await).await, broken, "half a trailer");
    assert_eq!(reads([packed(&tar).await, b"more".to_vec()].concat()).await, broken, "more than gzip");
}

#[tokio::test(start_paused = true)]
async fn limits_are_kept() {
    let emulator = emulator().object(SOURCE, "letters/bomb.txt", "word ".repeat(100_000)).build().unwrap();
    let clients = clients(&emulator);
    let (archived, in_folder) =
        (complete(&key_phrases(), &clients).await, complete(&pii_offsets(), &clients).await);
    let small = emulator.object_keys(RESULTS).into_iter().find(|key| key.ends_with("output.tar.gz")).unwrap();
    assert!(emulator.object(RESULTS, &small).unwrap().len() < 100_000, "it unpacks to far more");
    macro_rules! refused {
        ($output:expr, $raise:literal) => {
            let error = $output.stream().try_collect::<Vec<_>>().await.unwrap_err();
            assert_eq!(error.kind(), ErrorKind::Malformed);
            assert!(error.to_string().contains($raise), "{error}");
        };
    }
    refused!(archived.results(&clients).max_record_bytes(1000), "max_record_bytes");
    refused!(archived.results(&clients).max_bytes(100_000), "max_bytes");
    refused!(archived.results(&clients).max_files(0), "max_files");
    refused!(in_folder.results(&clients).max_record_bytes(50), "max_record_bytes");
    refused!(in_folder.results(&clients).max_bytes(60), "max_bytes");
    refused!(in_folder.results(&clients).max_files(1), "max_files");
    assert_eq!(read(&archived, &clients).await.unwrap().len(), 3);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_breaks_off_is_taken_up_again() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let (archived, in_folder) =
        (complete(&key_phrases(), &clients).await, complete(&pii_offsets(), &clients).await);
    emulator.inject(Fault::TruncatedBody.on("GetObject").times(3));
    assert_eq!(read(&archived, &clients).await.unwrap().len(), 2);
    let ranges = emulator.requests().iter().filter(|request| request.header("range").is_some()).count();
    assert!(ranges > 0, "the rest is asked for, not the whole");
    emulator.inject(Fault::TruncatedBody.on("GetObject").times(1));
    assert_eq!(read(&in_folder, &clients).await.unwrap().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn a_listing_that_breaks_off_is_told() {
    let emulator = emulator().build().unwrap();
    let completed = complete(&pii_offsets(), &clients(&emulator)).await;
    let meddled = meddled(&emulator, |operation, body| match operation {
        "ListObjectsV2" => {
            assert!(body.contains("<IsTruncated>false<"), "{body}");
            body.replace("<IsTruncated>false<", "<IsTruncated>true<")
        }
        _ => body,
    });
    let error = read(&completed, &meddled).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::List));
}

#[tokio::test(start_paused = true)]
async fn an_output_that_is_gone_is_told() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let completed = complete(&pii_offsets(), &clients).await;
    let s3 = aws_sdk_s3::Client::new(&emulator.sdk_config());
    for key in emulator.object_keys(RESULTS).into_iter().filter(|key| key.ends_with(".out")) {
        s3.delete_object().bucket(RESULTS).key(key).send().await.unwrap();
    }
    let error = read(&completed, &clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::List));
}
