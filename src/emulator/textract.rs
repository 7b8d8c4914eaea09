//! Textract's operations: the asynchronous ones, and what all of them share.

use std::sync::Arc;

use bytes::Bytes;
use serde_json::{Value, json};
use sha2::{Digest, Sha256};
use tokio::time::Instant;

use super::Inner;
use super::calls::Call;
use super::checks::{self, Get, Location, Start};
use super::digest::hex;
use super::faults::Fault;
use super::jobs::{Family, Job, Output, State, Token};
use super::quotas::Operations;
use super::response::{Response, Shape};
use super::route::{Failure, Strike};
use super::store::{Encryption, Object};
use super::synthetic::Synthetic;

/// The largest document that a job reads, in bytes (PDF and TIFF).
const LARGEST: u64 = 500 * 1024 * 1024;

/// The longest object key of S3, in bytes.
const LONGEST_KEY: usize = 1024;

/// How a response that is for one document knows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Known {
    /// By its object key.
    Key(String),
    /// By the SHA-256 of its bytes.
    Bytes([u8; 32]),
}

impl Known {
    pub(super) fn bytes(bytes: &[u8]) -> Self {
        Self::Bytes(Sha256::digest(bytes).into())
    }
}

/// What Textract can be asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Start(Family),
    Get(Family),
    Summary,
    Call(Call),
}

impl Asked {
    pub(super) fn of(operation: &str) -> Option<Self> {
        let got = || Family::ALL.into_iter().find(|family| family.get_operation() == operation);
        let start = Family::started_by(operation).map(Self::Start);
        start
            .or_else(|| got().map(Self::Get))
            .or_else(|| Call::of(operation).map(Self::Call))
            .or_else(|| (operation == "GetLendingAnalysisSummary").then_some(Self::Summary))
    }

    /// The operations that it shares a rate with.
    fn operations(self) -> Operations {
        match self {
            Self::Start(family) => Operations::Start(family),
            Self::Get(family) => Operations::Get(family),
            Self::Summary => Operations::Get(Family::Lending),
            Self::Call(call) => Operations::Call(call),
        }
    }
}

/// The answer to a request that starts a job, by what its document, key and bucket allow.
pub(super) enum Admission {
    /// The job of this id was started with the same token before.
    Known(String),
    New(NewJob),
}

/// A job that can be started.
pub(super) struct NewJob {
    id: String,
    output: Option<Output>,
    pub(super) document: Arc<Object>,
}

pub(super) fn refused(code: &'static str, message: impl Into<String>) -> Failure {
    Failure::client(code, message)
}

/// Reads a request that starts a job of this family.
pub(super) fn read_start(family: Family, input: &Value) -> Result<Start, Failure> {
    let start = Start::read(input)?;
    if family == Family::Analysis {
        checks::analysis(input, 30)?;
    }
    Ok(start)
}

impl Inner {
    /// Answers a Textract operation.
    pub(super) async fn textract(
        &self,
        operation: &str,
        region: &str,
        input: Value,
        strike: &Strike,
    ) -> Result<Bytes, Failure> {
        if !input.is_object() {
            return Err(refused("SerializationException", "the body is not a JSON object"));
        }
        let asked = Asked::of(operation).ok_or_else(|| Failure::unknown_operation(operation))?;
        self.settle();
        self.admit(asked.operations(), region)?;
        let read = self.read_ahead(asked, region, &input).await;
        // Reading may have taken its time.
        self.settle();
        match asked {
            Asked::Start(family) => self.start(family, region, input, read, strike),
            Asked::Get(family) => self.get(family, region, &input, strike),
            Asked::Summary => {
                let get = Get::read(&input)?;
                let job = self.job(Family::Lending, region, get.job, strike)?;
                Ok(Bytes::from(job.summary(job.ended(), false).to_string()))
            }
            Asked::Call(call) => self.call(call, region, &input, read),
        }
    }

