//! The policies that a deployment needs, written from the names of its jobs, and the CloudFormation stack of them.
//!
//! Of Amazon Comprehend's jobs IAM forces the seal, and [`comprehend_starter`](Scope::comprehend_starter) has it do so: no job
//! starts, and no model is trained, whose every key is not the one key.
//!
//! Of Textract's it cannot: its Start operations know neither a resource nor a condition key for `OutputConfig` and
//! `KMSKeyId`, so that nothing but the code that calls them does, which is what [`SecureJob`](crate::SecureJob) is for. The policies
//! are the other half: nobody gets at documents, results and key who need not, and a bucket takes nothing under another key.
//!
//! ```
//! use inkseal::Seal;
//! use inkseal::policy::{Scope, Stack};
//!
//! let seal = Seal::known(
//!     "s3://amzn-s3-demo-results/textract".parse()?,
//!     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
//!     Some("111122223333".parse()?),
//! )?;
//! let scope = Scope::builder("s3://amzn-s3-demo-source/scans/".parse()?, &seal)
//!     .sink("s3://amzn-s3-demo-filed/redacted".parse()?)
//!     .vpc_endpoint("vpce-1a2b3c4d5e6f70819".parse()?)
//!     .build()?;
//!
//! for (name, policy) in scope.policies() {
//!     println!("{name}: {}", serde_json::to_string_pretty(&policy)?);
//! }
//! let template = Stack::new(&scope).to_yaml()?;
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # Which policy goes where
//!
//! | policy | attach it to |
//! | --- | --- |
//! | [`starter`](Scope::starter) | the role that starts jobs |
//! | [`reader`](Scope::reader) | the role that reads results |
//! | [`worker`](Scope::worker) | the role of the workers of a [`fleet`](crate::fleet) |
//! | [`uploader`](Scope::uploader) | the roles that upload documents, which also have to be [named](ScopeBuilder::uploader) |
//! | [`checker`](Scope::checker) | the roles that evaluate a [posture](crate::posture), which also have to be [named](ScopeBuilder::checker) |
//! | [`network_perimeter`](Scope::network_perimeter) | these roles, beside the policy of each |
//! | [`key_statements`](Scope::key_statements) | the key, once its administrators are filled in |
//! | [`input_bucket`](Scope::input_bucket), [`output_bucket`](Scope::output_bucket), [`sink_bucket`](Scope::sink_bucket) | each bucket |
//! | [`notification_trust`](Scope::notification_trust), [`notification_role`](Scope::notification_role) | the role that Textract publishes as |
//! | [`topic`](Scope::topic) | the topic, encrypted by the key |
//! | [`queue`](Scope::queue), [`dead_letters`](Scope::dead_letters) | the queues, encrypted by the key |
//! | [`comprehend_starter`](Scope::comprehend_starter) | the roles that start Comprehend's jobs, which also have to be [named](ScopeBuilder::comprehend_starter) |
//! | [`comprehend_trust`](Scope::comprehend_trust), [`comprehend_role`](Scope::comprehend_role) | the role of Comprehend's asynchronous jobs |
//! | [`textract_endpoint`](Scope::textract_endpoint), [`comprehend_endpoint`](Scope::comprehend_endpoint), [`s3_endpoint`](Scope::s3_endpoint) | each VPC endpoint |
//!
//! Two parts of the scope in one bucket give the same policy of that bucket. The policies of the endpoints let in these roles and
//! nothing else, so they are for endpoints of their own: what else uses an endpoint has to be added to its policy with
//! [`PolicyDocument::with`].
//!
//! # What is denied
//!
//! The policies of the buckets hold denials only, so they give nobody a right. They deny what is not over TLS, what another account
//! does, a put under another key, without a key, with another algorithm or with a key of the caller's (SSE-C), and with
//! [endpoints](ScopeBuilder::vpc_endpoint) what is done with objects outside of them. Two keys are taken out of the demand for a key,
//! `.s3_access_check` and `.write_access_check_file.temp`, by which Textract and Comprehend see whether they can write: no page says
//! whether they name a key for these, and the default encryption of the bucket, which has to be that key, seals them.
//!
//! A perimeter of `aws:SourceVpce` alone would also stop Textract, which reads and writes S3 for the caller and not through the
//! caller's endpoint. `aws:ViaAWSService` says so of such requests ("AWS global condition context keys" in the IAM user guide). Requests
//! about buckets themselves stay open to their administrators.
//!
//! # Dead letters
//!
//! Nobody but the topic sends to the queue, and nobody to the dead letters, so a redrive (`StartMessageMoveTask`) is denied on
//! purpose: who could send could name a job for workers to file. To do it, find what was wrong, take `DenyOtherSenders` out of the
//! policy of the queue, let one role move: `sqs:StartMessageMoveTask`, `sqs:ReceiveMessage`, `sqs:DeleteMessage` and
//! `sqs:GetQueueAttributes` on the dead letters, `sqs:SendMessage` on the queue, `kms:Decrypt` and `kms:GenerateDataKey` over SQS
//! in its own policy and in that of the key; and put the statement back. Unconfirmed: this was not done on AWS.
//!
//! The age of a dead letter counts from when it was first sent, and not from when it got there ("Using dead-letter queues in Amazon
//! SQS" in the Amazon SQS developer guide): the queue should keep messages for a shorter time than its dead letters, as in the stack.
//!
//! # Wildcards
//!
//! No statement allows a wildcard of actions, and none that could name a resource has `*` instead:
//!
//! | where | `*` as the resource of | why |
//! | --- | --- | --- |
//! | starter, reader, endpoint of Textract | `textract:Start...`, `textract:Get...` | these actions have no resource types ("Actions, resources, and condition keys for Amazon Textract" in the service authorization reference) |
//! | worker, endpoint of Comprehend | `comprehend:DetectPiiEntities`, `comprehend:ContainsPiiEntities` | these actions look at the text of the request ("Actions, resources, and condition keys for Amazon Comprehend" there) |
//! | role of Comprehend, [in a VPC](ScopeBuilder::comprehend_in_vpc) only | `ec2:` actions on network interfaces | the interfaces do not exist before a job, the Describe actions have no resource types, and the page gives the rest so ("Protect jobs by using an Amazon VPC" in the Amazon Comprehend developer guide); unconfirmed: whether it works with less |
//! | checker | `cloudtrail:DescribeTrails` | it lists, so it has no resource types ("Actions, resources, and condition keys for AWS CloudTrail" in the service authorization reference) |
//! | key | all its statements | in the policy of a key `*` means that key ("Key policies in AWS KMS" in the AWS KMS developer guide) |
//! | endpoints | the principal of every statement | the policy of a gateway endpoint takes no other; `aws:PrincipalArn` names the roles ("Endpoint policies for gateway endpoints" in the AWS PrivateLink guide) |
//! | trust of the services' roles | Region and job in `aws:SourceArn` | the id of a job is not known before the role is passed; the account is ("The confused deputy problem" in the IAM user guide) |
//!
//! # What the key sees
//!
//! A policy of a key that names a role is enough by itself, without a policy of the role ("Key policies in AWS KMS" in the AWS KMS
//! developer guide), so what narrows the use stands in both: `kms:ViaService` holds workers to S3 and SQS, the role of Textract to
//! SNS and the role of Comprehend to S3. It knows Textract
//! not ("AWS KMS condition keys" in the AWS KMS developer guide), so starters and readers, as whom Textract calls KMS, have the few
//! actions that it needs without it. An alias in a policy grants nothing, so [`Scope`] takes the ARN of a key and nothing else.
//!
//! The key may be in another account than the buckets; its policy then is for that account's administrators to set.

mod analyses;
mod bucket;
mod builder;
mod comprehend;
mod documents;
mod endpoint;
mod error;
mod identity;
mod key;
mod language;
mod names;
mod notification;
mod scope;
mod stack;
mod value;

pub use builder::ScopeBuilder;
pub use documents::Documents;
pub use error::InvalidScope;
pub use key::KeyStatements;
pub use language::{Effect, PolicyDocument, Principal, Statement, Test};
pub use scope::Scope;
pub use stack::{Stack, StackError};
pub use value::Value;
