//! Buckets, prefixes, objects and the `s3://` URIs that name them.

use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use super::error::{InvalidName, Kind};
use super::label::JobId;

const BUCKET: Kind = Kind {
    what: "bucket name",
    form: "3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends",
};
const PREFIX: Kind =
    Kind { what: "output prefix", form: "at most 896 bytes of path segments between single slashes" };
const OBJECT_KEY: Kind =
    Kind { what: "object key", form: "1 to 1024 bytes of UTF-8 without control characters" };
const VERSION: Kind = Kind { what: "object version", form: "1 to 1024 ASCII characters without white space" };
const OBJECT: Kind = Kind { what: "S3 object", form: "s3://BUCKET/KEY or s3://BUCKET/KEY?versionId=VERSION" };
const LOCATION: Kind = Kind { what: "S3 location", form: "s3://BUCKET or s3://BUCKET/PREFIX" };

const SCHEME: &str = "s3://";
const VERSION_QUERY: &str = "?versionId=";

plain_name! {
    /// The name of a general purpose bucket.
    ///
    /// 3 to 63 lower-case letters, digits, dots and hyphens, with a letter or digit at both ends, no two dots
    /// in a row, not in the form of an IP address, without the prefixes `xn--` and `sthree-` and without the
    /// suffixes `-s3alias`, `--ol-s3`, `.mrap`, `--x-s3` and `--table-s3`. Textract's own pattern is laxer (3
    /// to 255 of `[0-9A-Za-z.-_]`), but S3 has no buckets that only the laxer one allows, except some that were
    /// made in us-east-1 before March 2018.
    ///
    /// `amzn-s3-demo-` is reserved too, but accepted: only AWS can own such a bucket, and all of AWS's
    /// examples, like the one here, use the prefix. Access point ARNs and aliases are refused, as Textract
    /// accepts only buckets. Follows "General purpose bucket naming rules" in the Amazon S3 user guide.
    ///
    /// ```
    /// use inkseal::resource::Bucket;
    ///
    /// let bucket: Bucket = "amzn-s3-demo-bucket".parse()?;
    /// assert_eq!(bucket.as_str(), "amzn-s3-demo-bucket");
    /// assert!("s3://amzn-s3-demo-bucket".parse::<Bucket>().is_err());
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    Bucket, check_bucket
}

fn check_bucket(text: &str) -> Result<(), InvalidName> {
    if text.starts_with(SCHEME) {
        return BUCKET.refuse("it is an s3:// URI; give the bucket's name alone");
    }
    if text.starts_with("arn:") {
        let reason = if text.contains(":accesspoint") {
            "it is the ARN of an access point, which Textract does not accept; give the name of its bucket"
        } else {
            "it is an ARN; give the bucket's name alone"
        };
        return BUCKET.refuse(reason);
    }
    BUCKET.length(text, 3, 63)?;
    BUCKET.characters(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '.' || c == '-')?;
    if text.starts_with(['.', '-']) || text.ends_with(['.', '-']) {
        return BUCKET.refuse("it begins or ends with a dot or hyphen");
    }
    if text.contains("..") {
        return BUCKET.refuse("it has two dots in a row");
    }
    let labels = || text.split('.');
    if labels().count() == 4 && labels().all(|label| label.bytes().all(|b| b.is_ascii_digit())) {
        return BUCKET.refuse("it has the form of an IP address");
    }
    for prefix in ["xn--", "sthree-"] {
        if text.starts_with(prefix) {
            return BUCKET.refuse(format!("S3 reserves the prefix {prefix}"));
        }
    }
    for (suffix, of) in [
        ("-s3alias", "access point aliases, which Textract does not accept; give the name of the bucket"),
        ("--ol-s3", "Object Lambda access point aliases, which Textract does not accept"),
        (".mrap", "Multi-Region access points, which Textract does not accept; give the name of the bucket"),
        ("--x-s3", "directory buckets, which Textract does not accept; use a general purpose bucket"),
        ("--table-s3", "table buckets, which Textract does not accept; use a general purpose bucket"),
    ] {
        if text.ends_with(suffix) {
            return BUCKET.refuse(format!("the suffix {suffix} is that of {of}"));
        }
    }
    Ok(())
}

