//! Texts as they are compared.

use unicode_normalization::UnicodeNormalization;

/// How many characters, and spaces between words, a byte of UTF-8 can make when it is folded: U+FDFA, of three bytes,
/// makes 18.
pub(super) const MOST_CHARACTERS_A_BYTE: usize = 6;

/// A text in the form in which texts are compared: Unicode's compatibility form (NFKC), without case, without
/// characters that do not show, and with one space between words and none around them.
pub(in crate::document) fn fold(text: &str) -> String {
    let folded = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        let shown = text.nfkc().filter(|character| !is_hidden(*character));
        // Through the capitals, as some small letters have the same one, or two: the sigmas, and the sharp s. The sharp
        // s has a capital of its own besides, which only its small letter leads to the two.
        let small = shown.flat_map(char::to_lowercase);
        small.flat_map(char::to_uppercase).flat_map(char::to_lowercase).nfkc().collect()
    };
    let mut joined = String::with_capacity(folded.len());
    for word in folded.split_whitespace() {
        if !joined.is_empty() {
            joined.push(' ');
        }
        joined.push_str(word);
    }
    joined
}

/// Soft hyphens, joiners, marks of the direction of writing, and the byte order mark: none is seen on a page, and a
/// phrase that was copied from elsewhere may bring them along.
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
