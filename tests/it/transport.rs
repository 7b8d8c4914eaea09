//! The transport policy and the timeouts on real requests, and what the crate says about itself.

use std::time::Duration;

use aws_credential_types::Credentials;
use aws_credential_types::credential_fn::provide_credentials_fn;
use aws_credential_types::provider::SharedCredentialsProvider;
use aws_credential_types::provider::error::CredentialsError;
use aws_sdk_s3::config::timeout::TimeoutConfig;
use inkseal::emulator::{Emulator, Fault};
use inkseal::{Clients, ErrorKind, Refusal, SealedStore, Stage, TransportPolicy, VpcEndpoints};
use tokio::time::Instant;

use crate::support::{RESULTS, account, analysis, emulator, key};

const MINUTE: Duration = Duration::from_secs(60);

fn refusal(error: &inkseal::Error) -> Refusal {
    assert_eq!(error.kind(), ErrorKind::InsecureTransport, "{error}");
    assert!(!error.is_retryable());
    std::error::Error::source(error).unwrap().downcast_ref::<Refusal>().unwrap().clone()
}

/// Starts a job under a policy, and returns the refusal; nothing may have been sent.
async fn refused(emulator: &Emulator, config: aws_types::SdkConfig, policy: TransportPolicy) -> Refusal {
    let clients = Clients::builder().transport(policy).connect(&config).unwrap();
    let error = analysis().start(&clients).await.unwrap_err();
    assert!(emulator.requests().is_empty());
    refusal(&error)
}

#[tokio::test(start_paused = true)]
async fn a_plain_http_endpoint_is_refused_at_once() {
    let emulator = emulator().build().unwrap();
    let config = emulator.sdk_config().into_builder().endpoint_url("http://textract.example.com").build();
    let error = Clients::new(&config).unwrap_err();
    assert_eq!(error.stage(), Stage::Configure);
    assert_eq!(refusal(&error), Refusal::PlainHttp { host: "textract.example.com".into() });
}

#[tokio::test(start_paused = true)]
async fn a_plain_http_endpoint_of_a_ready_made_client_is_refused_before_it_is_used() {
    let emulator = emulator().build().unwrap();
    let config = emulator.sdk_config();
    let elsewhere =
        aws_sdk_textract::config::Builder::from(&config).endpoint_url("http://10.0.0.7:4566").build();
    let clients = Clients::builder()
        .with_clients(aws_sdk_textract::Client::from_conf(elsewhere), aws_sdk_s3::Client::new(&config))
        .unwrap();
    let error = analysis().start(&clients).await.unwrap_err();
    assert_eq!(refusal(&error), Refusal::PlainHttp { host: "10.0.0.7".into() });
    assert_eq!((error.stage(), error.operation()), (Stage::Start, Some("StartDocumentAnalysis")));
    assert!(emulator.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn vpc_endpoints_can_be_required() {
    let emulator = emulator().build().unwrap();
    let policy = TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::All);
    let refusal = refused(&emulator, emulator.sdk_config(), policy).await;
    assert_eq!(refusal, Refusal::NotVpcEndpoint { host: "127.0.0.1".into() });
}

#[tokio::test(start_paused = true)]
async fn fips_endpoints_can_be_required() {
    let emulator = emulator().build().unwrap();
    let policy = TransportPolicy::default().require_fips();
    // If an endpoint is named, the SDK cannot choose a FIPS one, and does not send.
    let clients = Clients::builder().transport(policy).connect(&emulator.sdk_config()).unwrap();
    let error = analysis().start(&clients).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidInput, false), "{error}");
    assert!(emulator.requests().is_empty());

    // If none is named, the policy asks for one. That the requests went through shows that they went there, as
    // the guard refuses any other.
    let mut config = emulator.sdk_config().into_builder();
    config.set_endpoint_url(None);
    let clients = Clients::builder().transport(policy).connect(&config.build()).unwrap();
    analysis().start(&clients).await.unwrap();
    assert_eq!(emulator.requests().len(), 2);
}

#[tokio::test(start_paused = true)]
async fn fips_and_vpc_endpoints_can_be_required_together() {
    let emulator = emulator().build().unwrap();
    let policy = TransportPolicy::default().require_vpc_endpoints(VpcEndpoints::All).require_fips();
    let connect = |endpoint: &str| {
        let config = emulator.sdk_config();
        let named = |service: &str| endpoint.replace("SERVICE", service);
        let textract = aws_sdk_textract::config::Builder::from(&config).endpoint_url(named("textract"));
        let s3 = aws_sdk_s3::config::Builder::from(&config).endpoint_url(named("s3"));
        let clients = Clients::builder().transport(policy).with_clients(
            aws_sdk_textract::Client::from_conf(textract.build()),
            aws_sdk_s3::Client::from_conf(s3.build()),
        );
        clients.unwrap()
    };
    let fips = connect("https://vpce-0a1b-2c3d.SERVICE-fips.us-east-1.vpce.amazonaws.com");
    analysis().start(&fips).await.unwrap();
    let plain = connect("https://vpce-0a1b-2c3d.SERVICE.us-east-1.vpce.amazonaws.com");
    let error = analysis().start(&plain).await.unwrap_err();
    let host = "vpce-0a1b-2c3d.textract.us-east-1.vpce.amazonaws.com".to_owned();
    assert_eq!(refusal(&error), Refusal::NotFips { host });
}

