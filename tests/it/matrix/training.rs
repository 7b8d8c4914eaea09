//! The training of Comprehend's models: started, waited for, and stopped.

use std::time::Duration;

use inkseal::comprehend::{
    ClassifierTraining, ComprehendJob, DocumentLanguage, InputFormat, RecognizerTraining, TrainClassifier,
    TrainRecognizer,
};
use inkseal::{Error, WaitOptions};

use super::{Case, Route, Run, clients};
use crate::comprehend_jobs::{emulator, folder, location, models, role, volumes, vpc};
use crate::support::key;

pub const CLASSIFIER: Route = Route {
    heading: "The training of a classifier",
    calls: &["CreateDocumentClassifier", "DescribeDocumentClassifier", "StopTrainingDocumentClassifier"],
    special: Vec::new,
    run: |case| Box::pin(classifier(case)),
};

pub const RECOGNIZER: Route = Route {
    heading: "The training of a recognizer",
    calls: &["CreateEntityRecognizer", "DescribeEntityRecognizer", "StopTrainingEntityRecognizer"],
    special: Vec::new,
    run: |case| Box::pin(recognizer(case)),
};

/// Starts a training and waits for its end, or stops it.
macro_rules! train {
    ($case:expr, $job:expr, |$completed:ident| $arn:expr) => {{
        let emulator = $case.build(emulator().job_duration(Duration::from_secs(300)));
        let clients = clients(&emulator);
        let patience = WaitOptions::default().deadline(Duration::from_secs(3000));
        let said: Result<String, Error> = async {
            let running = $job.start(&clients).await?;
            if $case.call.starts_with("Stop") {
                running.stop(&clients).await?;
                return Ok("stopped".to_owned());
            }
            let $completed = running.wait_with(&clients, &patience).await?;
            Ok(format!("{:?} {}", $completed.status(), $arn))
        }
        .await;
        let (out, result) = match said {
            Ok(said) => (vec![said], Ok(())),
            Err(error) => (Vec::new(), Err(error)),
        };
        Run::of(&emulator, $case.call, out, result)
    }};
}

async fn classifier(case: Case) -> Run {
    let training = ClassifierTraining::csv(folder(), Default::default());
    let name = "letters".parse().unwrap();
    let job = ComprehendJob::train_classifier(name, training, role(), DocumentLanguage::English);
    let job = job.output(location(), key()).volume_key(volumes()).model_key(models()).in_vpc(vpc());
    let job: ComprehendJob<TrainClassifier> = job.build().unwrap();
    train!(case, job, |completed| completed.classifier())
}

async fn recognizer(case: Case) -> Run {
    let annotations = "s3://amzn-s3-demo-source/annotations.csv".parse().unwrap();
    let training =
        RecognizerTraining::annotated(["POLICY"], folder(), InputFormat::OneDocPerLine, annotations);
    let name = "policies".parse().unwrap();
    let job = ComprehendJob::train_recognizer(name, training, role(), DocumentLanguage::English);
    let job = job.volume_key(volumes()).model_key(models()).in_vpc(vpc());
    let job: ComprehendJob<TrainRecognizer> = job.build().unwrap();
    train!(case, job, |completed| completed.recognizer())
}
