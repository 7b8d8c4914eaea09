//! Jobs: their time, their tokens, and the parts that they leave in the output bucket.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fmt;
use std::ops::Range;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use super::response::{LendingPage, Outcome, Response, Shape, Style};
use super::store::{Encryption, Object, Store};

/// Results and tokens live for seven days.
pub(super) const LIFE: Duration = Duration::from_secs(7 * 24 * 60 * 60);

/// One of the four families of asynchronous operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Family {
    Text,
    Analysis,
    Expense,
    Lending,
}

impl Family {
    pub(super) fn shape(self) -> Shape {
        match self {
            Self::Text | Self::Analysis => Shape::Blocks,
            Self::Expense => Shape::Expense,
            Self::Lending => Shape::Lending,
        }
    }

    /// The operation that starts such a job, as its notification calls it.
    pub(super) fn start_operation(self) -> &'static str {
        match self {
            Self::Text => "StartDocumentTextDetection",
            Self::Analysis => "StartDocumentAnalysis",
            Self::Expense => "StartExpenseAnalysis",
            Self::Lending => "StartLendingAnalysis",
        }
    }

    pub(super) fn model_version_member(self) -> &'static str {
        match self {
            Self::Text => "DetectDocumentTextModelVersion",
            Self::Analysis => "AnalyzeDocumentModelVersion",
            Self::Expense => "AnalyzeExpenseModelVersion",
            Self::Lending => "AnalyzeLendingModelVersion",
        }
    }

    /// The most items of one page of a Get operation, which is the default too.
    pub(super) fn page_cap(self) -> u64 {
        match self {
            Self::Text | Self::Analysis => 1000,
            Self::Expense => 20,
            Self::Lending => 30,
        }
    }
}

/// A job as it was started.
pub(super) struct Job {
    pub(super) id: String,
    pub(super) family: Family,
    pub(super) region: String,
    pub(super) response: Response,
    pub(super) started: Instant,
    /// None where that is further away than a clock can tell.
    pub(super) ends: Option<Instant>,
    pub(super) output: Option<Output>,
    /// The request that started it, as JSON: far less than it takes as a `Value`, and there may be a hundred thousand of them.
    pub(super) input: Box<str>,
    pub(super) token: Option<Box<str>>,
    pub(super) extra_part: bool,
    pub(super) duplicate_block: bool,
}

/// Where a job writes, and how it seals what it writes.
#[derive(Clone, Debug)]
pub(super) struct Output {
    pub(super) bucket: String,
    /// `{prefix}/{jobId}`.
    pub(super) folder: String,
    pub(super) encryption: Encryption,
}

impl Output {
    /// The key of the object by which Textract finds out whether it may write.
    pub(super) fn access_check(&self) -> String {
        format!("{}/.s3_access_check", self.folder)
    }
}

/// Without the input, whose queries are the caller's own.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            id,
            family,
            region,
            response,
            started,
            ends,
            output,
            input: _,
            token: _,
            extra_part,
            duplicate_block,
        } = self;
        f.debug_struct("Job")
            .field("id", id)
            .field("family", family)
            .field("region", region)
            .field("response", response)
            .field("started", started)
            .field("ends", ends)
            .field("output", output)
            .field("extra_part", extra_part)
            .field("duplicate_block", duplicate_block)
            .finish_non_exhaustive()
    }
}

impl Job {
    fn token_key(&self) -> Option<(Family, String, String)> {
        Some((self.family, self.region.clone(), self.token.as_deref()?.to_owned()))
    }

    /// To be asked once for an answer, which would contradict itself if the job ended on the way.
    pub(super) fn ended(&self) -> bool {
        self.ends.is_some_and(|ends| Instant::now() >= ends)
    }

    pub(super) fn failed(&self) -> bool {
        self.response.outcome == Outcome::Failed
    }

