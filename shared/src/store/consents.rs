//! Consents: a history that is only ever added to. What holds is its newest entry.

use std::collections::HashSet;

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::consent::{Purpose, Source};
use crate::domain::deterministic;
use crate::domain::ids::{ConsentId, ContactId, MerchantId, MessageId};
use crate::store::error::StoreError;

/// A customer's word on what they agree to, said in a message.
#[derive(Clone, Debug)]
pub struct Withdrawal {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// Who.
    pub contact_id: ContactId,
    /// The message that says it; one message withdraws once.
    pub message_id: MessageId,
    /// What was said.
    pub proof: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// What a customer told the platform itself about marketing.
#[derive(Clone, Debug)]
pub struct PlatformWish {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// Who.
    pub contact_id: ContactId,
    /// Whether they want it.
    pub granted: bool,
    /// The platform's words.
    pub proof: String,
    /// When.
    pub at: DateTime<Utc>,
}

/// Notes what customers told the platform about marketing, each wish once; gives how many were new.
pub async fn note_platform_wishes(conn: &mut PgConnection, wishes: &[PlatformWish]) -> Result<u64, StoreError> {
    if wishes.is_empty() {
        return Ok(0);
    }
    let ids: Vec<Uuid> = wishes
        .iter()
        .map(|wish| deterministic::wish_id(wish.merchant_id, wish.contact_id, wish.granted, wish.at))
        .collect();
    let merchants: Vec<Uuid> = wishes.iter().map(|wish| wish.merchant_id.0).collect();
    let contacts: Vec<Uuid> = wishes.iter().map(|wish| wish.contact_id.0).collect();
    let granted: Vec<bool> = wishes.iter().map(|wish| wish.granted).collect();
    let proofs: Vec<String> = wishes.iter().map(|wish| wish.proof.clone()).collect();
    let times: Vec<DateTime<Utc>> = wishes.iter().map(|wish| wish.at).collect();
    let noted = sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, proof, at)
         select id, merchant_id, contact_id, 'marketing', granted, 'platform', proof, at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::bool[], $5::text[], $6::timestamptz[])
              as new (id, merchant_id, contact_id, granted, proof, at)
         on conflict (id) do nothing",
        &ids,
        &merchants,
        &contacts,
        &granted,
        &proofs,
        &times
    )
    .execute(conn)
    .await?;
    Ok(noted.rows_affected())
}

/// What a contact agreed to, or no longer does, as the merchant came to know it.
#[derive(Clone, Debug)]
pub struct Word<'a> {
    /// Whose customer.
    pub merchant_id: MerchantId,
    /// Who.
    pub contact_id: ContactId,
    /// To what.
    pub purposes: &'a [Purpose],
    /// Yes or no.
    pub granted: bool,
    /// By what.
    pub source: Source,
    /// What was said, signed or ticked.
    pub proof: Option<&'a str>,
    /// When.
    pub at: DateTime<Utc>,
}

/// Adds `word` to the history, an entry for each purpose.
pub async fn add(conn: &mut PgConnection, word: &Word<'_>) -> Result<(), StoreError> {
    let ids: Vec<Uuid> = word.purposes.iter().map(|_| ConsentId::new().0).collect();
    let purposes: Vec<String> = word.purposes.iter().map(|purpose| purpose.as_str().to_owned()).collect();
    sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, proof, at)
         select id, $3, $4, purpose, $5, $6, $7, $8 from unnest($1::uuid[], $2::text[]) as new (id, purpose)",
        &ids,
        &purposes,
        word.merchant_id.0,
        word.contact_id.0,
        word.granted,
        word.source.as_str(),
        word.proof,
        word.at
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// An entry of the history.
#[derive(Clone, Debug)]
pub struct Consent {
    /// The entry.
    pub id: ConsentId,
    /// To what.
    pub purpose: Purpose,
    /// Yes or no.
    pub granted: bool,
    /// By what.
    pub source: Source,
    /// What was said, signed or ticked.
    pub proof: Option<String>,
    /// The message that said it.
    pub message_id: Option<MessageId>,
    /// When.
    pub at: DateTime<Utc>,
}

/// A place in the history.
#[derive(Clone, Copy, Debug)]
pub struct Place {
    /// When it was said.
    pub at: DateTime<Utc>,
    /// The entry.
    pub id: ConsentId,
}

