//! Telling customers of orders and appointments: a merchant's own words, whom they go to, and which template carries
//! them.

use std::collections::BTreeMap;

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::identity::Identity;
use crate::domain::ids::{AccountId, ContactId, MerchantId};
use crate::domain::notification::{Language, Notice};
use crate::store::error::StoreError;

/// Whom something is told.
#[derive(Clone, Debug)]
pub struct Addressee {
    /// The contact.
    pub id: ContactId,
    /// Its name.
    pub display_name: Option<String>,
    /// Its locale.
    pub locale: Option<String>,
}

/// A template that its platform takes.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Its language, such as `en_US`.
    pub language: String,
    /// Its parts, in the form in which templates are created; none where the platform has not told.
    pub components: Option<Value>,
}

/// The merchant's own words.
pub async fn texts(
    conn: &mut PgConnection,
    merchant: MerchantId,
) -> Result<BTreeMap<(Notice, Language), String>, StoreError> {
    let rows =
        sqlx::query!("select kind, status, language, text from notification_texts where merchant_id = $1", merchant.0)
            .fetch_all(conn)
            .await?;
    let corrupt = |problem: String| StoreError::Corrupt { table: "notification_texts", problem };
    rows.into_iter()
        .map(|row| {
            let notice = Notice::of_row(&row.kind, &row.status)
                .ok_or_else(|| corrupt(format!("{} {}", row.kind, row.status)))?;
            let language = row.language.parse().map_err(|error| corrupt(format!("{error}")))?;
            Ok(((notice, language), row.text))
        })
        .collect()
}

/// Sets the merchant's own words, or takes them away, so that Loa's hold again.
pub async fn set_text(
    conn: &mut PgConnection,
    merchant: MerchantId,
    notice: Notice,
    language: Language,
    text: Option<&str>,
) -> Result<(), StoreError> {
    let Some(text) = text else {
        sqlx::query!(
            "delete from notification_texts where merchant_id = $1 and kind = $2 and status = $3 and language = $4",
            merchant.0,
            notice.kind(),
            notice.status(),
            language.as_str()
        )
        .execute(conn)
        .await?;
        return Ok(());
    };
    sqlx::query!(
        "insert into notification_texts (merchant_id, kind, status, language, text) values ($1, $2, $3, $4, $5)
         on conflict (merchant_id, kind, status, language) do update set text = excluded.text, updated_at = now()",
        merchant.0,
        notice.kind(),
        notice.status(),
        language.as_str(),
        text
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The contact `id`, or the one that it turned out to be; none where it was erased.
pub async fn contact(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: ContactId,
) -> Result<Option<Addressee>, StoreError> {
    let row = sqlx::query!(
        "select id, display_name, locale from contacts
         where merchant_id = $1 and erased_at is null
           and id = (select coalesce((select went.merged_into from contacts went where went.id = $2 and went.merchant_id = $1), $2))",
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row.map(|row| Addressee { id: row.id.into(), display_name: row.display_name, locale: row.locale }))
}

/// The contact that `address` leads to on `account`.
pub async fn contact_of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    account: AccountId,
    address: &Identity,
) -> Result<Option<Addressee>, StoreError> {
    let scope = if address.kind.is_merchant_wide() { Uuid::nil() } else { account.0 };
    let id = sqlx::query_scalar!(
        "select contact_id from identities where merchant_id = $1 and kind = $2 and value = $3 and scope = $4",
        merchant.0,
        address.kind.as_str(),
        address.value.as_str(),
        scope
    )
    .fetch_optional(&mut *conn)
    .await?;
    match id {
        Some(id) => contact(conn, merchant, ContactId(id)).await,
        None => Ok(None),
    }
}

/// Says of a contact that was just added that an integration named it: nobody has written yet.
pub async fn named_by_api(conn: &mut PgConnection, merchant: MerchantId, id: ContactId) -> Result<(), StoreError> {
    sqlx::query!(
        "update contacts set source = 'api', first_interaction_at = null, last_interaction_at = null
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The template `name` of a WhatsApp business account, in every language in which the platform takes it.
pub async fn approved(
    conn: &mut PgConnection,
    merchant: MerchantId,
    business_id: &str,
    name: &str,
) -> Result<Vec<Approved>, StoreError> {
    let found = sqlx::query_as!(
        Approved,
        "select language, components from templates
         where merchant_id = $1 and business_id = $2 and name = $3 and status = 'APPROVED' and held_reason is null
         order by language",
        merchant.0,
        business_id,
        name
    )
    .fetch_all(conn)
    .await?;
    Ok(found)
}
