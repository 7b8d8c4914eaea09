//! Renderings of a document: plain text, Markdown, HTML, CSV and JSON, each with a map back to the words.
//!
//! All of them read a page in the same order and give each of its words once: the layout's, where the feature LAYOUT was
//! asked for, else column by column; tables as such in place of their lines; the fields of a form as key and value. What
//! is in no line is not lost: it comes where it stands on the page, or last.
//!
//! ```
//! use inkseal::block::BlockKind;
//! use inkseal::document::Document;
//! use inkseal::render::Render;
//!
//! let document = Document::from_json(br#"{"Blocks": [
//!     {"BlockType": "LAYOUT_TITLE", "Id": "1", "Relationships": [{"Type": "CHILD", "Ids": ["a"]}]},
//!     {"BlockType": "LAYOUT_PAGE_NUMBER", "Id": "2", "Relationships": [{"Type": "CHILD", "Ids": ["b"]}]},
//!     {"BlockType": "LINE", "Id": "a", "Text": "Terms & conditions"},
//!     {"BlockType": "LINE", "Id": "b", "Text": "17"}
//! ]}"#)?;
//! assert_eq!(document.to_text(), "Terms & conditions\n\n17");
//! let markdown = Render::markdown().hide([BlockKind::LayoutPageNumber]);
//! assert_eq!(markdown.document(&document), "# Terms & conditions");
//! # Ok::<(), inkseal::Error>(())
//! ```
//!
//! A document that need not fit into memory is rendered page by page: [`Render::pages`], [`Render::stream`].

mod canvas;
mod csv;
mod element;
mod html;
mod json;
mod line;
mod map;
mod markdown;
mod pages;
mod table;
mod text;
mod tiles;

use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

pub use self::map::{Rendering, Span};
pub use self::pages::PageWriter;
use crate::block::BlockKind;
use crate::document::flow::{Piece, Run};
use crate::document::{BlockRef, Document, Merged, Page, Token};

/// A way to render: the format and its options.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Render {
    format: Format,
    hidden: Vec<BlockKind>,
    line_separator: Cow<'static, str>,
    paragraph_separator: Cow<'static, str>,
    page_separator: Cow<'static, str>,
    cell_separator: Cow<'static, str>,
    selected: Cow<'static, str>,
    not_selected: Cow<'static, str>,
    signature: Cow<'static, str>,
    table_style: TableStyle,
    header_rule: HeaderRule,
    merged: Merged,
    guard_formulas: bool,
    join_tables: bool,
}

/// The formats.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum Format {
    /// Plain text.
    Text,
    /// Markdown: CommonMark with GitHub's tables.
    Markdown,
    /// An HTML fragment: a `<section data-page="1">` for each page.
    ///
    /// A title is an `h1`, a section header an `h2`, a page number a `p` of the class `page-number`; headers, footers,
    /// figures and lists have the elements of these names, form fields a `dl`. Lines that no layout puts together are a
    /// `p` with a `br` between each two. Tables have their titles in the `caption` and their footers in a `p` of the class
    /// `table-footer` behind them; header cells are `th`. A merged cell spans rows and columns where it has all of them
    /// to itself; where it has not, it stands at its first place, and the others are empty. Cells of a role have it as
    /// their class: `title`, `section-title`, `summary`, `footer`. The fragment has no other attributes, and everything
    /// that the document says is escaped.
    Html,
    /// The tables alone, in reading order, as RFC 4180 has it, but with `\n` at the end of each row; a blank line stands
    /// between two tables. All rows of a table are of the same length. What is in no table is not there.
    Csv,
    /// A JSON document:
    ///
    /// ```json
    /// {"pages": [{
    ///     "number": 1,
    ///     "elements": [
    ///         {"type": "title", "text": "Terms", "box": {"left": 0.1, "top": 0.1, "width": 0.5, "height": 0.02}},
    ///         {"type": "list", "items": ["One", "Two"], "box": null},
    ///         {"type": "key-value", "fields": [
    ///             {"key": "Married", "value": "[X]", "selected": true, "confidence": 97.5}
    ///         ], "box": null},
    ///         {"type": "table", "rows": 1, "columns": 2, "titles": ["Prices"], "footers": [], "cells": [
    ///             {"row": 1, "column": 1, "row_span": 1, "column_span": 2, "roles": ["column-header"], "text": "Item"}
    ///         ], "box": null}
    ///     ],
    ///     "queries": [
    ///         {"text": "Who signed?", "alias": "SIGNER", "answers": [{"text": "Jane Doe", "confidence": 95.5}]}
    ///     ]
    /// }]}
    /// ```
    ///
    /// The types with a `text` are `title`, `section-header`, `header`, `footer`, `page-number`, `text`, `figure`, `lines`
    /// (what no layout puts together; with a line break between each two), `signature` and `selection`, which also has
    /// `selected`: true, false, or null where Textract does not tell. A field has `selected` if its value is a check box.
    ///
    /// A table lists the cells that begin somewhere, row by row. Rows and columns count from 1, and no two cells span the
    /// same place. Roles are `column-header`, `title`, `section-title`, `summary` and `footer`. Titles and footers are
    /// those outside of the cells.
    ///
    /// A confidence is 0 to 100 or null, a box in ratios of the page, or null where nothing tells it. Any text can be
    /// empty, and that of a question, and its alias, null. Members will be added, and types; none will change.
    Json,
}

