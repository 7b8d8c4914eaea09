//! Textract's jobs: time, pages, tokens, output.

use std::collections::HashSet;
use std::time::Duration;

use inkseal::emulator::{FamilyQuotas, Quotas, Response, Synthetic};
use serde_json::{Value, json};

use super::*;

/// How long results and tokens are kept.
const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

#[tokio::test(start_paused = true)]
async fn a_job_is_in_progress_for_its_time_and_then_writes_its_parts() {
    let pages = Synthetic::pages(5).blocks_per_page(500);
    let emulator = sealed().response(pages).job_duration(Duration::from_secs(60)).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let get = || clients.textract.get_document_analysis().job_id(&id).send();
    assert_eq!(get().await.unwrap().job_status.unwrap().as_str(), "IN_PROGRESS");
    let folder = format!("textract_output/{id}");
    assert_eq!(emulator.object_keys("results"), [format!("{folder}/.s3_access_check")]);

    tokio::time::advance(Duration::from_secs(60)).await;
    let done = get().await.unwrap();
    assert_eq!(done.job_status.as_ref().unwrap().as_str(), "SUCCEEDED");
    assert_eq!(done.document_metadata.as_ref().unwrap().pages, Some(5));
    assert_eq!(done.blocks().len(), 1000);
    let keys = emulator.object_keys("results");
    assert_eq!(keys[1..], [1, 2, 3].map(|part| format!("{folder}/{part}")));

    let part = clients.s3.get_object().bucket("results").key(&keys[3]).send().await.unwrap();
    assert_eq!(part.server_side_encryption.as_ref().unwrap().as_str(), "aws:kms");
    assert_eq!(part.ssekms_key_id.as_deref(), Some(KEY));
    let announced = part.content_length.unwrap();
    let bytes = part.body.collect().await.unwrap().into_bytes();
    assert_eq!(announced, bytes.len() as i64);
    let part: Value = serde_json::from_slice(&bytes).unwrap();
    assert_eq!(part["Blocks"].as_array().unwrap().len(), 500);
    assert_eq!(part["Blocks"][0]["Page"], 5);
    assert_eq!(part["Blocks"][0]["BlockType"], "PAGE");
    for member in ["NextToken", "StatusMessage", "Warnings"] {
        assert_eq!(part.get(member), Some(&Value::Null), "{member}");
    }
    for member in ["ColumnIndex", "EntityTypes", "Hint", "PageClassification", "Query", "RowSpan", "Text"] {
        assert_eq!(part["Blocks"][0].get(member), Some(&Value::Null), "{member}");
    }
}

#[tokio::test(start_paused = true)]
async fn jobs_are_listed_in_the_order_of_their_starts() {
    let emulator = sealed().build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let mut started = Vec::new();
    for _ in 0..10 {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        started.push(start.send().await.unwrap().job_id.unwrap());
        let start = textract.start_expense_analysis().document_location(location("scan.pdf"));
        started.push(start.send().await.unwrap().job_id.unwrap());
    }
    let listed: Vec<String> = emulator.jobs().into_iter().map(|(id, _)| id).collect();
    assert_eq!(listed, started);
}

/// So that a run of any length fits into memory.
#[tokio::test(start_paused = true)]
async fn a_job_is_forgotten_with_its_output_when_it_is_told_to() {
    let emulator = sealed().job_retention(Duration::from_secs(60)).build().unwrap();
    let clients = Clients::new(&emulator);
    let (first, get) = (clients.start().await, clients.textract.get_document_analysis());
    tokio::time::advance(Duration::from_secs(59)).await;
    let second = clients.start().await;
    assert_eq!(emulator.object_keys("results").len(), 4);
    assert!(get.clone().job_id(&first).send().await.is_ok());

    tokio::time::advance(Duration::from_secs(1)).await;
    let keys = emulator.object_keys("results");
    assert!(keys.len() == 2 && keys.iter().all(|key| key.contains(&second)), "{keys:?}");
    assert_eq!(refused(get.clone().job_id(&first).send().await), "InvalidJobIdException");
    assert!(get.job_id(&second).send().await.is_ok());
    assert_eq!(emulator.jobs().len(), 1);
}

