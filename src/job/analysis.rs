//! Document analysis: its features, queries and adapters.

use std::fmt;
use std::ops::RangeInclusive;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use crate::error::{Error, Result};

/// The most queries that a job may run on one page (see *Set Quotas in Amazon Textract*: asynchronous operations).
pub const MAX_QUERIES_PER_PAGE: usize = 30;

/// The pages of the largest document that Textract accepts.
const MAX_PAGES: u32 = 3_000;

/// Document analysis: `StartDocumentAnalysis` with its features, queries and adapters.
///
/// Made by [`SecureJob::analysis`](crate::SecureJob::analysis).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Analysis {
    features: Vec<Feature>,
    queries: Vec<Query>,
    adapters: Vec<Adapter>,
}

/// A feature of document analysis. QUERIES is not among them: asking a [`Query`] turns it on.
///
/// ```
/// use inkseal::Feature;
///
/// assert_eq!("TABLES".parse(), Ok(Feature::Tables));
/// assert_eq!(Feature::Tables.to_string(), "TABLES");
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
#[non_exhaustive]
pub enum Feature {
    /// Tables with their cells.
    Tables,
    /// Forms: keys with their values.
    Forms,
    /// Signatures.
    Signatures,
    /// The layout: titles, headers, paragraphs, lists and so on, in reading order.
    Layout,
}

impl Feature {
    const ALL: [Self; 4] = [Self::Tables, Self::Forms, Self::Signatures, Self::Layout];

    /// Textract's name of the feature: `TABLES`, `FORMS`, `SIGNATURES` or `LAYOUT`.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Tables => "TABLES",
            Self::Forms => "FORMS",
            Self::Signatures => "SIGNATURES",
            Self::Layout => "LAYOUT",
        }
    }
}

impl fmt::Display for Feature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

/// A text that is not the name of a [`Feature`]. It is not repeated.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("not a feature: use TABLES, FORMS, SIGNATURES or LAYOUT; a query turns QUERIES on by itself")]
#[non_exhaustive]
pub struct UnknownFeature;

impl FromStr for Feature {
    type Err = UnknownFeature;

    fn from_str(text: &str) -> Result<Self, UnknownFeature> {
        Self::ALL.into_iter().find(|feature| feature.as_str() == text).ok_or(UnknownFeature)
    }
}

impl Analysis {
    pub(crate) fn add_feature(&mut self, feature: Feature) {
        // In one order, so that the same work has the same token.
        if let Err(place) = self.features.binary_search(&feature) {
            self.features.insert(place, feature);
        }
    }

    pub(crate) fn add_query(&mut self, query: Query) {
        self.queries.push(query);
    }

    pub(crate) fn add_adapter(&mut self, adapter: Adapter) {
        self.adapters.push(adapter);
    }

    /// The features asked for, each once, in the order of [`Feature`].
    pub fn features(&self) -> &[Feature] {
        &self.features
    }

    /// The queries, in the order in which they were added.
    pub fn queries(&self) -> &[Query] {
        &self.queries
    }

    /// The adapters, in the order in which they were added.
    pub fn adapters(&self) -> &[Adapter] {
        &self.adapters
    }

    /// Checks for what Textract would refuse, for operations that accept this many queries per page.
    pub(crate) fn check(&self, most_queries: usize) -> Result<()> {
        if self.features.is_empty() && self.queries.is_empty() {
            return Err(Error::invalid("an analysis needs at least one feature or query"));
        }
        let crowd = most_on_one_page(self.queries.iter().map(|query| &query.pages));
        if crowd > most_queries {
            return Err(Error::invalid(format!(
                "{crowd} queries would run on one page, the most is {most_queries}: spread or drop some"
            )));
        }
        if self.adapters.len() > 100 {
            return Err(Error::invalid(format!(
                "the analysis has {} adapters, the most is 100",
                self.adapters.len()
            )));
        }
        if most_on_one_page(self.adapters.iter().map(|adapter| &adapter.pages)) > 1 {
            return Err(Error::invalid("two adapters name the same page: give each adapter its own pages"));
        }
        Ok(())
    }
}

