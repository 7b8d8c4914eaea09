//! What is put in place of personal data.

use std::collections::HashMap;

use super::PiiType;
use super::secret::{EncryptionKey, PseudonymKey};
use crate::error::{Error, Result};

/// What is put in place of personal data of a type.
///
/// ```
/// use inkseal::redact::Operator;
///
/// let cards = Operator::mask().keep_last(4); // ************1111
/// let names = Operator::token(); // NAME_1, NAME_2, ... within a document
/// ```
#[derive(Clone, Debug)]
pub struct Operator(Kind);

#[derive(Clone, Debug)]
enum Kind {
    Mask { character: char, keep_last: usize },
    Type,
    Remove,
    Pseudonym(PseudonymKey),
    Token,
    Encrypt(EncryptionKey),
    Keep,
}

impl Operator {
    /// A `*` for each character except white space.
    pub fn mask() -> Self {
        Self::mask_with('*')
    }

    /// This character for each character except white space. It must not be a letter, a digit or white space, as those could
    /// make something that was detected; [`RedactorBuilder::build`](super::RedactorBuilder::build) refuses them.
    pub fn mask_with(character: char) -> Self {
        Self(Kind::Mask { character, keep_last: 0 })
    }

    /// Leaves the last `count` letters and digits of what is masked, if it has more than twice as many.
    ///
    /// Anything shorter is masked whole. Also masked whole if the kept end was itself detected or contains a detected string, or if
    /// it overlaps another detection that does not leave it too. On operators other than a mask it has no effect.
    #[must_use]
    pub fn keep_last(self, count: usize) -> Self {
        match self.0 {
            Kind::Mask { character, .. } => Self(Kind::Mask { character, keep_last: count }),
            kind => Self(kind),
        }
    }

    /// The type in brackets: `[NAME]`.
    pub fn replace_with_type() -> Self {
        Self(Kind::Type)
    }

    /// Nothing. The word stays as a block without text.
    pub fn remove() -> Self {
        Self(Kind::Remove)
    }

    /// A pseudonym that is the same wherever the same text appears, in all documents under the same key: the type, and the
    /// first 128 bits of an HMAC-SHA-256 of type and text, `NAME_0f5a…`. Texts that differ in more than case, white space and
    /// the composition of accents have different pseudonyms.
    ///
    /// It is for joining records. Anyone who has the key can find out by trial what a pseudonym stands for.
    pub fn pseudonym(key: PseudonymKey) -> Self {
        Self(Kind::Pseudonym(key))
    }

    /// A number for each different text of a type, in order of appearance: `NAME_1`, the same throughout a document.
    pub fn token() -> Self {
        Self(Kind::Token)
    }

    /// The words that were touched, encrypted with AES-256-GCM and bound to the document and the page, so that they cannot
    /// be moved to another: `enc:` and Base64. [`EncryptionKey::decrypt`] reads them: each word, line and value is encrypted
    /// by itself, and gets back what it said. A value for which the record names no page is bound to its first page. The document
    /// has to be named with [`Redactor::for_document`](super::Redactor::for_document). A key is good for 2³² texts, as nonces are
    /// random (NIST SP 800-38D).
    pub fn encrypt(key: EncryptionKey) -> Self {
        Self(Kind::Encrypt(key))
    }

    /// Leaves it as it is, and only counts it.
    pub fn keep() -> Self {
        Self(Kind::Keep)
    }

