//! The names of one deployment, from which its policies are written.

use super::builder::ScopeBuilder;
use super::documents::Documents;
use super::key::KeyStatements;
use super::language::PolicyDocument;
use super::names::{Area, Names, Presence};
use super::value::{Value, verbatim};
use super::{analyses, bucket, comprehend, endpoint, identity, notification};
use crate::job::{Api, Family, Seal, SecureJob};
use crate::resource::{AccountId, Bucket, Partition, Region, RoleArn, S3Location, VpcEndpointId};

/// Where redacted results go in the bucket of the results by default.
pub(super) const REDACTED: &str = "redacted";

/// The names of one deployment: what jobs read and write, under which key, and who does what.
///
/// Names that are not given follow from its [name](super::ScopeBuilder::name): the topic `inkseal-completions`, the queue of the same name
/// with `inkseal-completions-dead`, and the roles `inkseal-starter`, `-reader`, `-worker`, `-textract` and `-comprehend`.
///
/// ```
/// use inkseal::SecureJob;
/// use inkseal::policy::Scope;
///
/// let job = SecureJob::text_detection("s3://amzn-s3-demo-source/scans/claim.pdf".parse()?)
///     .output_bucket("amzn-s3-demo-results".parse()?)
///     .kms_key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?)
///     .build()?;
/// let scope = Scope::of_job(&job).build()?;
/// let policy = serde_json::to_string_pretty(&scope.starter())?;
/// assert!(policy.contains("textract:StartDocumentTextDetection"));
/// assert!(policy.contains("arn:aws:s3:::amzn-s3-demo-source/scans/claim.pdf"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Scope {
    pub(super) given: ScopeBuilder,
    pub(super) partition: Partition,
    pub(super) region: Region,
    pub(super) account: AccountId,
    pub(super) key_account: AccountId,
}

impl Scope {
    /// For jobs of all families, with these documents and this seal. Further names are optional.
    pub fn builder(documents: Documents, seal: &Seal) -> ScopeBuilder {
        ScopeBuilder::new(documents, seal)
    }

    /// For this job: its document, its seal, its family and its channel. Without a channel, the starter polls.
    pub fn of_job<F: Family>(job: &SecureJob<F>) -> ScopeBuilder {
        let builder = Self::builder(Documents::object(job.input()), job.seal()).families([F::API]);
        match job.notification_channel() {
            Some(channel) => builder.channel(channel),
            None => builder.polling(),
        }
    }

    /// The identity policy of whoever starts jobs and lists documents to start them for.
    ///
    /// It cannot force the seal: Textract's Start operations have no resource and no condition key for `OutputConfig` or
    /// `KMSKeyId`. It lets Textract write only to the one place, under the one key, and [`SecureJob`] does the rest.
    pub fn starter(&self) -> PolicyDocument {
        identity::starter(&self.names())
    }

    /// The identity policy of whoever reads results, from the bucket or through the Get operations. It writes nothing.
    pub fn reader(&self) -> PolicyDocument {
        identity::reader(&self.names())
    }

    /// The identity policy of the workers of a [`fleet`](crate::fleet): take completions, read results, file in the sink.
    ///
    /// To see whether a job was filed, a worker asks for its manifest. Only a caller who may list the whole bucket is told that an
    /// object is missing; others get AccessDenied, which [`SealedStore`](crate::SealedStore) treats as the same.
    pub fn worker(&self) -> PolicyDocument {
        identity::worker(&self.names())
    }

    /// The identity policy of whoever uploads documents. Each put has to name the key, as the bucket takes nothing without it
    /// (`aws s3 cp --sse aws:kms --sse-kms-key-id ARN`). It reads nothing, and lists nothing.
    ///
    /// The policies of the key and of the endpoint let only the [uploaders](super::ScopeBuilder::uploader) upload.
    pub fn uploader(&self) -> PolicyDocument {
        identity::uploader(&self.names())
    }

    /// The identity policy of whoever starts Comprehend's jobs and trainings, follows and stops them, and reads their results in
    /// the sink. It passes them the role of [`comprehend_role`](Self::comprehend_role).
    ///
    /// **It forces the seal.** Comprehend has condition keys for the keys of a request, for output, volumes and model, and each one that
    /// an operation takes has to be the key: a start that names another key, or none, is denied, whatever code makes the call. Name the
    /// key by its ARN. Unconfirmed: whether Comprehend also compares an id with the ARN, or takes it for another key.
    ///
    /// To make the input of a job from Textract's results ([`CompletedJob::comprehend_input`](crate::CompletedJob::comprehend_input))
    /// it needs the policy of a [worker](Self::worker) as well. Unconfirmed: whether the caller itself has to be allowed
    /// `kms:CreateGrant`, which is allowed here for the volumes, and only for AWS resources.
    pub fn comprehend_starter(&self) -> PolicyDocument {
        analyses::starter(&self.names())
    }

