//! JSON of a known shape, written in every way that is allowed and in some that are not.

use arbitrary::{Result, Unstructured};

/// What a place holds, most of the time.
#[derive(Clone, Copy)]
pub enum Shape {
    /// Any text.
    Text,
    /// One of these, mostly.
    Name(&'static [&'static str]),
    /// Any number.
    Number,
    /// A number that is a count.
    Count,
    List(&'static Shape),
    /// Some of these members, in any order, some of them twice.
    Object(&'static [(&'static str, Shape)]),
    /// A string that is such JSON itself.
    Quoted(&'static Shape),
}

/// Writes JSON of this shape.
pub fn write(shape: &Shape, tape: &mut Unstructured<'_>) -> Result<Vec<u8>> {
    // One way for all of it, as a real writer has: compact, spaced, indented, or any mixture.
    let spacing = tape.int_in_range(0..=3)?;
    let mut writer = Writer { tape, spacing, odd: false, out: Vec::new() };
    writer.odd = writer.tape.ratio(1, 2)?;
    writer.value(shape, 0)?;
    Ok(writer.out)
}

struct Writer<'w, 't> {
    tape: &'w mut Unstructured<'t>,
    spacing: u8,
    /// Whether places may hold something other than they should.
    odd: bool,
    out: Vec<u8>,
}

impl Writer<'_, '_> {
    fn put(&mut self, text: &str) {
        self.out.extend_from_slice(text.as_bytes());
    }

