//! How far a job is.

use crate::names::names;

names! {
    /// The status of a Comprehend job, of an analysis or of the training of a model.
    ///
    /// Follows "JobStatus" and "ModelStatus" in the Amazon Comprehend API reference.
    pub enum ComprehendStatus {
        /// It was accepted and has not begun.
        Submitted = "SUBMITTED",
        /// It is running.
        InProgress = "IN_PROGRESS",
        /// The analysis is done.
        Completed = "COMPLETED",
        /// The analysis ended without a result.
        Failed = "FAILED",
        /// It is being stopped.
        StopRequested = "STOP_REQUESTED",
        /// It was stopped.
        Stopped = "STOPPED",
        /// The model is being trained.
        Training = "TRAINING",
        /// The model is trained.
        Trained = "TRAINED",
        /// The model is trained, but some of the training data was skipped;
        /// [`message`](super::StartedJob::message) says which.
        TrainedWithWarning = "TRAINED_WITH_WARNING",
        /// The training ended without a model.
        InError = "IN_ERROR",
        /// The model is being deleted.
        Deleting = "DELETING",
    }
}
