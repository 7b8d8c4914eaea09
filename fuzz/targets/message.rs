//! Completion messages, raw and in the envelope of SNS, beside a reading of a `serde_json::Value`.
//!
//! The exemptions, each a difference between what `serde_json` reads into a `Value` and what it passes over:
//!
//! - A member that comes twice is refused, where a `Value` has the last one.
//! - In members that a message has no use for, numbers may be out of range and surrogates may stand alone, as nobody reads them.

#![no_main]

use std::time::{Duration, SystemTime};

use inkseal::notify::{Completion, UnreadableMessage};
use inkseal::resource::{Bucket, JobId, JobTag, S3Object, TopicArn};
use inkseal_fuzz::members::{COMPLETION, ENVELOPE, has_twice};
use inkseal_fuzz::{Input, odd_json};
use libfuzzer_sys::fuzz_target;
use serde::de::IgnoredAny;
use serde_json::Value;

const TOPIC: &str = "arn:aws:sns:us-east-1:111122223333:done";

fuzz_target!(|data: &[u8]| {
    match Input::of(data) {
        Input::Text(body) => {
            if let Ok(body) = str::from_utf8(body) {
                compare(body);
            }
        }
        Input::Tape(mut tape) => {
            for shape in [ENVELOPE, COMPLETION] {
                if let Ok(body) = odd_json::write(&shape, &mut tape) {
                    compare(&String::from_utf8_lossy(&body));
                }
            }
        }
    }
});

fn compare(body: &str) {
    let topic: TopicArn = TOPIC.parse().expect("a topic");
    let read = [
        Completion::from_raw(body),
        Completion::from_envelope(body, None),
        Completion::from_envelope(body, Some(&topic)),
    ];
    // Whatever is wrong, the message is not repeated: what an error can say is a constant.
    let Ok(value) = serde_json::from_str::<Value>(body) else {
        let is_passed_over = serde_json::from_str::<IgnoredAny>(body).is_ok();
        assert!(is_passed_over || read.iter().all(|read| *read == Err(UnreadableMessage::NotJson)), "{body}");
        return;
    };
    let [raw, any, expected] = read;
    check(body, raw, completion(&value));
    check(body, any, envelope(&value, None));
    check(body, expected, envelope(&value, Some(TOPIC)));
}

/// The verdict, and what was read.
fn check(body: &str, read: Result<Completion, UnreadableMessage>, expected: Verdict) {
    match (read, expected) {
        (Ok(read), Verdict::Is(expected)) => assert_eq!(read, *expected, "{body}"),
        (Err(UnreadableMessage::NotJson), _) if has_twice(body.as_bytes()) => {}
        // The same of the message within.
        (Err(UnreadableMessage::NotJson), _) if has_twice_within(body) => {}
        (Err(error), Verdict::IsNot(kind)) => assert_eq!(error, kind, "{body}"),
        // Several members may be wrong; which of them is told first is nobody's business.
        (Err(UnreadableMessage::Member(name)), Verdict::Lacks(wrong)) => {
            assert!(wrong.contains(&name), "{name} of {wrong:?}: {body}");
        }
        (read, expected) => panic!("{read:?} and not {expected:?}: {body}"),
    }
}

fn has_twice_within(body: &str) -> bool {
    let value: Value = serde_json::from_str(body).unwrap_or_default();
    let message = value.get("Message").and_then(Value::as_str).unwrap_or_default();
    // One that cannot be read into a `Value` may be passed over all the same.
    has_twice(message.as_bytes())
}

