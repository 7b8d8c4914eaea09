//! The operations of SQS, in its JSON protocol.

use std::collections::BTreeMap;
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::super::Inner;
use super::super::route::Failure;
use super::input::{integer, missing, names, no_such_queue, path_of, required};
use super::queue::{Settings, later};
use super::{Held, Messaging, attributes};

/// The operations whose answer is without a body.
const WITHOUT_A_BODY: [&str; 5] =
    ["ChangeMessageVisibility", "DeleteMessage", "DeleteQueue", "PurgeQueue", "SetQueueAttributes"];

/// How long the name of a deleted queue stays taken, and how long it is until a queue can be purged again.
const A_MINUTE: Duration = Duration::from_secs(60);

/// An error's code as it is written in the body, and in the header that has the codes of the older query protocol.
pub(in super::super) fn wire_code(code: &str) -> (String, String) {
    let query = match code {
        "QueueDoesNotExist" => "AWS.SimpleQueueService.NonExistentQueue",
        "QueueNameExists" => "QueueAlreadyExists",
        "BatchEntryIdsNotDistinct"
        | "BatchRequestTooLong"
        | "EmptyBatchRequest"
        | "InvalidBatchEntryId"
        | "MessageNotInflight"
        | "PurgeQueueInProgress"
        | "QueueDeletedRecently"
        | "TooManyEntriesInBatchRequest"
        | "UnsupportedOperation" => return (modelled(code), format!("AWS.SimpleQueueService.{code}")),
        "InvalidAddress"
        | "InvalidAttributeName"
        | "InvalidAttributeValue"
        | "InvalidMessageContents"
        | "OverLimit"
        | "ReceiptHandleIsInvalid"
        | "RequestThrottled" => code,
        // What every service has is not in the model of SQS.
        _ => {
            let name = code.trim_end_matches("Exception");
            return (format!("com.amazon.coral.service#{name}Exception"), name.to_owned());
        }
    };
    (modelled(code), query.to_owned())
}

fn modelled(code: &str) -> String {
    format!("com.amazonaws.sqs#{code}")
}

impl Inner {
    /// Answers an SQS operation. `origin` is the beginning of queue URLs, with the host that the client called.
    pub(in super::super) async fn sqs(
        &self,
        operation: &str,
        region: &str,
        origin: &str,
        input: &Value,
    ) -> Result<Bytes, Failure> {
        if !input.is_object() {
            return Err(Failure::client("SerializationException", "the body is not a JSON object"));
        }
        self.settle();
        let call = Call { inner: self, messaging: &self.messaging, region, origin, input, operation };
        let answer = match operation {
            "CreateQueue" => call.create_queue()?,
            "GetQueueUrl" => call.get_queue_url()?,
            "ListQueues" => call.list_queues()?,
            "DeleteQueue" => call.delete_queue()?,
            "PurgeQueue" => call.purge_queue()?,
            "GetQueueAttributes" => call.get_queue_attributes()?,
            "SetQueueAttributes" => call.set_queue_attributes()?,
            "SendMessage" => call.send(input)?,
            "SendMessageBatch" => call.send_batch()?,
            "ReceiveMessage" => call.receive().await?,
            "DeleteMessage" => call.delete(input)?,
            "DeleteMessageBatch" => call.batch(|call, entry| call.delete(entry))?,
            "ChangeMessageVisibility" => call.change_visibility(input)?,
            "ChangeMessageVisibilityBatch" => call.batch(|call, entry| call.change_visibility(entry))?,
            _ => return Err(Failure::unknown_operation(operation)),
        };
        Ok(match WITHOUT_A_BODY.contains(&operation) {
            true => Bytes::new(),
            false => Bytes::from(answer.to_string()),
        })
    }
}

/// One request.
pub(super) struct Call<'a> {
    pub(super) inner: &'a Inner,
    pub(super) messaging: &'a Messaging,
    region: &'a str,
    origin: &'a str,
    pub(super) input: &'a Value,
    pub(super) operation: &'a str,
}

