//! The queue that completions are received from.

use super::Region;
use super::error::{InvalidName, Kind, Misplaced};

const QUEUE: Kind = Kind {
    what: "SQS queue URL",
    form: "https://HOST/ACCOUNT/NAME of a standard queue, with an account of 12 digits and a name of 1 to 80 letters, \
           digits, hyphens and underscores",
};

fn check(text: &str) -> Result<(), InvalidName> {
    QUEUE.length(text, 1, 1024)?;
    let rest = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let Some(rest) = rest else { return QUEUE.refuse("it does not begin with https://") };
    let mut segments = rest.split('/');
    let (host, account, name) = (segments.next(), segments.next(), segments.next());
    let (Some(host), Some(account), Some(name), None) = (host, account, name, segments.next()) else {
        return QUEUE.refuse("it does not have the three parts host, account and name");
    };
    let is_of_host = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | ':' | '[' | ']');
    if host.is_empty() || !host.chars().all(is_of_host) {
        return QUEUE.refuse("its host is empty or has a character that is not allowed");
    }
    if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
        return QUEUE.refuse("its account is not 12 digits");
    }
    if name.ends_with(".fifo") {
        return QUEUE.refuse("it names a FIFO queue, to which no standard topic delivers");
    }
    if name.is_empty() || name.len() > 80 {
        return QUEUE.refuse(format!("the queue's name is {} bytes long", name.len()));
    }
    if !name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_') {
        return QUEUE.refuse("the queue's name has a character that is not allowed");
    }
    Ok(())
}

plain_name! {
    /// The URL of a standard SQS queue, as `GetQueueUrl` gives it.
    ///
    /// Plain `http` is accepted for the sake of loopback endpoints; the [`TransportPolicy`](crate::TransportPolicy) decides
    /// whether a request may be sent. FIFO queues are refused: Textract publishes only to standard topics, which do not deliver to
    /// them. Follows "Amazon SQS queue and message identifiers" in the Amazon SQS developer guide.
    ///
    /// ```
    /// use inkseal::resource::QueueUrl;
    ///
    /// let queue: QueueUrl = "https://sqs.us-east-1.amazonaws.com/111122223333/textract-done".parse()?;
    /// assert!("https://sqs.us-east-1.amazonaws.com/111122223333/done.fifo".parse::<QueueUrl>().is_err());
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    QueueUrl, check
}

impl QueueUrl {
    /// The Region in the name of its host; none if that is not one of AWS's (`sqs.REGION.…`, or a VPC endpoint's).
    fn region(&self) -> Option<&str> {
        let host = self.as_str().split('/').nth(2)?;
        let mut labels = host.split('.').skip_while(|label| label.starts_with("vpce-"));
        matches!(labels.next()?, "sqs" | "sqs-fips").then(|| labels.next()).flatten()
    }

    /// Checks that this queue is in `region`, which must be that of the key: the policies cover one Region. A host that is not one
    /// of AWS's does not show its Region, and passes.
    ///
    /// # Errors
    ///
    /// [`Misplaced`] if the queue is in another Region.
    pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
        let rule = "the policies cover one Region: use a queue in the key's Region";
        match self.region() {
            Some(own) => Misplaced::check("SQS queue", rule, own, region.as_str()),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::QueueUrl;

    #[test]
    fn the_region_is_that_of_the_host() {
        for (host, is_there) in [
            ("sqs.us-east-1.amazonaws.com", true),
            ("sqs-fips.us-east-1.amazonaws.com", true),
            ("vpce-0a1b-2c3d.sqs.us-east-1.vpce.amazonaws.com", true),
            ("127.0.0.1:4566", true),
            ("sqs.eu-west-1.amazonaws.com", false),
            ("vpce-0a1b-2c3d.sqs.eu-west-1.vpce.amazonaws.com", false),
        ] {
            let queue: QueueUrl = format!("https://{host}/111122223333/done").parse().unwrap();
            assert_eq!(queue.check_region(&"us-east-1".parse().unwrap()).is_ok(), is_there, "{host}");
        }
    }

    #[test]
    fn queues_that_are_and_are_not() {
        for url in
            ["http://127.0.0.1:4566/111122223333/a", "https://sqs.eu-west-1.amazonaws.com/000000000000/A_b-9"]
        {
            assert_eq!(url.parse::<QueueUrl>().unwrap().as_str(), url);
        }
        let long = format!("https://h/111122223333/{}", "n".repeat(81));
        for url in [
            "",
            "arn:aws:sqs:us-east-1:111122223333:a",
            "ftp://h/111122223333/a",
            "https:///111122223333/a",
            "https://h/111122223333",
            "https://h/111122223333/",
            "https://h/111122223333/a/b",
            "https://h/1111/a",
            "https://h/111122223333/a.fifo",
            "https://h/111122223333/a?x",
            "https://user@h/111122223333/a",
            &long,
        ] {
            assert!(url.parse::<QueueUrl>().is_err(), "{url}");
        }
    }
}
