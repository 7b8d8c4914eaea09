//! Under which keys a job works, and the check of what the service says about them.

use aws_sdk_comprehend::types as sdk;
use serde::{Deserialize, Serialize};

use super::network::Network;
use super::operation::{Described, Operation, Slot};
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Seal;
use crate::key;
use crate::resource::{DirectKey, KeyMatch, KmsKey, Region};

/// Everything that a job is sealed with: its output and the key of the output, the keys of its volumes and of its
/// model, and its network; each if its operation takes it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ComprehendSeal {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    output: Option<Seal>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    volume_key: Option<DirectKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    model_key: Option<DirectKey>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    network: Option<Network>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    region: Option<Region>,
}

impl ComprehendSeal {
    pub(super) fn new(
        output: Option<Seal>,
        volume_key: Option<DirectKey>,
        model_key: Option<DirectKey>,
        network: Option<Network>,
        region: Option<Region>,
    ) -> Self {
        Self { output, volume_key, model_key, network, region }
    }

    /// Where the output goes, and under which key.
    pub fn output(&self) -> Option<&Seal> {
        self.output.as_ref()
    }

    /// The key of the storage volumes of the machines that do the work.
    pub fn volume_key(&self) -> Option<&DirectKey> {
        self.volume_key.as_ref()
    }

    /// The key of the trained model.
    pub fn model_key(&self) -> Option<&DirectKey> {
        self.model_key.as_ref()
    }

    /// Whether the machines run in the caller's VPC.
    pub fn network(&self) -> Option<&Network> {
        self.network.as_ref()
    }

    /// The Region of the job, if known.
    pub fn region(&self) -> Option<&Region> {
        self.region.as_ref()
    }

    /// Checks that all keys that name a Region name this one.
    pub(super) fn check_region(&self, region: &Region) -> Result<()> {
        let output = self.output.as_ref().map(Seal::kms_key);
        let others = [self.volume_key.as_ref(), self.model_key.as_ref()].into_iter().flatten();
        for key in output.into_iter().chain(others.map(DirectKey::as_key)) {
            key.check_region(region)?;
        }
        Ok(())
    }

    /// The same seal as it turned out at the start: the keys as KMS resolved them, the Region as the clients know it.
    pub(super) async fn settled(&self, clients: &Clients, region: Option<&Region>) -> Result<Self> {
        let mut settled = self.clone();
        if let Some(output) = settled.output.take() {
            let kms_key = key::settle(clients, output.kms_key(), region).await?;
            settled.output = Some(output.settled(kms_key, region.cloned()));
        }
        for direct in [&mut settled.volume_key, &mut settled.model_key].into_iter().flatten() {
            *direct = key::settle(clients, direct.as_key(), region).await?.try_into()?;
        }
        settled.region = region.cloned();
        Ok(settled)
    }

    /// Whether it holds exactly what the operation takes, which a stored one may not.
    pub(super) fn fits<O: Operation>(&self) -> bool {
        let fits = |given: bool, needed: bool| given == needed;
        fits(self.output.is_some(), O::Output::NEEDED)
            && fits(self.volume_key.is_some(), O::VolumeKey::NEEDED)
            && fits(self.model_key.is_some(), O::ModelKey::NEEDED)
            && fits(self.network.is_some(), O::Network::NEEDED)
            // Nothing that the service says can be compared with an alias.
            && self.output.as_ref().is_none_or(|output| !output.kms_key().is_alias())
            && self.network.as_ref().is_none_or(|network| network.check().is_ok())
    }

    /// Compares what the service says about a job with what it was started with.
    ///
    /// # Errors
    ///
    /// [`NotSealed`](ErrorKind::NotSealed) for another output, key or VPC, or if one is missing.
    pub(super) fn check(&self, described: &Described) -> Result<()> {
        if let Some(output) = &self.output {
            let uri = described.output_uri.as_deref().unwrap_or_default();
            self.key_within(uri).ok_or_else(|| {
                not_sealed("its output does not go to the bucket and prefix that were given")
            })?;
            self.same_key(output.kms_key(), described.output_key.as_deref(), "its output")?;
        }
        if let Some(key) = &self.volume_key {
            self.same_key(key.as_key(), described.volume_key.as_deref(), "its storage volumes")?;
        }
        if let Some(key) = &self.model_key {
            self.same_key(key.as_key(), described.model_key.as_deref(), "its model")?;
        }
        match &self.network {
            Some(network) => check_vpc(network, described.vpc.as_ref()),
            None => Ok(()),
        }
    }