impl Call<'_> {
    fn create_queue(&self) -> Result<Value, Failure> {
        let name = required(self.input, "QueueName")?;
        if !attributes::is_queue_name(name) {
            let reason =
                "Can only include alphanumeric characters, hyphens, or underscores. 1 to 80 in length";
            return Err(Failure::client("InvalidParameterValue", reason));
        }
        if self.input.get("tags").and_then(Value::as_object).is_some_and(|tags| !tags.is_empty()) {
            return Err(Failure::client("UnsupportedOperation", "the emulator has no tags"));
        }
        let (arn, now) = (self.messaging.queue_arn(self.region, name), Instant::now());
        let url = json!({"QueueUrl": self.url(name)});
        let mut state = self.messaging.lock();
        let (mut settings, mut kept) = Default::default();
        let given = self.attributes()?;
        if let Some(held) = state.queues.get(&arn) {
            // What is given must be what the queue has.
            (settings, kept) = (held.queue.settings.clone(), held.kept.clone());
            attributes::apply(given, &mut settings, &mut kept)?;
            if (&settings, &kept) == (&held.queue.settings, &held.kept) {
                return Ok(url);
            }
            let message = "A queue already exists with the same name and a different value for an attribute";
            return Err(Failure::client("QueueNameExists", message));
        }
        if state.deleted.get(&arn).is_some_and(|at| later(*at, A_MINUTE) > now) {
            let message = "You must wait 60 seconds after deleting a queue before you can create another with the same name.";
            return Err(Failure::client("QueueDeletedRecently", message));
        }
        attributes::apply(given, &mut settings, &mut kept)?;
        check_target(&state.queues, &settings)?;
        state.add_queue(arn, name, settings, now).kept = kept;
        Ok(url)
    }

    fn get_queue_url(&self) -> Result<Value, Failure> {
        let name = required(self.input, "QueueName")?;
        let owner = self.input.get("QueueOwnerAWSAccountId").and_then(Value::as_str);
        let here = owner.is_none_or(|owner| owner == self.messaging.account);
        match self.messaging.lock().queues.contains_key(&self.messaging.queue_arn(self.region, name)) && here
        {
            true => Ok(json!({"QueueUrl": self.url(name)})),
            false => Err(no_such_queue()),
        }
    }

    fn list_queues(&self) -> Result<Value, Failure> {
        let prefix = self.input.get("QueueNamePrefix").and_then(Value::as_str).unwrap_or_default();
        let most = integer(self.input, "MaxResults", 1, 1000)?;
        let after = self.input.get("NextToken").and_then(Value::as_str).unwrap_or_default();
        let state = self.messaging.lock();
        let here = self.messaging.queue_arn(self.region, "");
        let names =
            state.queues.iter().filter(|(arn, _)| arn.starts_with(&here)).map(|(_, held)| held.name.as_str());
        let names: Vec<&str> = names.filter(|name| name.starts_with(prefix) && *name > after).collect();
        let page = most.and_then(|most| usize::try_from(most).ok()).unwrap_or(1000).min(names.len());
        let (page, rest) = names.split_at(page);
        let mut answer = json!({"QueueUrls": page.iter().map(|name| self.url(name)).collect::<Vec<_>>()});
        if let (Some(last), false, true) = (page.last(), rest.is_empty(), most.is_some()) {
            answer["NextToken"] = json!(last);
        }
        Ok(answer)
    }

    fn delete_queue(&self) -> Result<Value, Failure> {
        let arn = self.queue_arn()?;
        let mut state = self.messaging.lock();
        let held = state.queues.remove(&arn).ok_or_else(no_such_queue)?;
        held.door.news.notify_one();
        state.deleted.insert(arn, Instant::now());
        Ok(json!({}))
    }

    fn purge_queue(&self) -> Result<Value, Failure> {
        self.with_queue(|_, held, now| {
            if held.purged.is_some_and(|at| later(at, A_MINUTE) > now) {
                let message = "Only one PurgeQueue operation on a queue is allowed every 60 seconds.";
                return Err(Failure::client("PurgeQueueInProgress", message));
            }
            held.purged = Some(now);
            held.queue.purge();
            Ok(json!({}))
        })
    }

    fn get_queue_attributes(&self) -> Result<Value, Failure> {
        let names = names(self.input, "AttributeNames")?;
        self.with_queue(|arn, held, now| {
            let attributes = attributes::write(self.messaging, arn, held, &names, now)?;
            Ok(if names.is_empty() { json!({}) } else { json!({ "Attributes": attributes }) })
        })
    }

    fn set_queue_attributes(&self) -> Result<Value, Failure> {
        let given = self.attributes()?;
        if given.is_none() {
            return Err(missing("Attributes"));
        }
        let arn = self.queue_arn()?;
        let mut state = self.messaging.lock();
        let held = state.queues.get(&arn).ok_or_else(no_such_queue)?;
        let (mut settings, mut kept) = (held.queue.settings.clone(), held.kept.clone());
        attributes::apply(given, &mut settings, &mut kept)?;
        check_target(&state.queues, &settings)?;
        let held = state.queues.get_mut(&arn).ok_or_else(no_such_queue)?;
        (held.queue.settings, held.kept, held.modified) = (settings, kept, Instant::now());
        held.door.news.notify_one();
        Ok(json!({}))
    }

    pub(super) fn with_queue<T>(
        &self,
        then: impl FnOnce(&str, &mut Held, Instant) -> Result<T, Failure>,
    ) -> Result<T, Failure> {
        let arn = self.queue_arn()?;
        let mut state = self.messaging.lock();
        let held = state.queues.get_mut(&arn).ok_or_else(no_such_queue)?;
        then(&arn, held, Instant::now())
    }

    /// The ARN of the queue that the URL names, on any host.
    pub(super) fn queue_arn(&self) -> Result<String, Failure> {
        let url = required(self.input, "QueueUrl")?;
        let (account, name) = path_of(url).ok_or_else(|| {
            Failure::client("InvalidAddress", format!("The address {url} is not valid for this endpoint."))
        })?;
        match account == self.messaging.account {
            true => Ok(self.messaging.queue_arn(self.region, name)),
            false => Err(no_such_queue()),
        }
    }

    fn url(&self, name: &str) -> String {
        format!("{}/{}/{name}", self.origin, self.messaging.account)
    }

    fn attributes(&self) -> Result<Option<&Map<String, Value>>, Failure> {
        match self.input.get("Attributes") {
            None | Some(Value::Null) => Ok(None),
            Some(Value::Object(attributes)) => Ok(Some(attributes)),
            Some(_) => Err(Failure::client("SerializationException", "Attributes is not an object")),
        }
    }
}

/// A dead-letter queue must exist when it is named.
fn check_target(queues: &BTreeMap<String, Held>, settings: &Settings) -> Result<(), Failure> {
    match &settings.redrive {
        Some(redrive) if !queues.contains_key(&redrive.target) => {
            let message =
                "Value for parameter RedrivePolicy is invalid. Reason: Dead letter target does not exist.";
            Err(Failure::client("InvalidParameterValue", message))
        }
        _ => Ok(()),
    }
}