impl Format {
    const ALL: [Self; 5] = [Self::Text, Self::Markdown, Self::Html, Self::Csv, Self::Json];

    /// Its name: `text`, `markdown`, `html`, `csv` or `json`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Text => "text",
            Self::Markdown => "markdown",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// What names of files of it end with: `txt`, `md`, `html`, `csv` or `json`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type, with the character set: that of the IANA registry, and `text/markdown` of RFC 7763.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::Text => "text/plain; charset=utf-8",
            Self::Markdown => "text/markdown; charset=utf-8",
            Self::Html => "text/html; charset=utf-8",
            Self::Csv => "text/csv; charset=utf-8",
            Self::Json => "application/json",
        }
    }
}

impl fmt::Display for Format {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

impl FromStr for Format {
    type Err = UnknownFormat;

    /// Reads the name that [`as_str`](Self::as_str) gives.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or(UnknownFormat)
    }
}

/// A name that no [`Format`] has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format; expected text, markdown, html, csv or json")]
#[non_exhaustive]
pub struct UnknownFormat;

/// How text and Markdown write a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableStyle {
    /// Cell after cell: with the cell separator in text, as a GitHub table in Markdown.
    #[default]
    Plain,
    /// The same with columns padded by spaces, for people to read.
    Aligned,
    /// As HTML, which alone can tell which cells are merged.
    Html,
}

/// Which rows of a table are its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderRule {
    /// Those that Textract takes for one: see [`Table::header_rows`](crate::document::Table::header_rows).
    #[default]
    Detected,
    /// The first row, whatever Textract says.
    FirstRow,
    /// None.
    Never,
}

