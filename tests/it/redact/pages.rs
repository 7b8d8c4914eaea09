//! What happens to the texts of a page.

use futures::future::BoxFuture;
use inkseal::redact::{Detection, Operator, PiiSpan, PiiType, RedactorBuilder};
use serde_json::json;

use super::{Planted, Told, document, lines, place, redact, spans, stage, texts};

#[tokio::test]
async fn every_word_that_is_touched_and_nothing_else() {
    let redactor = stage(Planted::name("Jane Doe")).build().unwrap();
    let document = document(json!(lines(1, &["Dear Jane Doe, hello", "Yours, Jane", "Doe"])));
    let (redacted, report) = redact(&redactor, document).await;
    let expected =
        ["Dear [NAME] hello", "Dear", "[NAME]", "", "hello", "Yours, [NAME]", "Yours,", "[NAME]", "", ""];
    assert_eq!(texts(&redacted), expected);
    assert_eq!(redacted.to_text(), "Dear [NAME] hello\nYours, [NAME]");
    assert_eq!((report.entities(), report.by_page()[&1], report.by_detector()["planted"]), (2, 2, 2));
    assert_eq!(redacted.regions().len(), 4, "a region for each word");
}

#[tokio::test]
async fn the_rest_of_a_word_stays_on_request() {
    let redactor = stage(Planted::name("Jane Doe")).keep_rest_of_words(true).build().unwrap();
    let (redacted, _) = redact(&redactor, document(json!(lines(1, &["(Jane Doe), hello"])))).await;
    assert_eq!(texts(&redacted), ["([NAME]), hello", "([NAME]", "),", "hello"]);
}

/// A letter and its accent may be two characters, of which a detector gives only the first.
#[tokio::test]
async fn an_accent_behind_a_detection_is_no_other_place() {
    let builder = stage(Planted::name("Jose Lopez")).others(Operator::mask()).keep_rest_of_words(true);
    let page = document(json!(lines(1, &["Jose Lopez\u{301}, hello", "José Lopez\u{301}"])));
    let (redacted, report) = redact(&builder.build().unwrap(), page).await;
    let expected =
        ["**** *****\u{301}, hello", "****", "*****\u{301},", "hello", "**** ******", "****", "******"];
    assert_eq!(texts(&redacted), expected);
    assert_eq!((report.by_detector()["planted"], report.by_detector()["sweep"]), (1, 1));
}

/// The first line's string comes again in the second, where it meets the end of another detection, and only signs are beyond that.
#[tokio::test]
async fn a_line_keeps_what_its_words_keep() {
    let text = ["rest (** ******of* k4 18", "rest (** ******of k4 182"];
    let detected = vec![PiiSpan::new(PiiType::Name, 0..14, 0.9), PiiSpan::new(PiiType::Address, 18..34, 0.9)];
    let redactor = stage(spans(detected)).others(Operator::mask()).build().unwrap();
    let (redacted, _) = redact(&redactor, document(json!(lines(1, &text)))).await;
    for line in redacted.lines() {
        let words: Vec<_> = line.words().map(|word| word.text().to_owned()).collect();
        assert_eq!(line.text(), words.join(" "));
    }
    assert_eq!(redacted.lines().nth(1).unwrap().text(), "**** *** ******of k4 182");
}

#[tokio::test]
async fn across_cells_and_in_answers_aliases_and_questions() {
    let cell = |column: u32, word: &str| {
        json!({"BlockType": "CELL", "Id": format!("c{column}"), "RowIndex": 1, "ColumnIndex": column,
               "Relationships": [{"Type": "CHILD", "Ids": [word]}]})
    };
    let blocks = json!([
        {"BlockType": "PAGE", "Id": "p", "Relationships": [{"Type": "CHILD", "Ids": ["t", "a", "b", "q"]}]},
        {"BlockType": "TABLE", "Id": "t", "Relationships": [{"Type": "CHILD", "Ids": ["c1", "c2"]}]},
        cell(1, "a"), cell(2, "b"),
        {"BlockType": "WORD", "Id": "a", "Text": "Jane"},
        {"BlockType": "WORD", "Id": "b", "Text": "Doe"},
        {"BlockType": "QUERY", "Id": "q", "Query": {"Text": "Is Jane Doe here?", "Alias": "JANE\tDOE_1", "Pages": ["1"]},
         "Relationships": [{"Type": "ANSWER", "Ids": ["r"]}]},
        {"BlockType": "QUERY_RESULT", "Id": "r", "Text": "Yes: jane\ndoe."},
    ]);
    let redactor = stage(Planted::name("Jane Doe")).build().unwrap();
    let (redacted, report) = redact(&redactor, document(blocks)).await;
    assert_eq!(redacted.tables().next().unwrap().cell(1, 1).unwrap().text(), "[NAME]");
    let query = redacted.queries().next().unwrap();
    assert_eq!(query.text(), Some("Is [NAME] here?"));
    assert_eq!(query.alias(), Some("[NAME]"));
    assert_eq!(query.answer().unwrap().text(), Some("Yes: [NAME]"));
    assert_eq!(report.by_detector()["sweep"], 2, "the alias and the answer are written otherwise");
}

