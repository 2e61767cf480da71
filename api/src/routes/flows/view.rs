use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::channel::Channel;
use shared::domain::flow_status::FlowStatus;
use shared::domain::ids::{AccountId, FlowId, UserId};
use shared::flow::{Document, Fault};
use shared::store::flows::authoring::read::Flow;
use utoipa::ToSchema;

/// A flow in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowView {
    id: FlowId,
    name: String,
    description: Option<String>,
    /// Where it works; on every channel where there is none.
    channel: Option<Channel>,
    /// The shop it works at; at all where there is none.
    shop_id: Option<String>,
    /// The accounts it works on; all of channel and shop where none is named.
    account_ids: Vec<AccountId>,
    status: FlowStatus,
    /// Whether it begins anything.
    is_active: bool,
    /// What its first trigger listens to: of the published version while it is active, else of the draft.
    trigger_type: Option<String>,
    /// Counted in the same.
    node_count: i64,
    /// Counts the changes of the draft.
    revision: i32,
    /// The version that new sessions begin with.
    published_version: Option<i32>,
    /// Whether the draft says something else than the published version.
    has_changes: bool,
    /// The ready flow it was made from.
    made_from: Option<String>,
    created_by: Option<UserId>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    draft_changed_at: DateTime<Utc>,
}

/// A flow with its draft and what is wrong with that.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct FlowDetails {
    #[serde(flatten)]
    flow: FlowView,
    /// The draft.
    document: Document,
    /// What is wrong with the draft; it can be published where nothing of it is an `error`.
    faults: Vec<Fault>,
    /// Sessions that are under way; 100,000 stands for that many and more.
    sessions_under_way: i64,
}

impl FlowDetails {
    pub(super) fn new(flow: Flow, document: Document, faults: Vec<Fault>, sessions_under_way: i64) -> Self {
        Self { flow: FlowView::from(flow), document, faults, sessions_under_way }
    }
}

impl From<Flow> for FlowView {
    fn from(flow: Flow) -> Self {
        Self {
            id: flow.id,
            name: flow.name,
            description: flow.description,
            channel: flow.channel,
            shop_id: flow.shop,
            account_ids: flow.account_ids,
            status: flow.status,
            is_active: flow.status == FlowStatus::Active,
            trigger_type: flow.trigger_type,
            node_count: flow.node_count,
            revision: flow.revision,
            published_version: flow.published_version,
            has_changes: flow.has_changes,
            made_from: flow.made_from,
            created_by: flow.created_by,
            created_at: flow.created_at,
            updated_at: flow.updated_at,
            draft_changed_at: flow.draft_changed_at,
        }
    }
}
