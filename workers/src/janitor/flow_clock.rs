//! Flows that listen to the clock: to customers who have not answered, and to an hour.

use std::collections::HashMap;
use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::broker::Queue;
use shared::domain::account_settings::AccountSettings;
use shared::domain::business_hours::TimeZone;
use shared::domain::clock;
use shared::domain::ids::ConversationId;
use shared::events::wake::WakeConversation;
use shared::flow::definition::{Definition, TriggerKind};
use shared::flow::event::Happening;
use shared::store::flows::events::{self, Heard, NewEvent};
use shared::store::flows::rounds::{self, Clocked, Kind, Round};
use shared::store::flows::{running, threads};
use shared::store::{PgConnection, StoreError};
use uuid::Uuid;

use super::sweep::RoundError;
use crate::context::Context;
use crate::flow::audience;

/// Conversations or contacts that are looked at by one transaction, and transactions of one flow in one round.
const LOT: i64 = 500;
const MOST_LOTS: usize = 10;
/// An hour that was missed by more than this, since no janitor ran, is left out.
const MISSED: TimeDelta = TimeDelta::hours(1);

/// Tells flows of customers who have not answered for as long as their trigger says: each message once.
pub async fn unanswered(context: &Context) -> Result<(), RoundError> {
    for (clocked, definition) in flows(context, Kind::NoReply).await? {
        let after = definition.triggers.iter().find_map(|trigger| match trigger.kind {
            TriggerKind::NoReply { after } => Some(Duration::from_secs(after)),
            _ => None,
        });
        let Some(after) = after else { continue };
        for _ in 0..MOST_LOTS {
            if lot_of_unanswered(context, &clocked, after).await? < LOT {
                break;
            }
        }
    }
    Ok(())
}

async fn lot_of_unanswered(context: &Context, clocked: &Clocked, after: Duration) -> Result<i64, RoundError> {
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    let until = clock::now() - TimeDelta::from_std(after).unwrap_or(TimeDelta::MAX);
    // What was written before the flow was there is none of its business.
    let Some(round) = rounds::lock(&mut transaction, clocked, Kind::NoReply, until).await? else {
        return Ok(0);
    };
    let found = rounds::unanswered(&mut transaction, clocked, round, after, LOT).await?;
    let count = i64::try_from(found.len()).unwrap_or(LOT);
    let next = match found.last() {
        Some((conversation, at)) if count == LOT => Round { up_to: *at, id: conversation.0, done: true },
        _ => Round { up_to: until.max(round.up_to), id: Uuid::max(), done: true },
    };
    let flow_id = clocked.flow.flow_id;
    let conversations: Vec<ConversationId> = found.into_iter().map(|(conversation, _)| conversation).collect();
    tell(&mut transaction, context, clocked, &conversations, &Happening::NoReply { flow_id }).await?;
    rounds::remind(&mut transaction, clocked, &conversations).await?;
    rounds::note(&mut transaction, flow_id, Kind::NoReply, next).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    wake(context, conversations).await?;
    Ok(count)
}

/// Tells flows that their hour has come, for every customer whom their condition holds for and who has a thread where
/// the flow works.
pub async fn scheduled(context: &Context) -> Result<(), RoundError> {
    for (clocked, definition) in flows(context, Kind::Schedule).await? {
        let trigger = definition.triggers.iter().map(|trigger| &trigger.kind);
        let Some(trigger) = trigger.into_iter().find(|kind| matches!(kind, TriggerKind::Schedule { .. })) else {
            continue;
        };
        for _ in 0..MOST_LOTS {
            if lot_of_scheduled(context, &clocked, trigger).await? < LOT {
                break;
            }
        }
    }
    Ok(())
}

