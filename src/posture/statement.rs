//! Policies as AWS stores them, read for their meaning.
//!
//! AWS takes the same thing in many spellings: a string or a list of one, condition keys in any case, `IfExists` or not. This
//! reads them all into one form. It refuses what it does not know: a policy that is only half understood proves nothing.
//! Follows "IAM JSON policy reference" in the IAM user guide.

use serde_json::{Map, Value};

/// A policy, statement by statement.
#[derive(Debug)]
pub(super) struct Statements(pub(super) Vec<Statement>);

#[derive(Debug)]
pub(super) struct Statement {
    pub(super) denies: bool,
    pub(super) principals: Principals,
    pub(super) actions: Names,
    pub(super) resources: Names,
    pub(super) conditions: Vec<Condition>,
}

/// Whom a statement is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Principals {
    /// `"*"`, or a list of `AWS` with it.
    Everyone,
    /// Those named: accounts, roles and users, and services.
    These { services: bool },
    /// `NotPrincipal`: everyone except those named.
    AllBut,
}

/// The values of `Action` or `Resource`, or of their negations.
#[derive(Debug)]
pub(super) enum Names {
    These(Vec<String>),
    AllBut(Vec<String>),
}

/// One key under one operator, with the values of which one has to match.
#[derive(Debug)]
pub(super) struct Condition {
    /// In lower case, without `IfExists`: `stringequals`.
    pub(super) operator: String,
    pub(super) if_exists: bool,
    /// In lower case: `aws:securetransport`.
    pub(super) key: String,
    pub(super) values: Vec<String>,
}

/// The policy has a part that this crate does not know.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Unreadable;

impl Statements {
    pub(super) fn read(policy: &str) -> Result<Self, Unreadable> {
        let policy: Map<String, Value> = serde_json::from_str(policy).map_err(|_| Unreadable)?;
        let known = ["Version", "Id", "Statement"];
        if policy.keys().any(|name| !known.contains(&name.as_str())) {
            return Err(Unreadable);
        }
        let statements = match policy.get("Statement").ok_or(Unreadable)? {
            Value::Array(statements) => statements.iter().map(Statement::read).collect::<Result<_, _>>()?,
            one => vec![Statement::read(one)?],
        };
        Ok(Self(statements))
    }
}

impl Statement {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        let members = value.as_object().ok_or(Unreadable)?;
        let mut denies = None;
        let (mut principals, mut actions, mut resources) = (None, None, None);
        let mut conditions = Vec::new();
        for (name, value) in members {
            match name.as_str() {
                "Sid" => {}
                "Effect" => denies = Some(effect(value)?),
                "Principal" => put(&mut principals, Principals::read(value)?)?,
                "NotPrincipal" => put(&mut principals, Principals::AllBut)?,
                "Action" => put(&mut actions, Names::These(list(value)?))?,
                "NotAction" => put(&mut actions, Names::AllBut(list(value)?))?,
                "Resource" => put(&mut resources, Names::These(list(value)?))?,
                "NotResource" => put(&mut resources, Names::AllBut(list(value)?))?,
                "Condition" => conditions = read_conditions(value)?,
                _ => return Err(Unreadable),
            }
        }
        Ok(Self {
            denies: denies.ok_or(Unreadable)?,
            // Resource policies, which all of these are, name a principal, an action and a resource.
            principals: principals.ok_or(Unreadable)?,
            actions: actions.ok_or(Unreadable)?,
            resources: resources.ok_or(Unreadable)?,
            conditions,
        })
    }
}

impl Principals {
    fn read(value: &Value) -> Result<Self, Unreadable> {
        let Value::Object(kinds) = value else {
            return if value == "*" { Ok(Self::Everyone) } else { Err(Unreadable) };
        };
        let (mut everyone, mut services) = (false, false);
        for (kind, value) in kinds {
            for name in list(value)? {
                match (kind.as_str(), name.as_str()) {
                    ("AWS", "*") => everyone = true,
                    // KMS and S3 have no wildcards within a name. A denial would count for too many, a permission for too few.
                    (_, name) if name.contains(['*', '?']) => return Err(Unreadable),
                    (kind, _) => services |= kind == "Service",
                }
            }
        }
        Ok(if everyone { Self::Everyone } else { Self::These { services } })
    }
}

impl Names {
    /// Whether this action is among them, in any case and by wildcards too.
    pub(super) fn cover_action(&self, action: &str) -> bool {
        let action = action.to_ascii_lowercase();
        let covers = |pattern: &String| matches(&pattern.to_ascii_lowercase(), &action);
        match self {
            Self::These(patterns) => patterns.iter().any(covers),
            Self::AllBut(patterns) => !patterns.iter().any(covers),
        }
    }

