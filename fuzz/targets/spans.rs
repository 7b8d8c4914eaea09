//! Redaction, from the spans of a detector to the texts of the blocks.
//!
//! The first line of an input holds the settings: operators (`mask`, `mask4`, `type`, `remove`, `token`, `pseudonym`, `encrypt`,
//! `keep`; the first for names, the second for everything else), `keep-rest`, `sweep`, `blur`, and the spans that the detector gives
//! for every page, as `3+5`: five code points from the third on, alternately a name and an address. The other lines are lines of
//! words; `--` begins a page, and `@KIND text` is a block of that kind with that text.
//!
//! The words that a span touches are derived from the map of the rendering, and what is left of detected strings by plain search.

#![no_main]

use std::collections::{BTreeMap, HashMap};
use std::ops::Range;
use std::sync::{Arc, LazyLock, Mutex};

use futures::future::BoxFuture;
use inkseal::redact::{
    CodePoints, Detection, DetectorError, EncryptionKey, Operator, PiiDetector, PiiSpan, PiiType,
};
use inkseal::redact::{PseudonymKey, Redactor};
use inkseal::render::Render;
use inkseal::{Document, ErrorKind};
use libfuzzer_sys::fuzz_target;
use regex::Regex;
use serde_json::{Value, json};
use tokio::runtime::{Builder, Runtime};
use unicode_normalization::UnicodeNormalization;

static RUNTIME: LazyLock<Runtime> =
    LazyLock::new(|| Builder::new_current_thread().enable_time().build().expect("a runtime"));

const OPERATORS: [&str; 8] = ["mask", "mask4", "type", "remove", "token", "pseudonym", "encrypt", "keep"];
const SECRET: [u8; 32] = [7; 32];
/// One key for both operators: two made of the same bytes count as two.
static SEALING: LazyLock<EncryptionKey> = LazyLock::new(|| EncryptionKey::new(SECRET));
const NAME: &str = "claims/17";

/// What operators put in a text.
static WRITTEN: LazyLock<Regex> = LazyLock::new(|| {
    Regex::new(r"\[(?:NAME|ADDRESS)\]|(?:NAME|ADDRESS)_[0-9a-f]+|enc:[A-Za-z0-9+/=_-]+").expect("a pattern")
});

/// Gives the spans of the script, and remembers them.
#[derive(Clone, Default)]
struct Told {
    spans: Vec<(usize, usize)>,
    /// Each text that it saw, and the spans that it gave.
    seen: Arc<Mutex<Vec<(String, Vec<PiiSpan>)>>>,
}

impl PiiDetector for Told {
    fn name(&self) -> &'static str {
        "told"
    }

    fn detect<'a>(&'a self, text: &'a str) -> BoxFuture<'a, Result<Detection, DetectorError>> {
        let length = text.chars().count();
        let types = [PiiType::Name, PiiType::Address].into_iter().cycle();
        let span = |((begin, count), pii_type): (&(usize, usize), _)| {
            let begin = begin % length;
            PiiSpan::new(pii_type, begin..length.min(begin + count), 0.5)
        };
        let detection = Detection::sorted(self.spans.iter().zip(types).map(span).collect());
        let mut seen = self.seen.lock().expect("nobody panicked");
        seen.push((text.to_owned(), detection.spans.clone()));
        Box::pin(async move { Ok(detection) })
    }
}

/// An input, parsed.
struct Script {
    operators: Vec<String>,
    keeps_rest: bool,
    sweeps: bool,
    blurs: bool,
    told: Told,
    document: Document,
}

impl Script {
    fn read(text: &str) -> Option<Self> {
        let (settings, lines) = text.split_once('\n')?;
        let mut script = Self {
            operators: Vec::new(),
            keeps_rest: false,
            sweeps: false,
            blurs: false,
            told: Told::default(),
            document: document(lines),
        };
        for word in settings.split_whitespace() {
            match (word, word.split_once('+')) {
                ("keep-rest", _) => script.keeps_rest = true,
                ("sweep", _) => script.sweeps = true,
                ("blur", _) => script.blurs = true,
                (_, Some((begin, count))) => {
                    let count: u16 = count.parse().ok().filter(|count| *count > 0)?;
                    script.told.spans.push((usize::from(begin.parse::<u16>().ok()?), count.into()));
                }
                (operator, None) if OPERATORS.contains(&operator) => {
                    script.operators.push(operator.to_owned())
                }
                _ => {}
            }
        }
        Some(script)
    }

