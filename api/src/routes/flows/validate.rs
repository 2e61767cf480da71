use axum::extract::State;
use axum::response::IntoResponse;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};
use shared::domain::channel::Channel;
use shared::domain::ids::FlowId;
use shared::domain::permission::Action;
use shared::flow::fault::Severity;
use shared::flow::{Document, Fault};
use shared::store::flows::authoring::change::About;
use utoipa::ToSchema;

use super::body::{Does, TriggerBody};
use super::check;
use super::get::{channel, with_draft};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// What is to be looked at.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ValidateFlow)]
struct Body {
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
    /// Whose limits hold, where the door does not say.
    #[serde(default)]
    channel: Option<Channel>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// What is wrong with a flow.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = FlowVerdict)]
struct Verdict {
    /// Whether it can be published: nothing of it is an `error`.
    publishable: bool,
    faults: Vec<Fault>,
}

impl Verdict {
    fn of(faults: Vec<Fault>) -> Self {
        Self { publishable: faults.iter().all(|fault| fault.severity != Severity::Error), faults }
    }
}

/// `POST /flows/{id}/validate`: what is wrong with a flow's draft, or with the document that is given as the next one.
#[utoipa::path(
    post,
    path = "/flows/{id}/validate",
    tag = "flows",
    request_body = Option<Body>,
    responses(Data<Verdict>)
)]
pub async fn validate(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Option<Json>,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let body: Body = body.map(Json::read).transpose()?.unwrap_or_default();
    let mut problems = Vec::new();
    let given = Does::of(body.document, body.trigger, body.nodes).document(&mut problems);
    ApiError::unless_none(problems)?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let (flow, draft) = with_draft(&mut transaction, &caller, door, FlowId(id)).await?;
    let (document, about) = (given.unwrap_or(draft), flow.about());
    let about = About { channel: body.channel.or(about.channel), ..about };
    let faults = check::faults(&mut transaction, &state, caller.merchant_id, Some(flow.id), &about, &document).await?;
    Ok(Data(Verdict::of(faults)))
}

/// `POST /flows/validate`: what is wrong with a document that no flow has yet.
#[utoipa::path(
    post,
    path = "/flows/validate",
    tag = "flows",
    request_body = Body,
    responses(Data<Verdict>)
)]
pub async fn validate_document(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let body: Body = body.read()?;
    let mut problems = Vec::new();
    let given = Does::of(body.document, body.trigger, body.nodes).document(&mut problems);
    ApiError::unless_none(problems)?;
    let document = given.ok_or_else(|| ApiError::invalid("document", "is required, or `nodes` as a bare list"))?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let about = About { channel: channel(door).or(body.channel), ..About::default() };
    let faults = check::faults(&mut transaction, &state, caller.merchant_id, None, &about, &document).await?;
    Ok(Data(Verdict::of(faults)))
}
