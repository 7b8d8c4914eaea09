//! The four operations.

use super::MAX_QUERIES_PER_CALL;
use super::human_loop::{HumanLoop, HumanLoopActivation};
use super::input::Input;
use crate::clients::{Clients, send};
use crate::document::{Document, ExpenseDocument, IdentityDocument};
use crate::error::{Error, Result, Stage};
use crate::job::{Adapter, Analysis, Feature, Query};
use crate::part::{Part, PartHead};
use crate::sdk::request;

/// The detection of lines and words on one page: `DetectDocumentText`.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients) -> Result<(), Box<dyn std::error::Error>> {
/// use inkseal::synchronous::{DetectDocumentText, Input};
///
/// let document = DetectDocumentText::new(Input::bytes(std::fs::read("scan.png")?)?).send(&clients).await?;
/// for line in document.lines() {
///     println!("{}", line.text());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct DetectDocumentText {
    input: Input,
}

impl DetectDocumentText {
    /// The detection of this document's text.
    pub fn new(input: Input) -> Self {
        Self { input }
    }

    /// Sends the document and returns what is on it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if the clients are in another Region than the document;
    /// [`UnsupportedDocument`](crate::ErrorKind::UnsupportedDocument), [`NotFound`](crate::ErrorKind::NotFound),
    /// [`AccessDenied`](crate::ErrorKind::AccessDenied) and [`Throttled`](crate::ErrorKind::Throttled) as the service
    /// answers.
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the call answered and billed. Sent again, it gives the same result, and is billed again.
    pub async fn send(self, clients: &Clients) -> Result<Document> {
        self.input.check_region(clients)?;
        let call = clients.textract().detect_document_text().document(self.input.into_document());
        let output = send(Stage::Call, "DetectDocumentText", call.send()).await?;
        let head = PartHead::from_call(output.document_metadata, output.detect_document_text_model_version);
        Ok(Part { head, records: records(output.blocks) }.into())
    }
}

/// The analysis of one page: `AnalyzeDocument`, with features, queries, adapters and human review.
///
/// It accepts what a job of the family [`Analysis`] accepts, but at most [15 queries](MAX_QUERIES_PER_CALL). A
/// [`Query`] or [`Adapter`] must be for page 1, as it is by default: there is no other.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients) -> inkseal::Result<()> {
/// use inkseal::synchronous::{AnalyzeDocument, Input};
/// use inkseal::{Feature, Query};
///
/// let scan = Input::object("s3://amzn-s3-demo-source/scan.png".parse()?);
/// let analyzed = AnalyzeDocument::new(scan)
///     .feature(Feature::Signatures)
///     .query(Query::new("Who signed?")?.alias("SIGNER")?)
///     .send(&clients)
///     .await?;
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct AnalyzeDocument {
    input: Input,
    analysis: Analysis,
    human_loop: Option<HumanLoop>,
}

/// The result of [`AnalyzeDocument`].
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub struct AnalyzedDocument {
    /// What is on the page.
    pub document: Document,
    /// The outcome of the human review, if one was asked for.
    pub human_loop: Option<HumanLoopActivation>,
}

impl AnalyzeDocument {
    /// The analysis of this document. It needs at least one feature or query.
    pub fn new(input: Input) -> Self {
        Self { input, analysis: Analysis::default(), human_loop: None }
    }

    /// Adds a feature.
    pub fn feature(mut self, feature: Feature) -> Self {
        self.analysis.add_feature(feature);
        self
    }

    /// Adds several features.
    pub fn features(mut self, features: impl IntoIterator<Item = Feature>) -> Self {
        features.into_iter().for_each(|feature| self.analysis.add_feature(feature));
        self
    }

    /// Adds a query, and with it the feature QUERIES.
    pub fn query(mut self, query: Query) -> Self {
        self.analysis.add_query(query);
        self
    }

    /// Adds an adapter. At most one can be for the page.
    pub fn adapter(mut self, adapter: Adapter) -> Self {
        self.analysis.add_adapter(adapter);
        self
    }

    /// Has people review the result if the conditions of a flow are met.
    pub fn human_loop(mut self, human_loop: HumanLoop) -> Self {
        self.human_loop = Some(human_loop);
        self
    }

    /// Sends the document and returns what is on it.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if nothing is asked for, there are too many queries, two adapters are
    /// for one page, a query or adapter is not for page 1, or the clients are in another Region than the document or the
    /// flow definition. As the service answers: the kinds of [`DetectDocumentText::send`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the call answered and billed, and its human loop begun. Sent again, it is billed again.
    pub async fn send(self, clients: &Clients) -> Result<AnalyzedDocument> {
        let Self { input, analysis, human_loop } = self;
        analysis.check(MAX_QUERIES_PER_CALL)?;
        check_pages(&analysis)?;
        input.check_region(clients)?;
        if let Some(human_loop) = &human_loop {
            human_loop.check_region(clients)?;
        }
        let call = clients
            .textract()
            .analyze_document()
            .document(input.into_document())
            .set_feature_types(Some(request::feature_types(&analysis)))
            .set_queries_config(request::queries_config(&analysis, Stage::Call)?)
            .set_adapters_config(request::adapters_config(&analysis, Stage::Call)?)
            .set_human_loop_config(human_loop.map(HumanLoop::into_config).transpose()?);
        let output = send(Stage::Call, "AnalyzeDocument", call.send()).await?;
        let head = PartHead::from_call(output.document_metadata, output.analyze_document_model_version);
        Ok(AnalyzedDocument {
            document: Part { head, records: records(output.blocks) }.into(),
            human_loop: output.human_loop_activation_output.map(Into::into),
        })
    }
}

