//! What a start sends, and what it refuses to send.

use inkseal::comprehend::{
    ClassifierMode, ClassifierTraining, ComprehendJob, DocumentLanguage, InputFormat, Mask,
    RecognizerTraining, Redaction,
};
use inkseal::emulator::{EmulatedKey, Emulator, Fault};
use inkseal::redact::{Language, PiiType};
use inkseal::resource::DirectKey;
use inkseal::{Clients, ErrorKind, Idempotency, Stage};
use serde_json::{Value, json};

use super::{
    MODELS, ROLE, VOLUMES, complete, emulator, files, key_phrases, lines, location, models, pii_offsets,
    role, volumes, vpc,
};
use crate::support::{ACCOUNT, KEY, KEY_ID, clients, key};

/// The body of the latest request of this operation, without the token, which is checked separately.
fn sent(emulator: &Emulator, operation: &str) -> Value {
    let requests = emulator.requests();
    let request = requests.iter().rfind(|request| request.operation == operation).expect(operation);
    let mut body = request.body.clone().unwrap();
    let token = body.as_object_mut().unwrap().remove("ClientRequestToken").expect("a token");
    let token = token.as_str().unwrap();
    assert!(token.len() == 64 && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
    body
}

/// What every job of an analysis sends.
fn shared() -> Value {
    json!({
        "InputDataConfig": {"S3Uri": "s3://amzn-s3-demo-source/letters/", "InputFormat": "ONE_DOC_PER_FILE"},
        "OutputDataConfig": {"S3Uri": "s3://amzn-s3-demo-results/insights/", "KmsKeyId": KEY},
        "DataAccessRoleArn": ROLE,
    })
}

fn sealed(more: &Value) -> Value {
    let mut body = shared();
    body["VolumeKmsKeyId"] = json!(VOLUMES);
    body["VpcConfig"] = json!({"SecurityGroupIds": ["sg-903004f8"], "Subnets": ["subnet-0bb1c79de3"]});
    merge(&mut body, more);
    body
}

fn merge(body: &mut Value, more: &Value) {
    for (name, value) in more.as_object().unwrap() {
        body[name] = value.clone();
    }
}

#[tokio::test(start_paused = true)]
async fn every_analysis_sends_all_its_keys() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let english = DocumentLanguage::English;
    /// Gives what most analyses take, starts the job, and compares what was sent.
    macro_rules! sends {
        ($job:expr, $operation:literal, $more:tt) => {
            let job = $job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap();
            job.start(&clients).await.unwrap();
            assert_eq!(sent(&emulator, $operation), sealed(&json!($more)), $operation);
        };
    }
    sends!(ComprehendJob::entities(files(), role(), english), "StartEntitiesDetectionJob", {"LanguageCode": "en"});
    sends!(
        ComprehendJob::key_phrases(files(), role(), DocumentLanguage::TraditionalChinese),
        "StartKeyPhrasesDetectionJob",
        {"LanguageCode": "zh-TW"}
    );
    sends!(ComprehendJob::sentiment(files(), role(), english), "StartSentimentDetectionJob", {"LanguageCode": "en"});
    sends!(
        ComprehendJob::targeted_sentiment(files(), role()),
        "StartTargetedSentimentDetectionJob",
        {"LanguageCode": "en"}
    );
    sends!(ComprehendJob::dominant_language(files(), role()), "StartDominantLanguageDetectionJob", {});
    sends!(ComprehendJob::topics(files(), role(), 7), "StartTopicsDetectionJob", {"NumberOfTopics": 7});

    pii_offsets().start(&clients).await.unwrap();
    let mut body = shared();
    merge(&mut body, &json!({"Mode": "ONLY_OFFSETS", "LanguageCode": "en"}));
    assert_eq!(sent(&emulator, "StartPiiEntitiesDetectionJob"), body);

    let redaction = Redaction::of([PiiType::Ssn, PiiType::Name], Mask::Character('*'));
    let job =
        ComprehendJob::pii_redaction(files(), role(), Language::Spanish, redaction).output(location(), key());
    job.build().unwrap().start(&clients).await.unwrap();
    let mut body = shared();
    let config = json!({"PiiEntityTypes": ["NAME", "SSN"], "MaskMode": "MASK", "MaskCharacter": "*"});
    merge(&mut body, &json!({"Mode": "ONLY_REDACTION", "LanguageCode": "es", "RedactionConfig": config}));
    assert_eq!(sent(&emulator, "StartPiiEntitiesDetectionJob"), body);
}

