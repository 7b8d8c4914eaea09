//! Human review of an analysis.

use aws_sdk_textract::types as sdk;

use crate::Text;
use crate::clients::Clients;
use crate::error::{Result, Stage};
use crate::resource::{FlowDefinitionArn, HumanLoopName};
use crate::sdk::request;

/// The human review of [`AnalyzeDocument`](super::AnalyzeDocument): if the conditions of the flow are met, people see
/// the document and correct what was read.
///
/// **The document is passed on with it**: Amazon Augmented AI (A2I) shows it to the workforce of the flow, and writes
/// the outcome to the bucket, and under the key, that the flow definition names.
///
/// A2I has been in maintenance mode since July 2026 and accepts no new customers. For an account that did not use it before, the
/// call fails with `InvalidParameterException`.
///
/// Follows "HumanLoopConfig" in the Amazon Textract API reference.
///
/// ```
/// use inkseal::synchronous::{ContentClassifier, HumanLoop};
///
/// let flow = "arn:aws:sagemaker:us-east-1:111122223333:flow-definition/claims".parse()?;
/// let review = HumanLoop::new("claim-17".parse()?, flow)
///     .content_classifier(ContentClassifier::FreeOfAdultContent);
/// # Ok::<(), inkseal::resource::InvalidName>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct HumanLoop {
    name: HumanLoopName,
    flow_definition: FlowDefinitionArn,
    content_classifiers: Vec<ContentClassifier>,
}

/// What the caller declares a document to be free of, so that a public workforce may see it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[non_exhaustive]
pub enum ContentClassifier {
    /// It holds no personally identifiable information.
    FreeOfPersonallyIdentifiableInformation,
    /// It holds no adult content.
    FreeOfAdultContent,
}

impl HumanLoop {
    /// A loop with this name and flow definition, which must be in the Region of the call.
    pub fn new(name: HumanLoopName, flow_definition: FlowDefinitionArn) -> Self {
        Self { name, flow_definition, content_classifiers: Vec::new() }
    }

    /// Declares the document to be free of something. Without a declaration only private workforces see it.
    pub fn content_classifier(mut self, classifier: ContentClassifier) -> Self {
        if !self.content_classifiers.contains(&classifier) {
            self.content_classifiers.push(classifier);
        }
        self
    }

    pub(super) fn check_region(&self, clients: &Clients) -> Result<()> {
        if let Some(region) = clients.region() {
            self.flow_definition.check_region(region)?;
        }
        Ok(())
    }

    pub(super) fn into_config(self) -> Result<sdk::HumanLoopConfig> {
        let classifiers = self.content_classifiers.into_iter().map(|classifier| match classifier {
            ContentClassifier::FreeOfPersonallyIdentifiableInformation => {
                sdk::ContentClassifier::FreeOfPersonallyIdentifiableInformation
            }
            ContentClassifier::FreeOfAdultContent => sdk::ContentClassifier::FreeOfAdultContent,
        });
        let classifiers: Vec<_> = classifiers.collect();
        let attributes = (!classifiers.is_empty()).then(|| {
            sdk::HumanLoopDataAttributes::builder().set_content_classifiers(Some(classifiers)).build()
        });
        sdk::HumanLoopConfig::builder()
            .human_loop_name(self.name.as_str())
            .flow_definition_arn(self.flow_definition.as_str())
            .set_data_attributes(attributes)
            .build()
            .map_err(request::unbuildable(Stage::Call))
    }
}

/// The outcome of a [`HumanLoop`].
///
/// Follows "HumanLoopActivationOutput" in the Amazon Textract API reference.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub struct HumanLoopActivation {
    /// The ARN of the loop; none if no condition was met, so that nobody reviews the document.
    pub arn: Option<String>,
    /// Whether and why a review is needed.
    pub reasons: Vec<String>,
    /// How each condition of the flow was judged, as JSON. It can repeat what the document says.
    pub conditions: Option<Text>,
}

impl From<sdk::HumanLoopActivationOutput> for HumanLoopActivation {
    fn from(from: sdk::HumanLoopActivationOutput) -> Self {
        Self {
            arn: from.human_loop_arn,
            reasons: from.human_loop_activation_reasons.unwrap_or_default(),
            conditions: from.human_loop_activation_conditions_evaluation_results.map(Into::into),
        }
    }
}
