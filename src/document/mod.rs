//! What Textract makes of whole documents: invoices and receipts, identity documents, and the pages of a loan
//! file.
//!
//! The types have the shape of Textract's JSON, and read and write it. Every member is optional, as Textract
//! sends null or nothing where it has no value; a list that was sent empty is told from one that was not
//! sent. Each list is a field and also a method of the same name, which takes a missing list for an empty
//! one:
//!
//! ```
//! use inkseal::document::ExpenseDocument;
//!
//! let json = r#"{"ExpenseIndex": 1, "SummaryFields": [
//!     {"Type": {"Text": "TOTAL", "Confidence": 99.1}, "ValueDetection": {"Text": "$ 12.50"}}
//! ], "LineItemGroups": null}"#;
//! let receipt: ExpenseDocument = serde_json::from_str(json)?;
//! assert_eq!(receipt.summary("TOTAL").next().and_then(|field| field.value()), Some("$ 12.50"));
//! assert!(receipt.line_item_groups().is_empty() && receipt.line_item_groups.is_none());
//! assert!(!format!("{receipt:?}").contains("12.50"));
//! # Ok::<(), serde_json::Error>(())
//! ```
//!
//! What a document says is [`Text`](crate::Text), which `Debug` does not show. What Textract says about it,
//! such as the type `"TOTAL"` or the page type `"PAYSLIPS"`, is an ordinary string.
//!
//! To read a part of a result take [`Record::parse_part`](crate::part::Record::parse_part): its errors do not
//! repeat the document, while those of serde_json quote a value that is of the wrong type.

mod expense;
mod identity;
mod lending;
#[cfg(test)]
mod tests;

use serde::{Deserialize, Serialize};

pub use expense::{
    ExpenseCurrency, ExpenseDetection, ExpenseDocument, ExpenseField, ExpenseGroup, LineItem, LineItemGroup,
};
pub use identity::{
    IdentityDetection, IdentityDocument, IdentityField, NormalizedValue, NormalizedValueType,
};
pub use lending::{
    Extraction, LendingDetection, LendingDocument, LendingField, LendingResult, PageClassification,
    Prediction, SignatureDetection,
};

/// What a field is, in Textract's vocabulary: `INVOICE_RECEIPT_ID`, `TOTAL`, `FIRST_NAME`, and `OTHER` for
/// what it has no word for.
///
/// Follows "ExpenseType" and "AnalyzeIDDetections" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct FieldType {
    /// The name of the type.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<String>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "crate::tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// Lists as slices, for which a missing one is empty.
macro_rules! slices {
    ($($(#[$attribute:meta])* $name:ident: $item:ty,)+) => {
        $($(#[$attribute])*
        pub fn $name(&self) -> &[$item] {
            self.$name.as_deref().unwrap_or_default()
        })+
    };
}

use slices;
