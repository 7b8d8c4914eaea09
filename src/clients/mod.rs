//! The SDK clients, under a [`TransportPolicy`].

mod limiter;
mod transport;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;
use std::time::Duration;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
use aws_smithy_types::timeout::TimeoutConfig;
use aws_types::SdkConfig;
use aws_types::app_name::AppName;
use aws_types::request_id::RequestId;
use aws_types::sdk_ua_metadata::FrameworkMetadata;
use futures::future::BoxFuture;
use tracing::field::Empty;
use tracing::{Instrument, debug, debug_span};

pub(crate) use self::limiter::RateLimiter;
pub(crate) use self::transport::Service;
use self::transport::TransportGuard;
#[cfg(feature = "posture")]
pub(crate) use self::transport::is_vpc_endpoint;
pub use self::transport::{Refusal, TransportPolicy, VpcEndpoints};
use crate::audit::{AuditSink, Auditor, Sink};
#[cfg(feature = "comprehend")]
use crate::error::ErrorKind;
use crate::error::{Error, Result, Stage};
use crate::resource::Region;

/// The default rate of Textract's Get operations, per second, that the waits and Get streams of one [`Clients`] share.
///
/// It is the lowest default quota of a Get operation in us-east-1 (expense analysis; the others have 10 to 25). Other Regions
/// have less: set what the Service Quotas console shows for yours.
pub const DEFAULT_GET_RATE: f64 = 5.0;

/// The read timeout of clients whose configuration does not set one. The SDK sets none, so a connection that has silently died,
/// as can happen behind a NAT gateway, would hold up a call forever.
///
/// It covers an attempt from its beginning to the head of the answer, including the upload of the body: long enough for
/// SQS's long polls of 20 seconds, and for the 10 MB of a synchronous call over a slow line.
const READ_TIMEOUT: Duration = Duration::from_secs(120);

/// The most bytes to upload within the read timeout, which are then sent at 4.5 Mbit per second at least.
const UPLOADED_IN_TIME: u64 = 64 * 1024 * 1024;

/// The AWS clients that jobs run on.
///
/// Cheap to clone; clones share the connections, the limiter of Get operations and what is known about KMS keys. An
/// application makes one and passes it to every job.
///
/// ```no_run
/// # async fn example() -> inkseal::Result<()> {
/// let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
/// let clients = inkseal::Clients::new(&config)?;
/// # Ok(())
/// # }
/// ```
///
/// Every request names the crate in its user agent (`lib/inkseal/…`), which CloudTrail records; if the configuration
/// names no application, `app/inkseal` is set too.
#[derive(Clone)]
pub struct Clients(Arc<Inner>);

struct Inner {
    textract: aws_sdk_textract::Client,
    s3: aws_sdk_s3::Client,
    #[cfg(feature = "comprehend")]
    comprehend: Option<aws_sdk_comprehend::Client>,
    #[cfg(feature = "kms")]
    kms: Option<crate::key::KeyChecks>,
    #[cfg(feature = "sqs")]
    sqs: Option<aws_sdk_sqs::Client>,
    #[cfg(feature = "posture")]
    sts: Option<aws_sdk_sts::Client>,
    #[cfg(feature = "posture")]
    cloudtrail: Option<aws_sdk_cloudtrail::Client>,
    get_limiter: RateLimiter,
    region: Option<Region>,
    /// Whether the read timeout is [`READ_TIMEOUT`], not one that the caller has set.
    has_own_timeout: bool,
}

/// Settings for [`Clients`].
///
/// ```no_run
/// use inkseal::{Clients, TransportPolicy, VpcEndpoints};
///
/// # async fn example() -> inkseal::Result<()> {
/// let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
/// let clients = Clients::builder()
///     .transport(TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::AllButS3).refuse_long_term_credentials())
///     .get_rate(5.0) // Get calls per second, of all waits together
///     .connect(&config)?;
/// # let _ = clients;
/// # Ok(())
/// # }
/// ```
#[derive(Clone)]
#[must_use]
pub struct ClientsBuilder {
    transport: TransportPolicy,
    audit: Sink,
    get_rate: f64,
    #[cfg(feature = "comprehend")]
    comprehend: Option<aws_sdk_comprehend::Client>,
    #[cfg(feature = "kms")]
    kms: Option<aws_sdk_kms::Client>,
    #[cfg(feature = "sqs")]
    sqs: Option<aws_sdk_sqs::Client>,
    #[cfg(feature = "posture")]
    sts: Option<aws_sdk_sts::Client>,
    #[cfg(feature = "posture")]
    cloudtrail: Option<aws_sdk_cloudtrail::Client>,
}

