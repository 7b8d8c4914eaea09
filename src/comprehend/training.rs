//! The trainings of custom models.

use aws_sdk_comprehend::Client;
use aws_sdk_comprehend::types as sdk;

use super::input::{InputFormat, folder_uri, object_uri};
use super::language::DocumentLanguage;
use super::operation::{
    Calls, Described, NeedsModelKey, NeedsNetwork, NeedsOutput, NeedsVolumeKey, NotTaken, Operation, Source,
    StartRequest, Stoppable, not_described,
};
use crate::clients::send;
use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::Digest;
use crate::resource::{ClassifierArn, ModelName, RecognizerArn, S3Location, S3Object};

/// The training of a document classifier: `CreateDocumentClassifier`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainClassifier {
    pub(super) name: ModelName,
    pub(super) version: Option<ModelName>,
    pub(super) language: DocumentLanguage,
}

/// The training of an entity recognizer: `CreateEntityRecognizer`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TrainRecognizer {
    pub(super) name: ModelName,
    pub(super) version: Option<ModelName>,
    pub(super) language: DocumentLanguage,
}

/// How many classes a document can have.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
#[non_exhaustive]
pub enum ClassifierMode {
    /// One: `MULTI_CLASS`.
    #[default]
    MultiClass,
    /// Any number of them: `MULTI_LABEL`, with `|` between the labels of the training data.
    MultiLabel,
}

/// What a classifier is trained with: CSV files of two columns, labels and text (`COMPREHEND_CSV`).
///
/// Follows "DocumentClassifierInputDataConfig" in the Amazon Comprehend API reference and "Preparing classifier training data"
/// in the developer guide. Augmented manifests and documents that are not plain text are not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct ClassifierTraining {
    documents: S3Location,
    test: Option<S3Location>,
    mode: ClassifierMode,
}

impl ClassifierTraining {
    /// Every file of a folder.
    pub fn csv(documents: S3Location, mode: ClassifierMode) -> Self {
        Self { documents, test: None, mode }
    }

    /// Tests the model with every file of this folder; by default Comprehend keeps a tenth of the training data for that.
    pub fn tested_with(mut self, documents: S3Location) -> Self {
        self.test = Some(documents);
        self
    }
}

/// What a recognizer is trained with: plain text, and the places or a list of the entities in it.
///
/// Follows "EntityRecognizerInputDataConfig" in the Amazon Comprehend API reference. Augmented manifests and annotations of PDF
/// documents are not covered.
#[derive(Clone, Debug, PartialEq, Eq)]
#[must_use]
pub struct RecognizerTraining {
    types: Vec<String>,
    documents: S3Location,
    format: InputFormat,
    known: Known,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum Known {
    Annotations(S3Object),
    EntityList(S3Object),
}

/// The most types of entities of a recognizer.
const MOST_TYPES: usize = 25;

impl RecognizerTraining {
    /// Documents in every file of a folder, and a CSV file of annotations: file, line, offsets and type of each entity.
    pub fn annotated(
        types: impl IntoIterator<Item = impl Into<String>>,
        documents: S3Location,
        format: InputFormat,
        annotations: S3Object,
    ) -> Self {
        Self::new(types, documents, format, Known::Annotations(annotations))
    }

    /// Documents in every file of a folder, and a CSV file of entities: text and type of each.
    pub fn with_entity_list(
        types: impl IntoIterator<Item = impl Into<String>>,
        documents: S3Location,
        format: InputFormat,
        entities: S3Object,
    ) -> Self {
        Self::new(types, documents, format, Known::EntityList(entities))
    }

    fn new(
        types: impl IntoIterator<Item = impl Into<String>>,
        documents: S3Location,
        format: InputFormat,
        known: Known,
    ) -> Self {
        Self { types: types.into_iter().map(Into::into).collect(), documents, format, known }
    }

