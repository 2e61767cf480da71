//! WhatsApp Business Cloud API.

mod account;
pub mod error;
pub mod media;
mod message;
mod plain;
pub mod read_mark;
pub mod send;
mod status;
pub mod version;
pub mod webhook;

#[cfg(test)]
mod corpus_tests;
