//! The topic and the role of a notification channel.

use std::str::FromStr;
use std::sync::Arc;

use super::error::{InvalidName, Kind, Misplaced};
use super::place::{AccountId, Arn, Partition, Place, Region};

const TOPIC: Kind = Kind {
    what: "SNS topic ARN",
    form: "arn:PARTITION:sns:REGION:ACCOUNT:NAME of a standard topic, with a name of 1 to 256 letters, \
           digits, hyphens and underscores",
};
const ROLE: Kind = Kind {
    what: "IAM role ARN",
    form: "arn:PARTITION:iam::ACCOUNT:role/NAME, with a name of 1 to 64 letters, digits and _+=,.@-",
};

/// The ARN of a standard SNS topic, 20 to 1024 characters.
///
/// FIFO topics are refused: a message to one needs a group id, which Textract does not send, so the
/// completion would never arrive. Follows "NotificationChannel" in the Amazon Textract API reference and
/// "CreateTopic" in the Amazon SNS API reference.
///
/// ```
/// use inkseal::resource::TopicArn;
///
/// let topic: TopicArn = "arn:aws:sns:us-east-1:111122223333:AmazonTextract-done".parse()?;
/// assert_eq!(topic.name(), "AmazonTextract-done");
/// assert_eq!(topic.region().as_str(), "us-east-1");
/// assert!("arn:aws:sns:us-east-1:111122223333:done.fifo".parse::<TopicArn>().is_err());
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TopicArn {
    text: Arc<str>,
    place: Place,
}

impl TopicArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition of the topic.
    pub fn partition(&self) -> Partition {
        self.place.partition
    }

    /// The Region of the topic.
    pub fn region(&self) -> &Region {
        &self.place.region
    }

    /// The account that owns the topic.
    pub fn account(&self) -> &AccountId {
        &self.place.account
    }

    /// The name of the topic.
    pub fn name(&self) -> &str {
        self.text.rsplit(':').next().unwrap_or_default()
    }

    /// Whether a Textract endpoint in `region` can publish to this topic.
    ///
    /// # Errors
    ///
    /// [`Misplaced`] if the topic is in another Region.
    pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
        let rule = "Textract publishes only to topics in the Region of its endpoint";
        Misplaced::check("SNS topic", rule, self.region().as_str(), region.as_str())
    }
}

impl FromStr for TopicArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        TOPIC.length(text, 20, 1024)?;
        let arn = Arn::split(&TOPIC, text, "sns")?;
        let place = arn.place()?;
        let name = arn.resource;
        if name.ends_with(".fifo") {
            return TOPIC
                .refuse("it names a FIFO topic, to which Textract cannot publish; use a standard topic");
        }
        if name.contains(':') {
            return TOPIC.refuse("it names a subscription; give the topic alone");
        }
        if name.is_empty() || name.len() > 256 {
            return TOPIC.refuse(format!("the topic's name is {} bytes long", name.len()));
        }
        if !name.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'-' || b == b'_') {
            return TOPIC.refuse("the topic's name has a character that is not allowed");
        }
        Ok(Self { text: text.into(), place })
    }
}

string_like!(TopicArn);

/// The ARN of an IAM role, 20 to 2048 characters, such as the one that Textract assumes to publish a completion.
///
/// Follows "NotificationChannel" in the Amazon Textract API reference and "IAM and AWS STS quotas" in the IAM
/// user guide.
///
/// ```
/// use inkseal::resource::RoleArn;
///
/// let role: RoleArn = "arn:aws:iam::111122223333:role/service/textract-publish".parse()?;
/// assert_eq!(role.name(), "textract-publish");
/// assert_eq!(role.path(), "/service/");
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct RoleArn {
    text: Arc<str>,
    partition: Partition,
    account: AccountId,
}

impl RoleArn {
    /// The ARN as text.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// The partition of the role.
    pub fn partition(&self) -> Partition {
        self.partition
    }

    /// The account that owns the role.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The name of the role, without its path.
    pub fn name(&self) -> &str {
        self.text.rsplit('/').next().unwrap_or_default()
    }

    /// The path of the role, with a slash at both ends; `/` if it has none.
    pub fn path(&self) -> &str {
        let from = self.text.find('/').unwrap_or_default();
        let to = self.text.rfind('/').unwrap_or_default();
        self.text.get(from..=to).unwrap_or_default()
    }

    /// Whether a service in `region` can assume this role.
    ///
    /// # Errors
    ///
    /// [`Misplaced`] if the role is in another partition than the Region.
    pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
        let rule = "a role can be used only in its own partition";
        Misplaced::check("IAM role", rule, self.partition.as_str(), region.partition().as_str())
    }
}

