//! A pull parser for JSON: a cursor over the bytes, whose owner says what it expects next.
//!
//! It builds no tree, and accepts exactly what `serde_json` accepts, except that a number kept as an `f32` must
//! fit one. The first fault is kept in the cursor, and the functions return the empty [`Fault`], so that their
//! results fit into registers.

mod error;
mod number;
mod text;

use std::borrow::Cow;

pub use self::error::{ParseError, ParseErrorKind};

/// Something is wrong; the cursor has the error.
#[derive(Debug)]
pub(crate) struct Fault;

pub(crate) type Step<T> = Result<T, Fault>;

/// Lists and objects may be nested up to one less than this.
const DEPTH_LIMIT: u8 = 128;

/// A 1 in each of the eight bytes of a word.
const ONES: u64 = 0x0101_0101_0101_0101;

pub(crate) struct Cursor<'a> {
    rest: &'a [u8],
    len: usize,
    depth: u8,
    /// How many more items of lists may be kept, how many could be at first, and whether items that are passed over count, too.
    items: usize,
    most_items: usize,
    counts: bool,
    error: Option<ParseError>,
}

impl<'a> Cursor<'a> {
    /// A cursor for a caller that keeps at most this many [items](Self::item) of lists.
    pub(crate) fn new(bytes: &'a [u8], items: usize) -> Self {
        Self { rest: bytes, len: bytes.len(), depth: 0, items, most_items: items, counts: false, error: None }
    }

    /// Bytes read so far.
    #[inline]
    pub(crate) fn offset(&self) -> usize {
        self.len - self.rest.len()
    }

