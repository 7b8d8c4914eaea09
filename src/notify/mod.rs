//! Completions: what Textract publishes when a job has ended, from SNS by way of SQS.
//!
//! The end of a job that was started with a [`NotificationChannel`](crate::NotificationChannel) is announced, so
//! waiting for thousands of them costs no Get call. A [`Completion`] and the [`Seal`](crate::Seal) of the
//! application's jobs make a [`CompletedJob`](crate::CompletedJob).
//!
//! With the feature `sqs`, `Completions` receives them from a queue, and `Inbox` hands them to the waits of one process.
//!
//! # At least once
//!
//! SNS and SQS standard queues deliver a message **at least once, in any order**: a completion can come twice, to two
//! machines, and long after the first. It must be safe to handle one again: write its results under names that follow
//! from the job's id or the document, as [`SealedStore`](crate::SealedStore) does.
//!
//! # Whom to trust
//!
//! The topic in an envelope is compared with the expected one, but nothing proves it: whoever may send to the queue
//! can write what they like. Let the queue's policy allow `sqs:SendMessage` to `sns.amazonaws.com` alone, under the
//! condition that `aws:SourceArn` is the topic. A forged completion can only point to an output folder under the
//! application's own seal, and what is there is verified like any other output.

#[cfg(feature = "sqs")]
mod delivery;
#[cfg(feature = "sqs")]
mod inbox;
mod message;
#[cfg(feature = "sqs")]
mod queue;

#[cfg(feature = "sqs")]
pub use self::delivery::{Delivery, Processed, UnreadableDelivery};
#[cfg(feature = "sqs")]
pub use self::inbox::Inbox;
pub use self::message::{Completion, CompletionStatus, UnreadableMessage};
#[cfg(feature = "sqs")]
pub use self::queue::{Completions, CompletionsBuilder, Received};
