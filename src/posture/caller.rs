//! The caller: the account, and the kind of credentials.

use super::ask::{Ask, Unanswered};
use super::report::{Control, Outcome, Question};
use crate::clients::Clients;
use crate::resource::AccountId;

const IDENTITY: Ask =
    Ask { operation: "GetCallerIdentity", permission: "sts:GetCallerIdentity", absent: &[] };

pub(super) async fn controls(clients: &Clients, expected: Option<&AccountId>) -> Vec<Control> {
    let identity = match clients.sts() {
        Some(sts) => IDENTITY.send(sts.get_caller_identity().send()).await,
        None => Err(Unanswered::Because("the clients have no STS client".into())),
    };
    let (account, role) = match identity {
        Ok(answer) => {
            let (account, arn) = answer.map(|answer| (answer.account, answer.arn)).unwrap_or_default();
            (account_outcome(account, expected), role(arn.as_deref().unwrap_or_default()))
        }
        Err(unanswered) => (unanswered.clone().into(), unanswered.into()),
    };
    vec![
        Control::new(Question::Sec12, "caller-account", account),
        Control::new(Question::Sec3, "caller-role", role),
    ]
}

fn account_outcome(account: Option<String>, expected: Option<&AccountId>) -> Outcome {
    let account = account.and_then(|account| account.parse::<AccountId>().ok());
    match (account, expected) {
        (None, _) => Outcome::not_evaluated("STS does not say whose the credentials are"),
        (Some(_), None) => {
            Outcome::not_evaluated("no expected account is known: give one, or name the key by its ARN")
        }
        (Some(account), Some(expected)) if account == *expected => {
            Outcome::pass(format!("the caller is of account {account}"))
        }
        (Some(account), Some(expected)) => Outcome::fail(
            format!("the caller is of account {account}, and {expected} is expected"),
            "use credentials of the expected account, or correct the account",
        ),
    }
}

/// Whether it is an assumed role. The name of the session can be a person's, and is not repeated.
fn role(arn: &str) -> Outcome {
    let remedy = "assume a role, whose credentials expire";
    let resource = arn.splitn(6, ':').nth(5).unwrap_or_default();
    match resource.split('/').next() {
        Some("assumed-role") => Outcome::pass("the caller has assumed a role"),
        Some("root") => Outcome::fail("the caller is the root user of the account", remedy),
        Some("user" | "federated-user") => Outcome::fail("the caller is a user, not a role", remedy),
        _ => Outcome::not_evaluated("STS does not say what kind of principal the caller is"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn kinds_of_callers() {
        let is_pass = |arn| matches!(role(arn), Outcome::Pass { .. });
        assert!(is_pass("arn:aws:sts::111122223333:assumed-role/starter/session"));
        for arn in ["arn:aws:iam::111122223333:user/assumed-role/a", "arn:aws:iam::111122223333:root"] {
            assert!(matches!(role(arn), Outcome::Fail { .. }), "{arn}");
        }
        for arn in ["", "arn:aws:sts::111122223333", "nonsense"] {
            assert!(matches!(role(arn), Outcome::NotEvaluated { .. }), "{arn}");
        }
    }
}
