//! Responses made by hand.

use inkseal::document::Document;
use serde_json::{Value, json};

use crate::document::build::{Place, at, read};

/// A response being built. Blocks get the ids `1`, `2`, ... in their order.
#[derive(Default)]
pub struct Build {
    blocks: Vec<Value>,
    page: u32,
}

/// A line, with its words.
#[derive(Clone, Debug)]
pub struct Made {
    pub id: String,
    pub words: Vec<String>,
}

impl Build {
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a page.
    pub fn page(&mut self) -> &mut Self {
        self.page += 1;
        self.block("PAGE", json!({}));
        self
    }

    /// Adds a block, and returns its id.
    pub fn block(&mut self, kind: &str, mut members: Value) -> String {
        let id = (self.blocks.len() + 1).to_string();
        members["BlockType"] = kind.into();
        members["Id"] = id.clone().into();
        members["Page"] = self.page.into();
        self.blocks.push(members);
        id
    }

    pub fn word(&mut self, text: &str) -> String {
        self.block("WORD", json!({"Text": text, "Confidence": 99.5}))
    }

    /// A line of these words.
    pub fn line_of(&mut self, words: &[&str], place: Option<Place>) -> Made {
        let ids: Vec<_> = words.iter().map(|word| self.word(word)).collect();
        let members = json!({
            "Text": words.join(" "), "Relationships": [children(&ids)], "Geometry": place.map(at)
        });
        Made { id: self.block("LINE", members), words: ids }
    }

    /// A line of the words of a text.
    pub fn line(&mut self, text: &str, place: Place) -> Made {
        self.line_of(&text.split(' ').collect::<Vec<_>>(), Some(place))
    }

    /// An element of the layout.
    pub fn layout(&mut self, kind: &str, ids: &[String]) -> String {
        self.block(kind, json!({"Relationships": [children(ids)]}))
    }

    pub fn selection(&mut self, selected: bool, place: Option<Place>) -> String {
        let status = if selected { "SELECTED" } else { "NOT_SELECTED" };
        self.block("SELECTION_ELEMENT", json!({"SelectionStatus": status, "Geometry": place.map(at)}))
    }

    /// A form field of these words and selection elements.
    pub fn field(&mut self, key: &[String], value: &[String], key_place: Option<Place>) -> String {
        let members =
            json!({"EntityTypes": ["VALUE"], "Confidence": 90.5, "Relationships": [children(value)]});
        let value = self.block("KEY_VALUE_SET", members);
        let relationships = json!([{"Type": "VALUE", "Ids": [value]}, children(key)]);
        let members = json!({
            "EntityTypes": ["KEY"], "Confidence": 95.5, "Relationships": relationships, "Geometry": key_place.map(at)
        });
        self.block("KEY_VALUE_SET", members)
    }

    /// A cell at a row and column, spanning this many rows and columns.
    pub fn cell(&mut self, at: [u32; 4], roles: &[&str], ids: &[String]) -> String {
        self.grid_cell("CELL", at, roles, ids)
    }

    pub fn merged(&mut self, at: [u32; 4], roles: &[&str], cells: &[String]) -> String {
        self.grid_cell("MERGED_CELL", at, roles, cells)
    }

    fn grid_cell(&mut self, kind: &str, at: [u32; 4], roles: &[&str], ids: &[String]) -> String {
        let [row, column, rows, columns] = at;
        let members = json!({
            "RowIndex": row, "ColumnIndex": column, "RowSpan": rows, "ColumnSpan": columns,
            "EntityTypes": roles, "Relationships": [children(ids)]
        });
        self.block(kind, members)
    }

    /// A table of single and merged cells, and of blocks of titles and footers.
    pub fn table(
        &mut self,
        [cells, merged, titles, footers]: [&[String]; 4],
        place: Option<Place>,
    ) -> String {
        let relationships = json!([
            children(cells),
            {"Type": "MERGED_CELL", "Ids": merged},
            {"Type": "TABLE_TITLE", "Ids": titles},
            {"Type": "TABLE_FOOTER", "Ids": footers}
        ]);
        self.block("TABLE", json!({"Relationships": relationships, "Geometry": place.map(at)}))
    }

    /// A title or footer of a table.
    pub fn caption(&mut self, kind: &str, ids: &[String]) -> String {
        self.block(kind, json!({"Relationships": [children(ids)]}))
    }

    /// A question with its answers, and how sure they are.
    pub fn query(&mut self, text: &str, alias: Option<&str>, answers: &[(&str, f32)]) {
        let answer = |(text, confidence): &(&str, f32)| json!({"Text": text, "Confidence": confidence});
        let ids: Vec<_> = answers.iter().map(|found| self.block("QUERY_RESULT", answer(found))).collect();
        let query = json!({"Text": text, "Alias": alias});
        self.block("QUERY", json!({"Query": query, "Relationships": [{"Type": "ANSWER", "Ids": ids}]}));
    }

    /// Takes a block out, so that references to it lead nowhere.
    pub fn lose(&mut self, id: &str) {
        self.blocks.retain(|block| block["Id"] != id);
    }

    pub fn document(&self) -> Document {
        read(&json!({"DocumentMetadata": {"Pages": self.page}, "Blocks": self.blocks}))
    }
}

fn children(ids: &[String]) -> Value {
    json!({"Type": "CHILD", "Ids": ids})
}
