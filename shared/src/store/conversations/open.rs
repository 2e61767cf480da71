//! Finding the conversations that take messages, in batches.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use hashbrown::HashMap;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{AccountId, ContactId, ConversationId, MerchantId};
use crate::store::error::StoreError;

/// Who talks to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Pair {
    /// The merchant's side.
    pub account_id: AccountId,
    /// The customer.
    pub contact_id: ContactId,
}

/// What comes into the conversation of a pair.
#[derive(Clone, Copy, Debug)]
pub struct Arrival {
    /// Whose.
    pub merchant_id: MerchantId,
    /// The oldest of it.
    pub at: DateTime<Utc>,
    /// Whether a conversation is opened for it; else the last one takes it, closed or not.
    pub opens: bool,
}

/// A conversation that takes messages.
#[derive(Clone, Copy, Debug)]
pub struct Open {
    /// The conversation.
    pub id: ConversationId,
    /// How it was found.
    pub standing: Standing,
}

/// How a conversation was found that takes messages.
#[derive(Clone, Copy, Debug)]
pub enum Standing {
    /// Open, by whoever looked: should it be closed meanwhile, writing into it is a lost race.
    Open,
    /// Closed as it may be, it takes what comes.
    Any,
    /// Not there: it is opened with its first messages.
    New(Opening),
}

/// A conversation to open.
#[derive(Clone, Copy, Debug)]
pub struct Opening {
    /// Whose.
    pub merchant_id: MerchantId,
    /// Who talks to whom.
    pub pair: Pair,
    /// When.
    pub at: DateTime<Utc>,
}

/// The open conversation of each of `pairs`, to be opened with the time given where there is none. What opens none goes
/// into the last conversation of the pair, where there was one. The contacts `new` are this transaction's own, and have
/// none. `recent` are guesses that need not be looked up. Nothing is locked: [`summarise`](super::summary::summarise)
/// finds out who was faster, and which guess was wrong.
#[expect(clippy::implicit_hasher, reason = "one caller, one hasher")]
pub async fn find_open(
    conn: &mut PgConnection,
    pairs: &HashMap<Pair, Arrival>,
    new: &HashSet<ContactId>,
    recent: Vec<(Pair, ConversationId)>,
) -> Result<HashMap<Pair, Open>, StoreError> {
    let mut open = HashMap::with_capacity(pairs.len());
    open.extend(recent.into_iter().map(|(pair, id)| (pair, Open { id, standing: Standing::Open })));
    let is_old = |pair: &&Pair| !new.contains(&pair.contact_id) && !open.contains_key(*pair);
    let old: Vec<&Pair> = pairs.keys().filter(is_old).collect();
    if !old.is_empty() {
        open.extend(find(conn, &old).await?);
    }
    let is_quiet = |pair: &&Pair| !open.contains_key(*pair) && pairs.get(*pair).is_some_and(|arrival| !arrival.opens);
    let quiet: Vec<&Pair> = old.into_iter().filter(is_quiet).collect();
    if !quiet.is_empty() {
        open.extend(find_last(conn, &quiet).await?);
    }
    for (pair, arrival) in pairs {
        let opening = Opening { merchant_id: arrival.merchant_id, pair: *pair, at: arrival.at };
        let new = || Open { id: ConversationId::new(), standing: Standing::New(opening) };
        open.entry(*pair).or_insert_with(new);
    }
    Ok(open)
}

async fn find(conn: &mut PgConnection, pairs: &[&Pair]) -> Result<HashMap<Pair, Open>, StoreError> {
    let accounts: Vec<Uuid> = pairs.iter().map(|pair| pair.account_id.0).collect();
    let contacts: Vec<Uuid> = pairs.iter().map(|pair| pair.contact_id.0).collect();
    let rows = sqlx::query!(
        "select c.id, c.account_id, c.contact_id
         from unnest($1::uuid[], $2::uuid[]) as pair (account_id, contact_id)
         join conversations c using (account_id, contact_id)
         where c.status = 'open'",
        &accounts,
        &contacts
    )
    .fetch_all(conn)
    .await?;
    let open = |id: Uuid| Open { id: id.into(), standing: Standing::Open };
    Ok(rows.into_iter().map(|row| (pair(row.account_id, row.contact_id), open(row.id))).collect())
}

/// The last conversation of each of `pairs`, closed as it may be.
async fn find_last(conn: &mut PgConnection, pairs: &[&Pair]) -> Result<HashMap<Pair, Open>, StoreError> {
    let accounts: Vec<Uuid> = pairs.iter().map(|pair| pair.account_id.0).collect();
    let contacts: Vec<Uuid> = pairs.iter().map(|pair| pair.contact_id.0).collect();
    let rows = sqlx::query!(
        "select last.id, last.account_id, last.contact_id
         from unnest($1::uuid[], $2::uuid[]) as pair (account_id, contact_id)
         cross join lateral (
             select c.id, c.account_id, c.contact_id from conversations c
             where c.contact_id = pair.contact_id and c.account_id = pair.account_id and c.merged_into is null
             order by c.opened_at desc, c.id desc limit 1
         ) last",
        &accounts,
        &contacts
    )
    .fetch_all(conn)
    .await?;
    let last = |id: Uuid| Open { id: id.into(), standing: Standing::Any };
    Ok(rows.into_iter().map(|row| (pair(row.account_id, row.contact_id), last(row.id))).collect())
}

fn pair(account: Uuid, contact: Uuid) -> Pair {
    Pair { account_id: account.into(), contact_id: contact.into() }
}
