//! Writes the policies that a deployment needs, one file each, and a CloudFormation stack of them all.
//!
//! ```text
//! cargo run --example policies -- --input s3://amzn-s3-demo-source/scans/ --output s3://amzn-s3-demo-results \
//!     --kms-key arn:aws:kms:us-east-1:111122223333:key/... --account 111122223333 --out policies
//! ```
//!
//! It prints the path of each file that it writes. It makes no calls, and needs no credentials. The policy of the key is written
//! only with `--key-administrator`: a key whose policy names nobody to administer it is lost. In the stack that is the parameter
//! `KeyAdministratorArn`, which has no default.

use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::{Context, Result};
use clap::error::ErrorKind;
use clap::{CommandFactory, Parser, ValueEnum};
use inkseal::Seal;
use inkseal::job::Api;
use inkseal::policy::{Documents, Scope, Stack};
use inkseal::resource::{AccountId, KmsKey, QueueUrl, RoleArn, S3Location, TopicArn, VpcEndpointId};

/// Write the policies of a deployment, and its CloudFormation stack.
#[derive(Parser)]
#[command(after_help = "Exit codes: 0 if all was written, 1 if it could not be, 2 for wrong arguments.")]
struct Arguments {
    /// Where the documents are
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    input: Documents,
    /// Where the results go
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    output: S3Location,
    /// The customer-managed key that seals the results, by its ARN
    #[arg(long, value_name = "ARN")]
    kms_key: KmsKey,
    /// The account that owns the buckets
    #[arg(long, value_name = "ID")]
    account: AccountId,
    /// The topic that Textract announces the end of jobs on [default: NAME-completions]
    #[arg(long, value_name = "ARN")]
    topic_arn: Option<TopicArn>,
    /// The role that Textract publishes as [default: NAME-textract]
    #[arg(long, value_name = "ARN")]
    role_arn: Option<RoleArn>,
    /// The queue that the topic delivers to [default: NAME-completions]
    #[arg(long, value_name = "URL")]
    queue_url: Option<QueueUrl>,
    /// A VPC endpoint; may be given several times. Name every endpoint that the roles use: S3's, Textract's and Comprehend's. The
    /// bucket policies need S3's; network-perimeter.json denies whatever comes through none of them
    #[arg(long, value_name = "ID")]
    vpc_endpoint: Vec<VpcEndpointId>,
    /// Where workers file documents [default: redacted, in the bucket of the results]
    #[arg(long, value_name = "s3://BUCKET[/PREFIX]")]
    sink: Option<S3Location>,
    /// A role that starts jobs; may be given several times [default: NAME-starter]
    #[arg(long, value_name = "ARN")]
    starter_role: Vec<RoleArn>,
    /// A role that reads results; may be given several times [default: NAME-reader]
    #[arg(long, value_name = "ARN")]
    reader_role: Vec<RoleArn>,
    /// A role that workers run as; may be given several times [default: NAME-worker]
    #[arg(long, value_name = "ARN")]
    worker_role: Vec<RoleArn>,
    /// A role that uploads documents; may be given several times [default: nobody uploads]
    #[arg(long, value_name = "ARN")]
    uploader_role: Vec<RoleArn>,
    /// The role that Comprehend's jobs read and write as [default: NAME-comprehend]
    #[arg(long, value_name = "ARN")]
    comprehend_role: Option<RoleArn>,
    /// A role that starts Comprehend's jobs; may be given several times [default: none]
    #[arg(long, value_name = "ARN")]
    comprehend_starter_role: Vec<RoleArn>,
    /// A role that evaluates the posture; may be given several times [default: none]
    #[arg(long, value_name = "ARN")]
    checker_role: Vec<RoleArn>,
    /// A role that administers the key; may be given several times [default: none, and key.json is not written]
    #[arg(long, value_name = "ARN")]
    key_administrator: Vec<RoleArn>,
    /// The families of jobs
    #[arg(
        long,
        value_delimiter = ',',
        default_value = "text,analysis,expense,lending",
        value_name = "FAMILY,..."
    )]
    families: Vec<FamilyName>,
    /// NAME: what default names begin with; 1 to 40 letters and digits, with single hyphens between them
    #[arg(long, default_value = "inkseal")]
    name: String,
    /// Starters wait for their jobs by polling, and may therefore get results
    #[arg(long)]
    polling: bool,
    /// Workers redact with Amazon Comprehend
    #[arg(long)]
    detecting: bool,
    /// Comprehend's jobs run in a VPC: their role may make its network interfaces, and use S3's endpoint
    #[arg(long)]
    comprehend_in_vpc: bool,
    /// The directory to write to; it is created if missing
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
}

