//! What the stack created, in the form that the examples take.

use super::super::scope::Scope;
use super::super::value::Value;
use super::node::{Node, map};
use super::{BucketIds, Buckets, HAS_TRAIL, HAS_UPLOADERS, trail};

pub(super) fn outputs(scope: &Scope, buckets: &Buckets) -> Vec<(&'static str, Node)> {
    let place = |ids: BucketIds, prefix: &str| {
        Value::join(["s3://".into(), Value::reference(ids.bucket), format!("/{prefix}").into()])
    };
    let input = place(buckets.input, scope.documents().prefix());
    let output = place(buckets.output, scope.output().prefix().as_str());
    let sink = place(buckets.sink, scope.sink_location().1);
    let reference = Value::reference;
    let sealed = Value::join([
        " --output ".into(),
        output.clone(),
        " --kms-key ".into(),
        reference("Key.Arn"),
        " --bucket-owner ".into(),
        reference("AWS::AccountId"),
        " --topic-arn ".into(),
        reference("CompletionTopic"),
    ]);
    let submit = Value::join([
        "--input ".into(),
        input.clone(),
        sealed.clone(),
        " --role-arn ".into(),
        reference("NotificationRole.Arn"),
    ]);
    let worker = Value::join([
        "--queue-url ".into(),
        reference("CompletionQueue"),
        sealed,
        " --sink ".into(),
        sink.clone(),
    ]);
    let output_of = |value: Value, what: &'static str| map! { "Description": what, "Value": value };
    vec![
        ("KmsKeyArn", output_of(reference("Key.Arn"), "The key: --kms-key")),
        ("InputLocation", output_of(input, "Where the documents are: --input")),
        ("OutputLocation", output_of(output, "Where the results go: --output")),
        ("SinkLocation", output_of(sink, "Where documents are filed: --sink")),
        (
            "BucketOwner",
            output_of(reference("AWS::AccountId"), "The account that owns the buckets: --bucket-owner"),
        ),
        ("TopicArn", output_of(reference("CompletionTopic"), "The topic of completions: --topic-arn")),
        ("QueueUrl", output_of(reference("CompletionQueue"), "The queue of completions: --queue-url")),
        ("DeadLetterQueueUrl", output_of(reference("DeadLetterQueue"), "The dead-letter queue")),
        (
            "NotificationRoleArn",
            output_of(reference("NotificationRole.Arn"), "The role that Textract publishes as: --role-arn"),
        ),
        ("ComprehendRoleArn", output_of(reference("ComprehendRole.Arn"), "The role of Comprehend's jobs")),
        ("StarterRoleArn", output_of(reference("StarterRole.Arn"), "The role that starts jobs")),
        ("ReaderRoleArn", output_of(reference("ReaderRole.Arn"), "The role that reads results")),
        ("WorkerRoleArn", output_of(reference("WorkerRole.Arn"), "The role of the workers")),
        ("CheckerRoleArn", output_of(reference("CheckerRole.Arn"), "The role that evaluates the posture")),
        (
            "UploaderPolicyArn",
            output_of(reference("UploaderPolicy"), "The policy to attach to the roles that upload documents")
                .with("Condition", HAS_UPLOADERS),
        ),
        ("TrailArn", output_of(trail::arn(), "The trail").with("Condition", HAS_TRAIL)),
        ("SubmitFlags", output_of(submit, "The flags of the example submit, except --journal")),
        ("WorkerFlags", output_of(worker, "The flags of the example worker")),
    ]
}
