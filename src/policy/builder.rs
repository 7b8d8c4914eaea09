//! Builds a scope, and says what is wrong with its parts.

use super::documents::Documents;
use super::error::InvalidScope;
use super::scope::{REDACTED, Scope};
use crate::job::{Api, NotificationChannel, Seal};
use crate::resource::{
    AccountId, Bucket, KeyForm, KmsKey, QueueUrl, Region, RoleArn, S3Location, TopicArn, VpcEndpointId,
};

/// Builds a [`Scope`].
///
/// ```
/// use inkseal::Seal;
/// use inkseal::policy::Scope;
///
/// let seal = Seal::known(
///     "s3://amzn-s3-demo-results/textract".parse()?,
///     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
///     Some("111122223333".parse()?),
/// )?;
/// let scope = Scope::builder("s3://amzn-s3-demo-source/scans/".parse()?, &seal)
///     .starter("arn:aws:iam::111122223333:role/intake".parse()?)
///     .reader("arn:aws:iam::111122223333:role/claims".parse()?)
///     .topic("arn:aws:sns:us-east-1:111122223333:textract-done".parse()?)
///     .build()?;
/// assert!(serde_json::to_string(&scope.reader())?.contains("arn:aws:s3:::amzn-s3-demo-results/textract/"));
///
/// // A role of another account is refused.
/// let elsewhere = Scope::builder("s3://amzn-s3-demo-source".parse()?, &seal)
///     .reader("arn:aws:iam::444455556666:role/claims".parse()?);
/// assert!(elsewhere.build().is_err());
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ScopeBuilder {
    pub(super) documents: Documents,
    pub(super) output: S3Location,
    pub(super) sink: Option<S3Location>,
    pub(super) key: KmsKey,
    pub(super) account: Option<AccountId>,
    pub(super) region: Option<Region>,
    pub(super) name: String,
    pub(super) families: Vec<Api>,
    pub(super) topic: Option<TopicArn>,
    pub(super) notification_role: Option<RoleArn>,
    pub(super) queue: Option<QueueUrl>,
    pub(super) comprehend_role: Option<RoleArn>,
    pub(super) starters: Vec<RoleArn>,
    pub(super) readers: Vec<RoleArn>,
    pub(super) workers: Vec<RoleArn>,
    pub(super) uploaders: Vec<RoleArn>,
    pub(super) comprehend_starters: Vec<RoleArn>,
    pub(super) checkers: Vec<RoleArn>,
    pub(super) endpoints: Vec<VpcEndpointId>,
    pub(super) polls: bool,
    pub(super) detects: bool,
    pub(super) in_vpc: bool,
}

/// The four operations that start jobs.
const ALL_FAMILIES: [Api; 4] = [
    Api::StartDocumentTextDetection,
    Api::StartDocumentAnalysis,
    Api::StartExpenseAnalysis,
    Api::StartLendingAnalysis,
];

impl ScopeBuilder {
    pub(super) fn new(documents: Documents, seal: &Seal) -> Self {
        Self {
            documents,
            output: S3Location::new(seal.bucket().clone(), seal.prefix().clone()),
            sink: None,
            key: seal.kms_key().clone(),
            account: seal.bucket_owner().cloned(),
            region: seal.region().cloned(),
            name: "inkseal".to_owned(),
            families: ALL_FAMILIES.to_vec(),
            topic: None,
            notification_role: None,
            queue: None,
            comprehend_role: None,
            starters: Vec::new(),
            readers: Vec::new(),
            workers: Vec::new(),
            uploaders: Vec::new(),
            comprehend_starters: Vec::new(),
            checkers: Vec::new(),
            endpoints: Vec::new(),
            polls: false,
            detects: false,
            in_vpc: false,
        }
    }

