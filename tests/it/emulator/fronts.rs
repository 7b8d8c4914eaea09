//! The two fronts answer alike.

use std::time::Duration;

use aws_sdk_s3::config::timeout::TimeoutConfig;
use aws_sdk_s3::error::SdkError;
use aws_sdk_s3::primitives::ByteStream;
use aws_smithy_http_client::Builder;
use futures::FutureExt;
use inkseal::emulator::{Fault, Server, Synthetic};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::*;

async fn served(emulator: &Emulator) -> (Server, Clients) {
    let server = emulator.serve("127.0.0.1:0").await.unwrap();
    let builder = emulator.sdk_config().into_builder().endpoint_url(server.endpoint_url());
    (server, Clients::of(&builder.http_client(Builder::new().build_http()).build()))
}

#[tokio::test]
async fn a_sealed_job_over_a_socket() {
    let emulator = sealed().response(Synthetic::pages(3).blocks_per_page(500)).build().unwrap();
    let (server, clients) = served(&emulator).await;
    clients.s3.create_bucket().bucket("mine").send().await.unwrap();
    let bytes = vec![7; 300_000];
    clients
        .s3
        .put_object()
        .bucket("mine")
        .key("k")
        .body(ByteStream::from(bytes.clone()))
        .send()
        .await
        .unwrap();
    let got = clients.s3.get_object().bucket("mine").key("k").send().await.unwrap();
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), bytes);
    let head = clients.s3.head_object().bucket("mine").key("k").send().await.unwrap();
    assert_eq!(head.content_length, Some(300_000));

    let id = clients.start().await;
    let done = clients.textract.get_document_analysis().job_id(&id).send().await.unwrap();
    assert_eq!(done.blocks().len(), 1000);
    let listed = clients.s3.list_objects_v2().bucket("results").send().await.unwrap();
    for object in &listed.contents()[1..] {
        let part = clients.s3.get_object().bucket("results").key(object.key().unwrap()).send().await.unwrap();
        assert_eq!(part.ssekms_key_id.as_deref(), Some(KEY));
        let bytes = part.body.collect().await.unwrap().into_bytes();
        assert_eq!(Some(bytes.len() as i64), object.size);
        let here = emulator.object("results", object.key().unwrap()).unwrap();
        assert!(here == bytes, "both fronts give the same bytes");
    }
    clients.kms.describe_key().key_id(KEY).send().await.unwrap();
    server.shutdown().await;
    assert!(matches!(clients.kms.describe_key().key_id(KEY).send().await, Err(SdkError::DispatchFailure(_))));
}

