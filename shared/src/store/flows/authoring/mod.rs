//! Flows as their authors know them: drafts, versions, and what became of them.
//!
//! A draft is kept as it was left and may be unfinished. Publishing freezes it into a version, which is never changed;
//! what is under way finishes on the version that it began with.

pub mod change;
pub mod failures;
pub mod figures;
pub mod read;
pub mod request;
pub mod surroundings;
pub mod versions;

use serde_json::Value;

use crate::flow::{Document, fault};
use crate::store::error::StoreError;

/// A document as it goes into a row.
fn written(document: &Document) -> Result<Value, StoreError> {
    serde_json::to_value(document).map_err(|error| corrupt("flows", error))
}

/// A document as it comes out of a row.
fn read_document(table: &'static str, value: Value) -> Result<Document, StoreError> {
    Document::read(value).map_err(|faults| corrupt(table, fault::told(&faults)))
}

fn corrupt(table: &'static str, problem: impl std::fmt::Display) -> StoreError {
    StoreError::Corrupt { table, problem: problem.to_string() }
}
