//! Pages that are made when they are asked for, as fast as they can be copied.
//!
//! A page is rendered once, as a template with the places of its ids; a page of the document is then a copy of it, with
//! the page's number inserted and its ids written over those places. Ids have a fixed width, so every length is known
//! without making the page.

use std::fmt::{self, Write as _};
use std::ops::Range;
use std::sync::OnceLock;

use super::response::Style;

/// A generator of pages that look like Textract's. The same arguments give the same bytes on every machine.
///
/// A page holds PAGE, LINE and WORD blocks, and depending on the features TABLE with CELLs, KEY_VALUE_SET pairs, QUERY
/// with QUERY_RESULT and LAYOUT blocks. Every id is a unique UUID, and no reference leaves its page.
///
/// ```
/// use inkseal::emulator::{Response, Synthetic};
///
/// let response = Response::from(Synthetic::pages(3_000).blocks_per_page(500));
/// assert_eq!(response.items(), 1_500_000);
/// ```
#[derive(Clone)]
#[must_use]
pub struct Synthetic {
    pages: u32,
    blocks_per_page: usize,
    seed: u64,
    tables: bool,
    forms: bool,
    layout: bool,
    query: Option<(String, String)>,
}

impl Synthetic {
    /// This many pages of 500 blocks each, with tables, forms and layout.
    pub fn pages(pages: u32) -> Self {
        Self { pages, blocks_per_page: 500, seed: 0, tables: true, forms: true, layout: true, query: None }
    }

    /// Exactly this many blocks per page, at least 1. Features that do not fit are left out.
    pub fn blocks_per_page(mut self, blocks: usize) -> Self {
        self.blocks_per_page = blocks.clamp(1, 100_000);
        self
    }

    /// Chooses other texts, places and ids.
    pub fn seed(mut self, seed: u64) -> Self {
        self.seed = seed;
        self
    }

    /// Whether pages hold a TABLE with its CELLs. They do by default.
    pub fn tables(mut self, tables: bool) -> Self {
        self.tables = tables;
        self
    }

    /// Whether pages hold KEY_VALUE_SET pairs. They do by default.
    pub fn forms(mut self, forms: bool) -> Self {
        self.forms = forms;
        self
    }

    /// Whether pages hold LAYOUT blocks. They do by default.
    pub fn layout(mut self, layout: bool) -> Self {
        self.layout = layout;
        self
    }

    /// Adds a QUERY block with this alias and text, and its QUERY_RESULT, to every page.
    pub fn query(mut self, alias: impl Into<String>, text: impl Into<String>) -> Self {
        self.query = Some((alias.into(), text.into()));
        self
    }
}

/// Without the query's text.
impl fmt::Debug for Synthetic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { pages, blocks_per_page, seed, tables, forms, layout, query } = self;
        let query = query.as_ref().map(|(alias, text)| alias.len() + text.len());
        f.debug_struct("Synthetic")
            .field("pages", pages)
            .field("blocks_per_page", blocks_per_page)
            .field("seed", seed)
            .field("tables", tables)
            .field("forms", forms)
            .field("layout", layout)
            .field("query_bytes", &query)
            .finish()
    }
}

/// How many different texts there are; pages take turns.
const VARIANTS: usize = 2;

pub(super) struct Pages {
    spec: Synthetic,
    /// By style and by variant.
    templates: [[OnceLock<Template>; VARIANTS]; 2],
}

impl Pages {
    pub(super) fn new(spec: Synthetic) -> Self {
        Self { spec, templates: Default::default() }
    }

    pub(super) fn pages(&self) -> u32 {
        self.spec.pages
    }

    pub(super) fn blocks(&self) -> u64 {
        u64::from(self.spec.pages) * self.spec.blocks_per_page as u64
    }

    pub(super) fn blocks_of_a_page(&self) -> u64 {
        self.spec.blocks_per_page as u64
    }

    fn template(&self, style: Style, page: u32) -> &Template {
        let variant = page as usize % VARIANTS;
        self.templates[usize::from(style == Style::Part)][variant].get_or_init(|| {
            let seed = self.spec.seed.wrapping_mul(31).wrapping_add(variant as u64);
            Template::render(&self.spec, style, &mut fastrand::Rng::with_seed(seed))
        })
    }

