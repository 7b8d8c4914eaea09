//! Errors of the emulator itself.

/// What can be wrong with how an emulator is set up or used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// The bytes of a recorded response cannot be read as one.
    #[error("not a response of Textract: {reason}")]
    NotAResponse {
        /// Why, without anything of the document.
        reason: String,
    },
    /// A key's ARN or alias is malformed.
    #[error("`{arn}` is not a key; give `arn:aws:kms:REGION:ACCOUNT:key/ID`, and aliases as `alias/NAME`")]
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
        "`{text}` is not a fault; give `FAULT[@OPERATION][:KEY-SUFFIX][#NTH or *TIMES or ~EVERY or %PERCENT]` with one of: {names}"
    )]
    InvalidFault {
        /// What was given.
        text: String,
        /// The names of all faults.
        names: &'static str,
    },
    /// A denial or a fault names an operation that the emulator does not have.
    #[error(
        "the emulator has no operation `{operation}`; give its name in the API reference, such as `GetObject`"
    )]
    UnknownOperation {
        /// What was given.
        operation: String,
    },
    /// An object is put into a bucket that does not exist.
    #[error("there is no bucket `{bucket}`; add it with `bucket`")]
    UnknownBucket {
        /// The bucket.
        bucket: String,
    },
    /// A message is published to a topic that does not exist.
    #[error("there is no topic `{arn}`; add it with `topic`")]
    UnknownTopic {
        /// The topic's ARN.
        arn: String,
    },
    /// A topic's ARN is malformed.
    #[error("`{arn}` is not a topic; give `arn:aws:sns:REGION:ACCOUNT:NAME`")]
    InvalidTopicArn {
        /// What was given.
        arn: String,
    },
    /// A queue cannot be made as described.
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
    /// The emulator cannot listen on the address.
    #[error("cannot listen on {address}")]
    Bind {
        /// The address.
        address: String,
        /// Why.
        source: std::io::Error,
    },
}
