//! The pages of a loan file.

use serde::{Deserialize, Serialize};

use super::{ExpenseDocument, IdentityDocument, slices};
use crate::block::{Geometry, SelectionStatus};
use crate::part::{ParseError, Part, Record, parse_part_with_serde, sealed};
use crate::{Limits, Text, tolerant};

/// A page of a loan file: its type, and what was read from it.
///
/// Follows "LendingResult" in the Amazon Textract API reference.
///
/// ```
/// use inkseal::document::LendingResult;
///
/// let json = r#"{
///     "Page": 3,
///     "PageClassification": {"PageType": [{"Value": "PAYSLIPS", "Confidence": 99.9}]},
///     "Extractions": [{"LendingDocument": {"LendingFields": [
///         {"Type": "PAY_DATE", "ValueDetections": [{"Text": "07/18/2023", "Confidence": 96}]}
///     ], "SignatureDetections": []}}]
/// }"#;
/// let page: LendingResult = serde_json::from_str(json)?;
/// assert_eq!(page.page_type(), Some("PAYSLIPS"));
/// let slip = page.lending_documents().next().expect("the page is a lending document");
/// assert_eq!(slip.field("PAY_DATE").and_then(|field| field.values().next()), Some("07/18/2023"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LendingResult {
    /// The page, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
    /// The type of the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub page_classification: Option<PageClassification>,
    /// What was read from it. Empty for a page that is `UNCLASSIFIED`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub extractions: Option<Vec<Extraction>>,
}

impl LendingResult {
    slices! {
        /// What was read from it. Empty for a page that is `UNCLASSIFIED`.
        extractions: Extraction,
    }

    /// The likeliest type of the page, such as `"PAYSLIPS"`.
    pub fn page_type(&self) -> Option<&str> {
        likeliest(self.page_classification.as_ref()?.page_type())
    }

    /// The lending documents among the extractions.
    pub fn lending_documents(&self) -> impl Iterator<Item = &LendingDocument> {
        self.extractions().iter().filter_map(|extraction| extraction.lending_document.as_ref())
    }

    /// The invoices and receipts among the extractions.
    pub fn expense_documents(&self) -> impl Iterator<Item = &ExpenseDocument> {
        self.extractions().iter().filter_map(|extraction| extraction.expense_document.as_ref())
    }

    /// The identity documents among the extractions.
    pub fn identity_documents(&self) -> impl Iterator<Item = &IdentityDocument> {
        self.extractions().iter().filter_map(|extraction| extraction.identity_document.as_ref())
    }
}

impl sealed::Sealed for LendingResult {}

impl Record for LendingResult {
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError> {
        parse_part_with_serde(bytes, limits, "Results")
    }

    fn page(&self) -> Option<u32> {
        self.page
    }
}

/// The type of a page, and its number in its own document.
///
/// Follows "PageClassification" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct PageClassification {
    /// The types that it may have, such as `W_2`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub page_type: Option<Vec<Prediction>>,
    /// The page numbers that may be written on it; `undetected` if there is none.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub page_number: Option<Vec<Prediction>>,
}

impl PageClassification {
    slices! {
        /// The types that it may have, such as `W_2`.
        page_type: Prediction,
        /// The page numbers that may be written on it; `undetected` if there is none.
        page_number: Prediction,
    }
}

/// A value that Textract predicts, and how sure it is.
///
/// Follows "Prediction" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Prediction {
    /// The value; for a page number, as printed on the page.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value: Option<Text>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// The first one with the highest confidence.
fn likeliest(predictions: &[Prediction]) -> Option<&str> {
    let confidence = |prediction: &Prediction| prediction.confidence.unwrap_or_default();
    let best =
        predictions.iter().reduce(|best, next| if confidence(next) > confidence(best) { next } else { best });
    best?.value.as_deref()
}

/// What was read from a page; one of the three is present.
///
/// Follows "Extraction" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct Extraction {
    /// A form of the lending business.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub lending_document: Option<LendingDocument>,
    /// An invoice or receipt.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub expense_document: Option<ExpenseDocument>,
    /// A driver's licence or passport.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_document: Option<IdentityDocument>,
}

/// A form of the lending business.
///
/// Follows "LendingDocument" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LendingDocument {
    /// Its fields.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub lending_fields: Option<Vec<LendingField>>,
    /// Its signatures.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub signature_detections: Option<Vec<SignatureDetection>>,
}

impl LendingDocument {
    slices! {
        /// Its fields.
        lending_fields: LendingField,
        /// Its signatures.
        signature_detections: SignatureDetection,
    }

    /// The first field of one type, such as `"PAY_DATE"`.
    pub fn field(&self, kind: &str) -> Option<&LendingField> {
        self.lending_fields().iter().find(|field| field.kind.as_deref() == Some(kind))
    }
}

/// A field of such a form.
///
/// Follows "LendingField" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LendingField {
    /// Its type, in Textract's vocabulary, such as `PAY_DATE`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The label, if one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub key_detection: Option<LendingDetection>,
    /// The values.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub value_detections: Option<Vec<LendingDetection>>,
}

impl LendingField {
    slices! {
        /// The values.
        value_detections: LendingDetection,
    }

    /// The text of the label.
    pub fn label(&self) -> Option<&str> {
        self.key_detection.as_ref()?.text.as_deref()
    }

    /// The texts of the values; a value that is a check box has none.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        self.value_detections().iter().filter_map(|value| value.text.as_deref())
    }
}

/// A label or a value, where it is and how sure Textract is of it.
///
/// Follows "LendingDetection" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LendingDetection {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Whether a check box is checked.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub selection_status: Option<SelectionStatus>,
    /// Where on the page it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// A signature on a page.
///
/// Follows "SignatureDetection" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct SignatureDetection {
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
    /// Where on the page it is.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
}
