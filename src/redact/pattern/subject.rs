//! What the built-in recognisers look for, and its context words in English and Spanish.

use super::words::{Lexicon, Subjects};
use crate::redact::PiiType;

macro_rules! subjects {
    ($($subject:ident = $name:literal: [$($word:literal),* $(,)?],)+) => {
        /// One kind of data that a built-in recogniser finds.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        #[repr(u8)]
        pub(super) enum Subject { $($subject),+ }

        /// Each with the name of its type and its words. Several may have the same word.
        const TABLE: &[(Subject, &str, &[&str])] = &[$((Subject::$subject, $name, &[$($word),*])),+];
    };
}

subjects! {
    Card = "CREDIT_DEBIT_NUMBER": [
        "card", "credit", "debit", "visa", "mastercard", "maestro", "amex", "american express", "discover", "diners", "jcb",
        "unionpay", "rupay", "cc", "tarjeta", "credito", "debito",
    ],
    Iban = "INTERNATIONAL_BANK_ACCOUNT_NUMBER": ["iban", "bank", "account", "transfer", "banco", "cuenta", "transferencia"],
    Routing = "BANK_ROUTING": [
        "aba", "routing", "rtn", "transit", "wire", "ach", "bank routing", "sort code", "numero de ruta", "ruta bancaria",
    ],
    Account = "BANK_ACCOUNT_NUMBER": [
        "account", "acct", "a/c", "checking", "check", "savings", "save", "bank", "deposit", "debit", "cuenta", "cta", "banco",
        "deposito",
    ],
    Ssn = "SSN": ["ssn", "social security", "soc sec", "ss", "social", "ssid", "seguro social", "seguridad social"],
    Itin = "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER": [
        "itin", "individual taxpayer", "taxpayer", "tax id", "taxid", "tin", "tax", "contribuyente", "impuestos",
    ],
    Nhs = "UK_NATIONAL_HEALTH_SERVICE_NUMBER": ["nhs", "national health", "health service", "health authority"],
    Nino = "UK_NATIONAL_INSURANCE_NUMBER": ["national insurance", "nino", "ni no", "ni number", "ni", "insurance"],
    Utr = "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER": [
        "utr", "unique taxpayer", "taxpayer reference", "tax reference", "hmrc", "self assessment",
    ],
    Sin = "CA_SOCIAL_INSURANCE_NUMBER": ["sin", "social insurance", "nas", "assurance sociale", "seguro social"],
    CaHealth = "CA_HEALTH_NUMBER": [
        "health card", "health number", "health insurance", "ohip", "phn", "ramq", "msp", "carte soleil", "assurance maladie",
        "tarjeta sanitaria", "personal health",
    ],
    Aadhaar = "IN_AADHAAR": ["aadhaar", "aadhar", "adhaar", "uidai", "uid", "unique identification"],
    Pan = "IN_PERMANENT_ACCOUNT_NUMBER": ["pan", "permanent account", "income tax"],
    Voter = "IN_VOTER_NUMBER": ["voter", "epic", "elector", "electoral", "election"],
    Nrega = "IN_NREGA": ["nrega", "mgnrega", "mnrega", "job card"],
    Email = "EMAIL": ["email", "e-mail", "mail", "correo"],
    Url = "URL": ["url", "website", "web", "site", "link", "sitio", "enlace", "pagina"],
    Ip = "IP_ADDRESS": ["ip", "ipv4", "ipv6", "ip address", "host", "direccion ip"],
    Mac = "MAC_ADDRESS": ["mac", "hardware address", "physical address", "ethernet", "wifi"],
    Phone = "PHONE": [
        "phone", "telephone", "tel", "mobile", "cell", "cellphone", "call", "fax", "contact", "whatsapp", "sms", "ph", "mob",
        "dial", "text", "telefono", "movil", "celular", "llamar", "llame", "fono", "contacto",
    ],
    Swift = "SWIFT_CODE": ["swift", "bic", "swift code", "bank identifier"],
    Vin = "VEHICLE_IDENTIFICATION_NUMBER": ["vin", "vehicle", "chassis", "car", "bastidor", "vehiculo", "chasis"],
    AwsAccess = "AWS_ACCESS_KEY": ["aws", "access key", "key id"],
    AwsSecret = "AWS_SECRET_KEY": ["aws", "secret", "secret key", "secretaccesskey"],
    Date = "DATE_TIME": [
        "date", "dated", "dob", "born", "birth", "birthday", "birthdate", "expires", "expiry", "issued", "due", "since", "until",
        "time", "fecha", "nacimiento", "nacido", "nacida", "vencimiento", "caducidad", "hora", "desde", "hasta",
    ],
    Age = "AGE": ["age", "aged", "ages", "edad"],
    Pin = "PIN": ["pin", "pin code", "pin number", "pincode", "clave", "codigo pin"],
    Cvv = "CREDIT_DEBIT_CVV": [
        "cvv", "cvv2", "cvc", "cvc2", "csc", "cid", "security code", "card verification", "codigo de seguridad",
    ],
    Expiry = "CREDIT_DEBIT_EXPIRY": [
        "exp", "expiry", "expires", "expiration", "valid thru", "valid through", "valid until", "valid to", "good thru",
        "caducidad", "caduca", "vence", "vencimiento", "valida hasta", "valido hasta",
    ],
    Password = "PASSWORD": [
        "password", "passwd", "passphrase", "pwd", "passcode", "clave", "contrasena", "palabra de paso", "palabra clave",
    ],
    Username = "USERNAME": [
        "username", "user name", "user id", "userid", "login", "login id", "user", "usuario", "nombre de usuario",
    ],
    Passport = "PASSPORT_NUMBER": ["passport", "travel document", "pasaporte", "passeport"],
    Driver = "DRIVER_ID": [
        "driver", "drivers", "driving", "license", "licence", "lic", "dl", "permit", "dvla", "dmv", "cdl", "licencia",
        "permiso", "conducir", "conductor", "manejo",
    ],
    Plate = "LICENSE_PLATE": [
        "plate", "license plate", "licence plate", "number plate", "registration", "vehicle", "vrn", "reg", "car", "tag",
        "matricula", "placa", "patente",
    ],
    // Those for which Comprehend has no name have Presidio's.
    Dea = "MEDICAL_LICENSE": ["medical", "dea", "certificate", "prescriber"],
    Nif = "ES_NIF": ["dni", "nif", "documento nacional", "identificacion", "identidad"],
    Nie = "ES_NIE": ["nie", "extranjero", "extranjeria", "identificacion"],
    FiscalCode = "IT_FISCAL_CODE": ["codice fiscale", "fiscal", "cf"],
    Abn = "AU_ABN": ["abn", "australian business"],
    Acn = "AU_ACN": ["acn", "australian company"],
    Tfn = "AU_TFN": ["tfn", "tax file"],
    Medicare = "AU_MEDICARE": ["medicare"],
    Nric = "SG_NRIC_FIN": ["nric", "fin"],
    Pesel = "PL_PESEL": ["pesel"],
}

