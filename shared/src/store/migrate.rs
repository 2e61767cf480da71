//! Brings a database to the schema of this build, and the cluster to the roles it needs.

use std::str::FromStr;

use secrecy::{ExposeSecret, SecretString};
use sqlx::migrate::Migrator;
use sqlx::postgres::PgConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Connection, PgConnection};

use super::error::StoreError;
use super::pool::Role;

/// Owns the functions of the search, and reads what they may read. Nobody takes it on.
const SEARCH_ROLE: &str = "loa_search";

/// The files of `migrations/`, compiled in.
pub static MIGRATOR: Migrator = sqlx::migrate!("../migrations");

/// Why a database could not be migrated.
#[derive(Debug, thiserror::Error)]
pub enum MigrateError {
    /// A file did not run, or one that ran has changed since.
    #[error(transparent)]
    Migration(#[from] sqlx::migrate::MigrateError),
    /// PostgreSQL, or the way to it.
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<sqlx::Error> for MigrateError {
    fn from(error: sqlx::Error) -> Self {
        Self::Store(StoreError::Sql(error))
    }
}

/// Makes the roles and applies what is new, as the owner that `admin` logs in as. `login` is the
/// address that the processes use: its user is made, if missing, and may take on both roles.
pub async fn migrate(admin: &SecretString, login: &SecretString) -> Result<(), MigrateError> {
    let login = PgConnectOptions::from_str(login.expose_secret())?;
    let mut conn = PgConnectOptions::from_str(admin.expose_secret())?.connect().await?;
    make_roles(&mut conn, login.get_username(), password(&login)).await?;
    MIGRATOR.run(&mut conn).await?;
    conn.close().await?;
    Ok(())
}

/// Makes the roles of the cluster that are missing. Roles are no part of a database, so databases
/// migrated at the same time would race for them: whoever migrates many calls this once before.
pub async fn make_roles(conn: &mut PgConnection, login: &str, password: Option<String>) -> Result<(), StoreError> {
    for role in [Role::Api.as_str(), Role::Worker.as_str(), SEARCH_ROLE] {
        if !role_exists(conn, role).await? {
            execute(conn, format!("create role {role} nologin nobypassrls")).await?;
        }
    }
    // Whoever migrates gives the search its functions; a superuser need not be asked whether they may.
    execute(
        conn,
        format!(
            "do $$ begin
                 if not pg_has_role(current_user, '{SEARCH_ROLE}', 'member') then
                     execute format('grant {SEARCH_ROLE} to %I', current_user);
                 end if;
             end $$"
        ),
    )
    .await?;
    if !role_exists(conn, login).await? {
        let password = password.map(|word| format!(" password {}", quoted(&word, '\''))).unwrap_or_default();
        // Without inherit: a connection that has not taken on a role may do nothing at all.
        execute(conn, format!("create role {} login noinherit{password}", quoted(login, '"'))).await?;
    }
    execute(conn, format!("grant loa_api, loa_worker to {}", quoted(login, '"'))).await
}

async fn role_exists(conn: &mut PgConnection, name: &str) -> Result<bool, StoreError> {
    let exists = sqlx::query_scalar!(r#"select exists (select 1 from pg_roles where rolname = $1) as "exists!""#, name)
        .fetch_one(conn)
        .await?;
    Ok(exists)
}

async fn execute(conn: &mut PgConnection, statement: String) -> Result<(), StoreError> {
    // Role names cannot be parameters; they are ours or quoted.
    sqlx::query(AssertSqlSafe(statement)).execute(conn).await?;
    Ok(())
}

fn quoted(text: &str, mark: char) -> String {
    format!("{mark}{}{mark}", text.replace(mark, &format!("{mark}{mark}")))
}

/// sqlx does not tell a password back; the URL does.
fn password(options: &PgConnectOptions) -> Option<String> {
    let url = options.to_url_lossy();
    url.password().map(|word| percent_encoding::percent_decode_str(word).decode_utf8_lossy().into_owned())
}
