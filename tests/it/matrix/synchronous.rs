//! The calls that answer at once.

use inkseal::emulator::{Response, Synthetic};
use inkseal::render::Render;
use inkseal::synchronous::{AnalyzeDocument, AnalyzeExpense, AnalyzeId, DetectDocumentText, Input};
use inkseal::{Clients, Error, Feature};
use serde::Serialize;
use serde_json::json;

use super::{Case, Gone, Way};
use crate::documents::png;
use crate::support::{clients, emulator};

pub const WAY: Way = Way {
    heading: "The synchronous calls",
    calls: &[TEXT, ANALYSIS, EXPENSE, IDENTITY],
    special: Vec::new,
    go: |case| Box::pin(go(case)),
};

const TEXT: &str = "DetectDocumentText";
const ANALYSIS: &str = "AnalyzeDocument";
const EXPENSE: &str = "AnalyzeExpense";
const IDENTITY: &str = "AnalyzeID";

async fn go(case: Case) -> Gone {
    let response: Response = match case.call {
        TEXT | ANALYSIS => Synthetic::pages(1).blocks_per_page(40).into(),
        EXPENSE => {
            recorded(json!({"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [{"ExpenseIndex": 1}]}))
        }
        _ => recorded(json!({"DocumentMetadata": {"Pages": 1}, "IdentityDocuments": [{"DocumentIndex": 1}]})),
    };
    let emulator = emulator().response(response).build().unwrap();
    case.fault.into_iter().for_each(|rule| emulator.inject(rule));
    let (out, result) = match call(case.call, &clients(&emulator)).await {
        Ok(answer) => (vec![answer], Ok(())),
        Err(error) => (Vec::new(), Err(error)),
    };
    Gone::of(&emulator, case.call, out, result)
}

fn recorded(response: serde_json::Value) -> Response {
    Response::recorded(response.to_string()).unwrap()
}

async fn call(name: &str, clients: &Clients) -> Result<String, Error> {
    let page = Input::bytes(png(100, 100))?;
    Ok(match name {
        TEXT => Render::json().document(&DetectDocumentText::new(page).send(clients).await?),
        ANALYSIS => {
            let analyzed = AnalyzeDocument::new(page).feature(Feature::Layout).send(clients).await?;
            Render::json().document(&analyzed.document)
        }
        EXPENSE => written(&AnalyzeExpense::new(page).send(clients).await?.records),
        IDENTITY => written(&AnalyzeId::new(page).send(clients).await?.records),
        other => panic!("{other} is no column"),
    })
}

fn written(records: &impl Serialize) -> String {
    serde_json::to_string(records).unwrap()
}
