//! What may be sent where: checked on every request, after signing and before a byte leaves.

use std::net::IpAddr;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use http::Uri;

use crate::resource::Partition;

/// Rules for the connection to AWS, checked on every single request just before it is sent.
///
/// The check inspects the request that the SDK has resolved and signed, so it does not matter whether an endpoint came
/// from the code, the environment or a profile. Nothing that it refuses is sent; the error is of kind
/// [`InsecureTransport`](crate::ErrorKind::InsecureTransport) and its source is a [`Refusal`].
///
/// One rule is always on: no plain `http`, except to this machine (loopback).
///
/// ```
/// use inkseal::{TransportPolicy, VpcEndpoints};
///
/// let policy = TransportPolicy::default()
///     .require_vpc_endpoints(VpcEndpoints::AllButS3)
///     .require_fips()
///     .refuse_long_term_credentials();
/// # let _ = policy;
/// ```
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[must_use]
pub struct TransportPolicy {
    vpc_endpoints: Option<VpcEndpoints>,
    fips: bool,
    temporary_credentials: bool,
}

/// Which services must be reached through interface VPC endpoints (AWS PrivateLink).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum VpcEndpoints {
    /// Every service, including S3.
    All,
    /// Every service except S3. For a VPC whose S3 traffic goes through a *gateway* endpoint: that is a route, which no
    /// client can see in the address it dials.
    AllButS3,
}

impl TransportPolicy {
    /// Refuses requests to anything but interface VPC endpoints.
    ///
    /// A host counts as one if its name says so (`vpce-….textract.us-east-1.vpce.amazonaws.com`). With private DNS
    /// the public names resolve to the endpoint too, but a name alone cannot show that, so this rule asks for the
    /// endpoint's own name as the endpoint URL of each service.
    pub fn require_vpc_endpoints(mut self, which: VpcEndpoints) -> Self {
        self.vpc_endpoints = Some(which);
        self
    }

    /// Uses FIPS endpoints, and refuses requests to any other.
    pub fn require_fips(mut self) -> Self {
        self.fips = true;
        self
    }

    /// Refuses requests signed with the long-term access key of an IAM user (an `AKIA` id without a session token), which
    /// roles and IAM Identity Center make unnecessary.
    pub fn refuse_long_term_credentials(mut self) -> Self {
        self.temporary_credentials = true;
        self
    }

    fn requires_vpc_endpoint(&self, service: Service) -> bool {
        match (self.vpc_endpoints, service) {
            (None, _) | (Some(VpcEndpoints::AllButS3), Service::S3) => false,
            (Some(_), _) => true,
        }
    }

    /// Whether the SDK is to choose a FIPS endpoint. It refuses to if an endpoint is named, as a VPC endpoint must be; then
    /// only the name can be checked.
    pub(crate) fn chooses_fips(&self, service: Service) -> bool {
        self.fips && !self.requires_vpc_endpoint(service)
    }

    /// Checks where a request would go.
    pub(crate) fn check_destination(&self, uri: &Uri, service: Service) -> Result<(), Refusal> {
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']');
        let named = || host.to_owned();
        if uri.scheme_str() != Some("https") && !is_loopback(host) {
            return Err(Refusal::PlainHttp { host: named() });
        }
        if self.requires_vpc_endpoint(service) && !is_vpc_endpoint(host) {
            return Err(Refusal::NotVpcEndpoint { host: named() });
        }
        if self.fips && !service.is_fips_host(host) {
            return Err(Refusal::NotFips { host: named() });
        }
        Ok(())
    }

    /// Checks whose credentials signed a request.
    fn check_credentials(&self, authorization: Option<&str>, session_token: bool) -> Result<(), Refusal> {
        let long_term =
            authorization.is_some_and(|value| value.contains("Credential=AKIA")) && !session_token;
        if self.temporary_credentials && long_term {
            return Err(Refusal::LongTermCredentials);
        }
        Ok(())
    }
}

