//! Sets up what a detector looks for.

use std::fmt;
use std::sync::Arc;

use super::lists::{Allow, Deny};
use super::phone::Phones;
use super::recognizer::Recognizer;
use super::scan::Rules;
use super::subject::Subject;
use super::words::Subjects;
use super::{Inner, PatternDetector};
use crate::redact::PiiType;
use crate::redact::members::is_capitals;
use crate::{Error, Result};

/// Sets up a [`PatternDetector`]. Made by [`PatternDetector::builder`].
///
/// ```
/// use inkseal::redact::{PatternDetector, PiiType};
///
/// # fn main() -> inkseal::Result<()> {
/// let detector = PatternDetector::builder()
///     .without([PiiType::Url])
///     .phone_regions(["US", "DE"])
///     .deny(PiiType::Name, ["Jane Quill"]) // always found, whatever is next to it
///     .allow(["info@example.com"]) // never found
///     .build()?;
/// let found = detector.find("Jane Quill <info@example.com>, jane@example.com");
/// let types: Vec<_> = found.iter().map(|span| span.pii_type.as_str()).collect();
/// assert_eq!(types, ["NAME", "EMAIL"]);
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
pub struct PatternDetectorBuilder {
    min_score: f32,
    only: Option<Vec<PiiType>>,
    without: Vec<PiiType>,
    phone_regions: Option<Vec<String>>,
    words: Vec<(PiiType, String)>,
    recognizers: Vec<Recognizer>,
    deny: Vec<(PiiType, String)>,
    deny_exact: Vec<(PiiType, String)>,
    allow: Vec<String>,
}

impl PatternDetectorBuilder {
    pub(super) fn new() -> Self {
        Self {
            min_score: PatternDetector::DEFAULT_MIN_SCORE,
            only: None,
            without: Vec::new(),
            phone_regions: None,
            words: Vec::new(),
            recognizers: Vec::new(),
            deny: Vec::new(),
            deny_exact: Vec::new(),
            allow: Vec::new(),
        }
    }

    /// The score that a find needs, 0 to 1. Defaults to [`PatternDetector::DEFAULT_MIN_SCORE`], which leaves out bare numbers; the
    /// table in the [documentation of the detector](PatternDetector#scores) has the score of every kind of find.
    #[must_use]
    pub fn min_score(mut self, min_score: f32) -> Self {
        self.min_score = min_score;
        self
    }

    /// Looks for these types only, of which there must be at least one. The deny list is found all the same.
    #[must_use]
    pub fn types(mut self, types: impl IntoIterator<Item = PiiType>) -> Self {
        self.only.get_or_insert_default().extend(types);
        self
    }

    /// Does not look for these types. The deny list is found all the same.
    #[must_use]
    pub fn without(mut self, types: impl IntoIterator<Item = PiiType>) -> Self {
        self.without.extend(types);
        self
    }

    /// The regions (ISO 3166-1 alpha-2, such as `US`) whose telephone numbers are found without their country code. Defaults to
    /// [`PatternDetector::DEFAULT_PHONE_REGIONS`]. Numbers of every country are found if they begin with `+`.
    #[must_use]
    pub fn phone_regions(mut self, regions: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.phone_regions.get_or_insert_default().extend(regions.into_iter().map(Into::into));
        self
    }

    /// Adds context words for a type that a built-in recogniser finds, such as those of another language.
    #[must_use]
    pub fn context_words(
        mut self,
        pii_type: PiiType,
        words: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.words.extend(words.into_iter().map(|word| (pii_type.clone(), word.into())));
        self
    }

    /// Adds the application's own recogniser.
    #[must_use]
    pub fn recognizer(mut self, recognizer: Recognizer) -> Self {
        self.recognizers.push(recognizer);
        self
    }

    /// Adds words and phrases that are always found, as whole words, with the score 1: in any case, with or without accents, and
    /// with any white space between their words, the end of a line or a cell included.
    #[must_use]
    pub fn deny(mut self, pii_type: PiiType, words: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.deny.extend(words.into_iter().map(|word| (pii_type.clone(), word.into())));
        self
    }

    /// As [`deny`](Self::deny), matching only the exact case given, and the accents. White space and the form of composition do not
    /// matter.
    #[must_use]
    pub fn deny_exact(
        mut self,
        pii_type: PiiType,
        words: impl IntoIterator<Item = impl Into<String>>,
    ) -> Self {
        self.deny_exact.extend(words.into_iter().map(|word| (pii_type.clone(), word.into())));
        self
    }

    /// Adds texts that are never found, such as the bank's own telephone number: a find that is one of them is left out. Case, white
    /// space and the form of composition do not matter, as in [`RedactorBuilder::allow`](crate::redact::RedactorBuilder::allow).
    /// What the deny list holds is found all the same.
    #[must_use]
    pub fn allow(mut self, texts: impl IntoIterator<Item = impl Into<String>>) -> Self {
        self.allow.extend(texts.into_iter().map(Into::into));
        self
    }

