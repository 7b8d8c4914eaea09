//! What holds for every name: text, serde and the type round-trip, and nothing gets past the check.

use std::fmt::{Debug, Display};
use std::str::FromStr;

use proptest::prelude::*;
use serde::Serialize;
use serde::de::DeserializeOwned;

use super::*;

/// A name that is accepted is the same by every conversion, and comes back from its own text and from serde.
fn goes_round<T>(text: &str) -> Option<T>
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
    let json = serde_json::to_string(text).unwrap();
    match text.parse::<T>() {
        Ok(name) => {
            let shown = name.to_string();
            assert_eq!(T::try_from(text), Ok(name.clone()));
            assert_eq!(T::try_from(text.to_owned()), Ok(name.clone()));
            assert_eq!(serde_json::from_str::<T>(&json).unwrap(), name);
            assert_eq!(shown.parse::<T>().as_ref(), Ok(&name), "{shown}");
            assert_eq!(serde_json::to_string(&name).unwrap(), serde_json::to_string(&shown).unwrap());
            assert_eq!(serde_json::from_value::<T>(serde_json::to_value(&name).unwrap()).unwrap(), name);
            assert_eq!(name.clone().into(), shown);
            Some(name)
        }
        Err(error) => {
            assert_eq!(T::try_from(text), Err(error.clone()));
            assert_eq!(T::try_from(text.to_owned()), Err(error.clone()));
            let said = serde_json::from_str::<T>(&json).unwrap_err().to_string();
            assert!(said.contains(error.reason()), "{said}");
            assert!(said.len() < 500, "an error stays short: {said}");
            None
        }
    }
}

const ID: &str = "[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}|mrk-[0-9a-f]{32}";

/// Valid text of every kind.
fn valid() -> impl Strategy<Value = String> {
    prop_oneof![
        "[a-z0-9][a-z0-9-]{1,61}[a-z0-9]",
        "s3://[a-z0-9]{3,20}(/[a-zA-Z0-9 ?=._-]{1,30}){1,4}(\\?versionId=[A-Za-z0-9._]{1,32})?",
        ID,
        ("[0-9]{12}", ID).prop_map(|(account, id)| format!("arn:aws:kms:us-east-1:{account}:key/{id}")),
        "(arn:aws:kms:eu-west-1:[0-9]{12}:)?alias/[a-zA-Z0-9:/_-]{1,40}",
        "arn:aws:sns:us-east-1:[0-9]{12}:[A-Za-z0-9_-]{1,40}",
        "arn:aws:iam::[0-9]{12}:role/([a-z]{1,9}/){0,3}[A-Za-z0-9_+=,.@-]{1,64}",
        "[0-9]{12}",
        "(us|eu|ap|cn|us-gov|us-iso|eusc-de)-(north|southeast|central)-[1-9]",
        "aws(-cn|-us-gov)?",
        "[a-zA-Z0-9_.:-]{1,64}",
    ]
}

/// Valid text with one change.
fn mutated() -> impl Strategy<Value = String> {
    let odd = prop_oneof![
        Just('\n'),
        Just('\0'),
        Just(' '),
        Just('/'),
        Just(':'),
        Just('.'),
        Just('*'),
        Just('#'),
        Just('?'),
        Just('%'),
        Just('A'),
        Just('\u{202e}'),
        any::<char>()
    ];
    (valid(), any::<prop::sample::Index>(), odd, 0..4_u8).prop_map(|(text, at, odd, how)| {
        let mut chars: Vec<char> = text.chars().collect();
        let at = at.index(chars.len() + 1);
        match how {
            0 => chars.insert(at, odd),
            1 if at < chars.len() => chars[at] = odd,
            2 if at < chars.len() => drop(chars.remove(at)),
            _ => chars.truncate(at),
        }
        chars.into_iter().collect()
    })
}

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

