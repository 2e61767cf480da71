//! Clearing away what was begun and never finished: files given to the API whose request broke off, or whose
//! process died.
//!
//! Nothing else is left behind in the store: a file that is fetched has a key that follows from its id, so a
//! fetcher that died between storing and recording is followed by one that stores over it.

use std::time::Duration;

use shared::objects::{ObjectKey, Objects};
use shared::store::media::sweep;
use shared::store::{PgPool, StoreError};
use tokio_util::sync::CancellationToken;

use super::metrics::Metrics;

const EVERY: Duration = Duration::from_mins(10);
/// A request of the API ends long before.
const UNFINISHED_SINCE: Duration = Duration::from_hours(1);
const MOST: i64 = 100;

/// Tidies up until the process stops.
pub async fn run(pool: PgPool, objects: Objects, metrics: Metrics, stopping: CancellationToken) {
    loop {
        if let Err(error) = round(&pool, &objects, &metrics).await {
            tracing::warn!(%error, "files that were never finished stay for the next round");
        }
        tokio::select! {
            () = stopping.cancelled() => return,
            () = tokio::time::sleep(EVERY) => {}
        }
    }
}

/// One round. The object goes before the row: a crash in between leaves the row to find it by.
pub async fn round(pool: &PgPool, objects: &Objects, metrics: &Metrics) -> Result<(), StoreError> {
    let mut conn = pool.acquire().await?;
    let unfinished = sweep::unfinished(&mut conn, UNFINISHED_SINCE, MOST).await?;
    drop(conn);
    let mut gone = Vec::new();
    for (merchant, media) in unfinished {
        match objects.delete(&ObjectKey::of(merchant, media)).await {
            Ok(()) => gone.push(media),
            Err(error) => tracing::warn!(%error, "an object was not deleted"),
        }
    }
    let mut conn = pool.acquire().await?;
    metrics.unfinished.inc_by(sweep::delete_unfinished(&mut conn, &gone).await?);
    Ok(())
}
