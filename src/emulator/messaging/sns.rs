//! The operations of SNS, in its query protocol: requests are forms, answers are XML.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::sync::Arc;

use bytes::Bytes;
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Method, Request, Response, StatusCode};
use serde_json::json;
use tokio::time::Instant;

use super::super::Inner;
use super::super::checks;
use super::super::faults::Fault;
use super::super::log::{RecordedRequest, Service};
use super::super::route::{Failure, Reply, Strike, finish, request_id, signed};
use super::topic::{Subscription, Topic};
use super::{Messaging, attributes};

const NAMESPACE: &str = "http://sns.amazonaws.com/doc/2010-03-31/";

/// The largest message, in bytes.
const LARGEST: usize = 262_144;

/// The most items of a list in one answer.
const PAGE: usize = 100;

/// Whether a request is in the query protocol. S3 has no such forms.
pub(in super::super) fn is_query(request: &Request<Bytes>) -> bool {
    let form = request.headers().get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    request.method() == Method::POST
        && request.uri().path() == "/"
        && form.is_some_and(|form| form.starts_with("application/x-www-form-urlencoded"))
}

/// Answers a request of the query protocol.
pub(in super::super) async fn query_reply(inner: &Arc<Inner>, request: Request<Bytes>) -> Reply {
    let form: Form = form_urlencoded::parse(request.body()).into_owned().collect();
    let operation = form.get("Action").cloned().unwrap_or_default();
    let signer = match signed(request.headers(), "sns") {
        Ok(signer) => signer,
        Err(failure) => return Some(finish(xml(&operation, Err(failure)), &Strike::default(), None)),
    };
    let running = inner.log.record(RecordedRequest {
        service: Service::Sns,
        operation: operation.clone(),
        region: signer.region.clone(),
        access_key_id: signer.access_key_id,
        bucket: None,
        key: None,
        query: None,
        headers: request.headers().clone(),
        body: Some(json!(form)),
    });
    let name = form.get("TopicArn").and_then(|arn| arn.rsplit(':').next());
    let strike = inner.strike(&operation, name).await;
    if strike.takes(&Fault::ConnectionReset) {
        return None;
    }
    if let Some(refusal) = strike.refusal() {
        let failure = refusal.failure(Service::Sns, &operation);
        return Some(finish(xml(&operation, Err(failure)), &strike, Some(running)));
    }
    let result = inner.sns(&operation, &signer.region, &form);
    if strike.takes(&Fault::LostAnswer) {
        return None;
    }
    Some(finish(xml(&operation, result), &strike, Some(running)))
}

type Form = BTreeMap<String, String>;

impl Inner {
    /// Answers an SNS operation with the content of its result element.
    fn sns(&self, operation: &str, region: &str, form: &Form) -> Result<String, Failure> {
        self.settle();
        let call = Call { inner: self, messaging: &self.messaging, region, form };
        match operation {
            _ if !Service::Sns.has(operation) => Err(unknown(operation)),
            "CreateTopic" => call.create_topic(),
            "DeleteTopic" => call.delete_topic(),
            "ListTopics" => call.list_topics(),
            "Subscribe" => call.subscribe(),
            "Unsubscribe" => call.unsubscribe(),
            "SetSubscriptionAttributes" => call.set_subscription_attributes(),
            "GetSubscriptionAttributes" => call.get_subscription_attributes(),
            "ListSubscriptionsByTopic" => call.list_subscriptions(),
            "Publish" => call.publish(),
            _ => Err(unknown(operation)),
        }
    }
}

/// One request.
struct Call<'a> {
    inner: &'a Inner,
    messaging: &'a Messaging,
    region: &'a str,
    form: &'a Form,
}

