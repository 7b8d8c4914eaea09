//! Textract's jobs: when they end, the tokens that they were started with, and what happens at their end.

mod parts;
mod summary;

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, VecDeque};
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use serde_json::Value;
use tokio::time::Instant;

use super::response::{Outcome, Response, Shape};
use super::route::Strike;
use super::store::{Encryption, Store};

pub(super) use self::parts::{Part, envelope};

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
    pub(super) const ALL: [Self; 4] = [Self::Text, Self::Analysis, Self::Expense, Self::Lending];

    /// The family whose jobs this operation starts.
    pub(super) fn started_by(operation: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|family| family.start_operation() == operation)
    }

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

    /// The operation that returns the results of such a job.
    pub(super) fn get_operation(self) -> &'static str {
        match self {
            Self::Text => "GetDocumentTextDetection",
            Self::Analysis => "GetDocumentAnalysis",
            Self::Expense => "GetExpenseAnalysis",
            Self::Lending => "GetLendingAnalysis",
        }
    }

    fn model_version_member(self) -> &'static str {
        match self {
            Self::Text => "DetectDocumentTextModelVersion",
            Self::Analysis => "AnalyzeDocumentModelVersion",
            Self::Expense => "AnalyzeExpenseModelVersion",
            Self::Lending => "AnalyzeLendingModelVersion",
        }
    }

    /// The most items on one page of a Get operation, which is also the default.
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
    /// None if that is further away than a clock can say.
    pub(super) ends: Option<Instant>,
    pub(super) output: Option<Output>,
    /// The request that started it, as JSON: that is far smaller than a `Value`, and there may be a hundred thousand of
    /// them.
    pub(super) input: Box<str>,
    pub(super) token: Option<Box<str>>,
    /// What changes the output when it is written.
    pub(super) strike: Strike,
}

/// Where a job writes, and how it encrypts what it writes.
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

/// Without the input, whose queries belong to the caller.
impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { id, family, region, response, started, ends, output, input: _, token: _, strike } = self;
        f.debug_struct("Job")
            .field("id", id)
            .field("family", family)
            .field("region", region)
            .field("response", response)
            .field("started", started)
            .field("ends", ends)
            .field("output", output)
            .field("strike", strike)
            .finish_non_exhaustive()
    }
}

impl Job {
    fn token_key(&self) -> Option<(Family, String, String)> {
        Some((self.family, self.region.clone(), self.token.as_deref()?.to_owned()))
    }

    /// To be asked once per answer, which would contradict itself if the job ended in between.
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
}

/// Every job of the emulator.
#[derive(Default)]
pub(super) struct Jobs {
    state: Mutex<State>,
}

#[derive(Default)]
pub(super) struct State {
    /// By id, each with its number in the order of their starts.
    jobs: HashMap<String, (u64, Arc<Job>)>,
    started: u64,
    /// Jobs that have not been seen to end, the next to end at the top; without those that never end.
    ends: BinaryHeap<Reverse<(Instant, u64)>>,
    /// The jobs of that heap, by number.
    ending: HashMap<u64, Arc<Job>>,
    /// How many jobs have not been seen to end.
    running: HashMap<(Family, String), usize>,
    tokens: HashMap<(Family, String, String), Arc<Job>>,
    /// How long a job is kept after its end, unless for ever; and those that are kept so, the first to end first.
    retention: Option<Duration>,
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

/// What is known of a token.
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
        self.started += 1;
        self.jobs.insert(job.id.clone(), (self.started, Arc::clone(&job)));
        let Some(end) = job.ends else { return false };
        let next = self.next_end().is_none_or(|next| end < next);
        self.ends.push(Reverse((end, self.started)));
        self.ending.insert(self.started, job);
        next
    }

    fn next_end(&self) -> Option<Instant> {
        self.ends.peek().map(|Reverse((end, _))| *end)
    }

    /// Takes out the next job that has ended by `now`.
    fn next_ended(&mut self, now: Instant) -> Option<Arc<Job>> {
        self.next_end().filter(|end| *end <= now)?;
        let Reverse((_, number)) = self.ends.pop()?;
        let job = self.ending.remove(&number)?;
        if let Some(running) = self.running.get_mut(&(job.family, job.region.clone())) {
            *running = running.saturating_sub(1);
        }
        // What is further away than a clock can say is never.
        let until = self.retention.zip(job.ends).and_then(|(retention, end)| end.checked_add(retention));
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
        // A token whose seven days are over may belong to another job now.
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
    /// No jobs so far; each is forgotten this long after its end, if that is given.
    pub(super) fn kept_for(retention: Option<Duration>) -> Self {
        Self { state: Mutex::new(State { retention, ..State::default() }) }
    }

    /// Whoever starts a job holds this from checking its token to adding the job, or two requests with one token would
    /// start two jobs. The store may be locked under it, never the other way round.
    pub(super) fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The job, unless it is of another family or Region or too old.
    pub(super) fn get(&self, family: Family, region: &str, id: &str) -> Option<Arc<Job>> {
        let job = self.lock().jobs.get(id).map(|(_, job)| Arc::clone(job));
        let young = |job: &Job| job.ends.is_none_or(|ends| ends.elapsed() < LIFE);
        job.filter(|job| job.family == family && job.region == region && young(job))
    }

    /// The ids and inputs of all jobs, in the order of their starts.
    pub(super) fn inputs(&self) -> Vec<(String, Value)> {
        let mut jobs: Vec<(u64, Arc<Job>)> = self.lock().jobs.values().cloned().collect();
        jobs.sort_unstable_by_key(|(number, _)| *number);
        let input = |job: &Job| serde_json::from_str(&job.input).unwrap_or_default();
        jobs.iter().map(|(_, job)| (job.id.clone(), input(job))).collect()
    }

    /// When the next job ends.
    pub(super) fn next_end(&self) -> Option<Instant> {
        self.lock().next_end()
    }

    /// Writes the output of the jobs that have ended by now, in the order of their ends, and reports each once its
    /// output is there; and forgets those that were kept long enough, along with their output. All of that happens
    /// under the lock, and whoever asks meanwhile waits for it.
    pub(super) fn settle(&self, store: &Store, blocks_per_part: u64, mut ended: impl FnMut(&Job)) {
        let mut state = self.lock();
        if state.ends.is_empty() && state.kept.is_empty() {
            return;
        }
        let now = Instant::now();
        while let Some(job) = state.next_ended(now) {
            let items = match job.family {
                Family::Text | Family::Analysis => blocks_per_part,
                family => family.page_cap().min(blocks_per_part),
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
            strike: Strike::default(),
        }
    }

    /// If every request looked at every job, this would take minutes.
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
        let ids = jobs.inputs().into_iter().map(|(id, _)| id);
        assert!(ids.eq((0..=JOBS).map(|number| format!("{number:064x}"))), "in the order of their starts");
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
