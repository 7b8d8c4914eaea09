//! Comprehend's jobs and trainings: how they are started, described and stopped, and the output that they write when
//! they end.
//!
//! A job reads its input when it is started, and writes its output to the bucket when it ends, encrypted under the key
//! that it was given for that. [`answers`] has what it finds; personal data is found as in the synchronous operations.

mod answers;
mod documents;
mod kind;
mod output;
mod request;

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use bytes::Bytes;
use serde_json::{Value, json};
use tokio::time::Instant;

use self::kind::{Kind, Verb};
use self::output::Files;
use self::request::{Request, invalid};
use super::Inner;
use super::faults::Fault;
use super::regions::partition;
use super::route::{Failure, Strike};
use super::store::{Encryption, Object, Store};

/// How long a job appears to be stopping.
const STOPPING: Duration = Duration::from_secs(1);

/// The message of a job that could not read its input.
const UNREADABLE: &str =
    "NO_READ_ACCESS_TO_INPUT: The provided data access role does not have proper access to the input data.";

/// Whether there is such an operation on jobs.
pub(super) fn has(operation: &str) -> bool {
    Kind::of(operation).is_some()
}

/// Whether the operation starts a job or a training.
pub(super) fn starts_a_job(operation: &str) -> bool {
    matches!(Kind::of(operation), Some((_, Verb::Start)))
}

/// Every job.
#[derive(Default)]
pub(super) struct ComprehendJobs(Mutex<State>);

#[derive(Default)]
struct State {
    /// By id or ARN.
    jobs: BTreeMap<String, Job>,
    /// Jobs whose output has not been written, the next to end at the top; without those that never end.
    ends: BinaryHeap<Reverse<(Instant, String)>>,
    /// Jobs by region, operation and token.
    tokens: BTreeMap<TokenOf, String>,
}

struct Job {
    kind: Kind,
    region: String,
    arn: String,
    input: Value,
    began: Instant,
    began_at: SystemTime,
    duration: Duration,
    stopped: Option<Instant>,
    failure: Option<&'static str>,
    output: Option<Output>,
}

/// Where a job writes, and the files that it has not written yet.
struct Output {
    bucket: String,
    /// `{prefix}/{account}-{kind}-{id}/output/`.
    folder: String,
    encryption: Encryption,
    files: Files,
}

/// Without anything of the caller's or of the documents.
impl fmt::Debug for ComprehendJobs {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ComprehendJobs({} jobs)", self.lock().jobs.len())
    }
}

