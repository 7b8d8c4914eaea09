//! The builder of a sealed Comprehend job.

use super::analyses::{
    DocumentClassification, DominantLanguage, Entities, KeyPhrases, PiiOffsets, PiiRedaction, Sentiment,
    TargetedSentiment, Topics,
};
use super::input::ComprehendInput;
use super::language::DocumentLanguage;
use super::network::{Network, VpcConfig};
use super::operation::{
    Has, NeedsModelKey, NeedsNetwork, NeedsOutput, NeedsVolumeKey, Operation, SealedOutput, Settled, Source,
};
use super::redaction::Redaction;
use super::seal::ComprehendSeal;
use super::start::ComprehendJob;
use super::training::{ClassifierTraining, RecognizerTraining, TrainClassifier, TrainRecognizer};
use crate::error::{Error, Result};
use crate::job::{Idempotency, Seal};
use crate::redact::Language;
use crate::resource::{
    AccountId, ClassifierArn, DirectKey, KmsKey, ModelName, RecognizerArn, Region, RoleArn, S3Location,
};

/// Builds a [`ComprehendJob`].
///
/// # Types
///
/// `O` is the operation. The other four are what it takes: the output with its key, the key of the storage volumes, the key
/// of the model, and the network. Each begins as the operation specifies ([`NeedsOutput`], [`NeedsVolumeKey`],
/// [`NeedsModelKey`], [`NeedsNetwork`] or [`NotTaken`](super::NotTaken)), and becomes [`Has`] when it is given.
/// [`build`](Self::build) exists only when nothing is missing any more, and what is not taken cannot be given.
///
/// Without the key of the volumes:
///
/// ```compile_fail,E0599
/// # use inkseal::comprehend::{ComprehendInput, ComprehendJob, DocumentLanguage};
/// # use inkseal::resource::{KmsKey, RoleArn, S3Location};
/// # fn example(input: ComprehendInput, role: RoleArn, location: S3Location, key: KmsKey) {
/// ComprehendJob::key_phrases(input, role, DocumentLanguage::English)
///     .output(location, key)
///     .without_vpc("the sandbox has none")
///     .build();
/// # }
/// ```
///
/// Without the network:
///
/// ```compile_fail,E0599
/// # use inkseal::comprehend::{ComprehendInput, ComprehendJob, DocumentLanguage};
/// # use inkseal::resource::{DirectKey, KmsKey, RoleArn, S3Location};
/// # fn example(input: ComprehendInput, role: RoleArn, location: S3Location, key: KmsKey, volumes: DirectKey) {
/// ComprehendJob::key_phrases(input, role, DocumentLanguage::English).output(location, key).volume_key(volumes).build();
/// # }
/// ```
///
/// With a key for volumes that the operation does not encrypt:
///
/// ```compile_fail,E0599
/// # use inkseal::comprehend::{ComprehendInput, ComprehendJob};
/// # use inkseal::redact::Language;
/// # use inkseal::resource::{DirectKey, RoleArn};
/// # fn example(input: ComprehendInput, role: RoleArn, volumes: DirectKey) {
/// ComprehendJob::pii_offsets(input, role, Language::English).volume_key(volumes);
/// # }
/// ```
///
/// With an owner of the output bucket, for a training without an output:
///
/// ```compile_fail,E0599
/// # use inkseal::comprehend::{ComprehendJob, DocumentLanguage, RecognizerTraining};
/// # use inkseal::resource::{AccountId, ModelName, RoleArn};
/// # fn example(name: ModelName, training: RecognizerTraining, role: RoleArn, owner: AccountId) {
/// ComprehendJob::train_recognizer(name, training, role, DocumentLanguage::English).expected_bucket_owner(owner);
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "a builder does nothing until it is built"]
pub struct ComprehendJobBuilder<O: Operation, Out, Vol, Mod, Net> {
    work: Work<O>,
    output: Out,
    volume_key: Vol,
    model_key: Mod,
    network: Net,
}

