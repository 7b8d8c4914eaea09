//! The secrets of AWS access keys, which are too random to be text.

use super::fold::is_word;
use super::scan::Scan;
use super::subject::Subject;

const LENGTH: usize = 40;

/// A secret access key that begins at an index, with a word: 40 characters of base64.
pub(super) fn secret(scan: &mut Scan<'_>, begin: usize) {
    let text = scan.text();
    let is_base64 = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'/' | b'+');
    // A byte far on rules out such a run sooner than one near by.
    if !is_base64(text.at(begin + LENGTH - 4)) || !is_base64(text.at(begin + LENGTH / 2)) {
        return;
    }
    // A secret may begin with `/` or `+`.
    let before = (1..=3).take_while(|back| matches!(text.at(begin.wrapping_sub(*back)), b'/' | b'+')).count();
    for begin in begin - before..=begin {
        let end = text.run(begin, LENGTH + 1, is_base64);
        let characters = text.slice(begin, end);
        if characters.len() == LENGTH
            && !is_word(text.at(end))
            && text.at(end) != b'='
            && is_random(characters)
        {
            scan.hit(Subject::AwsSecret, begin..end, 0.4, 0.95);
            return;
        }
    }
}

/// Whether characters are distributed as those of a key: of three kinds, and with an entropy of at least four bits. A digest in
/// hexadecimal has at most four, and not both capitals and small letters.
fn is_random(characters: &[u8]) -> bool {
    let has = |is_of: fn(&u8) -> bool| characters.iter().any(is_of);
    has(u8::is_ascii_uppercase)
        && has(u8::is_ascii_lowercase)
        && has(u8::is_ascii_digit)
        && entropy(characters) >= 4.0
}

/// Shannon's entropy, in bits per character.
fn entropy(characters: &[u8]) -> f32 {
    let mut counts = [0_u16; 256];
    for byte in characters {
        if let Some(count) = counts.get_mut(usize::from(*byte)) {
            *count += 1;
        }
    }
    let shares = counts.iter().filter(|count| **count > 0).map(|count| f32::from(*count) / LENGTH as f32);
    -shares.map(|share| share * share.log2()).sum::<f32>()
}

#[cfg(test)]
mod tests {
    use super::super::tests::{found, nothing};

    #[test]
    fn secrets() {
        let secret = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";
        assert_eq!(found(&format!("AWS secret: {secret}")), [("AWS_SECRET_KEY", 12..52)]);
        assert_eq!(found(&format!("aws_secret_access_key = {secret}\n")), [("AWS_SECRET_KEY", 24..64)]);
        assert_eq!(found(&format!("SecretAccessKey\n/{}", &secret[1..])), [("AWS_SECRET_KEY", 16..56)]);
        nothing(secret);
        nothing(&format!("secret {secret}x"));
        nothing("secret da39a3ee5e6b4b0d3255bfef95601890afd80709");
        nothing("secret aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa");
    }

    #[test]
    fn access_keys() {
        assert_eq!(found("AKIAIOSFODNN7EXAMPLE"), [("AWS_ACCESS_KEY", 0..20)]);
        assert_eq!(found("(ASIAIOSFODNN7EXAMPLE)"), [("AWS_ACCESS_KEY", 1..21)]);
        nothing("AKIAIOSFODNN7EXAMPL");
        nothing("xAKIAIOSFODNN7EXAMPLE");
    }
}
