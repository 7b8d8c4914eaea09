//! One CloudFormation template of everything that a deployment needs.

mod identities;
mod inputs;
mod messaging;
mod network;
mod node;
mod outputs;
mod storage;
mod trail;

use self::node::{Node, map};
use super::names::{Area, Names, Presence};
use super::scope::Scope;
use super::value::Value;

/// A CloudFormation template: the buckets, the key, the topic and the queues, the roles, the VPC endpoints and the trail, with
/// exactly the policies that [`Scope`] writes.
///
/// | what | how |
/// | --- | --- |
/// | key | symmetric, rotated each year, with a policy that names every role and service that uses it |
/// | buckets | SSE-KMS by that key with a Bucket Key, versions, no public access, no ACLs, denials by policy, access logs |
/// | topic, queue, dead-letter queue | encrypted by that key; messages kept 4 days; dead letters after five receptions, kept until 14 days after they were first sent |
/// | roles | starter, reader, worker, checker of the posture, and those of Textract and Comprehend |
/// | endpoints | Textract, Comprehend and S3, if a VPC is given; then nothing else reaches the objects |
/// | trail | management events and the data events of the buckets, validated, encrypted by the key |
///
/// Buckets and key are **retained** when the stack is deleted, or when they are removed from it: what is sealed with a deleted key is
/// lost. Only if the deployment that creates them fails are they deleted with the rest, as they are new and their names would be taken;
/// the buckets of logs stay even then. Logical ids are stable, and the outputs `SubmitFlags` and `WorkerFlags` are what the examples
/// `submit` and `worker` take.
///
/// # Parameters
///
/// `KeyAdministratorArn` has no default: whoever it names, and nobody else, manages the key, so it must be, or include, whoever
/// deploys. Every other parameter has a safe default. Only the roles of `UploaderArns` upload documents. They have to exist
/// already: attach the policy in the output `UploaderPolicyArn` to them.
///
/// `WorkloadService` is the service that may assume the roles of the workload. For EC2 the template has no instance profile, and for
/// Lambda the roles may neither write logs nor join a VPC: add what yours needs.
///
/// # What is not in it
///
/// The roles that start Comprehend's jobs: with them the template would not fit into one request, which takes 51,200 bytes ("AWS
/// CloudFormation quotas" in the AWS CloudFormation user guide). A [`Scope`] that [names](super::ScopeBuilder::comprehend_starter) them
/// writes their policies, and what the key and the endpoints say of them.
///
/// Readers of the trail: CloudTrail alone can decrypt its logs, until somebody is given `kms:Decrypt` on the key.
///
/// # The network
///
/// The endpoints that a VPC gets are those of Textract, Comprehend and S3. A workload without internet access also needs endpoints of
/// SQS, KMS and STS, of CloudWatch Logs, and for its image those of ECR (`ecr.api`, `ecr.dkr`). The image's layers come from an AWS
/// bucket through the endpoint of S3, whose policy allows the buckets of the documents only: add the bucket that "Amazon ECR interface
/// VPC endpoints" in the Amazon ECR user guide names. The synchronous operations of Textract are not in the policy of its endpoint, as
/// nothing here calls them; add them to both policies to do so.
///
/// [`network_perimeter`](Scope::network_perimeter) is not part of the stack: it denies a role all calls that do not come through the
/// named endpoints, and only the deployer knows them all, as a VPC may have more than the stack's own. The buckets have their perimeter
/// in their own policies.
///
/// # The buckets of logs
///
/// Access logs are encrypted with SSE-S3, as S3 delivers to no bucket whose default is SSE-KMS ("Enabling Amazon S3 server access
/// logging" in the Amazon S3 user guide). They hold the names of objects and callers, and no contents.
///
/// ```
/// use inkseal::Seal;
/// use inkseal::policy::{Scope, Stack};
///
/// let seal = Seal::known(
///     "s3://amzn-s3-demo-results".parse()?,
///     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
///     None,
/// )?;
/// let scope = Scope::builder("s3://amzn-s3-demo-source/scans/".parse()?, &seal).build()?;
/// let template = Stack::new(&scope).to_yaml()?;
/// assert!(template.contains("AWS::KMS::Key"));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stack {
    template: Node,
}

