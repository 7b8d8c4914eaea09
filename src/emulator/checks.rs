//! What Textract refuses in a request, according to the limits in its API reference.

use serde_json::Value;

use super::route::Failure;

pub(super) fn invalid(message: impl Into<String>) -> Failure {
    Failure::client("InvalidParameterException", message)
}

/// A string member of this length (in characters) and form; none if it is absent or null.
pub(super) fn text<'a>(
    input: &'a Value,
    member: &str,
    lengths: std::ops::RangeInclusive<usize>,
    form: fn(&str) -> bool,
) -> Result<Option<&'a str>, Failure> {
    let value = match input.get(member) {
        None | Some(Value::Null) => return Ok(None),
        Some(Value::String(value)) => value.as_str(),
        Some(_) => {
            return Err(Failure::client("SerializationException", format!("{member} is not a string")));
        }
    };
    let length = value.chars().count();
    if !lengths.contains(&length) {
        let (least, most) = (lengths.start(), lengths.end());
        return Err(invalid(format!(
            "1 validation error detected: Value of length {length} at '{member}' failed to satisfy constraint: Member \
             must have length between {least} and {most}"
        )));
    }
    if !form(value) {
        return Err(invalid(format!(
            "1 validation error detected: Value at '{member}' failed to satisfy constraint: Member must satisfy \
             regular expression pattern"
        )));
    }
    Ok(Some(value))
}

pub(super) fn required<'a, T: 'a>(value: Option<T>, member: &str) -> Result<T, Failure> {
    value.ok_or_else(|| {
        invalid(format!("1 validation error detected: Value null at '{member}' failed to satisfy constraint: Member must not be null"))
    })
}

pub(super) fn not_blank(value: &str) -> bool {
    value.chars().any(|c| !c.is_whitespace())
}

pub(super) fn token(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_')
}

fn job_tag(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"_.-:".contains(&b))
}

fn bucket(value: &str) -> bool {
    value.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._".contains(&b))
}

fn key_id(value: &str) -> bool {
    let rest = |b: u8| b.is_ascii_alphanumeric() || b":_/+=,@.-".contains(&b);
    value.bytes().next().is_some_and(|b| b.is_ascii_alphanumeric()) && value.bytes().all(rest)
}

fn word(b: u8) -> bool {
    b.is_ascii_alphanumeric() || b == b'_'
}

/// `[a-z\d-]+`.
pub(super) fn is_partition(value: &str) -> bool {
    !value.is_empty() && value.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-')
}

/// `[a-zA-Z\d\-]{1,20}`.
fn is_region(value: &str) -> bool {
    (1..=20).contains(&value.len()) && value.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-')
}

/// The ARN of a topic.
pub(super) fn topic(value: &str) -> bool {
    let mut parts = value.splitn(6, ':');
    let (arn, partition, service) = (parts.next(), parts.next(), parts.next());
    let (region, account, name) = (parts.next(), parts.next(), parts.next());
    arn == Some("arn")
        && partition.is_some_and(is_partition)
        && service == Some("sns")
        && region.is_some_and(is_region)
        && account.is_some_and(|account| account.len() == 12 && account.bytes().all(word))
        && name.is_some_and(|name| !name.is_empty())
}

/// The ARN of a role.
pub(super) fn role(value: &str) -> bool {
    let mut parts = value.splitn(6, ':');
    let (arn, partition, service) = (parts.next(), parts.next(), parts.next());
    let (region, account, name) = (parts.next(), parts.next(), parts.next());
    arn == Some("arn")
        && partition.is_some_and(is_partition)
        && service == Some("iam")
        && region == Some("")
        && account.is_some_and(|account| account.len() == 12 && account.bytes().all(|b| b.is_ascii_digit()))
        && name.and_then(|name| name.strip_prefix("role")).is_some_and(role_name)
}

/// `/?[a-zA-Z_0-9+=,.@\-_/]+`, whose first slash the rest allows as well.
fn role_name(name: &str) -> bool {
    !name.is_empty() && name.bytes().all(|b| word(b) || b"+=,.@-/".contains(&b))
}

fn query_text(value: &str) -> bool {
    value.chars().all(|c| c.is_ascii_graphic() || c.is_whitespace())
}

