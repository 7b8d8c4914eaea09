//! Prints the contents of a saved response, by definition alone, as JSON: counts, lines, tables, fields, queries, layout.
//!
//! Its output is for comparing readers of Textract's responses with each other, so it follows the response even where a
//! reader may be wiser: blocks of the same id count as often as they occur, and lines are in the response's order.
//!
//! ```text
//! cargo run --release --example facts -- saved.json
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Result;
use clap::Parser;
use inkseal::block::BlockKind;
use inkseal::document::{AskedQuery, BlockRef, Document, Field, LayoutElement, Slot, Table};
use serde::Serialize;

/// Print the contents of a saved Textract response, as JSON.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0, 1 if the file cannot be read, 2 for wrong arguments.")]
struct Arguments {
    /// One response, or a JSON array of them
    file: PathBuf,
}

#[derive(Serialize)]
struct Facts<'d> {
    blocks: usize,
    block_types: BTreeMap<&'d str, usize>,
    pages: BTreeSet<u32>,
    missing_ids: usize,
    words: usize,
    lines: Vec<Option<&'d str>>,
    tables: Vec<Vec<Vec<Option<String>>>>,
    fields: Vec<FieldFacts>,
    queries: Vec<QueryFacts<'d>>,
    selected: usize,
    signatures: usize,
    layout: Vec<LayoutFacts<'d>>,
}

#[derive(Serialize)]
struct FieldFacts {
    key: String,
    value: String,
}

#[derive(Serialize)]
struct QueryFacts<'d> {
    text: Option<&'d str>,
    alias: Option<&'d str>,
    answers: Vec<Option<&'d str>>,
}

#[derive(Serialize)]
struct LayoutFacts<'d> {
    #[serde(rename = "type")]
    kind: &'d str,
    lines: Vec<Option<&'d str>>,
}

fn main() -> ExitCode {
    let Arguments { file } = Arguments::parse();
    match print(&file) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{}: {error:#}", file.display());
            ExitCode::FAILURE
        }
    }
}

fn print(file: &Path) -> Result<()> {
    let document = Document::from_json(&std::fs::read(file)?)?;
    let mut out = std::io::stdout().lock();
    let mut serializer =
        serde_json::Serializer::with_formatter(&mut out, serde_json::ser::PrettyFormatter::with_indent(b" "));
    facts(&document).serialize(&mut serializer)?;
    writeln!(out)?;
    Ok(())
}

fn facts(document: &Document) -> Facts<'_> {
    let blocks = || document.blocks();
    let of_kind = |kind: BlockKind| blocks().filter(move |block| *block.kind() == kind);
    let mut block_types = BTreeMap::new();
    for block in blocks() {
        *block_types.entry(block.block().kind().as_str()).or_default() += 1;
    }
    Facts {
        blocks: blocks().len(),
        block_types,
        pages: blocks().map(|block| block.block().page().filter(|page| *page > 0).unwrap_or(1)).collect(),
        missing_ids: document.unresolved_count(),
        words: of_kind(BlockKind::Word).count(),
        lines: of_kind(BlockKind::Line).map(|line| line.block().text()).collect(),
        tables: blocks().filter_map(BlockRef::as_table).map(|table| grid(&table)).collect(),
        fields: blocks().filter_map(BlockRef::as_field).map(field).collect(),
        queries: blocks().filter_map(BlockRef::as_query).map(query).collect(),
        selected: blocks()
            .filter_map(BlockRef::as_selection_element)
            .filter(|element| element.is_selected())
            .count(),
        signatures: of_kind(BlockKind::Signature).count(),
        layout: blocks().filter_map(BlockRef::as_layout).map(layout).collect(),
    }
}

/// The texts of the places where a cell begins; `None` for the others.
fn grid(table: &Table<'_>) -> Vec<Vec<Option<String>>> {
    let text = |slot: Slot<'_>| slot.start().map(|cell| cell.text());
    table.rows().map(|row| row.into_iter().map(text).collect()).collect()
}

fn field(field: Field<'_>) -> FieldFacts {
    FieldFacts { key: field.key(), value: field.value() }
}

fn query<'d>(query: AskedQuery<'d>) -> QueryFacts<'d> {
    let answers = query.answers().map(|answer| answer.text()).collect();
    QueryFacts { text: query.text(), alias: query.alias(), answers }
}

fn layout<'d>(element: LayoutElement<'d>) -> LayoutFacts<'d> {
    let lines = element.lines().map(|line| line.block().text()).collect();
    LayoutFacts { kind: element.block().kind().as_str(), lines }
}
