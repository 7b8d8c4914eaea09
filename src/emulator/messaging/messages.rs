//! The operations of SQS on messages.

use std::time::Duration;

use serde_json::{Map, Value, json};
use tokio::time::Instant;

use super::super::digest::md5;
use super::super::route::Failure;
use super::input::{integer, missing, names, no_such_queue, required, seconds};
use super::queue::{LONGEST_IN_FLIGHT, Message, NotChanged, Receipt, Received, later};
use super::sqs::{Call, wire_code};
use super::{Held, attributes, message_id, receipt};

/// The most bytes that the messages of a batch can have together.
const LARGEST_BATCH: usize = 1024 * 1024;

impl Call<'_> {
    /// Sends the message of a request or of an entry of a batch.
    pub(super) fn send(&self, entry: &Value) -> Result<Value, Failure> {
        let body = required(entry, "MessageBody")?;
        let delay = seconds(entry, "DelaySeconds", 900)?;
        let given =
            |member: &&str| entry.get(*member).is_some_and(|value| !value.is_null() && *value != json!({}));
        if let Some(member) =
            ["MessageAttributes", "MessageSystemAttributes"].iter().find(|member| given(member))
        {
            return Err(Failure::client("UnsupportedOperation", format!("the emulator has no {member}")));
        }
        if given(&"MessageDeduplicationId") {
            let message = "The request include parameter that is not valid for this queue type";
            return Err(Failure::client("InvalidParameterValue", message));
        }
        if !body.chars().all(is_allowed) {
            let message = "The message contains characters outside the allowed set.";
            return Err(Failure::client("InvalidMessageContents", message));
        }
        let (arn, now) = (self.queue_arn()?, Instant::now());
        let mut state = self.messaging.lock();
        let settings = &state.queues.get(&arn).ok_or_else(no_such_queue)?.queue.settings;
        if body.len() > settings.largest {
            let largest = settings.largest;
            let message = format!(
                "One or more parameters are invalid. Reason: Message must be shorter than {largest} bytes."
            );
            return Err(Failure::client("InvalidParameterValue", message));
        }
        let visible = later(now, delay.unwrap_or(settings.delay));
        let id = message_id();
        let message = Message::new(id.as_str().into(), body.into(), now);
        state.deliver(&self.inner.faults, self.operation, &arn, message, visible);
        Ok(json!({"MessageId": id, "MD5OfMessageBody": md5(body.as_bytes())}))
    }

    pub(super) fn send_batch(&self) -> Result<Value, Failure> {
        let entries = self.input.get("Entries").and_then(Value::as_array).into_iter().flatten();
        let lengths =
            entries.filter_map(|entry| entry.get("MessageBody").and_then(Value::as_str)).map(str::len);
        if lengths.sum::<usize>() > LARGEST_BATCH {
            let message = format!("Batch requests cannot be longer than {LARGEST_BATCH} bytes.");
            return Err(Failure::client("BatchRequestTooLong", message));
        }
        self.batch(|call, entry| call.send(entry))
    }

    pub(super) async fn receive(&self) -> Result<Value, Failure> {
        let request = Receive::read(self.input)?;
        let arn = self.queue_arn()?;
        let (first, wait, door) = {
            let mut state = self.messaging.lock();
            let held = state.queues.get_mut(&arn).ok_or_else(no_such_queue)?;
            let wait = request.wait.unwrap_or(held.queue.settings.wait);
            if wait.is_zero() && held.queue.is_over_limit(Instant::now()) {
                return Err(Failure::client("OverLimit", "Too many messages in flight"));
            }
            let door = held.door.clone();
            drop(state);
            (self.take(&arn, &request)?, wait, door)
        };
        if first.is_some() || wait.is_zero() {
            return Ok(first.unwrap_or_else(|| json!({})));
        }
        let deadline = later(Instant::now(), wait);
        let Ok(_turn) = tokio::time::timeout_at(deadline, door.turn.lock()).await else {
            return Ok(json!({}));
        };
        loop {
            self.inner.settle();
            if let Some(messages) = self.take(&arn, &request)? {
                return Ok(messages);
            }
            if Instant::now() >= deadline {
                return Ok(json!({}));
            }
            // A message of a job that ends before that, or one that becomes visible, comes without any news.
            let visible = self.messaging.lock().queues.get(&arn).and_then(|held| held.queue.next_visible());
            let next = [visible, self.inner.jobs.next_end()].into_iter().flatten().fold(deadline, Ord::min);
            tokio::select! {
                () = door.news.notified() => {}
                () = tokio::time::sleep_until(next) => {}
            }
        }
    }

    /// The messages that can be received now; none if there are none.
    fn take(&self, arn: &str, request: &Receive) -> Result<Option<Value>, Failure> {
        let mut state = self.messaging.lock();
        let received =
            state.take(arn, Instant::now(), request.most, request.visibility).ok_or_else(no_such_queue)?;
        let queue = state.queues.get(arn).map_or(0, |held| held.serial);
        drop(state);
        let Received { taken, .. } = received;
        let messages: Vec<Value> =
            taken.iter().map(|(receipt, message)| self.message(queue, *receipt, message, request)).collect();
        Ok((!messages.is_empty()).then(|| json!({ "Messages": messages })))
    }

    fn message(&self, queue: u64, receipt: Receipt, message: &Message, request: &Receive) -> Value {
        let Message { id, body, sent, first_received, receives, gave_up } = message;
        let mut answer = json!({
            "MessageId": &**id,
            "ReceiptHandle": receipt::handle(queue, receipt),
            "MD5OfBody": md5(body.as_bytes()),
            "Body": &**body,
        });
        let millis = |at: Instant| self.messaging.millis(at).to_string();
        let attributes = [
            ("SenderId", Some(self.messaging.account.clone())),
            ("SentTimestamp", Some(millis(*sent))),
            ("ApproximateReceiveCount", Some(receives.to_string())),
            ("ApproximateFirstReceiveTimestamp", first_received.map(millis)),
            ("DeadLetterQueueSourceArn", gave_up.as_deref().map(str::to_owned)),
        ];
        let wanted = |name: &str| request.attributes.iter().any(|asked| *asked == "All" || *asked == name);
        let attributes = attributes.into_iter().filter(|(name, _)| wanted(name));
        let attributes: Map<String, Value> =
            attributes.filter_map(|(name, value)| Some((name.to_owned(), json!(value?)))).collect();
        if !attributes.is_empty() {
            answer["Attributes"] = Value::Object(attributes);
        }
        answer
    }

    pub(super) fn delete(&self, entry: &Value) -> Result<Value, Failure> {
        self.with_queue(|_, held, _| {
            let receipt = receipt_of(held, entry)?;
            held.queue.delete(receipt);
            Ok(json!({}))
        })
    }

    pub(super) fn change_visibility(&self, entry: &Value) -> Result<Value, Failure> {
        let timeout = seconds(entry, "VisibilityTimeout", LONGEST_IN_FLIGHT.as_secs())?;
        let timeout = timeout.ok_or_else(|| missing("VisibilityTimeout"))?;
        self.with_queue(|_, held, now| {
            let receipt = receipt_of(held, entry)?;
            held.queue.change_visibility(receipt, timeout, now).map_err(not_changed)?;
            held.door.news.notify_one();
            Ok(json!({}))
        })
    }

    /// Does the same with every entry, and reports the result of each.
    pub(super) fn batch(
        &self,
        each: impl Fn(&Self, &Value) -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        self.with_queue(|_, _, _| Ok(()))?;
        let entries =
            self.input.get("Entries").and_then(Value::as_array).ok_or_else(|| missing("Entries"))?;
        let ids = batch_ids(entries)?;
        let mut answer = json!({});
        for (id, entry) in ids.into_iter().zip(entries) {
            let (list, result) = match each(self, entry) {
                Ok(mut result) => {
                    result["Id"] = json!(id);
                    ("Successful", result)
                }
                Err(failure) => {
                    let (_, code) = wire_code(failure.code());
                    let result =
                        json!({"Id": id, "SenderFault": true, "Code": code, "Message": failure.message()});
                    ("Failed", result)
                }
            };
            match answer.get_mut(list).and_then(Value::as_array_mut) {
                Some(results) => results.push(result),
                None => answer[list] = json!([result]),
            }
        }
        Ok(answer)
    }
}