/// How many of the sets name the page that most of them name.
fn most_on_one_page<'a>(sets: impl Iterator<Item = &'a Pages>) -> usize {
    // A set may name a page twice, so each is first merged with itself.
    let mut edges: Vec<(u32, isize)> = sets
        .flat_map(|pages| pages.merged())
        .flat_map(|(first, last)| [(first, 1), (last.saturating_add(1), -1)])
        .collect();
    edges.sort_unstable();
    let mut open = 0;
    edges
        .into_iter()
        .map(|(_, step)| {
            open += step;
            open
        })
        .max()
        .unwrap_or(0)
        .max(0) as usize
}

/// A question to ask of a document.
///
/// ```
/// use inkseal::{Pages, Query};
///
/// let query = Query::new("What is the account holder's name?")?
///     .alias("HOLDER")?
///     .pages(Pages::all());
/// # Ok::<(), inkseal::Error>(())
/// ```
///
/// # Pages
///
/// **Without [`pages`](Self::pages) Textract asks a query of page 1 only**, however long the document is. That
/// is the service's own default, and it surprises most people once.
///
/// The text of a query is written to CloudTrail with the request, so it must not hold personal data. `Debug` does not
/// show it, as it sometimes does.
#[derive(Clone, PartialEq, Eq)]
#[must_use]
pub struct Query {
    text: String,
    alias: Option<String>,
    pages: Pages,
}

impl Query {
    /// A query of 1 to 200 characters, on page 1. Textract accepts printable ASCII and white space only.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the text is blank, longer, or has another character.
    pub fn new(text: impl Into<String>) -> Result<Self> {
        let text = text.into();
        check_length("query text", &text, 1, 200)?;
        check_characters("query text", &text)?;
        Ok(Self { text, alias: None, pages: Pages::default() })
    }

    /// A name of 1 to 200 characters to find the answer by. Textract accepts printable ASCII and white space only.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the alias is blank, longer, or has another character.
    pub fn alias(mut self, alias: impl Into<String>) -> Result<Self> {
        let alias = alias.into();
        check_length("query alias", &alias, 1, 200)?;
        check_characters("query alias", &alias)?;
        self.alias = Some(alias);
        Ok(self)
    }

    /// The pages to ask it of, instead of page 1.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    pub(crate) fn parts(&self) -> (&str, Option<&str>, &Pages) {
        (&self.text, self.alias.as_deref(), &self.pages)
    }
}

impl fmt::Debug for Query {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { text, alias, pages } = self;
        f.debug_struct("Query")
            .field("text", &format_args!("{} bytes", text.len()))
            .field("alias", &alias.as_ref().map(String::len))
            .field("pages", pages)
            .finish()
    }
}

/// A version of an adapter, which you have trained for your own documents.
///
/// Without [`pages`](Self::pages) it is used on page 1 only, as with a [`Query`].
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct Adapter {
    id: String,
    version: String,
    pages: Pages,
}

impl Adapter {
    /// An adapter by its id (12 to 1011 characters) and version (1 to 128), on page 1.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if either has another length.
    pub fn new(id: impl Into<String>, version: impl Into<String>) -> Result<Self> {
        let (id, version) = (id.into(), version.into());
        check_length("adapter id", &id, 12, 1011)?;
        check_length("adapter version", &version, 1, 128)?;
        Ok(Self { id, version, pages: Pages::default() })
    }

    /// The pages to use it on, instead of page 1. No page may have two adapters.
    pub fn pages(mut self, pages: Pages) -> Self {
        self.pages = pages;
        self
    }

    pub(crate) fn parts(&self) -> (&str, &str, &Pages) {
        (&self.id, &self.version, &self.pages)
    }
}

fn check_length(what: &str, text: &str, least: usize, most: usize) -> Result<()> {
    let length = text.chars().count();
    if text.trim().is_empty() {
        return Err(Error::invalid(format!("a {what} must not be blank")));
    }
    if !(least..=most).contains(&length) {
        return Err(Error::invalid(format!(
            "a {what} has {least} to {most} characters, this one has {length}"
        )));
    }
    Ok(())
}

/// What Textract's pattern for the text and alias of a query allows. The error gives the place of another character and not the
/// character: a query can be personal.
fn check_characters(what: &str, text: &str) -> Result<()> {
    let is_allowed = |c: char| c.is_ascii_graphic() || c.is_ascii_whitespace() || c == '\u{b}';
    match text.chars().position(|c| !is_allowed(c)) {
        Some(at) => Err(Error::invalid(format!(
            "character {} of the {what} is not allowed: Textract accepts printable ASCII and white space",
            at + 1
        ))),
        None => Ok(()),
    }
}

