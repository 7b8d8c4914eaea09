use proptest::prelude::*;

use super::*;
use crate::block::{BlockId, BlockKind, EntityType, Geometry, RelationshipKind};

fn at(left: f32, top: f32) -> Geometry {
    let bounding_box = Some(BoundingBox::new(left, top, 0.08, 0.02));
    Geometry { bounding_box, ..Geometry::default() }
}

/// A document of pages of lines of words, placed in rows.
fn document<W: AsRef<str>>(pages: &[Vec<Vec<W>>]) -> Document {
    let mut blocks = Vec::new();
    for (page, lines) in (1..).zip(pages) {
        blocks.push(Block::new(BlockId::from(format!("p{page}").as_str()), BlockKind::Page).with_page(page));
        for (row, words) in lines.iter().enumerate() {
            let top = row as f32 * 0.03;
            let ids: Vec<_> = (0..words.len()).map(|word| format!("w{page}.{row}.{word}")).collect();
            for (column, (id, text)) in ids.iter().zip(words).enumerate() {
                let word = Block::new(BlockId::from(id.as_str()), BlockKind::Word).with_text(text.as_ref());
                let word = word.with_geometry(at(column as f32 * 0.1, top)).with_page(page);
                blocks.push(word.with_confidence(90.0 - column as f32));
            }
            let line = Block::new(BlockId::from(format!("l{page}.{row}").as_str()), BlockKind::Line);
            let text = words.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ");
            let line = line.with_text(text).with_page(page);
            blocks.push(line.with_relationship(RelationshipKind::Child, ids.iter().map(String::as_str)));
        }
    }
    Document::from_blocks(blocks)
}

fn page(lines: &[&str]) -> Document {
    document(&[lines.iter().map(|line| line.split(' ').collect()).collect()])
}

/// A document of keys and how sure Textract is of each.
fn form(keys: &[(&str, f32)]) -> Document {
    let mut blocks = Vec::new();
    for (index, (key, confidence)) in keys.iter().enumerate() {
        let (id, word) = (format!("k{index}"), format!("w{index}"));
        blocks.push(Block::new(BlockId::from(word.as_str()), BlockKind::Word).with_text(*key));
        let block = Block::new(BlockId::from(id.as_str()), BlockKind::KeyValueSet);
        let block = block.with_entity_type(EntityType::Key).with_confidence(*confidence);
        blocks.push(block.with_relationship(RelationshipKind::Child, [word.as_str()]));
    }
    Document::from_blocks(blocks)
}

fn found(document: &Document, phrase: &str, max_distance: usize) -> Vec<(String, usize)> {
    document.search(phrase, max_distance).iter().map(|found| (found.text(), found.distance())).collect()
}

#[test]
fn a_phrase_is_found_across_lines_and_misreadings() {
    let document = page(&["Dear Jane", "Doe, Jane D0e", "JaneDoe Jan"]);
    assert_eq!(found(&document, "jane doe", 0), []);
    assert_eq!(
        found(&document, "Jane  Doe ", 1),
        [("Jane Doe,".into(), 1), ("Jane D0e".into(), 1), ("JaneDoe".into(), 1)]
    );
    let matches = document.search("Jane Doe", 1);
    assert_eq!(matches[0].bounding_boxes().len(), 2);
    assert_eq!(
        matches[0].lines().map(|line| line.text()).collect::<Vec<_>>(),
        ["Dear Jane", "Doe, Jane D0e"]
    );
    assert_eq!(matches[0].confidence(), Some(89.0));
    assert_eq!(matches[0].words().len(), 2);
    let [whole] = matches[1].bounding_boxes()[..] else { panic!("one line") };
    assert!((whole.left - 0.1).abs() < 1e-6 && (whole.right() - 0.28).abs() < 1e-6, "{whole:?}");
    assert!(!format!("{matches:?}").contains("Jane"));
}

#[test]
fn the_best_of_what_overlaps_comes_first() {
    let document = page(&["grand total a total", "total amount"]);
    assert_eq!(
        found(&document, "total amount", 6),
        [("total amount".into(), 0), ("total a".into(), 5)],
        "the words of the best are in no other"
    );
    assert_eq!(found(&page(&["a a a a a"]), "a a", 0), [("a a".into(), 0), ("a a".into(), 0)]);
}

