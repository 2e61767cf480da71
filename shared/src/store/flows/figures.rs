//! How often the nodes of flows were passed, and what broke. Steps add rows of their own, so that none waits for
//! another; the janitor folds them in.

use sqlx::PgConnection;

use crate::domain::ids::{ConversationId, FlowId, MerchantId};
use crate::flow::session::Failure;
use crate::store::column::column;
use crate::store::error::StoreError;

/// What was counted, and how often.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Figure {
    /// The flow.
    pub flow_id: FlowId,
    /// Its version.
    pub version: i32,
    /// The node; empty for the whole session.
    pub node_id: String,
    /// What: `entered`, `left`, `replied`, `converted`, `completed`; of a session `started` and how it ended.
    pub passage: &'static str,
    /// The way out, or the arm.
    pub outlet: String,
    /// Whose.
    pub merchant_id: MerchantId,
}

/// Adds `figures`, each with how often.
pub async fn add(conn: &mut PgConnection, figures: &[(Figure, i64)]) -> Result<(), StoreError> {
    if figures.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into flow_figure_deltas (merchant_id, flow_id, version, node_id, passage, outlet, delta)
         select * from unnest($1::uuid[], $2::uuid[], $3::int[], $4::text[], $5::text[], $6::text[], $7::bigint[])",
        &column(figures, |(figure, _)| figure.merchant_id.0),
        &column(figures, |(figure, _)| figure.flow_id.0),
        &column(figures, |(figure, _)| figure.version),
        &column(figures, |(figure, _)| figure.node_id.clone()),
        &column(figures, |(figure, _)| figure.passage.to_owned()),
        &column(figures, |(figure, _)| figure.outlet.clone()),
        &column(figures, |(_, times)| *times)
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Notes what broke, for the authors.
pub async fn fail(
    conn: &mut PgConnection,
    failures: &[(MerchantId, ConversationId, Failure)],
) -> Result<(), StoreError> {
    if failures.is_empty() {
        return Ok(());
    }
    sqlx::query!(
        "insert into flow_failures (merchant_id, conversation_id, flow_id, version, node_id, code, reason)
         select * from unnest($1::uuid[], $2::uuid[], $3::uuid[], $4::int[], $5::text[], $6::text[], $7::text[])",
        &column(failures, |(merchant, _, _)| merchant.0),
        &column(failures, |(_, conversation, _)| conversation.0),
        &column(failures, |(_, _, failure)| failure.flow_id.0),
        &column(failures, |(_, _, failure)| failure.version),
        &column(failures, |(_, _, failure)| failure.node_id.clone()),
        &column(failures, |(_, _, failure)| failure.code.clone()),
        &column(failures, |(_, _, failure)| failure.reason.replace('\0', ""))
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Folds at most `most` rows that steps left behind into the figures; how many.
pub async fn fold(conn: &mut PgConnection, most: i64) -> Result<u64, StoreError> {
    let folded = sqlx::query_scalar!(
        r#"with taken as (
               delete from flow_figure_deltas where id in (
                   select id from flow_figure_deltas order by id limit $1 for update skip locked
               )
               returning merchant_id, flow_id, version, node_id, passage, outlet, delta
           ), change as (
               select flow_id, version, node_id, passage, outlet, merchant_id, sum(delta)::bigint as delta from taken
               group by flow_id, version, node_id, passage, outlet, merchant_id
               order by flow_id, version, node_id, passage, outlet
           ), folded as (
               insert into flow_figures as f (flow_id, version, node_id, passage, outlet, merchant_id, total)
               select * from change
               on conflict (flow_id, version, node_id, passage, outlet) do update set total = f.total + excluded.total
           )
           select count(*) as "folded!" from taken"#,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(folded.unsigned_abs())
}

/// Forgets at most `most` failures that are older than so many days.
pub async fn forget_failures(conn: &mut PgConnection, kept_days: i32, most: i64) -> Result<u64, StoreError> {
    let gone = sqlx::query!(
        "delete from flow_failures where id in (
             select id from flow_failures where at < now() - make_interval(days => $1) order by id limit $2
         )",
        kept_days,
        most
    )
    .execute(conn)
    .await?;
    Ok(gone.rows_affected())
}
