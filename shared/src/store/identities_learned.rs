//! Addresses that statuses teach: a business-scoped id for a customer known by a phone number.

use std::collections::BTreeMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::{Identity, IdentityKind};
use crate::domain::ids::{ContactId, MerchantId};
use crate::store::error::StoreError;

/// Whom the statuses of our messages named.
#[derive(Clone, Debug, Default)]
pub struct Lessons {
    /// Of each contact that a message went to.
    of: BTreeMap<ContactId, Lesson>,
}

#[derive(Clone, Debug)]
struct Lesson {
    merchant_id: MerchantId,
    bsuid: String,
    /// The phone number that stood beside it.
    phone: Option<String>,
}

impl Lessons {
    /// Notes the addresses that the status of a message to `contact` named; without a business-scoped id they
    /// teach nothing.
    pub fn add(&mut self, merchant_id: MerchantId, contact: ContactId, named: &[Identity]) {
        let value = |kind| named.iter().find(|address| address.kind == kind).map(|address| address.value.to_string());
        if let Some(bsuid) = value(IdentityKind::Bsuid) {
            self.of.insert(contact, Lesson { merchant_id, bsuid, phone: value(IdentityKind::Phone) });
        }
    }
}

/// Adds the business-scoped ids of `lessons` to the contacts their messages went to; gives how many.
///
/// Nobody is made or merged here. An id that leads to somebody else stays where it is, and so does a
/// contact that has another already, or whose number belongs to somebody else by now: the status may
/// speak of the number's new owner.
pub async fn learn(conn: &mut PgConnection, lessons: &Lessons) -> Result<u64, StoreError> {
    if lessons.of.is_empty() {
        return Ok(0);
    }
    let contacts: Vec<Uuid> = lessons.of.keys().map(|id| id.0).collect();
    let merchants: Vec<Uuid> = lessons.of.values().map(|lesson| lesson.merchant_id.0).collect();
    let bsuids: Vec<String> = lessons.of.values().map(|lesson| lesson.bsuid.clone()).collect();
    let phones: Vec<Option<String>> = lessons.of.values().map(|lesson| lesson.phone.clone()).collect();
    let learned = sqlx::query!(
        "insert into identities (merchant_id, kind, value, scope, contact_id)
         select new.merchant_id, 'bsuid', new.bsuid, '00000000-0000-0000-0000-000000000000'::uuid, new.contact_id
         from unnest($1::uuid[], $2::uuid[], $3::text[], $4::text[]) as new (contact_id, merchant_id, bsuid, phone)
         where not exists (select 1 from identities i where i.contact_id = new.contact_id and i.kind = 'bsuid')
           and exists (select 1 from identities i where i.contact_id = new.contact_id and i.kind = 'phone')
           and not exists (select 1 from identities i
                           where i.merchant_id = new.merchant_id and i.kind = 'phone' and i.value = new.phone
                             and i.contact_id <> new.contact_id)
           and exists (select 1 from contacts c
                       where c.id = new.contact_id and c.erased_at is null and c.merged_into is null)
         order by new.contact_id
         on conflict (merchant_id, kind, value, scope) do nothing",
        &contacts,
        &merchants,
        &bsuids,
        &phones as &[Option<String>]
    )
    .execute(conn)
    .await?;
    Ok(learned.rows_affected())
}
