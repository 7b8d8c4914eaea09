//! Policies and the stack of them.

mod documents;
mod evaluator;
mod matrix;
