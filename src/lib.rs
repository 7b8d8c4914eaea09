//! Amazon Textract jobs that cannot be configured insecurely.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod resource;
mod text;
pub use text::Text;
