//! Recipes: small but complete programs, to copy and change.
//!
//! Each compiles and runs with the crate's tests, on the [`emulator`](crate::emulator), in lines that are hidden here. They need
//! the features `emulator`, `policy` and `sqs`.
//!
//! | recipe | for |
//! | --- | --- |
//! | [`web_handler`] | an Axum service that starts jobs and streams redacted pages to its callers |
//! | [`lambda`] | a Lambda function behind the queue that receives completions |
//! | [`mocked_tests`] | unit tests of your own code, with `mock_client!` and no emulator |
//! | [`own_detector`] | your own detector of personal data in the redaction stage |
//! | [`after_a_crash`] | jobs that another process resumes: one in a database, or thousands in a journal |
//! | [`saved_responses`] | responses saved long ago, as Markdown |

#[doc = include_str!("web_handler.md")]
pub mod web_handler {}

#[doc = include_str!("lambda.md")]
pub mod lambda {}

#[doc = include_str!("mocked_tests.md")]
pub mod mocked_tests {}

#[doc = include_str!("own_detector.md")]
pub mod own_detector {}

#[doc = include_str!("after_a_crash.md")]
pub mod after_a_crash {}

#[doc = include_str!("saved_responses.md")]
pub mod saved_responses {}