/// Where in a bucket Textract puts its output: it writes `PREFIX/JOB_ID/1`, `PREFIX/JOB_ID/2` and so on.
///
/// Path segments between single slashes, at most 896 bytes of UTF-8. Textract's limit is 1024, but that is
/// also the limit for a whole object key, so the rest is kept for what Textract appends. A slash at the end
/// is removed, since Textract adds its own; a slash at the beginning, empty segments, the segments `.` and
/// `..`, control characters and a prefix of only white space are refused. The empty prefix is
/// Textract's default, `textract_output`. Follows "OutputConfig" in the Amazon Textract API reference and
/// "Naming Amazon S3 objects" in the Amazon S3 user guide.
///
/// ```
/// use inkseal::resource::Prefix;
///
/// let prefix: Prefix = "claims/2024/".parse()?;
/// assert_eq!(prefix, "claims/2024");
/// assert_eq!(prefix.job(&"8b3c1f".parse()?), "claims/2024/8b3c1f/");
/// assert_eq!("".parse::<Prefix>()?, Prefix::default());
/// assert_eq!(Prefix::default(), "textract_output");
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Prefix(Arc<str>);

impl Prefix {
    /// The most bytes that a prefix may have: an object key's 1024, less 128 for the job id and what follows
    /// it.
    const MAX: usize = 1024 - 128;

    /// The prefix without a slash at its end.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The prefix of the keys of one job, with a slash at its end: `PREFIX/JOB_ID/`.
    pub fn job(&self, job: &JobId) -> String {
        format!("{self}/{job}/")
    }

    /// Whether an [`S3Object`] can have a key under the prefix: not under all that Textract can write to.
    pub(crate) fn check_for_objects(&self) -> Result<(), InvalidName> {
        check_stored(&PREFIX, self.as_str())
    }
}

/// Refuses what S3 allows in a key, but an [`S3Object`] does not.
fn check_stored(kind: &Kind, text: &str) -> Result<(), InvalidName> {
    for part in ["#", VERSION_QUERY] {
        if let Some(at) = text.find(part) {
            return kind.refuse(format!("{part} at byte {at} is not allowed in the name of a stored object"));
        }
    }
    Ok(())
}

impl Default for Prefix {
    /// What Textract uses if it is given none: `textract_output`.
    fn default() -> Self {
        Self("textract_output".into())
    }
}

impl FromStr for Prefix {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        if text.is_empty() {
            return Ok(Self::default());
        }
        if text.starts_with(SCHEME) {
            return PREFIX
                .refuse("it is an s3:// URI; give the part after the bucket, or parse an S3Location");
        }
        if text.starts_with('/') {
            return PREFIX
                .refuse("it begins with a slash, which would be an empty first segment; leave it out");
        }
        let text = text.trim_end_matches('/');
        PREFIX.length(text, 1, Self::MAX)?;
        PREFIX.characters(text, |c| !c.is_control())?;
        if text.trim().is_empty() {
            return PREFIX.refuse("it is only white space");
        }
        if text.split('/').any(|segment| matches!(segment, "" | "." | "..")) {
            return PREFIX.refuse("it has an empty segment, or one that is a dot or two dots");
        }
        Ok(Self(text.into()))
    }
}

string_like!(Prefix);

