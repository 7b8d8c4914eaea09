//! The detector that needs no service, from outside: any text, long texts, and numbers hidden in text.

use futures::executor::block_on;
use inkseal::redact::{CodePoints, PatternDetector, PiiDetector, PiiSpan, PiiType, Redactor};
use proptest::prelude::*;

fn lenient() -> PatternDetector {
    PatternDetector::builder().min_score(0.0).build().expect("a detector")
}

/// What the stage requires of spans, and what this detector promises besides: none overlaps another.
fn assert_right(text: &str, spans: &[PiiSpan]) {
    let points = CodePoints::of(text);
    for span in spans {
        assert!(span.begin < span.end && span.end <= points.len(), "{span:?}");
        assert!((0.0..=1.0).contains(&span.score), "{span:?}");
    }
    for pair in spans.windows(2) {
        assert!(pair[0].end <= pair[1].begin, "{pair:?}");
    }
}

/// Text as documents have it: words, numbers, marks and scripts of all kinds.
fn pieces() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(" ".to_owned()),
        "[ \t\n.,:;/()@#$%&+=*\"'_-]{1,3}",
        "[0-9]{1,18}",
        "[A-Za-z]{1,10}",
        "[A-Z0-9]{1,20}",
        "[0-9a-f:.]{1,20}",
        "(password|card|phone|age|exp|ssn|iban|born|contraseña|account no)[:= ]?",
        "(January|may|enero) ?",
        "\\PC{1,4}",
        "[👋é\u{301}१२電عД\u{a0}–\u{200b}\u{ad}\r]{1,5}",
    ];
    prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
}

proptest! {
    #[test]
    fn any_text_gives_right_spans(text in pieces()) {
        assert_right(&text, &lenient().find(&text));
        assert_right(&text, &PatternDetector::new().find(&text));
    }

    #[test]
    fn any_characters_give_right_spans(text in any::<String>()) {
        assert_right(&text, &lenient().find(&text));
    }

    #[test]
    fn a_stage_that_wants_all_gives_what_find_gives(text in pieces()) {
        let detector = PatternDetector::new();
        let stage = Redactor::builder(detector.clone()).build().unwrap();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build().unwrap();
        let detection = runtime.block_on(stage.detect(&text)).expect("it cannot fail");
        let mut spans = detector.find(&text);
        spans.iter_mut().for_each(|span| span.detector = Some("patterns"));
        prop_assert_eq!(&detection.spans, &spans);
        prop_assert_eq!((detection.requests, detection.billed_units), (0, 0));

        let all = block_on(detector.detect(&text)).expect("it cannot fail").spans;
        for span in &detection.spans {
            let covers = |one: &PiiSpan| one.pii_type == span.pii_type && one.begin <= span.begin && span.end <= one.end;
            prop_assert!(all.iter().any(covers), "{:?}", span);
        }
    }

    #[test]
    fn cards_are_found_wherever_they_stand(before in "[^0-9a-zA-Z.@/:_]{0,20}", body in "4[0-9]{14}", spaced: bool) {
        let number = with_check_digit(&body, luhn);
        let written = if spaced { in_fours(&number, ' ') } else { number };
        assert_found(&PiiType::CreditDebitNumber, &before, &written);
    }

    #[test]
    fn ibans_are_found_wherever_they_stand(before in "[^0-9a-zA-Z.@/:_]{0,20}", body in "[0-9]{18}", spaced: bool) {
        let check = 98 - modulo(&format!("{body}131400"), 97);
        let number = format!("DE{check:02}{body}");
        let written = if spaced { in_fours(&number, ' ') } else { number };
        assert_found(&PiiType::InternationalBankAccountNumber, &before, &written);
    }

    #[test]
    fn aadhaar_numbers_are_found_wherever_they_stand(before in "[^0-9a-zA-Z.@/:_]{0,20}", body in "[2-9][0-9]{10}") {
        let number = with_check_digit(&body, verhoeff);
        prop_assume!(!number.chars().eq(number.chars().rev()));
        assert_found(&PiiType::InAadhaar, &before, &in_fours(&number, '-'));
    }

    #[test]
    fn addresses_are_found_wherever_they_stand(
        before in "[^0-9a-zA-Z.@/:_!#$%&'*+=?^`{|}~\"-]{0,20}",
        mailbox in "[a-z][a-z0-9]{0,10}",
        host in "[a-z][a-z0-9]{0,10}",
    ) {
        // Letters of the text before would be letters of the mailbox.
        assert_found(&PiiType::Email, &format!("{before} "), &format!("{mailbox}@{host}.com"));
    }
}

/// Asserts that a value is found whole and at its code points, after a text without letters and digits.
fn assert_found(pii_type: &PiiType, before: &str, written: &str) {
    let before: String = before.chars().filter(|c| !c.is_alphanumeric()).collect();
    let begin = before.chars().count();
    let text = format!("{before}{written} and more");
    let spans = PatternDetector::builder().types([pii_type.clone()]).build().expect("a detector").find(&text);
    let expected = begin..begin + written.chars().count();
    assert!(spans.iter().any(|span| span.range() == expected), "{text:?} {spans:?}");
}

