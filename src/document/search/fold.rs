//! Texts in the form in which they are compared.

use unicode_normalization::UnicodeNormalization;

/// The most characters, with spaces between words, that a byte of UTF-8 can become when it is folded: U+FDFA, of three
/// bytes, becomes 18.
pub(super) const MOST_CHARACTERS_A_BYTE: usize = 6;

/// A text in the form in which texts are compared: Unicode's compatibility form (NFKC), without case, without
/// invisible characters, and with one space between words and none around them.
pub(in crate::document) fn fold(text: &str) -> String {
    let folded = if text.is_ascii() {
        text.to_ascii_lowercase()
    } else {
        let shown = text.nfkc().filter(|character| !is_hidden(*character));
        // By way of the capitals, as some small letters share one or become two: the sigmas, and the sharp s. The sharp s
        // also has a capital of its own, which becomes the two only by way of its small letter.
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

/// Soft hyphens, joiners, marks of the direction of writing, and the byte order mark: they are invisible on a page, and a
/// phrase that was copied from elsewhere may contain them.
pub(crate) fn is_hidden(character: char) -> bool {
    matches!(
        character,
        '\u{ad}' | '\u{61c}' | '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}'
    )
}
