//! The four families of asynchronous operations, and the only place that calls them.

use std::fmt;
use std::future::Future;

use aws_sdk_textract::config::Builder;
use aws_sdk_textract::config::retry::RetryConfig;
use aws_sdk_textract::types as sdk;
use serde::{Deserialize, Serialize};

use super::analysis::{Analysis, MAX_QUERIES_PER_PAGE};
use super::token::Digest;
use crate::block::Block;
use crate::clients::{Clients, send};
use crate::document::{ExpenseDocument, LendingResult, LendingSummary};
use crate::error::{Result, Stage};
use crate::part::{Part, PartHead, Record};
use crate::resource::JobId;
use crate::sdk::request;

/// A family of Textract's asynchronous operations: one Start, one Get, one kind of result.
///
/// Implemented by [`TextDetection`], [`Analysis`], [`Expense`] and [`Lending`]; sealed.
///
/// Its `Record` is what the output of the job consists of: [`Block`]s, [`ExpenseDocument`]s or [`LendingResult`]s.
pub trait Family: Operations {
    /// The operation that starts the family's jobs.
    const API: Api;
}

/// The detection of lines and words: `StartDocumentTextDetection`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextDetection;

/// The analysis of invoices and receipts: `StartExpenseAnalysis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Expense;

/// The analysis of mortgage packages: `StartLendingAnalysis`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lending;

/// The operation that starts a family's jobs, by its name in notifications and CloudTrail.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[non_exhaustive]
pub enum Api {
    /// Text detection.
    StartDocumentTextDetection,
    /// Document analysis.
    StartDocumentAnalysis,
    /// Expense analysis.
    StartExpenseAnalysis,
    /// Lending analysis.
    StartLendingAnalysis,
}

impl Api {
    /// The operation's name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::StartDocumentTextDetection => "StartDocumentTextDetection",
            Self::StartDocumentAnalysis => "StartDocumentAnalysis",
            Self::StartExpenseAnalysis => "StartExpenseAnalysis",
            Self::StartLendingAnalysis => "StartLendingAnalysis",
        }
    }
}

impl fmt::Display for Api {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// The members that all four Start operations share, in the SDK's types. There is no request without a seal: the
/// output, key and token are not optional here.
pub struct StartRequest {
    pub(super) location: sdk::DocumentLocation,
    pub(super) output: sdk::OutputConfig,
    pub(super) kms_key_id: String,
    pub(super) token: String,
    pub(super) job_tag: Option<String>,
    pub(super) channel: Option<sdk::NotificationChannel>,
    /// Whether the SDK may retry it.
    pub(super) retries: bool,
}

/// Which page of a Get operation to ask for.
pub struct GetPage {
    pub(crate) stage: Stage,
    pub(crate) max_results: Option<i32>,
    pub(crate) next_token: Option<String>,
}

/// The operations of a family, separate from [`Family`] so that no other crate can implement that.
pub trait Operations: Clone + fmt::Debug + Send + Sync + 'static {
    /// What the output consists of.
    type Record: Record;

    /// The folder below the job's own that holds the numbered parts.
    const FOLDER: &'static str = "";

    /// Checks the family's own rules.
    fn check(&self) -> Result<()> {
        Ok(())
    }

    /// Adds what identifies the work, besides the shared members.
    fn identify(&self, _digest: &mut Digest) {}

    /// Calls the Start operation.
    fn start(
        &self,
        clients: &Clients,
        request: StartRequest,
    ) -> impl Future<Output = Result<Option<String>>> + Send;

    /// Calls the Get operation.
    fn get(
        clients: &Clients,
        job: &JobId,
        page: GetPage,
    ) -> impl Future<Output = Result<Part<Self::Record>>> + Send;
}

/// Sends the Start request of a family. The SDK has no trait over its operations, hence a macro.
macro_rules! start {
    ($operation:literal, $builder:expr, $request:expr) => {{
        let StartRequest { location, output, kms_key_id, token, job_tag, channel, retries } = $request;
        let call = $builder
            .document_location(location)
            .output_config(output)
            .kms_key_id(kms_key_id)
            .client_request_token(token)
            .set_job_tag(job_tag)
            .set_notification_channel(channel);
        let output = if retries {
            send(Stage::Start, $operation, call.send()).await?
        } else {
            let once = Builder::new().retry_config(RetryConfig::disabled());
            send(Stage::Start, $operation, call.customize().config_override(once).send()).await?
        };
        Ok(output.job_id)
    }};
}

