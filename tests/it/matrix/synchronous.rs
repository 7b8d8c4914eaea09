//! The calls that answer at once.

use inkseal::emulator::{Response, Synthetic};
use inkseal::render::Render;
use inkseal::synchronous::{AnalyzeDocument, AnalyzeExpense, AnalyzeId, DetectDocumentText, Input};
use inkseal::{Clients, Error, Feature};
use serde::Serialize;
use serde_json::json;

use super::{Case, Route, Run, clients, recorded};
use crate::documents::png;
use crate::support::emulator;

pub const ROUTE: Route = Route {
    heading: "The synchronous calls",
    calls: &[TEXT, ANALYSIS, EXPENSE, IDENTITY],
    special: Vec::new,
    run: |case| Box::pin(run(case)),
};

const TEXT: &str = "DetectDocumentText";
const ANALYSIS: &str = "AnalyzeDocument";
const EXPENSE: &str = "AnalyzeExpense";
const IDENTITY: &str = "AnalyzeID";

async fn run(case: Case) -> Run {
    let response: Response = match case.call {
        TEXT | ANALYSIS => Synthetic::pages(1).blocks_per_page(40).into(),
        EXPENSE => {
            recorded(json!({"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [{"ExpenseIndex": 1}]}))
        }
        _ => recorded(json!({"DocumentMetadata": {"Pages": 1}, "IdentityDocuments": [{"DocumentIndex": 1}]})),
    };
    let emulator = case.build(emulator().response(response));
    let mut out = Vec::new();
    let result = call(case.call, &clients(&emulator)).await.map(|answer| out.push(answer));
    Run::of(&emulator, case.call, out, result)
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
        other => panic!("{other} is not a column"),
    })
}

fn written(records: &impl Serialize) -> String {
    serde_json::to_string(records).unwrap()
}