    fn status(&self, ended: bool) -> &'static str {
        match self.response.outcome {
            _ if !ended => "IN_PROGRESS",
            Outcome::Succeeded => "SUCCEEDED",
            Outcome::Partial => "PARTIAL_SUCCESS",
            Outcome::Failed => "FAILED",
        }
    }

    /// The page of results that a Get operation answers with.
    pub(super) fn page(&self, ended: bool, range: Range<u64>, next_token: Option<&str>) -> Bytes {
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

    /// The result of `GetLendingAnalysisSummary`, which is `summaryResponse/1` in the output bucket as well.
    pub(super) fn summary(&self, ended: bool, nulls: bool) -> Value {
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

    /// Writes the output of a job that has ended.
    fn write_output(self: &Arc<Self>, store: &Store, items_per_part: u64) {
        let Some(output) = &self.output else { return };
        if self.response.outcome == Outcome::Failed {
            return;
        }
        let put = |key: String, object: Object| store.put(&output.bucket, key, object);
        let folder = match self.family {
            Family::Lending => format!("{}/detailedResponse", output.folder),
            _ => output.folder.clone(),
        };
        let parts = self.response.items().div_ceil(items_per_part).max(1);
        for index in 0..parts + u64::from(self.extra_part) {
            let copied = index.min(parts - 1);
            let end = ((copied + 1) * items_per_part).min(self.response.items());
            let range = copied * items_per_part..end;
            let part = Part { job: Arc::clone(self), range, duplicate: self.duplicate_block && index == 0 };
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

/// The `Summary` of these pages: one group for each type, in which pages that follow each other are one document.
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
    // Textract lists every other type that it knows; a few of them will do.
    let known = ["1003", "1005", "1008", "BANK_STATEMENT", "CHECKS", "PAYSLIPS", "W_2"];
    let undetected: Vec<_> =
        known.into_iter().filter(|kind| groups.iter().all(|(found, _)| found != kind)).collect();
    let groups: Vec<Value> = groups.iter().map(group).collect();
    json!({"DocumentGroups": groups, "UndetectedDocumentTypes": undetected})
}

/// A part of a job's output, made when it is read.
#[derive(Clone, Debug)]
pub(super) struct Part {
    job: Arc<Job>,
    range: Range<u64>,
    duplicate: bool,
}

impl Part {
    /// What stands before the list's items and after them. The members are in alphabetical order, as Textract's are.
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

    pub(super) fn len(&self) -> u64 {
        let (before, after) = self.frame();
        let list = self.job.response.items_len(Style::Part, self.range.clone());
        let again = self.duplicated().map(|range| self.job.response.items_len(Style::Part, range) + 1);
        (before.len() + after.len()) as u64 + list + again.unwrap_or(0)
    }

    pub(super) fn bytes(&self) -> Bytes {
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

    pub(super) fn etag(&self) -> String {
        let half = self.job.id.get(..16).unwrap_or_default();
        format!("{half}{:016x}", self.range.start << 1 | u64::from(self.duplicate))
    }
}

pub(super) fn envelope(members: &[(&str, String)], list: Option<(&str, Vec<u8>)>) -> Bytes {
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

/// Every job of the emulator.
#[derive(Default)]
pub(super) struct Jobs {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    jobs: HashMap<String, Arc<Job>>,
    /// Jobs that have not been seen to end, the next to end at the top; without those that never end.
    ends: BinaryHeap<Reverse<(Instant, u64)>>,
    /// The jobs of that heap, by number.
    ending: HashMap<u64, Arc<Job>>,
    started: u64,
    /// How many jobs have not been seen to end.
    running: HashMap<(Family, String), usize>,
    tokens: HashMap<(Family, String, String), Arc<Job>>,
    /// How long a job is remembered after its end, where not for ever; and those that are, the first to end first.
    kept_for: Option<Duration>,
    kept: VecDeque<(Instant, Arc<Job>)>,
}

impl fmt::Debug for Jobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.lock().fmt(f)
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (jobs, ends, tokens) = (self.jobs.len(), self.ends.len(), self.tokens.len());
        write!(f, "Jobs({jobs} jobs, {ends} not ended, {tokens} tokens)")
    }
}

/// What became of a token.
pub(super) enum Token {
    New,
    Known(String),
    Mismatch,
}

impl State {
    pub(super) fn token(&self, family: Family, region: &str, token: &str, input: &Value) -> Token {
        // By value: members have no order.
        let same = |job: &Job| serde_json::from_str(&job.input).is_ok_and(|known: Value| known == *input);
        match self.tokens.get(&(family, region.to_owned(), token.to_owned())) {
            Some(job) if job.started.elapsed() >= LIFE => Token::New,
            Some(job) if same(job) => Token::Known(job.id.clone()),
            Some(_) => Token::Mismatch,
            None => Token::New,
        }
    }

    /// The jobs in progress as of the last [`Jobs::settle`].
    pub(super) fn running(&self, family: Family, region: &str) -> usize {
        self.running.get(&(family, region.to_owned())).copied().unwrap_or(0)
    }

    /// Adds a job; whether it is the next to end.
    pub(super) fn add(&mut self, job: Job) -> bool {
        let job = Arc::new(job);
        if let Some(token) = job.token_key() {
            self.tokens.insert(token, Arc::clone(&job));
        }
        *self.running.entry((job.family, job.region.clone())).or_default() += 1;
        self.jobs.insert(job.id.clone(), Arc::clone(&job));
        let Some(end) = job.ends else { return false };
        self.started += 1;
        let next = self.next_end().is_none_or(|next| end < next);
        self.ends.push(Reverse((end, self.started)));
        self.ending.insert(self.started, job);
        next
    }

    fn next_end(&self) -> Option<Instant> {
        self.ends.peek().map(|Reverse((end, _))| *end)
    }

    /// Takes out the next job that has ended by now.
    fn next_ended(&mut self, now: Instant) -> Option<Arc<Job>> {
        self.next_end().filter(|end| *end <= now)?;
        let Reverse((_, number)) = self.ends.pop()?;
        let job = self.ending.remove(&number)?;
        if let Some(running) = self.running.get_mut(&(job.family, job.region.clone())) {
            *running = running.saturating_sub(1);
        }
        // Further away than a clock can tell is for ever.
        let until = self.kept_for.zip(job.ends).and_then(|(kept_for, end)| end.checked_add(kept_for));
        if let Some(until) = until {
            self.kept.push_back((until, Arc::clone(&job)));
        }
        Some(job)
    }

    /// Takes out the next job that was kept long enough.
    fn next_forgotten(&mut self, now: Instant) -> Option<Arc<Job>> {
        self.kept.front().filter(|(until, _)| *until <= now)?;
        let (_, job) = self.kept.pop_front()?;
        self.jobs.remove(&job.id);
        // A token that lived out its days may be another job's by now.
        let token = job.token_key();
        if let Some(token) =
            token.filter(|token| self.tokens.get(token).is_some_and(|it| Arc::ptr_eq(it, &job)))
        {
            self.tokens.remove(&token);
        }
        Some(job)
    }
}

impl Jobs {
    /// None so far; each is forgotten so long after its end, where that is given.
    pub(super) fn kept_for(kept_for: Option<Duration>) -> Self {
        Self { state: Mutex::new(State { kept_for, ..State::default() }) }
    }

    /// Whoever starts a job holds this from the look at its token to its entry, or two requests with one token would
    /// start two jobs. The store may be locked under it, never the other way round.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job, unless it is of another family or Region or too old.
    pub(super) fn get(&self, family: Family, region: &str, id: &str) -> Option<Arc<Job>> {
        let job = self.lock().jobs.get(id).cloned();
        let young = |job: &Job| job.ends.is_none_or(|ends| ends.elapsed() < LIFE);
        job.filter(|job| job.family == family && job.region == region && young(job))
    }

    /// The inputs of all jobs, as they were started.
    pub(super) fn inputs(&self) -> Vec<(String, Value)> {
        let state = self.lock();
        let input = |job: &Arc<Job>| serde_json::from_str(&job.input).unwrap_or_default();
        state.jobs.values().map(|job| (job.id.clone(), input(job))).collect()
    }

    /// When the next job ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.lock().next_end()
    }

    /// Writes the output of the jobs that have ended by now, in the order of their ends, and says so of each once its
    /// output is there; and forgets those that were kept long enough, with their output. Under the lock: who asks meanwhile
    /// waits until all of it has happened.
    pub(super) fn settle(&self, store: &Store, parts_of: u64, mut ended: impl FnMut(&Job)) {
        let mut state = self.lock();
        if state.ends.is_empty() && state.kept.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(job) = state.next_ended(now) {
            let items = match job.family {
                Family::Text | Family::Analysis => parts_of,
                family => family.page_cap().min(parts_of),
            };
            job.write_output(store, items);
            ended(&job);
        }
        while let Some(job) = state.next_forgotten(now) {
            if let Some(output) = &job.output {
                store.remove_folder(&output.bucket, &output.folder);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::synthetic::Synthetic;
    use super::*;

    fn job(number: u64, ends: Option<Duration>, response: &Response) -> Job {
        let started = Instant::now();
        Job {
            id: format!("{number:064x}"),
            family: if number.is_multiple_of(2) { Family::Text } else { Family::Analysis },
            region: "us-east-1".to_owned(),
            response: response.clone(),
            started,
            ends: ends.and_then(|after| started.checked_add(after)),
            output: None,
            input: "{}".into(),
            token: None,
            extra_part: false,
            duplicate_block: false,
        }
    }

    /// With a look at every job for every request, this would take minutes.
    #[tokio::test(start_paused = true)]
    async fn twenty_thousand_jobs_end_one_after_another() {
        const JOBS: u64 = 20_000;
        let (jobs, store) = (Jobs::default(), Store::default());
        let response = Response::from(Synthetic::pages(1).blocks_per_page(1));
        {
            let mut state = jobs.lock();
            for number in 0..JOBS {
                // The last to start is the first to end.
                let next = state.add(job(number, Some(Duration::from_secs(JOBS - number)), &response));
                assert!(next, "each is the next to end");
            }
            assert!(!state.add(job(JOBS, None, &response)), "it never ends");
            assert_eq!(state.running(Family::Text, "us-east-1"), 10_001);
            assert_eq!(state.running(Family::Text, "eu-west-1"), 0);
        }
        let mut ended = Vec::new();
        while let Some(end) = jobs.next_end() {
            tokio::time::advance(end - Instant::now()).await;
            jobs.settle(&store, 1000, |job| ended.push(job.id.clone()));
        }
        let expected: Vec<String> = (0..JOBS).rev().map(|number| format!("{number:064x}")).collect();
        assert_eq!(ended, expected);
        let state = jobs.lock();
        let running = [Family::Text, Family::Analysis].map(|family| state.running(family, "us-east-1"));
        assert_eq!(running, [1, 0]);
    }
}
