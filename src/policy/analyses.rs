//! Who starts Comprehend's jobs and trainings. Here IAM can force the seal, and does.

use super::identity::{listing, objects, pass_role};
use super::language::{PolicyDocument, Statement, Test};
use super::names::Names;
use super::value::Value;

const OUTPUT_KEY: &str = "comprehend:OutputKmsKey";
const VOLUME_KEY: &str = "comprehend:VolumeKmsKey";
const MODEL_KEY: &str = "comprehend:ModelKmsKey";

/// All jobs: an action names the type of its job, so this grants no more than a list of the types would.
const JOBS: &str = "*-job/*";
const CLASSIFIERS: &str = "document-classifier/*";
const RECOGNIZERS: &str = "entity-recognizer/*";

/// The actions that follow and stop jobs and trainings.
const FOLLOWS: [&str; 18] = [
    "comprehend:DescribeDocumentClassificationJob",
    "comprehend:DescribeDocumentClassifier",
    "comprehend:DescribeDominantLanguageDetectionJob",
    "comprehend:DescribeEntitiesDetectionJob",
    "comprehend:DescribeEntityRecognizer",
    "comprehend:DescribeKeyPhrasesDetectionJob",
    "comprehend:DescribePiiEntitiesDetectionJob",
    "comprehend:DescribeSentimentDetectionJob",
    "comprehend:DescribeTargetedSentimentDetectionJob",
    "comprehend:DescribeTopicsDetectionJob",
    "comprehend:StopDominantLanguageDetectionJob",
    "comprehend:StopEntitiesDetectionJob",
    "comprehend:StopKeyPhrasesDetectionJob",
    "comprehend:StopPiiEntitiesDetectionJob",
    "comprehend:StopSentimentDetectionJob",
    "comprehend:StopTargetedSentimentDetectionJob",
    "comprehend:StopTrainingDocumentClassifier",
    "comprehend:StopTrainingEntityRecognizer",
];

/// Of whoever starts jobs and trainings, and reads their results.
pub(super) fn starter(names: &Names) -> PolicyDocument {
    let all = names.anything_of("comprehend", names.region.clone(), "*");
    // One statement: with the longest names, a managed policy has no room for two.
    let follow = Statement::allow("FollowAndLookAtKey")
        .actions(FOLLOWS.into_iter().chain(["kms:DescribeKey"]))
        .resources([all, names.key.clone()]);
    PolicyDocument::new(sealed_starts(names)).and(PolicyDocument::new([
        follow,
        pass_role("LetComprehendWork", &names.comprehend_role, "comprehend.amazonaws.com"),
        objects(names, "ReadResults", &["s3:GetObject"], &names.sink),
        listing(names, "ListResults", &names.sink),
        Statement::allow("OpenResults").actions(["kms:Decrypt"]).resources([names.key.clone()]).when(
            Test::StringEquals,
            "kms:ViaService",
            [names.via("s3")],
        ),
        Statement::allow("GrantVolumes").actions(["kms:CreateGrant"]).resources([names.key.clone()]).when(
            Test::Bool,
            "kms:GrantIsForAWSResource",
            ["true"],
        ),
    ]))
}

/// All these calls at once, for the endpoint. The policy of the role forces the keys, and the endpoint need not do so again: each of
/// the two denies by itself what it does not allow.
pub(super) fn calls(names: &Names) -> Statement {
    let mut actions: Vec<Value> = Vec::new();
    let starts = sealed_starts(names);
    let starts = starts.iter().flat_map(Statement::action_names).cloned();
    for action in starts.chain(FOLLOWS.map(Value::from)) {
        if !actions.contains(&action) {
            actions.push(action);
        }
    }
    let resources =
        [JOBS, CLASSIFIERS, RECOGNIZERS].map(|of| names.anything_of("comprehend", names.region.clone(), of));
    Statement::allow("JobsByStarters").actions(actions).resources(resources)
}

/// The calls of Comprehend: every key that an operation takes has to be the key, as a key that a request does not name is not equal to it.
/// Follows "Actions, resources, and condition keys for Amazon Comprehend" in the service authorization reference.
fn sealed_starts(names: &Names) -> [Statement; 5] {
    let about = |sid: &'static str, actions: &[&'static str], resources: &[&'static str]| {
        let resources = resources.iter().map(|of| names.anything_of("comprehend", names.region.clone(), of));
        Statement::allow(sid).actions(actions.iter().copied()).resources(resources)
    };
    let under_key = |statement: Statement, keys: &[&'static str]| {
        keys.iter()
            .fold(statement, |statement, key| statement.when(Test::ArnEquals, *key, [names.key.clone()]))
    };
    let personal_data = about("StartSealedPii", &["comprehend:StartPiiEntitiesDetectionJob"], &[JOBS]);
    let analyses = about(
        "StartSealedJobs",
        &[
            "comprehend:StartDocumentClassificationJob",
            "comprehend:StartDominantLanguageDetectionJob",
            "comprehend:StartEntitiesDetectionJob",
            "comprehend:StartKeyPhrasesDetectionJob",
            "comprehend:StartSentimentDetectionJob",
            "comprehend:StartTargetedSentimentDetectionJob",
            "comprehend:StartTopicsDetectionJob",
        ],
        &[JOBS],
    );
    // The model is the second resource of such a start. The reference lists the condition keys for the first, the job, which every
    // start needs as well: the seal is forced there.
    let with_models = about(
        "StartWithModels",
        &["comprehend:StartDocumentClassificationJob", "comprehend:StartEntitiesDetectionJob"],
        &[CLASSIFIERS, RECOGNIZERS],
    );
    let classifiers = about("TrainClassifiers", &["comprehend:CreateDocumentClassifier"], &[CLASSIFIERS]);
    let recognizers = about("TrainRecognizers", &["comprehend:CreateEntityRecognizer"], &[RECOGNIZERS]);
    [
        under_key(personal_data, &[OUTPUT_KEY]),
        under_key(analyses, &[OUTPUT_KEY, VOLUME_KEY]),
        with_models,
        under_key(classifiers, &[OUTPUT_KEY, VOLUME_KEY, MODEL_KEY]),
        under_key(recognizers, &[VOLUME_KEY, MODEL_KEY]),
    ]
}
