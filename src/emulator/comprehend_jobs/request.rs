//! What Comprehend refuses in a request that starts a job, according to the limits in its API reference.

use serde_json::Value;

use super::super::checks::{any, role};
use super::super::comprehend::LANGUAGES;
use super::super::route::Failure;
use super::kind::Kind;

/// A request in which everything is right that can be checked without the keys and the buckets.
pub(super) struct Request<'a> {
    pub(super) token: Option<&'a str>,
    /// Of an analysis: the bucket, the prefix, and whether each line is a document.
    pub(super) input: Option<(&'a str, &'a str, bool)>,
    /// The bucket and the prefix.
    pub(super) output: Option<(&'a str, &'a str)>,
    pub(super) output_key: Option<&'a str>,
    pub(super) volume_key: Option<&'a str>,
    pub(super) model_key: Option<&'a str>,
    /// Of a training: the model's name and version. Of a job that uses a model: its ARN.
    pub(super) model: Option<(&'a str, Option<&'a str>)>,
}

pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::client("InvalidRequestException", message)
}

impl<'a> Request<'a> {
    pub(super) fn read(kind: Kind, input: &'a Value) -> Result<Self, Failure> {
        let token = text(input, "ClientRequestToken", 64, token)?;
        required(text(input, "DataAccessRoleArn", 2048, role)?, "DataAccessRoleArn")?;
        if kind.takes_a_language() {
            required(text(input, "LanguageCode", 5, |code| LANGUAGES.contains(&code))?, "LanguageCode")?;
        }
        let data = required(input.get("InputDataConfig").filter(|data| data.is_object()), "InputDataConfig")?;
        let of_analysis = match kind.trains() {
            true => None,
            false => {
                let uri = required(
                    text(data, "S3Uri", 1024, |uri| place(uri).is_some())?,
                    "InputDataConfig.S3Uri",
                )?;
                let format = text(data, "InputFormat", 32, |it| {
                    ["ONE_DOC_PER_FILE", "ONE_DOC_PER_LINE"].contains(&it)
                })?;
                place(uri).map(|(bucket, prefix)| (bucket, prefix, format != Some("ONE_DOC_PER_FILE")))
            }
        };
        let output = input.get("OutputDataConfig").filter(|output| output.is_object());
        let output = match (kind, output) {
            (Kind::Recognizer, Some(_)) => return Err(unknown("OutputDataConfig")),
            (Kind::Recognizer | Kind::Classifier, None) => None,
            (_, output) => Some(required(output, "OutputDataConfig")?),
        };
        let output_key = output.map_or(Ok(None), |output| text(output, "KmsKeyId", 2048, key))?;
        let place_of = |output| text(output, "S3Uri", 1024, |uri| place(uri).is_some());
        let output = match output {
            Some(output) => place(required(place_of(output)?, "OutputDataConfig.S3Uri")?),
            None => None,
        };
        for (member, taken) in [
            ("VolumeKmsKeyId", kind.has_volumes()),
            ("VpcConfig", kind.has_volumes()),
            ("ModelKmsKeyId", kind.trains()),
        ] {
            if !taken && input.get(member).is_some_and(|value| !value.is_null()) {
                return Err(unknown(member));
            }
        }
        if let Some(vpc) = input.get("VpcConfig").filter(|vpc| !vpc.is_null()) {
            list(vpc, "Subnets", 16)?;
            list(vpc, "SecurityGroupIds", 5)?;
        }
        if kind == Kind::Pii {
            pii(input)?;
        }
        if let Some(number) = input.get("NumberOfTopics").and_then(Value::as_i64)
            && !(1..=100).contains(&number)
        {
            return Err(invalid("NumberOfTopics must be 1 to 100"));
        }
        Ok(Self {
            token,
            input: of_analysis,
            output,
            output_key,
            volume_key: text(input, "VolumeKmsKeyId", 2048, key)?,
            model_key: text(input, "ModelKmsKeyId", 2048, key)?,
            model: model(kind, input)?,
        })
    }
}

