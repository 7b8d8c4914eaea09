//! Ids of blocks.

use std::convert::Infallible;
use std::fmt;
use std::hash::{Hash, Hasher};
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

/// The id by which blocks refer to each other, unique within a response.
///
/// Textract's ids are UUIDs and take 16 bytes here; any other text is kept as it is, so every id comes out
/// exactly as it went in. Ids are ordered as their texts.
///
/// ```
/// use inkseal::block::BlockId;
///
/// let id = BlockId::from("e8e502cb-b9b2-4271-aab7-e384b6d99c61");
/// assert_eq!(id.to_string(), "e8e502cb-b9b2-4271-aab7-e384b6d99c61");
/// assert_eq!(BlockId::from("word-1").to_string(), "word-1");
/// ```
#[derive(Clone, PartialEq, Eq)]
pub struct BlockId(Repr);

#[derive(Clone, PartialEq, Eq)]
enum Repr {
    /// A UUID in its canonical form, in lower case: the only text that these bytes represent.
    Uuid(Uuid),
    /// The empty text, which is never in `Text`.
    Empty,
    Text(Arc<str>),
}

/// Aligned, so that an id is moved as words. Otherwise it is moved in parts that overlap, each of which has to wait for the
/// one before it to be written.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
#[repr(align(8))]
struct Uuid([u8; 16]);

pub(super) const UUID_LEN: usize = 36;

impl BlockId {
    /// An id that was not sent.
    pub(crate) const EMPTY: Self = Self(Repr::Empty);

    /// The id with this text, if it is a UUID in its canonical form.
    #[inline]
    pub(crate) fn from_uuid(text: &[u8; UUID_LEN]) -> Option<Self> {
        decode(text).map(|bytes| Self(Repr::Uuid(Uuid(bytes))))
    }

    /// Whether it is empty, as for a block that came without an id.
    pub fn is_empty(&self) -> bool {
        matches!(self.0, Repr::Empty)
    }

    /// The 16 bytes of the UUID, if it is one in canonical form and lower case.
    pub fn as_uuid_bytes(&self) -> Option<&[u8; 16]> {
        match &self.0 {
            Repr::Uuid(Uuid(bytes)) => Some(bytes),
            Repr::Empty | Repr::Text(_) => None,
        }
    }

    fn with_str<R>(&self, use_text: impl FnOnce(&str) -> R) -> R {
        match &self.0 {
            Repr::Text(text) => use_text(text),
            Repr::Empty => use_text(""),
            Repr::Uuid(Uuid(bytes)) => {
                let text = encode(bytes);
                // All ASCII by construction, so the empty text is never used.
                use_text(std::str::from_utf8(&text).unwrap_or_default())
            }
        }
    }
}

/// The places of the dashes.
const DASHES: [usize; 4] = [8, 13, 18, 23];

/// The bytes of a UUID. The loops run over arrays of fixed length, which the compiler vectorizes.
#[inline]
#[expect(clippy::indexing_slicing, reason = "two digits for each of 16 bytes, in arrays of 32 and 16")]
fn decode(text: &[u8; UUID_LEN]) -> Option<[u8; 16]> {
    let t = text;
    let digits: [u8; 32] = [
        t[0], t[1], t[2], t[3], t[4], t[5], t[6], t[7], t[9], t[10], t[11], t[12], t[14], t[15], t[16],
        t[17], t[19], t[20], t[21], t[22], t[24], t[25], t[26], t[27], t[28], t[29], t[30], t[31], t[32],
        t[33], t[34], t[35],
    ];
    let mut bad = t[8] ^ b'-' | t[13] ^ b'-' | t[18] ^ b'-' | t[23] ^ b'-';
    let mut nibbles = [0_u8; 32];
    for (nibble, digit) in nibbles.iter_mut().zip(digits) {
        let (number, letter) = (digit.wrapping_sub(b'0'), digit.wrapping_sub(b'a'));
        *nibble = if number < 10 { number } else { letter.wrapping_add(10) };
        bad |= u8::from(number >= 10) & u8::from(letter >= 6);
    }
    let mut bytes = [0; 16];
    for (i, byte) in bytes.iter_mut().enumerate() {
        *byte = nibbles[2 * i] << 4 | nibbles[2 * i + 1];
    }
    (bad == 0).then_some(bytes)
}

