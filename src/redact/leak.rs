//! The last check of what is about to come out: it contains no detected string.
//!
//! It checks what serde would write, so it sees every member there is, even one that was forgotten when the members to redact
//! were listed.

use std::cell::OnceCell;
use std::collections::HashSet;

use aho_corasick::{AhoCorasick, AhoCorasickBuilder, MatchKind};
use serde::ser::{self, Impossible, Serialize, Serializer};

use super::members::{is_kind, is_name, is_page_number, is_page_range};
use super::needles::{Folded, Needles};

/// Searches all strings of a value for needles.
pub(super) struct Strings<'n> {
    needles: &'n Needles,
    /// What was written in place of needles, which may contain one by chance, as a type or a number.
    written: &'n HashSet<String>,
    /// The search for all of these at once, from when it is first needed.
    finder: OnceCell<Option<AhoCorasick>>,
    /// Where the value is: the names of the members around it, innermost last.
    path: Vec<&'static str>,
    found: bool,
}

/// Members that hold names of Textract's own, or of blocks.
const NAMES: [&str; 10] = [
    "BlockType",
    "TextType",
    "SelectionStatus",
    "EntityTypes",
    "Type",
    "ValueType",
    "Code",
    "Types",
    "ErrorCode",
    "JobStatus",
];

impl<'n> Strings<'n> {
    pub(super) fn new(needles: &'n Needles, written: &'n HashSet<String>) -> Self {
        Self { needles, written, finder: OnceCell::new(), path: Vec::new(), found: false }
    }

    /// Checks all strings that a value writes.
    pub(super) fn of(&mut self, value: &impl Serialize) {
        // Only what no record has is an error, such as maps with keys that are not strings.
        if value.serialize(&mut *self).is_err() {
            self.found = true;
        }
    }

    /// Whether a needle was found, or something that cannot be checked.
    pub(super) fn found(&self) -> bool {
        self.found
    }

    fn is_own_name(&self, text: &str) -> bool {
        let mut path = self.path.iter().rev().copied();
        let (member, parent) = (path.next().unwrap_or_default(), path.next().unwrap_or_default());
        match (parent, member) {
            // Textract makes them up.
            (_, "Id" | "Ids" | "NextToken") => true,
            ("Type", "Text") | ("LendingFields", "Type") => is_kind(text),
            ("PageType" | "PageNumber", "Value") => is_name(text) || is_page_number(text),
            ("Query", "Pages") => is_page_range(text),
            (_, member) => NAMES.contains(&member) && is_name(text),
        }
    }

    /// A text without what was written in place of needles; `None` if that cannot be searched for.
    fn without_written(&self, text: &str) -> Option<String> {
        let finder = || {
            // All at once: one after the other would take time in proportion to their number, for each text.
            AhoCorasickBuilder::new().match_kind(MatchKind::LeftmostLongest).build(self.written).ok()
        };
        let finder = self.finder.get_or_init(finder).as_ref()?;
        let mut without = String::with_capacity(text.len());
        finder.replace_all_with(text, &mut without, |_, _, without| {
            without.push('\u{0}');
            true
        });
        Some(without)
    }

    fn look_at(&mut self, text: &str) {
        if self.found || text.is_empty() || self.is_own_name(text) {
            return;
        }
        let stands = |text: &str| !self.needles.find(&Folded::of(text)).is_empty();
        if stands(text) {
            self.found = self.without_written(text).is_none_or(|without| stands(&without));
        }
    }
}

/// What is not a string says nothing.
macro_rules! silent {
    ($($name:ident: $type:ty),+) => {
        $(fn $name(self, _: $type) -> Result<(), Unreadable> {
            Ok(())
        })+
    };
}

/// What serializers of parts have in common.
macro_rules! parts {
    ($($trait:ident $method:ident),+) => {
        $(impl ser::$trait for &mut Strings<'_> {
            type Ok = ();
            type Error = Unreadable;

            fn $method<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
                value.serialize(&mut **self)
            }

            fn end(self) -> Result<(), Unreadable> {
                Ok(())
            }
        })+
    };
}

