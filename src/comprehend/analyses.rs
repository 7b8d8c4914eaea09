//! The analyses, and the only place that calls their operations.

use aws_sdk_comprehend::Client;
use aws_sdk_comprehend::types as sdk;

use super::input::{ComprehendInput, DocumentLimits};
use super::language::{DocumentLanguage, pii_language};
use super::operation::{
    Calls, Described, DocumentAnalysis, NeedsNetwork, NeedsOutput, NeedsVolumeKey, NotTaken, Operation,
    StartRequest, Stoppable, not_described,
};
use super::redaction::Redaction;
use super::results::{
    Classification, DetectedEntity, DocumentResult, DocumentSentiment, KeyPhrase, LanguageScore, PiiEntity,
    RedactedLine, TargetedEntity, TopicRecord,
};
use crate::clients::send;
use crate::error::{Error, Result, Stage};
use crate::job::Digest;
use crate::redact::Language;
use crate::resource::{AnalysisJobId, ClassifierArn, RecognizerArn, Region};

/// Where personal data is: `StartPiiEntitiesDetectionJob` with `ONLY_OFFSETS`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct PiiOffsets {
    pub(super) language: Language,
}

/// Copies of the documents without personal data: `StartPiiEntitiesDetectionJob` with `ONLY_REDACTION`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PiiRedaction {
    pub(super) language: Language,
    pub(super) redaction: Redaction,
}

/// Persons, places, organisations and the like, or those of a custom recognizer: `StartEntitiesDetectionJob`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entities {
    pub(super) language: DocumentLanguage,
    pub(super) recognizer: Option<RecognizerArn>,
}

/// The phrases that say what a document is about: `StartKeyPhrasesDetectionJob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeyPhrases {
    pub(super) language: DocumentLanguage,
}

/// The sentiment of each document as a whole: `StartSentimentDetectionJob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Sentiment {
    pub(super) language: DocumentLanguage,
}

/// The sentiment about each entity, in English: `StartTargetedSentimentDetectionJob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct TargetedSentiment;

/// The language of each document: `StartDominantLanguageDetectionJob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct DominantLanguage;

/// What a collection of documents is about: `StartTopicsDetectionJob`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Topics {
    pub(super) number: u8,
}

/// The classes of each document, by a custom classifier: `StartDocumentClassificationJob`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct DocumentClassification {
    pub(super) classifier: ClassifierArn,
}

/// The most topics that a job finds.
const MOST_TOPICS: u8 = 100;

const GB: u64 = 1_000_000_000;

/// The limits of the jobs that detect entities, key phrases, personal data and languages.
const GENERAL: DocumentLimits = DocumentLimits::new(1_000_000, 1_000_000, 5 * GB);

/// Sends the Start request of an analysis. The SDK has no trait over its operations, hence a macro. The members that
/// only some operations have follow the request.
macro_rules! start {
    ($operation:expr, $call:expr, $request:ident $(, $set:ident: $value:ident)*) => {{
        let call = $call
            .input_data_config($request.input.to_sdk()?)
            .output_data_config($request.output()?)
            .data_access_role_arn($request.role.as_str())
            $(.$set($request.$value()?))*
            .client_request_token($request.token);
        Ok(send(Stage::Start, $operation, call.send()).await?.job_id)
    }};
}

/// Sends the Describe request of an analysis.
macro_rules! describe {
    ($operation:literal, $call:expr, $id:expr, $properties:ident $(, $member:ident: $said:ident)*) => {{
        let answer = send(Stage::Wait, $operation, $call.job_id($id.as_str()).send()).await?;
        let job = answer.$properties.ok_or_else(not_described)?;
        let (output_uri, output_key) = match job.output_data_config {
            Some(output) => (Some(output.s3_uri), output.kms_key_id),
            None => (None, None),
        };
        Ok(Described {
            status: job.job_status.map(|status| status.as_str().to_owned()),
            message: job.message,
            output_uri,
            output_key,
            $($member: job.$said,)*
            ..Described::default()
        })
    }};
}

