use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::channel::Channel;
use shared::domain::ids::{FlowId, MerchantId};
use shared::domain::permission::Action;
use shared::flow::{Document, Plan};
use shared::store::flows::authoring::versions;
use shared::store::{PgConnection, shops};

use self::plans::{Library, SIMULATED};
use self::request::Body;
use self::run::{Run, Setting};
use self::view::SimulationView;
use super::body::Does;
use super::get::{channel, with_draft};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Json, PathId};
use crate::state::AppState;

mod facts;
mod plans;
mod request;
mod run;
mod view;

/// `POST /flows/{id}/simulate`: a conversation with a flow's draft, with one of its versions, or with the document that is
/// given, by the engine that speaks to customers and without sending anything. Time is virtual: waits are over when
/// `pass` says so. What is given as `state` is handed back to go on.
#[utoipa::path(
    post,
    path = "/flows/{id}/simulate",
    tag = "flows",
    request_body = Body,
    responses(Data<SimulationView>)
)]
pub async fn simulate(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let mut body: Body = body.read()?;
    let mut problems = body.problems();
    let given = Does::of(body.document.take(), body.trigger.take(), body.nodes.take()).document(&mut problems);
    ApiError::unless_none(problems)?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let (flow, draft) = with_draft(&mut transaction, &caller, door, FlowId(id)).await?;
    let document = match (given, body.version) {
        (Some(document), _) => document,
        (None, None) => draft,
        (None, Some(version)) => {
            let found = versions::get(&mut transaction, merchant, flow.id, version).await?;
            found.ok_or_else(|| ApiError::invalid("version", "is none of this flow's"))?.1
        }
    };
    let channel = channel(door).or(flow.channel);
    played(&mut transaction, merchant, channel, flow.id, &document, body).await.map(Data)
}

/// `POST /flows/simulate`: the same with a document that no flow has yet.
#[utoipa::path(
    post,
    path = "/flows/simulate",
    tag = "flows",
    request_body = Body,
    responses(Data<SimulationView>)
)]
pub async fn simulate_document(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let mut body: Body = body.read()?;
    let mut problems = body.problems();
    let given = Does::of(body.document.take(), body.trigger.take(), body.nodes.take()).document(&mut problems);
    if body.version.is_some() {
        problems.push(FieldProblem::new("version", "belongs to a flow: use its own path"));
    }
    ApiError::unless_none(problems)?;
    let document = given.ok_or_else(|| ApiError::invalid("document", "is required, or `nodes` as a bare list"))?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let id = body.flow_under_way().unwrap_or_else(FlowId::new);
    played(&mut transaction, caller.merchant_id, channel(door), id, &document, body).await.map(Data)
}

async fn played(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Option<Channel>,
    id: FlowId,
    document: &Document,
    body: Body,
) -> Result<SimulationView, ApiError> {
    let refused = |faults: Vec<_>| ApiError::Invalid(faults.into_iter().map(FieldProblem::from).collect());
    let definition = document.parse().map_err(refused)?;
    let plan = Plan::of(id, SIMULATED, definition).map_err(refused)?;
    let library = Library::load(conn, merchant, document).await?;
    let shop_name = shops::default_of(conn, merchant).await?.map(|shop| shop.name).unwrap_or_default();
    let channel = channel.or(body.channel).unwrap_or(Channel::WhatsApp);
    let setting = Setting { merchant, channel, shop_name, account: body.account.clone().unwrap_or_default() };
    let run = Run::new(&plan, &library, setting, &body)?;
    Ok(run.play(&body.events))
}
