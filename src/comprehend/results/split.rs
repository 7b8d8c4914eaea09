//! Splitting a stream of bytes into records.

use std::collections::VecDeque;

/// How the records of a file are separated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Framing {
    /// JSON objects with only white space or commas between them. Comprehend writes one per line; its guide also shows them
    /// over many lines, and then with commas.
    Json,
    /// Lines that end in a line feed, with or without a carriage return before it.
    Lines,
    /// Rows of a table; a line feed between quotation marks does not end a row. A row keeps its line end.
    Csv,
}

/// Why bytes cannot be split into records.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Broken {
    TooLong,
    NotARecord,
    Unfinished,
}

/// Takes bytes as they arrive and returns complete records, holding at most one incomplete record.
#[derive(Debug)]
pub(super) struct Splitter {
    framing: Framing,
    most_bytes: usize,
    record: Vec<u8>,
    depth: u32,
    quoted: bool,
    escaped: bool,
}

impl Splitter {
    pub(super) fn new(framing: Framing, most_bytes: usize) -> Self {
        Self { framing, most_bytes, record: Vec::new(), depth: 0, quoted: false, escaped: false }
    }

    /// Takes some bytes.
    pub(super) fn take(&mut self, bytes: &[u8], records: &mut VecDeque<Vec<u8>>) -> Result<(), Broken> {
        for &byte in bytes {
            let (keeps, ends) = match self.framing {
                Framing::Json => self.json(byte)?,
                Framing::Lines => (byte != b'\n', byte == b'\n'),
                Framing::Csv => {
                    self.quoted ^= byte == b'"';
                    (true, byte == b'\n' && !self.quoted)
                }
            };
            if keeps {
                if self.record.len() >= self.most_bytes {
                    return Err(Broken::TooLong);
                }
                self.record.push(byte);
            }
            if ends {
                self.end(records);
            }
        }
        Ok(())
    }

    /// The end of the file.
    pub(super) fn finish(&mut self, records: &mut VecDeque<Vec<u8>>) -> Result<(), Broken> {
        if self.record.is_empty() {
            return Ok(());
        }
        if self.framing == Framing::Json || self.quoted {
            return Err(Broken::Unfinished);
        }
        if self.framing == Framing::Csv {
            self.record.push(b'\n');
        }
        self.end(records);
        Ok(())
    }

    fn end(&mut self, records: &mut VecDeque<Vec<u8>>) {
        if self.framing == Framing::Lines && self.record.last() == Some(&b'\r') {
            self.record.pop();
        }
        records.push_back(std::mem::take(&mut self.record));
    }

    /// Whether a byte belongs to a record, and whether it ends it.
    fn json(&mut self, byte: u8) -> Result<(bool, bool), Broken> {
        if self.quoted {
            self.quoted = self.escaped || byte != b'"';
            self.escaped = !self.escaped && byte == b'\\';
            return Ok((true, false));
        }
        match byte {
            b'{' | b'[' if self.depth > 0 || byte == b'{' => self.depth = self.depth.saturating_add(1),
            b'}' | b']' if self.depth > 0 => self.depth -= 1,
            b'"' if self.depth > 0 => self.quoted = true,
            b' ' | b'\t' | b'\r' | b'\n' | b',' if self.depth == 0 => return Ok((false, false)),
            _ if self.depth == 0 => return Err(Broken::NotARecord),
            _ => return Ok((true, false)),
        }
        Ok((true, self.depth == 0))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The records of some pieces of a file.
    fn split(framing: Framing, most: usize, pieces: &[&[u8]]) -> Result<Vec<String>, Broken> {
        let (mut splitter, mut records) = (Splitter::new(framing, most), VecDeque::new());
        for piece in pieces {
            splitter.take(piece, &mut records)?;
        }
        splitter.finish(&mut records)?;
        Ok(records.into_iter().map(|record| String::from_utf8_lossy(&record).into_owned()).collect())
    }

    fn whole(framing: Framing, text: &str) -> Result<Vec<String>, Broken> {
        split(framing, 1000, &[text.as_bytes()])
    }

    #[test]
    fn objects_on_lines_over_lines_and_with_commas() {
        let (one, two) = (r#"{"a": "}\"{", "b": [1, {}]}"#, r#"{"c": "\\"}"#);
        for text in [format!("{one}\n{two}\n"), format!("{one}{two}"), format!(" {one},\r\n{two}")] {
            assert_eq!(whole(Framing::Json, &text).unwrap(), [one, two], "{text}");
        }
        assert_eq!(whole(Framing::Json, "{\n \"a\": 1\n}\n").unwrap(), ["{\n \"a\": 1\n}"]);
        assert_eq!(whole(Framing::Json, " \n,").unwrap(), [""; 0]);
        for (text, broken) in [
            ("{\"a\": 1", Broken::Unfinished),
            ("{\"a\": \"}", Broken::Unfinished),
            ("x{}", Broken::NotARecord),
            ("{}}", Broken::NotARecord),
            ("[{}]", Broken::NotARecord),
            ("\"{}\"", Broken::NotARecord),
        ] {
            assert_eq!(whole(Framing::Json, text), Err(broken), "{text}");
        }
    }

    #[test]
    fn lines_and_rows() {
        assert_eq!(whole(Framing::Lines, "a\r\n\nb").unwrap(), ["a", "", "b"]);
        assert_eq!(whole(Framing::Lines, "a\n").unwrap(), ["a"]);
        assert_eq!(whole(Framing::Lines, "").unwrap(), [""; 0]);
        assert_eq!(whole(Framing::Csv, "a,\"b\nc\"\nd").unwrap(), ["a,\"b\nc\"\n", "d\n"]);
        assert_eq!(whole(Framing::Csv, "a,\"b\n"), Err(Broken::Unfinished));
    }

    #[test]
    fn no_record_grows_beyond_its_bound() {
        for (framing, text) in
            [(Framing::Json, r#"{"aaaa":1}"#), (Framing::Lines, "aaaaaaaaaa"), (Framing::Csv, "aaaaa,bbbb")]
        {
            assert!(split(framing, 10, &[text.as_bytes()]).is_ok(), "{framing:?}");
            assert_eq!(split(framing, 9, &[text.as_bytes()]), Err(Broken::TooLong), "{framing:?}");
        }
    }

    proptest! {
        /// However the bytes are cut into pieces, the records are the same.
        #[test]
        fn pieces_make_no_difference(
            records in prop::collection::vec("[a-z{}\\[\\]\",\\\\ é\n]{0,12}", 0..6),
            cut in 0usize..80,
        ) {
            let texts: Vec<String> = records.iter().map(|text| serde_json::json!({"t": text}).to_string()).collect();
            let file = texts.join("\n");
            let (first, second) = file.as_bytes().split_at(cut.min(file.len()));
            prop_assert_eq!(split(Framing::Json, 1000, &[first, second]).unwrap(), texts);
            for framing in [Framing::Lines, Framing::Csv] {
                let text = records.concat();
                let (first, second) = text.as_bytes().split_at(cut.min(text.len()));
                prop_assert_eq!(split(framing, 1000, &[first, second]), split(framing, 1000, &[text.as_bytes()]));
            }
        }

        /// Nothing panics, and nothing is returned that was not there.
        #[test]
        fn any_bytes_are_read_or_refused(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            for framing in [Framing::Json, Framing::Lines, Framing::Csv] {
                if let Ok(records) = split(framing, 50, &[&bytes]) {
                    prop_assert!(records.len() <= bytes.len() + 1);
                }
            }
        }
    }
}
