//! What Textract itself says that the value of a field is.

use super::PiiType;

/// Whom a report names for what was found by the type of its field.
pub(super) const DETECTOR: &str = "textract";

/// The kind of personal data that the value of a field of this type is, where it is any.
///
/// Follows "Identity Documents Response Objects", "Invoice and Receipt Response Objects" and "Analyze Lending Response
/// Objects" in the Amazon Textract developer guide.
pub(super) fn type_of(field: &str) -> Option<PiiType> {
    Some(match field {
        "FIRST_NAME" | "LAST_NAME" | "MIDDLE_NAME" | "SUFFIX" | "RECEIVER_NAME" | "BORROWER_NAME"
        | "EMPLOYEE_NAME" => PiiType::Name,
        "ADDRESS"
        | "CITY_IN_ADDRESS"
        | "COUNTY"
        | "STATE_IN_ADDRESS"
        | "ZIP_CODE_IN_ADDRESS"
        | "PLACE_OF_BIRTH"
        | "RECEIVER_ADDRESS" => PiiType::Address,
        "DATE_OF_BIRTH" | "DATE_OF_ISSUE" | "EXPIRATION_DATE" => PiiType::DateTime,
        "RECEIVER_PHONE" => PiiType::Phone,
        "SSN" | "SOCIAL_SECURITY_NUMBER" => PiiType::Ssn,
        // That of a passport or of a driving licence: Comprehend has no name for either.
        "DOCUMENT_NUMBER" | "MRZ_CODE" => PiiType::from(field),
        _ => return None,
    })
}