/// One analysis: what it takes, returns and calls. The braces hold what only its calls have.
macro_rules! analysis {
    ($name:ident $kind:literal, $record:ty, $limits:expr, output, volume and network;
     $start:ident $Start:literal, $describe:ident $Describe:literal $properties:ident;
     |$this:ident, $call:ident| $with:expr, {$($own:tt)*}) => {
        analysis!(@types $name, $record, $limits, $Start, NeedsVolumeKey, NeedsNetwork);
        analysis!(@calls $name $kind; $start $Start |$this, $call| $with,
            (set_volume_kms_key_id: volume_key, set_vpc_config: vpc); $describe $Describe $properties,
            (volume_key: volume_kms_key_id, vpc: vpc_config); {$($own)*});
    };
    ($name:ident $kind:literal, $record:ty, $limits:expr, output;
     $start:ident $Start:literal, $describe:ident $Describe:literal $properties:ident;
     |$this:ident, $call:ident| $with:expr, {$($own:tt)*}) => {
        analysis!(@types $name, $record, $limits, $Start, NotTaken, NotTaken);
        analysis!(@calls $name $kind; $start $Start |$this, $call| $with, (); $describe $Describe $properties, (); {$($own)*});
    };
    (@types $name:ident, $record:ty, $limits:expr, $Start:literal, $volume:ty, $network:ty) => {
        impl Operation for $name {
            const API: &'static str = $Start;
            type Input = ComprehendInput;
            type Id = AnalysisJobId;
            type Output = NeedsOutput;
            type VolumeKey = $volume;
            type ModelKey = NotTaken;
            type Network = $network;
        }

        impl DocumentAnalysis for $name {
            type Record = $record;
            const LIMITS: DocumentLimits = $limits;
        }
    };
    (@calls $name:ident $kind:literal; $start:ident $Start:literal |$this:ident, $call:ident| $with:expr,
     ($($set:ident: $value:ident),*); $describe:ident $Describe:literal $properties:ident,
     ($($member:ident: $said:ident),*); {$($own:tt)*}) => {
        impl Calls for $name {
            const KIND: &'static str = $kind;

            async fn start(
                &self,
                client: &Client,
                request: StartRequest<'_, ComprehendInput>,
            ) -> Result<Option<String>> {
                let ($this, $call) = (self, client.$start());
                start!($Start, $with, request $(, $set: $value)*)
            }

            async fn describe(client: &Client, id: &AnalysisJobId) -> Result<Described> {
                describe!($Describe, client.$describe(), id, $properties $(, $member: $said)*)
            }

            $($own)*
        }
    };
}

macro_rules! stoppable {
    ($($name:ident: $stop:ident $Stop:literal,)+) => {
        $(impl Stoppable for $name {
            async fn stop(client: &Client, id: &AnalysisJobId) -> Result<()> {
                send(Stage::Wait, $Stop, client.$stop().job_id(id.as_str()).send()).await.map(drop)
            }
        })+
    };
}

analysis! {
    PiiOffsets "pii-offsets", DocumentResult<Vec<PiiEntity>>, GENERAL, output;
    start_pii_entities_detection_job "StartPiiEntitiesDetectionJob",
    describe_pii_entities_detection_job "DescribePiiEntitiesDetectionJob" pii_entities_detection_job_properties;
    |this, call| call.mode(sdk::PiiEntitiesDetectionMode::OnlyOffsets).language_code(pii_language(this.language)),
    {
        fn identify(&self, digest: &mut Digest) {
            digest.field("mode", Some("offsets")).field("language", Some(pii_language(self.language).as_str()));
        }
    }
}

analysis! {
    PiiRedaction "pii-redaction", RedactedLine, GENERAL, output;
    start_pii_entities_detection_job "StartPiiEntitiesDetectionJob",
    describe_pii_entities_detection_job "DescribePiiEntitiesDetectionJob" pii_entities_detection_job_properties;
    |this, call| call
        .mode(sdk::PiiEntitiesDetectionMode::OnlyRedaction)
        .redaction_config(this.redaction.to_sdk())
        .language_code(pii_language(this.language)),
    {
        fn check(&self, _: Option<&Region>) -> Result<()> {
            self.redaction.check()
        }

        fn identify(&self, digest: &mut Digest) {
            digest.field("mode", Some("redaction")).field("language", Some(pii_language(self.language).as_str()));
            self.redaction.identify(digest);
        }
    }
}

analysis! {
    Entities "entities", DocumentResult<Vec<DetectedEntity>>, GENERAL, output, volume and network;
    start_entities_detection_job "StartEntitiesDetectionJob",
    describe_entities_detection_job "DescribeEntitiesDetectionJob" entities_detection_job_properties;
    |this, call| call
        .language_code(this.language.to_sdk())
        .set_entity_recognizer_arn(this.recognizer.as_ref().map(ToString::to_string)),
    {
        fn check(&self, region: Option<&Region>) -> Result<()> {
            match (&self.recognizer, region) {
                (Some(recognizer), Some(region)) => Ok(recognizer.check_region(region)?),
                _ => Ok(()),
            }
        }

        fn identify(&self, digest: &mut Digest) {
            let recognizer = self.recognizer.as_ref().map(RecognizerArn::as_str);
            digest.field("language", Some(self.language.code())).field("recognizer", recognizer);
        }
    }
}

