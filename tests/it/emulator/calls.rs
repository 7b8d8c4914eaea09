//! The synchronous operations: what they refuse, as Textract does.

use aws_sdk_textract::primitives::Blob;
use aws_sdk_textract::types::{
    Adapter, AdaptersConfig, Document, HumanLoopConfig, QueriesConfig, Query, S3Object,
};
use inkseal::emulator::{Fault, Response, Synthetic};

use super::*;

fn bytes(bytes: impl Into<Vec<u8>>) -> Document {
    Document::builder().bytes(Blob::new(bytes)).build()
}

fn object(bucket: &str, key: &str) -> Document {
    Document::builder().s3_object(S3Object::builder().bucket(bucket).name(key).build()).build()
}

fn queries(count: usize) -> QueriesConfig {
    let query = Query::builder().text("Who?").build().unwrap();
    QueriesConfig::builder().set_queries(Some(vec![query; count])).build().unwrap()
}

#[tokio::test(start_paused = true)]
async fn documents_are_refused_as_textract_refuses_them() {
    let large = [b"%PDF-1.7".to_vec(), vec![b' '; 10 * 1024 * 1024]].concat();
    let emulator = sealed()
        .object("documents", "large.pdf", large.clone())
        .object("documents", "scan.webp", &b"RIFF\0\0\0\0WEBP"[..])
        .object("closed", "scan.pdf", &b"%PDF-1.7"[..])
        .bucket(inkseal::emulator::EmulatedBucket::new("far").region("eu-west-1"))
        .unreadable_to_textract("closed")
        .build()
        .unwrap();
    emulator.put_object("far", "scan.pdf", &b"%PDF-1.7"[..]).unwrap();
    let textract = Clients::new(&emulator).textract;
    let both = Document::builder().bytes(Blob::new(*b"%PDF-")).set_s3_object(object("a-b", "c").s3_object);
    let versioned = S3Object::builder().bucket("documents").name("scan.pdf").version("no such version");
    for (document, code) in [
        (Document::builder().build(), "InvalidParameterException"),
        (both.build(), "InvalidParameterException"),
        (bytes([]), "InvalidParameterException"),
        (bytes(large), "DocumentTooLargeException"),
        (bytes(*b"GIF89a"), "UnsupportedDocumentException"),
        (bytes(*b"II+\0"), "UnsupportedDocumentException"),
        (bytes(*b"%PD"), "UnsupportedDocumentException"),
        (object("documents", "large.pdf"), "DocumentTooLargeException"),
        (object("documents", "scan.webp"), "UnsupportedDocumentException"),
        (object("documents", "none.pdf"), "InvalidS3ObjectException"),
        (object("no-bucket", "scan.pdf"), "InvalidS3ObjectException"),
        (object("closed", "scan.pdf"), "InvalidS3ObjectException"),
        (object("far", "scan.pdf"), "InvalidS3ObjectException"),
        (object("documents", " "), "InvalidParameterException"),
        (Document::builder().s3_object(versioned.build()).build(), "InvalidS3ObjectException"),
    ] {
        let detect = textract.detect_document_text().document(document.clone()).send().await;
        assert_eq!(refused(detect), code);
        let id = textract.analyze_id().document_pages(bytes(*b"%PDF-")).document_pages(document).send().await;
        assert_eq!(refused(id), code, "the second page is read too");
    }
    for good in [&b"\xff\xd8\xff\xe0"[..], b"\x89PNG\r\n\x1a\n", b"II*\0", b"MM\0*", b"\n%PDF-1.4"] {
        textract.detect_document_text().document(bytes(good)).send().await.unwrap();
    }
    let none = textract.analyze_id().set_document_pages(Some(vec![])).send().await;
    assert_eq!(refused(none), "InvalidParameterException");
    let three = textract.analyze_id().set_document_pages(Some(vec![bytes(*b"%PDF-"); 3])).send().await;
    assert_eq!(refused(three), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn analyses_are_refused_as_textract_refuses_them() {
    let emulator = sealed().build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let analyze = || textract.analyze_document().document(object("documents", "scan.pdf"));
    let adapter = Adapter::builder().adapter_id("0123456789ab").version("1").build().unwrap();
    let adapters = AdaptersConfig::builder().adapters(adapter.clone()).adapters(adapter).build().unwrap();
    let review = |name: &str, flow: &str| {
        HumanLoopConfig::builder().human_loop_name(name).flow_definition_arn(flow).build().unwrap()
    };
    let flow = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/a";
    for wrong in [
        analyze(),
        analyze().set_feature_types(Some(vec![])),
        analyze().feature_types("COLOURS".into()),
        analyze().feature_types(FeatureType::Queries),
        analyze().feature_types(FeatureType::Tables).queries_config(queries(1)),
        analyze().feature_types(FeatureType::Queries).queries_config(queries(0)),
        analyze().feature_types(FeatureType::Queries).queries_config(queries(16)),
        analyze().feature_types(FeatureType::Forms).adapters_config(adapters),
        analyze().feature_types(FeatureType::Forms).human_loop_config(review("", flow)),
        analyze().feature_types(FeatureType::Forms).human_loop_config(review("A", flow)),
        analyze().feature_types(FeatureType::Forms).human_loop_config(review("a-", flow)),
        analyze().feature_types(FeatureType::Forms).human_loop_config(review("a", "")),
        analyze().feature_types(FeatureType::Forms).human_loop_config(review("a", "flow")),
        analyze()
            .feature_types(FeatureType::Forms)
            .human_loop_config(review("a", &flow.replace("us-east-1", "eu-west-1"))),
    ] {
        assert_eq!(refused(wrong.send().await), "InvalidParameterException");
    }
    let good = analyze().feature_types(FeatureType::Queries).queries_config(queries(15));
    let good = good.human_loop_config(review("a", flow)).send().await.unwrap();
    assert!(good.human_loop_activation_output().unwrap().human_loop_arn().is_some());
}

#[tokio::test(start_paused = true)]
async fn calls_are_answered_noted_and_struck_like_other_requests() {
    let emulator = sealed()
        .response(Synthetic::pages(2).blocks_per_page(70))
        .response_for("bad.pdf", Response::failed("damaged"))
        .object("documents", "bad.pdf", &b"%PDF-1.7"[..])
        .deny("AnalyzeExpense")
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let detect = |key: &str| textract.detect_document_text().document(object("documents", key)).send();
    let page = detect("scan.pdf").await.unwrap();
    assert_eq!((page.blocks().len(), page.document_metadata().unwrap().pages), (70, Some(1)));
    assert!(page.blocks().iter().all(|block| block.page.is_none()));
    assert_eq!(page.detect_document_text_model_version(), Some("1.0"));
    assert_eq!(refused(detect("bad.pdf").await), "BadDocumentException");
    // The response has blocks, so there is nothing to answer this with.
    let id = textract.analyze_id().document_pages(bytes(*b"%PDF-")).send().await;
    assert_eq!(refused(id), "BadDocumentException");
    let expense = textract.analyze_expense().document(object("documents", "scan.pdf")).send().await;
    assert_eq!(refused(expense), "AccessDeniedException");
    emulator.inject(Fault::InternalError.on("DetectDocumentText").times(1));
    assert_eq!(refused(detect("scan.pdf").await), "InternalServerError");

    assert_eq!((emulator.count("DetectDocumentText"), emulator.count("AnalyzeID")), (3, 1));
    let request = &emulator.requests()[0];
    assert_eq!(request.body.as_ref().unwrap()["Document"]["S3Object"]["Name"], "scan.pdf");
    assert!(emulator.jobs().is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_call_is_answered_without_a_response() {
    let emulator = sealed().build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let scan = || object("documents", "scan.pdf");
    assert_eq!(textract.detect_document_text().document(scan()).send().await.unwrap().blocks().len(), 100);
    let expense = textract.analyze_expense().document(scan()).send().await.unwrap();
    assert_eq!(expense.expense_documents().len(), 1);
    for pages in [1, 2] {
        let id = textract.analyze_id().set_document_pages(Some(vec![scan(); pages])).send().await.unwrap();
        assert_eq!(id.identity_documents().len(), pages);
        assert_eq!(id.document_metadata().unwrap().pages, Some(pages as i32));
        assert_eq!(id.analyze_id_model_version(), Some("1.0"));
    }
}
