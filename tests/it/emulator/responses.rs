//! Recorded responses and synthetic pages.

use std::collections::{HashMap, HashSet};

use inkseal::emulator::{Error, Response, Shape, Synthetic};
use serde_json::Value;

use super::*;
use crate::recorded::responses;

#[test]
fn what_is_no_response_is_an_error_without_its_text() {
    for (json, reason) in [
        ("Jane Doe", "line 1"),
        ("[]", "line 1"),
        ("{\"Name\": \"Jane Doe\"}", "no Blocks"),
        ("{\"IdentityDocuments\": {}}", "IdentityDocuments is not a list"),
        ("{\"Blocks\": {\"Text\": \"Jane Doe\"}}", "Blocks is not a list"),
        ("{\"Blocks\": [{}, \"Jane Doe\"]}", "Blocks[1]"),
        ("{\"JobStatus\": \"IN_PROGRESS\"}", "IN_PROGRESS"),
    ] {
        let error = Response::recorded(json).unwrap_err();
        assert!(matches!(&error, Error::NotAResponse { reason: r } if r.contains(reason)), "{json}: {error}");
        assert!(!error.to_string().contains("Jane"), "{error}");
    }
    let response = Response::recorded("{\"Blocks\": [{\"Text\": \"Jane Doe\"}]}").unwrap();
    assert!(!format!("{response:?}").contains("Jane"));
}

#[tokio::test(start_paused = true)]
async fn nulls_of_a_recorder_do_not_count() {
    let recorded = r#"{"Results": null, "ExpenseDocuments": null, "AnalyzeDocumentModelVersion": null,
        "DetectDocumentTextModelVersion": "2.5", "Blocks": [{"Id": "b"}]}"#;
    let response = Response::recorded(recorded).unwrap();
    assert_eq!((response.shape(), response.items()), (Some(Shape::Blocks), 1));
    let emulator = sealed().response(response).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let get = clients.textract.get_document_analysis().job_id(id).send().await.unwrap();
    assert_eq!(get.analyze_document_model_version(), Some("2.5"));
    let nothing = Response::recorded(r#"{"ExpenseDocuments": null}"#).unwrap();
    assert_eq!((nothing.shape(), nothing.items()), (Some(Shape::Expense), 0));
}

#[test]
fn synthetic_pages_show_no_query() {
    let shown = format!("{:?}", Synthetic::pages(1).query("WHO", "Jane Doe?"));
    assert!(shown.contains("query_bytes: Some(12)") && !shown.contains("Jane"), "{shown}");
}

#[tokio::test(start_paused = true)]
async fn a_response_of_another_family_fails_the_job_and_says_so() {
    let emulator = sealed().response(Synthetic::pages(1)).build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let id = textract
        .start_expense_analysis()
        .document_location(location("scan.pdf"))
        .send()
        .await
        .unwrap()
        .job_id;
    let failed = textract.get_expense_analysis().set_job_id(id).send().await.unwrap();
    assert!(failed.status_message.unwrap().contains("ExpenseDocuments"));
}

