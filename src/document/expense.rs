//! Invoices and receipts.

use std::collections::{HashMap, HashSet};

use serde::{Deserialize, Serialize};

use super::{FieldType, slices};
use crate::block::{Block, Geometry};
use crate::part::{ParseError, Part, Record, parse_part_with_serde, sealed};
use crate::{Limits, Text, tolerant};

/// An invoice or a receipt. Textract takes each page of a document as a separate one.
///
/// Follows "ExpenseDocument" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseDocument {
    /// Its number in the document, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub expense_index: Option<u32>,
    /// The fields outside of tables: vendor, dates, totals.
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
        /// The fields outside of tables: vendor, dates, totals.
        summary_fields: ExpenseField,
        /// The tables of what was bought.
        line_item_groups: LineItemGroup,
        /// The page, its lines and its words.
        blocks: Block,
    }

    /// The summary fields of one type, such as `"TOTAL"`, in the order of the response.
    pub fn summary<'e>(&'e self, kind: &str) -> impl Iterator<Item = &'e ExpenseField> + use<'e> {
        let kind = kind.to_owned();
        self.summary_fields().iter().filter(move |field| field.kind() == Some(&*kind))
    }

    /// The groups of summary fields that belong together, such as those of one address, in the order of the response. A
    /// field may be in several groups or in none.
    ///
    /// ```
    /// use inkseal::document::ExpenseDocument;
    ///
    /// let receipt: ExpenseDocument = serde_json::from_str(r#"{"SummaryFields": [
    ///     {"Type": {"Text": "NAME"}, "ValueDetection": {"Text": "Any Company"},
    ///         "GroupProperties": [{"Types": ["VENDOR"], "Id": "a"}]},
    ///     {"Type": {"Text": "NAME"}, "ValueDetection": {"Text": "Jane Doe"},
    ///         "GroupProperties": [{"Types": ["RECEIVER", "RECEIVER_SHIP_TO"], "Id": "b"}]},
    ///     {"Type": {"Text": "CITY"}, "ValueDetection": {"Text": "Anytown"},
    ///         "GroupProperties": [{"Types": ["RECEIVER"], "Id": "b"}]}
    /// ]}"#)?;
    /// let groups = receipt.summary_groups();
    /// let receiver = groups.iter().find(|group| group.has_type("RECEIVER")).expect("a receiver");
    /// assert_eq!(receiver.field("CITY").and_then(|city| city.value()), Some("Anytown"));
    /// assert_eq!((groups.len(), receiver.types()), (2, vec!["RECEIVER", "RECEIVER_SHIP_TO"]));
    /// # Ok::<(), serde_json::Error>(())
    /// ```
    pub fn summary_groups(&self) -> Vec<SummaryGroup<'_>> {
        let mut groups: Vec<SummaryGroup<'_>> = Vec::new();
        let mut by_id: HashMap<&str, usize> = HashMap::new();
        for field in self.summary_fields() {
            for id in field.group_properties().iter().filter_map(|group| group.id.as_deref()) {
                let place = *by_id.entry(id).or_insert_with(|| {
                    groups.push(SummaryGroup { id, fields: Vec::new() });
                    groups.len() - 1
                });
                // A field that names its group twice is in it once.
                if let Some(group) = groups.get_mut(place)
                    && !group.fields.last().is_some_and(|last| std::ptr::eq(*last, field))
                {
                    group.fields.push(field);
                }
            }
        }
        groups
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

    /// The first page that one of its fields or blocks names.
    fn page(&self) -> Option<u32> {
        let summary = self.summary_fields().iter();
        let items = self.line_items().flat_map(LineItem::line_item_expense_fields);
        let fields = summary.chain(items).find_map(|field| field.page_number);
        fields.or_else(|| self.blocks().iter().find_map(Block::page))
    }
}

/// A field of an invoice or receipt: a label, its value, and their type.
///
/// Follows "ExpenseField" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseField {
    /// Its type, such as `TOTAL`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    /// The label, if one is written.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub label_detection: Option<ExpenseDetection>,
    /// The value.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_detection: Option<ExpenseDetection>,
    /// The page that the value is on, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub page_number: Option<u32>,
    /// The currency of an amount.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub currency: Option<ExpenseCurrency>,
    /// The groups of fields to which it belongs, such as those of one address.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub group_properties: Option<Vec<ExpenseGroup>>,
}

impl ExpenseField {
    slices! {
        /// The groups of fields to which it belongs, such as those of one address.
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

/// A label or a value, where it is and how sure Textract is of it.
///
/// Follows "ExpenseDetection" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct ExpenseDetection {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// Where on the page it is.
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
    /// The ISO 4217 code, such as `USD`.
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
    /// The types of the group, such as `VENDOR` or `RECEIVER_SHIP_TO`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub types: Option<Vec<String>>,
    /// The id of the group.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub id: Option<String>,
}

impl ExpenseGroup {
    slices! {
        /// The types of the group, such as `VENDOR` or `RECEIVER_SHIP_TO`.
        types: String,
    }
}

/// Summary fields that belong together: see [`ExpenseDocument::summary_groups`].
#[derive(Clone, Debug, PartialEq)]
pub struct SummaryGroup<'e> {
    id: &'e str,
    fields: Vec<&'e ExpenseField>,
}

impl<'e> SummaryGroup<'e> {
    /// The id of the group.
    pub fn id(&self) -> &'e str {
        self.id
    }

    /// The types of the group, such as `"VENDOR"` or `"RECEIVER_SHIP_TO"`, each once.
    pub fn types(&self) -> Vec<&'e str> {
        let mut seen = HashSet::new();
        let types = self.properties().flat_map(ExpenseGroup::types).map(String::as_str);
        types.filter(|kind| seen.insert(*kind)).collect()
    }

    /// Whether the group has this type.
    pub fn has_type(&self, kind: &str) -> bool {
        self.properties().flat_map(ExpenseGroup::types).any(|other| other == kind)
    }

    /// Its fields, in the order of the response; at least one.
    pub fn fields(&self) -> &[&'e ExpenseField] {
        &self.fields
    }

    /// Its first field of one type, such as `"CITY"`.
    pub fn field(&self, kind: &str) -> Option<&'e ExpenseField> {
        self.fields.iter().copied().find(|field| field.kind() == Some(kind))
    }

    fn properties(&self) -> impl Iterator<Item = &'e ExpenseGroup> {
        let all = self.fields.iter().copied().flat_map(ExpenseField::group_properties);
        all.filter(|group| group.id.as_deref() == Some(self.id))
    }
}

/// A table of what was bought.
///
/// Follows "LineItemGroup" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LineItemGroup {
    /// The number of the table, 1-based.
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

/// A line of such a table: one item that was bought.
///
/// Follows "LineItemFields" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LineItem {
    /// Its fields: `ITEM`, `QUANTITY`, `PRICE`, and the whole line as `EXPENSE_ROW`.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub line_item_expense_fields: Option<Vec<ExpenseField>>,
}

impl LineItem {
    slices! {
        /// Its fields: `ITEM`, `QUANTITY`, `PRICE`, and the whole line as `EXPENSE_ROW`.
        line_item_expense_fields: ExpenseField,
    }

    /// The first field of one type, such as `"PRICE"`.
    pub fn field(&self, kind: &str) -> Option<&ExpenseField> {
        self.line_item_expense_fields().iter().find(|field| field.kind() == Some(kind))
    }
}
