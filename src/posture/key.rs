//! The key: who manages it, whether it works and rotates, and whom its policy lets in.

use aws_sdk_kms::types::{KeyManagerType, KeyMetadata, KeySpec, KeyState, KeyUsageType};

use super::ask::{Ask, Unanswered};
use super::report::{Control, Outcome, Question};
use super::statement::Statements;
use crate::clients::Clients;
use crate::resource::KmsKey;

const DESCRIBE: Ask = Ask { operation: "DescribeKey", permission: "kms:DescribeKey", absent: &[] };
const ROTATION: Ask = Ask {
    operation: "GetKeyRotationStatus",
    permission: "kms:GetKeyRotationStatus",
    absent: &["UnsupportedOperationException"],
};
/// Never across accounts, whatever the permissions.
const POLICY: Ask = Ask { operation: "GetKeyPolicy", permission: "kms:GetKeyPolicy", absent: &[] };

const NO_CLIENT: &str = "the clients have no KMS client";

/// The controls of the key, and its ARN if KMS or the caller names it.
pub(super) async fn controls(clients: &Clients, key: &KmsKey) -> (Vec<Control>, Option<KmsKey>) {
    let named = (key.is_arn() && !key.is_alias()).then(|| key.clone());
    let Some(kms) = clients.kms().map(|checks| checks.client()) else {
        let missing = || Outcome::not_evaluated(NO_CLIENT);
        let described = described(&Err(Unanswered::Because(NO_CLIENT.into())));
        let rest = [
            Control::new(Question::Sec10, "key-rotation", missing()),
            Control::new(Question::Sec10, "key-policy-not-public", missing()),
            Control::new(Question::Sec4, "key-policy-binds-services", missing()),
        ];
        return (described.into_iter().chain(rest).collect(), named);
    };
    let metadata = DESCRIBE.send(kms.describe_key().key_id(key.as_str()).send()).await;
    let metadata = metadata.and_then(|answer| {
        answer
            .and_then(|answer| answer.key_metadata)
            .ok_or(Unanswered::Because("KMS does not describe the key".into()))
    });
    // The two other operations take no alias.
    let arn =
        metadata.as_ref().ok().and_then(|metadata| metadata.arn.as_deref()?.parse::<KmsKey>().ok()).or(named);
    let id = arn.as_ref().unwrap_or(key).as_str();
    let (rotation, policy) = futures::join!(
        ROTATION.send(kms.get_key_rotation_status().key_id(id).send()),
        POLICY.send(kms.get_key_policy().key_id(id).policy_name("default").send()),
    );
    let rotation = match rotation {
        Ok(Some(status)) if status.key_rotation_enabled => Outcome::pass("KMS rotates the key by itself"),
        Ok(Some(_)) => {
            Outcome::fail("KMS does not rotate the key", "turn on automatic rotation (kms:EnableKeyRotation)")
        }
        Ok(None) => Outcome::fail(
            "KMS cannot rotate the key by itself: its material is imported, or in a custom key store",
            "use a symmetric key whose material KMS made",
        ),
        Err(unanswered) => unanswered.into(),
    };
    let (public, services) = policy_outcomes(policy.map(|answer| answer.and_then(|answer| answer.policy)));
    let mut controls = described(&metadata);
    controls.push(Control::new(Question::Sec10, "key-rotation", rotation));
    controls.push(Control::new(Question::Sec10, "key-policy-not-public", public));
    controls.push(Control::new(Question::Sec4, "key-policy-binds-services", services));
    (controls, arn)
}

/// The controls that need `DescribeKey` alone.
fn described(metadata: &Result<KeyMetadata, Unanswered>) -> Vec<Control> {
    let control = |question, id, check: fn(&KeyMetadata) -> Outcome| {
        let outcome = match metadata {
            Ok(metadata) => check(metadata),
            Err(unanswered) => unanswered.clone().into(),
        };
        Control::new(question, id, outcome)
    };
    vec![
        control(Question::Sec6, "key-customer-managed", customer_managed),
        control(Question::Sec6, "key-symmetric", symmetric),
        control(Question::Sec10, "key-enabled", enabled),
    ]
}

fn customer_managed(metadata: &KeyMetadata) -> Outcome {
    match metadata.key_manager {
        Some(KeyManagerType::Customer) => Outcome::pass("the key is customer-managed"),
        _ => Outcome::fail("the key is managed by AWS", "create a customer-managed key and name that"),
    }
}

fn symmetric(metadata: &KeyMetadata) -> Outcome {
    let symmetric = metadata.key_spec == Some(KeySpec::SymmetricDefault);
    if symmetric && metadata.key_usage == Some(KeyUsageType::EncryptDecrypt) {
        return Outcome::pass("the key is symmetric and for encryption");
    }
    Outcome::fail(
        "the key is not symmetric (SYMMETRIC_DEFAULT) or not for encryption (ENCRYPT_DECRYPT), as S3 needs",
        "create a symmetric key for encryption and name that",
    )
}

fn enabled(metadata: &KeyMetadata) -> Outcome {
    if metadata.enabled && metadata.key_state == Some(KeyState::Enabled) {
        return Outcome::pass("the key is enabled");
    }
    let state = metadata.key_state.as_ref().map_or("unknown", KeyState::as_str);
    Outcome::fail(format!("the key's state is {state}"), "enable it, or cancel its deletion")
}

/// Whether the policy lets everybody in, and whether it lets services in on anybody's behalf.
fn policy_outcomes(policy: Result<Option<String>, Unanswered>) -> (Outcome, Outcome) {
    let policy = match policy {
        Ok(policy) => policy.unwrap_or_default(),
        Err(unanswered) => return (unanswered.clone().into(), unanswered.into()),
    };
    let Ok(statements) = Statements::read(&policy) else {
        let unreadable = || {
            Outcome::not_evaluated(
                "the key's policy has a part that this crate does not know: have a person read it",
            )
        };
        return (unreadable(), unreadable());
    };
    let public = if statements.allow_anybody() {
        Outcome::fail(
            "the key's policy allows something to everybody, or to everybody except some",
            "name accounts or roles as its principals, or bind it by kms:CallerAccount or aws:PrincipalOrgID",
        )
    } else {
        Outcome::pass("the key's policy names whom it lets in")
    };
    let services = if statements.allow_unbound_services() {
        Outcome::fail(
            "the key's policy lets a service use the key on anybody's behalf",
            "bind the statement by aws:SourceAccount or aws:SourceArn",
        )
    } else {
        Outcome::pass("every service that the key's policy lets in is bound to a source")
    };
    (public, services)
}
