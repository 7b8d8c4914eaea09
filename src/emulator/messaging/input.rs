//! The members of a request to SQS, and what is refused in any of them.

use std::time::Duration;

use serde_json::Value;

use super::super::route::Failure;
use super::attributes;

/// The account and the name at the end of `http://HOST/ACCOUNT/NAME`.
pub(super) fn path_of(url: &str) -> Option<(&str, &str)> {
    let path = match url.split_once("://") {
        Some((_, rest)) => rest.split_once('/')?.1,
        None => url.strip_prefix('/')?,
    };
    path.split_once('/').filter(|(_, name)| attributes::is_queue_name(name))
}

pub(super) fn no_such_queue() -> Failure {
    Failure::client("QueueDoesNotExist", "The specified queue does not exist.")
}

pub(super) fn missing(member: &str) -> Failure {
    Failure::client("MissingParameter", format!("The request must contain the parameter {member}."))
}

pub(super) fn required<'a>(input: &'a Value, member: &str) -> Result<&'a str, Failure> {
    match input.get(member) {
        Some(Value::String(text)) if !text.is_empty() => Ok(text),
        None | Some(Value::Null | Value::String(_)) => Err(missing(member)),
        Some(_) => Err(Failure::client("SerializationException", format!("{member} is not a string"))),
    }
}

pub(super) fn names<'a>(input: &'a Value, member: &str) -> Result<Vec<&'a str>, Failure> {
    let wrong = || Failure::client("SerializationException", format!("{member} is not a list of strings"));
    match input.get(member) {
        None | Some(Value::Null) => Ok(Vec::new()),
        Some(Value::Array(names)) => names.iter().map(|name| name.as_str().ok_or_else(wrong)).collect(),
        Some(_) => Err(wrong()),
    }
}

pub(super) fn integer(input: &Value, member: &str, least: u64, most: u64) -> Result<Option<u64>, Failure> {
    let value = match input.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(value) => value,
    };
    if !value.is_i64() && !value.is_u64() {
        return Err(Failure::client("SerializationException", format!("{member} is not an integer")));
    }
    match value.as_u64().filter(|number| (least..=most).contains(number)) {
        Some(number) => Ok(Some(number)),
        None => {
            let reason = format!("Must be between {least} and {most}, if provided.");
            let message = format!("Value {value} for parameter {member} is invalid. Reason: {reason}");
            Err(Failure::client("InvalidParameterValue", message))
        }
    }
}

pub(super) fn seconds(input: &Value, member: &str, most: u64) -> Result<Option<Duration>, Failure> {
    Ok(integer(input, member, 0, most)?.map(Duration::from_secs))
}
