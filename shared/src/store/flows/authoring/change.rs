//! What changes about a flow.

use serde_json::{Value, json};
use sqlx::PgConnection;
use uuid::Uuid;

use super::{corrupt, read, read_document, written};
use crate::domain::channel::Channel;
use crate::domain::flow_status::FlowStatus;
use crate::domain::ids::{AccountId, FlowId, MerchantId, ShopId, UserId};
use crate::flow::Document;
use crate::store::error::StoreError;

/// What an author says of a flow besides what it does.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct About {
    /// What it is called.
    pub name: String,
    /// What it is for.
    pub description: Option<String>,
    /// Where it works.
    pub channel: Option<Channel>,
    /// At which shop.
    pub shop_id: Option<ShopId>,
    /// On which accounts.
    pub account_ids: Vec<AccountId>,
}

/// A flow to add.
#[derive(Clone, Copy, Debug)]
pub struct NewFlow<'a> {
    /// The flow.
    pub id: FlowId,
    /// What is said of it.
    pub about: &'a About,
    /// What it does.
    pub draft: &'a Document,
    /// The ready flow it is made from.
    pub made_from: Option<&'a str>,
    /// Who makes it.
    pub created_by: Option<UserId>,
}

/// A flow as it is, locked until the transaction ends.
#[derive(Clone, Debug, PartialEq)]
pub struct Locked {
    /// The flow.
    pub id: FlowId,
    /// What is said of it.
    pub about: About,
    /// Whether it works.
    pub status: FlowStatus,
    /// How often its draft was changed.
    pub revision: i32,
    /// The version that new sessions begin with.
    pub published_version: Option<i32>,
    /// What it is to do.
    pub draft: Document,
}

/// Adds `flows`, all of them or none.
pub async fn insert(conn: &mut PgConnection, merchant: MerchantId, flows: &[NewFlow<'_>]) -> Result<(), StoreError> {
    let rows = flows.iter().map(NewFlow::row).collect::<Result<Vec<_>, _>>()?;
    sqlx::query!(
        "insert into flows (id, merchant_id, name, description, channel, shop_id, account_ids, draft, made_from,
                            created_by)
         select id, $1, name, description, channel, shop_id,
                array(select jsonb_array_elements_text(account_ids)::uuid), draft, made_from, created_by
         from jsonb_to_recordset($2) as new (
             id uuid, name text, description text, channel text, shop_id uuid, account_ids jsonb, draft jsonb,
             made_from text, created_by uuid)",
        merchant.0,
        Value::Array(rows)
    )
    .execute(conn)
    .await?;
    Ok(())
}

impl NewFlow<'_> {
    fn row(&self) -> Result<Value, StoreError> {
        Ok(json!({
            "id": self.id,
            "name": self.about.name,
            "description": self.about.description,
            "channel": self.about.channel,
            "shop_id": self.about.shop_id,
            "account_ids": self.about.account_ids,
            "draft": written(self.draft)?,
            "made_from": self.made_from,
            "created_by": self.created_by,
        }))
    }
}

/// Locks a flow of `merchant`, where it works on `channel` or no channel is named.
pub async fn lock(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Option<Channel>,
    id: FlowId,
) -> Result<Option<Locked>, StoreError> {
    let row = sqlx::query!(
        "select name, description, channel, shop_id, account_ids, status, revision, published_version, draft
         from flows
         where merchant_id = $1 and id = $2 and deleted_at is null
           and ($3::text is null or channel is null or channel = $3)
         for update",
        merchant.0,
        id.0,
        channel.map(Channel::as_str)
    )
    .fetch_optional(conn)
    .await?;
    let Some(row) = row else {
        return Ok(None);
    };
    let about = About {
        name: row.name,
        description: row.description,
        channel: read::channel(row.channel.as_deref())?,
        shop_id: row.shop_id.map(ShopId),
        account_ids: row.account_ids.into_iter().map(AccountId).collect(),
    };
    Ok(Some(Locked {
        id,
        about,
        status: row.status.parse().map_err(|error| corrupt("flows", error))?,
        revision: row.revision,
        published_version: row.published_version,
        draft: read_document("flows", row.draft)?,
    }))
}

/// Says something else of a flow.
pub async fn describe(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: FlowId,
    about: &About,
) -> Result<(), StoreError> {
    let accounts: Vec<Uuid> = about.account_ids.iter().map(|account| account.0).collect();
    sqlx::query!(
        "update flows
         set name = $3, description = $4, channel = $5, shop_id = $6, account_ids = $7, updated_at = now()
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        about.name,
        about.description.as_deref(),
        about.channel.map(Channel::as_str),
        about.shop_id.map(Uuid::from),
        &accounts
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Keeps another draft; what is published stays.
pub async fn redraft(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: FlowId,
    draft: &Document,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update flows set draft = $3, revision = revision + 1, draft_changed_at = now(), updated_at = now()
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        written(draft)?
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Switches a flow, and says which version new sessions begin with.
pub async fn switch(
    conn: &mut PgConnection,
    merchant: MerchantId,
    id: FlowId,
    status: FlowStatus,
    version: Option<i32>,
) -> Result<(), StoreError> {
    sqlx::query!(
        "update flows set status = $3, published_version = $4, updated_at = now()
         where merchant_id = $1 and id = $2",
        merchant.0,
        id.0,
        status.as_str(),
        version
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// Takes a flow away. Its versions stay for what is under way, and what was counted stays.
pub async fn delete(conn: &mut PgConnection, merchant: MerchantId, id: FlowId) -> Result<(), StoreError> {
    sqlx::query!(
        "update flows
         set deleted_at = now(), updated_at = now(), status = case when status = 'active' then 'inactive' else status end
         where merchant_id = $1 and id = $2 and deleted_at is null",
        merchant.0,
        id.0
    )
    .execute(conn)
    .await?;
    Ok(())
}

/// The names of active flows that start the flow `id`.
pub async fn started_by(conn: &mut PgConnection, merchant: MerchantId, id: FlowId) -> Result<Vec<String>, StoreError> {
    let names = sqlx::query_scalar!(
        r#"select f.name from flows f
           join flow_versions v on v.flow_id = f.id and v.version = f.published_version and v.merchant_id = $1
           where f.merchant_id = $1 and f.status = 'active' and f.deleted_at is null and f.id <> $2
             and jsonb_path_exists(v.document,
                     '$.nodes[*] ? (@.type == "start_flow" && @.config.flowId == $id)',
                     jsonb_build_object('id', $2::uuid::text))
           order by f.name"#,
        merchant.0,
        id.0
    )
    .fetch_all(conn)
    .await?;
    Ok(names)
}
