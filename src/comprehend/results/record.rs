//! The content of the output: a typed record for each document, line or row.

use std::fmt;

use serde::de::{self, DeserializeOwned};
use serde::{Deserialize, Deserializer};

use super::split::Framing;
use crate::Text;
use crate::names::names;
use crate::redact::PiiType;

/// A record in the output of an analysis; sealed.
pub trait Record: Sized + Send + 'static {
    #[doc(hidden)]
    const FRAMING: Framing;

    /// The record in these bytes; `None` for one without content, such as the heading of a table.
    #[doc(hidden)]
    fn read(at: Place<'_>, bytes: &[u8]) -> Result<Option<Self>, Unreadable>;
}

/// The place of a record.
pub struct Place<'a> {
    /// The name of the file, without its folder.
    pub(super) file: &'a str,
    /// The number of the record in it, from 0.
    pub(super) number: u64,
}

/// The bytes are not such a record; nothing in them is repeated.
pub struct Unreadable;

/// What the output says about one document: a result, or why there is none.
///
/// Unknown members are skipped. Offsets count Unicode code points of the document, and their ends are exclusive.
///
/// Documents that Comprehend could not analyse are part of the stream, as an `Err` in [`outcome`](Self::outcome), so
/// that they cannot be overlooked: `DOCUMENT_SIZE_EXCEEDED`, `UNSUPPORTED_ENCODING` and similar codes.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct DocumentResult<T> {
    /// The name of the input file.
    pub file: String,
    /// The line of the document in its file, from 0, if each line is a document.
    pub line: Option<u64>,
    /// The result, or why there is none.
    pub outcome: Result<T, DocumentError>,
}

/// Why Comprehend has no result for a document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("comprehend has no result for the document: {code}")]
#[non_exhaustive]
pub struct DocumentError {
    /// Comprehend's code, such as `DOCUMENT_SIZE_EXCEEDED`.
    pub code: String,
    /// Comprehend's explanation.
    pub message: Text,
}

/// The other members of every line of the output, besides the result.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Head {
    file: Option<String>,
    line: Option<Line>,
    error_code: Option<String>,
    error_message: Option<Text>,
}

/// Written as a number, but by document classification as a string.
///
/// Implemented by hand: the code that serde derives for such an enum holds any other value in memory before it refuses it.
struct Line(u64);

impl<'de> Deserialize<'de> for Line {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct NumberOrText;

        impl de::Visitor<'_> for NumberOrText {
            type Value = Line;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the number of a line")
            }

            fn visit_u64<E: de::Error>(self, line: u64) -> Result<Line, E> {
                Ok(Line(line))
            }

            fn visit_str<E: de::Error>(self, line: &str) -> Result<Line, E> {
                line.parse().map(Line).map_err(|_| E::custom("not the number of a line"))
            }
        }

        deserializer.deserialize_any(NumberOrText)
    }
}

/// A result that is read from lines of JSON; sealed.
pub trait JsonResult: Sized + Send + 'static {
    #[doc(hidden)]
    fn from_json(json: &[u8]) -> Option<Self>;
}

impl<T: JsonResult> Record for DocumentResult<T> {
    const FRAMING: Framing = Framing::Json;

    fn read(_: Place<'_>, bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        let Head { file, line, error_code, error_message } =
            serde_json::from_slice(bytes).map_err(|_| Unreadable)?;
        let line = line.map(|Line(line)| line);
        let outcome = match error_code {
            Some(code) => Err(DocumentError { code, message: error_message.unwrap_or_default() }),
            None => Ok(T::from_json(bytes).ok_or(Unreadable)?),
        };
        Ok(Some(Self { file: file.ok_or(Unreadable)?, line, outcome }))
    }
}

/// A result that is the value of one member.
macro_rules! member {
    ($($member:literal: $result:ty,)+) => {
        $(impl JsonResult for $result {
            fn from_json(json: &[u8]) -> Option<Self> {
                #[derive(Deserialize)]
                struct Only<T> {
                    #[serde(rename = $member)]
                    member: T,
                }

                only::<Only<$result>>(json).map(|only| only.member)
            }
        })+
    };
}