    /// Its name in reports: `mask`, `type`, `remove`, `pseudonym`, `token`, `encrypt` or `keep`.
    pub fn name(&self) -> &'static str {
        match self.0 {
            Kind::Mask { .. } => "mask",
            Kind::Type => "type",
            Kind::Remove => "remove",
            Kind::Pseudonym(_) => "pseudonym",
            Kind::Token => "token",
            Kind::Encrypt(_) => "encrypt",
            Kind::Keep => "keep",
        }
    }

    pub(super) fn keeps(&self) -> bool {
        matches!(self.0, Kind::Keep)
    }

    /// Whether some of what is detected can be read afterwards.
    #[cfg(feature = "posture")]
    pub(super) fn leaves_something(&self) -> bool {
        self.keeps() || matches!(self.0, Kind::Mask { keep_last: 1.., .. })
    }

    /// Whether it masks with a letter, a digit or white space.
    pub(super) fn masks_unsafely(&self) -> bool {
        matches!(self.0, Kind::Mask { character, .. } if character.is_alphanumeric() || character.is_whitespace())
    }

    /// Whether it is a mask, and a text consists of what it masks with.
    pub(super) fn leaves(&self, text: &str) -> bool {
        match self.0 {
            Kind::Mask { character, .. } => text.chars().all(|c| c == character || c.is_whitespace()),
            _ => false,
        }
    }

    pub(super) fn needs_document(&self) -> bool {
        matches!(self.0, Kind::Encrypt(_))
    }

    /// Whether it leaves the ends of what it masks.
    pub(super) fn keeps_ends(&self) -> bool {
        matches!(self.0, Kind::Mask { keep_last: 1.., .. })
    }

    /// The byte of a text from which on its letters and digits are left, if any are. What is left never contains a string that
    /// was detected by itself.
    pub(super) fn kept_from(&self, said: &str, is_detected: impl Fn(&str) -> bool) -> Option<usize> {
        let Kind::Mask { character, keep_last: keep_last @ 1.. } = self.0 else { return None };
        let letters = || said.char_indices().filter(|(_, c)| c.is_alphanumeric());
        let count = letters().count();
        if count <= keep_last.saturating_mul(2) {
            return None;
        }
        let (from, _) = letters().nth(count - keep_last)?;
        let end = said.get(from..)?;
        let masked = |c: char| if c.is_alphanumeric() || c.is_whitespace() { c } else { character };
        let left: String = end.chars().map(masked).collect();
        let together: String = end.chars().filter(|c| c.is_alphanumeric()).collect();
        let is_told = [end, &left, &together].into_iter().any(is_detected);
        (!is_told).then_some(from)
    }

    /// What is put in the place of an entity.
    pub(super) fn put(&self, entity: &Entity<'_>, tokens: &mut Tokens) -> Result<Put> {
        Ok(match &self.0 {
            Kind::Mask { character, .. } => {
                let masked = entity.kept_from.and_then(|from| entity.said.get(..from));
                let letters = |masked: &str| masked.chars().filter(|c| c.is_alphanumeric()).count();
                Put::Mask { character: *character, first_kept: masked.map_or(usize::MAX, letters) }
            }
            // What is kept is never planned for.
            Kind::Keep => Put::Text(entity.said.to_owned()),
            Kind::Type => Put::Text(format!("[{}]", entity.pii_type)),
            Kind::Remove => Put::Text(String::new()),
            Kind::Pseudonym(key) => Put::Text(key.pseudonym(entity.pii_type, entity.text)?),
            Kind::Token => Put::Text(tokens.token(entity.pii_type, entity.text)),
            Kind::Encrypt(key) => {
                let unnamed =
                    || Error::invalid("encryption binds to a document: name it with `for_document`");
                let document = entity.document.ok_or_else(unnamed)?.to_owned();
                Put::Encrypt { key: key.clone(), document }
            }
        })
    }
}

/// What is put in the place of an entity.
pub(super) enum Put {
    /// This character in place of each, up to the letter or digit with this number.
    Mask { character: char, first_kept: usize },
    /// This text, once.
    Text(String),
    /// The words themselves, encrypted.
    Encrypt { key: EncryptionKey, document: String },
}

/// What an operator gets to know of an entity.
pub(super) struct Entity<'a> {
    pub(super) pii_type: &'a PiiType,
    /// What was detected.
    pub(super) said: &'a str,
    /// The same, folded.
    pub(super) text: &'a str,
    pub(super) document: Option<&'a str>,
    /// The byte of what was detected from which on a mask leaves it as it is.
    pub(super) kept_from: Option<usize>,
}

/// The tokens of a document.
#[derive(Clone, Default)]
pub(super) struct Tokens {
    /// By type and text.
    known: HashMap<(PiiType, String), u64>,
    counts: HashMap<PiiType, u64>,
}

impl Tokens {
    fn token(&mut self, pii_type: &PiiType, text: &str) -> String {
        let number = *self.known.entry((pii_type.clone(), text.to_owned())).or_insert_with(|| {
            let count = self.counts.entry(pii_type.clone()).or_default();
            *count += 1;
            *count
        });
        format!("{pii_type}_{number}")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mask_keeps_the_last_letters_of_what_has_enough() {
        let kept = |said, count| {
            let detected = ["9999", "1 1*1", "12-34"];
            let is_detected = |left: &str| detected.iter().any(|detected| left.contains(detected));
            Operator::mask().keep_last(count).kept_from(said, is_detected)
        };
        assert_eq!(kept("4111 1111 1111 1234", 4), Some(15));
        assert_eq!(kept("12345678", 4), None, "too short to keep anything");
        assert_eq!(kept("123459999", 4), None, "what is kept was detected");
        assert_eq!(kept("12345-99-99", 4), None, "but for the signs between");
        assert_eq!(kept("234567 1 1-1", 4), None, "what is kept has in it what was detected");
        assert_eq!(kept("4111-1111-1111-12-34", 4), None, "with the signs between");
        assert_eq!(kept("123456789", 0), None);
        assert_eq!(kept("123456789", usize::MAX), None);
    }

    #[test]
    fn tokens_count_by_type() {
        let mut tokens = Tokens::default();
        let mut token = |pii_type, text| tokens.token(&pii_type, text);
        assert_eq!(token(PiiType::Name, "Jane"), "NAME_1");
        assert_eq!(token(PiiType::Name, "John"), "NAME_2");
        assert_eq!(token(PiiType::Email, "Jane"), "EMAIL_1");
        assert_eq!(token(PiiType::Name, "Jane"), "NAME_1");
    }
}