impl Call<'_> {
    fn create_topic(&self) -> Result<String, Failure> {
        let name = self.required("Name")?;
        let parts = name.as_bytes().chunks(80).map(|part| std::str::from_utf8(part).unwrap_or_default());
        if name.len() > 256 || !parts.clone().all(attributes::is_queue_name) {
            return Err(invalid("Topic Name"));
        }
        const WITHOUT_EFFECT: [&str; 4] = ["DisplayName", "KmsMasterKeyId", "Policy", "SignatureVersion"];
        if let Some((name, _)) = self.entries().find(|(name, _)| !WITHOUT_EFFECT.contains(name)) {
            return Err(invalid(&format!("Attributes Reason: the emulator has no attribute {name}")));
        }
        let arn = self.messaging.topic_arn(self.region, name);
        self.messaging.lock().topics.entry(arn.clone()).or_default();
        Ok(element("TopicArn", &arn))
    }

    fn delete_topic(&self) -> Result<String, Failure> {
        self.messaging.lock().topics.remove(self.required("TopicArn")?);
        Ok(String::new())
    }

    fn list_topics(&self) -> Result<String, Failure> {
        let state = self.messaging.lock();
        let here = self.messaging.topic_arn(self.region, "");
        let arns = state.topics.keys().filter(|arn| arn.starts_with(&here));
        let members = arns.map(|arn| format!("<member>{}</member>", element("TopicArn", arn)));
        self.page("Topics", members.collect())
    }

    fn subscribe(&self) -> Result<String, Failure> {
        let (topic, protocol) = (self.required("TopicArn")?, self.required("Protocol")?);
        if protocol != "sqs" {
            return Err(invalid(&format!(
                "Protocol Reason: the emulator delivers to sqs only, not to {protocol}"
            )));
        }
        let endpoint = self.required("Endpoint")?;
        if !is_queue_arn(endpoint) {
            return Err(invalid("Endpoint Reason: Please use SQS ARN"));
        }
        let mut raw = None;
        for (name, value) in self.entries() {
            raw = Some(raw_delivery(name, value)?);
        }
        let mut state = self.messaging.lock();
        let held = state.topics.get_mut(topic).ok_or_else(no_such_topic)?;
        if let Some(known) = held.subscriptions.iter().find(|known| known.endpoint == endpoint) {
            return match raw {
                Some(raw) if raw != known.raw => {
                    Err(invalid("Attributes Reason: Subscription already exists with different attributes"))
                }
                _ => Ok(element("SubscriptionArn", &known.arn)),
            };
        }
        let raw = raw.unwrap_or(false);
        let subscription = Subscription::new(topic, endpoint.to_owned(), &self.messaging.account, raw);
        let answer = element("SubscriptionArn", &subscription.arn);
        held.subscriptions.push(subscription);
        Ok(answer)
    }

    fn unsubscribe(&self) -> Result<String, Failure> {
        let arn = self.required("SubscriptionArn")?;
        let mut state = self.messaging.lock();
        if let Some(Topic { subscriptions }) = state.topics.get_mut(topic_of(arn)) {
            subscriptions.retain(|subscription| subscription.arn != arn);
        }
        Ok(String::new())
    }

    fn set_subscription_attributes(&self) -> Result<String, Failure> {
        let (name, value) = (self.required("AttributeName")?, self.required("AttributeValue")?);
        let raw = raw_delivery(name, value)?;
        self.with_subscription(|subscription| subscription.raw = raw)?;
        Ok(String::new())
    }

    fn get_subscription_attributes(&self) -> Result<String, Failure> {
        let Subscription { arn, endpoint, owner, raw } =
            self.with_subscription(|subscription| subscription.clone())?;
        let (topic, raw) = (topic_of(&arn), raw.to_string());
        let attributes = [
            ("SubscriptionArn", arn.as_str()),
            ("TopicArn", topic),
            ("Owner", owner.as_str()),
            ("Protocol", "sqs"),
            ("Endpoint", endpoint.as_str()),
            ("PendingConfirmation", "false"),
            ("RawMessageDelivery", raw.as_str()),
        ];
        let entries = attributes.map(|(name, value)| {
            format!("<entry>{}{}</entry>", element("key", name), element("value", value))
        });
        Ok(format!("<Attributes>{}</Attributes>", entries.concat()))
    }

    fn list_subscriptions(&self) -> Result<String, Failure> {
        let topic = self.required("TopicArn")?;
        let state = self.messaging.lock();
        let subscriptions = state.subscriptions(topic).ok_or_else(no_such_topic)?;
        let members = subscriptions.iter().map(|Subscription { arn, endpoint, owner, .. }| {
            let members = [
                ("TopicArn", topic),
                ("SubscriptionArn", arn),
                ("Owner", owner),
                ("Protocol", "sqs"),
                ("Endpoint", endpoint),
            ];
            let members = members.map(|(name, value)| element(name, value)).concat();
            format!("<member>{members}</member>")
        });
        self.page("Subscriptions", members.collect())
    }

    fn publish(&self) -> Result<String, Failure> {
        let topic = match self.form.get("TopicArn").or_else(|| self.form.get("TargetArn")) {
            Some(topic) => topic,
            None => return Err(invalid("TopicArn or TargetArn Reason: no value for required parameter")),
        };
        let message = self.form.get("Message").map(String::as_str).unwrap_or_default();
        if message.is_empty() {
            return Err(invalid("Empty message"));
        }
        if message.len() > LARGEST {
            return Err(invalid("Message too long"));
        }
        let subject = self.form.get("Subject").map(String::as_str);
        let is_subject = |subject: &str| {
            (1..=100).contains(&subject.len())
                && subject.bytes().all(|byte| byte == b' ' || byte.is_ascii_graphic())
        };
        if !subject.is_none_or(is_subject) {
            return Err(invalid("Subject"));
        }
        let other = self.form.keys().find(|name| {
            ["MessageAttributes", "MessageStructure", "MessageGroupId", "MessageDeduplicationId"]
                .iter()
                .any(|other| name.starts_with(other))
        });
        if let Some(name) = other {
            return Err(invalid(&format!("{name} Reason: the emulator does not have it")));
        }
        let id = self.inner.publish("Publish", topic, subject, message, Instant::now());
        Ok(element("MessageId", &id.ok_or_else(no_such_topic)?))
    }

    fn with_subscription<T>(&self, then: impl FnOnce(&mut Subscription) -> T) -> Result<T, Failure> {
        let arn = self.required("SubscriptionArn")?;
        let mut state = self.messaging.lock();
        let topic = state.topics.get_mut(topic_of(arn));
        let subscriptions = topic.map(|topic| topic.subscriptions.iter_mut()).into_iter().flatten();
        let found = subscriptions.into_iter().find(|subscription| subscription.arn == arn);
        found.map(then).ok_or_else(|| not_found("Subscription does not exist"))
    }

    /// The page of a list that the token asks for. A token is the number of items on the pages before.
    fn page(&self, list: &str, members: Vec<String>) -> Result<String, Failure> {
        let start = match self.form.get("NextToken") {
            Some(token) => token.parse::<usize>().ok().filter(|start| *start < members.len()),
            None => Some(0),
        };
        let start = start.ok_or_else(|| invalid("NextToken"))?;
        let page = members.iter().skip(start).take(PAGE).map(String::as_str);
        let mut answer = format!("<{list}>{}</{list}>", page.collect::<String>());
        let end = start.saturating_add(PAGE);
        if end < members.len() {
            answer += &element("NextToken", &end.to_string());
        }
        Ok(answer)
    }

    fn required(&self, member: &str) -> Result<&str, Failure> {
        let value = self.form.get(member).map(String::as_str).filter(|value| !value.is_empty());
        value.ok_or_else(|| invalid(&format!("{member} Reason: no value for required parameter")))
    }

    /// The map that comes as `Attributes.entry.1.key` and `Attributes.entry.1.value`.
    fn entries(&self) -> impl Iterator<Item = (&str, &str)> {
        self.form.iter().filter_map(|(member, name)| {
            let entry = member.strip_prefix("Attributes.entry.")?.strip_suffix(".key")?;
            let value = self.form.get(&format!("Attributes.entry.{entry}.value"))?;
            Some((name.as_str(), value.as_str()))
        })
    }
}

