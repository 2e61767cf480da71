//! How old an answer was when the question that quotes it was committed to the outbox.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, Utc};
use sqlx::PgPool;
use tests::load::dialogue::Count;
use uuid::Uuid;

use super::stage::Turn;
use crate::figures::percentile;

/// Ages in milliseconds, and how much was answered.
pub(super) struct Ages {
    pub(super) p50: f64,
    pub(super) p99: f64,
    pub(super) most: f64,
    /// Questions that were committed while customers wrote.
    pub(super) in_time: usize,
}

impl Ages {
    /// Of what came in during `turn`.
    pub(super) async fn of(db: &PgPool, count: &Count, turn: &Turn) -> anyhow::Result<Self> {
        let committed: Vec<(Uuid, DateTime<Utc>)> =
            sqlx::query_as("select message_id, pg_xact_commit_timestamp(xmin) from queued_messages")
                .fetch_all(db)
                .await?;
        let committed: HashMap<Uuid, DateTime<Utc>> = committed.into_iter().collect();
        let until = turn.since + turn.took;
        let (mut ages, mut in_time) = (Vec::new(), 0);
        for (received, message) in &count.quotes {
            let Some(at) = committed.get(message).filter(|_| *received >= turn.since) else { continue };
            ages.push((*at - received).to_std().unwrap_or(Duration::ZERO));
            in_time += usize::from(*at <= until);
        }
        ages.sort_unstable();
        Ok(Self { p50: percentile(&ages, 0.5), p99: percentile(&ages, 0.99), most: percentile(&ages, 1.0), in_time })
    }
}
