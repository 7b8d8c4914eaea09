//! What Textract refuses.

use aws_sdk_textract::operation::start_document_analysis::builders::StartDocumentAnalysisFluentBuilder;
use aws_sdk_textract::types::{Adapter, AdaptersConfig, NotificationChannel, QueriesConfig, Query};
use inkseal::emulator::{EmulatedBucket, EmulatedKey};

use super::*;

fn queries(queries: impl IntoIterator<Item = Query>) -> QueriesConfig {
    QueriesConfig::builder().set_queries(Some(queries.into_iter().collect())).build().unwrap()
}

fn query(text: &str, pages: &[&str]) -> Query {
    let pages = (!pages.is_empty()).then(|| pages.iter().map(|page| page.to_string()).collect());
    Query::builder().text(text).set_pages(pages).build().unwrap()
}

fn prefix(prefix: &str) -> OutputConfig {
    OutputConfig::builder().s3_bucket("results").s3_prefix(prefix).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn limits_of_the_api_reference() {
    let emulator = sealed().topic("arn:aws:sns:us-east-1:111122223333:done").build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = || {
        let start = textract.start_document_analysis().document_location(location("scan.pdf"));
        start.feature_types(FeatureType::Tables)
    };
    type Change = Box<dyn Fn(StartDocumentAnalysisFluentBuilder) -> StartDocumentAnalysisFluentBuilder>;
    let channel = |topic: &str, role: &str| {
        NotificationChannel::builder().sns_topic_arn(topic).role_arn(role).build().unwrap()
    };
    let topic = "arn:aws:sns:us-east-1:111122223333:done";
    let role = "arn:aws:iam::111122223333:role/textract";
    let adapter = |pages: &str| {
        Adapter::builder().adapter_id("0123456789ab").version("1").pages(pages).build().unwrap()
    };
    let adapters =
        |adapters: Vec<Adapter>| AdaptersConfig::builder().set_adapters(Some(adapters)).build().unwrap();

    let taken: Vec<(&str, Change)> = vec![
        ("a token of 64", Box::new(|s| s.client_request_token("a_-9".repeat(16)))),
        ("a tag of 64", Box::new(|s| s.job_tag("a.:-".repeat(16)))),
        ("the longest prefix", Box::new(|s| s.output_config(prefix(&"p".repeat(942))))),
        ("30 queries a page", {
            let config = queries((0..60).map(|n| query("who?", &[if n % 2 == 0 { "1-3" } else { "4-*" }])));
            Box::new(move |s| s.feature_types(FeatureType::Queries).queries_config(config.clone()))
        }),
        ("a channel", {
            let channel = channel(topic, role);
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("adapters side by side", {
            let config = adapters(vec![adapter("1-3"), adapter("4-*")]);
            Box::new(move |s| s.adapters_config(config.clone()))
        }),
    ];
    for (what, change) in taken {
        let result = change(start()).send().await;
        assert!(result.is_ok(), "{what}: {:?}", result.err().map(|e| e.message().map(str::to_owned)));
    }

    let refusals: Vec<(&str, Change)> = vec![
        ("a token of 65", Box::new(|s| s.client_request_token("a".repeat(65)))),
        ("a token with a dot", Box::new(|s| s.client_request_token("a.b"))),
        ("a tag of 65", Box::new(|s| s.job_tag("a".repeat(65)))),
        ("a tag with a space", Box::new(|s| s.job_tag("a b"))),
        ("a blank prefix", Box::new(|s| s.output_config(prefix("  ")))),
        ("an empty prefix", Box::new(|s| s.output_config(prefix("")))),
        ("a prefix of 1025", Box::new(|s| s.output_config(prefix(&"p".repeat(1025))))),
        ("no feature", Box::new(|s| s.set_feature_types(Some(vec![])))),
        ("an unknown feature", Box::new(|s| s.feature_types(FeatureType::from("INK")))),
        ("the feature without queries", Box::new(|s| s.feature_types(FeatureType::Queries))),
        ("queries without the feature", Box::new(|s| s.queries_config(queries([query("who?", &[])])))),
        ("a topic in another Region", {
            let channel = channel("arn:aws:sns:eu-west-1:111122223333:done", role);
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("a topic that is not there", {
            let channel = channel("arn:aws:sns:us-east-1:111122223333:none", role);
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("a role that is none", {
            let channel = channel(topic, "arn:aws:iam::111122223333:user/textract");
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("a role with a space", {
            let channel = channel(topic, "arn:aws:iam::111122223333:role/text ract");
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("a role in a partition that is none", {
            let channel = channel(topic, "arn:AWS:iam::111122223333:role/textract");
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("a topic in a partition that is none", {
            let channel = channel("arn:a_s:sns:us-east-1:111122223333:done", role);
            Box::new(move |s| s.notification_channel(channel.clone()))
        }),
        ("two adapters on a page", {
            let config = adapters(vec![adapter("1-3"), adapter("3")]);
            Box::new(move |s| s.adapters_config(config.clone()))
        }),
        ("no adapter", {
            let config = adapters(vec![]);
            Box::new(move |s| s.adapters_config(config.clone()))
        }),
        ("a key's name that is none", Box::new(|s| s.kms_key_id("-key"))),
    ];
    let bad_queries = [
        queries([]),
        queries((0..31).map(|_| query("who?", &[]))),
        queries([query("", &[])]),
        queries([query(&"q".repeat(201), &[])]),
        queries([query("who?", &["*", "2"])]),
        queries([query("who?", &["3-1"])]),
        queries([query("who?", &["0"])]),
        queries([query("who?", &["one"])]),
    ];
    for (what, change) in refusals {
        assert_eq!(refused(change(start()).send().await), "InvalidParameterException", "{what}");
    }
    // S3 has no place for what the job would write.
    for length in [943, 1024] {
        let start = start().output_config(prefix(&"p".repeat(length)));
        assert_eq!(refused(start.send().await), "InvalidS3ObjectException", "a prefix of {length}");
    }
    for config in bad_queries {
        let start = start().feature_types(FeatureType::Queries).queries_config(config.clone());
        assert_eq!(refused(start.send().await), "InvalidParameterException", "{config:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn documents_and_buckets_must_be_there() {
    const KEYS: &str = "arn:aws:kms:us-east-1:111122223333:key/";
    let emulator = sealed()
        .bucket(EmulatedBucket::new("far").region("eu-west-1"))
        .bucket("private")
        .object("private", "scan.pdf", &b"x"[..])
        .unreadable_to_textract("private")
        .kms_key(EmulatedKey::customer(format!("{KEYS}1")).disabled())
        .kms_key(EmulatedKey::customer(format!("{KEYS}2")).pending_deletion())
        .build()
        .unwrap();
    emulator.put_object("far", "scan.pdf", &b"x"[..]).unwrap();
    emulator.put_object("documents", "scan#1.pdf", &b"x"[..]).unwrap();
    for (name, id) in [("off", "1"), ("gone", "2"), ("none", "3")] {
        emulator.put_object_under_key("documents", name, &b"x"[..], &format!("{KEYS}{id}")).unwrap();
    }
    let textract = Clients::new(&emulator).textract;
    for (bucket, key) in [
        ("documents", "none.pdf"),
        ("documents", "scan#1.pdf"),
        ("documents", "off"),
        ("documents", "gone"),
        ("documents", "none"),
        ("none", "scan.pdf"),
        ("far", "scan.pdf"),
        ("private", "scan.pdf"),
    ] {
        let start = textract.start_document_text_detection().document_location(location_in(bucket, key));
        assert_eq!(refused(start.send().await), "InvalidS3ObjectException", "{bucket}/{key}");
    }
    for bucket in ["none", "far"] {
        let config = OutputConfig::builder().s3_bucket(bucket).build().unwrap();
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        assert_eq!(refused(start.output_config(config).send().await), "InvalidS3ObjectException", "{bucket}");
    }
    assert_eq!(refused(textract.start_document_text_detection().send().await), "InvalidParameterException");
    assert!(emulator.jobs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn keys_must_be_usable() {
    let arn =
        |n: u8| format!("arn:aws:kms:us-east-1:111122223333:key/{n}2345678-12ab-34cd-56ef-1234567890ab");
    let emulator = sealed()
        .kms_key(EmulatedKey::customer(arn(1)).alias("alias/off").disabled())
        .kms_key(EmulatedKey::customer(arn(2)).pending_deletion())
        .kms_key(EmulatedKey::customer(arn(3)).asymmetric())
        .kms_key(EmulatedKey::aws_managed(arn(4)).alias("alias/aws/textract"))
        .kms_key(EmulatedKey::customer(arn(7)).alias("alias/on"))
        .kms_key("arn:aws:kms:eu-west-1:111122223333:key/52345678-12ab-34cd-56ef-1234567890ab")
        .kms_key("arn:aws:kms:us-east-1:444455556666:key/62345678-12ab-34cd-56ef-1234567890ab")
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = |key: &str| {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        start.output_config(output()).kms_key_id(key).send()
    };
    let names = [
        arn(1),
        "alias/off".to_owned(),
        arn(2),
        arn(3),
        arn(4),
        "alias/aws/textract".to_owned(),
        "alias/none".to_owned(),
        arn(9),
        "arn:aws:kms:eu-west-1:111122223333:key/52345678-12ab-34cd-56ef-1234567890ab".to_owned(),
        "62345678-12ab-34cd-56ef-1234567890ab".to_owned(),
        "arn:aws-cn:kms:us-east-1:111122223333:alias/on".to_owned(),
    ];
    for name in names {
        assert_eq!(refused(start(&name).await), "InvalidKMSKeyException", "{name}");
    }
    start("arn:aws:kms:us-east-1:444455556666:key/62345678-12ab-34cd-56ef-1234567890ab").await.unwrap();
}

#[tokio::test(start_paused = true)]
async fn every_form_of_a_key_seals_with_its_arn() {
    let key = EmulatedKey::customer(KEY).alias("alias/documents");
    let emulator = Emulator::builder()
        .kms_key(key)
        .bucket("results")
        .object("documents", "scan.pdf", &b"x"[..])
        .build()
        .unwrap();
    let Clients { textract, s3, .. } = Clients::new(&emulator);
    let id = KEY.rsplit('/').next().unwrap();
    for name in [KEY, id, "alias/documents", "arn:aws:kms:us-east-1:111122223333:alias/documents"] {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        let job = start.output_config(output()).kms_key_id(name).send().await.unwrap().job_id.unwrap();
        let head =
            s3.head_object().bucket("results").key(format!("textract_output/{job}/1")).send().await.unwrap();
        assert_eq!(head.ssekms_key_id.as_deref(), Some(KEY), "{name}");
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_are_known_by_id_family_and_region() {
    let emulator = sealed().build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let get = clients.textract.get_document_text_detection().job_id(&id).send().await;
    assert_eq!(refused(get), "InvalidJobIdException");
    let get = clients.textract.get_document_analysis().job_id("0").send().await;
    assert_eq!(refused(get), "InvalidJobIdException");
    let get = clients.textract.get_document_analysis().job_id(&id).max_results(0).send().await;
    assert_eq!(refused(get), "InvalidParameterException");
    let elsewhere =
        emulator.sdk_config().into_builder().region(aws_types::region::Region::new("eu-west-1")).build();
    let get = Clients::of(&elsewhere).textract.get_document_analysis().job_id(&id).send().await;
    assert_eq!(refused(get), "InvalidJobIdException");
}

#[tokio::test(start_paused = true)]
async fn operations_can_be_denied() {
    let emulator =
        sealed().deny("StartDocumentAnalysis").deny("ListObjectsV2").deny("DescribeKey").build().unwrap();
    let Clients { textract, s3, kms, .. } = Clients::new(&emulator);
    let start = textract.start_document_analysis().document_location(location("scan.pdf"));
    assert_eq!(refused(start.feature_types(FeatureType::Tables).send().await), "AccessDeniedException");
    assert_eq!(refused(kms.describe_key().key_id(KEY).send().await), "AccessDeniedException");
    let list = s3.list_objects_v2().bucket("results").send().await;
    assert_eq!(list.as_ref().unwrap_err().raw_response().unwrap().status().as_u16(), 403);
    assert_eq!(refused(list), "AccessDenied");
    let get = s3.get_object().bucket("results").key("none").send().await;
    assert_eq!(refused(get), "AccessDenied", "who may not list is not told what is missing");
}
