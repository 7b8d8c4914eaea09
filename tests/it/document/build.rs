//! Small responses, as JSON, so that they are read as recorded ones are. Those of the renderings use them, too.

use inkseal::document::Document;
use serde_json::{Value, json};

/// Left, top, width and height, in ratios of the page.
pub type Place = [f32; 4];

/// A response being built. Until [`page`](Self::page) is called it is a synchronous one, in which no block names a page.
#[derive(Default)]
pub struct Response {
    blocks: Vec<Value>,
    page: Option<u32>,
}

impl Response {
    pub fn new() -> Self {
        Self::default()
    }

    /// Begins a page.
    pub fn page(mut self, number: u32) -> Self {
        self.page = Some(number);
        self.add("PAGE", json!({}));
        self
    }

    /// Adds a block with these members, and returns its id, which is made up unless it is among them.
    pub fn add(&mut self, kind: &str, mut members: Value) -> String {
        let id = match members["Id"].as_str() {
            Some(id) => id.to_owned(),
            None => format!("{kind}-{}", self.blocks.len()),
        };
        members["BlockType"] = kind.into();
        members["Id"] = id.clone().into();
        if members.get("Page").is_none_or(Value::is_null) {
            members["Page"] = json!(self.page);
        }
        self.blocks.push(members);
        id
    }

    pub fn word(&mut self, text: &str) -> String {
        self.add("WORD", json!({"Text": text, "Confidence": 99}))
    }

    pub fn words(&mut self, text: &str) -> Vec<String> {
        text.split(' ').filter(|word| !word.is_empty()).map(|word| self.word(word)).collect()
    }

    /// A line without a place.
    pub fn line(&mut self, text: &str) -> String {
        let words = self.words(text);
        self.add("LINE", json!({"Text": text, "Relationships": links([("CHILD", words)])}))
    }

    /// A line at a place, in which its words are as wide as they are long.
    pub fn line_at(&mut self, text: &str, place: Place) -> String {
        let [left, top, width, height] = place;
        let each = width / text.chars().count() as f32;
        let mut start = 0;
        let words = text.split(' ').map(|word| {
            let length = word.chars().count();
            let place = [left + each * start as f32, top, each * length as f32, height];
            start += length + 1;
            self.add("WORD", json!({"Text": word, "Confidence": 99, "Geometry": at(place)}))
        });
        let words = words.collect();
        let links = links([("CHILD", words)]);
        self.add("LINE", json!({"Text": text, "Geometry": at(place), "Relationships": links}))
    }

    pub fn cell(&mut self, row: u32, column: u32, text: &str) -> String {
        self.cell_with(row, column, text, json!({}))
    }

    /// A cell with more members than its place and its words.
    pub fn cell_with(&mut self, row: u32, column: u32, text: &str, mut members: Value) -> String {
        let words = self.words(text);
        members["RowIndex"] = row.into();
        members["ColumnIndex"] = column.into();
        members["Relationships"] = links([("CHILD", words)]);
        self.add("CELL", members)
    }

    /// A cell, and a line of its words at a place.
    pub fn cell_at(&mut self, row: u32, column: u32, text: &str, place: Place) -> String {
        self.line_at(text, place);
        let words = self.blocks.last().map(|line| line["Relationships"].clone());
        self.add("CELL", json!({"RowIndex": row, "ColumnIndex": column, "Relationships": words}))
    }

    /// A cell for each text, row by row; those of the first row are the header, if it has one.
    pub fn cells(&mut self, rows: &[&[&str]], header: bool) -> Vec<String> {
        let mut cells = Vec::new();
        for (row, texts) in (1..).zip(rows) {
            for (column, text) in (1..).zip(*texts) {
                let roles =
                    if header && row == 1 { json!({"EntityTypes": ["COLUMN_HEADER"]}) } else { json!({}) };
                cells.push(self.cell_with(row, column, text, roles));
            }
        }
        cells
    }

    /// A table of these cells.
    pub fn table(&mut self, cells: Vec<String>) -> String {
        self.add("TABLE", json!({"Relationships": links([("CHILD", cells)])}))
    }

    /// A table at a place, and a line for each of its rows.
    pub fn table_at(&mut self, rows: &[&[&str]], header: bool, place: Place) -> String {
        let cells = self.cells(rows, header);
        let [left, top, width, height] = place;
        let each = height / rows.len() as f32;
        for row in 0..rows.len() {
            let words: Vec<_> = self.row_words(&cells, row as u64 + 1);
            let place = [left, top + each * row as f32, width, each];
            self.add(
                "LINE",
                json!({"Text": "", "Geometry": at(place), "Relationships": links([("CHILD", words)])}),
            );
        }
        self.add("TABLE", json!({"Geometry": at(place), "Relationships": links([("CHILD", cells)])}))
    }

    /// Makes the last line the title of the last table.
    pub fn add_title(&mut self) {
        let children = |block: &Value| block["Relationships"].clone();
        let of_kind = |kind: &'static str| move |block: &&mut Value| block["BlockType"] == kind;
        let words = self.blocks.iter_mut().rfind(of_kind("LINE")).map(|line| children(line));
        let title = self.add("TABLE_TITLE", json!({"Relationships": words}));
        if let Some(table) = self.blocks.iter_mut().rfind(of_kind("TABLE"))
            && let Some(links) = table["Relationships"].as_array_mut()
        {
            links.push(json!({"Type": "TABLE_TITLE", "Ids": [title]}));
        }
    }

    fn row_words(&self, cells: &[String], row: u64) -> Vec<String> {
        let in_row = |block: &&Value| {
            block["RowIndex"] == row
                && block["Id"].as_str().is_some_and(|id| cells.iter().any(|cell| cell == id))
        };
        let ids =
            self.blocks.iter().filter(in_row).flat_map(|cell| cell["Relationships"][0]["Ids"].as_array());
        ids.flatten().filter_map(|id| id.as_str().map(str::to_owned)).collect()
    }

    /// A key and its value.
    pub fn field(&mut self, key: &str, value: &str) -> String {
        let value = self.words(value);
        let value =
            json!({"EntityTypes": ["VALUE"], "Confidence": 80, "Relationships": links([("CHILD", value)])});
        let value = self.add("KEY_VALUE_SET", value);
        let key = self.words(key);
        let links = links([("VALUE", vec![value]), ("CHILD", key)]);
        self.add("KEY_VALUE_SET", json!({"EntityTypes": ["KEY"], "Confidence": 90, "Relationships": links}))
    }

    pub fn json(&self) -> Value {
        json!({"DocumentMetadata": {"Pages": 1}, "Blocks": self.blocks})
    }

    pub fn document(&self) -> Document {
        read(&self.json())
    }
}

pub fn read(json: &Value) -> Document {
    Document::from_json(json.to_string().as_bytes()).unwrap()
}

/// Relationships.
pub fn links<const N: usize>(links: [(&str, Vec<String>); N]) -> Value {
    links.into_iter().map(|(kind, ids)| json!({"Type": kind, "Ids": ids})).collect()
}

/// The geometry of a place.
pub fn at([left, top, width, height]: Place) -> Value {
    json!({"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": height}})
}

/// The texts of lines, for comparing.
pub fn texts<'d>(lines: impl IntoIterator<Item = inkseal::document::Line<'d>>) -> Vec<&'d str> {
    lines.into_iter().map(|line| line.text()).collect()
}
