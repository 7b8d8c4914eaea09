//! The names of Amazon Comprehend's jobs and models.

use std::str::FromStr;
use std::sync::Arc;

use super::error::{InvalidName, Kind, Misplaced};
use super::kms::KmsKey;
use super::place::{AccountId, Arn, Place, Region};

const DIRECT: Kind = Kind { what: "KMS key", form: "a key id or a key ARN, not an alias" };
const JOB: Kind = Kind { what: "Comprehend job id", form: "1 to 32 letters, digits and hyphens" };
const MODEL: Kind = Kind {
    what: "model name",
    form: "1 to 63 letters, digits and hyphens, with a letter or digit at both ends",
};
const SUBNET: Kind = Kind { what: "subnet id", form: "subnet- and up to 25 letters and digits" };
const GROUP: Kind = Kind { what: "security group id", form: "sg- and up to 29 letters and digits" };
const CLASSIFIER: Kind = Kind {
    what: "document classifier ARN",
    form: "arn:PARTITION:comprehend:REGION:ACCOUNT:document-classifier/NAME, with /version/VERSION where it has one",
};
const RECOGNIZER: Kind = Kind {
    what: "entity recognizer ARN",
    form: "arn:PARTITION:comprehend:REGION:ACCOUNT:entity-recognizer/NAME, with /version/VERSION where it has one",
};

/// A KMS key named directly: by its id or its ARN, not by an alias.
///
/// It is the form in which Comprehend accepts the keys of storage volumes and models, which it makes grants on. Follows
/// `VolumeKmsKeyId` and `ModelKmsKeyId` in the Amazon Comprehend API reference.
///
/// ```
/// use inkseal::resource::DirectKey;
///
/// assert!("1234abcd-12ab-34cd-56ef-1234567890ab".parse::<DirectKey>().is_ok());
/// let refused = "alias/documents".parse::<DirectKey>().unwrap_err();
/// assert!(refused.reason().contains("alias"));
/// ```
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct DirectKey(KmsKey);

impl DirectKey {
    /// The key as it was named, and as it goes into a request.
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }

    /// The key as a [`KmsKey`].
    pub fn as_key(&self) -> &KmsKey {
        &self.0
    }
}

impl TryFrom<KmsKey> for DirectKey {
    type Error = InvalidName;

    fn try_from(key: KmsKey) -> Result<Self, InvalidName> {
        if key.is_alias() {
            return DIRECT.refuse(
                "it is an alias, which Comprehend does not accept for a volume or a model; give the key's ARN",
            );
        }
        Ok(Self(key))
    }
}

impl From<DirectKey> for KmsKey {
    fn from(key: DirectKey) -> Self {
        key.0
    }
}

impl FromStr for DirectKey {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        text.parse::<KmsKey>()?.try_into()
    }
}

string_like!(DirectKey);

plain_name! {
    /// The id of a Comprehend analysis job: 1 to 32 of `[a-zA-Z0-9-]`, in practice 32 hexadecimal digits.
    ///
    /// The rule leaves no room for a slash or a dot. Follows "DescribeEntitiesDetectionJob" in the Amazon Comprehend API
    /// reference, whose own pattern allows characters that no id has.
    ///
    /// ```
    /// use inkseal::resource::AnalysisJobId;
    ///
    /// assert!("123456abcdeb0e11022f22a11EXAMPLE".parse::<AnalysisJobId>().is_ok());
    /// assert!("../other".parse::<AnalysisJobId>().is_err());
    /// ```
    AnalysisJobId, |text| {
        JOB.length(text, 1, 32)?;
        JOB.characters(text, |c| c.is_ascii_alphanumeric() || c == '-')
    }
}

