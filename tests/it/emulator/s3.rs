//! S3: objects, listings, encryption.

use aws_sdk_s3::primitives::ByteStream;
use aws_sdk_s3::types::{
    ChecksumMode, CompletedMultipartUpload, CompletedPart, CreateBucketConfiguration, Delete,
    ObjectIdentifier, ServerSideEncryption, ServerSideEncryptionByDefault, ServerSideEncryptionConfiguration,
    ServerSideEncryptionRule,
};
use inkseal::emulator::{EmulatedBucket, EmulatedKey, Error, Fault};

use super::*;

#[tokio::test(start_paused = true)]
async fn objects_come_back_as_they_were_put() {
    let emulator = Emulator::builder().build().unwrap();
    let s3 = Clients::new(&emulator).s3;
    s3.create_bucket().bucket("mine").send().await.unwrap();
    s3.create_bucket().bucket("mine").send().await.unwrap();
    let bytes: Vec<u8> = (0..200_000u32).map(|n| n as u8).collect();
    let put = s3.put_object().bucket("mine").key("a b/ü.pdf").content_type("application/pdf");
    let put = put.metadata("case", "7").body(ByteStream::from(bytes.clone())).send().await.unwrap();
    let get = || s3.get_object().bucket("mine").key("a b/ü.pdf");
    let got = get().checksum_mode(ChecksumMode::Enabled).send().await.unwrap();
    assert_eq!((got.e_tag.as_deref(), got.content_length), (put.e_tag(), Some(200_000)));
    assert_eq!(got.content_type.as_deref(), Some("application/pdf"));
    assert_eq!(got.metadata.as_ref().unwrap()["case"], "7");
    assert_eq!(got.checksum_crc32, put.checksum_crc32);
    assert!(put.checksum_crc32.is_some() && got.last_modified.is_some());
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), bytes);

    let part = get().range("bytes=10-19").send().await.unwrap();
    assert_eq!(part.content_range.as_deref(), Some("bytes 10-19/200000"));
    assert_eq!(part.body.collect().await.unwrap().into_bytes(), bytes[10..20]);
    assert_eq!(refused(get().range("bytes=200000-").send().await), "InvalidRange");

    let head = s3.head_object().bucket("mine").key("a b/ü.pdf").send().await.unwrap();
    assert_eq!(head.content_length, Some(200_000));
    assert!(
        s3.head_object()
            .bucket("mine")
            .key("none")
            .send()
            .await
            .unwrap_err()
            .into_service_error()
            .is_not_found()
    );
    assert_eq!(refused(s3.get_object().bucket("mine").key("none").send().await), "NoSuchKey");
    assert_eq!(refused(s3.get_object().bucket("none").key("none").send().await), "NoSuchBucket");

    // A body whose length is not known in advance is sent in chunks, its checksum in a trailer.
    let frame = |chunk: &[u8]| {
        Ok::<_, std::io::Error>(hyper::body::Frame::data(bytes::Bytes::copy_from_slice(chunk)))
    };
    let frames: Vec<_> = bytes.chunks(70_000).map(frame).collect();
    let body = http_body_util::StreamBody::new(futures::stream::iter(frames));
    let put = s3
        .put_object()
        .bucket("mine")
        .key("streamed")
        .content_length(200_000)
        .body(ByteStream::from_body_1_x(body));
    let put = put.send().await.unwrap();
    let got = s3.get_object().bucket("mine").key("streamed").send().await.unwrap();
    assert_eq!((got.e_tag, got.content_encoding), (put.e_tag, None));
    assert_eq!(got.body.collect().await.unwrap().into_bytes(), bytes);

    assert_eq!(refused(s3.delete_bucket().bucket("mine").send().await), "BucketNotEmpty");
    s3.delete_object().bucket("mine").key("streamed").send().await.unwrap();
    let objects = ObjectIdentifier::builder().key("a b/ü.pdf").build().unwrap();
    let delete = Delete::builder().objects(objects).build().unwrap();
    assert_eq!(s3.delete_objects().bucket("mine").delete(delete).send().await.unwrap().deleted().len(), 1);
    s3.delete_bucket().bucket("mine").send().await.unwrap();
    assert!(s3.head_bucket().bucket("mine").send().await.is_err());
}

