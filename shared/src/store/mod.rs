//! PostgreSQL: one module per aggregate, free functions over a connection.
//!
//! Whoever calls owns the transaction, so that what belongs together is written together. Contents and
//! credentials go in and come out in the clear; between here and the disk they are [sealed](seal).
//!
//! Behind row-level security PostgreSQL looks a row up by an index only where the condition cannot leak what other
//! merchants have, and `coalesce` is not on its list: `id = coalesce($1, $2)` reads the whole table, while
//! `id = (select coalesce($1, $2))` is worked out first and looked up. A test reads the sources for it.

pub mod account_events;
pub mod accounts;
pub mod api_keys;
pub mod audit;
pub mod barred;
mod column;
pub mod consents;
pub mod contacts;
pub mod conversations;
pub mod counts;
pub mod dead_letters;
pub mod doubts;
pub mod due;
pub mod error;
pub mod flows;
pub mod holds;
pub mod idempotency;
pub mod identities_learned;
pub mod inbox;
mod interval;
pub mod keyring;
pub mod media;
pub mod merchants;
pub mod messages;
pub mod migrate;
pub mod notifications;
pub mod outbox;
pub mod partitions;
pub mod pool;
pub mod reach;
pub mod restore;
pub mod seal;
pub mod search;
pub mod segments;
pub mod sessions;
pub mod shops;
pub mod status_flow;
pub mod teams;
pub mod templates;
pub mod unclaimed;
pub mod users;

pub use error::StoreError;
pub use keyring::Keyring;
pub use pool::Role;
pub use sqlx::{PgConnection, PgPool};

/// A transaction; dropped without a commit it never was.
pub type Transaction = sqlx::Transaction<'static, sqlx::Postgres>;
