//! SECURITY.md against the code: everything that it names exists, and no claim is without a test.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use futures::TryStreamExt;
use inkseal::WaitOptions;
use inkseal::comprehend::{ComprehendJob, DocumentLanguage};
use inkseal::emulator::Emulator;
use inkseal::fleet::Listing;

use crate::comprehend_jobs;
use crate::support::{ACCOUNT, RESULTS, SOURCE, account, analysis, clients, emulator, key};

/// The chapter in which every list item is a claim.
const CLAIMS: &str = "## Attackers, and what stops them";

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

fn read(path: impl AsRef<Path>) -> String {
    let path = root().join(path);
    fs::read_to_string(&path).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// What a page names between backticks: a file of the repository, and an item that has to be in it.
#[derive(Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Named<'a> {
    file: &'a str,
    item: Option<&'a str>,
}

fn named(text: &str) -> impl Iterator<Item = Named<'_>> {
    let is_file = |text: &str| {
        ["src/", "tests/", "benches/", "examples/", ".ci/"].iter().any(|folder| text.starts_with(folder))
    };
    text.split('`').skip(1).step_by(2).filter(move |code| is_file(code)).map(|code| {
        let (file, item) = code.split_once("::").map_or((code, None), |(file, item)| (file, Some(item)));
        Named { file, item }
    })
}

/// Why a named item proves nothing.
fn why_not(named: &Named) -> Option<String> {
    let Ok(source) = fs::read_to_string(root().join(named.file)) else {
        return Some(format!("there is no {}", named.file));
    };
    match named.item {
        None if named.file.starts_with("tests/compile/") => {
            let expected = named.file.replace(".rs", ".stderr");
            (!root().join(&expected).is_file()).then(|| format!("there is no {expected}"))
        }
        None => None,
        // A fragment of the documentation that must not compile.
        Some("compile_fail") => (!source.contains("/// ```compile_fail"))
            .then(|| format!("{} has no example that must not compile", named.file)),
        Some(test) => (!is_test(&source, test)).then(|| format!("{} has no test {test}", named.file)),
    }
}

/// Whether a source has a function of this name that the test runner runs.
fn is_test(source: &str, name: &str) -> bool {
    let lines: Vec<&str> = source.lines().map(str::trim).collect();
    let is_function = |line: &str| {
        let signature = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ");
        signature.and_then(|rest| rest.strip_prefix(name)).is_some_and(|rest| rest.starts_with('('))
    };
    let Some(at) = lines.iter().position(|line| is_function(line)) else { return false };
    let above = lines[..at].iter().rev().take_while(|line| line.starts_with("#[") || line.starts_with("//"));
    above.into_iter().any(|line| line.starts_with("#[test]") || line.starts_with("#[tokio::test"))
}

/// The claims of the chapter: the list items, each with the lines that continue it.
fn claims(page: &str) -> Vec<String> {
    let chapter = page.split_once(CLAIMS).expect("the chapter of the claims").1;
    let chapter = chapter.split("\n## ").next().unwrap_or_default();
    let mut claims = Vec::new();
    let mut is_open = false;
    for line in chapter.lines() {
        match (line.strip_prefix("- "), is_open && line.starts_with("  ")) {
            (Some(claim), _) => claims.push(claim.to_owned()),
            (None, true) => claims.last_mut().expect("a claim goes on").push_str(&format!("\n{line}")),
            (None, false) => {}
        }
        is_open = line.starts_with("- ") || (is_open && line.starts_with("  "));
    }
    claims
}

#[test]
fn what_the_security_page_names_is_there() {
    let page = read("SECURITY.md");
    let named: BTreeSet<Named> = named(&page).collect();
    let wrong: Vec<String> = named.iter().filter_map(why_not).collect();
    assert!(wrong.is_empty(), "SECURITY.md: {}", wrong.join("\nSECURITY.md: "));
    assert!(named.len() > 80, "{} are named", named.len());
}

#[test]
fn no_claim_stands_without_a_test() {
    let claims = claims(&read("SECURITY.md"));
    assert!(claims.len() > 35, "{} claims", claims.len());
    for claim in claims {
        assert!(named(&claim).any(|named| named.item.is_some()), "no test shows: {claim}");
    }
}

