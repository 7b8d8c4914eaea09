//! The operations that the emulator has, by their names in the API references.

use super::log::Service;
use super::textract::Asked;
use super::{comprehend, comprehend_jobs};

const S3: [&str; 18] = [
    "AbortMultipartUpload",
    "CompleteMultipartUpload",
    "CreateBucket",
    "CreateMultipartUpload",
    "DeleteBucket",
    "DeleteObject",
    "DeleteObjects",
    "GetBucketEncryption",
    "GetBucketLocation",
    "GetObject",
    "HeadBucket",
    "HeadObject",
    "ListBuckets",
    "ListObjects",
    "ListObjectsV2",
    "PutBucketEncryption",
    "PutObject",
    "UploadPart",
];

const SNS: [&str; 9] = [
    "CreateTopic",
    "DeleteTopic",
    "GetSubscriptionAttributes",
    "ListSubscriptionsByTopic",
    "ListTopics",
    "Publish",
    "SetSubscriptionAttributes",
    "Subscribe",
    "Unsubscribe",
];

const SQS: [&str; 14] = [
    "ChangeMessageVisibility",
    "ChangeMessageVisibilityBatch",
    "CreateQueue",
    "DeleteMessage",
    "DeleteMessageBatch",
    "DeleteQueue",
    "GetQueueAttributes",
    "GetQueueUrl",
    "ListQueues",
    "PurgeQueue",
    "ReceiveMessage",
    "SendMessage",
    "SendMessageBatch",
    "SetQueueAttributes",
];

impl Service {
    const ALL: [Self; 6] = [Self::Textract, Self::Comprehend, Self::Kms, Self::S3, Self::Sns, Self::Sqs];

    /// Whether the emulator has this operation of the service. It carries out no other.
    pub(super) fn has(self, operation: &str) -> bool {
        match self {
            Self::Textract => Asked::of(operation).is_some(),
            Self::Comprehend => {
                comprehend::PiiCall::of(operation).is_some() || comprehend_jobs::has(operation)
            }
            Self::Kms => operation == "DescribeKey",
            Self::S3 => S3.contains(&operation),
            Self::Sns => SNS.contains(&operation),
            Self::Sqs => SQS.contains(&operation),
        }
    }
}

/// Whether any service has this operation.
pub(super) fn is_known(operation: &str) -> bool {
    Service::ALL.into_iter().any(|service| service.has(operation))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn operations_are_known_by_their_names() {
        for operation in [
            "StartDocumentAnalysis",
            "GetLendingAnalysisSummary",
            "AnalyzeID",
            "DetectPiiEntities",
            "StopEntitiesDetectionJob",
            "CreateDocumentClassifier",
            "DescribeKey",
            "GetObject",
            "ReceiveMessage",
            "Publish",
        ] {
            assert!(is_known(operation), "{operation}");
        }
        for operation in ["GetObjekt", "getObject", "ListKeys", "Notification", ""] {
            assert!(!is_known(operation), "{operation}");
        }
    }
}
