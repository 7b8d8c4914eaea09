//! KMS keys, and `DescribeKey`.

use std::fmt;

use serde_json::{Value, json};

use super::Error;
use super::regions::partition;
use super::route::Failure;

/// A KMS key that the emulator knows.
///
/// It is made from an ARN (`arn:aws:kms:REGION:ACCOUNT:key/ID`), and is an enabled, symmetric, customer-managed key by
/// default.
///
/// ```
/// use inkseal::emulator::EmulatedKey;
///
/// let key = EmulatedKey::customer("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab");
/// let key = key.alias("alias/documents").disabled();
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct EmulatedKey {
    pub(super) arn: String,
    pub(super) aliases: Vec<String>,
    pub(super) state: &'static str,
    spec: String,
    usage: String,
    aws_managed: bool,
}

impl EmulatedKey {
    /// An enabled, symmetric, customer-managed key. A key id that begins with `mrk-` makes it a multi-Region key.
    pub fn customer(arn: impl Into<String>) -> Self {
        Self {
            arn: arn.into(),
            aliases: Vec::new(),
            state: "Enabled",
            spec: "SYMMETRIC_DEFAULT".to_owned(),
            usage: "ENCRYPT_DECRYPT".to_owned(),
            aws_managed: false,
        }
    }

    /// A key that AWS manages (`KeyManager` is `AWS`), which no customer can give to Textract.
    pub fn aws_managed(arn: impl Into<String>) -> Self {
        Self { aws_managed: true, ..Self::customer(arn) }
    }

    /// Adds an alias, `alias/NAME`, in the key's own Region and account.
    pub fn alias(mut self, alias: impl Into<String>) -> Self {
        self.aliases.push(alias.into());
        self
    }

    /// Disables the key (`KeyState` is `Disabled`).
    pub fn disabled(mut self) -> Self {
        self.state = "Disabled";
        self
    }

    /// Schedules the key for deletion (`KeyState` is `PendingDeletion`).
    pub fn pending_deletion(mut self) -> Self {
        self.state = "PendingDeletion";
        self
    }

    /// Makes it an RSA key that encrypts, which S3 and Textract refuse.
    pub fn asymmetric(self) -> Self {
        self.spec_and_usage("RSA_2048", "ENCRYPT_DECRYPT")
    }

    /// Sets `KeySpec` and `KeyUsage`, such as `HMAC_256` and `GENERATE_VERIFY_MAC`.
    pub fn spec_and_usage(mut self, spec: impl Into<String>, usage: impl Into<String>) -> Self {
        (self.spec, self.usage) = (spec.into(), usage.into());
        self
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        match KeyArn::parse(&self.arn) {
            Some(arn) if arn.resource.starts_with("key/") && arn.resource.len() > 4 => {}
            _ => return Err(Error::InvalidKeyArn { arn: self.arn.clone() }),
        }
        match self.aliases.iter().find(|alias| alias.strip_prefix("alias/").is_none_or(str::is_empty)) {
            Some(alias) => Err(Error::InvalidKeyArn { arn: alias.clone() }),
            None => Ok(()),
        }
    }

    fn parts(&self) -> KeyArn<'_> {
        KeyArn::parse(&self.arn).unwrap_or_default()
    }

    pub(super) fn id(&self) -> &str {
        self.parts().resource.strip_prefix("key/").unwrap_or_default()
    }

    pub(super) fn is_symmetric(&self) -> bool {
        self.spec == "SYMMETRIC_DEFAULT" && self.usage == "ENCRYPT_DECRYPT"
    }

    pub(super) fn is_aws_managed(&self) -> bool {
        self.aws_managed
    }

    fn describe(&self) -> Value {
        let KeyArn { partition, region, account, .. } = self.parts();
        let multi_region = self.id().starts_with("mrk-");
        let mut metadata = json!({
            "AWSAccountId": account,
            "KeyId": self.id(),
            "Arn": self.arn,
            "CreationDate": 1_700_000_000.123,
            "Enabled": self.state == "Enabled",
            "Description": "",
            "KeyUsage": self.usage,
            "KeyState": self.state,
            "Origin": "AWS_KMS",
            "KeyManager": if self.aws_managed { "AWS" } else { "CUSTOMER" },
            "CustomerMasterKeySpec": self.spec,
            "KeySpec": self.spec,
            "MultiRegion": multi_region,
        });
        if self.usage == "ENCRYPT_DECRYPT" {
            let asymmetric = json!(["RSAES_OAEP_SHA_1", "RSAES_OAEP_SHA_256"]);
            metadata["EncryptionAlgorithms"] =
                if self.is_symmetric() { json!(["SYMMETRIC_DEFAULT"]) } else { asymmetric };
        }
        if self.state == "PendingDeletion" {
            metadata["DeletionDate"] = json!(1_800_000_000.0);
        }
        if multi_region {
            metadata["MultiRegionConfiguration"] = json!({
                "MultiRegionKeyType": "PRIMARY",
                "PrimaryKey": {"Arn": format!("arn:{partition}:kms:{region}:{account}:key/{}", self.id()), "Region": region},
                "ReplicaKeys": [],
            });
        }
        json!({ "KeyMetadata": metadata })
    }
}

impl From<&str> for EmulatedKey {
    fn from(arn: &str) -> Self {
        Self::customer(arn)
    }
}

/// The same as [`EmulatedKey::customer`], but checked at once.
impl std::str::FromStr for EmulatedKey {
    type Err = Error;

