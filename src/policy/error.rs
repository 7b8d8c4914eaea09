//! Why policies cannot be written from what was given.

use crate::error::Error;
use crate::resource::{InvalidName, Misplaced};

/// Why no policy can be written from these names. It holds none of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum InvalidScope {
    /// The key is named by an alias. A policy that names an alias does not grant the key that it points at ("Using aliases to
    /// control access to KMS keys" in the AWS KMS developer guide).
    #[error(
        "the KMS key is named by an alias, which grants nothing in a policy: give the key's ARN, arn:PARTITION:kms:REGION:ACCOUNT:key/ID"
    )]
    KeyIsAlias,
    /// The key is named by its id alone, which IAM and the policy of a bucket do not compare with.
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
    /// What belongs to the scope is of another account.
    #[error(
        "{0} is of another account than the scope's: give one of that account, or the account itself with ScopeBuilder::account"
    )]
    OtherAccount(&'static str),
    /// Two areas of one bucket lie in each other, and whoever may use the one could use the other.
    #[error("{0} and {1} lie in each other: give each a bucket or a prefix of its own")]
    Overlap(&'static str, &'static str),
    /// The prefix of the documents is none that keys begin with.
    #[error(
        "the prefix of the documents is longer than 1,024 bytes, begins with a slash, or has a control character"
    )]
    Prefix,
    /// The name that others follow from.
    #[error("the name that those of the resources begin with is not 1 to 40 letters, digits and hyphens")]
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