    /// The account that owns the buckets and everything else except the key. Defaults to the owner that the seal names, or else to
    /// the account of the key.
    pub fn account(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// What the names of the topic, the queues and the roles begin with if they are not given. Defaults to `inkseal`. It is also the
    /// default of the stack's parameter `Name`. 1 to 40 letters and digits, with single hyphens between them: CloudTrail takes no
    /// others ("Naming requirements for CloudTrail resources" in the AWS CloudTrail user guide).
    pub fn name(self, name: impl Into<String>) -> Self {
        Self { name: name.into(), ..self }
    }

    /// The families of jobs, by the operations that start them. Defaults to all four, or to that of the job it was made from.
    pub fn families(self, families: impl IntoIterator<Item = Api>) -> Self {
        let mut all: Vec<Api> = Vec::new();
        for family in families {
            if !all.contains(&family) {
                all.push(family);
            }
        }
        Self { families: all, ..self }
    }

    /// The topic that completions are announced on, and the role that announces them.
    pub fn channel(self, channel: &NotificationChannel) -> Self {
        self.topic(channel.topic().clone()).notification_role(channel.role().clone())
    }

    /// The topic that completions are announced on.
    pub fn topic(self, topic: TopicArn) -> Self {
        Self { topic: Some(topic), ..self }
    }

    /// The role as which Textract publishes completions.
    pub fn notification_role(self, role: RoleArn) -> Self {
        Self { notification_role: Some(role), ..self }
    }

    /// The queue that the topic delivers to. Its dead-letter queue is assumed to have the same name followed by `-dead`.
    pub fn queue(self, queue: QueueUrl) -> Self {
        Self { queue: Some(queue), ..self }
    }

    /// Where workers file documents. Defaults to `redacted` in the bucket of the results. A bucket of its own is better: then no policy
    /// of the results has to name those [who read what was redacted](crate::policy#who-reads-the-sink).
    pub fn sink(self, sink: S3Location) -> Self {
        Self { sink: Some(sink), ..self }
    }

    /// The role as which Comprehend reads and writes.
    pub fn comprehend_role(self, role: RoleArn) -> Self {
        Self { comprehend_role: Some(role), ..self }
    }

    /// Adds a role that starts jobs.
    pub fn starter(mut self, role: RoleArn) -> Self {
        self.starters.push(role);
        self
    }

    /// Adds a role that reads results.
    pub fn reader(mut self, role: RoleArn) -> Self {
        self.readers.push(role);
        self
    }

    /// Adds a role that workers run as.
    pub fn worker(mut self, role: RoleArn) -> Self {
        self.workers.push(role);
        self
    }

    /// Adds a role that uploads documents. Without one, only the administrators of bucket and key can bring documents in.
    pub fn uploader(mut self, role: RoleArn) -> Self {
        self.uploaders.push(role);
        self
    }

    /// Adds a role that starts Comprehend's jobs.
    pub fn comprehend_starter(mut self, role: RoleArn) -> Self {
        self.comprehend_starters.push(role);
        self
    }

    /// Adds a role that reads the settings, as a [posture](crate::posture) does.
    pub fn checker(mut self, role: RoleArn) -> Self {
        self.checkers.push(role);
        self
    }

    /// Adds a VPC endpoint. Name every endpoint that the roles use: S3's, Textract's and Comprehend's. The bucket policies need S3's;
    /// [`network_perimeter`](Scope::network_perimeter) denies whatever comes through none of them.
    pub fn vpc_endpoint(mut self, endpoint: VpcEndpointId) -> Self {
        self.endpoints.push(endpoint);
        self
    }

    /// The starter waits for its jobs itself, so it may also get them, and with them their results. Unless a topic, a queue or a
    /// notification role is given, nothing is announced then: the starter passes no role, and the key names none.
    pub fn polling(self) -> Self {
        Self { polls: true, ..self }
    }

    /// Workers redact with Amazon Comprehend.
    pub fn detecting(self) -> Self {
        Self { detects: true, ..self }
    }

    /// Comprehend's jobs run in a VPC of the account ([`VpcConfig`](crate::comprehend::VpcConfig)): their role may make its network
    /// interfaces, and the policy of S3's endpoint lets that role read and write the sink. Unconfirmed: whether the jobs need more
    /// through that endpoint, such as the actions of uploads in parts, or the buckets of model artifacts.
    pub fn comprehend_in_vpc(self) -> Self {
        Self { in_vpc: true, ..self }
    }

    /// Builds the scope.
    ///
    /// # Errors
    ///
    /// [`InvalidScope`] if the key is not named by its ARN, if something is in another Region, partition or account, if documents,
    /// results and redacted results overlap, if there is no family, or if the name is not valid.
    pub fn build(self) -> Result<Scope, InvalidScope> {
        let (region, owner, partition) =
            match (self.key.form(), self.key.region(), self.key.account(), self.key.partition()) {
                (KeyForm::Alias | KeyForm::AliasArn, ..) => return Err(InvalidScope::KeyIsAlias),
                (KeyForm::KeyArn, Some(region), Some(account), Some(partition)) => {
                    (region.clone(), account.clone(), partition)
                }
                _ => return Err(InvalidScope::KeyIsNoArn),
            };
        let key_account = owner;
        let account = self.account.clone().unwrap_or_else(|| key_account.clone());
        if let Some(given) = &self.region {
            self.key.check_region(given)?;
        }
        if let Some(topic) = &self.topic {
            topic.check_region(&region)?;
            if topic.account() != &account {
                return Err(InvalidScope::OtherAccount("the SNS topic"));
            }
        }
        if let Some(queue) = &self.queue {
            queue.check_region(&region)?;
        }
        let queue_account = self.queue.as_ref().and_then(|queue| queue.as_str().rsplit('/').nth(1));
        if queue_account.is_some_and(|of_queue| of_queue != account.as_str()) {
            return Err(InvalidScope::OtherAccount("the SQS queue"));
        }
        let passed = self.notification_role.iter().chain(&self.comprehend_role);
        for role in passed.clone() {
            role.check_region(&region)?;
        }
        // A role of another account cannot be passed to a service.
        if passed.clone().any(|role| role.account() != &account) {
            return Err(InvalidScope::OtherAccount("the role of a service"));
        }
        // The buckets deny other accounts, whatever their roles are allowed here.
        for (what, roles) in [
            ("a role that starts jobs", &self.starters),
            ("a role that reads results", &self.readers),
            ("a role of the workers", &self.workers),
            ("a role that uploads documents", &self.uploaders),
            ("a role that starts Comprehend's jobs", &self.comprehend_starters),
            ("a role that evaluates the posture", &self.checkers),
        ] {
            for role in roles {
                role.check_region(&region)?;
                if role.account() != &account {
                    return Err(InvalidScope::OtherAccount(what));
                }
            }
        }
        if self.families.is_empty() {
            return Err(InvalidScope::NoFamily);
        }
        // As CloudTrail has it, whose rule for names is the strictest.
        let is_word = |word: &str| !word.is_empty() && word.bytes().all(|byte| byte.is_ascii_alphanumeric());
        if self.name.len() > 40 || !self.name.split('-').all(is_word) {
            return Err(InvalidScope::ResourceName);
        }
        self.check_areas()?;
        Ok(Scope { given: self, partition, region, account, key_account })
    }

    /// Whoever may use one area must not get at the others, so no two of them may overlap.
    fn check_areas(&self) -> Result<(), InvalidScope> {
        let of_location =
            |location: &S3Location| (location.bucket().clone(), format!("{}/", location.prefix().as_str()));
        let output = of_location(&self.output);
        let sink = match &self.sink {
            Some(sink) => of_location(sink),
            None => (output.0.clone(), format!("{REDACTED}/")),
        };
        let documents = (self.documents.bucket().clone(), self.documents.prefix().to_owned());
        let overlap = |one: &(Bucket, String), other: &(Bucket, String)| {
            one.0 == other.0 && (one.1.starts_with(&other.1) || other.1.starts_with(&one.1))
        };
        for (one, other, names) in [
            (&documents, &output, ("the documents", "the results")),
            (&documents, &sink, ("the documents", "the redacted results")),
            (&output, &sink, ("the results", "the redacted results")),
        ] {
            if overlap(one, other) {
                return Err(InvalidScope::Overlap(names.0, names.1));
            }
        }
        Ok(())
    }
}