#[tokio::test(start_paused = true)]
async fn requests_that_cannot_be_prepared_are_no_faults_of_the_network() {
    let emulator = emulator().build().unwrap();
    let mut config = emulator.sdk_config().into_builder();
    config.set_credentials_provider(None);
    let error = analysis().start(&Clients::new(&config.build()).unwrap()).await.unwrap_err();
    assert!(!error.is_retryable(), "{error}");
    assert!(error.to_string().contains("credentials"), "{error}");

    let no_keys = SharedCredentialsProvider::new(provide_credentials_fn(async || {
        Err(CredentialsError::not_loaded("there is no profile"))
    }));
    let config = emulator.sdk_config().into_builder().credentials_provider(no_keys).build();
    let s3 = aws_sdk_s3::Client::new(&config);
    let clients = Clients::builder().with_clients(aws_sdk_textract::Client::new(&config), s3).unwrap();
    let store = SealedStore::open(&clients, format!("s3://{RESULTS}/x").parse().unwrap(), key(), account());
    let error = store.await.unwrap().has("a").await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::AccessDenied, "nobody was asked whether it is there");

    let mut config = emulator.sdk_config().into_builder().region(None);
    config.set_endpoint_url(None);
    let error = analysis().start(&Clients::new(&config.build()).unwrap()).await.unwrap_err();
    assert_eq!((error.kind(), error.is_retryable()), (ErrorKind::InvalidInput, false), "{error}");
    assert!(emulator.requests().is_empty());
}

#[tokio::test(start_paused = true)]
async fn long_term_credentials_can_be_refused() {
    let emulator = emulator().build().unwrap();
    let long_term = Credentials::new("AKIAIOSFODNN7EXAMPLE", "secret", None, None, "test");
    let config = emulator.sdk_config().into_builder();
    let config = config.credentials_provider(SharedCredentialsProvider::new(long_term)).build();
    let policy = TransportPolicy::default().refuse_long_term_credentials();
    assert_eq!(refused(&emulator, config.clone(), policy).await, Refusal::LongTermCredentials);

    let clients = Clients::new(&config).unwrap();
    analysis().start(&clients).await.unwrap();
    let temporary = Clients::builder().transport(policy).connect(&emulator.sdk_config()).unwrap();
    analysis().start(&temporary).await.unwrap();
}

/// How long a start takes whose answer never comes, if it ends within an hour.
async fn unanswered(timeouts: Option<TimeoutConfig>) -> Option<Duration> {
    let emulator = emulator().fault(Fault::Latency(24 * 60 * MINUTE).on("StartDocumentAnalysis"));
    let emulator = emulator.build().unwrap();
    let mut config = emulator.sdk_config().into_builder();
    config.set_timeout_config(timeouts);
    let clients = Clients::new(&config.build()).unwrap();
    let (job, began) = (analysis(), Instant::now());
    let start = tokio::time::timeout(60 * MINUTE, job.start(&clients)).await.ok()?;
    let error = start.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::Transport, Stage::Start), "{error}");
    assert!(error.is_retryable());
    Some(began.elapsed())
}

#[tokio::test(start_paused = true)]
async fn a_service_that_never_answers_is_given_up() {
    let connect = TimeoutConfig::builder().connect_timeout(Duration::from_secs(3));
    for open in [None, Some(connect.clone().build())] {
        let took = unanswered(open).await.unwrap();
        assert!((2 * MINUTE..10 * MINUTE).contains(&took), "{took:?}");
    }
    // What the caller says about it stays.
    let took = unanswered(Some(connect.clone().read_timeout(MINUTE / 6).build())).await.unwrap();
    assert!((MINUTE / 6..2 * MINUTE).contains(&took), "{took:?}");
    let took = unanswered(Some(connect.clone().operation_attempt_timeout(5 * MINUTE).build())).await.unwrap();
    assert!((5 * MINUTE..20 * MINUTE).contains(&took), "{took:?}");
    for disabled in [connect.disable_read_timeout().build(), TimeoutConfig::disabled()] {
        assert_eq!(unanswered(Some(disabled)).await, None);
    }
}

#[tokio::test(start_paused = true)]
async fn the_user_agent_names_the_crate() {
    let emulator = emulator().build().unwrap();
    analysis().start(&Clients::new(&emulator.sdk_config()).unwrap()).await.unwrap();
    let version = env!("CARGO_PKG_VERSION");
    for request in emulator.requests() {
        let agent = request.user_agent();
        assert!(agent.contains(&format!("lib/inkseal/{version}")), "{agent}");
        assert!(agent.contains("app/inkseal"), "{agent}");
    }
    emulator.clear_requests();
    let named = emulator.sdk_config().into_builder();
    let named = named.app_name(aws_types::app_name::AppName::new("ledger").unwrap()).build();
    analysis().start(&Clients::new(&named).unwrap()).await.unwrap();
    assert!(emulator.requests()[0].user_agent().contains("app/ledger"));
}

#[test]
fn clients_do_not_show_their_configuration() {
    let emulator = emulator().build().unwrap();
    let clients = Clients::new(&emulator.sdk_config()).unwrap();
    assert_eq!(format!("{clients:?}"), "Clients { region: Some(Region(\"us-east-1\")), .. }");
}
