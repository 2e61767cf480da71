//! The same events twice, in two orders and two groupings, all at once: one row for each, and every count right.

use shared::broker::Outgoing;
use sqlx::PgPool;

use super::events::Events;
use super::stage::{Known, Stage};
use super::subject;

/// Events in a message where they are in order, and at most so many where they are shuffled.
const ENVELOPE: usize = 512;

/// What is there afterwards.
#[derive(Clone, Copy, Debug, sqlx::FromRow)]
pub(super) struct Left {
    pub(super) rows: i64,
    /// What the threads count.
    pub(super) counted: i64,
    pub(super) unread: i64,
    /// Threads whose own figures are not those of their messages.
    pub(super) wrong_threads: i64,
    pub(super) contacts: i64,
}

impl Left {
    /// Whether everything is there once, and is counted once.
    pub(super) fn is_right(self, events: usize, customers: usize) -> bool {
        let (events, customers) = (i64::try_from(events), i64::try_from(customers));
        [self.rows, self.counted, self.unread].iter().all(|count| Ok(*count) == events)
            && self.wrong_threads == 0
            && Ok(self.contacts) == customers
    }
}

/// Stores `events` twice.
pub(super) async fn store(stage: &mut Stage, events: &Events, known: &[Known]) -> anyhow::Result<Left> {
    stage.clear(known).await?;
    let (mut first, mut second) = (events.envelopes(ENVELOPE)?.into_iter(), events.shuffled(ENVELOPE)?.into_iter());
    let mut both: Vec<Outgoing> = Vec::new();
    loop {
        let before = both.len();
        both.extend(first.next());
        both.extend(second.next());
        if both.len() == before {
            break;
        }
    }
    stage.store_up(&both).await?;
    subject::drain(stage, events.count() * 2).await?;
    Ok(left(&stage.db).await?)
}

async fn left(db: &PgPool) -> sqlx::Result<Left> {
    sqlx::query_as(
        "with told as (
             select conversation_id, count(*) as count, max(written_at) as last
             from messages group by conversation_id
         )
         select (select count(*) from messages) as rows,
                sum(c.message_count)::bigint as counted, sum(c.unread_count)::bigint as unread,
                count(*) filter (
                    where c.message_count is distinct from told.count or c.unread_count is distinct from told.count
                       or c.last_message_at is distinct from told.last or c.last_inbound_at is distinct from told.last
                       or (select m.written_at from messages m where m.id = c.last_message_id) is distinct from told.last
                ) as wrong_threads,
                (select count(*) from contacts) as contacts
         from conversations c left join told on told.conversation_id = c.id",
    )
    .fetch_one(db)
    .await
}