/// The value of the one attribute that the emulator acts on.
fn raw_delivery(name: &str, value: &str) -> Result<bool, Failure> {
    if name != "RawMessageDelivery" {
        return Err(invalid(&format!("AttributeName Reason: the emulator has no attribute {name}")));
    }
    match value.to_ascii_lowercase().as_str() {
        "true" => Ok(true),
        "false" => Ok(false),
        _ => Err(invalid("Attributes Reason: RawMessageDelivery: Invalid value. Must be true or false.")),
    }
}

/// The ARN of a subscription consists of that of its topic and an id.
fn topic_of(subscription: &str) -> &str {
    subscription.rsplit_once(':').map_or("", |(topic, _)| topic)
}

fn is_queue_arn(arn: &str) -> bool {
    let parts: Vec<&str> = arn.split(':').collect();
    matches!(parts.as_slice(), ["arn", partition, "sqs", _, account, name]
        if checks::is_partition(partition) && account.len() == 12 && attributes::is_queue_name(name))
}

fn invalid(what: &str) -> Failure {
    Failure::client("InvalidParameter", format!("Invalid parameter: {what}"))
}

fn unknown(operation: &str) -> Failure {
    Failure::client("InvalidAction", format!("the emulator does not have the operation {operation}"))
}

fn no_such_topic() -> Failure {
    not_found("Topic does not exist")
}

fn not_found(message: &str) -> Failure {
    Failure::with_status(StatusCode::NOT_FOUND, "NotFound", message)
}

fn element(name: &str, text: &str) -> String {
    format!("<{name}>{}</{name}>", escaped(text))
}

fn escaped(text: &str) -> Cow<'_, str> {
    html_escape::encode_text(text)
}

/// An answer or an error, as XML.
fn xml(operation: &str, result: Result<String, Failure>) -> Response<Bytes> {
    let mut response = Response::new(Bytes::new());
    let id = request_id();
    let request = element("RequestId", id.to_str().unwrap_or_default());
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("text/xml"));
    response.headers_mut().insert("x-amzn-requestid", id);
    let body = match result {
        Ok(inside) => {
            // An answer without content has no result element.
            let inside = match inside.is_empty() {
                true => inside,
                false => format!("<{operation}Result>{inside}</{operation}Result>"),
            };
            format!(
                "<{operation}Response xmlns=\"{NAMESPACE}\">{inside}<ResponseMetadata>{request}</ResponseMetadata>\
                 </{operation}Response>"
            )
        }
        Err(failure) => {
            *response.status_mut() = failure.status();
            let kind = if failure.status().is_server_error() { "Receiver" } else { "Sender" };
            let members = [("Type", kind), ("Code", failure.code()), ("Message", failure.message())]
                .map(|(name, text)| element(name, text));
            format!(
                "<ErrorResponse xmlns=\"{NAMESPACE}\"><Error>{}</Error>{request}</ErrorResponse>",
                members.concat()
            )
        }
    };
    *response.body_mut() = Bytes::from(body);
    response
}

#[cfg(test)]
mod tests;
