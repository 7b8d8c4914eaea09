//! The names in the policies, as each needs them: literals in a policy by itself, references inside a stack.

use super::value::Value;
use crate::job::Api;

/// The names that policies are made of. The same code writes a policy from either kind, and does not see which it is.
#[derive(Clone, Debug)]
pub(super) struct Names {
    pub(super) partition: Value,
    pub(super) region: Value,
    pub(super) account: Value,
    /// `amazonaws.com`, or that of another partition.
    pub(super) dns_suffix: Value,
    pub(super) key: Value,
    /// The account of the key, which may differ from that of the rest.
    pub(super) key_account: Value,
    pub(super) input: Area,
    pub(super) output: Area,
    pub(super) sink: Area,
    pub(super) topic: Value,
    pub(super) queue: Value,
    pub(super) dead_letters: Value,
    pub(super) notification_role: Value,
    pub(super) comprehend_role: Value,
    pub(super) starters: Vec<Value>,
    pub(super) readers: Vec<Value>,
    pub(super) workers: Vec<Value>,
    /// In a stack a single value, which is a list: so they have statements of their own.
    pub(super) uploaders: Vec<Value>,
    pub(super) uploads: Presence,
    pub(super) comprehend_starters: Vec<Value>,
    pub(super) checkers: Vec<Value>,
    pub(super) families: Vec<Api>,
    pub(super) polls: bool,
    /// Whether completions are announced at all: otherwise nobody needs the role that announces them.
    pub(super) announces: bool,
    pub(super) detects: Presence,
    /// Whether Comprehend's jobs run in a VPC.
    pub(super) in_vpc: bool,
    /// The endpoints that nothing is reached without, and whether there are any.
    pub(super) endpoints: Vec<Value>,
    pub(super) perimeter: Presence,
}

/// Whether something belongs to a policy.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Presence {
    Absent,
    Present,
    /// In a stack, if this condition holds.
    If(&'static str),
}

/// Part of a bucket.
#[derive(Clone, Debug)]
pub(super) struct Area {
    /// The ARN of the bucket.
    pub(super) bucket: Value,
    /// What the keys begin with, or the key itself, in the language of IAM: special characters are escaped.
    pub(super) keys: String,
    /// Only that key, instead of all that begin so.
    pub(super) is_one: bool,
}

impl Area {
    /// The ARNs of its objects.
    pub(super) fn objects(&self) -> Value {
        let all = if self.is_one { "" } else { "*" };
        self.bucket.clone().then(format!("/{}{all}", self.keys))
    }

    /// The prefixes that it may be listed by: its own, and those within. `None` for a whole bucket: whoever lists that names no
    /// prefix, and a test for one would deny it.
    pub(super) fn prefixes(&self) -> Option<Value> {
        match (self.is_one, self.keys.as_str()) {
            (true, key) => Some(key.to_owned().into()),
            (false, "") => None,
            (false, prefix) => Some(format!("{prefix}*").into()),
        }
    }
}

impl Names {
    /// The name by which KMS knows a service that calls it for somebody, such as `s3.us-east-1.amazonaws.com`.
    pub(super) fn via(&self, service: &'static str) -> Value {
        Value::join([service.into(), ".".into(), self.region.clone(), ".".into(), self.dns_suffix.clone()])
    }

    /// The ARN pattern of what a service has in the account.
    pub(super) fn anything_of(&self, service: &'static str, region: Value, resource: &'static str) -> Value {
        let parts = ["arn:".into(), self.partition.clone(), ":".into(), service.into(), ":".into(), region];
        let rest = [":".into(), self.account.clone(), ":".into(), resource.into()];
        Value::join(parts).then(Value::join(rest))
    }

    /// The operations that start the jobs of the families.
    pub(super) fn starts(&self) -> Vec<Value> {
        self.families.iter().map(|api| Value::from(format!("textract:{api}"))).collect()
    }

    /// The operations that get them.
    pub(super) fn gets(&self) -> Vec<Value> {
        let names = self.families.iter().flat_map(|api| match api {
            Api::StartDocumentTextDetection => &["textract:GetDocumentTextDetection"][..],
            Api::StartDocumentAnalysis => &["textract:GetDocumentAnalysis"],
            Api::StartExpenseAnalysis => &["textract:GetExpenseAnalysis"],
            Api::StartLendingAnalysis => {
                &["textract:GetLendingAnalysis", "textract:GetLendingAnalysisSummary"]
            }
        });
        names.map(|name| Value::from(*name)).collect()
    }

    /// All roles that work with the documents.
    pub(super) fn callers(&self) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        for role in self.starters.iter().chain(&self.readers).chain(&self.workers) {
            if !all.contains(role) {
                all.push(role.clone());
            }
        }
        all
    }

    /// The buckets, each once.
    pub(super) fn buckets(&self) -> Vec<Value> {
        let mut all: Vec<Value> = Vec::new();
        for area in [&self.input, &self.output, &self.sink] {
            if !all.contains(&area.bucket) {
                all.push(area.bucket.clone());
            }
        }
        all
    }
}
