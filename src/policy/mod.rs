//! The policies that a deployment needs, written from the names of its jobs, and a CloudFormation stack of them all.
//!
//! For Amazon Comprehend's jobs, IAM can force the seal, and [`comprehend_starter`](Scope::comprehend_starter) makes it do so: no job
//! starts, and no model is trained, unless every one of its keys is the one key.
//!
//! For Textract's jobs it cannot: the Start operations have neither a resource nor a condition key for `OutputConfig` and `KMSKeyId`, so
//! only the code that calls them can, which is what [`SecureJob`](crate::SecureJob) is for. The policies are the other half: nobody gets
//! at documents, results and key without need, and a bucket takes nothing under another key.
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
//! | [`network_perimeter`](Scope::network_perimeter) | these roles, in addition to the policy of each |
//! | [`key_statements`](Scope::key_statements) | the key, once its administrators are filled in |
//! | [`input_bucket`](Scope::input_bucket), [`output_bucket`](Scope::output_bucket), [`sink_bucket`](Scope::sink_bucket) | each bucket |
//! | [`notification_trust`](Scope::notification_trust), [`notification_role`](Scope::notification_role) | the role that Textract publishes as |
//! | [`topic`](Scope::topic) | the topic, encrypted by the key |
//! | [`queue`](Scope::queue), [`dead_letters`](Scope::dead_letters) | the queues, encrypted by the key |
//! | [`comprehend_starter`](Scope::comprehend_starter) | the roles that start Comprehend's jobs, which also have to be [named](ScopeBuilder::comprehend_starter) |
//! | [`comprehend_trust`](Scope::comprehend_trust), [`comprehend_role`](Scope::comprehend_role) | the role of Comprehend's asynchronous jobs |
//! | [`textract_endpoint`](Scope::textract_endpoint), [`comprehend_endpoint`](Scope::comprehend_endpoint), [`s3_endpoint`](Scope::s3_endpoint) | each VPC endpoint |
//!
//! If two parts of the scope share a bucket, both give the same policy of that bucket. The policies of the endpoints let in these roles
//! and nothing else, so they are for endpoints of their own: anything else that uses an endpoint has to be added to its policy with
//! [`PolicyDocument::with`].
//!
//! # Who reads the sink
//!
//! Only workers, and the roles around Comprehend's jobs, are given access to the sink. A role that consumes what was filed needs
//! permissions of its own, a statement in the policy of the key, and, if it reads through S3's endpoint, statements in its policy. The
//! policy of the bucket needs none, as it only denies: with [endpoints](ScopeBuilder::vpc_endpoint), whatever comes through none of them.
//!
//! ```
//! # use inkseal::Seal;
//! # use inkseal::policy::Scope;
//! use inkseal::policy::{PolicyDocument, Principal, Statement, Test};
//!
//! # let seal = Seal::known(
//! #     "s3://amzn-s3-demo-results/textract".parse()?,
//! #     "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab".parse()?,
//! #     Some("111122223333".parse()?),
//! # )?;
//! # let scope = Scope::builder("s3://amzn-s3-demo-source/scans/".parse()?, &seal)
//! #     .sink("s3://amzn-s3-demo-filed/redacted".parse()?)
//! #     .build()?;
//! # let administrator = "arn:aws:iam::111122223333:role/key-administrator".parse()?;
//! const KEY: &str = "arn:aws:kms:us-east-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";
//! const CONSUMER: &str = "arn:aws:iam::111122223333:role/claims";
//!
//! let read = Statement::allow("ReadFiled")
//!     .actions(["s3:GetObject"])
//!     .resources(["arn:aws:s3:::amzn-s3-demo-filed/redacted/*"])
//!     .when(Test::StringEquals, "s3:ResourceAccount", ["111122223333"]);
//! let list = Statement::allow("ListFiled")
//!     .actions(["s3:ListBucket"])
//!     .resources(["arn:aws:s3:::amzn-s3-demo-filed"])
//!     .when(Test::StringEquals, "s3:ResourceAccount", ["111122223333"])
//!     .when(Test::StringLike, "s3:prefix", ["redacted/*"]);
//! let open = Statement::allow("OpenFiled")
//!     .actions(["kms:Decrypt"])
//!     .when(Test::StringEquals, "kms:ViaService", ["s3.us-east-1.amazonaws.com"]);
//!
//! // For the role itself.
//! let role = PolicyDocument::new([read.clone(), list.clone(), open.clone().resources([KEY])]);
//! // For the key.
//! let consumer = Principal::Aws(vec![CONSUMER.into()]);
//! let key = scope.key_statements().administered_by([administrator]).with(open.principal(consumer).resources(["*"]));
//! // For the endpoint of S3.
//! let of_consumer = |statement: Statement| {
//!     statement.principal(Principal::Everybody).when(Test::ArnEquals, "aws:PrincipalArn", [CONSUMER])
//! };
//! let endpoint = scope.s3_endpoint().with(of_consumer(read)).with(of_consumer(list));
//! # assert!([role, key, endpoint].iter().all(|policy| serde_json::to_string(policy).is_ok()));
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! # What is denied
//!
//! The policies of the buckets hold denials only, so they give nobody a right. They deny requests that are not over TLS, requests of
//! other accounts, and puts under another key, without a key, with another algorithm or with a key of the caller's own (SSE-C). With
//! [endpoints](ScopeBuilder::vpc_endpoint) they also deny requests on objects that do not come through one. Two object names are exempt
//! from the demand for a key, `.s3_access_check` and `.write_access_check_file.temp`, by which Textract and Comprehend see whether they can
//! write: no page says whether they name a key for these, and the default encryption of the bucket, which has to be that key, seals them.
//! Unconfirmed: whether S3 fills in the key of CreateMultipartUpload for UploadPart under DenyNoKey.
//!
//! A perimeter of `aws:SourceVpce` alone would also stop Textract, which reads and writes S3 for the caller and not through the
//! caller's endpoint. `aws:ViaAWSService` marks such requests ("AWS global condition context keys" in the IAM user guide). Requests
//! on the buckets themselves stay open to their administrators.
//!
//! # Dead letters
//!
//! Only the topic sends to the queue, and nobody sends to the dead letters, so a redrive (`StartMessageMoveTask`) is denied on
//! purpose: whoever can send can name a job for workers to file. To redrive, first find out what was wrong. Then take `DenyOtherSenders`
//! out of the policy of the queue and let one role move messages: `sqs:StartMessageMoveTask`, `sqs:ReceiveMessage`, `sqs:DeleteMessage`
//! and `sqs:GetQueueAttributes` on the dead letters, `sqs:SendMessage` on the queue, and `kms:Decrypt` and `kms:GenerateDataKey` over
//! SQS, in its own policy and in that of the key. Put the statement back afterwards. Unconfirmed: this was not tried on AWS.
//!
//! The age of a dead letter counts from when it was first sent, not from when it became one ("Using dead-letter queues in Amazon
//! SQS" in the Amazon SQS developer guide): the queue should keep messages for a shorter time than its dead letters, as in the stack.
//!
//! # Wildcards
//!
//! No statement allows a wildcard of actions, and no statement that could name a resource has `*` instead:
//!
//! | where | `*` as the resource of | why |
//! | --- | --- | --- |
//! | starter, reader, endpoint of Textract | `textract:Start...`, `textract:Get...` | these actions have no resource types ("Actions, resources, and condition keys for Amazon Textract" in the service authorization reference) |
//! | worker, endpoint of Comprehend | `comprehend:DetectPiiEntities`, `comprehend:ContainsPiiEntities` | the text is in the request ("Actions, resources, and condition keys for Amazon Comprehend" there) |
//! | role of Comprehend, [in a VPC](ScopeBuilder::comprehend_in_vpc) only | `ec2:` actions on network interfaces | the interfaces do not exist before a job, the Describe actions have no resource types, and the page has `*` for the rest ("Protect jobs by using an Amazon Virtual Private Cloud" in the Amazon Comprehend developer guide); unconfirmed: whether less is enough |
//! | checker | `cloudtrail:DescribeTrails` | it lists, so it has no resource types ("Actions, resources, and condition keys for AWS CloudTrail" in the service authorization reference) |
//! | key | all its statements | in the policy of a key `*` means that key ("Key policies in AWS KMS" in the AWS KMS developer guide) |
//! | endpoints | the principal of every statement | the policy of a gateway endpoint takes no other principal; `aws:PrincipalArn` names the roles ("Endpoint policies for gateway endpoints" in the AWS PrivateLink guide) |
//! | trust of the services' roles | Region and job in `aws:SourceArn` | the id of a job is not known when the role is passed; the account is ("The confused deputy problem" in the IAM user guide) |
//!
//! # What the key sees
//!
//! A key policy that names a role is enough by itself, without a policy of the role ("Key policies in AWS KMS" in the AWS KMS
//! developer guide), so the conditions that narrow the use are in both: `kms:ViaService` holds workers to S3 and SQS, the role of
//! Textract to SNS, and the role of Comprehend to S3. `kms:ViaService` does not know Textract ("AWS KMS condition keys" in the AWS KMS
//! developer guide), so starters and readers, as whom Textract calls KMS, have the few actions that it needs without that condition.
//! An alias in a policy grants nothing, so [`Scope`] takes the ARN of a key and nothing else.
//!
//! The key may be in another account than the buckets. Then that account's administrators have to set its policy.

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
