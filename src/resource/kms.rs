//! KMS keys, in the five forms in which a caller can name one.

use std::str::FromStr;
use std::sync::Arc;

use super::error::{InvalidName, Kind, Misplaced};
use super::place::{AccountId, Arn, Partition, Place, Region};

const KEY: Kind = Kind {
    what: "KMS key",
    form: "a key id (a lower-case UUID, or mrk- and 32 hexadecimal digits), a key ARN, alias/NAME or an \
           alias ARN",
};

/// The alias names that AWS reserves for the keys that it manages itself.
const MANAGED: &str = "alias/aws/";

/// A customer-managed KMS key, named in one of five forms.
///
/// | form | example |
/// | --- | --- |
/// | [`KeyForm::Id`] | `1234abcd-12ab-34cd-56ef-1234567890ab` |
/// | [`KeyForm::MultiRegionId`] | `mrk-1234abcd12ab34cd56ef1234567890ab` |
/// | [`KeyForm::KeyArn`] | `arn:aws:kms:us-east-1:111122223333:key/` and either id |
/// | [`KeyForm::Alias`] | `alias/documents` |
/// | [`KeyForm::AliasArn`] | `arn:aws:kms:us-east-1:111122223333:alias/documents` |
///
/// The key ARN is the best of them: it alone is complete, works across accounts and can be compared with
/// what S3 reports. An alias can be pointed at another key at any time.
///
/// `alias/aws/...` is refused in both forms: those keys are managed by AWS, and the customer has no policy
/// that can restrict them. A name without `alias/` is refused, and so are upper-case ids, which KMS does not give
/// out. Follows "Key identifiers (KeyId)" in the AWS KMS developer guide and "CreateAlias" in the AWS KMS API
/// reference.
///
/// ```
/// use inkseal::resource::{KeyForm, KmsKey};
///
/// let key: KmsKey = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
/// assert_eq!(key.form(), KeyForm::KeyArn);
/// assert_eq!(key.key_id(), Some("1234abcd-12ab-34cd-56ef-1234567890ab"));
/// assert_eq!(key.region().map(|region| region.as_str()), Some("us-east-1"));
///
/// let refused = "alias/aws/s3".parse::<KmsKey>().unwrap_err();
/// assert!(refused.reason().contains("managed by AWS"));
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct KmsKey {
    text: Arc<str>,
    form: KeyForm,
    /// Known when the form is an ARN.
    place: Option<Place>,
}

/// The form in which a [`KmsKey`] is named.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum KeyForm {
    /// A key id that is a UUID. It means the key of that id in the account and Region of the call.
    Id,
    /// The id of a multi-Region key, `mrk-` and 32 hexadecimal digits. Its replicas share it, one in each
    /// Region.
    MultiRegionId,
    /// The ARN of a key, of one Region or of several.
    KeyArn,
    /// An alias, `alias/NAME`. It means that alias in the account and Region of the call.
    Alias,
    /// The ARN of an alias.
    AliasArn,
}

/// Whether a key that AWS reports is the key that was asked for; see [`KmsKey::identifies`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
#[must_use]
#[non_exhaustive]
pub enum KeyMatch {
    /// It is the same key.
    Same,
    /// It is another key, or no key at all.
    Different,
    /// The names do not show it: resolve the key to its ARN (`kms:DescribeKey`) and compare that.
    ///
    /// One of the two is an alias; or only one of the two is an ARN, the id is that of a multi-Region key,
    /// and the Region was not given.
    NeedsResolution,
}

impl KmsKey {
    /// The key as it was named, and as it goes into a request.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The form in which it is named.
    pub fn form(&self) -> KeyForm {
        self.form
    }

    /// Whether it is named by an ARN, of a key or of an alias. Only ARNs work across accounts.
    pub fn is_arn(&self) -> bool {
        self.place.is_some()
    }

    /// Whether it is named by an alias, bare or in an ARN.
    pub fn is_alias(&self) -> bool {
        matches!(self.form, KeyForm::Alias | KeyForm::AliasArn)
    }

    /// Whether it is named by an id that is that of a multi-Region key, bare or in an ARN.
    pub fn is_multi_region(&self) -> bool {
        self.key_id().is_some_and(|id| id.starts_with("mrk-"))
    }