    /// The bytes that are still to be read.
    #[inline]
    pub(crate) fn rest(&self) -> &'a [u8] {
        self.rest
    }

    /// The error behind a [`Fault`].
    pub(crate) fn into_error(self) -> ParseError {
        let offset = self.offset();
        self.error
            .unwrap_or_else(|| ParseError::new(offset, ParseErrorKind::Malformed { expected: "a value" }))
    }

    #[cold]
    #[inline(never)]
    pub(crate) fn fail<T>(&mut self, kind: ParseErrorKind) -> Step<T> {
        self.fail_at(self.offset(), kind)
    }

    /// As [`fail`](Self::fail), at a place that was already passed.
    #[cold]
    #[inline(never)]
    pub(crate) fn fail_at<T>(&mut self, offset: usize, kind: ParseErrorKind) -> Step<T> {
        self.error = Some(ParseError::new(offset, kind));
        Err(Fault)
    }

    #[cold]
    #[inline(never)]
    fn malformed<T>(&mut self, expected: &'static str) -> Step<T> {
        self.fail(ParseErrorKind::Malformed { expected })
    }

    /// The value that begins here is not the `expected` one, or there is no value.
    #[cold]
    #[inline(never)]
    pub(crate) fn unexpected<T>(&mut self, field: &'static str, expected: &'static str) -> Step<T> {
        match self.rest.first() {
            Some(b'"' | b'{' | b'[' | b'-' | b'0'..=b'9' | b't' | b'f' | b'n') => {
                self.fail(ParseErrorKind::WrongType { field, expected })
            }
            _ => self.malformed("a value"),
        }
    }

    /// Passes `count` bytes, which are known to be there.
    #[inline(always)]
    fn pass(&mut self, count: usize) {
        self.rest = self.rest.get(count..).unwrap_or_default();
    }

    #[inline(always)]
    pub(crate) fn skip_space(&mut self) {
        // One comparison is enough if there is no space. Other bytes that are not above a space are not JSON,
        // and stay.
        if let [..=b' ', ..] = self.rest {
            self.skip_spaces();
        }
    }

    #[inline(always)]
    fn skip_spaces(&mut self) {
        self.rest = behind_space(self.rest);
    }

    /// The next byte after space, without passing it.
    #[inline(always)]
    pub(crate) fn peek(&mut self) -> Option<u8> {
        self.skip_space();
        self.rest.first().copied()
    }

    /// Passes `byte` if it is the next one after space.
    #[inline(always)]
    fn take(&mut self, byte: u8) -> bool {
        if let [first, rest @ ..] = self.rest
            && *first == byte
        {
            self.rest = rest;
            return true;
        }
        self.take_after_space(byte)
    }

    #[inline(always)]
    fn take_after_space(&mut self, byte: u8) -> bool {
        let [..=b' ', ..] = self.rest else { return false };
        self.skip_spaces();
        let found = self.rest.first() == Some(&byte);
        if found {
            self.pass(1);
        }
        found
    }

    #[inline(always)]
    fn demand(&mut self, byte: u8, expected: &'static str) -> Step<()> {
        if self.take(byte) { Ok(()) } else { self.malformed(expected) }
    }

    /// Passes `bytes` if they are the next ones, with no space before them.
    #[inline(always)]
    pub(crate) fn try_bytes<const N: usize>(&mut self, bytes: &[u8; N]) -> bool {
        self.attempt(|ahead| ahead.bytes(bytes)).is_some()
    }

    /// Looks ahead: what `look` passes is passed only if it does not return `None`.
    #[inline(always)]
    pub(crate) fn attempt<T>(&mut self, look: impl FnOnce(&mut Ahead<'a>) -> Option<T>) -> Option<T> {
        let mut ahead = Ahead { rest: self.rest };
        let result = look(&mut ahead)?;
        self.rest = ahead.rest;
        Some(result)
    }

    fn literal(&mut self, word: &'static [u8], expected: &'static str) -> Step<()> {
        match self.rest.strip_prefix(word) {
            Some(rest) => {
                self.rest = rest;
                Ok(())
            }
            None => self.malformed(expected),
        }
    }

    /// Passes a null, if one is next.
    #[inline(always)]
    pub(crate) fn take_null(&mut self) -> Step<bool> {
        if self.peek() != Some(b'n') {
            return Ok(false);
        }
        self.literal(b"null", "null").map(|()| true)
    }

    #[inline(always)]
    fn descend(&mut self) -> Step<()> {
        self.depth += 1;
        if self.depth == DEPTH_LIMIT { self.fail(ParseErrorKind::TooDeep) } else { Ok(()) }
    }

    /// An object, or null: `member` is called for each member, once its colon is passed, and must read the
    /// value.
    #[inline(always)]
    pub(crate) fn object(
        &mut self,
        field: &'static str,
        mut member: impl FnMut(&mut Self, &[u8]) -> Step<()>,
    ) -> Step<bool> {
        self.members(field, |cursor| {
            let name = cursor.member_name()?;
            member(cursor, &name)
        })
    }

    /// An object, or null: `member` is called for each member, and must read its name and its value.
    #[inline(always)]
    pub(crate) fn members(
        &mut self,
        field: &'static str,
        mut member: impl FnMut(&mut Self) -> Step<()>,
    ) -> Step<bool> {
        if self.peek() != Some(b'{') {
            return if self.take_null()? { Ok(false) } else { self.unexpected(field, "an object") };
        }
        self.descend()?;
        self.pass(1);
        if !self.take(b'}') {
            loop {
                self.skip_space();
                member(self)?;
                if self.take(b',') {
                    continue;
                }
                self.demand(b'}', "a comma or the end of the object")?;
                break;
            }
        }
        self.depth -= 1;
        Ok(true)
    }

    /// The name of a member and its colon, and the space after it.
    #[inline(always)]
    pub(crate) fn member_name(&mut self) -> Step<Cow<'a, [u8]>> {
        let name = self.name()?;
        self.demand(b':', "a colon")?;
        self.skip_space();
        Ok(name)
    }

    /// A list, or null: `item` is called at each item that is not null, and must read it.
    #[inline(always)]
    pub(crate) fn list(
        &mut self,
        field: &'static str,
        mut item: impl FnMut(&mut Self) -> Step<()>,
    ) -> Step<bool> {
        if self.peek() != Some(b'[') {
            return if self.take_null()? { Ok(false) } else { self.unexpected(field, "a list") };
        }
        self.descend()?;
        self.pass(1);
        if !self.take(b']') {
            loop {
                if !self.take_null()? {
                    item(self)?;
                }
                if self.take(b',') {
                    continue;
                }
                self.demand(b']', "a comma or the end of the list")?;
                break;
            }
        }
        self.depth -= 1;
        Ok(true)
    }

    /// Counts an item that is kept, which may take more memory than it has bytes.
    #[inline]
    pub(crate) fn item(&mut self) -> Step<()> {
        match self.items.checked_sub(1) {
            Some(left) => {
                self.items = left;
                Ok(())
            }
            None => self.too_many("items of lists", self.most_items, "items"),
        }
    }

    /// There is more of something than one of the [`Limits`](crate::Limits) allows.
    #[cold]
    #[inline(never)]
    pub(crate) fn too_many<T>(&mut self, what: &'static str, limit: usize, setter: &'static str) -> Step<T> {
        self.fail(ParseErrorKind::TooMany { what, limit, setter })
    }

    /// A text, or null.
    #[inline(always)]
    pub(crate) fn text(&mut self, field: &'static str) -> Step<Option<Cow<'a, str>>> {
        match self.peek() {
            Some(b'"') => self.string().map(Some),
            _ if self.take_null()? => Ok(None),
            _ => self.unexpected(field, "a text"),
        }
    }

    /// Any value, passed over but checked to the last byte.
    pub(crate) fn skip_value(&mut self) -> Step<()> {
        match self.peek() {
            Some(b'"') => self.skip_string(),
            Some(b'{') => self.object("", |cursor, _| cursor.skip_value()).map(drop),
            Some(b'[') => self.list("", Self::skip_item).map(drop),
            Some(b't') => self.literal(b"true", "true"),
            Some(b'f') => self.literal(b"false", "false"),
            Some(b'n') => self.literal(b"null", "null"),
            Some(b'-' | b'0'..=b'9') => self.skip_number(),
            _ => self.malformed("a value"),
        }
    }

    fn skip_item(&mut self) -> Step<()> {
        if self.counts {
            self.item()?;
        }
        self.skip_value()
    }

    /// The bytes of a value that the caller keeps: it is passed over as by [`skip_value`](Self::skip_value), with its items
    /// counted.
    pub(crate) fn kept_value(&mut self) -> Step<&'a [u8]> {
        let (start, value) = (self.offset(), self.rest);
        self.counts = true;
        let passed = self.skip_value();
        self.counts = false;
        passed?;
        Ok(value.get(..self.offset() - start).unwrap_or_default())
    }

    /// Nothing but space is left.
    pub(crate) fn end(&mut self) -> Step<()> {
        if self.peek().is_none() { Ok(()) } else { self.malformed("the end of the response") }
    }
}

