//! The integration tests: one binary, a module per subject.

mod block;
mod document;
mod emulator;
mod parser;
mod recorded;