    /// The pages that a range of blocks touches, each with the range within the page.
    fn split(&self, range: Range<u64>) -> impl Iterator<Item = (u32, Range<usize>)> {
        let size = self.spec.blocks_per_page as u64;
        let range = range.start..range.end.min(self.blocks());
        let first = range.start / size;
        let last = if range.is_empty() { first } else { range.end.div_ceil(size) };
        (first..last).map(move |page| {
            let start = range.start.max(page * size) - page * size;
            let end = range.end.min((page + 1) * size) - page * size;
            (page as u32 + 1, start as usize..end as usize)
        })
    }

    pub(super) fn len(&self, style: Style, range: Range<u64>) -> u64 {
        let lengths = self.split(range).map(|(page, blocks)| {
            let starts = &self.template(style, page).starts;
            let digits = page.checked_ilog10().unwrap_or(0) as usize + 1;
            (starts[blocks.end].byte - starts[blocks.start].byte + digits * blocks.len()) as u64
        });
        lengths.sum::<u64>().saturating_sub(1)
    }

    pub(super) fn write(&self, style: Style, range: Range<u64>, out: &mut Vec<u8>) {
        let before = out.len();
        let mut ids = Vec::with_capacity(self.spec.blocks_per_page);
        for (page, blocks) in self.split(range) {
            ids.clear();
            ids.extend((0..self.spec.blocks_per_page).map(|block| uuid(self.spec.seed, page, block)));
            self.template(style, page).write(page, blocks, &ids, out);
        }
        if out.len() > before {
            out.pop(); // the comma after the last block
        }
    }
}

/// A page's bytes without its number, each block followed by a comma.
#[derive(Default)]
struct Template {
    bytes: Vec<u8>,
    /// The place of each id, and the block that it belongs to.
    ids: Vec<(usize, usize)>,
    /// Where the page's number goes, once per block.
    numbers: Vec<usize>,
    /// Where each block starts, and the end of the last one.
    starts: Vec<Start>,
}

#[derive(Clone, Copy, Debug)]
struct Start {
    byte: usize,
    id: usize,
}

impl Template {
    fn write(&self, page: u32, blocks: Range<usize>, ids: &[[u8; 36]], out: &mut Vec<u8>) {
        let number = page.to_string();
        for block in blocks {
            let (from, to, split) = (self.starts[block], self.starts[block + 1], self.numbers[block]);
            let base = out.len();
            out.extend_from_slice(&self.bytes[from.byte..split]);
            out.extend_from_slice(number.as_bytes());
            out.extend_from_slice(&self.bytes[split..to.byte]);
            let made = &mut out[base..];
            for &(at, target) in &self.ids[from.id..to.id] {
                let shift = if at < split { 0 } else { number.len() };
                made[at - from.byte + shift..][..36].copy_from_slice(&ids[target]);
            }
        }
    }

    fn render(spec: &Synthetic, style: Style, rng: &mut fastrand::Rng) -> Self {
        let mut template = Self::default();
        for (index, block) in compose(spec, rng).iter().enumerate() {
            template.starts.push(Start { byte: template.bytes.len(), id: template.ids.len() });
            template.block(index, block, style);
            template.bytes.push(b',');
        }
        template.starts.push(Start { byte: template.bytes.len(), id: template.ids.len() });
        template
    }

