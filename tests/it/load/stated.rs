//! The docs of every public future and stream say what dropping it does.

use std::fs;
use std::path::{Path, PathBuf};

const HEADING: &str = "# Cancel safety";

/// How a future or a stream appears in a signature.
const LAZY: [&str; 6] =
    ["BoxFuture<", "BoxStream<", "impl Future<", "impl Stream<", "impl FusedStream<", "-> Submissions<"];

fn sources(folder: &Path, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            found.push(path);
        }
    }
}

/// Whether the documentation above a line has the heading. There may be attributes between.
fn is_stated(lines: &[&str], item: usize) -> bool {
    let mut above = lines[..item].iter().rev().map(|line| line.trim()).peekable();
    while above.peek().is_some_and(|line| line.starts_with("#[") || line.ends_with(")]")) {
        // An attribute of several lines is reached from its end.
        let _ = above.by_ref().find(|line| line.starts_with("#["));
    }
    above.take_while(|line| line.starts_with("///")).any(|line| line.strip_prefix("/// ") == Some(HEADING))
}

/// The signature that begins in a line, up to its body or its end.
fn signature(lines: &[&str], item: usize) -> String {
    let mut signature = String::new();
    for line in &lines[item..] {
        signature.push_str(line.trim());
        signature.push(' ');
        if line.trim_end().ends_with(['{', ';', '}']) {
            break;
        }
    }
    signature
}

/// How many public futures and streams a source has, and the lines of those without the heading.
fn unstated(source: &str) -> (usize, Vec<usize>) {
    let lines: Vec<&str> = source.lines().collect();
    let (mut found, mut silent) = (0, Vec::new());
    let mut hold = |item: usize| {
        found += 1;
        if !is_stated(&lines, item) {
            silent.push(item + 1);
        }
    };
    let mut is_in_public_trait = false;
    for (number, line) in lines.iter().enumerate() {
        let code = line.trim_start();
        match () {
            // Behind a sealed trait, which users cannot reach.
            () if ["pub trait Operations", "pub trait Calls"]
                .iter()
                .any(|hidden| line.starts_with(hidden)) => {}
            () if line.starts_with("pub trait ") => is_in_public_trait = true,
            () if line.starts_with('}') => is_in_public_trait = false,
            () => {}
        }
        let is_public = code.starts_with("pub fn ") || is_in_public_trait && code.starts_with("fn ");
        let is_hidden = number > 0 && lines[number - 1].trim() == "#[doc(hidden)]";
        if code.starts_with("pub async fn ") || is_in_public_trait && code.starts_with("async fn ") {
            hold(number);
        } else if is_public && !is_hidden {
            let signature = signature(&lines, number);
            let result = signature.find("->").map_or("", |arrow| &signature[arrow..]);
            if LAZY.iter().any(|lazy| result.contains(lazy)) {
                hold(number);
            }
        } else if code.starts_with("impl") && (code.contains(" Stream for ") || code.contains(" Future for "))
        {
            let (_, of) = code.split_once(" for ").unwrap();
            let name: String = of.chars().take_while(|letter| letter.is_alphanumeric()).collect();
            let declared = |line: &str| {
                let rest = line.strip_prefix("pub struct ").and_then(|rest| rest.strip_prefix(name.as_str()));
                rest.is_some_and(|rest| !rest.starts_with(|letter: char| letter.is_alphanumeric()))
            };
            if let Some(item) = lines.iter().position(|line| declared(line)) {
                hold(item);
            }
        }
    }
    (found, silent)
}

#[test]
fn every_public_future_and_stream_says_what_dropping_it_does() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut files = Vec::new();
    sources(&root.join("src"), &mut files);
    let (mut found, mut silent) = (0, Vec::new());
    for file in &files {
        let (here, lines) = unstated(&fs::read_to_string(file).unwrap());
        found += here;
        let name = file.strip_prefix(root).unwrap().display().to_string();
        silent.extend(lines.into_iter().map(|line| format!("{name}:{line}")));
    }
    assert!(silent.is_empty(), "no `{HEADING}` at {silent:#?}");
    assert!(found >= 50, "only {found} were found: does the scan still recognize them?");
}

#[test]
fn the_scan_finds_what_says_nothing() {
    let stated =
        "    /// Does it.\n    ///\n    /// # Cancel safety\n    ///\n    /// Yes.\n    #[must_use]\n";
    for (source, silent) in [
        ("    /// Does it.\n    pub async fn it() {}\n", &[2][..]),
        ("    pub async fn it() {}\n", &[1]),
        (&format!("{stated}    pub async fn it() {{}}\n"), &[]),
        (&format!("{stated}    pub async fn it() {{}}\n    pub async fn that() {{}}\n"), &[8]),
        (&format!("{stated}    pub fn it() {{}}\n\n    pub async fn that() {{}}\n"), &[9]),
        ("    pub fn it(\n        &self,\n    ) -> BoxStream<'static, ()> {\n", &[1]),
        ("    pub fn it(&self, of: BoxStream<'static, ()>) -> u8 {\n", &[]),
        ("pub trait Lazy {\n    fn it(&self) -> BoxFuture<'_, ()>;\n}\n", &[2]),
        ("trait Private {\n    fn it(&self) -> BoxFuture<'_, ()>;\n}\n", &[]),
        ("    pub(crate) async fn it() {}\n    async fn that() {}\n", &[]),
        ("/// One.\npub struct It<T>(T);\n\nimpl<T> Stream for It<T> {\n", &[2]),
        ("struct It<T>(T);\n\nimpl<T> Stream for It<T> {\n", &[]),
    ] {
        assert_eq!(unstated(source).1, silent, "{source}");
    }
}
