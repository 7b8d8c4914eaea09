//! What operators put in place, as it appears in a document.

use futures::future::BoxFuture;
use inkseal::redact::{
    Detection, EncryptionKey, Operator, PatternDetector, PiiType, PseudonymKey, Redactor, RedactorBuilder,
    UnionDetector,
};
use serde_json::json;

use super::{Planted, Told, document, lines, redact, stage};

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

/// The end of one detection is not left if another covers it, or if it was detected elsewhere.
#[tokio::test]
async fn a_kept_end_is_nothing_that_was_detected() {
    use PiiType::{CreditDebitNumber as Card, Pin};
    let (mask, keeping) = (Operator::mask(), Operator::mask().keep_last(2));
    for (card, pin, of_pins, text, expected) in [
        ("4111 1111 1111 1234", "1111", &mask, "4111 1111 1111 1234", "**** **** **** 1234"),
        (
            "4111 1111 1111 1234",
            "1234 567890",
            &mask,
            "4111 1111 1111 1234 567890",
            "**** **** **** **** ******",
        ),
        (
            "4111 1111 1111 1234",
            "1234 567890",
            &keeping,
            "4111 1111 1111 1234 567890",
            "**** **** **** **** ****90",
        ),
        ("41111111 22 33", "33", &mask, "41111111 22 33", "******** ** **"),
        ("4111-1111-1111-12-34", "12-34", &mask, "4111-1111-1111-12-34 12-34", "******************** *****"),
    ] {
        let redactor = stage(Planted::of([(Card, card), (Pin, pin)]))
            .operator(Card, Operator::mask().keep_last(4))
            .others(of_pins.clone())
            .build()
            .unwrap();
        let (redacted, _) = redact(&redactor, document(json!(lines(1, &[text])))).await;
        assert_eq!(redacted.to_text(), expected, "{card:?} and {pin:?} in {text:?}");
    }
}

