//! The consumer of queue `outbound`.

use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::stream::FuturesUnordered;
use futures::{FutureExt, StreamExt};
use shared::broker::Queue;
use shared::broker::consume::{Failure, Worker};
use shared::channels::SenderAccount;
use shared::channels::credentials::Credentials;
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{AccountId, MessageId};
use shared::events::wake::WakeAccount;
use shared::store::accounts::sender::{self, Sender};
use shared::store::{StoreError, outbox, pool};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::{JoinError, JoinHandle};

use super::circumstances;
use super::metrics::Metrics;
use super::read_marks::ReadMarks;
use super::turns::Turns;
use crate::context::Context;
use crate::failure;
use crate::send::attempt::{Desk, Opened, Order};
use crate::send::gate::{self, Refusal};

/// How long a claim holds: longer than its messages wait for their turn at the slowest pace.
const CLAIM_LEASE: Duration = Duration::from_secs(45);
/// How long one wake is served. What is left then is another wake's, so that no account keeps others out.
const SERVICE: Duration = Duration::from_secs(30);
/// Messages of one account that are on their way at once: past it the platform is too slow to take more.
const MOST_ON_THEIR_WAY: usize = 1_000;
/// Messages are claimed by the handful, lest each cost a query: so many, or 50 ms worth.
const HANDFUL: usize = 8;
const HANDFULS_A_SECOND: u32 = 20;
/// A campaign whose template is held is looked at again after this.
const TEMPLATE_HELD: Duration = Duration::from_mins(5);
/// Where nothing can be claimed, messages on their way may make room: so often that is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

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
            if self.empty(&opened, until).await? == Served::MoreToDo {
                return Ok(Served::MoreToDo);
            }
            // A task that panicked has told so; its marks are tried again.
            marks.await.unwrap_or_default();
            if turn.is_over() {
                return Ok(Served::Empty);
            }
        }
    }

    /// Claims and sends until nothing is left or `until` is there. The next are claimed while those before
    /// them are on their way, so that no slot finds nobody.
    async fn empty(&self, opened: &Arc<Opened>, until: Instant) -> Result<Served, StoreError> {
        let most = most_in_line(opened.throughput_per_second);
        let line = Arc::new(Semaphore::new(most));
        let mut on_their_way = FuturesUnordered::new();
        let served = loop {
            if Instant::now() >= until || self.context.lifecycle.stopping.is_cancelled() {
                break Served::MoreToDo;
            }
            while on_their_way.len() >= MOST_ON_THEIR_WAY {
                done(on_their_way.next().await)?;
            }
            let Some(places) = places(&line, handful(opened.throughput_per_second).min(most)).await else {
                break Served::MoreToDo;
            };
            let claimed = self.claim(opened, places, &mut on_their_way).await?;
            while let Some(ended) = on_their_way.next().now_or_never().flatten() {
                done(Some(ended))?;
            }
            if claimed {
                continue;
            }
            if on_their_way.is_empty() {
                break Served::Empty;
            }
            // One that ends may let the next of its conversation go.
            done(on_their_way.next().await)?;
            tokio::time::sleep(LOOK_AGAIN).await;
        };
        // What is left goes on its way by itself: the next who is woken need not wait for it.
        Ok(served)
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
                merchant_id: sender.merchant_id,
                channel: sender.channel,
                throughput_per_second: sender.throughput_per_second,
                business_id: sender.business_id,
                app: sender.app,
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
    fn mark_read(&self, opened: &Arc<Opened>) -> JoinHandle<()> {
        let (read_marks, opened) = (self.read_marks.clone(), Arc::clone(opened));
        self.context.lifecycle.tasks.spawn(async move { read_marks.serve(&opened).await })
    }

    /// Claims as many messages as there are places in line, and sends them on their way; whether there were any.
    async fn claim(
        &self,
        opened: &Arc<Opened>,
        mut places: OwnedSemaphorePermit,
        on_their_way: &mut FuturesUnordered<Attempt>,
    ) -> Result<bool, StoreError> {
        let most = i64::try_from(places.num_permits()).unwrap_or(1);
        let mut transaction = self.context.pool.begin().await?;
        let (lease, claimed) =
            outbox::claim(&mut transaction, &self.context.keyring, opened.id, most, CLAIM_LEASE).await?;
        let circumstances = circumstances::look(&mut transaction, opened, &claimed).await?;
        transaction.commit().await?;
        if claimed.is_empty() {
            return Ok(false);
        }
        let (mut orders, mut waits, mut refused) = (Vec::new(), Vec::new(), Vec::new());
        for (claimed, circumstances) in claimed.into_iter().zip(circumstances) {
            match gate::judge(&claimed, opened.channel, circumstances, clock::now()) {
                Ok(window) => orders.push(Order { claimed, lease, window }),
                Err(Refusal::TemplateHeld) if claimed.campaign_id.is_some() => {
                    waits.push((claimed.message_id, TEMPLATE_HELD));
                }
                Err(refusal) => refused.push((claimed.message_id, refusal)),
            }
        }
        self.desk.refuse(opened, &refused).await?;
        let orders = self.keep_to_pairs(opened, orders, &mut waits).await;
        let mut conn = self.context.pool.acquire().await?;
        outbox::later_all(&mut conn, lease, &waits).await?;
        drop(conn);
        for order in orders {
            if let Some(place) = places.split(1) {
                on_their_way.push(self.attempt(Arc::clone(opened), order, place));
            }
        }
        Ok(true)
    }

    /// Takes out the messages whose contact had too many of late; they wait, and the others go on.
    async fn keep_to_pairs(
        &self,
        opened: &Opened,
        orders: Vec<Order>,
        waits: &mut Vec<(MessageId, Duration)>,
    ) -> Vec<Order> {
        if opened.channel != Channel::WhatsApp {
            return orders;
        }
        let contacts: Vec<_> = orders.iter().map(|order| order.claimed.contact_id).collect();
        let pairs = self.desk.pairs.waits(opened.id, &contacts).await;
        let mut may_go = Vec::new();
        for (order, wait) in orders.into_iter().zip(pairs) {
            match wait {
                None => may_go.push(order),
                Some(wait) => waits.push((order.claimed.message_id, wait)),
            }
        }
        may_go
    }

    /// A task of its own: whoever stops waiting for it does not stop it between the call and the record.
    fn attempt(&self, opened: Arc<Opened>, order: Order, place: OwnedSemaphorePermit) -> Attempt {
        let desk = self.desk.clone();
        self.context.lifecycle.tasks.spawn(async move {
            let order = Arc::new(order);
            let attempted = desk.attempt(opened, Arc::clone(&order), place).await;
            if let Err(error) = &attempted {
                tracing::warn!(message.id = %order.claimed.message_id, %error, "not sent: held until its lease is over");
            }
            attempted
        })
    }
}

/// A message on its way.
type Attempt = JoinHandle<Result<(), StoreError>>;

/// Messages of an account that may stand in line for a slot: half a second of its pace.
fn most_in_line(per_second: u32) -> usize {
    usize::try_from(per_second / 2).unwrap_or(usize::MAX).clamp(4, 500)
}

/// Messages that are worth a claim.
fn handful(per_second: u32) -> usize {
    usize::try_from(per_second / HANDFULS_A_SECOND).unwrap_or(usize::MAX).max(HANDFUL)
}

/// At least `least` places in line, and all that are free besides.
async fn places(line: &Arc<Semaphore>, least: usize) -> Option<OwnedSemaphorePermit> {
    let least = u32::try_from(least).unwrap_or(1);
    let mut places = Arc::clone(line).acquire_many_owned(least).await.ok()?;
    while let Ok(more) = Arc::clone(line).try_acquire_owned() {
        places.merge(more);
    }
    Some(places)
}

/// A task that panicked has told so; its message stays held until the lease is over.
fn done(ended: Option<Result<Result<(), StoreError>, JoinError>>) -> Result<(), StoreError> {
    match ended {
        Some(Ok(result)) => result,
        Some(Err(_)) | None => Ok(()),
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