fn classifier_training() -> ClassifierTraining {
    ClassifierTraining::csv("s3://amzn-s3-demo-source/training".parse().unwrap(), ClassifierMode::MultiLabel)
}

fn recognizer_training(types: &[&str]) -> RecognizerTraining {
    let documents = "s3://amzn-s3-demo-source/training".parse().unwrap();
    let annotations = "s3://amzn-s3-demo-source/annotations.csv".parse().unwrap();
    RecognizerTraining::annotated(types.iter().copied(), documents, InputFormat::OneDocPerLine, annotations)
}

#[tokio::test(start_paused = true)]
async fn trainings_send_all_their_keys_and_their_models_are_used() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let training = ComprehendJob::train_classifier(
        "letters".parse().unwrap(),
        classifier_training(),
        role(),
        DocumentLanguage::German,
    );
    let training = training.output(location(), key()).volume_key(volumes()).model_key(models()).in_vpc(vpc());
    let trained = complete(&training.version("v1".parse().unwrap()).build().unwrap(), &clients).await;
    assert_eq!(
        sent(&emulator, "CreateDocumentClassifier"),
        json!({
            "DocumentClassifierName": "letters",
            "VersionName": "v1",
            "DataAccessRoleArn": ROLE,
            "InputDataConfig": {"DataFormat": "COMPREHEND_CSV", "S3Uri": "s3://amzn-s3-demo-source/training/"},
            "OutputDataConfig": {"S3Uri": "s3://amzn-s3-demo-results/insights/", "KmsKeyId": KEY},
            "LanguageCode": "de",
            "Mode": "MULTI_LABEL",
            "VolumeKmsKeyId": VOLUMES,
            "ModelKmsKeyId": MODELS,
            "VpcConfig": {"SecurityGroupIds": ["sg-903004f8"], "Subnets": ["subnet-0bb1c79de3"]},
        })
    );
    let arn = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/letters/version/v1";
    assert_eq!(trained.classifier().as_str(), arn);
    let job = ComprehendJob::document_classification(files(), role(), trained.classifier().clone());
    let job = job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap();
    job.start(&clients).await.unwrap();
    let body = sealed(&json!({"DocumentClassifierArn": arn}));
    assert_eq!(sent(&emulator, "StartDocumentClassificationJob"), body);

    let training = ComprehendJob::train_recognizer(
        "policies".parse().unwrap(),
        recognizer_training(&["POLICY"]),
        role(),
        DocumentLanguage::English,
    );
    let training = training.volume_key(volumes()).model_key(models()).without_vpc("the test has none");
    let trained = complete(&training.build().unwrap(), &clients).await;
    assert_eq!(
        sent(&emulator, "CreateEntityRecognizer"),
        json!({
            "RecognizerName": "policies",
            "DataAccessRoleArn": ROLE,
            "InputDataConfig": {
                "DataFormat": "COMPREHEND_CSV",
                "EntityTypes": [{"Type": "POLICY"}],
                "Documents": {"S3Uri": "s3://amzn-s3-demo-source/training/", "InputFormat": "ONE_DOC_PER_LINE"},
                "Annotations": {"S3Uri": "s3://amzn-s3-demo-source/annotations.csv"},
            },
            "LanguageCode": "en",
            "VolumeKmsKeyId": VOLUMES,
            "ModelKmsKeyId": MODELS,
        })
    );
    let recognizer = trained.recognizer().clone();
    let job = ComprehendJob::custom_entities(files(), role(), DocumentLanguage::English, recognizer.clone());
    let job =
        job.output(location(), key()).volume_key(volumes()).without_vpc("the test has none").build().unwrap();
    job.start(&clients).await.unwrap();
    let body = sent(&emulator, "StartEntitiesDetectionJob");
    assert_eq!(
        (body["EntityRecognizerArn"].as_str(), body.get("VpcConfig")),
        (Some(recognizer.as_str()), None)
    );
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_taken_for_no_volume_and_no_model_and_resolved_for_an_output() {
    for alias in ["alias/documents", "arn:aws:kms:us-east-1:111122223333:alias/documents"] {
        assert!(alias.parse::<DirectKey>().is_err(), "{alias}");
    }
    let aliased =
        EmulatedKey::customer("arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555")
            .alias("alias/documents");
    let emulator = emulator().kms_key(aliased.clone()).build().unwrap();
    let job = ComprehendJob::pii_offsets(files(), role(), Language::English);
    let job = job.output(location(), "alias/documents".parse().unwrap()).build().unwrap();
    complete(&job, &clients(&emulator)).await;
    let body = sent(&emulator, "StartPiiEntitiesDetectionJob");
    let arn = "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555";
    assert_eq!(body["OutputDataConfig"]["KmsKeyId"], arn);

    let config = emulator.sdk_config();
    let without_kms = Clients::builder().comprehend(aws_sdk_comprehend::Client::new(&config));
    let (textract, s3) = (aws_sdk_textract::Client::new(&config), aws_sdk_s3::Client::new(&config));
    let error = job.start(&without_kms.with_clients(textract, s3).unwrap()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

/// The emulator accepts only what AWS does, so that not only the types of the crate ensure it.
#[tokio::test(start_paused = true)]
async fn the_service_refuses_aliases_and_underscores() {
    use aws_sdk_comprehend::error::ProvideErrorMetadata;
    use aws_sdk_comprehend::types::{InputDataConfig, LanguageCode, OutputDataConfig};

    let emulator = emulator().kms_key(EmulatedKey::customer(VOLUMES).alias("alias/volumes")).build().unwrap();
    let client = aws_sdk_comprehend::Client::new(&emulator.sdk_config());
    let start = || {
        let input = InputDataConfig::builder().s3_uri("s3://amzn-s3-demo-source/letters/").build().unwrap();
        let output = OutputDataConfig::builder().s3_uri("s3://amzn-s3-demo-results/a").kms_key_id(KEY_ID);
        let call = client.start_key_phrases_detection_job().input_data_config(input);
        let call = call.output_data_config(output.build().unwrap()).language_code(LanguageCode::En);
        call.data_access_role_arn(ROLE)
    };
    start().volume_kms_key_id(VOLUMES).send().await.unwrap();
    start().client_request_token("a-b").send().await.unwrap();
    for (call, code) in [
        (start().volume_kms_key_id("alias/volumes"), "KmsKeyValidationException"),
        (start().volume_kms_key_id("99999999-2222-3333-4444-000000000000"), "KmsKeyValidationException"),
        (start().client_request_token("a_b"), "InvalidRequestException"),
        (start().data_access_role_arn("comprehend-reads"), "InvalidRequestException"),
        (start().set_input_data_config(None), "InvalidRequestException"),
        (start().set_language_code(None), "InvalidRequestException"),
    ] {
        assert_eq!(call.send().await.unwrap_err().code(), Some(code));
    }
}

#[tokio::test(start_paused = true)]
async fn the_same_work_is_the_same_job() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let first = pii_offsets().start(&clients).await.unwrap();
    assert_eq!(pii_offsets().start(&clients).await.unwrap(), first);
    let builder = || ComprehendJob::pii_offsets(files(), role(), Language::English).output(location(), key());
    let salted = builder().idempotency(Idempotency::Salted("monday".to_owned())).build().unwrap();
    assert_ne!(salted.start(&clients).await.unwrap().id(), first.id());
    let other = ComprehendJob::pii_offsets(lines(), role(), Language::English).output(location(), key());
    assert_ne!(other.build().unwrap().start(&clients).await.unwrap().token(), first.token());
    let redacted =
        ComprehendJob::pii_redaction(files(), role(), Language::English, Redaction::all(Mask::Type))
            .output(location(), key());
    assert_ne!(redacted.build().unwrap().start(&clients).await.unwrap().token(), first.token());

    let error = builder().idempotency(Idempotency::Token("a_b".parse().unwrap())).build().unwrap_err();
    assert!(error.to_string().contains("underscore"), "{error}");
    let own = builder().idempotency(Idempotency::Token("letters-1".parse().unwrap())).build().unwrap();
    assert_eq!(own.start(&clients).await.unwrap().token().as_str(), "letters-1");
}

#[tokio::test(start_paused = true)]
async fn a_start_that_is_retried_starts_one_job() {
    let emulator = emulator()
        .fault(Fault::ServiceUnavailable.on("StartKeyPhrasesDetectionJob").times(1))
        .build()
        .unwrap();
    key_phrases().start(&clients(&emulator)).await.unwrap();
    let starts: Vec<_> = emulator
        .requests()
        .into_iter()
        .filter(|request| request.operation == "StartKeyPhrasesDetectionJob")
        .collect();
    assert_eq!(starts.len(), 2);
    assert_eq!(starts[0].body, starts[1].body, "with the same token");
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_built_or_started() {
    let english = DocumentLanguage::English;
    let refused = |result: inkseal::Result<()>, about: &str| {
        let error = result.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::InvalidInput, Stage::Configure), "{error}");
        let chain = format!(
            "{error} {}",
            std::error::Error::source(&error).map(ToString::to_string).unwrap_or_default()
        );
        assert!(chain.contains(about), "{chain}");
    };
    for number in [0, 101] {
        let job =
            ComprehendJob::topics(files(), role(), number).output(location(), key()).volume_key(volumes());
        refused(job.in_vpc(vpc()).build().map(drop), "topics");
    }
    let job =
        ComprehendJob::key_phrases(files(), role(), english).output(location(), key()).volume_key(volumes());
    refused(job.clone().without_vpc(" ").build().map(drop), "reason");
    refused(job.without_vpc("none").region("eu-west-1".parse().unwrap()).build().map(drop), "KMS key");
    for mask in [Mask::Character('x'), Mask::Character(' ')] {
        let job = ComprehendJob::pii_redaction(files(), role(), Language::English, Redaction::all(mask));
        refused(job.output(location(), key()).build().map(drop), "mask");
    }
    for types in [&[][..], &["A,B"], &["A\tB"], &[""], &["x"; 26]] {
        let job = ComprehendJob::train_recognizer(
            "policies".parse().unwrap(),
            recognizer_training(types),
            role(),
            english,
        );
        let job = job.volume_key(volumes()).model_key(models()).without_vpc("none");
        refused(job.build().map(drop), "type");
    }
    let elsewhere = "arn:aws:comprehend:eu-west-1:111122223333:document-classifier/letters".parse().unwrap();
    let job = ComprehendJob::document_classification(files(), role(), elsewhere).output(location(), key());
    let job = job.volume_key(volumes()).in_vpc(vpc()).build().unwrap();
    let emulator = emulator().build().unwrap();
    refused(job.start(&clients(&emulator)).await.map(drop), "model is in eu-west-1");
    assert_eq!(emulator.count("StartDocumentClassificationJob"), 0);
}

#[tokio::test(start_paused = true)]
async fn refusals_of_the_service_are_told() {
    let off = "arn:aws:kms:us-east-1:111122223333:key/99999999-2222-3333-4444-555555555555";
    let emulator = emulator().kms_key(EmulatedKey::customer(off).disabled()).build().unwrap();
    let clients = clients(&emulator);
    let missing = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/none".parse().unwrap();
    let job = ComprehendJob::document_classification(files(), role(), missing).output(location(), key());
    let error = job.volume_key(volumes()).in_vpc(vpc()).build().unwrap().start(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::NotFound, Stage::Start));
    assert_eq!(error.code(), Some("ResourceNotFoundException"));

    let job = ComprehendJob::dominant_language(files(), role()).output(location(), key());
    let job = job
        .volume_key(off.parse().unwrap())
        .without_vpc("none")
        .expected_bucket_owner(ACCOUNT.parse().unwrap());
    let error = job.build().unwrap().start(&clients).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::UnusableKey, "KMS is asked before the start");
    assert_eq!(emulator.count("StartDominantLanguageDetectionJob"), 0);
}