    fn operator(&self, pii_type: &PiiType) -> &str {
        let place = usize::from(*pii_type != PiiType::Name);
        self.operators.get(place).or(self.operators.first()).map_or("mask", String::as_str)
    }

    fn redactor(&self) -> Redactor {
        let operator = |of: &PiiType| match self.operator(of) {
            "mask4" => Operator::mask().keep_last(4),
            "type" => Operator::replace_with_type(),
            "remove" => Operator::remove(),
            "token" => Operator::token(),
            "pseudonym" => Operator::pseudonym(PseudonymKey::new(SECRET).expect("a key")),
            "encrypt" => Operator::encrypt(SEALING.clone()),
            "keep" => Operator::keep(),
            _ => Operator::mask(),
        };
        let builder = Redactor::builder(self.told.clone())
            .operator(PiiType::Name, operator(&PiiType::Name))
            .others(operator(&PiiType::Address))
            .keep_rest_of_words(self.keeps_rest)
            .sweep(self.sweeps)
            .blur_geometry(self.blurs);
        builder.build().expect("a stage").for_document(NAME)
    }
}

fn document(lines: &str) -> Document {
    let mut blocks = Vec::new();
    let mut page = 1;
    for (number, line) in lines.lines().enumerate() {
        let geometry = |place: usize| {
            let left = place as f32 / 64.0;
            json!({"BoundingBox": {"Left": left, "Top": number as f32 / 64.0, "Width": 0.01, "Height": 0.01}})
        };
        if line == "--" {
            page += 1;
        } else if let Some((kind, text)) = line.strip_prefix('@').and_then(kind_and_text) {
            let mut block =
                json!({"BlockType": kind, "Id": format!("b{number}"), "Page": page, "Text": text});
            if kind == "QUERY" {
                block["Query"] = json!({"Text": text, "Alias": text, "Pages": ["1", text]});
            }
            // Some of them with a place, and some with the same id.
            if text.len() % 2 == 0 {
                block["Geometry"] = geometry(0);
            }
            blocks.push(block);
        } else {
            let words: Vec<&str> = line.split_whitespace().collect();
            let id = |word: usize| format!("{number}-{word}");
            let ids: Vec<String> = (0..words.len()).map(id).collect();
            blocks.push(
                json!({"BlockType": "LINE", "Id": format!("l{number}"), "Page": page, "Text": words.join(" "),
                "Geometry": geometry(0), "Relationships": [{"Type": "CHILD", "Ids": ids}]}),
            );
            for (place, (word, id)) in words.into_iter().zip(ids).enumerate() {
                blocks.push(json!({"BlockType": "WORD", "Id": id, "Page": page, "Text": word, "Geometry": geometry(place)}));
            }
        }
    }
    Document::from_json(json!({"Blocks": blocks}).to_string().as_bytes()).expect("a document")
}

/// A kind that is not a name in capitals would be text where none can be redacted, and so a leak.
fn kind_and_text(line: &str) -> Option<(&str, &str)> {
    let is_name = |kind: &str| {
        (1..64).contains(&kind.len()) && kind.bytes().all(|b| b.is_ascii_uppercase() || b == b'_')
    };
    line.split_once(' ').filter(|(kind, _)| is_name(kind) && !kind.starts_with('_'))
}

fuzz_target!(|text: &str| {
    if let Some(script) = Script::read(text) {
        redact(&script);
    }
});

fn redact(script: &Script) {
    let redactor = script.redactor();
    let outcome = RUNTIME.block_on(script.document.clone().redact(&redactor));
    let seen = script.told.seen.lock().expect("nobody panicked").clone();
    let strings = Strings::of(script, &seen);
    let (redacted, report) = match outcome {
        Ok(redacted) => redacted,
        Err(error) => {
            assert_eq!(error.kind(), ErrorKind::Leak, "{error}");
            assert!(strings.may_leak(script) || strings.may_come_free(script), "{error}: {seen:?}");
            return;
        }
    };
    let after = redacted.into_inner();
    assert_eq!(skeleton(&after, script.blurs), skeleton(&script.document, script.blurs));
    strings.are_gone(&after);
    let texts = Texts { before: texts(&script.document), after: texts(&after) };
    for (number, page) in script.document.pages().enumerate() {
        let blocks = page.blocks().map(|block| block.block().clone()).collect();
        words(script, &texts, &strings, number, page.number(), &Document::from_blocks(blocks), &seen);
    }
    lines(script, &texts, &after);
    let is_found = strings.all.values().any(|strings| !strings.is_empty());
    assert!(report.entities() > 0 || !is_found);
}