fn only<T: DeserializeOwned>(json: &[u8]) -> Option<T> {
    serde_json::from_slice(json).ok()
}

member! {
    "Entities": Vec<PiiEntity>,
    "Entities": Vec<DetectedEntity>,
    "Entities": Vec<TargetedEntity>,
    "KeyPhrases": Vec<KeyPhrase>,
    "Languages": Vec<LanguageScore>,
}

/// Personal data in a document: which, and where.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct PiiEntity {
    /// What it is.
    #[serde(rename = "Type")]
    pub pii_type: PiiType,
    /// Its first code point, from 0.
    pub begin_offset: u64,
    /// The code point after its last.
    pub end_offset: u64,
    /// How sure Comprehend is, 0 to 1.
    pub score: f32,
}

/// An entity in a document.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct DetectedEntity {
    /// Its text.
    pub text: Text,
    /// What it is, such as `PERSON`, or a type that a custom recognizer was trained for.
    #[serde(rename = "Type")]
    pub entity_type: String,
    /// Its first code point, from 0.
    pub begin_offset: u64,
    /// The code point after its last.
    pub end_offset: u64,
    /// How sure Comprehend is, 0 to 1.
    pub score: f32,
}

/// A key phrase in a document.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct KeyPhrase {
    /// Its text.
    pub text: Text,
    /// Its first code point, from 0.
    pub begin_offset: u64,
    /// The code point after its last.
    pub end_offset: u64,
    /// How sure Comprehend is, 0 to 1.
    pub score: f32,
}

/// A language that a document may be in.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct LanguageScore {
    /// Its code in RFC 5646, such as `en`.
    pub language_code: String,
    /// How sure Comprehend is, 0 to 1.
    pub score: f32,
}

names! {
    /// The sentiment of a document or of a mention.
    ///
    /// Follows "SentimentType" in the Amazon Comprehend API reference.
    pub enum SentimentType {
        /// The sentiment is positive.
        Positive = "POSITIVE",
        /// The sentiment is negative.
        Negative = "NEGATIVE",
        /// It is neither.
        Neutral = "NEUTRAL",
        /// It is both.
        Mixed = "MIXED",
    }
}

/// The sentiment of a document or of a mention, and how sure Comprehend is of each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct DocumentSentiment {
    /// The sentiment that prevails.
    pub sentiment: SentimentType,
    /// The score of each sentiment, 0 to 1.
    pub sentiment_score: SentimentScores,
}

/// How sure Comprehend is of each sentiment, 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct SentimentScores {
    /// Of [`SentimentType::Positive`].
    pub positive: f32,
    /// Of [`SentimentType::Negative`].
    pub negative: f32,
    /// Of [`SentimentType::Neutral`].
    pub neutral: f32,
    /// Of [`SentimentType::Mixed`].
    pub mixed: f32,
}

impl JsonResult for DocumentSentiment {
    fn from_json(json: &[u8]) -> Option<Self> {
        only(json)
    }
}

/// An entity, with all its mentions in a document and the sentiment of each.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct TargetedEntity {
    /// Which of the mentions name it best, by their indices in [`mentions`](Self::mentions).
    #[serde(default)]
    pub descriptive_mention_index: Vec<usize>,
    /// Its mentions, in the order of the text.
    pub mentions: Vec<Mention>,
}

/// A mention of an entity.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct Mention {
    /// Its text.
    pub text: Text,
    /// What it is, such as `BRAND`.
    #[serde(rename = "Type")]
    pub entity_type: String,
    /// Its first code point, from 0.
    pub begin_offset: u64,
    /// The code point after its last.
    pub end_offset: u64,
    /// How sure Comprehend is that it matters, 0 to 1.
    pub score: f32,
    /// How sure Comprehend is that all mentions are of one entity, 0 to 1.
    pub group_score: f32,
    /// Its sentiment.
    #[serde(rename = "MentionSentiment")]
    pub sentiment: DocumentSentiment,
}