#[test]
fn a_phrase_does_not_go_from_one_page_to_the_next() {
    let document = document(&[vec![vec!["Jane"]], vec![vec!["Doe"]], vec![vec!["Jane", "Doe"]]]);
    let matches = document.search("jane doe", 0);
    assert_eq!(matches.iter().map(Match::page_number).collect::<Vec<_>>(), [3]);
    assert!(document.page(1).unwrap().search("jane doe", 0).is_empty());
    assert_eq!(document.page(3).unwrap().search("jane doe", 0).len(), 1);
}

#[test]
fn words_in_no_line_and_words_without_text() {
    let word = |id: &str| Block::new(BlockId::from(id), BlockKind::Word);
    let blocks =
        vec![word("a").with_text("Jane"), word("b"), word("c").with_text(" "), word("d").with_text("Doe")];
    let document = Document::from_blocks(blocks);
    let matches = document.search("Jane Doe", 0);
    assert_eq!(matches.len(), 1);
    assert_eq!((matches[0].lines().count(), matches[0].bounding_boxes().len()), (0, 0));
    assert_eq!(document.search_words("", 3), []);
    assert!(document.search(" \u{200b}", 3).is_empty());
}

#[test]
fn case_and_form_make_no_difference() {
    for (one, other) in [
        ("caf\u{e9}", "CAFE\u{301}"),
        ("ﬁle №\u{ff11}\u{ff12}", "FILE no12"),
        ("Ｔｏｔａｌ：", "total:"),
        ("ΟΔΟΣ", "οδος"),
        ("Straße", "STRASSE"),
        ("co\u{ad}operate\u{200f}", "cooperate"),
        ("a\u{a0}\t b", " A B "),
        ("\u{645}\u{62d}\u{645}\u{62f}", "\u{fee3}\u{fea4}\u{fee4}\u{feaa}"),
        ("\u{0958}", "\u{0915}\u{093c}"),
    ] {
        assert_eq!(fold(one), fold(other), "{one} {other}");
    }
    // Hindi, Arabic and Hebrew words, whose marks are characters of their own.
    for text in [
        "\u{92e}\u{94b}\u{939}\u{928}",
        "\u{0645}\u{0631}\u{062d}\u{0628}\u{0627}",
        "\u{5e9}\u{5dc}\u{5d5}\u{5dd}",
    ] {
        let document = page(&[&format!("a {text} b")]);
        assert_eq!(found(&document, text, 0), [(text.to_owned(), 0)]);
        let shorter: String = text.chars().skip(1).collect();
        assert_eq!(found(&document, &shorter, 1), [(text.to_owned(), 1)]);
    }
}

#[test]
fn words_and_lines() {
    let document = page(&["Total amount", "total", "Total amounts", "Tota1"]);
    let texts = |found: Vec<(Word<'_>, usize)>| -> Vec<(String, usize)> {
        found.into_iter().map(|(word, distance)| (word.text().to_owned(), distance)).collect()
    };
    assert_eq!(
        texts(document.search_words("TOTAL", 1)),
        [("Total".into(), 0), ("total".into(), 0), ("Total".into(), 0), ("Tota1".into(), 1)]
    );
    let lines = document.search_lines("total amount", 1);
    let lines: Vec<_> = lines.into_iter().map(|(line, distance)| (line.text(), distance)).collect();
    assert_eq!(lines, [("Total amount", 0), ("Total amounts", 1)]);
    assert_eq!(document.lines_containing("L AMOUNT").count(), 2);
    assert_eq!(document.lines_containing("").count(), 0);
    assert_eq!(document.page(1).unwrap().lines_containing("tota").count(), 4);
}

