//! What was published of a flow.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{read_document, written};
use crate::domain::ids::{FlowId, MerchantId, UserId};
use crate::flow::Document;
use crate::store::error::StoreError;

/// A version, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Version {
    /// Its number, from one.
    pub version: i32,
    /// What its author said of it.
    pub note: Option<String>,
    /// How many nodes it has.
    pub node_count: i64,
    /// Who published it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: DateTime<Utc>,
}

/// How many versions a flow has.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, flow: FlowId) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from flow_versions where merchant_id = $1 and flow_id = $2"#,
        merchant.0,
        flow.0
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The versions of a flow before `before`, newest first.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    before: Option<i32>,
    skip: i64,
    take: i64,
) -> Result<Vec<Version>, StoreError> {
    let rows = sqlx::query!(
        r#"select version, note, coalesce(jsonb_array_length(document->'nodes'), 0)::bigint as "node_count!",
                  created_by, created_at
           from flow_versions
           where merchant_id = $1 and flow_id = $2 and ($3::integer is null or version < $3)
           order by version desc offset $4 limit $5"#,
        merchant.0,
        flow.0,
        before,
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(rows
        .into_iter()
        .map(|row| Version {
            version: row.version,
            note: row.note,
            node_count: row.node_count,
            created_by: row.created_by.map(UserId),
            created_at: row.created_at,
        })
        .collect())
}

/// One version and what it says.
pub async fn get(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    version: i32,
) -> Result<Option<(Version, Document)>, StoreError> {
    let row = sqlx::query!(
        "select note, document, created_by, created_at from flow_versions
         where merchant_id = $1 and flow_id = $2 and version = $3",
        merchant.0,
        flow.0,
        version
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let document = read_document("flow_versions", row.document)?;
    let told = Version {
        version,
        note: row.note,
        node_count: i64::try_from(document.nodes.len()).unwrap_or(i64::MAX),
        created_by: row.created_by.map(UserId),
        created_at: row.created_at,
    };
    Ok(Some((told, document)))
}

/// What is published of `flows`, and under which number.
pub async fn published(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flows: &[FlowId],
) -> Result<Vec<(FlowId, i32, Document)>, StoreError> {
    let ids: Vec<Uuid> = flows.iter().map(|flow| flow.0).collect();
    let rows = sqlx::query!(
        "select v.flow_id, v.version, v.document
         from flows f join flow_versions v on v.flow_id = f.id and v.version = f.published_version and v.merchant_id = $1
         where f.merchant_id = $1 and f.id = any($2) and f.deleted_at is null order by f.id",
        merchant.0,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| Ok((row.flow_id.into(), row.version, read_document("flow_versions", row.document)?)))
        .collect()
}

/// Freezes `document` as the next version of a flow that is locked; its number.
pub async fn publish(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    document: &Document,
    note: Option<&str>,
    by: Option<UserId>,
) -> Result<i32, StoreError> {
    let version = sqlx::query_scalar!(
        "insert into flow_versions (flow_id, version, merchant_id, document, note, created_by)
         select $2, coalesce(max(version), 0) + 1, $1, $3, $4, $5
         from flow_versions where merchant_id = $1 and flow_id = $2
         returning version",
        merchant.0,
        flow.0,
        written(document)?,
        note,
        by.map(Uuid::from)
    )
    .fetch_one(conn)
    .await?;
    Ok(version)
}