#[tokio::test(start_paused = true)]
async fn listings_come_in_small_pages() {
    let mut builder = Emulator::builder().list_page_size(2);
    for key in ["a/1", "a/10", "a/2", "b/x/1", "b/x/2", "b/y", "c"] {
        builder = builder.object("mine", key, &b"123"[..]);
    }
    let s3 = Clients::new(&builder.build().unwrap()).s3;
    let mut pages = s3.list_objects_v2().bucket("mine").prefix("a/").into_paginator().send();
    let (mut keys, mut count) = (Vec::new(), 0);
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        count += 1;
        keys.extend(page.contents().iter().map(|object| (object.key().unwrap().to_owned(), object.size)));
    }
    assert_eq!(count, 2);
    assert_eq!(keys, ["a/1", "a/10", "a/2"].map(|key| (key.to_owned(), Some(3))));

    let mut pages = s3.list_objects_v2().bucket("mine").delimiter("/").max_keys(1).into_paginator().send();
    let mut seen = Vec::new();
    while let Some(page) = pages.next().await {
        let page = page.unwrap();
        assert_eq!(page.key_count, Some(1));
        seen.extend(page.common_prefixes().iter().map(|prefix| prefix.prefix().unwrap().to_owned()));
        seen.extend(page.contents().iter().map(|object| object.key().unwrap().to_owned()));
    }
    assert_eq!(seen, ["a/", "b/", "c"]);
    let first = s3.list_objects().bucket("mine").delimiter("/").send().await.unwrap();
    let next = first.next_marker.unwrap();
    let second = s3.list_objects().bucket("mine").delimiter("/").marker(next).send().await.unwrap();
    assert_eq!((second.contents()[0].key(), second.is_truncated), (Some("c"), Some(false)));
    let after = s3.list_objects_v2().bucket("mine").start_after("b/x/2").send().await.unwrap();
    assert_eq!(after.contents().iter().filter_map(|object| object.key()).collect::<Vec<_>>(), ["b/y", "c"]);
    let bad = s3.list_objects_v2().bucket("mine").continuation_token("x").send().await;
    assert_eq!(refused(bad), "InvalidArgument");
}

#[tokio::test(start_paused = true)]
async fn encryption_is_what_the_headers_or_the_bucket_say() {
    const OFF: &str = "arn:aws:kms:us-east-1:111122223333:key/off";
    let emulator = Emulator::builder()
        .kms_key(EmulatedKey::customer(KEY).alias("alias/documents"))
        .kms_key(EmulatedKey::customer(OFF).disabled())
        .bucket("plain")
        .bucket(EmulatedBucket::new("sealed").default_key("alias/documents"))
        .build()
        .unwrap();
    let s3 = Clients::new(&emulator).s3;
    let put = |bucket: &str| s3.put_object().bucket(bucket).key("k").body(ByteStream::from_static(b"x"));
    let head = async |bucket: &str| {
        let head = s3.head_object().bucket(bucket).key("k").send().await.unwrap();
        (head.server_side_encryption.unwrap(), head.ssekms_key_id, head.bucket_key_enabled)
    };
    put("plain").send().await.unwrap();
    assert_eq!(head("plain").await, (ServerSideEncryption::Aes256, None, None));
    put("sealed").send().await.unwrap();
    assert_eq!(head("sealed").await, (ServerSideEncryption::AwsKms, Some(KEY.to_owned()), None));
    let kms = || put("plain").server_side_encryption(ServerSideEncryption::AwsKms);
    let sealed = kms().ssekms_key_id("alias/documents").bucket_key_enabled(true).send().await.unwrap();
    assert_eq!(sealed.ssekms_key_id(), Some(KEY));
    assert_eq!(head("plain").await, (ServerSideEncryption::AwsKms, Some(KEY.to_owned()), Some(true)));

    let unnamed = kms().send().await.unwrap();
    assert!(unnamed.ssekms_key_id().is_some_and(|key| key != KEY), "S3's own key");

    assert_eq!(refused(kms().ssekms_key_id("alias/none").send().await), "KMS.NotFoundException");
    assert_eq!(refused(kms().ssekms_key_id(OFF).send().await), "KMS.DisabledException");
    assert_eq!(refused(put("plain").ssekms_key_id(KEY).send().await), "InvalidArgument");
    emulator.put_object_under_key("plain", "k", &b"x"[..], OFF).unwrap();
    let get = s3.get_object().bucket("plain").key("k");
    assert_eq!(refused(get.send().await), "KMS.DisabledException");
    let get = s3.get_object().bucket("sealed").key("k").customize().mutate_request(|request| {
        request.headers_mut().insert("x-amz-server-side-encryption", "aws:kms");
    });
    let refusal = get.send().await;
    assert_eq!(refusal.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 400);
    assert_eq!(refused(refusal), "InvalidArgument");

    let default = ServerSideEncryptionByDefault::builder().sse_algorithm(ServerSideEncryption::AwsKms);
    let default = default.kms_master_key_id(KEY).build().unwrap();
    let rule = ServerSideEncryptionRule::builder().apply_server_side_encryption_by_default(default).build();
    let rules = ServerSideEncryptionConfiguration::builder().rules(rule).build().unwrap();
    let put_rules = s3.put_bucket_encryption().bucket("plain").server_side_encryption_configuration(rules);
    put_rules.send().await.unwrap();
    put("plain").send().await.unwrap();
    assert_eq!(head("plain").await.1.as_deref(), Some(KEY));
    let rules = s3.get_bucket_encryption().bucket("plain").send().await.unwrap();
    let rules = rules.server_side_encryption_configuration.unwrap();
    let default = rules.rules()[0].apply_server_side_encryption_by_default().unwrap();
    assert_eq!(default.kms_master_key_id(), Some(KEY));
}