/// A template could not be written as a string. The error says nothing about its content.
#[derive(Debug, thiserror::Error)]
#[error("the template cannot be written as {format}")]
pub struct StackError {
    format: &'static str,
}

impl From<StackError> for crate::Error {
    fn from(error: StackError) -> Self {
        Self::invalid("the stack cannot be written").caused_by(error)
    }
}

/// The conditions of the template.
pub(super) const HAS_ACCESS_LOGS: &str = "HasAccessLogs";
pub(super) const HAS_DETECTION: &str = "HasDetection";
pub(super) const HAS_PERIMETER: &str = "HasPerimeter";
pub(super) const HAS_UPLOADERS: &str = "HasUploaders";
pub(super) const HAS_TRAIL: &str = "HasTrail";
pub(super) const HAS_VPC: &str = "HasVpc";

impl Stack {
    /// The template for this scope. It creates its own key, topic, queues and roles, so the scope's are not in it. The scope's buckets,
    /// name and endpoints are the defaults of parameters; its prefixes and families are fixed.
    pub fn new(scope: &Scope) -> Self {
        let buckets = Buckets::of(scope);
        let names = names(scope, &buckets);
        let resources = [
            storage::resources(&names, &buckets),
            messaging::resources(&names),
            identities::resources(&names),
            network::resources(&names),
            trail::resources(&names),
        ];
        let template = map! {
            "AWSTemplateFormatVersion": "2010-09-09",
            "Description": "Sealed document processing: buckets, key, topic, queues, roles, endpoints and trail for Amazon Textract and Amazon Comprehend",
            "Metadata": inputs::interface(&buckets),
            "Parameters": inputs::parameters(scope, &buckets),
            "Rules": inputs::rules(),
            "Conditions": inputs::conditions(),
            "Resources": resources.into_iter().flatten().collect::<Vec<_>>(),
            "Outputs": outputs::outputs(scope, &buckets),
        };
        Self { template }
    }

    /// The template as JSON, over several lines.
    ///
    /// # Errors
    ///
    /// [`StackError`] if it cannot be written, which is not known to happen with any template of this crate.
    pub fn to_json(&self) -> Result<String, StackError> {
        serde_json::to_string_pretty(&self.template).map_err(|_| StackError { format: "JSON" })
    }

    /// The template as YAML, with the same content as [`to_json`](Self::to_json).
    ///
    /// # Errors
    ///
    /// As there.
    pub fn to_yaml(&self) -> Result<String, StackError> {
        // Indented by one: with two, the template would not fit into one request, which takes 51,200 bytes.
        let narrow = serde_saphyr::ser_options! { indent_step: 1 };
        serde_saphyr::to_string_with_options(&self.template, narrow)
            .map_err(|_| StackError { format: "YAML" })
    }
}

/// Which bucket of the template each part of the scope is in: two parts may share one.
#[derive(Clone, Debug)]
struct Buckets {
    all: Vec<BucketIds>,
    input: BucketIds,
    output: BucketIds,
    sink: BucketIds,
    names: [String; 3],
}

/// The logical ids around one bucket.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct BucketIds {
    bucket: &'static str,
    arn: &'static str,
    policy: &'static str,
    parameter: &'static str,
    what: &'static str,
}

const INPUT: BucketIds = BucketIds {
    bucket: "InputBucket",
    arn: "InputBucket.Arn",
    policy: "InputBucketPolicy",
    parameter: "InputBucketName",
    what: "documents",
};
const OUTPUT: BucketIds = BucketIds {
    bucket: "OutputBucket",
    arn: "OutputBucket.Arn",
    policy: "OutputBucketPolicy",
    parameter: "OutputBucketName",
    what: "results",
};
const SINK: BucketIds = BucketIds {
    bucket: "SinkBucket",
    arn: "SinkBucket.Arn",
    policy: "SinkBucketPolicy",
    parameter: "SinkBucketName",
    what: "documents that were filed",
};

