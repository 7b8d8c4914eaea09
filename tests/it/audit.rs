//! An event for every call: those that succeed, those that fail, those that never leave, and those that are given up.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_textract::config::IdentityCache;
use aws_types::SdkConfig;
use futures::TryStreamExt;
use inkseal::audit::{AuditEvent, CallOutcome};
use inkseal::comprehend::{
    ClassifierMode, ClassifierTraining, ComprehendJob, DocumentLanguage, InputFormat, RecognizerTraining,
};
use inkseal::document::Document;
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault, Synthetic};
use inkseal::redact::{Operator, PatternDetector, Redactor};
use inkseal::{Clients, ErrorKind, Feature, Render, SecureJob, TransportPolicy, Unredacted, VpcEndpoints};

use crate::canary::{Shown, listen};
use crate::comprehend_jobs::{
    self, MODELS, VOLUMES, folder, key_phrases, location, models, pii_offsets, role, volumes, vpc,
};
use crate::support::{DOCUMENT, KEY, RESULTS, SOURCE, analysis, complete, emulator, input, key, seal};

/// The events so far.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<AuditEvent>>>);

impl Log {
    fn clients(&self, emulator: &Emulator) -> Clients {
        self.clients_with(emulator, TransportPolicy::default())
    }

    fn clients_with(&self, emulator: &Emulator, policy: TransportPolicy) -> Clients {
        self.connect(&emulator.sdk_config(), policy)
    }

    fn connect(&self, config: &SdkConfig, policy: TransportPolicy) -> Clients {
        let events = self.0.clone();
        let builder = Clients::builder().get_rate(1000.0).transport(policy);
        let builder = builder.audit(move |event: &AuditEvent| events.lock().unwrap().push(event.clone()));
        builder.connect(config).unwrap()
    }

    fn events(&self) -> Vec<AuditEvent> {
        self.0.lock().unwrap().clone()
    }

    fn of(&self, operation: &str) -> Vec<AuditEvent> {
        self.events().into_iter().filter(|event| event.operation == operation).collect()
    }

    fn only(&self, operation: &str) -> AuditEvent {
        let mut events = self.of(operation);
        assert_eq!(events.len(), 1, "{operation}: {events:?}");
        events.remove(0)
    }
}

