//! What broke while a flow was under way, as its author is told.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;

use crate::domain::ids::{ConversationId, FlowId, MerchantId};
use crate::store::counts::Total;
use crate::store::error::StoreError;

/// Failures are counted up to here.
const MOST_COUNTED: i64 = 10_000;

/// A session that could not go on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct FailureRecord {
    /// Its number.
    pub id: i64,
    /// The version.
    pub version: i32,
    /// The node.
    pub node_id: String,
    /// What kind.
    pub code: String,
    /// In words.
    pub reason: String,
    /// The conversation, which a person has now.
    pub conversation_id: ConversationId,
    /// When.
    pub at: DateTime<Utc>,
}

/// How many there are of a flow, of one version where that is named.
pub async fn count(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    version: Option<i32>,
) -> Result<Total, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select 1 from flow_failures
               where merchant_id = $1 and flow_id = $2 and ($3::integer is null or version = $3) limit $4) as seen"#,
        merchant.0,
        flow.0,
        version,
        MOST_COUNTED
    )
    .fetch_one(conn)
    .await?;
    Ok(Total { count, is_estimate: count == MOST_COUNTED })
}

/// Those before `before`, the latest first.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    version: Option<i32>,
    before: Option<i64>,
    skip: i64,
    take: i64,
) -> Result<Vec<FailureRecord>, StoreError> {
    let failures = sqlx::query_as!(
        FailureRecord,
        "select id, version, node_id, code, reason, conversation_id, at from flow_failures
         where merchant_id = $1 and flow_id = $2 and ($3::integer is null or version = $3)
           and ($4::bigint is null or id < $4)
         order by id desc offset $5 limit $6",
        merchant.0,
        flow.0,
        version,
        before,
        skip,
        take
    )
    .fetch_all(conn)
    .await?;
    Ok(failures)
}
