//! The consumer of queue `outbound`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::channels::SenderAccount;
use shared::channels::credentials::Credentials;
use shared::domain::account::AccountStatus;
use shared::domain::consent::Purpose;
use shared::domain::ids::AccountId;
use shared::domain::message::Author;
use shared::events::wake::WakeAccount;
use shared::store::accounts::sender::{self, Sender};
use shared::store::outbox::{self, Claimed, Lease};
use shared::store::{StoreError, consents, pool};

use super::metrics::Metrics;
use super::read_marks::ReadMarks;
use super::turns::Turns;
use crate::context::Context;
use crate::failure;
use crate::send::attempt::{Desk, Opened};

/// Messages claimed at a time; each is of another conversation.
const CLAIM: i64 = 32;
/// How long a claim holds: longer than its messages wait for their turn at the slowest pace.
const CLAIM_LEASE: Duration = Duration::from_secs(45);
/// How long one wake is served. What is left then is another wake's, so that no account keeps others out.
const SERVICE: Duration = Duration::from_secs(30);

/// Empties outboxes.
pub struct Outbound {
    context: Context,
    desk: Desk,
    read_marks: ReadMarks,
    turns: Turns,
}

/// What is left when a wake was served.
#[derive(Debug, PartialEq, Eq)]
enum Served {
    Empty,
    MoreToDo,
}

impl Outbound {
    /// The worker over `context`, sending through `desk`.
    pub fn new(context: Context, desk: Desk, metrics: Metrics) -> Self {
        let read_marks = ReadMarks { pool: context.pool.clone(), platforms: desk.platforms.clone(), metrics };
        Self { context, desk, read_marks, turns: Turns::default() }
    }

    /// Sends what `account` has to send, at its pace.
    async fn serve(&self, account: AccountId) -> Result<Served, StoreError> {
        let Some(turn) = self.turns.take(account) else {
            return Ok(Served::Empty);
        };
        let until = Instant::now() + SERVICE;
        loop {
            let Some(opened) = self.open(account).await? else {
                return Ok(Served::Empty);
            };
            let opened = Arc::new(opened);
            let marks = self.mark_read(&opened);
            while self.send_some(&opened).await? {
                if Instant::now() >= until || self.context.lifecycle.stopping.is_cancelled() {
                    return Ok(Served::MoreToDo);
                }
            }
            // A task that panicked has told so; its marks are tried again.
            marks.await.unwrap_or_default();
            if turn.is_over() {
                return Ok(Served::Empty);
            }
        }
    }

    /// The account, if it may send.
    async fn open(&self, account: AccountId) -> Result<Option<Opened>, StoreError> {
        let mut conn = self.context.pool.acquire().await?;
        let Some(sender) = sender::sender(&mut conn, &self.context.keyring, account).await? else {
            return Ok(None);
        };
        match (sender.status, credentials(&sender)) {
            (AccountStatus::Active, Some(credentials)) => Ok(Some(Opened {
                id: sender.id,
                channel: sender.channel,
                throughput_per_second: sender.throughput_per_second,
                account: SenderAccount { external_id: sender.external_id, credentials },
            })),
            (AccountStatus::Active, None) => {
                sender::mark_error(&mut conn, account, "its credentials do not read: connect it anew").await?;
                Ok(None)
            }
            _ => Ok(None),
        }
    }

    /// Beside the sends: a customer sees that the message was read before the answer comes.
    fn mark_read(&self, opened: &Arc<Opened>) -> tokio::task::JoinHandle<()> {
        let (read_marks, opened) = (self.read_marks.clone(), Arc::clone(opened));
        self.context.lifecycle.tasks.spawn(async move { read_marks.serve(&opened).await })
    }

    /// Claims and attempts a handful; whether there was anything to claim.
    async fn send_some(&self, opened: &Arc<Opened>) -> Result<bool, StoreError> {
        let mut transaction = self.context.pool.begin().await?;
        let (lease, claimed) =
            outbox::claim(&mut transaction, &self.context.keyring, opened.id, CLAIM, CLAIM_LEASE).await?;
        let withdrawn = self.withdrawn(&mut transaction, &claimed).await?;
        transaction.commit().await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let attempts: Vec<_> = claimed
            .into_iter()
            .zip(withdrawn)
            .map(|(claimed, withdrawn)| self.attempt(Arc::clone(opened), claimed, lease, withdrawn))
            .collect();
        for attempt in attempts {
            // A task that panicked has told so; its message stays held until the lease is over.
            attempt.await.unwrap_or(Ok(()))?;
        }
        Ok(true)
    }

    /// A task of its own: whoever stops waiting for it does not stop it between the call and the record.
    fn attempt(
        &self,
        opened: Arc<Opened>,
        claimed: Claimed,
        lease: Lease,
        withdrawn: bool,
    ) -> tokio::task::JoinHandle<Result<(), StoreError>> {
        let desk = self.desk.clone();
        self.context.lifecycle.tasks.spawn(async move { desk.attempt(&opened, &claimed, lease, withdrawn).await })
    }

    /// Of each claimed message, whether its contact withdrew the consent that its kind needs.
    async fn withdrawn(
        &self,
        conn: &mut shared::store::PgConnection,
        claimed: &[Claimed],
    ) -> Result<Vec<bool>, StoreError> {
        let mut withdrawn = vec![false; claimed.len()];
        for (author, purpose) in [(Author::Ai, Purpose::Ai), (Author::Campaign, Purpose::Marketing)] {
            let contacts: Vec<_> =
                claimed.iter().filter(|one| one.author == author).map(|one| one.contact_id).collect();
            if contacts.is_empty() {
                continue;
            }
            let gone = consents::withdrawn(conn, &contacts, purpose).await?;
            for (one, withdrawn) in claimed.iter().zip(&mut withdrawn) {
                *withdrawn |= one.author == author && gone.contains(&one.contact_id);
            }
        }
        Ok(withdrawn)
    }
}

fn credentials(sender: &Sender) -> Option<Credentials> {
    let credentials = Credentials::from_json(sender.credentials.as_deref()?).ok()?;
    (credentials.channel() == sender.channel).then_some(credentials)
}

impl Worker for Outbound {
    const NAME: &'static str = "outbound";
    const QUEUE: Queue = Queue::Outbound;
    type Task = WakeAccount;

    async fn handle(&self, batch: &[WakeAccount]) -> Result<(), Failure> {
        for wake in batch {
            if self.serve(wake.account_id).await.map_err(failure::of_store)? == Served::MoreToDo
                && let Err(error) = self.context.publisher().wake(Queue::Outbound, [*wake]).await
            {
                tracing::warn!(%error, "the rest of an outbox waits for the janitor");
            }
        }
        Ok(())
    }

    async fn probe(&self) -> bool {
        pool::ping(&self.context.pool).await.is_ok()
    }
}