plain_name! {
    /// The name of a classifier or recognizer to be trained, or of a version of it: 1 to 63 letters, digits and hyphens.
    ///
    /// It is part of the model's ARN and is logged by CloudTrail, so nothing private belongs in it. Follows
    /// "CreateDocumentClassifier" in the Amazon Comprehend API reference.
    ///
    /// ```
    /// use inkseal::resource::ModelName;
    ///
    /// assert!("claims-by-kind".parse::<ModelName>().is_ok());
    /// assert!("claims_by_kind".parse::<ModelName>().is_err());
    /// ```
    ModelName, |text| {
        MODEL.length(text, 1, 63)?;
        MODEL.characters(text, |c| c.is_ascii_alphanumeric() || c == '-')?;
        if text.starts_with('-') || text.ends_with('-') {
            return MODEL.refuse("it begins or ends with a hyphen");
        }
        Ok(())
    }
}

plain_name! {
    /// The id of a subnet of a VPC: `subnet-` and letters and digits, up to 32 characters.
    ///
    /// Follows "VpcConfig" in the Amazon Comprehend API reference.
    ///
    /// ```
    /// use inkseal::resource::SubnetId;
    ///
    /// assert!("subnet-0bb1c79de3EXAMPLE".parse::<SubnetId>().is_ok());
    /// assert!("vpc-1a2b3c4d".parse::<SubnetId>().is_err());
    /// ```
    SubnetId, |text| vpc_id(&SUBNET, "subnet-", text)
}

plain_name! {
    /// The id of a security group of a VPC: `sg-` and letters and digits, up to 32 characters.
    ///
    /// Follows "VpcConfig" in the Amazon Comprehend API reference.
    ///
    /// ```
    /// use inkseal::resource::SecurityGroupId;
    ///
    /// assert!("sg-903004f8".parse::<SecurityGroupId>().is_ok());
    /// assert!("default".parse::<SecurityGroupId>().is_err());
    /// ```
    SecurityGroupId, |text| vpc_id(&GROUP, "sg-", text)
}

fn vpc_id(kind: &Kind, prefix: &str, text: &str) -> Result<(), InvalidName> {
    kind.length(text, 1, 32)?;
    match text.strip_prefix(prefix) {
        None => kind.refuse(format!("it does not begin with {prefix}")),
        Some("") => kind.refuse(format!("nothing follows {prefix}")),
        Some(rest) => kind.characters(rest, |c| c.is_ascii_alphanumeric()),
    }
}

