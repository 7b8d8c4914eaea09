//! Every fault at the calls that the crate makes: the whole right result, or the one error that the table names.
//!
//! The tables are `src/emulator/outcomes.md`, which the documentation of the emulator shows. A test holds them against what happens;
//! `INKSEAL_UPDATE=1 cargo test --test it matrix::every_fault` writes them anew.

mod comprehend;
mod get;
mod listing;
mod sealed;
mod starts;
mod synchronous;
mod worker;

use std::collections::HashMap;
use std::fmt::Write;
use std::path::Path;
use std::time::Duration;

use futures::future::BoxFuture;
use inkseal::Error;
use inkseal::emulator::{Emulator, EmulatorBuilder, Fault, FaultRule};

/// A way through the crate.
pub struct Way {
    /// What is done, as the heading of its tables.
    heading: &'static str,
    /// The calls that are made on it, in their order: the columns.
    calls: &'static [&'static str],
    /// What strikes one of the calls only, the output, or the job itself, and what the table calls it.
    special: fn() -> Vec<(&'static str, Case)>,
    /// Goes the way.
    go: fn(Case) -> BoxFuture<'static, Gone>,
}

/// What a way is gone with.
#[derive(Clone, Copy)]
pub struct Disturbance {
    /// The emulator, with something set otherwise.
    setting: fn(EmulatorBuilder) -> EmulatorBuilder,
    /// Whether the token of the job stands for another one already.
    token_is_taken: bool,
}

const NONE: Disturbance = Disturbance { setting: |emulator| emulator, token_is_taken: false };

/// One run of a way.
#[derive(Clone)]
pub struct Case {
    /// The call that is struck, which is on the way.
    call: &'static str,
    fault: Option<FaultRule>,
    disturbance: Disturbance,
    /// Whether nothing tells that something is missing: the one case that is neither whole nor an error.
    is_silent: bool,
}

impl Case {
    fn of(call: &'static str, fault: impl Into<FaultRule>) -> Self {
        Self { fault: Some(fault.into()), ..Self::undisturbed(call) }
    }

    fn silent(call: &'static str, fault: impl Into<FaultRule>) -> Self {
        Self { is_silent: true, ..Self::of(call, fault) }
    }

    fn undisturbed(call: &'static str) -> Self {
        Self { call, fault: None, disturbance: NONE, is_silent: false }
    }

    /// The emulator of a case, but for its fault.
    fn set(&self, emulator: EmulatorBuilder) -> EmulatorBuilder {
        (self.disturbance.setting)(emulator)
    }
}

/// A case whose emulator is another.
fn set(call: &'static str, setting: fn(EmulatorBuilder) -> EmulatorBuilder) -> Case {
    Case { disturbance: Disturbance { setting, ..NONE }, ..Case::undisturbed(call) }
}

/// What came of a run.
pub struct Gone {
    /// What came out, up to an error, if there was one.
    out: Vec<String>,
    result: Result<(), Error>,
    /// How often the call of the case was made.
    calls: u64,
    /// Whether the fault of the case struck, if it has one.
    is_struck: bool,
}

impl Gone {
    /// What came of a call of this emulator.
    fn of(emulator: &Emulator, call: &str, out: Vec<String>, result: Result<(), Error>) -> Self {
        Self { out, result, calls: emulator.count(call), is_struck: emulator.idle_faults().is_empty() }
    }
}

/// What strikes any call.
fn of_calls() -> Vec<Fault> {
    let wait = Duration::from_secs(2);
    vec![
        Fault::Latency(wait),
        Fault::Throttle,
        Fault::InternalError,
        Fault::ServiceUnavailable,
        Fault::ConnectionReset,
        Fault::SlowBody(wait),
        Fault::TruncatedBody,
        Fault::WrongLength,
        Fault::AccessDenied,
        Fault::ClockSkew,
    ]
}

#[tokio::test(start_paused = true)]
async fn every_fault_has_one_outcome() {
    let mut tables = String::new();
    for way in [
        sealed::WAY,
        starts::WAY,
        listing::EXPENSE,
        listing::LENDING,
        get::WAY,
        synchronous::WAY,
        worker::WAY,
        comprehend::FILES,
        comprehend::COPIES,
        comprehend::ARCHIVE,
        listing::DOCUMENTS,
    ] {
        way.tell(&mut tables).await;
    }
    compare(&tables);
}

impl Way {
    async fn tell(&self, tables: &mut String) {
        let mut right = HashMap::new();
        for call in self.calls {
            let gone = self.go(Case::undisturbed(call)).await;
            gone.result.unwrap();
            assert!(!gone.out.is_empty() && gone.calls > 0, "{call} is on the way, and something comes out");
            right.insert(*call, gone.out);
        }

        writeln!(tables, "## {}\n", self.heading).unwrap();
        for (when, is_once) in [("Once, at the first call", true), ("At every call", false)] {
            writeln!(tables, "{when}:\n\n| fault | `{}` |", self.calls.join("` | `")).unwrap();
            writeln!(tables, "| --- |{}", " --- |".repeat(self.calls.len())).unwrap();
            for fault in of_calls() {
                write!(tables, "| {fault} |").unwrap();
                for call in self.calls {
                    let rule = fault.clone().on(*call);
                    let rule = if is_once { rule.nth(1) } else { rule };
                    write!(tables, " {} |", self.outcome(Case::of(call, rule), &right[call]).await).unwrap();
                }
                tables.push('\n');
            }
            tables.push('\n');
        }
        let special = (self.special)();
        if !special.is_empty() {
            let heading = "Of one call, of the output, or of the job itself";
            writeln!(tables, "{heading}:\n\n| fault | outcome |\n| --- | --- |").unwrap();
            for (name, case) in special {
                writeln!(tables, "| {name} | {} |", self.outcome(case.clone(), &right[case.call]).await)
                    .unwrap();
            }
            tables.push('\n');
        }
    }

    /// What comes of a run: `whole`, or the kind and the stage of its error. A result that succeeds and is not whole, and
    /// anything before an error that is not the beginning of the right result, are no outcome.
    async fn outcome(&self, case: Case, right: &[String]) -> String {
        let Case { call, is_silent, .. } = case;
        let gone = self.go(case).await;
        assert!(gone.calls > 0 && gone.is_struck, "{call} was struck");
        match gone.result {
            Ok(()) if is_silent => {
                assert!(gone.out.len() < right.len() && right.starts_with(&gone.out));
                "**shorter**".to_owned()
            }
            Ok(()) => {
                assert_eq!(gone.out, right, "a run that succeeds has given what it should");
                "whole".to_owned()
            }
            Err(error) => {
                assert!(right.starts_with(&gone.out), "what came before an error is right");
                format!("`{:?}` at {:?}", error.kind(), error.stage())
            }
        }
    }

    async fn go(&self, case: Case) -> Gone {
        let gone = tokio::time::timeout(Duration::from_secs(3600), (self.go)(case)).await;
        gone.expect("every way comes to its end")
    }
}

fn compare(tables: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/emulator/outcomes.md");
    if std::env::var_os("INKSEAL_UPDATE").is_some() {
        std::fs::write(&path, tables).unwrap();
    }
    let written = std::fs::read_to_string(&path).unwrap_or_default();
    for (written, found) in written.lines().zip(tables.lines()) {
        assert_eq!(written, found);
    }
    assert_eq!(written.lines().count(), tables.lines().count());
}
