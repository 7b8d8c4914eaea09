//! A page as a sequence of pieces, for renderings: each word once, in reading order, tables in place of their lines.
//!
//! With LAYOUT the pieces are its elements; without, they are lines, by columns. A table is at the place of the first of
//! its words, and takes all of them along; form fields do so within an element LAYOUT_KEY_VALUE. What is in no line is
//! placed by its geometry, or at the end if it has none.

mod place;
mod runs;

use std::collections::HashSet;

use super::columns::by_columns;
use super::layout::outermost;
use super::{BlockRef, Field, LayoutElement, Line, Page, Table, TableCaption, Token, Word};
use crate::block::{BlockKind, BoundingBox};

use self::place::{PlacedField, paragraphs};
pub(crate) use self::runs::stretches;
use self::runs::{align, is_said_by_words};

/// The pieces of a page, in reading order.
pub(crate) struct Flow<'d> {
    pub(crate) pieces: Vec<Piece<'d>>,
    lines: Vec<std::ops::Range<usize>>,
    runs: Vec<Run<'d>>,
}

/// A piece of a page.
pub(crate) struct Piece<'d> {
    /// What it is: an element of the layout, or [`BlockKind::Line`] if there is no layout.
    pub(crate) kind: &'d BlockKind,
    /// Pieces with the same number belong together: the items of a list, the fields of a form, the lines of a paragraph.
    pub(crate) group: u32,
    pub(crate) content: Content<'d>,
    /// The box around what it says.
    pub(crate) place: Option<BoundingBox>,
}

pub(crate) enum Content<'d> {
    /// A range of the lines of the flow.
    Lines(std::ops::Range<usize>),
    Table(Box<PlacedTable<'d>>),
    Field(Field<'d>),
    /// A signature or selection element by itself.
    Token(Token<'d>),
}

/// A table, and its titles and footers outside of its cells, each without what is also in a cell.
pub(crate) struct PlacedTable<'d> {
    pub(crate) table: Table<'d>,
    pub(crate) titles: Vec<Vec<Token<'d>>>,
    pub(crate) footers: Vec<Vec<Token<'d>>>,
}

/// A stretch of text, and where it comes from.
#[derive(Clone, Copy)]
pub(crate) enum Run<'d> {
    Token(Token<'d>),
    /// Text of a line that is not one of its words, as when the ids of some cannot be resolved.
    Rest {
        text: &'d str,
        line: Line<'d>,
    },
}

impl<'d> Flow<'d> {
    /// The flow of a page without blocks of some kinds and everything that they contain.
    pub(crate) fn without(page: Page<'d>, hidden: &[BlockKind]) -> Self {
        let Kinds { layout, lines, tables, fields, marks } = Kinds::of(page);
        let mut walk = Walk::new(page);
        if !hidden.is_empty() {
            walk.hide(hidden);
        }
        tables.into_iter().for_each(|table| walk.enter_table(table));
        fields.into_iter().for_each(|field| walk.enter_field(field));
        outermost(layout).into_iter().for_each(|element| walk.element(element));
        walk.left_over_lines(lines);
        walk.left_over_words();
        walk.left_over_places(marks);
        walk.flow
    }

    /// The lines of a piece.
    pub(crate) fn lines(
        &self,
        lines: &std::ops::Range<usize>,
    ) -> impl Iterator<Item = &[Run<'d>]> + use<'_, 'd> {
        let lines = self.lines.get(lines.clone()).unwrap_or_default();
        lines.iter().map(|runs| self.runs.get(runs.clone()).unwrap_or_default())
    }
}

/// What a word, a selection element or a signature belongs to.
#[derive(Clone, Copy, PartialEq, Default)]
enum Owner {
    #[default]
    Nobody,
    /// It is in the flow already.
    Done,
    /// It is left out, and so is what it contains.
    Hidden,
    Table(u32),
    /// The title or footer of a table, outside of its cells.
    Caption(u32),
    Field(u32),
}

struct Walk<'d> {
    page: Page<'d>,
    flow: Flow<'d>,
    /// For each block of the page.
    owners: Vec<Owner>,
    /// Each is taken out when it is put into the flow.
    tables: Vec<Option<PlacedTable<'d>>>,
    fields: Vec<PlacedField<'d>>,
    /// The elements of the layout that are in the flow, and their lines.
    seen: HashSet<u32>,
    group: u32,
}

