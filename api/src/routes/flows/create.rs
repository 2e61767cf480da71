use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde_json::{Map, Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, FlowId, MerchantId};
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::flows::authoring::change::{self, About, NewFlow};
use shared::store::flows::authoring::read;
use shared::store::{PgConnection, StoreError, Transaction, audit};
use utoipa::ToSchema;

use super::body::{Does, Said, TriggerBody};
use super::changing::entry;
use super::get::{channel, details};
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Given, Json};
use crate::routes::shop_filter;
use crate::state::AppState;

/// More flows than this are a loop of some client.
const MOST_FLOWS: i64 = 5_000;

/// A flow to make. It may be unfinished: only its form is looked at.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = CreateFlow)]
struct Body {
    name: String,
    #[serde(default)]
    description: Option<String>,
    /// What it does.
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
    /// Where it works: the door's channel where this is left out, on every channel where it is null.
    #[serde(default)]
    #[schema(value_type = Option<Channel>)]
    channel: Given<Channel>,
    /// The shop it works at: the default one where this is left out, at all where it is null.
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    shop_id: Given<String>,
    /// The accounts it works on: all of channel and shop where none is named.
    #[serde(default)]
    account_ids: Option<Vec<AccountId>>,
}

/// `POST /flows`: makes a flow, as a draft. `document` is a whole one; X's page gives `trigger` and a bare list of
/// `nodes` in its place, which becomes a chain.
#[utoipa::path(post, path = "/flows", tag = "flows", request_body = Body, responses(Data<FlowDetails>))]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let body: Body = body.read()?;
    let mut problems = Vec::new();
    let does = Does::of(body.document, body.trigger, body.nodes);
    if does.is_nothing() {
        problems.push(FieldProblem::new("document", "is required, or `nodes` as a bare list"));
    }
    let document = does.document(&mut problems);
    let said = Said {
        name: Some(body.name),
        description: body.description.map_or(Given::Not, Given::This),
        channel: body.channel,
        shop_id: body.shop_id,
        account_ids: body.account_ids,
    };
    let mut transaction = begin(&state, &caller).await?;
    let before = blank(&mut transaction, caller.merchant_id, door).await?;
    let about = said.about(&mut transaction, caller.merchant_id, door, &before, &mut problems).await?;
    ApiError::unless_none(problems)?;
    let document = document.ok_or_else(|| ApiError::invalid("document", "is required"))?;
    let new =
        NewFlow { id: FlowId::new(), about: &about, draft: &document, made_from: None, created_by: caller.user_id() };
    add(transaction, &state, &caller, door, &new).await
}

/// Begins a transaction that may add a flow.
pub(super) async fn begin(state: &AppState, caller: &Caller) -> Result<Transaction, ApiError> {
    let mut transaction = state.begin(caller.merchant_id).await?;
    if read::count(&mut transaction, caller.merchant_id, &read::Filter::default()).await? >= MOST_FLOWS {
        return Err(ApiError::Conflict(format!("there are {MOST_FLOWS} flows already: delete some")));
    }
    Ok(transaction)
}

/// What holds of a flow of which nothing is said.
pub(super) async fn blank(
    conn: &mut PgConnection,
    merchant: MerchantId,
    door: Option<Door>,
) -> Result<About, ApiError> {
    let shop_id = Some(shop_filter::or_default(conn, merchant, None).await?);
    Ok(About { channel: channel(door), shop_id, ..About::default() })
}

/// Adds a flow, commits, and shows it.
pub(super) async fn add(
    mut transaction: Transaction,
    state: &AppState,
    caller: &Caller,
    door: Option<Door>,
    new: &NewFlow<'_>,
) -> Result<Data<FlowDetails>, ApiError> {
    change::insert(&mut transaction, caller.merchant_id, std::slice::from_ref(new)).await?;
    let after = json!({ "name": new.about.name, "channel": new.about.channel, "madeFrom": new.made_from });
    audit::record(&mut transaction, &entry(caller, "flow.created", new.id, None, Some(after))).await?;
    let details = details(&mut transaction, state, caller, door, new.id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(details))
}
