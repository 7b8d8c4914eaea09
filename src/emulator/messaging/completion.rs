//! The message that Textract publishes when a job ends.

use serde::{Deserialize, Serialize};

use super::super::Inner;
use super::super::jobs::Job;

/// What the rules of message faults call these notifications, in place of an operation.
pub(in super::super) const NOTIFICATION: &str = "Notification";

/// The message, with its members in Textract's order.
#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Completion<'a> {
    job_id: &'a str,
    status: &'static str,
    #[serde(rename = "API")]
    api: &'static str,
    #[serde(skip_serializing_if = "Option::is_none")]
    job_tag: Option<&'a str>,
    timestamp: u64,
    document_location: Document<'a>,
}

#[derive(Serialize)]
struct Document<'a> {
    #[serde(rename = "S3ObjectName")]
    key: &'a str,
    #[serde(rename = "S3Bucket")]
    bucket: &'a str,
}

/// The members of the request that started the job which the message repeats.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Started {
    notification_channel: Option<Channel>,
    job_tag: Option<String>,
    document_location: Location,
}

#[derive(Deserialize)]
struct Channel {
    #[serde(rename = "SNSTopicArn")]
    topic: String,
}

#[derive(Deserialize)]
struct Location {
    #[serde(rename = "S3Object")]
    object: S3Object,
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct S3Object {
    bucket: String,
    name: String,
}

impl Inner {
    /// Publishes the end of a job, once its output is written.
    pub(super) fn announce(&self, job: &Job) {
        let (Some(ended), Ok(started)) = (job.ends, serde_json::from_str::<Started>(&job.input)) else {
            return;
        };
        let Some(channel) = started.notification_channel else { return };
        let S3Object { bucket, name } = &started.document_location.object;
        let completion = Completion {
            job_id: &job.id,
            status: if job.failed() { "FAILED" } else { "SUCCEEDED" },
            api: job.family.start_operation(),
            job_tag: started.job_tag.as_deref(),
            timestamp: self.messaging.millis(ended),
            document_location: Document { key: name, bucket },
        };
        let message = serde_json::to_string(&completion).unwrap_or_default();
        self.publish(NOTIFICATION, &channel.topic, None, &message, ended);
    }
}