fn in_fours(number: &str, separator: char) -> String {
    let bytes: Vec<_> =
        number.as_bytes().chunks(4).map(|four| str::from_utf8(four).expect("ASCII")).collect();
    bytes.join(&separator.to_string())
}

fn with_check_digit(body: &str, is_right: fn(&str) -> bool) -> String {
    let all = (0..10).map(|digit| format!("{body}{digit}"));
    all.into_iter().find(|number| is_right(number)).expect("one of ten digits")
}

fn luhn(number: &str) -> bool {
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    digits
        .map(|(index, digit)| if index % 2 == 1 { digit * 2 / 10 + digit * 2 % 10 } else { digit })
        .sum::<u32>()
        % 10
        == 0
}

fn modulo(digits: &str, by: u32) -> u32 {
    digits.chars().filter_map(|c| c.to_digit(10)).fold(0, |rest, digit| (rest * 10 + digit) % by)
}

/// Verhoeff's scheme by the symmetries of the pentagon, without its tables.
fn verhoeff(number: &str) -> bool {
    let product = |a: u32, b: u32| match (a / 5, b / 5) {
        (0, 0) => (a + b) % 5,
        (0, _) => 5 + (a + b) % 5,
        (_, 0) => 5 + (a + 5 - b) % 5,
        _ => (a + 5 - b) % 5,
    };
    let permuted = |digit: u32, times: usize| {
        (0..times).fold(digit, |digit, _| [1, 5, 7, 6, 2, 8, 3, 0, 9, 4][digit as usize])
    };
    let digits = number.chars().rev().filter_map(|c| c.to_digit(10)).enumerate();
    digits.fold(0, |check, (place, digit)| product(check, permuted(digit, place % 8))) == 0
}

/// Texts on which a matcher that backtracks, or that reads ahead from each place, would run for hours.
#[test]
fn long_texts_come_to_an_end() {
    const LENGTH: usize = 1 << 17;
    let detector = lenient();
    // As many as an address may have, all to be taken off its end again.
    let dots = format!("http://a/{}", ".".repeat(8_183));
    let brackets = format!("http://a/{}", ")".repeat(8_183));
    for unit in [
        dots.as_str(),
        brackets.as_str(),
        "1",
        "1-",
        "1 ",
        "a@",
        "::",
        "a.",
        "http://a?",
        "www.",
        "(1)",
        "+1",
        "A1",
        "a:",
        "1:",
        "password:",
        "/",
        "é",
        "e\u{301}",
        "1\u{200b}",
        "電1",
        "1/1/",
    ] {
        let text = unit.repeat(LENGTH / unit.len());
        assert_right(&text, &detector.find(&text));
    }
}

#[tokio::test]
async fn other_tasks_run_beside_a_long_text() {
    let text = "nothing to find here ".repeat(20_000);
    let others = std::cell::Cell::new(0);
    let other = async {
        loop {
            others.set(others.get() + 1);
            tokio::task::yield_now().await;
        }
    };
    let detector = PatternDetector::new();
    tokio::select! {
        biased;
        detection = detector.detect(&text) => assert!(detection.expect("it cannot fail").spans.is_empty()),
        () = other => unreachable!("it has no end"),
    }
    assert!(others.get() >= text.len() / (64 * 1024), "{}", others.get());
}

