//! Where a resource is: partition, Region and account.

use std::str::FromStr;

use super::error::{InvalidName, Kind};

const ACCOUNT: Kind = Kind { what: "account id", form: "12 digits" };
const REGION: Kind = Kind { what: "Region", form: "a Region code such as us-east-1" };
const PARTITION: Kind =
    Kind { what: "partition", form: "an AWS partition such as aws, aws-cn or aws-us-gov" };

plain_name! {
    /// The id of an AWS account: 12 digits, which may begin with zeros.
    ///
    /// It is text and never a number, in serde too: a number loses the zeros. Follows "View AWS account
    /// identifiers" in the AWS Account Management reference.
    ///
    /// ```
    /// use inkseal::resource::AccountId;
    ///
    /// let account: AccountId = "012345678901".parse()?;
    /// assert_eq!(account, "012345678901");
    /// assert!("1234-5678-9012".parse::<AccountId>().is_err());
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    AccountId, check_account
}

fn check_account(text: &str) -> Result<(), InvalidName> {
    ACCOUNT.characters(text, |c| c.is_ascii_digit())?;
    ACCOUNT.length(text, 12, 12)
}

plain_name! {
    /// A Region code, such as `us-east-1`, `us-gov-west-1` or `ap-southeast-5`.
    ///
    /// The check is one of form, not a list: Regions are added every year. The pseudo Regions of old SDKs
    /// (`fips-us-east-1`, `us-east-1-fips`, `aws-global`) are refused. Follows "AWS Regions" in the AWS
    /// Regions and Availability Zones user guide.
    ///
    /// ```
    /// use inkseal::resource::{Partition, Region};
    ///
    /// let region: Region = "cn-north-1".parse()?;
    /// assert_eq!(region.partition(), Partition::AwsCn);
    /// # Ok::<(), inkseal::resource::InvalidName>(())
    /// ```
    Region, check_region
}

fn check_region(text: &str) -> Result<(), InvalidName> {
    REGION.length(text, 1, 32)?;
    REGION.characters(text, |c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-')?;
    if text.starts_with("fips-") || text.ends_with("-fips") {
        return REGION.refuse(
            "it names a FIPS endpoint; give the Region alone and turn FIPS on in the SDK configuration",
        );
    }
    let mut parts = text.split('-');
    let area = parts.next().unwrap_or_default();
    let number = parts.next_back().unwrap_or_default();
    let mut directions = parts.peekable();
    let letters = |part: &str| !part.is_empty() && part.bytes().all(|b| b.is_ascii_lowercase());
    let digits = |part: &str| (1..=2).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_digit());
    // `eusc` is the one area that is longer: the European Sovereign Cloud.
    let well_formed = letters(area)
        && (area.len() == 2 || area == "eusc")
        && directions.peek().is_some()
        && directions.all(letters)
        && digits(number);
    if !well_formed {
        return REGION.refuse("it does not have the form area-direction-number");
    }
    Ok(())
}

impl Region {
    /// The partition that the Region belongs to, by the prefixes that AWS publishes with its SDKs. A Region
    /// that has none of them is taken to be in [`Partition::Aws`].
    pub fn partition(&self) -> Partition {
        let of = |prefix: &str| self.0.strip_prefix(prefix).is_some_and(|rest| rest.starts_with('-'));
        Partition::BY_REGION
            .into_iter()
            .find(|(prefix, _)| of(prefix))
            .map_or(Partition::Aws, |(_, partition)| partition)
    }
}

/// A partition: a group of Regions with its own accounts, endpoints and ARNs.
///
/// Follows "Partitions" in the AWS Fault Isolation Boundaries whitepaper and the partition table of the AWS
/// SDKs.
///
/// ```
/// use inkseal::resource::Partition;
///
/// assert_eq!(Partition::AwsCn.as_str(), "aws-cn");
/// assert_eq!(Partition::AwsCn.dns_suffix(), "amazonaws.com.cn");
/// ```
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Partition {
    /// `aws`: the commercial Regions.
    #[default]
    Aws,
    /// `aws-cn`: China.
    AwsCn,
    /// `aws-us-gov`: AWS GovCloud (US).
    AwsUsGov,
    /// `aws-eusc`: the AWS European Sovereign Cloud.
    AwsEusc,
    /// `aws-iso`: the ISO Regions.
    AwsIso,
    /// `aws-iso-b`: the ISOB Regions.
    AwsIsoB,
    /// `aws-iso-e`: the ISOE Regions.
    AwsIsoE,
    /// `aws-iso-f`: the ISOF Regions.
    AwsIsoF,
}

impl Partition {
    pub(crate) const ALL: [Self; 8] = [
        Self::Aws,
        Self::AwsCn,
        Self::AwsUsGov,
        Self::AwsEusc,
        Self::AwsIso,
        Self::AwsIsoB,
        Self::AwsIsoE,
        Self::AwsIsoF,
    ];

    const BY_REGION: [(&str, Self); 7] = [
        ("cn", Self::AwsCn),
        ("us-gov", Self::AwsUsGov),
        ("eusc", Self::AwsEusc),
        ("us-iso", Self::AwsIso),
        ("us-isob", Self::AwsIsoB),
        ("eu-isoe", Self::AwsIsoE),
        ("us-isof", Self::AwsIsoF),
    ];