impl Subject {
    pub(super) fn all() -> impl Iterator<Item = Self> {
        TABLE.iter().map(|(subject, ..)| *subject)
    }

    /// Its bit in a set of subjects.
    #[inline]
    pub(super) fn bit(self) -> Subjects {
        1 << self as u8
    }

    /// The name of its type, which is in the table at the place of its number.
    pub(super) fn name(self) -> &'static str {
        TABLE.get(usize::from(self as u8)).map_or("", |(_, name, _)| name)
    }

    pub(super) fn pii_type(self) -> PiiType {
        PiiType::from(self.name())
    }

    /// The subject of a type, if it has one.
    pub(super) fn of(pii_type: &PiiType) -> Option<Self> {
        TABLE.iter().find(|(_, name, _)| *name == pii_type.as_str()).map(|(subject, ..)| *subject)
    }
}

/// All words of all subjects.
pub(super) fn lexicon() -> Lexicon {
    let mut lexicon = Lexicon::default();
    for (subject, _, words) in TABLE {
        for word in *words {
            lexicon.add(word, subject.bit());
        }
    }
    lexicon
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_subject_a_type() {
        assert!(TABLE.len() <= 64, "a set of subjects has 64 bits");
        for (index, subject) in Subject::all().enumerate() {
            assert_eq!(usize::from(subject as u8), index);
            assert_eq!(Subject::of(&subject.pii_type()), Some(subject));
        }
    }

    #[test]
    fn all_types_of_comprehend_but_two() {
        let without = PiiType::KNOWN.iter().filter(|pii_type| Subject::of(pii_type).is_none());
        assert_eq!(without.cloned().collect::<Vec<_>>(), [PiiType::Address, PiiType::Name]);
    }
}
