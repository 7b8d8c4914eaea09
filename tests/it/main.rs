//! The integration tests: one binary, a module per subject.

mod block;
mod canary;
mod compile;
mod document;
mod emulator;
mod families;
mod geometry;
mod output;
mod parser;
mod recorded;
mod saved;
mod start;
mod support;
mod transport;
mod wait;