/// On the next page only the sweep finds both.
#[tokio::test]
async fn nor_where_only_the_sweep_finds_it() {
    use PiiType::{CreditDebitNumber as Card, Pin};
    let found = Told(|text: &str| {
        let all = Planted::of([(Card, "4111 1111 1111 1234"), (Pin, "1234 567890")]);
        let spans = if text.contains("first") { all.find(text) } else { Vec::new() };
        Box::pin(async move { Ok(Detection::new(spans)) }) as BoxFuture<'static, _>
    });
    let redactor = stage(found)
        .operator(Card, Operator::mask().keep_last(4))
        .others(Operator::remove())
        .sweep(true)
        .build()
        .unwrap();
    let blocks = [
        lines(1, &["first 4111 1111 1111 1234", "and 1234 567890"]),
        lines(2, &["4111 1111 1111 1234 567890", "4111 1111 1111 1234"]),
    ];
    let (redacted, _) = redact(&redactor, document(json!(blocks.concat()))).await;
    let expected = "first **** **** **** 1234\nand\n\n**** **** **** ****\n**** **** **** 1234";
    assert_eq!(redacted.to_text(), expected);
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

#[tokio::test]
async fn a_key_opens_what_is_for_it_and_nothing_beside() {
    let found = || Planted::of([(PiiType::Name, "Doe"), (PiiType::Ssn, "123-45-6789")]);
    let (names, numbers) = (EncryptionKey::new([1; 32]), EncryptionKey::new([2; 32]));
    let with = async |of_numbers: Operator| {
        let redactor = stage(found()).operator(PiiType::Name, Operator::encrypt(names.clone()));
        let redactor = redactor.operator(PiiType::Ssn, of_numbers).build().unwrap().for_document("d");
        redact(&redactor, document(json!(lines(1, &["Doe/123-45-6789, now"])))).await.0.to_text()
    };
    let opened = |key: &EncryptionKey, word: &str| key.decrypt("d", 1, word).ok();
    for operator in [Operator::remove(), Operator::mask()] {
        let text = with(operator).await;
        let words: Vec<_> = text.split(' ').collect();
        assert_eq!(words.len(), 2, "{text}");
        assert_eq!(opened(&names, words[0]).unwrap(), "Doe/***********,");
    }
    let text = with(Operator::replace_with_type()).await;
    assert_eq!(text.split(' ').skip(1).collect::<Vec<_>>(), ["[SSN]", "now"]);
    let text = with(Operator::encrypt(numbers.clone())).await;
    let words: Vec<_> = text.split(' ').collect();
    assert_eq!(opened(&names, words[0]).unwrap(), "Doe/***********,");
    assert_eq!(opened(&numbers, words[1]).unwrap(), "***/123-45-6789,");
    assert_eq!((opened(&numbers, words[0]), opened(&names, words[1])), (None, None));
}

#[tokio::test]
async fn the_same_text_under_two_keys_is_encrypted_twice() {
    let found = Told(|text: &str| {
        let mut spans = Planted::of([(PiiType::Ssn, "123456789")]).find(text);
        if let Some(second) = spans.get_mut(1) {
            second.pii_type = PiiType::BankAccountNumber;
        }
        Box::pin(async move { Ok(Detection::new(spans)) }) as BoxFuture<'static, _>
    });
    let keys = [EncryptionKey::new([1; 32]), EncryptionKey::new([2; 32])];
    let redactor = stage(found).operator(PiiType::Ssn, Operator::encrypt(keys[0].clone()));
    let redactor = redactor.operator(PiiType::BankAccountNumber, Operator::encrypt(keys[1].clone()));
    let redactor = redactor.build().unwrap().for_document("d");
    let text = document(json!(lines(1, &["SSN 123456789", "Account 123456789"])));
    let text = redact(&redactor, text).await.0.to_text();
    let words: Vec<_> = text.split_whitespace().collect();
    for (key, word) in keys.iter().zip([words[1], words[3]]) {
        assert_eq!(key.decrypt("d", 1, word).unwrap(), "123456789");
    }
}

#[tokio::test]
async fn what_is_not_wanted_hides_nothing_that_is() {
    let text = "See https://example.com/u?mail=jane@example.com now";
    let unwanted: [fn(RedactorBuilder) -> RedactorBuilder; 5] = [
        |stage| stage.except([PiiType::Url]),
        |stage| stage.only([PiiType::Email]),
        |stage| stage.operator(PiiType::Url, Operator::keep()),
        |stage| stage.min_score_of(PiiType::Url, 1.0),
        |stage| stage.allow(["https://example.com/u?mail=jane@example.com"]),
    ];
    for without in unwanted {
        for builder in [
            Redactor::builder(PatternDetector::new()),
            Redactor::builder(UnionDetector::new().with(PatternDetector::new()).with(Planted::name("Roe"))),
        ] {
            let redactor = without(builder.keep_rest_of_words(true)).build().unwrap();
            let redacted = redact(&redactor, document(json!(lines(1, &[text])))).await.0.to_text();
            // Everything before the @ may be part of the address.
            assert_eq!(redacted, "See https://*********************************** now");
        }
    }
}

/// A password that the document itself shows as stars is found as one; masked it says the same, and that is not a leak.
#[tokio::test]
async fn what_was_masked_before_is_no_leak() {
    let masked = Planted::of([(PiiType::Password, "********")]);
    let text = ["Password: ********", "********"];
    let redactor = stage(masked.clone()).others(Operator::mask()).build().unwrap();
    let (redacted, report) = redact(&redactor, document(json!(lines(1, &text)))).await;
    assert_eq!((redacted.to_text().as_str(), report.entities()), ("Password: ********\n********", 2));
    let redactor = stage(masked).others(Operator::replace_with_type()).build().unwrap();
    let (redacted, _) = redact(&redactor, document(json!(lines(1, &text)))).await;
    assert_eq!(redacted.to_text(), "Password: [PASSWORD]\n[PASSWORD]");
}
