//! Policies: a written policy says what it was made of, and a policy reads the same however it is spelt.
//!
//! An input that begins with `{` is a policy to be read. One that begins with the line `scope` continues with lines that describe one:
//! `bucket NAME`, `keys PREFIX`, `output s3://...`, `sink s3://...`, `key ARN`, `name NAME`, `owner ACCOUNT`, `role ARN`, `topic ARN`,
//! `queue URL`, `endpoint ID` and flags. Invalid lines are left out. Any other input is a pattern and a name.

#![no_main]

use std::collections::HashSet;

use inkseal::policy::{Documents, PolicyDocument, Principal, Scope, Stack};
use inkseal::{Seal, fuzzing};
use libfuzzer_sys::fuzz_target;
use serde_json::{Map, Value};

fuzz_target!(|text: &str| {
    if text.starts_with('{') {
        read(text);
    } else if let Some(text) = text.strip_prefix("scope\n") {
        if let Some(scope) = scope(text) {
            write(&scope, text);
        }
    } else {
        let (pattern, name) = text.split_once('\n').unwrap_or((text, ""));
        assert_eq!(fuzzing::pattern_matches(pattern, name), matches(pattern, name), "{pattern:?} {name:?}");
    }
});

/// IAM's patterns once more, by a table: whether the first N characters of the pattern match the first M of the name.
fn matches(pattern: &str, name: &str) -> bool {
    let (pattern, name): (Vec<char>, Vec<char>) = (pattern.chars().collect(), name.chars().collect());
    let mut row = vec![false; name.len() + 1];
    row[0] = true;
    for sign in pattern {
        let mut next = vec![false; name.len() + 1];
        for at in 0..=name.len() {
            let before = at > 0 && row[at - 1];
            next[at] = match sign {
                '*' => row[at] || (at > 0 && next[at - 1]),
                '?' => before,
                sign => before && name[at - 1] == sign,
            };
        }
        row = next;
    }
    row[name.len()]
}

fn scope(text: &str) -> Option<Scope> {
    let value = |name: &str| text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
    let all =
        |name: &'static str| text.lines().filter_map(move |line| line.strip_prefix(name)?.strip_prefix(' '));
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let key = value("key").and_then(|key| key.parse().ok()).unwrap_or(KEY.parse().ok()?);
    let output = value("output").and_then(|output| output.parse().ok());
    let output = output.unwrap_or("s3://amzn-s3-demo-results".parse().ok()?);
    let seal = Seal::known(output, key, value("owner").and_then(|owner| owner.parse().ok())).ok()?;
    let bucket = value("bucket").unwrap_or("amzn-s3-demo-source").parse().ok()?;
    let documents = match value("object").and_then(|object| object.parse().ok()) {
        Some(object) => Documents::object(&object),
        None => Documents::under(bucket, value("keys").unwrap_or_default()).ok()?,
    };
    let mut builder = Scope::builder(documents, &seal);
    if let Some(sink) = value("sink").and_then(|sink| sink.parse().ok()) {
        builder = builder.sink(sink);
    }
    if let Some(name) = value("name") {
        builder = builder.name(name);
    }
    if let Some(topic) = value("topic").and_then(|topic| topic.parse().ok()) {
        builder = builder.topic(topic);
    }
    if let Some(queue) = value("queue").and_then(|queue| queue.parse().ok()) {
        builder = builder.queue(queue);
    }
    for role in all("role").filter_map(|role| role.parse::<inkseal::resource::RoleArn>().ok()) {
        builder = builder.starter(role.clone()).reader(role.clone()).uploader(role.clone()).checker(role);
    }
    for endpoint in all("endpoint").filter_map(|id| id.parse().ok()) {
        builder = builder.vpc_endpoint(endpoint);
    }
    for flag in text.lines() {
        builder = match flag {
            "polling" => builder.polling(),
            "detecting" => builder.detecting(),
            "vpc" => builder.comprehend_in_vpc(),
            _ => builder,
        };
    }
    builder.build().ok()
}

