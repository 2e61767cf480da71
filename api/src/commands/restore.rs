//! `api after-restore` and `api release-sends`: what an operator does around a restore from a backup.

use serde_json::json;
use shared::config::{ConfigError, Database, Reader};
use shared::store::{PgPool, Role, pool, restore};

use super::CommandConfig;

/// Put in doubt in one transaction.
const LOT: i64 = 5_000;

/// Where the restored database is.
#[derive(Debug)]
pub struct Restored {
    database: Database,
}

impl CommandConfig for Restored {
    fn read(read: &mut Reader) -> Result<Self, ConfigError> {
        let database = Database::read(read);
        read.finish(|| Some(Self { database: database? }))
    }
}

/// Holds all sends and puts in doubt what waited when the backup was made.
pub async fn after_restore(config: Restored) -> anyhow::Result<()> {
    let line = hold_and_doubt(&workers(&config)?).await?;
    super::print(&line);
    Ok(())
}

/// Lets sends go again.
pub async fn release_sends(config: Restored) -> anyhow::Result<()> {
    let line = release(&workers(&config)?).await?;
    super::print(&line);
    Ok(())
}

/// Does it; gives the line to print. The hold comes first and is committed: whatever dies after it, nothing is sent, and a
/// second run goes on where the first ended.
pub async fn hold_and_doubt(workers: &PgPool) -> anyhow::Result<String> {
    let mut conn = workers.acquire().await?;
    restore::hold(&mut conn).await?;
    let left = restore::leave_doubts_to_a_person(&mut conn).await?;
    let mut doubted = 0;
    loop {
        let lot = restore::doubt_unsettled(&mut conn, LOT).await?;
        doubted += lot;
        if lot < LOT.unsigned_abs() {
            break;
        }
    }
    Ok(json!({ "sends": "held", "inDoubt": doubted, "inDoubtBefore": left }).to_string())
}

/// Ends the hold; gives the line to print.
pub async fn release(workers: &PgPool) -> anyhow::Result<String> {
    let mut conn = workers.acquire().await?;
    let was_held = restore::release(&mut conn).await?;
    Ok(json!({ "sends": "go", "wereHeld": was_held }).to_string())
}

fn workers(config: &Restored) -> anyhow::Result<PgPool> {
    Ok(pool::open(&Database { pool: 1, ..config.database.clone() }, Role::Worker, "api after-restore")?)
}