    /// The partition as it appears in an ARN: `arn:PARTITION:...`.
    pub fn as_str(&self) -> &'static str {
        match self {
            Self::Aws => "aws",
            Self::AwsCn => "aws-cn",
            Self::AwsUsGov => "aws-us-gov",
            Self::AwsEusc => "aws-eusc",
            Self::AwsIso => "aws-iso",
            Self::AwsIsoB => "aws-iso-b",
            Self::AwsIsoE => "aws-iso-e",
            Self::AwsIsoF => "aws-iso-f",
        }
    }

    /// What the host names of its endpoints end in, such as `amazonaws.com`.
    pub fn dns_suffix(&self) -> &'static str {
        match self {
            Self::Aws | Self::AwsUsGov => "amazonaws.com",
            Self::AwsCn => "amazonaws.com.cn",
            Self::AwsEusc => "amazonaws.eu",
            Self::AwsIso => "c2s.ic.gov",
            Self::AwsIsoB => "sc2s.sgov.gov",
            Self::AwsIsoE => "cloud.adc-e.uk",
            Self::AwsIsoF => "csp.hci.ic.gov",
        }
    }
}

impl FromStr for Partition {
    type Err = InvalidName;

    fn from_str(text: &str) -> Result<Self, InvalidName> {
        match Self::ALL.into_iter().find(|partition| partition.as_str() == text) {
            Some(partition) => Ok(partition),
            None => PARTITION.refuse("it is not known"),
        }
    }
}

string_like!(Partition);

/// Where a resource is, by its ARN.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) partition: Partition,
    pub(super) region: Region,
    pub(super) account: AccountId,
}

/// The parts of an ARN, unchanged; `kind` is what an error is about.
pub(super) struct Arn<'a> {
    kind: &'a Kind,
    pub(super) partition: Partition,
    region: &'a str,
    account: &'a str,
    pub(super) resource: &'a str,
}

impl<'a> Arn<'a> {
    pub(super) fn split(kind: &'a Kind, text: &'a str, service: &str) -> Result<Self, InvalidName> {
        let mut parts = text.splitn(6, ':');
        let (Some("arn"), Some(partition), Some(of), Some(region), Some(account), Some(resource)) =
            (parts.next(), parts.next(), parts.next(), parts.next(), parts.next(), parts.next())
        else {
            return kind
                .refuse("it is not an ARN of six parts, arn:partition:service:region:account:resource");
        };
        if of != service {
            return kind.refuse(format!("it is an ARN of another service than {service}"));
        }
        let Ok(partition) = partition.parse() else {
            return kind.refuse("the ARN's partition is not known");
        };
        Ok(Self { kind, partition, region, account, resource })
    }

    pub(super) fn account(&self) -> Result<AccountId, InvalidName> {
        match self.account.parse() {
            Ok(account) => Ok(account),
            Err(_) => self.kind.refuse("the ARN's account is not 12 digits"),
        }
    }

    /// For a service whose ARNs have no Region.
    pub(super) fn no_region(&self) -> Result<(), InvalidName> {
        if self.region.is_empty() {
            Ok(())
        } else {
            self.kind.refuse("the ARN has a Region, which it must not")
        }
    }

    pub(super) fn place(&self) -> Result<Place, InvalidName> {
        let account = self.account()?;
        let Ok(region) = self.region.parse::<Region>() else {
            return self.kind.refuse("the ARN's Region is not a Region code");
        };
        if region.partition() != self.partition {
            return self.kind.refuse(format!(
                "the ARN's Region belongs to partition {}, not to {}",
                region.partition().as_str(),
                self.partition.as_str()
            ));
        }
        Ok(Place { partition: self.partition, region, account })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn regions() {
        let accepted = [
            ("us-east-1", Partition::Aws),
            ("ap-southeast-5", Partition::Aws),
            ("mx-central-1", Partition::Aws),
            ("il-central-1", Partition::Aws),
            ("xx-somewhere-12", Partition::Aws),
            ("cn-north-1", Partition::AwsCn),
            ("cn-northwest-1", Partition::AwsCn),
            ("us-gov-west-1", Partition::AwsUsGov),
            ("eusc-de-east-1", Partition::AwsEusc),
            ("us-iso-east-1", Partition::AwsIso),
            ("us-isob-east-1", Partition::AwsIsoB),
            ("eu-isoe-west-1", Partition::AwsIsoE),
            ("us-isof-south-1", Partition::AwsIsoF),
        ];
        for (text, partition) in accepted {
            assert_eq!(text.parse::<Region>().map(|region| region.partition()), Ok(partition), "{text}");
        }
        for text in [
            "",
            "us",
            "us-1",
            "us-east",
            "us-east-",
            "us--1",
            "us-east--1",
            "-east-1",
            "us-east-1a",
            "us-east-123",
            "US-EAST-1",
            "us-east-1 ",
            " us-east-1",
            "us_east_1",
            "usa-east-1",
            "u-east-1",
            "fips-us-east-1",
            "us-east-1-fips",
            "aws-global",
            "us-ea5t-1",
            "us-east-١",
            "us-east-1\n",
            "us-east-1.evil.example",
        ] {
            assert!(text.parse::<Region>().is_err(), "{text:?}");
        }
    }

    #[test]
    fn accounts() {
        assert!("000000000000".parse::<AccountId>().is_ok());
        for text in ["", "11112222333", "1111222233334", "1111-2222-33", "１１１１２２２２", "11112222333a"]
        {
            assert!(text.parse::<AccountId>().is_err(), "{text}");
        }
        // A number would already have lost its zeros.
        assert!(serde_json::from_str::<AccountId>("111122223333").is_err());
    }

    #[test]
    fn partitions_round_trip() {
        for partition in Partition::ALL {
            assert_eq!(partition.as_str().parse(), Ok(partition));
        }
        assert!("AWS".parse::<Partition>().is_err());
        assert!("".parse::<Partition>().is_err());
    }
}
