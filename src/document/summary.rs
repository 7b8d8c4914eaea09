//! The summary of a loan file.

use serde::{Deserialize, Serialize};

use super::slices;
use crate::part::{ParseError, Part, Record, parse_single_with_serde, sealed};
use crate::{Limits, tolerant};

/// The summary of a loan file: which documents it holds, on which pages, and which pages are signed.
///
/// Follows "LendingSummary" in the Amazon Textract API reference. Given by
/// [`Output::summary`](crate::Output::summary); a saved response of `GetLendingAnalysisSummary` is read as a
/// [`Part`] with one:
///
/// ```
/// use inkseal::document::LendingSummary;
/// use inkseal::part::Record;
///
/// let saved = br#"{"JobStatus": "SUCCEEDED", "DocumentMetadata": {"Pages": 3}, "Summary": {
///     "DocumentGroups": [{
///         "Type": "CHECKS",
///         "SplitDocuments": [{"Index": 1, "Pages": [1]}, {"Index": 2, "Pages": [3]}],
///         "DetectedSignatures": [{"Page": 1}],
///         "UndetectedSignatures": [{"Page": 3}]
///     }],
///     "UndetectedDocumentTypes": ["W_2"]
/// }}"#;
/// let summary = LendingSummary::parse_part(saved)?.records.remove(0);
/// assert_eq!(summary.pages_of("CHECKS"), [1, 3]);
/// assert_eq!(summary.pages_missing_a_signature(), [3]);
/// # Ok::<(), inkseal::part::ParseError>(())
/// ```
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct LendingSummary {
    /// The documents, grouped by their type.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub document_groups: Option<Vec<DocumentGroup>>,
    /// The types, such as `W_2`, of which the file holds no document.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub undetected_document_types: Option<Vec<String>>,
}

impl LendingSummary {
    slices! {
        /// The documents, grouped by their type.
        document_groups: DocumentGroup,
        /// The types, such as `W_2`, of which the file holds no document.
        undetected_document_types: String,
    }

    /// The groups of one type, such as `"PAYSLIPS"`. Textract makes one of each.
    pub fn groups_of<'s>(&'s self, kind: &str) -> impl Iterator<Item = &'s DocumentGroup> + use<'s> {
        let kind = kind.to_owned();
        self.document_groups().iter().filter(move |group| group.kind.as_ref() == Some(&kind))
    }

    /// The pages of the documents of one type, each once and in order, 1-based.
    pub fn pages_of(&self, kind: &str) -> Vec<u32> {
        sorted(self.groups_of(kind).flat_map(DocumentGroup::pages))
    }

    /// The pages on which a signature was found, each once and in order, 1-based.
    pub fn signed_pages(&self) -> Vec<u32> {
        let signatures = self.document_groups().iter().flat_map(DocumentGroup::detected_signatures);
        sorted(signatures.filter_map(|signature| signature.page))
    }

    /// The pages on which a signature is missing, each once and in order, 1-based.
    pub fn pages_missing_a_signature(&self) -> Vec<u32> {
        let signatures = self.document_groups().iter().flat_map(DocumentGroup::undetected_signatures);
        sorted(signatures.filter_map(|signature| signature.page))
    }

    /// Both together.
    pub(crate) fn joined(mut self, more: Self) -> Self {
        let Self { document_groups, undetected_document_types } = more;
        if let Some(groups) = document_groups {
            self.document_groups.get_or_insert_default().extend(groups);
        }
        if let Some(types) = undetected_document_types {
            self.undetected_document_types.get_or_insert_default().extend(types);
        }
        self
    }
}

fn sorted(pages: impl Iterator<Item = u32>) -> Vec<u32> {
    let mut pages: Vec<u32> = pages.collect();
    pages.sort_unstable();
    pages.dedup();
    pages
}

impl sealed::Sealed for LendingSummary {}

impl Record for LendingSummary {
    fn parse_part_within(bytes: &[u8], limits: &Limits) -> Result<Part<Self>, ParseError> {
        parse_single_with_serde(bytes, limits, "Summary")
    }

    /// None: it is about all pages.
    fn page(&self) -> Option<u32> {
        None
    }
}

/// The documents of one type in a loan file.
///
/// Follows "DocumentGroup" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct DocumentGroup {
    /// The type, such as `PAYSLIPS`.
    #[serde(rename = "Type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<String>,
    /// The documents.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub split_documents: Option<Vec<SplitDocument>>,
    /// The signatures that were found.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub detected_signatures: Option<Vec<DetectedSignature>>,
    /// The signatures that should be there and were not found.
    #[serde(deserialize_with = "tolerant::list", skip_serializing_if = "Option::is_none")]
    pub undetected_signatures: Option<Vec<UndetectedSignature>>,
}

impl DocumentGroup {
    slices! {
        /// The documents.
        split_documents: SplitDocument,
        /// The signatures that were found.
        detected_signatures: DetectedSignature,
        /// The signatures that should be there and were not found.
        undetected_signatures: UndetectedSignature,
    }

    /// The pages of its documents, in their order, 1-based.
    pub fn pages(&self) -> impl Iterator<Item = u32> {
        self.split_documents().iter().flat_map(|document| document.pages().iter().copied())
    }
}

/// One document of a group.
///
/// Follows "SplitDocument" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct SplitDocument {
    /// Its number in the group, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub index: Option<u32>,
    /// Its pages, in their order within the document, 1-based.
    #[serde(deserialize_with = "tolerant::counts", skip_serializing_if = "Option::is_none")]
    pub pages: Option<Vec<u32>>,
}

impl SplitDocument {
    slices! {
        /// Its pages, in their order within the document, 1-based.
        pages: u32,
    }
}

/// A signature that was found.
///
/// Follows "DetectedSignature" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct DetectedSignature {
    /// The page that it is on, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}

/// A signature that should be there and was not found.
///
/// Follows "UndetectedSignature" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "PascalCase", default)]
#[non_exhaustive]
pub struct UndetectedSignature {
    /// The page that it should be on, 1-based.
    #[serde(deserialize_with = "tolerant::count", skip_serializing_if = "Option::is_none")]
    pub page: Option<u32>,
}