fn build(builder: EmulatorBuilder) -> Emulator {
    builder.build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn every_request_of_a_job_gives_an_event() {
    let emulator = build(emulator());
    let log = Log::default();
    let clients = log.clients(&emulator);
    let completed = complete(analysis(), &clients).await;
    completed.blocks(&clients).try_collect::<Vec<_>>().await.unwrap();
    let store = completed.store(&clients, "clean".parse().unwrap()).unwrap();
    let redactor = Redactor::builder(PatternDetector::new()).others(Operator::token()).build().unwrap();
    let letter = Document::from_json(include_bytes!("../../examples/letter/letter.json")).unwrap();
    let (letter, _) = letter.redact(&redactor).await.unwrap();
    store.put("letter.txt", letter.render(&Render::text())).await.unwrap();
    assert!(store.has("letter.txt").await.unwrap());

    // The emulator saw every request; the events have as many attempts, operation by operation.
    let mut seen: Vec<_> = emulator.requests().into_iter().map(|request| request.operation).collect();
    let tried = |event: AuditEvent| vec![event.operation; event.attempts as usize];
    let mut told: Vec<_> = log.events().into_iter().flat_map(tried).collect();
    seen.sort();
    told.sort();
    assert_eq!(told, seen);
    for operation in [
        "DescribeKey",
        "StartDocumentAnalysis",
        "GetDocumentAnalysis",
        "ListObjectsV2",
        "GetObject",
        "PutObject",
    ] {
        assert!(told.iter().any(|told| told == operation), "{operation}");
    }
    for event in log.events() {
        assert_eq!(event.outcome, CallOutcome::Succeeded, "{event:?}");
        assert!(event.request_id.is_some() && event.started <= event.ended, "{event:?}");
    }

    let job = completed.id().to_string();
    let start = log.only("StartDocumentAnalysis");
    assert_eq!((start.service, start.job_id.as_deref()), ("textract", Some(job.as_str())));
    assert_eq!((start.bucket.as_deref(), start.object.as_deref()), (Some(SOURCE), Some(DOCUMENT)));
    assert_eq!((start.output_bucket.as_deref(), start.kms_key.as_deref()), (Some(RESULTS), Some(KEY)));
    assert!(log.of("GetDocumentAnalysis").iter().all(|get| get.job_id.as_deref() == Some(&job)));
    let part = &log.of("GetObject")[0];
    assert_eq!((part.service, part.bucket.as_deref()), ("s3", Some(RESULTS)));
    assert_eq!(part.kms_key.as_deref(), Some(KEY), "as S3 says");
    assert!(part.object.as_deref().unwrap().starts_with(&format!("textract_output/{job}/")));
    let put = log.only("PutObject");
    assert_eq!(put.object, Some(format!("clean/{job}/letter.txt")));
    assert_eq!(put.kms_key.as_deref(), Some(KEY));
    let head = log.only("HeadObject");
    assert_eq!((head.object, head.kms_key.as_deref()), (put.object, Some(KEY)));
    assert_eq!(log.only("DescribeKey").kms_key.as_deref(), Some(KEY));
}

#[tokio::test(start_paused = true)]
async fn comprehends_jobs_are_told_with_their_ids_and_keys() {
    let emulator = build(comprehend_jobs::emulator().job_duration(Duration::from_secs(1200)));
    let log = Log::default();
    let clients = log.clients(&emulator);
    let running = key_phrases().start(&clients).await.unwrap();
    running.poll(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    let id = Some(running.id().to_string());
    let start = log.only("StartKeyPhrasesDetectionJob");
    assert_eq!((start.service, &start.job_id), ("comprehend", &id));
    assert_eq!((start.bucket.as_deref(), start.object.as_deref()), (Some(SOURCE), Some("letters/")));
    assert_eq!((start.output_bucket.as_deref(), start.kms_key.as_deref()), (Some(RESULTS), Some(KEY)));
    assert_eq!((start.volume_key.as_deref(), start.model_key), (Some(VOLUMES), None));
    assert_eq!(log.only("DescribeKeyPhrasesDetectionJob").job_id, id);
    assert_eq!(log.only("StopKeyPhrasesDetectionJob").job_id, id);

    let running = pii_offsets().start(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    let start = log.only("StartPiiEntitiesDetectionJob");
    assert_eq!((start.kms_key.as_deref(), start.volume_key), (Some(KEY), None), "it takes none");
    assert_eq!(log.only("StopPiiEntitiesDetectionJob").job_id, Some(running.id().to_string()));
}

#[tokio::test(start_paused = true)]
async fn trainings_are_told_with_their_models_and_keys() {
    let emulator = build(comprehend_jobs::emulator().job_duration(Duration::from_secs(1200)));
    let log = Log::default();
    let clients = log.clients(&emulator);
    let (name, english) = ("letters".parse().unwrap(), DocumentLanguage::English);
    let training = ClassifierTraining::csv(folder(), ClassifierMode::MultiClass);
    let job = ComprehendJob::train_classifier(name, training, role(), english).output(location(), key());
    let job = job.volume_key(volumes()).model_key(models()).in_vpc(vpc()).build().unwrap();
    let running = job.start(&clients).await.unwrap();
    running.poll(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    let model = Some(running.id().to_string());
    let create = log.only("CreateDocumentClassifier");
    assert_eq!((&create.job_id, create.bucket.as_deref()), (&model, Some(SOURCE)));
    assert_eq!((create.output_bucket.as_deref(), create.kms_key.as_deref()), (Some(RESULTS), Some(KEY)));
    assert_eq!((create.volume_key.as_deref(), create.model_key.as_deref()), (Some(VOLUMES), Some(MODELS)));
    assert_eq!(log.only("DescribeDocumentClassifier").job_id, model);
    assert_eq!(log.only("StopTrainingDocumentClassifier").job_id, model);

    let annotations = "s3://amzn-s3-demo-source/annotations.csv".parse().unwrap();
    let training =
        RecognizerTraining::annotated(["POLICY"], folder(), InputFormat::OneDocPerLine, annotations);
    let job = ComprehendJob::train_recognizer("policies".parse().unwrap(), training, role(), english);
    let job = job.volume_key(volumes()).model_key(models()).in_vpc(vpc()).build().unwrap();
    let running = job.start(&clients).await.unwrap();
    running.poll(&clients).await.unwrap();
    running.stop(&clients).await.unwrap();
    let model = Some(running.id().to_string());
    let create = log.only("CreateEntityRecognizer");
    assert_eq!((&create.job_id, create.bucket.as_deref()), (&model, Some(SOURCE)));
    assert_eq!((create.volume_key.as_deref(), create.model_key.as_deref()), (Some(VOLUMES), Some(MODELS)));
    assert_eq!((create.kms_key, create.output_bucket), (None, None), "it has no output");
    assert_eq!(log.only("DescribeEntityRecognizer").job_id, model);
    assert_eq!(log.only("StopTrainingEntityRecognizer").job_id, model);
}

#[tokio::test(start_paused = true)]
async fn what_fails_is_told_with_its_code() {
    let log = Log::default();
    let denied = build(emulator().deny("StartDocumentAnalysis"));
    let error = analysis().start(&log.clients(&denied)).await.unwrap_err();
    let event = log.only("StartDocumentAnalysis");
    let code = Some("AccessDeniedException".to_owned());
    assert_eq!(event.outcome, CallOutcome::Failed { status: 400, code });
    assert_eq!((event.request_id.as_deref(), event.attempts), (error.request_id(), 1));
    assert_eq!((event.job_id, event.object.as_deref()), (None, Some(DOCUMENT)));

    let log = Log::default();
    let throttled = build(emulator().fault(Fault::Throttle.on("StartDocumentAnalysis")));
    let error = analysis().start(&log.clients(&throttled)).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::Throttled);
    let event = log.only("StartDocumentAnalysis");
    assert_eq!(event.attempts, 3, "one event for all attempts");

    let log = Log::default();
    let broken = build(emulator().fault(Fault::WrongLength.on("StartDocumentAnalysis")));
    let error = analysis().start(&log.clients(&broken)).await.unwrap_err();
    let event = log.only("StartDocumentAnalysis");
    assert_eq!((&event.outcome, event.request_id.as_deref()), (&CallOutcome::Malformed, error.request_id()));
}

#[tokio::test(start_paused = true)]
async fn what_never_leaves_and_what_is_not_answered_are_told_apart() {
    let log = Log::default();
    let emulator_ = build(emulator());
    let clients =
        log.clients_with(&emulator_, TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::All));
    assert_eq!(analysis().start(&clients).await.unwrap_err().kind(), ErrorKind::InsecureTransport);
    assert_eq!(log.events()[0].outcome, CallOutcome::NotSent);
    assert!(emulator_.requests().is_empty());

    let log = Log::default();
    let reset = build(emulator().fault(Fault::ConnectionReset.on("StartDocumentAnalysis")));
    analysis().start(&log.clients(&reset)).await.unwrap_err();
    assert_eq!(log.only("StartDocumentAnalysis").outcome, CallOutcome::NoAnswer);
    assert_eq!(log.only("StartDocumentAnalysis").request_id, None);

    // Sent once, and not again, as the credentials run out in between.
    let log = Log::default();
    let reset = build(emulator().fault(Fault::ConnectionReset.on("StartDocumentAnalysis")));
    let seen = reset.clone();
    let credentials = provide_credentials_fn(move || {
        let is_sent = seen.count("StartDocumentAnalysis") > 0;
        async move {
            match is_sent {
                false => Ok(Credentials::new("ASIAIOSFODNN7EXAMPLE", "secret", None, None, "test")),
                true => Err(CredentialsError::not_loaded("they have run out")),
            }
        }
    });
    let config = reset.sdk_config().into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(credentials));
    let config = config.identity_cache(IdentityCache::no_cache()).build();
    let clients = log.connect(&config, TransportPolicy::default());
    let error = analysis().start(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied);
    assert!(error.to_string().contains("this attempt was not sent"), "{error}");
    let event = log.only("StartDocumentAnalysis");
    assert_eq!((event.outcome, event.attempts), (CallOutcome::NoAnswer, 2));
}

#[tokio::test(start_paused = true)]
async fn a_call_that_is_given_up_is_told_too() {
    let log = Log::default();
    let slow = build(emulator().latency(Duration::from_secs(60)));
    let clients = log.clients(&slow);
    let job = analysis();
    let start = job.start(&clients);
    assert!(tokio::time::timeout(Duration::from_secs(90), start).await.is_err());
    let event = log.only("StartDocumentAnalysis");
    assert_eq!((&event.outcome, event.attempts), (&CallOutcome::Abandoned, 1));
}

#[tokio::test(start_paused = true)]
async fn no_text_in_events_and_no_object_in_logs() {
    let text = Synthetic::pages(1).blocks_per_page(40);
    let emulator = build(emulator().response(text));
    let log = Log::default();
    let clients = log.clients(&emulator);
    let shown = Shown::default();
    // If there is only one subscriber, tracing asks that of the thread that first comes to an event, which can be that of another
    // test, without one.
    let _second = tracing::Dispatch::new(tracing_subscriber::registry());
    let guard = listen(&shown);
    let job = SecureJob::analysis(input()).feature(Feature::Layout).prefix("of-jane".parse().unwrap());
    let completed = complete(seal(job), &clients).await;
    // So that another attempt at a part is logged, too.
    emulator.inject(Fault::TruncatedBody.on("GetObject").times(1));
    let blocks: Vec<_> = completed.blocks(&clients).try_collect().await.unwrap();
    let store = completed.store(&clients, "clean-of-jane".parse().unwrap()).unwrap();
    let letter = Document::from_json(include_bytes!("../../examples/letter/letter.json")).unwrap();
    store.put("jane.txt", Unredacted::of(&letter, &Render::text())).await.unwrap();
    assert!(store.has("jane.txt").await.unwrap());
    drop(guard);

    let words: Vec<_> =
        blocks.iter().filter_map(|block| block.text()).filter(|text| text.len() > 6).collect();
    assert!(!words.is_empty());
    let events = serde_json::to_string(&log.events()).unwrap() + &format!("{:?}", log.events());
    let logged = shown.text();
    for word in words {
        assert!(!events.contains(word) && !logged.contains(word), "{word}");
    }
    let audit: Vec<_> = logged.lines().filter(|line| line.contains("inkseal::audit: ")).collect();
    assert_eq!(audit.len(), log.events().len(), "{logged}");
    assert!(
        audit.iter().all(|line| line.contains("INFO") && line.contains("outcome=\"succeeded\"")),
        "{logged}"
    );
    let start = audit.iter().find(|line| line.contains("operation=\"StartDocumentAnalysis\"")).unwrap();
    assert!(
        start.contains(&completed.id().to_string()) && start.contains(KEY) && start.contains(SOURCE),
        "{start}"
    );
    // In none of our lines, of any target: the caller chose these names.
    assert!(logged.contains("the body broke off") && logged.contains("stored"), "{logged}");
    for name in [DOCUMENT, "jane"] {
        assert!(!logged.contains(name), "{name}: {logged}");
    }
}

#[tokio::test(start_paused = true)]
async fn an_event_is_a_line_of_json() {
    let log = Log::default();
    let denied = build(emulator().deny("StartDocumentAnalysis"));
    analysis().start(&log.clients(&denied)).await.unwrap_err();
    let event = serde_json::to_value(log.only("StartDocumentAnalysis")).unwrap();
    assert_eq!(event["outcome"], "failed");
    assert_eq!((&event["status"], &event["code"]), (&400.into(), &"AccessDeniedException".into()));
    assert!(event["started"].as_str().unwrap().ends_with('Z'), "{event}");
    assert!(event.get("job_id").is_none());
}