/// A document in S3 for Textract to read: bucket, key and, if the bucket keeps versions, a version.
///
/// A key is 1 to 1024 bytes of UTF-8, not all of it white space. Refused are control characters, `#`, which
/// Textract does not accept in a document's key, and `?versionId=`, which the text form could not distinguish
/// from a version. A version is 1 to 1024 ASCII characters other than `?`, `&`, `#`, `%` and white space. Follows
/// "S3Object" in the Amazon Textract API reference and "Naming Amazon S3 objects" in the Amazon S3 user
/// guide.
///
/// As text, also in serde, it is `s3://BUCKET/KEY`, or `s3://BUCKET/KEY?versionId=VERSION`. The key is left
/// as it is: nothing is percent-encoded or decoded, and a `?` that does not begin `?versionId=` belongs to the
/// key.
///
/// ```
/// use inkseal::resource::S3Object;
///
/// let object = S3Object::new("amzn-s3-demo-bucket", "in/what?.pdf")?.with_version("3HL4kqtJlcpXroDTDmJ")?;
/// assert_eq!(object.to_string(), "s3://amzn-s3-demo-bucket/in/what?.pdf?versionId=3HL4kqtJlcpXroDTDmJ");
/// assert_eq!(object.to_string().parse::<S3Object>()?, object);
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Object {
    bucket: Bucket,
    key: Arc<str>,
    version: Option<Arc<str>>,
}

impl S3Object {
    /// The object of this key, in its latest version.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the bucket's name or the key does not follow its rule.
    pub fn new<B>(bucket: B, key: impl AsRef<str>) -> Result<Self, InvalidName>
    where
        B: TryInto<Bucket, Error: Into<InvalidName>>,
    {
        let bucket = bucket.try_into().map_err(Into::into)?;
        let key = key.as_ref();
        OBJECT_KEY.length(key, 1, 1024)?;
        OBJECT_KEY.characters(key, |c| !c.is_control())?;
        if key.trim().is_empty() {
            return OBJECT_KEY.refuse("it is only white space");
        }
        if let Some(at) = key.find('#') {
            return OBJECT_KEY.refuse(format!(
                "'#' at byte {at} is not allowed in the key of a document for Textract; copy the object to \
                 another key"
            ));
        }
        if key.contains(VERSION_QUERY) {
            return OBJECT_KEY
                .refuse("it holds ?versionId=; give the version separately, with S3Object::with_version");
        }
        Ok(Self { bucket, key: key.into(), version: None })
    }

    /// The object of this name in a folder, whose key ends with a slash.
    ///
    /// Stricter than a key on its own: the name is path segments between single slashes, so that nothing lands outside the
    /// folder for a reader that resolves them.
    pub(crate) fn within(bucket: &Bucket, folder: &str, name: &str) -> Result<Self, InvalidName> {
        if name.split('/').any(|segment| matches!(segment.trim(), "" | "." | "..")) {
            return OBJECT_KEY.refuse(
                "its name is empty, or has a segment between slashes that is empty, a dot or two dots",
            );
        }
        check_stored(&OBJECT_KEY, name)?;
        Self::new(bucket.clone(), format!("{folder}{name}"))
    }

    /// The same object in this version.
    ///
    /// # Errors
    ///
    /// [`InvalidName`] if the version does not follow its rule.
    pub fn with_version(self, version: impl AsRef<str>) -> Result<Self, InvalidName> {
        let version = version.as_ref();
        VERSION.length(version, 1, 1024)?;
        VERSION.characters(version, |c| c.is_ascii_graphic() && !matches!(c, '?' | '&' | '#' | '%'))?;
        Ok(Self { version: Some(version.into()), ..self })
    }

    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The key.
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The version, or `None` for the latest.
    pub fn version(&self) -> Option<&str> {
        self.version.as_deref()
    }
}

impl fmt::Display for S3Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.key)?;
        match &self.version {
            Some(version) => write!(f, "{VERSION_QUERY}{version}"),
            None => Ok(()),
        }
    }
}

impl FromStr for S3Object {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return OBJECT.refuse("it does not begin with s3://");
        };
        let Some((bucket, key)) = rest.split_once('/') else {
            return OBJECT.refuse("it has no key after the bucket");
        };
        match key.rsplit_once(VERSION_QUERY) {
            Some((key, version)) => Self::new(bucket, key)?.with_version(version),
            None => Self::new(bucket, key),
        }
    }
}

conversions!(S3Object);

