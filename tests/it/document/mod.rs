//! The document model: small responses of our own, for what recorded ones do not show, and the recorded ones.

pub mod build;
mod corpus;
mod forms;
mod layout;
mod pages;
mod records;
mod robust;
mod tables;
