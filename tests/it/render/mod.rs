//! Renderings: what they look like, that their maps lead back to the blocks, and that readers of each format find in them
//! the contents of the document.

mod build;
mod corpus;
mod options;
mod pages;
mod properties;
mod readers;
mod snapshots;
