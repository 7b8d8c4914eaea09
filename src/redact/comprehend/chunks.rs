//! Cuts a text into chunks that fit into one request each.

use std::ops::Range;

use unicode_normalization::char::is_combining_mark;

/// How large a chunk may be, and how far chunks overlap.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Limits {
    bytes: usize,
    overlap: usize,
}

impl Limits {
    /// Chunks of at most `bytes`, each of which repeats at least `overlap` code points of the one before.
    ///
    /// The overlap is at most a 16th of the bytes: a quarter of a chunk in a script of four bytes per code point. With another
    /// quarter at each end in which to find a border, a chunk still brings a quarter that is new.
    pub(super) fn new(bytes: usize, overlap: usize) -> Self {
        let bytes = bytes.max(64);
        Self { bytes, overlap: overlap.min(bytes / 16) }
    }
}

/// A stretch of a text, with its place in it. It has no `Debug`, which would show the text.
#[derive(Clone, Copy)]
pub(super) struct Chunk<'t> {
    pub(super) text: &'t str,
    /// The code point of the whole text that it begins with.
    pub(super) begin: usize,
    /// How many code points it has.
    pub(super) len: usize,
    /// Whether the text goes on before it.
    cut_before: bool,
    /// Whether the text goes on behind it.
    cut_behind: bool,
}

impl Chunk<'_> {
    /// Whether it is white space alone, about which there is nothing to ask.
    pub(super) fn is_blank(&self) -> bool {
        self.text.trim_start().is_empty()
    }

    /// The code points of the whole text within which this chunk is sure to have an entity whole: all but its first and its last
    /// word at a cut.
    pub(super) fn inner(&self) -> Range<usize> {
        let count = |text: &str| text.chars().count();
        let end = self.begin.saturating_add(self.len);
        let first = match self.cut_before {
            // One more than where its first word begins: an entity that begins there touches the cut.
            true => self.begin + (self.len - count(self.text.trim_start())) + 1,
            false => self.begin,
        };
        let last = match self.cut_behind {
            true => (self.begin + count(self.text.trim_end())).saturating_sub(1),
            false => end,
        };
        first..last
    }
}

/// The chunks of a text, in order. Each stretch of no more code points than the overlap is whole in one of them.
///
/// They begin and end at the borders of words. They are cut within a word only if there is no white space within a quarter of a
/// chunk, and then not between a letter and its marks; and between marks only if there is nothing else.
pub(super) fn chunks(text: &str, limits: Limits) -> Chunks<'_> {
    Chunks { text, limits, next: Some((0, 0)) }
}

/// The iterator of [`chunks`].
pub(super) struct Chunks<'t> {
    text: &'t str,
    limits: Limits,
    /// The byte and the code point that the next chunk begins with.
    next: Option<(usize, usize)>,
}

impl<'t> Iterator for Chunks<'t> {
    type Item = Chunk<'t>;

    fn next(&mut self) -> Option<Chunk<'t>> {
        let (start, begin) = self.next.take()?;
        let Limits { bytes, overlap } = self.limits;
        let window = bytes / 4;
        let end = match self.text.floor_char_boundary(start.saturating_add(bytes)) {
            most if most == self.text.len() => most,
            most => border(self.text, most.saturating_sub(window), most),
        };
        // Never `None`, as these are borders of characters. If it were, the service would refuse the whole text, and the rest
        // would not be passed over.
        let text = self.text.get(start..end).unwrap_or(self.text);
        let cut_behind = end < self.text.len();
        let chunk = Chunk { text, begin, len: text.chars().count(), cut_before: start > 0, cut_behind };
        if cut_behind {
            let latest = match overlap.checked_sub(1) {
                Some(before) => start + text.char_indices().rev().nth(before).map_or(0, |(at, _)| at),
                None => end,
            };
            let following = border(self.text, latest.saturating_sub(window), latest);
            let passed = self.text.get(start..following).unwrap_or_default().chars().count();
            self.next = Some((following, begin + passed));
        }
        Some(chunk)
    }
}