/// The classes of a document, from a classifier that gives it one, and its labels, from a classifier that gives it any
/// number.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Classification {
    /// From a classifier in multi-class mode: the classes that it may have, the likeliest first.
    pub classes: Vec<ClassScore>,
    /// From a classifier in multi-label mode: the labels that it has.
    pub labels: Vec<ClassScore>,
}

/// A class, or a label.
#[derive(Clone, Debug, PartialEq, Deserialize)]
#[serde(rename_all = "PascalCase")]
#[non_exhaustive]
pub struct ClassScore {
    /// Its name.
    pub name: String,
    /// How sure Comprehend is, 0 to 1.
    pub score: f32,
}

impl JsonResult for Classification {
    fn from_json(json: &[u8]) -> Option<Self> {
        /// One of the two has to be there, or the line is of another analysis.
        #[derive(Deserialize)]
        #[serde(rename_all = "PascalCase")]
        struct Either {
            classes: Option<Vec<ClassScore>>,
            labels: Option<Vec<ClassScore>>,
        }

        let Either { classes, labels } = only(json)?;
        let there = classes.is_some() || labels.is_some();
        there.then(|| Self { classes: classes.unwrap_or_default(), labels: labels.unwrap_or_default() })
    }
}

/// A line of a copy without personal data.
///
/// If each line of the input is a document, it is one; otherwise a document has as many lines as its file.
///
/// A document that Comprehend could not redact has an `Err` in [`outcome`](Self::outcome), as in [`DocumentResult`]. A
/// line is read as such an error if it is a JSON object with the members `File` and `ErrorCode` of the other analyses,
/// so a document of such lines would be misread. The developer guide does not show what a redaction writes for such a
/// document. Unconfirmed.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub struct RedactedLine {
    /// The name of the input file.
    pub file: String,
    /// The line in the file, from 0.
    pub line: u64,
    /// The redacted text, without the line end, or why there is none.
    pub outcome: Result<Text, DocumentError>,
}

impl Record for RedactedLine {
    const FRAMING: Framing = Framing::Lines;

    fn read(at: Place<'_>, bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        let text = std::str::from_utf8(bytes).map_err(|_| Unreadable)?;
        let outcome = match failure(text) {
            Some(error) => Err(error),
            None => Ok(text.into()),
        };
        Ok(Some(Self { file: at.file.to_owned(), line: at.number, outcome }))
    }
}

/// The error that a line reports, if any.
fn failure(line: &str) -> Option<DocumentError> {
    if !line.trim_start().starts_with('{') {
        return None;
    }
    let Head { file: Some(_), error_code: Some(code), error_message, line: _ } =
        serde_json::from_str(line).ok()?
    else {
        return None;
    };
    Some(DocumentError { code, message: error_message.unwrap_or_default() })
}

/// A row of one of the two tables of a topics job.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum TopicRecord {
    /// A term of a topic, from `topic-terms.csv`.
    Term {
        /// The topic, from 0.
        topic: u32,
        /// The term.
        term: Text,
        /// Its share of the topic, 0 to 1. A topic lists its ten most important terms, so they need not add up to 1.
        weight: f64,
    },
    /// A topic of a document, from `doc-topics.csv`.
    Document {
        /// The name of the file; if each line is a document, followed by a colon and the line.
        document: String,
        /// The topic, from 0.
        topic: u32,
        /// The share of the document that is about it, 0 to 1.
        proportion: f64,
    },
}

impl Record for TopicRecord {
    const FRAMING: Framing = Framing::Csv;