/// What a `ReceiveMessage` asks for.
struct Receive<'a> {
    most: usize,
    visibility: Option<Duration>,
    wait: Option<Duration>,
    attributes: Vec<&'a str>,
}

impl<'a> Receive<'a> {
    fn read(input: &'a Value) -> Result<Self, Failure> {
        let most = integer(input, "MaxNumberOfMessages", 1, 10)?.unwrap_or(1);
        let mut attributes = names(input, "AttributeNames")?;
        attributes.extend(names(input, "MessageSystemAttributeNames")?);
        Ok(Self {
            most: usize::try_from(most).unwrap_or(1),
            visibility: seconds(input, "VisibilityTimeout", LONGEST_IN_FLIGHT.as_secs())?,
            wait: seconds(input, "WaitTimeSeconds", 20)?,
            attributes,
        })
    }
}

/// The ids of the entries: one to ten, well-formed and distinct.
fn batch_ids(entries: &[Value]) -> Result<Vec<&str>, Failure> {
    if entries.is_empty() {
        let message = "There should be at least one entry in the request.";
        return Err(Failure::client("EmptyBatchRequest", message));
    }
    if entries.len() > 10 {
        let message =
            format!("Maximum number of entries per request are 10. You have sent {}.", entries.len());
        return Err(Failure::client("TooManyEntriesInBatchRequest", message));
    }
    let mut ids: Vec<&str> = Vec::with_capacity(entries.len());
    for entry in entries {
        let id = required(entry, "Id")?;
        if !attributes::is_queue_name(id) {
            let message = "A batch entry id can only contain alphanumeric characters, hyphens and underscores. It can be \
                           at most 80 letters long.";
            return Err(Failure::client("InvalidBatchEntryId", message));
        }
        if ids.contains(&id) {
            return Err(Failure::client("BatchEntryIdsNotDistinct", format!("Id {id} repeated.")));
        }
        ids.push(id);
    }
    Ok(ids)
}

fn receipt_of(held: &Held, entry: &Value) -> Result<Receipt, Failure> {
    let handle = required(entry, "ReceiptHandle")?;
    receipt::read(held.serial, handle).ok_or_else(|| {
        Failure::client("ReceiptHandleIsInvalid", "The input receipt handle is not a valid receipt handle.")
    })
}

fn not_changed(reason: NotChanged) -> Failure {
    let invalid = |message: &str| Failure::client("InvalidParameterValue", message);
    match reason {
        NotChanged::NotInFlight => {
            Failure::client("MessageNotInflight", "The specified message isn't in flight.")
        }
        NotChanged::Gone => invalid(
            "Value for parameter ReceiptHandle is invalid. Reason: Message does not exist or is not available for \
             visibility timeout change.",
        ),
        NotChanged::TooLong => invalid(
            "Value for parameter VisibilityTimeout is invalid. Reason: Total VisibilityTimeout for the message is beyond \
             the limit [43200 seconds].",
        ),
    }
}

/// The characters of XML 1.0.
fn is_allowed(c: char) -> bool {
    matches!(c, '\t' | '\n' | '\r' | ' '..='\u{d7ff}' | '\u{e000}'..='\u{fffd}' | '\u{10000}'..)
}