impl Buckets {
    fn of(scope: &Scope) -> Self {
        let (input_name, output_name) = (scope.documents().bucket(), scope.output().bucket());
        let (sink_name, _) = scope.sink_location();
        let output = OUTPUT;
        let input = if input_name == output_name { OUTPUT } else { INPUT };
        let sink = match sink_name {
            name if name == output_name => OUTPUT,
            name if name == input_name => INPUT,
            _ => SINK,
        };
        let mut all = Vec::new();
        for ids in [input, output, sink] {
            if !all.contains(&ids) {
                all.push(ids);
            }
        }
        let names = [input_name, output_name, sink_name].map(ToString::to_string);
        Self { all, input, output, sink, names }
    }

    /// The buckets with the names that the scope gives them.
    fn named(&self) -> impl Iterator<Item = (BucketIds, &str)> {
        let [input, output, sink] = &self.names;
        let named = [(self.input, input), (self.output, output), (self.sink, sink)];
        self.all.iter().filter_map(move |ids| {
            let name = named.iter().find(|(of, _)| of == ids).map(|(_, name)| name.as_str());
            name.map(|name| (*ids, name))
        })
    }
}

/// The names of the scope as the template refers to them.
///
/// The references have no cycle: roles are created without policies, the key refers to roles, buckets and queues refer to the key, and
/// policies to all of them. The topic and the trail, which the key would have to refer to, have names that follow from a parameter.
fn names(scope: &Scope, buckets: &Buckets) -> Names {
    let area = |ids: BucketIds, area: Area| Area { bucket: Value::reference(ids.arn), ..area };
    Names {
        partition: Value::reference("AWS::Partition"),
        region: Value::reference("AWS::Region"),
        account: Value::reference("AWS::AccountId"),
        dns_suffix: Value::reference("AWS::URLSuffix"),
        key: Value::reference("Key.Arn"),
        key_account: Value::reference("AWS::AccountId"),
        input: area(buckets.input, scope.documents_area()),
        output: area(buckets.output, scope.output_area()),
        sink: area(buckets.sink, scope.sink()),
        topic: own("sns", "", messaging::TOPIC_SUFFIX),
        queue: own("sqs", "", messaging::QUEUE_SUFFIX),
        dead_letters: own("sqs", "", messaging::DEAD_LETTERS_SUFFIX),
        notification_role: Value::reference("NotificationRole.Arn"),
        comprehend_role: Value::reference("ComprehendRole.Arn"),
        starters: vec![Value::reference("StarterRole.Arn")],
        readers: vec![Value::reference("ReaderRole.Arn")],
        workers: vec![Value::reference("WorkerRole.Arn")],
        uploaders: vec![Value::reference("UploaderArns")],
        uploads: Presence::If(HAS_UPLOADERS),
        checkers: vec![Value::reference("CheckerRole.Arn")],
        comprehend_starters: Vec::new(),
        families: scope.families().to_vec(),
        polls: scope.polls(),
        announces: true,
        in_vpc: scope.in_vpc(),
        detects: Presence::If(HAS_DETECTION),
        endpoints: vec![Value::either(
            HAS_VPC,
            Value::reference("S3Endpoint"),
            Value::reference("VpcEndpointIds"),
        )],
        perimeter: Presence::If(HAS_PERIMETER),
    }
}

/// A name of the stack's own: that of the parameter, and a suffix that sets it apart.
fn own_name(suffix: &'static str) -> Value {
    Value::reference("Name").then(suffix)
}

/// The ARN of something of that name, without a reference to it.
fn own(service: &'static str, kind: &'static str, suffix: &'static str) -> Value {
    let place = ["arn:".into(), Value::reference("AWS::Partition"), ":".into(), service.into(), ":".into()];
    let owner = [Value::reference("AWS::Region"), ":".into(), Value::reference("AWS::AccountId"), ":".into()];
    Value::join(place).then(Value::join(owner)).then(kind).then(own_name(suffix))
}
