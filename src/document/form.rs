//! Form fields: keys with their values.

use super::node::views;
use super::search::fold;
use super::text::{joined, joined_texts};
use super::{BlockRef, Document, Page, SelectionElement, Token, Word};
use crate::block::{BoundingBox, RelationshipKind, SelectionStatus};

views! {
    /// A form field: a key, such as `Name:`, and its value.
    ///
    /// It derefs to the block of the key.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let json = r#"{"Blocks": [
    ///     {"BlockType": "KEY_VALUE_SET", "Id": "k", "EntityTypes": ["KEY"], "Confidence": 97.5,
    ///         "Relationships": [{"Type": "CHILD", "Ids": ["a"]}, {"Type": "VALUE", "Ids": ["v"]}]},
    ///     {"BlockType": "KEY_VALUE_SET", "Id": "v", "EntityTypes": ["VALUE"], "Confidence": 91.5,
    ///         "Relationships": [{"Type": "CHILD", "Ids": ["b"]}]},
    ///     {"BlockType": "WORD", "Id": "a", "Text": "Total:", "Confidence": 99.5},
    ///     {"BlockType": "WORD", "Id": "b", "Text": "12.50", "Confidence": 62.5}
    /// ]}"#;
    /// let document = Document::from_json(json.as_bytes())?;
    /// let total = document.field("total").expect("in any case, and without the colon");
    /// assert_eq!((total.key(), total.value()), ("Total:".to_owned(), "12.50".to_owned()));
    /// // Sure that it is a field, and less sure of its text.
    /// assert_eq!((total.structure_confidence(), total.text_confidence()), (Some(91.5), Some(62.5)));
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    Field;
}

impl<'d> Field<'d> {
    /// The key as written on the page: its words, joined by one space.
    pub fn key(&self) -> String {
        joined(self.content())
    }

    /// The value as written on the page: its words, joined by one space, with `[X]` or `[ ]` for a check box.
    pub fn value(&self) -> String {
        joined_texts(self.values().map(|value| joined(value.content())))
    }

    /// The blocks of the value; hardly ever more than one.
    pub fn values(&self) -> impl Iterator<Item = BlockRef<'d>> + use<'d> {
        self.related(RelationshipKind::Value)
    }

    /// The words and selection elements of the key.
    pub fn key_tokens(&self) -> impl Iterator<Item = Token<'d>> + use<'d> {
        self.content()
    }

    /// The words and selection elements of the value.
    pub fn value_tokens(&self) -> impl Iterator<Item = Token<'d>> + use<'d> {
        self.values().flat_map(|value| value.content())
    }

    /// The check box or radio button that is the value, or the first one in it.
    pub fn selection_element(&self) -> Option<SelectionElement<'d>> {
        self.value_tokens().find_map(|token| match token {
            Token::Selection(element) => Some(element),
            _ => None,
        })
    }

    /// Whether the field is checked. `None` if its value is not a check box or radio button, or Textract does not say.
    pub fn is_selected(&self) -> Option<bool> {
        let element = self.selection_element()?;
        element.status().map(|status| *status == SelectionStatus::Selected)
    }

    /// How sure Textract is, 0 to 100, that this is a key and that its value belongs to it: the lowest of the confidences
    /// of their blocks. That of the text is [`text_confidence`](Self::text_confidence).
    pub fn structure_confidence(&self) -> Option<f32> {
        least(self.values().map(|value| value.confidence()).chain([self.confidence()]))
    }

    /// How sure Textract is of the text of the value, 0 to 100: that of its least sure word or selection element.
    /// `None` for an empty value.
    pub fn text_confidence(&self) -> Option<f32> {
        least(self.value_tokens().map(|token| token.block_ref().confidence()))
    }

    /// Where the value is, in ratios of the page: the box around all its blocks.
    pub fn value_box(&self) -> Option<BoundingBox> {
        let boxes = self.values().filter_map(|value| value.bounding_box());
        boxes.reduce(|one, other| one.union(&other))
    }

    /// Whether the key is this one, apart from case, Unicode form, a colon at its end and the space around it.
    pub fn is_named(&self, name: &str) -> bool {
        plain(&self.key()) == plain(name)
    }

    pub(super) fn key_words(&self) -> impl Iterator<Item = Word<'d>> + use<'d> {
        self.content().filter_map(|token| token.block_ref().as_word())
    }
}

fn least(confidences: impl Iterator<Item = Option<f32>>) -> Option<f32> {
    confidences.flatten().min_by(f32::total_cmp)
}

/// A key in the form in which keys are compared.
pub(super) fn plain(key: &str) -> String {
    let mut key = fold(key);
    key.truncate(key.trim_end_matches([':', ' ']).len());
    key
}

fn named<'d>(fields: impl Iterator<Item = Field<'d>>, key: &str) -> Option<Field<'d>> {
    let key = plain(key);
    let confidence = |field: &Field<'_>| field.confidence().unwrap_or_default();
    fields
        .filter(|field| !key.is_empty() && plain(&field.key()) == key)
        .reduce(|best, next| if confidence(&next) > confidence(&best) { next } else { best })
}

fn containing<'d, I: Iterator<Item = Field<'d>>>(
    fields: I,
    text: &str,
) -> impl Iterator<Item = Field<'d>> + use<'d, I> {
    let text = fold(text);
    fields.filter(move |field| !text.is_empty() && fold(&field.key()).contains(&text))
}

impl Document {
    /// The field with this key, apart from case, Unicode form and a colon at its end; of several, the one whose key
    /// Textract is surest of. No field has an empty key.
    ///
    /// ```
    /// use inkseal::document::Document;
    ///
    /// let document = Document::from_json(br#"{"Blocks": [
    ///     {"BlockType": "KEY_VALUE_SET", "EntityTypes": ["KEY"], "Id": "k", "Relationships": [
    ///         {"Type": "VALUE", "Ids": ["v"]}, {"Type": "CHILD", "Ids": ["1"]}]},
    ///     {"BlockType": "KEY_VALUE_SET", "EntityTypes": ["VALUE"], "Id": "v", "Relationships": [
    ///         {"Type": "CHILD", "Ids": ["2", "3"]}]},
    ///     {"BlockType": "WORD", "Id": "1", "Text": "Name:"},
    ///     {"BlockType": "WORD", "Id": "2", "Text": "Jane"},
    ///     {"BlockType": "WORD", "Id": "3", "Text": "Doe"}
    /// ]}"#)?;
    /// assert_eq!(document.field("name").map(|field| field.value()).as_deref(), Some("Jane Doe"));
    /// # Ok::<(), inkseal::Error>(())
    /// ```
    pub fn field(&self, key: &str) -> Option<Field<'_>> {
        named(self.fields(), key)
    }

    /// The fields whose key contains this text, in any case and Unicode form, in the order of the document. No key
    /// contains an empty text.
    pub fn fields_containing<'d>(&'d self, text: &str) -> impl Iterator<Item = Field<'d>> + use<'d> {
        containing(self.fields(), text)
    }
}

impl<'d> Page<'d> {
    /// The field of the page with this key; see [`Document::field`].
    pub fn field(&self, key: &str) -> Option<Field<'d>> {
        named(self.fields(), key)
    }

    /// The fields of the page whose key contains this text; see [`Document::fields_containing`].
    pub fn fields_containing(&self, text: &str) -> impl Iterator<Item = Field<'d>> + use<'d> {
        containing(self.fields(), text)
    }
}
