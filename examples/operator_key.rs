//! Redacts with pseudonyms under a data key of AWS KMS, which is made once, kept wrapped, and unwrapped only while it is used.
//!
//! ```text
//! cargo run --example operator_key -- --kms-key arn:aws:kms:us-east-1:111122223333:key/... \
//!     --purpose customers --wrapped customers.key saved.json
//! ```
//!
//! The first run makes the key (`GenerateDataKeyWithoutPlaintext`) and writes it wrapped, as KMS returns it: without the KMS key it is
//! useless. Every run unwraps it (`Decrypt`), so the same names get the same pseudonyms. The purpose is the encryption context: under
//! another one KMS refuses, and a policy can demand it (`kms:EncryptionContext:inkseal-purpose`). It is in CloudTrail in the clear, so it
//! says what a key is for, and never for whom.
//!
//! The caller needs this statement, on the KMS key and for the purpose; to unwrap only, `kms:Decrypt` is enough:
//!
//! ```json
//! {"Effect": "Allow", "Action": ["kms:GenerateDataKeyWithoutPlaintext", "kms:Decrypt"],
//!  "Resource": "arn:aws:kms:us-east-1:111122223333:key/...",
//!  "Condition": {"StringEquals": {"kms:EncryptionContext:inkseal-purpose": "customers"}}}
//! ```
//!
//! To keep the key in AWS Secrets Manager instead, give the secret 32 random bytes as its binary value and your own KMS key, and read
//! it where this example decrypts:
//!
//! ```text
//! let secret = aws_sdk_secretsmanager::Client::new(&config)
//!     .get_secret_value().secret_id("inkseal/customers").version_stage("AWSCURRENT").send().await?;
//! let key = PseudonymKey::new(secret.secret_binary.context("no binary value")?.into_inner())?;
//! ```
//!
//! Another data key, or another secret, gives other pseudonyms: keep the old one for as long as records are joined by them. Rotating
//! the KMS key changes nothing, as the data key stays the same.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use aws_sdk_kms::error::ProvideErrorMetadata;
use aws_sdk_kms::primitives::Blob;
use aws_sdk_kms::types::DataKeySpec;
use clap::Parser;
use inkseal::document::Document;
use inkseal::redact::{Operator, PatternDetector, PseudonymKey, Redactor};
use inkseal::resource::KmsKey;

/// Redact a saved Textract response with pseudonyms under a KMS data key.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0, 1 if a key, file or document cannot be used, 2 for wrong arguments.")]
struct Arguments {
    /// The customer-managed key that wraps the data key
    #[arg(long, value_name = "ARN")]
    kms_key: KmsKey,
    /// What the data key is for; it appears in CloudTrail
    #[arg(long, value_name = "WORD")]
    purpose: String,
    /// The file of the wrapped data key; it is created if missing
    #[arg(long, value_name = "FILE")]
    wrapped: PathBuf,
    /// Another endpoint for KMS, such as a loopback emulator
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
    /// A saved Textract response
    file: PathBuf,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("operator_key: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let mut loader = aws_config::defaults(aws_config::BehaviorVersion::latest());
    if let Some(url) = &arguments.endpoint_url {
        loader = loader.endpoint_url(url);
    }
    let keys = DataKeys {
        kms: aws_sdk_kms::Client::new(&loader.load().await),
        kms_key: arguments.kms_key,
        purpose: arguments.purpose,
    };
    if !arguments.wrapped.exists() {
        keys.make(&arguments.wrapped).await?;
    }
    let key = keys.open(&arguments.wrapped).await?;
    let redactor = Redactor::builder(PatternDetector::new()).others(Operator::pseudonym(key)).build()?;
    let json = std::fs::read(&arguments.file).with_context(|| arguments.file.display().to_string())?;
    let (redacted, _) = Document::from_json(&json)?.redact(&redactor).await?;
    writeln!(std::io::stdout(), "{}", redacted.to_text())?;
    Ok(())
}

struct DataKeys {
    kms: aws_sdk_kms::Client,
    kms_key: KmsKey,
    purpose: String,
}

impl DataKeys {
    const CONTEXT: &str = "inkseal-purpose";

    /// Makes a data key and keeps it wrapped. KMS returns no plain text: whoever makes a key need not be able to use it.
    async fn make(&self, path: &Path) -> Result<()> {
        let call = self.kms.generate_data_key_without_plaintext().key_id(self.kms_key.as_str());
        let call = call.key_spec(DataKeySpec::Aes256).encryption_context(Self::CONTEXT, &self.purpose);
        // The SDK's error shows the whole answer; its code is enough.
        let answer =
            call.send().await.map_err(|error| refused("GenerateDataKeyWithoutPlaintext", error.code()))?;
        let wrapped = answer.ciphertext_blob.context("KMS returned no data key")?;
        // Never over one that somebody else has made meanwhile: its pseudonyms would be lost.
        let mut file = std::fs::File::create_new(path).with_context(|| path.display().to_string())?;
        file.write_all(wrapped.as_ref()).with_context(|| path.display().to_string())
    }

    /// Unwraps a data key. The bytes go into the key, which overwrites them when it is dropped.
    async fn open(&self, path: &Path) -> Result<PseudonymKey> {
        let wrapped = std::fs::read(path).with_context(|| path.display().to_string())?;
        // With the name of the key, KMS refuses a data key that another key has wrapped.
        let call = self.kms.decrypt().key_id(self.kms_key.as_str()).ciphertext_blob(Blob::new(wrapped));
        let call = call.encryption_context(Self::CONTEXT, &self.purpose);
        let answer = call.send().await.map_err(|error| refused("Decrypt", error.code()))?;
        let plain = answer.plaintext.context("KMS returned no key")?;
        Ok(PseudonymKey::new(plain.into_inner())?)
    }
}

fn refused(operation: &str, code: Option<&str>) -> anyhow::Error {
    anyhow::anyhow!("{operation} failed: {}", code.unwrap_or("no answer"))
}
