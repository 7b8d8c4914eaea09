//! Renderings of a document: plain text, Markdown, HTML, CSV and JSON, each with a map back to the words.
//!
//! All of them read a page in the same order and give each of its words once: by the layout if the feature LAYOUT was
//! asked for, otherwise column by column; tables as tables, in place of their lines; the fields of a form as key and
//! value. What is in no line is not lost: it comes at its place on the page, or last.
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
//! A document that may not fit into memory is rendered page by page: [`Render::page_writer`], [`Render::stream`].

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
    /// An HTML fragment: a `section` for each page. These are all its elements and attributes, and all classes:
    ///
    /// | element | for |
    /// | --- | --- |
    /// | `section`, with `data-page="1"` | a page, with its number |
    /// | `h1`, `h2` | a title, a section header |
    /// | `header`, `footer`, `figure` | the element of the layout |
    /// | `p` | a paragraph; lines in no element of the layout, with a `br` between each two |
    /// | `p class="page-number"` | a page number |
    /// | `p class="signature"`, `p class="selection"` | a signature, a check box or radio button by itself |
    /// | `ul`, `li` | a list |
    /// | `dl`, `dt`, `dd` | form fields: keys and values |
    /// | `table`, `thead`, `tbody`, `tr` | a table; `thead` if it has a header that no cell reaches out of |
    /// | `caption` | its titles outside of the cells, with a `br` between each two |
    /// | `th`, `td` | a cell of the header, any other cell |
    /// | `p class="table-title"` | a title of a table without rows |
    /// | `p class="table-footer"` | a footer outside of the cells, behind the table |
    ///
    /// A `th` with a cell has `scope="col"`, and `th` and `td` have `rowspan` and `colspan` for a merged cell, if it has all
    /// rows and columns that it spans to itself; if not, it is at its first place, and the others are empty. A cell with
    /// roles has them as its `class`, separated by spaces: `title`, `section-title`, `summary`, `footer`. All text of the
    /// document is escaped.
    Html,
    /// Only the tables, in reading order, in the form of RFC 4180 except for `\n` at the end of each row, with a blank line
    /// between two tables. All rows of a table have the same length. What is in no table is left out.
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
    /// (lines in no element of the layout, with a line break between each two), `signature` and `selection`, which also has
    /// `selected`: true, false, or null if Textract does not say. A field whose value is a check box has `selected`, too.
    ///
    /// A table lists the cells that begin somewhere, row by row. Rows and columns count from 1, and no two cells span the
    /// same place. Roles are `column-header`, `title`, `section-title`, `summary` and `footer`. Titles and footers are
    /// those outside of the cells.
    ///
    /// A confidence is 0 to 100 or null; a box is in ratios of the page, or null if it is not known. Any text can be
    /// empty; that of a question, and its alias, can be null. Members and types may be added; none will change.
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

    /// Its file name extension: `txt`, `md`, `html`, `csv` or `json`.
    pub fn extension(self) -> &'static str {
        match self {
            Self::Text => "txt",
            Self::Markdown => "md",
            Self::Html => "html",
            Self::Csv => "csv",
            Self::Json => "json",
        }
    }

    /// Its media type, with the character set: as in the IANA registry, and `text/markdown` of RFC 7763.
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
    ///
    /// # Errors
    ///
    /// [`UnknownFormat`] for any other name; case matters.
    fn from_str(name: &str) -> Result<Self, UnknownFormat> {
        Self::ALL.into_iter().find(|format| format.as_str() == name).ok_or(UnknownFormat)
    }
}

/// A name that is not that of a [`Format`].
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("unknown format; expected text, markdown, html, csv or json")]
#[non_exhaustive]
pub struct UnknownFormat;

