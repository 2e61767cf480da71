//! Templates as the API shows them.

use chrono::{DateTime, Utc};
use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{MerchantId, TemplateId};
use crate::store::error::StoreError;

/// A template in one language.
#[derive(Clone, Debug)]
pub struct Template {
    /// The template.
    pub id: TemplateId,
    /// The WhatsApp business account it belongs to.
    pub business_id: String,
    /// The platform's id of it.
    pub platform_id: Option<String>,
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
    /// Its category, in the platform's word.
    pub category: Option<String>,
    /// The category that the platform announced.
    pub next_category: Option<String>,
    /// Where it stands, in the platform's word.
    pub status: String,
    /// Why it was rejected or paused.
    pub reason: Option<String>,
    /// Its quality, in the platform's word.
    pub quality: Option<String>,
    /// Its parts, in the form in which templates are created.
    pub components: Option<Value>,
    /// Why the platform refuses to send it; none where it does not.
    pub held_reason: Option<String>,
    /// Until when, where that is known.
    pub held_until: Option<DateTime<Utc>>,
    /// When the platform told where it stands.
    pub status_at: Option<DateTime<Utc>>,
    /// When anything of it changed here.
    pub updated_at: DateTime<Utc>,
}

/// Which templates are listed; all where nothing is given.
#[derive(Clone, Debug, Default)]
pub struct Filter {
    /// Of which WhatsApp business account.
    pub business_id: Option<String>,
    /// Where they stand, in the platform's word.
    pub status: Option<String>,
    /// Of which category, in the platform's word.
    pub category: Option<String>,
}

/// The place of a template in the list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Position {
    /// Its name.
    pub name: String,
    /// Its language.
    pub language: String,
    /// The template.
    pub id: TemplateId,
}

/// At most `take` templates that `filter` lets through, by name and language, those after `after`.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter,
    after: Option<&Position>,
    take: i64,
) -> Result<Vec<Template>, StoreError> {
    let rows = sqlx::query_as!(
        Template,
        "select id, business_id, platform_id, name, language, category, next_category, status, reason, quality,
                components, held_reason, held_until, status_at, updated_at
         from templates
         where merchant_id = $1 and ($2::text is null or business_id = $2) and ($3::text is null or status = $3)
           and ($4::text is null or category = $4)
           and ($5::text is null or (name, language, id) > ($5, $6::text, $7::uuid))
         order by name, language, id
         limit $8",
        merchant.0,
        filter.business_id.as_deref(),
        filter.status.as_deref(),
        filter.category.as_deref(),
        after.map(|position| position.name.as_str()),
        after.map(|position| position.language.as_str()),
        after.map(|position| Uuid::from(position.id)),
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(rows)
}

/// The template `id`.
pub async fn get(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: TemplateId,
) -> Result<Option<Template>, StoreError> {
    let row = sqlx::query_as!(
        Template,
        "select id, business_id, platform_id, name, language, category, next_category, status, reason, quality,
                components, held_reason, held_until, status_at, updated_at
         from templates where merchant_id = $1 and id = $2",
        merchant.0,
        id.0
    )
    .fetch_optional(conn)
    .await?;
    Ok(row)
}