fn is_loopback(host: &str) -> bool {
    // Not `*.localhost`: resolvers differ on names below it, and some ask the network.
    host == "localhost" || host.parse::<IpAddr>().is_ok_and(|address| address.is_loopback())
}

pub(crate) fn is_vpc_endpoint(host: &str) -> bool {
    Partition::ALL.iter().any(|partition| {
        let rest = host.strip_suffix(partition.dns_suffix()).and_then(|rest| rest.strip_suffix(".vpce."));
        rest.is_some_and(|labels| labels.split('.').any(|label| label.starts_with("vpce-")))
    })
}

/// Why the [`TransportPolicy`] refused a request. It was not sent.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Refusal {
    /// The endpoint is plain `http` and not on this machine.
    #[error("{host} would be reached over plain http: use an https endpoint")]
    PlainHttp {
        /// The host of the endpoint.
        host: String,
    },
    /// The endpoint is not an interface VPC endpoint by its name.
    #[error("{host} is not a VPC endpoint: set the service's endpoint url to the endpoint's own vpce name")]
    NotVpcEndpoint {
        /// The host of the endpoint.
        host: String,
    },
    /// The endpoint is not a FIPS endpoint.
    #[error("{host} is not a FIPS endpoint: let the SDK configuration use FIPS, or name a FIPS endpoint")]
    NotFips {
        /// The host of the endpoint.
        host: String,
    },
    /// The request is signed with the long-term access key of an IAM user.
    #[error("the credentials are a long-term access key: use a role or IAM Identity Center")]
    LongTermCredentials,
}

/// The services that this crate talks to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Service {
    Textract,
    S3,
    #[cfg(feature = "comprehend")]
    Comprehend,
    #[cfg(feature = "sqs")]
    Sqs,
    #[cfg(feature = "kms")]
    Kms,
    #[cfg(feature = "posture")]
    Sts,
    #[cfg(feature = "posture")]
    CloudTrail,
}

impl Service {
    /// The name in audit events.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Textract => "textract",
            Self::S3 => "s3",
            #[cfg(feature = "comprehend")]
            Self::Comprehend => "comprehend",
            #[cfg(feature = "sqs")]
            Self::Sqs => "sqs",
            #[cfg(feature = "kms")]
            Self::Kms => "kms",
            #[cfg(feature = "posture")]
            Self::Sts => "sts",
            #[cfg(feature = "posture")]
            Self::CloudTrail => "cloudtrail",
        }
    }

    /// Whether a host is a FIPS endpoint of this service. Only the label of the service itself counts: the caller chooses those
    /// to its left, such as a bucket.
    fn is_fips_host(self, host: &str) -> bool {
        let (plain, fips) = match self {
            Self::Textract => ("textract", "textract-fips"),
            Self::S3 => ("s3", "s3-fips"),
            #[cfg(feature = "comprehend")]
            Self::Comprehend => ("comprehend", "comprehend-fips"),
            #[cfg(feature = "sqs")]
            Self::Sqs => ("sqs", "sqs-fips"),
            #[cfg(feature = "kms")]
            Self::Kms => ("kms", "kms-fips"),
            #[cfg(feature = "posture")]
            Self::Sts => ("sts", "sts-fips"),
            #[cfg(feature = "posture")]
            Self::CloudTrail => ("cloudtrail", "cloudtrail-fips"),
        };
        host.rsplit('.').find(|label| [plain, fips].contains(label)) == Some(fips)
            || (self.has_only_fips_in_gov_cloud() && is_gov_cloud(host, plain))
    }

    /// Whether the service's plain endpoints in GovCloud are its FIPS endpoints there, as the SDK resolves them.
    fn has_only_fips_in_gov_cloud(self) -> bool {
        match self {
            Self::Textract | Self::S3 => false,
            #[cfg(feature = "comprehend")]
            Self::Comprehend => false,
            #[cfg(feature = "kms")]
            Self::Kms => false,
            #[cfg(feature = "sqs")]
            Self::Sqs => true,
            #[cfg(feature = "posture")]
            Self::Sts | Self::CloudTrail => true,
        }
    }
}

