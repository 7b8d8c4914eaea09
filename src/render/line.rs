//! Runs of a line, which all formats write alike except for the escaping.

use super::Render;
use super::canvas::Canvas;
use crate::document::flow::Run;
use crate::document::{Field, Token};

/// How a format escapes the text of a document.
pub(super) trait Escape {
    /// Writes a text; `first` is whether it begins a line.
    fn escape(&self, text: &str, first: bool, out: &mut String);

    /// Writes the mark of a selection element or a signature, which is text of the caller.
    fn mark(&self, mark: &str, out: &mut String) {
        out.push_str(mark);
    }
}

impl Render {
    /// Writes runs with a space between each two. Calls `open` before the first one that is not hidden. Returns whether
    /// there was any.
    pub(super) fn runs<'d>(
        &self,
        canvas: &mut Canvas,
        escape: &impl Escape,
        runs: impl IntoIterator<Item = Run<'d>>,
        open: impl FnOnce(&mut Canvas),
    ) -> bool {
        let mut open = Some(open);
        for run in runs {
            let Some((text, source, is_foreign)) = self.said(&run).filter(|(text, ..)| !text.is_empty())
            else {
                continue;
            };
            let first = open.is_some();
            match open.take() {
                Some(open) => open(canvas),
                None => canvas.push(" "),
            }
            canvas.push_from(source, |out| {
                if is_foreign {
                    escape.escape(text, first, out);
                } else {
                    escape.mark(text, out);
                }
            });
        }
        open.is_none()
    }

    /// Writes tokens like [`runs`](Self::runs).
    pub(super) fn tokens<'d>(
        &self,
        canvas: &mut Canvas,
        escape: &impl Escape,
        tokens: impl IntoIterator<Item = Token<'d>>,
        open: impl FnOnce(&mut Canvas),
    ) -> bool {
        self.runs(canvas, escape, tokens.into_iter().map(Run::Token), open)
    }

    /// Writes lines with `between` each two that are not empty. Calls `open` before the first one. Returns whether there was
    /// any.
    pub(super) fn lines<'f, 'd: 'f>(
        &self,
        canvas: &mut Canvas,
        escape: &impl Escape,
        lines: impl IntoIterator<Item = &'f [Run<'d>]>,
        between: &str,
        open: impl FnOnce(&mut Canvas),
    ) -> bool {
        let mut open = Some(open);
        for line in lines {
            self.runs(canvas, escape, line.iter().copied(), |canvas| match open.take() {
                Some(open) => open(canvas),
                None => canvas.push(between),
            });
        }
        open.is_none()
    }

    /// Writes a form field as `key: value`, or only one of them if the other is empty: `first` escapes what comes first.
    pub(super) fn field<E: Escape>(
        &self,
        canvas: &mut Canvas,
        [first, next]: [&E; 2],
        field: &Field<'_>,
        open: impl FnOnce(&mut Canvas),
    ) -> bool {
        // There is no colon behind a check box; in Markdown, `[X]:` would begin a link reference definition.
        let wants_colon = match field.key_tokens().last() {
            Some(Token::Word(word)) => !word.text().ends_with([':', '\u{ff1a}']),
            _ => false,
        };
        let colon = if wants_colon { ": " } else { " " };
        let mut open = Some(open);
        let mut begin = |canvas: &mut Canvas| match open.take() {
            Some(open) => open(canvas),
            None => canvas.push(colon),
        };
        let has_key = self.tokens(canvas, first, field.key_tokens(), &mut begin);
        self.tokens(canvas, if has_key { next } else { first }, field.value_tokens(), &mut begin);
        open.is_none()
    }
}