    /// The detector.
    ///
    /// # Errors
    ///
    /// [`ErrorKind::InvalidInput`](crate::ErrorKind::InvalidInput) if the minimum score is not between 0 and 1, [`types`](Self::types)
    /// was called without a type, a region is unknown, context words are for a type that no built-in recogniser finds, a recogniser
    /// has no pattern, a pattern that does not compile or a score outside 0 to 1, a word of the deny list is empty, or the type of
    /// a recogniser or of a deny list is not a name in capitals.
    pub fn build(self) -> Result<PatternDetector> {
        if !(0.0..=1.0).contains(&self.min_score) {
            return Err(Error::invalid("min_score: it is not between 0 and 1"));
        }
        if self.only.as_ref().is_some_and(Vec::is_empty) {
            return Err(Error::invalid("types: none is given: leave the call out to look for all"));
        }
        let regions = self.phone_regions.iter().flatten().map(String::as_str);
        let phones = match self.phone_regions {
            Some(_) => Phones::of(regions).map_err(|region| {
                Error::invalid(format!(
                    "phone_regions: there is no region `{region}`: use codes of two capital letters, such as US"
                ))
            })?,
            None => Phones::of_default(),
        };
        let own = self.recognizers.iter().map(|recognizer| &recognizer.pii_type);
        let listed = self.deny.iter().chain(&self.deny_exact).map(|(pii_type, _)| pii_type);
        // The stage releases nothing of a page on which a type has another name, so it must not come to that.
        if !own.chain(listed).all(|pii_type| is_capitals(pii_type.as_str())) {
            return Err(Error::invalid(
                "the type of a recogniser or of a deny list is not a name in capitals of up to 64 letters, digits and \
                 underscores, such as POLICY_NUMBER",
            ));
        }
        let mut rules = Rules::new(self.enabled(), self.min_score, phones);
        for (pii_type, word) in &self.words {
            let subject = Subject::of(pii_type).ok_or_else(|| {
                Error::invalid(format!("context_words: no built-in recogniser finds the type {pii_type}"))
            })?;
            rules.lexicon.add(word, subject.bit());
        }
        let recognizers =
            self.recognizers.iter().filter(|recognizer| self.is_wanted(&recognizer.pii_type)).cloned();
        let recognizers = recognizers.map(Recognizer::compile).collect::<Result<_>>()?;
        let deny = Deny::of(&self.deny, &self.deny_exact)?;
        Ok(PatternDetector(Arc::new(Inner { rules, recognizers, deny, allow: Allow::of(&self.allow) })))
    }

    fn enabled(&self) -> Subjects {
        let wanted = Subject::all().filter(|subject| self.is_wanted(&subject.pii_type()));
        wanted.fold(0, |all, subject| all | subject.bit())
    }

    fn is_wanted(&self, pii_type: &PiiType) -> bool {
        self.only.as_ref().is_none_or(|only| only.contains(pii_type)) && !self.without.contains(pii_type)
    }
}

