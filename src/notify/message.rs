//! What a completion message says.

use std::fmt;
use std::time::{Duration, SystemTime};

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize, Serializer};

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Api, CompletedJob, Family, Seal};
use crate::names::names;
use crate::resource::{Bucket, JobId, JobTag, S3Object, TopicArn};
use crate::tolerant::Object;

names! {
    /// How a job ended, as its completion message says.
    pub enum CompletionStatus {
        /// With results. Only the results show whether they cover all pages: see
        /// [`Completeness::partial`](crate::Completeness::partial).
        Succeeded = "SUCCEEDED",
        /// Without results.
        Failed = "FAILED",
        /// Without results, because of a fault of the service.
        Error = "ERROR",
    }
}

/// The end of a job, as Textract publishes it.
///
/// A message says where to look, and proves nothing: whoever may publish to the topic, or send to the queue, can make
/// one. The output that it leads to is verified when it is read, like that of any other job.
///
/// Its JSON is that of the message, as [`from_raw`](Self::from_raw) reads it. Its `Debug` shows the bucket of the
/// document, but not the key, which may say something about people.
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
#[derive(Clone, PartialEq, Eq)]
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
    /// The document that it read. A message does not name the version of the object.
    pub document: S3Object,
    /// When it ended.
    pub at: SystemTime,
}

/// The largest message of SQS, in bytes ("Amazon SQS message quotas"). Reading one can take several times as much memory.
const MOST_BYTES: usize = 1024 * 1024;

/// Why the body of a message is not a completion. It repeats nothing from the body. `?` turns it into an [`Error`] of
/// the kind [`Malformed`](ErrorKind::Malformed), with this as its source.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum UnreadableMessage {
    /// It is larger than any message of SQS.
    #[error("the message has {bytes} bytes, SQS delivers at most {most}: it did not come from a queue", most = MOST_BYTES)]
    TooLarge {
        /// How large it is, in bytes.
        bytes: usize,
    },
    /// It is not JSON, or not an object, or an object with a member twice.
    #[error("the message is not a JSON object that has each member once")]
    NotJson,
    /// It is a message of SNS, but not a notification; for example the confirmation of a subscription.
    #[error("the message is not a notification")]
    NotANotification,
    /// It has no envelope of SNS: its subscription delivers raw messages.
    #[error("the message has no SNS envelope: read it as raw, or turn raw message delivery off")]
    NoEnvelope,
    /// It was published to another topic than the expected one.
    #[error("the message was published to another topic")]
    OtherTopic,
    /// A member is missing, or is not what Textract writes.
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
    /// Only a completion without an envelope has one.
    job_id: Option<IgnoredAny>,
}

/// Each member is a value of its own, so that the first wrong one can be named.
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
    /// Reads the body of a message that SNS delivered in its envelope, published to this topic, or with `None` to any
    /// topic.
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

    /// Reads the body of a message that is the completion itself, as with raw message delivery. It does not say which
    /// topic it was published to.
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

    /// The job, whose output can be read under this seal, without a call to Textract.
    ///
    /// The seal comes from the application, not from the message: where its jobs write, and under which key. The
    /// number of pages of the document is not known before they are read.
    ///
    /// # Errors
    ///
    /// [`JobFailed`](ErrorKind::JobFailed) if the job did not succeed; [`InvalidInput`](ErrorKind::InvalidInput) if it
    /// is of another family.
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
                let message = format!("textract ended the job with {}: Get says why", self.status.as_str());
                Err(Error::new(ErrorKind::JobFailed, Stage::Wait, message))
            }
        }
    }
}

impl fmt::Debug for Completion {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { job_id, api, status, tag, document, at } = self;
        f.debug_struct("Completion")
            .field("job_id", job_id)
            .field("api", api)
            .field("status", status)
            .field("tag", tag)
            .field("bucket", document.bucket())
            .field("at", at)
            .finish_non_exhaustive()
    }
}

impl Serialize for Completion {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Message<'a> {
            job_id: &'a JobId,
            status: &'a CompletionStatus,
            #[serde(rename = "API")]
            api: Api,
            #[serde(skip_serializing_if = "Option::is_none")]
            job_tag: Option<&'a JobTag>,
            timestamp: u64,
            document_location: Document<'a>,
        }

        #[derive(Serialize)]
        struct Document<'a> {
            #[serde(rename = "S3ObjectName")]
            name: &'a str,
            #[serde(rename = "S3Bucket")]
            bucket: &'a Bucket,
        }

        let Self { job_id, api, status, tag, document, at } = self;
        let since = at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        let message = Message {
            job_id,
            status,
            api: *api,
            job_tag: tag.as_ref(),
            timestamp: since.as_millis().try_into().unwrap_or(u64::MAX),
            document_location: Document { name: document.key(), bucket: document.bucket() },
        };
        message.serialize(serializer)
    }
}

impl From<UnreadableMessage> for Error {
    fn from(why: UnreadableMessage) -> Self {
        Self::new(ErrorKind::Malformed, Stage::Wait, "the message is not a completion").caused_by(why)
    }
}

fn check_size(body: &str) -> Result<(), UnreadableMessage> {
    match body.len() {
        ..=MOST_BYTES => Ok(()),
        bytes => Err(UnreadableMessage::TooLarge { bytes }),
    }
}

/// A member that is a string or a number.
fn member<T: serde::de::DeserializeOwned>(
    value: Option<serde_json::Value>,
    name: &'static str,
) -> Result<T, UnreadableMessage> {
    // Serde alone would also take `{"StartDocumentAnalysis": null}` for that operation.
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
    fn it_is_written_as_it_was_read() {
        let mut completion = Completion::from_raw(&message().to_string()).unwrap();
        assert_eq!(serde_json::to_value(&completion).unwrap(), message());
        (completion.tag, completion.status) = (None, "NEW".into());
        let written = serde_json::to_string(&completion).unwrap();
        assert_eq!(Completion::from_raw(&written), Ok(completion));
    }

    #[test]
    fn the_key_of_the_document_is_not_shown() {
        let mut message = message();
        message["DocumentLocation"]["S3ObjectName"] = json!("jane-doe.pdf");
        let completion = Completion::from_raw(&message.to_string()).unwrap();
        for shown in [format!("{completion:?}"), format!("{completion:#?}")] {
            assert!(shown.contains("amzn-s3-demo-source") && shown.contains("8b3c1f"), "{shown}");
            assert!(!shown.contains("jane"), "{shown}");
        }
    }

    #[test]
    fn an_unreadable_message_is_an_error_of_the_crate() {
        let read = || -> crate::Result<Completion> { Ok(Completion::from_raw("Jane")?) };
        let error = read().unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::Wait));
        assert!(!format!("{error} {error:?}").contains("Jane"));
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
