//! The summary of a lending job.

use serde_json::{Value, json};

use super::super::response::{LendingPage, Outcome};
use super::Job;

impl Job {
    /// The result of `GetLendingAnalysisSummary`, which is also `summaryResponse/1` in the output bucket.
    pub(in super::super) fn summary(&self, ended: bool, nulls: bool) -> Value {
        let mut summary = json!({
            "AnalyzeLendingModelVersion": &*self.response.model_version,
            "JobStatus": self.status(ended),
        });
        if !ended {
            return summary;
        }
        if let Some(message) = &self.response.status_message {
            summary["StatusMessage"] = json!(message);
        }
        if self.response.outcome == Outcome::Failed {
            return summary;
        }
        summary["DocumentMetadata"] = json!({"Pages": self.response.pages()});
        summary["Summary"] = summary_of(&self.response.lending_pages());
        if let Some(warnings) = self.response.warnings() {
            summary["Warnings"] = serde_json::from_str(&warnings).unwrap_or_default();
        }
        if nulls {
            summary["StatusMessage"] = json!(self.response.status_message);
            if summary.get("Warnings").is_none() {
                summary["Warnings"] = Value::Null;
            }
        }
        summary
    }
}

/// The `Summary` of these pages: one group for each type, in which consecutive pages are one document.
fn summary_of(pages: &[LendingPage]) -> Value {
    let mut groups: Vec<(&str, Vec<&LendingPage>)> = Vec::new();
    for page in pages {
        match groups.iter_mut().find(|(kind, _)| *kind == page.kind) {
            Some((_, pages)) => pages.push(page),
            None => groups.push((&page.kind, vec![page])),
        }
    }
    let group = |(kind, pages): &(&str, Vec<&LendingPage>)| {
        let documents = pages.chunk_by(|one, next| one.page.checked_add(1) == Some(next.page));
        let documents = (1..).zip(documents).map(|(index, pages): (u32, _)| {
            json!({"Index": index, "Pages": pages.iter().map(|page| page.page).collect::<Vec<_>>()})
        });
        let signatures = |signed: bool| -> Vec<Value> {
            let pages = pages.iter().filter(|page| page.signed == Some(signed));
            pages.map(|page| json!({"Page": page.page})).collect()
        };
        json!({
            "Type": kind,
            "SplitDocuments": documents.collect::<Vec<_>>(),
            "DetectedSignatures": signatures(true),
            "UndetectedSignatures": signatures(false),
        })
    };
    // Textract lists every other type that it knows; a few of them are enough.
    let known = ["1003", "1005", "1008", "BANK_STATEMENT", "CHECKS", "PAYSLIPS", "W_2"];
    let undetected: Vec<_> =
        known.into_iter().filter(|kind| groups.iter().all(|(found, _)| found != kind)).collect();
    let groups: Vec<Value> = groups.iter().map(group).collect();
    json!({"DocumentGroups": groups, "UndetectedDocumentTypes": undetected})
}
