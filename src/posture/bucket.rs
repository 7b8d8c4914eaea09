//! A bucket: its encryption, public access, owner and Region, and what its policy keeps out.

use aws_sdk_s3::types::{
    BucketLocationConstraint, BucketVersioningStatus, ServerSideEncryption, ServerSideEncryptionRule,
};
use aws_smithy_runtime_api::client::result::SdkError;

use super::ask::{Ask, Unanswered};
use super::report::{Control, Outcome, Question};
use super::statement::Statements;
use super::trail::Trails;
use crate::clients::Clients;
use crate::resource::{AccountId, Bucket, KeyMatch, KmsKey, Partition, Region};

const ENCRYPTION: Ask = Ask {
    operation: "GetBucketEncryption",
    permission: "s3:GetEncryptionConfiguration",
    absent: &["ServerSideEncryptionConfigurationNotFoundError"],
};
const ACCESS_BLOCK: Ask = Ask {
    operation: "GetPublicAccessBlock",
    permission: "s3:GetBucketPublicAccessBlock",
    absent: &["NoSuchPublicAccessBlockConfiguration"],
};
const VERSIONING: Ask =
    Ask { operation: "GetBucketVersioning", permission: "s3:GetBucketVersioning", absent: &[] };
const POLICY: Ask =
    Ask { operation: "GetBucketPolicy", permission: "s3:GetBucketPolicy", absent: &["NoSuchBucketPolicy"] };
const LOGGING: Ask = Ask { operation: "GetBucketLogging", permission: "s3:GetBucketLogging", absent: &[] };
const LOCATION: Ask = Ask { operation: "GetBucketLocation", permission: "s3:GetBucketLocation", absent: &[] };

/// What a bucket is for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Role {
    Output,
    Sink,
    Input,
}

impl Role {
    fn as_str(self) -> &'static str {
        match self {
            Self::Output => "output-bucket",
            Self::Sink => "sink-bucket",
            Self::Input => "input-bucket",
        }
    }

    /// The question that the encryption of this bucket belongs to: the lens has a separate one for the output.
    fn sealing(self) -> Question {
        match self {
            Self::Output => Question::Sec7,
            Self::Sink => Question::Sec9,
            Self::Input => Question::Sec6,
        }
    }
}

/// A bucket, and what it is for.
#[derive(Clone, Debug)]
pub(super) struct Target {
    pub(super) role: Role,
    pub(super) bucket: Bucket,
    /// What the keys of the objects begin with, with a slash at the end; empty for all.
    pub(super) below: String,
}

/// The key, Region and owner that are expected.
pub(super) struct Expected<'a> {
    pub(super) key: &'a KmsKey,
    pub(super) region: Option<&'a Region>,
    pub(super) owner: Option<&'a AccountId>,
}

impl Expected<'_> {
    fn partition(&self) -> Partition {
        let of_region = || self.region.map(Region::partition);
        self.key.partition().or_else(of_region).unwrap_or_default()
    }
}

/// The controls of a bucket.
pub(super) async fn controls(
    clients: &Clients,
    target: &Target,
    expected: &Expected<'_>,
    trails: &Trails,
) -> Vec<Control> {
    let s3 = clients.s3();
    let name = target.bucket.as_str();
    let (encryption, block, versioning, policy, logging, (owner, region)) = futures::join!(
        ENCRYPTION.send(s3.get_bucket_encryption().bucket(name).send()),
        ACCESS_BLOCK.send(s3.get_public_access_block().bucket(name).send()),
        VERSIONING.send(s3.get_bucket_versioning().bucket(name).send()),
        POLICY.send(s3.get_bucket_policy().bucket(name).send()),
        LOGGING.send(s3.get_bucket_logging().bucket(name).send()),
        owner_and_region(clients, target, expected),
    );
    let rules = encryption.map(|answer| {
        answer
            .and_then(|answer| answer.server_side_encryption_configuration)
            .map(|rules| rules.rules)
            .unwrap_or_default()
    });
    let policy = policy.map(|answer| answer.and_then(|answer| answer.policy));
    let arn = format!("arn:{}:s3:::{}", expected.partition(), target.bucket);
    let below = format!("{arn}/{}", target.below);
    let denials = denials(policy, &arn, &below, expected);
    let logged = logging.map(|answer| answer.is_some_and(|answer| answer.logging_enabled.is_some()));
    let outcomes = [
        (target.role.sealing(), "default-encryption", default_encryption(&rules, expected)),
        (target.role.sealing(), "bucket-key", bucket_key(&rules)),
        (target.role.sealing(), "denies-other-keys", denials.other_keys),
        (target.role.sealing(), "denies-missing-key", denials.missing_key),
        (target.role.sealing(), "region", region),
        (Question::Sec13, "access-recorded", trails.data(&below, &logged)),
        (Question::Sec5, "denies-plain-http", denials.plain_http),
        (Question::Sec5, "owner", owner),
        (
            Question::Sec5,
            "public-access-block",
            match block {
                Ok(block) => access_block(block.and_then(|block| block.public_access_block_configuration)),
                Err(unanswered) => unanswered.into(),
            },
        ),
        (
            Question::Sec5,
            "versioning",
            match versioning {
                Ok(answer) => versions(answer.and_then(|answer| answer.status)),
                Err(unanswered) => unanswered.into(),
            },
        ),
    ];
    outcomes
        .into_iter()
        .map(|(question, id, outcome)| {
            Control::new(question, format_args!("{}-{id}", target.role.as_str()), outcome)
        })
        .collect()
}

