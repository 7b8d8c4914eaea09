//! That every call which the crate makes is a column of the tables.

use std::collections::BTreeSet;
use std::path::Path;

use super::ROUTES;

/// Calls that are not in the tables, each with the reason.
const ELSEWHERE: [(&str, &str); 1] =
    [("src/posture", "the emulator has no account to look at; tests/it/posture.rs has each call denied")];

#[test]
fn every_call_of_the_crate_is_a_column() {
    let columns: BTreeSet<&str> = ROUTES.iter().flat_map(|route| route.calls).copied().collect();
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut called = BTreeSet::new();
    let mut folders = vec![root.join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.strip_prefix(root).unwrap().to_str().unwrap().to_owned();
            let is_elsewhere = ELSEWHERE.iter().any(|(prefix, _)| name.starts_with(prefix));
            // What the emulator answers, and what policies allow, is not what the crate calls.
            if is_elsewhere || ["src/emulator", "src/policy"].contains(&name.as_str()) {
                continue;
            }
            if path.is_dir() {
                folders.push(path);
            } else if name.ends_with(".rs") {
                called.extend(operations(&std::fs::read_to_string(&path).unwrap()));
            }
        }
    }
    assert!(called.len() > 40, "the calls were found: {called:?}");
    let missing: Vec<_> = called.iter().filter(|call| !columns.contains(call.as_str())).collect();
    assert!(missing.is_empty(), "not in the tables: {missing:?}");
}

/// The names of operations in the code of a file: strings that begin as they do.
fn operations(source: &str) -> impl Iterator<Item = String> {
    const VERBS: [&str; 15] = [
        "Analyze", "Change", "Contains", "Create", "Delete", "Describe", "Detect", "Get", "Head", "List",
        "Put", "Receive", "Send", "Start", "Stop",
    ];
    let code = source.split("#[cfg(test)]").next().unwrap_or_default();
    let strings = code
        .lines()
        .filter(|line| !line.trim_start().starts_with("//"))
        .flat_map(|line| line.split('"').skip(1).step_by(2));
    strings
        .filter(|text| {
            let rest = VERBS.iter().find_map(|verb| text.strip_prefix(verb));
            let is_upper = |rest: &str| rest.starts_with(|c: char| c.is_ascii_uppercase());
            // A member of responses is called `AnalyzeDocumentModelVersion`.
            rest.is_some_and(is_upper)
                && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
                && !text.ends_with("ModelVersion")
        })
        .map(str::to_owned)
        .collect::<Vec<_>>()
        .into_iter()
}