/// Puts the guard, the auditor and the crate's name into the configuration of one service.
///
/// Each of the SDK's crates has its own configuration type, with the same methods and no common trait, hence a macro.
macro_rules! guarded {
    ($sdk:ident, $config:expr, $policy:expr, $sink:expr, $service:expr) => {{
        let config: &$sdk::Config = $config;
        let mut builder = config
            .to_builder()
            .interceptor(TransportGuard { policy: $policy, service: $service })
            .interceptor(Auditor { service: $service, sink: $sink.clone() })
            .framework_metadata(crate_metadata()?);
        if config.app_name().is_none() {
            builder = builder.app_name(AppName::new("inkseal").map_err(unnameable)?);
        }
        if $policy.chooses_fips($service) {
            builder = builder.use_fips(true);
        }
        $sdk::Client::from_conf(builder.build())
    }};
}

/// The client of one service from the shared configuration, with these timeouts, if any, and with its own retry tokens: otherwise
/// the SDK shares them between all clients of a service in the process, and one that is throttled takes the retries of the
/// others.
macro_rules! connected {
    ($sdk:ident, $config:expr, $timeouts:expr) => {{
        let retries = $sdk::config::retry::RetryPartition::custom(env!("CARGO_PKG_NAME")).build();
        let mut builder = $sdk::config::Builder::from($config).retry_partition(retries);
        builder.set_timeout_config($timeouts.clone());
        $sdk::Client::from_conf(builder.build())
    }};
}

impl Clients {
    /// Clients from the SDK's shared configuration, with the default [`TransportPolicy`] and Get rate, and with a read timeout of
    /// two minutes unless the configuration sets its own: see [`ClientsBuilder::connect`].
    ///
    /// # Errors
    ///
    /// As [`ClientsBuilder::connect`].
    pub fn new(config: &SdkConfig) -> Result<Self> {
        Self::builder().connect(config)
    }

    /// Settings to make clients from.
    pub fn builder() -> ClientsBuilder {
        ClientsBuilder {
            transport: TransportPolicy::default(),
            audit: Sink::default(),
            get_rate: DEFAULT_GET_RATE,
            #[cfg(feature = "comprehend")]
            comprehend: None,
            #[cfg(feature = "kms")]
            kms: None,
            #[cfg(feature = "sqs")]
            sqs: None,
            #[cfg(feature = "posture")]
            sts: None,
            #[cfg(feature = "posture")]
            cloudtrail: None,
        }
    }

    pub(crate) fn textract(&self) -> &aws_sdk_textract::Client {
        &self.0.textract
    }

    pub(crate) fn s3(&self) -> &aws_sdk_s3::Client {
        &self.0.s3
    }

    #[cfg(feature = "comprehend")]
    pub(crate) fn comprehend(&self) -> Option<&aws_sdk_comprehend::Client> {
        self.0.comprehend.as_ref()
    }

    /// The client of Comprehend's jobs.
    #[cfg(feature = "comprehend")]
    pub(crate) fn comprehend_or_error(&self, stage: Stage) -> Result<&aws_sdk_comprehend::Client> {
        self.comprehend().ok_or_else(|| {
            let message =
                "the clients have no Comprehend client: give them one, or connect them from a configuration";
            Error::new(ErrorKind::InvalidInput, stage, message)
        })
    }

    #[cfg(feature = "kms")]
    pub(crate) fn kms(&self) -> Option<&crate::key::KeyChecks> {
        self.0.kms.as_ref()
    }

    #[cfg(feature = "sqs")]
    pub(crate) fn sqs(&self) -> Option<&aws_sdk_sqs::Client> {
        self.0.sqs.as_ref()
    }

    #[cfg(feature = "posture")]
    pub(crate) fn sts(&self) -> Option<&aws_sdk_sts::Client> {
        self.0.sts.as_ref()
    }

    #[cfg(feature = "posture")]
    pub(crate) fn cloudtrail(&self) -> Option<&aws_sdk_cloudtrail::Client> {
        self.0.cloudtrail.as_ref()
    }

