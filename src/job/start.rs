//! Starting a sealed job.

use aws_sdk_textract::types as sdk;
use tracing::{Instrument, info, info_span};

use super::family::{Family, StartRequest};
use super::options::{Idempotency, NotificationChannel, Options};
use super::running::RunningJob;
use super::seal::Seal;
use super::token::Digest;
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::key;
use crate::resource::{ClientRequestToken, JobId, S3Object};
use crate::sdk::request;

/// A Textract job whose output goes to the caller's own bucket under the caller's own KMS key.
///
/// It can only be made through its builder, which does not build without the two:
///
/// ```
/// use inkseal::resource::{Bucket, KmsKey};
/// use inkseal::{Feature, Query, SecureJob};
///
/// let job = SecureJob::analysis("s3://amzn-s3-demo-source/scan.pdf".parse()?)
///     .features([Feature::Tables, Feature::Forms])
///     .query(Query::new("What is the total?")?)
///     .output_bucket("amzn-s3-demo-results".parse()?)
///     .kms_key("arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?)
///     .build()?;
/// assert_eq!(job.seal().bucket().as_str(), "amzn-s3-demo-results");
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecureJob<F> {
    pub(super) family: F,
    pub(super) input: S3Object,
    pub(super) seal: Seal,
    pub(super) options: Options,
}

impl<F: Family> SecureJob<F> {
    /// The document that the job reads.
    pub fn input(&self) -> &S3Object {
        &self.input
    }

    /// Where the output goes, and under which key.
    pub fn seal(&self) -> &Seal {
        &self.seal
    }

    /// The operation of the job, with what it asks for.
    pub fn family(&self) -> &F {
        &self.family
    }

    /// Where the end of the job is announced, if it was given a channel.
    pub fn notification_channel(&self) -> Option<&NotificationChannel> {
        self.options.notification_channel.as_ref()
    }

    /// Starts the job.
    ///
    /// With the feature `kms` the key is checked first (`DescribeKey`, remembered for five minutes per client), and an
    /// alias is resolved to its key's ARN, which is then sent to Textract and compared with.
    ///
    /// Starting the same work again within seven days gives the same job; see [`Idempotency`].
    ///
    /// # Permissions
    ///
    /// The Start operation, such as `textract:StartDocumentAnalysis` (on `*`: it has no resource-level permissions);
    /// `s3:GetObject` on the document, and `s3:GetObjectVersion` if the job names its version; `s3:PutObject`,
    /// `s3:AbortMultipartUpload` and `s3:ListMultipartUploadParts` on the output; on the key `kms:DescribeKey`,
    /// `kms:GenerateDataKey`, `kms:Decrypt`, `kms:ReEncryptFrom` and `kms:ReEncryptTo`; and with a notification channel
    /// `iam:PassRole` on its role. [Waiting](RunningJob::wait_with) needs the Get operation. The feature `policy` writes the policy:
    /// `Scope::starter`.
    ///
    /// # Errors
    ///
    /// - [`UnusableKey`](ErrorKind::UnusableKey) if the key cannot seal.
    /// - [`InvalidInput`](ErrorKind::InvalidInput) if the clients are in another Region than the job, its key or its topic, if the
    ///   key is an alias that cannot be resolved, or if the service refuses a parameter.
    /// - [`InsecureTransport`](ErrorKind::InsecureTransport) if the transport policy refuses the request; nothing was sent.
    /// - [`NotFound`](ErrorKind::NotFound), [`AccessDenied`](ErrorKind::AccessDenied),
    ///   [`UnsupportedDocument`](ErrorKind::UnsupportedDocument), [`Throttled`](ErrorKind::Throttled) and
    ///   [`TokenReused`](ErrorKind::TokenReused) as the service answers.
    /// - [`Transport`](ErrorKind::Transport) if no answer came or it could not be read, and [`Service`](ErrorKind::Service) if the
    ///   service failed. The job may have been started; starting it again is safe, as the same token gives the same job.
    /// - [`Malformed`](ErrorKind::Malformed) if the answer has no valid job id.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing further, but a request that is under way may still start the job: start it
    /// again, and the same token gives the same job and its id.
    pub async fn start(&self, clients: &Clients) -> Result<RunningJob<F>> {
        let span = info_span!("job", api = %F::API, job = tracing::field::Empty);
        let record = span.clone();
        async move {
            let prepared = self.prepare(clients).await?;
            let job = self.send(clients, prepared, true).await?;
            record.record("job", tracing::field::display(job.id()));
            info!("started");
            Ok(job)
        }
        .instrument(span)
        .await
    }