/// Shows how long the lists are; they hold the names of customers.
impl fmt::Debug for PatternDetectorBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { min_score, only, without, phone_regions, words, recognizers, deny, deny_exact, allow } =
            self;
        f.debug_struct("PatternDetectorBuilder")
            .field("min_score", min_score)
            .field("types", only)
            .field("without", without)
            .field("phone_regions", phone_regions)
            .field("context_words", &words.len())
            .field("recognizers", recognizers)
            .field("deny", &(deny.len() + deny_exact.len()))
            .field("allow", &allow.len())
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ErrorKind;

    fn found(builder: PatternDetectorBuilder, text: &str) -> Vec<(String, std::ops::Range<usize>)> {
        let spans = builder.build().expect("a detector").find(text);
        spans.iter().map(|span| (span.pii_type.to_string(), span.range())).collect()
    }

    fn builder() -> PatternDetectorBuilder {
        PatternDetector::builder()
    }

    #[test]
    fn types_and_scores() {
        let text = "jane@example.com 4111111111111111 123456789";
        assert_eq!(found(builder().types([PiiType::Email]), text), [("EMAIL".to_owned(), 0..16)]);
        let without = builder().without([PiiType::Email, PiiType::Url]);
        assert_eq!(found(without, text), [("CREDIT_DEBIT_NUMBER".to_owned(), 17..33)]);
        assert_eq!(found(builder().min_score(1.0), text), []);
        assert!(found(builder().min_score(0.0), text).iter().any(|(_, range)| *range == (34..43)));
    }

    #[test]
    fn the_deny_list_is_always_found_and_the_allow_list_never() {
        let deny =
            builder().deny(PiiType::Name, ["Jane Doe", "Zoë"]).types([PiiType::Email]).allow(["jane doe"]);
        let name = "NAME".to_owned();
        assert_eq!(
            found(deny, "👋 JANE DOE, Jane Does, ZOË, xZoë"),
            [(name.clone(), 2..10), (name.clone(), 23..26)]
        );
        let exact = builder().deny_exact(PiiType::Name, ["Art"]);
        assert_eq!(found(exact, "art Art"), [(name, 4..7)]);
        assert_eq!(found(builder().allow(["HELP@example.com"]), "help@example.com"), []);
    }

    #[test]
    fn phrases_of_the_deny_list_in_any_spacing_case_and_composition() {
        for (text, begin, end) in [
            ("Dear Jane\nDoe,", 5, 13),
            ("Jane\tDoe\t7", 0, 8),
            ("by JANE\r\n  DOE", 3, 14),
            ("Jane Doé", 0, 8),
            ("jane\u{a0} doe", 0, 9),
            ("Ja\u{ad}ne Doe", 0, 9),
            ("👋 JOSÉ NÚÑEZ", 2, 12),
            ("Jose\u{301} Nu\u{301}n\u{303}ez!", 0, 13),
            ("Jose Nunez", 0, 10),
            ("STRASSE", 0, 7),
        ] {
            let deny = builder().deny(PiiType::Name, ["Jane  Doe", "José Núñez", "Straße"]);
            assert_eq!(found(deny, text), [("NAME".to_owned(), begin..end)], "{text}");
        }
        for text in ["Jane, Doe", "Jane Does", "JaneDoe", "Añné"] {
            let deny = builder().deny(PiiType::Name, ["Jane Doe", "ann"]);
            assert_eq!(found(deny, text), [], "{text}");
        }
    }

    #[test]
    fn the_exact_case_in_any_spacing_and_composition() {
        let exact = || builder().deny_exact(PiiType::Name, ["Art Noé"]);
        let name = |range| [("NAME".to_owned(), range)];
        assert_eq!(found(exact(), "art noé, ART NOÉ, Art Noe, Art\nNoé"), name(27..34));
        assert_eq!(found(exact(), "Art \tNoe\u{301}."), name(0..9));
    }

    #[test]
    fn one_rule_for_what_is_allowed() {
        let bank = Recognizer::new("bank", PiiType::from("BANK")).pattern(r"Acme\s+Bank", 0.9);
        let allow = || builder().recognizer(bank.clone()).allow(["José@Example.com", "ACME bank"]);
        assert_eq!(found(allow(), "JOSE\u{301}@example.com of Acme\n Bank"), []);
        assert_eq!(found(allow(), "jose@example.com"), [("EMAIL".to_owned(), 0..16)]);
    }

    #[test]
    fn overlapping_words_of_the_deny_list() {
        let deny = builder().deny(PiiType::Name, ["ann lee", "lee roy"]);
        let covered: Vec<_> = found(deny, "ann lee roy").into_iter().map(|(_, range)| range).collect();
        assert_eq!(covered, [0..7, 8..11]);
    }

    #[test]
    fn words_of_another_language() {
        let words = builder().context_words(PiiType::Phone, ["Fernsprecher"]);
        assert_eq!(found(words, "Fernsprecher 4155550132"), [("PHONE".to_owned(), 13..23)]);
    }

    #[test]
    fn regions() {
        assert_eq!(found(builder().phone_regions(["JP"]), "090-1234-5678"), [("PHONE".to_owned(), 0..13)]);
        assert_eq!(found(builder().phone_regions(["JP"]), "415-555-0132"), []);
    }

    #[test]
    fn mistakes_are_named() {
        for (builder, what) in [
            (builder().min_score(1.5), "min_score"),
            (builder().min_score(f32::NAN), "min_score"),
            (builder().types([]), "types"),
            (builder().phone_regions(["us"]), "phone_regions"),
            (builder().context_words(PiiType::Name, ["name"]), "context_words"),
            (builder().deny(PiiType::Name, [" "]), "deny list"),
            (builder().deny_exact(PiiType::Name, ["\u{200b}"]), "deny list"),
            (builder().recognizer(Recognizer::new("r", PiiType::Name)), "recognizer"),
        ] {
            let error = builder.build().expect_err(what);
            assert_eq!(error.kind(), ErrorKind::InvalidInput);
            assert!(error.to_string().contains(what), "{error}");
        }
    }

    #[test]
    fn lists_do_not_show_themselves() {
        let builder = builder()
            .deny(PiiType::Name, ["Jane Doe"])
            .allow(["Acme"])
            .context_words(PiiType::IpAddress, ["Roe"]);
        let shown = format!("{builder:?} {:?}", builder.clone().build().expect("a detector"));
        assert!(!shown.contains("Jane") && !shown.contains("Acme") && !shown.contains("Roe"), "{shown}");
    }
}
