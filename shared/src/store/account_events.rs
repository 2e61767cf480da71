//! News that platforms tell of accounts, kept as they said it.

use std::collections::HashMap;

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, EventId, MerchantId};
use crate::store::column::column;
use crate::store::error::StoreError;
use crate::store::keyring::Keyring;
use crate::store::seal::Binding;

/// Where the platform's object is sealed.
pub const VALUE: &str = "account_events.value";

/// One piece of news.
#[derive(Clone, Debug)]
pub struct AccountEvent<'a> {
    /// The webhook that told it.
    pub event_id: EventId,
    /// Its place there.
    pub position: i32,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Of which account.
    pub account_id: AccountId,
    /// The platform's id of what it is about.
    pub subject: &'a str,
    /// The platform's name of the kind of news.
    pub field: &'a str,
    /// The platform's own object.
    pub value: &'a Value,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
}

/// The connected accounts that news about `subjects` concern: those of that id, and for WhatsApp all
/// numbers of that business account.
pub async fn concerned(
    conn: &mut PgConnection,
    subjects: &[(Channel, String)],
) -> Result<HashMap<(Channel, String), Vec<(AccountId, MerchantId, String)>>, StoreError> {
    let mut concerned: HashMap<_, Vec<_>> = HashMap::new();
    if subjects.is_empty() {
        return Ok(concerned);
    }
    let channels: Vec<String> = subjects.iter().map(|(channel, _)| channel.as_str().to_owned()).collect();
    let ids: Vec<String> = subjects.iter().map(|(_, id)| id.clone()).collect();
    let rows = sqlx::query!(
        r#"select a.id, a.merchant_id, a.app, s.channel as "channel!", s.subject as "subject!"
           from (select distinct channel, subject from unnest($1::text[], $2::text[]) as s (channel, subject)) s
           join accounts a on a.channel = s.channel and (a.external_id = s.subject or a.business_id = s.subject)
           where a.status <> 'inactive'"#,
        &channels,
        &ids
    )
    .fetch_all(conn)
    .await?;
    for row in rows {
        let channel = row
            .channel
            .parse()
            .map_err(|error| StoreError::Corrupt { table: "accounts", problem: format!("{error}") })?;
        concerned.entry((channel, row.subject)).or_default().push((row.id.into(), row.merchant_id.into(), row.app));
    }
    Ok(concerned)
}

/// Keeps `events`; what is kept already stays.
pub async fn keep(conn: &mut PgConnection, keyring: &Keyring, events: &[AccountEvent<'_>]) -> Result<(), StoreError> {
    if events.is_empty() {
        return Ok(());
    }
    let merchants: Vec<MerchantId> = events.iter().map(|event| event.merchant_id).collect();
    let keys = keyring.of_all(conn, &merchants).await?;
    let sealed = events
        .iter()
        .map(|event| {
            Ok(keys
                .of(event.merchant_id)?
                .seal(Binding::new(VALUE, event.event_id), event.value.to_string().as_bytes())?)
        })
        .collect::<Result<Vec<_>, StoreError>>()?;
    sqlx::query!(
        "insert into account_events (event_id, position, merchant_id, account_id, subject, field, value, received_at)
         select * from unnest($1::uuid[], $2::int[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::bytea[],
                              $8::timestamptz[])
         on conflict do nothing",
        &column(events, |event| event.event_id.0),
        &column(events, |event| event.position),
        &column(events, |event| event.merchant_id.0),
        &column(events, |event| event.account_id.0),
        &column(events, |event| event.subject.to_owned()),
        &column(events, |event| event.field.to_owned()),
        &sealed,
        &column(events, |event| event.received_at)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// One piece of news, opened.
#[derive(Clone, Debug)]
pub struct KeptEvent {
    /// The webhook that told it.
    pub event_id: EventId,
    /// Its place there.
    pub position: i32,
    /// The platform's id of what it is about.
    pub subject: String,
    /// The platform's name of the kind of news.
    pub field: String,
    /// The platform's own object.
    pub value: Value,
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
}

/// A place in the list of an account's news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Position {
    /// When the ingress had it.
    pub received_at: DateTime<Utc>,
    /// The webhook.
    pub event_id: EventId,
    /// The place there.
    pub position: i32,
}

/// At most `take` pieces of news of the merchant's account, latest first, those before `before`; of one
/// `field` alone where one is given.
pub async fn list(
    conn: &mut PgConnection,
    keyring: &Keyring,
    merchant: MerchantId,
    account: AccountId,
    field: Option<&str>,
    before: Option<Position>,
    take: i64,
) -> Result<Vec<KeptEvent>, StoreError> {
    let rows = sqlx::query!(
        "select event_id, position, subject, field, value, received_at from account_events
         where merchant_id = $1 and account_id = $2 and ($3::text is null or field = $3)
           and ($4::timestamptz is null or (received_at, event_id, position) < ($4, $5::uuid, $6::int))
         order by received_at desc, event_id desc, position desc
         limit $7",
        merchant.0,
        account.0,
        field,
        before.map(|position| position.received_at),
        before.map(|position| position.event_id.0),
        before.map(|position| position.position),
        take
    )
    .fetch_all(&mut *conn)
    .await?;
    let keys = keyring.of(conn, merchant).await?;
    rows.into_iter()
        .map(|row| {
            let event_id = EventId(row.event_id);
            let plain = keys.open(Binding::new(VALUE, event_id), &row.value)?;
            let value = serde_json::from_slice(&plain)
                .map_err(|error| StoreError::Corrupt { table: "account_events", problem: error.to_string() })?;
            Ok(KeptEvent {
                event_id,
                position: row.position,
                subject: row.subject,
                field: row.field,
                value,
                received_at: row.received_at,
            })
        })
        .collect()
}
