//! PostgreSQL: one module per aggregate, free functions over a connection.
//!
//! Whoever calls owns the transaction, so that what belongs together is written together. Contents and
//! credentials go in and come out in the clear; between here and the disk they are [sealed](seal).

pub mod error;
pub mod keyring;
pub mod migrate;
pub mod pool;
pub mod seal;

pub use error::StoreError;
pub use keyring::Keyring;
pub use pool::Role;
pub use sqlx::{PgConnection, PgPool};

/// A transaction; dropped without a commit it never was.
pub type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;
