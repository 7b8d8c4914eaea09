//! Why bytes could not be read: because of their JSON, or because they are not the part of a response that they should be.

/// Why bytes could not be read as a part. It says where and what the fault is, and quotes nothing of the bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{kind} at byte {offset}")]
pub struct ParseError {
    offset: usize,
    kind: ParseErrorKind,
}

impl ParseError {
    pub(crate) fn new(offset: usize, kind: ParseErrorKind) -> Self {
        Self { offset, kind }
    }

    /// The error, if `offset` more bytes come before what was parsed.
    pub(crate) fn behind(self, offset: usize) -> Self {
        Self { offset: self.offset + offset, ..self }
    }

    /// The error, if the limit of records is that of several responses.
    pub(crate) fn of_all(mut self, records: usize) -> Self {
        if let ParseErrorKind::TooMany { what: "records", limit, .. } = &mut self.kind {
            *limit = records;
        }
        self
    }

    /// The number of bytes before the fault.
    pub fn offset(&self) -> usize {
        self.offset
    }

    /// What the fault is.
    pub fn kind(&self) -> ParseErrorKind {
        self.kind
    }
}

/// What is wrong with the bytes of a part.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ParseErrorKind {
    /// The bytes are not JSON, or end too early.
    #[error("malformed JSON, expected {expected}")]
    Malformed {
        /// What should be there.
        expected: &'static str,
    },
    /// The bytes are JSON, but a member has a value of a type that Textract never gives it.
    #[error("`{field}` is not {expected}")]
    WrongType {
        /// The member.
        field: &'static str,
        /// What it should be.
        expected: &'static str,
    },
    /// A number is too large for an `f64`, or for an `f32` if it is kept as one.
    #[error("number out of range")]
    NumberOutOfRange,
    /// A text is not UTF-8.
    #[error("invalid UTF-8")]
    InvalidUtf8,
    /// 128 lists and objects are nested within each other.
    #[error("nested too deeply")]
    TooDeep,
    /// A part lists far more than Textract puts into one.
    #[error("more than {limit} {what} (Limits::{setter} raises that)")]
    TooMany {
        /// What there is too much of.
        what: &'static str,
        /// How many are allowed.
        limit: usize,
        /// The method of [`Limits`](crate::Limits) that raises the limit.
        setter: &'static str,
    },
    /// The JSON has none of the members by which a response of Textract is recognized: its list of records,
    /// `JobStatus`, `DocumentMetadata`.
    #[error("not a response of Textract")]
    NotAResponse,
}