    fn read(at: Place<'_>, bytes: &[u8]) -> Result<Option<Self>, Unreadable> {
        let [first, second, third] = row(bytes).ok_or(Unreadable)?;
        // Only a heading is left out, and not a first row that cannot be read.
        if at.number == 0 && is_heading(at.file, [&first, &second, &third]) {
            return Ok(None);
        }
        let number =
            |text: &str| text.parse::<f64>().ok().filter(|number| number.is_finite()).ok_or(Unreadable);
        let topic = |text: &str| text.parse::<u32>().map_err(|_| Unreadable);
        match at.file {
            "topic-terms.csv" => Ok(Some(Self::Term {
                topic: topic(&first)?,
                term: Text::from(second),
                weight: number(&third)?,
            })),
            "doc-topics.csv" => Ok(Some(Self::Document {
                document: first,
                topic: topic(&second)?,
                proportion: number(&third)?,
            })),
            _ => Err(Unreadable),
        }
    }
}

/// Whether it is the heading in "Topic modeling" in the developer guide, which has spaces after the commas.
fn is_heading(file: &str, row: [&str; 3]) -> bool {
    let heading = match file {
        "topic-terms.csv" => ["topic", "term", "weight"],
        "doc-topics.csv" => ["docname", "topic", "proportion"],
        _ => return false,
    };
    row.map(str::trim) == heading
}

