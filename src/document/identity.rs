//! Identity documents.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::{FieldType, slices};
use crate::block::Block;
use crate::names::names;
use crate::part::{ParseError, Part, Record, parse_part_with_serde, sealed};
use crate::{Limits, Text, tolerant};

/// A driver's licence or passport.
///
/// Follows "IdentityDocument" in the Amazon Textract API reference.
///
/// ```
/// use inkseal::document::IdentityDocument;
///
/// let json = r#"{"IdentityDocumentFields": [{
///     "Type": {"Text": "DATE_OF_BIRTH"},
///     "ValueDetection": {
///         "Text": "10/06/1983",
///         "NormalizedValue": {"Value": "1983-10-06T00:00:00", "ValueType": "Date"}
///     }
/// }]}"#;
/// let licence: IdentityDocument = serde_json::from_str(json)?;
/// let birth = licence.field("DATE_OF_BIRTH").expect("the field is there");
/// assert_eq!(birth.value(), Some("10/06/1983"));
/// assert_eq!(birth.normalized_value(), Some("1983-10-06T00:00:00"));
/// # Ok::<(), serde_json::Error>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct IdentityDocument {
    /// Its number in the request, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub document_index: Option<u32>,
    /// Its fields.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub identity_document_fields: Option<Vec<IdentityField>>,
    /// The page, its lines and its words.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub blocks: Option<Vec<Block>>,
}

impl IdentityDocument {
    slices! {
        /// Its fields.
        identity_document_fields: IdentityField,
        /// The page, its lines and its words.
        blocks: Block,
    }

    /// The first field of one type, such as `"FIRST_NAME"`.
    pub fn field(&self, kind: &str) -> Option<&IdentityField> {
        self.identity_document_fields().iter().find(|field| field.kind() == Some(kind))
    }
}

impl sealed::Sealed for IdentityDocument {}

impl Record for IdentityDocument {
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError> {
        parse_part_with_serde(bytes, limits, "IdentityDocuments")
    }

    /// The first page that one of its blocks names; for a document of one page Textract names none.
    fn page(&self) -> Option<u32> {
        self.blocks().iter().find_map(Block::page)
    }
}

/// A field of an identity document.
///
/// Follows "IdentityDocumentField" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct IdentityField {
    /// Its type, such as `FIRST_NAME`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<FieldType>,
    /// Its value. Textract sends every field that it knows; the value of one that the document does not have is empty.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub value_detection: Option<IdentityDetection>,
}

impl IdentityField {
    /// The name of its type, such as `"FIRST_NAME"`.
    pub fn kind(&self) -> Option<&str> {
        self.kind.as_ref()?.text.as_deref()
    }

    /// The text of the value; empty if the document does not have the field.
    pub fn value(&self) -> Option<&str> {
        self.value_detection.as_ref()?.text.as_deref()
    }

    /// The value in a form that does not depend on how it was written; for dates.
    pub fn normalized_value(&self) -> Option<&str> {
        self.value_detection.as_ref()?.normalized_value.as_ref()?.value.as_deref()
    }
}

/// The value of a field, and how sure Textract is of it.
///
/// Follows "AnalyzeIDDetections" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct IdentityDetection {
    /// Its text.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub text: Option<Text>,
    /// The same in a form that does not depend on how it was written; for dates.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub normalized_value: Option<NormalizedValue>,
    /// How sure Textract is, 0 to 100.
    #[serde(deserialize_with = "tolerant::float", skip_serializing_if = "Option::is_none")]
    pub confidence: Option<f32>,
}

/// A value in a form that does not depend on how it was written.
///
/// Follows "NormalizedValue" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(from = "WireValue", into = "WireValue")]
#[non_exhaustive]
pub struct NormalizedValue {
    /// The value; a date as `YYYY-MM-DDThh:mm:ss`.
    pub value: Option<Text>,
    /// The kind of value.
    pub value_type: Option<NormalizedValueType>,
    /// How the kind was spelled, if the type itself writes it differently.
    spelling: Option<CompactString>,
}

impl NormalizedValue {
    pub(crate) fn sent(value: Option<Text>, value_type: Option<&str>) -> Self {
        let spelling = value_type;
        let value_type = value_type.map(NormalizedValueType::from);
        let usual = value_type.as_ref().map(NormalizedValueType::as_str);
        Self { value, spelling: spelling.filter(|_| usual != spelling).map(CompactString::from), value_type }
    }
}

/// A normalized value in JSON.
#[derive(Default, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
struct WireValue {
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<Text>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_type: Option<CompactString>,
}

impl From<WireValue> for NormalizedValue {
    fn from(wire: WireValue) -> Self {
        Self::sent(wire.value, wire.value_type.as_deref())
    }
}

impl From<NormalizedValue> for WireValue {
    fn from(value: NormalizedValue) -> Self {
        let NormalizedValue { value, value_type, spelling } = value;
        // The kind may have been changed since.
        let value_type = value_type.map(|kind| match spelling {
            Some(spelling) if NormalizedValueType::from(&*spelling) == kind => spelling,
            _ => kind.as_str().into(),
        });
        Self { value, value_type }
    }
}

names! {
    /// The kind of a normalized value.
    pub enum NormalizedValueType {
        /// A date. The API reference and the SDK spell it `DATE`, Textract itself `Date`.
        Date = "DATE" | "Date",
    }
}
