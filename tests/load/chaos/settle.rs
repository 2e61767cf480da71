//! Waits until nothing is left to do.

use std::time::Duration;

use simulator::Simulator;
use sqlx::PgPool;
use tests::load::Queues;
use tokio::time::{Instant, sleep};

use crate::{rows, taken};

const POLL: Duration = Duration::from_millis(500);

/// What still has to happen.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Undone {
    /// Messages in queues, delays included.
    queued: u32,
    /// Rows that wait to be sent.
    outbox: i64,
    /// Doubts that may yet be sent again.
    doubts: i64,
    /// Webhooks that the platform has yet to deliver.
    pending: usize,
    /// Promised messages without a row.
    unstored: usize,
    /// Messages that the platform took and whose row does not say `read`.
    unread: usize,
}

/// Looks until nothing is undone, or until `deadline`: then what is, is for the count to tell.
pub(crate) async fn settle(
    db: &PgPool,
    queues: &Queues,
    platform: &Simulator,
    promised: usize,
    deadline: Instant,
) -> anyhow::Result<Undone> {
    loop {
        let undone = look(db, queues, platform, promised).await?;
        if undone == Undone::default() || Instant::now() >= deadline {
            return Ok(undone);
        }
        sleep(POLL).await;
    }
}

async fn look(db: &PgPool, queues: &Queues, platform: &Simulator, promised: usize) -> anyhow::Result<Undone> {
    let stored = usize::try_from(rows::inbound_count(db).await?).unwrap_or(0);
    let undone = Undone {
        queued: queues.depths().await?.waiting(),
        outbox: rows::left_over(db).await?.outbox,
        doubts: rows::fresh_doubts(db).await?,
        pending: platform.counts().webhooks.pending,
        unstored: promised.saturating_sub(stored),
        unread: 0,
    };
    if undone != Undone::default() {
        return Ok(undone);
    }
    // Message by message only when nothing else is left: it takes the whole of both sides.
    let taken = taken::by_message(platform).messages;
    let outbound = rows::outbound(db).await?;
    let unread = outbound.iter().filter(|row| taken.contains_key(&row.id) && row.status != "read").count();
    Ok(Undone { unread, ..undone })
}