/// Region, operation and token of a request.
type TokenOf = (String, &'static str, String);

impl State {
    fn add(&mut self, id: String, job: Job) {
        // What is further away than a clock can say is never.
        if let (Some(end), Some(_)) = (job.began.checked_add(job.duration), &job.output) {
            self.ends.push(Reverse((end, id.clone())));
        }
        self.jobs.insert(id, job);
    }

    /// Takes out the id of the next job that has ended by `now`.
    fn next_ended(&mut self, now: Instant) -> Option<String> {
        self.ends.peek().filter(|Reverse((end, _))| *end <= now)?;
        self.ends.pop().map(|Reverse((_, id))| id)
    }

    /// The answer to a request whose token is known.
    fn known(&self, token: Option<&TokenOf>, kind: Kind, input: &Value) -> Option<Result<Value, Failure>> {
        let id = self.tokens.get(token?)?;
        let job = self.jobs.get(id)?;
        Some(match job.input == *input {
            true => Ok(started(kind, id, job)),
            // The API reference does not say what happens then; a second job would help nobody.
            false => Err(invalid("the ClientRequestToken was used for another request")),
        })
    }
}

impl ComprehendJobs {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Writes the output of the jobs that have ended by now.
    pub(super) fn settle(&self, store: &Store) {
        let mut state = self.lock();
        let now = Instant::now();
        while let Some(id) = state.next_ended(now) {
            let job = state.jobs.get_mut(&id).filter(|job| job.stopped.is_none());
            let Some(output) = job.and_then(|job| job.output.as_mut()) else { continue };
            for (name, bytes) in std::mem::take(&mut output.files) {
                let key = format!("{}{name}", output.folder);
                store.put(&output.bucket, key, Object::stored(bytes, output.encryption.clone()));
            }
        }
    }
}

impl Job {
    fn ended(&self) -> bool {
        self.began.elapsed() >= self.duration
    }

    fn status(&self) -> &'static str {
        let trains = self.kind.trains();
        match self.stopped {
            Some(at) if at.elapsed() < STOPPING => "STOP_REQUESTED",
            Some(_) => "STOPPED",
            None if self.ended() && self.failure.is_some() => {
                if trains {
                    "IN_ERROR"
                } else {
                    "FAILED"
                }
            }
            None if self.ended() => {
                if trains {
                    "TRAINED"
                } else {
                    "COMPLETED"
                }
            }
            None if self.began.elapsed() < self.duration / 10 => "SUBMITTED",
            None => {
                if trains {
                    "TRAINING"
                } else {
                    "IN_PROGRESS"
                }
            }
        }
    }

    fn describe(&self, id: &str) -> Value {
        let copied = [
            "InputDataConfig",
            "OutputDataConfig",
            "DataAccessRoleArn",
            "LanguageCode",
            "VolumeKmsKeyId",
            "ModelKmsKeyId",
            "VpcConfig",
            "Mode",
            "RedactionConfig",
            "NumberOfTopics",
            "DocumentClassifierArn",
            "EntityRecognizerArn",
            "VersionName",
            "JobName",
        ];
        let members =
            copied.into_iter().filter_map(|name| Some((name.to_owned(), self.input.get(name)?.clone())));
        let mut said = Value::Object(members.collect());
        let seconds = |at: SystemTime| at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
        said["SubmitTime"] = json!(seconds(self.began_at));
        let status = self.status();
        if self.kind.trains() {
            said[self.kind.arn_member()] = json!(self.arn);
            said["Status"] = json!(status);
        } else {
            said["JobId"] = json!(id);
            said["JobArn"] = json!(self.arn);
            said["JobStatus"] = json!(status);
        }
        // A job that never ends can be stopped.
        if !matches!(status, "SUBMITTED" | "IN_PROGRESS" | "TRAINING" | "STOP_REQUESTED")
            && let Some(end) = self.began_at.checked_add(self.duration)
        {
            said["EndTime"] = json!(seconds(end));
        }
        if let (Some(failure), "FAILED" | "IN_ERROR") = (self.failure, status) {
            said["Message"] = json!(failure);
        }
        if let Some(output) = &self.output {
            let file = if self.kind == Kind::Pii { "" } else { "output.tar.gz" };
            said["OutputDataConfig"]["S3Uri"] =
                json!(format!("s3://{}/{}{file}", output.bucket, output.folder));
        }
        json!({ self.kind.names().properties: said })
    }
}

impl Inner {
    /// Answers an operation on jobs; none if it is another operation.
    pub(super) async fn analysis(
        &self,
        operation: &str,
        region: &str,
        input: &Value,
        strike: &Strike,
    ) -> Option<Result<Bytes, Failure>> {
        let (kind, verb) = Kind::of(operation)?;
        if !input.is_object() {
            return Some(Err(Failure::client("SerializationException", "the body is not a JSON object")));
        }
        self.settle();
        let answer = match verb {
            Verb::Start => self.start_analysis(kind, region, input).await,
            Verb::Describe => self.with_job(kind, region, input, strike, |id, job| Ok(job.describe(id))),
            Verb::Stop => self.with_job(kind, region, input, strike, |id, job| {
                if !job.ended() {
                    job.stopped.get_or_insert_with(Instant::now);
                }
                Ok(match kind.trains() {
                    true => json!({}),
                    false => json!({"JobId": id, "JobStatus": job.status()}),
                })
            }),
        };
        Some(answer.map(|answer| Bytes::from(answer.to_string())))
    }