/// Checks that queries and adapters are for the only page; otherwise they would silently get no answer.
fn check_pages(analysis: &Analysis) -> Result<()> {
    let queries = analysis.queries().iter().map(|query| query.parts().2);
    let adapters = analysis.adapters().iter().map(|adapter| adapter.parts().2);
    match queries.chain(adapters).find(|pages| !pages.has_first()) {
        Some(pages) => Err(Error::invalid(format!(
            "a query or adapter is for pages {pages}, but the document of a call has page 1 only"
        ))),
        None => Ok(()),
    }
}

/// The analysis of an invoice or receipt of one page: `AnalyzeExpense`.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients, photo: Vec<u8>) -> inkseal::Result<()> {
/// use inkseal::synchronous::{AnalyzeExpense, Input};
///
/// let answer = AnalyzeExpense::new(Input::bytes(photo)?).send(&clients).await?;
/// for receipt in &answer.records {
///     let total = receipt.summary("TOTAL").next().and_then(|field| field.value());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct AnalyzeExpense {
    input: Input,
}

impl AnalyzeExpense {
    /// The analysis of this invoice or receipt.
    pub fn new(input: Input) -> Self {
        Self { input }
    }

    /// Sends the document and returns the invoices and receipts on it.
    ///
    /// # Errors
    ///
    /// As [`DetectDocumentText::send`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the call answered and billed. Sent again, it gives the same result, and is billed again.
    pub async fn send(self, clients: &Clients) -> Result<Part<ExpenseDocument>> {
        self.input.check_region(clients)?;
        let call = clients.textract().analyze_expense().document(self.input.into_document());
        let output = send(Stage::Call, "AnalyzeExpense", call.send()).await?;
        let head = PartHead::from_call(output.document_metadata, None);
        Ok(Part { head, records: records(output.expense_documents) })
    }
}

/// The analysis of a driver's licence or passport of the United States: `AnalyzeID`.
///
/// ```no_run
/// # async fn example(clients: inkseal::Clients, front: Vec<u8>, back: Vec<u8>) -> inkseal::Result<()> {
/// use inkseal::synchronous::{AnalyzeId, Input};
///
/// let licence = AnalyzeId::new(Input::bytes(front)?).back(Input::bytes(back)?)?;
/// let answer = licence.send(&clients).await?;
/// for document in &answer.records {
///     let birth = document.field("DATE_OF_BIRTH").and_then(|field| field.normalized_value());
/// }
/// # Ok(())
/// # }
/// ```
#[derive(Clone, Debug)]
#[must_use = "nothing is sent until `send`"]
pub struct AnalyzeId {
    front: Input,
    back: Option<Input>,
}

impl AnalyzeId {
    /// The analysis of this identity document.
    pub fn new(front: Input) -> Self {
        Self { front, back: None }
    }

    /// Adds the back, or the second page.
    ///
    /// # Errors
    ///
    /// [`InvalidInput`](crate::ErrorKind::InvalidInput) if there is one already: a call accepts two pages at the most.
    pub fn back(mut self, back: Input) -> Result<Self> {
        if self.back.is_some() {
            return Err(Error::invalid(
                "an identity document has two pages at the most: call again for more",
            ));
        }
        self.back = Some(back);
        Ok(self)
    }

    /// Sends the document and returns what it says, page by page.
    ///
    /// # Errors
    ///
    /// As [`DetectDocumentText::send`].
    ///
    /// # Cancel safety
    ///
    /// Dropping the future may leave the call answered and billed. Sent again, it gives the same result, and is billed again.
    pub async fn send(self, clients: &Clients) -> Result<Part<IdentityDocument>> {
        let pages = [Some(self.front), self.back].into_iter().flatten();
        let pages = pages.map(|page| page.check_region(clients).map(|()| page.into_document()));
        let call = clients.textract().analyze_id().set_document_pages(Some(pages.collect::<Result<_>>()?));
        let output = send(Stage::Call, "AnalyzeID", call.send()).await?;
        let head = PartHead::from_call(output.document_metadata, output.analyze_id_model_version);
        Ok(Part { head, records: records(output.identity_documents) })
    }
}

/// The records of an answer, in the crate's own types.
fn records<T, U: From<T>>(list: Option<Vec<T>>) -> Vec<U> {
    list.unwrap_or_default().into_iter().map(U::from).collect()
}