#[test]
fn what_is_not_there_is_noticed() {
    let wrong = |code: &str| named(code).find_map(|named| why_not(&named));
    for right in [
        "`tests/it/claims.rs::no_claim_stands_without_a_test`",
        "`tests/it/claims.rs::every_read_names_the_owner`",
        // Inside `proptest!`.
        "`src/redact/image/tests.rs::a_jpeg_stays_burned_at_every_quality`",
        "`tests/compile/no_key.rs`",
    ] {
        assert_eq!(wrong(right), None);
    }
    for missing in [
        "`tests/it/claim.rs`",
        "`tests/it/claims.rs::no_claim`",
        // There, but not a test.
        "`tests/it/claims.rs::why_not`",
        "`tests/it/support.rs::compile_fail`",
        "`tests/compile/no_seal.rs`",
    ] {
        assert!(wrong(missing).is_some(), "{missing}");
    }
    let page = format!("# Page\n- none\n{CLAIMS}\n- one:\n  `src/lib.rs`\n\nbetween\n- two\n## Next\n- none");
    assert_eq!(claims(&page), ["one:\n  `src/lib.rs`", "two"]);
}

/// A bucket may change hands between the listing and a read.
#[tokio::test(start_paused = true)]
async fn every_read_names_the_owner() {
    let textract = emulator().build().unwrap();
    let clients_of_textract = clients(&textract);
    let running = analysis().start(&clients_of_textract).await.unwrap();
    let completed = running.wait_with(&clients_of_textract, &WaitOptions::default()).await.unwrap();
    completed.blocks(&clients_of_textract).try_collect::<Vec<_>>().await.unwrap();
    names_the_owner(&textract, RESULTS, &["ListObjectsV2", "GetObject"]);

    // Comprehend writes a folder of objects, or one archive.
    let folders = comprehend_jobs::emulator().build().unwrap();
    comprehend_jobs::found(&comprehend_jobs::pii_offsets(), &folders).await;
    names_the_owner(&folders, RESULTS, &["ListObjectsV2", "GetObject"]);
    let archives = comprehend_jobs::emulator().build().unwrap();
    let job = ComprehendJob::key_phrases(
        comprehend_jobs::files(),
        comprehend_jobs::role(),
        DocumentLanguage::English,
    );
    let job = job.output(comprehend_jobs::location(), key()).volume_key(comprehend_jobs::volumes());
    let job = job.in_vpc(comprehend_jobs::vpc()).expected_bucket_owner(account()).build().unwrap();
    comprehend_jobs::found(&job, &archives).await;
    names_the_owner(&archives, RESULTS, &["GetObject"]);

    let sources = emulator().build().unwrap();
    let listing = Listing::new(SOURCE.parse().unwrap()).expected_bucket_owner(account());
    listing.documents(&clients(&sources)).try_collect::<Vec<_>>().await.unwrap();
    names_the_owner(&sources, SOURCE, &["ListObjectsV2"]);
}

/// That these operations were sent for a bucket, and that every request on it names its owner.
fn names_the_owner(emulator: &Emulator, bucket: &str, operations: &[&str]) {
    let requests = emulator.requests();
    let reads: Vec<_> = requests.iter().filter(|request| request.bucket.as_deref() == Some(bucket)).collect();
    for operation in operations {
        assert!(reads.iter().any(|request| request.operation == *operation), "{operation}");
    }
    for request in reads {
        assert_eq!(request.header("x-amz-expected-bucket-owner"), Some(ACCOUNT), "{}", request.operation);
    }
}

#[test]
fn the_crate_forbids_unsafe() {
    assert!(read("src/lib.rs").lines().any(|line| line == "#![forbid(unsafe_code)]"));
    assert!(!root().join("build.rs").exists());
    // Cargo itself writes `build = false` into the manifest of a package.
    let manifest = read("Cargo.toml");
    assert!(manifest.lines().all(|line| !line.starts_with("build =") || line == "build = false"));
}

/// cargo-deny judges by deny.toml; this judges deny.toml.
#[test]
fn the_supply_is_bounded() {
    let deny = read("deny.toml");
    let lines: BTreeSet<&str> = deny.lines().map(str::trim).collect();
    for line in [
        "yanked = \"deny\"",
        "ignore = []",
        "wildcards = \"deny\"",
        "multiple-versions = \"deny\"",
        "unknown-registry = \"deny\"",
        "unknown-git = \"deny\"",
        "allow-registry = [\"https://github.com/rust-lang/crates.io-index\"]",
    ] {
        assert!(lines.contains(line), "deny.toml: {line}");
    }
    // Every exception has its reason.
    for line in lines.iter().filter(|line| line.starts_with("{ crate")) {
        assert!(line.contains("reason = \""), "{line}");
    }
    let lock = read("Cargo.lock");
    let sources: BTreeSet<&str> = lock.lines().filter_map(|line| line.strip_prefix("source = ")).collect();
    assert_eq!(sources, BTreeSet::from(["\"registry+https://github.com/rust-lang/crates.io-index\""]));
}
