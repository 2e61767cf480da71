//! Flows as lists and answers show them.

use chrono::{DateTime, Utc};
use sqlx::PgConnection;
use uuid::Uuid;

use super::change::About;
use super::{corrupt, read_document};
use crate::domain::channel::Channel;
use crate::domain::flow_status::FlowStatus;
use crate::domain::ids::{AccountId, FlowId, MerchantId, ShopId, UserId};
use crate::flow::Document;
use crate::store::error::StoreError;

/// A flow, without what it says.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Flow {
    /// The flow.
    pub id: FlowId,
    /// What its author calls it.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it works; on every channel where none is named.
    pub channel: Option<Channel>,
    /// The merchant's own name for the shop it works at; at all where none is named.
    pub shop: Option<String>,
    /// That shop.
    pub shop_id: Option<ShopId>,
    /// The accounts it works on; all of channel and shop where none is named.
    pub account_ids: Vec<AccountId>,
    /// Whether it works.
    pub status: FlowStatus,
    /// What its first trigger listens to: of the published version while it is active, else of the draft.
    pub trigger_type: Option<String>,
    /// How many nodes it has, counted in the same.
    pub node_count: i64,
    /// How often its draft was changed, from one.
    pub revision: i32,
    /// The version that new sessions begin with.
    pub published_version: Option<i32>,
    /// Whether the draft says something else than that version.
    pub has_changes: bool,
    /// The ready flow it was made from.
    pub made_from: Option<String>,
    /// Who made it.
    pub created_by: Option<UserId>,
    /// When.
    pub created_at: DateTime<Utc>,
    /// When anything about it last changed.
    pub updated_at: DateTime<Utc>,
    /// When its draft last changed.
    pub draft_changed_at: DateTime<Utc>,
}

impl Flow {
    /// What is said of it.
    pub fn about(&self) -> About {
        About {
            name: self.name.clone(),
            description: self.description.clone(),
            channel: self.channel,
            shop_id: self.shop_id,
            account_ids: self.account_ids.clone(),
        }
    }
}

/// Which flows are meant.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Filter {
    /// Those that work on this channel.
    pub channel: Option<Channel>,
    /// Those that work at this shop.
    pub shop: Option<ShopId>,
    /// In this state.
    pub status: Option<FlowStatus>,
    /// With these letters in the name.
    pub search: Option<String>,
}

/// Selects whole flows with the given end of the statement.
macro_rules! select {
    ($conn:expr, $tail:literal, $($argument:expr),* $(,)?) => {
        sqlx::query_as!(
            Row,
            r#"select f.id, f.name, f.description, f.channel, s.external_id as "shop?", f.shop_id, f.account_ids, f.status,
                      r.document->'triggers'->0->>'type' as trigger_type,
                      coalesce(jsonb_array_length(r.document->'nodes'), 0)::bigint as "node_count!",
                      f.revision, f.published_version, f.draft is distinct from v.document as "has_changes!",
                      f.made_from, f.created_by, f.created_at, f.updated_at, f.draft_changed_at
               from flows f
               left join shops s on s.id = f.shop_id and s.merchant_id = f.merchant_id
               left join flow_versions v
                 on v.flow_id = f.id and v.version = f.published_version and v.merchant_id = f.merchant_id
               cross join lateral (
                   select case when f.status = 'active' then coalesce(v.document, f.draft) else f.draft end as document
               ) r
               where f.merchant_id = $1 and f.deleted_at is null and "# + $tail,
            $($argument),*
        )
        .fetch_all($conn)
        .await
    };
}

/// How many flows `filter` means.
pub async fn count(conn: &mut PgConnection, merchant: MerchantId, filter: &Filter) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from flows f
           where f.merchant_id = $1 and f.deleted_at is null
             and ($2::text is null or f.channel is null or f.channel = $2)
             and ($3::uuid is null or f.shop_id is null or f.shop_id = $3) and ($4::text is null or f.status = $4)
             and ($5::text is null or position(lower($5) in lower(f.name)) > 0)"#,
        merchant.0,
        filter.channel.map(Channel::as_str),
        filter.shop.map(Uuid::from),
        filter.status.map(FlowStatus::as_str),
        filter.search.as_deref()
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