    /// The key id: the UUID, or `mrk-` and its digits. `None` for an alias.
    pub fn key_id(&self) -> Option<&str> {
        match self.form {
            KeyForm::Id | KeyForm::MultiRegionId => Some(&self.text),
            KeyForm::KeyArn => self.text.rsplit('/').next(),
            KeyForm::Alias | KeyForm::AliasArn => None,
        }
    }

    /// The alias with its `alias/`. `None` for a key id or key ARN.
    pub fn alias_name(&self) -> Option<&str> {
        match self.form {
            KeyForm::Alias => Some(&self.text),
            KeyForm::AliasArn => self.text.splitn(6, ':').nth(5),
            KeyForm::Id | KeyForm::MultiRegionId | KeyForm::KeyArn => None,
        }
    }

    /// The partition, if it is named by an ARN.
    pub fn partition(&self) -> Option<Partition> {
        self.place.as_ref().map(|place| place.partition)
    }

    /// The Region, if it is named by an ARN.
    pub fn region(&self) -> Option<&Region> {
        self.place.as_ref().map(|place| &place.region)
    }

    /// The account that owns the key, if it is named by an ARN.
    pub fn account(&self) -> Option<&AccountId> {
        self.place.as_ref().map(|place| &place.account)
    }

    /// Whether the key can encrypt objects in a bucket of `region`. A key that is not named by an ARN passes,
    /// as it is looked up in the Region of the call.
    ///
    /// # Errors
    ///
    /// [`Misplaced`] if the ARN is of another Region.
    pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
        let rule =
            "a key encrypts only objects in buckets of its own Region; use a key or a replica of that Region";
        match self.region() {
            Some(own) => Misplaced::check("KMS key", rule, own.as_str(), region.as_str()),
            None => Ok(()),
        }
    }

    /// Whether `reported` is this very key. `reported` is what S3 says of an object in
    /// `x-amz-server-side-encryption-aws-kms-key-id`: a key's ARN or its bare id.
    ///
    /// Two ARNs have to be equal as a whole, so the same id in another account or Region is another key.
    /// If one of the two is a bare id, the ids have to be equal, and [`identifies_in`](Self::identifies_in)
    /// also compares what an ARN says with the expected Region and account. The id of a multi-Region
    /// key alone does not show which of its replicas is meant. Anything that is not the name of a key is
    /// [`KeyMatch::Different`].
    ///
    /// ```
    /// use inkseal::resource::{KeyMatch, KmsKey};
    ///
    /// let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
    /// let arn = format!("arn:aws:kms:us-east-1:111122223333:key/{id}");
    ///
    /// let ours: KmsKey = arn.parse()?;
    /// assert_eq!(ours.identifies(&arn), KeyMatch::Same);
    /// assert_eq!(ours.identifies(id), KeyMatch::Same);
    /// let theirs = format!("arn:aws:kms:us-east-1:444455556666:key/{id}");
    /// assert_eq!(ours.identifies(&theirs), KeyMatch::Different);
    ///
    /// let ours: KmsKey = "alias/documents".parse()?;
    /// assert_eq!(ours.identifies(&arn), KeyMatch::NeedsResolution);
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    pub fn identifies(&self, reported: &str) -> KeyMatch {
        self.identifies_in(reported, None, None)
    }

    /// Like [`identifies`](Self::identifies), but both names also have to agree with the Region of the bucket and
    /// the account that owns the key, as far as these are given and in the names.
    pub fn identifies_in(
        &self,
        reported: &str,
        region: Option<&Region>,
        account: Option<&AccountId>,
    ) -> KeyMatch {
        let Ok(theirs) = reported.parse::<Self>() else {
            return KeyMatch::Different;
        };
        // An alias is in the account and Region of its key, so this holds for aliases too.
        let contradicted = differ([self.partition(), theirs.partition(), region.map(Region::partition)])
            || differ([self.region(), theirs.region(), region])
            || differ([self.account(), theirs.account(), account]);
        if contradicted {
            return KeyMatch::Different;
        }
        let (Some(our_id), Some(their_id)) = (self.key_id(), theirs.key_id()) else {
            // Even one alias on both sides is no proof: it may have been pointed elsewhere in between.
            return KeyMatch::NeedsResolution;
        };
        if our_id != their_id {
            return KeyMatch::Different;
        }
        // KMS draws a UUID at random and nobody can choose one, but replicas of a multi-Region key share their id.
        let both_placed = self.is_arn() && theirs.is_arn();
        if self.is_multi_region() && !both_placed && region.is_none() {
            return KeyMatch::NeedsResolution;
        }
        KeyMatch::Same
    }
}