    /// The Region that Textract is called in, if the configuration names a valid one.
    pub(crate) fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    pub(crate) fn get_limiter(&self) -> &RateLimiter {
        &self.0.get_limiter
    }

    /// The changes to the configuration for a put of this many bytes: more time for many bytes, unless the caller has set the time.
    pub(crate) fn for_upload(&self, bytes: u64) -> Option<aws_sdk_s3::config::Builder> {
        let timeout = self.0.has_own_timeout.then(|| upload_timeout(bytes))?;
        (timeout > READ_TIMEOUT).then(|| {
            let timeouts = TimeoutConfig::builder().read_timeout(timeout).build();
            aws_sdk_s3::config::Builder::new().timeout_config(timeouts)
        })
    }
}

impl ClientsBuilder {
    /// The rules for the connection. The default refuses plain `http` beyond loopback.
    pub fn transport(mut self, policy: TransportPolicy) -> Self {
        self.transport = policy;
        self
    }

    /// Where an [`AuditEvent`](crate::audit::AuditEvent) of every call goes, besides `tracing`. A function will do, or your own
    /// type; see [`audit`](crate::audit).
    pub fn audit(mut self, sink: impl AuditSink + 'static) -> Self {
        self.audit = Sink::new(sink);
        self
    }

    /// How many of Textract's Get operations per second all waits and Get streams may make together; more than 0.
    ///
    /// Defaults to [`DEFAULT_GET_RATE`].
    pub fn get_rate(mut self, per_second: f64) -> Self {
        self.get_rate = per_second;
        self
    }

    /// A ready-made Comprehend client, in place of one from the configuration.
    #[cfg(feature = "comprehend")]
    pub fn comprehend(mut self, client: aws_sdk_comprehend::Client) -> Self {
        self.comprehend = Some(client);
        self
    }

    /// A ready-made KMS client, in place of one from the configuration.
    #[cfg(feature = "kms")]
    pub fn kms(mut self, client: aws_sdk_kms::Client) -> Self {
        self.kms = Some(client);
        self
    }

    /// A ready-made SQS client, in place of one from the configuration.
    #[cfg(feature = "sqs")]
    pub fn sqs(mut self, client: aws_sdk_sqs::Client) -> Self {
        self.sqs = Some(client);
        self
    }

    /// A ready-made STS client, in place of one from the configuration.
    #[cfg(feature = "posture")]
    pub fn sts(mut self, client: aws_sdk_sts::Client) -> Self {
        self.sts = Some(client);
        self
    }

    /// A ready-made CloudTrail client, in place of one from the configuration.
    #[cfg(feature = "posture")]
    pub fn cloudtrail(mut self, client: aws_sdk_cloudtrail::Client) -> Self {
        self.cloudtrail = Some(client);
        self
    }

    /// Clients from the SDK's shared configuration, each with its own retry tokens.
    ///
    /// The SDK sets no read timeout, so a call on a connection that has silently died would never end. If the configuration sets
    /// neither a read timeout nor one for operation attempts, an attempt has two minutes to be sent and to get the head of its
    /// answer (for objects above 64 MiB in a [`SealedStore`](crate::SealedStore) more, by their size); then it counts as
    /// [`Transport`](crate::ErrorKind::Transport), and the SDK retries it. All other settings are kept, and so is a read timeout
    /// that the configuration disables, alone or with all timeouts. Ready-made clients keep theirs.
    ///
    /// # Errors
    ///
    /// [`InsecureTransport`](crate::ErrorKind::InsecureTransport) if the configuration's endpoint URL is refused by the
    /// policy, [`InvalidInput`](crate::ErrorKind::InvalidInput) if the Get rate is not above 0.
    pub fn connect(self, config: &SdkConfig) -> Result<Clients> {
        if let Some(endpoint) = config.endpoint_url() {
            let uri = endpoint.parse().map_err(|_| {
                Error::invalid("the configuration's endpoint url is not a valid URL: correct or remove it")
            })?;
            // Only the rule that is always on: the others depend on the service, and are checked on every request.
            TransportPolicy::default().check_destination(&uri, Service::Textract)?;
        }
        let timeouts = timeouts(config.timeout_config());
        // Ready-made clients are kept.
        let this = Self {
            #[cfg(feature = "comprehend")]
            comprehend: self.comprehend.or_else(|| Some(connected!(aws_sdk_comprehend, config, timeouts))),
            #[cfg(feature = "kms")]
            kms: self.kms.or_else(|| Some(connected!(aws_sdk_kms, config, timeouts))),
            #[cfg(feature = "sqs")]
            sqs: self.sqs.or_else(|| Some(connected!(aws_sdk_sqs, config, timeouts))),
            #[cfg(feature = "posture")]
            sts: self.sts.or_else(|| Some(connected!(aws_sdk_sts, config, timeouts))),
            #[cfg(feature = "posture")]
            cloudtrail: self.cloudtrail.or_else(|| Some(connected!(aws_sdk_cloudtrail, config, timeouts))),
            ..self
        };
        let textract = connected!(aws_sdk_textract, config, timeouts);
        let s3 = connected!(aws_sdk_s3, config, timeouts);
        let has_own_timeout = timeouts.is_some_and(|timeouts| timeouts.read_timeout() == Some(READ_TIMEOUT));
        this.assemble(textract, s3, has_own_timeout)
    }

