//! What a policy does: whether it keeps out what is not sealed, and whether it lets everybody in.
//!
//! Each answer errs on the safe side. A denial counts only if nothing narrows it: with one more condition, a principal left out or
//! another resource, it does not. A permission counts as public unless a condition that is known to narrow it does so.

use super::statement::{Condition, Principals, Statement, Statements};

/// The action that a key is denied for. Uploads in parts need it too.
const PUT: &str = "s3:PutObject";

/// The condition key of the KMS key in the request that puts an object.
const KEY_HEADER: &str = "s3:x-amz-server-side-encryption-aws-kms-key-id";

impl Statements {
    /// Whether every request that does not come over TLS is denied: for the bucket itself and for all its objects.
    pub(super) fn deny_plain_http(&self, bucket_arn: &str) -> bool {
        let denials = || {
            self.denials().filter(|statement| {
                statement.actions.cover_all_of_s3()
                    && matches!(statement.conditions.as_slice(), [only] if only.is_plain_http())
            })
        };
        denials().any(|statement| statement.resources.cover_resource(bucket_arn))
            && denials().any(|statement| statement.resources.cover_all_below(&format!("{bucket_arn}/")))
    }

    /// Whether putting an object with any key but this one is denied, for all objects whose ARN begins with `below`.
    pub(super) fn deny_other_keys(&self, below: &str, key_arn: &str) -> bool {
        self.denials_of_puts(below).any(|statement| {
            // `Null: false` alongside means: if a key is named at all.
            let (of_presence, rest): (Vec<_>, Vec<_>) =
                statement.conditions.iter().partition(|condition| condition.is_null_test("false"));
            of_presence.len() <= 1 && matches!(rest.as_slice(), [only] if only.is_other_key(key_arn))
        })
    }

    /// Whether putting an object without naming a key is denied, for all objects whose ARN begins with `below`.
    ///
    /// A negated operator is true for a request without the key, with `IfExists` and without: "IAM JSON policy elements:
    /// Condition operators". The empty objects by which the services see whether they may write can be left out, as no page says
    /// that they name a key for those.
    pub(super) fn deny_missing_key(&self, below: &str) -> bool {
        self.denials().any(|statement| {
            let resources = &statement.resources;
            statement.actions.cover_action(PUT)
                && (resources.cover_all_below(below) || resources.cover_all_but_access_checks())
                && matches!(
                    statement.conditions.as_slice(),
                    [only] if only.is_null_test("true") || only.is_negated_key()
                )
        })
    }

    /// Whether everybody is allowed something, or everybody except some.
    pub(super) fn allow_anybody(&self) -> bool {
        self.permissions().any(|statement| {
            statement.principals == Principals::AllBut
                || statement.principals == Principals::Everyone && !statement.is_bound()
        })
    }

    /// Whether a service is allowed something on anybody's behalf: the confused deputy.
    pub(super) fn allow_unbound_services(&self) -> bool {
        self.permissions().any(|statement| {
            statement.principals == (Principals::These { services: true }) && !statement.is_bound()
        })
    }

    fn denials(&self) -> impl Iterator<Item = &Statement> {
        self.0.iter().filter(|statement| statement.denies && statement.principals == Principals::Everyone)
    }

    fn denials_of_puts(&self, below: &str) -> impl Iterator<Item = &Statement> {
        self.denials().filter(move |statement| {
            statement.actions.cover_action(PUT) && statement.resources.cover_all_below(below)
        })
    }

    fn permissions(&self) -> impl Iterator<Item = &Statement> {
        self.0.iter().filter(|statement| !statement.denies)
    }
}

impl Statement {
    /// Whether a condition ties it to accounts, organisations or principals that it names.
    fn is_bound(&self) -> bool {
        self.conditions.iter().any(Condition::binds)
    }
}

impl Condition {
    fn is_plain_http(&self) -> bool {
        self.operator == "bool"
            && self.key == "aws:securetransport"
            && self.values.iter().any(|value| value.eq_ignore_ascii_case("false"))
    }

