//! Where requests would go, and what they are signed with, without sending one.
//!
//! A request is made and signed like any other, inspected just before it would be sent, and stopped there. So it does not matter
//! whether an endpoint comes from the code, the environment or a profile, and no permission is needed.

use std::io;
use std::net::{IpAddr, Ipv6Addr, ToSocketAddrs};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::box_error::BoxError;
use aws_smithy_runtime_api::client::interceptors::Intercept;
use aws_smithy_runtime_api::client::interceptors::context::BeforeTransmitInterceptorContextRef;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::config_bag::ConfigBag;
use http::Uri;

use super::report::{Control, Outcome, Question};
use crate::audit::Unsent;
use crate::clients::{Clients, is_vpc_endpoint};

/// The longest wait for the resolver. Later answers do not count.
const PATIENCE: Duration = Duration::from_secs(5);

/// The controls of the endpoints, and of the session token.
pub(super) async fn controls(clients: &Clients) -> Vec<Control> {
    let textract = Probe::default();
    // The names need not exist, as nothing is sent.
    let call = clients.textract().get_document_analysis().job_id("posture");
    let _ = call.customize().interceptor(textract.clone()).send().await;
    let s3 = Probe::default();
    let _ = clients.s3().head_bucket().bucket("posture").customize().interceptor(s3.clone()).send().await;
    let mut probes = vec![(Gate::Textract, textract.seen()), (Gate::S3, s3.seen())];
    #[cfg(feature = "comprehend")]
    if let Some(comprehend) = clients.comprehend() {
        let probe = Probe::default();
        let call = comprehend.detect_dominant_language().text("posture");
        let _ = call.customize().interceptor(probe.clone()).send().await;
        probes.push((Gate::Comprehend, probe.seen()));
    }
    if let Some(kms) = clients.kms() {
        let probe = Probe::default();
        let call = kms.client().describe_key().key_id("posture");
        let _ = call.customize().interceptor(probe.clone()).send().await;
        probes.push((Gate::Kms, probe.seen()));
    }
    let tokens = probes.iter().map(|(_, seen)| seen.as_ref().map(|seen| seen.session_token));
    let mut controls = vec![Control::new(Question::Sec3, "credentials-temporary", temporary(tokens))];
    for (gate, seen) in probes {
        let outcome = match seen {
            Some(seen) => private(gate, &seen.host).await,
            None => Outcome::not_evaluated(
                "no request could be prepared: check the credentials, the Region and the endpoint",
            ),
        };
        controls.push(Control::new(Question::Sec1, gate.id(), outcome));
    }
    controls
}

