//! Addresses that statuses teach: a business-scoped id for a customer known by a phone number.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::ids::MessageId;
use crate::store::error::StoreError;

/// Whom the statuses of our messages named.
#[derive(Clone, Debug, Default)]
pub struct Lessons {
    /// The business-scoped id, and the phone number where one stood beside it.
    of: BTreeMap<MessageId, (String, Option<String>)>,
}

impl Lessons {
    /// Notes the addresses that a status of `message` named; without a business-scoped id they teach nothing.
    pub fn add(&mut self, message: MessageId, named: &[Identity]) {
        let value = |kind| named.iter().find(|address| address.kind == kind).map(|address| address.value.clone());
        if let Some(bsuid) = value(IdentityKind::Bsuid) {
            self.of.insert(message, (bsuid, value(IdentityKind::Phone)));
        }
    }
}

/// Adds the business-scoped ids of `lessons` to the contacts their messages went to; gives how many.
///
/// Nobody is made or merged here. An id that leads to somebody else stays where it is, and so does a
/// contact that has another already, or whose number belongs to somebody else by now: the status may
/// speak of the number's new owner.
pub async fn learn(conn: &mut PgConnection, lessons: &Lessons) -> Result<u64, StoreError> {
    let messages: Vec<Uuid> = lessons.of.keys().map(|id| id.0).collect();
    let (Some(least), Some(greatest)) = (messages.first().copied(), messages.last().copied()) else {
        return Ok(0);
    };
    let bsuids: Vec<String> = lessons.of.values().map(|(bsuid, _)| bsuid.clone()).collect();
    let phones: Vec<Option<String>> = lessons.of.values().map(|(_, phone)| phone.clone()).collect();
    let learned = sqlx::query!(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
         select distinct on (m.contact_id) m.merchant_id, 'bsuid', new.bsuid, '00000000-0000-0000-0000-000000000000'::uuid,
                m.contact_id
         from unnest($1::uuid[], $2::text[], $3::text[]) as new (message_id, bsuid, phone)
         join messages m on m.id = new.message_id and m.id between $4 and $5
         join contacts c on c.id = m.contact_id and c.erased_at is null and c.merged_into is null
         where exists (select 1 from identities i where i.contact_id = m.contact_id and i.kind = 'phone')
           and not exists (select 1 from identities i where i.contact_id = m.contact_id and i.kind = 'bsuid')
           and not exists (select 1 from identities i
                           where i.merchant_id = m.merchant_id and i.kind = 'phone' and i.value = new.phone
                             and i.contact_id <> m.contact_id)
         order by m.contact_id, new.message_id
         on conflict (merchant_id, kind, value, scope) do nothing",
        &messages,
        &bsuids,
        &phones as &[Option<String>],
        least,
        greatest
    )
    .execute(conn)
    .await?;
    Ok(learned.rows_affected())
}
