//! The flows of merchants as the engine loads them: what is published, and the versions that sessions began with.

use serde_json::Value;
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, FlowId, MerchantId, ShopId};
use crate::flow::{Document, fault};
use crate::store::column::column;
use crate::store::error::StoreError;

/// A flow that has a published version.
#[derive(Clone, Debug)]
pub struct Published {
    /// The flow.
    pub flow_id: FlowId,
    /// The version that new sessions begin with.
    pub version: i32,
    /// Whether its triggers start it. One that is not active is gone through by others alone.
    pub active: bool,
    /// Where it works: these accounts; where there are none, all of the channel and the shop.
    pub account_ids: Vec<AccountId>,
    /// The channel; any where there is none.
    pub channel: Option<Channel>,
    /// The shop; any where there is none.
    pub shop_id: Option<ShopId>,
    /// What it listens to, as the types of its triggers.
    pub trigger_kinds: Vec<String>,
}

impl Published {
    /// Whether it works on an account.
    pub fn works_on(&self, account: AccountId, channel: Channel, shop: ShopId) -> bool {
        if !self.account_ids.is_empty() {
            return self.account_ids.contains(&account);
        }
        self.channel.is_none_or(|own| own == channel) && self.shop_id.is_none_or(|own| own == shop)
    }
}

/// The flows of `merchant` that have a published version, and the generation that they are of; a change makes another.
pub async fn published(conn: &mut PgConnection, merchant: MerchantId) -> Result<(i64, Vec<Published>), StoreError> {
    // The generation is read first: flows that are newer than it says are read again, and never the other way round.
    let generation = sqlx::query_scalar!("select generation from flow_generations where merchant_id = $1", merchant.0)
        .fetch_optional(&mut *conn)
        .await?;
    let rows = sqlx::query!(
        r#"select id, published_version as "version!", status, account_ids, channel, shop_id,
                  trigger_kinds
           from flows
           where merchant_id = $1 and published_version is not null and deleted_at is null
           order by id"#,
        merchant.0
    )
    .fetch_all(conn)
    .await?;
    let flows = rows.into_iter().map(|row| {
        let channel = row.channel.map(|name| name.parse()).transpose();
        Ok(Published {
            flow_id: row.id.into(),
            version: row.version,
            active: row.status == "active",
            account_ids: row.account_ids.into_iter().map(AccountId).collect(),
            channel: channel.map_err(|error| StoreError::Corrupt { table: "flows", problem: format!("{error}") })?,
            shop_id: row.shop_id.map(ShopId),
            trigger_kinds: row.trigger_kinds,
        })
    });
    Ok((generation.unwrap_or(0), flows.collect::<Result<_, StoreError>>()?))
}

/// The documents of those of `versions` that there are. One that does not read says why.
pub async fn documents(
    conn: &mut PgConnection,
    versions: &[(FlowId, i32)],
) -> Result<Vec<((FlowId, i32), Result<Document, String>)>, StoreError> {
    if versions.is_empty() {
        return Ok(Vec::new());
    }
    let rows = sqlx::query!(
        "select v.flow_id, v.version, v.document
         from unnest($1::uuid[], $2::int[]) as wanted (flow_id, version)
         join flow_versions v on v.flow_id = wanted.flow_id and v.version = wanted.version",
        &column(versions, |(flow, _)| flow.0) as &[Uuid],
        &column(versions, |(_, version)| *version) as &[i32]
    )
    .fetch_all(conn)
    .await?;
    let read = |document: Value| Document::read(document).map_err(|faults| fault::told(&faults));
    Ok(rows.into_iter().map(|row| ((row.flow_id.into(), row.version), read(row.document))).collect())
}