/// The pages of a document that a query or adapter is for, from 1 to 3,000.
///
/// Its text form is Textract's list joined by commas: `1`, `2-5`, `4-*` (from 4 to the last), `*` (all).
///
/// ```
/// use inkseal::Pages;
///
/// let pages: Pages = "1,3-5,9-*".parse()?;
/// assert_eq!(pages.to_string(), "1,3-5,9-*");
/// assert_eq!(Pages::default().to_string(), "1");
/// assert!("0".parse::<Pages>().is_err());
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Pages(Vec<PageRange>);

/// From one page to another, or to the last of the document if there is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct PageRange {
    first: u32,
    last: Option<u32>,
}

impl Pages {
    /// Every page.
    pub fn all() -> Self {
        Self::from_page(1)
    }

    /// One page. Numbers beyond 1 to 3,000 become the nearest of these.
    pub fn page(number: u32) -> Self {
        Self::range(number..=number)
    }

    /// From one page to another, both included. Numbers beyond 1 to 3,000 become the nearest of these, and a range that
    /// ends before it begins is its first page.
    pub fn range(pages: RangeInclusive<u32>) -> Self {
        let first = (*pages.start()).clamp(1, MAX_PAGES);
        Self(vec![PageRange { first, last: Some((*pages.end()).clamp(first, MAX_PAGES)) }])
    }

    /// From one page to the last of the document.
    pub fn from_page(first: u32) -> Self {
        Self(vec![PageRange { first: first.clamp(1, MAX_PAGES), last: None }])
    }

    /// These pages and those.
    pub fn and(mut self, more: Self) -> Self {
        self.0.extend(more.0);
        self
    }

    /// The items of Textract's `Pages` parameter.
    pub(crate) fn items(&self) -> Vec<String> {
        let everything = PageRange { first: 1, last: None };
        if self.0.contains(&everything) {
            // `*` must be the only item, and covers the rest.
            return vec!["*".to_owned()];
        }
        self.0.iter().map(PageRange::to_string).collect()
    }

    /// Whether page 1 is among them.
    pub(crate) fn has_first(&self) -> bool {
        self.0.iter().any(|range| range.first == 1)
    }

    /// The ranges in order, none touching another.
    fn merged(&self) -> Vec<(u32, u32)> {
        let mut ranges: Vec<_> =
            self.0.iter().map(|range| (range.first, range.last.unwrap_or(MAX_PAGES))).collect();
        ranges.sort_unstable();
        let mut merged: Vec<(u32, u32)> = Vec::with_capacity(ranges.len());
        for (first, last) in ranges {
            match merged.last_mut() {
                Some((_, end)) if first <= end.saturating_add(1) => *end = last.max(*end),
                _ => merged.push((first, last)),
            }
        }
        merged
    }
}

impl Default for Pages {
    /// Page 1, as Textract has it.
    fn default() -> Self {
        Self::page(1)
    }
}

impl fmt::Display for PageRange {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match (self.first, self.last) {
            (first, None) => write!(f, "{first}-*"),
            (first, Some(last)) if first == last => write!(f, "{first}"),
            (first, Some(last)) => write!(f, "{first}-{last}"),
        }
    }
}

impl fmt::Display for Pages {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.items().join(","))
    }
}

impl FromStr for Pages {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self> {
        text.split(',').map(str::parse).collect::<Result<_>>().map(Self)
    }
}

impl FromStr for PageRange {
    type Err = Error;