#[derive(Debug)]
enum Verdict {
    Is(Box<Completion>),
    IsNot(UnreadableMessage),
    Lacks(Vec<&'static str>),
}

fn envelope(value: &Value, topic: Option<&str>) -> Verdict {
    let Some(members) = value.as_object() else { return Verdict::IsNot(UnreadableMessage::NotJson) };
    // What is of another type than SNS writes is no message of it.
    let is_text = |name| members.get(name).is_none_or(|value| value.is_string() || value.is_null());
    if !["Type", "TopicArn", "Message"].into_iter().all(is_text) {
        return Verdict::IsNot(UnreadableMessage::NotJson);
    }
    let text = |name| members.get(name).and_then(Value::as_str);
    match (text("Type"), text("Message")) {
        (Some("Notification"), Some(_)) if topic.is_some() && text("TopicArn") != topic => {
            Verdict::IsNot(UnreadableMessage::OtherTopic)
        }
        (Some("Notification"), Some(message)) => match serde_json::from_str(message) {
            Ok(value) => completion(&value),
            Err(_) if serde_json::from_str::<IgnoredAny>(message).is_ok() => {
                match Completion::from_raw(message) {
                    Ok(completion) => Verdict::Is(Box::new(completion)),
                    Err(error) => Verdict::IsNot(error),
                }
            }
            Err(_) => Verdict::IsNot(UnreadableMessage::NotJson),
        },
        (None, _) if members.get("JobId").is_some_and(|id| !id.is_null()) => {
            Verdict::IsNot(UnreadableMessage::NoEnvelope)
        }
        _ => Verdict::IsNot(UnreadableMessage::NotANotification),
    }
}

fn completion(value: &Value) -> Verdict {
    let Some(members) = value.as_object() else { return Verdict::IsNot(UnreadableMessage::NotJson) };
    let location = &members.get("DocumentLocation").cloned().unwrap_or_default();
    let is_readable =
        |name: &str| location.get(name).is_none_or(|value| value.is_string() || value.is_null());
    if !(location.is_object() || location.is_null())
        || !["S3Bucket", "S3ObjectName"].into_iter().all(is_readable)
    {
        return Verdict::IsNot(UnreadableMessage::NotJson);
    }
    let mut wrong = Vec::new();
    let mut need = |name: &'static str, is_there: bool| {
        if !is_there {
            wrong.push(name);
        }
    };
    let text = |value: &Value, name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    let job_id = text(value, "JobId").and_then(|id| id.parse::<JobId>().ok());
    let api = text(value, "API").and_then(|api| {
        let known = [
            "StartDocumentTextDetection",
            "StartDocumentAnalysis",
            "StartExpenseAnalysis",
            "StartLendingAnalysis",
        ];
        known.contains(&api.as_str()).then(|| serde_json::from_value(api.into()).expect("an operation"))
    });
    let status = text(value, "Status").map(|status| status.as_str().into());
    let tag = match members.get("JobTag") {
        None | Some(Value::Null) => Some(None),
        Some(tag) => tag.as_str().and_then(|tag| tag.parse::<JobTag>().ok()).map(Some),
    };
    let at = value.get("Timestamp").and_then(Value::as_u64);
    let at = at.and_then(|at| SystemTime::UNIX_EPOCH.checked_add(Duration::from_millis(at)));
    let bucket = text(location, "S3Bucket").and_then(|bucket| bucket.parse::<Bucket>().ok());
    let key = text(location, "S3ObjectName");
    let document = bucket.clone().zip(key.clone()).and_then(|(bucket, key)| S3Object::new(bucket, key).ok());
    need("JobId", job_id.is_some());
    need("API", api.is_some());
    need("Status", status.is_some());
    need("JobTag", tag.is_some());
    need("Timestamp", at.is_some());
    need("DocumentLocation", location.is_object());
    need("S3Bucket", bucket.is_some());
    need("S3ObjectName", key.is_some() && (bucket.is_none() || document.is_some()));
    // The fields of a completion cannot be put together outside of the crate: what is read of a plain one is changed.
    const PLAIN: &str = r#"{"JobId": "a", "Status": "FAILED", "API": "StartLendingAnalysis", "Timestamp": 1,
        "DocumentLocation": {"S3ObjectName": "a", "S3Bucket": "abc"}}"#;
    let mut plain = Completion::from_raw(PLAIN).expect("a completion");
    match (job_id, api, status, tag, document, at) {
        (Some(job_id), Some(api), Some(status), Some(tag), Some(document), Some(at)) => {
            (plain.job_id, plain.api, plain.status) = (job_id, api, status);
            (plain.tag, plain.document, plain.at) = (tag, document, at);
            Verdict::Is(Box::new(plain))
        }
        _ => Verdict::Lacks(wrong),
    }
}