/// What does not depend on what has been given.
#[derive(Clone, Debug)]
struct Work<O: Operation> {
    operation: O,
    input: O::Input,
    role: RoleArn,
    bucket_owner: Option<AccountId>,
    region: Option<Region>,
    idempotency: Idempotency,
}

/// The builder of a job of this operation, with nothing given yet.
pub type UnsealedJob<O> = ComprehendJobBuilder<
    O,
    <O as Operation>::Output,
    <O as Operation>::VolumeKey,
    <O as Operation>::ModelKey,
    <O as Operation>::Network,
>;

impl ComprehendJob<PiiOffsets> {
    /// A job that finds where personal data is. It takes an output key.
    pub fn pii_offsets(input: ComprehendInput, role: RoleArn, language: Language) -> UnsealedJob<PiiOffsets> {
        unsealed(PiiOffsets { language }, input, role)
    }
}

impl ComprehendJob<PiiRedaction> {
    /// A job that writes copies of the documents without personal data. It takes an output key.
    ///
    /// What Comprehend does not find stays in the copies; compare the [redaction stage](crate::redact), which fails closed.
    pub fn pii_redaction(
        input: ComprehendInput,
        role: RoleArn,
        language: Language,
        redaction: Redaction,
    ) -> UnsealedJob<PiiRedaction> {
        unsealed(PiiRedaction { language, redaction }, input, role)
    }
}

impl ComprehendJob<Entities> {
    /// A job that finds persons, places, organisations and the like. It takes keys of the output and the volumes, and a VPC.
    pub fn entities(
        input: ComprehendInput,
        role: RoleArn,
        language: DocumentLanguage,
    ) -> UnsealedJob<Entities> {
        unsealed(Entities { language, recognizer: None }, input, role)
    }

    /// A job that finds what a custom recognizer was trained for, in the language that it was trained in.
    pub fn custom_entities(
        input: ComprehendInput,
        role: RoleArn,
        language: DocumentLanguage,
        recognizer: RecognizerArn,
    ) -> UnsealedJob<Entities> {
        unsealed(Entities { language, recognizer: Some(recognizer) }, input, role)
    }
}

impl ComprehendJob<KeyPhrases> {
    /// A job that finds key phrases. It takes keys of the output and the volumes, and a VPC.
    pub fn key_phrases(
        input: ComprehendInput,
        role: RoleArn,
        language: DocumentLanguage,
    ) -> UnsealedJob<KeyPhrases> {
        unsealed(KeyPhrases { language }, input, role)
    }
}

impl ComprehendJob<Sentiment> {
    /// A job that determines the sentiment of each document. It takes keys of the output and the volumes, and a VPC.
    pub fn sentiment(
        input: ComprehendInput,
        role: RoleArn,
        language: DocumentLanguage,
    ) -> UnsealedJob<Sentiment> {
        unsealed(Sentiment { language }, input, role)
    }
}

impl ComprehendJob<TargetedSentiment> {
    /// A job that determines the sentiment about each entity, in English. It takes keys of the output and the volumes,
    /// and a VPC.
    pub fn targeted_sentiment(input: ComprehendInput, role: RoleArn) -> UnsealedJob<TargetedSentiment> {
        unsealed(TargetedSentiment, input, role)
    }
}

impl ComprehendJob<DominantLanguage> {
    /// A job that determines the language of each document. It takes keys of the output and the volumes, and a VPC.
    pub fn dominant_language(input: ComprehendInput, role: RoleArn) -> UnsealedJob<DominantLanguage> {
        unsealed(DominantLanguage, input, role)
    }
}

impl ComprehendJob<Topics> {
    /// A job that finds this number of topics, 1 to 100, in all documents together. It takes keys of the output and
    /// the volumes, and a VPC.
    pub fn topics(input: ComprehendInput, role: RoleArn, number: u8) -> UnsealedJob<Topics> {
        unsealed(Topics { number }, input, role)
    }
}

