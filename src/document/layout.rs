//! The layout: titles, paragraphs, lists, ... of a page, in reading order.

use std::collections::{HashMap, HashSet};

use super::columns::by_columns;
use super::node::views;
use super::{BlockRef, Field, Line, Page, Table};

views! {
    /// An element of the layout of a page: a title, a paragraph, a list, ...
    ///
    /// Its [`kind`](crate::block::Block::kind) is one of `BlockKind::Layout...`, or an unknown one that begins with
    /// `LAYOUT_`.
    ///
    /// ```
    /// use inkseal::block::BlockKind;
    /// use inkseal::document::Document;
    ///
    /// # fn example(document: &Document) {
    /// for element in document.pages().flat_map(|page| page.layout()) {
    ///     match element.block().kind() {
    ///         BlockKind::LayoutTitle => println!("# {}", element.text()),
    ///         BlockKind::LayoutTable => println!("{} rows", element.table().map_or(0, |table| table.row_count())),
    ///         _ => println!("{}", element.text()),
    ///     }
    /// }
    /// # }
    /// ```
    LayoutElement;
}

impl<'d> LayoutElement<'d> {
    /// Its own lines, without those of the elements nested in it: see [`all_lines`](Self::all_lines).
    pub fn lines(&self) -> impl Iterator<Item = Line<'d>> + use<'d> {
        self.children().filter_map(BlockRef::as_line)
    }

    /// The elements nested in it, such as the items of a list.
    pub fn elements(&self) -> impl Iterator<Item = LayoutElement<'d>> + use<'d> {
        self.children().filter_map(BlockRef::as_layout)
    }

    /// Its lines and those of the elements nested in it, each once, in order.
    pub fn all_lines(&self) -> Vec<Line<'d>> {
        self.lines_beyond(&mut HashSet::new())
    }

    /// The lines of [`all_lines`](Self::all_lines) without those that were seen, and those of elements that were.
    pub(super) fn lines_beyond(&self, seen: &mut HashSet<u32>) -> Vec<Line<'d>> {
        let mut lines = Vec::new();
        // An element nested in itself was already seen.
        let mut rest = vec![self.0];
        while let Some(block) = rest.pop() {
            if !seen.insert(block.index()) {
                continue;
            }
            if let Some(line) = block.as_line() {
                lines.push(line);
            } else if block.kind().is_layout() {
                let first = rest.len();
                rest.extend(block.children());
                if let Some(children) = rest.get_mut(first..) {
                    children.reverse();
                }
            }
        }
        lines
    }

    /// The text of all its lines, joined by one space.
    pub fn text(&self) -> String {
        self.all_lines().iter().map(Line::text).collect::<Vec<_>>().join(" ")
    }

    /// The table that is at its place: the one with which it shares the most words.
    pub fn table(&self) -> Option<Table<'d>> {
        let words = self.words();
        let shared = |table: &Table<'_>| {
            let tokens = table.cells().flat_map(|cell| cell.tokens());
            tokens.filter(|token| words.contains(&token.block_ref().index())).count()
        };
        let tables = self.page()?.tables().map(|table| (shared(&table), table));
        let best = tables
            .filter(|(shared, _)| *shared > 0)
            .reduce(|best, next| if next.0 > best.0 { next } else { best });
        best.map(|(_, table)| table)
    }

    /// The form fields that are at its place: those whose key shares a word with it.
    pub fn fields(&self) -> Vec<Field<'d>> {
        let words = self.words();
        let fields = self.page().into_iter().flat_map(|page| page.fields());
        fields.filter(|field| field.key_words().any(|word| words.contains(&word.index()))).collect()
    }

    fn words(&self) -> HashSet<u32> {
        self.all_lines().iter().flat_map(Line::words).map(|word| word.index()).collect()
    }
}

impl<'d> Page<'d> {
    /// The elements of the layout that are not nested in another one, in reading order. PAGE lists the items of a list
    /// besides the list itself; here they are only in the list.
    ///
    /// There are none if the feature LAYOUT was not asked for.
    pub fn layout(&self) -> Vec<LayoutElement<'d>> {
        outermost(self.layout_elements().collect())
    }

    /// The lines as people read them: by the layout if the feature LAYOUT was asked for, otherwise by columns, with the
    /// lines of a table together and in Textract's order. Every line of the page is there once; those in no element of
    /// the layout come last.
    pub fn reading_order(&self) -> Vec<Line<'d>> {
        let layout = self.layout();
        if layout.is_empty() {
            return self.by_columns(&self.lines().collect::<Vec<_>>());
        }
        let mut seen = HashSet::new();
        let is_here = |line: &Line<'d>| self.rank(**line).is_some();
        let mut lines: Vec<_> =
            layout.iter().flat_map(|element| element.lines_beyond(&mut seen)).filter(is_here).collect();
        let others: Vec<_> = self.lines().filter(|line| !seen.contains(&line.index())).collect();
        lines.extend(self.by_columns(&others));
        lines
    }

    fn by_columns(&self, lines: &[Line<'d>]) -> Vec<Line<'d>> {
        if lines.is_empty() {
            return Vec::new();
        }
        let tables: Vec<Table<'d>> = self.tables().collect();
        let mut of_word: HashMap<u32, usize> = HashMap::new();
        for (table, cells) in tables.iter().map(|table| table.shown_cells()).enumerate() {
            for token in cells.flat_map(|cell| cell.tokens()) {
                of_word.entry(token.block_ref().index()).or_insert(table);
            }
        }
        by_columns(lines, |line| line.words().find_map(|word| tables.get(*of_word.get(&word.index())?)))
    }
}

/// Those that are not nested in another one. Of several nested in each other, the first in the response is the outermost.
pub(super) fn outermost<'d>(elements: Vec<LayoutElement<'d>>) -> Vec<LayoutElement<'d>> {
    let others = |element: &LayoutElement<'d>| {
        let element = *element;
        element.elements().filter(move |child| *child != element)
    };
    let nested: HashSet<u32> = elements.iter().flat_map(others).map(|child| child.index()).collect();
    if nested.is_empty() {
        return elements;
    }
    let mut reached = HashSet::new();
    let mut outermost = HashSet::new();
    // Those that no element names, and then those that cannot be reached from these, as they are nested in a circle.
    let is_nested = |element: &&LayoutElement<'d>| nested.contains(&element.index());
    let roots = elements.iter().filter(|element| !is_nested(element));
    for element in roots.chain(elements.iter().filter(is_nested)) {
        if reached.contains(&element.index()) {
            continue;
        }
        outermost.insert(element.index());
        let mut rest = vec![*element];
        while let Some(element) = rest.pop() {
            if reached.insert(element.index()) {
                rest.extend(others(&element));
            }
        }
    }
    elements.into_iter().filter(|element| outermost.contains(&element.index())).collect()
}
