//! Watermarks: one piece of news about everything sent to a customer up to a moment.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::AccountId;
use crate::domain::status::MessageStatus;
use crate::store::error::StoreError;

/// News of everything sent to a customer up to a moment.
#[derive(Clone, Debug)]
pub struct Watermark {
    /// Which account sent.
    pub account_id: AccountId,
    /// To whom; an address that means something on that account.
    pub contact: Identity,
    /// The status reached.
    pub status: MessageStatus,
    /// The moment; included.
    pub at: DateTime<Utc>,
}

/// Applies watermarks to what was accepted within the 30 days before each.
pub async fn apply(conn: &mut PgConnection, marks: &[Watermark]) -> Result<u64, StoreError> {
    if marks.is_empty() {
        return Ok(0);
    }
    let accounts: Vec<Uuid> = marks.iter().map(|mark| mark.account_id.0).collect();
    let kinds: Vec<String> = marks.iter().map(|mark| mark.contact.kind.as_str().to_owned()).collect();
    let values: Vec<String> = marks.iter().map(|mark| mark.contact.value.to_string()).collect();
    let statuses: Vec<String> = marks.iter().map(|mark| mark.status.as_str().to_owned()).collect();
    let times: Vec<DateTime<Utc>> = marks.iter().map(|mark| mark.at).collect();
    let changed = sqlx::query!(
        "with reached as (
             select m.id, max(new.status::message_status) as status,
                    min(new.at) filter (where new.status = 'delivered') as delivered_at,
                    min(new.at) filter (where new.status = 'read') as read_at
             from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::timestamptz[])
                  as new (account_id, kind, value, status, at)
             join identities i on i.kind = new.kind and i.value = new.value and i.scope = new.account_id
             join conversations c on c.account_id = new.account_id and c.contact_id = i.contact_id
             join messages m on m.conversation_id = c.id
                  and m.id between first_uuid_of(new.at - interval '30 days') and first_uuid_of(new.at + interval '1 ms')
             where m.direction = 'outbound' and m.accepted_at <= new.at
               and m.status in ('sent', 'delivered', 'read') and m.status < new.status::message_status
             group by m.id
         ), locked as (
             select m.id from messages m join reached r on r.id = m.id order by m.id for no key update of m
         )
         update messages m
         set status = greatest(m.status, r.status),
             delivered_at = least(m.delivered_at, coalesce(r.delivered_at, r.read_at)),
             read_at = least(m.read_at, r.read_at)
         from reached r join locked l on l.id = r.id
         where m.id = r.id and m.status < r.status",
        &accounts,
        &kinds,
        &values,
        &statuses,
        &times
    )
    .execute(conn)
    .await?;
    Ok(changed.rows_affected())
}
