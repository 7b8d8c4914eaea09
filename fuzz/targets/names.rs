//! Names of AWS: those that are accepted come back from their text and from serde, and they are the ones that AWS's
//! rules allow, which are repeated here: as regular expressions if the AWS documentation has one, otherwise as plain
//! conditions.
//!
//! An input is a name in its first line; a second line is another name, with which a key is compared.

#![no_main]

use std::fmt::{Debug, Display};
use std::str::FromStr;
use std::sync::LazyLock;

use inkseal::policy::Documents;
use inkseal::resource::*;
use libfuzzer_sys::fuzz_target;
use regex::Regex;
use serde::Serialize;
use serde::de::DeserializeOwned;

fuzz_target!(|text: &str| {
    let (name, other) = text.split_once('\n').unwrap_or((text, ""));
    // With and without a line end in it.
    for text in [name, text] {
        check(text);
    }
    keys(name, other);
});

/// A name that is accepted is the same whichever way it comes in, and comes back from its own text and from serde. Any
/// other is refused whichever way it comes in, with the same words, which do not repeat it.
fn goes_round<T>(text: &str) -> bool
where
    T: FromStr<Err = InvalidName>
        + TryFrom<String, Error = InvalidName>
        + for<'a> TryFrom<&'a str, Error = InvalidName>
        + Into<String>
        + Display
        + Debug
        + Clone
        + PartialEq
        + Serialize
        + DeserializeOwned,
{
    let json = serde_json::to_string(text).expect("a text");
    match text.parse::<T>() {
        Ok(name) => {
            let shown = name.to_string();
            assert_eq!(T::try_from(text), Ok(name.clone()));
            assert_eq!(T::try_from(text.to_owned()), Ok(name.clone()));
            assert_eq!(serde_json::from_str::<T>(&json).ok().as_ref(), Some(&name));
            assert_eq!(shown.parse::<T>().as_ref(), Ok(&name), "{shown}");
            assert_eq!(serde_json::to_value(&name).ok(), Some(shown.clone().into()));
            assert_eq!(name.into(), shown);
            true
        }
        Err(error) => {
            assert_eq!(T::try_from(text), Err(error.clone()));
            assert_eq!(T::try_from(text.to_owned()), Err(error.clone()));
            let said = serde_json::from_str::<T>(&json).expect_err("refused by serde too").to_string();
            assert!(said.contains(error.reason()) && said.len() < 600, "{said}");
            // A short text may be in it by chance.
            let is_told = text.chars().count() > 32 && error.to_string().contains(text);
            assert!(!is_told && !error.to_string().contains(char::is_control), "{error}");
            false
        }
    }
}

macro_rules! rule {
    ($name:ident, $pattern:expr) => {
        static $name: LazyLock<Regex> =
            LazyLock::new(|| Regex::new(&format!("^(?:{})$", $pattern)).expect("a pattern"));
    };
}

const ID: &str = "(?:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32})";
const PLACE: &str =
    "(?<partition>[a-z-]+):SERVICE:(?<region>(?:[a-z]{2}|eusc)(?:-[a-z]+)+-[0-9]{1,2}):[0-9]{12}";

rule!(ACCOUNT, "[0-9]{12}");
rule!(BUCKET, "[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]");
rule!(WORD, "[a-zA-Z0-9_-]{1,64}");
rule!(TAG, "[a-zA-Z0-9_.:-]{1,64}");
rule!(REGION, "(?:[a-z]{2}|eusc)(?:-[a-z]+)+-[0-9]{1,2}");
rule!(ENDPOINT, "vpce-(?:[0-9a-f]{8}|[0-9a-f]{17})");
rule!(LOOP, "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?");
rule!(QUEUE, r"https?://[A-Za-z0-9.:\[\]-]+/[0-9]{12}/[A-Za-z0-9_-]{1,80}");
rule!(KEY_ID, ID);
rule!(ALIAS, "alias/[a-zA-Z0-9:/_-]{1,250}");
rule!(
    KEY_ARN,
    format!("arn:{}:(?:key/{ID}|{})", PLACE.replace("SERVICE", "kms"), "alias/[a-zA-Z0-9:/_-]{1,250}")
);
rule!(TOPIC, format!("arn:{}:[A-Za-z0-9_-]{{1,256}}", PLACE.replace("SERVICE", "sns")));
rule!(
    FLOW,
    format!(
        "arn:{}:flow-definition/{}",
        PLACE.replace("SERVICE", "sagemaker"),
        "[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
    )
);
rule!(
    ROLE,
    r"arn:(?<partition>[a-z-]+):iam::[0-9]{12}:role/(?<path>(?:[A-Za-z0-9_+=,.@-]+/)*)[A-Za-z0-9_+=,.@-]{1,64}"
);

