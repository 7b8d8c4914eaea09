//! What a request and its answer say about jobs, keys, buckets and objects.
//!
//! An operation that is not listed here still gives its event, with its name, request id, outcome and times.

use aws_smithy_runtime_api::client::interceptors::context::{Input, Output};

/// What a request or its answer names.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Facts {
    pub(super) job_id: Option<String>,
    pub(super) kms_key: Option<String>,
    pub(super) volume_key: Option<String>,
    pub(super) model_key: Option<String>,
    pub(super) bucket: Option<String>,
    pub(super) object: Option<String>,
    pub(super) output_bucket: Option<String>,
}

/// Returns from the function with the facts of the first of these types that the value has.
macro_rules! of_types {
    ($any:expr, $sdk:ident: { $($module:ident::$type:ident),+ $(,)? } => |$value:ident| $facts:expr) => {
        $(if let Some($value) = $any.downcast_ref::<$sdk::operation::$module::$type>() {
            return $facts;
        })+
    };
}

/// What a request names.
pub(super) fn asked(input: &Input) -> Facts {
    of_types!(input, aws_sdk_textract: {
        start_document_analysis::StartDocumentAnalysisInput,
        start_document_text_detection::StartDocumentTextDetectionInput,
        start_expense_analysis::StartExpenseAnalysisInput,
        start_lending_analysis::StartLendingAnalysisInput,
    } => |start| {
        let document = start.document_location().and_then(|location| location.s3_object());
        Facts {
            kms_key: start.kms_key_id().map(str::to_owned),
            output_bucket: start.output_config().map(|output| output.s3_bucket().to_owned()),
            ..of_document(document)
        }
    });
    of_types!(input, aws_sdk_textract: {
        get_document_analysis::GetDocumentAnalysisInput,
        get_document_text_detection::GetDocumentTextDetectionInput,
        get_expense_analysis::GetExpenseAnalysisInput,
        get_lending_analysis::GetLendingAnalysisInput,
        get_lending_analysis_summary::GetLendingAnalysisSummaryInput,
    } => |get| of_job(get.job_id()));
    of_types!(input, aws_sdk_textract: {
        analyze_document::AnalyzeDocumentInput,
        analyze_expense::AnalyzeExpenseInput,
        detect_document_text::DetectDocumentTextInput,
    } => |call| of_document(call.document().and_then(|document| document.s3_object())));
    of_types!(input, aws_sdk_textract: {
        analyze_id::AnalyzeIdInput,
    } => |call| of_document(call.document_pages().iter().find_map(|page| page.s3_object())));
    of_types!(input, aws_sdk_s3: {
        put_object::PutObjectInput,
    } => |put| Facts {
        kms_key: put.ssekms_key_id().map(str::to_owned),
        ..of_object(put.bucket(), put.key())
    });
    of_types!(input, aws_sdk_s3: {
        get_object::GetObjectInput,
        head_object::HeadObjectInput,
        delete_object::DeleteObjectInput,
    } => |call| of_object(call.bucket(), call.key()));
    of_types!(input, aws_sdk_s3: {
        list_objects_v2::ListObjectsV2Input,
    } => |list| of_object(list.bucket(), list.prefix()));
    of_types!(input, aws_sdk_s3: {
        get_bucket_location::GetBucketLocationInput,
        head_bucket::HeadBucketInput,
        get_bucket_encryption::GetBucketEncryptionInput,
        get_bucket_logging::GetBucketLoggingInput,
        get_bucket_policy::GetBucketPolicyInput,
        get_bucket_versioning::GetBucketVersioningInput,
        get_public_access_block::GetPublicAccessBlockInput,
    } => |call| of_object(call.bucket(), None));
    of_other_services(input)
}

