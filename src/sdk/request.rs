//! The parts of requests to Textract, in the SDK's types: shared by the Start operations and the synchronous ones.

use aws_sdk_textract::error::BuildError;
use aws_sdk_textract::types as sdk;

use crate::error::{Error, ErrorKind, Result, Stage};
use crate::job::{Analysis, Feature, Pages};
use crate::resource::S3Object;

/// An object as a request names it.
pub(crate) fn s3_object(object: &S3Object) -> sdk::S3Object {
    sdk::S3Object::builder()
        .bucket(object.bucket().as_str())
        .name(object.key())
        .set_version(object.version().map(str::to_owned))
        .build()
}

pub(crate) fn feature_type(feature: Feature) -> sdk::FeatureType {
    match feature {
        Feature::Tables => sdk::FeatureType::Tables,
        Feature::Forms => sdk::FeatureType::Forms,
        Feature::Signatures => sdk::FeatureType::Signatures,
        Feature::Layout => sdk::FeatureType::Layout,
    }
}

/// The features of an analysis, with QUERIES if it has any.
pub(crate) fn feature_types(analysis: &Analysis) -> Vec<sdk::FeatureType> {
    let features = analysis.features().iter().map(|feature| feature_type(*feature));
    features.chain((!analysis.queries().is_empty()).then_some(sdk::FeatureType::Queries)).collect()
}

/// The pages as a parameter; left out if they are the service's own default.
fn pages_parameter(pages: &Pages) -> Option<Vec<String>> {
    (*pages != Pages::default()).then(|| pages.items())
}

/// The queries of an analysis, if it has any.
pub(crate) fn queries_config(analysis: &Analysis, stage: Stage) -> Result<Option<sdk::QueriesConfig>> {
    let queries = analysis.queries().iter().map(|query| {
        let (text, alias, pages) = query.parts();
        sdk::Query::builder()
            .text(text)
            .set_alias(alias.map(str::to_owned))
            .set_pages(pages_parameter(pages))
            .build()
            .map_err(unbuildable(stage))
    });
    let queries = queries.collect::<Result<Vec<_>>>()?;
    if queries.is_empty() {
        return Ok(None);
    }
    let config = sdk::QueriesConfig::builder().set_queries(Some(queries)).build();
    config.map(Some).map_err(unbuildable(stage))
}

/// The adapters of an analysis, if it has any.
pub(crate) fn adapters_config(analysis: &Analysis, stage: Stage) -> Result<Option<sdk::AdaptersConfig>> {
    let adapters = analysis.adapters().iter().map(|adapter| {
        let (id, version, pages) = adapter.parts();
        sdk::Adapter::builder()
            .adapter_id(id)
            .version(version)
            .set_pages(pages_parameter(pages))
            .build()
            .map_err(unbuildable(stage))
    });
    let adapters = adapters.collect::<Result<Vec<_>>>()?;
    if adapters.is_empty() {
        return Ok(None);
    }
    let config = sdk::AdaptersConfig::builder().set_adapters(Some(adapters)).build();
    config.map(Some).map_err(unbuildable(stage))
}

/// The SDK's builders fail if a required member is missing, which does not happen here.
pub(crate) fn unbuildable(stage: Stage) -> impl Fn(BuildError) -> Error {
    move |_| Error::new(ErrorKind::InvalidInput, stage, "a required member of the request is missing")
}
