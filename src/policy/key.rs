//! The policy of the key: who may use it for what, and who administers it, which has to be filled in.

use super::identity::{KEY_SETTINGS, SEALING};
use super::language::{PolicyDocument, Principal, Statement, Test};
use super::names::Names;
use super::value::Value;
use crate::resource::RoleArn;

/// What the policy of a key says about its use. **It is not a policy yet, and does not serialise**: who administers the key must be
/// filled in.
///
/// **Every role that it names has to exist before the policy is put**: KMS refuses a policy with a principal that it cannot find
/// ("PutKeyPolicy" in the AWS KMS API reference). These are the starters, readers, workers and the role of Comprehend, by their
/// [default names](super::Scope) if none is given; the role of Textract, unless nothing is announced; and the uploaders, checkers and
/// starters of Comprehend's jobs, if they are given.
///
/// A key whose policy names nobody that can change it cannot be managed by anyone, and only AWS Support can recover it ("Default
/// key policy" in the AWS KMS developer guide).
///
/// ```
/// # let seal = inkseal::Seal::known(
/// #     "s3://amzn-s3-demo-results".parse()?,
/// #     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
/// #     None,
/// # )?;
/// # let scope = inkseal::policy::Scope::builder("s3://amzn-s3-demo-source/scans/".parse()?, &seal).build()?;
/// let administrator = "arn:aws:iam::111122223333:role/key-administrator".parse()?;
/// let policy = scope.key_statements().administered_by([administrator]);
/// assert!(serde_json::to_string(&policy)?.contains("key-administrator"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use = "it is not a policy before it names who administers the key"]
pub struct KeyStatements {
    account: Value,
    partition: Value,
    uses: Vec<Statement>,
}

/// What administrators may do with a key. That does not include using it, or granting its use.
const ADMINISTRATION: [&str; 19] = [
    "kms:CancelKeyDeletion",
    "kms:DescribeKey",
    "kms:DisableKey",
    "kms:DisableKeyRotation",
    "kms:EnableKey",
    "kms:EnableKeyRotation",
    "kms:GetKeyPolicy",
    "kms:GetKeyRotationStatus",
    "kms:ListGrants",
    "kms:ListKeyPolicies",
    "kms:ListKeyRotations",
    "kms:ListResourceTags",
    "kms:PutKeyPolicy",
    "kms:RevokeGrant",
    "kms:RotateKeyOnDemand",
    "kms:ScheduleKeyDeletion",
    "kms:TagResource",
    "kms:UntagResource",
    "kms:UpdateKeyDescription",
];

impl KeyStatements {
    pub(super) fn new(names: &Names) -> Self {
        // In the policy of a key `*` means that key, and nothing else can be written.
        let of_this_key = |sid: &'static str| Statement::allow(sid).resources(["*"]);
        let via = |service| [names.via(service)];
        let mut uses = vec![
            of_this_key("SealByStarters").principal(Principal::Aws(names.starters.clone())).actions(SEALING),
            of_this_key("OpenByReaders")
                .principal(Principal::Aws(names.readers.clone()))
                .actions(["kms:DescribeKey", "kms:Decrypt"]),
            // A statement that names a role here is enough without a policy of that role, so what narrows the worker's is repeated here.
            of_this_key("OpenByWorkers")
                .principal(Principal::Aws(names.workers.clone()))
                .actions(["kms:Decrypt"])
                .when(Test::StringEquals, "kms:ViaService", [names.via("s3"), names.via("sqs")]),
            of_this_key("LookByWorkers")
                .principal(Principal::Aws(names.workers.clone()))
                .actions(["kms:DescribeKey"]),
            of_this_key("SealByWorkers")
                .principal(Principal::Aws(names.workers.clone()))
                .actions(["kms:GenerateDataKey"])
                .when(Test::StringEquals, "kms:ViaService", via("s3")),
            // SNS, the service of the topic, encrypts for the queue.
            of_this_key("DeliverEncrypted")
                .principal(Principal::Service("sns.amazonaws.com".into()))
                .actions(["kms:GenerateDataKey", "kms:Decrypt"])
                .when(Test::ArnEquals, "aws:SourceArn", [names.topic.clone()])
                .when(Test::StringEquals, "aws:SourceAccount", [names.account.clone()]),
            of_this_key("SealByComprehend")
                .principal(Principal::Aws(vec![names.comprehend_role.clone()]))
                .actions(["kms:GenerateDataKey", "kms:Decrypt"])
                .when(Test::StringEquals, "kms:ViaService", via("s3")),
            of_this_key("GrantVolumesOfComprehend")
                .principal(Principal::Aws(vec![names.comprehend_role.clone()]))
                .actions(["kms:CreateGrant"])
                .when(Test::Bool, "kms:GrantIsForAWSResource", ["true"]),
        ];
        if names.announces {
            uses.push(
                of_this_key("PublishEncrypted")
                    .principal(Principal::Aws(vec![names.notification_role.clone()]))
                    .actions(["kms:GenerateDataKey", "kms:Decrypt"])
                    .when(Test::StringEquals, "kms:ViaService", via("sns")),
            );
        }
        uses.extend(
            of_this_key("SealByUploaders")
                .principal(Principal::Aws(names.uploaders.clone()))
                .actions(["kms:GenerateDataKey", "kms:Decrypt"])
                .when(Test::StringEquals, "kms:ViaService", via("s3"))
                .where_present(names.uploads),
        );
        if !names.checkers.is_empty() {
            uses.push(
                of_this_key("LookByCheckers")
                    .principal(Principal::Aws(names.checkers.clone()))
                    .actions(KEY_SETTINGS),
            );
        }
        if !names.comprehend_starters.is_empty() {
            let by_starters = |sid: &'static str| {
                of_this_key(sid).principal(Principal::Aws(names.comprehend_starters.clone()))
            };
            uses.extend([
                by_starters("OpenByComprehendStarters").actions(["kms:Decrypt"]).when(
                    Test::StringEquals,
                    "kms:ViaService",
                    via("s3"),
                ),
                by_starters("LookByComprehendStarters").actions(["kms:DescribeKey"]),
                by_starters("GrantVolumesByStarters").actions(["kms:CreateGrant"]).when(
                    Test::Bool,
                    "kms:GrantIsForAWSResource",
                    ["true"],
                ),
            ]);
        }
        Self { account: names.key_account.clone(), partition: names.partition.clone(), uses }
    }

    /// The whole policy, with these roles as administrators. Without a role nobody would administer the key, so then
    /// [the account](Self::administered_by_account) does.
    #[must_use]
    pub fn administered_by(self, roles: impl IntoIterator<Item = RoleArn>) -> PolicyDocument {
        let roles: Vec<Value> = roles.into_iter().map(|role| role.to_string().into()).collect();
        if roles.is_empty() { self.administered_by_account() } else { self.administered(roles) }
    }

    /// The whole policy, with the account of the key as administrator: anybody whom its IAM policies let administer keys.
    #[must_use]
    pub fn administered_by_account(self) -> PolicyDocument {
        let root =
            ["arn:".into(), self.partition.clone(), ":iam::".into(), self.account.clone(), ":root".into()];
        self.administered(vec![Value::join(root)])
    }

    pub(super) fn administered(self, principals: Vec<Value>) -> PolicyDocument {
        let administration = Statement::allow("Administer")
            .principal(Principal::Aws(principals))
            .actions(ADMINISTRATION)
            .resources(["*"]);
        PolicyDocument::new([administration].into_iter().chain(self.uses))
    }
}
