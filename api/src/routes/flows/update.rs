use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use shared::domain::channel::Channel;
use shared::domain::flow_status::FlowStatus;
use shared::domain::ids::AccountId;
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::flows::authoring::change;
use utoipa::ToSchema;

use super::body::{Does, Said, TriggerBody};
use super::changing::{self, Changing};
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Given, Json, PathId};
use crate::state::AppState;

/// What is changed of a flow; what is left out stays. What is read only may be put back as it was given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeFlow)]
struct Body {
    #[serde(default)]
    name: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    description: Given<String>,
    /// The draft. What is published stays as it is.
    #[serde(default)]
    #[schema(value_type = Option<Document>)]
    document: Option<Value>,
    /// What starts it, where `nodes` is a bare list.
    #[serde(default)]
    trigger: Option<TriggerBody>,
    /// In place of a document: nodes without ids and edges, gone through in order.
    #[serde(default)]
    #[schema(value_type = Option<Vec<Object>>)]
    nodes: Option<Vec<Map<String, Value>>>,
    #[serde(default)]
    #[schema(value_type = Option<Channel>)]
    channel: Given<Channel>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    shop_id: Given<String>,
    #[serde(default)]
    account_ids: Option<Vec<AccountId>>,
    /// The revision that was changed: a change of an older one than the present is refused.
    #[serde(default)]
    revision: Option<i32>,
    #[serde(rename = "id")]
    #[schema(ignore)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "status")]
    #[schema(ignore)]
    _status: Option<IgnoredAny>,
    #[serde(rename = "isActive")]
    #[schema(ignore)]
    _is_active: Option<IgnoredAny>,
    #[serde(rename = "triggerType")]
    #[schema(ignore)]
    _trigger_type: Option<IgnoredAny>,
    #[serde(rename = "nodeCount")]
    #[schema(ignore)]
    _node_count: Option<IgnoredAny>,
    #[serde(rename = "publishedVersion")]
    #[schema(ignore)]
    _published_version: Option<IgnoredAny>,
    #[serde(rename = "hasChanges")]
    #[schema(ignore)]
    _has_changes: Option<IgnoredAny>,
    #[serde(rename = "madeFrom")]
    #[schema(ignore)]
    _made_from: Option<IgnoredAny>,
    #[serde(rename = "createdBy")]
    #[schema(ignore)]
    _created_by: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(ignore)]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "updatedAt")]
    #[schema(ignore)]
    _updated_at: Option<IgnoredAny>,
    #[serde(rename = "draftChangedAt")]
    #[schema(ignore)]
    _draft_changed_at: Option<IgnoredAny>,
    #[serde(rename = "faults")]
    #[schema(ignore)]
    _faults: Option<IgnoredAny>,
    #[serde(rename = "sessionsUnderWay")]
    #[schema(ignore)]
    _sessions_under_way: Option<IgnoredAny>,
}

/// `PUT /flows/{id}`: changes a flow's draft, or what is said of it. What is published goes on as it is. With `revision`
/// a change of an older draft is refused (409).
#[utoipa::path(put, path = "/flows/{id}", tag = "flows", request_body = Body, responses(Data<FlowDetails>))]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let body: Body = body.read()?;
    let revision = body.revision;
    let mut problems = Vec::new();
    let document = Does::of(body.document, body.trigger, body.nodes).document(&mut problems);
    let said = Said {
        name: body.name,
        description: body.description,
        channel: body.channel,
        shop_id: body.shop_id,
        account_ids: body.account_ids,
    };
    let mut changing = changing::lock(&state, &caller, door, id).await?;
    refuse_older(&changing, revision)?;
    let merchant = caller.merchant_id;
    let before = changing.before.about.clone();
    let about = said.about(&mut changing.transaction, merchant, door, &before, &mut problems).await?;
    ApiError::unless_none(problems)?;
    if about.channel != before.channel && changing.before.status == FlowStatus::Active {
        return Err(ApiError::Conflict("deactivate the flow before it moves to another channel".to_owned()));
    }
    let id = changing.before.id;
    let redrafted = document.filter(|document| *document != changing.before.draft);
    if let Some(draft) = &redrafted {
        change::redraft(&mut changing.transaction, merchant, id, draft).await?;
    }
    if about != before {
        change::describe(&mut changing.transaction, merchant, id, &about).await?;
    }
    if about != before || redrafted.is_some() {
        let is_redrafted = i32::from(redrafted.is_some());
        let was = told(&before, changing.before.revision);
        let is = told(&about, changing.before.revision + is_redrafted);
        changing.record(&caller, "flow.changed", was, is).await?;
    }
    changing.show(&state, &caller, door).await
}

/// Refuses a change of a draft that somebody else has changed since.
pub(super) fn refuse_older(changing: &Changing, revision: Option<i32>) -> Result<(), ApiError> {
    let present = changing.before.revision;
    match revision {
        Some(given) if given != present => Err(ApiError::Conflict(format!(
            "the draft was changed since: this is of revision {given}, the present one is {present}"
        ))),
        _ => Ok(()),
    }
}

fn told(about: &change::About, revision: i32) -> Value {
    json!({
        "name": about.name,
        "description": about.description,
        "channel": about.channel,
        "shopId": about.shop_id,
        "accountIds": about.account_ids,
        "revision": revision,
    })
}
