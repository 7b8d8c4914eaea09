//! Amazon Comprehend's jobs and trainings, under the caller's own keys.
//!
//! Comprehend accepts up to three keys for a job, and requires none of them: one for the storage volumes of its
//! machines, one for the output, and one for a trained model. IAM condition keys exist for them
//! (`comprehend:OutputKmsKey`, `comprehend:VolumeKmsKey`, `comprehend:ModelKmsKey`), but only if someone writes the
//! policy. Here every key that an operation takes has to be given, or the job does not compile; and the VPC has to be
//! given or [declined](ComprehendJobBuilder::without_vpc) with a reason.
//!
//! | operation | output | volume | model | VPC | stop | result |
//! | --- | --- | --- | --- | --- | --- | --- |
//! | [`PiiOffsets`] | yes | no | no | no | yes | [`PiiEntity`] |
//! | [`PiiRedaction`] | yes | no | no | no | yes | [`RedactedLine`] |
//! | [`Entities`] | yes | yes | no | yes | yes | [`DetectedEntity`] |
//! | [`KeyPhrases`] | yes | yes | no | yes | yes | [`KeyPhrase`] |
//! | [`Sentiment`] | yes | yes | no | yes | yes | [`DocumentSentiment`] |
//! | [`TargetedSentiment`] | yes | yes | no | yes | yes | [`TargetedEntity`] |
//! | [`DominantLanguage`] | yes | yes | no | yes | yes | [`LanguageScore`] |
//! | [`Topics`] | yes | yes | no | yes | no | [`TopicRecord`] |
//! | [`DocumentClassification`] | yes | yes | no | yes | no | [`Classification`] |
//! | [`TrainClassifier`] | yes | yes | yes | yes | yes | [`classifier`](StartedJob::classifier) |
//! | [`TrainRecognizer`] | no | yes | yes | yes | yes | [`recognizer`](StartedJob::recognizer) |
//!
//! The key of the output may be named in any form, those of volumes and models not by an alias
//! ([`DirectKey`](crate::resource::DirectKey)).
//! Follows the Start, Create and Describe operations of the Amazon Comprehend API reference, and "KMS encryption in Amazon
//! Comprehend" in its developer guide.
//!
//! ```no_run
//! use futures::TryStreamExt;
//! use inkseal::Clients;
//! use inkseal::comprehend::{ComprehendInput, ComprehendJob};
//! use inkseal::redact::Language;
//!
//! # async fn example(clients: Clients) -> inkseal::Result<()> {
//! let input = ComprehendInput::one_document_per_file("s3://amzn-s3-demo-source/claims".parse()?);
//! let role = "arn:aws:iam::111122223333:role/comprehend-reads-claims".parse()?;
//! let key = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
//! let job = ComprehendJob::pii_offsets(input, role, Language::English)
//!     .output("s3://amzn-s3-demo-results/pii".parse()?, key)
//!     .expected_bucket_owner("111122223333".parse()?)
//!     .build()?;
//!
//! let completed = job.start(&clients).await?.wait(&clients).await?;
//! let mut documents = completed.results(&clients).stream();
//! while let Some(document) = documents.try_next().await? {
//!     match document.outcome {
//!         Ok(entities) => println!("{}: {} entities", document.file, entities.len()),
//!         Err(error) => println!("{}: {error}", document.file),
//!     }
//! }
//! # Ok(())
//! # }
//! ```
//!
//! # What is checked
//!
//! Every description of a running job is compared with what it was started with: the place and key of the output, the
//! keys of volumes and model, and the VPC. Every object of the output is checked for the key of the output before it
//! is read. If either differs, that is an error of the kind [`NotSealed`](crate::ErrorKind::NotSealed).
//!
//! # From Textract
//!
//! [`CompletedJob::comprehend_input`](crate::CompletedJob::comprehend_input) writes the pages of a Textract job under a seal,
//! as the input of a job here.
//!
//! # What it does not cover
//!
//! Events (which AWS no longer offers to new customers), flywheels, imported models, endpoints, tags, job names, input
//! other than plain text, and training data other than CSV files; nor what trainings write about their quality
//! (`confusion_matrix.json`).
//!
//! # Permissions
//!
//! The caller: the Start or Create, Describe and Stop operations, `iam:PassRole` on the data access role, and for the output
//! `s3:ListBucket`, `s3:GetObject` and `kms:Decrypt`. For a key of volumes or models also `kms:CreateGrant` and
//! `kms:DescribeKey`. The data access role: `s3:GetObject` and `s3:ListBucket` on the input, `s3:PutObject` on the output,
//! `kms:Decrypt`, `kms:GenerateDataKey` and, for volumes and models, `kms:CreateGrant`.

mod analyses;
mod builder;
mod input;
mod language;
mod network;
mod operation;
mod pages;
mod redaction;
mod results;
mod running;
mod seal;
mod start;
mod status;
mod training;
mod wait;

pub use self::analyses::{
    DocumentClassification, DominantLanguage, Entities, KeyPhrases, PiiOffsets, PiiRedaction, Sentiment,
    TargetedSentiment, Topics,
};
pub use self::builder::{ComprehendJobBuilder, UnsealedJob};
pub use self::input::{ComprehendInput, DocumentLimits, InputFormat};
pub use self::language::DocumentLanguage;
pub(crate) use self::language::pii_language;
pub use self::network::{Network, VpcConfig};
pub use self::operation::{
    DocumentAnalysis, Has, NeedsModelKey, NeedsNetwork, NeedsOutput, NeedsVolumeKey, NotTaken, Operation,
    SealedOutput, Settled, Slot, Stoppable,
};
pub use self::pages::PreparedInput;
pub use self::redaction::{Mask, Redaction};
pub use self::results::{
    ClassScore, Classification, ComprehendOutput, DEFAULT_MAX_OUTPUT_BYTES, DEFAULT_MAX_OUTPUT_FILES,
    DEFAULT_MAX_RECORD_BYTES, DetectedEntity, DocumentError, DocumentResult, DocumentSentiment, JsonResult,
    KeyPhrase, LanguageScore, Mention, PiiEntity, Record, RedactedLine, ResultStream, SentimentScores,
    SentimentType, TargetedEntity, TopicRecord,
};
pub use self::running::{
    Completed, CompletedComprehendJob, JobState, Running, RunningComprehendJob, StartedJob,
};
pub use self::seal::ComprehendSeal;
pub use self::start::ComprehendJob;
pub use self::status::ComprehendStatus;
pub use self::training::{
    ClassifierMode, ClassifierTraining, RecognizerTraining, TrainClassifier, TrainRecognizer,
};