/// Sends the Get request of a family and turns its answer into a part.
macro_rules! get {
    ($operation:literal, $builder:expr, $job:expr, $page:expr, $records:ident, $model_version:ident) => {{
        let GetPage { stage, max_results, next_token } = $page;
        let call = $builder.job_id($job.as_str()).set_max_results(max_results).set_next_token(next_token);
        let output = match stage {
            // A wait polls again by itself, and within the Get rate, which the SDK's retries would not keep to.
            Stage::Wait => {
                let once = Builder::new().retry_config(RetryConfig::disabled());
                send(stage, $operation, call.customize().config_override(once).send()).await?
            }
            _ => send(stage, $operation, call.send()).await?,
        };
        let head = PartHead::from_get(
            output.document_metadata,
            output.job_status,
            output.status_message,
            output.warnings,
            output.next_token,
            output.$model_version,
        );
        let records = output.$records.unwrap_or_default().into_iter().map(Into::into).collect();
        Ok(Part { head, records })
    }};
}

impl Family for TextDetection {
    const API: Api = Api::StartDocumentTextDetection;
}

impl Operations for TextDetection {
    type Record = Block;

    async fn start(&self, clients: &Clients, request: StartRequest) -> Result<Option<String>> {
        start!("StartDocumentTextDetection", clients.textract().start_document_text_detection(), request)
    }

    async fn get(clients: &Clients, job: &JobId, page: GetPage) -> Result<Part<Block>> {
        get!(
            "GetDocumentTextDetection",
            clients.textract().get_document_text_detection(),
            job,
            page,
            blocks,
            detect_document_text_model_version
        )
    }
}

impl Family for Analysis {
    const API: Api = Api::StartDocumentAnalysis;
}

impl Operations for Analysis {
    type Record = Block;

    fn check(&self) -> Result<()> {
        Self::check(self, MAX_QUERIES_PER_PAGE)
    }

    fn identify(&self, digest: &mut Digest) {
        digest
            .list(self.features().iter().map(|feature| request::feature_type(*feature).as_str().to_owned()));
        for query in self.queries() {
            let (text, alias, pages) = query.parts();
            digest.field("query", Some(text)).field("alias", alias).list(pages.items());
        }
        for adapter in self.adapters() {
            let (id, version, pages) = adapter.parts();
            digest.field("adapter", Some(id)).field("version", Some(version)).list(pages.items());
        }
    }

    async fn start(&self, clients: &Clients, request: StartRequest) -> Result<Option<String>> {
        let call = clients
            .textract()
            .start_document_analysis()
            .set_feature_types(Some(request::feature_types(self)))
            .set_queries_config(request::queries_config(self, Stage::Start)?)
            .set_adapters_config(request::adapters_config(self, Stage::Start)?);
        start!("StartDocumentAnalysis", call, request)
    }

    async fn get(clients: &Clients, job: &JobId, page: GetPage) -> Result<Part<Block>> {
        get!(
            "GetDocumentAnalysis",
            clients.textract().get_document_analysis(),
            job,
            page,
            blocks,
            analyze_document_model_version
        )
    }
}

impl Family for Expense {
    const API: Api = Api::StartExpenseAnalysis;
}

impl Operations for Expense {
    type Record = ExpenseDocument;

    async fn start(&self, clients: &Clients, request: StartRequest) -> Result<Option<String>> {
        start!("StartExpenseAnalysis", clients.textract().start_expense_analysis(), request)
    }

    async fn get(clients: &Clients, job: &JobId, page: GetPage) -> Result<Part<ExpenseDocument>> {
        get!(
            "GetExpenseAnalysis",
            clients.textract().get_expense_analysis(),
            job,
            page,
            expense_documents,
            analyze_expense_model_version
        )
    }
}

impl Family for Lending {
    const API: Api = Api::StartLendingAnalysis;
}

impl Operations for Lending {
    type Record = LendingResult;

    const FOLDER: &'static str = "detailedResponse/";

    async fn start(&self, clients: &Clients, request: StartRequest) -> Result<Option<String>> {
        start!("StartLendingAnalysis", clients.textract().start_lending_analysis(), request)
    }

    async fn get(clients: &Clients, job: &JobId, page: GetPage) -> Result<Part<LendingResult>> {
        get!(
            "GetLendingAnalysis",
            clients.textract().get_lending_analysis(),
            job,
            page,
            results,
            analyze_lending_model_version
        )
    }
}

impl Lending {
    /// Calls `GetLendingAnalysisSummary`, whose only record is the summary.
    pub(crate) async fn summary(clients: &Clients, job: &JobId) -> Result<Part<LendingSummary>> {
        let call = clients.textract().get_lending_analysis_summary().job_id(job.as_str());
        let output = send(Stage::Fetch, "GetLendingAnalysisSummary", call.send()).await?;
        let head = PartHead::from_get(
            output.document_metadata,
            output.job_status,
            output.status_message,
            output.warnings,
            None,
            output.analyze_lending_model_version,
        );
        Ok(Part { head, records: output.summary.into_iter().map(Into::into).collect() })
    }
}
