//! The SDK clients, under a [`TransportPolicy`].

mod limiter;
mod transport;

use std::borrow::Cow;
use std::fmt;
use std::future::Future;
use std::sync::Arc;

use aws_smithy_runtime_api::client::orchestrator::HttpResponse;
use aws_smithy_runtime_api::client::result::SdkError;
use aws_smithy_types::error::metadata::ProvideErrorMetadata;
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

/// Textract's Get operations a second that the waits and Get streams of one [`Clients`] share, unless told otherwise.
///
/// It is the lowest default quota of a Get operation in us-east-1 (expense analysis; the others have 10 to 25). Other Regions
/// have less: set what the Service Quotas console shows for yours.
pub const DEFAULT_GET_RATE: f64 = 5.0;

/// The AWS clients that jobs run on.
///
/// Cheap to clone; clones share the connections, the limiter of Get operations and what is known of KMS keys. An
/// application makes one and hands it to every job.
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
///     .get_rate(5.0) // Get calls a second, of all waits together
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
/// The SDK's crates have a configuration type each with the same methods and no trait between them, hence a macro.
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

/// The client of one service from the shared configuration, with retry tokens of its own: the SDK's are otherwise one for all
/// clients of a service in the process, and one that is throttled takes the retries of the others.
macro_rules! connected {
    ($sdk:ident, $config:expr) => {{
        let retries = $sdk::config::retry::RetryPartition::custom(env!("CARGO_PKG_NAME")).build();
        $sdk::Client::from_conf($sdk::config::Builder::from($config).retry_partition(retries).build())
    }};
}

impl Clients {
    /// Clients from the SDK's shared configuration, with the default [`TransportPolicy`] and Get rate.
    ///
    /// # Errors
    ///
    /// As [`ClientsBuilder::connect`].
    pub fn new(config: &SdkConfig) -> Result<Self> {
        Self::builder().connect(config)
    }

    /// Settings to make clients with.
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
                "the clients have no Comprehend client: give them one, or connect them by a configuration";
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

    /// The Region that Textract is called in, where the configuration names a valid one.
    pub(crate) fn region(&self) -> Option<&Region> {
        self.0.region.as_ref()
    }

    pub(crate) fn get_limiter(&self) -> &RateLimiter {
        &self.0.get_limiter
    }
}

impl ClientsBuilder {
    /// The rules for the connection; the default refuses plain `http` beyond loopback.
    pub fn transport(mut self, policy: TransportPolicy) -> Self {
        self.transport = policy;
        self
    }

    /// Where an [`AuditEvent`](crate::audit::AuditEvent) of every call goes, besides `tracing`. A function will do, or a type of
    /// your own; see [`audit`](crate::audit).
    pub fn audit(mut self, sink: impl AuditSink + 'static) -> Self {
        self.audit = Sink::new(sink);
        self
    }

    /// How many of Textract's Get operations a second all waits and Get streams may make together; more than 0.
    ///
    /// The default is [`DEFAULT_GET_RATE`].
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

    /// Clients from the SDK's shared configuration, each with retry tokens of its own.
    ///
    /// # Errors
    ///
    /// [`InsecureTransport`](crate::ErrorKind::InsecureTransport) if the configuration's endpoint URL is refused by the
    /// policy, [`InvalidInput`](crate::ErrorKind::InvalidInput) if the Get rate is not above 0.
    pub fn connect(self, config: &SdkConfig) -> Result<Clients> {
        if let Some(endpoint) = config.endpoint_url() {
            let uri = endpoint.parse().map_err(|_| {
                Error::invalid("the configuration's endpoint url is no url: correct or remove it")
            })?;
            // Only the rule that is always on: the others depend on the service, and are checked on every request.
            TransportPolicy::default().check_destination(&uri, Service::Textract)?;
        }
        // What was given ready-made stays.
        let this = Self {
            #[cfg(feature = "comprehend")]
            comprehend: self.comprehend.or_else(|| Some(connected!(aws_sdk_comprehend, config))),
            #[cfg(feature = "kms")]
            kms: self.kms.or_else(|| Some(connected!(aws_sdk_kms, config))),
            #[cfg(feature = "sqs")]
            sqs: self.sqs.or_else(|| Some(connected!(aws_sdk_sqs, config))),
            #[cfg(feature = "posture")]
            sts: self.sts.or_else(|| Some(connected!(aws_sdk_sts, config))),
            #[cfg(feature = "posture")]
            cloudtrail: self.cloudtrail.or_else(|| Some(connected!(aws_sdk_cloudtrail, config))),
            ..self
        };
        this.with_clients(connected!(aws_sdk_textract, config), connected!(aws_sdk_s3, config))
    }

    /// Clients from ready-made SDK clients, such as those of `mock_client!` of `aws-smithy-mocks`.
    ///
    /// Their configuration is kept, and the policy and the crate's name are added to it. Without
    /// `kms` the KMS key is not looked at before a start, and must not be an alias; without `comprehend` no
    /// `ComprehendDetector` can be made and no job of Comprehend's started, without `sqs` no `Completions`; without `sts` or
    /// `cloudtrail` a posture leaves what they tell unevaluated.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the Get rate is not above 0.
    pub fn with_clients(self, textract: aws_sdk_textract::Client, s3: aws_sdk_s3::Client) -> Result<Clients> {
        let get_limiter = RateLimiter::per_second(self.get_rate)
            .ok_or_else(|| Error::invalid("the get rate must be a number of calls a second above 0"))?;
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
        })))
    }
}

fn crate_metadata() -> Result<FrameworkMetadata> {
    FrameworkMetadata::new(env!("CARGO_PKG_NAME"), Some(Cow::Borrowed(env!("CARGO_PKG_VERSION"))))
        .map_err(unnameable)
}

fn unnameable<E>(_: E) -> Error {
    Error::invalid("the crate's name does not fit into a user agent")
}

/// Sends one request inside a tracing span with its operation and ids, and turns the SDK's error into ours.
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
    // Not the current span, which is the application's where this one is filtered out.
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