fn write(scope: &Scope, text: &str) {
    let administrator = format!("arn:aws:iam::{}:role/administrator", scope.account()).parse();
    let key = administrator.map(|role| scope.key_statements().administered_by([role]));
    let mut policies = scope.policies();
    policies.extend(key.ok().map(|policy| ("key", policy)));
    for (name, policy) in &policies {
        let json = serde_json::to_string(policy).expect("a policy");
        let value: Value = serde_json::from_str(&json).expect("what was written");
        assert_eq!(serde_json::to_value(policy).ok().as_ref(), Some(&value));
        let pretty = serde_json::to_string_pretty(policy).expect("a policy");
        assert_eq!(serde_json::from_str::<Value>(&pretty).ok().as_ref(), Some(&value));
        statements(name, policy, &value);
        // A posture reads every resource policy that is written, which names a principal, and reads the same in any spelling.
        if value["Statement"][0].get("Principal").is_some() && value["Statement"][0].get("Resource").is_some()
        {
            assert!(fuzzing::policy(&json).is_some(), "{json}");
            read(&json);
        }
    }
    assert_eq!(
        scope.policies(),
        policies[..scope.policies().len()],
        "the same scope gives the same policies"
    );
    stars(scope, text);
    let stack = Stack::new(scope);
    let json = stack.to_json().expect("a template");
    let template: Value = serde_json::from_str(&json).expect("what was written");
    assert_eq!(template["Parameters"]["Name"]["Default"], value_of(text, "name").unwrap_or("inkseal"));
    assert!(!stack.to_yaml().expect("a template").contains('\t'));
}

fn value_of<'t>(text: &'t str, name: &str) -> Option<&'t str> {
    text.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '))
}

/// What each statement says when asked, against what it writes.
fn statements(name: &str, policy: &PolicyDocument, value: &Value) {
    assert_eq!(value["Version"], "2012-10-17");
    let written = value["Statement"].as_array().expect("a list of statements");
    assert_eq!(written.len(), policy.statements().len());
    let mut ids = HashSet::new();
    for (statement, written) in policy.statements().iter().zip(written) {
        let sid = statement.sid();
        assert!(
            !sid.is_empty() && sid.bytes().all(|b| b.is_ascii_alphanumeric()) && ids.insert(sid),
            "{name} {sid}"
        );
        assert_eq!(written["Sid"], sid);
        assert_eq!(written["Effect"], format!("{:?}", statement.effect()));
        let members: HashSet<&str> =
            written.as_object().expect("a statement").keys().map(String::as_str).collect();
        let all = [
            ("Sid", true),
            ("Effect", true),
            ("Action", true),
            ("Principal", statement.principals().is_some()),
            ("Resource", !statement.resource_names().is_empty()),
            ("NotResource", !statement.excepted_resource_names().is_empty()),
            ("Condition", statement.conditions().next().is_some()),
        ];
        assert_eq!(
            members,
            all.into_iter().filter_map(|(name, is_there)| is_there.then_some(name)).collect()
        );
        assert_eq!(literals(statement.action_names()), listed(&written["Action"]));
        assert_eq!(literals(statement.resource_names()), listed(&written["Resource"]));
        assert_eq!(literals(statement.excepted_resource_names()), listed(&written["NotResource"]));
        match statement.principals() {
            None => {}
            Some(Principal::Everybody) => assert_eq!(written["Principal"], "*"),
            Some(Principal::Aws(arns)) => assert_eq!(literals(arns), listed(&written["Principal"]["AWS"])),
            Some(Principal::Service(name)) => {
                assert_eq!(literals(std::slice::from_ref(name)), listed(&written["Principal"]["Service"]));
            }
            Some(other) => panic!("{other:?}"),
        }
        let mut conditions = 0;
        for (test, key, values) in statement.conditions() {
            assert_eq!(
                literals(values),
                listed(&written["Condition"][format!("{test:?}")][key]),
                "{name} {sid}"
            );
            conditions += 1;
        }
        let tests = written["Condition"].as_object().into_iter().flat_map(Map::values);
        assert_eq!(
            tests.filter_map(Value::as_object).map(Map::len).sum::<usize>(),
            conditions,
            "{name} {sid}"
        );
    }
}

