//! The documents of a job's input.

use serde_json::{Value, json};

use super::super::store::Store;

/// One document: where it is, and its text or why there is none.
pub(super) struct Document {
    pub(super) file: String,
    pub(super) line: Option<u64>,
    pub(super) text: Result<String, Unread>,
}

#[derive(Clone, Copy)]
pub(super) enum Unread {
    TooLarge(usize),
    Encoding,
}

impl Document {
    /// A line of output: the result or the error, with the members that name the document.
    pub(super) fn result(&self, result: Value) -> Value {
        let mut line = match self.text {
            Ok(_) => result,
            Err(Unread::TooLarge(most)) => json!({
                "ErrorCode": "DOCUMENT_SIZE_EXCEEDED",
                "ErrorMessage": format!("Document size exceeds maximum size limit {most} bytes."),
            }),
            Err(Unread::Encoding) => json!({
                "ErrorCode": "UNSUPPORTED_ENCODING",
                "ErrorMessage": "Document is not in UTF-8 format and all subsequent lines are ignored.",
            }),
        };
        line["File"] = json!(self.file);
        if let Some(number) = self.line {
            line["Line"] = json!(number);
        }
        line
    }

    pub(super) fn text(&self) -> &str {
        self.text.as_deref().unwrap_or_default()
    }
}

/// Every document in the objects whose keys begin with the prefix, in the order of the keys.
pub(super) fn documents(
    store: &Store,
    bucket: &str,
    prefix: &str,
    by_line: bool,
    most: usize,
) -> Vec<Document> {
    let folder = prefix.rfind('/').and_then(|slash| prefix.get(..=slash)).unwrap_or_default();
    let objects: Vec<_> = {
        let buckets = store.lock();
        let Some(bucket) = buckets.get(bucket) else { return Vec::new() };
        let objects = bucket.objects.range(prefix.to_owned()..);
        let objects =
            objects.take_while(|(key, _)| key.starts_with(prefix)).filter(|(key, _)| !key.ends_with('/'));
        objects
            .map(|(key, object)| (key.strip_prefix(folder).unwrap_or(key).to_owned(), object.clone()))
            .collect()
    };
    let mut documents = Vec::new();
    for (file, object) in objects {
        let bytes = object.content.bytes();
        let text = std::str::from_utf8(&bytes);
        match (text, by_line) {
            (Err(_), _) => {
                let line = by_line.then_some(0);
                documents.push(Document { file, line, text: Err(Unread::Encoding) });
            }
            (Ok(text), false) => documents.push(document(file, None, text, most)),
            (Ok(text), true) => {
                let lines = text.lines().enumerate();
                documents.extend(
                    lines.map(|(number, line)| document(file.clone(), Some(number as u64), line, most)),
                );
            }
        }
    }
    documents
}

fn document(file: String, line: Option<u64>, text: &str, most: usize) -> Document {
    let text = if text.len() > most { Err(Unread::TooLarge(most)) } else { Ok(text.to_owned()) };
    Document { file, line, text }
}