/// Whether a host is `SERVICE.us-gov-….amazonaws.com`, with no other labels.
fn is_gov_cloud(host: &str, service: &str) -> bool {
    let rest = host.strip_prefix(service).and_then(|rest| rest.strip_prefix(".us-gov-"));
    let region = rest.and_then(|rest| rest.strip_suffix(".amazonaws.com"));
    region.is_some_and(|region| !region.is_empty() && !region.contains('.'))
}

/// The [`TransportPolicy`] in the SDK's own pipeline.
#[derive(Debug)]
pub(crate) struct TransportGuard {
    pub(crate) policy: TransportPolicy,
    pub(crate) service: Service,
}

impl Intercept for TransportGuard {
    fn name(&self) -> &'static str {
        "inkseal::TransportGuard"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        _config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        let request = context.request();
        self.policy.check_destination(&request.uri().parse()?, self.service)?;
        let headers = request.headers();
        self.policy
            .check_credentials(headers.get("authorization"), headers.get("x-amz-security-token").is_some())?;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(policy: TransportPolicy, uri: &str, service: Service) -> Result<(), Refusal> {
        policy.check_destination(&uri.parse().unwrap(), service)
    }

    #[test]
    fn plain_http_is_for_loopback_only() {
        let policy = TransportPolicy::default();
        for uri in [
            "https://textract.us-east-1.amazonaws.com",
            "http://127.0.0.1:4566/",
            "http://[::1]:80/",
            "http://localhost/",
            "http://127.9.9.9/",
        ] {
            assert_eq!(check(policy, uri, Service::S3), Ok(()), "{uri}");
        }
        for uri in [
            "http://textract.us-east-1.amazonaws.com/",
            "http://10.0.0.1/",
            "http://localhost.evil.example/",
            "http://127.0.0.1.evil.example/",
            "http://notlocalhost/",
            "http://bucket.localhost:9000/key",
            "http://[::2]/",
            "http://0.0.0.0/",
        ] {
            assert!(matches!(check(policy, uri, Service::S3), Err(Refusal::PlainHttp { .. })), "{uri}");
        }
    }