#[test]
fn the_nearest_field_is_the_most_alike() {
    let document = form(&[("Date:", 99.0), ("Narne:", 50.0), ("Address", 99.0), ("Nane", 60.0), ("?", 1.0)]);
    let keys = |fields: Vec<(Field<'_>, f32)>| -> Vec<String> {
        fields.iter().map(|(field, _)| field.key()).collect()
    };
    assert_eq!(keys(document.nearest_fields("NAME", 3)), ["Nane", "Narne:", "Date:"]);
    assert_eq!(document.nearest_field("address:").map(|(_, similarity)| similarity), Some(1.0));
    assert!(document.nearest_field("").is_none() && document.nearest_field("zzz").is_none());
    assert!(document.nearest_fields("name", 0).is_empty());

    let document = form(&[("Name", 50.0), ("NAME:", 90.0), ("name", 90.0), ("name", 10.0)]);
    let confidences =
        document.nearest_fields("name", 9).iter().map(|(field, _)| field.confidence()).collect::<Vec<_>>();
    assert_eq!(confidences, [Some(90.0), Some(90.0), Some(50.0), Some(10.0)]);
    assert_eq!(document.nearest_field("name").map(|(field, _)| field.key()).as_deref(), Some("NAME:"));
}

#[test]
fn within_a_box() {
    let document = page(&["a b c", "d e f"]);
    let page = document.page(1).unwrap();
    let within = |bounds| page.within(&bounds).words().map(|word| word.text()).collect::<String>();
    assert_eq!(within(BoundingBox::new(0.0, 0.0, 0.05, 1.0)), "ad");
    assert_eq!(within(BoundingBox::new(0.14, 0.01, 0.0, 0.0)), "b", "the border is within");
    assert_eq!(within(BoundingBox::new(0.0, 0.0, f32::NAN, 1.0)), "");
    assert_eq!(page.orientation(), None);
    assert_eq!(page.text_angle(PageSize::SQUARE), None);
}

/// In time that grows with the product of their lengths it would not end.
#[test]
fn enormous_phrases_and_words() {
    let (long, other) = ("ab".repeat(200_000), "ab".repeat(200_000) + "x");
    let document = page(&[&long, "b c", &other]);
    assert_eq!(document.search_words(&long, 2).len(), 2);
    assert_eq!(document.search(&long, 2).len(), 2);
    assert!(document.search(&format!("{long} b"), 0).len() == 1);
    assert!(document.search(&"a ".repeat(500_000), 3).is_empty());
    assert_eq!(document.search("b c", usize::MAX)[0].distance(), 0);
    let form = form(&[(long.as_str(), 1.0)]);
    assert!(form.nearest_field("ab").is_some_and(|(_, similarity)| similarity < 1e-4));
}

/// Words of few different letters, so that many are alike, and any others.
fn texts() -> impl Strategy<Value = Vec<Vec<String>>> {
    let word = prop_oneof![
        4 => "[abA]{1,3}",
        1 => any::<String>(),
        1 => "[e\u{e9}\u{301}\u{5d0}\u{200f}\u{94d}\u{fb01}\u{fdfa}\u{130}\u{df} ]{0,4}",
    ];
    prop::collection::vec(prop::collection::vec(word, 0..5), 0..5)
}

/// The distances of all runs of words, by strsim.
fn by_hand(words: &[String], phrase: &str) -> Vec<usize> {
    let words: Vec<_> = words.iter().map(|word| fold(word)).filter(|word| !word.is_empty()).collect();
    let runs = (0..words.len()).flat_map(|start| (start + 1..=words.len()).map(move |end| start..end));
    runs.filter_map(|run| words.get(run)).map(|run| strsim::levenshtein(&run.join(" "), phrase)).collect()
}

