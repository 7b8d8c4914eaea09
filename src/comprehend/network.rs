//! Where the machines of a job run: in the caller's VPC, or, declared so, outside of it.

use std::collections::BTreeSet;

use aws_sdk_comprehend::types as sdk;
use serde::{Deserialize, Serialize};

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::resource::{SecurityGroupId, SubnetId};

/// The most subnets of a [`VpcConfig`].
const MOST_SUBNETS: usize = 16;

/// The most security groups of a [`VpcConfig`].
const MOST_GROUPS: usize = 5;

/// The subnets and security groups that a job reaches S3 through: 1 to 16 subnets and 1 to 5 groups of one VPC.
///
/// The VPC needs an endpoint for S3, and the groups have to let their members reach it, or the job fails. Follows "VpcConfig"
/// in the Amazon Comprehend API reference and "Protect jobs by using an Amazon Virtual Private Cloud" in the developer guide.
///
/// ```
/// use inkseal::comprehend::VpcConfig;
///
/// let vpc = VpcConfig::new(["subnet-0bb1c79de3EXAMPLE".parse()?], ["sg-903004f8".parse()?])?;
/// assert_eq!(vpc.subnets().len(), 1);
/// assert!(VpcConfig::new([], ["sg-903004f8".parse()?]).is_err());
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "SavedVpc")]
pub struct VpcConfig {
    subnets: BTreeSet<SubnetId>,
    security_groups: BTreeSet<SecurityGroupId>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct SavedVpc {
    subnets: BTreeSet<SubnetId>,
    security_groups: BTreeSet<SecurityGroupId>,
}

impl TryFrom<SavedVpc> for VpcConfig {
    type Error = Error;

    fn try_from(saved: SavedVpc) -> Result<Self> {
        Self::new(saved.subnets, saved.security_groups)
    }
}

impl VpcConfig {
    /// These subnets and security groups; duplicates count once.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](ErrorKind::InvalidInput) if there are none of either, or more than Comprehend accepts.
    pub fn new(
        subnets: impl IntoIterator<Item = SubnetId>,
        security_groups: impl IntoIterator<Item = SecurityGroupId>,
    ) -> Result<Self> {
        let this = Self {
            subnets: subnets.into_iter().collect(),
            security_groups: security_groups.into_iter().collect(),
        };
        check_count("subnets", this.subnets.len(), MOST_SUBNETS)?;
        check_count("security groups", this.security_groups.len(), MOST_GROUPS)?;
        Ok(this)
    }

    /// The subnets, sorted.
    pub fn subnets(&self) -> &BTreeSet<SubnetId> {
        &self.subnets
    }

    /// The security groups, sorted.
    pub fn security_groups(&self) -> &BTreeSet<SecurityGroupId> {
        &self.security_groups
    }

    pub(super) fn to_sdk(&self) -> Result<sdk::VpcConfig> {
        sdk::VpcConfig::builder()
            .set_subnets(Some(self.subnets.iter().map(ToString::to_string).collect()))
            .set_security_group_ids(Some(self.security_groups.iter().map(ToString::to_string).collect()))
            .build()
            .map_err(|_| {
                Error::new(ErrorKind::InvalidInput, Stage::Start, "the VPC configuration is incomplete")
            })
    }

    /// Whether the service reports this VPC configuration.
    pub(super) fn is(&self, said: &sdk::VpcConfig) -> bool {
        let subnets: BTreeSet<&str> = said.subnets().iter().map(String::as_str).collect();
        let groups: BTreeSet<&str> = said.security_group_ids().iter().map(String::as_str).collect();
        subnets.into_iter().eq(self.subnets.iter().map(SubnetId::as_str))
            && groups.into_iter().eq(self.security_groups.iter().map(SecurityGroupId::as_str))
    }
}

fn check_count(what: &str, count: usize, most: usize) -> Result<()> {
    if (1..=most).contains(&count) {
        return Ok(());
    }
    Err(Error::invalid(format!("the VPC configuration has {count} {what}: give 1 to {most}")))
}

/// Whether a job runs in the caller's VPC, as its builder was configured.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Network {
    /// In this VPC.
    Vpc(VpcConfig),
    /// Outside of the caller's VPCs, and the reason.
    Declined(String),
}

impl Network {
    pub(super) fn vpc(&self) -> Option<&VpcConfig> {
        match self {
            Self::Vpc(vpc) => Some(vpc),
            Self::Declined(_) => None,
        }
    }

    pub(super) fn check(&self) -> Result<()> {
        match self {
            Self::Declined(reason) if reason.trim().is_empty() => Err(Error::invalid(
                "a job outside of a VPC needs a reason that says so: without_vpc was given none",
            )),
            _ => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn subnets(count: usize) -> Vec<SubnetId> {
        (0..count).map(|number| format!("subnet-{number:08x}").parse().unwrap()).collect()
    }

    fn groups(count: usize) -> Vec<SecurityGroupId> {
        (0..count).map(|number| format!("sg-{number:08x}").parse().unwrap()).collect()
    }

    #[test]
    fn counts_are_checked() {
        for (subnet_count, group_count, fits) in
            [(1, 1, true), (16, 5, true), (0, 1, false), (1, 0, false), (17, 1, false), (1, 6, false)]
        {
            let vpc = VpcConfig::new(subnets(subnet_count), groups(group_count));
            assert_eq!(vpc.is_ok(), fits, "{subnet_count} {group_count}");
        }
        assert!(VpcConfig::new([subnets(1), subnets(1)].concat(), groups(1)).is_ok());
        let saved = r#"{"subnets": [], "security_groups": ["sg-1"]}"#;
        assert!(serde_json::from_str::<VpcConfig>(saved).is_err());
    }

    #[test]
    fn order_does_not_matter_to_what_it_is() {
        let vpc = VpcConfig::new(subnets(2), groups(2)).unwrap();
        let said = |subnets: &[&str], groups: &[&str]| {
            let owned = |names: &[&str]| Some(names.iter().map(|name| (*name).to_owned()).collect());
            let vpc =
                sdk::VpcConfig::builder().set_subnets(owned(subnets)).set_security_group_ids(owned(groups));
            vpc.build().unwrap()
        };
        let (subnets, groups) = (["subnet-00000001", "subnet-00000000"], ["sg-00000001", "sg-00000000"]);
        assert!(vpc.is(&said(&subnets, &groups)));
        assert!(!vpc.is(&said(&subnets[..1], &groups)));
        assert!(!vpc.is(&said(&subnets, &groups[..1])));
        assert!(vpc.is(&vpc.to_sdk().unwrap()));
    }

    #[test]
    fn a_reason_is_one() {
        assert!(Network::Declined("  ".to_owned()).check().is_err());
        assert!(Network::Declined("no VPC in the sandbox".to_owned()).check().is_ok());
    }
}