/// A document without its texts, and without its geometry if that may change.
fn skeleton(document: &Document, blurs: bool) -> Value {
    let mut value = serde_json::to_value(document).expect("a document");
    for block in value["Blocks"].as_array_mut().expect("blocks") {
        let block = block.as_object_mut().expect("a block");
        block.remove("Text");
        if blurs {
            block.remove("Geometry");
        }
        if let Some(query) = block.get_mut("Query").and_then(Value::as_object_mut) {
            query.clear();
        }
    }
    value
}

/// The text of each block, by its id.
fn texts(document: &Document) -> HashMap<String, String> {
    let blocks = document
        .blocks()
        .filter_map(|block| Some((block.id().to_string(), block.block().text()?.to_owned())));
    blocks.collect()
}

struct Texts {
    before: HashMap<String, String>,
    after: HashMap<String, String>,
}

/// Letters and digits alone, in one case and without accents.
fn letters(text: &str) -> String {
    // The capital ẞ is its own capital: it is the small one first.
    let small =
        text.nfd().flat_map(char::to_lowercase).flat_map(char::to_uppercase).flat_map(char::to_lowercase);
    small.nfd().filter(|c| c.is_alphanumeric() && !is_accent(*c)).collect()
}

/// Some of these marks are letters, too. The iota below a Greek vowel counts as one.
fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c) && c != '\u{345}'
}

/// How many letters and digits a text has.
fn length(text: &str) -> usize {
    text.chars().filter(|c| c.is_alphanumeric() && !is_accent(*c)).count()
}

/// What was detected and is not kept.
struct Strings {
    /// By page.
    all: BTreeMap<u32, Vec<String>>,
}

impl Strings {
    fn of(script: &Script, seen: &[(String, Vec<PiiSpan>)]) -> Self {
        let mut all: BTreeMap<u32, Vec<String>> = BTreeMap::new();
        // Blank pages are not given to the detector.
        let mut pages = script.document.pages().map(|page| page.number());
        for (text, spans) in seen {
            let page =
                pages.by_ref().find(|page| has_text(&script.document, *page)).expect("a page of this text");
            let spans = spans.iter().filter(|span| script.operator(&span.pii_type) != "keep");
            let said = spans
                .map(|span| text.chars().skip(span.begin).take(span.end - span.begin).collect::<String>());
            all.entry(page).or_default().extend(said.filter(|said| !said.trim().is_empty()));
        }
        if script.sweeps {
            let everywhere: Vec<String> = all.values().flatten().cloned().collect();
            all = script.document.pages().map(|page| (page.number(), everywhere.clone())).collect();
        }
        Self { all }
    }

    /// A string of signs alone, the mask's among them, may be made by a mask again if another operator is for it; so
    /// may one that begins or ends with the mask's sign, next to a word that is masked, and within one if the rest of words is
    /// kept. The stage then refuses.
    fn may_leak(&self, script: &Script) -> bool {
        let is_masked = script.operators.is_empty()
            || script.operators.iter().any(|operator| operator.starts_with("mask"));
        let is_made_by_masks = |said: &str| {
            let at_an_end = said.starts_with('*') || said.ends_with('*');
            said.contains('*') && (at_an_end || script.keeps_rest || letters(said).is_empty())
        };
        let without_accents = |said: &String| said.nfd().filter(|c| !is_accent(*c)).collect::<String>();
        is_masked && self.all.values().flatten().any(|said| is_made_by_masks(without_accents(said).trim()))
    }

    /// If the rest of words is kept, a short string within a longer word is not searched for, and may be left by itself
    /// once what was detected next to it in the word is gone: the stage then refuses as well.
    fn may_come_free(&self, script: &Script) -> bool {
        let all: String =
            script.document.blocks().filter_map(|block| block.block().text()).map(letters).collect();
        let is_repeated = |said: &String| {
            let said = letters(said);
            let starts = all.char_indices().filter(|(at, _)| all[*at..].starts_with(&said));
            // In the word and its line; more often than that elsewhere too.
            said.chars().count() < 8 && starts.count() > 2
        };
        script.keeps_rest && self.all.values().flatten().any(is_repeated)
    }

