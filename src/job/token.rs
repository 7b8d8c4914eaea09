//! The client request token of a job that is not given one.

use sha2::{Digest as _, Sha256};

/// Digests what identifies a piece of work. Each field is written with its name and length, so that different
/// lists of fields are always different bytes.
pub struct Digest(Sha256);

impl Digest {
    pub(crate) fn new(api: &str) -> Self {
        // The version changes with the fields, so that an old token is never taken for new work.
        let mut digest = Self(Sha256::new());
        digest.field("inkseal token", Some("1")).field("api", Some(api));
        digest
    }

    pub(crate) fn field(&mut self, name: &'static str, value: Option<&str>) -> &mut Self {
        self.bytes(name.as_bytes());
        match value {
            Some(value) => self.bytes(value.as_bytes()),
            None => self.0.update([0xff; 8]),
        }
        self
    }

    pub(crate) fn list(&mut self, items: impl IntoIterator<Item = String>) -> &mut Self {
        for item in items {
            self.field("item", Some(&item));
        }
        self.field("end", None)
    }

    fn bytes(&mut self, bytes: &[u8]) {
        self.0.update((bytes.len() as u64).to_le_bytes());
        self.0.update(bytes);
    }

    /// 64 hexadecimal digits, the longest token that Textract accepts.
    pub(crate) fn finish(self) -> String {
        self.0.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn token(fields: &[(&'static str, Option<&str>)]) -> String {
        let mut digest = Digest::new("api");
        for (name, value) in fields {
            digest.field(name, *value);
        }
        digest.finish()
    }

    #[test]
    fn fields_do_not_run_together() {
        assert_eq!(token(&[]).len(), 64);
        assert_eq!(token(&[("a", Some("bc"))]), token(&[("a", Some("bc"))]));
        assert_ne!(token(&[("a", Some("bc"))]), token(&[("ab", Some("c"))]));
        assert_ne!(token(&[("a", Some(""))]), token(&[("a", None)]));
        assert_ne!(token(&[("a", Some("b")), ("c", None)]), token(&[("a", Some("b"))]));
    }
}