    #[test]
    fn vpc_endpoints_are_told_by_their_names() {
        let all = TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::All);
        let but_s3 = TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::AllButS3);
        let endpoint = "https://vpce-0a1b-2c3d.textract.us-east-1.vpce.amazonaws.com/";
        let bucket = "https://results.bucket.vpce-0a1b-2c3d.s3.us-east-1.vpce.amazonaws.com/1";
        let public = "https://s3.us-east-1.amazonaws.com/";
        let fake = "https://vpce-0a1b.textract.vpce.amazonaws.com.evil.example/";
        assert_eq!(check(all, endpoint, Service::Textract), Ok(()));
        assert_eq!(check(all, bucket, Service::S3), Ok(()));
        assert!(check(all, public, Service::S3).is_err());
        assert_eq!(check(but_s3, public, Service::S3), Ok(()));
        assert!(check(but_s3, public, Service::Textract).is_err());
        assert!(check(all, fake, Service::Textract).is_err());
        for partition in Partition::ALL {
            let suffix = partition.dns_suffix();
            let endpoint = |host: &str| check(all, &format!("https://{host}.{suffix}/"), Service::Textract);
            assert_eq!(endpoint("vpce-0a1b-2c3d.textract.xx-north-1.vpce"), Ok(()), "{suffix}");
            for other in ["textract.xx-north-1.vpce", "vpce-0a1b.xx-north-1", "vpce-0a1b-vpce"] {
                assert!(endpoint(other).is_err(), "{other}.{suffix}");
            }
        }
    }

    #[test]
    fn fips_endpoints_are_told_by_their_names() {
        let policy = TransportPolicy::default().require_fips();
        assert_eq!(
            check(policy, "https://textract-fips.us-east-1.amazonaws.com/", Service::Textract),
            Ok(())
        );
        assert_eq!(check(policy, "https://results.s3-fips.us-east-1.amazonaws.com/", Service::S3), Ok(()));
        for uri in [
            "https://s3.us-east-1.amazonaws.com/",
            "https://reports-fips.s3.us-east-1.amazonaws.com/",
            "https://s3-fips.s3.us-east-1.amazonaws.com/",
        ] {
            assert!(check(policy, uri, Service::S3).is_err(), "{uri}");
        }
        #[cfg(feature = "sqs")]
        {
            let of_queues = |host: &str| check(policy, &format!("https://{host}/"), Service::Sqs);
            assert_eq!(of_queues("sqs.us-gov-west-1.amazonaws.com"), Ok(()), "there is no other");
            for host in [
                "sqs.us-east-1.amazonaws.com",
                "sqs.us-gov-west-1.evil.amazonaws.com",
                "x.sqs.us-gov-west-1.amazonaws.com",
                "sqs.us-gov-.amazonaws.com",
                "sqs.us-gov-west-1.amazonaws.com.evil.example",
            ] {
                assert!(of_queues(host).is_err(), "{host}");
            }
            assert!(
                check(policy, "https://textract.us-gov-west-1.amazonaws.com/", Service::Textract).is_err()
            );
        }
        let both = policy.require_vpc_endpoints(VpcEndpoints::All);
        let endpoint =
            |service: &str| format!("https://vpce-0a1b-2c3d.{service}.us-east-1.vpce.amazonaws.com/");
        assert_eq!(check(both, &endpoint("textract-fips"), Service::Textract), Ok(()));
        assert!(check(both, &endpoint("textract"), Service::Textract).is_err());
    }

    #[cfg(feature = "comprehend")]
    #[test]
    fn comprehend_is_a_service_like_the_others() {
        let policy = TransportPolicy::default();
        let vpc = policy.require_vpc_endpoints(VpcEndpoints::AllButS3);
        let endpoint = "https://vpce-0a1b-2c3d.comprehend.us-east-1.vpce.amazonaws.com/";
        let public = "https://comprehend.us-east-1.amazonaws.com/";
        assert_eq!(check(vpc, endpoint, Service::Comprehend), Ok(()));
        assert!(check(vpc, public, Service::Comprehend).is_err());
        let fips = policy.require_fips();
        let of_fips = "https://comprehend-fips.us-east-1.amazonaws.com/";
        assert_eq!(check(fips, of_fips, Service::Comprehend), Ok(()));
        assert!(check(fips, public, Service::Comprehend).is_err());
        let both = "https://vpce-0a1b-2c3d.comprehend-fips.us-east-1.vpce.amazonaws.com/";
        let policy = vpc.require_fips();
        assert_eq!(check(policy, both, Service::Comprehend), Ok(()));
        assert!(check(policy, endpoint, Service::Comprehend).is_err());
        assert!(check(TransportPolicy::default(), "http://10.0.0.1/", Service::Comprehend).is_err());
    }

    #[test]
    fn long_term_keys_are_told_by_their_id_and_the_missing_token() {
        let policy = TransportPolicy::default().refuse_long_term_credentials();
        let signed =
            |id: &str| format!("AWS4-HMAC-SHA256 Credential={id}/20260101/us-east-1/s3/aws4_request, Sig");
        let long_term = signed("AKIAIOSFODNN7EXAMPLE");
        assert_eq!(policy.check_credentials(Some(&long_term), false), Err(Refusal::LongTermCredentials));
        assert_eq!(policy.check_credentials(Some(&long_term), true), Ok(()));
        assert_eq!(policy.check_credentials(Some(&signed("ASIAIOSFODNN7EXAMPLE")), true), Ok(()));
        assert_eq!(TransportPolicy::default().check_credentials(Some(&long_term), false), Ok(()));
    }
}