    /// Clients from ready-made SDK clients, such as those of `mock_client!` of `aws-smithy-mocks`.
    ///
    /// Their configuration is kept, timeouts included, and the policy and the crate's name are added to it. Without
    /// `kms` the KMS key is not checked before a start, and must not be an alias; without `comprehend` no
    /// `ComprehendDetector` can be made and no Comprehend job started, without `sqs` no `Completions` can be made; without `sts` or
    /// `cloudtrail` a posture leaves what they answer unevaluated.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the Get rate is not above 0.
    pub fn with_clients(self, textract: aws_sdk_textract::Client, s3: aws_sdk_s3::Client) -> Result<Clients> {
        self.assemble(textract, s3, false)
    }

    fn assemble(
        self,
        textract: aws_sdk_textract::Client,
        s3: aws_sdk_s3::Client,
        has_own_timeout: bool,
    ) -> Result<Clients> {
        let get_limiter = RateLimiter::per_second(self.get_rate)
            .ok_or_else(|| Error::invalid("the get rate must be a number of calls per second above 0"))?;
        let (policy, sink) = (self.transport, &self.audit);
        let region = textract.config().region().and_then(|region| region.as_ref().parse().ok());
        Ok(Clients(Arc::new(Inner {
            textract: guarded!(aws_sdk_textract, textract.config(), policy, sink, Service::Textract),
            s3: guarded!(aws_sdk_s3, s3.config(), policy, sink, Service::S3),
            #[cfg(feature = "comprehend")]
            comprehend: match self.comprehend {
                Some(comprehend) => {
                    Some(guarded!(aws_sdk_comprehend, comprehend.config(), policy, sink, Service::Comprehend))
                }
                None => None,
            },
            #[cfg(feature = "kms")]
            kms: match self.kms {
                Some(kms) => {
                    let guarded = guarded!(aws_sdk_kms, kms.config(), policy, sink, Service::Kms);
                    Some(crate::key::KeyChecks::new(guarded))
                }
                None => None,
            },
            #[cfg(feature = "sqs")]
            sqs: match self.sqs {
                Some(sqs) => Some(guarded!(aws_sdk_sqs, sqs.config(), policy, sink, Service::Sqs)),
                None => None,
            },
            #[cfg(feature = "posture")]
            sts: match self.sts {
                Some(sts) => Some(guarded!(aws_sdk_sts, sts.config(), policy, sink, Service::Sts)),
                None => None,
            },
            #[cfg(feature = "posture")]
            cloudtrail: match self.cloudtrail {
                Some(trail) => {
                    Some(guarded!(aws_sdk_cloudtrail, trail.config(), policy, sink, Service::CloudTrail))
                }
                None => None,
            },
            get_limiter,
            region,
            has_own_timeout,
        })))
    }
}

/// The timeouts to set, with a read timeout if the configuration does not limit the time for an answer; `None` to leave them.
fn timeouts(theirs: Option<&TimeoutConfig>) -> Option<TimeoutConfig> {
    let ours = TimeoutConfig::builder().read_timeout(READ_TIMEOUT);
    let Some(theirs) = theirs else { return Some(ours.build()) };
    let is_bounded = theirs.read_timeout().is_some() || theirs.operation_attempt_timeout().is_some();
    // To the SDK, a configuration in which no timeout is set disables all of them.
    let is_disabled = !theirs.has_timeouts();
    // This keeps a read timeout that is disabled.
    (!is_bounded && !is_disabled).then(|| theirs.to_builder().take_unset_from(ours).build())
}