/// A query names the pages that it asks for, which are not text, no matter what was detected elsewhere.
#[tokio::test]
async fn the_pages_of_a_query_are_no_leak() {
    let blocks = json!([
        {"BlockType": "LINE", "Id": "l", "Text": "aged 100", "Relationships": [{"Type": "CHILD", "Ids": ["a"]}]},
        {"BlockType": "WORD", "Id": "a", "Text": "100"},
        {"BlockType": "QUERY", "Id": "q", "Query": {"Text": "How old?", "Pages": ["100", "12345-6789"]}},
    ]);
    let found = Planted::of([(PiiType::Age, "100"), (PiiType::Address, "12345-6789")]);
    let (redacted, _) = redact(&stage(found).build().unwrap(), document(blocks)).await;
    let query = redacted.blocks().find_map(|block| block.block().query()).unwrap();
    assert_eq!(query.pages.as_deref().unwrap(), ["100", "[ADDRESS]"]);
}

#[tokio::test]
async fn what_a_line_says_beyond_its_words_and_words_in_no_line() {
    let blocks = json!([
        {"BlockType": "LINE", "Id": "l", "Text": "To Jane Doe now", "Relationships": [{"Type": "CHILD", "Ids": ["x", "b"]}]},
        {"BlockType": "WORD", "Id": "b", "Text": "now"},
        {"BlockType": "WORD", "Id": "c", "Text": "Roe"},
        {"BlockType": "WORD", "Id": "c", "Text": "Jane"},
        {"BlockType": "CELL", "Id": "d", "Text": "Jane Doe in a cell"},
    ]);
    let redactor = stage(Planted::of([(PiiType::Name, "Jane Doe"), (PiiType::Name, "Roe")])).build().unwrap();
    let (redacted, _) = redact(&redactor, document(blocks)).await;
    assert_eq!(texts(&redacted), ["To [NAME] now", "now", "[NAME]", "Jane", "[NAME] in a cell"]);
}

#[tokio::test]
async fn the_same_string_elsewhere_on_the_page_is_found_too() {
    // The detector sees it once only, as models do.
    let first = Told(|text: &str| {
        let all = Planted::name("Jane Doe").find(text);
        Box::pin(async move { Ok(Detection::new(all.into_iter().take(1).collect())) })
            as BoxFuture<'static, _>
    });
    let pages = [lines(1, &["Jane Doe", "and JANE", "DOE, Janet"]), lines(2, &["Jane Doe again"])].concat();
    let redactor = stage(first).others(Operator::token()).build().unwrap();
    let (redacted, _) = redact(&redactor, document(json!(pages))).await;
    assert_eq!(redacted.to_text(), "NAME_1\nand NAME_1\nJanet\n\nNAME_1 again");

    for sweep in [false, true] {
        let on_first_page = Told(|text: &str| {
            let found =
                if text.contains("again") { Vec::new() } else { Planted::name("Jane Doe").find(text) };
            Box::pin(async move { Ok(Detection::new(found)) }) as BoxFuture<'static, _>
        });
        let redactor = stage(on_first_page).sweep(sweep).build().unwrap();
        let (redacted, _) = redact(&redactor, document(json!(pages))).await;
        assert_eq!(redacted.page(2).unwrap().words().next().unwrap().text() == "Jane", !sweep);
    }
}