/// A place in S3 for output: a bucket and a prefix.
///
/// As text, also in serde, it is `s3://BUCKET/PREFIX`. `s3://BUCKET` and `s3://BUCKET/` mean the default
/// prefix.
///
/// ```
/// use inkseal::resource::S3Location;
///
/// let location: S3Location = "s3://amzn-s3-demo-bucket/claims/".parse()?;
/// assert_eq!(location.prefix().as_str(), "claims");
/// let location: S3Location = "s3://amzn-s3-demo-bucket".parse()?;
/// assert_eq!(location.to_string(), "s3://amzn-s3-demo-bucket/textract_output");
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct S3Location {
    bucket: Bucket,
    prefix: Prefix,
}

impl S3Location {
    /// This prefix in this bucket.
    pub fn new(bucket: Bucket, prefix: Prefix) -> Self {
        Self { bucket, prefix }
    }

    /// The bucket.
    pub fn bucket(&self) -> &Bucket {
        &self.bucket
    }

    /// The prefix.
    pub fn prefix(&self) -> &Prefix {
        &self.prefix
    }

    /// The bucket and the prefix separately.
    pub fn into_parts(self) -> (Bucket, Prefix) {
        (self.bucket, self.prefix)
    }
}

impl From<Bucket> for S3Location {
    fn from(bucket: Bucket) -> Self {
        Self::new(bucket, Prefix::default())
    }
}

impl fmt::Display for S3Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{SCHEME}{}/{}", self.bucket, self.prefix)
    }
}

impl FromStr for S3Location {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        let Some(rest) = text.strip_prefix(SCHEME) else {
            return LOCATION.refuse("it does not begin with s3://");
        };
        let (bucket, prefix) = rest.split_once('/').unwrap_or((rest, ""));
        Ok(Self::new(bucket.parse()?, prefix.parse()?))
    }
}