impl ComprehendJob<DocumentClassification> {
    /// A job that classifies each document. It takes keys of the output and the volumes, and a VPC.
    pub fn document_classification(
        input: ComprehendInput,
        role: RoleArn,
        classifier: ClassifierArn,
    ) -> UnsealedJob<DocumentClassification> {
        unsealed(DocumentClassification { classifier }, input, role)
    }
}

impl ComprehendJob<TrainClassifier> {
    /// The training of a document classifier: `CreateDocumentClassifier`. It takes keys of the output, the volumes and the
    /// model, and a VPC.
    pub fn train_classifier(
        name: ModelName,
        training: ClassifierTraining,
        role: RoleArn,
        language: DocumentLanguage,
    ) -> UnsealedJob<TrainClassifier> {
        unsealed(TrainClassifier { name, version: None, language }, training, role)
    }
}

impl ComprehendJob<TrainRecognizer> {
    /// The training of an entity recognizer: `CreateEntityRecognizer`. It takes keys of the volumes and the model, and a VPC;
    /// it has no output but the model.
    pub fn train_recognizer(
        name: ModelName,
        training: RecognizerTraining,
        role: RoleArn,
        language: DocumentLanguage,
    ) -> UnsealedJob<TrainRecognizer> {
        unsealed(TrainRecognizer { name, version: None, language }, training, role)
    }
}

fn unsealed<O: Operation>(operation: O, input: O::Input, role: RoleArn) -> UnsealedJob<O> {
    let idempotency = Idempotency::Derived;
    ComprehendJobBuilder {
        work: Work { operation, input, role, bucket_owner: None, region: None, idempotency },
        output: O::Output::default(),
        volume_key: O::VolumeKey::default(),
        model_key: O::ModelKey::default(),
        network: O::Network::default(),
    }
}

impl<O: Operation, Vol, Mod, Net> ComprehendJobBuilder<O, NeedsOutput, Vol, Mod, Net> {
    /// Where the output goes, and the customer-managed KMS key to encrypt it with, both in the Region of the job.
    ///
    /// Comprehend makes a folder for each job below the prefix. An ARN is the best name for the key. Comprehend takes
    /// an alias too, but what it says afterwards cannot be compared with one: an alias needs the feature `kms`, which
    /// resolves it before the start.
    pub fn output(
        self,
        location: S3Location,
        key: KmsKey,
    ) -> ComprehendJobBuilder<O, Has<SealedOutput>, Vol, Mod, Net> {
        let Self { work, output: NeedsOutput, volume_key, model_key, network } = self;
        let output = Has(SealedOutput { location, key });
        ComprehendJobBuilder { work, output, volume_key, model_key, network }
    }
}

impl<O: Operation, Out, Mod, Net> ComprehendJobBuilder<O, Out, NeedsVolumeKey, Mod, Net> {
    /// The key to encrypt the storage volumes of the machines with. The data access role creates grants on it.
    pub fn volume_key(self, key: DirectKey) -> ComprehendJobBuilder<O, Out, Has<DirectKey>, Mod, Net> {
        let Self { work, output, volume_key: NeedsVolumeKey, model_key, network } = self;
        ComprehendJobBuilder { work, output, volume_key: Has(key), model_key, network }
    }
}

impl<O: Operation, Out, Vol, Net> ComprehendJobBuilder<O, Out, Vol, NeedsModelKey, Net> {
    /// The key to encrypt the trained model with. The data access role creates grants on it.
    pub fn model_key(self, key: DirectKey) -> ComprehendJobBuilder<O, Out, Vol, Has<DirectKey>, Net> {
        let Self { work, output, volume_key, model_key: NeedsModelKey, network } = self;
        ComprehendJobBuilder { work, output, volume_key, model_key: Has(key), network }
    }
}

impl<O: Operation, Out, Vol, Mod> ComprehendJobBuilder<O, Out, Vol, Mod, NeedsNetwork> {
    /// Runs the job in this VPC.
    pub fn in_vpc(self, vpc: VpcConfig) -> ComprehendJobBuilder<O, Out, Vol, Mod, Has<Network>> {
        self.network(Network::Vpc(vpc))
    }