    fn pick<'c>(&mut self, choices: &[&'c str]) -> Result<&'c str> {
        Ok(*self.tape.choose(choices)?)
    }

    /// A tape that has ended gives only zeros, so nothing goes on.
    fn goes_on(&mut self, times: u8, of: u8) -> Result<bool> {
        Ok(!self.tape.is_empty() && self.tape.ratio(times, of)?)
    }

    fn space(&mut self, after: &str) -> Result<()> {
        let space = match (self.spacing, after) {
            (1, ":" | ",") => " ",
            (2, "," | "{" | "[") => "\n            ",
            (2, ":") => " ",
            (3, _) => self.pick(&["", "", "", " ", "\t", "\r\n", "  \n        ", "\u{c}", "\u{a0}"])?,
            _ => "",
        };
        self.put(space);
        Ok(())
    }

    fn value(&mut self, shape: &Shape, depth: usize) -> Result<()> {
        if self.tape.ratio(1, 24)? {
            self.put("null");
            return Ok(());
        }
        if self.odd && self.tape.ratio(1, 24)? {
            return self.anything(depth);
        }
        match shape {
            Shape::Text => self.any_text(),
            Shape::Name(names) if self.tape.ratio(7, 8)? => {
                let name = self.pick(names)?;
                self.text(name)
            }
            Shape::Name(_) => self.any_text(),
            Shape::Number => self.number(),
            Shape::Count => self.count(),
            Shape::List(item) => {
                self.put("[");
                self.space("[")?;
                let mut first = true;
                while self.goes_on(3, 4)? {
                    self.comma(&mut first)?;
                    self.value(item, depth + 1)?;
                }
                self.put("]");
                Ok(())
            }
            Shape::Object(members) => {
                self.put("{");
                self.space("{")?;
                let mut first = true;
                for (name, shape) in *members {
                    if self.tape.ratio(2, 3)? {
                        self.comma(&mut first)?;
                        self.member(name, shape, depth)?;
                    }
                }
                while self.odd && self.goes_on(1, 4)? {
                    self.comma(&mut first)?;
                    match self.tape.choose_index(members.len() + 1)? {
                        place if place < members.len() => {
                            let (name, shape) = &members[place];
                            self.member(name, shape, depth)?;
                        }
                        _ => {
                            self.any_text()?;
                            self.put(":");
                            self.anything(depth)?;
                        }
                    }
                }
                self.put("}");
                Ok(())
            }
            Shape::Quoted(shape) => {
                let outer = std::mem::take(&mut self.out);
                self.value(shape, depth + 1)?;
                let inner = std::mem::replace(&mut self.out, outer);
                self.text(&String::from_utf8_lossy(&inner))
            }
        }
    }

    fn member(&mut self, name: &str, shape: &Shape, depth: usize) -> Result<()> {
        self.text(name)?;
        if self.spacing == 3 {
            self.space("")?;
        }
        self.put(":");
        self.space(":")?;
        self.value(shape, depth + 1)?;
        if self.spacing == 3 {
            self.space("")?;
        }
        Ok(())
    }

    fn comma(&mut self, first: &mut bool) -> Result<()> {
        if !std::mem::take(first) {
            self.put(",");
            self.space(",")?;
        }
        Ok(())
    }

    fn anything(&mut self, depth: usize) -> Result<()> {
        match self.tape.int_in_range(0..=if depth < 8 { 9 } else { 5 })? {
            0 => self.put("true"),
            1 => self.put("false"),
            2 => self.put("null"),
            3 => self.number()?,
            4 | 5 => self.any_text()?,
            6 => self.value(&Shape::List(&Shape::Number), depth + 1)?,
            7 => self.value(&Shape::List(&Shape::Text), depth + 1)?,
            8 => self.value(&Shape::Object(&[("A", Shape::Number), ("", Shape::Text)]), depth + 1)?,
            _ => {
                // As deep as is allowed, and a little deeper.
                let levels = self.tape.int_in_range(1..=130)?;
                let (open, close) = *self.tape.choose(&[("[", "]"), ("{\"a\":", "}")])?;
                self.put(&open.repeat(levels));
                self.put("0");
                self.put(&close.repeat(levels));
            }
        }
        Ok(())
    }

    fn any_text(&mut self) -> Result<()> {
        let text = match self.tape.int_in_range(0..=3)? {
            0 => self.pick(&[
                "",
                "Hello",
                "Jane Doe",
                "e8e502cb-b9b2-4271-aab7-e384b6d99c61",
                "w-1",
                "1",
                "*",
            ])?,
            1 => self.pick(&[
                "नमस्ते",
                "👋🏽",
                "e\u{301}",
                "\u{202e}",
                "\u{0}\u{1f}",
                "\\",
                "\"",
                "a/b",
                "\u{ffff}",
                "1-2",
            ])?,
            _ => {
                let length = self.tape.int_in_range(0..=40)?;
                let bytes = self.tape.bytes(usize::min(length, self.tape.len()))?;
                return self.text(&String::from_utf8_lossy(bytes));
            }
        };
        self.text(text)
    }

    /// A text in quotes, with some escapes that are not needed, and rarely something that is not a valid string.
    fn text(&mut self, text: &str) -> Result<()> {
        let escapes = self.tape.ratio(1, 8)?;
        self.put("\"");
        for c in text.chars() {
            let mut units = [0; 2];
            match c {
                '"' | '\\' => {
                    self.put("\\");
                    self.put(c.encode_utf8(&mut [0; 4]));
                }
                '/' if escapes => self.put("\\/"),
                '\n' => self.put("\\n"),
                '\u{8}' => self.put("\\b"),
                c if c < ' ' || (escapes && self.tape.ratio(1, 4)?) => {
                    for unit in c.encode_utf16(&mut units) {
                        let upper = self.tape.ratio(1, 2)?;
                        let unit = if upper { format!("\\u{unit:04X}") } else { format!("\\u{unit:04x}") };
                        self.put(&unit);
                    }
                }
                c => self.put(c.encode_utf8(&mut [0; 4])),
            }
        }
        if self.odd && self.tape.ratio(1, 64)? {
            let wrong =
                self.pick(&["\\ud800", "\\udc00\\ud800", "\\u12g4", "\\x", "\t", "\\", "\\ud83d\\u0041"])?;
            self.put(wrong);
        }
        self.put("\"");
        Ok(())
    }

    fn count(&mut self) -> Result<()> {
        if self.tape.ratio(1, 4)? {
            return self.number();
        }
        let count = self.tape.int_in_range(0..=12_u32)?;
        self.put(&count.to_string());
        Ok(())
    }

    fn number(&mut self) -> Result<()> {
        let number = match self.tape.int_in_range(0..=7)? {
            0 => self
                .pick(&[
                    "0",
                    "-0",
                    "-0.0",
                    "1.0",
                    "2e0",
                    "0.1e1",
                    "4294967295",
                    "4294967296",
                    "4.294967295e9",
                    "1e-400",
                ])?
                .to_owned(),
            1 => self
                .pick(&[
                    "1e999",
                    "-1e39",
                    "3.4028235e38",
                    "3.4028236e38",
                    "01",
                    "1.",
                    ".5",
                    "+1",
                    "NaN",
                    "1e",
                    "0x1",
                    "-",
                ])?
                .to_owned(),
            2 => self.tape.arbitrary::<f32>().map(f64::from).map(finite)?.to_string(),
            3 => finite(self.tape.arbitrary::<f64>()?).to_string(),
            4 => format!("{:e}", finite(self.tape.arbitrary::<f64>()?)),
            5 => self.tape.arbitrary::<u64>()?.to_string(),
            // In the form of coordinates and confidences.
            _ => {
                let whole = self.pick(&["0", "0", "1", "9", "99", "100"])?;
                let (digits, length) = (self.tape.arbitrary::<u64>()?, self.tape.int_in_range(1..=24_usize)?);
                let digits = format!("{digits:020}{digits:020}");
                format!("{whole}.{}", &digits[..length])
            }
        };
        self.put(&number);
        Ok(())
    }
}

fn finite(number: f64) -> f64 {
    if number.is_finite() { number } else { 0.5 }
}