fn default_encryption(
    rules: &Result<Vec<ServerSideEncryptionRule>, Unanswered>,
    expected: &Expected<'_>,
) -> Outcome {
    let rules = match rules {
        Ok(rules) => rules,
        Err(unanswered) => return unanswered.clone().into(),
    };
    let remedy = "set the bucket's default encryption to aws:kms with the key's ARN";
    let default = rules.iter().find_map(|rule| rule.apply_server_side_encryption_by_default.as_ref());
    let Some(default) = default.filter(|default| default.sse_algorithm == ServerSideEncryption::AwsKms)
    else {
        return Outcome::fail("the bucket does not encrypt with aws:kms by default", remedy);
    };
    let Some(key) = default.kms_master_key_id.as_deref() else {
        return Outcome::fail("the bucket encrypts with the key that AWS manages by default", remedy);
    };
    match expected.key.identifies_in(key, expected.region, None) {
        KeyMatch::Same => Outcome::pass("the bucket encrypts with this key by default"),
        KeyMatch::Different => Outcome::fail("the bucket encrypts with another key by default", remedy),
        KeyMatch::NeedsResolution => Outcome::fail(
            "the bucket's default key cannot be compared with this one, as one of them is an alias",
            remedy,
        ),
    }
}

fn bucket_key(rules: &Result<Vec<ServerSideEncryptionRule>, Unanswered>) -> Outcome {
    match rules {
        Ok(rules) if rules.iter().any(|rule| rule.bucket_key_enabled == Some(true)) => {
            Outcome::pass("the S3 Bucket Key is on")
        }
        Ok(_) => Outcome::fail(
            "the S3 Bucket Key is off, so every object costs a call to KMS, and some of its quota",
            "turn on the bucket key in the bucket's default encryption",
        ),
        Err(unanswered) => unanswered.clone().into(),
    }
}

fn access_block(block: Option<aws_sdk_s3::types::PublicAccessBlockConfiguration>) -> Outcome {
    let remedy = "turn on all four settings of the bucket's public access block";
    let Some(block) = block else {
        return Outcome::fail("the bucket has no public access block of its own", remedy);
    };
    let settings = [
        ("BlockPublicAcls", block.block_public_acls),
        ("IgnorePublicAcls", block.ignore_public_acls),
        ("BlockPublicPolicy", block.block_public_policy),
        ("RestrictPublicBuckets", block.restrict_public_buckets),
    ];
    let off: Vec<_> = settings.iter().filter(|(_, on)| *on != Some(true)).map(|(name, _)| *name).collect();
    if off.is_empty() {
        return Outcome::pass("public access is blocked in all four ways");
    }
    Outcome::fail(format!("public access is not blocked: {} is off", off.join(", ")), remedy)
}

fn versions(status: Option<BucketVersioningStatus>) -> Outcome {
    match status {
        Some(BucketVersioningStatus::Enabled) => Outcome::pass("versioning is on"),
        _ => Outcome::fail(
            "versioning is off, so objects that are overwritten or deleted are gone",
            "turn on the bucket's versioning",
        ),
    }
}

struct Denials {
    plain_http: Outcome,
    other_keys: Outcome,
    missing_key: Outcome,
}

fn denials(
    policy: Result<Option<String>, Unanswered>,
    arn: &str,
    below: &str,
    expected: &Expected<'_>,
) -> Denials {
    let all = |outcome: Outcome| Denials {
        plain_http: outcome.clone(),
        other_keys: outcome.clone(),
        missing_key: outcome,
    };
    let statements = match policy {
        Err(unanswered) => return all(unanswered.into()),
        Ok(None) => Statements(Vec::new()),
        Ok(Some(policy)) => match Statements::read(&policy) {
            Ok(statements) => statements,
            Err(_) => {
                return all(Outcome::not_evaluated(
                    "the bucket's policy has a part that this crate does not know: have a person read it",
                ));
            }
        },
    };
    let judge = |denied, found: &'static str, missing: &'static str, remedy: &'static str| {
        if denied { Outcome::pass(found) } else { Outcome::fail(missing, remedy) }
    };
    let other_keys = if expected.key.is_alias() || !expected.key.is_arn() {
        Outcome::not_evaluated(
            "policies name the key by its ARN, which is not known: give the ARN, or allow kms:DescribeKey",
        )
    } else {
        judge(
            statements.deny_other_keys(below, expected.key.as_str()),
            "the bucket's policy denies puts with another key",
            "no statement of the bucket's policy denies everybody, without exception, puts with another key",
            "deny s3:PutObject if s3:x-amz-server-side-encryption-aws-kms-key-id is not the key's ARN",
        )
    };
    Denials {
        plain_http: judge(
            statements.deny_plain_http(arn),
            "the bucket's policy denies requests that do not come over TLS",
            "no statement of the bucket's policy denies everybody, without exception, requests that do not come over TLS",
            "deny s3:* on the bucket and its objects if aws:SecureTransport is false",
        ),
        other_keys,
        missing_key: judge(
            statements.deny_missing_key(below),
            "the bucket's policy denies puts that name no key",
            "no statement of the bucket's policy denies everybody, without exception, puts that name no key",
            "deny s3:PutObject if s3:x-amz-server-side-encryption-aws-kms-key-id is null",
        ),
    }
}

