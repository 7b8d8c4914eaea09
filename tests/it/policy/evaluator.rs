//! What AWS decides about a request, by the policies that apply to it.
//!
//! It follows "Policy evaluation logic", "IAM JSON policy elements: Condition operators" and "Variables and tags" in the IAM user
//! guide, for the elements that the crate writes; anything else makes it panic rather than guess. moto does not evaluate conditions,
//! and no free library that runs here does.

use std::collections::BTreeMap;

use serde_json::Value;

/// A request, as policies see it.
#[derive(Clone, Debug)]
pub struct Request {
    pub caller: Caller,
    pub action: String,
    pub resource: String,
    /// Keys in lower case.
    pub context: BTreeMap<String, String>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Caller {
    Anonymous,
    Role(String),
    Service(String),
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Decision {
    Allowed,
    /// By the statement of this id.
    Denied(String),
    /// Nothing allows it.
    NotAllowed,
}

/// The policies that apply, and which of them have to allow the request.
#[derive(Clone, Copy, Debug, Default)]
pub struct Applying<'a> {
    pub identity: &'a [&'a Value],
    pub resource: Option<&'a Value>,
    /// That of the VPC endpoint, which has to allow as well.
    pub endpoint: Option<&'a Value>,
    pub needs: Needs,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Needs {
    /// Within an account, either is enough.
    #[default]
    Either,
    /// Across accounts, both: what is allowed then is also allowed within an account.
    Both,
    /// The trust of a role, and anything that a service does: there is no identity.
    Resource,
}

pub fn decide(request: &Request, applying: Applying<'_>) -> Decision {
    let all = applying.identity.iter().copied().chain(applying.resource).chain(applying.endpoint);
    let denial = all
        .flat_map(statements)
        .find(|statement| statement["Effect"] == "Deny" && applies(statement, request));
    if let Some(statement) = denial {
        return Decision::Denied(statement["Sid"].as_str().unwrap().to_owned());
    }
    let allows = |policy: &Value| {
        statements(policy).any(|statement| statement["Effect"] == "Allow" && applies(statement, request))
    };
    let by_identity = applying.identity.iter().any(|policy| allows(policy));
    let by_resource = applying.resource.is_some_and(allows);
    let allowed = match applying.needs {
        Needs::Either => by_identity || by_resource,
        Needs::Both => by_identity && by_resource,
        Needs::Resource => by_resource,
    };
    match allowed && applying.endpoint.is_none_or(allows) {
        true => Decision::Allowed,
        false => Decision::NotAllowed,
    }
}

fn statements(policy: &Value) -> impl Iterator<Item = &Value> {
    policy["Statement"].as_array().expect("a list of statements").iter()
}

fn applies(statement: &Value, request: &Request) -> bool {
    for element in statement.as_object().unwrap().keys() {
        let known = ["Sid", "Effect", "Principal", "Action", "Resource", "NotResource", "Condition"]
            .contains(&element.as_str());
        assert!(known, "{element} is not evaluated here");
    }
    let is_action = |pattern: &str| glob(&pattern.to_lowercase(), &request.action.to_lowercase());
    let is_resource = |pattern: &str| glob(pattern, &request.resource);
    let is_about = || match (statement.get("Resource"), statement.get("NotResource")) {
        (Some(these), None) => texts(these).any(is_resource),
        (None, Some(others)) => !texts(others).any(is_resource),
        (None, None) => true,
        (Some(_), Some(_)) => panic!("Resource and NotResource"),
    };
    texts(&statement["Action"]).any(is_action)
        && is_about()
        && statement.get("Principal").is_none_or(|principal| is_principal(principal, &request.caller))
        && statement.get("Condition").is_none_or(|all| conditions(all, &request.context))
}

fn is_principal(principal: &Value, caller: &Caller) -> bool {
    if principal == "*" {
        return true;
    }
    let (kind, name) = match caller {
        Caller::Anonymous => return false,
        Caller::Role(arn) => ("AWS", arn),
        Caller::Service(name) => ("Service", name),
    };
    principal.get(kind).is_some_and(|names| texts(names).any(|text| text == name))
}

fn conditions(all: &Value, context: &BTreeMap<String, String>) -> bool {
    all.as_object().unwrap().iter().all(|(operator, keys)| {
        keys.as_object().unwrap().iter().all(|(key, values)| {
            let said = context.get(&key.to_lowercase()).map(String::as_str);
            holds(operator, said, values)
        })
    })
}

/// Whether a test holds for what the request says.
pub fn holds(operator: &str, said: Option<&str>, values: &Value) -> bool {
    if operator == "Null" {
        return texts(values).any(|value| (value == "true") == said.is_none());
    }
    let (operator, if_exists) = match operator.strip_suffix("IfExists") {
        Some(operator) => (operator, true),
        None => (operator, false),
    };
    let (test, negated): (fn(&str, &str) -> bool, bool) = match operator {
        "StringEquals" => (|pattern, said| pattern == said, false),
        "StringNotEquals" => (|pattern, said| pattern == said, true),
        "StringLike" => (glob, false),
        "StringNotLike" => (glob, true),
        "ArnEquals" | "ArnLike" => (arn, false),
        "ArnNotEquals" | "ArnNotLike" => (arn, true),
        "Bool" => (|pattern, said| pattern.eq_ignore_ascii_case(said), false),
        other => panic!("{other} is not evaluated here"),
    };
    match said {
        // A negated test holds for a missing key, with or without IfExists.
        None => if_exists || negated,
        Some(said) => texts(values).any(|value| test(value, said)) != negated,
    }
}

/// Each of the six parts by itself, so that `*` does not match across one of the first five colons.
fn arn(pattern: &str, said: &str) -> bool {
    let (pattern, said): (Vec<_>, Vec<_>) = (pattern.splitn(6, ':').collect(), said.splitn(6, ':').collect());
    pattern.len() == said.len() && pattern.iter().zip(&said).all(|(pattern, part)| glob(pattern, part))
}

/// `*` is any text, `?` any character, and `${*}`, `${?}` and `${$}` those characters themselves.
pub fn glob(pattern: &str, text: &str) -> bool {
    if !pattern.contains(['*', '?', '$']) {
        return pattern == text;
    }
    enum Token {
        Any,
        One,
        This(char),
    }
    let mut tokens = Vec::new();
    let mut rest = pattern;
    while let Some(first) = rest.chars().next() {
        if let Some(inner) = rest.strip_prefix("${") {
            let (name, after) = inner.split_once('}').expect("a variable ends");
            assert!(["*", "?", "$"].contains(&name), "the variable {name} is not evaluated here");
            tokens.push(Token::This(name.chars().next().unwrap()));
            rest = after;
            continue;
        }
        tokens.push(match first {
            '*' => Token::Any,
            '?' => Token::One,
            other => Token::This(other),
        });
        rest = &rest[first.len_utf8()..];
    }
    // The places that the tokens so far can have reached, all at once.
    let text: Vec<char> = text.chars().collect();
    let mut places = vec![false; text.len() + 1];
    places[0] = true;
    for token in tokens {
        let mut next = vec![false; text.len() + 1];
        for (place, reached) in places.iter().enumerate().filter(|(_, reached)| **reached) {
            match token {
                Token::Any => next[place..].fill(*reached),
                Token::One if place < text.len() => next[place + 1] = true,
                Token::This(wanted) if text.get(place) == Some(&wanted) => next[place + 1] = true,
                _ => {}
            }
        }
        places = next;
    }
    places[text.len()]
}

/// A text, or a list of them.
fn texts(value: &Value) -> impl Iterator<Item = &str> {
    let many = value.as_array().map(Vec::as_slice).unwrap_or(std::slice::from_ref(value));
    many.iter().map(|text| text.as_str().expect("a text"))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn wildcards() {
        for (pattern, text, fits) in [
            ("*", "", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b/a/c", true),
            ("arn:aws:s3:::b/*", "arn:aws:s3:::b", false),
            ("s3:Get?bject", "s3:GetObject", true),
            ("s3:Get?bject", "s3:Getbject", false),
            ("a${*}b", "a*b", true),
            ("a${*}b", "axb", false),
            ("${$}{x}${?}", "${x}?", true),
            ("*/.s3_access_check", "p/job/.s3_access_check", true),
            ("é?", "éé", true),
        ] {
            assert_eq!(glob(pattern, text), fits, "{pattern} {text}");
        }
    }

    /// The table of "Condition operators", for keys that the request has and that it does not have.
    #[test]
    fn tests_of_keys_that_are_and_are_not_there() {
        let one = json!("a");
        for (operator, same, other, absent) in [
            ("StringEquals", true, false, false),
            ("StringEqualsIfExists", true, false, true),
            ("StringNotEquals", false, true, true),
            ("StringNotEqualsIfExists", false, true, true),
            ("StringLike", true, false, false),
            ("StringNotLike", false, true, true),
        ] {
            let got = [Some("a"), Some("b"), None].map(|said| holds(operator, said, &one));
            assert_eq!(got, [same, other, absent], "{operator}");
        }
        let key = json!("arn:aws:kms:us-east-1:111122223333:key/k");
        let other = Some("arn:aws:kms:us-east-1:444455556666:key/k");
        assert!(holds("ArnNotEquals", other, &key) && !holds("ArnEquals", other, &key));
        assert!(holds("ArnEquals", key.as_str(), &key) && !holds("ArnNotEquals", key.as_str(), &key));
        assert!(holds("ArnLike", key.as_str(), &json!("arn:aws:kms:*:111122223333:*")));
        assert!(!holds("ArnLike", key.as_str(), &json!("arn:aws:kms:*:key/k")), "over a colon");
        assert!(holds("Null", None, &json!("true")) && !holds("Null", Some("x"), &json!("true")));
        assert!(holds("Null", Some("x"), &json!("false")) && !holds("Null", None, &json!("false")));
        assert!(holds("Bool", Some("False"), &json!("false")) && !holds("Bool", None, &json!("false")));
        assert!(
            holds("BoolIfExists", None, &json!("false"))
                && !holds("BoolIfExists", Some("true"), &json!("false"))
        );
        // Of several values one has to match; for a negated test none may.
        let two = json!(["a", "b"]);
        assert!(holds("StringEquals", Some("b"), &two) && !holds("StringNotEquals", Some("b"), &two));
        assert!(holds("StringNotEquals", Some("c"), &two));
    }

    #[test]
    fn a_denial_wins_and_silence_is_none() {
        let policy = |effect: &str, action: &str| json!({"Statement": [{"Sid": "S", "Effect": effect, "Action": action, "Resource": "*"}]});
        let (allow, deny) = (policy("Allow", "s3:*"), policy("Deny", "S3:GetObject"));
        let request = |action: &str| Request {
            caller: Caller::Role("r".into()),
            action: action.into(),
            resource: "arn:aws:s3:::b/k".into(),
            context: BTreeMap::new(),
        };
        let both = [&allow, &deny];
        let applying = Applying { identity: &both, ..Applying::default() };
        assert_eq!(decide(&request("s3:GetObject"), applying), Decision::Denied("S".into()));
        assert_eq!(decide(&request("s3:PutObject"), applying), Decision::Allowed);
        assert_eq!(decide(&request("kms:Decrypt"), applying), Decision::NotAllowed);
        let narrow = policy("Allow", "s3:GetObject");
        let applying = Applying { endpoint: Some(&narrow), ..applying };
        assert_eq!(decide(&request("s3:PutObject"), applying), Decision::NotAllowed, "the endpoint");
        let applying = Applying { identity: &[], resource: Some(&allow), ..Applying::default() };
        assert_eq!(decide(&request("s3:PutObject"), applying), Decision::Allowed);
        let across = Applying { needs: Needs::Both, ..applying };
        assert_eq!(decide(&request("s3:PutObject"), across), Decision::NotAllowed, "across accounts");
    }
}
