//! Connections, and in whose name they speak.

use std::str::FromStr;
use std::time::Duration;

use secrecy::ExposeSecret;
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgConnection, PgPool};

use super::Transaction;
use super::error::StoreError;
use crate::config::Database;
use crate::domain::ids::MerchantId;

/// Longer than this for a connection, and PostgreSQL counts as not there.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(5);
/// No statement of Loa's has a reason to take longer.
const STATEMENT_TIMEOUT: &str = "15s";
/// A transaction whose process hangs gives its locks back after this.
const IDLE_IN_TRANSACTION_TIMEOUT: &str = "20s";

/// In whose name a process speaks to PostgreSQL.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Role {
    /// Sees one merchant a transaction, the one it is [bound](begin_for) to.
    Api,
    /// Serves all merchants.
    Worker,
}

impl Role {
    /// The role's name in the cluster.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Api => "loa_api",
            Self::Worker => "loa_worker",
        }
    }
}

/// A pool that speaks as `role`. Nothing is connected before it is needed, so that a process starts,
/// and says what it lacks, while PostgreSQL is away.
pub fn open(database: &Database, role: Role, process: &str) -> Result<PgPool, StoreError> {
    let options = PgConnectOptions::from_str(database.url.expose_secret())?.application_name(process).options([
        ("statement_timeout", STATEMENT_TIMEOUT),
        ("idle_in_transaction_session_timeout", IDLE_IN_TRANSACTION_TIMEOUT),
        // Compiling a plan takes longer than any statement of Loa's runs.
        ("jit", "off"),
    ]);
    let options = match role {
        Role::Api => options,
        // A worker looks up what it has in hand. A plan that was made while a table was empty reads all of it, and would
        // be kept when it is large, the plans behind foreign keys too.
        Role::Worker => options.options([("enable_seqscan", "off")]),
    };
    Ok(with_options(options, role, database.pool))
}

/// A pool of one connection that does nothing but [`ping`]: a process that is busy with all its others
/// still answers, truthfully, that PostgreSQL is there.
pub fn open_for_pings(database: &Database, role: Role, process: &str) -> Result<PgPool, StoreError> {
    open(&Database { pool: 1, ..database.clone() }, role, &format!("{process} ping"))
}

/// A pool of at most `most` connections with given options, speaking as `role`.
pub fn with_options(options: PgConnectOptions, role: Role, most: u32) -> PgPool {
    let set_role = match role {
        Role::Api => "set role loa_api",
        Role::Worker => "set role loa_worker",
    };
    PgPoolOptions::new()
        .max_connections(most)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .after_connect(move |conn, _| {
            Box::pin(async move {
                conn.execute(set_role).await?;
                Ok(())
            })
        })
        .connect_lazy_with(options)
}

/// Whether PostgreSQL answers.
pub async fn ping(pool: &PgPool) -> Result<(), StoreError> {
    sqlx::query_scalar!(r#"select 1 as "one!""#).fetch_one(pool).await?;
    Ok(())
}

/// Begins a transaction that sees nothing but `merchant`.
pub async fn begin_for(pool: &PgPool, merchant: MerchantId) -> Result<Transaction, StoreError> {
    // In one message: what a uuid writes itself as is no more than its digits.
    let bound = format!("begin; set local loa.merchant_id = '{}'", merchant.0);
    Ok(pool.begin_with(AssertSqlSafe(bound)).await?)
}

/// Binds the running transaction to `merchant`.
pub async fn bind(conn: &mut PgConnection, merchant: MerchantId) -> Result<(), StoreError> {
    sqlx::query!("select set_config('loa.merchant_id', $1, true)", merchant.to_string()).fetch_one(conn).await?;
    Ok(())
}

/// Who a session really is, whatever role it has taken on.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Standing {
    /// May do everything.
    pub superuser: bool,
    /// Row-level security does not hold for it.
    pub bypasses_rls: bool,
    /// Owns the tables, and so could take the wall down.
    pub owns_tables: bool,
}

impl Standing {
    /// Whether the wall between merchants holds for the session.
    pub const fn is_bound(self) -> bool {
        !self.superuser && !self.bypasses_rls && !self.owns_tables
    }
}

/// The standing of the login behind `pool`'s connections.
pub async fn standing(pool: &PgPool) -> Result<Standing, StoreError> {
    let row = sqlx::query!(
        r#"select r.rolsuper as "superuser!", r.rolbypassrls as "bypasses_rls!",
                  exists (select 1 from pg_tables t where t.schemaname = 'public'
                          and t.tableowner = session_user) as "owns_tables!"
           from pg_roles r where r.rolname = session_user"#
    )
    .fetch_one(pool)
    .await?;
    Ok(Standing { superuser: row.superuser, bypasses_rls: row.bypasses_rls, owns_tables: row.owns_tables })
}