    fn admit(&self, operations: Operations, region: &str) -> Result<(), Failure> {
        if self.rates.admit(operations, region, self.quotas.rate(operations)) {
            Ok(())
        } else if self.quotas.throttling_exception {
            Err(Failure::server("ThrottlingException", "Rate exceeded"))
        } else {
            Err(refused("ProvisionedThroughputExceededException", "Provisioned rate exceeded"))
        }
    }

    /// Whether a job can be started, or was already. To be asked, and acted upon, under the lock of the jobs.
    pub(super) fn admission(
        &self,
        family: Family,
        region: &str,
        start: &Start,
        input: &Value,
        jobs: &State,
    ) -> Result<Admission, Failure> {
        if let Some(token) = &start.token {
            match jobs.token(family, region, token, input) {
                Token::New => {}
                Token::Known(id) => return Ok(Admission::Known(id)),
                Token::Mismatch => {
                    let message = "A ClientRequestToken input parameter was reused with an operation, but at least one \
                                   of the other input parameters is different from the previous call to the operation.";
                    return Err(refused("IdempotentParameterMismatchException", message));
                }
            }
        }
        let most = self.quotas.of(family).concurrent_jobs;
        if most.is_some_and(|most| jobs.running(family, region) >= most) {
            return Err(Failure::too_many_jobs());
        }
        if start.topic.as_deref().is_some_and(|topic| topic.split(':').nth(3) != Some(region)) {
            return Err(refused(
                "InvalidParameterException",
                "the topic must be in the Region of the request",
            ));
        }
        if start.topic.as_deref().is_some_and(|topic| !self.messaging.knows_topic(topic)) {
            let message =
                "Unable to publish to the SNS topic. Check the topic, the role and its permissions.";
            return Err(refused("InvalidParameterException", message));
        }
        let document = self.document(region, &start.location)?;
        if document.content.len() > LARGEST {
            let message = "S3 object size is more than the maximum limit";
            return Err(refused("DocumentTooLargeException", message));
        }
        let key_arn = match &start.key {
            Some(name) => Some(self.check_key(region, name)?),
            None => None,
        };
        let id = job_id();
        let output = match &start.output {
            Some((bucket, prefix)) => {
                if self.store.region(bucket).as_deref() != Some(region) {
                    let message = "Unable to access the output bucket. Check bucket name, region and/or access \
                                   permissions.";
                    return Err(refused("InvalidS3ObjectException", message));
                }
                let prefix = prefix.as_deref().unwrap_or("textract_output");
                let encryption = match key_arn {
                    Some(key_arn) => Encryption::Kms { key_arn: key_arn.into(), bucket_key: false },
                    None => Encryption::S3,
                };
                let output = Output { bucket: bucket.clone(), folder: format!("{prefix}/{id}"), encryption };
                if output.access_check().len() > LONGEST_KEY {
                    let message = "Unable to write to the output bucket. Check the length of the prefix.";
                    return Err(refused("InvalidS3ObjectException", message));
                }
                Some(output)
            }
            None => None,
        };
        Ok(Admission::New(NewJob { id, output, document }))
    }

    fn start(
        &self,
        family: Family,
        region: &str,
        input: Value,
        read: Option<Response>,
        strike: &Strike,
    ) -> Result<Bytes, Failure> {
        let start = read_start(family, &input)?;
        let mut jobs = self.jobs.lock();
        let NewJob { id, output, .. } = match self.admission(family, region, &start, &input, &jobs)? {
            Admission::New(job) => job,
            Admission::Known(id) => return Ok(started(&id)),
        };
        if let Some(output) = &output {
            // Textract tries to write to the bucket before it accepts the job, under the bucket's own default
            // encryption.
            let default = self.store.lock().get(&output.bucket).map(|bucket| bucket.encryption.clone());
            let access_check = Object::stored(Bytes::new(), default.unwrap_or(Encryption::S3));
            self.store.put(&output.bucket, output.access_check(), access_check);
        }
        let response = self.response_for(family.shape(), &Known::Key(start.location.key), read);
        let begun = Instant::now();
        let job = Job {
            id: id.clone(),
            family,
            region: region.to_owned(),
            started: begun,
            ends: begun.checked_add(response.duration.unwrap_or(self.job_duration)),
            response,
            output,
            input: input.to_string().into_boxed_str(),
            token: start.token.map(String::into_boxed_str),
            strike: strike.of_output(),
        };
        let is_next = jobs.add(job);
        drop(jobs);
        if is_next {
            // Whoever waits for messages waits until the next job ends.
            self.messaging.wake_all();
        }
        Ok(started(&id))
    }

