//! Search and rare filters: the only way past row-level security, by the functions of the migration
//! `20261121001223_search.sql` and nothing else. They give ids, which are looked up behind it again.

pub mod contacts;
pub mod conversations;

use uuid::Uuid;

use super::counts::Total;
use super::error::StoreError;

/// A page of what was found.
#[derive(Clone, Debug)]
pub struct Found {
    /// In the order of the list.
    pub ids: Vec<Uuid>,
    /// How many there are in all; means nothing where a place in the list was given.
    pub total: Total,
}

/// What one of the functions gave.
struct Row {
    ids: Option<Vec<Uuid>>,
    total: Option<i64>,
    is_estimate: Option<bool>,
}

impl From<Row> for Found {
    fn from(row: Row) -> Self {
        let total = Total { count: row.total.unwrap_or(0).max(0), is_estimate: row.is_estimate.unwrap_or(false) };
        Self { ids: row.ids.unwrap_or_default(), total }
    }
}

/// Empty lists narrow nothing.
fn some(list: &[String]) -> Option<&[String]> {
    (!list.is_empty()).then_some(list)
}

type Result<T> = std::result::Result<T, StoreError>;
