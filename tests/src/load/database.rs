//! A database of the run's own.

use std::time::Duration;

use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, Connection, PgConnection, PgPool};
use url::Url;

use super::setup::Setup;

/// Counting reads whole tables; nothing takes longer.
const ACQUIRE_LIMIT: Duration = Duration::from_secs(20);

/// A database that was empty when it was made.
#[derive(Clone, Debug)]
pub struct Database {
    server: Url,
    name: String,
    admin: Url,
    login: Url,
}

impl Database {
    /// Makes the database `name`, in place of one that an earlier run has left.
    pub async fn fresh(setup: &Setup, name: &str) -> anyhow::Result<Self> {
        let named = |url: &Url| {
            let mut url = url.clone();
            url.set_path(name);
            url
        };
        let database = Self {
            server: setup.database_admin_url.clone(),
            name: name.to_owned(),
            admin: named(&setup.database_admin_url),
            login: named(&setup.database_url),
        };
        database.on_server("drop database if exists", " with (force)").await?;
        database.on_server("create database", "").await?;
        Ok(database)
    }

    /// Its address as superuser.
    pub fn admin(&self) -> &str {
        self.admin.as_str()
    }

    /// Its address as the product's login.
    pub fn login(&self) -> &str {
        self.login.as_str()
    }

    /// Connections that see every row.
    pub async fn open(&self) -> sqlx::Result<PgPool> {
        PgPoolOptions::new().max_connections(2).acquire_timeout(ACQUIRE_LIMIT).connect(self.admin()).await
    }

    /// Removes it, whoever is connected.
    pub async fn remove(&self) -> sqlx::Result<()> {
        self.on_server("drop database if exists", " with (force)").await
    }

    async fn on_server(&self, what: &str, how: &str) -> sqlx::Result<()> {
        let mut server = PgConnection::connect(self.server.as_str()).await?;
        let statement = format!("{what} \"{}\"{how}", self.name);
        sqlx::query(AssertSqlSafe(statement)).execute(&mut server).await?;
        server.close().await
    }
}