    fn from_str(item: &str) -> Result<Self> {
        let wrong =
            || Error::invalid("pages are given as 1, 2-5, 4-* or *, between 1 and 3000, joined by commas");
        let number = |text: &str| {
            let digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
            let number = digits.then(|| text.parse().ok()).flatten();
            number.filter(|number| (1..=MAX_PAGES).contains(number)).ok_or_else(wrong)
        };
        let (first, last) = match item.split_once('-') {
            None if item == "*" => (1, None),
            None => number(item).map(|page| (page, Some(page)))?,
            Some((first, "*")) => (number(first)?, None),
            Some((first, last)) => (number(first)?, Some(number(last)?)),
        };
        if last.is_some_and(|last| last < first) {
            return Err(wrong());
        }
        Ok(Self { first, last })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ask(pages: &str) -> Query {
        Query::new("Who?").unwrap().pages(pages.parse().unwrap())
    }

    #[test]
    fn pages_read_as_they_are_written() {
        for text in ["1", "1-3", "4-*", "*", "1,5,7-9", "3000"] {
            assert_eq!(text.parse::<Pages>().unwrap().to_string(), text);
        }
        for text in
            ["", "0", "3001", "3-1", "*-3", "1-", "-1", "1,,2", " 1", "+1", "a", "1-2-3", "99999999999"]
        {
            assert!(text.parse::<Pages>().is_err(), "{text}");
        }
        assert_eq!("1,*".parse::<Pages>().unwrap().items(), ["*"]);
        let (first, last) = (5, 0);
        assert_eq!(Pages::range(first..=last).and(Pages::page(9999)).to_string(), "5,3000");
    }

    #[test]
    fn thirty_queries_a_page_and_no_more() {
        let mut analysis = Analysis::default();
        for _ in 0..30 {
            analysis.add_query(ask("1-10"));
            analysis.add_query(ask("11-*"));
        }
        assert!(analysis.check(MAX_QUERIES_PER_PAGE).is_ok());
        analysis.add_query(ask("10,10"));
        assert!(analysis.check(MAX_QUERIES_PER_PAGE).unwrap_err().to_string().contains("31 queries"));
    }

    #[test]
    fn one_adapter_a_page() {
        let adapter =
            |pages: &str| Adapter::new("adapter-0123456789", "1").unwrap().pages(pages.parse().unwrap());
        let mut analysis = Analysis::default();
        analysis.add_feature(Feature::Tables);
        analysis.add_adapter(adapter("1-3,2"));
        analysis.add_adapter(adapter("4-*"));
        assert!(analysis.check(MAX_QUERIES_PER_PAGE).is_ok());
        analysis.add_adapter(adapter("9"));
        assert!(analysis.check(MAX_QUERIES_PER_PAGE).is_err());
    }

    #[test]
    fn lengths_count_characters() {
        assert!(Query::new("q".repeat(200)).is_ok());
        assert!(Query::new("q".repeat(201)).is_err());
        assert!(Query::new(" ").is_err());
        assert!(Query::new("Who?").unwrap().alias("").is_err());
        assert!(Adapter::new("short", "1").is_err());
        assert!(Adapter::new("क".repeat(1011), "1").is_ok());
        assert!(Adapter::new("क".repeat(1012), "1").is_err());
        assert!(Analysis::default().check(MAX_QUERIES_PER_PAGE).is_err());
    }

    #[test]
    fn queries_are_printable_ascii() {
        let printable: String = (' '..='~').collect();
        for text in [printable.as_str(), "Who\tor\r\nwhat?", "\u{b}\u{c}?"] {
            assert!(Query::new(text).unwrap().alias(text).is_ok(), "{text:?}");
        }
        for (text, place) in [("Wer ist der Käufer?", 14), ("a\0", 2), ("\u{a0}b", 1), ("\u{7f}", 1)] {
            let error = Query::new(text).unwrap_err().to_string();
            assert!(error.contains(&format!("character {place} of the query text")), "{error}");
            assert!(!error.contains(text), "{error}");
            let error = Query::new("Who?").unwrap().alias(text).unwrap_err().to_string();
            assert!(error.contains(&format!("character {place} of the query alias")), "{error}");
        }
    }

    #[test]
    fn features_are_known_by_their_names() {
        for feature in Feature::ALL {
            assert_eq!(feature.as_str().parse(), Ok(feature));
            assert_eq!(serde_json::to_value(feature).unwrap(), feature.as_str());
            assert!(UnknownFeature.to_string().contains(feature.as_str()));
        }
        for text in ["", "tables", "TABLES ", "QUERIES"] {
            assert_eq!(text.parse::<Feature>(), Err(UnknownFeature), "{text}");
        }
    }

    #[test]
    fn debug_tells_no_question() {
        let query = Query::new("Is Jane Doe rich?").unwrap().alias("JANE").unwrap();
        let shown = format!("{query:?}");
        assert!(!shown.contains("Jane") && !shown.contains("JANE"), "{shown}");
    }
}
