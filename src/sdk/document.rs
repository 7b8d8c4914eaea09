//! Expense documents, identity documents and lending results from those of the AWS SDK.

use aws_sdk_textract::types as sdk;

use super::count;
use crate::block::SelectionStatus;
use crate::document::{
    DetectedSignature, DocumentGroup, ExpenseCurrency, ExpenseDetection, ExpenseDocument, ExpenseField,
    ExpenseGroup, Extraction, FieldType, IdentityDetection, IdentityDocument, IdentityField,
    LendingDetection, LendingDocument, LendingField, LendingResult, LendingSummary, LineItem, LineItemGroup,
    NormalizedValue, PageClassification, Prediction, SignatureDetection, SplitDocument, UndetectedSignature,
};

fn list<T, U: From<T>>(list: Option<Vec<T>>) -> Option<Vec<U>> {
    list.map(|list| list.into_iter().map(U::from).collect())
}

impl From<sdk::ExpenseDocument> for ExpenseDocument {
    fn from(from: sdk::ExpenseDocument) -> Self {
        Self {
            expense_index: count(from.expense_index),
            summary_fields: list(from.summary_fields),
            line_item_groups: list(from.line_item_groups),
            blocks: list(from.blocks),
        }
    }
}

impl From<sdk::LineItemGroup> for LineItemGroup {
    fn from(from: sdk::LineItemGroup) -> Self {
        Self { line_item_group_index: count(from.line_item_group_index), line_items: list(from.line_items) }
    }
}

impl From<sdk::LineItemFields> for LineItem {
    fn from(from: sdk::LineItemFields) -> Self {
        Self { line_item_expense_fields: list(from.line_item_expense_fields) }
    }
}

impl From<sdk::ExpenseField> for ExpenseField {
    fn from(from: sdk::ExpenseField) -> Self {
        Self {
            kind: from.r#type.map(Into::into),
            label_detection: from.label_detection.map(Into::into),
            value_detection: from.value_detection.map(Into::into),
            page_number: count(from.page_number),
            currency: from.currency.map(Into::into),
            group_properties: list(from.group_properties),
        }
    }
}

impl From<sdk::ExpenseType> for FieldType {
    fn from(from: sdk::ExpenseType) -> Self {
        Self { text: from.text, confidence: from.confidence }
    }
}

impl From<sdk::ExpenseDetection> for ExpenseDetection {
    fn from(from: sdk::ExpenseDetection) -> Self {
        Self {
            text: from.text.map(Into::into),
            geometry: from.geometry.map(Into::into),
            confidence: from.confidence,
        }
    }
}

impl From<sdk::ExpenseCurrency> for ExpenseCurrency {
    fn from(from: sdk::ExpenseCurrency) -> Self {
        Self { code: from.code, confidence: from.confidence }
    }
}

impl From<sdk::ExpenseGroupProperty> for ExpenseGroup {
    fn from(from: sdk::ExpenseGroupProperty) -> Self {
        Self { types: from.types, id: from.id }
    }
}

impl From<sdk::IdentityDocument> for IdentityDocument {
    fn from(from: sdk::IdentityDocument) -> Self {
        Self {
            document_index: count(from.document_index),
            identity_document_fields: list(from.identity_document_fields),
            blocks: list(from.blocks),
        }
    }
}

impl From<sdk::IdentityDocumentField> for IdentityField {
    fn from(from: sdk::IdentityDocumentField) -> Self {
        Self {
            // The SDK has one type for both, but only a value is ever normalized.
            kind: from.r#type.map(|kind| FieldType { text: Some(kind.text), confidence: kind.confidence }),
            value_detection: from.value_detection.map(Into::into),
        }
    }
}

impl From<sdk::AnalyzeIdDetections> for IdentityDetection {
    fn from(from: sdk::AnalyzeIdDetections) -> Self {
        Self {
            text: Some(from.text.into()),
            normalized_value: from.normalized_value.map(Into::into),
            confidence: from.confidence,
        }
    }
}

impl From<sdk::NormalizedValue> for NormalizedValue {
    fn from(from: sdk::NormalizedValue) -> Self {
        Self::sent(from.value.map(Into::into), from.value_type.as_ref().map(|name| name.as_str()))
    }
}

impl From<sdk::LendingResult> for LendingResult {
    fn from(from: sdk::LendingResult) -> Self {
        Self {
            page: count(from.page),
            page_classification: from.page_classification.map(Into::into),
            extractions: list(from.extractions),
        }
    }
}

impl From<sdk::LendingSummary> for LendingSummary {
    fn from(from: sdk::LendingSummary) -> Self {
        Self {
            document_groups: list(from.document_groups),
            undetected_document_types: from.undetected_document_types,
        }
    }
}

