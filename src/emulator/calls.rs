//! Textract's synchronous operations.

use aws_smithy_types::base64;
use bytes::Bytes;
use serde_json::{Value, json};

use super::Inner;
use super::checks::{self, Location, any, invalid, required, text};
use super::jobs::envelope;
use super::response::{Outcome, Response, Shape};
use super::route::Failure;
use super::textract::{Known, refused};

/// The largest document of a call, in bytes.
const LARGEST: usize = 10 * 1024 * 1024;

/// One of the synchronous operations.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Call {
    DetectDocumentText,
    AnalyzeDocument,
    AnalyzeExpense,
    AnalyzeId,
}

/// A call whose documents can be read.
pub(super) struct Checked {
    documents: usize,
    /// The first document, which is the one that a response can be for.
    pub(super) first: (Bytes, Known),
    review: Option<Value>,
}

impl Call {
    pub(super) fn of(operation: &str) -> Option<Self> {
        Some(match operation {
            "DetectDocumentText" => Self::DetectDocumentText,
            "AnalyzeDocument" => Self::AnalyzeDocument,
            "AnalyzeExpense" => Self::AnalyzeExpense,
            "AnalyzeID" => Self::AnalyzeId,
            _ => return None,
        })
    }

    fn shape(self) -> Shape {
        match self {
            Self::DetectDocumentText | Self::AnalyzeDocument => Shape::Blocks,
            Self::AnalyzeExpense => Shape::Expense,
            Self::AnalyzeId => Shape::Identity,
        }
    }

    /// `AnalyzeExpense` does not name its model.
    fn model_version_member(self) -> Option<&'static str> {
        match self {
            Self::DetectDocumentText => Some("DetectDocumentTextModelVersion"),
            Self::AnalyzeDocument => Some("AnalyzeDocumentModelVersion"),
            Self::AnalyzeExpense => None,
            Self::AnalyzeId => Some("AnalyzeIDModelVersion"),
        }
    }
}

impl Inner {
    /// Checks a synchronous operation, and reads its documents.
    pub(super) fn check_call(&self, call: Call, region: &str, input: &Value) -> Result<Checked, Failure> {
        let documents: Vec<&Value> = match call {
            Call::AnalyzeId => {
                let pages = required(input.get("DocumentPages").and_then(Value::as_array), "documentPages")?;
                if !(1..=2).contains(&pages.len()) {
                    return Err(invalid("DocumentPages must hold 1 or 2 documents"));
                }
                pages.iter().collect()
            }
            _ => vec![required(input.get("Document").filter(|v| v.is_object()), "document")?],
        };
        let mut review = None;
        if call == Call::AnalyzeDocument {
            checks::analysis(input, 15)?;
            if let Some(config) = input.get("HumanLoopConfig").filter(|v| !v.is_null()) {
                review = Some(self.human_loop(config, region)?);
            }
        }
        let read = |document: &Value| self.read_document(document, region);
        let mut read = documents.into_iter().map(read).collect::<Result<Vec<_>, _>>()?;
        Ok(Checked { documents: read.len(), first: read.swap_remove(0), review })
    }

    /// Answers a synchronous operation.
    pub(super) fn call(
        &self,
        call: Call,
        region: &str,
        input: &Value,
        read: Option<Response>,
    ) -> Result<Bytes, Failure> {
        let Checked { documents, first: (_, known), review } = self.check_call(call, region, input)?;
        let response = self.response_for(call.shape(), &known, read);
        if response.outcome == Outcome::Failed {
            let message = response.status_message.unwrap_or_default();
            return Err(refused("BadDocumentException", message));
        }
        let items = response.first_pages(documents);
        let items = items.map_err(|_| Failure::server("InternalServerError", "Internal error"))?;
        let mut members = vec![("DocumentMetadata", json!({"Pages": documents}).to_string())];
        if let Some(member) = call.model_version_member() {
            members.push((member, json!(&*response.model_version).to_string()));
        }
        if let Some(review) = review {
            members.push(("HumanLoopActivationOutput", review.to_string()));
        }
        Ok(envelope(&members, Some((call.shape().list(), items.join(",").into_bytes()))))
    }

