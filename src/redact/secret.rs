//! The keys of operators, and what they do.

use std::fmt;
use std::sync::Arc;

use aes_gcm::aead::{Aead, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use aws_smithy_types::base64;
use hmac::{Hmac, Mac};
use sha2::Sha256;
use zeroize::{Zeroize, Zeroizing};

use super::PiiType;
use crate::error::{Error, ErrorKind, Result, Stage};

/// The fewest bytes of a key for pseudonyms: those of the output of SHA-256, as RFC 2104 has it.
const SHORTEST: usize = 32;

/// The bytes of a nonce of AES-GCM, as NIST SP 800-38D recommends.
const NONCE: usize = 12;

/// What an encrypted text begins with.
const MARK: &str = "enc:";

/// A key for [pseudonyms](super::Operator::pseudonym): at least 32 random bytes. Clones share them, and they are overwritten
/// when the last one is dropped. [`new`](Self::new) takes over a vector that it is given; an array or a slice is copied, and
/// stays the caller's to overwrite.
///
/// Take them from a KMS data key, stored wrapped and unwrapped at the start (`GenerateDataKeyWithoutPlaintext`, `Decrypt`), or from the
/// binary value of a secret in AWS Secrets Manager, and never from code, configuration or the environment. The example `operator_key` does
/// the first and shows the second.
#[derive(Clone)]
pub struct PseudonymKey(Arc<Zeroizing<Vec<u8>>>);

impl PseudonymKey {
    /// A key of these bytes.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) for fewer than 32 bytes.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.len() < SHORTEST {
            return Err(Error::invalid("the key for pseudonyms is too short: give at least 32 random bytes"));
        }
        Ok(Self(Arc::new(bytes)))
    }

    /// A key of random bytes that is stored nowhere: pseudonyms are the same only while this key exists.
    ///
    /// # Errors
    ///
    /// [`Service`](ErrorKind::Service) if the system provides no random bytes.
    pub fn random() -> Result<Self> {
        let mut bytes = Zeroizing::new(vec![0; SHORTEST]);
        fill(&mut bytes)?;
        Ok(Self(Arc::new(bytes)))
    }

    /// The first 128 bits of the HMAC-SHA-256 of the type and the text, in hexadecimal digits.
    pub(super) fn pseudonym(&self, pii_type: &PiiType, text: &str) -> Result<String> {
        let mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&self.0);
        let mut mac = mac.map_err(|_| Error::invalid("the key for pseudonyms cannot be used"))?;
        mac.update(pii_type.as_str().as_bytes());
        mac.update(&[0]);
        mac.update(text.as_bytes());
        let digest = mac.finalize().into_bytes();
        let digits = digest.iter().take(16).map(|byte| format!("{byte:02x}"));
        Ok(format!("{pii_type}_{}", digits.collect::<String>()))
    }
}

/// A key for [encryption](super::Operator::encrypt): 32 random bytes. Clones share them, and they are overwritten when the
/// last one is dropped; the array that [`new`](Self::new) is given is the caller's to overwrite.
///
/// Data keys of AWS KMS (`GenerateDataKey` with `AES_256`) are such keys; the example `operator_key` unwraps one.
#[derive(Clone)]
pub struct EncryptionKey(Arc<Zeroizing<[u8; 32]>>);

impl EncryptionKey {
    /// A key of these bytes.
    pub fn new(mut bytes: [u8; 32]) -> Self {
        let mut key = Arc::new(Zeroizing::new([0; 32]));
        if let Some(own) = Arc::get_mut(&mut key) {
            own.copy_from_slice(&bytes);
        }
        bytes.zeroize();
        Self(key)
    }

    /// The text behind what [encryption](super::Operator::encrypt) wrote on a page of a document.
    ///
    /// ```
    /// # use inkseal::redact::EncryptionKey;
    /// let key = EncryptionKey::new([7; 32]);
    /// assert!(key.decrypt("contract-1", 1, "enc:AAAA").is_err());
    /// ```
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the text is not an encrypted one, was changed, or was encrypted with another
    /// key, for another document or another page. Which of these it is cannot be determined.
    pub fn decrypt(&self, document: &str, page: u32, text: &str) -> Result<String> {
        let plain = || {
            let bytes = base64::decode(text.strip_prefix(MARK)?).ok()?;
            let (nonce, sealed) = bytes.split_at_checked(NONCE)?;
            let nonce: [u8; NONCE] = nonce.try_into().ok()?;
            let payload = Payload { msg: sealed, aad: &bound_to(document, page) };
            let plain = self.cipher().decrypt(&Nonce::from(nonce), payload).ok()?;
            String::from_utf8(plain).ok()
        };
        plain().ok_or_else(|| {
            Error::new(
                ErrorKind::InvalidInput,
                Stage::Redact,
                "the text was not encrypted with this key for this page of this document, or was changed since",
            )
        })
    }