parts!(SerializeSeq serialize_element, SerializeTuple serialize_element, SerializeTupleStruct serialize_field);

impl ser::SerializeStruct for &mut Strings<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_field<T: Serialize + ?Sized>(
        &mut self,
        name: &'static str,
        value: &T,
    ) -> Result<(), Unreadable> {
        self.path.push(name);
        let looked = value.serialize(&mut **self);
        self.path.pop();
        looked
    }

    fn end(self) -> Result<(), Unreadable> {
        Ok(())
    }
}

impl ser::SerializeMap for &mut Strings<'_> {
    type Ok = ();
    type Error = Unreadable;

    fn serialize_key<T: Serialize + ?Sized>(&mut self, key: &T) -> Result<(), Unreadable> {
        key.serialize(&mut **self)
    }

    fn serialize_value<T: Serialize + ?Sized>(&mut self, value: &T) -> Result<(), Unreadable> {
        value.serialize(&mut **self)
    }

    fn end(self) -> Result<(), Unreadable> {
        Ok(())
    }
}

impl Serializer for &mut Strings<'_> {
    type Ok = ();
    type Error = Unreadable;
    type SerializeSeq = Self;
    type SerializeTuple = Self;
    type SerializeTupleStruct = Self;
    type SerializeTupleVariant = Impossible<(), Unreadable>;
    type SerializeMap = Self;
    type SerializeStruct = Self;
    type SerializeStructVariant = Impossible<(), Unreadable>;

    silent! {
        serialize_bool: bool, serialize_i8: i8, serialize_i16: i16, serialize_i32: i32, serialize_i64: i64,
        serialize_u8: u8, serialize_u16: u16, serialize_u32: u32, serialize_u64: u64, serialize_f32: f32,
        serialize_f64: f64, serialize_unit_struct: &'static str
    }

    fn serialize_char(self, c: char) -> Result<(), Unreadable> {
        self.look_at(c.encode_utf8(&mut [0; 4]));
        Ok(())
    }

    fn serialize_str(self, text: &str) -> Result<(), Unreadable> {
        self.look_at(text);
        Ok(())
    }

    fn serialize_bytes(self, _: &[u8]) -> Result<(), Unreadable> {
        Err(Unreadable)
    }

    fn serialize_none(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn serialize_some<T: Serialize + ?Sized>(self, value: &T) -> Result<(), Unreadable> {
        value.serialize(self)
    }

    fn serialize_unit(self) -> Result<(), Unreadable> {
        Ok(())
    }

    fn serialize_unit_variant(self, _: &'static str, _: u32, _: &'static str) -> Result<(), Unreadable> {
        Ok(())
    }

    fn serialize_newtype_struct<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unreadable> {
        value.serialize(self)
    }

    fn serialize_newtype_variant<T: Serialize + ?Sized>(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        value: &T,
    ) -> Result<(), Unreadable> {
        value.serialize(self)
    }

    fn serialize_seq(self, _: Option<usize>) -> Result<Self, Unreadable> {
        Ok(self)
    }

    fn serialize_tuple(self, _: usize) -> Result<Self, Unreadable> {
        Ok(self)
    }

    fn serialize_tuple_struct(self, _: &'static str, _: usize) -> Result<Self, Unreadable> {
        Ok(self)
    }

    fn serialize_tuple_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeTupleVariant, Unreadable> {
        Err(Unreadable)
    }

    fn serialize_map(self, _: Option<usize>) -> Result<Self, Unreadable> {
        Ok(self)
    }

    fn serialize_struct(self, _: &'static str, _: usize) -> Result<Self, Unreadable> {
        Ok(self)
    }

    fn serialize_struct_variant(
        self,
        _: &'static str,
        _: u32,
        _: &'static str,
        _: usize,
    ) -> Result<Self::SerializeStructVariant, Unreadable> {
        Err(Unreadable)
    }
}

/// A value that holds something other than strings, numbers, lists and members.
#[derive(Debug, thiserror::Error)]
#[error("a value that cannot be checked")]
pub(super) struct Unreadable;

impl ser::Error for Unreadable {
    fn custom<T: std::fmt::Display>(_: T) -> Self {
        Self
    }
}