impl From<sdk::DocumentGroup> for DocumentGroup {
    fn from(from: sdk::DocumentGroup) -> Self {
        Self {
            kind: from.r#type,
            split_documents: list(from.split_documents),
            detected_signatures: list(from.detected_signatures),
            undetected_signatures: list(from.undetected_signatures),
        }
    }
}

impl From<sdk::SplitDocument> for SplitDocument {
    fn from(from: sdk::SplitDocument) -> Self {
        let pages = |pages: Vec<i32>| pages.into_iter().filter_map(|page| count(Some(page))).collect();
        Self { index: count(from.index), pages: from.pages.map(pages) }
    }
}

impl From<sdk::DetectedSignature> for DetectedSignature {
    fn from(from: sdk::DetectedSignature) -> Self {
        Self { page: count(from.page) }
    }
}

impl From<sdk::UndetectedSignature> for UndetectedSignature {
    fn from(from: sdk::UndetectedSignature) -> Self {
        Self { page: count(from.page) }
    }
}

impl From<sdk::PageClassification> for PageClassification {
    fn from(from: sdk::PageClassification) -> Self {
        Self { page_type: list(Some(from.page_type)), page_number: list(Some(from.page_number)) }
    }
}

impl From<sdk::Prediction> for Prediction {
    fn from(from: sdk::Prediction) -> Self {
        Self { value: from.value.map(Into::into), confidence: from.confidence }
    }
}

impl From<sdk::Extraction> for Extraction {
    fn from(from: sdk::Extraction) -> Self {
        Self {
            lending_document: from.lending_document.map(Into::into),
            expense_document: from.expense_document.map(Into::into),
            identity_document: from.identity_document.map(Into::into),
        }
    }
}

impl From<sdk::LendingDocument> for LendingDocument {
    fn from(from: sdk::LendingDocument) -> Self {
        Self {
            lending_fields: list(from.lending_fields),
            signature_detections: list(from.signature_detections),
        }
    }
}

impl From<sdk::LendingField> for LendingField {
    fn from(from: sdk::LendingField) -> Self {
        Self {
            kind: from.r#type,
            key_detection: from.key_detection.map(Into::into),
            value_detections: list(from.value_detections),
        }
    }
}

impl From<sdk::LendingDetection> for LendingDetection {
    fn from(from: sdk::LendingDetection) -> Self {
        Self {
            text: from.text.map(Into::into),
            selection_status: from.selection_status.map(|name| SelectionStatus::from(name.as_str())),
            geometry: from.geometry.map(Into::into),
            confidence: from.confidence,
        }
    }
}

