//! Keeping what goes on: sessions, what they wait for, and what they asked others for.

use std::collections::BTreeSet;

use chrono::{DateTime, TimeDelta, Utc};
use shared::flow::effect::Effect;
use shared::store::flows::calls::{self, NewCall};
use shared::store::flows::sessions::{self, Kept};
use shared::store::flows::turns::{self, NewTurn};
use shared::store::flows::waits::{self, NewWait};
use shared::store::keyring::Keys;
use shared::store::{PgConnection, StoreError};

use super::outcome;
use super::writing::Turned;

/// A session that nothing moves is over after this; one that waits, so long after its wait.
const SESSION_KEPT: TimeDelta = TimeDelta::days(7);

/// Writes the sessions that go on and what they wait for, and takes away those that are over.
pub(super) async fn keep(
    conn: &mut PgConnection,
    keys: &Keys,
    turned: &[Turned],
    now: DateTime<Utc>,
) -> Result<(), StoreError> {
    let stored = turned.iter().filter_map(|one| one.thread.session.as_ref());
    let over: BTreeSet<_> = turned.iter().flat_map(|one| one.outcome.over.iter().copied()).collect();
    let gone: Vec<_> = stored.map(|stored| stored.id).filter(|id| over.contains(id)).collect();
    sessions::delete(conn, &gone).await?;
    let kept: Vec<Kept<'_>> = turned.iter().filter_map(|one| kept(one, now)).collect();
    sessions::keep(conn, keys, &kept).await?;

    let (mut waits, mut forgotten) = (Vec::new(), Vec::new());
    for one in turned {
        let alive = one.outcome.session.as_ref().map(|session| session.id);
        for (session_id, effect) in one.outcome.effects.iter().filter(|(id, _)| Some(*id) == alive) {
            match effect {
                Effect::Wait { wait, due } => waits.push(NewWait {
                    session_id: *session_id,
                    number: *wait,
                    merchant_id: one.thread.merchant_id,
                    conversation_id: one.thread.id,
                    due: *due,
                }),
                // One that began and is not needed in the same turn is never written.
                Effect::Forget { wait } => {
                    waits.retain(|other: &NewWait| (other.session_id, other.number) != (*session_id, *wait));
                    forgotten.push((*session_id, *wait));
                }
                _ => {}
            }
        }
    }
    waits::forget(conn, &forgotten).await?;
    waits::add(conn, &waits).await
}

fn kept(turned: &Turned, now: DateTime<Utc>) -> Option<Kept<'_>> {
    let session = turned.outcome.session.as_ref()?;
    let root = session.frames.first()?;
    Some(Kept {
        session,
        merchant_id: turned.thread.merchant_id,
        account_id: turned.thread.account.id,
        conversation_id: turned.thread.id,
        contact_id: turned.thread.contact.id,
        flow_id: root.flow_id,
        version: root.version,
        expires_at: outcome::expiry(&turned.outcome, &turned.thread, SESSION_KEPT, now),
        asked_message_id: turned.outcome.asked,
        trace: turned.trace(),
    })
}

/// Writes calls to make and turns of the AI responder; whether there are calls.
pub(super) async fn ask(conn: &mut PgConnection, keys: &Keys, turned: &[Turned]) -> Result<bool, StoreError> {
    let (mut new_calls, mut new_turns) = (Vec::new(), Vec::new());
    for one in turned {
        let alive = one.outcome.session.as_ref().map(|session| session.id);
        for (session_id, effect) in one.outcome.effects.iter().filter(|(id, _)| Some(*id) == alive) {
            match effect {
                Effect::Call { call, request, .. } => new_calls.push(NewCall {
                    session_id: *session_id,
                    number: *call,
                    merchant_id: one.thread.merchant_id,
                    conversation_id: one.thread.id,
                    request,
                }),
                Effect::AskAi { instructions } => new_turns.push(NewTurn {
                    conversation_id: one.thread.id,
                    merchant_id: one.thread.merchant_id,
                    account_id: one.thread.account.id,
                    session_id: Some(*session_id),
                    instructions: instructions.clone(),
                }),
                _ => {}
            }
        }
    }
    calls::add(conn, keys, &new_calls).await?;
    turns::add(conn, keys, &new_turns).await?;
    Ok(!new_calls.is_empty())
}
