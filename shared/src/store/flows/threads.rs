//! A conversation as a flow finds it: the thread, both its sides, and the session that is under way in it.

use chrono::{DateTime, Utc};
use serde_json::{Map, Value};
use sqlx::PgConnection;
use uuid::Uuid;

use crate::domain::account_settings::AccountSettings;
use crate::domain::channel::Channel;
use crate::domain::conversation::Handler;
use crate::domain::ids::{AccountId, ContactId, ConversationId, FlowId, FlowSessionId, MerchantId, ShopId};
use crate::domain::trace::TraceId;
use crate::store::error::StoreError;
use crate::store::flows::sessions;

/// A conversation as a flow finds it.
#[derive(Clone, Debug)]
pub struct Thread {
    /// The conversation.
    pub id: ConversationId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Whether it is open.
    pub open: bool,
    /// Who answers in it.
    pub handler: Handler,
    /// When the customer last wrote.
    pub last_inbound_at: Option<DateTime<Utc>>,
    /// When the customer was last told that nobody is there.
    pub away_told_at: Option<DateTime<Utc>>,
    /// What it refers to.
    pub refs: Value,
    /// The merchant's side.
    pub account: Account,
    /// The customer.
    pub contact: Contact,
    /// What is under way in it.
    pub session: Option<Stored>,
    /// The generation of the merchant's flows.
    pub generation: i64,
}

/// The merchant's side of a conversation.
#[derive(Clone, Debug)]
pub struct Account {
    /// The account.
    pub id: AccountId,
    /// Its platform.
    pub channel: Channel,
    /// What it calls itself.
    pub name: Option<String>,
    /// The shop it belongs to.
    pub shop_id: ShopId,
    /// What that is called.
    pub shop_name: String,
    /// Whether flows may answer on it.
    pub auto_reply_enabled: bool,
    /// What is set for it.
    pub settings: AccountSettings,
}

/// The customer of a conversation.
#[derive(Clone, Debug)]
pub struct Contact {
    /// The customer.
    pub id: ContactId,
    /// The name.
    pub name: Option<String>,
    /// The name on the platform.
    pub username: Option<String>,
    /// The phone number, in digits.
    pub phone: Option<String>,
    /// The e-mail address.
    pub email: Option<String>,
    /// The language.
    pub locale: Option<String>,
    /// The time zone.
    pub timezone: Option<String>,
    /// How they came.
    pub source: String,
    /// The tags.
    pub tags: Vec<String>,
    /// What else is known.
    pub attributes: Map<String, Value>,
    /// Purposes to whether they are granted.
    pub consents: Map<String, Value>,
    /// When they were first in touch.
    pub first_interaction_at: Option<DateTime<Utc>>,
    /// When they were last in touch.
    pub last_interaction_at: Option<DateTime<Utc>>,
    /// Since when they are known.
    pub created_at: DateTime<Utc>,
}

/// A session as it is stored.
#[derive(Clone, Debug)]
pub struct Stored {
    /// The session.
    pub id: FlowSessionId,
    /// The flow it began with.
    pub flow_id: FlowId,
    /// Its version.
    pub version: i32,
    /// Sealed.
    pub state: Vec<u8>,
    /// When it is over, should nothing move it.
    pub expires_at: DateTime<Utc>,
    /// The trace of what moved it last.
    pub trace: Option<TraceId>,
}

