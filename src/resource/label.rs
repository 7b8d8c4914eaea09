//! The short labels of a job: its id, its tag and its request token.

use super::error::{InvalidName, Kind};

const JOB_ID: Kind = Kind { what: "job id", form: "1 to 64 letters, digits, hyphens and underscores" };
const JOB_TAG: Kind =
    Kind { what: "job tag", form: "1 to 64 letters, digits, dots, colons, hyphens and underscores" };
const TOKEN: Kind =
    Kind { what: "client request token", form: "1 to 64 letters, digits, hyphens and underscores" };

fn word(c: char) -> bool {
    c.is_ascii_alphanumeric() || c == '-' || c == '_'
}

fn check(kind: &Kind, text: &str, allowed: fn(char) -> bool) -> Result<(), InvalidName> {
    kind.length(text, 1, 64)?;
    kind.characters(text, allowed)
}

plain_name! {
    /// The id of a Textract job: 1 to 64 of `[a-zA-Z0-9-_]`, in practice 64 hexadecimal digits.
    ///
    /// The rule leaves no room for a slash or a dot, so an id that came from outside, such as in a notification,
    /// cannot lead out of the [`Prefix`](crate::resource::Prefix) that it is joined to. Follows
    /// "GetDocumentAnalysis" in the Amazon Textract API reference.
    ///
    /// ```
    /// use inkseal::resource::JobId;
    ///
    /// assert!("8b3c1f".parse::<JobId>().is_ok());
    /// assert!("../other".parse::<JobId>().is_err());
    /// ```
    JobId, |text| check(&JOB_ID, text, word)
}

plain_name! {
    /// A tag that Textract repeats in the completion message of a job: 1 to 64 of `[a-zA-Z0-9_.\-:]`.
    ///
    /// CloudTrail logs it, so nothing private belongs in it. Follows "StartDocumentAnalysis" in the Amazon
    /// Textract API reference.
    ///
    /// ```
    /// use inkseal::resource::JobTag;
    ///
    /// assert!("invoices:2024-07".parse::<JobTag>().is_ok());
    /// assert!("invoices 2024".parse::<JobTag>().is_err());
    /// ```
    JobTag, |text| check(&JOB_TAG, text, |c| word(c) || c == '.' || c == ':')
}

plain_name! {
    /// The token that makes starting a job idempotent: 1 to 64 of `[a-zA-Z0-9-_]`.
    ///
    /// Within seven days the same token with the same input gives the same job instead of a second one.
    /// CloudTrail logs it. Follows "Calling Amazon Textract Asynchronous Operations" in the Amazon Textract
    /// developer guide.
    ///
    /// ```
    /// use inkseal::resource::ClientRequestToken;
    ///
    /// assert!("order-4711_try-1".parse::<ClientRequestToken>().is_ok());
    /// assert!("".parse::<ClientRequestToken>().is_err());
    /// ```
    ClientRequestToken, |text| check(&TOKEN, text, word)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels() {
        let longest = "a".repeat(64);
        let too_long = "a".repeat(65);
        for text in ["a", "-", "_", "A-b_9", &longest] {
            assert!(text.parse::<JobId>().is_ok(), "{text}");
            assert!(text.parse::<JobTag>().is_ok(), "{text}");
            assert!(text.parse::<ClientRequestToken>().is_ok(), "{text}");
        }
        for text in ["", " ", "a b", "a/b", "a\n", "é", "a\0", "a@b", &too_long] {
            assert!(text.parse::<JobId>().is_err(), "{text:?}");
            assert!(text.parse::<JobTag>().is_err(), "{text:?}");
            assert!(text.parse::<ClientRequestToken>().is_err(), "{text:?}");
        }
        for text in ["a.b", "a:b"] {
            assert!(text.parse::<JobId>().is_err(), "{text}");
            assert!(text.parse::<JobTag>().is_ok(), "{text}");
            assert!(text.parse::<ClientRequestToken>().is_err(), "{text}");
        }
    }
}