/// An ARN of one kind of model.
macro_rules! model_arn {
    ($(#[$attribute:meta])* $name:ident, $kind:ident, $resource:literal) => {
        $(#[$attribute])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub struct $name {
            text: Arc<str>,
            place: Place,
        }

        impl $name {
            /// The ARN as text.
            pub fn as_str(&self) -> &str {
                &self.text
            }

            /// The Region of the model.
            pub fn region(&self) -> &Region {
                &self.place.region
            }

            /// The account that owns the model.
            pub fn account(&self) -> &AccountId {
                &self.place.account
            }

            /// Whether a job in `region` can use the model.
            ///
            /// # Errors
            ///
            /// [`Misplaced`] if the model is in another Region.
            pub fn check_region(&self, region: &Region) -> Result<(), Misplaced> {
                let rule = "a job uses models of its own Region only; copy the model there";
                Misplaced::check("model", rule, self.region().as_str(), region.as_str())
            }
        }

        impl FromStr for $name {
            type Err = InvalidName;

            fn from_str(text: &str) -> Result<Self, InvalidName> {
                $kind.length(text, 20, 256)?;
                let arn = Arn::split(&$kind, text, "comprehend")?;
                let place = arn.place()?;
                let Some(path) = arn.resource.strip_prefix($resource) else {
                    return $kind.refuse(concat!("its resource does not begin with ", $resource));
                };
                let (name, version) = match path.split_once("/version/") {
                    Some((name, version)) => (name, Some(version)),
                    None => (path, None),
                };
                for part in [Some(name), version].into_iter().flatten() {
                    if part.parse::<ModelName>().is_err() {
                        return $kind.refuse("the model's name or version is not 1 to 63 letters, digits and hyphens");
                    }
                }
                Ok(Self { text: text.into(), place })
            }
        }

        string_like!($name);
    };
}

model_arn! {
    /// The ARN of a custom document classifier.
    ///
    /// Follows "StartDocumentClassificationJob" in the Amazon Comprehend API reference.
    ///
    /// ```
    /// use inkseal::resource::ClassifierArn;
    ///
    /// let arn = "arn:aws:comprehend:us-east-1:111122223333:document-classifier/claims/version/2";
    /// assert_eq!(arn.parse::<ClassifierArn>()?.region().as_str(), "us-east-1");
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    ClassifierArn, CLASSIFIER, "document-classifier/"
}

model_arn! {
    /// The ARN of a custom entity recognizer.
    ///
    /// Follows "StartEntitiesDetectionJob" in the Amazon Comprehend API reference.
    ///
    /// ```
    /// use inkseal::resource::RecognizerArn;
    ///
    /// let arn = "arn:aws:comprehend:us-east-1:111122223333:entity-recognizer/policy-numbers";
    /// assert!(arn.parse::<RecognizerArn>().is_ok());
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    RecognizerArn, RECOGNIZER, "entity-recognizer/"
}

#[cfg(test)]
mod tests {
    use super::*;

    const ARN: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    #[test]
    fn keys_of_volumes_and_models_are_no_aliases() {
        for text in [ARN, "1234abcd-12ab-34cd-56ef-1234567890ab", "mrk-1234abcd12ab34cd56ef1234567890ab"] {
            assert_eq!(text.parse::<DirectKey>().unwrap(), text);
        }
        for text in ["alias/documents", "arn:aws:kms:us-east-1:111122223333:alias/documents"] {
            assert!(text.parse::<KmsKey>().is_ok(), "{text}");
            assert!(text.parse::<DirectKey>().unwrap_err().reason().contains("alias"), "{text}");
        }
        assert!("alias/aws/s3".parse::<DirectKey>().is_err());
    }

    #[test]
    fn short_names() {
        let longest = "a".repeat(63);
        for text in ["a", "a-b", "a--b", "A9", &longest] {
            assert!(text.parse::<ModelName>().is_ok(), "{text}");
        }
        for text in ["", "-a", "a-", "a_b", "a b", "é", &"a".repeat(64)] {
            assert!(text.parse::<ModelName>().is_err(), "{text}");
        }
        for text in ["", "a/b", "a.b", "a_b", &"a".repeat(33)] {
            assert!(text.parse::<AnalysisJobId>().is_err(), "{text}");
        }
        for text in ["", "subnet-", "subnet-a/b", "sg-1", &format!("subnet-{}", "a".repeat(26))] {
            assert!(text.parse::<SubnetId>().is_err(), "{text}");
        }
        for text in ["", "sg-", "sg-a_b", "subnet-1"] {
            assert!(text.parse::<SecurityGroupId>().is_err(), "{text}");
        }
    }

    #[test]
    fn models() {
        let arn = |resource: &str| format!("arn:aws:comprehend:us-east-1:111122223333:{resource}");
        for resource in ["document-classifier/a", "document-classifier/a-b/version/1"] {
            assert!(arn(resource).parse::<ClassifierArn>().is_ok(), "{resource}");
            assert!(arn(resource).parse::<RecognizerArn>().is_err(), "{resource}");
        }
        for resource in [
            "document-classifier/",
            "document-classifier/a/b",
            "document-classifier/a/version/",
            "document-classifier-endpoint/a",
        ] {
            assert!(arn(resource).parse::<ClassifierArn>().is_err(), "{resource}");
        }
        let classifier: ClassifierArn = arn("document-classifier/a").parse().unwrap();
        assert!(classifier.check_region(&"us-east-1".parse().unwrap()).is_ok());
        assert!(classifier.check_region(&"eu-west-1".parse().unwrap()).is_err());
    }
}
