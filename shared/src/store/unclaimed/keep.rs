//! Keeping what nobody claims, and giving it back once somebody does.

use std::collections::BTreeMap;

use bytes::Bytes;
use sqlx::PgConnection;

use crate::domain::ids::EventId;
use crate::events::envelope;
use crate::events::raw::RawEvent;
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::{Keyring, NOBODY};
use crate::store::seal::Binding;
use crate::store::unclaimed::EVENT;

/// Why an event is nobody's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// No connected account has the id it names.
    UnknownAccount,
    /// The account belongs to another app than the one that signed.
    OtherApp,
    /// It does not read.
    Unreadable,
}

impl Reason {
    /// The name used in rows and metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::UnknownAccount => "unknown_account",
            Self::OtherApp => "other_app",
            Self::Unreadable => "unreadable",
        }
    }
}

/// An event to keep.
#[derive(Clone, Debug)]
pub struct Unclaimed<'a> {
    /// The event.
    pub event: &'a RawEvent,
    /// The platform's id of the account it names; empty where it does not read.
    pub account: String,
    /// Why it is nobody's.
    pub reason: Reason,
    /// What exactly is wrong with it.
    pub detail: Option<String>,
}

/// Keeps `events`; what is kept already stays, and is not forgotten for having been given back.
pub async fn keep(conn: &mut PgConnection, keyring: &Keyring, events: &[Unclaimed<'_>]) -> Result<(), StoreError> {
    // One account may be named several times in an event, and is kept once.
    let events: BTreeMap<_, _> = events.iter().map(|kept| ((kept.event.head.id, &kept.account), kept)).collect();
    let events: Vec<&Unclaimed<'_>> = events.into_values().collect();
    if events.is_empty() {
        return Ok(());
    }
    let keys = keyring.of(conn, NOBODY).await?;
    let sealed = events
        .iter()
        .map(|kept| Ok(keys.seal(Binding::new(EVENT, kept.event.head.id), &pack(kept.event)?)?))
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into unclaimed_events (event_id, channel, account, reason, detail, app, received_at, sealed)
         select * from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[],
                              $7::timestamptz[], $8::bytea[])
         on conflict (event_id, account) do update set given_back_at = null
         where unclaimed_events.given_back_at is not null",
        &column(&events, |kept| kept.event.head.id.0),
        &column(&events, |kept| kept.event.head.channel.as_str().to_owned()),
        &column(&events, |kept| kept.account.clone()),
        &column(&events, |kept| kept.reason.as_str().to_owned()),
        &column(&events, |kept| kept.detail.clone()) as &[Option<String>],
        &column(&events, |kept| kept.event.head.app.clone()),
        &column(&events, |kept| kept.event.head.received_at),
        &sealed
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Marks at most `most` kept events to be given back whose account is connected by now, and those an operator
/// marked; they stay kept until [`forget`]. Oldest first.
pub async fn give_back(conn: &mut PgConnection, keyring: &Keyring, most: i64) -> Result<Vec<RawEvent>, StoreError> {
    let rows = sqlx::query!(
        "update unclaimed_events set given_back_at = coalesce(given_back_at, now())
         where event_id in (select u.event_id from unclaimed_events u
                            where u.given_back_at is not null
                               or exists (select 1 from accounts a
                                          where a.channel = u.channel and u.account in (a.external_id, a.business_id)
                                            and a.status <> 'inactive' and a.app = u.app)
                            order by u.received_at
                            limit $1)
         returning event_id, received_at, sealed",
        most
    )
    .fetch_all(&mut *conn)
    .await?;
    if rows.is_empty() {
        return Ok(Vec::new());
    }
    let keys = keyring.of(conn, NOBODY).await?;
    let sealed: BTreeMap<_, _> = rows.into_iter().map(|row| ((row.received_at, row.event_id), row.sealed)).collect();
    let mut events = Vec::new();
    for ((_, id), sealed) in sealed {
        events.extend(unpack(keys.open(Binding::new(EVENT, id), &sealed)?)?);
    }
    Ok(events)
}

/// Forgets kept events that were given back, unless they were kept again since.
pub async fn forget(conn: &mut PgConnection, events: &[EventId]) -> Result<u64, StoreError> {
    let ids: Vec<_> = events.iter().map(|event| event.0).collect();
    let gone =
        sqlx::query!("delete from unclaimed_events where event_id = any($1) and given_back_at is not null", &ids)
            .execute(conn)
            .await?;
    Ok(gone.rows_affected())
}

fn pack(event: &RawEvent) -> Result<Bytes, StoreError> {
    envelope::encode([event])
        .map_err(|error| StoreError::Corrupt { table: "unclaimed_events", problem: error.to_string() })
}

fn unpack(packed: Vec<u8>) -> Result<Vec<RawEvent>, StoreError> {
    envelope::decode(packed.into())
        .map_err(|error| StoreError::Corrupt { table: "unclaimed_events", problem: error.to_string() })
}