    /// Reads a `Document`: checks where it is, how large it is, and which format it has.
    fn read_document(&self, document: &Value, region: &str) -> Result<(Bytes, Known), Failure> {
        let bytes = document.get("Bytes").filter(|v| !v.is_null());
        let object = document.get("S3Object").filter(|v| !v.is_null());
        let (bytes, known) = match (bytes, object) {
            (Some(bytes), None) => {
                let decoded = bytes.as_str().and_then(|bytes| base64::decode(bytes).ok());
                let Some(decoded) = decoded else {
                    return Err(Failure::client("SerializationException", "Bytes is not base64"));
                };
                if decoded.is_empty() {
                    return Err(invalid("Document.Bytes must hold at least one byte"));
                }
                let known = Known::bytes(&decoded);
                (Bytes::from(decoded), known)
            }
            (None, Some(object)) => {
                let location = Location::read(object)?;
                let bytes = self.document(region, &location)?.content.bytes();
                (bytes, Known::Key(location.key))
            }
            _ => return Err(invalid("Document must have either Bytes or S3Object")),
        };
        if bytes.len() > LARGEST {
            return Err(refused("DocumentTooLargeException", "Document size is more than the maximum limit"));
        }
        // By the emulator's own code, for the same reason as names.
        let readable = match *bytes {
            [0x89, 0x50, 0x4e, 0x47, 0x0d, 0x0a, 0x1a, 0x0a, ..] | [0xff, 0xd8, 0xff, ..] => true,
            [0x49, 0x49, 42, 0, ..] | [0x4d, 0x4d, 0, 42, ..] => true,
            _ => bytes.windows(5).take(1020).any(|window| window == b"%PDF-"),
        };
        if !readable {
            return Err(refused("UnsupportedDocumentException", "Request has unsupported document format"));
        }
        Ok((bytes, known))
    }

    /// Checks a `HumanLoopConfig`, and returns what its loop is answered with.
    fn human_loop(&self, config: &Value, region: &str) -> Result<Value, Failure> {
        let name = required(text(config, "HumanLoopName", 1..=63, loop_name)?, "humanLoopName")?;
        let flow = required(text(config, "FlowDefinitionArn", 1..=256, any)?, "flowDefinitionArn")?;
        let parts: Vec<&str> = flow.splitn(6, ':').collect();
        let &["arn", partition, "sagemaker", flow_region, account, resource] = parts.as_slice() else {
            return Err(invalid("FlowDefinitionArn is not the ARN of a flow definition"));
        };
        if !checks::is_partition(partition) || !resource.starts_with("flow-definition/") {
            return Err(invalid("FlowDefinitionArn is not the ARN of a flow definition"));
        }
        if flow_region != region {
            return Err(invalid("the flow definition must be in the Region of the request"));
        }
        const CLASSIFIERS: [&str; 2] = ["FreeOfPersonallyIdentifiableInformation", "FreeOfAdultContent"];
        let attributes =
            config.get("DataAttributes").and_then(|attributes| attributes.get("ContentClassifiers"));
        let classifiers = attributes.and_then(Value::as_array).into_iter().flatten();
        if !classifiers.into_iter().all(|said| said.as_str().is_some_and(|said| CLASSIFIERS.contains(&said)))
        {
            return Err(invalid("ContentClassifiers holds a classifier that does not exist"));
        }
        let conditions = json!({"Conditions": [{"EvaluationResult": true}]}).to_string();
        Ok(json!({
            "HumanLoopArn": format!("arn:{partition}:sagemaker:{region}:{account}:human-loop/{name}"),
            "HumanLoopActivationReasons": ["ConditionsEvaluation"],
            "HumanLoopActivationConditionsEvaluationResults": conditions,
        }))
    }
}

/// `[a-z0-9](-*[a-z0-9])*`.
fn loop_name(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit();
    let ends = [name.bytes().next(), name.bytes().next_back()];
    ends.into_iter().flatten().all(plain) && name.bytes().all(|byte| plain(byte) || byte == b'-')
}
