//! The hook through which documents are read.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;

use super::Inner;
use super::checks::Start;
use super::jobs::{Family, Token};
use super::response::{Response, Shape};
use super::textract::Known;

/// From the bytes of a document to what stands in it.
pub(super) type Reader = Arc<dyn Fn(Bytes) -> BoxFuture<'static, Response> + Send + Sync>;

impl Inner {
    /// What the reader reads in the document of this request, ahead of the answer, which is made in one go. None where there is
    /// no reader or nothing for it to do: the request is of another kind, will be refused, asks again for a job that
    /// there is, or is about a document that has a response of its own.
    pub(super) async fn read_ahead(&self, operation: &str, region: &str, input: &Value) -> Option<Response> {
        let reader = self.reader.as_ref()?;
        self.settle();
        let (bytes, known) = match operation {
            "StartDocumentTextDetection" => self.to_start(Family::Text, region, input)?,
            "StartDocumentAnalysis" => self.to_start(Family::Analysis, region, input)?,
            "DetectDocumentText" | "AnalyzeDocument" => {
                self.read_document(input.get("Document")?, region).ok()?
            }
            _ => return None,
        };
        if self.own_response(Shape::Blocks, &known).is_some() {
            return None;
        }
        let response = reader(bytes).await;
        Some(match response.shape() {
            None | Some(Shape::Blocks) => response,
            Some(other) => Response::failed(format!("the reader read {} and no Blocks", other.list())),
        })
    }

    /// The document of a job that is not there yet.
    fn to_start(&self, family: Family, region: &str, input: &Value) -> Option<(Bytes, Known)> {
        let start = Start::read(input).ok()?;
        if let Some(token) = &start.token
            && !matches!(self.jobs.lock().token(family, region, token, input), Token::New)
        {
            return None;
        }
        let object = self.document(region, &start.location).ok()?;
        Some((object.content.bytes(), Known::Key(start.location.key)))
    }
}