    /// The key of the object at a URI below the bucket and prefix of the output; it may be that folder itself, without
    /// or with its slash.
    pub(super) fn key_within<'u>(&self, uri: &'u str) -> Option<&'u str> {
        let output = self.output.as_ref()?;
        let key = uri.strip_prefix("s3://")?.strip_prefix(output.bucket().as_str())?.strip_prefix('/')?;
        let rest = key.strip_prefix(output.prefix().as_str())?;
        let segments = rest.strip_prefix('/').or(rest.is_empty().then_some(""))?;
        let stays = !segments.split('/').any(|segment| matches!(segment, "." | ".."));
        stays.then_some(key)
    }

    fn same_key(&self, ours: &KmsKey, said: Option<&str>, of: &str) -> Result<()> {
        let Some(said) = said else {
            return Err(not_sealed(&format!("the service names no KMS key of {of}")));
        };
        match ours.identifies_in(said, self.region.as_ref(), None) {
            KeyMatch::Same => Ok(()),
            KeyMatch::Different => {
                Err(not_sealed(&format!("the KMS key of {of} is not the one that was given")))
            }
            KeyMatch::NeedsResolution => Err(not_sealed(&format!(
                "the KMS key of {of} cannot be compared with the one that was given: name that by its ARN"
            ))),
        }
    }
}

fn check_vpc(network: &Network, said: Option<&sdk::VpcConfig>) -> Result<()> {
    match (network, said) {
        (Network::Vpc(vpc), Some(said)) if vpc.is(said) => Ok(()),
        (Network::Vpc(_), _) => Err(not_sealed("it does not run in the VPC that was given")),
        // More than was asked for harms nobody, but then it is not the job that was started.
        (Network::Declined(_), Some(_)) => Err(not_sealed("it runs in a VPC, and none was given")),
        (Network::Declined(_), None) => Ok(()),
    }
}

fn not_sealed(why: &str) -> Error {
    Error::new(ErrorKind::NotSealed, Stage::Wait, format!("the job is not sealed as it was started: {why}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

    fn seal() -> ComprehendSeal {
        let location: crate::resource::S3Location = "s3://results/insights".parse().unwrap();
        let output = Seal::known(location, KEY.parse().unwrap(), None).unwrap();
        ComprehendSeal::new(Some(output), Some(KEY.parse().unwrap()), None, None, None)
    }

    #[test]
    fn outputs_lie_below_the_prefix() {
        let seal = seal();
        for (uri, key) in [
            ("s3://results/insights", Some("insights")),
            ("s3://results/insights/", Some("insights/")),
            (
                "s3://results/insights/1-NER-2/output/output.tar.gz",
                Some("insights/1-NER-2/output/output.tar.gz"),
            ),
            ("s3://results/insights-of-others/output.tar.gz", None),
            ("s3://results/insights/../others/output.tar.gz", None),
            ("s3://results-of-others/insights/a", None),
            ("s3://results", None),
            ("s3://others/insights/a", None),
            ("https://results/insights/a", None),
            ("", None),
        ] {
            assert_eq!(seal.key_within(uri), key, "{uri}");
        }
    }

    #[test]
    fn keys_are_compared_in_both_forms() {
        let described = |output: &str, volume: Option<&str>| Described {
            output_uri: Some("s3://results/insights/".to_owned()),
            output_key: Some(output.to_owned()),
            volume_key: volume.map(str::to_owned),
            ..Described::default()
        };
        let id = "1234abcd-12ab-34cd-56ef-1234567890ab";
        let other = "arn:aws:kms:us-east-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
        for (output, volume, holds) in [
            (KEY, Some(KEY), true),
            (id, Some(id), true),
            (other, Some(KEY), false),
            (KEY, Some(other), false),
            (KEY, None, false),
            ("alias/documents", Some(KEY), false),
            ("", Some(KEY), false),
        ] {
            let checked = seal().check(&described(output, volume));
            assert_eq!(checked.is_ok(), holds, "{output} {volume:?}");
            if let Err(error) = checked {
                assert_eq!((error.kind(), error.stage()), (ErrorKind::NotSealed, Stage::Wait));
            }
        }
    }
}
