//! The topic of completions, the queue behind it, and the queue of what nobody could read.

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
/// 14 days, the longest that SQS keeps a message.
const LONGEST_RETENTION: u32 = 14 * 24 * 60 * 60;

pub(super) fn resources(names: &Names) -> Vec<(&'static str, Node)> {
    let redrive = map! {
        "deadLetterTargetArn": reference("DeadLetterQueue.Arn"),
        "maxReceiveCount": MOST_RECEPTIONS,
    };
    // By name: a reference would go in a circle with the one above.
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
        ("CompletionQueue", queue(own_name(QUEUE_SUFFIX), "RedrivePolicy", redrive)),
        ("CompletionQueuePolicy", policy("CompletionQueue", notification::queue(names))),
        ("DeadLetterQueue", queue(own_name(DEAD_LETTERS_SUFFIX), "RedriveAllowPolicy", allowed)),
        ("DeadLetterQueuePolicy", policy("DeadLetterQueue", notification::dead_letters(names))),
        (
            "CompletionSubscription",
            // Before the policy there is, the topic may not send.
            map! {
                "Type": "AWS::SNS::Subscription",
                "DependsOn": "CompletionQueuePolicy",
                "Properties": subscription,
            },
        ),
    ]
}

fn queue(name: Value, redrive: &'static str, rule: Node) -> Node {
    let properties = map! {
        "QueueName": name,
        "KmsMasterKeyId": reference("Key.Arn"),
        "KmsDataKeyReusePeriodSeconds": 300_u32,
        "MessageRetentionPeriod": LONGEST_RETENTION,
        "ReceiveMessageWaitTimeSeconds": 20_u32,
        "VisibilityTimeout": 60_u32,
    };
    map! { "Type": "AWS::SQS::Queue", "Properties": properties.with(redrive, rule) }
}

fn policy(queue: &'static str, document: super::super::document::PolicyDocument) -> Node {
    map! {
        "Type": "AWS::SQS::QueuePolicy",
        "Properties": map! { "Queues": list![reference(queue)], "PolicyDocument": document },
    }
}