/// Whether any two of the known values differ.
fn differ<T: PartialEq>(claims: [Option<T>; 3]) -> bool {
    let mut known = claims.into_iter().flatten();
    match known.next() {
        Some(first) => known.any(|other| other != first),
        None => false,
    }
}

impl FromStr for KmsKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        KEY.length(text, 1, 2048)?;
        let (form, place) = if text.starts_with("arn:") {
            let arn = Arn::split(&KEY, text, "kms")?;
            let form = if arn.resource.starts_with("alias/") {
                check_alias(arn.resource)?;
                KeyForm::AliasArn
            } else {
                match arn.resource.strip_prefix("key/").and_then(id_form) {
                    Some(_) => KeyForm::KeyArn,
                    None => return KEY.refuse("the ARN ends in neither key/ID nor alias/NAME"),
                }
            };
            (form, Some(arn.place()?))
        } else if text.starts_with("alias/") {
            check_alias(text)?;
            (KeyForm::Alias, None)
        } else if let Some(form) = id_form(text) {
            (form, None)
        } else {
            return KEY.refuse(hint(text));
        };
        Ok(Self { text: text.into(), form, place })
    }
}

string_like!(KmsKey);

fn id_form(text: &str) -> Option<KeyForm> {
    let hex = |b: u8| b.is_ascii_digit() || (b'a'..=b'f').contains(&b);
    if let Some(digits) = text.strip_prefix("mrk-") {
        return (digits.len() == 32 && digits.bytes().all(hex)).then_some(KeyForm::MultiRegionId);
    }
    let uuid = text.len() == 36
        && text
            .bytes()
            .enumerate()
            .all(|(at, b)| if matches!(at, 8 | 13 | 18 | 23) { b == b'-' } else { hex(b) });
    uuid.then_some(KeyForm::Id)
}

fn check_alias(alias: &str) -> Result<(), InvalidName> {
    if alias.starts_with(MANAGED) {
        return KEY.refuse(
            "an alias under alias/aws/ is of a key managed by AWS, which your policies cannot restrict; \
             create a customer-managed key",
        );
    }
    if alias.len() > 256 {
        return KEY.refuse(format!("the alias is {} bytes long, the most is 256", alias.len()));
    }
    let name = alias.strip_prefix("alias/").unwrap_or_default();
    if name.is_empty() {
        return KEY.refuse("the alias has no name after alias/");
    }
    if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b)) {
        return KEY.refuse("the alias has a character other than letters, digits, and :/_-");
    }
    Ok(())
}

