//! What a completion message says.

use std::time::{Duration, SystemTime};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Api, CompletedJob, Family, Seal};
use crate::names::names;
use crate::resource::{Bucket, JobId, JobTag, S3Object, TopicArn};
use crate::tolerant::Object;

names! {
    /// How a job ended, as its completion message says.
    pub enum CompletionStatus {
        /// With results. Whether they are of all pages only the results tell: see
        /// [`Completeness::partial`](crate::Completeness::partial).
        Succeeded = "SUCCEEDED",
        /// Without.
        Failed = "FAILED",
        /// Without, by a fault of the service.
        Error = "ERROR",
    }
}

/// The end of a job, as Textract publishes it.
///
/// A message tells where to look, and proves nothing: whoever may publish to the topic, or send to the queue, can make one. What
/// it leads to is verified when it is read, as the output of any other job is.
///
/// Follows "Completion Notification" under "Calling Amazon Textract Asynchronous Operations" in the Amazon Textract developer
/// guide.
///
/// ```
/// use inkseal::notify::{Completion, CompletionStatus};
///
/// let completion = Completion::from_raw(r#"{
///     "JobId": "270c1cc5e1d0ea2fbc59d97cb69a72a5495da75851976b14a1784ca90fc180e3",
///     "Status": "SUCCEEDED", "API": "StartDocumentAnalysis", "JobTag": "scans", "Timestamp": 1699380093000,
///     "DocumentLocation": {"S3ObjectName": "scan.pdf", "S3Bucket": "amzn-s3-demo-source"}
/// }"#)?;
/// assert_eq!(completion.status, CompletionStatus::Succeeded);
/// assert_eq!(completion.document.key(), "scan.pdf");
/// # Ok::<(), inkseal::notify::UnreadableMessage>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct Completion {
    /// The job.
    pub job_id: JobId,
    /// The operation that started it.
    pub api: Api,
    /// How it ended.
    pub status: CompletionStatus,
    /// The tag that it was started with.
    pub tag: Option<JobTag>,
    /// The document that it read. The version of the object is not told.
    pub document: S3Object,
    /// When it ended.
    pub at: SystemTime,
}

/// The largest message of SQS, in bytes ("Amazon SQS message quotas"). What is read of one can take some times as much memory.
const MOST_BYTES: usize = 1024 * 1024;

/// Why the body of a message is no completion. It repeats nothing of the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableMessage {
    /// It is larger than any message of SQS.
    #[error("the message has {bytes} bytes, SQS delivers at most {most}: it did not come from a queue", most = MOST_BYTES)]
    TooLarge {
        /// How large it is, in bytes.
        bytes: usize,
    },
    /// It is not JSON, or no object, or one with a member twice.
    #[error("the message is no JSON object whose members are there once")]
    NotJson,
    /// It is a message of SNS, but no notification: a confirmation of a subscription, say.
    #[error("the message is no notification")]
    NotANotification,
    /// It has no envelope of SNS: its subscription delivers raw messages.
    #[error("the message has no SNS envelope: read it as raw, or turn raw message delivery off")]
    NoEnvelope,
    /// It was published to another topic than the expected one.
    #[error("the message was published to another topic")]
    OtherTopic,
    /// A member is not there, or is not what Textract writes.
    #[error("the completion's `{0}` is missing or not what Textract writes")]
    Member(&'static str),
}

#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Envelope {
    #[serde(rename = "Type")]
    kind: Option<String>,
    topic_arn: Option<String>,
    message: Option<String>,
    /// Only a completion has one by itself.
    job_id: Option<IgnoredAny>,
}

/// Every member by itself, so that the first that is wrong can be named.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Written {
    job_id: Option<serde_json::Value>,
    status: Option<serde_json::Value>,
    #[serde(rename = "API")]
    api: Option<serde_json::Value>,
    job_tag: Option<serde_json::Value>,
    timestamp: Option<serde_json::Value>,
    document_location: Option<Object<Location>>,
}

#[derive(Deserialize)]
struct Location {
    #[serde(rename = "S3ObjectName")]
    name: Option<String>,
    #[serde(rename = "S3Bucket")]
    bucket: Option<String>,
}

impl Completion {
    /// Reads the body of a message that SNS delivered in its envelope, published to this topic, or where none is given to any.
    ///
    /// # Errors
    ///
    /// [`UnreadableMessage`], which says what is wrong.
    pub fn from_envelope(body: &str, topic: Option<&TopicArn>) -> Result<Self, UnreadableMessage> {
        check_size(body)?;
        let Object::<Envelope>(envelope) =
            serde_json::from_str(body).map_err(|_| UnreadableMessage::NotJson)?;
        match (envelope.kind.as_deref(), envelope.message) {
            (Some("Notification"), Some(message)) => {
                let is_expected = |topic: &TopicArn| envelope.topic_arn.as_deref() == Some(topic.as_str());
                if !topic.is_none_or(is_expected) {
                    return Err(UnreadableMessage::OtherTopic);
                }
                Self::from_raw(&message)
            }
            (None, _) if envelope.job_id.is_some() => Err(UnreadableMessage::NoEnvelope),
            _ => Err(UnreadableMessage::NotANotification),
        }
    }

