//! Comprehend's jobs under the caller's own keys, with the real SDK client against the emulator.

mod pages;
mod requests;
mod results;
mod waits;

use std::sync::Arc;
use std::time::Duration;

use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use futures::TryStreamExt;
use inkseal::comprehend::{
    CompletedComprehendJob, ComprehendInput, ComprehendJob, DocumentAnalysis, DocumentLanguage, KeyPhrases,
    Operation, PiiOffsets, VpcConfig,
};
use inkseal::emulator::{Emulator, EmulatorBuilder};
use inkseal::redact::Language;
use inkseal::resource::{DirectKey, RoleArn, S3Location};
use inkseal::{Clients, Result};

use crate::support::{ACCOUNT, KEY, RESULTS, SOURCE, clients, key};

pub const VOLUMES: &str = "arn:aws:kms:us-east-1:111122223333:key/0987dcba-09fe-87dc-65ba-ab0987654321";
pub const MODELS: &str = "arn:aws:kms:us-east-1:111122223333:key/11111111-2222-3333-4444-555555555555";
pub const ROLE: &str = "arn:aws:iam::111122223333:role/comprehend-reads";

/// An emulator with three keys, both buckets, and two documents in a folder, with another folder next to it.
pub fn emulator() -> EmulatorBuilder {
    Emulator::builder()
        .kms_key(KEY)
        .kms_key(VOLUMES)
        .kms_key(MODELS)
        .bucket(SOURCE)
        .bucket(RESULTS)
        .object(SOURCE, "letters/a.txt", "Jane Doe was happy in the town of Lyon.")
        .object(SOURCE, "letters/b.txt", "Der Brief ist nicht gut\nund der Mann ist late")
        .object(SOURCE, "letters-of-others/c.txt", "Not for Jane")
        .pii("NAME", "Jane Doe")
}

pub fn folder() -> S3Location {
    format!("s3://{SOURCE}/letters").parse().unwrap()
}

pub fn files() -> ComprehendInput {
    ComprehendInput::one_document_per_file(folder())
}

pub fn lines() -> ComprehendInput {
    ComprehendInput::one_document_per_line(folder())
}

pub fn role() -> RoleArn {
    ROLE.parse().unwrap()
}

pub fn location() -> S3Location {
    format!("s3://{RESULTS}/insights").parse().unwrap()
}

pub fn volumes() -> DirectKey {
    VOLUMES.parse().unwrap()
}

pub fn models() -> DirectKey {
    MODELS.parse().unwrap()
}

pub fn vpc() -> VpcConfig {
    VpcConfig::new(["subnet-0bb1c79de3".parse().unwrap()], ["sg-903004f8".parse().unwrap()]).unwrap()
}

pub fn pii_offsets() -> ComprehendJob<PiiOffsets> {
    let job = ComprehendJob::pii_offsets(files(), role(), Language::English).output(location(), key());
    job.expected_bucket_owner(ACCOUNT.parse().unwrap()).build().unwrap()
}

pub fn key_phrases() -> ComprehendJob<KeyPhrases> {
    let job = ComprehendJob::key_phrases(files(), role(), DocumentLanguage::English);
    job.output(location(), key()).volume_key(volumes()).in_vpc(vpc()).build().unwrap()
}

pub async fn complete<O: Operation>(job: &ComprehendJob<O>, clients: &Clients) -> CompletedComprehendJob<O> {
    job.start(clients).await.unwrap().wait(clients).await.unwrap()
}

/// Everything that a job found, from its start on.
pub async fn found<A: DocumentAnalysis>(job: &ComprehendJob<A>, emulator: &Emulator) -> Vec<A::Record> {
    let clients = clients(emulator);
    let completed = complete(job, &clients).await;
    completed.results(&clients).stream().try_collect().await.unwrap()
}

/// The results of a job up to an error.
pub async fn read<A: DocumentAnalysis>(
    job: &CompletedComprehendJob<A>,
    clients: &Clients,
) -> Result<Vec<A::Record>> {
    job.results(clients).stream().try_collect().await
}

/// What is made of an answer, by its operation.
type Change = Arc<dyn Fn(&str, String) -> String + Send + Sync>;

/// The emulator, with its JSON answers and its listings changed on the way.
#[derive(Clone)]
struct Meddling {
    emulator: Emulator,
    change: Change,
}

impl std::fmt::Debug for Meddling {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Meddling")
    }
}

impl HttpClient for Meddling {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let inner = self.emulator.http_connector(settings, components);
        SharedHttpConnector::new(MeddlingConnector { inner, change: Arc::clone(&self.change) })
    }
}

struct MeddlingConnector {
    inner: SharedHttpConnector,
    change: Change,
}

impl std::fmt::Debug for MeddlingConnector {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("MeddlingConnector")
    }
}

impl HttpConnector for MeddlingConnector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = match request.uri().contains("list-type=2") {
            true => "S3.ListObjectsV2".to_owned(),
            false => request.headers().get("x-amz-target").unwrap_or_default().to_owned(),
        };
        let (answer, change) = (self.inner.call(request), Arc::clone(&self.change));
        HttpConnectorFuture::new(async move {
            let response = answer.await?;
            let Some((_, operation)) = target.split_once('.') else { return Ok(response) };
            let status = response.status();
            let body = ByteStream::new(response.into_body()).collect().await.unwrap().into_bytes();
            let body = change(operation, String::from_utf8(body.to_vec()).unwrap());
            Ok(HttpResponse::new(status, body.into()))
        })
    }
}

/// Clients that see every JSON answer and every listing as `change` leaves it.
pub fn meddled(
    emulator: &Emulator,
    change: impl Fn(&str, String) -> String + Send + Sync + 'static,
) -> Clients {
    let http = Meddling { emulator: emulator.clone(), change: Arc::new(change) };
    let config = emulator.sdk_config().into_builder().http_client(SharedHttpClient::new(http)).build();
    Clients::new(&config).unwrap()
}

pub const MINUTE: Duration = Duration::from_secs(60);