/// The three fields of a row, which ends with its line end.
fn row(bytes: &[u8]) -> Option<[String; 3]> {
    let mut fields = vec![0; bytes.len()];
    let mut ends = [0; 4];
    let (result, _, _, count) = csv_core::Reader::new().read_record(bytes, &mut fields, &mut ends);
    if result != csv_core::ReadRecordResult::Record || count != 3 {
        return None;
    }
    let [first, second, third, _] = ends;
    let field = |begin: usize, end: usize| String::from_utf8(fields.get(begin..end)?.to_vec()).ok();
    Some([field(0, first)?, field(first, second)?, field(second, third)?])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read<R: Record>(file: &str, number: u64, bytes: &str) -> Option<R> {
        R::read(Place { file, number }, bytes.as_bytes()).unwrap_or_else(|_| panic!("unreadable: {bytes}"))
    }

    fn refused<R: Record>(file: &str, bytes: &str) -> bool {
        R::read(Place { file, number: 1 }, bytes.as_bytes()).is_err()
    }

    #[test]
    fn lines_of_the_developer_guide() {
        let line = r#"{"Entities":[{"Type":"NAME","BeginOffset":40,"EndOffset":69,"Score":0.999995}],"File":"doc.txt","Line":0}"#;
        let found: DocumentResult<Vec<PiiEntity>> = read("", 0, line).unwrap();
        assert_eq!((found.file.as_str(), found.line), ("doc.txt", Some(0)));
        let entity = &found.outcome.unwrap()[0];
        assert_eq!((&entity.pii_type, entity.begin_offset, entity.end_offset), (&PiiType::Name, 40, 69));

        let line = r#"{"File": "50_docs", "Line": 2, "ErrorCode": "DOCUMENT_SIZE_EXCEEDED", "ErrorMessage": "Document size exceeds maximum size limit 102400 bytes."}"#;
        let failed: DocumentResult<Vec<DetectedEntity>> = read("", 0, line).unwrap();
        let error = failed.outcome.unwrap_err();
        assert_eq!(error.code, "DOCUMENT_SIZE_EXCEEDED");
        assert!(error.message.contains("102400"));

        let line = r#"{"File": "1_doc", "Line": "3", "Classes": [{"Name": "Documentary", "Score": 0.8642}]}"#;
        let classified: DocumentResult<Classification> = read("", 0, line).unwrap();
        assert_eq!(classified.line, Some(3));
        assert_eq!(classified.outcome.unwrap().classes[0].name, "Documentary");

        let line = r#"{"File": "small_doc", "Sentiment": "NEUTRAL", "SentimentScore": {"Mixed": 0.1, "Negative": 0.2, "Neutral": 0.6, "Positive": 0.1}}"#;
        let sentiment: DocumentResult<DocumentSentiment> = read("", 0, line).unwrap();
        assert_eq!(sentiment.line, None);
        assert_eq!(sentiment.outcome.unwrap().sentiment, SentimentType::Neutral);
    }

    #[test]
    fn texts_do_not_show_themselves() {
        let line = r#"{"File": "d", "Entities": [{"Text": "Jane Quill", "Type": "PERSON", "BeginOffset": 0, "EndOffset": 10, "Score": 1}]}"#;
        let found: DocumentResult<Vec<DetectedEntity>> = read("", 0, line).unwrap();
        assert!(!format!("{found:?}").contains("Jane"));
        let line = RedactedLine { file: "d".to_owned(), line: 0, outcome: Ok("Jane Quill".into()) };
        assert!(!format!("{line:?}").contains("Jane"));
        let term = TopicRecord::Term { topic: 0, term: "Jane".into(), weight: 1.0 };
        assert!(!format!("{term:?}").contains("Jane"));
    }

    #[test]
    fn a_failed_document_is_no_redacted_text() {
        let outcome = |line: &str| read::<RedactedLine>("d", 0, line).unwrap().outcome;
        let error = r#"{"File": "d", "ErrorCode": "UNSUPPORTED_ENCODING", "ErrorMessage": "Document is not in UTF-8"}"#;
        assert_eq!(outcome(error).unwrap_err().code, "UNSUPPORTED_ENCODING");
        for text in [
            "Jane",
            "",
            "{",
            "{}",
            "[]",
            r#"{"File": "d"}"#,
            r#"{"ErrorCode": "E"}"#,
            r#"{"File": 1, "ErrorCode": "E"}"#,
        ] {
            assert_eq!(&*outcome(text).unwrap(), text);
        }
    }

    #[test]
    fn a_line_without_its_result_is_no_result() {
        for line in [
            r#"{"File": "d"}"#,
            r#"{"File": "d", "Entities": null}"#,
            r#"{"File": "d", "Entities": [{"Type": "NAME"}]}"#,
            r#"{"Entities": []}"#,
            r#"{"File": "d", "Line": -1, "Entities": []}"#,
            r#"{"File": "d", "Line": "x", "Entities": []}"#,
            "{}",
            "[]",
            "{",
        ] {
            assert!(refused::<DocumentResult<Vec<PiiEntity>>>("", line), "{line}");
        }
        assert!(refused::<DocumentResult<Classification>>("", r#"{"File": "d"}"#));
        assert!(!refused::<DocumentResult<Classification>>("", r#"{"File": "d", "Labels": []}"#));
    }

    #[test]
    fn rows_of_topics() {
        let terms = "topic-terms.csv";
        assert_eq!(read::<TopicRecord>(terms, 0, "topic,term,weight\n"), None);
        assert_eq!(read::<TopicRecord>("doc-topics.csv", 0, "docname, topic, proportion\n"), None);
        for row in ["001,tea,heavy\n", "docname,topic,proportion\n"] {
            let first = TopicRecord::read(Place { file: terms, number: 0 }, row.as_bytes());
            assert!(first.is_err(), "a broken row is no heading: {row}");
        }
        let term = TopicRecord::Term { topic: 1, term: "cup, \"tea\"".into(), weight: 0.205236 };
        assert_eq!(read(terms, 1, "001,\"cup, \"\"tea\"\"\",0.205236\r\n"), Some(term));
        let document = TopicRecord::Document { document: "a:0".to_owned(), topic: 0, proportion: 3.57e-4 };
        assert_eq!(read("doc-topics.csv", 0, "a:0,000,3.57E-04\n"), Some(document));
        for row in ["1,a\n", "1,a,b\n", "1,a,0.5,x\n", "x,a,0.5\n", "1,a,inf\n", "\n", "", "1,\"a,0.5\n"] {
            assert!(refused::<TopicRecord>(terms, row), "{row:?}");
        }
        assert!(refused::<TopicRecord>("other.csv", "1,a,0.5\n"));
    }
}
