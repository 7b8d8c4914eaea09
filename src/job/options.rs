//! What a job may be given besides its input and its seal.

use serde::{Deserialize, Serialize};

use crate::resource::{ClientRequestToken, JobTag, RoleArn, TopicArn};

/// Where Textract announces the end of a job: an SNS topic, and the role that lets it publish there.
///
/// The topic must be a standard topic in the Region of the job.
///
/// ```
/// use inkseal::{NotificationChannel, SecureJob};
///
/// let channel = NotificationChannel::new(
///     "arn:aws:sns:us-east-1:111122223333:textract-done".parse()?,
///     "arn:aws:iam::111122223333:role/textract-publishes".parse()?,
/// );
/// let job = SecureJob::text_detection("s3://amzn-s3-demo-source/scan.pdf".parse()?)
///     .notification_channel(channel)
///     .job_tag("scans".parse()?); // comes back in the message
/// # let _ = job;
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct NotificationChannel {
    topic: TopicArn,
    role: RoleArn,
}

impl NotificationChannel {
    /// A channel to this topic, with the role that Textract assumes to publish to it.
    pub fn new(topic: TopicArn, role: RoleArn) -> Self {
        Self { topic, role }
    }

    /// The topic that the end of the job is announced on.
    pub fn topic(&self) -> &TopicArn {
        &self.topic
    }

    /// The role that Textract assumes to publish.
    pub fn role(&self) -> &RoleArn {
        &self.role
    }
}

/// What makes two starts the same work.
///
/// Textract remembers a client request token for seven days: the same token with the same input gives the same job and
/// costs nothing, so a start can be repeated safely after a crash or a broken connection.
///
/// Comprehend accepts such tokens too. None of the documents that this crate follows says how long it remembers them: do not
/// rely on a late repetition to give the same job, nor to give a new one. Unconfirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Idempotency {
    /// A token derived from everything that identifies the work: operation, input object and version, output, key,
    /// features, queries, adapters, tag and channel.
    ///
    /// **An object that was overwritten under the same key is the same work** unless the input names its version. Name
    /// the version, or give a salt. The input of a Comprehend job is usually a folder, and **new objects in the same folder are
    /// the same work**: give each run its own folder, or a salt.
    Derived,
    /// Like `Derived`, but work with another salt is other work. A new salt forces a new run of the same document.
    Salted(String),
    /// Your own token.
    Token(ClientRequestToken),
}

/// The options of every family of jobs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Options {
    pub(super) job_tag: Option<JobTag>,
    pub(super) notification_channel: Option<NotificationChannel>,
    pub(super) idempotency: Idempotency,
}

impl Default for Options {
    fn default() -> Self {
        Self { job_tag: None, notification_channel: None, idempotency: Idempotency::Derived }
    }
}
