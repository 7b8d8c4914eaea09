//! Completion messages, raw and in the envelope of SNS, compared with a second reading of the same JSON.
//!
//! The second reading names the members that a message has a use for and how each is read. One of them that comes
//! twice, or that holds a number out of range or half a pair of surrogates, makes a message unreadable; in any other
//! member all of that is passed over, as nobody reads it. Nothing is exempt from the comparison, except that if several
//! members are wrong, any of them may be named.

#![no_main]

use std::fmt;
use std::time::{Duration, SystemTime};

use inkseal::notify::{Completion, UnreadableMessage};
use inkseal::resource::{Bucket, JobId, JobTag, S3Object, TopicArn};
use inkseal_fuzz::members::{COMPLETION, ENVELOPE};
use inkseal_fuzz::{Input, odd_json};
use libfuzzer_sys::fuzz_target;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, Visitor};
use serde_json::{Map, Value};

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
    check(body, Completion::from_raw(body), raw(body));
    check(body, Completion::from_envelope(body, None), envelope(body, None));
    check(body, Completion::from_envelope(body, Some(&topic)), envelope(body, Some(TOPIC)));
}

/// Compares what was read, or the error, with what is expected. An error cannot repeat the message: all that it can say
/// is constant.
fn check(body: &str, read: Result<Completion, UnreadableMessage>, expected: Verdict) {
    match (read, expected) {
        (Ok(read), Verdict::Is(expected)) => assert_eq!(read, *expected, "{body}"),
        (Err(error), Verdict::IsNot(kind)) => assert_eq!(error, kind, "{body}"),
        (Err(UnreadableMessage::Member(name)), Verdict::Lacks(wrong)) => {
            assert!(wrong.contains(&name), "{name} of {wrong:?}: {body}");
        }
        (read, expected) => panic!("{read:?} and not {expected:?}: {body}"),
    }
}

#[derive(Debug)]
enum Verdict {
    Is(Box<Completion>),
    IsNot(UnreadableMessage),
    Lacks(Vec<&'static str>),
}

/// How a member is read.
#[derive(Clone, Copy)]
enum As {
    /// Any value.
    Any,
    /// A string or null.
    Text,
    /// Whether it is there and not null.
    Presence,
    /// An object of these members, or null.
    Object(&'static [(&'static str, As)]),
}

const COMPLETION_MEMBERS: As = As::Object(&[
    ("JobId", As::Any),
    ("Status", As::Any),
    ("API", As::Any),
    ("JobTag", As::Any),
    ("Timestamp", As::Any),
    ("DocumentLocation", As::Object(&[("S3ObjectName", As::Text), ("S3Bucket", As::Text)])),
]);

const ENVELOPE_MEMBERS: As =
    As::Object(&[("Type", As::Text), ("TopicArn", As::Text), ("Message", As::Text), ("JobId", As::Presence)]);

/// The members of an object that are read; none if it is not an object, or if one of them is wrong.
fn read(json: &str, members: As) -> Option<Value> {
    let mut deserializer = serde_json::Deserializer::from_str(json);
    let value = members.deserialize(&mut deserializer).ok()?;
    deserializer.end().ok()?;
    value.is_object().then_some(value)
}

impl<'de> DeserializeSeed<'de> for As {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        use serde::Deserialize;

        match self {
            Self::Any => Value::deserialize(deserializer),
            Self::Text => Option::<String>::deserialize(deserializer).map(Value::from),
            Self::Presence => Option::<IgnoredAny>::deserialize(deserializer).map(|it| it.is_some().into()),
            Self::Object(members) => deserializer.deserialize_any(Members(members)),
        }
    }
}

struct Members(&'static [(&'static str, As)]);

impl<'de> Visitor<'de> for Members {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("an object")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut found = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            match self.0.iter().find(|(known, _)| *known == name) {
                Some((_, form)) => {
                    let value = members.next_value_seed(*form)?;
                    if found.insert(name, value).is_some() {
                        return Err(A::Error::custom("a member comes twice"));
                    }
                }
                None => {
                    members.next_value::<IgnoredAny>()?;
                }
            }
        }
        Ok(Value::Object(found))
    }
}

fn envelope(body: &str, topic: Option<&str>) -> Verdict {
    let Some(members) = read(body, ENVELOPE_MEMBERS) else {
        return Verdict::IsNot(UnreadableMessage::NotJson);
    };
    let text = |name| members.get(name).and_then(Value::as_str);
    match (text("Type"), text("Message")) {
        (Some("Notification"), Some(_)) if topic.is_some() && text("TopicArn") != topic => {
            Verdict::IsNot(UnreadableMessage::OtherTopic)
        }
        (Some("Notification"), Some(message)) => raw(message),
        (None, _) if members.get("JobId") == Some(&Value::Bool(true)) => {
            Verdict::IsNot(UnreadableMessage::NoEnvelope)
        }
        _ => Verdict::IsNot(UnreadableMessage::NotANotification),
    }
}

fn raw(message: &str) -> Verdict {
    let Some(value) = &read(message, COMPLETION_MEMBERS) else {
        return Verdict::IsNot(UnreadableMessage::NotJson);
    };
    let location = &value.get("DocumentLocation").cloned().unwrap_or_default();
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
    let tag = match value.get("JobTag") {
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
    // A completion cannot be built outside of the crate, so the fields of a plain one are replaced.
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
