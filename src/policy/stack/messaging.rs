//! The topic of completions, the queue behind it, and the dead-letter queue.

use super::super::names::Names;
use super::super::notification;
use super::super::value::Value;
use super::node::{Node, list, map, reference};
use super::own_name;

pub(super) const TOPIC_SUFFIX: &str = "-completions";
pub(super) const QUEUE_SUFFIX: &str = "-completions";
pub(super) const DEAD_LETTERS_SUFFIX: &str = "-completions-dead";

/// How often a message is received before it goes to the dead letters.
const MOST_RECEPTIONS: u32 = 5;
const DAY: u32 = 24 * 60 * 60;
/// The age of a dead letter counts from when it was first sent, so the queue must not use up the time of its dead letters: at least 10
/// days are left ("Using dead-letter queues in Amazon SQS" in the Amazon SQS developer guide).
const RETENTION: u32 = 4 * DAY;
/// The longest that SQS keeps a message.
const RETENTION_OF_DEAD_LETTERS: u32 = 14 * DAY;

pub(super) fn resources(names: &Names) -> Vec<(&'static str, Node)> {
    let redrive = map! {
        "deadLetterTargetArn": reference("DeadLetterQueue.Arn"),
        "maxReceiveCount": MOST_RECEPTIONS,
    };
    // By name: with the reference above, another one would be a cycle.
    let allowed = map! { "redrivePermission": "byQueue", "sourceQueueArns": list![names.queue.clone()] };
    let subscription = map! {
        "Protocol": "sqs",
        "TopicArn": reference("CompletionTopic"),
        "Endpoint": reference("CompletionQueue.Arn"),
    };
    let topic = map! { "TopicName": own_name(TOPIC_SUFFIX), "KmsMasterKeyId": reference("Key.Arn") };
    vec![
        ("CompletionTopic", map! { "Type": "AWS::SNS::Topic", "Properties": topic }),
        (
            "CompletionTopicPolicy",
            map! {
                "Type": "AWS::SNS::TopicPolicy",
                "Properties": map! {
                    "Topics": list![reference("CompletionTopic")],
                    "PolicyDocument": notification::topic(names),
                },
            },
        ),
        ("CompletionQueue", queue(own_name(QUEUE_SUFFIX), RETENTION, "RedrivePolicy", redrive)),
        ("CompletionQueuePolicy", policy("CompletionQueue", notification::queue(names))),
        (
            "DeadLetterQueue",
            queue(own_name(DEAD_LETTERS_SUFFIX), RETENTION_OF_DEAD_LETTERS, "RedriveAllowPolicy", allowed),
        ),
        ("DeadLetterQueuePolicy", policy("DeadLetterQueue", notification::dead_letters(names))),
        (
            "CompletionSubscription",
            // Before the policy exists, the topic may not send.
            map! {
                "Type": "AWS::SNS::Subscription",
                "DependsOn": "CompletionQueuePolicy",
                "Properties": subscription,
            },
        ),
    ]
}

fn queue(name: Value, retention: u32, redrive: &'static str, rule: Node) -> Node {
    let properties = map! {
        "QueueName": name,
        "KmsMasterKeyId": reference("Key.Arn"),
        "KmsDataKeyReusePeriodSeconds": 300_u32,
        "MessageRetentionPeriod": retention,
        "ReceiveMessageWaitTimeSeconds": 20_u32,
        "VisibilityTimeout": 60_u32,
    };
    map! { "Type": "AWS::SQS::Queue", "Properties": properties.with(redrive, rule) }
}

fn policy(queue: &'static str, document: super::super::language::PolicyDocument) -> Node {
    map! {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": map! { "Queues": list![reference(queue)], "PolicyDocument": document },
    }
}
