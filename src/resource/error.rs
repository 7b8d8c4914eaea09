//! Errors about names, which do not repeat the name.

use std::borrow::Cow;
use std::convert::Infallible;
use std::fmt;

/// A name that does not follow its rule.
///
/// It says which kind of name it is, what is wrong and which form is expected. It never holds the name
/// itself: object keys can be personal, and a rejected value may be a secret that was pasted into the
/// wrong place. At most one offending character and its byte position are shown.
///
/// ```
/// use inkseal::resource::Bucket;
///
/// let error = "Invoices".parse::<Bucket>().unwrap_err();
/// assert_eq!(error.what(), "bucket name");
/// assert_eq!(
///     error.to_string(),
///     "invalid bucket name: 'I' at byte 0 is not allowed; expected 3 to 63 lower-case letters, digits, \
///      dots and hyphens, with a letter or digit at both ends"
/// );
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidName {
    what: &'static str,
    form: &'static str,
    reason: Cow<'static, str>,
}

impl InvalidName {
    pub(super) fn new(kind: &Kind, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { what: kind.what, form: kind.form, reason: reason.into() }
    }

    /// The kind of name, such as `"bucket name"`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// What is wrong with the value and, if there is something better, what to write instead.
    pub fn reason(&self) -> &str {
        &self.reason
    }

    /// The form that is expected.
    pub fn form(&self) -> &'static str {
        self.form
    }
}

impl fmt::Display for InvalidName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "invalid {}: {}; expected {}", self.what, self.reason, self.form)
    }
}

impl std::error::Error for InvalidName {}

// Lets a function take `impl TryInto<Bucket, Error: Into<InvalidName>>`, and so both a `Bucket` and a `&str`.
impl From<Infallible> for InvalidName {
    fn from(never: Infallible) -> Self {
        match never {}
    }
}

/// A name that follows its rule but is in another Region or partition than the job needs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misplaced {
    what: &'static str,
    rule: &'static str,
    found: Box<str>,
    wanted: Box<str>,
}

impl Misplaced {
    pub(super) fn check(
        what: &'static str,
        rule: &'static str,
        found: &str,
        wanted: &str,
    ) -> Result<(), Misplaced> {
        if found == wanted {
            return Ok(());
        }
        Err(Self { what, rule, found: found.into(), wanted: wanted.into() })
    }

    /// The kind of name, such as `"KMS key"`.
    pub fn what(&self) -> &'static str {
        self.what
    }

    /// The Region or partition that the name is in.
    pub fn found(&self) -> &str {
        &self.found
    }

    /// The Region or partition that it has to be in.
    pub fn wanted(&self) -> &str {
        &self.wanted
    }
}

impl fmt::Display for Misplaced {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} is in {}, not in {}; {}", self.what, self.found, self.wanted, self.rule)
    }
}

impl std::error::Error for Misplaced {}

/// A kind of name: what it is called and which form it has.
pub(super) struct Kind {
    pub(super) what: &'static str,
    pub(super) form: &'static str,
}

impl Kind {
    pub(super) fn refuse<T>(&self, reason: impl Into<Cow<'static, str>>) -> Result<T, InvalidName> {
        Err(InvalidName::new(self, reason))
    }

    /// Between `min` and `max` bytes of UTF-8.
    pub(super) fn length(&self, text: &str, min: usize, max: usize) -> Result<(), InvalidName> {
        match text.len() {
            0 if min > 0 => self.refuse("it is empty"),
            n if n < min => self.refuse(format!("it is {n} bytes long, the least is {min}")),
            n if n > max => self.refuse(format!("it is {n} bytes long, the most is {max}")),
            _ => Ok(()),
        }
    }

    /// Only characters for which `allowed` is true.
    pub(super) fn characters(&self, text: &str, allowed: impl Fn(char) -> bool) -> Result<(), InvalidName> {
        match text.char_indices().find(|&(_, c)| !allowed(c)) {
            // `{:?}` escapes control characters, so that an error cannot break a line of a log.
            Some((at, c)) => self.refuse(format!("{c:?} at byte {at} is not allowed")),
            None => Ok(()),
        }
    }
}