#[tokio::test(start_paused = true)]
async fn synthetic_pages_are_the_same_everywhere_and_hold_together() {
    for blocks in [1, 2, 3, 19, 20, 59, 60, 75, 500, 777] {
        let pages = Synthetic::pages(11).blocks_per_page(blocks).query("WHO", "who is \"it\"?");
        let emulator = sealed().response(pages).blocks_per_part(333).list_page_size(7).build().unwrap();
        let id = Clients::new(&emulator).start().await;
        let keys = emulator.object_keys("results");
        let parts: Vec<_> = (1..keys.len())
            .map(|n| emulator.object("results", &format!("textract_output/{id}/{n}")))
            .collect();
        let all: Vec<Value> = parts
            .iter()
            .flat_map(|part| {
                let part: Value = serde_json::from_slice(part.as_ref().unwrap()).unwrap();
                part["Blocks"].as_array().unwrap().clone()
            })
            .collect();
        assert_eq!(all.len(), 11 * blocks);
        let pages: HashMap<&str, u64> = all
            .iter()
            .map(|block| (block["Id"].as_str().unwrap(), block["Page"].as_u64().unwrap()))
            .collect();
        assert_eq!(pages.len(), all.len());
        for (index, block) in all.iter().enumerate() {
            assert_eq!(block["Page"], 1 + index / blocks);
            for link in block["Relationships"].as_array().into_iter().flatten() {
                for id in link["Ids"].as_array().unwrap() {
                    assert_eq!(pages[id.as_str().unwrap()], block["Page"]);
                }
            }
            let first = index % blocks == 0;
            assert_eq!(block["BlockType"] == "PAGE", first);
        }
    }
    let kinds = |synthetic: Synthetic| async {
        let emulator = sealed().response(synthetic).build().unwrap();
        let clients = Clients::new(&emulator);
        let id = clients.start().await;
        let bytes = emulator.object("results", &format!("textract_output/{id}/1")).unwrap();
        let part: Value = serde_json::from_slice(&bytes).unwrap();
        let kinds: HashSet<String> = part["Blocks"]
            .as_array()
            .unwrap()
            .iter()
            .map(|block| block["BlockType"].as_str().unwrap().to_owned())
            .collect();
        (kinds, bytes)
    };
    let (full, bytes) = kinds(Synthetic::pages(2)).await;
    for kind in ["PAGE", "LINE", "WORD", "TABLE", "CELL", "KEY_VALUE_SET", "LAYOUT_TITLE", "LAYOUT_TEXT"] {
        assert!(full.contains(kind), "{kind}");
    }
    assert_eq!(kinds(Synthetic::pages(2)).await.1, bytes);
    assert_ne!(kinds(Synthetic::pages(2).seed(1)).await.1, bytes);
    let (plain, _) = kinds(Synthetic::pages(2).tables(false).forms(false).layout(false)).await;
    assert_eq!(plain.len(), 3);
}

/// Without the nulls of an object's own members.
fn without_nulls(value: &Value) -> Value {
    let members = value.as_object().unwrap().iter().filter(|(_, value)| !value.is_null());
    Value::Object(members.map(|(name, value)| (name.clone(), value.clone())).collect())
}

#[tokio::test(start_paused = true)]
#[ignore = "needs INKSEAL_CORPUS"]
async fn every_recording_comes_back_through_the_parts() {
    for (folder, shape, list) in [
        ("blocks", Shape::Blocks, "Blocks"),
        ("expense", Shape::Expense, "ExpenseDocuments"),
        ("lending", Shape::Lending, "Results"),
    ] {
        for (file, json) in responses(folder) {
            let response = Response::recorded(&json).unwrap();
            assert_eq!(response.shape(), Some(shape), "{file}");
            let emulator = sealed().response(response).build().unwrap();
            let textract = Clients::new(&emulator).textract;
            let at = location("scan.pdf");
            let id = match shape {
                Shape::Expense => {
                    let start =
                        textract.start_expense_analysis().document_location(at).output_config(output());
                    start.send().await.unwrap().job_id
                }
                Shape::Lending => {
                    let start =
                        textract.start_lending_analysis().document_location(at).output_config(output());
                    start.send().await.unwrap().job_id
                }
                _ => {
                    let start = textract.start_document_text_detection().document_location(at);
                    start.output_config(output()).send().await.unwrap().job_id
                }
            };
            let detail = if shape == Shape::Lending { "detailedResponse/" } else { "" };
            let folder = format!("textract_output/{}/{detail}", id.unwrap());
            let mut items = Vec::new();
            let parts = (1..).map_while(|part| emulator.object("results", &format!("{folder}{part}")));
            for part in parts {
                let part: Value = serde_json::from_slice(&part).unwrap();
                items.extend(part[list].as_array().unwrap().iter().map(without_nulls));
            }
            let recorded: Value = serde_json::from_slice(&json).unwrap();
            let recorded: Vec<Value> = recorded[list].as_array().unwrap().iter().map(without_nulls).collect();
            assert!(items == recorded, "{file}");
        }
    }
    let failed = responses("other").into_iter().find(|(file, _)| file.ends_with("test-failed-response.json"));
    assert_eq!(Response::recorded(failed.unwrap().1).unwrap().shape(), None);
}
