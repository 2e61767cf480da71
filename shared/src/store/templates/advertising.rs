//! Templates that the platform takes for advertising.

use std::collections::HashSet;

use sqlx::PgConnection;

use crate::domain::ids::MerchantId;
use crate::store::error::StoreError;

/// Those of `templates`, by name and language, that are of the category `MARKETING`. One that nothing was told of is not.
pub async fn of_marketing(
    conn: &mut PgConnection,
    merchant: MerchantId,
    business: &str,
    templates: &[(String, String)],
) -> Result<HashSet<(String, String)>, StoreError> {
    if templates.is_empty() {
        return Ok(HashSet::new());
    }
    let names: Vec<&str> = templates.iter().map(|(name, _)| name.as_str()).collect();
    let languages: Vec<&str> = templates.iter().map(|(_, language)| language.as_str()).collect();
    let rows = sqlx::query!(
        "select distinct t.name, t.language
         from unnest($3::text[], $4::text[]) as wanted (name, language)
         join templates t on t.merchant_id = $1 and t.business_id = $2
              and t.name = wanted.name and t.language = wanted.language
         where upper(t.category) = 'MARKETING'",
        merchant.0,
        business,
        &names as &[&str],
        &languages as &[&str]
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.language)).collect())
}