async fn lot_of_scheduled(context: &Context, clocked: &Clocked, trigger: &TriggerKind) -> Result<i64, RoundError> {
    let TriggerKind::Schedule { at, days, timezone, audience } = trigger else {
        return Ok(0);
    };
    let now = clock::now();
    let mut transaction = context.pool.begin().await.map_err(StoreError::from)?;
    let Some(mut round) = rounds::lock(&mut transaction, clocked, Kind::Schedule, now).await? else {
        return Ok(0);
    };
    let flow_id = clocked.flow.flow_id;
    if round.done {
        let zone = match timezone {
            Some(zone) => *zone,
            None => zone_of(&mut transaction, clocked).await?,
        };
        let Some(due) = due(zone.next(*at, days, round.up_to), |after| zone.next(*at, days, after), now) else {
            // The book is opened with the flow: hours before it are none of its business.
            transaction.commit().await.map_err(StoreError::from)?;
            return Ok(0);
        };
        round = Round { up_to: due, id: Uuid::nil(), done: now - due > MISSED };
    }
    let mut count = 0;
    let mut chosen = Vec::new();
    if !round.done {
        let contacts = rounds::reachable(&mut transaction, clocked, round, LOT).await?;
        count = i64::try_from(contacts.len()).unwrap_or(LOT);
        let threads: Vec<ConversationId> = contacts.iter().filter_map(|(_, conversation)| *conversation).collect();
        let threads = threads::read(&mut transaction, &threads).await?;
        chosen =
            threads.iter().filter(|thread| audience::holds(audience, thread, now)).map(|thread| thread.id).collect();
        round.id = contacts.last().map_or(round.id, |(contact, _)| contact.0);
        round.done = count < LOT;
        tell(&mut transaction, context, clocked, &chosen, &Happening::Scheduled { flow_id }).await?;
    }
    rounds::note(&mut transaction, flow_id, Kind::Schedule, round).await?;
    transaction.commit().await.map_err(StoreError::from)?;
    wake(context, chosen).await?;
    Ok(count)
}

/// The last hour that has come, of those after the one that was done last.
fn due(
    first: Option<DateTime<Utc>>,
    next: impl Fn(DateTime<Utc>) -> Option<DateTime<Utc>>,
    now: DateTime<Utc>,
) -> Option<DateTime<Utc>> {
    let come = std::iter::successors(first, |at| next(*at)).take_while(|at| *at <= now);
    come.last()
}

async fn zone_of(conn: &mut PgConnection, clocked: &Clocked) -> Result<TimeZone, StoreError> {
    let settings = rounds::settings_of_first_account(conn, clocked).await?;
    let settings = settings.and_then(|settings| serde_json::from_value::<AccountSettings>(settings).ok());
    Ok(settings.unwrap_or_default().timezone())
}

/// The active flows that listen to `kind`, as far as they read.
async fn flows(context: &Context, kind: Kind) -> Result<Vec<(Clocked, Definition)>, RoundError> {
    let mut conn = context.pool.acquire().await.map_err(StoreError::from)?;
    let clocked = rounds::clocked(&mut conn, kind).await?;
    let versions: Vec<_> = clocked.iter().map(|one| (one.flow.flow_id, one.flow.version)).collect();
    let documents = running::documents(&mut conn, &versions).await?;
    let mut read: HashMap<_, Definition> =
        documents.into_iter().filter_map(|(version, document)| Some((version, document.ok()?.parse().ok()?))).collect();
    let with = |one: Clocked| {
        let definition = read.remove(&(one.flow.flow_id, one.flow.version))?;
        Some((one, definition))
    };
    Ok(clocked.into_iter().filter_map(with).collect())
}

async fn tell(
    conn: &mut PgConnection,
    context: &Context,
    clocked: &Clocked,
    conversations: &[ConversationId],
    happening: &Happening,
) -> Result<(), StoreError> {
    let keys = context.keyring.of_all(conn, &[clocked.merchant_id]).await?;
    let new = |conversation: &ConversationId| NewEvent {
        merchant_id: clocked.merchant_id,
        conversation_id: *conversation,
        session_id: None,
        heard: Heard::Happening(happening.clone()),
    };
    let new: Vec<NewEvent> = conversations.iter().map(new).collect();
    events::add(conn, &keys, &new).await
}

async fn wake(context: &Context, conversations: Vec<ConversationId>) -> Result<(), RoundError> {
    let wakes = conversations.into_iter().map(|conversation_id| WakeConversation { conversation_id });
    context.publisher().wake(Queue::Flow, wakes).await?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn of_hours_that_were_missed_the_last_counts() {
        let at = |hours: i64| DateTime::UNIX_EPOCH + TimeDelta::hours(hours);
        let daily = |after: DateTime<Utc>| Some(after + TimeDelta::hours(24));
        assert_eq!(due(Some(at(24)), daily, at(23)), None);
        assert_eq!(due(Some(at(24)), daily, at(24)), Some(at(24)));
        assert_eq!(due(Some(at(24)), daily, at(80)), Some(at(72)));
        assert_eq!(due(None, daily, at(80)), None);
    }
}