pub(super) fn any(_: &str) -> bool {
    true
}

/// Where a document is.
#[derive(Debug)]
pub(super) struct Location {
    pub(super) bucket: String,
    pub(super) key: String,
    pub(super) version: Option<String>,
}

impl Location {
    /// From an `S3Object`.
    pub(super) fn read(object: &Value) -> Result<Self, Failure> {
        Ok(Self {
            bucket: required(text(object, "Bucket", 3..=255, bucket)?, "bucket")?.to_owned(),
            key: required(text(object, "Name", 1..=1024, not_blank)?, "name")?.to_owned(),
            version: text(object, "Version", 1..=1024, not_blank)?.map(str::to_owned),
        })
    }
}

/// What the four Start operations have in common.
#[derive(Debug)]
pub(super) struct Start {
    pub(super) location: Location,
    pub(super) token: Option<String>,
    /// The bucket and the prefix.
    pub(super) output: Option<(String, Option<String>)>,
    pub(super) key: Option<String>,
    pub(super) topic: Option<String>,
}

impl Start {
    pub(super) fn read(input: &Value) -> Result<Self, Failure> {
        let location = required(input.get("DocumentLocation").filter(|v| v.is_object()), "documentLocation")?;
        let object =
            required(location.get("S3Object").filter(|v| v.is_object()), "documentLocation.s3Object")?;
        let location = Location::read(object)?;
        let token = text(input, "ClientRequestToken", 1..=64, token)?.map(str::to_owned);
        text(input, "JobTag", 1..=64, job_tag)?;
        let channel = input.get("NotificationChannel").filter(|v| !v.is_null());
        let topic = match channel {
            Some(channel) => {
                let topic = required(text(channel, "SNSTopicArn", 20..=1024, topic)?, "sNSTopicArn")?;
                required(text(channel, "RoleArn", 20..=2048, role)?, "roleArn")?;
                Some(topic.to_owned())
            }
            None => None,
        };
        let output = match input.get("OutputConfig").filter(|v| !v.is_null()) {
            Some(config) => {
                let bucket = required(text(config, "S3Bucket", 3..=255, bucket)?, "s3Bucket")?.to_owned();
                Some((bucket, text(config, "S3Prefix", 1..=1024, not_blank)?.map(str::to_owned)))
            }
            None => None,
        };
        let key = text(input, "KMSKeyId", 1..=2048, key_id)?.map(str::to_owned);
        Ok(Self { location, token, output, key, topic })
    }
}

/// Checks what the analysis of documents has besides that, with at most this many queries per page.
pub(super) fn analysis(input: &Value, most_queries: usize) -> Result<(), Failure> {
    let features = required(input.get("FeatureTypes").and_then(Value::as_array), "featureTypes")?;
    if features.is_empty() {
        return Err(invalid("FeatureTypes must name at least one feature"));
    }
    const FEATURES: [&str; 5] = ["TABLES", "FORMS", "QUERIES", "SIGNATURES", "LAYOUT"];
    if !features.iter().all(|feature| feature.as_str().is_some_and(|feature| FEATURES.contains(&feature))) {
        return Err(invalid(
            "1 validation error detected: Value at 'featureTypes' failed to satisfy constraint: Member must satisfy \
             enum value set: [TABLES, FORMS, QUERIES, SIGNATURES, LAYOUT]",
        ));
    }
    let wants_queries = features.iter().any(|feature| feature == "QUERIES");
    match input.get("QueriesConfig").filter(|v| !v.is_null()) {
        Some(_) if !wants_queries => {
            return Err(invalid("QueriesConfig is given without the feature QUERIES"));
        }
        None if wants_queries => return Err(invalid("the feature QUERIES needs a QueriesConfig")),
        Some(config) => queries(config, most_queries)?,
        None => {}
    }
    match input.get("AdaptersConfig").filter(|v| !v.is_null()) {
        Some(config) => adapters(config),
        None => Ok(()),
    }
}