conversions!(S3Location);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn buckets() {
        let longest = "a".repeat(63);
        for text in [
            "abc",
            "1-2",
            "a.b.c",
            "a--b",
            "a.-b",
            "amzn-s3-demo-bucket",
            "1.2.3.4a",
            "1.2.3",
            "s3alias",
            &longest,
        ] {
            assert_eq!(text.parse::<Bucket>().expect(text), text);
        }
        let too_long = "a".repeat(64);
        for (text, reason) in [
            ("", "empty"),
            ("ab", "2 bytes"),
            (&too_long, "64 bytes"),
            ("Invoices", "'I' at byte 0"),
            ("in_voices", "'_' at byte 2"),
            ("in voices", "' ' at byte 2"),
            ("invoices\n", "'\\n' at byte 8"),
            ("invoic\u{e9}s", "at byte 6"),
            ("a/b", "'/' at byte 1"),
            ("-abc", "begins or ends"),
            ("abc-", "begins or ends"),
            (".abc", "begins or ends"),
            ("abc.", "begins or ends"),
            ("a..b", "two dots"),
            ("192.168.5.4", "IP address"),
            ("xn--abc", "reserves the prefix"),
            ("sthree-abc", "reserves the prefix"),
            ("abc-s3alias", "access point alias"),
            ("abc--ol-s3", "Object Lambda"),
            ("abc.mrap", "Multi-Region access point"),
            ("abc--use1-az4--x-s3", "directory bucket"),
            ("abc--table-s3", "table bucket"),
            ("arn:aws:s3:us-east-1:111122223333:accesspoint/abc", "access point"),
            ("arn:aws:s3:::abc", "it is an ARN"),
            ("s3://abc", "URI"),
        ] {
            let error = text.parse::<Bucket>().expect_err(text);
            assert!(error.reason().contains(reason), "{text:?}: {error}");
        }
    }

    #[test]
    fn prefixes() {
        let longest = "\u{e9}".repeat(448);
        for (text, expected) in [
            ("", "textract_output"),
            ("a", "a"),
            ("a/", "a"),
            ("a/b//", "a/b"),
            ("a b/...", "a b/..."),
            ("\u{e9}", "\u{e9}"),
            (&longest, &longest),
        ] {
            assert_eq!(text.parse::<Prefix>().expect(text), expected);
        }
        let too_long = format!("{longest}a");
        for text in [
            " ", "\t", "\u{3000}", "/", "/a", "a//b", "a/./b", "..", "../a", "a/..", "a\nb", "a\u{85}b",
            "s3://a/b", &too_long,
        ] {
            assert!(text.parse::<Prefix>().is_err(), "{text:?}");
        }
        let job: JobId = "7".repeat(64).parse().unwrap();
        let part = longest.parse::<Prefix>().unwrap().job(&job) + "detailedResponse/1000000";
        assert!(part.len() <= 1024, "the longest prefix leaves room for every part");
    }

    #[test]
    fn objects() {
        let longest = "k".repeat(1024);
        for (text, key, version) in [
            ("s3://abc/k", "k", None),
            ("s3://abc//k/", "/k/", None),
            ("s3://abc/../k", "../k", None),
            ("s3://abc/k?v=1&versionId=2", "k?v=1&versionId=2", None),
            ("s3://abc/k?versionid=1", "k?versionid=1", None),
            ("s3://abc/k?versionId=null", "k", Some("null")),
            ("s3://abc/k?x?versionId=a.b-c_d", "k?x", Some("a.b-c_d")),
            ("s3://abc/100%25 \u{e9}.pdf", "100%25 \u{e9}.pdf", None),
            (&format!("s3://abc/{longest}"), &longest, None),
        ] {
            let object = text.parse::<S3Object>().expect(text);
            assert_eq!((object.bucket().as_str(), object.key(), object.version()), ("abc", key, version));
            assert_eq!(object.to_string(), text);
        }
        let too_long = format!("s3://abc/{longest}k");
        for text in [
            "",
            "abc/k",
            "S3://abc/k",
            "https://abc.s3.amazonaws.com/k",
            "s3://abc",
            "s3://abc/",
            "s3:///k",
            "s3://ABC/k",
            "s3://abc/ ",
            "s3://abc/a\nb",
            "s3://abc/a#b",
            "s3://abc/?versionId=1",
            "s3://abc/k?versionId=",
            "s3://abc/k?versionId=1?versionId=2",
            "s3://abc/k?versionId=a b",
            "s3://abc/k?versionId=a&b",
            "s3://user@abc/k",
            &too_long,
        ] {
            assert!(text.parse::<S3Object>().is_err(), "{text:?}");
        }
        assert!(S3Object::new("abc", "k?versionId=1").unwrap_err().reason().contains("with_version"));
        let bucket: Bucket = "abc".parse().unwrap();
        assert_eq!(S3Object::new(bucket, "k"), "s3://abc/k".parse());
    }

    #[test]
    fn errors_do_not_repeat_a_key() {
        let error = S3Object::new("abc", "jane-doe-ssn-078-05-1120#.pdf").unwrap_err();
        assert!(!error.to_string().contains("jane") && !format!("{error:?}").contains("jane"));
        let error = "s3://abc/jane-doe?versionId=a b".parse::<S3Object>().unwrap_err();
        assert!(!error.to_string().contains("jane"));
    }

    #[test]
    fn locations() {
        for (text, prefix) in [
            ("s3://abc", "textract_output"),
            ("s3://abc/", "textract_output"),
            ("s3://abc/a/b", "a/b"),
            ("s3://abc/a/b/", "a/b"),
        ] {
            let location = text.parse::<S3Location>().expect(text);
            assert_eq!((location.bucket().as_str(), location.prefix().as_str()), ("abc", prefix), "{text}");
            assert_eq!(location.to_string().parse(), Ok(location));
        }
        for text in ["", "abc", "abc/a", "s3://", "s3:///a", "s3://abc//", "s3://abc//a", "s3://abc/ "] {
            assert!(text.parse::<S3Location>().is_err(), "{text:?}");
        }
    }
}