/// What is wrong with a name that has none of the five forms, and what to write instead.
fn hint(text: &str) -> &'static str {
    let id = text.strip_prefix("key/").unwrap_or(text).to_ascii_lowercase();
    if id_form(text.trim()).is_some() || text.trim().starts_with("arn:") {
        "it has white space around it"
    } else if text.starts_with("key/") {
        "it begins with key/; give the id alone, or the whole ARN"
    } else if id_form(&id).is_some() {
        "it has upper-case letters; KMS writes ids in lower case"
    } else if text.bytes().all(|b| b.is_ascii_alphanumeric() || b":/_-".contains(&b)) {
        "it is neither a key id nor an ARN; if it is an alias, write alias/ before it"
    } else {
        "it has none of the forms of a key"
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "1234abcd-12ab-34cd-56ef-1234567890ab";
    const OTHER_ID: &str = "0987dcba-09fe-87dc-65ba-ab0987654321";
    const MRK: &str = "mrk-1234abcd12ab34cd56ef1234567890ab";
    const HOME: &str = "arn:aws:kms:us-east-1:111122223333";

    fn key(text: &str) -> KmsKey {
        text.parse().unwrap_or_else(|error| panic!("{text}: {error}"))
    }

    fn region(text: &str) -> Region {
        text.parse().unwrap()
    }

    #[test]
    fn accepted_forms() {
        let longest = format!("alias/{}", "a".repeat(250));
        for (text, form, id, alias, arn) in [
            (ID.to_owned(), KeyForm::Id, Some(ID), None, false),
            (MRK.to_owned(), KeyForm::MultiRegionId, Some(MRK), None, false),
            (format!("{HOME}:key/{ID}"), KeyForm::KeyArn, Some(ID), None, true),
            (format!("{HOME}:key/{MRK}"), KeyForm::KeyArn, Some(MRK), None, true),
            ("alias/documents".to_owned(), KeyForm::Alias, None, Some("alias/documents"), false),
            ("alias/aws".to_owned(), KeyForm::Alias, None, Some("alias/aws"), false),
            ("alias/awsome/x".to_owned(), KeyForm::Alias, None, Some("alias/awsome/x"), false),
            (longest.clone(), KeyForm::Alias, None, Some(&*longest), false),
            (format!("{HOME}:alias/a/b:c_d-E"), KeyForm::AliasArn, None, Some("alias/a/b:c_d-E"), true),
        ] {
            let key = key(&text);
            assert_eq!((key.form(), key.key_id(), key.alias_name()), (form, id, alias), "{text}");
            assert_eq!(key.is_arn(), arn, "{text}");
            assert_eq!(key.is_alias(), alias.is_some(), "{text}");
            assert_eq!(key.region().map(Region::as_str), arn.then_some("us-east-1"), "{text}");
            assert_eq!(key.account().map(AccountId::as_str), arn.then_some("111122223333"), "{text}");
            assert_eq!(key.partition(), arn.then_some(Partition::Aws), "{text}");
            assert_eq!(key.to_string(), text);
        }
        assert!(key(MRK).is_multi_region() && key(&format!("{HOME}:key/{MRK}")).is_multi_region());
        assert!(!key(ID).is_multi_region() && !key("alias/mrk-1").is_multi_region());
    }

    #[test]
    fn refused_forms() {
        for (text, reason) in [
            ("", "empty"),
            ("documents", "write alias/ before it"),
            ("alias/", "no name"),
            ("alias/aws/s3", "managed by AWS"),
            ("alias/aws/", "managed by AWS"),
            (&format!("{HOME}:alias/aws/textract"), "managed by AWS"),
            ("alias/a b", "character"),
            ("alias/a\n", "character"),
            ("alias/\u{e9}", "character"),
            (&format!("alias/{}", "a".repeat(251)), "the most is 256"),
            (&ID.to_uppercase(), "lower case"),
            (&format!("{HOME}:key/{}", ID.to_uppercase()), "neither key/ID"),
            (&format!(" {ID}"), "white space"),
            (&format!("{ID}\n"), "white space"),
            (&format!("key/{ID}"), "id alone"),
            (&format!("{ID}0"), "write alias/ before it"),
            (&ID.replace('-', ""), "write alias/ before it"),
            (&ID.replace('a', "g"), "write alias/ before it"),
            (&MRK[..35], "write alias/ before it"),
            (&format!("{HOME}:key/"), "neither key/ID"),
            (&format!("{HOME}:key/{ID}/x"), "neither key/ID"),
            (&format!("{HOME}:key/x/{ID}"), "neither key/ID"),
            (&format!("{HOME}:key/alias/x"), "neither key/ID"),
            (&format!("{HOME}:{ID}"), "neither key/ID"),
            (&format!("arn:aws:s3:us-east-1:111122223333:key/{ID}"), "another service"),
            (&format!("arn:aws:kms::111122223333:key/{ID}"), "Region"),
            (&format!("arn:aws:kms:us-east-1::key/{ID}"), "account"),
            (&format!("arn:aws:kms:us-east-1:11112222333:key/{ID}"), "account"),
            (&format!("arn:aws:kms:cn-north-1:111122223333:key/{ID}"), "partition aws-cn"),
            (&format!("arn:aws-moon:kms:us-east-1:111122223333:key/{ID}"), "partition is not known"),
            ("arn:aws:kms:us-east-1:111122223333", "six parts"),
            ("AKIAIOSFODNN7EXAMPLE\u{0}", "none of the forms"),
        ] {
            let error = text.parse::<KmsKey>().expect_err(text);
            assert!(error.reason().contains(reason), "{text:?}: {error}");
            let said = error.to_string().to_lowercase();
            assert!(!said.contains(ID) && !said.contains("akia"), "{error}");
        }
    }

    #[test]
    fn a_whole_arn_must_match() {
        let ours = key(&format!("{HOME}:key/{ID}"));
        for (reported, expected) in [
            (format!("{HOME}:key/{ID}"), KeyMatch::Same),
            (ID.to_owned(), KeyMatch::Same),
            (OTHER_ID.to_owned(), KeyMatch::Different),
            (format!("{HOME}:key/{OTHER_ID}"), KeyMatch::Different),
            (format!("arn:aws:kms:us-east-1:444455556666:key/{ID}"), KeyMatch::Different),
            (format!("arn:aws:kms:eu-west-1:111122223333:key/{ID}"), KeyMatch::Different),
            (format!("arn:aws-us-gov:kms:us-gov-west-1:111122223333:key/{ID}"), KeyMatch::Different),
            (format!("{HOME}:alias/documents"), KeyMatch::NeedsResolution),
            ("arn:aws:kms:us-east-1:444455556666:alias/documents".to_owned(), KeyMatch::Different),
            (format!("{HOME}:alias/aws/s3"), KeyMatch::Different),
            (format!("{HOME}:key/{ID} "), KeyMatch::Different),
            (format!("{HOME}:key/x/{ID}"), KeyMatch::Different),
            (format!("{ID}/{ID}"), KeyMatch::Different),
            (ID.to_uppercase(), KeyMatch::Different),
            (String::new(), KeyMatch::Different),
        ] {
            assert_eq!(ours.identifies(&reported), expected, "{reported}");
        }
    }

    #[test]
    fn a_bare_id_is_held_against_what_is_expected() {
        let ours = key(ID);
        let reported = format!("{HOME}:key/{ID}");
        let (home, other) = (region("us-east-1"), region("eu-west-1"));
        let owner: AccountId = "111122223333".parse().unwrap();
        let stranger: AccountId = "444455556666".parse().unwrap();
        assert_eq!(ours.identifies(&reported), KeyMatch::Same);
        assert_eq!(ours.identifies_in(&reported, Some(&home), Some(&owner)), KeyMatch::Same);
        assert_eq!(ours.identifies_in(&reported, Some(&other), Some(&owner)), KeyMatch::Different);
        assert_eq!(ours.identifies_in(&reported, Some(&home), Some(&stranger)), KeyMatch::Different);
        assert_eq!(ours.identifies(&format!("{HOME}:key/{OTHER_ID}")), KeyMatch::Different);
        // What is expected also binds a full ARN of ours: a contradiction is never a match.
        assert_eq!(key(&reported).identifies_in(&reported, None, Some(&stranger)), KeyMatch::Different);
        assert_eq!(key(&reported).identifies_in(ID, Some(&other), None), KeyMatch::Different);
    }

    #[test]
    fn a_multi_region_id_needs_its_region() {
        let (home, other) = (region("us-east-1"), region("eu-west-1"));
        let arn = format!("{HOME}:key/{MRK}");
        let replica = format!("arn:aws:kms:eu-west-1:111122223333:key/{MRK}");
        assert_eq!(key(&arn).identifies(&arn), KeyMatch::Same);
        assert_eq!(key(&arn).identifies(&replica), KeyMatch::Different);
        for (ours, reported) in [(&*arn, MRK), (MRK, &*arn), (MRK, MRK)] {
            assert_eq!(key(ours).identifies(reported), KeyMatch::NeedsResolution);
            assert_eq!(key(ours).identifies_in(reported, Some(&home), None), KeyMatch::Same);
        }
        assert_eq!(key(MRK).identifies_in(&replica, Some(&home), None), KeyMatch::Different);
        assert_eq!(key(&arn).identifies_in(MRK, Some(&other), None), KeyMatch::Different);
    }

    #[test]
    fn an_alias_is_never_a_match() {
        for ours in ["alias/documents".to_owned(), format!("{HOME}:alias/documents")] {
            for reported in [format!("{HOME}:key/{ID}"), ID.to_owned(), MRK.to_owned(), ours.clone()] {
                assert_eq!(key(&ours).identifies(&reported), KeyMatch::NeedsResolution, "{ours} {reported}");
            }
        }
        let alias = key(&format!("{HOME}:alias/documents"));
        let elsewhere = format!("arn:aws:kms:us-east-1:444455556666:key/{ID}");
        assert_eq!(alias.identifies(&elsewhere), KeyMatch::Different);
    }

    #[test]
    fn regions_are_compared_where_they_are_known() {
        let arn = key(&format!("{HOME}:key/{ID}"));
        assert_eq!(arn.check_region(&region("us-east-1")), Ok(()));
        let error = arn.check_region(&region("eu-west-1")).unwrap_err();
        assert_eq!((error.what(), error.found(), error.wanted()), ("KMS key", "us-east-1", "eu-west-1"));
        assert_eq!(key("alias/documents").check_region(&region("eu-west-1")), Ok(()));
    }
}
