//! The redaction stage.

mod canary;
mod corpus;
mod faults;
mod images;
mod operators;
mod pages;
mod properties;
mod records;
mod streams;

use futures::future::BoxFuture;
use inkseal::document::Document;
use inkseal::redact::{Detection, DetectorError, PiiDetector, PiiSpan, PiiType, RedactionReport, Redactor};
use inkseal::redact::{Operator, Redacted, RedactorBuilder};
use serde_json::{Value, json};

/// Finds given strings, with any white space between their words.
#[derive(Clone, Default)]
pub struct Planted {
    strings: Vec<(PiiType, Vec<String>)>,
    batch_bytes: usize,
}

impl Planted {
    pub fn of<'a>(strings: impl IntoIterator<Item = (PiiType, &'a str)>) -> Self {
        let words = |text: &str| text.split_whitespace().map(str::to_owned).collect();
        Self { strings: strings.into_iter().map(|(of, text)| (of, words(text))).collect(), batch_bytes: 0 }
    }

    pub fn name(name: &str) -> Self {
        Self::of([(PiiType::Name, name)])
    }

    /// The spans in a text, in order.
    pub fn find(&self, text: &str) -> Vec<PiiSpan> {
        let mut spans = Vec::new();
        for (pii_type, words) in &self.strings {
            for (at, _) in text.char_indices() {
                let mut end = at;
                let all = words.iter().enumerate().all(|(index, word)| {
                    let rest = &text[end..];
                    let space = if index > 0 { rest.len() - rest.trim_start().len() } else { 0 };
                    let is_there = (index == 0 || space > 0) && rest[space..].starts_with(word.as_str());
                    end += space + word.len();
                    is_there
                });
                if all {
                    let begin = text[..at].chars().count();
                    let length = text[at..end].chars().count();
                    spans.push(PiiSpan::new(pii_type.clone(), begin..begin + length, 0.9));
                }
            }
        }
        Detection::sorted(spans).spans
    }

    pub fn batch_bytes(self, batch_bytes: usize) -> Self {
        Self { batch_bytes, ..self }
    }
}

impl PiiDetector for Planted {
    fn name(&self) -> &'static str {
        "planted"
    }

    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        let found = self.find(text);
        Box::pin(async move { Ok(Detection::new(found)) })
    }

    fn batch_bytes(&self) -> usize {
        self.batch_bytes
    }
}

/// Answers as a closure does.
pub struct Told<F>(pub F);

impl<F> PiiDetector for Told<F>
where
    F: Fn(&str) -> BoxFuture<'static, Result<Detection, DetectorError>> + Send + Sync,
{
    fn name(&self) -> &'static str {
        "told"
    }

    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        (self.0)(text)
    }
}

/// A detector that gives these spans for every text.
pub fn spans(spans: Vec<PiiSpan>) -> impl PiiDetector {
    Told(move |_: &str| {
        let detection = Detection::new(spans.clone());
        Box::pin(async move { Ok(detection) }) as BoxFuture<'static, _>
    })
}

pub fn stage(detector: impl PiiDetector + 'static) -> RedactorBuilder {
    Redactor::builder(detector).others(Operator::replace_with_type())
}

/// A document of these blocks.
pub fn document(blocks: Value) -> Document {
    Document::from_json(json!({"Blocks": blocks}).to_string().as_bytes()).unwrap()
}

/// A page of lines. The ids of words are made of that of their line and a number.
pub fn lines(page: u32, lines: &[&str]) -> Vec<Value> {
    let mut blocks = Vec::new();
    for (index, line) in lines.iter().enumerate() {
        let id = |word: usize| format!("p{page}l{index}w{word}");
        let words: Vec<&str> = line.split(' ').collect();
        let ids: Vec<String> = (0..words.len()).map(id).collect();
        blocks.push(
            json!({"BlockType": "LINE", "Id": format!("p{page}l{index}"), "Page": page, "Text": line,
            "Geometry": place(0.1, 0.1 * index as f32, 0.05 * line.len() as f32),
            "Relationships": [{"Type": "CHILD", "Ids": ids}]}),
        );
        for (number, word) in words.iter().enumerate() {
            blocks.push(json!({"BlockType": "WORD", "Id": id(number), "Page": page, "Text": word,
                "Geometry": place(0.1 + 0.05 * number as f32, 0.1 * index as f32, 0.04)}));
        }
    }
    blocks
}

pub fn place(left: f32, top: f32, width: f32) -> Value {
    json!({"BoundingBox": {"Left": left, "Top": top, "Width": width, "Height": 0.05}})
}

pub async fn redact(redactor: &Redactor, document: Document) -> (Redacted<Document>, RedactionReport) {
    document.redact(redactor).await.unwrap()
}

/// All texts of a document's blocks, in order.
pub fn texts(document: &Document) -> Vec<String> {
    document.blocks().filter_map(|block| block.block().text().map(str::to_owned)).collect()
}
