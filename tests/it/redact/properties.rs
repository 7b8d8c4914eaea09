//! Random documents and random spans: exactly the words that are touched change.

use std::collections::HashMap;

use inkseal::Document;
use inkseal::redact::{Operator, PiiSpan, PiiType, Redactor};
use inkseal::render::Render;
use proptest::prelude::*;
use serde_json::{Value, json};

use super::{document, spans, stage};

/// Words of which any three letters in a row are in no other, so that nothing that is long enough to be searched
/// for appears in two of them.
fn words() -> impl Strategy<Value = Vec<Vec<String>>> {
    let shape =
        prop::sample::select(vec!["{}", "({}),", "ज़{}", "{}👋🏽", "e\u{301}{}é", "م{}د", "{}-x", "{}7"]);
    let lines = prop::collection::vec(prop::collection::vec(shape, 1..6), 1..6);
    lines.prop_map(|lines| {
        let mut own = '\u{4e00}'..'\u{9fff}';
        let mut word = |shape: &str| shape.replace("{}", &own.by_ref().take(4).collect::<String>());
        lines.into_iter().map(|line| line.into_iter().map(&mut word).collect()).collect()
    })
}

fn blocks(lines: &[Vec<String>]) -> Value {
    let mut blocks = Vec::new();
    for (number, words) in lines.iter().enumerate() {
        let id = |word: usize| format!("{number}-{word}");
        let ids: Vec<String> = (0..words.len()).map(id).collect();
        blocks.push(json!({"BlockType": "LINE", "Id": format!("l{number}"), "Text": words.join(" "),
            "Relationships": [{"Type": "CHILD", "Ids": ids}]}));
        blocks.extend(
            words.iter().zip(ids).map(|(word, id)| json!({"BlockType": "WORD", "Id": id, "Text": word})),
        );
    }
    json!(blocks)
}

/// Spans from pairs of positions; in order, and without overlap.
fn spans_in(length: usize, cuts: &[(prop::sample::Index, usize)]) -> Vec<PiiSpan> {
    let mut ranges: Vec<_> = cuts.iter().map(|(at, count)| (at.index(length), *count)).collect();
    ranges.sort_unstable();
    let mut end = 0;
    let mut spans = Vec::new();
    for (begin, count) in ranges {
        let stop = (begin + count).min(length);
        if begin >= end && begin < stop {
            spans.push(PiiSpan::new(PiiType::Name, begin..stop, 1.0));
            end = stop;
        }
    }
    spans
}

fn redacted(redactor: &Redactor, page: Document) -> Document {
    futures::executor::block_on(async {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        runtime.block_on(page.redact(redactor)).unwrap().0.into_inner()
    })
}

fn texts(document: &Document) -> HashMap<String, String> {
    let text = |block: inkseal::document::BlockRef<'_>| {
        Some((block.id().to_string(), block.block().text()?.to_owned()))
    };
    document.blocks().filter_map(text).collect()
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(256))]

    #[test]
    fn exactly_the_touched_words_change(
        lines in words(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..12), 0..5),
        keep_rest in any::<bool>(),
    ) {
        let page = document(blocks(&lines));
        let rendering = Render::text().document_with_map(&page);
        let length = rendering.text().chars().count();
        let found = spans_in(length, &cuts);
        // What each word is to become, character by character.
        let mut expected: HashMap<String, String> = HashMap::new();
        let characters: Vec<(usize, char)> = rendering.text().char_indices().collect();
        for span in rendering.spans() {
            let own = characters.iter().enumerate().filter(|(_, (byte, _))| span.range.contains(byte));
            let hit = |at: usize| found.iter().any(|span| span.range().contains(&at));
            let touched = own.clone().any(|(at, _)| hit(at));
            let masked = own.map(|(at, (_, c))| if touched && (!keep_rest || hit(at)) { '*' } else { *c }).collect();
            expected.insert(span.block.to_string(), masked);
        }
        let redactor = stage(spans(found)).others(Operator::mask()).keep_rest_of_words(keep_rest).build().unwrap();
        let after = redacted(&redactor, document(blocks(&lines)));
        let texts = texts(&after);
        for (number, words) in lines.iter().enumerate() {
            let words: Vec<&str> = (0..words.len()).map(|word| expected[&format!("{number}-{word}")].as_str()).collect();
            for (word, text) in words.iter().enumerate() {
                prop_assert_eq!(&texts[&format!("{number}-{word}")], text);
            }
            prop_assert_eq!(&texts[&format!("l{number}")], &words.join(" "));
        }
        // Nothing but texts changes.
        let strip = |document: &Document| {
            let mut value = serde_json::to_value(document).unwrap();
            for block in value["Blocks"].as_array_mut().unwrap() {
                block.as_object_mut().unwrap().remove("Text");
            }
            value
        };
        prop_assert_eq!(strip(&after), strip(&page));
    }

    #[test]
    fn whatever_is_put_in_the_rest_is_byte_equal(
        lines in words(),
        cuts in prop::collection::vec((any::<prop::sample::Index>(), 1_usize..12), 0..5),
        operator in prop::sample::select(vec![Operator::replace_with_type(), Operator::remove(), Operator::token()]),
    ) {
        let page = document(blocks(&lines));
        let rendering = Render::text().document_with_map(&page);
        let found = spans_in(rendering.text().chars().count(), &cuts);
        let points = inkseal::redact::CodePoints::of(rendering.text());
        let hits: Vec<_> = found.iter().map(|span| points.to_bytes(span.range()).unwrap()).collect();
        let touched: Vec<String> = hits.iter().flat_map(|range| rendering.overlapping(range.clone()))
            .map(|span| span.block.to_string()).collect();
        let before = texts(&page);
        let redactor = stage(spans(found)).others(operator).build().unwrap();
        let after = redacted(&redactor, document(blocks(&lines)));
        for (id, text) in texts(&after) {
            let is_line = id.starts_with('l');
            if is_line {
                // What is left of a line: its words that were not touched, in order, and what was put in.
                let number = &id[1..];
                let kept = (0..lines[number.parse::<usize>().unwrap()].len()).map(|word| format!("{number}-{word}"));
                let mut rest = text.as_str();
                for word in kept.filter(|word| !touched.contains(word)) {
                    let at = rest.find(&before[&word]);
                    prop_assert!(at.is_some());
                    rest = &rest[at.unwrap() + before[&word].len()..];
                }
                let gone = touched.iter().filter(|word| word.starts_with(&format!("{number}-")));
                for word in gone {
                    prop_assert!(!text.split_whitespace().any(|said| said == before[word]));
                }
            } else {
                prop_assert_eq!(text != before[&id], touched.contains(&id));
            }
        }
    }
}