#[derive(Clone, Copy, ValueEnum)]
enum FamilyName {
    /// StartDocumentTextDetection
    Text,
    /// StartDocumentAnalysis
    Analysis,
    /// StartExpenseAnalysis
    Expense,
    /// StartLendingAnalysis
    Lending,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let (out, administrators) = (arguments.out.clone(), arguments.key_administrator.clone());
    // Names that do not go together are wrong arguments, too.
    let scope = arguments.scope().unwrap_or_else(|error| {
        Arguments::command().error(ErrorKind::ValueValidation, format!("{error:#}")).exit()
    });
    match run(&scope, &out, administrators) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("policies: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(scope: &Scope, out: &Path, administrators: Vec<RoleArn>) -> Result<()> {
    std::fs::create_dir_all(out).with_context(|| out.display().to_string())?;
    for (name, policy) in scope.policies() {
        write(out, &format!("{name}.json"), &serde_json::to_string_pretty(&policy)?)?;
    }
    if administrators.is_empty() {
        eprintln!("policies: key.json is not written without --key-administrator");
    } else {
        let policy = scope.key_statements().administered_by(administrators);
        write(out, "key.json", &serde_json::to_string_pretty(&policy)?)?;
    }
    let stack = Stack::new(scope);
    write(out, "stack.json", &stack.to_json()?)?;
    write(out, "stack.yaml", &stack.to_yaml()?)
}

fn write(out: &Path, name: &str, text: &str) -> Result<()> {
    let path = out.join(name);
    std::fs::write(&path, format!("{}\n", text.trim_end())).with_context(|| path.display().to_string())?;
    writeln!(std::io::stdout(), "{}", path.display())?;
    Ok(())
}

impl Arguments {
    fn scope(self) -> Result<Scope> {
        let seal = Seal::known(self.output, self.kms_key, Some(self.account))?;
        let families = self.families.into_iter().map(|family| match family {
            FamilyName::Text => Api::StartDocumentTextDetection,
            FamilyName::Analysis => Api::StartDocumentAnalysis,
            FamilyName::Expense => Api::StartExpenseAnalysis,
            FamilyName::Lending => Api::StartLendingAnalysis,
        });
        let mut scope = Scope::builder(self.input, &seal).name(self.name).families(families);
        if let Some(topic) = self.topic_arn {
            scope = scope.topic(topic);
        }
        if let Some(role) = self.role_arn {
            scope = scope.notification_role(role);
        }
        if let Some(queue) = self.queue_url {
            scope = scope.queue(queue);
        }
        if let Some(sink) = self.sink {
            scope = scope.sink(sink);
        }
        if let Some(role) = self.comprehend_role {
            scope = scope.comprehend_role(role);
        }
        scope = self.starter_role.into_iter().fold(scope, |scope, role| scope.starter(role));
        scope = self.reader_role.into_iter().fold(scope, |scope, role| scope.reader(role));
        scope = self.worker_role.into_iter().fold(scope, |scope, role| scope.worker(role));
        scope = self.uploader_role.into_iter().fold(scope, |scope, role| scope.uploader(role));
        scope = self
            .comprehend_starter_role
            .into_iter()
            .fold(scope, |scope, role| scope.comprehend_starter(role));
        scope = self.checker_role.into_iter().fold(scope, |scope, role| scope.checker(role));
        scope = self.vpc_endpoint.into_iter().fold(scope, |scope, endpoint| scope.vpc_endpoint(endpoint));
        scope = if self.polling { scope.polling() } else { scope };
        scope = if self.detecting { scope.detecting() } else { scope };
        scope = if self.comprehend_in_vpc { scope.comprehend_in_vpc() } else { scope };
        Ok(scope.build()?)
    }
}