    /// Whether every action of S3 is among them, future ones too. If in doubt, no.
    ///
    /// Matching an action named `s3:*` would not do: `s3:?` matches that, and so does everything except `s3:GetObject`.
    pub(super) fn cover_all_of_s3(&self) -> bool {
        match self {
            Self::These(patterns) => {
                patterns.iter().any(|pattern| pattern == "*" || pattern.eq_ignore_ascii_case("s3:*"))
            }
            Self::AllBut(_) => false,
        }
    }

    /// Whether this resource is among them, by wildcards too.
    pub(super) fn cover_resource(&self, arn: &str) -> bool {
        match self {
            Self::These(patterns) => patterns.iter().any(|pattern| matches(pattern, arn)),
            Self::AllBut(patterns) => !patterns.iter().any(|pattern| matches(pattern, arn)),
        }
    }

    /// Whether every resource that begins so is among them. If in doubt, no.
    pub(super) fn cover_all_below(&self, beginning: &str) -> bool {
        // A character that is in no pattern can only be matched by a wildcard. If that is `*`, anything can be in its place;
        // `?` is ruled out by trying none, and two of them.
        let any = |pattern: &str| {
            ["", "\u{1}", "\u{1}\u{1}"].iter().all(|rest| matches(pattern, &format!("{beginning}{rest}")))
        };
        match self {
            Self::These(patterns) => patterns.iter().any(|pattern| any(pattern)),
            Self::AllBut(_) => false,
        }
    }

    /// Whether everything is among them except the empty objects that Textract and Comprehend write to see whether they can.
    pub(super) fn cover_all_but_access_checks(&self) -> bool {
        let checks = ["/.s3_access_check", "/.write_access_check_file.temp"];
        let is_check = |pattern: &String| checks.iter().any(|check| pattern.ends_with(check));
        matches!(self, Self::AllBut(patterns) if patterns.iter().all(is_check))
    }
}

fn effect(value: &Value) -> Result<bool, Unreadable> {
    match value.as_str() {
        Some("Deny") => Ok(true),
        Some("Allow") => Ok(false),
        _ => Err(Unreadable),
    }
}

fn put<T>(place: &mut Option<T>, value: T) -> Result<(), Unreadable> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(Unreadable),
    }
}

/// A string, or a list of them. Booleans and numbers are taken as they are written.
fn list(value: &Value) -> Result<Vec<String>, Unreadable> {
    let one = |value: &Value| match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Unreadable),
    };
    match value {
        Value::Array(values) => values.iter().map(one).collect(),
        value => Ok(vec![one(value)?]),
    }
}

fn read_conditions(value: &Value) -> Result<Vec<Condition>, Unreadable> {
    let mut conditions = Vec::new();
    for (operator, keys) in value.as_object().ok_or(Unreadable)? {
        let operator = operator.to_ascii_lowercase();
        let (operator, if_exists) = match operator.strip_suffix("ifexists") {
            Some(operator) => (operator.to_owned(), true),
            None => (operator, false),
        };
        for (key, values) in keys.as_object().ok_or(Unreadable)? {
            let (operator, key) = (operator.clone(), key.to_ascii_lowercase());
            conditions.push(Condition { operator, if_exists, key, values: list(values)? });
        }
    }
    Ok(conditions)
}

/// Whether an IAM pattern matches: `*` is any number of characters, `?` is one.
pub(super) fn matches(pattern: &str, name: &str) -> bool {
    let (mut pattern, mut name) = (pattern, name);
    // Where to continue if what follows the last `*` does not match: it then takes one more character.
    let mut retry: Option<(&str, &str)> = None;
    loop {
        let (first, second) = (pattern.chars().next(), name.chars().next());
        match (first, second) {
            (Some('*'), _) => {
                pattern = tail(pattern);
                retry = Some((pattern, name));
            }
            (Some(a), Some(b)) if a == '?' || a == b => (pattern, name) = (tail(pattern), tail(name)),
            (None, None) => return true,
            _ => match retry {
                Some((after, from)) if !from.is_empty() => {
                    (pattern, name) = (after, tail(from));
                    retry = Some((after, name));
                }
                _ => return false,
            },
        }
    }
}