macro_rules! options {
    ($($(#[$doc:meta])* $name:ident: $type:ty;)+) => {
        $(
            $(#[$doc])*
            #[must_use]
            pub fn $name(mut self, $name: impl Into<$type>) -> Self {
                self.$name = $name.into();
                self
            }
        )+
    };
}

impl Render {
    fn new(format: Format) -> Self {
        Self {
            format,
            hidden: Vec::new(),
            line_separator: " ".into(),
            paragraph_separator: "\n\n".into(),
            page_separator: "\n\n".into(),
            cell_separator: "\t".into(),
            selected: "[X]".into(),
            not_selected: "[ ]".into(),
            signature: "[SIGNATURE]".into(),
            table_style: TableStyle::default(),
            header_rule: HeaderRule::default(),
            merged: Merged::default(),
            guard_formulas: false,
            join_tables: false,
        }
    }

    /// In this format.
    pub fn to(format: Format) -> Self {
        Self::new(format)
    }

    /// As plain text.
    pub fn text() -> Self {
        Self::new(Format::Text)
    }

    /// As Markdown.
    pub fn markdown() -> Self {
        Self::new(Format::Markdown)
    }

    /// As an HTML fragment.
    pub fn html() -> Self {
        Self::new(Format::Html)
    }

    /// The tables as CSV.
    pub fn csv() -> Self {
        Self::new(Format::Csv)
    }

    /// As JSON.
    pub fn json() -> Self {
        Self::new(Format::Json)
    }

    /// Leaves out blocks of these kinds with all that they contain, wherever that stands: elements of the layout, such as
    /// [`LayoutHeader`](BlockKind::LayoutHeader), [`Table`](BlockKind::Table), form fields
    /// ([`KeyValueSet`](BlockKind::KeyValueSet)), [`SelectionElement`](BlockKind::SelectionElement),
    /// [`Signature`](BlockKind::Signature), [`Query`](BlockKind::Query), ...
    ///
    /// A table that shares a word with what is hidden is left out as a table; its other words come as the lines that they
    /// stand in. Titles and footers of tables cannot be hidden by themselves.
    #[must_use]
    pub fn hide(mut self, kinds: impl IntoIterator<Item = BlockKind>) -> Self {
        self.hidden.extend(kinds);
        self
    }

    options! {
        /// What text puts between the lines of a paragraph: a space. Lines that are not known to make paragraphs, as LAYOUT
        /// was not asked for, stand below each other.
        line_separator: Cow<'static, str>;
        /// What text puts between paragraphs: a blank line.
        paragraph_separator: Cow<'static, str>;
        /// What text and Markdown put between pages: a blank line. One that is more than line breaks, such as a form feed,
        /// also stands around blank pages, so that pages can be told apart by it.
        page_separator: Cow<'static, str>;
        /// What text puts between the cells of a row: a tab.
        cell_separator: Cow<'static, str>;
        /// What stands for a signature: `[SIGNATURE]`.
        signature: Cow<'static, str>;
        /// How text and Markdown write a table.
        table_style: TableStyle;
        /// Which rows of a table are its header, in Markdown and HTML.
        header_rule: HeaderRule;
        /// Whether text, Markdown and CSV repeat the text of a merged cell at each place that it covers. HTML and JSON tell
        /// merged cells as such, and give their text once either way.
        merged: Merged;
        /// Whether CSV puts a `'` before cells that begin with `=`, `+`, `-`, `@`, a tab or a line break, as spreadsheets take
        /// them for formulas ("CSV Injection" of OWASP): not so by default, as it alters the data, negative numbers too.
        guard_formulas: bool;
        /// Whether CSV joins tables with those that go on with them on the next pages, as
        /// [`Document::joined_tables`] does: not so by default. It is for whole documents; page by page, and in the other
        /// formats, every table stays where it is.
        join_tables: bool;
    }

    /// What stands for a check box or radio button that is marked, and for one that is not: `[X]` and `[ ]`. As text and
    /// Markdown this is written as it is, as everything else it is escaped, and so is what stands for a signature.
    #[must_use]
    pub fn selection(
        mut self,
        selected: impl Into<Cow<'static, str>>,
        not_selected: impl Into<Cow<'static, str>>,
    ) -> Self {
        (self.selected, self.not_selected) = (selected.into(), not_selected.into());
        self
    }

    /// The format.
    pub fn format(&self) -> Format {
        self.format
    }

    /// A whole document.
    pub fn document(&self, document: &Document) -> String {
        self.of_document(document, false).into_text()
    }

    /// A whole document, with the map.
    pub fn document_with_map(&self, document: &Document) -> Rendering {
        self.of_document(document, true)
    }

    /// One page.
    pub fn page(&self, page: Page<'_>) -> String {
        self.of_pages([page].into_iter(), false).into_text()
    }

    /// One page, with the map.
    pub fn page_with_map(&self, page: Page<'_>) -> Rendering {
        self.of_pages([page].into_iter(), true)
    }

    fn of_document(&self, document: &Document, with_map: bool) -> Rendering {
        if self.format == Format::Csv && self.join_tables {
            csv::joined(self, document, with_map)
        } else {
            self.of_pages(document.pages(), with_map)
        }
    }

    fn of_pages<'d>(&self, pages: impl Iterator<Item = Page<'d>>, with_map: bool) -> Rendering {
        let mut writer = PageWriter::new(self.clone(), with_map);
        for page in pages {
            writer.write(page);
        }
        writer.end()
    }

    fn is_hidden(&self, kind: &BlockKind) -> bool {
        !self.hidden.is_empty() && self.hidden.contains(kind)
    }

    /// Whether a piece of the flow is left out: a check box or signature that stands by itself. The flow is made without
    /// whatever else is hidden.
    fn is_left_out(&self, piece: &Piece<'_>) -> bool {
        self.is_hidden(piece.kind)
    }

    /// What a run says, and whether that is from the document, so that it has to be escaped. `None` for what is hidden.
    fn said<'a>(&'a self, run: &Run<'a>) -> Option<(&'a str, BlockRef<'a>, bool)> {
        let (text, source, escape) = match run {
            Run::Token(token) => match token {
                Token::Word(word) => (word.text(), **word, true),
                Token::Selection(element) if element.is_selected() => (&*self.selected, **element, false),
                Token::Selection(element) => (&*self.not_selected, **element, false),
                Token::Signature(signature) => (&*self.signature, **signature, false),
            },
            Run::Rest { text, line } => (*text, **line, true),
        };
        (!self.is_hidden(source.block().kind())).then_some((text, source, escape))
    }
}

impl Document {
    /// The document as plain text: [`Render::text`] with its defaults.
    pub fn to_text(&self) -> String {
        Render::text().document(self)
    }

    /// The document as Markdown: [`Render::markdown`] with its defaults.
    pub fn to_markdown(&self) -> String {
        Render::markdown().document(self)
    }

    /// The document as an HTML fragment: [`Render::html`] with its defaults.
    pub fn to_html(&self) -> String {
        Render::html().document(self)
    }

    /// The tables of the document as CSV: [`Render::csv`] with its defaults.
    pub fn to_csv(&self) -> String {
        Render::csv().document(self)
    }

    /// The document as JSON of its own shape: [`Render::json`] with its defaults. Textract's JSON is what the document
    /// serializes to.
    pub fn to_json(&self) -> String {
        Render::json().document(self)
    }
}