    fn are_gone(&self, after: &Document) {
        for page in after.pages() {
            for block in page.blocks() {
                let query = block.block().query();
                let asked =
                    query.into_iter().flat_map(|query| [Some(query.text.as_str()), query.alias.as_deref()]);
                for text in asked.flatten().chain(block.block().text()) {
                    let text = WRITTEN.replace_all(text, "\u{0}");
                    for said in self.all.get(&page.number()).into_iter().flatten() {
                        let said = said.trim();
                        let is_there = (length(said) >= 8 && text.contains(said))
                            || (length(said) >= 3 && text.split_whitespace().any(|word| word == said));
                        assert!(!is_there, "{said:?} is left in {text:?}");
                    }
                }
            }
        }
    }

    /// Where the long ones appear in a text of a page, in code points, overlapping ones too.
    fn places(&self, page: u32, text: &str) -> Vec<Range<usize>> {
        let points = CodePoints::of(text);
        let mut places = Vec::new();
        for said in self.all.get(&page).into_iter().flatten().map(|said| said.trim()) {
            if length(said) >= 8 {
                let starts = text.char_indices().map(|(at, _)| at).filter(|at| text[*at..].starts_with(said));
                places.extend(starts.filter_map(|start| points.of_bytes(start..start + said.len())));
            }
        }
        places
    }

    /// Whether a text may have been redacted for what was detected elsewhere on its page: it contains a part of that.
    fn explain(&self, page: u32, text: &str) -> bool {
        let text = letters(text);
        let parts = self.all.get(&page).into_iter().flatten().flat_map(|said| said.split_whitespace());
        parts.map(letters).any(|part| text.contains(&part))
    }
}

fn has_text(document: &Document, page: u32) -> bool {
    let blocks = document.page(page).into_iter().flat_map(|page| page.blocks().collect::<Vec<_>>());
    let texts = blocks.flat_map(|block| block.block().text().map(str::to_owned));
    texts.into_iter().any(|text| !text.trim().is_empty())
}

/// Which words change, and how.
fn words(
    script: &Script,
    texts: &Texts,
    strings: &Strings,
    index: usize,
    page: u32,
    document: &Document,
    seen: &[(String, Vec<PiiSpan>)],
) {
    let looked_at =
        script.document.pages().take(index).filter(|page| has_text(&script.document, page.number())).count();
    let Some((text, spans)) = seen.get(looked_at).filter(|_| has_text(&script.document, page)) else {
        return;
    };
    let rendering = Render::text().document_with_map(document);
    assert!(
        text.starts_with(rendering.text().trim_end()),
        "{text:?} shows first what {:?} does",
        rendering.text()
    );
    let points = CodePoints::of(text);
    let is_blank = |span: &&PiiSpan| {
        let said = points.to_bytes(span.range()).and_then(|bytes| text.get(bytes)).expect("within the text");
        said.trim().is_empty()
    };
    let acted: Vec<&PiiSpan> = spans
        .iter()
        .filter(|span| script.operator(&span.pii_type) != "keep")
        .filter(|span| !is_blank(span))
        .collect();
    let repeated = strings.places(page, text);
    for place in rendering.spans() {
        let Some(own) = points.of_bytes(place.range.clone()) else { panic!("borders of characters") };
        let id = place.block.to_string();
        let (Some(before), Some(after)) = (texts.before.get(&id), texts.after.get(&id)) else { continue };
        // Blocks may say more than is shown here; words do not.
        if id.starts_with(['l', 'b']) || own.is_empty() {
            continue;
        }
        let touching: Vec<_> =
            acted.iter().filter(|span| span.begin < own.end && span.end > own.start).collect();
        // So does a word that has a letter of what was detected elsewhere, if that is long enough to be searched for within words. Its
        // end may be kept, a mask of what consists of its own signs is the same, and signs alone are left if another detection has
        // the rest.
        let shows = |place: &Range<usize>| {
            let part = place.start.max(own.start)..place.end.min(own.end);
            points
                .to_bytes(part)
                .and_then(|bytes| text.get(bytes))
                .is_some_and(|part| !letters(part).is_empty())
        };
        let is_repeated = !script.operators.iter().any(|operator| operator == "mask4")
            && repeated.iter().any(|place| place.start < own.end && place.end > own.start && shows(place));
        // What an operator writes may have been there before.
        let may_be_same = WRITTEN.is_match(before);
        assert!(!is_repeated || after != before || may_be_same, "{before:?} of {text:?} is left");
        if touching.is_empty() {
            assert!(
                after == before || strings.explain(page, before),
                "{before:?} became {after:?} for {strings:?}",
                strings = strings.all
            );
            continue;
        }
        let operators: Vec<&str> = touching.iter().map(|span| script.operator(&span.pii_type)).collect();
        let is_all = |name: &str| operators.iter().all(|operator| *operator == name);
        if !script.keeps_rest {
            whole_word(script, page, &is_all, before, after);
        }
        masked(script, text, &touching, &own, before, after);
        if script.keeps_rest && is_all("mask") && !strings.explain(page, before) {
            let kept = before.chars().enumerate().map(|(at, c)| {
                let is_hit = touching.iter().any(|span| span.range().contains(&(own.start + at)));
                if is_hit { '*' } else { c }
            });
            assert_eq!(*after, kept.collect::<String>());
        }
    }
}