    /// The object that a request names as its document.
    pub(super) fn document(&self, region: &str, location: &Location) -> Result<Arc<Object>, Failure> {
        let unreadable = || {
            let message =
                "Unable to get object metadata from S3. Check object key, region and/or access permissions.";
            refused("InvalidS3ObjectException", message)
        };
        // Textract does not find an object with this sign in its key.
        if self.unreadable.contains(&location.bucket) || location.key.contains('#') {
            return Err(unreadable());
        }
        if self.store.region(&location.bucket).as_deref() != Some(region) || location.version.is_some() {
            return Err(unreadable());
        }
        let object = self.store.object(&location.bucket, &location.key).ok_or_else(unreadable)?;
        // Textract reads it through S3, which asks KMS for the key.
        self.usable(&object.encryption, region).map_err(|_| unreadable())?;
        Ok(object)
    }

    fn check_key(&self, region: &str, name: &str) -> Result<String, Failure> {
        let invalid =
            |why: &str| refused("InvalidKMSKeyException", format!("The KMS key cannot be used: {why}"));
        let key = self.keys.find(region, name).map_err(|missing| invalid(&missing.to_string()))?;
        if key.state != "Enabled" {
            return Err(invalid(&format!("it is {}", key.state)));
        }
        if !key.is_symmetric() {
            return Err(invalid("it is not a symmetric encryption key"));
        }
        if key.is_aws_managed() {
            return Err(invalid("it is managed by AWS"));
        }
        Ok(key.arn.clone())
    }

    /// What a document is answered with: its own response, otherwise what was read in it, otherwise the response for
    /// all.
    pub(super) fn response_for(&self, wanted: Shape, document: &Known, read: Option<Response>) -> Response {
        if let Some(response) = self.own_response(wanted, document) {
            return response.clone();
        }
        if let Some(response) = read {
            return response;
        }
        if let Some(response) = self.responses.iter().rev().find(|response| response.fits(wanted)) {
            return response.clone();
        }
        if self.responses.is_empty() && self.responses_of.is_empty() {
            return sample(wanted);
        }
        Response::failed(format!("the emulator was given no response with {}", wanted.list()))
    }

    /// The latest response that is for this document alone.
    pub(super) fn own_response(&self, wanted: Shape, document: &Known) -> Option<&Response> {
        let mut own = self.responses_of.iter().rev().filter(|(known, _)| known == document);
        own.find_map(|(_, response)| response.fits(wanted).then_some(response))
    }

    fn job(&self, family: Family, region: &str, id: &str, strike: &Strike) -> Result<Arc<Job>, Failure> {
        let job = self.jobs.get(family, region, id).filter(|_| !strike.takes(&Fault::ExpiredJob));
        job.ok_or_else(|| refused("InvalidJobIdException", "Request has invalid Job Id"))
    }