    pub(super) fn encrypt(&self, document: &str, page: u32, text: &str) -> Result<String> {
        let mut nonce = [0; NONCE];
        fill(&mut nonce)?;
        let payload = Payload { msg: text.as_bytes(), aad: &bound_to(document, page) };
        let sealed = self.cipher().encrypt(&Nonce::from(nonce), payload);
        let sealed = sealed.map_err(|_| failed("the text is too long to be encrypted"))?;
        Ok(format!("{MARK}{}", base64::encode([&nonce[..], &sealed].concat())))
    }

    /// Whether both are the same key, or clones of it.
    pub(super) fn is(&self, other: &Self) -> bool {
        Arc::ptr_eq(&self.0, &other.0)
    }

    fn cipher(&self) -> Aes256Gcm {
        Aes256Gcm::new((&**self.0).into())
    }
}

/// What is authenticated together with a text: where it belongs. The length keeps documents and pages apart.
fn bound_to(document: &str, page: u32) -> Vec<u8> {
    let length = (document.len() as u64).to_be_bytes();
    [b"inkseal redaction 1".as_slice(), &length, document.as_bytes(), &page.to_be_bytes()].concat()
}

macro_rules! hidden {
    ($($name:ident),+) => {
        $(impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.debug_struct(stringify!($name)).finish_non_exhaustive()
            }
        })+
    };
}

hidden!(PseudonymKey, EncryptionKey);

/// Fills with random bytes of the system.
fn fill(bytes: &mut [u8]) -> Result<()> {
    getrandom::fill(bytes).map_err(|_| failed("the system gave no random bytes"))
}

fn failed(why: &'static str) -> Error {
    Error::new(ErrorKind::Service, Stage::Redact, why)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encrypted_is_bound_to_key_document_and_page() {
        let key = EncryptionKey::new([7; 32]);
        let text = key.encrypt("a", 1, "Jane Doe").unwrap();
        assert_eq!(key.decrypt("a", 1, &text).unwrap(), "Jane Doe");
        assert_ne!(key.encrypt("a", 1, "Jane Doe").unwrap(), text, "no nonce is used twice");
        for (document, page) in [("b", 1), ("a", 2), ("", 1)] {
            assert_eq!(key.decrypt(document, page, &text).unwrap_err().kind(), ErrorKind::InvalidInput);
        }
        assert!(EncryptionKey::new([8; 32]).decrypt("a", 1, &text).is_err());
        let mut changed = text.clone().into_bytes();
        changed[10] ^= 1;
        assert!(key.decrypt("a", 1, &String::from_utf8(changed).unwrap()).is_err());
        for text in ["", "enc:", "enc:!", "Jane Doe", "enc:AAAAAAAAAAAAAAAA"] {
            assert!(key.decrypt("a", 1, text).is_err());
        }
    }

    #[test]
    fn pseudonyms_follow_rfc_4231() {
        // Test case 2 of RFC 4231 has a key that is too short for us; so its construction is compared over the parts.
        assert!(PseudonymKey::new(*b"Jefe").is_err());
        let key = PseudonymKey::new([0xaa; 131]).unwrap();
        let mut mac = <Hmac<Sha256> as hmac::KeyInit>::new_from_slice(&[0xaa; 131]).unwrap();
        mac.update(b"Test Using Larger Than Block-Size Key - Hash Key First");
        let digest = mac.finalize().into_bytes();
        assert_eq!(digest[..4], [0x60, 0xe4, 0x31, 0x59]);
        let name = key.pseudonym(&PiiType::Name, "Jane Doe").unwrap();
        assert_eq!(name, key.pseudonym(&PiiType::Name, "Jane Doe").unwrap());
        assert_ne!(name, key.pseudonym(&PiiType::Address, "Jane Doe").unwrap());
        assert!(name.starts_with("NAME_") && name.len() == 37);
    }

    /// The states of the hash hold the key: `hmac` and `sha2` need their feature `zeroize`.
    #[test]
    fn hashes_of_a_key_are_overwritten() {
        fn are_overwritten<T: zeroize::ZeroizeOnDrop>() {}
        are_overwritten::<Sha256>();
    }

    #[test]
    fn keys_do_not_show() {
        let shown = format!("{:?} {:?}", EncryptionKey::new([77; 32]), PseudonymKey::new([77; 32]).unwrap());
        assert!(!shown.contains("77") && !shown.contains("4d"));
    }
}