/// How long an attempt to put this many bytes may take.
fn upload_timeout(bytes: u64) -> Duration {
    // Rounded up to few values: the SDK keeps separate connections for every timeout.
    let times = bytes.div_ceil(UPLOADED_IN_TIME).next_power_of_two();
    READ_TIMEOUT.saturating_mul(u32::try_from(times).unwrap_or(u32::MAX))
}

fn crate_metadata() -> Result<FrameworkMetadata> {
    FrameworkMetadata::new(env!("CARGO_PKG_NAME"), Some(Cow::Borrowed(env!("CARGO_PKG_VERSION"))))
        .map_err(unnameable)
}

fn unnameable<E>(_: E) -> Error {
    Error::invalid("the crate's name does not fit into a user agent")
}

/// Sends one request inside a tracing span with its operation and ids, and converts the SDK's error.
///
/// The request is boxed: the SDK's futures are large and so deeply nested that the compiler would give up on the layout of
/// an application's own future around a few of them.
pub(crate) fn send<'a, O, E>(
    stage: Stage,
    operation: &'static str,
    request: impl Future<Output = Result<O, SdkError<E, HttpResponse>>> + Send + 'a,
) -> BoxFuture<'a, Result<O>>
where
    O: RequestId + Send + 'a,
    E: ProvideErrorMetadata + std::error::Error + Send + 'static,
{
    let request: BoxFuture<'a, _> = Box::pin(request);
    let span = debug_span!("request", operation, request_id = Empty, code = Empty);
    // Not the current span, which is the application's if this one is filtered out.
    let record = span.clone();
    let sending = async move {
        match request.await {
            Ok(output) => {
                record.record("request_id", output.request_id());
                debug!("answered");
                Ok(output)
            }
            Err(error) => {
                let error = Error::from_sdk(stage, operation, &error);
                record.record("request_id", error.request_id());
                record.record("code", error.code());
                debug!(kind = ?error.kind(), "failed");
                Err(error)
            }
        }
    };
    Box::pin(sending.instrument(span))
}

// The SDK's clients print their whole configuration, credentials providers included, so no client is shown.

impl fmt::Debug for ClientsBuilder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("ClientsBuilder")
            .field("transport", &self.transport)
            .field("audit", &self.audit)
            .field("get_rate", &self.get_rate)
            .finish_non_exhaustive()
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").field("region", &self.0.region).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    #[test]
    fn a_read_timeout_is_set_where_none_is() {
        let ours = |theirs: Option<TimeoutConfig>| timeouts(theirs.as_ref());
        let builder = TimeoutConfig::builder;
        assert_eq!(ours(None), Some(builder().read_timeout(READ_TIMEOUT).build()));
        let connect = builder().connect_timeout(SECOND);
        let both = connect.clone().read_timeout(READ_TIMEOUT).build();
        assert_eq!(ours(Some(connect.clone().build())), Some(both));
        let whole = builder().operation_timeout(SECOND);
        let both = whole.clone().read_timeout(READ_TIMEOUT).build();
        assert_eq!(ours(Some(whole.build())), Some(both));

        for theirs in [
            builder().read_timeout(SECOND).build(),
            builder().operation_attempt_timeout(SECOND).build(),
            TimeoutConfig::disabled(),
            builder().build(),
            builder().disable_read_timeout().build(),
        ] {
            assert_eq!(ours(Some(theirs.clone())), None, "{theirs:?}");
        }
        let disabled = connect.disable_read_timeout().build();
        assert_eq!(ours(Some(disabled.clone())), Some(disabled), "as it was");
    }

    #[test]
    fn large_uploads_have_more_time() {
        for (bytes, times) in [
            (0, 1),
            (UPLOADED_IN_TIME, 1),
            (UPLOADED_IN_TIME + 1, 2),
            (3 * UPLOADED_IN_TIME, 4),
            (5 << 30, 128),
            (u64::MAX, u32::MAX),
        ] {
            assert_eq!(upload_timeout(bytes), READ_TIMEOUT * times, "{bytes}");
        }
    }
}