/// What a word says that is redacted whole. If it also contains something that was detected elsewhere, that is replaced by an
/// operator of its own, which may be another.
fn whole_word(script: &Script, page: u32, is_all: &dyn Fn(&str) -> bool, before: &str, after: &str) {
    let is_alone = script.operators.iter().all(|operator| is_all(operator));
    let masked = |rest: &str| rest.chars().all(|c| c == '*');
    let others = || masked(&WRITTEN.replace_all(after, "").replace(' ', ""));
    if is_all("encrypt") {
        // What is another operator's is not for the key.
        let sealed = if is_alone { after } else { after.split(' ').next().unwrap_or_default() };
        let said = SEALING.decrypt(NAME, page, sealed).expect("what was encrypted");
        let fits = |(said, before): (char, char)| said == before || (said == '*' && !is_alone);
        let is_as_long = said.chars().count() == before.chars().count();
        assert!(is_as_long && said.chars().zip(before.chars()).all(fits), "{said:?} of {before:?}");
    } else if !is_alone {
        // A mask may keep an end.
        let keeps_end = script.operators.iter().any(|operator| operator == "mask4");
        assert!(keeps_end || others(), "{after:?} of {before:?}");
    } else if is_all("mask") {
        assert!(masked(after) && after.chars().count() == before.chars().count(), "{after:?} of {before:?}");
    } else if is_all("remove") {
        assert_eq!(after, "", "{before:?}");
    } else if is_all("type") {
        // What was detected in it may be in it several times.
        let is_type = |word: &str| matches!(word, "[NAME]" | "[ADDRESS]");
        assert!(after.split_terminator(' ').all(is_type), "{after:?} of {before:?}");
    }
}

/// Masks alone leave a word as long as it was, and of what each of them covers no more than the end that it may keep.
fn masked(
    script: &Script,
    text: &str,
    touching: &[&&PiiSpan],
    own: &Range<usize>,
    before: &str,
    after: &str,
) {
    let is_mask = |operator: &String| matches!(operator.as_str(), "mask" | "mask4");
    if !script.operators.iter().all(is_mask) {
        return;
    }
    assert_eq!(after.chars().count(), before.chars().count(), "{after:?} of {before:?}");
    for span in touching {
        let said: Vec<char> = text.chars().skip(span.begin).take(span.end - span.begin).collect();
        let letters: Vec<usize> = (0..said.len()).filter(|at| said[*at].is_alphanumeric()).collect();
        let keeps = script.operator(&span.pii_type) == "mask4" && letters.len() > 8;
        let kept_from = if keeps { letters[letters.len() - 4] } else { said.len() };
        for at in (span.begin..span.begin + kept_from).filter(|at| own.contains(at)) {
            let left = after.chars().nth(at - own.start).expect("as long");
            assert!(left == '*' || left.is_whitespace(), "{after:?} of {before:?}");
        }
    }
}

/// A line says what its words do.
fn lines(script: &Script, texts: &Texts, after: &Document) {
    let masks = |of: &PiiType| matches!(script.operator(of), "mask" | "keep");
    if !masks(&PiiType::Name) || !masks(&PiiType::Address) {
        return;
    }
    for line in after.lines() {
        let words: Vec<&str> = line
            .children()
            .filter_map(|word| texts.after.get(&word.id().to_string()).map(String::as_str))
            .collect();
        if !words.is_empty() {
            assert_eq!(line.text(), words.join(" "));
        }
    }
}