impl FromStr for RoleArn {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        ROLE.length(text, 20, 2048)?;
        if text.contains(":sts:") || text.contains(":assumed-role/") {
            return ROLE.refuse("it names a session of a role; give the role itself");
        }
        let arn = Arn::split(&ROLE, text, "iam")?;
        arn.no_region()?;
        let account = arn.account()?;
        let Some(path_and_name) = arn.resource.strip_prefix("role/") else {
            return ROLE.refuse("it does not name a role");
        };
        let name = path_and_name.rsplit('/').next().unwrap_or_default();
        let path = path_and_name.strip_suffix(name).unwrap_or_default();
        if name.is_empty() || name.len() > 64 {
            return ROLE.refuse(format!("the role's name is {} bytes long", name.len()));
        }
        // IAM's limit of 512 counts the slash that here belongs to `role/`.
        if path.len() > 511 || path.starts_with('/') || path.contains("//") {
            return ROLE
                .refuse("the role's path is not one of at most 512 characters between single slashes");
        }
        // Textract's own pattern, which is narrower than what IAM allows in a path.
        if !path_and_name.bytes().all(|b| b.is_ascii_alphanumeric() || b"_+=,.@-/".contains(&b)) {
            return ROLE.refuse("the role's name or path has a character that is not allowed");
        }
        Ok(Self { text: text.into(), partition: arn.partition, account })
    }
}

string_like!(RoleArn);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn topics() {
        let longest = format!("arn:aws:sns:us-east-1:111122223333:{}", "a".repeat(256));
        let too_long = format!("{longest}a");
        for text in [
            "arn:aws:sns:us-east-1:111122223333:t",
            "arn:aws-cn:sns:cn-north-1:111122223333:a_b-C9",
            "arn:aws-us-gov:sns:us-gov-west-1:111122223333:done",
            &longest,
        ] {
            assert_eq!(text.parse::<TopicArn>().expect(text).to_string(), text);
        }
        for text in [
            "",
            "done",
            "arn:aws:sns:us-east-1:111122223333:",
            "arn:aws:sns:us-east-1:111122223333:done.fifo",
            "arn:aws:sns:us-east-1:111122223333:done:6b0e71bd-7e97-4d97-80ce-4a0994e55286",
            "arn:aws:sqs:us-east-1:111122223333:done",
            "arn:aws:sns::111122223333:done-done",
            "arn:aws:sns:us-east-1::done-done-done",
            "arn:aws:sns:cn-north-1:111122223333:done",
            "arn:aws-cn:sns:us-east-1:111122223333:done",
            "arn:aws:sns:us-east-1:111122223333:do ne",
            "arn:aws:sns:us-east-1:111122223333:done\n",
            "ARN:aws:sns:us-east-1:111122223333:done",
            &too_long,
        ] {
            assert!(text.parse::<TopicArn>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn roles() {
        for (text, path, name) in [
            ("arn:aws:iam::111122223333:role/publish", "/", "publish"),
            ("arn:aws:iam::111122223333:role/a/b/publish", "/a/b/", "publish"),
            ("arn:aws-cn:iam::111122223333:role/p+=,.@-_", "/", "p+=,.@-_"),
        ] {
            let role = text.parse::<RoleArn>().expect(text);
            assert_eq!((role.as_str(), role.path(), role.name()), (text, path, name));
        }
        let long_name = format!("arn:aws:iam::111122223333:role/{}", "a".repeat(65));
        let long_path = format!("arn:aws:iam::111122223333:role/{}/a", "a".repeat(512));
        for text in [
            "",
            "publish",
            "arn:aws:iam::111122223333:role/",
            "arn:aws:iam::111122223333:role//publish",
            "arn:aws:iam::111122223333:role/a//publish",
            "arn:aws:iam::111122223333:role/a/",
            "arn:aws:iam::111122223333:user/publish",
            "arn:aws:iam::111122223333:rolepublish",
            "arn:aws:iam:us-east-1:111122223333:role/publish",
            "arn:aws:iam::11112222333:role/publish",
            "arn:aws:sts::111122223333:assumed-role/publish/session",
            "arn:aws:iam::111122223333:role/pub lish",
            "arn:aws:iam::111122223333:role/publish*",
            "arn:aws-moon:iam::111122223333:role/publish",
            &long_name,
            &long_path,
        ] {
            assert!(text.parse::<RoleArn>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn places() {
        let topic: TopicArn = "arn:aws:sns:us-east-1:111122223333:done".parse().unwrap();
        let role: RoleArn = "arn:aws:iam::111122223333:role/publish".parse().unwrap();
        let home: Region = "us-east-1".parse().unwrap();
        let other: Region = "eu-west-1".parse().unwrap();
        let china: Region = "cn-north-1".parse().unwrap();
        assert_eq!(topic.check_region(&home), Ok(()));
        let error = topic.check_region(&other).unwrap_err().to_string();
        assert!(
            error.starts_with("SNS topic is in us-east-1, not in eu-west-1; Textract publishes"),
            "{error}"
        );
        assert_eq!(role.check_region(&other), Ok(()));
        assert!(role.check_region(&china).is_err());
    }
}