/// The bytes after the space that a text begins with, mostly a single one.
#[inline(always)]
fn behind_space(text: &[u8]) -> &[u8] {
    match text {
        [b' ', rest @ ..] if rest.first().is_some_and(|next| *next > b' ') => rest,
        _ => behind_indent(text),
    }
}

#[inline(never)]
fn behind_indent(mut rest: &[u8]) -> &[u8] {
    while let [b'\t' | b'\n' | b'\r' | b' ', behind @ ..] = rest {
        rest = behind;
        // The indent of a line, eight spaces at a time.
        while let Some((chunk, behind)) = rest.split_first_chunk() {
            let others = u64::from_le_bytes(*chunk) ^ u64::from_le_bytes(*b"        ");
            if others != 0 {
                rest = rest.get(others.trailing_zeros() as usize / 8..).unwrap_or_default();
                break;
            }
            rest = behind;
        }
    }
    rest
}

/// A look ahead, for what is written in just one way. It reports no faults, and is small enough to stay in
/// registers.
pub(crate) struct Ahead<'a> {
    rest: &'a [u8],
}

impl Ahead<'_> {
    /// Passes space.
    #[inline(always)]
    pub(crate) fn space(&mut self) {
        if let [..=b' ', ..] = self.rest {
            self.rest = behind_space(self.rest);
        }
    }

    /// These bytes, with no space before them.
    #[inline(always)]
    pub(crate) fn bytes<const N: usize>(&mut self, bytes: &[u8; N]) -> Option<()> {
        match self.rest.split_first_chunk() {
            Some((found, rest)) if found == bytes => {
                self.rest = rest;
                Some(())
            }
            _ => None,
        }
    }

    /// These bytes, whose number is known only at run time, with no space before them.
    #[inline(always)]
    pub(crate) fn known(&mut self, bytes: &[u8]) -> Option<()> {
        let (found, rest) = self.rest.split_at_checked(bytes.len())?;
        same(found, bytes).then(|| self.rest = rest)
    }
}

/// Whether two texts of the same length are equal. Most are so short that a call would take too long: two words, which may
/// overlap, cover them.
#[inline(always)]
fn same(one: &[u8], other: &[u8]) -> bool {
    fn ends<const N: usize>(text: &[u8]) -> Option<(&[u8; N], &[u8; N])> {
        Some((text.first_chunk()?, text.last_chunk()?))
    }
    match one.len() {
        4..8 => ends::<4>(one) == ends(other),
        8..=16 => ends::<8>(one) == ends(other),
        _ => one == other,
    }
}