    fn block(&mut self, index: usize, block: &Draft, style: Style) {
        let nulls = style == Style::Part;
        let mut first = true;
        let mut member = |out: &mut Vec<u8>, name: &str, value: Option<String>| {
            if value.is_none() && !nulls {
                return;
            }
            out.push(if std::mem::take(&mut first) { b'{' } else { b',' });
            out.push(b'"');
            out.extend_from_slice(name.as_bytes());
            out.extend_from_slice(b"\":");
            out.extend_from_slice(value.as_deref().unwrap_or("null").as_bytes());
        };
        let text = |value: &str| serde_json::Value::from(value).to_string();
        let cell = |at: usize| block.cell.map(|cell| cell[at].to_string());
        member(&mut self.bytes, "BlockType", Some(text(block.kind)));
        member(&mut self.bytes, "ColumnIndex", cell(1));
        member(&mut self.bytes, "ColumnSpan", cell(3));
        member(&mut self.bytes, "Confidence", block.confidence.map(|confidence| confidence.to_string()));
        member(&mut self.bytes, "EntityTypes", block.entity.map(|entity| format!("[\"{entity}\"]")));
        member(&mut self.bytes, "Geometry", block.place.as_ref().map(Place::json));
        if nulls {
            member(&mut self.bytes, "Hint", None);
        }
        member(&mut self.bytes, "Id", Some("\"".to_owned()));
        self.id(index);
        self.bytes.push(b'"');
        member(&mut self.bytes, "Page", Some(String::new()));
        self.numbers.push(self.bytes.len());
        if nulls {
            member(&mut self.bytes, "PageClassification", None);
        }
        let query = block.query.as_ref().map(|(alias, query)| {
            format!("{{\"Alias\":{},\"Pages\":[\"*\"],\"Text\":{}}}", text(alias), text(query))
        });
        member(&mut self.bytes, "Query", query);
        if block.links.is_empty() {
            member(&mut self.bytes, "Relationships", None);
        } else {
            member(&mut self.bytes, "Relationships", Some(String::new()));
            for (link, (kind, targets)) in block.links.iter().enumerate() {
                self.bytes.extend_from_slice(if link == 0 { b"[{\"Ids\":[" } else { b",{\"Ids\":[" });
                for (position, target) in targets.iter().enumerate() {
                    self.bytes.extend_from_slice(if position == 0 { b"\"" } else { b",\"" });
                    self.id(*target);
                    self.bytes.push(b'"');
                }
                self.bytes.extend_from_slice(format!("],\"Type\":\"{kind}\"}}").as_bytes());
            }
            self.bytes.push(b']');
        }
        member(&mut self.bytes, "RowIndex", cell(0));
        member(&mut self.bytes, "RowSpan", cell(2));
        if nulls {
            member(&mut self.bytes, "SelectionStatus", None);
        }
        member(&mut self.bytes, "Text", block.text.as_deref().map(text));
        member(&mut self.bytes, "TextType", (block.kind == "WORD").then(|| "\"PRINTED\"".to_owned()));
        self.bytes.push(b'}');
    }

    fn id(&mut self, block: usize) {
        self.ids.push((self.bytes.len(), block));
        self.bytes.resize(self.bytes.len() + 36, b'0');
    }
}

