//! What cannot be set up.

/// What can be wrong with how an emulator is set up.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// Bytes that were given as a recorded response are none.
    #[error("not a response of Textract: {reason}")]
    NotAResponse {
        /// Why, without any of the document.
        reason: String,
    },
    /// A key's ARN or alias is malformed.
    #[error("`{arn}` is no key; give `arn:aws:kms:REGION:ACCOUNT:key/ID`, and aliases as `alias/NAME`")]
    InvalidKeyArn {
        /// What was given.
        arn: String,
    },
    /// A bucket's default encryption names a key that the emulator was not given.
    #[error("the bucket `{bucket}` is encrypted under an unknown key; add it with `kms_key`")]
    UnknownKey {
        /// The bucket.
        bucket: String,
    },
    /// A fault's text cannot be read.
    #[error(
        "`{text}` is no fault; give `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT]` with one of: {names}"
    )]
    InvalidFault {
        /// What was given.
        text: String,
        /// The names that there are.
        names: &'static str,
    },
    /// A topic's ARN is malformed.
    #[error("`{arn}` is no topic; give `arn:aws:sns:REGION:ACCOUNT:NAME`")]
    InvalidTopicArn {
        /// What was given.
        arn: String,
    },
    /// A queue cannot be as it was described.
    #[error("the queue `{name}` cannot be made: {reason}")]
    InvalidQueue {
        /// The queue.
        name: String,
        /// Why.
        reason: &'static str,
    },
    /// A subscription names a topic or a queue that the emulator was not given.
    #[error("`{queue}` cannot be subscribed to `{topic}`; add them with `queue` and `topic`")]
    UnknownSubscriber {
        /// The topic's ARN.
        topic: String,
        /// The queue's name.
        queue: String,
    },
    /// The port cannot be listened on.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}