    /// The identity policy of whoever evaluates a [posture](crate::posture): the settings of key, buckets and trails, and nothing
    /// that is in them, not even the names of objects. A trail of the organization belongs to another account, so permission to read
    /// its settings has to be added with [`PolicyDocument::with`].
    pub fn checker(&self) -> PolicyDocument {
        identity::checker(&self.names())
    }

    /// What the policy of the key has to say, except for its administrators, which have to be filled in.
    pub fn key_statements(&self) -> KeyStatements {
        KeyStatements::new(&self.names())
    }

    /// The policy of the bucket of the documents.
    pub fn input_bucket(&self) -> PolicyDocument {
        let names = self.names();
        bucket::sealed(&names, &names.input.bucket)
    }

    /// The policy of the bucket of the results.
    pub fn output_bucket(&self) -> PolicyDocument {
        let names = self.names();
        bucket::sealed(&names, &names.output.bucket)
    }

    /// The policy of the bucket of the documents that were filed.
    pub fn sink_bucket(&self) -> PolicyDocument {
        let names = self.names();
        bucket::sealed(&names, &names.sink.bucket)
    }

    /// The trust policy of the role as which Textract publishes completions.
    pub fn notification_trust(&self) -> PolicyDocument {
        notification::trust(&self.names())
    }

    /// The identity policy of that role.
    pub fn notification_role(&self) -> PolicyDocument {
        notification::permissions(&self.names())
    }

    /// The policy of the topic. It has to be encrypted with the key.
    pub fn topic(&self) -> PolicyDocument {
        notification::topic(&self.names())
    }

    /// The policy of the queue. It has to be encrypted with the key.
    pub fn queue(&self) -> PolicyDocument {
        notification::queue(&self.names())
    }

    /// The policy of the dead-letter queue. It has to be encrypted with the key.
    pub fn dead_letters(&self) -> PolicyDocument {
        notification::dead_letters(&self.names())
    }

    /// The trust policy of the role as which Comprehend reads and writes.
    pub fn comprehend_trust(&self) -> PolicyDocument {
        comprehend::trust(&self.names())
    }

    /// The identity policy of that role.
    pub fn comprehend_role(&self) -> PolicyDocument {
        comprehend::permissions(&self.names())
    }

    /// The policy of the VPC endpoint of Textract.
    pub fn textract_endpoint(&self) -> PolicyDocument {
        endpoint::textract(&self.names())
    }

    /// The policy of the VPC endpoint of Comprehend.
    pub fn comprehend_endpoint(&self) -> PolicyDocument {
        endpoint::comprehend(&self.names())
    }

    /// The policy of the VPC endpoint of S3.
    pub fn s3_endpoint(&self) -> PolicyDocument {
        endpoint::s3(&self.names())
    }

    /// A policy in addition to those of the roles, or a permissions boundary around more: every call goes through the endpoints, except
    /// those that a service makes for the caller. `None` if no endpoint was given.
    pub fn network_perimeter(&self) -> Option<PolicyDocument> {
        (!self.given.endpoints.is_empty()).then(|| endpoint::perimeter(&self.names()))
    }

    /// Each policy with a name for its file, in a fixed order: all except that of the key, which needs its administrators.
    pub fn policies(&self) -> Vec<(&'static str, PolicyDocument)> {
        let mut all = vec![
            ("starter", self.starter()),
            ("reader", self.reader()),
            ("worker", self.worker()),
            ("uploader", self.uploader()),
            ("comprehend-starter", self.comprehend_starter()),
            ("checker", self.checker()),
            ("input-bucket", self.input_bucket()),
            ("output-bucket", self.output_bucket()),
            ("sink-bucket", self.sink_bucket()),
            ("notification-role-trust", self.notification_trust()),
            ("notification-role", self.notification_role()),
            ("topic", self.topic()),
            ("queue", self.queue()),
            ("dead-letter-queue", self.dead_letters()),
            ("comprehend-role-trust", self.comprehend_trust()),
            ("comprehend-role", self.comprehend_role()),
            ("textract-endpoint", self.textract_endpoint()),
            ("comprehend-endpoint", self.comprehend_endpoint()),
            ("s3-endpoint", self.s3_endpoint()),
        ];
        all.extend(self.network_perimeter().map(|policy| ("network-perimeter", policy)));
        all
    }