analysis! {
    KeyPhrases "key-phrases", DocumentResult<Vec<KeyPhrase>>, GENERAL, output, volume and network;
    start_key_phrases_detection_job "StartKeyPhrasesDetectionJob",
    describe_key_phrases_detection_job "DescribeKeyPhrasesDetectionJob" key_phrases_detection_job_properties;
    |this, call| call.language_code(this.language.to_sdk()),
    {
        fn identify(&self, digest: &mut Digest) {
            digest.field("language", Some(self.language.code()));
        }
    }
}

analysis! {
    Sentiment "sentiment", DocumentResult<DocumentSentiment>, DocumentLimits::new(5_000, 1_000_000, 5 * GB), output, volume and network;
    start_sentiment_detection_job "StartSentimentDetectionJob",
    describe_sentiment_detection_job "DescribeSentimentDetectionJob" sentiment_detection_job_properties;
    |this, call| call.language_code(this.language.to_sdk()),
    {
        fn identify(&self, digest: &mut Digest) {
            digest.field("language", Some(self.language.code()));
        }
    }
}

analysis! {
    TargetedSentiment "targeted-sentiment", DocumentResult<Vec<TargetedEntity>>, DocumentLimits::new(10_000, 30_000, 300_000_000),
    output, volume and network;
    start_targeted_sentiment_detection_job "StartTargetedSentimentDetectionJob",
    describe_targeted_sentiment_detection_job "DescribeTargetedSentimentDetectionJob"
    targeted_sentiment_detection_job_properties;
    |_this, call| call.language_code(sdk::LanguageCode::En), {}
}

analysis! {
    DominantLanguage "dominant-language", DocumentResult<Vec<LanguageScore>>, GENERAL, output, volume and network;
    start_dominant_language_detection_job "StartDominantLanguageDetectionJob",
    describe_dominant_language_detection_job "DescribeDominantLanguageDetectionJob"
    dominant_language_detection_job_properties;
    |_this, call| call, {}
}

analysis! {
    Topics "topics", TopicRecord, DocumentLimits::new(100_000_000, 1_000_000, 5 * GB), output, volume and network;
    start_topics_detection_job "StartTopicsDetectionJob",
    describe_topics_detection_job "DescribeTopicsDetectionJob" topics_detection_job_properties;
    |this, call| call.number_of_topics(i32::from(this.number)),
    {
        fn check(&self, _: Option<&Region>) -> Result<()> {
            if (1..=MOST_TOPICS).contains(&self.number) {
                return Ok(());
            }
            Err(Error::invalid(format!("{} topics were asked for: ask for 1 to {MOST_TOPICS}", self.number)))
        }

        fn identify(&self, digest: &mut Digest) {
            digest.field("topics", Some(&self.number.to_string()));
        }
    }
}

analysis! {
    DocumentClassification "document-classification", DocumentResult<Classification>,
    DocumentLimits::new(10_000_000, 1_000_000, 5 * GB), output, volume and network;
    start_document_classification_job "StartDocumentClassificationJob",
    describe_document_classification_job "DescribeDocumentClassificationJob"
    document_classification_job_properties;
    |this, call| call.document_classifier_arn(this.classifier.as_str()),
    {
        fn check(&self, region: Option<&Region>) -> Result<()> {
            region.map_or(Ok(()), |region| Ok(self.classifier.check_region(region)?))
        }

        fn identify(&self, digest: &mut Digest) {
            digest.field("classifier", Some(self.classifier.as_str()));
        }
    }
}

stoppable! {
    PiiOffsets: stop_pii_entities_detection_job "StopPiiEntitiesDetectionJob",
    PiiRedaction: stop_pii_entities_detection_job "StopPiiEntitiesDetectionJob",
    Entities: stop_entities_detection_job "StopEntitiesDetectionJob",
    KeyPhrases: stop_key_phrases_detection_job "StopKeyPhrasesDetectionJob",
    Sentiment: stop_sentiment_detection_job "StopSentimentDetectionJob",
    TargetedSentiment: stop_targeted_sentiment_detection_job "StopTargetedSentimentDetectionJob",
    DominantLanguage: stop_dominant_language_detection_job "StopDominantLanguageDetectionJob",
}
