//! Why no policies can be written from the given names.

use crate::error::Error;
use crate::resource::{InvalidName, Misplaced};

/// Why no policy can be written from these names. It holds none of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidScope {
    /// The key is named by an alias. A policy that names an alias does not grant the key that it points to ("Using aliases to
    /// control access to KMS keys" in the AWS KMS developer guide).
    #[error(
        "the KMS key is named by an alias, which grants nothing in a policy: give the key's ARN, arn:PARTITION:kms:REGION:ACCOUNT:key/ID"
    )]
    KeyIsAlias,
    /// The key is named by its id alone, which IAM and bucket policies do not compare with.
    #[error(
        "the KMS key is named by its id, and policies need its ARN: give arn:PARTITION:kms:REGION:ACCOUNT:key/ID"
    )]
    KeyIsNoArn,
    /// Another Region or partition than that of the key.
    #[error(transparent)]
    Misplaced(#[from] Misplaced),
    /// A name that does not follow its rule.
    #[error(transparent)]
    Name(#[from] InvalidName),
    /// A part of the scope belongs to another account.
    #[error(
        "{0} belongs to another account than the scope's: give one of that account, or the account itself with ScopeBuilder::account"
    )]
    OtherAccount(&'static str),
    /// Two areas of one bucket overlap, and whoever may use the one could use the other.
    #[error("{0} and {1} overlap: give each a bucket or a prefix of its own")]
    Overlap(&'static str, &'static str),
    /// The prefix of the documents is not one that keys begin with.
    #[error(
        "the prefix of the documents is longer than 1,024 bytes, begins with a slash, or has a control character"
    )]
    Prefix,
    /// The name that the others follow from.
    #[error(
        "the name that those of the resources begin with is not 1 to 40 letters and digits with single hyphens between them"
    )]
    ResourceName,
    /// No family of jobs.
    #[error("the scope names no family of jobs: give at least one operation that starts them")]
    NoFamily,
}

impl From<InvalidScope> for Error {
    fn from(invalid: InvalidScope) -> Self {
        Self::invalid("no policy can be written from these names").caused_by(invalid)
    }
}
