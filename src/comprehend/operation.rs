//! What an operation is, and what the types require for it.

use std::fmt;
use std::future::Future;
use std::str::FromStr;

use aws_sdk_comprehend::Client;
use aws_sdk_comprehend::types as sdk;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::input::DocumentLimits;
use super::network::{Network, VpcConfig};
use super::seal::ComprehendSeal;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Digest;
use crate::resource::{DirectKey, InvalidName, KmsKey, Region, RoleArn, S3Location};

/// An operation that starts jobs: eight analyses, one of them in two modes, and two trainings of models. Sealed.
///
/// Its associated types say which keys and which network its jobs take; everything that is not [`NotTaken`] has to be
/// given before the job can be built.
pub trait Operation: Calls {
    /// The operation's name in the API reference, such as `StartEntitiesDetectionJob`.
    const API: &'static str;
    /// Where the documents are.
    type Input: Source;
    /// How the service identifies a job: by an id, or for trainings by the ARN of the model.
    type Id: FromStr<Err = InvalidName>
        + fmt::Display
        + fmt::Debug
        + Clone
        + PartialEq
        + Send
        + Sync
        + Serialize
        + DeserializeOwned
        + AsRef<str>;
    /// Where the output goes and under which key: [`NeedsOutput`] or [`NotTaken`].
    type Output: Slot<SealedOutput>;
    /// The key of the storage volumes of the machines: [`NeedsVolumeKey`] or [`NotTaken`].
    type VolumeKey: Slot<DirectKey>;
    /// The key of the trained model: [`NeedsModelKey`] or [`NotTaken`].
    type ModelKey: Slot<DirectKey>;
    /// The VPC: [`NeedsNetwork`] or [`NotTaken`].
    type Network: Slot<Network>;
}

/// An operation whose output is read document by document; sealed.
pub trait DocumentAnalysis: Operation<Output = NeedsOutput> {
    /// What the output says about a document.
    type Record: super::results::Record;
    /// The limits of a job.
    const LIMITS: DocumentLimits;
}

/// An operation whose jobs can be stopped; sealed. Jobs of topics and of document classification cannot.
pub trait Stoppable: Operation {
    #[doc(hidden)]
    fn stop(client: &Client, id: &Self::Id) -> impl Future<Output = Result<()>> + Send;
}

/// The operation has no such parameter.
#[derive(Clone, Copy, Debug, Default)]
pub struct NotTaken;

/// The output has not been given yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeedsOutput;

/// The key of the storage volumes has not been given yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeedsVolumeKey;

/// The key of the model has not been given yet.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeedsModelKey;

/// Neither a VPC has been given yet, nor the reason for having none.
#[derive(Clone, Copy, Debug, Default)]
pub struct NeedsNetwork;

/// It has been given.
#[derive(Clone, Debug)]
pub struct Has<T>(pub(super) T);

/// Where the output goes, and under which key.
#[derive(Clone, Debug)]
pub struct SealedOutput {
    pub(super) location: S3Location,
    pub(super) key: KmsKey,
}

/// What a builder begins with for one parameter; sealed.
pub trait Slot<T>: Default + fmt::Debug + private::Sealed {
    #[doc(hidden)]
    const NEEDED: bool;
}

/// A parameter that has been given, or that the operation does not have; sealed.
pub trait Settled<T>: private::Sealed {
    #[doc(hidden)]
    fn settled(self) -> Option<T>;
}

impl<T> Slot<T> for NotTaken {
    const NEEDED: bool = false;
}

impl Slot<SealedOutput> for NeedsOutput {
    const NEEDED: bool = true;
}

impl Slot<DirectKey> for NeedsVolumeKey {
    const NEEDED: bool = true;
}

impl Slot<DirectKey> for NeedsModelKey {
    const NEEDED: bool = true;
}

impl Slot<Network> for NeedsNetwork {
    const NEEDED: bool = true;
}

impl<T> Settled<T> for NotTaken {
    fn settled(self) -> Option<T> {
        None
    }
}

impl<T> Settled<T> for Has<T> {
    fn settled(self) -> Option<T> {
        Some(self.0)
    }
}

mod private {
    pub trait Sealed {}

