//! Which objects are the parts of a job's output.

use std::collections::BTreeMap;

use aws_sdk_s3::operation::list_objects_v2::ListObjectsV2Output;
use tracing::debug;

use crate::Limits;
use crate::clients::{Clients, send};
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;

/// The keys of all parts in a folder of the output bucket, in the order of their numbers.
///
/// S3 lists in the order of bytes (1, 10, 100, 1000, 1001, …), so every page of the listing has to be read before the
/// second part is known.
///
/// # Errors
///
/// [`Incomplete`](ErrorKind::Incomplete) if there is no part, or a number is missing; [`Malformed`](ErrorKind::Malformed) if
/// there are more parts than the limits allow.
pub(super) async fn parts(
    clients: &Clients,
    seal: &Seal,
    folder: &str,
    limits: &Limits,
) -> Result<Vec<String>> {
    let mut parts = BTreeMap::new();
    let mut strangers = 0;
    let mut continuation = None;
    loop {
        let page = clients
            .s3()
            .list_objects_v2()
            .bucket(seal.bucket().as_str())
            .prefix(folder)
            // Objects in folders below are not part of the output.
            .delimiter("/")
            .set_expected_bucket_owner(seal.bucket_owner().map(ToString::to_string))
            .set_continuation_token(continuation.clone());
        let page = send(Stage::List, "ListObjectsV2", page.send()).await?;
        for key in page.contents().iter().filter_map(|object| object.key().map(str::to_owned)) {
            match part_number(&key, folder) {
                Some(number) => drop(parts.insert(number, key)),
                None => strangers += 1,
            }
        }
        if parts.len() > limits.parts {
            return Err(limits.too_many_parts().at_object(folder));
        }
        continuation = next_token(&page, continuation.as_deref(), folder)?;
        if continuation.is_none() {
            break;
        }
    }
    debug!(parts = parts.len(), strangers, "listed");
    check_numbers(&parts, folder)?;
    Ok(parts.into_values().collect())
}

/// The token for the next page of a listing; `None` after the last page. `asked` is the token of this page.
///
/// The SDK reads an answer that was cut short as one that ends there, so a page is checked against what it says about itself.
///
/// # Errors
///
/// [`Incomplete`](ErrorKind::Incomplete) for a page that does not say whether it is the last, that says that more follow but
/// has no token, or that has another number of keys than it says: such a page would hide what is missing.
/// [`Malformed`](ErrorKind::Malformed) for a page that gives its own token again: it would be read for ever.
pub(crate) fn next_token(
    page: &ListObjectsV2Output,
    asked: Option<&str>,
    folder: &str,
) -> Result<Option<String>> {
    let wrong = |kind, message: String| Err(Error::new(kind, Stage::List, message).at_object(folder));
    let incomplete = |message: &str| wrong(ErrorKind::Incomplete, message.to_owned());
    let keys = page.contents().len() + page.common_prefixes().len();
    match (page.key_count(), page.is_truncated(), page.next_continuation_token()) {
        (Some(said), ..) if usize::try_from(said) != Ok(keys) => {
            let message = format!("a page of the listing has {keys} keys, and says that it has {said}");
            wrong(ErrorKind::Incomplete, message)
        }
        (.., token) if token.is_some() && token == asked => {
            let message = "the listing gives the same token again, and would never end";
            wrong(ErrorKind::Malformed, message.to_owned())
        }
        (_, None, _) => incomplete("a page of the listing does not say whether it is the last"),
        (_, Some(true), None) => incomplete("the listing breaks off without a token for the next page"),
        (_, _, token) => Ok(token.map(str::to_owned)),
    }
}

/// The number of a part, from the last segment of its key. `.s3_access_check` and other objects there have none, and
/// neither have numbers that are not written as Textract does (`01`, `+1`).
fn part_number(key: &str, folder: &str) -> Option<u32> {
    let name = key.strip_prefix(folder)?;
    let plain = name.bytes().all(|byte| byte.is_ascii_digit()) && !name.starts_with('0');
    plain.then(|| name.parse().ok()).flatten()
}

fn check_numbers(parts: &BTreeMap<u32, String>, folder: &str) -> Result<()> {
    let incomplete =
        |message: String| Err(Error::new(ErrorKind::Incomplete, Stage::List, message).at_object(folder));
    let Some((&last, _)) = parts.last_key_value() else {
        return incomplete(
            "there is no part under the job's prefix: was the output moved or expired?".to_owned(),
        );
    };
    let missing = u64::from(last) - parts.len() as u64;
    if missing > 0 {
        let first = (1..=last).find(|number| !parts.contains_key(number)).unwrap_or(last);
        return incomplete(format!("{missing} of {last} parts are missing, the first is part {first}"));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use aws_sdk_s3::types::{CommonPrefix, Object};

    use super::*;

    #[test]
    fn parts_are_told_by_their_number() {
        let number = |key| part_number(key, "out/job/");
        assert_eq!(number("out/job/1"), Some(1));
        assert_eq!(number("out/job/1024"), Some(1024));
        for stranger in [
            "out/job/.s3_access_check",
            "out/job/",
            "out/job/0",
            "out/job/01",
            "out/job/+1",
            "out/job/1.json",
            "out/job/detailedResponse/1",
            "out/other/1",
            "1",
            "out/job/99999999999",
            "out/job/١",
        ] {
            assert_eq!(number(stranger), None, "{stranger}");
        }
    }

    #[test]
    fn a_listing_that_breaks_off_is_no_end() {
        let page = |truncated: Option<bool>, token: Option<&str>| {
            let page = ListObjectsV2Output::builder().set_is_truncated(truncated);
            let page = page.set_next_continuation_token(token.map(str::to_owned)).build();
            next_token(&page, Some("asked"), "out/job/")
        };
        assert_eq!(page(Some(false), None).unwrap(), None);
        assert_eq!(page(Some(true), Some("t")).unwrap().as_deref(), Some("t"));
        let error = page(Some(true), None).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Incomplete, Stage::List));
        assert_eq!(page(None, None).unwrap_err().kind(), ErrorKind::Incomplete);
        let error = page(Some(true), Some("asked")).unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::Malformed, Stage::List));
    }

    #[test]
    fn a_listing_that_was_cut_short_is_no_end() {
        let page = |said: i32, keys: usize| {
            let page = ListObjectsV2Output::builder().is_truncated(false).key_count(said);
            let page = page.common_prefixes(CommonPrefix::builder().prefix("out/job/folder/").build());
            let object = |number: usize| Object::builder().key(format!("out/job/{number}")).build();
            let page = page.set_contents(Some((0..keys).map(object).collect())).build();
            next_token(&page, None, "out/job/")
        };
        assert_eq!(page(3, 2).unwrap(), None);
        for said in [4, 2, -1] {
            assert_eq!(page(said, 2).unwrap_err().kind(), ErrorKind::Incomplete);
        }
    }

    #[test]
    fn gaps_are_told() {
        let check = |numbers: &[u32]| {
            let parts = numbers.iter().map(|number| (*number, String::new())).collect();
            check_numbers(&parts, "out/job/").map_err(|error| error.to_string())
        };
        assert_eq!(check(&[1, 2, 3]), Ok(()));
        assert!(check(&[]).unwrap_err().contains("no part"));
        assert!(check(&[1, 3, 5]).unwrap_err().contains("2 of 5 parts are missing, the first is part 2"));
        assert!(check(&[2]).unwrap_err().contains("1 of 2 parts are missing, the first is part 1"));
        assert!(check(&[u32::MAX]).unwrap_err().contains("the first is part 1"));
    }
}
