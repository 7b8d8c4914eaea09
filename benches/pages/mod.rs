//! Documents of any length, made of a few pages that are repeated with different ids.

use std::path::Path;

use serde_json::{Value, json};

/// Pages to make documents of.
pub struct Pages {
    templates: Vec<Vec<Piece>>,
}

/// A piece of the JSON of a page's blocks.
enum Piece {
    Json(String),
    /// The id of a block, which no two pages may share.
    Id(u128),
    /// The number of the page.
    Number,
}

/// Stands for the number of the page while the JSON is taken apart.
const NUMBER: u32 = 987_654_321;

const UUID_LEN: usize = 36;

impl Pages {
    /// Recorded pages if `INKSEAL_CORPUS` names their folder, otherwise made-up ones; prints which.
    pub fn load() -> Self {
        let (what, pages) = match std::env::var_os("INKSEAL_CORPUS") {
            Some(corpus) => ("recorded pages", recorded(corpus.as_ref())),
            None => ("made-up pages (INKSEAL_CORPUS is not set)", (0..8).map(made_up).collect()),
        };
        println!("{} {what}", pages.len());
        Self { templates: pages.into_iter().map(template).collect() }
    }

    /// Each page as its own document.
    pub fn each_alone(&self) -> Vec<Vec<u8>> {
        self.templates.iter().map(|template| document(&[template], 1)).collect()
    }

    /// A document of this many pages.
    pub fn document(&self, pages: usize) -> Vec<u8> {
        document(&self.templates.iter().collect::<Vec<_>>(), pages)
    }
}

fn document(templates: &[&Vec<Piece>], pages: usize) -> Vec<u8> {
    let mut json = format!(r#"{{"DocumentMetadata":{{"Pages":{pages}}},"JobStatus":"SUCCEEDED","Blocks":["#);
    for (number, template) in (1..=pages).zip(templates.iter().cycle()) {
        if number > 1 {
            json.push(',');
        }
        for piece in *template {
            match piece {
                Piece::Json(text) => json.push_str(text),
                Piece::Id(id) => json.push_str(&uuid(id ^ number as u128)),
                Piece::Number => json.push_str(&number.to_string()),
            }
        }
    }
    json.push_str("]}");
    json.into_bytes()
}

/// How many recorded pages are used: as many as the shortest of the longer documents has, so that all have the same mix.
const RECORDED: usize = 40;

/// The blocks of the first pages of recorded responses, spread evenly over those that are not too small to measure.
fn recorded(corpus: &Path) -> Vec<Vec<Value>> {
    let files = std::fs::read_dir(corpus.join("blocks")).expect("INKSEAL_CORPUS has a folder `blocks`");
    let mut files: Vec<_> = files.map(|file| file.expect("a file").path()).collect();
    files.sort();
    let pages = files.into_iter().map(|file| {
        let json = std::fs::read(file).expect("a readable file");
        let mut response: Value = serde_json::from_slice(&json).expect("a response");
        let Value::Array(mut blocks) = response["Blocks"].take() else { return Vec::new() };
        blocks.retain(|block| block["Page"].as_u64().unwrap_or(1) == 1);
        blocks
    });
    let pages: Vec<_> = pages.filter(|blocks| blocks.len() >= 50).collect();
    (0..RECORDED.min(pages.len())).map(|index| pages[index * pages.len() / RECORDED].clone()).collect()
}

/// A page of 40 lines of 7 words, in paragraphs of 5 lines, each a layout element.
fn made_up(seed: u128) -> Vec<Value> {
    let mut random = fastrand::Rng::with_seed(seed as u64);
    let mut next = || uuid(u128::from(random.u64(..)) << 64 | u128::from(random.u64(..)) & !0xfff);
    let block = |kind: &str, id: &str, text: Option<String>, top: usize, left: usize, children: &[String]| {
        let (top, left) = (top as f64 / 50.0, left as f64 / 10.0);
        let bounding_box = json!({"Width": 0.0912345678, "Height": 0.0123456789, "Left": left, "Top": top});
        let polygon = json!([{"X": left, "Y": top}, {"X": left + 0.09, "Y": top}, {"X": left + 0.09, "Y": top + 0.01},
            {"X": left, "Y": top + 0.01}]);
        json!({"BlockType": kind, "Confidence": 99.1234567, "Text": text, "Id": id,
            "Geometry": {"BoundingBox": bounding_box, "Polygon": polygon},
            "Relationships": [{"Type": "CHILD", "Ids": children}]})
    };
    let mut blocks = Vec::new();
    let mut elements = Vec::new();
    for paragraph in 0..8 {
        let mut lines = Vec::new();
        for line in 0..5 {
            let row = paragraph * 5 + line;
            let words: Vec<_> = (0..7).map(|_| next()).collect();
            let text = |column: usize| format!("word{}", row * 7 + column);
            for (column, word) in words.iter().enumerate() {
                blocks.push(block("WORD", word, Some(text(column)), row, column, &[]));
            }
            let id = next();
            let texts: Vec<_> = (0..7).map(text).collect();
            blocks.push(block("LINE", &id, Some(texts.join(" ")), row, 0, &words));
            lines.push(id);
        }
        let id = next();
        blocks.push(block("LAYOUT_TEXT", &id, None, paragraph * 5, 0, &lines));
        elements.push(id);
    }
    blocks.insert(0, block("PAGE", &next(), None, 0, 0, &elements));
    blocks
}

/// Takes the JSON of a page apart at its ids and its page numbers.
fn template(mut blocks: Vec<Value>) -> Vec<Piece> {
    for block in &mut blocks {
        block["Page"] = NUMBER.into();
    }
    let json = serde_json::to_string(&blocks).expect("JSON");
    let json = &json[1..json.len() - 1];
    let number = NUMBER.to_string();
    let (mut pieces, mut done, mut at) = (Vec::new(), 0, 0);
    while at < json.len() {
        let (piece, len) = if let Some(id) = json.get(at..at + UUID_LEN).and_then(id) {
            (Piece::Id(id), UUID_LEN)
        } else if json[at..].starts_with(&number) {
            (Piece::Number, number.len())
        } else {
            at += json[at..].chars().next().map_or(1, char::len_utf8);
            continue;
        };
        pieces.push(Piece::Json(json[done..at].to_owned()));
        pieces.push(piece);
        at += len;
        done = at;
    }
    pieces.push(Piece::Json(json[done..].to_owned()));
    pieces
}

/// The number of a UUID.
fn id(text: &str) -> Option<u128> {
    let dashes = [8, 13, 18, 23];
    let fits = text.bytes().enumerate().all(|(place, byte)| match dashes.contains(&place) {
        true => byte == b'-',
        false => matches!(byte, b'0'..=b'9' | b'a'..=b'f'),
    });
    fits.then(|| u128::from_str_radix(&text.replace('-', ""), 16).ok()).flatten()
}

fn uuid(id: u128) -> String {
    let hex = format!("{id:032x}");
    [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-")
}
