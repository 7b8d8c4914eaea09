//! The files that a job writes.

use async_compression::tokio::write::GzipEncoder;
use bytes::Bytes;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use super::super::Inner;
use super::super::route::Failure;
use super::answers;
use super::documents::Document;
use super::kind::Kind;

/// Files by their names below the job's `output/`.
pub(super) type Files = Vec<(String, Bytes)>;

impl Inner {
    /// The output of an analysis of these documents.
    pub(super) async fn analysed(
        &self,
        kind: Kind,
        input: &Value,
        documents: &[Document],
    ) -> Result<Files, Failure> {
        let (name, analyse): (&str, fn(&str) -> Value) = match kind {
            Kind::Pii => return self.personal_data(input, documents).await,
            Kind::Entities => ("output", answers::entities),
            Kind::KeyPhrases => ("output", answers::key_phrases),
            Kind::Sentiment => ("output", answers::sentiment),
            Kind::TargetedSentiment => ("output", answers::targeted_sentiment),
            Kind::Language => ("output", answers::languages),
            Kind::Classification => ("predictions.jsonl", answers::classes),
            Kind::Topics => {
                let number = input.get("NumberOfTopics").and_then(Value::as_u64).unwrap_or(10);
                let (terms, of_documents) = answers::topics(documents, usize::try_from(number).unwrap_or(10));
                return archive(&[("topic-terms.csv", terms), ("doc-topics.csv", of_documents)]).await;
            }
            Kind::Classifier => {
                let matrix = json!({"type": "multi_class", "confusion_matrix": [[1]], "labels": ["FORM"]});
                return archive(&[("output/confusion_matrix.json", matrix.to_string())]).await;
            }
            Kind::Recognizer => return Ok(Vec::new()),
        };
        let lines = documents.iter().map(|document| {
            let mut line = document.result(analyse(document.text()));
            if let (Kind::Classification, Some(number)) = (kind, document.line) {
                line["Line"] = json!(number.to_string());
            }
            format!("{line}\n")
        });
        archive(&[(name, lines.collect())]).await
    }

    /// One file for each file of the input.
    async fn personal_data(&self, input: &Value, documents: &[Document]) -> Result<Files, Failure> {
        let redaction = input.get("RedactionConfig").filter(|config| !config.is_null());
        let mut files: Vec<(String, String)> = Vec::new();
        for document in documents {
            let entities = self.pii.entities(document.text()).await?;
            let text = match (redaction, &document.text) {
                (Some(config), Ok(text)) => redacted(config, text, &entities),
                _ => document.result(json!({"Entities": entities.iter().map(super::super::comprehend::entity).collect::<Vec<_>>()})).to_string(),
            };
            // As in the input: a document that is a whole file ends as the file does.
            let end = if redaction.is_some() && document.line.is_none() { "" } else { "\n" };
            let name = format!("{}.out", document.file);
            match files.last_mut() {
                Some((last, lines)) if *last == name => lines.push_str(&format!("{text}{end}")),
                _ => files.push((name, format!("{text}{end}"))),
            }
        }
        Ok(files.into_iter().map(|(name, text)| (name, Bytes::from(text))).collect())
    }
}

fn redacted(config: &Value, text: &str, entities: &[super::super::comprehend::Entity]) -> String {
    let types: Vec<&str> = config
        .get("PiiEntityTypes")
        .and_then(Value::as_array)
        .into_iter()
        .flatten()
        .filter_map(Value::as_str)
        .collect();
    let mask = config.get("MaskCharacter").and_then(Value::as_str);
    let by_type = config.get("MaskMode").and_then(Value::as_str) == Some("REPLACE_WITH_PII_ENTITY_TYPE");
    let (mut out, mut done) = (String::new(), 0);
    let points: Vec<char> = text.chars().collect();
    for entity in
        entities.iter().filter(|entity| types.contains(&"ALL") || types.contains(&entity.pii_type.as_str()))
    {
        if entity.begin < done {
            continue;
        }
        out.extend(points.get(done..entity.begin).unwrap_or_default());
        match mask {
            Some(mask) if !by_type => out.push_str(&mask.repeat(entity.end - entity.begin)),
            _ => out.push_str(&format!("[{}]", entity.pii_type)),
        }
        done = entity.end;
    }
    out.extend(points.get(done..).unwrap_or_default());
    out
}

/// `output.tar.gz` with these files.
async fn archive(files: &[(&str, String)]) -> Result<Files, Failure> {
    let failed = |_| Failure::server("InternalServerException", "Internal error");
    let mut builder = tokio_tar::Builder::new(Vec::new());
    for (name, text) in files {
        let mut header = tokio_tar::Header::new_gnu();
        header.set_size(text.len() as u64);
        header.set_mode(0o644);
        header.set_entry_type(tokio_tar::EntryType::Regular);
        builder.append_data(&mut header, name, text.as_bytes()).await.map_err(failed)?;
    }
    let tar = builder.into_inner().await.map_err(failed)?;
    let mut encoder = GzipEncoder::new(Vec::new());
    encoder.write_all(&tar).await.map_err(failed)?;
    encoder.shutdown().await.map_err(failed)?;
    Ok(vec![("output.tar.gz".to_owned(), Bytes::from(encoder.into_inner()))])
}
