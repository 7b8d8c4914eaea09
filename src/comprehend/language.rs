//! The languages that Comprehend analyses.

/// The language of all documents of a job.
///
/// Entities, key phrases and sentiment are known in all twelve. Follows "LanguageCode" in the Amazon Comprehend API reference,
/// and "Languages supported in Amazon Comprehend" in the developer guide.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum DocumentLanguage {
    /// `en`.
    #[default]
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
    /// The code that Comprehend has for it.
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
}
