//! Recorded responses through the stage with its defaults.

use inkseal::document::{ExpenseDocument, IdentityDocument, LendingResult};
use inkseal::part::Record;
use inkseal::redact::{PatternDetector, Redactable, Redacted, Redactor};
use serde::Serialize;
use serde_json::Value;
use unicode_normalization::UnicodeNormalization;

use crate::recorded::responses;

/// The types of fields in the recordings of which the values are personal data.
const PERSONAL: [&str; 45] = [
    "FIRST_NAME",
    "LAST_NAME",
    "MIDDLE_NAME",
    "SUFFIX",
    "ADDRESS",
    "CITY_IN_ADDRESS",
    "STATE_IN_ADDRESS",
    "ZIP_CODE_IN_ADDRESS",
    "COUNTY",
    "PLACE_OF_BIRTH",
    "DATE_OF_BIRTH",
    "DATE_OF_ISSUE",
    "EXPIRATION_DATE",
    "DOCUMENT_NUMBER",
    "MRZ_CODE",
    "RECEIVER_NAME",
    "RECEIVER_ADDRESS",
    "RECEIVER_PHONE",
    "VENDOR_ADDRESS",
    "ADDRESS_BLOCK",
    "STREET",
    "CITY",
    "STATE",
    "ZIP_CODE",
    "ACCOUNT_NUMBER",
    "ACCOUNT_NAME",
    "PAYEE_NAME",
    "RECIPIENT_NAME",
    "RECIPIENT_TIN",
    "BANK_ROUTING_NUMBER",
    "SSN",
    "EMPLOYEE_SSN",
    "EMPLOYEE_NAME",
    "EMPLOYEE_ADDRESS",
    "EMPLOYER_ADDRESS",
    "BORROWER_NAME",
    "BORROWER_ADDRESS",
    "COMPANY_ADDRESS",
    "MORTGAGE_COMPANY_ADDRESS",
    "BANK_ADDRESS",
    "CURRENT_ADDRESS_STREET",
    "ADDRESS_STREET",
    "ADDRESS_CITY_OR_TOWN,_STATE_OR_PROVINCE,_COUNTRY,_AND_ZIP_OR_FOREIGN_POSTAL_CODE",
    "NAME_AND_ADDRESS_OF_APPLICANT_(INCLUDE_EMPLOYEE_OR_BADGE_NUMBER)",
    "PAYER_NAME_AND_ADDRESS_AND_TELEPHONE_NUMBER",
];

/// A text without case, accents and the kind of white space.
fn plain(text: &str) -> String {
    let small: String = text.nfd().flat_map(char::to_lowercase).filter(|c| !is_accent(*c)).collect();
    small.split_whitespace().collect::<Vec<_>>().join(" ")
}

fn is_accent(c: char) -> bool {
    ('\u{300}'..='\u{36f}').contains(&c)
}

/// Whether a text has a string in it by itself, and not as part of a longer word or number.
fn has(text: &str, string: &str) -> bool {
    let is_letter = |c: Option<char>| c.is_some_and(char::is_alphanumeric);
    text.match_indices(string).any(|(at, _)| {
        let (before, after) = (&text[..at], &text[at + string.len()..]);
        !is_letter(before.chars().next_back()) && !is_letter(after.chars().next())
    })
}

/// The lines of the values of personal fields, and their normalised values.
fn personal(value: &Value, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            let kind = &value["Type"];
            let kind = kind["Text"].as_str().or(kind.as_str()).unwrap_or_default();
            let detections = value["ValueDetections"].as_array().into_iter().flatten();
            for detection in detections.chain([&value["ValueDetection"]]).filter(|_| PERSONAL.contains(&kind))
            {
                for said in [&detection["Text"], &detection["NormalizedValue"]["Value"]] {
                    found.extend(said.as_str().into_iter().flat_map(str::lines).map(plain));
                }
            }
            members.values().for_each(|member| personal(member, found));
        }
        Value::Array(list) => list.iter().for_each(|item| personal(item, found)),
        _ => {}
    }
}

/// The texts of a record, except for names of Textract's own: each by itself, and the words of each list of blocks together.
fn texts(value: &Value, name: &str, parent: &str, found: &mut Vec<String>) {
    match value {
        Value::String(text) => {
            let is_own_name = matches!(parent, "Type" | "PageType" | "PageNumber");
            found.extend((matches!(name, "Text" | "Value") && !is_own_name).then(|| plain(text)));
        }
        Value::Object(members) => members.iter().for_each(|(own, member)| texts(member, own, name, found)),
        Value::Array(list) => {
            if name == "Blocks" {
                let words = list.iter().filter(|block| block["BlockType"] == "WORD");
                let words: Vec<&str> = words.filter_map(|word| word["Text"].as_str()).collect();
                found.push(plain(&words.join(" ")));
            }
            list.iter().for_each(|item| texts(item, name, parent, found));
        }
        _ => {}
    }
}

/// Redacts each recorded record of a kind with the defaults, and checks that no personal value is left.
async fn redacted<T>(kind: &str) -> Vec<Redacted<T>>
where
    T: Record + Redactable + Serialize,
{
    let redactor = Redactor::builder(PatternDetector::new()).build().unwrap();
    let (mut all, mut values) = (Vec::new(), 0);
    for (file, bytes) in responses(kind) {
        for record in T::parse_saved(&bytes).unwrap().into_iter().flat_map(|part| part.records) {
            let mut found = Vec::new();
            personal(&serde_json::to_value(&record).unwrap(), &mut found);
            // Shorter ones are redacted only where they were detected.
            found.retain(|said| said.chars().filter(|c| c.is_alphanumeric()).count() >= 3);
            values += found.len();
            let (redacted, _) =
                redactor.redact(record).await.unwrap_or_else(|error| panic!("{file}: {error}"));
            let mut left = Vec::new();
            texts(&serde_json::to_value(&redacted).unwrap(), "", "", &mut left);
            for said in &found {
                let leak = left.iter().find(|text| has(text, said));
                assert_eq!(leak, None, "{file}: {said}");
            }
            all.push(redacted);
        }
    }
    assert!(values > 10, "the recordings of {kind} have personal values: {values}");
    all
}

#[tokio::test]
#[ignore = "needs INKSEAL_CORPUS"]
async fn what_identity_documents_declare_is_gone_and_has_a_place() {
    let mut with_blocks = 0;
    for card in redacted::<IdentityDocument>("id").await {
        if card.blocks().is_empty() {
            continue;
        }
        with_blocks += 1;
        for page in card.page_numbers() {
            assert!(!card.places_on(*page).unwrap().is_empty());
        }
        let text = serde_json::to_string(&card).unwrap();
        assert!(!["GARCIA", "GARCÍA", "María", "MARÍA", "\"MA,\""].iter().any(|said| text.contains(said)));
    }
    assert_eq!(with_blocks, 2);
}

#[tokio::test]
#[ignore = "needs INKSEAL_CORPUS"]
async fn what_expense_documents_declare_is_gone() {
    redacted::<ExpenseDocument>("expense").await;
}

#[tokio::test]
#[ignore = "needs INKSEAL_CORPUS"]
async fn what_loan_files_declare_is_gone() {
    redacted::<LendingResult>("lending").await;
}