fn encode(bytes: &[u8; 16]) -> [u8; UUID_LEN] {
    const DIGITS: &[u8; 16] = b"0123456789abcdef";
    let mut text = [b'-'; UUID_LEN];
    let places = text.iter_mut().enumerate().filter(|(place, _)| !DASHES.contains(place));
    let nibbles = bytes.iter().flat_map(|byte| [byte >> 4, byte & 15]);
    for ((_, place), nibble) in places.zip(nibbles) {
        *place = DIGITS.get(usize::from(nibble)).copied().unwrap_or_default();
    }
    text
}

impl From<&str> for BlockId {
    fn from(text: &str) -> Self {
        if text.is_empty() {
            return Self::EMPTY;
        }
        let uuid = text.as_bytes().try_into().ok().and_then(Self::from_uuid);
        uuid.unwrap_or_else(|| Self(Repr::Text(text.into())))
    }
}

impl From<String> for BlockId {
    fn from(text: String) -> Self {
        Self::from(text.as_str())
    }
}

impl FromStr for BlockId {
    type Err = Infallible;

    fn from_str(text: &str) -> Result<Self, Infallible> {
        Ok(Self::from(text))
    }
}

impl Hash for BlockId {
    /// Feeds the id to the hasher as one number, or as its text.
    fn hash<H: Hasher>(&self, state: &mut H) {
        match &self.0 {
            Repr::Uuid(Uuid(bytes)) => state.write_u128(u128::from_ne_bytes(*bytes)),
            Repr::Empty => state.write_u8(0),
            Repr::Text(text) => text.hash(state),
        }
    }
}

impl PartialEq<str> for BlockId {
    fn eq(&self, other: &str) -> bool {
        self.with_str(|text| text == other)
    }
}

impl PartialEq<&str> for BlockId {
    fn eq(&self, other: &&str) -> bool {
        self == *other
    }
}

impl Ord for BlockId {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Repr::Uuid(a), Repr::Uuid(b)) => a.cmp(b),
            _ => self.with_str(|a| other.with_str(|b| a.cmp(b))),
        }
    }
}

impl PartialOrd for BlockId {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

impl fmt::Display for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| f.pad(text))
    }
}

impl fmt::Debug for BlockId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.with_str(|text| write!(f, "BlockId({text:?})"))
    }
}

impl Serialize for BlockId {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.with_str(|text| serializer.serialize_str(text))
    }
}

impl<'de> Deserialize<'de> for BlockId {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Visitor;

        impl de::Visitor<'_> for Visitor {
            type Value = BlockId;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the id of a block")
            }

            fn visit_str<E>(self, text: &str) -> Result<BlockId, E> {
                Ok(BlockId::from(text))
            }
        }

        deserializer.deserialize_str(Visitor)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "e8e502cb-b9b2-4271-aab7-e384b6d99c61";

    #[test]
    fn is_small() {
        assert_eq!(size_of::<BlockId>(), 24);
        assert_eq!(size_of::<Option<BlockId>>(), 24);
    }

    #[test]
    fn only_the_canonical_form_is_packed() {
        assert!(BlockId::from(ID).as_uuid_bytes().is_some());
        for place in 0..UUID_LEN {
            for byte in 0..128 {
                let mut text = ID.as_bytes().to_vec();
                text[place] = byte;
                let text = String::from_utf8(text).unwrap();
                let id = BlockId::from(text.as_str());
                assert_eq!(id.to_string(), text);
                let packs = if DASHES.contains(&place) {
                    byte == b'-'
                } else {
                    matches!(byte, b'0'..=b'9' | b'a'..=b'f')
                };
                assert_eq!(id.as_uuid_bytes().is_some(), packs, "{text:?}");
            }
        }
        for text in ["", "word-1", &ID[1..], &ID.to_uppercase(), "\u{e9}8e502cb-b9b2-4271-aab7-e384b6d99c6"] {
            assert_eq!(BlockId::from(text).as_uuid_bytes(), None);
            assert_eq!(BlockId::from(text), *text);
        }
    }

    #[test]
    fn order_is_that_of_the_text() {
        let mut texts = vec!["f", ID, "e", "e8e502cb-b9b2-4271-aab7-e384b6d99c60", "E", "f0"];
        let mut ids: Vec<_> = texts.iter().copied().map(BlockId::from).collect();
        texts.sort();
        ids.sort();
        assert_eq!(ids.iter().map(ToString::to_string).collect::<Vec<_>>(), texts);
    }
}
