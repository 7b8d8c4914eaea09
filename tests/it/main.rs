//! The integration tests: one binary, a module per subject.

mod block;
mod canary;
mod compile;
mod comprehend;
mod document;
mod documents;
mod emulator;
mod families;
mod fleet;
mod geometry;
mod moto;
mod notify;
mod output;
mod parser;
mod patterns;
mod recorded;
mod redact;
mod render;
mod saved;
mod start;
mod store;
mod summary;
mod support;
mod synchronous;
mod transport;
mod wait;
