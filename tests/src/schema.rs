//! The schema that each test's database gets: the product's migrations in one go, which takes half the time that one
//! after another takes. What is written down of them is the same, so that the product finds its own schema.

use std::fmt::Write;
use std::sync::LazyLock;

use shared::store::migrate;
use sqlx::AssertSqlSafe;
use sqlx::SqlSafeStr;
use sqlx::migrate::{Migration, Migrator};

/// All migrations as one, under the version and the checksum of the last.
pub static MIGRATOR: LazyLock<Migrator> = LazyLock::new(|| {
    let all: Vec<&Migration> = migrate::MIGRATOR.iter().collect();
    let Some((last, earlier)) = all.split_last() else {
        return Migrator::with_migrations(Vec::new());
    };
    let mut sql = String::new();
    for migration in &all {
        sql.push_str(migration.sql.as_str());
        sql.push_str(";\n");
    }
    for migration in earlier {
        // Writing to a string does not fail.
        let _ = writeln!(
            sql,
            "insert into _sqlx_migrations (version, description, success, checksum, execution_time)
             values ({}, '{}', true, '\\x{}', 0);",
            migration.version,
            migration.description,
            hex::encode(&migration.checksum)
        );
    }
    let whole = Migration { sql: AssertSqlSafe(sql).into_sql_str(), ..(*last).clone() };
    Migrator::with_migrations(vec![whole])
});