    fn to_sdk(&self) -> Result<sdk::EntityRecognizerInputDataConfig> {
        let unbuildable =
            |_| Error::new(ErrorKind::InvalidInput, Stage::Start, "the training data is incomplete");
        let documents = sdk::EntityRecognizerDocuments::builder().s3_uri(folder_uri(&self.documents));
        let types = self.types.iter().map(|name| sdk::EntityTypesListItem::builder().r#type(name).build());
        let config = sdk::EntityRecognizerInputDataConfig::builder()
            .data_format(sdk::EntityRecognizerDataFormat::ComprehendCsv)
            .set_entity_types(Some(types.collect::<Result<_, _>>().map_err(unbuildable)?))
            .documents(documents.input_format(self.format.to_sdk()).build().map_err(unbuildable)?);
        let config = match &self.known {
            Known::Annotations(object) => {
                let annotations = sdk::EntityRecognizerAnnotations::builder().s3_uri(object_uri(object)?);
                config.annotations(annotations.build().map_err(unbuildable)?)
            }
            Known::EntityList(object) => {
                let entities = sdk::EntityRecognizerEntityList::builder().s3_uri(object_uri(object)?);
                config.entity_list(entities.build().map_err(unbuildable)?)
            }
        };
        config.build().map_err(unbuildable)
    }
}

impl Source for ClassifierTraining {
    fn check(&self) -> Result<()> {
        Ok(())
    }

    fn identify(&self, digest: &mut Digest) {
        let test = self.test.as_ref().map(folder_uri);
        digest.field("training", Some(&folder_uri(&self.documents))).field("test", test.as_deref());
        digest.field("mode", Some(mode(self.mode).as_str()));
    }
}

impl Source for RecognizerTraining {
    fn check(&self) -> Result<()> {
        let count = self.types.len();
        if !(1..=MOST_TYPES).contains(&count) {
            return Err(Error::invalid(format!(
                "the recognizer has {count} types of entities: give 1 to {MOST_TYPES}"
            )));
        }
        let broken = |name: &String| {
            name.is_empty()
                || name.chars().count() > 64
                || name.chars().any(|c| matches!(c, '\n' | '\r' | '\t' | ',' | '\\'))
        };
        if self.types.iter().any(broken) {
            return Err(Error::invalid(
                "a type of entities is not 1 to 64 characters without tabs, line breaks, backslashes and commas",
            ));
        }
        let (Known::Annotations(known) | Known::EntityList(known)) = &self.known;
        object_uri(known).map(drop)
    }

    fn identify(&self, digest: &mut Digest) {
        let (what, known) = match &self.known {
            Known::Annotations(object) => ("annotations", object),
            Known::EntityList(object) => ("entity list", object),
        };
        digest.list(self.types.iter().cloned());
        digest.field("training", Some(&folder_uri(&self.documents)));
        digest.field("format", Some(self.format.to_sdk().as_str()));
        digest.field(what, Some(&known.to_string()));
    }
}

impl Operation for TrainClassifier {
    const API: &'static str = "CreateDocumentClassifier";
    type Input = ClassifierTraining;
    type Id = ClassifierArn;
    type Output = NeedsOutput;
    type VolumeKey = NeedsVolumeKey;
    type ModelKey = NeedsModelKey;
    type Network = NeedsNetwork;
}

impl Operation for TrainRecognizer {
    const API: &'static str = "CreateEntityRecognizer";
    type Input = RecognizerTraining;
    type Id = RecognizerArn;
    type Output = NotTaken;
    type VolumeKey = NeedsVolumeKey;
    type ModelKey = NeedsModelKey;
    type Network = NeedsNetwork;
}

impl Calls for TrainClassifier {
    const KIND: &'static str = "train-classifier";

    fn identify(&self, digest: &mut Digest) {
        identify(&self.name, self.version.as_ref(), self.language, digest);
    }

    async fn start(
        &self,
        client: &Client,
        request: StartRequest<'_, ClassifierTraining>,
    ) -> Result<Option<String>> {
        let (uri, key) = request.output_parts()?;
        let training = request.input;
        let data = sdk::DocumentClassifierInputDataConfig::builder()
            .data_format(sdk::DocumentClassifierDataFormat::ComprehendCsv)
            .s3_uri(folder_uri(&training.documents))
            .set_test_s3_uri(training.test.as_ref().map(folder_uri));
        let call = client
            .create_document_classifier()
            .document_classifier_name(self.name.as_str())
            .set_version_name(self.version.as_ref().map(ToString::to_string))
            .data_access_role_arn(request.role.as_str())
            .input_data_config(data.build())
            .output_data_config(
                sdk::DocumentClassifierOutputDataConfig::builder().s3_uri(uri).kms_key_id(key).build(),
            )
            .language_code(self.language.to_sdk())
            .mode(mode(training.mode))
            .set_volume_kms_key_id(request.volume_key()?)
            .set_model_kms_key_id(request.model_key()?)
            .set_vpc_config(request.vpc()?)
            .client_request_token(request.token);
        Ok(send(Stage::Start, Self::API, call.send()).await?.document_classifier_arn)
    }