#[tokio::test(start_paused = true)]
async fn pages_of_results_come_one_after_another() {
    let emulator = sealed().response(Synthetic::pages(5).blocks_per_page(500)).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    let (mut blocks, mut sizes, mut token) = (Vec::new(), Vec::new(), None);
    loop {
        let get = clients.textract.get_document_analysis().job_id(&id).max_results(400).set_next_token(token);
        let page = get.send().await.unwrap();
        sizes.push(page.blocks().len());
        blocks.extend(page.blocks.unwrap_or_default());
        token = page.next_token;
        if token.is_none() {
            break;
        }
    }
    assert_eq!(sizes, [400, 400, 400, 400, 400, 400, 100]);
    let pages: std::collections::HashMap<_, _> = blocks.iter().map(|b| (b.id().unwrap(), b.page)).collect();
    assert_eq!(pages.len(), 2500, "every id is of its own");
    for block in &blocks {
        for id in block.relationships().iter().flat_map(|relationship| relationship.ids()) {
            assert_eq!(pages[id.as_str()], block.page, "no reference leaves its page");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn next_tokens_belong_to_their_job() {
    let emulator = sealed().response(Synthetic::pages(5).blocks_per_page(500)).build().unwrap();
    let clients = Clients::new(&emulator);
    let (one, other) = (clients.start().await, clients.start().await);
    let get = |id: &str| clients.textract.get_document_analysis().job_id(id);
    let token = get(&one).send().await.unwrap().next_token.unwrap();
    assert!(get(&one).next_token(&token).send().await.is_ok());
    assert_eq!(refused(get(&other).next_token(&token).send().await), "InvalidParameterException");
    assert_eq!(refused(get(&one).next_token("x").send().await), "InvalidParameterException");
}

#[tokio::test(start_paused = true)]
async fn max_results_is_capped_by_family() {
    let documents: Vec<Value> = (1..=45).map(|index| json!({"ExpenseIndex": index})).collect();
    let results: Vec<Value> = (1..=45).map(|page| json!({"Page": page})).collect();
    let emulator = sealed()
        .response(Response::recorded(json!({"ExpenseDocuments": documents}).to_string()).unwrap())
        .response(Response::recorded(json!({"Results": results}).to_string()).unwrap())
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = textract.start_expense_analysis().document_location(location("scan.pdf"));
    let id = start.output_config(output()).kms_key_id(KEY).send().await.unwrap().job_id.unwrap();
    let page = textract.get_expense_analysis().job_id(&id).max_results(500).send().await.unwrap();
    assert_eq!((page.expense_documents().len(), page.next_token.is_some()), (20, true));
    let parts = emulator.object_keys("results");
    assert_eq!(parts.len(), 1 + 3);

    let start = textract.start_lending_analysis().document_location(location("scan.pdf"));
    let id = start.output_config(output()).kms_key_id(KEY).send().await.unwrap().job_id.unwrap();
    let page = textract.get_lending_analysis().job_id(&id).send().await.unwrap();
    assert_eq!((page.results().len(), page.next_token.is_some()), (30, true));
    let folder = format!("textract_output/{id}");
    let lending: Vec<_> =
        emulator.object_keys("results").into_iter().filter(|key| key.contains(&folder)).collect();
    let expected = [".s3_access_check", "detailedResponse/1", "detailedResponse/2", "summaryResponse/1"];
    assert_eq!(lending, expected.map(|key| format!("{folder}/{key}")));
}

#[tokio::test(start_paused = true)]
async fn every_family_is_answered_without_a_response() {
    let emulator = sealed().build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let at = location("scan.pdf");
    let id =
        textract.start_document_text_detection().document_location(at.clone()).send().await.unwrap().job_id;
    let text = textract.get_document_text_detection().set_job_id(id).send().await.unwrap();
    assert_eq!(text.blocks().len(), 200);
    assert_eq!(text.detect_document_text_model_version(), Some("1.0"));
    let id = textract.start_expense_analysis().document_location(at.clone()).send().await.unwrap().job_id;
    let expense = textract.get_expense_analysis().set_job_id(id).send().await.unwrap();
    assert_eq!(expense.expense_documents().len(), 1);
    let id = textract.start_lending_analysis().document_location(at).send().await.unwrap().job_id;
    let lending = textract.get_lending_analysis().set_job_id(id.clone()).send().await.unwrap();
    assert_eq!(lending.results().len(), 1);
    let summary = textract.get_lending_analysis_summary().set_job_id(id).send().await.unwrap();
    assert_eq!(summary.summary.unwrap().document_groups()[0].r#type(), Some("PAYSLIPS"));
}

#[tokio::test(start_paused = true)]
async fn the_four_rows_of_the_output_table() {
    let emulator = sealed().response(Synthetic::pages(1)).build().unwrap();
    let Clients { textract, s3, .. } = Clients::new(&emulator);
    let mut written = HashSet::new();
    for (bucket, key) in [(false, false), (true, false), (false, true), (true, true)] {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        let start = start.set_output_config(bucket.then(output)).set_kms_key_id(key.then(|| KEY.to_owned()));
        let id = start.send().await.unwrap().job_id.unwrap();
        let kept = textract.get_document_text_detection().job_id(&id).send().await.unwrap();
        assert_eq!(kept.blocks().len(), 500, "the API answers in every row");
        let part = s3.get_object().bucket("results").key(format!("textract_output/{id}/1")).send().await;
        assert_eq!(part.is_ok(), bucket);
        if let Ok(part) = part {
            let algorithm = part.server_side_encryption.unwrap();
            written.insert((algorithm.as_str().to_owned(), part.ssekms_key_id));
        }
    }
    let expected = [("AES256".to_owned(), None), ("aws:kms".to_owned(), Some(KEY.to_owned()))];
    assert_eq!(written, HashSet::from(expected));
}

#[tokio::test(start_paused = true)]
async fn a_token_starts_one_job_for_seven_days() {
    let emulator = sealed().build().unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = |tag: &str| {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        start.client_request_token("token-1").job_tag(tag).send()
    };
    let id = start("a").await.unwrap().job_id;
    assert_eq!(start("a").await.unwrap().job_id, id);
    assert_eq!(refused(start("b").await), "IdempotentParameterMismatchException");
    // The token is one of this operation: another operation may use it.
    let other = textract.start_expense_analysis().document_location(location("scan.pdf"));
    assert_ne!(other.client_request_token("token-1").send().await.unwrap().job_id, id);
    assert_eq!(emulator.jobs().len(), 2);

    tokio::time::advance(LIFE).await;
    assert_ne!(start("b").await.unwrap().job_id, id);
    let get = textract.get_document_text_detection().set_job_id(id).send().await;
    assert_eq!(refused(get), "InvalidJobIdException");
}

/// Fifty requests at the same time, each with the token of its number.
async fn starts_at_once(emulator: &Emulator, token: impl Fn(usize) -> String) -> Vec<Result<String, String>> {
    let textract = Clients::new(emulator).textract;
    let all = std::sync::Arc::new(tokio::sync::Barrier::new(50));
    let starts = (0..50).map(|n| {
        let start = textract.start_document_text_detection().document_location(location("scan.pdf"));
        let start = start.output_config(output()).client_request_token(token(n));
        let all = std::sync::Arc::clone(&all);
        tokio::spawn(async move {
            all.wait().await;
            match start.send().await {
                Ok(started) => Ok(started.job_id.unwrap()),
                refusal => Err(refused(refusal)),
            }
        })
    });
    let answers = futures::future::join_all(starts.collect::<Vec<_>>()).await;
    answers.into_iter().map(|answer| answer.unwrap()).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn one_token_starts_one_job_even_at_one_time() {
    let emulator = sealed().build().unwrap();
    // Several times, as it takes luck for requests to meet.
    for round in 1..=20 {
        let answers = starts_at_once(&emulator, |_| format!("token-{round}")).await;
        let ids: HashSet<String> = answers.into_iter().map(Result::unwrap).collect();
        assert_eq!((ids.len(), emulator.jobs().len()), (1, round));
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 8)]
async fn no_more_jobs_than_the_limit_even_at_one_time() {
    for _ in 0..20 {
        let text = FamilyQuotas::new(10_000.0, 10_000.0, 3);
        let quotas = Quotas { text, ..Quotas::default() };
        let emulator = sealed().job_duration(Duration::from_secs(100)).quotas(quotas).build().unwrap();
        let answers = starts_at_once(&emulator, |n| format!("token-{n}")).await;
        assert_eq!(answers.iter().filter(|answer| answer.is_ok()).count(), 3);
        let refusals = answers.iter().filter_map(|answer| answer.as_ref().err());
        assert!(refusals.clone().all(|code| code == "LimitExceededException") && refusals.count() == 47);
    }
}

#[tokio::test(start_paused = true)]
async fn a_job_may_take_forever() {
    let response = Response::from(Synthetic::pages(1)).with_duration(Duration::MAX);
    let emulator = sealed().response(response).build().unwrap();
    let clients = Clients::new(&emulator);
    let id = clients.start().await;
    tokio::time::advance(LIFE).await;
    let get = clients.textract.get_document_analysis().job_id(id).send().await.unwrap();
    assert_eq!(get.job_status.unwrap().as_str(), "IN_PROGRESS");
}

#[tokio::test(start_paused = true)]
async fn jobs_end_as_their_response_says() {
    let partial = Response::from(Synthetic::pages(3)).with_warning("PAGE_CHARACTERS_EXCEEDED", [2]);
    let slow = Response::from(Synthetic::pages(1)).with_duration(Duration::from_secs(9));
    let emulator = sealed()
        .response(partial)
        .response_for("bad.pdf", Response::failed("UNSUPPORTED_DOCUMENT"))
        .response_for("slow.pdf", slow)
        .object("documents", "bad.pdf", &b"x"[..])
        .object("documents", "slow.pdf", &b"x"[..])
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let run = async |key: &str| {
        let start =
            textract.start_document_text_detection().document_location(location(key)).output_config(output());
        let id = start.send().await.unwrap().job_id.unwrap();
        (id.clone(), textract.get_document_text_detection().job_id(id).send().await.unwrap())
    };
    let (id, partial) = run("scan.pdf").await;
    assert_eq!(partial.job_status.as_ref().unwrap().as_str(), "PARTIAL_SUCCESS");
    assert_eq!(partial.warnings()[0].error_code(), Some("PAGE_CHARACTERS_EXCEEDED"));
    assert_eq!(partial.warnings()[0].pages(), [2]);
    let part = emulator.object("results", &format!("textract_output/{id}/1")).unwrap();
    let part: Value = serde_json::from_slice(&part).unwrap();
    assert_eq!(part["Warnings"], json!([{"ErrorCode": "PAGE_CHARACTERS_EXCEEDED", "Pages": [2]}]));

    let (id, failed) = run("bad.pdf").await;
    assert_eq!(failed.job_status.unwrap().as_str(), "FAILED");
    assert_eq!(failed.status_message.as_deref(), Some("UNSUPPORTED_DOCUMENT"));
    assert!(emulator.object("results", &format!("textract_output/{id}/1")).is_none());
    assert_eq!(run("slow.pdf").await.1.job_status.unwrap().as_str(), "IN_PROGRESS");
}

#[tokio::test(start_paused = true)]
async fn quotas_are_enforced_with_the_real_exceptions() {
    let text = FamilyQuotas::new(2.0, 3.0, 3);
    let emulator = sealed()
        .job_duration(Duration::from_secs(100))
        .quotas(Quotas { text, ..Quotas::default() })
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = || textract.start_document_text_detection().document_location(location("scan.pdf")).send();
    let id = start().await.unwrap().job_id.unwrap();
    start().await.unwrap();
    assert_eq!(refused(start().await), "ProvisionedThroughputExceededException");
    tokio::time::advance(Duration::from_millis(500)).await;
    start().await.unwrap();
    tokio::time::advance(Duration::from_secs(1)).await;
    assert_eq!(refused(start().await), "LimitExceededException");
    let get = || textract.get_document_text_detection().job_id(&id).send();
    for _ in 0..3 {
        get().await.unwrap();
    }
    assert_eq!(refused(get().await), "ProvisionedThroughputExceededException");
    tokio::time::advance(Duration::from_secs(100)).await;
    start().await.unwrap();

    let emulator = sealed()
        .quotas(Quotas {
            text: FamilyQuotas::new(1.0, 1.0, 1),
            throttling_exception: true,
            ..Quotas::us_east_1()
        })
        .build()
        .unwrap();
    let textract = Clients::new(&emulator).textract;
    let start = || textract.start_document_text_detection().document_location(location("scan.pdf")).send();
    start().await.unwrap();
    assert_eq!(refused(start().await), "ThrottlingException");
}
