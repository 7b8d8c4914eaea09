//! The operations that start, describe and stop Comprehend's jobs.

/// What a job does.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Pii,
    Entities,
    KeyPhrases,
    Sentiment,
    TargetedSentiment,
    Language,
    Topics,
    Classification,
    Classifier,
    Recognizer,
}

/// What is done with a job.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Verb {
    Start,
    Describe,
    Stop,
}

/// How the API reference names one kind of job.
pub(super) struct Names {
    pub(super) start: &'static str,
    pub(super) describe: &'static str,
    /// None if such jobs cannot be stopped.
    pub(super) stop: Option<&'static str>,
    /// The member that holds a description.
    pub(super) properties: &'static str,
    /// The part of a job's ARN before its id.
    pub(super) resource: &'static str,
    /// The part of a job's output folder between the account and the id.
    pub(super) folder: &'static str,
    /// The largest document, in bytes.
    pub(super) document_bytes: usize,
}

impl Kind {
    const ALL: [Self; 10] = [
        Self::Pii,
        Self::Entities,
        Self::KeyPhrases,
        Self::Sentiment,
        Self::TargetedSentiment,
        Self::Language,
        Self::Topics,
        Self::Classification,
        Self::Classifier,
        Self::Recognizer,
    ];

    /// The kind and the verb of an operation.
    pub(super) fn of(operation: &str) -> Option<(Self, Verb)> {
        Self::ALL.into_iter().find_map(|kind| {
            let names = kind.names();
            let verb = match operation {
                _ if operation == names.start => Verb::Start,
                _ if operation == names.describe => Verb::Describe,
                _ if Some(operation) == names.stop => Verb::Stop,
                _ => return None,
            };
            Some((kind, verb))
        })
    }

    pub(super) fn names(self) -> Names {
        let names = |start, describe, stop, properties, resource, folder, document_bytes| Names {
            start,
            describe,
            stop,
            properties,
            resource,
            folder,
            document_bytes,
        };
        match self {
            Self::Pii => names(
                "StartPiiEntitiesDetectionJob",
                "DescribePiiEntitiesDetectionJob",
                Some("StopPiiEntitiesDetectionJob"),
                "PiiEntitiesDetectionJobProperties",
                "pii-entities-detection-job",
                "PII",
                1_048_576,
            ),
            Self::Entities => names(
                "StartEntitiesDetectionJob",
                "DescribeEntitiesDetectionJob",
                Some("StopEntitiesDetectionJob"),
                "EntitiesDetectionJobProperties",
                "entities-detection-job",
                "NER",
                1_048_576,
            ),
            Self::KeyPhrases => names(
                "StartKeyPhrasesDetectionJob",
                "DescribeKeyPhrasesDetectionJob",
                Some("StopKeyPhrasesDetectionJob"),
                "KeyPhrasesDetectionJobProperties",
                "key-phrases-detection-job",
                "KP",
                1_048_576,
            ),
            Self::Sentiment => names(
                "StartSentimentDetectionJob",
                "DescribeSentimentDetectionJob",
                Some("StopSentimentDetectionJob"),
                "SentimentDetectionJobProperties",
                "sentiment-detection-job",
                "SENTIMENT",
                5120,
            ),
            Self::TargetedSentiment => names(
                "StartTargetedSentimentDetectionJob",
                "DescribeTargetedSentimentDetectionJob",
                Some("StopTargetedSentimentDetectionJob"),
                "TargetedSentimentDetectionJobProperties",
                "targeted-sentiment-detection-job",
                "TS",
                10_240,
            ),
            Self::Language => names(
                "StartDominantLanguageDetectionJob",
                "DescribeDominantLanguageDetectionJob",
                Some("StopDominantLanguageDetectionJob"),
                "DominantLanguageDetectionJobProperties",
                "dominant-language-detection-job",
                "LANGUAGE",
                1_048_576,
            ),
            Self::Topics => names(
                "StartTopicsDetectionJob",
                "DescribeTopicsDetectionJob",
                None,
                "TopicsDetectionJobProperties",
                "topics-detection-job",
                "TOPICS",
                104_857_600,
            ),
            Self::Classification => names(
                "StartDocumentClassificationJob",
                "DescribeDocumentClassificationJob",
                None,
                "DocumentClassificationJobProperties",
                "document-classification-job",
                "CLN",
                10_485_760,
            ),
            Self::Classifier => names(
                "CreateDocumentClassifier",
                "DescribeDocumentClassifier",
                Some("StopTrainingDocumentClassifier"),
                "DocumentClassifierProperties",
                "document-classifier",
                "CLR",
                0,
            ),
            Self::Recognizer => names(
                "CreateEntityRecognizer",
                "DescribeEntityRecognizer",
                Some("StopTrainingEntityRecognizer"),
                "EntityRecognizerProperties",
                "entity-recognizer",
                "NER-TRAINING",
                0,
            ),
        }
    }

    /// Whether it is the training of a model, which is identified by an ARN.
    pub(super) fn trains(self) -> bool {
        matches!(self, Self::Classifier | Self::Recognizer)
    }

    /// The member that names a model.
    pub(super) fn arn_member(self) -> &'static str {
        match self {
            Self::Recognizer => "EntityRecognizerArn",
            _ => "DocumentClassifierArn",
        }
    }

    /// Whether its machines have volumes, for which a key can be given, and a network.
    pub(super) fn has_volumes(self) -> bool {
        self != Self::Pii
    }

    pub(super) fn takes_a_language(self) -> bool {
        !matches!(self, Self::Language | Self::Topics | Self::Classification)
    }
}
