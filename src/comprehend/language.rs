//! The languages that Comprehend analyses.

use aws_sdk_comprehend::types::LanguageCode;

use crate::redact::Language;

/// The language of all documents of a job.
///
/// Entities, key phrases and sentiment are supported in all twelve. Follows "LanguageCode" in the Amazon Comprehend
/// API reference, and "Languages supported in Amazon Comprehend" in the developer guide.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentLanguage {
    /// `en`.
    English,
    /// `es`.
    Spanish,
    /// `fr`.
    French,
    /// `de`.
    German,
    /// `it`.
    Italian,
    /// `pt`.
    Portuguese,
    /// `ar`.
    Arabic,
    /// `hi`.
    Hindi,
    /// `ja`.
    Japanese,
    /// `ko`.
    Korean,
    /// `zh`.
    SimplifiedChinese,
    /// `zh-TW`.
    TraditionalChinese,
}

impl DocumentLanguage {
    /// Comprehend's code of the language.
    pub fn code(self) -> &'static str {
        match self {
            Self::English => "en",
            Self::Spanish => "es",
            Self::French => "fr",
            Self::German => "de",
            Self::Italian => "it",
            Self::Portuguese => "pt",
            Self::Arabic => "ar",
            Self::Hindi => "hi",
            Self::Japanese => "ja",
            Self::Korean => "ko",
            Self::SimplifiedChinese => "zh",
            Self::TraditionalChinese => "zh-TW",
        }
    }

    pub(super) fn to_sdk(self) -> LanguageCode {
        LanguageCode::from(self.code())
    }
}

/// The language as the operations on personal data take it, in jobs and in single requests.
pub(crate) fn pii_language(language: Language) -> LanguageCode {
    match language {
        Language::English => LanguageCode::En,
        Language::Spanish => LanguageCode::Es,
    }
}