proptest! {
    #[test]
    fn an_exact_phrase_is_always_found(lines in texts(), start in 0..20_usize, length in 1..6_usize, limit in 0..3_usize) {
        let document = document(std::slice::from_ref(&lines));
        let words: Vec<_> = lines.concat();
        let phrase = words.iter().skip(start).take(length).cloned().collect::<Vec<_>>().join(" ");
        let matches = document.search(&phrase, limit);
        prop_assert!(matches.is_sorted_by_key(Match::distance));
        if !fold(&phrase).is_empty() {
            prop_assert_eq!(matches.first().map(Match::distance), Some(0));
        }
        let mut seen = HashSet::new();
        for found in &matches {
            prop_assert!(found.distance() <= limit);
            prop_assert_eq!(strsim::levenshtein(&fold(&found.text()), &fold(&phrase)), found.distance());
            prop_assert!(found.words().iter().all(|word| seen.insert(word.index())), "no two share a word");
            prop_assert_eq!(found.bounding_boxes().len(), found.lines().count());
        }
    }

    #[test]
    fn the_best_distance_is_that_of_the_best_run(lines in texts(), phrase in "[abA]{1,3}( [abA]{1,3}){0,2}", limit in 0..9_usize) {
        let document = document(std::slice::from_ref(&lines));
        let phrase = fold(&phrase);
        let limit_of_sense = limit.min(phrase.chars().count() - 1);
        let best = by_hand(&lines.concat(), &phrase).into_iter().min().filter(|best| *best <= limit_of_sense);
        prop_assert_eq!(document.search(&phrase, limit).first().map(Match::distance), best);
    }

    #[test]
    fn a_distance_is_that_of_strsim(one in "[ab]{0,8}", other in "[ab]{0,8}", limit in 0..10_usize) {
        let distance = |one: &str, other: &str| Edits::new(one, limit).distance_to(other);
        let exact = strsim::levenshtein(&one, &other);
        let is_within = |longest: usize| exact <= limit.min(longest.saturating_sub(1)) && longest > 0;
        prop_assert_eq!(distance(&one, &other), is_within(one.len()).then_some(exact));
        if one.len() == other.len() {
            prop_assert_eq!(distance(&one, &other), distance(&other, &one));
        }
    }

    #[test]
    fn the_field_of_a_key_is_the_nearest(keys in prop::collection::vec("[a-c]{1,4}|\\PC{1,5}", 1..6), pick in any::<prop::sample::Index>()) {
        let document = form(&keys.iter().map(|key| (key.as_str(), 50.0)).collect::<Vec<_>>());
        let key = pick.get(&keys);
        let nearest = document.nearest_field(key);
        if plain(key).is_empty() {
            prop_assert!(nearest.is_none());
        } else {
            let (field, similarity) = nearest.unwrap();
            prop_assert_eq!((plain(&field.key()), similarity), (plain(key), 1.0));
        }
        let fields = document.nearest_fields(key, keys.len());
        prop_assert!(fields.is_sorted_by(|one, next| one.1 >= next.1));
        prop_assert!(fields.iter().all(|(_, similarity)| (0.0..=1.0).contains(similarity)));
    }

    #[test]
    fn the_whole_page_has_every_word(lines in texts()) {
        let document = document(std::slice::from_ref(&lines));
        for page in document.pages() {
            prop_assert_eq!(page.within(&BoundingBox::PAGE).words().count(), lines.concat().len());
        }
    }

    #[test]
    fn no_text_is_too_strange(lines in texts(), text in any::<String>(), limit in 0..100_usize) {
        let document = document(&[lines]);
        let _ = (document.search(&text, limit), document.search_words(&text, limit), document.search_lines(&text, limit));
        let _ = (document.lines_containing(&text).count(), document.nearest_fields(&text, limit), document.field(&text));
    }

    #[test]
    fn a_form_is_the_same_however_it_is_written(text in any::<String>()) {
        assert_one_form(&text);
    }
}

/// Property tests find one character in a million only by luck: they did not find the capital sharp s.
#[test]
fn every_character_has_one_form() {
    for character in '\0'..=char::MAX {
        assert_one_form(character.encode_utf8(&mut [0; 4]));
    }
    assert_eq!(fold("STRAẞE"), fold("strasse"));
}

fn assert_one_form(text: &str) {
    use unicode_normalization::UnicodeNormalization;
    let folded = fold(text);
    assert_eq!(fold(&folded), folded, "folded again: {}", text.escape_unicode());
    assert_eq!(fold(&text.nfd().collect::<String>()), folded, "taken apart: {}", text.escape_unicode());
    assert_eq!(fold(&text.nfkd().collect::<String>()), folded, "in plain letters: {}", text.escape_unicode());
    assert!(folded.chars().count() <= text.len() * fold::MOST_CHARACTERS_A_BYTE, "{}", text.escape_unicode());
}
