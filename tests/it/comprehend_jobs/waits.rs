//! Waiting, stopping, and what a description has to say.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use inkseal::comprehend::{
    ClassifierTraining, CompletedComprehendJob, ComprehendInput, ComprehendJob, ComprehendStatus,
    DocumentLanguage, KeyPhrases, PiiOffsets, RunningComprehendJob, TrainClassifier,
};
use inkseal::emulator::Fault;
use inkseal::redact::Language;
use inkseal::{ErrorKind, Stage, WaitOptions};

use super::{
    MINUTE, MODELS, ROLE, VOLUMES, emulator, key_phrases, location, meddled, models, pii_offsets, role,
    volumes, vpc,
};
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
async fn a_job_without_end_can_be_stopped() {
    let emulator = emulator().job_duration(Duration::MAX).build().unwrap();
    let clients = clients(&emulator);
    let running = key_phrases().start(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    assert_eq!(running.wait(&clients).await.unwrap_err().kind(), ErrorKind::JobStopped);
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

/// A wait for a job whose descriptions have `to` in place of `from`.
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
async fn a_training_with_a_warning_says_of_what() {
    let emulator = emulator().build().unwrap();
    let plain = clients(&emulator);
    let warned = meddled(&emulator, |operation, body| match operation {
        "DescribeDocumentClassifier" => {
            assert!(body.contains("\"TRAINED\""), "{body}");
            body.replace("\"TRAINED\"", "\"TRAINED_WITH_WARNING\",\"Message\":\"3 rows were\\nskipped\"")
        }
        _ => body,
    });
    let training = ClassifierTraining::csv(super::folder(), Default::default());
    let language = DocumentLanguage::English;
    let training = ComprehendJob::train_classifier("letters".parse().unwrap(), training, role(), language);
    let training = training.output(location(), key()).volume_key(volumes()).model_key(models()).in_vpc(vpc());
    let running = training.build().unwrap().start(&plain).await.unwrap();
    assert_eq!(running.wait(&plain).await.unwrap().message(), None);
    let completed = running.wait(&warned).await.unwrap();
    assert_eq!(completed.status(), &ComprehendStatus::TrainedWithWarning);
    assert_eq!(completed.message(), Some("3 rows were skipped"), "on one line");
    let saved = serde_json::to_string(&completed).unwrap();
    let again: CompletedComprehendJob<TrainClassifier> = serde_json::from_str(&saved).unwrap();
    assert_eq!(again, completed);
}

#[tokio::test(start_paused = true)]
async fn models_of_govcloud_are_named_in_its_partition() {
    let gov = |arn: &str| arn.replace("arn:aws:", "arn:aws-us-gov:").replace("us-east-1", "us-gov-west-1");
    let keys = [KEY, VOLUMES, MODELS].map(gov);
    let emulator =
        keys.iter().fold(emulator().region("us-gov-west-1"), |emulator, key| emulator.kms_key(key.as_str()));
    let emulator = emulator.build().unwrap();
    let [output, volumes, models] = keys;
    let training = ClassifierTraining::csv(super::folder(), Default::default());
    let role = gov(ROLE).parse().unwrap();
    let job = ComprehendJob::train_classifier(
        "letters".parse().unwrap(),
        training,
        role,
        DocumentLanguage::English,
    )
    .output(location(), output.parse().unwrap())
    .volume_key(volumes.parse().unwrap())
    .model_key(models.parse().unwrap())
    .in_vpc(vpc());
    let running = job.build().unwrap().start(&clients(&emulator)).await.unwrap();
    assert!(
        running.id().as_str().starts_with("arn:aws-us-gov:comprehend:us-gov-west-1:"),
        "{}",
        running.id()
    );
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
}
