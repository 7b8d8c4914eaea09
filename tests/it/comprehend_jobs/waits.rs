//! Waiting, stopping, and what a description must say.

use std::sync::{Arc, Mutex};

use inkseal::comprehend::{
    CompletedComprehendJob, ComprehendInput, ComprehendJob, ComprehendStatus, KeyPhrases, PiiOffsets,
    RunningComprehendJob,
};
use inkseal::emulator::Fault;
use inkseal::redact::Language;
use inkseal::{ErrorKind, Stage, WaitOptions};

use super::{MINUTE, VOLUMES, complete, emulator, key_phrases, location, meddled, pii_offsets, role};
use crate::support::{KEY, SOURCE, clients, key};

#[tokio::test(start_paused = true)]
async fn a_job_is_described_until_it_has_ended() {
    let emulator = emulator().job_duration(20 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = key_phrases().start(&clients).await.unwrap();
    assert_eq!(running.poll(&clients).await.unwrap(), None);
    let seen = Arc::new(Mutex::new(Vec::new()));
    let options = WaitOptions::default().on_progress({
        let seen = seen.clone();
        move |progress| seen.lock().unwrap().push(progress.status.as_ref().unwrap().to_string())
    });
    let completed = running.wait_with(&clients, &options).await.unwrap();
    assert_eq!(completed.status(), &ComprehendStatus::Completed);
    let mut seen = seen.lock().unwrap().clone();
    seen.dedup();
    assert_eq!(seen, ["SUBMITTED", "IN_PROGRESS", "COMPLETED"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_ends_at_its_deadline_and_outlasts_throttling() {
    let emulator = emulator().job_duration(20 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = pii_offsets().start(&clients).await.unwrap();
    let error = running.wait_with(&clients, &WaitOptions::default().deadline(MINUTE)).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::DeadlineExceeded, Stage::Wait));
    emulator.inject(Fault::Throttle.on("DescribePiiEntitiesDetectionJob").times(20));
    running.wait(&clients).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn a_stopped_job_is_no_completed_one() {
    let emulator = emulator().job_duration(20 * MINUTE).build().unwrap();
    let clients = clients(&emulator);
    let running = key_phrases().start(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    assert_eq!(running.poll(&clients).await.unwrap(), None, "it is still stopping");
    let error = running.wait(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::JobStopped, Stage::Wait));
    assert!(!error.is_retryable());
    tokio::time::sleep(20 * MINUTE).await;
    assert!(emulator.object_keys(crate::support::RESULTS).is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_failed_job_tells_why_and_an_unknown_one_is_told() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let empty = ComprehendInput::one_document_per_file(format!("s3://{SOURCE}/nothing").parse().unwrap());
    let job = ComprehendJob::pii_offsets(empty, role(), Language::English)
        .output(location(), key())
        .build()
        .unwrap();
    let error = job.start(&clients).await.unwrap().wait(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::JobFailed);
    assert!(error.to_string().contains("NO_READ_ACCESS_TO_INPUT"), "{error}");

    let running = pii_offsets().start(&clients).await.unwrap();
    emulator.inject(Fault::ExpiredJob);
    let error = running.wait(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::NotFound, Some("JobNotFoundException")));
}

/// What the service says, and the kind of error that it is.
async fn described(from: &'static str, to: &'static str) -> inkseal::Result<()> {
    let emulator = emulator().build().unwrap();
    let clients = meddled(&emulator, move |operation, body| {
        match operation.starts_with("Describe") && operation != "DescribeKey" {
            true => {
                assert!(body.contains(from), "{body}");
                body.replace(from, to)
            }
            false => body,
        }
    });
    key_phrases().start(&clients).await.unwrap().wait(&clients).await.map(drop)
}

#[tokio::test(start_paused = true)]
async fn a_description_is_held_against_the_seal() {
    described("COMPLETED", "COMPLETED").await.unwrap();
    let other_key = "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555";
    for (from, to) in [
        (KEY, other_key),
        (VOLUMES, other_key),
        (VOLUMES, "alias/volumes"),
        ("\"VolumeKmsKeyId\"", "\"VolumeKmsKey\""),
        ("\"KmsKeyId\"", "\"KmsKey\""),
        ("s3://amzn-s3-demo-results/insights/", "s3://amzn-s3-demo-others/insights/"),
        ("s3://amzn-s3-demo-results/insights/", "s3://amzn-s3-demo-results/insights-of-others/"),
        ("subnet-0bb1c79de3", "subnet-99"),
        ("\"VpcConfig\"", "\"Vpc\""),
    ] {
        let error = described(from, to).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.stage()),
            (ErrorKind::NotSealed, Stage::Wait),
            "{from} {to}: {error}"
        );
    }
    let volumes_by_id = VOLUMES.rsplit('/').next().unwrap();
    described(VOLUMES, volumes_by_id).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn an_unknown_status_is_an_error() {
    let error = described("\"COMPLETED\"", "\"HIBERNATING\"").await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Wait));
    assert!(error.to_string().contains("HIBERNATING"), "{error}");
    let error = described("KeyPhrasesDetectionJobProperties", "Properties").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Malformed);
}

#[tokio::test(start_paused = true)]
async fn jobs_are_stored_and_taken_up_again() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let running = key_phrases().start(&clients).await.unwrap();
    let saved = serde_json::to_string(&running).unwrap();
    let again: RunningComprehendJob<KeyPhrases> = serde_json::from_str(&saved).unwrap();
    assert_eq!(again, running);
    assert!(
        serde_json::from_str::<RunningComprehendJob<PiiOffsets>>(&saved).is_err(),
        "of another operation"
    );
    assert!(serde_json::from_str::<CompletedComprehendJob<KeyPhrases>>(&saved).is_err(), "of another state");

    let completed = again.wait(&clients).await.unwrap();
    let saved = serde_json::to_string(&completed).unwrap();
    let again: CompletedComprehendJob<KeyPhrases> = serde_json::from_str(&saved).unwrap();
    assert_eq!(again, completed);
    assert_eq!(super::read(&again, &clients).await.unwrap().len(), 2);
    for (from, to) in [
        ("amzn-s3-demo-results/insights/1", "amzn-s3-demo-others/insights/1"),
        ("\"volume_key\"", "\"volume\""),
        (format!("\"volume_key\":\"{VOLUMES}\",").as_str(), ""),
        (VOLUMES, "alias/volumes"),
        ("\"kind\":\"key-phrases\"", "\"kind\":\"sentiment\""),
    ] {
        let broken = saved.replace(from, to);
        assert_ne!(broken, saved, "{from}");
        assert!(serde_json::from_str::<CompletedComprehendJob<KeyPhrases>>(&broken).is_err(), "{broken}");
    }
    let _ = complete(&pii_offsets(), &clients).await;
}