/// The partitions, and the beginnings of their Region codes.
const PARTITIONS: [(&str, &[&str]); 8] = [
    ("aws-cn", &["cn-"]),
    ("aws-us-gov", &["us-gov-"]),
    ("aws-eusc", &["eusc-"]),
    ("aws-iso", &["us-iso-"]),
    ("aws-iso-b", &["us-isob-"]),
    ("aws-iso-e", &["eu-isoe-"]),
    ("aws-iso-f", &["us-isof-"]),
    ("aws", &[""]),
];

fn partition_of(region: &str) -> &'static str {
    let begins = |(_, starts): &&(&str, &[&str])| starts.iter().any(|start| region.starts_with(start));
    PARTITIONS.iter().find(begins).map_or("aws", |(name, _)| name)
}

fn is_region(text: &str) -> bool {
    text.len() <= 32 && REGION.is_match(text) && !text.starts_with("fips-")
}

/// An ARN of this form, with a Region of its partition.
fn is_arn(rule: &Regex, text: &str) -> bool {
    rule.captures(text).is_some_and(|parts| {
        let (partition, region) = (&parts["partition"], &parts["region"]);
        is_region(region) && partition_of(region) == partition
    })
}

fn is_bucket(text: &str) -> bool {
    let labels: Vec<&str> = text.split('.').collect();
    let is_address =
        labels.len() == 4 && labels.iter().all(|label| label.bytes().all(|b| b.is_ascii_digit()));
    let reserved = ["-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"];
    BUCKET.is_match(text)
        && !text.contains("..")
        && !is_address
        && !text.starts_with("xn--")
        && !text.starts_with("sthree-")
        && !reserved.iter().any(|end| text.ends_with(end))
}

fn is_key(text: &str) -> bool {
    let alias = &text[text.find("alias/").unwrap_or(text.len())..];
    !alias.starts_with("alias/aws/")
        && (KEY_ID.is_match(text) || ALIAS.is_match(text) || is_arn(&KEY_ARN, text))
}

fn is_role(text: &str) -> bool {
    let is_session = text.contains(":sts:") || text.contains(":assumed-role/");
    let is_form = ROLE.captures(text).is_some_and(|parts| {
        PARTITIONS.iter().any(|(name, _)| *name == &parts["partition"]) && parts["path"].len() <= 511
    });
    is_form && !is_session && text.len() <= 2048
}

fn is_object_key(text: &str) -> bool {
    (1..=1024).contains(&text.len())
        && !text.contains(char::is_control)
        && !text.trim().is_empty()
        && !text.contains('#')
}

fn is_object(text: &str) -> bool {
    let Some((bucket, key)) = text.strip_prefix("s3://").and_then(|rest| rest.split_once('/')) else {
        return false;
    };
    let parts: Vec<&str> = key.split("?versionId=").collect();
    let is_version = |version: &str| {
        (1..=1024).contains(&version.len())
            && version.bytes().all(|b| b.is_ascii_graphic() && !b"?&#%".contains(&b))
    };
    match parts.as_slice() {
        [key] => is_bucket(bucket) && is_object_key(key),
        [key, version] => is_bucket(bucket) && is_object_key(key) && is_version(version),
        _ => false,
    }
}

fn is_prefix(text: &str) -> bool {
    let path = text.trim_end_matches('/');
    let is_segment = |segment: &str| !matches!(segment, "" | "." | "..");
    let is_path = path.len() <= 896 && !path.contains(char::is_control) && !path.trim().is_empty();
    text.is_empty() || (!text.starts_with("s3://") && is_path && path.split('/').all(is_segment))
}

