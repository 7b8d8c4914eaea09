//! Amazon Textract jobs that cannot be configured insecurely.
#![forbid(unsafe_code)]
#![warn(missing_docs)]

pub mod block;
pub mod document;
#[cfg(feature = "emulator")]
pub mod emulator;
mod json;
mod names;
pub mod part;
pub mod resource;
mod sdk;
mod text;
mod tolerant;

pub use block::Block;
pub use text::Text;