/// The rules again, as properties of what was accepted rather than as a parser.
fn check_all(text: &str) -> Result<(), TestCaseError> {
    if let Some(bucket) = goes_round::<Bucket>(text) {
        prop_assert_eq!(bucket.as_str(), text);
        prop_assert!((3..=63).contains(&text.len()));
        prop_assert!(text.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || ".-".contains(c)));
        prop_assert!(!text.contains("..") && text.parse::<std::net::Ipv4Addr>().is_err());
    }
    if let Some(prefix) = goes_round::<Prefix>(text) {
        let job = prefix.job(&"j".parse().unwrap());
        prop_assert!(job.ends_with("/j/") && !job.contains("//") && !job.starts_with('/'));
        prop_assert!(
            !job.split('/').any(|segment| segment == "..") && !job.contains('\n') && job.len() < 1024
        );
    }
    if let Some(object) = goes_round::<S3Object>(text) {
        prop_assert_eq!(object.to_string(), text);
        prop_assert!((1..=1024).contains(&object.key().len()) && !object.key().contains(char::is_control));
        let start = format!("s3://{}/{}", object.bucket(), object.key());
        prop_assert!(text.starts_with(&start));
    }
    if let Some(location) = goes_round::<S3Location>(text) {
        let start = format!("s3://{}", location.bucket());
        prop_assert!(text.starts_with(&start));
    }
    if let Some(key) = goes_round::<KmsKey>(text) {
        prop_assert_eq!(key.as_str(), text);
        prop_assert!(text.is_ascii() && !text.contains("alias/aws/"));
        prop_assert_eq!(key.is_arn(), text.starts_with("arn:"));
        prop_assert_eq!(key.is_alias(), key.alias_name().is_some());
        prop_assert_eq!(key.is_alias(), key.key_id().is_none());
        if let (Some(partition), Some(region), Some(account)) = (key.partition(), key.region(), key.account())
        {
            let rest = key.alias_name().map(str::to_owned).or(key.key_id().map(|id| format!("key/{id}")));
            let whole = format!("arn:{partition}:kms:{region}:{account}:{}", rest.unwrap_or_default());
            prop_assert_eq!(whole, text);
        }
        let own = if key.is_alias() || (key.is_multi_region() && !key.is_arn()) {
            KeyMatch::NeedsResolution
        } else {
            KeyMatch::Same
        };
        prop_assert_eq!(key.identifies(text), own);
    }
    if let Some(topic) = goes_round::<TopicArn>(text) {
        let (partition, region, account) = (topic.partition(), topic.region(), topic.account());
        prop_assert_eq!(format!("arn:{partition}:sns:{region}:{account}:{}", topic.name()), text);
        prop_assert!(!topic.name().is_empty() && topic.name().chars().all(word));
    }
    if let Some(role) = goes_round::<RoleArn>(text) {
        let (partition, account) = (role.partition(), role.account());
        prop_assert_eq!(format!("arn:{partition}:iam::{account}:role{}{}", role.path(), role.name()), text);
        prop_assert!(!role.name().is_empty() && !text.contains("//"));
    }
    if goes_round::<AccountId>(text).is_some() {
        prop_assert!(text.len() == 12 && text.bytes().all(|b| b.is_ascii_digit()));
    }
    if goes_round::<Region>(text).is_some() {
        prop_assert!(text.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-'));
        prop_assert!(!text.contains("--") && text.ends_with(|c: char| c.is_ascii_digit()));
    }
    if let Some(partition) = goes_round::<Partition>(text) {
        prop_assert_eq!(partition.as_str(), text);
    }
    for accepted in [goes_round::<JobId>(text).is_some(), goes_round::<ClientRequestToken>(text).is_some()] {
        prop_assert_eq!(accepted, (1..=64).contains(&text.len()) && text.chars().all(word));
    }
    let tag = (1..=64).contains(&text.len()) && text.chars().all(|c| word(c) || c == '.' || c == ':');
    prop_assert_eq!(goes_round::<JobTag>(text).is_some(), tag);
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn valid_names_go_round(text in valid()) {
        check_all(&text)?;
    }

    #[test]
    fn mutated_names_keep_the_rules(text in mutated()) {
        check_all(&text)?;
    }

    #[test]
    fn any_text_keeps_the_rules(text in any::<String>()) {
        check_all(&text)?;
    }

    /// A report that differs from the key in any way is not the key.
    #[test]
    fn a_changed_report_is_never_the_same_key(
        id in ID,
        account in "[0-9]{12}",
        at in any::<prop::sample::Index>(),
        with in prop_oneof![any::<char>(), proptest::char::range('0', '9'), proptest::char::range('a', 'f')],
        insert in any::<bool>(),
    ) {
        let arn = format!("arn:aws:kms:us-east-1:{account}:key/{id}");
        let mut chars: Vec<char> = arn.chars().collect();
        let at = at.index(chars.len());
        if insert { chars.insert(at, with) } else { chars[at] = with }
        let reported: String = chars.into_iter().collect();
        prop_assume!(reported != arn);
        prop_assert_ne!(arn.parse::<KmsKey>().unwrap().identifies(&reported), KeyMatch::Same);
    }
}
