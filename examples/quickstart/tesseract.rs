//! Tesseract, an OCR that reads pictures on this machine.

use anyhow::{Result, bail};
use inkseal::emulator::ScannedPage;

use crate::program::Program;
use crate::tsv;

const TESSERACT: Program = Program {
    name: "tesseract",
    task: "reads pictures",
    packages: "`apt-get install tesseract-ocr` (Debian), `brew install tesseract` (Homebrew), \
               `winget install UB-Mannheim.TesseractOCR` (Windows)",
};

/// Tesseract, as it is installed here.
#[derive(Clone)]
pub struct Tesseract {
    languages: String,
}

impl Tesseract {
    /// Finds tesseract, with these languages, such as `eng+hin`.
    pub async fn find(languages: &str) -> Result<Self> {
        let answer = TESSERACT.run(&["--list-langs"], b"").await?;
        let list = String::from_utf8_lossy(&answer.bytes);
        // The first line is a heading.
        let known: Vec<&str> = list.lines().skip(1).map(str::trim).filter(|name| *name != "osd").collect();
        if !answer.success || known.is_empty() {
            bail!(
                "tesseract has no language: install one, as `apt-get install tesseract-ocr-eng` does for English on \
                 Debian, or set TESSDATA_PREFIX to the folder that has them"
            );
        }
        if let Some(unknown) = languages.split('+').find(|name| !known.contains(name)) {
            bail!(
                "tesseract does not know the language `{unknown}`, only {}: install more, as \
                 `apt-get install tesseract-ocr-hin` does for Hindi on Debian",
                known.join(", ")
            );
        }
        Ok(Self { languages: languages.to_owned() })
    }

    /// Reads the image of a page.
    pub async fn read(&self, image: &[u8]) -> Result<ScannedPage> {
        // `--psm 1` makes it find out first whether the page is turned.
        let arguments = ["stdin", "stdout", "-l", &self.languages, "--psm", "1", "tsv"];
        let answer = TESSERACT.run(&arguments, image).await?;
        if !answer.success {
            bail!("tesseract cannot read the picture: it has too many or too few pixels, or is broken");
        }
        tsv::page(&answer.bytes)
    }
}
