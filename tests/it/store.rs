//! The sealed store: what is sent, what S3 answers, and what becomes of it.

use aws_sdk_s3::operation::put_object::PutObjectOutput;
use aws_sdk_s3::types::ServerSideEncryption;
use aws_smithy_mocks::{RuleMode, mock, mock_client};
use aws_smithy_types::base64;
use inkseal::block::{BoundingBox, Geometry};
use inkseal::emulator::{EmulatedBucket, EmulatedKey, Emulator, EmulatorBuilder, Fault};
use inkseal::redact::{ImageRedaction, PatternDetector, RedactedImage, Redactor};
use inkseal::render::{Format, Render};
use inkseal::resource::{KmsKey, Prefix, S3Location};
use inkseal::{
    Analysis, Clients, CompletedJob, ErrorKind, Result, SealedStore, SecureJob, Stage, WaitOptions,
};
use sha2::{Digest, Sha256};

use crate::support::{KEY, RESULTS, account, analysis, bucket, clients, complete, emulator, input, key};

/// Two by two pixels, all light gray.
const PAGE: &[u8] = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x00\x02\x00\x00\x00\x02\x08\x00\x00\x00\x00W\xddR\xf8\
    \x00\x00\x00\x0eIDATx\x9cc<\xc1\xc0\xc4\xc0\x00\x00\x03\xfa\x00\xcc\x80\n\x94E\x00\x00\x00\x00IEND\xaeB`\x82";

fn page() -> RedactedImage {
    let corner = BoundingBox { left: 0.0, top: 0.0, width: 0.5, height: 0.5 };
    let region = Geometry { bounding_box: Some(corner), ..Geometry::default() };
    ImageRedaction::new().padding(0.0).redact(PAGE, &[region]).unwrap()
}

fn location() -> S3Location {
    S3Location::new(bucket(), "redacted".parse().unwrap())
}

async fn open(clients: &Clients) -> Result<SealedStore> {
    SealedStore::open(clients, location(), key(), account()).await
}

/// The emulator, clients for it and a store in it.
async fn opened(emulator: EmulatorBuilder) -> (Emulator, SealedStore) {
    let emulator = emulator.build().unwrap();
    let store = open(&clients(&emulator)).await.unwrap();
    (emulator, store)
}

fn without_kms(emulator: &Emulator) -> Clients {
    let config = emulator.sdk_config();
    let textract = aws_sdk_textract::Client::new(&config);
    Clients::builder().with_clients(textract, aws_sdk_s3::Client::new(&config)).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_put_is_sealed_in_every_way() {
    let (emulator, store) = opened(emulator()).await;
    let image = page();
    let object = store.put("claims/page-1.png", &image).await.unwrap();
    assert_eq!(object.to_string(), format!("s3://{RESULTS}/redacted/claims/page-1.png"));
    assert_eq!((store.seal().prefix().as_str(), store.seal().kms_key().as_str()), ("redacted", KEY));

    let requests = emulator.requests();
    let put = requests.iter().find(|request| request.operation == "PutObject").unwrap();
    assert_eq!(
        (put.bucket.as_deref(), put.key.as_deref()),
        (Some(RESULTS), Some("redacted/claims/page-1.png"))
    );
    let checksum = base64::encode(Sha256::digest(image.bytes()));
    let length = image.bytes().len().to_string();
    for (header, value) in [
        ("x-amz-server-side-encryption", "aws:kms"),
        ("x-amz-server-side-encryption-aws-kms-key-id", KEY),
        ("x-amz-server-side-encryption-bucket-key-enabled", "true"),
        ("x-amz-expected-bucket-owner", "111122223333"),
        ("x-amz-checksum-sha256", &checksum),
        ("if-none-match", "*"),
        ("content-type", "image/png"),
        ("content-length", &length),
    ] {
        assert_eq!(put.header(header), Some(value), "{header}");
    }
    // No metadata, and no access control list.
    let more: Vec<_> = put.headers.keys().map(|name| name.as_str()).collect();
    assert!(
        !more.iter().any(|name| name.starts_with("x-amz-meta") || name.starts_with("x-amz-acl")),
        "{more:?}"
    );
    assert_eq!(requests.iter().filter(|request| request.operation == "PutObject").count(), 1);

    let s3 = aws_sdk_s3::Client::new(&emulator.sdk_config());
    let got = s3.get_object().bucket(RESULTS).key("redacted/claims/page-1.png").send().await.unwrap();
    assert_eq!(got.content_type(), Some("image/png"));
    assert_eq!((got.ssekms_key_id(), got.bucket_key_enabled()), (Some(KEY), Some(true)));
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), image.bytes());
}

#[tokio::test(start_paused = true)]
async fn a_job_gives_a_store_under_its_own_seal() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let store = job.store(&clients, "redacted".parse().unwrap()).unwrap();
    let object = store.put("page-1.png", page()).await.unwrap();
    assert_eq!(object.key(), format!("redacted/{}/page-1.png", job.id()));
    let seal = store.seal();
    assert_eq!((seal.bucket(), seal.kms_key()), (job.seal().bucket(), job.seal().kms_key()));
    assert_eq!((seal.bucket_owner(), seal.region()), (Some(&account()), job.seal().region()));
    // The key was checked when the job was started, and not again.
    assert_eq!(emulator.count("DescribeKey"), 1);

    let ownerless = SecureJob::analysis(input()).feature(inkseal::Feature::Layout);
    let ownerless = ownerless.output_bucket(bucket()).kms_key(key()).build().unwrap();
    let job: CompletedJob<Analysis> =
        ownerless.start(&clients).await.unwrap().wait_with(&clients, &WaitOptions::default()).await.unwrap();
    let error = job.store(&clients, "redacted".parse().unwrap()).unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert!(error.to_string().contains("expected_bucket_owner"), "{error}");
}

#[tokio::test(start_paused = true)]
async fn an_answer_under_another_seal_is_an_error_that_names_the_object() {
    for (fault, why) in [(Fault::WrongKey, "another KMS key"), (Fault::NotEncrypted, "another algorithm")] {
        let (emulator, store) = opened(emulator().fault(fault.on("PutObject"))).await;
        let error = store.put("page-1.png", page()).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::NotSealed, Stage::Store));
        assert_eq!(error.object(), Some("redacted/page-1.png"));
        assert!(error.to_string().contains(why) && error.to_string().contains("delete it"), "{error}");
        assert!(!error.is_retryable());
        // It is there, as the error says, and nothing was deleted or sent again.
        assert!(emulator.object(RESULTS, "redacted/page-1.png").is_some());
        assert_eq!((emulator.count("PutObject"), emulator.count("DeleteObject")), (1, 0));
    }
    // Without the fault, S3 may name the key by its id alone.
    let (_emulator, store) = opened(emulator().report_key_as_id(true)).await;
    assert!(store.put("page-1.png", page()).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn each_part_of_the_answer_counts() {
    let checksum = base64::encode(Sha256::digest(page().bytes()));
    let sound = move || {
        PutObjectOutput::builder()
            .server_side_encryption(ServerSideEncryption::AwsKms)
            .ssekms_key_id(KEY)
            .bucket_key_enabled(true)
            .checksum_sha256(checksum.clone())
    };
    type Spoil = fn(aws_sdk_s3::operation::put_object::builders::PutObjectOutputBuilder) -> PutObjectOutput;
    let cases: [(Spoil, Option<ErrorKind>); 8] = [
        (|put| put.build(), None),
        (|put| put.set_server_side_encryption(None).build(), Some(ErrorKind::NotSealed)),
        (
            |put| put.server_side_encryption(ServerSideEncryption::AwsKmsDsse).build(),
            Some(ErrorKind::NotSealed),
        ),
        (|put| put.set_ssekms_key_id(None).build(), Some(ErrorKind::NotSealed)),
        (|put| put.set_bucket_key_enabled(None).build(), Some(ErrorKind::NotSealed)),
        (|put| put.bucket_key_enabled(false).build(), Some(ErrorKind::NotSealed)),
        (|put| put.set_checksum_sha256(None).build(), Some(ErrorKind::Malformed)),
        (|put| put.checksum_sha256(base64::encode([0; 32])).build(), Some(ErrorKind::Malformed)),
    ];
    for (case, (spoil, expected)) in cases.into_iter().enumerate() {
        let answer = sound.clone();
        let put = mock!(aws_sdk_s3::Client::put_object).then_output(move || spoil(answer()));
        let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put]);
        let textract = mock_client!(aws_sdk_textract, []);
        let clients = Clients::builder().with_clients(textract, s3).unwrap();
        let stored = open(&clients).await.unwrap().put("page-1.png", page()).await;
        assert_eq!(put.num_calls(), 1);
        match (stored, expected) {
            (Ok(object), None) => assert_eq!((object.key(), object.version()), ("redacted/page-1.png", None)),
            (Err(error), Some(kind)) => {
                assert_eq!((error.kind(), error.object()), (kind, Some("redacted/page-1.png")), "{case}");
            }
            (stored, _) => panic!("{case}: {stored:?}"),
        }
    }
    let put = mock!(aws_sdk_s3::Client::put_object)
        .then_output(move || sound().version_id("3HL4kqtJlcpXroDTDmJ").build());
    let s3 = mock_client!(aws_sdk_s3, RuleMode::MatchAny, [&put]);
    let clients = Clients::builder().with_clients(mock_client!(aws_sdk_textract, []), s3).unwrap();
    let object = open(&clients).await.unwrap().put("page-1.png", page()).await.unwrap();
    assert_eq!(object.version(), Some("3HL4kqtJlcpXroDTDmJ"));
}

#[tokio::test(start_paused = true)]
async fn nothing_is_replaced_unless_it_is_asked_for() {
    let (emulator, store) = opened(emulator()).await;
    emulator.put_object(RESULTS, "redacted/page-1.png", "an original").unwrap();
    let error = store.put("page-1.png", page()).await.unwrap_err();
    assert_eq!((error.kind(), error.code()), (ErrorKind::AlreadyExists, Some("PreconditionFailed")));
    assert_eq!(error.object(), Some("redacted/page-1.png"));
    assert_eq!(emulator.object(RESULTS, "redacted/page-1.png").unwrap(), "an original");

    emulator.clear_requests();
    store.replacing().put("page-1.png", page()).await.unwrap();
    assert_eq!(emulator.object(RESULTS, "redacted/page-1.png").unwrap(), page().bytes());
    assert_eq!(emulator.requests()[0].header("if-none-match"), None);
}

#[tokio::test(start_paused = true)]
async fn what_s3_refuses() {
    let stranger = EmulatedBucket::new("theirs").owner("444455556666");
    let (emulator, _) = opened(emulator().bucket(stranger)).await;
    let clients = clients(&emulator);
    let theirs = S3Location::new("theirs".parse().unwrap(), "redacted".parse().unwrap());
    let store = SealedStore::open(&clients, theirs, key(), account()).await.unwrap();
    let error = store.put("page-1.png", page()).await.unwrap_err();
    assert_eq!((error.kind(), error.stage()), (ErrorKind::AccessDenied, Stage::Store));
    assert_eq!((error.operation(), error.object()), (Some("PutObject"), Some("redacted/page-1.png")));
    assert!(emulator.object("theirs", "redacted/page-1.png").is_none());

    let nowhere = S3Location::new("nowhere".parse().unwrap(), "redacted".parse().unwrap());
    let store = SealedStore::open(&clients, nowhere, key(), account()).await.unwrap();
    assert_eq!(store.put("page-1.png", page()).await.unwrap_err().kind(), ErrorKind::NotFound);
}

#[tokio::test(start_paused = true)]
async fn keys_that_cannot_seal() {
    let arn = |id: &str| format!("arn:aws:kms:us-east-1:111122223333:key/{id}-0000-4000-8000-000000000000");
    let (disabled, gone, none) = (arn("00000001"), arn("00000002"), arn("00000003"));
    let (emulator, _) = opened(
        emulator()
            .kms_key(EmulatedKey::customer(&*disabled).disabled())
            .kms_key(EmulatedKey::customer(&*gone).pending_deletion()),
    )
    .await;
    for name in [&disabled, &gone, &none] {
        let key: KmsKey = name.parse().unwrap();
        let error =
            SealedStore::open(&clients(&emulator), location(), key.clone(), account()).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::UnusableKey, Stage::CheckKey));
        // If nothing has checked it before, S3 says so.
        let store = SealedStore::open(&without_kms(&emulator), location(), key, account()).await.unwrap();
        let error = store.put("page-1.png", page()).await.unwrap_err();
        assert_eq!((error.kind(), error.stage()), (ErrorKind::UnusableKey, Stage::Store), "{error}");
        assert!(emulator.object(RESULTS, "redacted/page-1.png").is_none());
    }
    let elsewhere: KmsKey = KEY.replace("us-east-1", "eu-west-1").parse().unwrap();
    let error = SealedStore::open(&clients(&emulator), location(), elsewhere, account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
}

#[tokio::test(start_paused = true)]
async fn an_alias_is_resolved_before_anything_is_put() {
    let aliased = emulator().kms_key(EmulatedKey::customer(KEY).alias("alias/documents"));
    let emulator = aliased.build().unwrap();
    let alias = || "alias/documents".parse::<KmsKey>().unwrap();
    let store = SealedStore::open(&clients(&emulator), location(), alias(), account()).await.unwrap();
    assert_eq!(store.seal().kms_key().as_str(), KEY);
    store.put("page-1.png", page()).await.unwrap();
    let requests = emulator.requests();
    let put = requests.iter().find(|request| request.operation == "PutObject").unwrap();
    assert_eq!(put.header("x-amz-server-side-encryption-aws-kms-key-id"), Some(KEY));

    let error = SealedStore::open(&without_kms(&emulator), location(), alias(), account()).await.unwrap_err();
    assert_eq!(error.kind(), ErrorKind::InvalidInput);
    assert_eq!(emulator.count("PutObject"), 1);
}

#[tokio::test(start_paused = true)]
async fn names_stay_in_their_folder() {
    let (emulator, store) = opened(emulator()).await;
    let long = "n".repeat(1024);
    let bad =
        ["", "/", "a/", "/a", "a//b", "..", "../1", "a/../b", "./a", " ", "a/ . /b", "a\nb", "a#b", &long];
    for name in bad {
        let error = store.put(name, page()).await.expect_err(name);
        assert_eq!(error.kind(), ErrorKind::InvalidInput, "{name:?}");
    }
    assert_eq!(emulator.count("PutObject"), 0);
    for name in ["a", "a/b.png", "..a", "\u{e9} b.png"] {
        assert_eq!(store.put(name, page()).await.unwrap().key(), format!("redacted/{name}"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_prefix_that_no_object_can_have_is_refused() {
    let emulator = emulator().build().unwrap();
    let clients = clients(&emulator);
    let job = complete(analysis(), &clients).await;
    let store = open(&clients).await.unwrap();
    for odd in ["a#b", "a?versionId=1"] {
        let prefix: Prefix = odd.parse().unwrap();
        let location = S3Location::new(bucket(), prefix.clone());
        for error in [
            SealedStore::open(&clients, location, key(), account()).await.unwrap_err(),
            job.store(&clients, prefix).unwrap_err(),
            store.put(odd, page()).await.unwrap_err(),
        ] {
            assert_eq!(error.kind(), ErrorKind::InvalidInput, "{odd}");
            let why = std::error::Error::source(&error).unwrap().to_string();
            assert!(why.contains("at byte 1 is not allowed in the name of a stored object"), "{why}");
        }
    }
    assert_eq!(emulator.count("PutObject"), 0);
}

#[tokio::test(start_paused = true)]
async fn a_put_is_tried_again_and_says_nothing_of_what_it_puts() {
    let (emulator, store) = opened(emulator().fault(Fault::Throttle.on("PutObject").times(2))).await;
    store.put("page-1.png", page()).await.unwrap();
    assert_eq!(emulator.count("PutObject"), 3);
    emulator.inject(Fault::AccessDenied.on("PutObject"));
    let error = store.put("page-2.png", page()).await.unwrap_err();
    let shown = format!("{store:?} {error:?} {error} {:?}", page());
    assert!(!shown.contains("IHDR") && !shown.contains("137, 80, 78, 71"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn what_was_redacted_is_put_as_what_it_is() {
    let (emulator, store) = opened(emulator()).await;
    let json = br#"{"Blocks": [{"BlockType": "LINE", "Id": "l", "Text": "Mail: jane@example.com"}]}"#;
    let redactor = Redactor::builder(PatternDetector::new()).build().unwrap();
    let (document, _) = inkseal::Document::from_json(json).unwrap().redact(&redactor).await.unwrap();
    for format in [Format::Text, Format::Markdown, Format::Html, Format::Csv, Format::Json] {
        let name = format!("one.{format}");
        let text = document.render(&Render::to(format));
        store.put(&name, &text).await.unwrap();
        assert_eq!(emulator.object(RESULTS, &format!("redacted/{name}")).unwrap(), text.as_bytes());
        let request =
            emulator.requests().into_iter().rfind(|request| request.operation == "PutObject").unwrap();
        assert_eq!(request.headers["content-type"], format.media_type());
    }
    let json = document.to_json().unwrap();
    store.put("one.textract.json", json).await.unwrap();
    let stored = emulator.object(RESULTS, "redacted/one.textract.json").unwrap();
    assert!(stored.starts_with(b"{") && !stored.windows(4).any(|bytes| bytes == b"jane"));
}
