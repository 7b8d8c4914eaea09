//! What Textract reads from a document: pages, lines, words, tables, fields, queries and the layout; invoices and receipts;
//! identity documents; the pages of a loan file.
//!
//! # Blocks
//!
//! The blocks of text detection and document analysis make a [`Document`]. Everything read from it is a borrowed view:
//!
//! | of a document or a page | views |
//! | --- | --- |
//! | text | [`Page`], [`Line`], [`Word`], [`reading_order`](Page::reading_order) |
//! | tables | [`Table`], [`Cell`], [`Slot`], [`JoinedTable`] for those that continue on the next page |
//! | forms | [`Field`], [`SelectionElement`] |
//! | queries | [`AskedQuery`], [`Answer`] |
//! | signatures | [`Signature`] |
//! | layout | [`LayoutElement`], [`layout`](Page::layout) |
//!
//! A view derefs to its [`BlockRef`], and that to the [`Block`](crate::block::Block): id, confidence and geometry are
//! available everywhere, and so is everything else that the block has.
//!
//! ```
//! use inkseal::document::Document;
//!
//! # fn example(json: &[u8]) -> inkseal::Result<()> {
//! let document = Document::from_json(json)?;
//! for page in document.pages() {
//!     for line in page.reading_order() {
//!         println!("{}: {}", page.number(), line.text());
//!     }
//!     for table in page.tables() {
//!         println!("{} rows, {} columns", table.row_count(), table.column_count());
//!     }
//! }
//! if let Some(total) = document.field("Total") {
//!     println!("{} ({:?} % sure)", total.value(), total.text_confidence());
//! }
//! # Ok(())
//! # }
//! ```
//!
//! To turn a document into text, Markdown, HTML, CSV or JSON, see [`render`](crate::render).
//!
//! # Expenses, identity documents, loan files
//!
//! Their types have the shape of Textract's JSON, and read and write it. Every member is optional, as Textract
//! sends null or nothing if it has no value; a list that was sent empty differs from one that was not sent.
//! Each list is a field and also a method of the same name, for which a missing list is empty:
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
//! Text of the document is [`Text`](crate::Text), which `Debug` does not show. What Textract says about it,
//! such as the type `"TOTAL"` or the page type `"PAYSLIPS"`, is an ordinary string.
//!
//! To read a saved response use [`Record::parse_saved`](crate::part::Record::parse_saved): its errors do not
//! repeat the document, while those of serde_json quote a value that has the wrong type.

mod arena;
mod columns;
mod continued;
mod expense;
pub(crate) mod flow;
mod form;
mod identity;
mod layout;
mod lending;
mod node;
mod page;
mod query;
mod read;
mod search;
mod summary;
mod table;
#[cfg(test)]
mod tests;
mod text;

use serde::{Deserialize, Serialize};

pub use arena::Document;
pub use continued::JoinedTable;
pub use expense::{
    ExpenseCurrency, ExpenseDetection, ExpenseDocument, ExpenseField, ExpenseGroup, LineItem, LineItemGroup,
    SummaryGroup,
};
pub use form::Field;
pub use identity::{
    IdentityDetection, IdentityDocument, IdentityField, NormalizedValue, NormalizedValueType,
};
pub use layout::LayoutElement;
pub use lending::{
    Extraction, LendingDetection, LendingDocument, LendingField, LendingResult, PageClassification,
    Prediction, SignatureDetection,
};
pub use node::BlockRef;
pub use page::Page;
pub use query::{Answer, AskedQuery};
pub(crate) use search::is_hidden;
pub use search::{Match, Region};
pub use summary::{DetectedSignature, DocumentGroup, LendingSummary, SplitDocument, UndetectedSignature};
pub use table::{Cell, Merged, Slot, Table, TableCaption};
pub use text::{Line, SelectionElement, Signature, Token, Word};

/// The type of a field, in Textract's vocabulary: `INVOICE_RECEIPT_ID`, `TOTAL`, `FIRST_NAME`, and `OTHER` if it
/// has no word for it.
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

/// Lists as slices; a missing one is empty.
macro_rules! slices {
    ($($(#[$attribute:meta])* $name:ident: $item:ty,)+) => {
        $($(#[$attribute])*
        pub fn $name(&self) -> &[$item] {
            self.$name.as_deref().unwrap_or_default()
        })+
    };
}

use slices;