#[tokio::test]
async fn places_are_kept_or_blurred() {
    let blocks = json!(lines(1, &["Call Jane now"]));
    let bounds = |document: &inkseal::Document| {
        document.blocks().map(|block| block.bounding_box().unwrap()).collect::<Vec<_>>()
    };
    let before = bounds(&document(blocks.clone()));
    let kept = redact(&stage(Planted::name("Jane")).build().unwrap(), document(blocks.clone())).await.0;
    assert_eq!(bounds(&kept), before);
    let redactor = stage(Planted::name("Jane")).blur_geometry(true).build().unwrap();
    let blurred = redact(&redactor, document(blocks)).await.0;
    let after = bounds(&blurred);
    assert_eq!((after[1], after[3]), (before[1], before[3]), "words that are not touched");
    for index in [0, 2] {
        assert!(
            after[index].left <= before[index].left && after[index].right() >= before[index].right() - 1e-6
        );
        assert!((after[index].width * 10.0).fract() < 1e-3 || (after[index].width * 10.0).fract() > 0.999);
    }
    assert_eq!(
        blurred.regions()[0].geometry.as_ref().unwrap().bounds(),
        Some(before[2]),
        "regions are exact"
    );
}

#[tokio::test]
async fn thresholds_lists_and_kept_types() {
    let found = || {
        Planted::of([
            (PiiType::Name, "Jane Doe"),
            (PiiType::Email, "jane@example.com"),
            (PiiType::Url, "example.com"),
            (PiiType::Age, "42"),
        ])
    };
    let text = ["Jane Doe jane@example.com 42"];
    let run = async |builder: RedactorBuilder| {
        let (redacted, report) = redact(&builder.build().unwrap(), document(json!(lines(1, &text)))).await;
        (redacted.to_text(), report.entities())
    };
    assert_eq!(run(stage(found())).await, ("[NAME] [EMAIL] [AGE]".to_owned(), 3));
    assert_eq!(run(stage(found()).only([PiiType::Age])).await.0, "Jane Doe jane@example.com [AGE]");
    assert_eq!(run(stage(found()).except([PiiType::Age, PiiType::Name])).await.0, "Jane Doe [EMAIL] 42");
    assert_eq!(run(stage(found()).allow(["JANE  doe"])).await.0, "Jane Doe [EMAIL] [AGE]");
    assert_eq!(run(stage(found()).min_score(0.95)).await.0, text[0]);
    assert_eq!(
        run(stage(found()).min_score(0.95).min_score_of(PiiType::Age, 0.5)).await.0,
        "Jane Doe jane@example.com [AGE]"
    );
    // What is kept hides nothing of what is not, but is counted.
    let kept = stage(found()).operator(PiiType::Email, Operator::keep());
    assert_eq!(run(kept).await, ("[NAME] [URL] [AGE]".to_owned(), 4));
}

#[tokio::test]
async fn a_short_string_is_not_looked_for_elsewhere_but_in_answers() {
    let mut blocks = lines(1, &["Age: 42", "Items: 42"]);
    blocks.push(
        json!({"BlockType": "QUERY_RESULT", "Id": "r", "Text": "42", "Geometry": place(0.1, 0.1, 0.1)}),
    );
    let (redacted, _) = redact(
        &stage(spans(vec![PiiSpan::new(PiiType::Age, 5..7, 1.0)])).build().unwrap(),
        document(json!(blocks)),
    )
    .await;
    assert_eq!(texts(&redacted), ["Age: [AGE]", "Age:", "[AGE]", "Items: 42", "Items:", "42", "[AGE]"]);
}

#[tokio::test]
async fn strings_that_overlap_elsewhere_leave_neither() {
    let first = Told(|text: &str| {
        let names = Planted::of([(PiiType::Name, "Ann Mary"), (PiiType::Name, "Mary Roe")]);
        // Not where they overlap.
        let found = names.find(text).into_iter().filter(|span| span.begin < 20).collect();
        Box::pin(async move { Ok(Detection::new(found)) }) as BoxFuture<'static, _>
    });
    let redactor = stage(first).build().unwrap();
    let text = ["Ann Mary, Mary Roe;", "and Ann Mary Roe"];
    let (redacted, _) = redact(&redactor, document(json!(lines(1, &text)))).await;
    assert_eq!(redacted.to_text(), "[NAME] [NAME]\nand [NAME] [NAME]");
}
