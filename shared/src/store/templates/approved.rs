//! Templates that may be sent, by their own ids.

use std::collections::HashMap;

use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::ids::{MerchantId, TemplateId};
use crate::store::column::column;
use crate::store::error::StoreError;

/// A template that may be sent.
#[derive(Clone, Debug)]
pub struct Approved {
    /// Its name.
    pub name: String,
    /// Its language, such as `en_US`.
    pub language: String,
}

/// Those of `wanted` that the platform approved and does not hold.
pub async fn by_id(
    conn: &mut PgConnection,
    wanted: &[(MerchantId, TemplateId)],
) -> Result<HashMap<TemplateId, Approved>, StoreError> {
    if wanted.is_empty() {
        return Ok(HashMap::new());
    }
    let rows = sqlx::query!(
        "select t.id, t.name, t.language
         from unnest($1::uuid[], $2::uuid[]) as wanted (merchant_id, id)
         join templates t on t.id = wanted.id and t.merchant_id = wanted.merchant_id
         where t.status = 'APPROVED' and t.held_reason is null",
        &column(wanted, |(merchant, _)| merchant.0) as &[Uuid],
        &column(wanted, |(_, template)| template.0) as &[Uuid]
    )
    .fetch_all(conn)
    .await?;
    let approved = |name, language| Approved { name, language };
    Ok(rows.into_iter().map(|row| (row.id.into(), approved(row.name, row.language))).collect())
}
