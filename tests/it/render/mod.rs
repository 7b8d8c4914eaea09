//! Renderings: what they look like, that they lead back to the blocks, and that readers of each format find in them what
//! the document says.

mod build;
mod corpus;
mod options;
mod pages;
mod properties;
mod readers;
mod snapshots;