/// A value next to its label, as in documents and in both languages, some after text that has more bytes than code points.
#[test]
fn forms_and_tables() {
    for (text, pii_type, value) in [
        ("Customer: 👋 日本 नमस्ते\nSSN\n512-68-4031\n", PiiType::Ssn, "512-68-4031"),
        ("Número de Seguro Social:\t512684031", PiiType::Ssn, "512684031"),
        ("عربي ITIN: 947-72-3318", PiiType::UsIndividualTaxIdentificationNumber, "947-72-3318"),
        ("é\u{301}é Routing No.\n021000021", PiiType::BankRouting, "021000021"),
        ("Número de cuenta\n000123456789", PiiType::BankAccountNumber, "000123456789"),
        ("SWIFT/BIC: DEUTDEFF", PiiType::SwiftCode, "DEUTDEFF"),
        ("NHS No: 943 476 5919", PiiType::UkNationalHealthServiceNumber, "943 476 5919"),
        ("National Insurance\tJG 10 37 59 A", PiiType::UkNationalInsuranceNumber, "JG 10 37 59 A"),
        ("UTR: 1955839661", PiiType::UkUniqueTaxpayerReferenceNumber, "1955839661"),
        ("SIN 130 692 544", PiiType::CaSocialInsuranceNumber, "130 692 544"),
        ("Health card: 1234-567-890-AB", PiiType::CaHealthNumber, "1234-567-890-AB"),
        ("आधार २३४५ ६७८९ ०१२४", PiiType::InAadhaar, "२३४५ ६७८९ ०१२४"),
        ("PAN\nABCPE1234F", PiiType::InPermanentAccountNumber, "ABCPE1234F"),
        ("EPIC No.: ABC1234567", PiiType::InVoterNumber, "ABC1234567"),
        ("Job card UP-35-034-034-001/5", PiiType::InNrega, "UP-35-034-034-001/5"),
        ("Passport no.\tZ87654321", PiiType::PassportNumber, "Z87654321"),
        ("Pasaporte: AAB123456", PiiType::PassportNumber, "AAB123456"),
        ("Driver's License: D123-4567-8901", PiiType::DriverId, "D123-4567-8901"),
        ("Licencia de conducir: 12345678A", PiiType::DriverId, "12345678A"),
        ("License plate: 7ABC123", PiiType::LicensePlate, "7ABC123"),
        ("Matrícula 1234 BCD", PiiType::LicensePlate, "1234 BCD"),
        ("VIN 1HGCM82633A004352", PiiType::VehicleIdentificationNumber, "1HGCM82633A004352"),
        (
            "Tarjeta: ４１１１ １１１１ １１１１ １１１１",
            PiiType::CreditDebitNumber,
            "４１１１ １１１１ １１１１ １１１１",
        ),
        ("Card 4111–1111–1111–1111", PiiType::CreditDebitNumber, "4111–1111–1111–1111"),
        ("Tel.\u{a0}+34\u{a0}912\u{a0}345\u{a0}678", PiiType::Phone, "+34\u{a0}912\u{a0}345\u{a0}678"),
        ("Fecha: 5 de enero de 2024", PiiType::DateTime, "5 de enero de 2024"),
        ("Password:\x0b\x0b hunter2", PiiType::Password, "hunter2"),
        ("SSN\x0c512-68-4031", PiiType::Ssn, "512-68-4031"),
        ("Correo: maría@ejemplo.es", PiiType::Email, "maría@ejemplo.es"),
        ("ITIN: 912.65.1234", PiiType::UsIndividualTaxIdentificationNumber, "912.65.1234"),
        ("Card 4111 1111\r\n1111 1111", PiiType::CreditDebitNumber, "4111 1111\r\n1111 1111"),
        ("Card\t4111\t1111\t1111\t1111", PiiType::CreditDebitNumber, "4111\t1111\t1111\t1111"),
        ("SSN 512 68\r\n4031", PiiType::Ssn, "512 68\r\n4031"),
        ("Born: January\r\n5, 1980", PiiType::DateTime, "January\r\n5, 1980"),
        // The accents apart.
        ("Contrasen\u{303}a: s3creto!", PiiType::Password, "s3creto!"),
        ("tiene 45 an\u{303}os de edad", PiiType::Age, "45 an\u{303}os de edad"),
        ("Usuario: jose\u{301}", PiiType::Username, "jose\u{301}"),
        // What does not show is nothing,
        ("SSN: 512-68-40\u{200b}31", PiiType::Ssn, "512-68-40\u{200b}31"),
        ("Mail ja\u{200d}ne@exam\u{ad}ple.com", PiiType::Email, "ja\u{200d}ne@exam\u{ad}ple.com"),
        ("\u{feff}4111 11\u{2060}11 1111 1111", PiiType::CreditDebitNumber, "4111 11\u{2060}11 1111 1111"),
        // or parts what is around it.
        ("Tel\u{200b}415\u{ad}555\u{ad}0132", PiiType::Phone, "415\u{ad}555\u{ad}0132"),
        ("4111 1111\u{200b}1111 1111", PiiType::CreditDebitNumber, "4111 1111\u{200b}1111 1111"),
    ] {
        let at = text.find(value).expect(text);
        let begin = text[..at].chars().count();
        let spans = PatternDetector::new().find(text);
        let found: Vec<_> = spans.iter().map(|span| (&span.pii_type, span.range())).collect();
        assert!(found.contains(&(&pii_type, begin..begin + value.chars().count())), "{text} {found:?}");
    }
}

/// Texts that look like personal data and are not.
#[test]
fn prose_and_figures() {
    for text in [
        "The quick brown fox jumps over the lazy dog.",
        "Invoice 20391 of 14 items, total $1,234.56 (net 30).",
        "See section 3.2.1 and page 12, table 4-5.",
        "A ratio of 16:9, 3/4 of all, 100 % and 1,000,000 more.",
        "DOCUMENT NUMBERS AND OTHERS, C++ std::vec::Vec",
        "000-00-0000 666-12-3456 123-00-4567",
        "ISBN 978-3-16-148410-0",
        "Order 123456789012 shipped in 3 boxes",
        "la casa de la esquina tiene 3 pisos",
        "the car was 100 yards away, and the vehicle has 2000 parts",
        "a swift response to document the account",
    ] {
        assert_eq!(PatternDetector::new().find(text), [], "{text}");
    }
}
