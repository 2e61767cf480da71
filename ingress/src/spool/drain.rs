//! Empties the spool into the broker, in order: of each routing key one message at a time.
//!
//! How far it is stands nowhere but in memory. After a crash a segment is published again from its
//! beginning, which consumers bear as they bear every redelivery.

use std::fs;
use std::io;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use shared::broker::{Outgoing, PublishError};
use shared::events::raw::RawEvent;
use shared::retry::Delays;
use tokio::sync::mpsc;
use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tokio_util::sync::CancellationToken;

use super::Shared;
use super::commit::Command;
use super::directory::{Directory, set_aside};
use super::shelf::{Next, Part, Tally};
use super::switch::Mode;
use super::window::{Open, messages};
use crate::log_limit::LogLimit;

const FIRST_RETRY: Duration = Duration::from_millis(100);
const LONGEST_RETRY: Duration = Duration::from_secs(5);
/// When a disk that fails is asked again, and how often it is.
const DISK_RETRY: Duration = Duration::from_secs(2);
const DISK_TRIES: usize = 3;

/// Where the spool is emptied into.
pub(crate) trait Outlet: Send + Sync + 'static {
    /// Publishes `message`, and returns when it is durable.
    fn publish(&self, message: Outgoing) -> impl Future<Output = Result<(), PublishError>> + Send;

    /// Returns when it makes sense to publish.
    fn connected(&self) -> impl Future<Output = ()> + Send;
}

/// Empties the spool.
pub(crate) struct Drainer<O> {
    pub(crate) outlet: O,
    pub(crate) shared: Arc<Shared>,
    pub(crate) directory: Arc<Directory>,
    pub(crate) writer: mpsc::Sender<Command>,
    /// Events in one message, at most.
    pub(crate) most: usize,
    pub(crate) failures: LogLimit,
}

impl<O: Outlet> Drainer<O> {
    /// Until the process leaves; then the directory is free.
    pub(crate) async fn run(self, leave: CancellationToken) {
        leave.run_until_cancelled(self.drain()).await;
        let left = self.shared.shelf.records();
        if left > 0 {
            tracing::info!(records = left, "the spool is left on disk");
        }
        self.directory.leave();
    }

    async fn drain(&self) {
        loop {
            let done = match self.shared.shelf.next() {
                Next::Nothing => {
                    self.shared.shelf.changed.notified().await;
                    Ok(())
                }
                Next::Idle => {
                    self.idle().await;
                    Ok(())
                }
                Next::Drain(part) => self.part(*part).await,
                Next::Remove { path, is_damaged } => self.remove(path, is_damaged).await,
            };
            if let Err(error) = done {
                tracing::error!(%error, "the spool cannot be emptied");
                sleep(DISK_RETRY).await;
            }
        }
    }

    /// All there is is drained. A segment that has been emptied is not kept for the next time.
    async fn idle(&self) {
        let changed = self.shared.shelf.changed.notified();
        if self.shared.switch.mode() == Mode::Broker {
            // Refused only by a writer that is gone.
            let _ = self.writer.send(Command::Close).await;
        }
        changed.await;
    }

    async fn remove(&self, path: PathBuf, is_damaged: bool) -> io::Result<()> {
        let removed =
            blocking(move || if is_damaged { set_aside(&path).map(drop) } else { fs::remove_file(&path) }).await;
        self.shared.shelf.removed();
        self.shared.has_room_again();
        removed?
    }

    async fn part(&self, part: Part) -> io::Result<()> {
        let end = part.segment.length;
        let mut left = part.segment.tally;
        left -= part.before;
        let Some(mut open) = self.open(part).await? else {
            self.damaged(1);
            self.settle(left, 0);
            self.shared.shelf.read(end);
            return Ok(());
        };
        loop {
            let (back, window) = blocking(move || {
                let window = open.window();
                (open, window)
            })
            .await?;
            open = back;
            let lanes = window.lanes.iter().map(|(_, events)| self.lane(events));
            let undeliverable: u64 = join_all(lanes).await.into_iter().sum();
            self.damaged(window.damaged + undeliverable);
            // What damage has swallowed is not waited for.
            let passed = if window.is_last { left } else { window.tally };
            left -= passed;
            self.settle(passed, window.tally.events);
            if window.is_last {
                self.shared.shelf.read(end);
                return Ok(());
            }
        }
    }

    /// Reads `part`; none where the disk does not give it, whatever is tried.
    async fn open(&self, part: Part) -> io::Result<Option<Open>> {
        let part = Arc::new(part);
        for _ in 0..DISK_TRIES {
            let wanted = Arc::clone(&part);
            match blocking(move || Open::read(&wanted)).await? {
                Ok(open) => return Ok(Some(open)),
                Err(error) => {
                    tracing::error!(file = %part.segment.path.display(), %error, "a segment of the spool does not read");
                    sleep(DISK_RETRY).await;
                }
            }
        }
        Ok(None)
    }

    fn settle(&self, passed: Tally, events: u64) {
        self.shared.metrics.drained.inc_by(events);
        self.shared.shelf.drained(passed);
        self.shared.switch.drained(passed.records.into());
        self.shared.show();
    }

    fn damaged(&self, places: u64) {
        if places > 0 {
            tracing::error!(places, "part of the spool does not read; its segment will be set aside");
            self.shared.metrics.damaged.inc_by(places);
            self.shared.shelf.damaged();
        }
    }

    /// Publishes the events of one routing key, for as long as it takes. How many messages are beyond publishing.
    async fn lane(&self, events: &[RawEvent]) -> u64 {
        let mut beyond = 0;
        for message in messages(events, self.most) {
            let published = match message {
                Ok(message) => self.publish(message).await,
                Err(error) => Err(error.into()),
            };
            if let Err(error) = published {
                tracing::error!(%error, "events of the spool cannot be published");
                beyond += 1;
            }
        }
        beyond
    }

    /// Tries until the broker has `message`; an error is for ever.
    async fn publish(&self, message: Outgoing) -> Result<(), PublishError> {
        let mut delays = Delays::new(FIRST_RETRY, LONGEST_RETRY);
        loop {
            self.outlet.connected().await;
            match self.outlet.publish(message.clone()).await {
                Err(error) if error.may_pass() => {
                    self.shared.switch.stalled();
                    if let Some(left_out) = self.failures.pass() {
                        tracing::warn!(%error, left_out, "the broker does not take what is in the spool");
                    }
                    sleep(delays.next_delay()).await;
                }
                ended => return ended,
            }
        }
    }
}

/// Lets `work` block a thread of its own.
async fn blocking<T: Send + 'static>(work: impl FnOnce() -> T + Send + 'static) -> io::Result<T> {
    spawn_blocking(work).await.map_err(io::Error::other)
}
