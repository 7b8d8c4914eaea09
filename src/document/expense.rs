//! Invoices and receipts.

use serde::{Deserialize, Serialize};

use super::{FieldType, slices};
use crate::block::{Block, Geometry};
use crate::part::{ParseError, Part, Record, parse_part_with_serde, sealed};
use crate::{Limits, Text, tolerant};

/// An invoice or a receipt. Textract takes each page of a document for one of its own.
///
/// Follows "ExpenseDocument" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseDocument {
    /// Which one it is in the document, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub expense_index: Option<u32>,
    /// What stands outside tables: vendor, dates, totals.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub summary_fields: Option<Vec<ExpenseField>>,
    /// The tables of what was bought.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub line_item_groups: Option<Vec<LineItemGroup>>,
    /// The page, its lines and its words.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<Block>>,
}

impl ExpenseDocument {
    slices! {
        /// What stands outside tables: vendor, dates, totals.
        summary_fields: ExpenseField,
        /// The tables of what was bought.
        line_item_groups: LineItemGroup,
        /// The page, its lines and its words.
        blocks: Block,
    }

    /// The summary fields of one type, such as `"TOTAL"`, in the order in which they came.
    pub fn summary<'a>(&'a self, kind: &'a str) -> impl Iterator<Item = &'a ExpenseField> {
        self.summary_fields().iter().filter(move |field| field.kind() == Some(kind))
    }

    /// The lines of all tables, in order.
    pub fn line_items(&self) -> impl Iterator<Item = &LineItem> {
        self.line_item_groups().iter().flat_map(LineItemGroup::line_items)
    }
}

impl sealed::Sealed for ExpenseDocument {}

impl Record for ExpenseDocument {
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError> {
        parse_part_with_serde(bytes, limits, "ExpenseDocuments")
    }

    /// The first page that any of its fields or blocks names.
    fn page(&self) -> Option<u32> {
        let summary = self.summary_fields().iter();
        let items = self.line_items().flat_map(LineItem::line_item_expense_fields);
        let fields = summary.chain(items).find_map(|field| field.page_number);
        fields.or_else(|| self.blocks().iter().find_map(Block::page))
    }
}

/// A field of an invoice or receipt: a label, its value, and what they are.
///
/// Follows "ExpenseField" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseField {
    /// What it is, such as `TOTAL`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    /// The label, where one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_detection: Option<ExpenseDetection>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_detection: Option<ExpenseDetection>,
    /// The page on which the value stands, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u32>,
    /// The currency of an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<ExpenseCurrency>,
    /// To which groups of fields it belongs, such as those of one address.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub group_properties: Option<Vec<ExpenseGroup>>,
}

impl ExpenseField {
    slices! {
        /// To which groups of fields it belongs, such as those of one address.
        group_properties: ExpenseGroup,
    }

    /// The name of its type, such as `"TOTAL"`.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_ref()?.text.as_deref()
    }

    /// The text of the label.
    pub fn label(&self) -> Option<&str> {
        self.label_detection.as_ref()?.text.as_deref()
    }

    /// The text of the value.
    pub fn value(&self) -> Option<&str> {
        self.value_detection.as_ref()?.text.as_deref()
    }
}

/// A label or a value, where it stands and how sure Textract is of it.
///
/// Follows "ExpenseDetection" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseDetection {
    /// What is written there.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Where on the page it stands.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub geometry: Option<Geometry>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// The currency of an amount.
///
/// Follows "ExpenseCurrency" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseCurrency {
    /// The code of ISO 4217, such as `USD`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub code: Option<String>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// A group to which a field belongs: the fields of one group have the same id.
///
/// Follows "ExpenseGroupProperty" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseGroup {
    /// What the group is about, such as `VENDOR` or `RECEIVER_SHIP_TO`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// The id of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl ExpenseGroup {
    slices! {
        /// What the group is about, such as `VENDOR` or `RECEIVER_SHIP_TO`.
        types: String,
    }
}

/// A table of what was bought.
///
/// Follows "LineItemGroup" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LineItemGroup {
    /// Which table it is, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub line_item_group_index: Option<u32>,
    /// Its lines, in order.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub line_items: Option<Vec<LineItem>>,
}

impl LineItemGroup {
    slices! {
        /// Its lines, in order.
        line_items: LineItem,
    }
}

/// A line of such a table: one thing that was bought.
///
/// Follows "LineItemFields" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LineItem {
    /// What the line says: `ITEM`, `QUANTITY`, `PRICE`, and the whole of it as `EXPENSE_ROW`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub line_item_expense_fields: Option<Vec<ExpenseField>>,
}

impl LineItem {
    slices! {
        /// What the line says: `ITEM`, `QUANTITY`, `PRICE`, and the whole of it as `EXPENSE_ROW`.
        line_item_expense_fields: ExpenseField,
    }

    /// The first field of one type, such as `"PRICE"`.
    pub fn field(&self, kind: &str) -> Option<&ExpenseField> {
        self.line_item_expense_fields().iter().find(|field| field.kind() == Some(kind))
    }
}
