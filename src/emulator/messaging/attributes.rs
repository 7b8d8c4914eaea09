//! The attributes of a queue, as SQS reads and writes them.

use std::collections::BTreeMap;
use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::super::route::Failure;
use super::queue::{Redrive, Settings};
use super::{Held, Messaging};

/// Kept as they are given: the emulator has no policies, and does not encrypt what exists only as long as it does.
const KEPT: [&str; 5] = [
    "KmsDataKeyReusePeriodSeconds",
    "KmsMasterKeyId",
    "Policy",
    "RedriveAllowPolicy",
    "SqsManagedSseEnabled",
];

/// The attributes that only the service sets.
const READ_ONLY: [&str; 6] = [
    "ApproximateNumberOfMessages",
    "ApproximateNumberOfMessagesDelayed",
    "ApproximateNumberOfMessagesNotVisible",
    "CreatedTimestamp",
    "LastModifiedTimestamp",
    "QueueArn",
];

/// The attributes that callers set and that affect the queue.
const SETTINGS: [&str; 6] = [
    "DelaySeconds",
    "MaximumMessageSize",
    "MessageRetentionPeriod",
    "ReceiveMessageWaitTimeSeconds",
    "RedrivePolicy",
    "VisibilityTimeout",
];

/// `[a-zA-Z0-9_-]{1,80}`.
pub(super) fn is_queue_name(name: &str) -> bool {
    (1..=80).contains(&name.len())
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_')
}

/// Applies what a request sets to what there is.
pub(super) fn apply(
    given: Option<&Map<String, Value>>,
    settings: &mut Settings,
    kept: &mut BTreeMap<String, String>,
) -> Result<(), Failure> {
    for (name, value) in given.into_iter().flatten() {
        let Some(text) = value.as_str() else {
            return Err(Failure::client("SerializationException", format!("{name} is not a string")));
        };
        let wrong =
            || Failure::client("InvalidAttributeValue", format!("Invalid value for the parameter {name}."));
        let number = |least: u64, most: u64| {
            let number = text.parse().ok().filter(|number| (least..=most).contains(number));
            number.ok_or_else(wrong)
        };
        let seconds = |least, most| number(least, most).map(Duration::from_secs);
        match name.as_str() {
            "VisibilityTimeout" => settings.visibility = seconds(0, 43_200)?,
            "DelaySeconds" => settings.delay = seconds(0, 900)?,
            "MessageRetentionPeriod" => settings.retention = seconds(60, 1_209_600)?,
            "ReceiveMessageWaitTimeSeconds" => settings.wait = seconds(0, 20)?,
            "MaximumMessageSize" => {
                settings.largest = usize::try_from(number(1024, 1_048_576)?).map_err(|_| wrong())?;
            }
            "RedrivePolicy" => settings.redrive = redrive(text)?,
            _ if KEPT.contains(&name.as_str()) => {
                kept.insert(name.clone(), text.to_owned());
            }
            _ => return Err(unknown(name)),
        }
    }
    Ok(())
}

/// A redrive policy; an empty string removes it.
fn redrive(text: &str) -> Result<Option<Redrive>, Failure> {
    if text.is_empty() {
        return Ok(None);
    }
    let wrong = |reason: &str| {
        let message = format!("Value {text} for parameter RedrivePolicy is invalid. Reason: {reason}");
        Failure::client("InvalidParameterValue", message)
    };
    let policy: Value = serde_json::from_str(text).map_err(|_| wrong("Redrive policy is not valid JSON."))?;
    let target = policy.get("deadLetterTargetArn").and_then(Value::as_str);
    let target = target
        .ok_or_else(|| wrong("Redrive policy does not contain mandatory attribute: deadLetterTargetArn."))?;
    let max = policy.get("maxReceiveCount");
    let max =
        max.ok_or_else(|| wrong("Redrive policy does not contain mandatory attribute: maxReceiveCount."))?;
    let number = max.as_u64().or_else(|| max.as_str().and_then(|text| text.parse().ok()));
    let number =
        number.and_then(|number| u32::try_from(number).ok()).filter(|number| (1..=1000).contains(number));
    let max_receives =
        number.ok_or_else(|| wrong("Invalid value for maxReceiveCount: it must be 1 to 1000."))?;
    Ok(Some(Redrive { target: target.to_owned(), max_receives }))
}

fn unknown(name: &str) -> Failure {
    Failure::client("InvalidAttributeName", format!("Unknown Attribute {name}."))
}

/// The attributes that a request asks for, as JSON.
pub(super) fn write(
    messaging: &Messaging,
    arn: &str,
    held: &mut Held,
    names: &[&str],
    now: Instant,
) -> Result<Value, Failure> {
    let all = names.contains(&"All");
    let known =
        |name: &&str| [&KEPT[..], &READ_ONLY, &SETTINGS, &["All"]].iter().any(|list| list.contains(name));
    if let Some(name) = names.iter().find(|name| !known(name)) {
        return Err(unknown(name));
    }
    let counts = held.queue.counts(now);
    let Settings { visibility, delay, retention, wait, largest, redrive } = &held.queue.settings;
    let seconds = |duration: &Duration| duration.as_secs().to_string();
    let epoch = |at: Instant| (messaging.millis(at) / 1000).to_string();
    let mut attributes: BTreeMap<&str, String> = BTreeMap::from([
        ("ApproximateNumberOfMessages", counts.visible.to_string()),
        ("ApproximateNumberOfMessagesDelayed", counts.delayed.to_string()),
        ("ApproximateNumberOfMessagesNotVisible", counts.in_flight.to_string()),
        ("CreatedTimestamp", epoch(held.created)),
        ("LastModifiedTimestamp", epoch(held.modified)),
        ("QueueArn", arn.to_owned()),
        ("DelaySeconds", seconds(delay)),
        ("MaximumMessageSize", largest.to_string()),
        ("MessageRetentionPeriod", seconds(retention)),
        ("ReceiveMessageWaitTimeSeconds", seconds(wait)),
        ("VisibilityTimeout", seconds(visibility)),
        ("SqsManagedSseEnabled", "true".to_owned()),
    ]);
    if let Some(Redrive { target, max_receives }) = redrive {
        let policy = json!({"deadLetterTargetArn": target, "maxReceiveCount": max_receives});
        attributes.insert("RedrivePolicy", policy.to_string());
    }
    attributes.extend(held.kept.iter().map(|(name, value)| (name.as_str(), value.clone())));
    attributes.retain(|name, _| all || names.contains(name));
    Ok(json!(attributes))
}