/// The blocks of a page by how they are used, found in one pass.
struct Kinds<'d> {
    layout: Vec<LayoutElement<'d>>,
    lines: Vec<Line<'d>>,
    tables: Vec<Table<'d>>,
    fields: Vec<Field<'d>>,
    /// Selection elements and signatures.
    marks: Vec<Token<'d>>,
}

impl<'d> Kinds<'d> {
    fn of(page: Page<'d>) -> Self {
        let (layout, lines) = (Vec::new(), Vec::new());
        let mut kinds = Self { layout, lines, tables: Vec::new(), fields: Vec::new(), marks: Vec::new() };
        for block in page.counted() {
            match block.block().kind() {
                BlockKind::Word | BlockKind::Cell => {}
                BlockKind::Line => kinds.lines.extend(block.as_line()),
                BlockKind::Table => kinds.tables.extend(block.as_table()),
                BlockKind::KeyValueSet | BlockKind::Key => kinds.fields.extend(block.as_field()),
                BlockKind::SelectionElement | BlockKind::Signature => kinds.marks.extend(Token::of(block)),
                _ => kinds.layout.extend(block.as_layout()),
            }
        }
        kinds
    }
}

/// Where in the flow a line is being put.
#[derive(Clone, Copy)]
struct Spot<'d> {
    kind: &'d BlockKind,
    group: u32,
    /// Whether form fields are put as fields.
    fields: bool,
}

impl<'d> Walk<'d> {
    fn new(page: Page<'d>) -> Self {
        // Most blocks of a page are words.
        let flow =
            Flow { pieces: Vec::new(), lines: Vec::new(), runs: Vec::with_capacity(page.block_count()) };
        let owners = vec![Owner::Nobody; page.block_count()];
        Self { page, flow, owners, tables: Vec::new(), fields: Vec::new(), seen: HashSet::new(), group: 0 }
    }

    fn owner(&mut self, token: &Token<'d>) -> Option<&mut Owner> {
        let rank = self.page.rank(token.block_ref())?;
        self.owners.get_mut(rank)
    }

    fn is_free(&mut self, token: &Token<'d>) -> bool {
        // What is on another page is read there.
        self.owner(token).is_some_and(|owner| matches!(owner, Owner::Nobody | Owner::Field(_)))
    }

    fn is_hidden(&self, block: BlockRef<'d>) -> bool {
        self.page.rank(block).and_then(|rank| self.owners.get(rank)) == Some(&Owner::Hidden)
    }