#[test]
fn a_put_into_no_bucket_is_an_error() {
    let emulator = Emulator::builder().bucket("mine").build().unwrap();
    let unknown =
        |put: Result<(), Error>| matches!(put, Err(Error::UnknownBucket { bucket }) if bucket == "none");
    assert!(unknown(emulator.put_object("none", "k", "x")));
    assert!(unknown(emulator.put_object_under_key("none", "k", "x", KEY)));
    emulator.put_object("mine", "k", "x").unwrap();
    assert_eq!(emulator.object("mine", "k").unwrap(), "x");
}

#[tokio::test(start_paused = true)]
async fn the_key_may_be_named_by_its_id() {
    let emulator = sealed().report_key_as_id(true).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let head = clients
        .s3
        .head_object()
        .bucket("results")
        .key(format!("textract_output/{id}/1"))
        .send()
        .await
        .unwrap();
    assert_eq!(head.ssekms_key_id.as_deref(), Some("1234abcd-12ab-34cd-56ef-1234567890ab"));
}

#[tokio::test(start_paused = true)]
async fn owner_and_region_are_checked() {
    let emulator = Emulator::builder()
        .bucket(EmulatedBucket::new("theirs").owner("444455556666"))
        .bucket(EmulatedBucket::new("far").region("eu-west-1"))
        .object("mine", "k", &b"x"[..])
        .build()
        .unwrap();
    let s3 = Clients::new(&emulator).s3;
    assert_eq!(refused(s3.create_bucket().bucket("theirs").send().await), "BucketAlreadyExists");
    let elsewhere =
        emulator.sdk_config().into_builder().region(aws_types::region::Region::new("eu-west-1")).build();
    let far = Clients::of(&elsewhere).s3;
    assert_eq!(refused(far.create_bucket().bucket("far").send().await), "BucketAlreadyOwnedByYou");
    let constraint = CreateBucketConfiguration::builder().location_constraint("eu-central-1".into()).build();
    let create = far.create_bucket().bucket("new").create_bucket_configuration(constraint);
    assert_eq!(refused(create.send().await), "IllegalLocationConstraintException");

    let get = |owner: &str| s3.get_object().bucket("mine").key("k").expected_bucket_owner(owner);
    get("111122223333").send().await.unwrap();
    assert_eq!(refused(get("444455556666").send().await), "AccessDenied");
    let list = s3.list_objects_v2().bucket("theirs").expected_bucket_owner("111122223333").send().await;
    assert_eq!(refused(list), "AccessDenied");
    let far = s3.list_objects_v2().bucket("far").send().await;
    let moved = far.unwrap_err();
    let response = moved.raw_response().unwrap();
    assert_eq!(response.status().as_u16(), 301);
    assert_eq!(response.headers().get("x-amz-bucket-region"), Some("eu-west-1"));
    let at = s3.get_bucket_location().bucket("far").send().await.unwrap();
    assert_eq!(at.location_constraint.unwrap().as_str(), "eu-west-1");
}

