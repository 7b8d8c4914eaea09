//! The comparison: parts of 1,000 blocks in compact JSON, and four ways to read them.

use std::hint::black_box;
use std::path::Path;

use aws_sdk_textract::config::{BehaviorVersion, Region};
use aws_sdk_textract::operation::get_document_analysis::GetDocumentAnalysisOutput;
use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use bytes::Bytes;
use inkseal::block::Block;
use inkseal::emulator::{Emulator, Synthetic};
use inkseal::part::Part;
use inkseal::{Clients, SecureJob};
use serde_json::value::RawValue;

const BLOCKS_A_PART: usize = 1_000;

/// Responses, each the bytes of a part.
pub struct Parts {
    pub parts: Vec<Bytes>,
    pub blocks: usize,
}

impl Parts {
    /// From the recorded responses in the folder `INKSEAL_CORPUS`, or synthetic ones; prints which.
    pub fn load() -> Self {
        let (source, parts) = match std::env::var_os("INKSEAL_CORPUS") {
            Some(corpus) => (
                "recorded responses, members in their order, space between tokens removed",
                recorded(corpus.as_ref()),
            ),
            None => ("synthetic pages (INKSEAL_CORPUS is not set)", synthetic()),
        };
        let read = |part: &Bytes| inkseal::block::parse_part(part).expect("a part").records.len();
        let blocks = parts.iter().map(read).sum();
        let bytes: usize = parts.iter().map(Bytes::len).sum();
        println!("{source}: {} parts, {blocks} blocks, {bytes} bytes", parts.len());
        Self { parts, blocks }
    }
}

/// The blocks of all recorded responses, as parts.
fn recorded(corpus: &Path) -> Vec<Bytes> {
    #[derive(serde::Deserialize)]
    struct Response<'a> {
        #[serde(rename = "Blocks", borrow)]
        blocks: Vec<&'a RawValue>,
    }
    let entries = std::fs::read_dir(corpus.join("blocks")).expect("INKSEAL_CORPUS has a folder `blocks`");
    let mut files: Vec<_> = entries.map(|entry| entry.expect("a file").path()).collect();
    files.sort();
    let mut blocks = Vec::new();
    for file in files {
        let json = compact(&std::fs::read(file).expect("a readable file"));
        let response: Response = serde_json::from_slice(&json).expect("a response");
        blocks.extend(response.blocks.iter().map(|block| block.get().as_bytes().to_vec()));
    }
    blocks.chunks(BLOCKS_A_PART).map(part).collect()
}

/// The parts that the emulator writes for 64 synthetic pages.
fn synthetic() -> Vec<Bytes> {
    const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
    let emulator = Emulator::builder()
        .kms_key(KEY)
        .bucket("amzn-s3-demo-results")
        .object("amzn-s3-demo-source", "document.pdf", "%PDF-1.7")
        .response(Synthetic::pages(64).blocks_per_page(500))
        .build()
        .expect("an emulator");
    let job = SecureJob::text_detection("s3://amzn-s3-demo-source/document.pdf".parse().expect("an object"))
        .output_bucket("amzn-s3-demo-results".parse().expect("a bucket"))
        .kms_key(KEY.parse().expect("a key"))
        .build()
        .expect("a job");
    let clients = Clients::new(&emulator.sdk_config()).expect("clients");
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    let job = runtime.block_on(job.start(&clients)).expect("a start");
    let folder = format!("textract_output/{}", job.id());
    (1..).map_while(|number| emulator.object("amzn-s3-demo-results", &format!("{folder}/{number}"))).collect()
}

