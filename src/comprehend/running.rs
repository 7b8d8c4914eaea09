//! Jobs that were started, and jobs that have ended: values to keep, store and pass on.

use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use super::operation::Operation;
use super::seal::ComprehendSeal;
use super::status::ComprehendStatus;
use super::training::{TrainClassifier, TrainRecognizer};
use crate::resource::{ClassifierArn, ClientRequestToken, RecognizerArn};

/// A Comprehend job that was started and may not have ended yet.
pub type RunningComprehendJob<O> = StartedJob<O, Running>;

/// A Comprehend job that has ended well, and whose output can be read.
pub type CompletedComprehendJob<O> = StartedJob<O, Completed>;

/// A Comprehend job that was started: [`Running`], as far as is known, or [`Completed`].
///
/// It is plain data: serialise it, and another process can wait for the job and read its output under the same seal.
///
/// **Keep a stored job as safe as configuration.** Its output is verified against the [`seal`](Self::seal) that it was
/// stored with: whoever can change the stored job can change the seal.
///
/// ```
/// use inkseal::comprehend::{KeyPhrases, PiiOffsets, RunningComprehendJob};
///
/// let saved = r#"{
///     "kind": "pii-offsets",
///     "id": "123456abcdeb0e11022f22a11EXAMPLE",
///     "seal": {
///         "output": {
///             "bucket": "amzn-s3-demo-results",
///             "prefix": "pii",
///             "kms_key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
///         }
///     },
///     "state": { "token": "scan-1" }
/// }"#;
/// let job: RunningComprehendJob<PiiOffsets> = serde_json::from_str(saved)?;
/// assert_eq!(job.id().as_str(), "123456abcdeb0e11022f22a11EXAMPLE");
/// assert!(serde_json::from_str::<RunningComprehendJob<KeyPhrases>>(saved).is_err());
/// # Ok::<(), serde_json::Error>(())
/// ```
pub struct StartedJob<O: Operation, S> {
    id: O::Id,
    seal: ComprehendSeal,
    state: S,
    operation: PhantomData<fn() -> O>,
}

/// The job may not have ended yet.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Running {
    token: ClientRequestToken,
}

/// The job has ended well.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Completed {
    status: ComprehendStatus,
    /// The URI of the output according to the service; `None` if the operation has no output.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    message: Option<String>,
}

impl<O: Operation, S> StartedJob<O, S> {
    /// How Comprehend identifies the job: by an id, or for trainings by the ARN of the model.
    pub fn id(&self) -> &O::Id {
        &self.id
    }

    /// The output and the keys.
    pub fn seal(&self) -> &ComprehendSeal {
        &self.seal
    }

    /// The operation that started it.
    pub fn api(&self) -> &'static str {
        O::API
    }
}

impl<O: Operation> StartedJob<O, Running> {
    pub(super) fn new(id: O::Id, seal: ComprehendSeal, token: ClientRequestToken) -> Self {
        Self { id, seal, state: Running { token }, operation: PhantomData }
    }

    /// The job as it has ended.
    pub(super) fn completed(
        &self,
        status: ComprehendStatus,
        output: Option<String>,
        message: Option<String>,
    ) -> CompletedComprehendJob<O> {
        let state = Completed { status, output, message };
        StartedJob { id: self.id.clone(), seal: self.seal.clone(), state, operation: PhantomData }
    }

    /// The client request token that it was started with.
    pub fn token(&self) -> &ClientRequestToken {
        &self.state.token
    }
}

impl<O: Operation> StartedJob<O, Completed> {
    /// How it has ended: completed, or for trainings trained, with or without a warning.
    pub fn status(&self) -> &ComprehendStatus {
        &self.state.status
    }

    /// What Comprehend says about the end, in one line of up to 200 characters: above all which training data it
    /// skipped, if the status is [`TrainedWithWarning`](ComprehendStatus::TrainedWithWarning).
    pub fn message(&self) -> Option<&str> {
        self.state.message.as_deref()
    }

    /// The key of the output according to the service: a file, or for personal data a folder.
    pub(super) fn output_key(&self) -> Option<&str> {
        self.seal.key_within(self.state.output.as_deref()?)
    }
}

impl StartedJob<TrainClassifier, Completed> {
    /// The trained classifier, for [`ComprehendJob::document_classification`](super::ComprehendJob::document_classification).
    pub fn classifier(&self) -> &ClassifierArn {
        &self.id
    }
}

impl StartedJob<TrainRecognizer, Completed> {
    /// The trained recognizer, for [`ComprehendJob::custom_entities`](super::ComprehendJob::custom_entities).
    pub fn recognizer(&self) -> &RecognizerArn {
        &self.id
    }
}

/// How far a job is: [`Running`] or [`Completed`]; sealed.
pub trait JobState: private::Sealed + Clone + fmt::Debug + PartialEq + Serialize + DeserializeOwned {
    /// What has to be checked when a stored state is read back.
    #[doc(hidden)]
    fn check(&self, seal: &ComprehendSeal) -> Result<(), &'static str>;
}

impl JobState for Running {
    fn check(&self, _: &ComprehendSeal) -> Result<(), &'static str> {
        Ok(())
    }
}

impl JobState for Completed {
    fn check(&self, seal: &ComprehendSeal) -> Result<(), &'static str> {
        let within = self.output.as_deref().is_none_or(|uri| seal.key_within(uri).is_some());
        within.then_some(()).ok_or("the stored output is not where the stored seal says")
    }
}

mod private {
    pub trait Sealed {}

    impl Sealed for super::Running {}
    impl Sealed for super::Completed {}
}

/// The stored form. Its members prevent a job of one operation or state from being read as another.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Saved<I, S> {
    kind: String,
    id: I,
    seal: ComprehendSeal,
    state: S,
}

impl<O: Operation, S: JobState> Serialize for StartedJob<O, S> {
    fn serialize<T: Serializer>(&self, serializer: T) -> Result<T::Ok, T::Error> {
        let Self { id, seal, state, operation: _ } = self.clone();
        Saved { kind: O::KIND.to_owned(), id, seal, state }.serialize(serializer)
    }
}

impl<'de, O: Operation, S: JobState> Deserialize<'de> for StartedJob<O, S> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let Saved::<O::Id, S> { kind, id, seal, state } = Saved::deserialize(deserializer)?;
        if kind != O::KIND {
            let wanted = O::KIND;
            return Err(de::Error::custom(format!(
                "the stored job is not of the kind {wanted}: read it into its own type"
            )));
        }
        if !seal.fits::<O>() {
            return Err(de::Error::custom("such a job cannot have been started with the stored seal"));
        }
        state.check(&seal).map_err(de::Error::custom)?;
        Ok(Self { id, seal, state, operation: PhantomData })
    }
}

// Derived, these would put bounds on the operation that it need not fulfil.

impl<O: Operation, S: Clone> Clone for StartedJob<O, S> {
    fn clone(&self) -> Self {
        let Self { id, seal, state, operation } = self;
        Self { id: id.clone(), seal: seal.clone(), state: state.clone(), operation: *operation }
    }
}

impl<O: Operation, S: PartialEq> PartialEq for StartedJob<O, S> {
    fn eq(&self, other: &Self) -> bool {
        (&self.id, &self.seal, &self.state) == (&other.id, &other.seal, &other.state)
    }
}

impl<O: Operation, S: fmt::Debug> fmt::Debug for StartedJob<O, S> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, seal, state, operation: _ } = self;
        f.debug_struct("StartedJob")
            .field("api", &O::API)
            .field("id", id)
            .field("seal", seal)
            .field("state", state)
            .finish()
    }
}
