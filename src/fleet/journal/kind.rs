//! Kinds of errors by name, as a journal stores them.

use serde::de::Error as _;
use serde::{Deserialize, Deserializer, Serializer};

use crate::error::ErrorKind;

pub(super) fn serialize<S: Serializer>(kind: &ErrorKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}

pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<ErrorKind, D::Error> {
    let name = String::deserialize(deserializer)?;
    ErrorKind::named(&name).ok_or_else(|| D::Error::custom("no kind of error has this name"))
}
