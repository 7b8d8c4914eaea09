//! From the end of a job to the queue: the role that Textract publishes as, the topic, and the queue behind it.

use super::language::{PolicyDocument, Principal, Statement, Test};
use super::names::Names;
use super::value::Value;

/// Who assumes the role: Textract, and only for jobs of this account.
pub(super) fn trust(names: &Names) -> PolicyDocument {
    service_trust(names, "TextractOfThisAccount", "textract.amazonaws.com", "textract", "*")
}

/// The trust policy of a role that a service assumes for jobs of this account: the conditions keep it from being used for somebody
/// else's ("The confused deputy problem" in the IAM user guide).
pub(super) fn service_trust(
    names: &Names,
    sid: &'static str,
    service: &'static str,
    of: &'static str,
    resource: &'static str,
) -> PolicyDocument {
    let jobs = names.anything_of(of, "*".into(), resource);
    PolicyDocument::new([Statement::allow(sid)
        .principal(Principal::Service(service.into()))
        .actions(["sts:AssumeRole"])
        .when(Test::StringEquals, "aws:SourceAccount", [names.account.clone()])
        .when(Test::ArnLike, "aws:SourceArn", [jobs])])
}

/// What the role may do: publish to that topic, encrypted.
pub(super) fn permissions(names: &Names) -> PolicyDocument {
    PolicyDocument::new([
        Statement::allow("PublishCompletions")
            .actions(["sns:Publish"])
            .resources([names.topic.clone()])
            .when(Test::StringEquals, "aws:ResourceAccount", [names.account.clone()]),
        Statement::allow("PublishEncrypted")
            .actions(["kms:GenerateDataKey", "kms:Decrypt"])
            .resources([names.key.clone()])
            .when(Test::StringEquals, "kms:ViaService", [names.via("sns")]),
    ])
}

/// Of the topic: only that role publishes, and only over TLS.
pub(super) fn topic(names: &Names) -> PolicyDocument {
    let about = |statement: Statement| statement.actions(["sns:Publish"]).resources([names.topic.clone()]);
    let role = [names.notification_role.clone()];
    PolicyDocument::new([
        about(Statement::allow("PublishByRole")).principal(Principal::Aws(role.to_vec())),
        about(Statement::deny("DenyOtherPublishers")).principal(Principal::Everybody).when(
            Test::ArnNotEquals,
            "aws:PrincipalArn",
            role,
        ),
        about(Statement::deny("DenyInsecureTransport")).principal(Principal::Everybody).when(
            Test::Bool,
            "aws:SecureTransport",
            ["false"],
        ),
    ])
}

/// Of the queue: only the topic sends to it, and only over TLS.
pub(super) fn queue(names: &Names) -> PolicyDocument {
    let topic = [names.topic.clone()];
    let sends =
        |statement: Statement| statement.actions(["sqs:SendMessage"]).resources([names.queue.clone()]);
    PolicyDocument::new([
        sends(Statement::allow("SendByTopic"))
            .principal(Principal::Service("sns.amazonaws.com".into()))
            .when(Test::ArnEquals, "aws:SourceArn", topic.clone())
            .when(Test::StringEquals, "aws:SourceAccount", [names.account.clone()]),
        sends(Statement::deny("DenyOtherSenders")).principal(Principal::Everybody).when(
            Test::ArnNotEquals,
            "aws:SourceArn",
            topic,
        ),
        insecure(&names.queue),
    ])
}

/// Of the dead-letter queue: SQS itself moves messages there, and nobody sends any.
pub(super) fn dead_letters(names: &Names) -> PolicyDocument {
    PolicyDocument::new([
        Statement::deny("DenySenders")
            .principal(Principal::Everybody)
            .actions(["sqs:SendMessage"])
            .resources([names.dead_letters.clone()]),
        insecure(&names.dead_letters),
    ])
}

fn insecure(queue: &Value) -> Statement {
    Statement::deny("DenyInsecureTransport")
        .principal(Principal::Everybody)
        .actions(["sqs:*"])
        .resources([queue.clone()])
        .when(Test::Bool, "aws:SecureTransport", ["false"])
}
