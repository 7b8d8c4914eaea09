//! What Textract itself says that the value of a field is.

use super::PiiType;

/// The detector that a report names for what was found by the type of its field.
pub(super) const DETECTOR: &str = "textract";

/// Words in the type of a name or telephone number that say that it is not a person's.
const NOT_PEOPLE: [&str; 16] = [
    "BANK",
    "BUSINESS",
    "COMPANY",
    "CORPORATION",
    "COUNTRY",
    "EMPLOYER",
    "FORM",
    "INSTITUTION",
    "LENDER",
    "LOCALITY",
    "ORGANIZATION",
    "PARTNERSHIP",
    "PLAN",
    "PROJECT",
    "STATE",
    "VENDOR",
];

/// The kind of personal data that the value of a field of this type is, if any. `is_vendors` is whether the groups of an
/// expense field say that it is the vendor's.
///
/// Every address counts, as a field `ADDRESS` can be anybody's; a name or telephone number does unless its
/// type says that it is an organisation's. AnalyzeLending has hundreds of types, which are composed of words.
///
/// Follows "Identity Documentation Response Objects", "Analyzing Invoices and Receipts" and "Analyze Lending Response
/// Objects" in the Amazon Textract developer guide.
pub(super) fn type_of(field: &str, is_vendors: bool) -> Option<PiiType> {
    let has = |word: &str| field.split(|c: char| !c.is_ascii_alphanumeric()).any(|own| own == word);
    let is_persons = || !is_vendors && !NOT_PEOPLE.into_iter().any(has);
    Some(match field {
        "SUFFIX" => PiiType::Name,
        "ADDRESS_BLOCK" | "CITY" | "COUNTY" | "PLACE_OF_BIRTH" | "STATE" | "STREET" | "ZIP_CODE" => {
            PiiType::Address
        }
        "DATE_OF_ISSUE" | "EXPIRATION_DATE" => PiiType::DateTime,
        "ACCOUNT_NUMBER" => PiiType::BankAccountNumber,
        "BANK_ROUTING_NUMBER" => PiiType::BankRouting,
        // That of a passport or of a driving licence: Comprehend has no name for either.
        "DOCUMENT_NUMBER" | "MRZ_CODE" => PiiType::from(field),
        // A person's taxpayer identification number.
        "RECIPIENT_TIN" => PiiType::Ssn,
        _ if has("SSN") || field.contains("SOCIAL_SECURITY_NUMBER") => PiiType::Ssn,
        _ if field.contains("DATE_OF_BIRTH") || field.contains("BIRTH_DATE") => PiiType::DateTime,
        _ if has("EMAIL") => PiiType::Email,
        _ if has("NAME") && is_persons() => PiiType::Name,
        // The length of a stay is not an address, and a country identifies nobody.
        _ if has("ADDRESS") && !has("LENGTH") && !field.ends_with("_COUNTRY") => PiiType::Address,
        _ if (has("PHONE") || has("TELEPHONE")) && is_persons() => PiiType::Phone,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[track_caller]
    fn is(pii_type: PiiType, fields: &[&str]) {
        for field in fields {
            assert_eq!(type_of(field, false).as_ref(), Some(&pii_type), "{field}");
        }
    }

    #[test]
    fn fields_of_people() {
        is(PiiType::Name, &["FIRST_NAME", "LAST_NAME", "MIDDLE_NAME", "SUFFIX", "NAME", "RECEIVER_NAME"]);
        is(
            PiiType::Name,
            &["BORROWER_NAME", "CO-BORROWER_NAME", "EMPLOYEE_NAME", "PAYEE_NAME", "ACCOUNT_NAME"],
        );
        is(PiiType::Name, &["RECIPIENT_NAME", "CONTACT_NAME", "PRINT_OR_TYPE_NAME"]);
        is(PiiType::Name, &["NAME_AND_ADDRESS_OF_APPLICANT_(INCLUDE_EMPLOYEE_OR_BADGE_NUMBER)"]);
        is(PiiType::Name, &["PAYER_NAME_AND_ADDRESS_AND_TELEPHONE_NUMBER"]);
        is(
            PiiType::Ssn,
            &["SSN", "SOCIAL_SECURITY_NUMBER", "EMPLOYEE_SSN", "BORROWER_SSN", "CO-BORROWER_SSN"],
        );
        is(PiiType::Ssn, &["RECIPIENT_TIN"]);
        is(PiiType::DateTime, &["DATE_OF_BIRTH", "DATE_OF_ISSUE", "EXPIRATION_DATE"]);
        is(PiiType::Phone, &["RECEIVER_PHONE", "CONTACT_PHONE_NUMBER"]);
        is(PiiType::BankAccountNumber, &["ACCOUNT_NUMBER"]);
        is(PiiType::BankRouting, &["BANK_ROUTING_NUMBER"]);
        is(PiiType::from("DOCUMENT_NUMBER"), &["DOCUMENT_NUMBER"]);
        is(PiiType::from("MRZ_CODE"), &["MRZ_CODE"]);
    }

    #[test]
    fn addresses_of_anybody() {
        is(
            PiiType::Address,
            &["ADDRESS", "CITY_IN_ADDRESS", "COUNTY", "STATE_IN_ADDRESS", "ZIP_CODE_IN_ADDRESS"],
        );
        is(PiiType::Address, &["STREET", "CITY", "STATE", "ZIP_CODE", "ADDRESS_BLOCK", "PLACE_OF_BIRTH"]);
        is(PiiType::Address, &["RECEIVER_ADDRESS", "VENDOR_ADDRESS", "BORROWER_ADDRESS", "EMPLOYEE_ADDRESS"]);
        is(PiiType::Address, &["EMPLOYER_ADDRESS", "PROPERTY_ADDRESS", "NAME_AND_ADDRESS_OF_EMPLOYER"]);
        is(PiiType::Address, &["ADDRESS_STREET", "CURRENT_ADDRESS_CITY", "FORMER_ADDRESS_UNIT_NUMBER"]);
        is(
            PiiType::Address,
            &["ADDRESS_CITY_OR_TOWN,_STATE_OR_PROVINCE,_COUNTRY,_AND_ZIP_OR_FOREIGN_POSTAL_CODE"],
        );
        assert_eq!(type_of("ADDRESS", true), Some(PiiType::Address));
    }

    #[test]
    fn fields_that_are_nobodys() {
        for field in [
            "OTHER",
            "TOTAL",
            "ITEM",
            "EXPENSE_ROW",
            "INVOICE_RECEIPT_DATE",
            "VENDOR_NAME",
            "VENDOR_PHONE",
            "VENDOR_URL",
            "TAX_PAYER_ID",
            "STATE_NAME",
            "ID_TYPE",
            "CLASS",
            "COUNTRY",
            "COMPANY_NAME",
            "COMPANY_PHONE_NUMBER",
            "MORTGAGE_COMPANY_NAME",
            "BANK_NAME",
            "EMPLOYER_NAME",
            "EMPLOYER_EIN",
            "PAYER_TIN",
            "2ND_TIN_NOT",
            "PROJECT_NAME",
            "LOCALITY_NAME",
            "CURRENT_ADDRESS_COUNTRY",
            "CURRENT_ADDRESS_LENGTH_YEARS",
            "PAY_DATE",
            "SOCIAL_SECURITY_WAGES_AMOUNT",
        ] {
            assert_eq!(type_of(field, false), None, "{field}");
        }
        assert_eq!(type_of("NAME", true), None, "a vendor is mostly a company");
    }
}
