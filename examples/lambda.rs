//! A Lambda function behind a queue: files the output of each job, and reports the messages that failed.
//!
//! The event source mapping needs `ReportBatchItemFailures`; Lambda itself deletes the other messages, does not extend
//! the visibility of any, and makes those that failed visible again, so the queue's visibility timeout should be six
//! times the function's ("Using Lambda with Amazon SQS" in the AWS Lambda developer guide).
//!
//! It is configured by environment variables: `TOPIC_ARN`, `OUTPUT` (`s3://BUCKET[/PREFIX]`), `KMS_KEY` (an ARN),
//! `BUCKET_OWNER` and `SINK`. In Lambda it runs as the function; with a file it handles that event and prints the
//! answer:
//!
//! ```text
//! cargo run --release --example lambda -- event.json
//! ```

use std::process::ExitCode;

use anyhow::{Context, Result};
use aws_lambda_events::sqs::{BatchItemFailure, SqsBatchResponse, SqsEvent, SqsMessage};
use clap::Parser;
use futures::future::join_all;
use inkseal::fleet::Filing;
use inkseal::notify::Completion;
use inkseal::redact::{PatternDetector, Redactor};
use inkseal::resource::TopicArn;
use inkseal::{Clients, Render, Seal, SealedStore};
use lambda_runtime::{LambdaEvent, service_fn};

/// Handle an SQS event of completions.
#[derive(Parser)]
#[command(after_help = "\
Environment variables, all required:
  TOPIC_ARN     The topic that completions have to come from
  OUTPUT        Where the jobs write their output: s3://BUCKET[/PREFIX]
  KMS_KEY       The key of the output, which is also used for the sink, by its ARN
  BUCKET_OWNER  The account that owns both buckets
  SINK          Where to file the documents: s3://BUCKET[/PREFIX]

Exit codes: 0, even if messages failed; 1 for a missing variable or event; 2 for wrong arguments.")]
struct Arguments {
    /// An event as Lambda receives it; without it the function runs in Lambda
    event: Option<std::path::PathBuf>,
}

/// Made once for all events.
struct Function {
    clients: Clients,
    topic: TopicArn,
    seal: Seal,
    filing: Filing,
}

#[tokio::main]
async fn main() -> ExitCode {
    match run(Arguments::parse()).await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("lambda: {error:#}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<()> {
    let function = Function::of_environment().await?;
    match arguments.event {
        Some(file) => {
            let event = std::fs::read(&file).with_context(|| file.display().to_string())?;
            let event = serde_json::from_slice(&event).with_context(|| file.display().to_string())?;
            println!("{}", serde_json::to_string(&function.handle(event).await)?);
            Ok(())
        }
        None => {
            let handler = |event: LambdaEvent<SqsEvent>| async {
                Ok::<_, lambda_runtime::Error>(function.handle(event.payload).await)
            };
            lambda_runtime::run(service_fn(handler)).await.map_err(anyhow::Error::from_boxed)
        }
    }
}

impl Function {
    async fn of_environment() -> Result<Self> {
        let config = aws_config::load_defaults(aws_config::BehaviorVersion::latest()).await;
        let clients = Clients::new(&config)?;
        let variable = |name: &'static str| std::env::var(name).context(name);
        let key: inkseal::resource::KmsKey = variable("KMS_KEY")?.parse()?;
        let owner: inkseal::resource::AccountId = variable("BUCKET_OWNER")?.parse()?;
        let seal = Seal::known(variable("OUTPUT")?.parse()?, key.clone(), Some(owner.clone()))?;
        let store = SealedStore::open(&clients, variable("SINK")?.parse()?, key, owner).await?;
        let redactor = Redactor::builder(PatternDetector::new()).build()?;
        let filing = Filing::redacted(store, Render::markdown(), redactor);
        Ok(Self { clients, topic: variable("TOPIC_ARN")?.parse()?, seal, filing })
    }

    /// Handles the messages of an event concurrently, and names those that have to come again.
    async fn handle(&self, event: SqsEvent) -> SqsBatchResponse {
        let handled = event.records.iter().map(|message| async move {
            let error = self.handle_message(message).await.err()?;
            let id = message.message_id.clone().unwrap_or_default();
            eprintln!("lambda: message {id}: {error:#}");
            let mut failure = BatchItemFailure::default();
            failure.item_identifier = id;
            Some(failure)
        });
        let mut response = SqsBatchResponse::default();
        response.batch_item_failures = join_all(handled).await.into_iter().flatten().collect();
        response
    }

    async fn handle_message(&self, message: &SqsMessage) -> Result<()> {
        let body = message.body.as_deref().unwrap_or_default();
        let completion = Completion::from_envelope(body, Some(&self.topic))?;
        self.filing.file_completed(&completion, &self.seal, &self.clients).await?;
        Ok(())
    }
}