    /// Reads the body of a message that is the completion itself, as raw message delivery gives it. It does not say which topic it
    /// was published to.
    ///
    /// # Errors
    ///
    /// [`UnreadableMessage`], which says what is wrong.
    pub fn from_raw(body: &str) -> Result<Self, UnreadableMessage> {
        use UnreadableMessage::Member;

        check_size(body)?;
        let Object::<Written>(written) =
            serde_json::from_str(body).map_err(|_| UnreadableMessage::NotJson)?;
        let Object(location) = written.document_location.ok_or(Member("DocumentLocation"))?;
        let bucket: Bucket =
            location.bucket.and_then(|bucket| bucket.parse().ok()).ok_or(Member("S3Bucket"))?;
        let key = location.name.ok_or(Member("S3ObjectName"))?;
        let milliseconds: u64 = member(written.timestamp, "Timestamp")?;
        Ok(Self {
            job_id: member(written.job_id, "JobId")?,
            api: member(written.api, "API")?,
            status: member(written.status, "Status")?,
            tag: written.job_tag.map(|tag| member(Some(tag), "JobTag")).transpose()?,
            document: S3Object::new(bucket, &key).map_err(|_| Member("S3ObjectName"))?,
            at: SystemTime::UNIX_EPOCH
                .checked_add(Duration::from_millis(milliseconds))
                .ok_or(Member("Timestamp"))?,
        })
    }

    /// The job, whose output can be read under this seal, with no call to Textract.
    ///
    /// The seal is the application's own, and not of the message: where its jobs write, and under which key. How many pages the
    /// document has is not known before they are read.
    ///
    /// # Errors
    ///
    /// [`JobFailed`](ErrorKind::JobFailed) where the job did not succeed; [`InvalidInput`](ErrorKind::InvalidInput) where it is of
    /// another family.
    pub fn job<F: Family>(&self, seal: &Seal) -> Result<CompletedJob<F>> {
        if self.api != F::API {
            let message = format!("the job was started by {}, not by {}: read it as that", self.api, F::API);
            return Err(Error::new(ErrorKind::InvalidInput, Stage::Wait, message));
        }
        match self.status {
            CompletionStatus::Succeeded => {
                Ok(CompletedJob::notified(self.job_id.clone(), self.document.clone(), seal.clone()))
            }
            _ => {
                let message = format!("textract ended the job with {}: Get tells why", self.status.as_str());
                Err(Error::new(ErrorKind::JobFailed, Stage::Wait, message))
            }
        }
    }
}

fn check_size(body: &str) -> Result<(), UnreadableMessage> {
    match body.len() {
        ..=MOST_BYTES => Ok(()),
        bytes => Err(UnreadableMessage::TooLarge { bytes }),
    }
}