#[allow(unused_variables, reason = "the services are those of the features")]
fn of_other_services(input: &Input) -> Facts {
    #[cfg(feature = "kms")]
    of_types!(input, aws_sdk_kms: {
        describe_key::DescribeKeyInput,
        get_key_policy::GetKeyPolicyInput,
        get_key_rotation_status::GetKeyRotationStatusInput,
    } => |call| Facts { kms_key: call.key_id().map(str::to_owned), ..Facts::default() });
    #[cfg(feature = "comprehend")]
    if let Some(facts) = of_comprehend(input) {
        return facts;
    }
    Facts::default()
}

#[cfg(feature = "comprehend")]
fn of_comprehend(input: &Input) -> Option<Facts> {
    use aws_sdk_comprehend::types::{InputDataConfig, OutputDataConfig};
    let of_analysis = |input: Option<&InputDataConfig>, output: Option<&OutputDataConfig>| Facts {
        kms_key: output.and_then(|output| output.kms_key_id()).map(str::to_owned),
        output_bucket: output.and_then(|output| bucket(output.s3_uri())),
        ..of_uri(input.map(|input| input.s3_uri()))
    };
    of_types!(input, aws_sdk_comprehend: {
        start_document_classification_job::StartDocumentClassificationJobInput,
        start_dominant_language_detection_job::StartDominantLanguageDetectionJobInput,
        start_entities_detection_job::StartEntitiesDetectionJobInput,
        start_key_phrases_detection_job::StartKeyPhrasesDetectionJobInput,
        start_sentiment_detection_job::StartSentimentDetectionJobInput,
        start_targeted_sentiment_detection_job::StartTargetedSentimentDetectionJobInput,
        start_topics_detection_job::StartTopicsDetectionJobInput,
    } => |start| Some(Facts {
        volume_key: start.volume_kms_key_id().map(str::to_owned),
        ..of_analysis(start.input_data_config(), start.output_data_config())
    }));
    of_types!(input, aws_sdk_comprehend: {
        start_pii_entities_detection_job::StartPiiEntitiesDetectionJobInput,
    } => |start| Some(of_analysis(start.input_data_config(), start.output_data_config())));
    of_types!(input, aws_sdk_comprehend: {
        create_document_classifier::CreateDocumentClassifierInput,
    } => |create| {
        let output = create.output_data_config();
        Some(Facts {
            kms_key: output.and_then(|output| output.kms_key_id()).map(str::to_owned),
            volume_key: create.volume_kms_key_id().map(str::to_owned),
            model_key: create.model_kms_key_id().map(str::to_owned),
            output_bucket: output.and_then(|output| bucket(output.s3_uri()?)),
            ..of_uri(create.input_data_config().and_then(|input| input.s3_uri()))
        })
    });
    of_types!(input, aws_sdk_comprehend: {
        create_entity_recognizer::CreateEntityRecognizerInput,
    } => |create| {
        let documents = create.input_data_config().and_then(|input| input.documents());
        Some(Facts {
            volume_key: create.volume_kms_key_id().map(str::to_owned),
            model_key: create.model_kms_key_id().map(str::to_owned),
            ..of_uri(documents.map(|documents| documents.s3_uri()))
        })
    });
    of_types!(input, aws_sdk_comprehend: {
        describe_document_classification_job::DescribeDocumentClassificationJobInput,
        describe_dominant_language_detection_job::DescribeDominantLanguageDetectionJobInput,
        describe_entities_detection_job::DescribeEntitiesDetectionJobInput,
        describe_key_phrases_detection_job::DescribeKeyPhrasesDetectionJobInput,
        describe_pii_entities_detection_job::DescribePiiEntitiesDetectionJobInput,
        describe_sentiment_detection_job::DescribeSentimentDetectionJobInput,
        describe_targeted_sentiment_detection_job::DescribeTargetedSentimentDetectionJobInput,
        describe_topics_detection_job::DescribeTopicsDetectionJobInput,
        stop_dominant_language_detection_job::StopDominantLanguageDetectionJobInput,
        stop_entities_detection_job::StopEntitiesDetectionJobInput,
        stop_key_phrases_detection_job::StopKeyPhrasesDetectionJobInput,
        stop_pii_entities_detection_job::StopPiiEntitiesDetectionJobInput,
        stop_sentiment_detection_job::StopSentimentDetectionJobInput,
        stop_targeted_sentiment_detection_job::StopTargetedSentimentDetectionJobInput,
    } => |call| Some(of_job(call.job_id())));
    of_types!(input, aws_sdk_comprehend: {
        describe_document_classifier::DescribeDocumentClassifierInput,
        stop_training_document_classifier::StopTrainingDocumentClassifierInput,
    } => |call| Some(of_job(call.document_classifier_arn())));
    of_types!(input, aws_sdk_comprehend: {
        describe_entity_recognizer::DescribeEntityRecognizerInput,
        stop_training_entity_recognizer::StopTrainingEntityRecognizerInput,
    } => |call| Some(of_job(call.entity_recognizer_arn())));
    None
}

