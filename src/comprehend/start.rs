//! Starting a sealed Comprehend job.

use tracing::{Instrument, info, info_span};

use super::operation::{Operation, Source, StartRequest};
use super::running::RunningComprehendJob;
use super::seal::ComprehendSeal;
use crate::clients::Clients;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Digest, Idempotency};
use crate::resource::{ClientRequestToken, Region, RoleArn};

/// A Comprehend job under the caller's own keys, all that its operation takes.
///
/// It can be made only by its builder, which does not build without the keys:
///
/// ```
/// use inkseal::comprehend::{ComprehendInput, ComprehendJob, DocumentLanguage, VpcConfig};
/// use inkseal::resource::{DirectKey, KmsKey};
///
/// let key: KmsKey = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?;
/// let input = ComprehendInput::one_document_per_file("s3://amzn-s3-demo-source/claims".parse()?);
/// let role = "arn:aws:iam::111122223333:role/comprehend-reads-claims".parse()?;
/// let vpc = VpcConfig::new(["subnet-0bb1c79de3EXAMPLE".parse()?], ["sg-903004f8".parse()?])?;
/// let job = ComprehendJob::entities(input, role, DocumentLanguage::English)
///     .output("s3://amzn-s3-demo-results/entities".parse()?, key.clone())
///     .volume_key(DirectKey::try_from(key)?)
///     .in_vpc(vpc)
///     .expected_bucket_owner("111122223333".parse()?)
///     .build()?;
/// assert!(job.seal().volume_key().is_some());
/// # Ok::<(), inkseal::Error>(())
/// ```
#[derive(Clone, Debug, PartialEq)]
pub struct ComprehendJob<O: Operation> {
    pub(super) operation: O,
    pub(super) input: O::Input,
    pub(super) role: RoleArn,
    pub(super) seal: ComprehendSeal,
    pub(super) idempotency: Idempotency,
}

impl<O: Operation> ComprehendJob<O> {
    /// Where the documents are.
    pub fn input(&self) -> &O::Input {
        &self.input
    }

    /// The role that Comprehend assumes to read the input and write the output.
    pub fn role(&self) -> &RoleArn {
        &self.role
    }

    /// The output and the keys.
    pub fn seal(&self) -> &ComprehendSeal {
        &self.seal
    }

    /// Starts the job.
    ///
    /// With the feature `kms` every key is checked first (`DescribeKey`, remembered for five minutes per client), and
    /// an alias of the output's key is resolved to the ARN that is then sent to Comprehend and used for comparisons.
    ///
    /// The request carries a token that is derived from the work, so that neither a retry of the SDK nor a second
    /// start of the same work makes a second job, as long as Comprehend remembers the token; see [`Idempotency`]. None
    /// of the documents that this crate follows says how long that is; the seven days there are Textract's.
    /// Unconfirmed.
    ///
    /// **New objects in the same folder are the same work**, except in an input that
    /// [`comprehend_input`](crate::CompletedJob::comprehend_input) wrote: a nightly job over one folder may get the
    /// job of the night before. Give each run its own folder, or a [salt](Idempotency::Salted).
    ///
    /// # Errors
    ///
    /// [`UnusableKey`](ErrorKind::UnusableKey) if a key cannot seal, according to KMS or Comprehend;
    /// [`InvalidInput`](ErrorKind::InvalidInput) if the clients are in another Region than the job, a key, the role or
    /// the model, have no Comprehend client, the output's key is an alias that nothing can resolve, or Comprehend
    /// refuses the request; [`AccessDenied`](ErrorKind::AccessDenied), [`NotFound`](ErrorKind::NotFound) (of a model
    /// or a key) and [`Throttled`](ErrorKind::Throttled) (of too many jobs too) as the services answer;
    /// [`InsecureTransport`](ErrorKind::InsecureTransport) if the transport policy refuses the request;
    /// [`Malformed`](ErrorKind::Malformed) for an answer without a valid id, after which the job may run: start it
    /// again with the same token to get its id; [`Transport`](ErrorKind::Transport) and
    /// [`Service`](ErrorKind::Service) for other failures.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future sends nothing further, but a request that is under way may still start the job: start it
    /// again, and the same token gives the same job and its id.
    pub async fn start(&self, clients: &Clients) -> Result<RunningComprehendJob<O>> {
        let span = info_span!("job", api = O::API, job = tracing::field::Empty);
        let record = span.clone();
        async move {
            let client = clients.comprehend_or_error(Stage::Start)?;
            let region = self.region(clients)?;
            if let Some(region) = region {
                self.seal.check_region(region)?;
                self.role.check_region(region)?;
                self.operation.check(Some(region))?;
            }
            let seal = self.seal.settled(clients, region).await?;
            let token = self.token(&seal)?;
            let request =
                StartRequest { input: &self.input, role: &self.role, seal: &seal, token: token.to_string() };
            let id = self.operation.start(client, request).await?;
            let id: O::Id = id.as_deref().unwrap_or_default().parse().map_err(|_| {
                Error::new(ErrorKind::Malformed, Stage::Start, "the service answered without a valid job id")
            })?;
            record.record("job", tracing::field::display(&id));
            info!("started");
            Ok(RunningComprehendJob::new(id, seal, token))
        }
        .instrument(span)
        .await
    }

    fn region<'a>(&'a self, clients: &'a Clients) -> Result<Option<&'a Region>> {
        match (self.seal.region(), clients.region()) {
            (Some(job), Some(client)) if job != client => {
                Err(Error::invalid(format!("the job is for {job}, but the clients are in {client}")))
            }
            (job, client) => Ok(job.or(client)),
        }
    }

    /// The token for this very request: 64 hexadecimal digits, as Comprehend accepts no underscores. It is derived
    /// after the keys were resolved, as an alias may come to lead to another key, which is other work.
    fn token(&self, seal: &ComprehendSeal) -> Result<ClientRequestToken> {
        let salt = match &self.idempotency {
            Idempotency::Token(token) => return Ok(token.clone()),
            Idempotency::Salted(salt) => Some(salt.as_str()),
            Idempotency::Derived => None,
        };
        let output = seal.output();
        let vpc = seal.network().and_then(|network| network.vpc());
        let mut digest = Digest::new(O::API);
        digest
            .field("output bucket", output.map(|output| output.bucket().as_str()))
            .field("prefix", output.map(|output| output.prefix().as_str()))
            .field("kms key", output.map(|output| output.kms_key().as_str()))
            .field("volume key", seal.volume_key().map(|key| key.as_str()))
            .field("model key", seal.model_key().map(|key| key.as_str()))
            .field("role", Some(self.role.as_str()))
            .field("salt", salt)
            .list(vpc.into_iter().flat_map(|vpc| vpc.subnets().iter().map(ToString::to_string)))
            .list(vpc.into_iter().flat_map(|vpc| vpc.security_groups().iter().map(ToString::to_string)));
        self.input.identify(&mut digest);
        self.operation.identify(&mut digest);
        Ok(digest.finish().parse()?)
    }
}