/// A member that is a text or a number.
fn member<T: serde::de::DeserializeOwned>(
    value: Option<serde_json::Value>,
    name: &'static str,
) -> Result<T, UnreadableMessage> {
    // By itself serde takes `{"StartDocumentAnalysis": null}` for that operation.
    let plain = value.filter(|value| value.is_string() || value.is_number());
    let value = plain.ok_or(UnreadableMessage::Member(name))?;
    serde_json::from_value(value).map_err(|_| UnreadableMessage::Member(name))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::{Value, json};

    use super::*;
    use crate::job::{Analysis, Expense};

    const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:done";

    fn message() -> Value {
        json!({
            "JobId": "8b3c1f", "Status": "SUCCEEDED", "API": "StartDocumentAnalysis", "JobTag": "a:b",
            "Timestamp": 1_699_380_093_000_u64,
            "DocumentLocation": {"S3ObjectName": "in/a b.pdf", "S3Bucket": "amzn-s3-demo-source"},
        })
    }

    fn envelope(message: &Value) -> Value {
        json!({"Type": "Notification", "MessageId": "m", "TopicArn": TOPIC, "Message": message.to_string(),
            "Timestamp": "2026-01-01T00:00:00.000Z", "SignatureVersion": "1", "Signature": "x"})
    }

    fn read(envelope: &Value) -> Result<Completion, UnreadableMessage> {
        Completion::from_envelope(&envelope.to_string(), Some(&TOPIC.parse().unwrap()))
    }

    #[test]
    fn both_deliveries_say_the_same() {
        let completion = read(&envelope(&message())).unwrap();
        assert_eq!(Completion::from_raw(&message().to_string()), Ok(completion.clone()));
        assert_eq!(completion.job_id.as_str(), "8b3c1f");
        assert_eq!(completion.api, Api::StartDocumentAnalysis);
        assert_eq!(completion.tag.as_ref().map(JobTag::as_str), Some("a:b"));
        assert_eq!(completion.document.to_string(), "s3://amzn-s3-demo-source/in/a b.pdf");
        let at = completion.at.duration_since(SystemTime::UNIX_EPOCH).unwrap();
        assert_eq!(at.as_millis(), 1_699_380_093_000);
    }

    #[test]
    fn what_is_no_completion_is_told_apart() {
        let mut other = envelope(&message());
        other["TopicArn"] = "arn:aws:sns:us-east-1:111122223333:other".into();
        assert_eq!(read(&other), Err(UnreadableMessage::OtherTopic));
        assert!(Completion::from_envelope(&other.to_string(), None).is_ok());
        other.as_object_mut().unwrap().remove("TopicArn");
        assert_eq!(read(&other), Err(UnreadableMessage::OtherTopic));
        let mut confirmation = envelope(&message());
        confirmation["Type"] = "SubscriptionConfirmation".into();
        assert_eq!(read(&confirmation), Err(UnreadableMessage::NotANotification));
        assert_eq!(read(&message()), Err(UnreadableMessage::NoEnvelope));
        assert_eq!(read(&json!({})), Err(UnreadableMessage::NotANotification));
        let lists = [
            r#"["Notification", null, "{}", null]"#,
            r#"["8b3c1f", "SUCCEEDED", "StartDocumentAnalysis", null, 1, {"S3ObjectName": "a", "S3Bucket": "abc"}]"#,
        ];
        for body in lists.into_iter().chain(["", "Jane", "[]", "7", "{", "null"]) {
            assert_eq!(Completion::from_envelope(body, None), Err(UnreadableMessage::NotJson), "{body}");
            assert_eq!(Completion::from_raw(body), Err(UnreadableMessage::NotJson), "{body}");
        }
    }

    #[test]
    fn the_member_that_is_wrong_is_named() {
        for (name, wrong) in [
            ("JobId", json!("../x")),
            ("JobId", Value::Null),
            ("API", json!("StartSomething")),
            ("API", json!({"StartDocumentAnalysis": null})),
            ("Timestamp", json!([1])),
            ("Status", json!(7)),
            ("JobTag", json!("a b")),
            ("Timestamp", json!(-1)),
            ("DocumentLocation", Value::Null),
        ] {
            let mut message = message();
            message[name] = wrong;
            let expected = Err(UnreadableMessage::Member(name));
            assert_eq!(Completion::from_raw(&message.to_string()), expected, "{name}");
        }
        for (name, wrong) in
            [("S3Bucket", json!("No")), ("S3ObjectName", json!("")), ("S3Bucket", Value::Null)]
        {
            let mut message = message();
            message["DocumentLocation"][name] = wrong;
            let expected = Err(UnreadableMessage::Member(name));
            assert_eq!(Completion::from_raw(&message.to_string()), expected, "{name}");
        }
        let mut listed = message();
        listed["DocumentLocation"] = json!(["scan.pdf", "amzn-s3-demo-source"]);
        assert_eq!(Completion::from_raw(&listed.to_string()), Err(UnreadableMessage::NotJson));
        let mut without_tag = message();
        without_tag.as_object_mut().unwrap().remove("JobTag");
        without_tag["New"] = json!({"any": 1});
        assert_eq!(Completion::from_raw(&without_tag.to_string()).unwrap().tag, None);
        without_tag["JobTag"] = Value::Null;
        assert_eq!(Completion::from_raw(&without_tag.to_string()).unwrap().tag, None);
    }

    #[test]
    fn a_completion_and_a_seal_make_a_job() {
        let seal: Seal = serde_json::from_value(json!({
            "bucket": "amzn-s3-demo-results", "prefix": "out",
            "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab",
        }))
        .unwrap();
        let mut completion = Completion::from_raw(&message().to_string()).unwrap();
        let job: CompletedJob<Analysis> = completion.job(&seal).unwrap();
        assert_eq!((job.id().as_str(), job.seal(), job.page_count()), ("8b3c1f", &seal, None));
        assert_eq!(completion.job::<Expense>(&seal).unwrap_err().kind(), ErrorKind::InvalidInput);
        for status in [CompletionStatus::Failed, CompletionStatus::Error, "NEW".into()] {
            completion.status = status;
            assert_eq!(completion.job::<Analysis>(&seal).unwrap_err().kind(), ErrorKind::JobFailed);
        }
    }

    proptest! {
        #[test]
        fn any_body_is_read_or_refused(body in "\\PC{0,60}|[{}\":,a-zA-Z0-9]{0,60}") {
            prop_assert!(Completion::from_raw(&body).is_err());
            prop_assert!(Completion::from_envelope(&body, None).is_err());
        }
    }
}