/// A block before it is written; references are indices within the page.
#[derive(Default)]
struct Draft {
    kind: &'static str,
    entity: Option<&'static str>,
    text: Option<String>,
    confidence: Option<f64>,
    place: Option<Place>,
    links: Vec<(&'static str, Vec<usize>)>,
    /// Row, column, row span, column span, counted from 1.
    cell: Option<[usize; 4]>,
    query: Option<(String, String)>,
}

/// Left, top, width and height as ratios of the page.
#[derive(Clone, Copy, Debug)]
struct Place([f32; 4]);

impl Place {
    fn json(&self) -> String {
        // Textract computes in single precision and writes in double, hence the many digits of its numbers.
        let [left, top, width, height] = self.0;
        let (right, bottom) = (f64::from(left + width), f64::from(top + height));
        let [left, top, width, height] = [left, top, width, height].map(f64::from);
        let mut json = String::with_capacity(400);
        let _ = write!(
            json,
            "{{\"BoundingBox\":{{\"Height\":{height},\"Left\":{left},\"Top\":{top},\"Width\":{width}}},\
             \"Polygon\":[{{\"X\":{left},\"Y\":{top}}},{{\"X\":{right},\"Y\":{top}}},\
             {{\"X\":{right},\"Y\":{bottom}}},{{\"X\":{left},\"Y\":{bottom}}}]}}"
        );
        json
    }
}

const WORDS: &[&str] = &[
    "account",
    "address",
    "agreement",
    "amount",
    "annual",
    "balance",
    "bank",
    "borrower",
    "branch",
    "clause",
    "client",
    "contract",
    "credit",
    "date",
    "deposit",
    "due",
    "employer",
    "fee",
    "following",
    "for",
    "from",
    "gross",
    "holder",
    "income",
    "insured",
    "interest",
    "invoice",
    "issued",
    "lease",
    "lender",
    "loan",
    "monthly",
    "mortgage",
    "net",
    "number",
    "of",
    "office",
    "order",
    "party",
    "payable",
    "payment",
    "period",
    "policy",
    "premium",
    "principal",
    "quarter",
    "rate",
    "receipt",
    "report",
    "security",
    "shall",
    "statement",
    "sum",
    "tax",
    "tenant",
    "term",
    "the",
    "title",
    "total",
    "under",
    "value",
    "with",
    "€1.250,00",
    "$4,310.77",
    "2024-03-31",
    "\"net\"",
];

/// A page in Textract's order: the page, its lines, their words, and then what the features found in them.
fn compose(spec: &Synthetic, rng: &mut fastrand::Rng) -> Vec<Draft> {
    let size = spec.blocks_per_page;
    // How many blocks the features need, so that lines get exactly the rest. There is a layout block for every eight
    // lines.
    let tables = if spec.tables && size >= 60 { 1 + 3 * 4 } else { 0 };
    let forms = if spec.forms && size >= 60 { 2 * 4 } else { 0 };
    let query = if spec.query.is_some() && size >= 3 { 2 } else { 0 };
    let text_blocks = size - 1 - tables - forms - query;
    let layouts = if spec.layout && size >= 20 { text_blocks.div_ceil(57).max(1) } else { 0 };
    let mut left_over = text_blocks - layouts;

    let mut lines: Vec<Vec<String>> = Vec::new();
    while left_over > 0 {
        let mut words = (left_over - 1).min(rng.usize(4..=8));
        if left_over - 1 - words == 1 {
            words += 1; // a line alone would have no word
        }
        lines.push((0..words).map(|_| WORDS[rng.usize(..WORDS.len())].to_owned()).collect());
        left_over -= 1 + words;
    }

    let confidence = |rng: &mut fastrand::Rng| Some(f64::from(100.0 - rng.f32() * rng.f32() * 40.0));
    let place_of = |left: f32, top: f32, width: f32, height: f32| Some(Place([left, top, width, height]));
    let height = 0.9 / (lines.len().max(1) as f32);
    let page = Draft { kind: "PAGE", place: place_of(0.0, 0.0, 1.0, 1.0), ..Draft::default() };
    let mut blocks = vec![page];
    let (first_line, first_word) = (1, 1 + lines.len());
    let mut next_word = first_word;
    let mut line_words: Vec<Range<usize>> = Vec::new();
    let mut words = Vec::new();
    for (row, line) in lines.iter().enumerate() {
        let top = 0.05 + height * row as f32 + rng.f32() * 0.001;
        let mut left = 0.08 + rng.f32() * 0.01;
        let (start, high) = (left, height * 0.7);
        for word in line {
            let width = 0.011 * word.chars().count() as f32 + rng.f32() * 0.001;
            let place = place_of(left, top + rng.f32() * 0.0005, width, high);
            let text = Some(word.clone());
            words.push(Draft { kind: "WORD", text, confidence: confidence(rng), place, ..Draft::default() });
            left += width + 0.008;
        }
        line_words.push(next_word..next_word + line.len());
        blocks.push(Draft {
            kind: "LINE",
            text: Some(line.join(" ")),
            confidence: confidence(rng),
            place: place_of(start, top, (left - start - 0.008).max(0.001), high),
            links: if line.is_empty() {
                Vec::new()
            } else {
                vec![("CHILD", line_words[row].clone().collect())]
            },
            ..Draft::default()
        });
        next_word += line.len();
    }
    blocks.extend(words);
    let place = |blocks: &[Draft], at: usize| blocks.get(at).and_then(|block| block.place);
    // The words are assigned as children in turn.
    let word_count = next_word - first_word;
    let word = |n: usize| first_word + n % word_count.max(1);
    let mut children: Vec<usize> = (first_line..first_word).collect();

    if forms > 0 {
        for pair in 0..forms / 2 {
            let (key, value) = (blocks.len(), blocks.len() + 1);
            let (key_word, value_word) = (word(pair * 2), word(pair * 2 + 1));
            let links = vec![("VALUE", vec![value]), ("CHILD", vec![key_word])];
            let sides = [("KEY", key_word, links), ("VALUE", value_word, vec![("CHILD", vec![value_word])])];
            let both = confidence(rng);
            for (entity, at, links) in sides {
                let (place, entity) = (place(&blocks, at), Some(entity));
                blocks.push(Draft {
                    kind: "KEY_VALUE_SET",
                    entity,
                    confidence: both,
                    place,
                    links,
                    ..Draft::default()
                });
            }
            children.push(key);
            children.push(value);
        }
    }
    if tables > 0 {
        let (rows, columns) = (3, 4);
        let table = blocks.len();
        children.push(table);
        let area = place_of(0.08, 0.6, 0.8, 0.09);
        let cells = (table + 1..table + tables).collect();
        let entity = Some("STRUCTURED_TABLE");
        let links = vec![("CHILD", cells)];
        let confident = confidence(rng);
        blocks.push(Draft {
            kind: "TABLE",
            entity,
            confidence: confident,
            place: area,
            links,
            ..Draft::default()
        });
        for (n, (row, column)) in
            (0..rows).flat_map(|row| (0..columns).map(move |column| (row, column))).enumerate()
        {
            blocks.push(Draft {
                kind: "CELL",
                entity: (row == 0).then_some("COLUMN_HEADER"),
                confidence: confidence(rng),
                place: place_of(0.08 + 0.2 * column as f32, 0.6 + 0.03 * row as f32, 0.2, 0.03),
                links: vec![("CHILD", vec![word(20 + n)])],
                cell: Some([row + 1, column + 1, 1, 1]),
                ..Draft::default()
            });
        }
    }
    if let (true, Some((alias, text))) = (query > 0, &spec.query) {
        children.push(blocks.len());
        blocks.push(Draft {
            kind: "QUERY",
            links: vec![("ANSWER", vec![blocks.len() + 1])],
            query: Some((alias.clone(), text.clone())),
            ..Draft::default()
        });
        blocks.push(Draft {
            kind: "QUERY_RESULT",
            text: Some("Jane Doe".to_owned()),
            confidence: confidence(rng),
            place: place(&blocks, word(3)),
            ..Draft::default()
        });
    }
    let per_layout = lines.len().div_ceil(layouts.max(1)).max(1);
    for n in 0..layouts {
        let kind = if n == 0 { "LAYOUT_TITLE" } else { "LAYOUT_TEXT" };
        let rows: Vec<usize> = (n * per_layout..((n + 1) * per_layout).min(lines.len())).collect();
        let links = vec![("CHILD", rows.iter().map(|row| first_line + row).collect::<Vec<_>>())];
        let links = if rows.is_empty() { Vec::new() } else { links };
        let place = rows.first().and_then(|row| place(&blocks, first_line + row));
        children.push(blocks.len());
        blocks.push(Draft { kind, confidence: confidence(rng), place, links, ..Draft::default() });
    }
    if !children.is_empty() {
        blocks[0].links = vec![("CHILD", children)];
    }
    blocks
}

/// The id of a block: a different version 4 UUID for every seed, page and block.
pub(super) fn uuid(seed: u64, page: u32, block: usize) -> [u8; 36] {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let place = (u64::from(page) << 32) | block as u64;
    let high = mix(place.wrapping_add(seed.rotate_left(17)));
    let low = mix(place ^ high.rotate_left(32) ^ 0x9e37_79b9_7f4a_7c15);
    let value = (u128::from(high) << 64) | u128::from(low);
    let value = (value & !(0xf << 76) & !(0x3 << 62)) | (0x4 << 76) | (0x2 << 62);
    let mut text = [b'-'; 36];
    let mut at = 0;
    for (index, byte) in value.to_be_bytes().into_iter().enumerate() {
        if matches!(index, 4 | 6 | 8 | 10) {
            at += 1;
        }
        text[at] = HEX[usize::from(byte >> 4)];
        text[at + 1] = HEX[usize::from(byte & 15)];
        at += 2;
    }
    text
}

/// The finaliser of SplitMix64, a bijection.
fn mix(value: u64) -> u64 {
    let value = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let value = (value ^ (value >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let value = (value ^ (value >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    value ^ (value >> 31)
}