fn temporary(mut tokens: impl Iterator<Item = Option<bool>>) -> Outcome {
    match tokens.try_fold(true, |all, token| token.map(|token| all && token)) {
        None => Outcome::not_evaluated("no request could be signed: check the credentials"),
        Some(true) => Outcome::pass("requests are signed with a session token"),
        Some(false) => Outcome::fail(
            "requests are signed without a session token, so with keys that do not expire",
            "use a role or IAM Identity Center",
        ),
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gate {
    Textract,
    S3,
    #[cfg(feature = "comprehend")]
    Comprehend,
    Kms,
}

impl Gate {
    fn id(self) -> &'static str {
        match self {
            Self::Textract => "textract-endpoint-private",
            Self::S3 => "s3-endpoint-private",
            #[cfg(feature = "comprehend")]
            Self::Comprehend => "comprehend-endpoint-private",
            Self::Kms => "kms-endpoint-private",
        }
    }
}

async fn private(gate: Gate, host: &str) -> Outcome {
    if is_vpc_endpoint(host) {
        return Outcome::pass("the endpoint's name is that of an interface VPC endpoint");
    }
    let owned = host.to_owned();
    // The system's resolver blocks.
    let lookup = tokio::task::spawn_blocking(move || resolve(&owned));
    match tokio::time::timeout(PATIENCE, lookup).await {
        Ok(Ok(Ok(addresses))) => judge(gate, &addresses),
        _ => Outcome::not_evaluated("the endpoint's name does not resolve"),
    }
}

fn resolve(host: &str) -> io::Result<Vec<IpAddr>> {
    if let Ok(address) = host.parse() {
        return Ok(vec![address]);
    }
    Ok((host, 443).to_socket_addrs()?.map(|address| address.ip()).collect())
}

fn judge(gate: Gate, addresses: &[IpAddr]) -> Outcome {
    if addresses.is_empty() {
        return Outcome::not_evaluated("the endpoint's name does not resolve");
    }
    if addresses.iter().all(|address| address.is_loopback()) {
        return Outcome::pass("the endpoint is on this machine");
    }
    if addresses.iter().all(is_private) {
        return Outcome::pass("the endpoint's name resolves to private addresses only");
    }
    match gate {
        // A gateway endpoint is a route to the public addresses, and no client sees its own routes.
        Gate::S3 => Outcome::ask(
            "S3 is reached by its public addresses. Does the route table of this machine's subnet route them to a gateway \
             VPC endpoint?",
        ),
        _ => Outcome::fail(
            "the endpoint's name resolves to public addresses",
            "make an interface VPC endpoint with private DNS, or set the service's endpoint url to its vpce name",
        ),
    }
}

/// Addresses without a public route: RFC 1918, RFC 6598 and RFC 4193.
fn is_private(address: &IpAddr) -> bool {
    match address {
        IpAddr::V4(v4) => {
            let [first, second, ..] = v4.octets();
            v4.is_private() || v4.is_loopback() || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(v6) => match v6.to_ipv4_mapped() {
            Some(v4) => is_private(&IpAddr::V4(v4)),
            None => v6.is_unique_local() || *v6 == Ipv6Addr::LOCALHOST,
        },
    }
}

/// Inspects a request and stops it.
#[derive(Clone, Debug, Default)]
struct Probe(Arc<Mutex<Option<Seen>>>);

/// What the request showed. No part of a signature or a token is kept.
#[derive(Clone, Debug)]
struct Seen {
    host: String,
    session_token: bool,
}

/// The request was inspected, which is all that was wanted.
#[derive(Debug, thiserror::Error)]
#[error("inspected, and not sent")]
struct Stopped;

impl Probe {
    fn seen(&self) -> Option<Seen> {
        // Nothing that can panic happens under the lock.
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Intercept for Probe {
    fn name(&self) -> &'static str {
        "inkseal::posture::Probe"
    }

    fn read_before_transmit(
        &self,
        context: &BeforeTransmitInterceptorContextRef<'_>,
        _components: &RuntimeComponents,
        config: &mut ConfigBag,
    ) -> Result<(), BoxError> {
        config.interceptor_state().store_put(Unsent);
        let request = context.request();
        let uri: Uri = request.uri().parse()?;
        let host = uri.host().unwrap_or_default().trim_start_matches('[').trim_end_matches(']').to_owned();
        let session_token = request.headers().get("x-amz-security-token").is_some();
        *self.0.lock().unwrap_or_else(PoisonError::into_inner) = Some(Seen { host, session_token });
        Err(Stopped.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn addresses(texts: &[&str]) -> Vec<IpAddr> {
        texts.iter().map(|text| text.parse().unwrap()).collect()
    }

    #[test]
    fn private_addresses() {
        for text in
            ["10.1.2.3", "172.16.0.1", "192.168.1.1", "100.64.0.1", "fd00::1", "::ffff:10.0.0.1", "::1"]
        {
            assert!(is_private(&text.parse().unwrap()), "{text}");
        }
        for text in
            ["52.1.2.3", "172.32.0.1", "100.128.0.1", "2600:1f18::1", "::ffff:52.1.2.3", "169.254.1.1"]
        {
            assert!(!is_private(&text.parse().unwrap()), "{text}");
        }
    }

    #[test]
    fn one_public_address_is_public() {
        let mixed = addresses(&["10.0.0.1", "52.1.2.3"]);
        assert!(matches!(judge(Gate::Textract, &mixed), Outcome::Fail { .. }));
        assert!(matches!(judge(Gate::Kms, &addresses(&["10.0.0.1", "fd00::2"])), Outcome::Pass { .. }));
        assert!(matches!(judge(Gate::S3, &mixed), Outcome::ForAPerson { .. }));
        assert!(matches!(judge(Gate::S3, &addresses(&["127.0.0.1"])), Outcome::Pass { .. }));
        assert!(matches!(judge(Gate::S3, &[]), Outcome::NotEvaluated { .. }));
    }

    #[test]
    fn one_service_without_a_token_is_enough() {
        assert!(matches!(temporary([Some(true), Some(false)].into_iter()), Outcome::Fail { .. }));
        assert!(matches!(temporary([Some(true), None].into_iter()), Outcome::NotEvaluated { .. }));
        assert!(matches!(temporary([Some(true), Some(true)].into_iter()), Outcome::Pass { .. }));
    }
}