    /// The account.
    pub fn account(&self) -> &AccountId {
        &self.account
    }

    /// The Region, which is that of the key.
    pub fn region(&self) -> &Region {
        &self.region
    }

    pub(super) fn name(&self) -> &str {
        &self.given.name
    }

    pub(super) fn documents(&self) -> &Documents {
        &self.given.documents
    }

    pub(super) fn output(&self) -> &S3Location {
        &self.given.output
    }

    /// Where documents are filed: the given sink, or `redacted` in the bucket of the results.
    pub(super) fn sink(&self) -> Area {
        match &self.given.sink {
            Some(sink) => self.area(sink),
            None => Area { keys: format!("{REDACTED}/"), ..self.area(&self.given.output) },
        }
    }

    pub(super) fn sink_location(&self) -> (&Bucket, &str) {
        match &self.given.sink {
            Some(sink) => (sink.bucket(), sink.prefix().as_str()),
            None => (self.given.output.bucket(), REDACTED),
        }
    }

    pub(super) fn families(&self) -> &[Api] {
        &self.given.families
    }

    pub(super) fn polls(&self) -> bool {
        self.given.polls
    }

    pub(super) fn detects(&self) -> bool {
        self.given.detects
    }

    pub(super) fn uploaders(&self) -> &[RoleArn] {
        &self.given.uploaders
    }

    pub(super) fn in_vpc(&self) -> bool {
        self.given.in_vpc
    }

    pub(super) fn endpoints(&self) -> &[VpcEndpointId] {
        &self.given.endpoints
    }

    pub(super) fn documents_area(&self) -> Area {
        let Documents { bucket, keys, is_one } = &self.given.documents;
        Area { bucket: self.bucket(bucket), keys: verbatim(keys), is_one: *is_one }
    }

    pub(super) fn output_area(&self) -> Area {
        self.area(&self.given.output)
    }

    fn area(&self, location: &S3Location) -> Area {
        let keys = format!("{}/", verbatim(location.prefix().as_str()));
        Area { bucket: self.bucket(location.bucket()), keys, is_one: false }
    }

    fn bucket(&self, bucket: &Bucket) -> Value {
        format!("arn:{}:s3:::{bucket}", self.partition).into()
    }

    fn names(&self) -> Names {
        let Self { given, partition, region, account, key_account } = self;
        let role = |of: &str| Value::from(format!("arn:{partition}:iam::{account}:role/{}-{of}", given.name));
        let roles = |these: &[RoleArn], of: &str| match these {
            [] => vec![role(of)],
            these => these.iter().map(literal).collect(),
        };
        let sqs = |name: &str| format!("arn:{partition}:sqs:{region}:{account}:{name}");
        let default = format!("{}-completions", given.name);
        let queue = given.queue.as_ref().and_then(|queue| queue.as_str().rsplit('/').next());
        let queue = queue.unwrap_or(&default);
        Names {
            partition: literal(partition),
            region: literal(region),
            account: literal(account),
            dns_suffix: partition.dns_suffix().into(),
            key: literal(&given.key),
            key_account: literal(key_account),
            input: self.documents_area(),
            output: self.output_area(),
            sink: self.sink(),
            topic: given
                .topic
                .as_ref()
                .map_or_else(|| format!("arn:{partition}:sns:{region}:{account}:{default}").into(), literal),
            queue: sqs(queue).into(),
            dead_letters: sqs(&format!("{queue}-dead")).into(),
            notification_role: given.notification_role.as_ref().map_or_else(|| role("textract"), literal),
            comprehend_role: given.comprehend_role.as_ref().map_or_else(|| role("comprehend"), literal),
            starters: roles(&given.starters, "starter"),
            readers: roles(&given.readers, "reader"),
            workers: roles(&given.workers, "worker"),
            uploaders: given.uploaders.iter().map(literal).collect(),
            comprehend_starters: given.comprehend_starters.iter().map(literal).collect(),
            checkers: given.checkers.iter().map(literal).collect(),
            uploads: if given.uploaders.is_empty() { Presence::Absent } else { Presence::Present },
            families: given.families.clone(),
            polls: given.polls,
            announces: !given.polls
                || given.topic.is_some()
                || given.notification_role.is_some()
                || given.queue.is_some(),
            in_vpc: given.in_vpc,
            detects: if given.detects { Presence::Present } else { Presence::Absent },
            endpoints: given.endpoints.iter().map(literal).collect(),
            perimeter: if given.endpoints.is_empty() { Presence::Absent } else { Presence::Present },
        }
    }
}

fn literal(name: &impl ToString) -> Value {
    name.to_string().into()
}
