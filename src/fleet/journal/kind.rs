//! Kinds of errors by name, as a journal writes them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::error::ErrorKind;

macro_rules! kinds {
    ($($kind:ident,)+) => {
        /// Without a wildcard: a kind that is new does not compile until it has a name here.
        fn name(kind: ErrorKind) -> &'static str {
            match kind {
                $(ErrorKind::$kind => stringify!($kind),)+
            }
        }

        fn named(name: &str) -> Option<ErrorKind> {
            match name {
                $(stringify!($kind) => Some(ErrorKind::$kind),)+
                _ => None,
            }
        }
    };
}

kinds! {
    InvalidInput,
    InsecureTransport,
    UnusableKey,
    NotSealed,
    NotClean,
    AccessDenied,
    Throttled,
    NotFound,
    UnsupportedDocument,
    TokenReused,
    AlreadyExists,
    JobFailed,
    JobStopped,
    DeadlineExceeded,
    Incomplete,
    Malformed,
    DetectorFailed,
    Leak,
    Application,
    Transport,
    Service,
}

pub(super) fn serialize<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(name(*kind))
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ErrorKind, D::Error> {
    let name = String::deserialize(deserializer)?;
    named(&name).ok_or_else(|| D::Error::custom("no kind of error has this name"))
}