/// What an answer adds to its request: the job that was started, and the key that S3 reports for an object.
pub(super) fn answered(output: &Output) -> Facts {
    of_types!(output, aws_sdk_textract: {
        start_document_analysis::StartDocumentAnalysisOutput,
        start_document_text_detection::StartDocumentTextDetectionOutput,
        start_expense_analysis::StartExpenseAnalysisOutput,
        start_lending_analysis::StartLendingAnalysisOutput,
    } => |start| of_job(start.job_id()));
    of_types!(output, aws_sdk_s3: {
        get_object::GetObjectOutput,
        head_object::HeadObjectOutput,
    } => |read| Facts { kms_key: read.ssekms_key_id().map(str::to_owned), ..Facts::default() });
    #[cfg(feature = "comprehend")]
    of_types!(output, aws_sdk_comprehend: {
        start_document_classification_job::StartDocumentClassificationJobOutput,
        start_dominant_language_detection_job::StartDominantLanguageDetectionJobOutput,
        start_entities_detection_job::StartEntitiesDetectionJobOutput,
        start_key_phrases_detection_job::StartKeyPhrasesDetectionJobOutput,
        start_pii_entities_detection_job::StartPiiEntitiesDetectionJobOutput,
        start_sentiment_detection_job::StartSentimentDetectionJobOutput,
        start_targeted_sentiment_detection_job::StartTargetedSentimentDetectionJobOutput,
        start_topics_detection_job::StartTopicsDetectionJobOutput,
    } => |start| of_job(start.job_id()));
    #[cfg(feature = "comprehend")]
    of_types!(output, aws_sdk_comprehend: {
        create_document_classifier::CreateDocumentClassifierOutput,
    } => |create| of_job(create.document_classifier_arn()));
    #[cfg(feature = "comprehend")]
    of_types!(output, aws_sdk_comprehend: {
        create_entity_recognizer::CreateEntityRecognizerOutput,
    } => |create| of_job(create.entity_recognizer_arn()));
    Facts::default()
}

fn of_job(id: Option<&str>) -> Facts {
    Facts { job_id: id.map(str::to_owned), ..Facts::default() }
}

fn of_document(object: Option<&aws_sdk_textract::types::S3Object>) -> Facts {
    of_object(object.and_then(|object| object.bucket()), object.and_then(|object| object.name()))
}

fn of_object(bucket: Option<&str>, object: Option<&str>) -> Facts {
    Facts { bucket: bucket.map(str::to_owned), object: object.map(str::to_owned), ..Facts::default() }
}

/// The bucket and object of an `s3://` URI.
#[cfg(feature = "comprehend")]
fn of_uri(uri: Option<&str>) -> Facts {
    let parts = uri.and_then(parts);
    of_object(parts.map(|(bucket, _)| bucket), parts.map(|(_, object)| object))
}

#[cfg(feature = "comprehend")]
fn bucket(uri: &str) -> Option<String> {
    parts(uri).map(|(bucket, _)| bucket.to_owned())
}

/// The bucket and the rest of an `s3://` URI.
#[cfg(feature = "comprehend")]
fn parts(uri: &str) -> Option<(&str, &str)> {
    let rest = uri.strip_prefix("s3://")?;
    Some(rest.split_once('/').unwrap_or((rest, "")))
}