/// The last place between these bytes at which to cut a text; `latest` itself if there is no good one.
fn border(text: &str, earliest: usize, latest: usize) -> usize {
    let earliest = text.floor_char_boundary(earliest);
    let mut behind = text.get(latest..).and_then(|rest| rest.chars().next());
    let mut within_word = None;
    for (at, before) in text.get(earliest..latest).unwrap_or_default().char_indices().rev() {
        let place = earliest + at + before.len_utf8();
        if behind.is_none_or(|behind| is_apart(before, behind)) {
            if before.is_whitespace() || behind.is_none_or(char::is_whitespace) {
                return place;
            }
            within_word.get_or_insert(place);
        }
        behind = Some(before);
    }
    within_word.unwrap_or(latest)
}

/// Whether two neighbours are not parts of one character as people see it: the cases of Unicode's "Text Segmentation"
/// (UAX #29) that occur in documents, without its tables.
fn is_apart(before: char, behind: char) -> bool {
    const JOINER: char = '\u{200d}';
    let is_modifier = |c: char| ('\u{1f3fb}'..='\u{1f3ff}').contains(&c);
    let is_tag = |c: char| ('\u{e0020}'..='\u{e007f}').contains(&c);
    let is_flag_letter = |c: char| ('\u{1f1e6}'..='\u{1f1ff}').contains(&c);
    let is_inner_jamo = |c: char| ('\u{1160}'..='\u{11ff}').contains(&c);
    let continues = is_combining_mark(behind)
        || behind == JOINER
        || behind == '\u{200c}'
        || is_modifier(behind)
        || is_tag(behind)
        || is_inner_jamo(behind);
    let joins = before == JOINER
        || is_flag_letter(before) && is_flag_letter(behind)
        || (before, behind) == ('\r', '\n');
    !continues && !joins
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn cut(text: &str, bytes: usize, overlap: usize) -> Vec<Chunk<'_>> {
        chunks(text, Limits::new(bytes, overlap)).collect()
    }

    fn texts(chunks: &[Chunk<'_>]) -> Vec<String> {
        chunks.iter().map(|chunk| chunk.text.to_owned()).collect()
    }

    /// The place of the chunks in the text, in code points.
    fn ranges(chunks: &[Chunk<'_>]) -> Vec<Range<usize>> {
        chunks.iter().map(|chunk| chunk.begin..chunk.begin + chunk.len).collect()
    }

    #[test]
    fn what_fits_is_one_chunk() {
        for text in ["", " ", "Jane Doe", &"नमस्ते ".repeat(3)] {
            let chunks = cut(text, 64, 4);
            assert_eq!(texts(&chunks), [text]);
            assert_eq!(chunks[0].inner(), 0..text.chars().count());
        }
        assert_eq!(cut(&"x".repeat(64), 64, 4).len(), 1);
        assert_eq!(cut(&"x".repeat(65), 64, 4).len(), 2);
    }

    #[test]
    fn words_stay_whole_and_chunks_overlap() {
        let text = "aaaa bbbb cccc dddd eeee ffff gggg hhhh iiii jjjj kkkk llll mmmm nnnn";
        let cut = cut(text, 64, 4);
        assert_eq!(texts(&cut), [&text[..64], "mmmm nnnn"].map(str::to_owned));
        assert_eq!(ranges(&cut), [0..64, 60..69]);
        // What touches the cut may go on beyond it.
        assert_eq!((cut[0].inner(), cut[1].inner()), (0..63, 61..69));
    }

    #[test]
    fn letters_keep_their_marks() {
        let family = "👨\u{200d}👩\u{200d}👧";
        for cluster in ["e\u{301}", "नि", family, "👍🏽", "\u{1112}\u{1161}\u{11ab}", "ب\u{64e}"] {
            for shift in 0..8 {
                let text = format!("{}{}", "x".repeat(shift), cluster.repeat(40));
                let starts: Vec<usize> =
                    (0..40).map(|n| shift + n * cluster.chars().count()).chain(0..shift).collect();
                for range in ranges(&cut(&text, 96, 2)) {
                    assert!(starts.contains(&range.start), "{cluster}: {range:?}");
                    assert!(range.end == text.chars().count() || starts.contains(&range.end), "{range:?}");
                }
            }
        }
    }

    #[test]
    fn flags_and_line_breaks_are_of_two() {
        let pair = |text: &str| (text.chars().next().unwrap(), text.chars().nth(1).unwrap());
        for text in ["🇩🇪", "\r\n"] {
            let (first, second) = pair(text);
            assert!(!is_apart(first, second) && is_apart(second, 'x') && is_apart('x', first), "{text}");
        }
    }

    #[test]
    fn nothing_but_marks_is_cut_all_the_same() {
        let text = format!("a{}", "\u{301}".repeat(500));
        let chunks = cut(&text, 64, 4);
        assert!(chunks.iter().all(|chunk| chunk.text.len() <= 64));
        assert_eq!(ranges(&chunks).last().unwrap().end, 501);
    }

    /// Texts of words, of white space and of what has neither, in scripts of every length in bytes.
    fn texts_of_any_script() -> impl Strategy<Value = String> {
        let pieces = prop_oneof![
            6 => "[a-z]{1,9}",
            3 => "[ \n\t\u{a0}\u{3000}]{1,3}",
            1 => "[a-z]{30,200}",
            2 => "(नि|ते|स्|مَ|e\u{301}|漢|👍🏽|🇩🇪|👨\u{200d}👩\u{200d}👧| \u{301}){1,20}",
            1 => "\\PC{1,40}",
            1 => "(.|\n){1,20}",
        ];
        prop::collection::vec(pieces, 0..60).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #[test]
        fn chunks_fit_cover_and_overlap(text in texts_of_any_script(), bytes in 64..1024usize, overlap in 0..70usize) {
            let limits = Limits::new(bytes, overlap);
            let chunks: Vec<_> = chunks(&text, limits).collect();
            let whole: Vec<char> = text.chars().collect();
            for chunk in &chunks {
                prop_assert!(chunk.text.len() <= bytes);
                let range = chunk.begin..chunk.begin + chunk.len;
                prop_assert_eq!(&chunk.text.chars().collect::<Vec<_>>()[..], &whole[range]);
            }
            let ranges = ranges(&chunks);
            prop_assert_eq!(ranges[0].start, 0);
            prop_assert_eq!(ranges.last().unwrap().end, whole.len());
            for pair in ranges.windows(2) {
                // Hence each stretch that is not longer than the overlap is in one of them.
                prop_assert!(pair[1].start + limits.overlap <= pair[0].end, "{:?}", pair);
                prop_assert!(pair[1].start > pair[0].start && pair[1].end > pair[0].end, "{:?}", pair);
            }
            prop_assert!(chunks.len() <= text.len() / (bytes / 4 - 8) + 1);
        }

        #[test]
        fn cuts_are_at_borders_of_words(words in prop::collection::vec("[a-zé漢]{1,5}", 1..300), bytes in 80..400usize) {
            let text = words.join(" ");
            let whole: Vec<char> = text.chars().collect();
            for range in ranges(&cut(&text, bytes, 16)) {
                for at in [range.start, range.end] {
                    let at_border = at == 0 || at == whole.len() || whole[at] == ' ' || whole[at - 1] == ' ';
                    prop_assert!(at_border, "{} of {}", at, whole.len());
                }
            }
        }

        #[test]
        fn no_chunk_begins_with_a_mark(text in texts_of_any_script(), bytes in 400..1024usize) {
            // These texts have no runs of marks as long as a quarter of a chunk.
            for chunk in cut(&text, bytes, 20).iter().skip(1) {
                let first = chunk.text.chars().next().unwrap();
                let joins = is_combining_mark(first) || first == '\u{200d}';
                prop_assert!(!joins, "{:?}", first);
            }
        }
    }
}
