//! Checks whether the deployment is as secure as the jobs, by the security pillar of the IDP lens.
//!
//! A sealed job is only half of it. The other half is deployed around it: the key, the buckets, their policies, the endpoints, the
//! credentials, the trail. A [`Posture`] checks all of these through the clients, by calls that only read. It says of each control whether
//! it holds, what to do if it does not, what it could not see for lack of a permission, and what only a person can answer. It follows
//! "Security" in the AWS Well-Architected Intelligent Document Processing lens.
//!
//! ```no_run
//! use inkseal::posture::Posture;
//! # use inkseal::{Analysis, Clients, SecureJob};
//! # async fn example(clients: Clients, job: SecureJob<Analysis>) -> inkseal::Result<()> {
//! let report = Posture::of_job(&job, &clients).account("111122223333".parse()?).evaluate().await;
//! print!("{}", report.to_markdown());
//! for finding in report.findings() {
//!     eprintln!("{}: {:?}", finding.id(), finding.outcome());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A job can demand a clean report before it starts: see [`DemandingJob`].
//!
//! # The lens, question by question
//!
//! | question | the crate enforces | a posture checks | left to people |
//! | --- | --- | --- | --- |
//! | SEC_1 VPC endpoints | no plain `http` beyond loopback; on demand nothing but VPC or FIPS endpoints ([`TransportPolicy`](crate::TransportPolicy)) | `textract-`, `comprehend-`, `kms-` and `s3-endpoint-private` | whether S3 is reached through a gateway endpoint |
//! | SEC_2 identity provider | | | `central-identity-provider` |
//! | SEC_3 roles, least privilege | on demand no long-term keys; policies with least privilege (`policy`) | `credentials-temporary`, `caller-role` | `least-privilege`: whether the deployed roles are those of `policy`, and tagged |
//! | SEC_4 confused deputy | trust policies with source account and ARN (`policy`) | `key-policy-binds-services` | `notification-role-trust`, for jobs that announce their end |
//! | SEC_5 sensitive data stores | every read names the owner of the bucket | for each bucket `owner`, `public-access-block`, `versioning`, `denies-plain-http` | `classification`: who may read the buckets, how long they keep objects |
//! | SEC_6 Textract's data at rest | `aws:kms` and the key are verified on every object before it is parsed | `key-customer-managed`, `key-symmetric`; the sealing of the input bucket | |
//! | SEC_7 output bucket and key | a job without both does not compile | for the output bucket `default-encryption`, `bucket-key`, `region`, `denies-other-keys`, `denies-missing-key` | |
//! | SEC_8 Comprehend with KMS | the keys that an operation takes are required | | `comprehend-keys`: whether jobs that others start are held to them |
//! | SEC_9 personal data in the output | what is stored is redacted by type ([`SealedStore`](crate::SealedStore)); redaction fails closed | `redaction`; the sealing of the sink | who may read what is not redacted |
//! | SEC_10 key management | `alias/aws/*` is refused; the key is checked before a start | `key-enabled`, `key-rotation`, `key-policy-not-public` | |
//! | SEC_11 secrets | no key, token or text in logs, errors or `Debug` | | `operator-keys`: where they come from |
//! | SEC_12 separate accounts | the expected owner of the bucket | `caller-account` | `account-separation` |
//! | SEC_13 CloudTrail | an audit event for every call ([`audit`](crate::audit)), with the ids that are in the trail | `trail-logging`, `trail-delivery`; for each bucket `access-recorded` | |
//! | SEC_14 incidents | `NotSealed` is an error of its own, before a byte is parsed | | `incident-response` |
//!
//! # How controls are judged
//!
//! When in doubt, a control fails. A policy is read for its meaning, in any of AWS's spellings; a denial counts only if no condition
//! narrows it and nobody is left out, and a policy with an element that the crate does not know is not evaluated. Anything that could
//! not be checked is a finding; [`Report::is_clean`] says why.
//!
//! Endpoints are judged by the request that the SDK would send, which is made, signed, inspected and dropped. The name of a VPC endpoint
//! passes, and so does any name that resolves only to private or loopback addresses on the machine that runs the check: run a posture
//! where the jobs run. S3's public addresses are a question for a person, since a gateway endpoint is a route that no client sees.
//!
//! A trail that is logging may still deliver nothing, so its `LatestDeliveryError` is a finding of its own. Unconfirmed: that CloudTrail
//! clears the error with the next delivery that succeeds.
//!
//! # Permissions
//!
//! `kms:DescribeKey`, `kms:GetKeyRotationStatus` and `kms:GetKeyPolicy` on the key; `s3:GetBucketLocation`,
//! `s3:GetEncryptionConfiguration`, `s3:GetBucketPublicAccessBlock`, `s3:GetBucketVersioning`, `s3:GetBucketPolicy` and
//! `s3:GetBucketLogging` on the buckets; `cloudtrail:DescribeTrails`, `cloudtrail:GetTrailStatus` and
//! `cloudtrail:GetEventSelectors`. `sts:GetCallerIdentity` needs none.
//!
//! `GetKeyPolicy` does not work across accounts, whatever the key's policy allows ("GetKeyPolicy" in the AWS KMS API reference). So for a
//! key of another account the controls of its policy are not evaluated, and the posture is never clean: check it with the credentials of
//! the key's account.
//!
//! # What never belongs in a name
//!
//! CloudTrail records the starts of jobs in full, and its readers are not those of the documents. Object keys, output prefixes, job tags,
//! client request tokens, query texts and aliases, S3 metadata and tags, names of role sessions and KMS encryption contexts are all in it
//! in the clear, and S3's access logs have the object keys again. So none of them may hold a name, an account or policy number, a date of
//! birth, or anything that was read from a document; nor a digest of those, which anybody who can guess the original can compare. Use ids
//! that mean nothing outside your own tables. The text of a query is the same for every document: "What is the account number?", and never
//! "Is the account number 12345?".