fn part(blocks: &[Vec<u8>]) -> Bytes {
    let mut part = br#"{"DocumentMetadata":{"Pages":1},"JobStatus":"SUCCEEDED","Blocks":["#.to_vec();
    part.extend(blocks.join(&b','));
    part.extend(br#"],"AnalyzeDocumentModelVersion":"1.0"}"#);
    part.into()
}

/// JSON without the space between its tokens.
fn compact(json: &[u8]) -> Vec<u8> {
    let mut in_text = false;
    let mut escaped = false;
    let wanted = json.iter().copied().filter(|byte| {
        if in_text {
            in_text = escaped || *byte != b'"';
            escaped = *byte == b'\\' && !escaped;
            return true;
        }
        in_text = *byte == b'"';
        !byte.is_ascii_whitespace()
    });
    wanted.collect()
}

/// A way to read a part, whose result lives until `done` was called.
pub type Reader<'a> = (&'static str, Box<dyn Fn(&Bytes, &mut dyn FnMut()) + 'a>);

/// All of them, this crate first.
pub fn readers(sdk: &Sdk) -> Vec<Reader<'_>> {
    fn held<T>(result: T, done: &mut dyn FnMut()) {
        let result = black_box(result);
        done();
        drop(result);
    }
    vec![
        (
            "inkseal",
            Box::new(|part, done| {
                held::<Part<Block>>(inkseal::block::parse_part(part).expect("a part"), done)
            }),
        ),
        ("aws-sdk-textract", Box::new(|part, done| held(sdk.read(part), done))),
        (
            "serde_json owned",
            Box::new(|part, done| {
                held(serde_json::from_slice::<owned::Response>(part).expect("a part"), done)
            }),
        ),
        (
            "serde_json Value",
            Box::new(|part, done| {
                held(serde_json::from_slice::<serde_json::Value>(part).expect("a part"), done)
            }),
        ),
    ]
}

/// The SDK's own client, whose `GetDocumentAnalysis` is answered in the process with the bytes of a part.
pub struct Sdk {
    runtime: tokio::runtime::Runtime,
    answer: Answer,
    client: aws_sdk_textract::Client,
}

#[derive(Clone, Debug, Default)]
struct Answer(std::sync::Arc<std::sync::Mutex<Bytes>>);

impl Sdk {
    pub fn new() -> Self {
        let answer = Answer::default();
        let config = aws_sdk_textract::Config::builder()
            .behavior_version(BehaviorVersion::latest())
            .region(Region::from_static("eu-west-1"))
            .allow_no_auth()
            .http_client(answer.clone())
            .build();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
        Self { runtime, answer, client: aws_sdk_textract::Client::from_conf(config) }
    }

    pub fn read(&self, part: &Bytes) -> GetDocumentAnalysisOutput {
        *self.answer.0.lock().expect("one thread") = part.clone();
        let call = self.client.get_document_analysis().job_id("job");
        self.runtime.block_on(call.send()).expect("a part")
    }
}

impl HttpConnector for Answer {
    fn call(&self, _: HttpRequest) -> HttpConnectorFuture {
        let body = SdkBody::from(self.0.lock().expect("one thread").clone());
        HttpConnectorFuture::ready(Ok(HttpResponse::new(200.try_into().expect("a status"), body)))
    }
}

impl HttpClient for Answer {
    fn http_connector(&self, _: &HttpConnectorSettings, _: &RuntimeComponents) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The obvious types for serde.
mod owned {
    #![allow(dead_code, reason = "read by nobody, held by the benchmark")]

    use serde::Deserialize;

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    pub struct Response {
        document_metadata: Option<Metadata>,
        job_status: Option<String>,
        blocks: Option<Vec<Block>>,
        analyze_document_model_version: Option<String>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Metadata {
        pages: Option<u32>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Block {
        block_type: Option<String>,
        confidence: Option<f32>,
        text: Option<String>,
        text_type: Option<String>,
        row_index: Option<u32>,
        column_index: Option<u32>,
        row_span: Option<u32>,
        column_span: Option<u32>,
        geometry: Option<Geometry>,
        id: Option<String>,
        relationships: Option<Vec<Relationship>>,
        entity_types: Option<Vec<String>>,
        selection_status: Option<String>,
        page: Option<u32>,
        query: Option<Query>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Geometry {
        bounding_box: Option<BoundingBox>,
        polygon: Option<Vec<Point>>,
        rotation_angle: Option<f32>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct BoundingBox {
        width: f32,
        height: f32,
        left: f32,
        top: f32,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Point {
        x: f32,
        y: f32,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Relationship {
        r#type: Option<String>,
        ids: Option<Vec<String>>,
    }

    #[derive(Deserialize)]
    #[serde(rename_all = "PascalCase")]
    struct Query {
        text: Option<String>,
        alias: Option<String>,
        pages: Option<Vec<String>>,
    }
}