/// How text and Markdown write a table.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum TableStyle {
    /// Cell after cell: with the cell separator in text, as a GitHub table in Markdown. The header row of that is the first
    /// row, or an empty one if the table has no header.
    #[default]
    Plain,
    /// The same, with columns padded by spaces for people to read.
    Aligned,
    /// As HTML, the only one that shows which cells are merged.
    Html,
}

/// Which rows of a table are its header.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum HeaderRule {
    /// Those that Textract detected: see [`Table::header_rows`](crate::document::Table::header_rows).
    #[default]
    Detected,
    /// The first row, regardless of Textract.
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

    /// Leaves out blocks of these kinds with everything that they contain, wherever that is: elements of the layout, such as
    /// [`LayoutHeader`](BlockKind::LayoutHeader), [`Table`](BlockKind::Table), form fields
    /// ([`KeyValueSet`](BlockKind::KeyValueSet)), [`SelectionElement`](BlockKind::SelectionElement),
    /// [`Signature`](BlockKind::Signature), [`Query`](BlockKind::Query), ...
    ///
    /// A table that shares a word with what is hidden is not written as a table; its other words are in the lines that they
    /// belong to. Titles and footers of tables cannot be hidden by themselves.
    #[must_use]
    pub fn hide(mut self, kinds: impl IntoIterator<Item = BlockKind>) -> Self {
        self.hidden.extend(kinds);
        self
    }

    options! {
        /// What text puts between the lines of a paragraph. Defaults to a space. If LAYOUT was not asked for, paragraphs are
        /// not known, and each line is on its own.
        line_separator: Cow<'static, str>;
        /// What text puts between paragraphs. Defaults to a blank line.
        paragraph_separator: Cow<'static, str>;
        /// What text and Markdown put between pages. Defaults to a blank line. If it is more than line breaks, such as a form
        /// feed, it is also put around blank pages, so that it marks every page.
        page_separator: Cow<'static, str>;
        /// What text puts between the cells of a row. Defaults to a tab.
        cell_separator: Cow<'static, str>;
        /// The mark of a signature. Defaults to `[SIGNATURE]`.
        signature: Cow<'static, str>;
        /// How text and Markdown write a table.
        table_style: TableStyle;
        /// Which rows of a table are its header, in Markdown and HTML.
        header_rule: HeaderRule;
        /// Whether text, Markdown and CSV repeat the text of a merged cell at each place that it covers. HTML and JSON show
        /// which cells are merged, and give their text once in either case.
        merged: Merged;
        /// Whether CSV keeps spreadsheets from reading cells as formulas ("CSV Injection" of OWASP). It puts a `'` before
        /// cells that begin with `=`, `+`, `-`, `@`, a tab or a line break, and encloses every cell in quotation marks. As some
        /// locales separate cells by `;` or tabs, it also puts one before `=`, `+`, `-` and `@` behind these and line breaks
        /// within a cell, with spaces and quotation marks in between or not. Defaults to `false`, as it alters the data,
        /// negative numbers too.
        guard_formulas: bool;
        /// Whether CSV joins tables with their continuations on the next pages, as by [`Document::joined_tables`]. Defaults
        /// to `false`. It applies to whole documents; page by page, and in the other formats, every table stays where it is.
        join_tables: bool;
    }

    /// The marks of check boxes and radio buttons that are selected, and that are not. Defaults to `[X]` and `[ ]`. Text and
    /// Markdown have these as they are, the other formats escaped; the same goes for the mark of a signature.
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

    /// Whether a piece of the flow is left out: a check box or signature by itself. Everything else that is hidden is not in
    /// the flow.
    fn is_left_out(&self, piece: &Piece<'_>) -> bool {
        self.is_hidden(piece.kind)
    }

    /// The text of a run, and whether it is from the document, so that it has to be escaped. `None` if it is hidden.
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

    /// The document as JSON of the shape of [`Format::Json`]: [`Render::json`] with its defaults. For Textract's JSON,
    /// serialize the document.
    pub fn to_json(&self) -> String {
        Render::json().document(self)
    }
}
