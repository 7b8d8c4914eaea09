//! Looks up fields, answers and phrases in a saved response, and prints what it found: one JSON object per line.
//!
//! ```text
//! cargo run --release --example lookup -- --field Name --query TOTAL --search "Jane Doe" saved.json
//! ```

use std::io::{self, Write};
use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::Context;
use clap::{ArgGroup, Parser};
use inkseal::block::BoundingBox;
use inkseal::document::{Answer, AskedQuery, Document, Field, Match};
use serde::Serialize;

/// Look up fields, answers and phrases in a saved Textract response.
///
/// Prints what it found as one JSON object per line. Confidences are 0 to 100; boxes are ratios of the page, 0 to 1; what is
/// not known is null.
#[derive(Parser)]
#[command(
    group(ArgGroup::new("question").required(true).multiple(true).args(["field", "query", "search"])),
    after_help = "Exit codes: 0 if something was found for every question, 1 if nothing was found for one of them \
                  (stderr says for which), 2 for wrong arguments or a file that cannot be read."
)]
struct Arguments {
    /// The form field with this key, in any case; if there is none, those whose key contains it. Repeatable
    #[arg(long, value_name = "NAME")]
    field: Vec<String>,
    /// All answers to the question with this alias or, if none has it, with this text. Repeatable
    #[arg(long, value_name = "ALIAS")]
    query: Vec<String>,
    /// The places where these words follow each other, the best first. Repeatable
    #[arg(long, value_name = "WORDS")]
    search: Vec<String>,
    /// By how many characters a place may differ from the words [default: one for every five of these]
    #[arg(long, value_name = "EDITS", requires = "search")]
    distance: Option<usize>,
    /// One response, or a JSON array of them
    file: PathBuf,
}

#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Found<'d> {
    Field {
        key: String,
        value: String,
        /// Whether it is checked, if the value is a check box.
        selected: Option<bool>,
        page: u32,
        /// Of this being a key with its value.
        confidence: Option<f32>,
        text_confidence: Option<f32>,
        /// Of the value or, if that has none, of the key.
        #[serde(rename = "box")]
        place: Option<Place>,
    },
    Query {
        alias: Option<&'d str>,
        question: Option<&'d str>,
        answer: Option<&'d str>,
        page: u32,
        confidence: Option<f32>,
        #[serde(rename = "box")]
        place: Option<Place>,
    },
    Search {
        text: String,
        page: u32,
        distance: usize,
        confidence: Option<f32>,
        /// One for each line that it touches.
        boxes: Vec<Place>,
    },
}

#[derive(Serialize)]
struct Place {
    left: f32,
    top: f32,
    width: f32,
    height: f32,
}

impl From<BoundingBox> for Place {
    fn from(BoundingBox { width, height, left, top }: BoundingBox) -> Self {
        Self { left, top, width, height }
    }
}

fn main() -> ExitCode {
    match run(Arguments::parse()) {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::from(1),
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::from(2)
        }
    }
}

/// Answers every question, and returns whether there was an answer to each.
fn run(arguments: Arguments) -> anyhow::Result<bool> {
    let Arguments { field, query, search, distance, file } = arguments;
    let json = std::fs::read(&file).with_context(|| format!("cannot read {}", file.display()))?;
    let document = Document::from_json(&json).with_context(|| format!("cannot read {}", file.display()))?;

    let mut answers = Answers { out: io::stdout().lock(), found_all: true };
    for name in &field {
        answers.print("--field", name, fields(&document, name))?;
    }
    for name in &query {
        let found = document
            .query(name)
            .flat_map(|query| query.answers().map(move |answer| of_answer(query, answer)));
        answers.print("--query", name, found.collect())?;
    }
    for words in &search {
        let distance = distance.unwrap_or(words.chars().count() / 5);
        let found = document.search(words, distance);
        answers.print("--search", words, found.iter().map(of_match).collect())?;
    }
    answers.out.flush()?;
    Ok(answers.found_all)
}

struct Answers<W> {
    out: W,
    found_all: bool,
}

impl<W: Write> Answers<W> {
    fn print(&mut self, option: &str, asked: &str, found: Vec<Found<'_>>) -> anyhow::Result<()> {
        if found.is_empty() {
            eprintln!("nothing found for {option} {asked:?}");
            self.found_all = false;
        }
        for found in found {
            serde_json::to_writer(&mut self.out, &found)?;
            writeln!(self.out)?;
        }
        Ok(())
    }
}

fn fields<'d>(document: &'d Document, name: &str) -> Vec<Found<'d>> {
    match document.field(name) {
        Some(field) => vec![of_field(field)],
        None => document.fields_containing(name).map(of_field).collect(),
    }
}

fn of_field(field: Field<'_>) -> Found<'_> {
    let key_box = || field.bounding_box();
    Found::Field {
        key: field.key(),
        value: field.value(),
        selected: field.is_selected(),
        page: field.page_number(),
        confidence: field.structure_confidence(),
        text_confidence: field.text_confidence(),
        place: field.value_box().or_else(key_box).map(Place::from),
    }
}

fn of_answer<'d>(query: AskedQuery<'d>, answer: Answer<'d>) -> Found<'d> {
    Found::Query {
        alias: query.alias(),
        question: query.text(),
        answer: answer.text(),
        page: answer.page_number(),
        confidence: answer.confidence(),
        place: answer.bounding_box().map(Place::from),
    }
}

fn of_match<'d>(found: &Match<'d>) -> Found<'d> {
    Found::Search {
        text: found.text(),
        page: found.page_number(),
        distance: found.distance(),
        confidence: found.confidence(),
        boxes: found.bounding_boxes().into_iter().map(Place::from).collect(),
    }
}
