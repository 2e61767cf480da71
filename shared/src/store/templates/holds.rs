//! What news of a template do to its sends.

use sqlx::PgConnection;
use uuid::Uuid;

use crate::store::error::StoreError;

/// Nothing more is claimed of these templates, until the platform takes them again.
pub(super) async fn hold(conn: &mut PgConnection, templates: &[Uuid]) -> Result<(), StoreError> {
    if templates.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into send_holds (scope, channel, subject, merchant_id, until, reason)
         select 'template', 'whatsapp', id::text, merchant_id, held_until, held_reason
         from templates where id = any($1) and held_reason is not null
         on conflict (scope, channel, subject) do update set until = excluded.until, reason = excluded.reason",
        templates
    )
    .execute(conn)
    .await?;
    Ok(())
}

pub(super) async fn release(conn: &mut PgConnection, templates: &[Uuid]) -> Result<(), StoreError> {
    if templates.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "delete from send_holds
         where scope = 'template' and channel = 'whatsapp' and subject in (select unnest($1::uuid[])::text)",
        templates
    )
    .execute(conn)
    .await?;
    Ok(())
}