mod ask;
mod bucket;
mod caller;
mod clean;
mod endpoint;
mod key;
mod report;
mod sealing;
mod statement;
mod trail;

use std::fmt;

pub use self::clean::{CleanReport, DemandingJob, NotClean};
pub use self::report::{Control, Counts, Outcome, Question, Report};

use self::bucket::{Expected, Role, Target};
use self::trail::Trails;
use crate::clients::Clients;
use crate::error::Result;
use crate::job::{Family, Seal, SecureJob};
use crate::redact::Redactor;
use crate::resource::{AccountId, Bucket, S3Location};

/// What to check, and what is expected of it.
#[derive(Clone)]
#[must_use = "it does nothing until it is evaluated"]
pub struct Posture {
    clients: Clients,
    seal: Seal,
    account: Option<AccountId>,
    input: Option<Bucket>,
    sink: Option<S3Location>,
    announced: bool,
    redaction: Redaction,
}

/// What is known about the redaction.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Redaction {
    Unknown,
    Whole,
    InPart,
}

impl Posture {
    /// The posture around a job: its key, its output bucket, and the bucket of its document.
    pub fn of_job<F: Family>(job: &SecureJob<F>, clients: &Clients) -> Self {
        let posture = Self::of_seal(job.seal(), clients).input(job.input().bucket().clone());
        Self { announced: job.notification_channel().is_some(), ..posture }
    }

    /// The posture around a seal: its key and its output bucket.
    pub fn of_seal(seal: &Seal, clients: &Clients) -> Self {
        Self {
            clients: clients.clone(),
            seal: seal.clone(),
            account: None,
            input: None,
            sink: None,
            announced: false,
            redaction: Redaction::Unknown,
        }
    }

    /// The account that the caller has to belong to, and that has to own the buckets.
    ///
    /// Defaults to the owner of the output bucket that the seal names, or else to the account in the key's ARN.
    pub fn account(self, account: AccountId) -> Self {
        Self { account: Some(account), ..self }
    }

    /// The bucket of the documents, to be checked too; it replaces that of the job, if the posture is of one.
    pub fn input(self, bucket: Bucket) -> Self {
        Self { input: Some(bucket), ..self }
    }

    /// Where redacted documents are stored, to be checked too.
    pub fn sink(self, location: S3Location) -> Self {
        Self { sink: Some(location), ..self }
    }

    /// The redactor of the output. Whether it may leave something as it is, by its types, thresholds or lists, is a question for a
    /// person; what its detector finds is not known here.
    pub fn redacted_by(self, redactor: &Redactor) -> Self {
        let redaction = if redactor.leaves_something() { Redaction::InPart } else { Redaction::Whole };
        Self { redaction, ..self }
    }

    /// Checks everything.
    ///
    /// It does not fail: what could not be checked is in the report. Throttling is retried as the clients' retry configuration says.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future loses nothing: everything is read and nothing changed.
    pub async fn evaluate(&self) -> Report {
        // The key first, as the buckets are compared with what KMS says about it.
        let (mut controls, arn) = key::controls(&self.clients, self.seal.kms_key()).await;
        let key = arn.as_ref().unwrap_or(self.seal.kms_key());
        let region = self.seal.region().or(self.clients.region());
        let owner = self.account.as_ref().or(self.seal.bucket_owner()).or(key.account());
        let expected = Expected { key, region, owner };
        let (endpoints, caller, trails) = futures::join!(
            endpoint::controls(&self.clients),
            caller::controls(&self.clients, owner),
            Trails::look(&self.clients, key.region().or(region)),
        );
        controls.extend(endpoints);
        controls.extend(caller);
        controls.push(Control::new(Question::Sec13, "trail-logging", trails.management()));
        controls.push(Control::new(Question::Sec13, "trail-delivery", trails.delivery()));
        for target in self.targets() {
            controls.extend(bucket::controls(&self.clients, &target, &expected, &trails).await);
        }
        controls.extend(self.questions());
        Report::new(self.seal.bucket().clone(), key.clone(), controls)
    }