    fn is_null_test(&self, of: &str) -> bool {
        self.operator == "null"
            && self.key == KEY_HEADER
            && matches!(self.values.as_slice(), [only] if only.eq_ignore_ascii_case(of))
    }

    /// Whether it holds for every key except this one.
    fn is_other_key(&self, key_arn: &str) -> bool {
        self.is_negated_key() && self.values.iter().all(|value| value == key_arn)
    }

    /// Whether it holds if the request names no key. Which keys it names is for [`is_other_key`](Self::is_other_key).
    fn is_negated_key(&self) -> bool {
        let negated =
            ["stringnotequals", "stringnotequalsignorecase", "stringnotlike", "arnnotequals", "arnnotlike"];
        negated.contains(&self.operator.as_str()) && self.key == KEY_HEADER && !self.values.is_empty()
    }

    /// Whether it holds only for accounts, organisations or principals that it names.
    fn binds(&self) -> bool {
        let positive = ["stringequals", "stringequalsignorecase", "stringlike", "arnequals", "arnlike"];
        // With IfExists it also holds for requests without the key.
        if self.if_exists || !positive.contains(&self.operator.as_str()) || self.values.is_empty() {
            return false;
        }
        let named: fn(&str) -> bool = match self.key.as_str() {
            "kms:calleraccount" | "aws:principalaccount" | "aws:sourceaccount" => is_account,
            "aws:principalorgid" | "aws:sourceorgid" => |id| id.starts_with("o-") && !has_wildcard(id),
            "aws:principalarn" | "aws:sourcearn" => |arn| arn.split(':').nth(4).is_some_and(is_account),
            _ => return false,
        };
        self.values.iter().all(|value| named(value))
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}

fn has_wildcard(text: &str) -> bool {
    text.contains(['*', '?', '$'])
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    const BUCKET: &str = "arn:aws:s3:::amzn-s3-demo-results";
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn read(statements: Value) -> Statements {
        Statements::read(&json!({"Version": "2012-10-17", "Statement": statements}).to_string()).unwrap()
    }

    /// A statement, with members put in place of its own.
    fn with(mut statement: Value, members: &Value) -> Statements {
        for (name, value) in members.as_object().unwrap() {
            statement[name] = value.clone();
        }
        read(statement)
    }

    fn tls() -> Value {
        json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [BUCKET, format!("{BUCKET}/*")],
            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
        })
    }

    fn other_key() -> Value {
        json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "Resource": format!("{BUCKET}/*"),
            "Condition": {"ArnNotEqualsIfExists": {KEY_HEADER: KEY}},
        })
    }

    fn below() -> String {
        format!("{BUCKET}/textract_output/")
    }

    #[test]
    fn a_denial_of_plain_http_in_every_spelling() {
        for members in [
            json!({}),
            json!({"Principal": {"AWS": "*"}}),
            json!({"Principal": {"AWS": ["*"]}, "Action": ["S3:*"]}),
            json!({"Action": "*", "Resource": "*"}),
            json!({"Resource": format!("{BUCKET}*")}),
            json!({"Condition": {"BoolIfExists": {"AWS:secureTRANSPORT": ["false"]}}}),
            json!({"Condition": {"bool": {"aws:SecureTransport": false}}}),
        ] {
            assert!(with(tls(), &members).deny_plain_http(BUCKET), "{members}");
        }
        let (mut bucket, mut objects) = (tls(), tls());
        bucket["Resource"] = json!(BUCKET);
        objects["Resource"] = json!(format!("{BUCKET}/*"));
        assert!(read(json!([bucket, objects])).deny_plain_http(BUCKET), "one statement each");
        assert!(!read(json!([bucket])).deny_plain_http(BUCKET));
        assert!(!read(json!([objects])).deny_plain_http(BUCKET));
    }

    #[test]
    fn a_denial_of_plain_http_that_leaves_something_out() {
        for members in [
            json!({"Effect": "Allow"}),
            json!({"Principal": {"AWS": "111122223333"}}),
            json!({"Principal": {"Service": "textract.amazonaws.com"}}),
            json!({"Action": ["s3:GetObject", "s3:PutObject"]}),
            json!({"Action": "s3:Get*"}),
            json!({"Action": "s3:?"}),
            json!({"Action": "s3:?*"}),
            json!({"Action": "?"}),
            json!({"Resource": format!("{BUCKET}/out/*")}),
            json!({"Resource": [BUCKET, format!("{BUCKET}/?*")]}),
            json!({"Resource": ["arn:aws:s3:::other", "arn:aws:s3:::other/*"]}),
            json!({"Condition": {}}),
            json!({"Condition": {"Bool": {"aws:SecureTransport": "true"}}}),
            json!({"Condition": {"BoolIfExists": {"aws:SecureTransport": []}}}),
            json!({"Condition": {"Bool": {"aws:SecureTransport": "false", "aws:ViaAWSService": "false"}}}),
            json!({"Condition": {"Bool": {"aws:SecureTransport": "false"}, "StringEquals": {"aws:userid": "a"}}}),
            json!({"Condition": {"ForAllValues:Bool": {"aws:SecureTransport": "false"}}}),
            json!({"Condition": {"Null": {"aws:SecureTransport": "false"}}}),
        ] {
            assert!(!with(tls(), &members).deny_plain_http(BUCKET), "{members}");
        }
        let mut but_some = tls();
        but_some.as_object_mut().unwrap().remove("Principal");
        but_some["NotPrincipal"] = json!({"AWS": "111122223333"});
        assert!(!read(but_some).deny_plain_http(BUCKET));
        for actions in [json!("s3:GetObject"), json!("s3:Get*"), json!("iam:*"), json!([])] {
            let mut all_but = tls();
            all_but.as_object_mut().unwrap().remove("Action");
            all_but["NotAction"] = actions;
            assert!(!read(all_but.clone()).deny_plain_http(BUCKET), "{all_but}");
        }
    }

    #[test]
    fn a_denial_of_other_keys_in_every_spelling() {
        for members in [
            json!({}),
            json!({"Action": "s3:Put*"}),
            json!({"Action": ["s3:GetObject", "s3:putobject"]}),
            json!({"Resource": format!("{BUCKET}/textract_output/*")}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: [KEY]}}}),
            json!({"Condition": {"stringnotequalsifexists": {KEY_HEADER.to_uppercase(): KEY}}}),
            json!({"Condition": {"ArnNotLike": {KEY_HEADER: KEY}}}),
        ] {
            let statements = with(other_key(), &members);
            assert!(statements.deny_other_keys(&below(), KEY), "{members}");
            assert!(statements.deny_missing_key(&below()), "{members}");
        }
        let named =
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: KEY}, "Null": {KEY_HEADER: "false"}}});
        let statements = with(other_key(), &named);
        assert!(statements.deny_other_keys(&below(), KEY));
        assert!(!statements.deny_missing_key(&below()), "only where a key is named");
        let missing = with(other_key(), &json!({"Condition": {"Null": {KEY_HEADER: true}}}));
        assert!(missing.deny_missing_key(&below()));
        assert!(!missing.deny_other_keys(&below(), KEY));
        let mut but_checks = json!({
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:PutObject",
            "NotResource": format!("{BUCKET}/*/.s3_access_check"),
            "Condition": {"Null": {KEY_HEADER: "true"}},
        });
        assert!(read(but_checks.clone()).deny_missing_key(&below()));
        but_checks["NotResource"] = json!([format!("{BUCKET}/*/.s3_access_check"), format!("{BUCKET}/*/1")]);
        assert!(!read(but_checks).deny_missing_key(&below()));
        let mut all_but = other_key();
        all_but.as_object_mut().unwrap().remove("Action");
        all_but["NotAction"] = json!("s3:Get*");
        assert!(read(all_but.clone()).deny_other_keys(&below(), KEY));
        all_but["NotAction"] = json!("s3:Put*");
        assert!(!read(all_but).deny_other_keys(&below(), KEY));
    }

    #[test]
    fn a_denial_of_other_keys_that_leaves_something_out() {
        let other = KEY.replace("1111", "4444");
        for members in [
            json!({"Effect": "Allow"}),
            json!({"Principal": {"AWS": "111122223333"}}),
            json!({"Action": "s3:GetObject"}),
            json!({"Resource": format!("{BUCKET}/elsewhere/*")}),
            json!({"Condition": {}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: other}}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: [KEY, other]}}}),
            json!({"Condition": {"StringNotLike": {KEY_HEADER: "arn:aws:kms:*"}}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: []}}}),
            json!({"Condition": {"StringEquals": {KEY_HEADER: KEY}}}),
            json!({"Condition": {"ForAnyValue:StringNotEquals": {KEY_HEADER: KEY}}}),
            json!({"Condition": {"StringNotEquals": {"s3:x-amz-server-side-encryption": "aws:kms"}}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: KEY, "aws:PrincipalArn": "a"}}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: KEY}, "Bool": {"aws:ViaAWSService": "false"}}}),
            json!({"Condition": {"StringNotEquals": {KEY_HEADER: KEY}, "Null": {KEY_HEADER: ["false", "true"]}}}),
        ] {
            assert!(!with(other_key(), &members).deny_other_keys(&below(), KEY), "{members}");
        }
    }

    fn permission() -> Value {
        json!({"Effect": "Allow", "Principal": "*", "Action": "kms:*", "Resource": "*"})
    }

    #[test]
    fn who_is_anybody() {
        for members in [
            json!({}),
            json!({"Principal": {"AWS": "*"}}),
            json!({"Principal": {"AWS": ["111122223333", "*"]}}),
            json!({"Principal": {"AWS": "*", "Service": "sns.amazonaws.com"}}),
            json!({"Condition": {"StringEquals": {"kms:ViaService": "s3.us-east-1.amazonaws.com"}}}),
            json!({"Condition": {"StringLike": {"kms:CallerAccount": "*"}}}),
            json!({"Condition": {"StringEqualsIfExists": {"kms:CallerAccount": "111122223333"}}}),
            json!({"Condition": {"ForAllValues:StringEquals": {"kms:CallerAccount": "111122223333"}}}),
            json!({"Condition": {"StringEquals": {"kms:CallerAccount": []}}}),
            json!({"Condition": {"StringNotEquals": {"kms:CallerAccount": "111122223333"}}}),
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/admin"}}}),
            json!({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "*"}}}),
        ] {
            assert!(with(permission(), &members).allow_anybody(), "{members}");
        }
        for members in [
            json!({"Effect": "Deny"}),
            json!({"Principal": {"AWS": "arn:aws:iam::111122223333:root"}}),
            json!({"Principal": {"Service": "sns.amazonaws.com"}}),
            json!({"Condition": {"StringEquals": {"KMS:callerAccount": ["111122223333"]}}}),
            json!({"Condition": {"StringEquals": {"aws:PrincipalOrgID": "o-a1b2c3d4e5"}}}),
            json!({"Condition": {"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::111122223333:role/*"}}}),
        ] {
            assert!(!with(permission(), &members).allow_anybody(), "{members}");
        }
        let mut all_but = permission();
        all_but.as_object_mut().unwrap().remove("Principal");
        all_but["NotPrincipal"] = json!({"AWS": "111122223333"});
        assert!(read(all_but).allow_anybody());
    }

    #[test]
    fn a_service_acts_for_somebody_named() {
        let service = json!({"Principal": {"Service": "sns.amazonaws.com"}});
        assert!(with(permission(), &service).allow_unbound_services());
        let mut bound = service.clone();
        bound["Condition"] = json!({"ArnLike": {"aws:SourceArn": "arn:aws:sns:us-east-1:111122223333:*"}});
        assert!(!with(permission(), &bound).allow_unbound_services());
        assert!(!with(permission(), &json!({"Principal": {"AWS": "111122223333"}})).allow_unbound_services());
    }
}
