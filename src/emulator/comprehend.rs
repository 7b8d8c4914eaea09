//! Comprehend: its synchronous operations on personal data. Operations on jobs are passed on.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};

use super::Inner;
use super::quotas::Operations;
use super::route::{Failure, Strike};
use crate::redact::PiiDetector;

/// The largest text, in bytes: the service calls this 100 KB when it refuses a larger one.
const LARGEST: usize = 100_000;

/// The language codes of the API reference, as the service lists them.
pub(super) const LANGUAGES: [&str; 12] =
    ["ar", "hi", "ko", "zh-TW", "ja", "zh", "de", "pt", "en", "it", "fr", "es"];

/// One of the operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum PiiCall {
    Detect,
    Contains,
}

/// What is found in texts: nothing, by default.
#[derive(Default)]
pub(super) struct Pii {
    /// Types, and the strings of these types.
    texts: Vec<(String, String)>,
    detector: Option<Arc<dyn PiiDetector>>,
}

/// An entity, its offsets in code points.
pub(super) struct Entity {
    pub(super) pii_type: String,
    pub(super) begin: usize,
    pub(super) end: usize,
    score: f32,
}

impl PiiCall {
    pub(super) fn of(operation: &str) -> Option<Self> {
        match operation {
            "DetectPiiEntities" => Some(Self::Detect),
            "ContainsPiiEntities" => Some(Self::Contains),
            _ => None,
        }
    }
}

impl Pii {
    pub(super) fn add_text(&mut self, pii_type: &str, text: String) {
        self.texts.push((pii_type.to_owned(), text));
    }

    pub(super) fn set_detector(&mut self, detector: Arc<dyn PiiDetector>) {
        self.detector = Some(detector);
    }

    pub(super) async fn entities(&self, text: &str) -> Result<Vec<Entity>, Failure> {
        let mut entities = Vec::new();
        for (pii_type, known) in self.texts.iter().filter(|(_, known)| !known.is_empty()) {
            // The byte up to which code points have been counted, and their number.
            let (mut byte, mut begin) = (0, 0);
            for (at, _) in text.match_indices(known.as_str()) {
                begin += text[byte..at].chars().count();
                byte = at;
                let end = begin + known.chars().count();
                entities.push(Entity { pii_type: pii_type.clone(), begin, end, score: 0.99 });
            }
        }
        if let Some(detector) = &self.detector {
            let internal = || Failure::server("InternalServerException", "Internal error");
            let detection = detector.detect(text).await.map_err(|_| internal())?;
            let length = text.chars().count();
            for span in detection.spans {
                if span.begin >= span.end || span.end > length {
                    return Err(internal());
                }
                let pii_type = span.pii_type.as_str().to_owned();
                entities.push(Entity { pii_type, begin: span.begin, end: span.end, score: span.score });
            }
        }
        entities.sort_by_key(|entity| (entity.begin, entity.end));
        Ok(entities)
    }
}

impl fmt::Debug for Pii {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { texts, detector } = self;
        f.debug_struct("Pii").field("texts", &texts.len()).field("detector", detector).finish()
    }
}

impl Inner {
    /// Answers a Comprehend operation.
    pub(super) async fn comprehend(
        &self,
        operation: &str,
        region: &str,
        input: &Value,
        strike: &Strike,
    ) -> Result<Bytes, Failure> {
        if let Some(answer) = self.analysis(operation, region, input, strike).await {
            return answer;
        }
        let call = PiiCall::of(operation).ok_or_else(|| Failure::unknown_operation(operation))?;
        let operations = Operations::Pii(call);
        if !self.rates.admit(operations, region, self.quotas.rate(operations)) {
            return Err(Failure::client("ThrottlingException", "Rate exceeded"));
        }
        let entities = self.pii.entities(checked_text(input)?).await?;
        let answer = match call {
            PiiCall::Detect => json!({"Entities": entities.iter().map(entity).collect::<Vec<_>>()}),
            PiiCall::Contains => json!({"Labels": labels(&entities)}),
        };
        Ok(Bytes::from(answer.to_string()))
    }
}

pub(super) fn entity(entity: &Entity) -> Value {
    let Entity { pii_type, begin, end, score } = entity;
    json!({"Type": pii_type, "BeginOffset": begin, "EndOffset": end, "Score": score})
}

/// The types of the entities, each with its highest score.
fn labels(entities: &[Entity]) -> Vec<Value> {
    let mut labels: Vec<(&str, f32)> = Vec::new();
    for Entity { pii_type, score, .. } in entities {
        match labels.iter_mut().find(|(name, _)| name == pii_type) {
            Some((_, highest)) => *highest = highest.max(*score),
            None => labels.push((pii_type, *score)),
        }
    }
    labels.into_iter().map(|(name, score)| json!({"Name": name, "Score": score})).collect()
}

/// The text of a request, within the limits of the API reference.
fn checked_text(input: &Value) -> Result<&str, Failure> {
    if !input.is_object() {
        return Err(Failure::client("SerializationException", "the body is not a JSON object"));
    }
    let text = member(input, "Text", "text")?;
    let language = member(input, "LanguageCode", "languageCode")?;
    if text.is_empty() {
        let message = "Value '' at 'text' failed to satisfy constraint: Member must have length greater than or \
                       equal to 1";
        return Err(invalid(message));
    }
    if !LANGUAGES.contains(&language) {
        let known = LANGUAGES.join(", ");
        return Err(invalid(&format!(
            "Value '{language}' at 'languageCode' failed to satisfy constraint: Member must satisfy enum value set: \
             [{known}]"
        )));
    }
    if text.len() > LARGEST {
        let message = format!(
            "Input text size exceeds limit. Max length of request text allowed is {LARGEST} bytes while in this \
             request the text size is {} bytes",
            text.len()
        );
        return Err(Failure::client("TextSizeLimitExceededException", message));
    }
    if !["en", "es"].contains(&language) {
        let message = format!("Unsupported language code: {language}");
        return Err(Failure::client("UnsupportedLanguageException", message));
    }
    Ok(text)
}

fn member<'a>(input: &'a Value, name: &str, shown: &str) -> Result<&'a str, Failure> {
    match input.get(name) {
        None | Some(Value::Null) => {
            let message =
                format!("Value null at '{shown}' failed to satisfy constraint: Member must not be null");
            Err(invalid(&message))
        }
        Some(Value::String(value)) => Ok(value),
        Some(_) => Err(Failure::client("SerializationException", format!("{name} is not a string"))),
    }
}

fn invalid(message: &str) -> Failure {
    Failure::client("ValidationException", format!("1 validation error detected: {message}"))
}