#[tokio::test]
async fn faults_break_the_connection() {
    let emulator = sealed()
        .object("documents", "large", vec![1; 100_000])
        .fault(Fault::ConnectionReset.on("HeadObject").times(1))
        .fault(Fault::TruncatedBody.times(1))
        .fault(Fault::LostAnswer.on("PutObject").times(1))
        .fault(Fault::LostAnswer.on("StartDocumentAnalysis").times(1))
        .build()
        .unwrap();
    let (_server, clients) = served(&emulator).await;
    let head = || clients.s3.head_object().bucket("documents").key("large").send();
    assert!(matches!(head().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(head().await.unwrap().content_length, Some(100_000));
    let get = || clients.s3.get_object().bucket("documents").key("large").send();
    let cut = get().await.unwrap();
    assert_eq!(cut.content_length, Some(100_000));
    assert!(cut.body.collect().await.is_err());
    assert_eq!(get().await.unwrap().body.collect().await.unwrap().into_bytes().len(), 100_000);

    let put = clients.s3.put_object().bucket("documents").key("lost").body(ByteStream::from_static(b"x"));
    assert!(matches!(put.send().await, Err(SdkError::DispatchFailure(_))));
    assert_eq!(emulator.object("documents", "lost").unwrap(), "x", "carried out before the answer was lost");
    let start = clients.textract.start_document_analysis().document_location(location("scan.pdf"));
    let started = start.feature_types(FeatureType::Tables).send().await;
    assert!(matches!(started, Err(SdkError::DispatchFailure(_))));
    assert_eq!(emulator.jobs().len(), 1);
    assert_eq!(emulator.idle_faults(), []);
}

/// The answer to a raw request.
async fn raw(server: &Server, request: &str) -> String {
    let mut stream = tokio::net::TcpStream::connect(server.address()).await.unwrap();
    stream.write_all(request.as_bytes()).await.unwrap();
    let mut answer = String::new();
    stream.read_to_string(&mut answer).await.unwrap();
    answer
}

#[tokio::test]
async fn unsigned_and_malformed_requests_are_refused() {
    let emulator = sealed().build().unwrap();
    let server = emulator.serve("127.0.0.1:0").await.unwrap();
    let get = "GET /documents/scan.pdf HTTP/1.1\r\nHost: x\r\nConnection: close\r\n";
    let answer = raw(&server, &format!("{get}\r\n")).await;
    assert!(answer.starts_with("HTTP/1.1 403") && answer.contains("<Code>AccessDenied</Code>"), "{answer}");
    let answer = raw(&server, &format!("{get}Authorization: Basic x\r\n\r\n")).await;
    assert!(
        answer.starts_with("HTTP/1.1 400") && answer.contains("AuthorizationHeaderMalformed"),
        "{answer}"
    );
    let post = |headers: &str, body: &str| {
        let length = body.len();
        format!(
            "POST / HTTP/1.1\r\nHost: x\r\nConnection: close\r\nX-Amz-Target: Textract.GetDocumentAnalysis\r\n\
             Content-Length: {length}\r\n{headers}\r\n{body}"
        )
    };
    let answer = raw(&server, &post("", "{}")).await;
    assert!(answer.contains("\"MissingAuthenticationTokenException\""), "{answer}");
    let signed = |service: &str| {
        let signature = "0".repeat(64);
        format!(
            "Authorization: AWS4-HMAC-SHA256 Credential=A/20240101/us-east-1/{service}/aws4_request, \
             SignedHeaders=host, Signature={signature}\r\n"
        )
    };
    let answer = raw(&server, &post(&signed("kms"), "{}")).await;
    assert!(answer.contains("\"InvalidSignatureException\""), "{answer}");
    for body in ["{", "[]", ""] {
        let answer = raw(&server, &post(&signed("textract"), body)).await;
        assert!(answer.contains("\"SerializationException\""), "{answer}");
    }
    let answer = raw(&server, &post(&signed("textract"), "{}")).await;
    assert!(answer.contains("\"InvalidParameterException\""), "{answer}");
}

#[tokio::test]
async fn only_loopback_is_served() {
    let emulator = sealed().build().unwrap();
    for address in ["0.0.0.0:0", "[::]:0", "192.0.2.1:0"] {
        let refused = emulator.serve(address).await.unwrap_err();
        assert_eq!(refused.to_string(), format!("cannot listen on {address}"));
        let source = std::error::Error::source(&refused).unwrap().to_string();
        assert!(source.contains("loopback"), "refused before it is bound: {source}");
    }
    emulator.serve("localhost:0").await.unwrap().shutdown().await;
    let (server, _) = served(&emulator).await;
    assert!(emulator.serve(&server.address().to_string()).await.is_err(), "the port is taken");
}

/// Nothing is left that listens or answers, whether the server is dropped or its shutdown.
#[tokio::test]
async fn what_is_dropped_of_a_server_ends_it() {
    for drops_shutdown in [false, true] {
        let emulator = sealed().latency(Duration::from_secs(600)).build().unwrap();
        let (server, clients) = served(&emulator).await;
        let address = server.address();
        let asked = tokio::spawn(async move { clients.kms.describe_key().key_id(KEY).send().await });
        while emulator.count("DescribeKey") == 0 {
            tokio::task::yield_now().await;
        }
        match drops_shutdown {
            true => assert_eq!(server.shutdown().now_or_never(), None, "it waits for the request"),
            false => drop(server),
        }
        assert!(matches!(asked.await.unwrap(), Err(SdkError::DispatchFailure(_))));
        assert!(TcpStream::connect(address).await.is_err());
    }
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let address = format!("localhost:{port}");
    let emulator = sealed().build().unwrap();
    assert!(emulator.serve(&address).now_or_never().is_none(), "it looks the name up");
    emulator.serve(&address).await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn the_read_timeout_of_the_sdk_holds_in_process() {
    let emulator = sealed().latency(Duration::from_secs(5)).build().unwrap();
    let timeouts = TimeoutConfig::builder().read_timeout(Duration::from_secs(1)).build();
    let config = emulator.sdk_config().into_builder().timeout_config(timeouts).build();
    let described = Clients::of(&config).kms.describe_key().key_id(KEY).send().await;
    assert!(matches!(described, Err(SdkError::DispatchFailure(failure)) if failure.is_timeout()));
}