fn check(text: &str) {
    assert_eq!(goes_round::<AccountId>(text), ACCOUNT.is_match(text));
    assert_eq!(goes_round::<Bucket>(text), is_bucket(text));
    assert_eq!(goes_round::<Region>(text), is_region(text));
    assert_eq!(goes_round::<Partition>(text), PARTITIONS.iter().any(|(name, _)| *name == text));
    assert_eq!(goes_round::<JobId>(text), WORD.is_match(text));
    assert_eq!(goes_round::<ClientRequestToken>(text), WORD.is_match(text));
    assert_eq!(goes_round::<JobTag>(text), TAG.is_match(text));
    assert_eq!(goes_round::<VpcEndpointId>(text), ENDPOINT.is_match(text));
    assert_eq!(goes_round::<HumanLoopName>(text), LOOP.is_match(text));
    assert_eq!(goes_round::<QueueUrl>(text), text.len() <= 1024 && QUEUE.is_match(text));
    assert_eq!(goes_round::<TopicArn>(text), text.len() <= 1024 && is_arn(&TOPIC, text));
    assert_eq!(goes_round::<FlowDefinitionArn>(text), text.len() <= 256 && is_arn(&FLOW, text));
    assert_eq!(goes_round::<RoleArn>(text), is_role(text));
    assert_eq!(goes_round::<KmsKey>(text), is_key(text));
    assert_eq!(goes_round::<Prefix>(text), is_prefix(text));
    assert_eq!(goes_round::<S3Object>(text), is_object(text));
    let location = text.strip_prefix("s3://").map(|rest| rest.split_once('/').unwrap_or((rest, "")));
    let is_location = location.is_some_and(|(bucket, prefix)| is_bucket(bucket) && is_prefix(prefix));
    assert_eq!(goes_round::<S3Location>(text), is_location);
    if let Ok(region) = text.parse::<Region>() {
        assert_eq!(region.partition().as_str(), partition_of(text));
    }
    if let Ok(role) = text.parse::<RoleArn>() {
        let whole =
            format!("arn:{}:iam::{}:role{}{}", role.partition(), role.account(), role.path(), role.name());
        assert_eq!(whole, text);
    }
    if let Ok(topic) = text.parse::<TopicArn>() {
        let (partition, region, account) = (topic.partition(), topic.region(), topic.account());
        assert_eq!(format!("arn:{partition}:sns:{region}:{account}:{}", topic.name()), text);
    }
    if let Ok(prefix) = text.parse::<Prefix>() {
        // With what Textract appends, it stays within the prefix and fits into a key.
        let job = prefix.job(&"7".repeat(64).parse().expect("an id"));
        assert!(job.len() + "detailedResponse/1000000".len() <= 1024);
        assert!(
            !job.starts_with('/') && !job.contains("//") && job.split('/').all(|segment| segment != "..")
        );
    }
    if let Ok(documents) = text.parse::<Documents>() {
        let again = format!("s3://{}/{}", documents.bucket(), documents.prefix()).parse::<Documents>();
        assert_eq!(again.ok(), Some(documents));
    }
}

/// Two names of keys: the comparison is the same from both sides, and takes two names for one key only if nothing in
/// them differs.
fn keys(one: &str, other: &str) {
    let (Ok(one), Ok(other)) = (one.parse::<KmsKey>(), other.parse::<KmsKey>()) else { return };
    let found = one.identifies(other.as_str());
    assert_eq!(found, other.identifies(one.as_str()));
    let differ =
        |one: Option<&str>, other: Option<&str>| one.zip(other).is_some_and(|(one, other)| one != other);
    let is_other = differ(one.region().map(Region::as_str), other.region().map(Region::as_str))
        || differ(one.account().map(AccountId::as_str), other.account().map(AccountId::as_str))
        || differ(one.key_id(), other.key_id());
    let is_told = |key: &KmsKey| key.is_arn() && !key.is_alias();
    let expected = if is_other {
        KeyMatch::Different
    } else if one.is_alias() || other.is_alias() {
        KeyMatch::NeedsResolution
    } else if one.is_multi_region() && !(is_told(&one) && is_told(&other)) {
        KeyMatch::NeedsResolution
    } else {
        KeyMatch::Same
    };
    assert_eq!(found, expected, "{one} {other}");
}
