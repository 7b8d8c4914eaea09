//! Names that are valid by construction.
//!
//! Every bucket, key, ARN and label that the crate sends to AWS or compares with what AWS says is one of
//! these types. Each is checked when it is made and never again, and the check cannot be bypassed: text
//! comes in through [`FromStr`](std::str::FromStr), [`TryFrom<&str>`](TryFrom), `TryFrom<String>` or serde,
//! all of which are the same function. So a mistake in a configuration file is found when the file is read,
//! and not by a job that fails an hour later or, worse, succeeds in the wrong place.
//!
//! The rules are those of the AWS documentation, and each type says which page it follows. If Textract's
//! own rule is laxer than that of the service behind it, the stricter one applies. A rejected name gives an
//! [`InvalidName`], which does not repeat the name.
//!
//! ```
//! use inkseal::resource::{Bucket, KmsKey, S3Object};
//! use serde::Deserialize;
//!
//! #[derive(Deserialize)]
//! struct Settings {
//!     document: S3Object,
//!     output: Bucket,
//!     key: KmsKey,
//! }
//!
//! let settings: Settings = serde_json::from_str(
//!     r#"{
//!         "document": "s3://amzn-s3-demo-source-bucket/in/claim.pdf",
//!         "output": "amzn-s3-demo-destination-bucket",
//!         "key": "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab"
//!     }"#,
//! )?;
//! assert_eq!(settings.document.key(), "in/claim.pdf");
//!
//! let managed = r#"{"document": "s3://abc/k", "output": "abc", "key": "alias/aws/s3"}"#;
//! assert!(serde_json::from_str::<Settings>(managed).is_err());
//! # Ok::<(), serde_json::Error>(())
//! ```

#[macro_use]
mod macros;

#[cfg(feature = "comprehend")]
mod comprehend;
mod endpoint;
mod error;
mod kms;
mod label;
mod notify;
mod place;
mod queue;
mod review;
mod s3;

#[cfg(test)]
mod tests;

#[cfg(feature = "comprehend")]
pub use comprehend::{
    AnalysisJobId, ClassifierArn, DirectKey, ModelName, RecognizerArn, SecurityGroupId, SubnetId,
};
pub use endpoint::VpcEndpointId;
pub use error::{InvalidName, Misplaced};
pub use kms::{KeyForm, KeyMatch, KmsKey};
pub use label::{ClientRequestToken, JobId, JobTag};
pub use notify::{RoleArn, TopicArn};
pub use place::{AccountId, Partition, Region};
pub use queue::QueueUrl;
pub use review::{FlowDefinitionArn, HumanLoopName};
pub use s3::{Bucket, Prefix, S3Location, S3Object};