#[tokio::test(start_paused = true)]
async fn large_objects_come_in_parts() {
    let emulator = Emulator::builder().kms_key(KEY).bucket("mine").bucket("theirs").build().unwrap();
    let s3 = Clients::new(&emulator).s3;
    let create = s3.create_multipart_upload().bucket("mine").key("large");
    let create =
        create.server_side_encryption(ServerSideEncryption::AwsKms).ssekms_key_id(KEY).send().await.unwrap();
    let id = create.upload_id.unwrap();
    let bytes = vec![3; 5 * 1024 * 1024];
    let mut parts = Vec::new();
    for (number, body) in [(1, bytes.clone()), (2, b"end".to_vec())] {
        let part = s3.upload_part().bucket("mine").key("large").upload_id(&id).part_number(number);
        let part = part.body(ByteStream::from(body)).send().await.unwrap();
        parts.push(CompletedPart::builder().part_number(number).set_e_tag(part.e_tag).build());
    }
    let complete = |parts: Vec<CompletedPart>| {
        let upload = CompletedMultipartUpload::builder().set_parts(Some(parts)).build();
        s3.complete_multipart_upload()
            .bucket("mine")
            .key("large")
            .upload_id(&id)
            .multipart_upload(upload)
            .send()
    };
    let missing = CompletedPart::builder().part_number(3).e_tag("x").build();
    assert_eq!(refused(complete(vec![missing]).await), "InvalidPart");
    assert_eq!(refused(complete(parts.iter().rev().cloned().collect()).await), "InvalidPartOrder");
    complete(parts.clone()).await.unwrap();
    assert_eq!(refused(complete(parts).await), "NoSuchUpload");
    let head = s3.head_object().bucket("mine").key("large").send().await.unwrap();
    assert_eq!(
        (head.content_length, head.ssekms_key_id.as_deref()),
        (Some(bytes.len() as i64 + 3), Some(KEY))
    );

    let id = s3.create_multipart_upload().bucket("mine").key("k").send().await.unwrap().upload_id.unwrap();
    let abort = || s3.abort_multipart_upload().bucket("mine").key("k").upload_id(&id).send();
    let part = s3.upload_part().bucket("mine").key("other").upload_id(&id).part_number(1);
    assert_eq!(refused(part.body(ByteStream::from_static(b"x")).send().await), "NoSuchUpload");
    let parts = CompletedMultipartUpload::builder().parts(CompletedPart::builder().part_number(1).build());
    let other = s3.complete_multipart_upload().bucket("mine").key("other").upload_id(&id);
    assert_eq!(refused(other.multipart_upload(parts.build()).send().await), "NoSuchUpload");
    let other = s3.abort_multipart_upload().bucket("theirs").key("k").upload_id(&id);
    assert_eq!(refused(other.send().await), "NoSuchUpload");
    abort().await.unwrap();
    assert_eq!(refused(abort().await), "NoSuchUpload");
}

#[tokio::test(start_paused = true)]
async fn faults_of_the_seal_strike_a_put_only_by_name() {
    let emulator = sealed().fault(Fault::WrongKey).build().unwrap();
    let s3 = Clients::new(&emulator).s3;
    let put = || {
        let put =
            s3.put_object().bucket("results").key("a").server_side_encryption(ServerSideEncryption::AwsKms);
        put.ssekms_key_id(KEY).bucket_key_enabled(true).body(ByteStream::from_static(b"a")).send()
    };
    let answer = put().await.unwrap();
    assert_eq!((answer.ssekms_key_id(), answer.bucket_key_enabled()), (Some(KEY), Some(true)));
    emulator.inject(Fault::WrongKey.on("PutObject").times(1));
    let answer = put().await.unwrap();
    assert!(
        answer.ssekms_key_id().is_some_and(|key| key != KEY && key.starts_with("arn:aws:kms:us-east-1:"))
    );
    emulator.inject(Fault::NotEncrypted.on("PutObject"));
    let answer = put().await.unwrap();
    assert_eq!(answer.server_side_encryption(), Some(&ServerSideEncryption::Aes256));
    assert_eq!(answer.ssekms_key_id(), None);
}