    /// Checks everything, and returns the proof that jobs can demand.
    ///
    /// # Errors
    ///
    /// [`NotClean`](crate::ErrorKind::NotClean) if there are findings; its source is a [`NotClean`], which names the controls.
    ///
    /// # Cancel safety
    ///
    /// As [`evaluate`](Self::evaluate).
    pub async fn demand_clean(&self) -> Result<CleanReport> {
        CleanReport::new(self, self.evaluate().await)
    }

    /// The buckets, each once: a bucket with two parts is checked as the part that demands more.
    fn targets(&self) -> Vec<Target> {
        let below = |location: &str| format!("{location}/");
        let output = Target {
            role: Role::Output,
            bucket: self.seal.bucket().clone(),
            below: below(self.seal.prefix().as_str()),
        };
        let sink = self.sink.as_ref().map(|sink| Target {
            role: Role::Sink,
            bucket: sink.bucket().clone(),
            below: below(sink.prefix().as_str()),
        });
        let input = self.input.as_ref().map(|bucket| Target {
            role: Role::Input,
            bucket: bucket.clone(),
            below: String::new(),
        });
        let mut targets: Vec<Target> = vec![output];
        for target in sink.into_iter().chain(input) {
            match targets.iter_mut().find(|known| known.bucket == target.bucket) {
                // Then the denials have to cover all of it.
                Some(known) if known.below != target.below => known.below.clear(),
                Some(_) => {}
                None => targets.push(target),
            }
        }
        targets
    }

    /// What no API can answer.
    fn questions(&self) -> Vec<Control> {
        let mut questions = vec![
            Control::new(
                Question::Sec2,
                "central-identity-provider",
                Outcome::ask(
                    "Do people sign in through one identity provider, such as IAM Identity Center, with a second factor?",
                ),
            ),
            Control::new(
                Question::Sec3,
                "least-privilege",
                Outcome::ask(
                    "Do starter, reader and worker have a role each, with no more than the crate's policies give them, and tags that name the owner?",
                ),
            ),
            Control::new(
                Question::Sec5,
                "classification",
                Outcome::ask("Who may read the buckets, and after how long are their objects deleted?"),
            ),
            Control::new(
                Question::Sec8,
                "comprehend-keys",
                Outcome::ask(
                    "Do the policies of all roles that may start Comprehend jobs demand the key, by comprehend:OutputKmsKey, \
                     comprehend:VolumeKmsKey and comprehend:ModelKmsKey?",
                ),
            ),
            Control::new(
                Question::Sec11,
                "operator-keys",
                Outcome::ask(
                    "Do the keys of redaction operators come from Secrets Manager or KMS data keys, and never from code or configuration?",
                ),
            ),
            Control::new(
                Question::Sec12,
                "account-separation",
                Outcome::ask("Does this workload have an account of its own for each environment?"),
            ),
            Control::new(
                Question::Sec14,
                "incident-response",
                Outcome::ask(
                    "Is there a plan for output that is not sealed, a leaked key and a bucket open to others, and was it tried?",
                ),
            ),
        ];
        let redaction = match self.redaction {
            Redaction::Whole => {
                Outcome::pass("a redactor is configured, and leaves nothing that its detector finds")
            }
            Redaction::InPart => Outcome::ask(
                "The redactor leaves some of what its detector finds, by its operators, types, thresholds or lists. Is that intended?",
            ),
            Redaction::Unknown => Outcome::ask(
                "No redactor is configured here. May everybody who reads the output see the personal data in it?",
            ),
        };
        questions.push(Control::new(Question::Sec9, "redaction", redaction));
        if self.announced {
            questions.push(Control::new(
                Question::Sec4,
                "notification-role-trust",
                Outcome::ask(
                    "Does the trust policy of the role that Textract publishes as demand aws:SourceAccount and aws:SourceArn of this account?",
                ),
            ));
        }
        questions
    }
}

// The clients show nothing, and everything else is names.
impl fmt::Debug for Posture {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { clients: _, seal, account, input, sink, announced, redaction } = self;
        f.debug_struct("Posture")
            .field("seal", seal)
            .field("account", account)
            .field("input", input)
            .field("sink", sink)
            .field("announced", announced)
            .field("redaction", redaction)
            .finish_non_exhaustive()
    }
}
