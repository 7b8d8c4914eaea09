//! The choice of a detector, which the examples that look for personal data share.

use anyhow::{Context, Result};
use clap::{Args, ValueEnum};
use inkseal::Clients;
use inkseal::emulator::Emulator;
use inkseal::redact::{ComprehendDetector, Language, PatternDetector, PiiType, Redactor, RedactorBuilder};

/// Which detector, and what it looks for.
#[derive(Args)]
pub struct DetectorArguments {
    /// The detector
    #[arg(long, default_value = "patterns")]
    detector: Detector,
    /// Ignore what has a lower score, 0 to 1 [default: 0.5 for patterns, 0 for comprehend]
    #[arg(long, value_name = "S", value_parser = score)]
    min_score: Option<f32>,
    /// Look for these types only, such as EMAIL,PHONE
    #[arg(long, value_name = "TYPE,...", value_delimiter = ',', value_parser = pii_type)]
    types: Vec<PiiType>,
    /// The language of the text, for comprehend
    #[arg(long, default_value = "en")]
    language: TextLanguage,
    /// Use Amazon Comprehend with the credentials of the environment for comprehend, not the embedded emulator
    #[arg(long)]
    aws: bool,
}

#[derive(Clone, Copy, ValueEnum)]
enum Detector {
    /// Patterns with checksums, without a network
    Patterns,
    /// DetectPiiEntities
    Comprehend,
}

#[derive(Clone, Copy, ValueEnum)]
enum TextLanguage {
    En,
    Es,
}

fn score(argument: &str) -> Result<f32, &'static str> {
    argument.parse().ok().filter(|score| (0.0..=1.0).contains(score)).ok_or("not a number between 0 and 1")
}

fn pii_type(argument: &str) -> Result<PiiType, &'static str> {
    let is_name = |byte: u8| matches!(byte, b'A'..=b'Z' | b'0'..=b'9' | b'_');
    match argument {
        "" => Err("a type is missing"),
        name if name.bytes().all(is_name) => Ok(name.into()),
        _ => Err("types are written in capitals, such as EMAIL"),
    }
}

impl DetectorArguments {
    /// The builder of a stage with this detector.
    pub async fn redactor(&self) -> Result<RedactorBuilder> {
        let builder = match self.detector {
            Detector::Patterns => Redactor::builder(self.patterns()?),
            Detector::Comprehend => {
                let builder = Redactor::builder(self.comprehend().await?);
                builder.min_score(self.min_score.unwrap_or(0.0))
            }
        };
        Ok(if self.types.is_empty() { builder } else { builder.only(self.types.iter().cloned()) })
    }

    fn patterns(&self) -> Result<PatternDetector> {
        let mut builder = PatternDetector::builder();
        if let Some(score) = self.min_score {
            builder = builder.min_score(score);
        }
        if !self.types.is_empty() {
            builder = builder.types(self.types.iter().cloned());
        }
        builder.build().context("--types")
    }

    async fn comprehend(&self) -> Result<ComprehendDetector> {
        let config = if self.aws {
            aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await
        } else {
            Emulator::builder().pii_by_patterns().build()?.sdk_config()
        };
        let language = match self.language {
            TextLanguage::En => Language::English,
            TextLanguage::Es => Language::Spanish,
        };
        Ok(ComprehendDetector::new(&Clients::new(&config)?)?.language(language))
    }
}
