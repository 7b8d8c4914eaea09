//! Simple answers in the shapes of the real ones, which are always the same for the same text.
//!
//! Entities are runs of capitalised words, key phrases are runs of longer words, lists of words decide on sentiments
//! and languages, and a document with a digit is of the class `FORM`, any other of `PROSE`.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::documents::Document;

const GOOD: [&str; 8] = ["good", "great", "excellent", "happy", "love", "thanks", "friendly", "delicious"];
const BAD: [&str; 8] = ["bad", "poor", "terrible", "sad", "hate", "slow", "broken", "late"];

const STOP_WORDS: [(&str, [&str; 8]); 5] = [
    ("en", ["the", "and", "of", "to", "is", "was", "in", "with"]),
    ("es", ["el", "la", "los", "de", "que", "y", "en", "una"]),
    ("fr", ["le", "les", "des", "et", "est", "une", "dans", "avec"]),
    ("de", ["der", "die", "das", "und", "ist", "nicht", "ein", "mit"]),
    ("it", ["il", "gli", "della", "che", "e", "sono", "con", "una"]),
];

/// A word: its first code point, the one after its last, its text, and the character that follows it.
struct Word<'t> {
    begin: usize,
    end: usize,
    text: &'t str,
    after: char,
}

/// Runs of letters and digits.
fn words(text: &str) -> Vec<Word<'_>> {
    let mut words: Vec<Word<'_>> = Vec::new();
    let mut open: Option<(usize, usize)> = None;
    let ends = std::iter::once((text.len(), ' '));
    for (point, (byte, c)) in text.char_indices().chain(ends).enumerate() {
        match (c.is_alphanumeric(), open) {
            (true, None) => open = Some((point, byte)),
            (false, Some((begin, first))) => {
                words.extend(text.get(first..byte).map(|text| Word { begin, end: point, text, after: c }));
                open = None;
            }
            _ => {}
        }
    }
    words
}

/// Runs of words for which `fits` holds and between which there are single characters: begin, end and text.
fn runs(text: &str, fits: impl Fn(&str) -> bool) -> Vec<(usize, usize, String)> {
    let mut runs: Vec<(usize, usize, String)> = Vec::new();
    // What follows the previous word, if that was taken.
    let mut follows = None;
    for word in words(text) {
        let takes = fits(word.text);
        match (runs.last_mut(), follows) {
            (Some((_, end, run)), Some(between)) if takes && word.begin == *end + 1 => {
                *end = word.end;
                run.push(between);
                run.push_str(word.text);
            }
            _ if takes => runs.push((word.begin, word.end, word.text.to_owned())),
            _ => {}
        }
        follows = takes.then_some(word.after);
    }
    runs
}

fn capitalised(text: &str) -> Vec<(usize, usize, String)> {
    runs(text, |word| word.chars().next().is_some_and(char::is_uppercase))
}

pub(super) fn entities(text: &str) -> Value {
    let entity = |(begin, end, text): (usize, usize, String)| {
        let kind = if text.contains(' ') { "PERSON" } else { "OTHER" };
        json!({"Text": text, "Type": kind, "BeginOffset": begin, "EndOffset": end, "Score": 0.99})
    };
    json!({"Entities": capitalised(text).into_iter().map(entity).collect::<Vec<_>>()})
}

pub(super) fn key_phrases(text: &str) -> Value {
    let phrase = |(begin, end, text): (usize, usize, String)| json!({"Text": text, "BeginOffset": begin, "EndOffset": end, "Score": 0.98});
    let phrases = runs(text, |word| word.chars().count() > 3);
    json!({"KeyPhrases": phrases.into_iter().map(phrase).collect::<Vec<_>>()})
}

pub(super) fn sentiment(text: &str) -> Value {
    let has =
        |list: &[&str]| words(text).iter().any(|word| list.contains(&word.text.to_lowercase().as_str()));
    let sentiment = match (has(&GOOD), has(&BAD)) {
        (true, true) => "MIXED",
        (true, false) => "POSITIVE",
        (false, true) => "NEGATIVE",
        (false, false) => "NEUTRAL",
    };
    let score = |name: &str| if name == sentiment { 0.97 } else { 0.01 };
    json!({"Sentiment": sentiment, "SentimentScore": {
        "Positive": score("POSITIVE"), "Negative": score("NEGATIVE"), "Neutral": score("NEUTRAL"), "Mixed": score("MIXED"),
    }})
}