/// The flows that `filter` means behind `after`, oldest first.
pub async fn list(
    conn: &mut PgConnection,
    merchant: MerchantId,
    filter: &Filter,
    after: Option<FlowId>,
    skip: i64,
    take: i64,
) -> Result<Vec<Flow>, StoreError> {
    let rows = select!(
        conn,
        "($2::text is null or f.channel is null or f.channel = $2)
             and ($3::uuid is null or f.shop_id is null or f.shop_id = $3) and ($4::text is null or f.status = $4)
             and ($5::text is null or position(lower($5) in lower(f.name)) > 0) and ($6::uuid is null or f.id > $6)
         order by f.id offset $7 limit $8",
        merchant.0,
        filter.channel.map(Channel::as_str),
        filter.shop.map(Uuid::from),
        filter.status.map(FlowStatus::as_str),
        filter.search.as_deref(),
        after.map(Uuid::from),
        skip,
        take
    )?;
    rows.into_iter().map(Row::read).collect()
}

/// One flow of `merchant`, where it works on `channel` or no channel is named.
pub async fn get(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Option<Channel>,
    id: FlowId,
) -> Result<Option<Flow>, StoreError> {
    Ok(several(conn, merchant, channel, &[id]).await?.pop())
}

/// Those of `flows` that are `merchant`'s and work on `channel`, in the order given.
pub async fn several(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Option<Channel>,
    flows: &[FlowId],
) -> Result<Vec<Flow>, StoreError> {
    let ids: Vec<Uuid> = flows.iter().map(|flow| flow.0).collect();
    let rows = select!(
        conn,
        "f.id = any($2) and ($3::text is null or f.channel is null or f.channel = $3)
         order by array_position($2, f.id)",
        merchant.0,
        &ids,
        channel.map(Channel::as_str)
    )?;
    rows.into_iter().map(Row::read).collect()
}

/// The drafts of `flows`, in the order of their ids.
pub async fn drafts(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flows: &[FlowId],
) -> Result<Vec<(FlowId, Document)>, StoreError> {
    let ids: Vec<Uuid> = flows.iter().map(|flow| flow.0).collect();
    let rows = sqlx::query!(
        "select id, draft from flows where merchant_id = $1 and id = any($2) and deleted_at is null order by id",
        merchant.0,
        &ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter().map(|row| Ok((row.id.into(), read_document("flows", row.draft)?))).collect()
}

/// The names of the ready flows that the merchant's flows were made from.
pub async fn made_from(conn: &mut PgConnection, merchant: MerchantId) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"select distinct made_from as "made_from!" from flows
           where merchant_id = $1 and deleted_at is null and made_from is not null"#,
        merchant.0
    )
    .fetch_all(conn)
    .await?;
    Ok(names)
}

/// How many sessions of a flow are under way; past `most` no more are counted.
pub async fn under_way(
    conn: &mut PgConnection,
    merchant: MerchantId,
    flow: FlowId,
    most: i64,
) -> Result<i64, StoreError> {
    let count = sqlx::query_scalar!(
        r#"select count(*) as "count!" from (
               select 1 from flow_sessions where merchant_id = $1 and flow_id = $2 limit $3) as seen"#,
        merchant.0,
        flow.0,
        most
    )
    .fetch_one(conn)
    .await?;
    Ok(count)
}

struct Row {
    id: Uuid,
    name: String,
    description: Option<String>,
    channel: Option<String>,
    shop: Option<String>,
    shop_id: Option<Uuid>,
    account_ids: Vec<Uuid>,
    status: String,
    trigger_type: Option<String>,
    node_count: i64,
    revision: i32,
    published_version: Option<i32>,
    has_changes: bool,
    made_from: Option<String>,
    created_by: Option<Uuid>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    draft_changed_at: DateTime<Utc>,
}

impl Row {
    fn read(self) -> Result<Flow, StoreError> {
        Ok(Flow {
            id: self.id.into(),
            name: self.name,
            description: self.description,
            channel: channel(self.channel.as_deref())?,
            shop: self.shop,
            shop_id: self.shop_id.map(ShopId),
            account_ids: self.account_ids.into_iter().map(AccountId).collect(),
            status: self.status.parse().map_err(|error| corrupt("flows", error))?,
            trigger_type: self.trigger_type,
            node_count: self.node_count,
            revision: self.revision,
            published_version: self.published_version,
            has_changes: self.has_changes,
            made_from: self.made_from,
            created_by: self.created_by.map(UserId),
            created_at: self.created_at,
            updated_at: self.updated_at,
            draft_changed_at: self.draft_changed_at,
        })
    }
}

pub(super) fn channel(name: Option<&str>) -> Result<Option<Channel>, StoreError> {
    name.map(str::parse).transpose().map_err(|error| corrupt("flows", error))
}
