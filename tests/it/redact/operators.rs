//! What is put in place, as it stands in a document.

use inkseal::redact::{EncryptionKey, Operator, PiiType, PseudonymKey};
use serde_json::json;

use super::{Planted, document, lines, redact, stage};

async fn text_with(operator: Operator) -> String {
    let found =
        Planted::of([(PiiType::CreditDebitNumber, "4111 1111 1111 1111"), (PiiType::Name, "Jane Doe")]);
    let text = ["Card 4111 1111 1111 1111, Jane Doe's;", "Jane Doe"];
    let redactor = stage(found).others(operator).build().unwrap().for_document("d");
    redact(&redactor, document(json!(lines(1, &text)))).await.0.to_text()
}

#[tokio::test]
async fn each_operator() {
    let written = [
        (Operator::mask(), "Card **** **** **** ***** **** *****;\n**** ***"),
        (Operator::mask_with('#').keep_last(4), "Card #### #### #### 1111# #### #####;\n#### ###"),
        (Operator::replace_with_type(), "Card [CREDIT_DEBIT_NUMBER] [NAME]\n[NAME]"),
        (Operator::remove(), "Card"),
        (Operator::token(), "Card CREDIT_DEBIT_NUMBER_1 NAME_1\nNAME_1"),
        (Operator::keep(), "Card 4111 1111 1111 1111, Jane Doe's;\nJane Doe"),
    ];
    for (operator, expected) in written {
        let name = operator.name();
        let expected = expected.replace("*****;", "******").replace("#####;", "######");
        assert_eq!(text_with(operator).await, expected, "{name}");
    }
}

#[tokio::test]
async fn pseudonyms_are_the_same_in_all_documents_under_a_key() {
    let under = async |byte| text_with(Operator::pseudonym(PseudonymKey::new([byte; 32]).unwrap())).await;
    let text = under(1).await;
    assert_eq!(under(1).await, text);
    assert_ne!(under(2).await, text);
    let (first, second) = text.split_once('\n').unwrap();
    assert!(first.ends_with(second) && second.starts_with("NAME_") && second.len() == 37, "{text}");
}

#[tokio::test]
async fn encryption_is_read_back_word_for_word() {
    let key = EncryptionKey::new([9; 32]);
    let text = text_with(Operator::encrypt(key.clone())).await;
    let said: Vec<_> = text.split_whitespace().filter_map(|word| key.decrypt("d", 1, word).ok()).collect();
    assert_eq!(said, ["4111", "1111", "1111", "1111,", "Jane", "Doe's;", "Jane", "Doe"]);
}

#[tokio::test]
async fn several_entities_in_a_word_and_one_within_what_is_left_of_another() {
    let found = || {
        Planted::of([
            (PiiType::Email, "jane@example.com"),
            (PiiType::Pin, "9876"),
            (PiiType::Url, "example.com/x"),
        ])
    };
    let text = ["To jane@example.com/x#9876, now"];
    let with = async |operator: Operator| {
        let redactor = stage(found()).others(operator).build().unwrap().for_document("d");
        redact(&redactor, document(json!(lines(1, &text)))).await.0.to_text()
    };
    assert_eq!(with(Operator::mask()).await, format!("To {} now", "*".repeat(24)));
    assert_eq!(with(Operator::replace_with_type()).await, "To [EMAIL] [URL] [PIN] now");
    let key = EncryptionKey::new([8; 32]);
    let sealed = with(Operator::encrypt(key.clone())).await;
    let words: Vec<_> = sealed.split(' ').collect();
    assert_eq!(words.len(), 3, "the word is encrypted once");
    assert_eq!(key.decrypt("d", 1, words[1]).unwrap(), "jane@example.com/x#9876,");
    assert!(key.decrypt("d", 2, words[1]).is_err() && key.decrypt("e", 1, words[1]).is_err());
}