fn queries(config: &Value, most: usize) -> Result<(), Failure> {
    let queries = required(config.get("Queries").and_then(Value::as_array), "queriesConfig.queries")?;
    if queries.is_empty() {
        return Err(invalid("QueriesConfig.Queries must hold at least one query"));
    }
    let mut pages = Vec::new();
    for query in queries {
        required(text(query, "Text", 1..=200, query_text)?, "text")?;
        text(query, "Alias", 1..=200, query_text)?;
        pages.push(page_ranges(query)?);
    }
    if most_on_a_page(&pages) > most {
        return Err(invalid(format!("at most {most} queries can be asked of a page")));
    }
    Ok(())
}

fn adapters(config: &Value) -> Result<(), Failure> {
    let adapters = required(config.get("Adapters").and_then(Value::as_array), "adaptersConfig.adapters")?;
    if !(1..=100).contains(&adapters.len()) {
        return Err(invalid("AdaptersConfig.Adapters must hold 1 to 100 adapters"));
    }
    let mut pages = Vec::new();
    for adapter in adapters {
        required(text(adapter, "AdapterId", 12..=1011, any)?, "adapterId")?;
        required(text(adapter, "Version", 1..=128, any)?, "version")?;
        pages.push(page_ranges(adapter)?);
    }
    if most_on_a_page(&pages) > 1 {
        return Err(invalid("only one adapter can be used on a page"));
    }
    Ok(())
}

/// `Pages` as ranges, both ends included: `"3"`, `"1-3"`, `"4-*"`, or `"*"` alone. Without them, page 1.
fn page_ranges(item: &Value) -> Result<Vec<(u32, u32)>, Failure> {
    let forms = match item.get("Pages") {
        None | Some(Value::Null) => return Ok(vec![(1, 1)]),
        Some(Value::Array(forms)) if !forms.is_empty() => forms,
        Some(_) => return Err(invalid("Pages must be a list of at least one string")),
    };
    let number = |text: &str| match text.bytes().all(|b| b.is_ascii_digit()) {
        true => text.parse::<u32>().ok().filter(|number| *number > 0),
        false => None,
    };
    let read = |form: &Value| {
        let form = form.as_str().filter(|form| (1..=9).contains(&form.len()))?;
        match form.split_once('-') {
            _ if form == "*" => (forms.len() == 1).then_some((1, u32::MAX)),
            None => number(form).map(|page| (page, page)),
            Some((first, "*")) => number(first).map(|first| (first, u32::MAX)),
            Some((first, last)) => number(first).zip(number(last)).filter(|(first, last)| first <= last),
        }
    };
    let ranges: Option<Vec<(u32, u32)>> = forms.iter().map(read).collect();
    ranges.ok_or_else(|| invalid("Pages must be numbers (\"3\"), ranges (\"1-3\", \"4-*\"), or \"*\" alone"))
}

/// The largest number of items on one page.
fn most_on_a_page(items: &[Vec<(u32, u32)>]) -> usize {
    let starts = items.iter().flatten().map(|(first, _)| *first);
    let on = |page: u32| {
        let holds =
            move |item: &&Vec<(u32, u32)>| item.iter().any(|(first, last)| (*first..=*last).contains(&page));
        items.iter().filter(holds)
    };
    // It is reached where some range starts.
    starts.map(|page| on(page).count()).max().unwrap_or(0)
}

/// What the Get operations have in common.
#[derive(Debug)]
pub(super) struct Get<'a> {
    pub(super) job: &'a str,
    pub(super) max_results: Option<u64>,
    pub(super) next_token: Option<&'a str>,
}

impl<'a> Get<'a> {
    pub(super) fn read(input: &'a Value) -> Result<Self, Failure> {
        let job = required(text(input, "JobId", 1..=64, token)?, "jobId")?;
        let next_token = text(input, "NextToken", 1..=255, not_blank)?;
        let max_results = match input.get("MaxResults") {
            None | Some(Value::Null) => None,
            Some(value) => match value.as_i64() {
                Some(number @ 1..) => Some(number.unsigned_abs()),
                Some(_) => return Err(invalid("MaxResults must be at least 1")),
                None => {
                    return Err(Failure::client("SerializationException", "MaxResults is not an integer"));
                }
            },
        };
        Ok(Self { job, max_results, next_token })
    }
}
