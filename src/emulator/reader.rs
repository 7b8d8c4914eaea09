//! The hook through which documents are read.

use std::sync::Arc;

use bytes::Bytes;
use futures::future::BoxFuture;
use serde_json::Value;

use super::Inner;
use super::calls::Call;
use super::jobs::Family;
use super::response::{Response, Shape};
use super::textract::{Admission, Asked, Known, read_start};

/// From the bytes of a document to what is on its pages.
pub(super) type Reader = Arc<dyn Fn(Bytes) -> BoxFuture<'static, Response> + Send + Sync>;

impl Inner {
    /// What the reader reads in the document of this request, before the request is answered. None if there is no
    /// reader or nothing for it to do: the operation is another one, the request would be refused as things are now, it
    /// asks again for a job that was started already, or its document has a response of its own.
    pub(super) async fn read_ahead(&self, asked: Asked, region: &str, input: &Value) -> Option<Response> {
        let reader = self.reader.as_ref()?;
        let (bytes, known) = match asked {
            Asked::Start(family @ (Family::Text | Family::Analysis)) => {
                self.to_start(family, region, input)?
            }
            Asked::Call(call @ (Call::DetectDocumentText | Call::AnalyzeDocument)) => {
                self.check_call(call, region, input).ok()?.first
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

    /// The document of a job that can be started.
    fn to_start(&self, family: Family, region: &str, input: &Value) -> Option<(Bytes, Known)> {
        let start = read_start(family, input).ok()?;
        let admission = self.admission(family, region, &start, input, &self.jobs.lock()).ok()?;
        match admission {
            Admission::New(job) => Some((job.document.content.bytes(), Known::Key(start.location.key))),
            Admission::Known(_) => None,
        }
    }
}
