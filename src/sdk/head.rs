//! What an answer says about a job and its document, besides the records.

use aws_sdk_textract::types as sdk;

use crate::part::{JobStatus, PartHead, Warning};

impl PartHead {
    /// The head from the members that the answers of all Get operations have in common.
    pub(crate) fn from_get(
        metadata: Option<sdk::DocumentMetadata>,
        status: Option<sdk::JobStatus>,
        status_message: Option<String>,
        warnings: Option<Vec<sdk::Warning>>,
        next_token: Option<String>,
        model_version: Option<String>,
    ) -> Self {
        let warnings = warnings.unwrap_or_default().into_iter().map(|warning| {
            let pages = warning.pages.unwrap_or_default();
            let pages: Vec<u32> = pages.into_iter().filter_map(|page| page.try_into().ok()).collect();
            Warning::new(warning.error_code.unwrap_or_default(), pages)
        });
        Self {
            pages: metadata.and_then(|metadata| metadata.pages).and_then(|pages| pages.try_into().ok()),
            status: status.map(|status| JobStatus::from(status.as_str())),
            status_message: status_message.map(Into::into),
            warnings: warnings.collect(),
            next_token: next_token.map(Into::into),
            model_version,
        }
    }

    /// The head from the answer of a synchronous operation.
    pub(crate) fn from_call(metadata: Option<sdk::DocumentMetadata>, model_version: Option<String>) -> Self {
        Self::from_get(metadata, None, None, None, None, model_version)
    }
}
