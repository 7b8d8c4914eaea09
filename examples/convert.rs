//! Renders a saved response as text, Markdown, HTML, CSV or JSON.
//!
//! ```text
//! cargo run --release --example convert -- --to markdown --hide header,footer,page-number saved.json
//! ```
//!
//! As CSV it prints every table, with a blank line between two. With `--map` it also writes which block each stretch of the
//! rendering comes from: one JSON object per line, with the bytes `start` and `end`, the id of the `block`, and its `page`.

use std::fs::File;
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::{Parser, ValueEnum};
use inkseal::block::BlockKind;
use inkseal::document::{Document, Merged};
use inkseal::render::{Format, HeaderRule, Render, Rendering, TableStyle};
use serde_json::json;

/// Render a saved Textract response.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0, 1 if a file cannot be read or written, 2 for wrong arguments.")]
struct Arguments {
    /// text, markdown, html, csv or json
    #[arg(long, value_name = "FORMAT")]
    to: Format,
    /// What to leave out
    #[arg(long, value_delimiter = ',', value_name = "WHAT,...")]
    hide: Vec<Hidden>,
    /// How text and Markdown write tables
    #[arg(long, default_value = "plain")]
    table_style: Style,
    /// Whether merged cells have their text at every place that they cover
    #[arg(long, default_value = "once")]
    merged: Repeat,
    /// Which rows of a table are its header
    #[arg(long, default_value = "detected")]
    header: Header,
    /// Join tables that continue on the next page, in CSV
    #[arg(long)]
    join_tables: bool,
    /// Keep spreadsheets from reading cells as formulas, in CSV
    #[arg(long)]
    guard_formulas: bool,
    /// Where to write the map from the rendering to the blocks
    #[arg(long, value_name = "FILE")]
    map: Option<PathBuf>,
    /// One response, or a JSON array of them
    file: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum Hidden {
    Title,
    SectionHeader,
    Header,
    Footer,
    PageNumber,
    Text,
    List,
    Figure,
    Table,
    KeyValue,
    Signature,
    Selection,
}

#[derive(Clone, Copy, ValueEnum)]
enum Style {
    Plain,
    Aligned,
    Html,
}

#[derive(Clone, Copy, ValueEnum)]
enum Repeat {
    Once,
    Repeat,
}

#[derive(Clone, Copy, ValueEnum)]
enum Header {
    Detected,
    FirstRow,
    Never,
}

impl Hidden {
    fn kinds(self) -> &'static [BlockKind] {
        match self {
            Self::Title => &[BlockKind::LayoutTitle],
            Self::SectionHeader => &[BlockKind::LayoutSectionHeader],
            Self::Header => &[BlockKind::LayoutHeader],
            Self::Footer => &[BlockKind::LayoutFooter],
            Self::PageNumber => &[BlockKind::LayoutPageNumber],
            Self::Text => &[BlockKind::LayoutText],
            Self::List => &[BlockKind::LayoutList],
            Self::Figure => &[BlockKind::LayoutFigure],
            Self::Table => &[BlockKind::Table, BlockKind::LayoutTable],
            Self::KeyValue => &[BlockKind::KeyValueSet, BlockKind::LayoutKeyValue],
            Self::Signature => &[BlockKind::Signature],
            Self::Selection => &[BlockKind::SelectionElement],
        }
    }
}

impl Arguments {
    fn render(&self) -> Render {
        Render::to(self.to)
            .hide(self.hide.iter().flat_map(|hidden| hidden.kinds()).cloned())
            .table_style(match self.table_style {
                Style::Plain => TableStyle::Plain,
                Style::Aligned => TableStyle::Aligned,
                Style::Html => TableStyle::Html,
            })
            .merged(match self.merged {
                Repeat::Once => Merged::Once,
                Repeat::Repeat => Merged::Repeated,
            })
            .header_rule(match self.header {
                Header::Detected => HeaderRule::Detected,
                Header::FirstRow => HeaderRule::FirstRow,
                Header::Never => HeaderRule::Never,
            })
            .join_tables(self.join_tables)
            .guard_formulas(self.guard_formulas)
    }
}

fn main() -> ExitCode {
    match run(&Arguments::parse()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("{error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<()> {
    let name = arguments.file.display();
    let json = std::fs::read(&arguments.file).with_context(|| name.to_string())?;
    let document = Document::from_json(&json).with_context(|| name.to_string())?;
    let render = arguments.render();
    match &arguments.map {
        Some(map) => {
            let rendering = render.document_with_map(&document);
            write_map(&rendering, map).with_context(|| map.display().to_string())?;
            print(rendering.text())
        }
        None => print(&render.document(&document)),
    }
}

fn print(text: &str) -> Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    if !(text.is_empty() || text.ends_with('\n')) {
        out.write_all(b"\n")?;
    }
    out.flush().context("cannot write")
}

fn write_map(rendering: &Rendering, path: &Path) -> Result<()> {
    let mut out = BufWriter::new(File::create(path)?);
    for span in rendering.spans() {
        let (start, end) = (span.range.start, span.range.end);
        let line = json!({"start": start, "end": end, "block": span.block.to_string(), "page": span.page});
        writeln!(out, "{line}")?;
    }
    out.flush().context("cannot write")
}