    fn with_job(
        &self,
        kind: Kind,
        region: &str,
        input: &Value,
        strike: &Strike,
        then: impl FnOnce(&str, &mut Job) -> Result<Value, Failure>,
    ) -> Result<Value, Failure> {
        let member = if kind.trains() { kind.arn_member() } else { "JobId" };
        let id = input.get(member).and_then(Value::as_str).unwrap_or_default();
        if id.is_empty() {
            return Err(invalid(format!("1 validation error detected: Value null at '{member}'")));
        }
        let mut state = self.comprehend_jobs.lock();
        let job = state
            .jobs
            .get_mut(id)
            .filter(|job| job.kind == kind && job.region == region && !strike.takes(&Fault::ExpiredJob));
        let job = job.ok_or_else(|| match kind.trains() {
            true => Failure::client("ResourceNotFoundException", "The specified resource ARN was not found."),
            false => Failure::client("JobNotFoundException", "The specified job was not found."),
        })?;
        then(id, job)
    }

    async fn start_analysis(&self, kind: Kind, region: &str, input: &Value) -> Result<Value, Failure> {
        let request = Request::read(kind, input)?;
        let names = kind.names();
        let token = request.token.map(|token| (region.to_owned(), names.start, token.to_owned()));
        if let Some(answer) = self.comprehend_jobs.lock().known(token.as_ref(), kind, input) {
            return answer;
        }
        for (key, direct) in
            [(request.output_key, false), (request.volume_key, true), (request.model_key, true)]
        {
            key.map_or(Ok(()), |key| self.comprehend_can_use(region, key, direct))?;
        }
        self.check_model(kind, region, &request)?;
        let (id, arn) = self.analysis_id(kind, region, &request);
        let documents = match request.input {
            Some((bucket, prefix, by_line)) if self.store.region(bucket).as_deref() == Some(region) => {
                documents::documents(&self.store, bucket, prefix, by_line, names.document_bytes)
            }
            _ => Vec::new(),
        };
        let failure = (documents.is_empty() && !kind.trains()).then_some(UNREADABLE);
        let files = match failure {
            Some(_) => Vec::new(),
            None => self.analysed(kind, input, &documents).await?,
        };
        let output = self.analysis_output(kind, region, &request, &id, files)?;
        let job = Job {
            kind,
            region: region.to_owned(),
            arn,
            input: input.clone(),
            began: Instant::now(),
            began_at: SystemTime::now(),
            duration: self.job_duration,
            stopped: None,
            failure,
            output,
        };
        let answer = started(kind, &id, &job);
        let mut state = self.comprehend_jobs.lock();
        // Another request with this token may have come in while the documents were analysed.
        if let Some(answer) = state.known(token.as_ref(), kind, input) {
            return answer;
        }
        if kind.trains() && state.jobs.contains_key(&id) {
            let message = "Concurrent modification or a model of this name exists already";
            return Err(Failure::client("ResourceInUseException", message));
        }
        if let Some(token) = token {
            state.tokens.insert(token, id.clone());
        }
        state.add(id, job);
        Ok(answer)
    }

    /// What identifies a job, a made-up id or the ARN of a model; and its ARN.
    fn analysis_id(&self, kind: Kind, region: &str, request: &Request<'_>) -> (String, String) {
        let partition = partition(region);
        let (account, resource) = (&self.account, kind.names().resource);
        let home = format!("arn:{partition}:comprehend:{region}:{account}:{resource}");
        match (kind.trains(), request.model) {
            (true, Some((name, version))) => {
                let version = version.map(|version| format!("/version/{version}")).unwrap_or_default();
                let arn = format!("{home}/{name}{version}");
                (arn.clone(), arn)
            }
            _ => {
                let id = format!("{:016x}{:016x}", fastrand::u64(..), fastrand::u64(..));
                (id.clone(), format!("{home}/{id}"))
            }
        }
    }

    fn analysis_output(
        &self,
        kind: Kind,
        region: &str,
        request: &Request<'_>,
        id: &str,
        files: Files,
    ) -> Result<Option<Output>, Failure> {
        let Some((bucket, prefix)) = request.output else { return Ok(None) };
        if self.store.region(bucket).as_deref() != Some(region) {
            return Err(invalid("The output bucket is not in the Region of the request, or not there"));
        }
        let encryption = match request.output_key {
            Some(key) => {
                let key = self.keys.find(region, key).map_err(|missing| bad_key(&missing.to_string()))?;
                Encryption::Kms { key_arn: key.arn.as_str().into(), bucket_key: false }
            }
            None => self.store.lock().get(bucket).map_or(Encryption::S3, |bucket| bucket.encryption.clone()),
        };
        // Models are identified by ARNs, after which no folder is named.
        let id = if kind.trains() { format!("{:032x}", fastrand::u128(..)) } else { id.to_owned() };
        let slash = if prefix.is_empty() || prefix.ends_with('/') { "" } else { "/" };
        let folder = format!("{prefix}{slash}{}-{}-{id}/output/", self.account, kind.names().folder);
        if kind == Kind::Pii {
            let default = self.store.lock().get(bucket).map(|bucket| bucket.encryption.clone());
            let check = Object::stored(Bytes::new(), default.unwrap_or(Encryption::S3));
            self.store.put(bucket, format!("{folder}.write_access_check_file.temp"), check);
        }
        Ok(Some(Output { bucket: bucket.to_owned(), folder, encryption, files }))
    }