fn tail(text: &str) -> &str {
    let mut rest = text.chars();
    rest.next();
    rest.as_str()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;

    #[test]
    fn patterns() {
        for (pattern, name, expected) in [
            ("*", "", true),
            ("s3:Put*", "s3:PutObject", true),
            ("s3:Put?bject", "s3:PutObject", true),
            ("*Object*n", "s3:GetObjectVersion", true),
            ("s3:Put*", "s3:GetObject", false),
            ("s3:put*", "s3:PutObject", false),
            ("", "a", false),
            ("a", "", false),
            ("a*b*c", "axbxxbc", true),
            ("a*b*c", "axbxxb", false),
        ] {
            assert_eq!(matches(pattern, name), expected, "{pattern} {name}");
        }
    }

    #[test]
    fn all_below_needs_a_star_at_the_end() {
        let covers =
            |pattern: &str| Names::These(vec![pattern.to_owned()]).cover_all_below("arn:aws:s3:::b/out/");
        for pattern in
            ["*", "arn:aws:s3:::b/*", "arn:aws:s3:::b/out/*", "arn:aws:s3:::b*", "arn:aws:s3:::?/*"]
        {
            assert!(covers(pattern), "{pattern}");
        }
        for pattern in [
            "arn:aws:s3:::b",
            "arn:aws:s3:::b/out/",
            "arn:aws:s3:::b/out/?",
            "arn:aws:s3:::b/out/??",
            "arn:aws:s3:::b/out/?*",
            "arn:aws:s3:::b/out/a*",
            "arn:aws:s3:::b/*/1",
            "arn:aws:s3:::c/*",
        ] {
            assert!(!covers(pattern), "{pattern}");
        }
        assert!(!Names::AllBut(Vec::new()).cover_all_below("x"));
    }

    #[test]
    fn hostile_policies_are_not_read() {
        let policy = |value: &str| {
            let rest = r#""Effect":"Allow","Principal":"*","Action":"s3:*""#;
            format!(r#"{{"Version":"2012-10-17","Statement":[{{{rest},"Resource":{value}}}]}}"#)
        };
        assert!(Statements::read(&policy("\"*\"")).is_ok());
        for value in ["1e999", "NaN", r#""\ud800""#, "{}", "null", &"9".repeat(400), &"[".repeat(100_000)] {
            let shown = value.get(..20).unwrap_or(value);
            assert_eq!(Statements::read(&policy(value)).unwrap_err(), Unreadable, "{shown}");
        }
        let nested = format!("{}\"*\"{}", "[".repeat(100), "]".repeat(100));
        assert!(Statements::read(&policy(&nested)).is_err());
        // Any number of stars takes no longer than the product of both lengths.
        let stars = format!("{}b", "*a".repeat(10_000));
        assert!(!matches(&stars, "s3:aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa"));
    }

    #[test]
    fn what_is_not_known_is_not_read() {
        let statement = json!({"Effect": "Deny", "Principal": "*", "Action": "s3:*", "Resource": "*"});
        assert!(Statements::read(&json!({"Statement": statement}).to_string()).is_ok());
        for (member, value) in [
            ("Effect", json!("deny")),
            ("Principal", json!("111122223333")),
            ("Principal", json!({"AWS": "arn:aws:iam::*:root"})),
            ("Principal", json!({"AWS": ["*", "arn:aws:iam::111122223333:role/*"]})),
            ("Principal", json!({"AWS": "?"})),
            ("Principal", json!({"AWS": "*", "Service": "*.amazonaws.com"})),
            ("Principal", json!({"Service": "*"})),
            ("Principal", json!({"Federated": "*"})),
            ("NotAction", json!("s3:Get*")),
            ("Effekt", json!("Deny")),
            ("Action", json!([{}])),
            ("Condition", json!({"Bool": "false"})),
        ] {
            let mut changed = statement.clone();
            changed[member] = value;
            let policy = json!({"Statement": [changed]}).to_string();
            assert_eq!(Statements::read(&policy).err(), Some(Unreadable), "{member}");
        }
        for policy in ["", "[]", "{}", r#"{"Statement": [], "statement": []}"#] {
            assert!(Statements::read(policy).is_err(), "{policy}");
        }
    }

    proptest! {
        #[test]
        fn a_pattern_matches_as_a_regular_expression_does(pattern in "[ab?*]{0,8}", name in "[ab]{0,10}") {
            let expression = pattern.replace('?', ".").replace('*', ".*");
            let expression = regex::Regex::new(&format!("^{expression}$")).unwrap();
            prop_assert_eq!(matches(&pattern, &name), expression.is_match(&name));
        }

        #[test]
        fn what_covers_all_covers_each(pattern in "[ab?*/]{0,8}", beginning in "[ab/]{0,4}", rest in "[ab/]{0,6}") {
            let names = Names::These(vec![pattern]);
            if names.cover_all_below(&beginning) {
                let name = format!("{beginning}{rest}");
                prop_assert!(names.cover_resource(&name));
            }
        }

        #[test]
        fn any_text_is_read_or_refused(policy in "\\PC*") {
            let _ = Statements::read(&policy);
        }
    }
}