/// Holds those of `conversations` that nobody else steps, until the transaction ends. What is read of them comes in a
/// statement of its own: one sees what was there when it began.
pub async fn hold(
    conn: &mut PgConnection,
    conversations: &[ConversationId],
) -> Result<Vec<ConversationId>, StoreError> {
    let mut ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    ids.sort_unstable();
    let held = sqlx::query_scalar!(
        r#"select id as "id!" from unnest($1::uuid[]) with ordinality as woken (id, position)
           where pg_try_advisory_xact_lock(hashtextextended('flow ' || id, 0))
           order by position"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    Ok(held.into_iter().map(ConversationId).collect())
}

/// Those of `conversations` that there are. Nothing is locked: what changes meanwhile is found out when it is written.
pub async fn read(conn: &mut PgConnection, conversations: &[ConversationId]) -> Result<Vec<Thread>, StoreError> {
    let ids: Vec<Uuid> = conversations.iter().map(|id| id.0).collect();
    let rows = sqlx::query!(
        r#"select c.id, c.merchant_id, c.status, c.handler, c.last_inbound_at, c.away_told_at, c.refs,
                  a.id as account_id, a.channel, coalesce(a.display_name, a.display_number) as account_name, a.shop_id,
                  sh.name as shop_name, a.auto_reply_enabled and a.status <> 'inactive' as "auto_reply_enabled!",
                  a.settings,
                  p.id as contact_id, p.display_name, p.username, p.email, p.locale, p.timezone, p.source, p.tags,
                  p.attributes, p.first_interaction_at, p.last_interaction_at, p.created_at,
                  (select i.value from identities i where i.contact_id = p.id and i.kind = 'phone'
                   order by i.created_at desc, i.value limit 1) as phone,
                  (select jsonb_object_agg(newest.purpose, newest.granted) from (
                       select distinct on (purpose) purpose, granted from consents
                       where contact_id = p.id order by purpose, at desc, id desc) newest) as consents,
                  s.id as "session_id?", s.flow_id as "flow_id?", s.version as "version?", s.state as "state?",
                  s.expires_at as "expires_at?",
                  s.trace_id as "trace_id?", coalesce(g.generation, 0) as "generation!"
           from conversations c
           join accounts a on a.id = c.account_id
           join shops sh on sh.id = a.shop_id
           join contacts p on p.id = c.contact_id
           left join flow_sessions s on s.conversation_id = c.id
           left join flow_generations g on g.merchant_id = c.merchant_id
           where c.id = any($1)
           order by c.id"#,
        &ids
    )
    .fetch_all(conn)
    .await?;
    let corrupt = |table: &'static str, problem: String| StoreError::Corrupt { table, problem };
    rows.into_iter()
        .map(|row| {
            let session = match (row.session_id, row.flow_id, row.version, row.state, row.expires_at) {
                (Some(id), Some(flow_id), Some(version), Some(state), Some(expires_at)) => Some(Stored {
                    id: id.into(),
                    flow_id: flow_id.into(),
                    version,
                    state,
                    expires_at,
                    trace: row.trace_id.and_then(TraceId::from_uuid),
                }),
                _ => None,
            };
            Ok(Thread {
                id: row.id.into(),
                merchant_id: row.merchant_id.into(),
                open: row.status == "open",
                handler: row.handler.parse().map_err(|error| corrupt("conversations", format!("{error}")))?,
                last_inbound_at: row.last_inbound_at,
                away_told_at: row.away_told_at,
                refs: row.refs,
                account: Account {
                    id: row.account_id.into(),
                    channel: row.channel.parse().map_err(|error| corrupt("accounts", format!("{error}")))?,
                    name: row.account_name,
                    shop_id: row.shop_id.into(),
                    shop_name: row.shop_name,
                    auto_reply_enabled: row.auto_reply_enabled,
                    settings: serde_json::from_value(row.settings)
                        .map_err(|error| corrupt("accounts", error.to_string()))?,
                },
                contact: Contact {
                    id: row.contact_id.into(),
                    name: row.display_name,
                    username: row.username,
                    phone: row.phone,
                    email: row.email,
                    locale: row.locale,
                    timezone: row.timezone,
                    source: row.source,
                    tags: row.tags,
                    attributes: object(row.attributes),
                    consents: row.consents.map(object).unwrap_or_default(),
                    first_interaction_at: row.first_interaction_at,
                    last_interaction_at: row.last_interaction_at,
                    created_at: row.created_at,
                },
                session,
                generation: row.generation,
            })
        })
        .collect()
}

fn object(value: Value) -> Map<String, Value> {
    match value {
        Value::Object(map) => map,
        _ => Map::new(),
    }
}

/// Gives a conversation to a person whose rows do not read: what is under way in it is over, unread.
pub async fn give_up(conn: &mut PgConnection, conversation: ConversationId) -> Result<(), StoreError> {
    let merchant = sqlx::query_scalar!(
        "update conversations set handler = 'human', handed_over_at = now() where id = $1 returning merchant_id",
        conversation.0
    )
    .fetch_optional(&mut *conn)
    .await?;
    match merchant {
        Some(merchant) => sessions::stop(conn, MerchantId(merchant), conversation).await,
        None => Ok(()),
    }
}
