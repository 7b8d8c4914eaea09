//! The recorded responses, and the comparison of what is written with them.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

use serde_json::Value;

/// The recorded responses of one kind, by file name.
pub fn responses(kind: &str) -> Vec<(String, Vec<u8>)> {
    let corpus = std::env::var_os("INKSEAL_CORPUS").expect("INKSEAL_CORPUS names the folder of recordings");
    let files = fs::read_dir(Path::new(&corpus).join(kind)).unwrap().map(|entry| entry.unwrap().path());
    let read = |path: std::path::PathBuf| (path.display().to_string(), fs::read(&path).unwrap());
    let found: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|is| is == "json")).map(read).collect();
    assert!(!found.is_empty(), "there are recordings of {kind}");
    found
}

/// Compares what was written with what was sent. Nulls may be left out, and so may other members, which are noted in
/// `skipped`. Numbers are compared as `f32`.
pub fn compare(sent: &Value, written: &Value, at: &str, skipped: &mut BTreeSet<String>) {
    match (sent, written) {
        (Value::Object(sent), Value::Object(written)) => {
            for (name, value) in sent {
                match written.get(name) {
                    Some(out) => compare(value, out, &format!("{at}/{name}"), skipped),
                    None if value.is_null() => {}
                    None => drop(skipped.insert(name.clone())),
                }
            }
            for name in written.keys() {
                assert!(sent.contains_key(name), "{at}/{name} was made up");
            }
        }
        (Value::Array(sent), Value::Array(written)) => {
            let sent: Vec<_> = sent.iter().filter(|value| !value.is_null()).collect();
            assert_eq!(sent.len(), written.len(), "{at}");
            for (i, (value, out)) in sent.into_iter().zip(written).enumerate() {
                compare(value, out, &format!("{at}/{i}"), skipped);
            }
        }
        (Value::Number(sent), Value::Number(written)) => {
            let single = |number: &serde_json::Number| number.as_f64().map(|number| number as f32);
            assert_eq!(single(sent), single(written), "{at}");
        }
        _ => assert_eq!(sent, written, "{at}"),
    }
}