/// What a contact of `merchant` said to `purpose`, or to any, the latest first, after `after`; and how often.
pub async fn history(
    conn: &mut PgConnection,
    merchant: MerchantId,
    contact: ContactId,
    purpose: Option<Purpose>,
    after: Option<Place>,
    skip: i64,
    take: i64,
) -> Result<(Vec<Consent>, i64), StoreError> {
    let rows = sqlx::query!(
        "select id, purpose, granted, source, proof, message_id, at from consents
         where merchant_id = $1 and contact_id = $2 and ($3::text is null or purpose = $3)
           and ($4::timestamptz is null or (at, id) < ($4, $5::uuid))
         order by at desc, id desc offset $6 limit $7",
        merchant.0,
        contact.0,
        purpose.map(Purpose::as_str),
        after.map(|place| place.at),
        after.map(|place| place.id.0),
        skip,
        take
    )
    .fetch_all(&mut *conn)
    .await?;
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from consents
           where merchant_id = $1 and contact_id = $2 and ($3::text is null or purpose = $3)"#,
        merchant.0,
        contact.0,
        purpose.map(Purpose::as_str)
    )
    .fetch_one(conn)
    .await?;
    let corrupt = |problem: String| StoreError::Corrupt { table: "consents", problem };
    let consents = rows.into_iter().map(|row| {
        Ok(Consent {
            id: row.id.into(),
            purpose: row.purpose.parse().map_err(|error| corrupt(format!("{error}")))?,
            granted: row.granted,
            source: row.source.parse().map_err(|error| corrupt(format!("{error}")))?,
            proof: row.proof,
            message_id: row.message_id.map(MessageId),
            at: row.at,
        })
    });
    Ok((consents.collect::<Result<_, StoreError>>()?, count))
}

/// Those of `contacts` who have withdrawn consent to `purpose`.
pub async fn withdrawn(
    conn: &mut PgConnection,
    contacts: &[ContactId],
    purpose: Purpose,
) -> Result<HashSet<ContactId>, StoreError> {
    who_said(conn, contacts, purpose, false).await
}

/// Those of `contacts` who have granted `purpose` and not withdrawn it since.
pub async fn granted(
    conn: &mut PgConnection,
    contacts: &[ContactId],
    purpose: Purpose,
) -> Result<HashSet<ContactId>, StoreError> {
    who_said(conn, contacts, purpose, true).await
}

async fn who_said(
    conn: &mut PgConnection,
    contacts: &[ContactId],
    purpose: Purpose,
    granted: bool,
) -> Result<HashSet<ContactId>, StoreError> {
    let ids: Vec<Uuid> = contacts.iter().map(|contact| contact.0).collect();
    let rows = sqlx::query_scalar!(
        r#"select contact_id as "contact_id!" from (
               select distinct on (contact_id) contact_id, granted from consents
               where contact_id = any($1) and purpose = $2
               order by contact_id, at desc, id desc
           ) newest
           where granted = $3"#,
        &ids,
        purpose.as_str(),
        granted
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(ContactId).collect())
}

/// Notes that customers withdrew their consent to marketing by a word.
pub async fn withdraw_marketing(conn: &mut PgConnection, withdrawals: &[Withdrawal]) -> Result<(), StoreError> {
    let merchants: Vec<Uuid> = withdrawals.iter().map(|one| one.merchant_id.0).collect();
    let contacts: Vec<Uuid> = withdrawals.iter().map(|one| one.contact_id.0).collect();
    let messages: Vec<Uuid> = withdrawals.iter().map(|one| one.message_id.0).collect();
    let proofs: Vec<String> = withdrawals.iter().map(|one| one.proof.clone()).collect();
    let times: Vec<DateTime<Utc>> = withdrawals.iter().map(|one| one.at).collect();
    sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, proof, message_id, at)
         select message_id, merchant_id, contact_id, 'marketing', false, 'keyword', proof, message_id, at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::text[], $5::timestamptz[])
              as new (merchant_id, contact_id, message_id, proof, at)
         on conflict (id) do nothing",
        &merchants,
        &contacts,
        &messages,
        &proofs,
        &times
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes that the platform says that customers stopped marketing. Who has withdrawn already is left as
/// they are.
pub async fn withdrawn_at_platform(conn: &mut PgConnection, withdrawals: &[Withdrawal]) -> Result<(), StoreError> {
    if withdrawals.is_empty() {
        return Ok(());
    }
    let ids: Vec<Uuid> = withdrawals.iter().map(|_| ConsentId::new().0).collect();
    let merchants: Vec<Uuid> = withdrawals.iter().map(|one| one.merchant_id.0).collect();
    let contacts: Vec<Uuid> = withdrawals.iter().map(|one| one.contact_id.0).collect();
    let messages: Vec<Uuid> = withdrawals.iter().map(|one| one.message_id.0).collect();
    let proofs: Vec<String> = withdrawals.iter().map(|one| one.proof.clone()).collect();
    let times: Vec<DateTime<Utc>> = withdrawals.iter().map(|one| one.at).collect();
    sqlx::query!(
        "insert into consents (id, merchant_id, contact_id, purpose, granted, source, proof, message_id, at)
         select distinct on (new.contact_id) new.id, new.merchant_id, new.contact_id, 'marketing', false, 'platform',
                new.proof, new.message_id, new.at
         from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::uuid[], $5::text[], $6::timestamptz[])
              as new (id, merchant_id, contact_id, message_id, proof, at)
         left join lateral (
             select granted from consents c
             where c.contact_id = new.contact_id and c.purpose = 'marketing'
             order by c.at desc, c.id desc limit 1
         ) newest on true
         where newest.granted is distinct from false
         order by new.contact_id, new.at",
        &ids,
        &merchants,
        &contacts,
        &messages,
        &proofs,
        &times
    )
    .execute(conn)
    .await?;
    Ok(())
}
