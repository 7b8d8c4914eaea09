//! Tesseract's TSV: a row for the page, and one for each block, paragraph, line and word on it.

use anyhow::{Context, Result, bail};
use inkseal::block::{PageSize, PixelBox};
use inkseal::emulator::{ScannedPage, ScannedWord};
use serde::Deserialize;

#[derive(Deserialize)]
struct Row {
    level: u8,
    block_num: u32,
    par_num: u32,
    line_num: u32,
    left: u32,
    top: u32,
    width: u32,
    height: u32,
    conf: f32,
    text: String,
}

const PAGE: u8 = 1;
const WORD: u8 = 5;

/// Reads the TSV of one page.
pub fn page(tsv: &[u8]) -> Result<ScannedPage> {
    // Tesseract does not quote: a quotation mark is on the page.
    let mut reader = csv::ReaderBuilder::new().delimiter(b'\t').quoting(false).from_reader(tsv);
    let mut size = None;
    let mut lines: Vec<((u32, u32, u32), Vec<ScannedWord>)> = Vec::new();
    for (number, row) in (2..).zip(reader.deserialize()) {
        // The error of a row could quote it.
        let Ok(row) = row else { bail!("line {number} of tesseract's output is not a row of its TSV") };
        let Row { level, block_num, par_num, line_num, left, top, width, height, conf, text } = row;
        match level {
            PAGE if size.is_some() => bail!("tesseract read several pages in the image of one"),
            PAGE => size = Some(PageSize::new(width, height)?),
            WORD => {
                let word = ScannedWord::new(text, PixelBox { left, top, width, height }, conf);
                let line = (block_num, par_num, line_num);
                match lines.last_mut() {
                    Some((last, words)) if *last == line => words.push(word),
                    _ => lines.push((line, vec![word])),
                }
            }
            // Blocks, paragraphs and lines are known by their words.
            _ => {}
        }
    }
    let page = ScannedPage::new(size.context("tesseract reported no page")?);
    Ok(lines.into_iter().fold(page, |page, (_, words)| page.line(words)))
}
