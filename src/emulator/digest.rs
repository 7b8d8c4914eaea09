//! Digests in hexadecimal.

use s3s::crypto::{Checksum as _, Md5};

/// Two lowercase digits for each byte.
pub(super) fn hex(bytes: impl AsRef<[u8]>) -> String {
    bytes.as_ref().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The MD5 of these bytes, as S3 and SQS write it.
pub(super) fn md5(bytes: &[u8]) -> String {
    hex(Md5::checksum(bytes))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digests_are_written_in_hexadecimal() {
        assert_eq!(hex([0x00_u8, 0x0f, 0xf0]), "000ff0");
        // The test suite of RFC 1321.
        assert_eq!(md5(b""), "d41d8cd98f00b204e9800998ecf8427e");
        assert_eq!(md5(b"message digest"), "f96b697d7cb7938d525a2f31aaf161d0");
    }
}
