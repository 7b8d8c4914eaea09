//! Listings: pages, prefixes and delimiters.

use std::ops::Bound;

use s3s::dto::*;
use s3s::{S3Error, S3ErrorCode, S3Result};

use super::Inner;

/// The most keys on a page of S3.
const MOST_KEYS: i32 = 1000;
/// What a continuation token has before the last key or prefix of its page.
const TOKEN: &str = "after:";

/// Lists a page for this operation, of either version.
pub(super) fn list(
    inner: &Inner,
    operation: &'static str,
    input: ListObjectsV2Input,
) -> S3Result<ListObjectsV2Output> {
    let prefix = input.prefix.clone().unwrap_or_default();
    let delimiter = input.delimiter.clone().filter(|delimiter| !delimiter.is_empty());
    let asked = input.max_keys.unwrap_or(MOST_KEYS);
    if asked < 0 {
        return Err(S3Error::with_message(
            S3ErrorCode::InvalidArgument,
            "max-keys must be between 0 and 2147483647",
        ));
    }
    let size = asked.min(MOST_KEYS).min(inner.list_page_size.unwrap_or(MOST_KEYS));
    let after = match &input.continuation_token {
        Some(token) => Some(decode(token).ok_or_else(|| {
            S3Error::with_message(
                S3ErrorCode::InvalidArgument,
                "The continuation token provided is incorrect",
            )
        })?),
        None => input.start_after.clone(),
    };

    let buckets = inner.store.lock();
    let bucket = buckets.get(&input.bucket).ok_or_else(|| S3Error::new(S3ErrorCode::NoSuchBucket))?;
    let mut contents = Vec::new();
    let mut common: Vec<String> = Vec::new();
    let mut last = None;
    let mut truncated = false;
    let mut hiding = inner.faults.hiding(operation);
    let from = match &after {
        Some(after) if *after >= prefix => Bound::Excluded(after.clone()),
        _ => Bound::Included(prefix.clone()),
    };
    let keys = bucket.objects.range::<String, _>((from, Bound::Unbounded));
    for (key, object) in keys.take_while(|(key, _)| key.starts_with(&prefix)) {
        let group = delimiter.as_ref().and_then(|delimiter| {
            let end = key[prefix.len()..].find(delimiter.as_str())? + prefix.len() + delimiter.len();
            Some(key[..end].to_owned())
        });
        if let Some(group) = &group {
            // A group that ended the page before includes all its keys.
            if common.last() == Some(group) || after.as_ref() == Some(group) {
                continue;
            }
        }
        if (contents.len() + common.len()) as i32 >= size {
            truncated = true;
            break;
        }
        if hiding.hides(key) {
            continue;
        }
        last = Some(group.clone().unwrap_or_else(|| key.clone()));
        match group {
            Some(group) => common.push(group),
            None => contents.push(Object {
                e_tag: Some(ETag::Strong(object.etag.clone())),
                key: Some(encode_key(key, input.encoding_type.as_ref())),
                last_modified: Some(object.modified.into()),
                size: Some(object.content.len() as i64),
                storage_class: Some(ObjectStorageClass::from_static(ObjectStorageClass::STANDARD)),
                ..Object::default()
            }),
        }
    }
    let encode = |text: String| encode_key(&text, input.encoding_type.as_ref());
    let common: Vec<CommonPrefix> =
        common.into_iter().map(|prefix| CommonPrefix { prefix: Some(encode(prefix)) }).collect();
    let truncated = truncated && size > 0;
    Ok(ListObjectsV2Output {
        key_count: Some((contents.len() + common.len()) as i32),
        max_keys: Some(asked.min(MOST_KEYS)),
        is_truncated: Some(truncated),
        next_continuation_token: last.filter(|_| truncated).map(|last| token(&last)),
        name: Some(input.bucket),
        prefix: Some(encode(prefix)),
        delimiter: delimiter.map(encode),
        start_after: input.start_after.map(encode),
        continuation_token: input.continuation_token,
        encoding_type: input.encoding_type.clone(),
        contents: Some(contents),
        common_prefixes: Some(common),
        ..ListObjectsV2Output::default()
    })
}

/// The first version of the listing, whose pages continue after a key instead of a token.
pub(super) fn list_v1(inner: &Inner, input: ListObjectsInput) -> S3Result<ListObjectsOutput> {
    let output = list(
        inner,
        "ListObjects",
        ListObjectsV2Input {
            bucket: input.bucket,
            delimiter: input.delimiter,
            encoding_type: input.encoding_type,
            max_keys: input.max_keys,
            prefix: input.prefix,
            start_after: input.marker.clone(),
            ..ListObjectsV2Input::default()
        },
    )?;
    let encode = |last: String| encode_key(&last, output.encoding_type.as_ref());
    Ok(ListObjectsOutput {
        next_marker: output.next_continuation_token.as_deref().and_then(decode).map(encode),
        name: output.name,
        prefix: output.prefix,
        marker: input.marker,
        max_keys: output.max_keys,
        is_truncated: output.is_truncated,
        contents: output.contents,
        common_prefixes: output.common_prefixes,
        delimiter: output.delimiter,
        encoding_type: output.encoding_type,
        ..ListObjectsOutput::default()
    })
}

fn token(last: &str) -> String {
    aws_smithy_types::base64::encode(format!("{TOKEN}{last}"))
}

fn decode(token: &str) -> Option<String> {
    let text = String::from_utf8(aws_smithy_types::base64::decode(token).ok()?).ok()?;
    text.strip_prefix(TOKEN).map(str::to_owned)
}

/// Percent-encodes a key if the client asked for `encoding-type=url`, as boto3 does.
fn encode_key(key: &str, encoding: Option<&EncodingType>) -> String {
    if encoding.is_none_or(|encoding| encoding.as_str() != EncodingType::URL) {
        return key.to_owned();
    }
    let mut text = String::with_capacity(key.len());
    for byte in key.bytes() {
        match byte {
            b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' | b'/' | b'*' => {
                text.push(byte as char)
            }
            b' ' => text.push('+'),
            _ => text.push_str(&format!("%{byte:02X}")),
        }
    }
    text
}
