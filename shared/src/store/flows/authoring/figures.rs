//! How often a flow's nodes were passed.

use sqlx::PgConnection;

use crate::domain::ids::{FlowId, MerchantId};
use crate::store::error::StoreError;

/// How often one thing happened at one node.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Figure {
    /// The node; empty for whole sessions.
    pub node_id: String,
    /// `entered`, `left`, `replied`, `converted`, `completed`; of whole sessions `started` and how they ended.
    pub passage: String,
    /// The way out, or the arm; else empty.
    pub outlet: String,
    /// How often.
    pub total: i64,
}

/// The figures of a version of a flow, or of all of them together: what was folded and what lies beside it.
pub async fn of(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    version: Option<i32>,
) -> Result<Vec<Figure>, StoreError> {
    let figures = sqlx::query_as!(
        Figure,
        r#"select node_id as "node_id!", passage as "passage!", outlet as "outlet!", sum(total)::bigint as "total!"
           from (
               select version, node_id, passage, outlet, total from flow_figures
               where merchant_id = $1 and flow_id = $2
               union all
               select version, node_id, passage, outlet, delta from flow_figure_deltas
               where merchant_id = $1 and flow_id = $2
           ) as counted
           where $3::integer is null or version = $3
           group by node_id, passage, outlet order by node_id, passage, outlet"#,
        merchant.0,
        flow.0,
        version
    )
    .fetch_all(conn)
    .await?;
    Ok(figures)
}