    fn comprehend_can_use(&self, region: &str, name: &str, direct: bool) -> Result<(), Failure> {
        if direct && name.contains("alias/") {
            return Err(bad_key("an alias is not accepted here: give the id or the ARN of the key"));
        }
        let key = self.keys.find(region, name).map_err(|missing| bad_key(&missing.to_string()))?;
        match key.state {
            _ if !key.is_symmetric() => Err(bad_key("it is not a symmetric encryption key")),
            "Enabled" => Ok(()),
            state => Err(bad_key(&format!("it is {state}"))),
        }
    }

    /// A job that uses a model needs one that is trained.
    fn check_model(&self, kind: Kind, region: &str, request: &Request<'_>) -> Result<(), Failure> {
        let model = match kind {
            Kind::Classification => Kind::Classifier,
            Kind::Entities => Kind::Recognizer,
            _ => return Ok(()),
        };
        let Some((arn, _)) = request.model else { return Ok(()) };
        let state = self.comprehend_jobs.lock();
        match state.jobs.get(arn).filter(|job| job.kind == model && job.region == region) {
            Some(job) if job.status() == "TRAINED" => Ok(()),
            Some(_) => Err(Failure::client("ResourceUnavailableException", "The model is not trained.")),
            None => {
                Err(Failure::client("ResourceNotFoundException", "The specified resource ARN was not found."))
            }
        }
    }
}

fn bad_key(why: &str) -> Failure {
    Failure::client(
        "KmsKeyValidationException",
        format!("The KMS customer managed key cannot be used: {why}"),
    )
}

fn started(kind: Kind, id: &str, job: &Job) -> Value {
    match kind.trains() {
        true => json!({ kind.arn_member(): job.arn }),
        false => json!({"JobId": id, "JobArn": job.arn, "JobStatus": "SUBMITTED"}),
    }
}

#[cfg(test)]
mod tests {
    use super::super::store::Bucket;
    use super::*;

    /// If every request looked at every job, this would take minutes.
    #[tokio::test(start_paused = true)]
    async fn twenty_thousand_jobs_end_one_after_another() {
        const JOBS: u64 = 20_000;
        let (jobs, store) = (ComprehendJobs::default(), Store::default());
        let bucket = Bucket::new("us-east-1".to_owned(), "111122223333".to_owned());
        store.lock().insert("results".to_owned(), bucket);
        for number in 1..=JOBS {
            let output = Output {
                bucket: "results".to_owned(),
                folder: format!("{number}/"),
                encryption: Encryption::S3,
                files: vec![("output".to_owned(), Bytes::from_static(b"{}"))],
            };
            let job = Job {
                kind: Kind::Pii,
                region: "us-east-1".to_owned(),
                arn: String::new(),
                input: json!({}),
                began: Instant::now(),
                began_at: SystemTime::now(),
                duration: if number == JOBS { Duration::MAX } else { Duration::from_secs(number) },
                stopped: (number == 1).then(Instant::now),
                failure: None,
                output: Some(output),
            };
            jobs.lock().add(number.to_string(), job);
        }
        let written = || store.lock().get("results").map_or(0, |bucket| bucket.objects.len() as u64);
        for second in 1..JOBS {
            tokio::time::advance(Duration::from_secs(1)).await;
            jobs.settle(&store);
            assert_eq!(written(), second - 1, "all but the one that was stopped");
        }
        assert!(jobs.lock().ends.is_empty(), "one job never ends, and nothing waits for it");
    }
}
