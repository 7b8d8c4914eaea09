//! The type of a block, and the other vocabularies that Textract keeps adding to.

use crate::names::names;

names! {
    /// The kind of a block, Textract's `BlockType`.
    ///
    /// ```
    /// use inkseal::block::BlockKind;
    ///
    /// assert_eq!(BlockKind::from("MERGED_CELL"), BlockKind::MergedCell);
    /// assert!(BlockKind::from("LAYOUT_TITLE").is_layout());
    /// assert_eq!(BlockKind::from("HOLOGRAM").as_str(), "HOLOGRAM");
    /// ```
    pub enum BlockKind {
        /// A word: characters of one script without a space between them.
        Word = "WORD",
        /// A line of words in one row.
        Line = "LINE",
        /// A page, the parent of everything on it.
        Page = "PAGE",
        /// A cell of a table, at its row and column.
        Cell = "CELL",
        /// A cell that spans several others, which are its children.
        MergedCell = "MERGED_CELL",
        /// A table, the parent of its cells.
        Table = "TABLE",
        /// The title of a table, within or outside of it.
        TableTitle = "TABLE_TITLE",
        /// The footer of a table, within or outside of it.
        TableFooter = "TABLE_FOOTER",
        /// One half of a form field; its entity types say which one.
        KeyValueSet = "KEY_VALUE_SET",
        /// The key of a form field, in old responses.
        Key = "KEY",
        /// The value of a form field, in old responses.
        Value = "VALUE",
        /// A check box or a radio button.
        SelectionElement = "SELECTION_ELEMENT",
        /// A signature, of which only the place is known.
        Signature = "SIGNATURE",
        /// A question asked about the document.
        Query = "QUERY",
        /// An answer to a question.
        QueryResult = "QUERY_RESULT",
        /// A title, in old responses.
        Title = "TITLE",
        /// A footer, in old responses.
        Footer = "FOOTER",
        /// The title of the document.
        LayoutTitle = "LAYOUT_TITLE",
        /// Text in the top margin.
        LayoutHeader = "LAYOUT_HEADER",
        /// Text in the bottom margin.
        LayoutFooter = "LAYOUT_FOOTER",
        /// The heading of a section.
        LayoutSectionHeader = "LAYOUT_SECTION_HEADER",
        /// The number of the page.
        LayoutPageNumber = "LAYOUT_PAGE_NUMBER",
        /// A list, the parent of its items.
        LayoutList = "LAYOUT_LIST",
        /// A figure.
        LayoutFigure = "LAYOUT_FIGURE",
        /// The place of a table.
        LayoutTable = "LAYOUT_TABLE",
        /// The place of form fields.
        LayoutKeyValue = "LAYOUT_KEY_VALUE",
        /// A paragraph.
        LayoutText = "LAYOUT_TEXT",
    }
}

impl BlockKind {
    /// Whether it is a part of the layout of the page (`LAYOUT_...`), including parts that this version of the
    /// crate does not know.
    pub fn is_layout(&self) -> bool {
        self.as_str().starts_with("LAYOUT_")
    }
}

names! {
    /// How a block relates to those whose ids it lists.
    pub enum RelationshipKind {
        /// What the block contains.
        Child = "CHILD",
        /// From the key of a form field to its value.
        Value = "VALUE",
        /// From a query to its answers.
        Answer = "ANSWER",
        /// From a table to its merged cells.
        MergedCell = "MERGED_CELL",
        /// From a table to its title, in old responses.
        Title = "TITLE",
        /// To blocks that belong to several features.
        ComplexFeatures = "COMPLEX_FEATURES",
        /// To a table.
        Table = "TABLE",
        /// From a table to its title.
        TableTitle = "TABLE_TITLE",
        /// From a table to its footer.
        TableFooter = "TABLE_FOOTER",
        /// From a table to its footer, in old responses.
        Footer = "FOOTER",
    }
}

names! {
    /// The role of a block among those of its kind.
    pub enum EntityType {
        /// The key of a form field.
        Key = "KEY",
        /// The value of a form field.
        Value = "VALUE",
        /// A cell in the header of a table.
        ColumnHeader = "COLUMN_HEADER",
        /// A cell that holds a title of the table.
        TableTitle = "TABLE_TITLE",
        /// A cell that holds a footer of the table.
        TableFooter = "TABLE_FOOTER",
        /// A cell that opens a section of the table.
        TableSectionTitle = "TABLE_SECTION_TITLE",
        /// A cell that sums up the table.
        TableSummary = "TABLE_SUMMARY",
        /// A table of plain rows and columns.
        StructuredTable = "STRUCTURED_TABLE",
        /// A table whose rows or columns are not all alike.
        SemiStructuredTable = "SEMI_STRUCTURED_TABLE",
    }
}

names! {
    /// How a word was written.
    pub enum TextType {
        /// In print.
        Printed = "PRINTED",
        /// By hand.
        Handwriting = "HANDWRITING",
    }
}

names! {
    /// Whether a check box or radio button is marked.
    pub enum SelectionStatus {
        /// It is.
        Selected = "SELECTED",
        /// It is not.
        NotSelected = "NOT_SELECTED",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_lead_back() {
        for kind in BlockKind::KNOWN {
            assert_eq!(kind.code().and_then(BlockKind::known), Some(kind));
            assert_eq!(&BlockKind::from(kind.as_str()), kind);
        }
        assert_eq!(BlockKind::from("HOLOGRAM").code(), None);
    }

    #[test]
    fn unknown_names_survive_serde() {
        for name in ["\"LAYOUT_POEM\"", "\"WORD\"", "\"\""] {
            let kind: BlockKind = serde_json::from_str(name).unwrap();
            assert_eq!(serde_json::to_string(&kind).unwrap(), name);
        }
        assert!(BlockKind::from("LAYOUT_POEM").is_layout());
        assert!(!BlockKind::Table.is_layout());
    }
}