pub(super) fn targeted_sentiment(text: &str) -> Value {
    let sentiment = sentiment(text);
    let entity = |(begin, end, name): (usize, usize, String)| {
        json!({"DescriptiveMentionIndex": [0], "Mentions": [{
            "Text": name, "Type": "OTHER", "BeginOffset": begin, "EndOffset": end, "Score": 0.99, "GroupScore": 1.0,
            "MentionSentiment": sentiment,
        }]})
    };
    json!({"Entities": capitalised(text).into_iter().map(entity).collect::<Vec<_>>()})
}

pub(super) fn languages(text: &str) -> Value {
    let words = words(text);
    let count =
        |list: &[&str]| words.iter().filter(|word| list.contains(&word.text.to_lowercase().as_str())).count();
    let counts = STOP_WORDS.map(|(code, list)| (code, count(&list)));
    let (best, _) = counts.iter().fold(("en", 0), |best, next| if next.1 > best.1 { *next } else { best });
    json!({"Languages": [{"LanguageCode": best, "Score": 0.95}]})
}

/// The line number of a document is a string in this analysis.
pub(super) fn classes(text: &str) -> Value {
    let (first, second) = match text.chars().any(|c| c.is_ascii_digit()) {
        true => ("FORM", "PROSE"),
        false => ("PROSE", "FORM"),
    };
    json!({"Classes": [{"Name": first, "Score": 0.9}, {"Name": second, "Score": 0.1}]})
}

/// `topic-terms.csv` and `doc-topics.csv`: the most frequent words are assigned to the topics in turn, and each
/// document is about the topic of its own most frequent word.
pub(super) fn topics(documents: &[Document], number: usize) -> (String, String) {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let longer = |text: &str| -> Vec<String> {
        let words = words(text).into_iter().filter(|word| word.text.chars().count() > 3);
        words.map(|word| word.text.to_lowercase()).collect()
    };
    for document in documents {
        longer(document.text()).into_iter().for_each(|word| *counts.entry(word).or_default() += 1);
    }
    let mut ranked: Vec<(String, usize)> = counts.into_iter().collect();
    ranked.sort_by(|(one, first), (other, second)| second.cmp(first).then(one.cmp(other)));
    let number = number.clamp(1, ranked.len().max(1));
    let total: usize = ranked.iter().map(|(_, count)| count).sum::<usize>().max(1);
    let mut terms = String::from("topic,term,weight\n");
    for topic in 0..number {
        for (word, count) in ranked.iter().skip(topic).step_by(number).take(10) {
            terms.push_str(&format!("{topic:03},{word},{:.6}\n", *count as f64 / total as f64));
        }
    }
    let mut of_documents = String::from("docname,topic,proportion\n");
    for document in documents {
        let words = longer(document.text());
        let rank = ranked.iter().position(|(word, _)| words.contains(word)).unwrap_or(0);
        let name = match document.line {
            Some(line) => format!("{}:{line}", document.file),
            None => document.file.clone(),
        };
        of_documents.push_str(&format!("{name},{:03},1\n", rank % number));
    }
    (terms, of_documents)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn offsets_count_code_points() {
        assert_eq!(
            capitalised("né Jane Doe, à Lyon"),
            [(3, 11, "Jane Doe".to_owned()), (15, 19, "Lyon".to_owned())]
        );
        assert_eq!(capitalised("Jane  Doe"), [(0, 4, "Jane".to_owned()), (6, 9, "Doe".to_owned())]);
        assert_eq!(capitalised(""), []);
    }

    #[test]
    fn languages_and_sentiments_are_told_by_words() {
        for (text, code) in [
            ("the cat and the dog", "en"),
            ("el gato que es de los dos", "es"),
            ("der und die", "de"),
            ("", "en"),
        ] {
            assert_eq!(languages(text)["Languages"][0]["LanguageCode"], code, "{text}");
        }
        for (text, said) in
            [("great", "POSITIVE"), ("Slow!", "NEGATIVE"), ("good but late", "MIXED"), ("a chair", "NEUTRAL")]
        {
            assert_eq!(sentiment(text)["Sentiment"], said, "{text}");
        }
    }
}
