//! What no worker could handle; for operators.

mod drop;
mod get;
mod list;
mod put_back;
mod view;

pub use drop::*;
pub use get::*;
pub use list::*;
pub use put_back::*;

use shared::store::unclaimed::read::see_as_operator;
use shared::store::{StoreError, Transaction};

use crate::error::ApiError;
use crate::state::AppState;

/// A transaction with the sight of what belongs to nobody. Whoever begins one has asked whether the caller may.
pub(super) async fn begin(state: &AppState) -> Result<Transaction, ApiError> {
    let mut transaction = state.pool.begin().await.map_err(StoreError::Sql)?;
    see_as_operator(&mut transaction).await?;
    Ok(transaction)
}
