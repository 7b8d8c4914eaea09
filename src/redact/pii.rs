//! Kinds of personal data.

use crate::names::names;

names! {
    /// A kind of personal data: one of the 36 types of Amazon Comprehend, which every detector uses, or another name for
    /// anything that they do not cover.
    ///
    /// Follows "PiiEntityType" in the Amazon Comprehend API reference.
    pub enum PiiType {
        /// A street address, or a part of one.
        Address = "ADDRESS",
        /// The age of a person.
        Age = "AGE",
        /// The id of an AWS access key.
        AwsAccessKey = "AWS_ACCESS_KEY",
        /// The secret of an AWS access key.
        AwsSecretKey = "AWS_SECRET_KEY",
        /// The number of an account with a bank.
        BankAccountNumber = "BANK_ACCOUNT_NUMBER",
        /// The number of a bank in the USA: an ABA routing transit number.
        BankRouting = "BANK_ROUTING",
        /// A Canadian health service number.
        CaHealthNumber = "CA_HEALTH_NUMBER",
        /// A Canadian Social Insurance Number.
        CaSocialInsuranceNumber = "CA_SOCIAL_INSURANCE_NUMBER",
        /// The verification code of a payment card.
        CreditDebitCvv = "CREDIT_DEBIT_CVV",
        /// When a payment card expires.
        CreditDebitExpiry = "CREDIT_DEBIT_EXPIRY",
        /// The number of a payment card.
        CreditDebitNumber = "CREDIT_DEBIT_NUMBER",
        /// A date, a time, or both.
        DateTime = "DATE_TIME",
        /// The number of a driving licence.
        DriverId = "DRIVER_ID",
        /// An email address.
        Email = "EMAIL",
        /// An International Bank Account Number.
        InternationalBankAccountNumber = "INTERNATIONAL_BANK_ACCOUNT_NUMBER",
        /// An IPv4 or IPv6 address.
        IpAddress = "IP_ADDRESS",
        /// An Indian Aadhaar number.
        InAadhaar = "IN_AADHAAR",
        /// An Indian job card number of the NREGA.
        InNrega = "IN_NREGA",
        /// An Indian Permanent Account Number.
        InPermanentAccountNumber = "IN_PERMANENT_ACCOUNT_NUMBER",
        /// The number of an Indian voter identity card.
        InVoterNumber = "IN_VOTER_NUMBER",
        /// The plate of a vehicle.
        LicensePlate = "LICENSE_PLATE",
        /// A MAC address.
        MacAddress = "MAC_ADDRESS",
        /// The name of a person.
        Name = "NAME",
        /// The number of a passport.
        PassportNumber = "PASSPORT_NUMBER",
        /// A password.
        Password = "PASSWORD",
        /// A telephone or fax number.
        Phone = "PHONE",
        /// A personal identification number, as of a bank card.
        Pin = "PIN",
        /// A Social Security Number of the USA.
        Ssn = "SSN",
        /// The business identifier code of a bank.
        SwiftCode = "SWIFT_CODE",
        /// A National Health Service number of the United Kingdom.
        UkNationalHealthServiceNumber = "UK_NATIONAL_HEALTH_SERVICE_NUMBER",
        /// A National Insurance number of the United Kingdom.
        UkNationalInsuranceNumber = "UK_NATIONAL_INSURANCE_NUMBER",
        /// A Unique Taxpayer Reference of the United Kingdom.
        UkUniqueTaxpayerReferenceNumber = "UK_UNIQUE_TAXPAYER_REFERENCE_NUMBER",
        /// A web address.
        Url = "URL",
        /// An Individual Taxpayer Identification Number of the USA.
        UsIndividualTaxIdentificationNumber = "US_INDIVIDUAL_TAX_IDENTIFICATION_NUMBER",
        /// The name of an account with a service.
        Username = "USERNAME",
        /// A Vehicle Identification Number.
        VehicleIdentificationNumber = "VEHICLE_IDENTIFICATION_NUMBER",
    }
}