impl From<sdk::SignatureDetection> for SignatureDetection {
    fn from(from: sdk::SignatureDetection) -> Self {
        Self { confidence: from.confidence, geometry: from.geometry.map(Into::into) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn geometry() -> sdk::Geometry {
        let bounds = sdk::BoundingBox::builder().left(0.5).top(0.25).width(0.125).height(0.0625).build();
        let point = |x, y| sdk::Point::builder().x(x).y(y).build();
        sdk::Geometry::builder()
            .bounding_box(bounds)
            .polygon(point(0.5, 0.25))
            .polygon(point(1.0, 0.25))
            .build()
    }

    const GEOMETRY: &str = r#"{"BoundingBox": {"Left": 0.5, "Top": 0.25, "Width": 0.125, "Height": 0.0625},
        "Polygon": [{"X": 0.5, "Y": 0.25}, {"X": 1, "Y": 0.25}]}"#;

    fn expense() -> sdk::ExpenseDocument {
        let detection = |text: &str| {
            sdk::ExpenseDetection::builder().text(text).confidence(98.5).geometry(geometry()).build()
        };
        let group = sdk::ExpenseGroupProperty::builder().types("VENDOR").types("RECEIVER_SHIP_TO").id("g-1");
        let field = sdk::ExpenseField::builder()
            .r#type(sdk::ExpenseType::builder().text("TOTAL").confidence(99.0).build())
            .label_detection(detection("Total"))
            .value_detection(detection("$ 12.50"))
            .page_number(2)
            .currency(sdk::ExpenseCurrency::builder().code("USD").confidence(90.0).build())
            .group_properties(group.build())
            .build();
        let item = sdk::LineItemFields::builder().line_item_expense_fields(field.clone()).build();
        sdk::ExpenseDocument::builder()
            .expense_index(1)
            .summary_fields(field)
            .line_item_groups(sdk::LineItemGroup::builder().line_item_group_index(1).line_items(item).build())
            .blocks(
                sdk::Block::builder().block_type(sdk::BlockType::Word).id("w").text("Total").page(2).build(),
            )
            .build()
    }

    fn expense_json() -> String {
        let detection =
            |text: &str| format!(r#"{{"Text": "{text}", "Confidence": 98.5, "Geometry": {GEOMETRY}}}"#);
        let field = format!(
            r#"{{"Type": {{"Text": "TOTAL", "Confidence": 99}}, "LabelDetection": {}, "ValueDetection": {},
                "PageNumber": 2, "Currency": {{"Code": "USD", "Confidence": 90}},
                "GroupProperties": [{{"Types": ["VENDOR", "RECEIVER_SHIP_TO"], "Id": "g-1"}}]}}"#,
            detection("Total"),
            detection("$ 12.50"),
        );
        format!(
            r#"{{"ExpenseIndex": 1, "SummaryFields": [{field}],
                "LineItemGroups": [
                    {{"LineItemGroupIndex": 1, "LineItems": [{{"LineItemExpenseFields": [{field}]}}]}}],
                "Blocks": [{{"BlockType": "WORD", "Id": "w", "Text": "Total", "Page": 2}}]}}"#
        )
    }

    #[test]
    fn an_expense_document_is_what_its_json_says() {
        let expected: ExpenseDocument = serde_json::from_str(&expense_json()).unwrap();
        assert_eq!(ExpenseDocument::from(expense()), expected);
        let empty = sdk::ExpenseDocument::builder().set_summary_fields(Some(Vec::new())).build();
        let expected: ExpenseDocument = serde_json::from_str(r#"{"SummaryFields": []}"#).unwrap();
        assert_eq!(ExpenseDocument::from(empty), expected);
    }

    #[test]
    fn a_lending_result_is_what_its_json_says() {
        let detection = sdk::LendingDetection::builder()
            .text("x")
            .selection_status(sdk::SelectionStatus::Selected)
            .geometry(geometry())
            .confidence(97.0)
            .build();
        let field = sdk::LendingField::builder()
            .r#type("PAY_DATE")
            .key_detection(detection.clone())
            .value_detections(detection)
            .build();
        let signature = sdk::SignatureDetection::builder().confidence(80.0).geometry(geometry()).build();
        let lending =
            sdk::LendingDocument::builder().lending_fields(field).signature_detections(signature).build();
        let normalized = sdk::NormalizedValue::builder().value("1983-10-06T00:00:00");
        let value = sdk::AnalyzeIdDetections::builder()
            .text("10/06/1983")
            .normalized_value(normalized.value_type(sdk::ValueType::Date).build())
            .confidence(96.0);
        let kind = sdk::AnalyzeIdDetections::builder().text("DATE_OF_BIRTH").build().unwrap();
        let field =
            sdk::IdentityDocumentField::builder().r#type(kind).value_detection(value.build().unwrap());
        let identity = sdk::IdentityDocument::builder()
            .document_index(1)
            .identity_document_fields(field.build())
            .blocks(sdk::Block::builder().block_type(sdk::BlockType::Page).id("p").build())
            .build();
        let prediction = |value: &str| sdk::Prediction::builder().value(value).confidence(95.0).build();
        let class = sdk::PageClassification::builder()
            .page_type(prediction("PAYSLIPS"))
            .page_number(prediction("undetected"))
            .build()
            .unwrap();
        let result = sdk::LendingResult::builder()
            .page(3)
            .page_classification(class)
            .extractions(sdk::Extraction::builder().lending_document(lending).build())
            .extractions(sdk::Extraction::builder().identity_document(identity).build())
            .extractions(sdk::Extraction::builder().expense_document(expense()).build())
            .build();

        let detection = format!(
            r#"{{"Text": "x", "SelectionStatus": "SELECTED", "Geometry": {GEOMETRY}, "Confidence": 97}}"#
        );
        let json = format!(
            r#"{{"Page": 3, "PageClassification": {{
                    "PageType": [{{"Value": "PAYSLIPS", "Confidence": 95}}],
                    "PageNumber": [{{"Value": "undetected", "Confidence": 95}}]}},
                "Extractions": [
                    {{"LendingDocument": {{
                        "LendingFields": [{{
                            "Type": "PAY_DATE", "KeyDetection": {detection},
                            "ValueDetections": [{detection}]}}],
                        "SignatureDetections": [{{"Confidence": 80, "Geometry": {GEOMETRY}}}]}}}},
                    {{"IdentityDocument": {{"DocumentIndex": 1,
                        "IdentityDocumentFields": [{{"Type": {{"Text": "DATE_OF_BIRTH"}}, "ValueDetection": {{
                            "Text": "10/06/1983", "Confidence": 96,
                            "NormalizedValue": {{"Value": "1983-10-06T00:00:00", "ValueType": "DATE"}}}}}}],
                        "Blocks": [{{"BlockType": "PAGE", "Id": "p"}}]}}}},
                    {{"ExpenseDocument": {}}}]}}"#,
            expense_json()
        );
        let expected: LendingResult = serde_json::from_str(&json).unwrap();
        assert_eq!(LendingResult::from(result), expected);
    }
}