fn model(kind: Kind, input: &Value) -> Result<Option<(&str, Option<&str>)>, Failure> {
    let member = match kind {
        Kind::Classifier => "DocumentClassifierName",
        Kind::Recognizer => "RecognizerName",
        Kind::Classification => "DocumentClassifierArn",
        Kind::Entities => return Ok(text(input, "EntityRecognizerArn", 256, any)?.map(|arn| (arn, None))),
        _ => return Ok(None),
    };
    let form = if kind.trains() { name } else { any };
    let most = if kind.trains() { 63 } else { 256 };
    let found = required(text(input, member, most, form)?, member)?;
    Ok(Some((found, text(input, "VersionName", 63, name)?)))
}

fn pii(input: &Value) -> Result<(), Failure> {
    let mode = text(input, "Mode", 32, |mode| ["ONLY_OFFSETS", "ONLY_REDACTION"].contains(&mode))?;
    let language = text(input, "LanguageCode", 5, any)?.unwrap_or_default();
    if !["en", "es"].contains(&language) {
        return Err(Failure::client(
            "UnsupportedLanguageException",
            format!("Unsupported language code: {language}"),
        ));
    }
    let config = input.get("RedactionConfig").filter(|config| !config.is_null());
    match (required(mode, "Mode")?, config) {
        ("ONLY_REDACTION", None) => Err(invalid("RedactionConfig is required in the mode ONLY_REDACTION")),
        ("ONLY_REDACTION", Some(config)) => {
            list(config, "PiiEntityTypes", 100)?;
            let mode =
                text(config, "MaskMode", 32, |it| ["MASK", "REPLACE_WITH_PII_ENTITY_TYPE"].contains(&it))?;
            let mask = text(config, "MaskCharacter", 1, |mask| "!@#$%&*".contains(mask))?;
            match (mode, mask) {
                (Some("MASK") | None, None) => Err(invalid("MaskCharacter is required to mask")),
                _ => Ok(()),
            }
        }
        (_, Some(_)) => Err(invalid("RedactionConfig is given without the mode ONLY_REDACTION")),
        (_, None) => Ok(()),
    }
}

fn unknown(member: &str) -> Failure {
    Failure::client("SerializationException", format!("the operation has no {member}"))
}

fn required<T>(value: Option<T>, member: &str) -> Result<T, Failure> {
    value.ok_or_else(|| {
        invalid(format!(
            "1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"
        ))
    })
}

/// A string member of 1 to `most` characters and this form; none if it is absent or null.
fn text<'a>(
    input: &'a Value,
    member: &str,
    most: usize,
    form: impl Fn(&'a str) -> bool,
) -> Result<Option<&'a str>, Failure> {
    let value = match input.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(value)) => value.as_str(),
        Some(_) => {
            return Err(Failure::client("SerializationException", format!("{member} is not a string")));
        }
    };
    if (1..=most).contains(&value.chars().count()) && form(value) {
        return Ok(Some(value));
    }
    Err(invalid(format!("1 validation error detected: Value at '{member}' failed to satisfy constraint")))
}

fn list(input: &Value, member: &str, most: usize) -> Result<(), Failure> {
    let items = required(input.get(member).and_then(Value::as_array), member)?;
    let fits = (1..=most).contains(&items.len()) && items.iter().all(Value::is_string);
    fits.then_some(()).ok_or_else(|| invalid(format!("{member} must hold 1 to {most} strings")))
}

/// `s3://BUCKET/PREFIX`.
fn place(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://")?;
    let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
    let fits = |b: u8| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'.' || b == b'-';
    ((3..=63).contains(&bucket.len()) && bucket.bytes().all(fits)).then_some((bucket, prefix))
}

/// Without underscores, which Textract's tokens may have.
fn token(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

fn name(value: &str) -> bool {
    token(value) && !value.starts_with('-') && !value.ends_with('-')
}

fn key(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_graphic())
}