/// `GetBucketLocation` with the expected owner, and if that is refused, without one, to tell one refusal from the other. Only this
/// call names the owner: the others are to report what they find, whoever owns the bucket.
///
/// AWS recommends `HeadBucket` for the Region, whose permission is `s3:ListBucket`: that would show the names of all objects as well.
async fn owner_and_region(clients: &Clients, target: &Target, expected: &Expected<'_>) -> (Outcome, Outcome) {
    let (located, region) = locate(clients, &target.bucket, expected.owner).await;
    let Err(refused) = located else {
        return (owner(expected.owner, true), place(region, expected));
    };
    if expected.owner.is_none() || !matches!(refused, Unanswered::Denied(_)) {
        let of_region = match region {
            // A redirect to another Region is an error that names it.
            Some(region) => place(Some(region), expected),
            None => refused.clone().into(),
        };
        return (refused.into(), of_region);
    }
    let (again, region) = locate(clients, &target.bucket, None).await;
    let of_region = match (&again, region) {
        (Err(unanswered), None) => unanswered.clone().into(),
        (_, region) => place(region, expected),
    };
    match again {
        Ok(()) => (owner(expected.owner, false), of_region),
        Err(_) => (refused.into(), of_region),
    }
}

async fn locate(
    clients: &Clients,
    bucket: &Bucket,
    owner: Option<&AccountId>,
) -> (Result<(), Unanswered>, Option<String>) {
    let call = clients.s3().get_bucket_location().bucket(bucket.as_str());
    let call = call.set_expected_bucket_owner(owner.map(ToString::to_string));
    let mut redirected = None;
    let watched = async {
        let result = call.send().await;
        if let Err(SdkError::ServiceError(error)) = &result {
            redirected = error.raw().headers().get("x-amz-bucket-region").map(str::to_owned);
        }
        result
    };
    let answer = LOCATION.send(watched).await;
    match answer {
        Ok(answer) => (Ok(()), answer.map(|answer| region_of(answer.location_constraint()))),
        Err(unanswered) => (Err(unanswered), redirected),
    }
}

/// The Region of a location constraint, which does not always have its name ("GetBucketLocation" in the Amazon S3 API reference).
fn region_of(constraint: Option<&BucketLocationConstraint>) -> String {
    let region = match constraint.map_or("", BucketLocationConstraint::as_str) {
        "" => "us-east-1",
        "EU" => "eu-west-1",
        region => region,
    };
    region.to_owned()
}

fn owner(expected: Option<&AccountId>, is_theirs: bool) -> Outcome {
    match (expected, is_theirs) {
        (None, _) => Outcome::fail(
            "no account is named that has to own the bucket",
            "give the job expected_bucket_owner, or the posture an account",
        ),
        (Some(account), true) => Outcome::pass(format!("the bucket belongs to {account}")),
        (Some(account), false) => Outcome::fail(
            format!("the bucket does not belong to {account}"),
            "use a bucket of the expected account, or correct the account",
        ),
    }
}

fn place(region: Option<String>, expected: &Expected<'_>) -> Outcome {
    let of_key = expected.key.region().or(expected.region);
    match (region, of_key) {
        (None, _) => Outcome::not_evaluated("S3 does not say which Region the bucket is in"),
        (Some(_), None) => Outcome::not_evaluated(
            "the key's Region is not known: name the key by its ARN, or allow kms:DescribeKey",
        ),
        (Some(region), Some(of_key)) if region == of_key.as_str() => {
            Outcome::pass(format!("the bucket and the key are in {region}"))
        }
        // Anything but a Region is not repeated.
        (Some(region), Some(of_key)) => match region.parse::<Region>() {
            Ok(region) => Outcome::fail(
                format!("the bucket is in {region}, the key in {of_key}"),
                "use a bucket in the key's Region, as S3 takes no keys of other Regions",
            ),
            Err(_) => Outcome::not_evaluated("what S3 names as the bucket's Region is not a Region"),
        },
    }
}