    impl Sealed for super::NotTaken {}
    impl Sealed for super::NeedsOutput {}
    impl Sealed for super::NeedsVolumeKey {}
    impl Sealed for super::NeedsModelKey {}
    impl Sealed for super::NeedsNetwork {}
    impl<T> Sealed for super::Has<T> {}
}

/// What an operation does; kept apart from [`Operation`] so that nobody can implement that.
pub trait Calls: Clone + fmt::Debug + PartialEq + Send + Sync + 'static {
    /// What a stored job of it is marked with.
    const KIND: &'static str;

    /// The operation's own rules.
    fn check(&self, _region: Option<&Region>) -> Result<()> {
        Ok(())
    }

    /// Adds what identifies the work in addition to the shared members.
    fn identify(&self, _digest: &mut Digest) {}

    /// Calls the operation that starts the job, and returns its id.
    fn start(
        &self,
        client: &Client,
        request: StartRequest<'_, <Self as Operation>::Input>,
    ) -> impl Future<Output = Result<Option<String>>> + Send
    where
        Self: Operation;

    /// Calls the operation that describes the job.
    fn describe(
        client: &Client,
        id: &<Self as Operation>::Id,
    ) -> impl Future<Output = Result<Described>> + Send
    where
        Self: Operation;
}

/// Where the documents of an operation are.
pub trait Source: Clone + fmt::Debug + PartialEq + Send + Sync {
    /// Its own rules.
    fn check(&self) -> Result<()>;

    /// Adds what identifies it.
    fn identify(&self, digest: &mut Digest);
}

impl Source for super::input::ComprehendInput {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn identify(&self, digest: &mut Digest) {
        Self::identify(self, digest);
    }
}

/// The members that the operations share. Those that an operation takes are there, as its builder does not build
/// otherwise.
pub struct StartRequest<'a, I> {
    pub(super) input: &'a I,
    pub(super) role: &'a RoleArn,
    pub(super) seal: &'a ComprehendSeal,
    pub(super) token: String,
}

impl<I> StartRequest<'_, I> {
    /// The output, in the SDK's type.
    pub(super) fn output(&self) -> Result<sdk::OutputDataConfig> {
        let (uri, key) = self.output_parts()?;
        let config = sdk::OutputDataConfig::builder().s3_uri(uri).kms_key_id(key);
        config.build().map_err(|_| missing("output"))
    }

    pub(super) fn output_parts(&self) -> Result<(String, String)> {
        let seal = self.seal.output().ok_or_else(|| missing("output"))?;
        let location = S3Location::new(seal.bucket().clone(), seal.prefix().clone());
        Ok((super::input::folder_uri(&location), seal.kms_key().to_string()))
    }

    /// Always there, in the form that the SDK's setters take.
    pub(super) fn volume_key(&self) -> Result<Option<String>> {
        self.seal.volume_key().map(ToString::to_string).map(Some).ok_or_else(|| missing("volume key"))
    }

    /// Always there, in the form that the SDK's setters take.
    pub(super) fn model_key(&self) -> Result<Option<String>> {
        self.seal.model_key().map(ToString::to_string).map(Some).ok_or_else(|| missing("model key"))
    }

    /// The VPC; `None` if it was declined.
    pub(super) fn vpc(&self) -> Result<Option<sdk::VpcConfig>> {
        let network = self.seal.network().ok_or_else(|| missing("network"))?;
        network.vpc().map(VpcConfig::to_sdk).transpose()
    }
}

/// The types prevent this; if they were wrong, nothing would be sent.
fn missing(what: &str) -> Error {
    Error::new(ErrorKind::InvalidInput, Stage::Start, format!("the job has no {what}: build it with one"))
}

/// What the service says about a job.
#[derive(Default)]
pub struct Described {
    pub(super) status: Option<String>,
    pub(super) message: Option<String>,
    pub(super) output_uri: Option<String>,
    pub(super) output_key: Option<String>,
    pub(super) volume_key: Option<String>,
    pub(super) model_key: Option<String>,
    pub(super) vpc: Option<sdk::VpcConfig>,
}

/// An answer without the job that it is about.
pub(super) fn not_described() -> Error {
    Error::new(ErrorKind::Malformed, Stage::Wait, "the service described no job")
}
