//! The product's turn: the worker is started on a full queue, and watched until it has emptied it.

use std::time::{Duration, Instant};

use anyhow::ensure;
use shared::broker::Queue;
use tests::load::Name;
use tokio::time::sleep;

use super::stage::Stage;
use crate::figures::rate;

const READY_LIMIT: Duration = Duration::from_secs(30);
const DRAIN_LIMIT: Duration = Duration::from_mins(10);
const POLL: Duration = Duration::from_millis(20);

/// How a turn went.
#[derive(Clone, Copy, Debug)]
pub(super) struct Drained {
    /// Messages a second, from the first rows that were seen to the last acknowledgement.
    pub(super) per_second: f64,
    /// The most memory that the worker held, in bytes.
    pub(super) resident_bytes: u64,
    /// Events in a batch, on average.
    pub(super) batch: f64,
}

/// Drains `events` stored-up events.
pub(super) async fn drain(stage: &mut Stage, events: usize) -> anyhow::Result<Drained> {
    stage.product.start(Name::Persist)?;
    let product = &mut stage.product;
    let began = Instant::now();
    let (mut first, mut resident_bytes) = (None, 0);
    loop {
        ensure!(began.elapsed() < DRAIN_LIMIT, "the queue is not drained in time");
        // Until the process listens it has stored nothing.
        let done = product.metric_where(Name::Persist, "loa_broker_tasks_total", "acked").await.unwrap_or(0.0);
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a count")]
        let done = done as u64;
        let now = Instant::now();
        if done > 0 {
            let (since, before) = *first.get_or_insert((now, done));
            resident_bytes = resident_bytes.max(product.process(Name::Persist)?.resident_bytes()?);
            if done >= events as u64 {
                let per_second = rate(done - before, now - since);
                let batches = product.metric(Name::Persist, "loa_broker_batch_tasks_count").await?;
                #[expect(clippy::cast_precision_loss, reason = "far below 2^52")]
                let batch = done as f64 / batches;
                stop(stage).await?;
                return Ok(Drained { per_second, resident_bytes, batch });
            }
        }
        sleep(POLL).await;
    }
}

/// What was not acknowledged would be back in the queue.
async fn stop(stage: &mut Stage) -> anyhow::Result<()> {
    stage.product.all_ready(READY_LIMIT).await?;
    stage.product.terminate(Name::Persist).await?;
    let left = stage.queues.purge(Queue::Persist).await?;
    ensure!(left == 0, "{left} messages were not acknowledged");
    Ok(())
}