    /// The part of [`start`](Self::start) that comes before the request, so that its token can be recorded first.
    pub(crate) async fn prepare(&self, clients: &Clients) -> Result<Prepared> {
        let seal = self.settle(clients).await?;
        let token = self.token(&seal)?;
        Ok(Prepared { seal, token })
    }

    /// Sends the request once: the SDK's own retries do not keep to a shared rate.
    pub(crate) async fn start_once(&self, clients: &Clients, prepared: Prepared) -> Result<RunningJob<F>> {
        self.send(clients, prepared, false).await
    }

    /// The job that was started from this preparation, by the id that Textract gave it then.
    pub(crate) fn started_as(&self, id: JobId, prepared: Prepared) -> RunningJob<F> {
        RunningJob::new(id, self.input.clone(), prepared.seal, prepared.token)
    }

    async fn send(&self, clients: &Clients, prepared: Prepared, retries: bool) -> Result<RunningJob<F>> {
        let id = self.family.start(clients, self.request(&prepared, retries)?).await?;
        let id = id.as_deref().unwrap_or_default().parse().map_err(|_| {
            Error::new(ErrorKind::Malformed, Stage::Start, "the service answered without a valid job id")
        })?;
        Ok(self.started_as(id, prepared))
    }

    /// The seal completed with what only the clients know: their Region, and which key an alias points at.
    async fn settle(&self, clients: &Clients) -> Result<Seal> {
        let seal = &self.seal;
        if let (Some(job), Some(client)) = (seal.region(), clients.region())
            && job != client
        {
            return Err(Error::invalid(format!("the job is for {job}, but the clients are in {client}")));
        }
        let region = seal.region().or(clients.region());
        if let Some(region) = region {
            seal.kms_key().check_region(region)?;
            if let Some(channel) = &self.options.notification_channel {
                channel.topic().check_region(region)?;
            }
        }
        let kms_key = key::settle(clients, seal.kms_key(), region).await?;
        Ok(seal.clone().settled(kms_key, region.cloned()))
    }

    /// The token for this very request. It is derived after the key was resolved, as an alias can be pointed at
    /// another key later, which is other work.
    fn token(&self, seal: &Seal) -> Result<ClientRequestToken> {
        let salt = match &self.options.idempotency {
            Idempotency::Token(token) => return Ok(token.clone()),
            Idempotency::Salted(salt) => Some(salt.as_str()),
            Idempotency::Derived => None,
        };
        let Options { job_tag, notification_channel: channel, idempotency: _ } = &self.options;
        let mut digest = Digest::new(F::API.as_str());
        digest
            .field("bucket", Some(self.input.bucket().as_str()))
            .field("key", Some(self.input.key()))
            .field("version", self.input.version())
            .field("output bucket", Some(seal.bucket().as_str()))
            .field("prefix", Some(seal.prefix().as_str()))
            .field("kms key", Some(seal.kms_key().as_str()))
            .field("tag", job_tag.as_ref().map(|tag| tag.as_str()))
            .field("topic", channel.as_ref().map(|channel| channel.topic().as_str()))
            .field("role", channel.as_ref().map(|channel| channel.role().as_str()))
            .field("salt", salt);
        self.family.identify(&mut digest);
        Ok(digest.finish().parse()?)
    }

    fn request(&self, prepared: &Prepared, retries: bool) -> Result<StartRequest> {
        let Prepared { seal, token } = prepared;
        let object = request::s3_object(&self.input);
        let output = sdk::OutputConfig::builder()
            .s3_bucket(seal.bucket().as_str())
            .s3_prefix(seal.prefix().as_str())
            .build()
            .map_err(request::unbuildable(Stage::Start))?;
        let channel = self.options.notification_channel.as_ref().map(|channel| {
            sdk::NotificationChannel::builder()
                .sns_topic_arn(channel.topic().as_str())
                .role_arn(channel.role().as_str())
                .build()
                .map_err(request::unbuildable(Stage::Start))
        });
        Ok(StartRequest {
            location: sdk::DocumentLocation::builder().s3_object(object).build(),
            output,
            kms_key_id: seal.kms_key().to_string(),
            token: token.to_string(),
            job_tag: self.options.job_tag.as_ref().map(ToString::to_string),
            channel: channel.transpose()?,
            retries,
        })
    }
}

/// What the start of a job is sent with, besides what the job itself holds.
#[derive(Clone, Debug)]
pub(crate) struct Prepared {
    seal: Seal,
    token: ClientRequestToken,
}

impl Prepared {
    pub(crate) fn token(&self) -> &ClientRequestToken {
        &self.token
    }
}