fn literals(values: &[inkseal::policy::Value]) -> Vec<Value> {
    values.iter().map(|value| value.as_literal().expect("no reference").into_owned().into()).collect()
}

/// A value, or each of a list; empty if there is none.
fn listed(value: &Value) -> Vec<Value> {
    match value {
        Value::Null => Vec::new(),
        Value::Array(values) => values.clone(),
        value => vec![value.clone()],
    }
}

/// A character that means itself in a name does so in a policy: no prefix of a scope makes a wildcard or a variable.
fn stars(scope: &Scope, text: &str) {
    let Some(keys) = value_of(text, "keys").filter(|_| value_of(text, "object").is_none()) else { return };
    let json = serde_json::to_value(scope.starter()).expect("a policy");
    let mut found = 0;
    for statement in json["Statement"].as_array().expect("a list of statements") {
        for resource in listed(&statement["Resource"]) {
            let resource = resource.as_str().expect("a text");
            let bucket = value_of(text, "bucket").unwrap_or("amzn-s3-demo-source");
            let Some(rest) = resource.split_once(&format!(":s3:::{bucket}/")).map(|(_, rest)| rest) else {
                continue;
            };
            let Some(rest) = rest.strip_suffix('*') else { continue };
            // Read as IAM does: `${x}` is the character x, and nothing else may have a meaning.
            let said = rest.replace("${*}", "\u{1}").replace("${?}", "\u{2}").replace("${$}", "\u{3}");
            assert!(!said.contains(['*', '?', '$']), "{resource}");
            found +=
                usize::from(said.replace('\u{1}', "*").replace('\u{2}', "?").replace('\u{3}', "$") == keys);
        }
    }
    assert!(found > 0, "{json}");
}

/// A policy reads the same however it is spelt; one that is refused is refused in every spelling.
fn read(text: &str) {
    let read = fuzzing::policy(text);
    let Ok(policy) = serde_json::from_str::<Value>(text) else {
        assert_eq!(read, None, "{text}");
        return;
    };
    let written = policy.to_string();
    // A `Value` has only the last of two equal members, and so has the text that is written from it.
    assert_eq!(fuzzing::policy(&written), read, "{written}");
    assert_eq!(fuzzing::policy(&respelt(&policy).to_string()), read, "{written}");
}

/// A list of one for a single value, and the other way round, wherever AWS takes both.
fn respelt(policy: &Value) -> Value {
    changed(policy, |name, value| match (name, value) {
        ("Statement", Value::Array(statements)) => swapped(statements.iter().map(statement).collect()),
        ("Statement", one) => swapped(statement(one)),
        (_, value) => value.clone(),
    })
}

fn statement(value: &Value) -> Value {
    let swap = |_: &str, value: &Value| swapped(value.clone());
    changed(value, |name, value| match name {
        "Action" | "NotAction" | "Resource" | "NotResource" => swapped(value.clone()),
        "Principal" => changed(value, swap),
        "Condition" => changed(value, |_, keys| changed(keys, swap)),
        _ => value.clone(),
    })
}

/// An object with other values; anything else stays as it is.
fn changed(value: &Value, change: impl Fn(&str, &Value) -> Value) -> Value {
    match value {
        Value::Object(members) => members
            .iter()
            .map(|(name, value)| (name.clone(), change(name, value)))
            .collect::<Map<_, _>>()
            .into(),
        value => value.clone(),
    }
}

fn swapped(value: Value) -> Value {
    match value {
        Value::Array(mut values) if values.len() == 1 && !values[0].is_array() => values.remove(0),
        Value::Array(values) => Value::Array(values),
        value => Value::Array(vec![value]),
    }
}