    fn from_str(arn: &str) -> Result<Self, Error> {
        let key = Self::customer(arn);
        key.check().map(|()| key)
    }
}

impl From<String> for EmulatedKey {
    fn from(arn: String) -> Self {
        Self::customer(arn)
    }
}

/// `arn:PARTITION:kms:REGION:ACCOUNT:RESOURCE`, which the emulator reads itself, as it does every name.
#[derive(Clone, Copy, Default)]
struct KeyArn<'a> {
    partition: &'a str,
    region: &'a str,
    account: &'a str,
    resource: &'a str,
}

impl<'a> KeyArn<'a> {
    fn parse(text: &'a str) -> Option<Self> {
        let mut parts = text.splitn(6, ':');
        let (arn, partition, service) = (parts.next()?, parts.next()?, parts.next()?);
        let (region, account, resource) = (parts.next()?, parts.next()?, parts.next()?);
        let account_fits = account.len() == 12 && account.bytes().all(|digit| digit.is_ascii_digit());
        let fits = arn == "arn" && partition.starts_with("aws") && service == "kms" && !region.is_empty();
        (fits && account_fits).then_some(Self { partition, region, account, resource })
    }
}

/// Why there is no key of a name.
#[derive(Debug)]
pub(super) struct NoSuchKey(String);

impl fmt::Display for NoSuchKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The Regions that Textract is in.
const REGIONS: [&str; 16] = [
    "ap-northeast-2",
    "ap-south-1",
    "ap-southeast-1",
    "ap-southeast-2",
    "ca-central-1",
    "eu-central-1",
    "eu-south-2",
    "eu-west-1",
    "eu-west-2",
    "eu-west-3",
    "us-east-1",
    "us-east-2",
    "us-gov-east-1",
    "us-gov-west-1",
    "us-west-1",
    "us-west-2",
];

/// The keys, in every Region and account.
#[derive(Debug)]
pub(super) struct Keys {
    account: String,
    keys: Vec<EmulatedKey>,
}

impl Keys {
    pub(super) fn new(account: &str, mut keys: Vec<EmulatedKey>) -> Self {
        // S3's own key, which every account has that uses SSE-KMS without naming a key.
        let mut regions: Vec<String> = REGIONS.iter().map(|region| (*region).to_owned()).collect();
        regions.extend(keys.iter().map(|key| key.parts().region.to_owned()));
        regions.sort();
        regions.dedup();
        for region in regions {
            let partition = partition(&region);
            let arn =
                format!("arn:{partition}:kms:{region}:{account}:key/0a0a0a0a-5353-4a4a-8b8b-a05a05a05a05");
            keys.push(EmulatedKey::aws_managed(arn).alias("alias/aws/s3"));
        }
        Self { account: account.to_owned(), keys }
    }

    /// The key of an id, an alias, or the ARN of either, as a caller of this account and Region finds it.
    pub(super) fn find(&self, region: &str, name: &str) -> Result<&EmulatedKey, NoSuchKey> {
        if name.starts_with("arn:") {
            let arn = KeyArn::parse(name).ok_or_else(|| NoSuchKey(format!("Invalid arn {name}")))?;
            if arn.region != region {
                return Err(NoSuchKey(format!("Invalid arn {}", arn.region)));
            }
            let found = match arn.resource.strip_prefix("key/") {
                Some(_) => self.keys.iter().find(|key| key.arn == name),
                None => self.by_alias(Some(arn.partition), region, arn.account, arn.resource),
            };
            return found.ok_or_else(|| match arn.resource.starts_with("key/") {
                true => NoSuchKey(format!("Key '{name}' does not exist")),
                false => NoSuchKey(format!("Alias {name} is not found.")),
            });
        }
        let account = self.account.as_str();
        if name.starts_with("alias/") {
            let missing = || NoSuchKey(format!("Alias arn:aws:kms:{region}:{account}:{name} is not found."));
            return self.by_alias(None, region, account, name).ok_or_else(missing);
        }
        let here = |key: &&EmulatedKey| {
            let arn = key.parts();
            arn.region == region && arn.account == account && key.id() == name
        };
        let missing = || NoSuchKey(format!("Key 'arn:aws:kms:{region}:{account}:key/{name}' does not exist"));
        self.keys.iter().find(here).ok_or_else(missing)
    }

    /// The key of an alias; in this partition, if an ARN names one.
    fn by_alias(
        &self,
        partition: Option<&str>,
        region: &str,
        account: &str,
        alias: &str,
    ) -> Option<&EmulatedKey> {
        let here = |arn: KeyArn<'_>| {
            partition.is_none_or(|partition| arn.partition == partition)
                && arn.region == region
                && arn.account == account
        };
        self.keys.iter().find(|key| here(key.parts()) && key.aliases.iter().any(|known| known == alias))
    }

    /// Answers a KMS operation.
    pub(super) fn answer(&self, operation: &str, region: &str, input: &Value) -> Result<Value, Failure> {
        if operation != "DescribeKey" {
            return Err(Failure::unknown_operation(operation));
        }
        let name = input.get("KeyId").and_then(Value::as_str).unwrap_or_default();
        if name.is_empty() || name.len() > 2048 {
            let message = "1 validation error detected: Value at 'keyId' failed to satisfy constraint: Member must \
                           have length between 1 and 2048";
            return Err(Failure::client("ValidationException", message));
        }
        match self.find(region, name) {
            Ok(key) => Ok(key.describe()),
            Err(missing) => Err(Failure::client("NotFoundException", missing.to_string())),
        }
    }
}