    /// Runs the job outside of your VPCs, for a reason that reviewers will want to read. It is stored with the job and is
    /// not sent.
    pub fn without_vpc(
        self,
        reason: impl Into<String>,
    ) -> ComprehendJobBuilder<O, Out, Vol, Mod, Has<Network>> {
        self.network(Network::Declined(reason.into()))
    }

    fn network(self, network: Network) -> ComprehendJobBuilder<O, Out, Vol, Mod, Has<Network>> {
        let Self { work, output, volume_key, model_key, network: NeedsNetwork } = self;
        ComprehendJobBuilder { work, output, volume_key, model_key, network: Has(network) }
    }
}

impl<O: Operation<Output = NeedsOutput>, Out, Vol, Mod, Net> ComprehendJobBuilder<O, Out, Vol, Mod, Net> {
    /// The account that must own the output bucket. S3 then refuses every read if another account owns it. It exists
    /// only for operations with an output.
    ///
    /// Comprehend has no such parameter for its writes, so this protects what is read, not what is written.
    pub fn expected_bucket_owner(mut self, account: AccountId) -> Self {
        self.work.bucket_owner = Some(account);
        self
    }
}

impl<O: Operation, Out, Vol, Mod, Net> ComprehendJobBuilder<O, Out, Vol, Mod, Net> {
    /// The Region that the job is to run in; the keys, the role, the model and the clients are checked against it.
    pub fn region(mut self, region: Region) -> Self {
        self.work.region = Some(region);
        self
    }

    /// What makes two starts the same work; see [`Idempotency`]. Your own token must not have underscores here.
    pub fn idempotency(mut self, idempotency: Idempotency) -> Self {
        self.work.idempotency = idempotency;
        self
    }
}

impl<Out, Vol, Mod, Net> ComprehendJobBuilder<TrainClassifier, Out, Vol, Mod, Net> {
    /// The name of this version of the classifier.
    pub fn version(mut self, version: ModelName) -> Self {
        self.work.operation.version = Some(version);
        self
    }
}

impl<Out, Vol, Mod, Net> ComprehendJobBuilder<TrainRecognizer, Out, Vol, Mod, Net> {
    /// The name of this version of the recognizer.
    pub fn version(mut self, version: ModelName) -> Self {
        self.work.operation.version = Some(version);
        self
    }
}

impl<O, Out, Vol, Mod, Net> ComprehendJobBuilder<O, Out, Vol, Mod, Net>
where
    O: Operation,
    Out: Settled<SealedOutput>,
    Vol: Settled<DirectKey>,
    Mod: Settled<DirectKey>,
    Net: Settled<Network>,
{
    /// Checks everything that can be checked without asking AWS, and builds the job.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the operation's own rules are broken, a token has an underscore,
    /// the reason for having no VPC is blank, or the keys, the role and the Region are not in one place.
    pub fn build(self) -> Result<ComprehendJob<O>> {
        let Self { work, output, volume_key, model_key, network } = self;
        let Work { operation, input, role, bucket_owner, region, idempotency } = work;
        operation.check(region.as_ref())?;
        input.check()?;
        check_idempotency(&idempotency)?;
        let network = network.settled();
        network.as_ref().map_or(Ok(()), Network::check)?;
        let output = output.settled().map(|SealedOutput { location, key }| {
            let (bucket, prefix) = location.into_parts();
            Seal::new(bucket, prefix, key, bucket_owner, region.clone())
        });
        let seal =
            ComprehendSeal::new(output, volume_key.settled(), model_key.settled(), network, region.clone());
        if let Some(region) = &region {
            seal.check_region(region)?;
            role.check_region(region)?;
        }
        Ok(ComprehendJob { operation, input, role, seal, idempotency })
    }
}

/// Textract's tokens may hold underscores, Comprehend's may not.
fn check_idempotency(idempotency: &Idempotency) -> Result<()> {
    match idempotency {
        Idempotency::Token(token) if token.as_str().contains('_') => Err(Error::invalid(
            "the client request token has an underscore, which Comprehend does not take: use hyphens",
        )),
        _ => Ok(()),
    }
}