    async fn describe(client: &Client, id: &ClassifierArn) -> Result<Described> {
        let call = client.describe_document_classifier().document_classifier_arn(id.as_str());
        let answer = send(Stage::Wait, "DescribeDocumentClassifier", call.send()).await?;
        let model = answer.document_classifier_properties.ok_or_else(not_described)?;
        let output = model.output_data_config;
        Ok(Described {
            status: model.status.map(|status| status.as_str().to_owned()),
            message: model.message,
            output_uri: output.as_ref().and_then(|output| output.s3_uri.clone()),
            output_key: output.and_then(|output| output.kms_key_id),
            volume_key: model.volume_kms_key_id,
            model_key: model.model_kms_key_id,
            vpc: model.vpc_config,
        })
    }
}

impl Calls for TrainRecognizer {
    const KIND: &'static str = "train-recognizer";

    fn identify(&self, digest: &mut Digest) {
        identify(&self.name, self.version.as_ref(), self.language, digest);
    }

    async fn start(
        &self,
        client: &Client,
        request: StartRequest<'_, RecognizerTraining>,
    ) -> Result<Option<String>> {
        let call = client
            .create_entity_recognizer()
            .recognizer_name(self.name.as_str())
            .set_version_name(self.version.as_ref().map(ToString::to_string))
            .data_access_role_arn(request.role.as_str())
            .input_data_config(request.input.to_sdk()?)
            .language_code(self.language.to_sdk())
            .set_volume_kms_key_id(request.volume_key()?)
            .set_model_kms_key_id(request.model_key()?)
            .set_vpc_config(request.vpc()?)
            .client_request_token(request.token);
        Ok(send(Stage::Start, Self::API, call.send()).await?.entity_recognizer_arn)
    }

    async fn describe(client: &Client, id: &RecognizerArn) -> Result<Described> {
        let call = client.describe_entity_recognizer().entity_recognizer_arn(id.as_str());
        let answer = send(Stage::Wait, "DescribeEntityRecognizer", call.send()).await?;
        let model = answer.entity_recognizer_properties.ok_or_else(not_described)?;
        Ok(Described {
            status: model.status.map(|status| status.as_str().to_owned()),
            message: model.message,
            volume_key: model.volume_kms_key_id,
            model_key: model.model_kms_key_id,
            vpc: model.vpc_config,
            ..Described::default()
        })
    }
}

impl Stoppable for TrainClassifier {
    async fn stop(client: &Client, id: &ClassifierArn) -> Result<()> {
        let call = client.stop_training_document_classifier().document_classifier_arn(id.as_str());
        send(Stage::Wait, "StopTrainingDocumentClassifier", call.send()).await.map(drop)
    }
}

impl Stoppable for TrainRecognizer {
    async fn stop(client: &Client, id: &RecognizerArn) -> Result<()> {
        let call = client.stop_training_entity_recognizer().entity_recognizer_arn(id.as_str());
        send(Stage::Wait, "StopTrainingEntityRecognizer", call.send()).await.map(drop)
    }
}

fn identify(name: &ModelName, version: Option<&ModelName>, language: DocumentLanguage, digest: &mut Digest) {
    digest
        .field("name", Some(name.as_str()))
        .field("version", version.map(ModelName::as_str))
        .field("language", Some(language.code()));
}

fn mode(mode: ClassifierMode) -> sdk::DocumentClassifierMode {
    match mode {
        ClassifierMode::MultiClass => sdk::DocumentClassifierMode::MultiClass,
        ClassifierMode::MultiLabel => sdk::DocumentClassifierMode::MultiLabel,
    }
}
