//! The results of a job as JSON: the parts in its output bucket, and the pages of its Get operation.

use std::ops::Range;
use std::sync::Arc;

use bytes::Bytes;
use serde_json::json;

use super::super::faults::Fault;
use super::super::response::{LendingPage, Outcome, Style};
use super::super::store::{Object, Store};
use super::{Family, Job};

impl Job {
    /// The page of results that a Get operation answers with.
    pub(in super::super) fn page(&self, ended: bool, range: Range<u64>, next_token: Option<&str>) -> Bytes {
        let (response, model) = (&self.response, self.family.model_version_member());
        let mut members = vec![(model, json!(&*response.model_version).to_string())];
        members.push(("JobStatus", json!(self.status(ended)).to_string()));
        if response.outcome == Outcome::Failed || !ended {
            if let (true, Some(message)) = (ended, &response.status_message) {
                members.push(("StatusMessage", json!(message).to_string()));
            }
            return envelope(&members, None);
        }
        members.push(("DocumentMetadata", json!({"Pages": response.pages()}).to_string()));
        if let Some(token) = next_token {
            members.push(("NextToken", json!(token).to_string()));
        }
        if let Some(message) = &response.status_message {
            members.push(("StatusMessage", json!(message).to_string()));
        }
        if let Some(warnings) = response.warnings() {
            members.push(("Warnings", warnings));
        }
        let mut list = Vec::new();
        response.write_items(Style::Api, range, &mut list);
        envelope(&members, Some((self.family.shape().list(), list)))
    }

    /// Writes the output of a job that has ended.
    pub(super) fn write_output(self: &Arc<Self>, store: &Store, items_per_part: u64) {
        let Some(output) = &self.output else { return };
        if self.response.outcome == Outcome::Failed || store.region(&output.bucket).is_none() {
            return;
        }
        let put = |key: String, object: Object| store.put(&output.bucket, key, object);
        let folder = match self.family {
            Family::Lending => format!("{}/detailedResponse", output.folder),
            _ => output.folder.clone(),
        };
        let parts = self.response.items().div_ceil(items_per_part).max(1);
        for index in 0..parts + u64::from(self.strike.takes(&Fault::ExtraPart)) {
            let copied = index.min(parts - 1);
            let end = ((copied + 1) * items_per_part).min(self.response.items());
            let range = copied * items_per_part..end;
            let duplicate = index == 0 && !range.is_empty() && self.strike.takes(&Fault::DuplicateBlock);
            let part = Part { job: Arc::clone(self), range, duplicate };
            put(format!("{folder}/{}", index + 1), Object::part(part, output.encryption.clone()));
        }
        if self.family == Family::Lending {
            let summary = Bytes::from(self.summary(true, true).to_string());
            put(
                format!("{}/summaryResponse/1", output.folder),
                Object::stored(summary, output.encryption.clone()),
            );
            for LendingPage { page, kind, .. } in self.response.lending_pages() {
                let split =
                    Object::stored(Bytes::from_static(b"%PDF-1.7\n%%EOF\n"), output.encryption.clone());
                put(format!("{}/splitDocuments/{kind}/{page}.pdf", output.folder), split);
            }
        }
    }
}

/// A part of a job's output, made when it is read.
#[derive(Clone, Debug)]
pub(in super::super) struct Part {
    job: Arc<Job>,
    range: Range<u64>,
    /// Whether its last item comes twice.
    duplicate: bool,
}

impl Part {
    /// What is before the items of the list and after them. The members are in alphabetical order, as Textract's are.
    fn frame(&self) -> (String, String) {
        let (response, list) = (&self.job.response, self.job.family.shape().list());
        let status = if response.outcome == Outcome::Partial { "PARTIAL_SUCCESS" } else { "SUCCEEDED" };
        let mut members = [
            (self.job.family.model_version_member(), json!(&*response.model_version).to_string()),
            ("DocumentMetadata", json!({"Pages": response.pages()}).to_string()),
            ("JobStatus", json!(status).to_string()),
            ("NextToken", "null".to_owned()),
            ("StatusMessage", json!(response.status_message).to_string()),
            ("Warnings", response.warnings().unwrap_or_else(|| "null".to_owned())),
        ];
        members.sort();
        let (mut before, mut after) = ("{".to_owned(), "]".to_owned());
        for (name, value) in members {
            match name < list {
                true => before.push_str(&format!("\"{name}\":{value},")),
                false => after.push_str(&format!(",\"{name}\":{value}")),
            }
        }
        (before + &format!("\"{list}\":["), after + "}")
    }

    fn duplicated(&self) -> Option<Range<u64>> {
        (self.duplicate && !self.range.is_empty()).then(|| self.range.end - 1..self.range.end)
    }

    pub(in super::super) fn len(&self) -> u64 {
        let (before, after) = self.frame();
        let list = self.job.response.items_len(Style::Part, self.range.clone());
        let again = self.duplicated().map(|range| self.job.response.items_len(Style::Part, range) + 1);
        (before.len() + after.len()) as u64 + list + again.unwrap_or(0)
    }

    pub(in super::super) fn bytes(&self) -> Bytes {
        let (before, after) = self.frame();
        let mut out = Vec::with_capacity(self.len() as usize + 1);
        out.extend_from_slice(before.as_bytes());
        self.job.response.write_items(Style::Part, self.range.clone(), &mut out);
        if let Some(range) = self.duplicated() {
            out.push(b',');
            self.job.response.write_items(Style::Part, range, &mut out);
        }
        out.extend_from_slice(after.as_bytes());
        Bytes::from(out)
    }

    pub(in super::super) fn etag(&self) -> String {
        let half = self.job.id.get(..16).unwrap_or_default();
        format!("{half}{:016x}", self.range.start << 1 | u64::from(self.duplicate))
    }
}

/// An object of these members, with a list of items at its end.
pub(in super::super) fn envelope(members: &[(&str, String)], list: Option<(&str, Vec<u8>)>) -> Bytes {
    let mut out = Vec::with_capacity(256 + list.as_ref().map_or(0, |(_, list)| list.len()));
    for (index, (name, value)) in members.iter().enumerate() {
        out.push(if index == 0 { b'{' } else { b',' });
        out.extend_from_slice(format!("\"{name}\":{value}").as_bytes());
    }
    if let Some((name, list)) = list {
        out.extend_from_slice(format!(",\"{name}\":[").as_bytes());
        out.extend_from_slice(&list);
        out.push(b']');
    }
    out.push(b'}');
    Bytes::from(out)
}