    /// Hides blocks of these kinds, and all blocks that they name.
    fn hide(&mut self, hidden: &[BlockKind]) {
        let is_hidden = |block: &BlockRef<'d>| match block.block().kind() {
            // Each is left out where it would be written, and takes nothing along.
            BlockKind::Word | BlockKind::SelectionElement | BlockKind::Signature => false,
            // Titles and footers of tables, and what they were called before: their words may be those of cells.
            BlockKind::TableTitle | BlockKind::TableFooter | BlockKind::Title | BlockKind::Footer => false,
            BlockKind::Key | BlockKind::KeyValueSet => {
                hidden.contains(&BlockKind::KeyValueSet) || hidden.contains(&BlockKind::Key)
            }
            kind => hidden.contains(kind),
        };
        let mut rest: Vec<_> = self.page.blocks().filter(is_hidden).collect();
        while let Some(block) = rest.pop() {
            let owner = self.page.rank(block).and_then(|rank| self.owners.get_mut(rank));
            if owner.is_some_and(|owner| std::mem::replace(owner, Owner::Hidden) != Owner::Hidden) {
                rest.extend(block.related_by(|_| true));
            }
        }
    }

    /// Gives a token to a new owner, if it has none.
    fn take(&mut self, token: &Token<'d>, new: Owner) -> bool {
        match self.owner(token) {
            Some(owner @ Owner::Nobody) => {
                *owner = new;
                true
            }
            _ => false,
        }
    }

    fn finish(&mut self, token: &Token<'d>) {
        if let Some(owner) = self.owner(token) {
            *owner = Owner::Done;
        }
    }

    fn enter_table(&mut self, table: Table<'d>) {
        let number = self.tables.len() as u32;
        let (me, caption_of_me) = (Owner::Table(number), Owner::Caption(number));
        let shares =
            table.shown_cells().flat_map(|cell| cell.tokens()).any(|token| self.is_hidden(token.block_ref()));
        // A table that shares anything with what is hidden cannot be shown in part.
        if shares || self.is_hidden(*table) {
            return;
        }
        for token in table.shown_cells().flat_map(|cell| cell.tokens()) {
            self.take(&token, me);
        }
        // A caption whose words are in the cells is there already.
        let mut floating = |captions: Vec<TableCaption<'d>>| -> Vec<Vec<Token<'d>>> {
            let mut rest = |caption: TableCaption<'d>| -> Vec<_> {
                caption.content().filter(|token| self.take(token, caption_of_me)).collect()
            };
            captions.into_iter().map(&mut rest).filter(|tokens| !tokens.is_empty()).collect()
        };
        let titles = floating(table.titles().collect());
        let footers = floating(table.footers().collect());
        self.tables.push(Some(PlacedTable { table, titles, footers }));
    }

    /// Fields in tables are written there.
    fn enter_field(&mut self, field: Field<'d>) {
        let me = Owner::Field(self.fields.len() as u32);
        let mut tokens = field.key_tokens().chain(field.value_tokens());
        if tokens.all(|token| self.owner(&token).is_none_or(|owner| *owner == Owner::Nobody)) {
            for token in field.key_tokens().chain(field.value_tokens()) {
                self.take(&token, me);
            }
            self.fields.push(PlacedField::new(field));
        }
    }

    fn next_group(&mut self) -> u32 {
        self.group += 1;
        self.group
    }

    /// Puts an element of the layout into the flow, with everything nested in it.
    fn element(&mut self, element: LayoutElement<'d>) {
        if self.is_hidden(*element) {
            return;
        }
        let kind = element.block().kind();
        let group = self.next_group();
        let fields = *kind == BlockKind::LayoutKeyValue;
        let spot = Spot { kind, group, fields };
        if *kind == BlockKind::LayoutList {
            for item in element.children() {
                match (item.as_layout(), item.as_line()) {
                    (Some(item), _) => {
                        let lines = item.lines_beyond(&mut self.seen);
                        self.lines(spot, &lines);
                    }
                    (None, Some(line)) => self.lines(spot, &[line]),
                    (None, None) => {}
                }
            }
        } else {
            let lines = element.lines_beyond(&mut self.seen);
            self.lines(spot, &lines);
        }
    }

    /// Puts lines into the flow as one piece, which tables and fields may split.
    fn lines(&mut self, spot: Spot<'d>, lines: &[Line<'d>]) {
        let mut piece = self.begin(spot);
        for line in lines.iter().copied() {
            let owner = self.page.rank(*line).and_then(|rank| self.owners.get_mut(rank));
            if let Some(owner @ Owner::Nobody) = owner {
                *owner = Owner::Done;
                self.line(spot, &mut piece, line);
            }
        }
        self.end(piece);
    }

    fn line(&mut self, spot: Spot<'d>, piece: &mut Open<'d>, line: Line<'d>) {
        let mut part = self.begin_line();
        if is_said_by_words(line) {
            for word in line.words() {
                self.token(spot, piece, &mut part, Token::Word(word));
            }
        } else {
            // If a word of the line is hidden, text that is not one of its words may be a part of that word.
            let hides = line.words().any(|word| self.is_hidden(*word));
            for run in align(line) {
                match run {
                    Run::Token(token) => self.token(spot, piece, &mut part, token),
                    Run::Rest { .. } if hides => {}
                    Run::Rest { .. } => self.flow.runs.push(run),
                }
            }
        }
        self.end_line(piece, &part, part.is_whole.then_some(*line));
    }

    /// Puts a word of a line, or the table or field that it belongs to.
    fn token(&mut self, spot: Spot<'d>, piece: &mut Open<'d>, part: &mut LinePart, token: Token<'d>) {
        match self.owner(&token).copied() {
            Some(Owner::Done | Owner::Hidden) => {}
            Some(Owner::Table(table) | Owner::Caption(table)) => {
                if let Some(table) = self.tables.get_mut(table as usize).and_then(Option::take) {
                    self.part(spot, piece, part);
                    self.put_table(table);
                }
            }
            Some(Owner::Field(field)) if spot.fields && self.is_whole(field) => {
                self.part(spot, piece, part);
                self.put_field(spot, field);
            }
            _ => return self.put_token(token),
        }
        part.is_whole = false;
    }

    /// Puts a word, and the check boxes of the field whose key begins or ends with it.
    fn put_token(&mut self, token: Token<'d>) {
        let field = match self.owner(&token) {
            Some(Owner::Field(field)) => *field as usize,
            _ => return self.put(token),
        };
        let (before, after) = self.fields.get_mut(field).map(|field| field.begin(token)).unwrap_or_default();
        before.into_iter().chain([token]).chain(after).for_each(|token| self.put(token));
    }

    fn put(&mut self, token: Token<'d>) {
        if self.is_free(&token) {
            self.finish(&token);
            self.flow.runs.push(Run::Token(token));
        }
    }

    /// Whether no part of a field is in the flow yet.
    fn is_whole(&self, field: u32) -> bool {
        self.fields.get(field as usize).is_some_and(|field| !field.is_begun)
    }

    fn put_field(&mut self, spot: Spot<'d>, field: u32) {
        let Some(PlacedField { field, .. }) = self.fields.get(field as usize) else { return };
        let field = *field;
        for token in field.key_tokens().chain(field.value_tokens()) {
            self.finish(&token);
        }
        let key = field.bounding_box();
        let place = key.into_iter().chain(field.value_box()).reduce(|key, value| key.union(&value));
        let Spot { kind, group, .. } = spot;
        self.flow.pieces.push(Piece { kind, group, content: Content::Field(field), place });
    }

    fn put_table(&mut self, table: PlacedTable<'d>) {
        let group = self.next_group();
        let kind = table.table.block().kind();
        let place = table.table.bounding_box();
        self.flow.pieces.push(Piece { kind, group, content: Content::Table(Box::new(table)), place });
    }

    fn begin_line(&self) -> LinePart {
        LinePart { first: self.flow.runs.len(), is_whole: true }
    }

    /// Ends a line of the flow, unless it is empty. Its place is that of `line`, or otherwise the box around its content.
    fn end_line(&mut self, piece: &mut Open<'d>, part: &LinePart, line: Option<BlockRef<'d>>) {
        let runs = part.first..self.flow.runs.len();
        if runs.is_empty() {
            return;
        }
        line.into_iter().for_each(|line| piece.enclose(line));
        for run in self.flow.runs.get(runs.clone()).unwrap_or_default() {
            match run {
                // The place of the line includes its words.
                Run::Token(Token::Word(_)) | Run::Rest { .. } if line.is_some() => {}
                Run::Token(token) => piece.enclose(token.block_ref()),
                Run::Rest { line, .. } => piece.enclose(**line),
            }
        }
        self.flow.lines.push(runs);
    }

    fn begin(&self, spot: Spot<'d>) -> Open<'d> {
        Open { spot, first: self.flow.lines.len(), place: None }
    }

    /// Ends the line and the piece before something that splits them, and begins the next ones.
    fn part(&mut self, spot: Spot<'d>, piece: &mut Open<'d>, part: &mut LinePart) {
        self.end_line(piece, part, None);
        *part = self.begin_line();
        let next = self.begin(spot);
        let before = std::mem::replace(piece, next);
        self.end(before);
    }

    fn end(&mut self, piece: Open<'d>) {
        let lines = piece.first..self.flow.lines.len();
        let Open { spot: Spot { kind, group, .. }, place, .. } = piece;
        if !lines.is_empty() {
            self.flow.pieces.push(Piece { kind, group, content: Content::Lines(lines), place });
        }
    }

    /// The lines that no element of the layout has: all of them, if there is no layout.
    fn left_over_lines(&mut self, lines: Vec<Line<'d>>) {
        let is_left = |line: &Line<'d>| {
            let owner = self.page.rank(**line).and_then(|rank| self.owners.get(rank));
            owner == Some(&Owner::Nobody)
        };
        let lines: Vec<_> = lines.into_iter().filter(is_left).collect();
        let table_of = |line: Line<'d>| {
            let of_word = |word: Word<'d>| match self.owners.get(self.page.rank(*word)?)? {
                Owner::Table(table) => self.tables.get(*table as usize)?.as_ref(),
                _ => None,
            };
            let placed = if self.tables.is_empty() { None } else { line.words().find_map(of_word) };
            placed.map(|placed| &placed.table)
        };
        let lines = by_columns(&lines, table_of);
        for paragraph in paragraphs(&lines) {
            let group = self.next_group();
            for line in paragraph {
                let spot = Spot { kind: &BlockKind::Line, group, fields: false };
                self.lines(spot, &[*line]);
            }
        }
    }

    /// The words that no line has.
    fn left_over_words(&mut self) {
        let words: Vec<_> = self.page.words().map(Token::Word).filter(|word| self.is_free(word)).collect();
        let group = self.next_group();
        for words in place::rows(&words) {
            let spot = Spot { kind: &BlockKind::Line, group, fields: false };
            let (mut piece, part) = (self.begin(spot), self.begin_line());
            words.iter().for_each(|word| self.put_token(*word));
            self.end_line(&mut piece, &part, None);
            self.end(piece);
        }
    }

    /// The tables of which no word is in a line, such as empty ones, and the selection elements and signatures by
    /// themselves.
    fn left_over_places(&mut self, marks: Vec<Token<'d>>) {
        let mut pieces = std::mem::take(&mut self.flow.pieces);
        for table in std::mem::take(&mut self.tables).into_iter().flatten() {
            self.put_table(table);
        }
        for token in marks {
            if !self.is_free(&token) {
                continue;
            }
            let group = self.next_group();
            let block = token.block_ref();
            let place = block.bounding_box();
            self.flow.pieces.push(Piece {
                kind: block.block().kind(),
                group,
                content: Content::Token(token),
                place,
            });
        }
        place::insert(&mut pieces, std::mem::take(&mut self.flow.pieces));
        self.flow.pieces = pieces;
    }
}

/// A piece of lines that is still open.
struct Open<'d> {
    spot: Spot<'d>,
    first: usize,
    place: Option<BoundingBox>,
}

impl Open<'_> {
    fn enclose(&mut self, block: BlockRef<'_>) {
        let place = block.bounding_box();
        self.place = self.place.into_iter().chain(place).reduce(|one, other| one.union(&other));
    }
}

/// A part of a line that is still open.
struct LinePart {
    /// The run that it begins with.
    first: usize,
    /// Whether all words of the line are in it.
    is_whole: bool,
}