    fn get(&self, family: Family, region: &str, input: &Value, strike: &Strike) -> Result<Bytes, Failure> {
        let get = Get::read(input)?;
        let job = self.job(family, region, get.job, strike)?;
        let (items, ended) = (job.response.items(), job.ended());
        let start = match get.next_token {
            None => 0,
            Some(token) => {
                let offset = token.split('.').next().and_then(|offset| u64::from_str_radix(offset, 16).ok());
                let known = offset.filter(|offset| next_token(&job.id, *offset) == token && ended);
                known.ok_or_else(|| refused("InvalidParameterException", "Request has invalid Next Token"))?
            }
        };
        let cap = family.page_cap();
        let end = start.saturating_add(get.max_results.unwrap_or(cap).min(cap)).min(items);
        let next = (end < items).then(|| next_token(&job.id, end));
        Ok(job.page(ended, start..end, next.as_deref()))
    }
}

fn started(id: &str) -> Bytes {
    Bytes::from(json!({ "JobId": id }).to_string())
}

fn job_id() -> String {
    (0..4).map(|_| format!("{:016x}", fastrand::u64(..))).collect()
}

/// Where the page starts, and a digest that binds that to its job. Clients see neither.
fn next_token(job: &str, offset: u64) -> String {
    let seal = Sha256::digest(format!("{job} {offset}"));
    format!("{offset:x}.{}", hex(seal))
}

/// The answer if the emulator was given no response: two small pages, one invoice, one licence, or one payslip.
fn sample(shape: Shape) -> Response {
    let geometry = json!({
        "BoundingBox": {"Height": 0.02322372794151306, "Left": 0.7483330965042114, "Top": 0.2562568366527557,
                        "Width": 0.13196858763694763},
        "Polygon": [{"X": 0.7483330965042114, "Y": 0.2562568366527557}, {"X": 0.8803016543388367, "Y": 0.2562568366527557},
                    {"X": 0.8803016543388367, "Y": 0.2794805765151977}, {"X": 0.7483330965042114, "Y": 0.2794805765151977}],
    });
    let detection = json!({"Text": "$4,310.77", "Confidence": 99.1402359008789, "Geometry": geometry});
    let recorded = match shape {
        Shape::Blocks => return Synthetic::pages(2).blocks_per_page(100).into(),
        Shape::Identity => {
            let field = |kind: &str, text: &str| {
                let value = json!({"Text": text, "Confidence": 98.87217712402344});
                json!({"Type": {"Text": kind}, "ValueDetection": value})
            };
            let mut birth = field("DATE_OF_BIRTH", "03/18/1978");
            birth["ValueDetection"]["NormalizedValue"] =
                json!({"Value": "1978-03-18T00:00:00", "ValueType": "Date"});
            let fields = [field("FIRST_NAME", "JORGE"), field("LAST_NAME", "SOUZA"), birth];
            let document = |index| json!({"DocumentIndex": index, "IdentityDocumentFields": fields});
            json!({"DocumentMetadata": {"Pages": 2}, "IdentityDocuments": [document(1), document(2)]})
        }
        Shape::Expense => json!({"DocumentMetadata": {"Pages": 1}, "ExpenseDocuments": [{
            "ExpenseIndex": 1,
            "SummaryFields": [{
                "Type": {"Text": "TOTAL", "Confidence": 99.97314453125},
                "LabelDetection": {"Text": "Total", "Confidence": 98.32453918457031, "Geometry": geometry},
                "ValueDetection": detection,
                "Currency": {"Code": "USD", "Confidence": 97.4103012084961},
                "PageNumber": 1,
            }],
            "LineItemGroups": [],
        }]}),
        Shape::Lending => json!({"DocumentMetadata": {"Pages": 1}, "Results": [{
            "Page": 1,
            "PageClassification": {
                "PageType": [{"Value": "PAYSLIPS", "Confidence": 99.84959411621094}],
                "PageNumber": [{"Value": "1", "Confidence": 100.0}],
            },
            "Extractions": [{"LendingDocument": {
                "LendingFields": [{"Type": "NET_PAY", "ValueDetections": [detection]}],
                "SignatureDetections": [],
            }}],
        }]}),
    };
    Response::recorded(recorded.to_string()).unwrap_or_else(|error| Response::failed(error.to_string()))
}
