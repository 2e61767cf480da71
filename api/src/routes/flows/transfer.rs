use std::collections::{BTreeMap, BTreeSet};

use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::ids::{FlowId, MerchantId};
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::store::flows::authoring::change::{self, About, NewFlow};
use shared::store::flows::authoring::read;
use shared::store::{PgConnection, StoreError, audit};
use utoipa::ToSchema;

use super::body::{Said, read_document};
use super::changing::entry;
use super::create::{begin, blank};
use super::get::{channel, find};
use super::started::starts;
use super::view::FlowView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::{Given, Json, Params, PathId};
use crate::state::AppState;

/// What a file of flows calls itself.
const KIND: &str = "loa.flows";
const VERSION: u32 = 1;
/// A flow and those that it starts, directly or not.
const MOST_TOGETHER: usize = 20;

/// Flows as one file: a flow, and behind it those that it starts.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = FlowFile)]
struct File {
    /// `loa.flows`.
    kind: String,
    /// 1.
    version: u32,
    flows: Vec<FiledFlow>,
}

/// A flow in a file.
#[derive(Debug, Serialize, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct FiledFlow {
    /// What nodes of the file call it that start it.
    id: FlowId,
    name: String,
    #[serde(default)]
    description: Option<String>,
    #[serde(default)]
    channel: Option<Channel>,
    #[schema(value_type = Document)]
    document: Value,
}

/// What was made of a file.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = ImportedFlows)]
struct Imported {
    /// In the order of the file.
    flows: Vec<FlowView>,
}

/// `GET /flows/{id}/export`: a flow's draft, and the drafts of the flows that it starts, as one file.
#[utoipa::path(get, path = "/flows/{id}/export", tag = "flows", responses(Data<File>))]
pub async fn export(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    params.finish()?;
    let mut transaction = state.begin(caller.merchant_id).await?;
    let first = find(&mut transaction, &caller, door, FlowId(id)).await?.id;
    let mut flows = Vec::new();
    let (mut seen, mut next) = (BTreeSet::from([first]), vec![first]);
    while !next.is_empty() {
        let drafts = read::drafts(&mut transaction, caller.merchant_id, &next).await?;
        let started: BTreeSet<FlowId> = drafts.iter().flat_map(|(_, draft)| starts(draft)).collect();
        flows.extend(filed(&mut transaction, caller.merchant_id, drafts).await?);
        next = started.into_iter().filter(|id| seen.insert(*id)).collect();
        if seen.len() > MOST_TOGETHER {
            return Err(ApiError::invalid("id", format!("starts more than {MOST_TOGETHER} flows, directly or not")));
        }
    }
    Ok(Data(File { kind: KIND.to_owned(), version: VERSION, flows }))
}

/// `POST /flows/import`: makes flows of a file that `export` gave: as drafts, with ids of their own, at the default shop.
#[utoipa::path(post, path = "/flows/import", tag = "flows", request_body = File, responses(Data<Imported>))]
pub async fn import(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let file: File = body.read()?;
    let mut problems = file.problems();
    let merchant = caller.merchant_id;
    let mut transaction = begin(&state, &caller).await?;
    let blank = blank(&mut transaction, merchant, door).await?;
    let ids: BTreeMap<FlowId, FlowId> = file.flows.iter().map(|flow| (flow.id, FlowId::new())).collect();
    let mut made: Vec<(FlowId, About, Document)> = Vec::new();
    for (at, flow) in file.flows.into_iter().enumerate() {
        let mut wrong = Vec::new();
        let document = read_document("document", flow.document, &mut wrong);
        let said = Said {
            name: Some(flow.name),
            description: flow.description.map_or(Given::Not, Given::This),
            channel: flow.channel.map_or(Given::Not, Given::This),
            ..Said::default()
        };
        let about = said.about(&mut transaction, merchant, door, &blank, &mut wrong).await?;
        problems
            .extend(wrong.into_iter().map(|one| FieldProblem { field: format!("flows[{at}].{}", one.field), ..one }));
        made.extend(document.map(|document| (ids[&flow.id], about, renamed(document, &ids))));
    }
    ApiError::unless_none(problems)?;
    let new: Vec<NewFlow<'_>> = made
        .iter()
        .map(|(id, about, draft)| NewFlow { id: *id, about, draft, made_from: None, created_by: caller.user_id() })
        .collect();
    change::insert(&mut transaction, merchant, &new).await?;
    let entries: Vec<_> = new
        .iter()
        .map(|flow| entry(&caller, "flow.imported", flow.id, None, Some(json!({ "name": flow.about.name }))))
        .collect();
    audit::record_all(&mut transaction, &entries).await?;
    let ids: Vec<FlowId> = new.iter().map(|flow| flow.id).collect();
    let flows = read::several(&mut transaction, merchant, channel(door), &ids).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(Imported { flows: flows.into_iter().map(FlowView::from).collect() }))
}

impl File {
    fn problems(&self) -> Vec<FieldProblem> {
        let mut problems = Vec::new();
        if self.kind != KIND {
            problems.push(FieldProblem::new("kind", format!("must be `{KIND}`")));
        }
        if self.version != VERSION {
            problems.push(FieldProblem::new("version", format!("must be {VERSION}")));
        }
        if !(1..=MOST_TOGETHER).contains(&self.flows.len()) {
            problems.push(FieldProblem::new("flows", format!("must hold 1 to {MOST_TOGETHER} flows")));
        }
        let mut seen = BTreeSet::new();
        for (at, flow) in self.flows.iter().enumerate() {
            if !seen.insert(flow.id) {
                problems.push(FieldProblem::new(format!("flows[{at}].id"), "is another flow's of the file too"));
            }
        }
        problems
    }
}

/// Drafts with what is said of their flows.
async fn filed(
    conn: &mut PgConnection,
    merchant: MerchantId,
    drafts: Vec<(FlowId, Document)>,
) -> Result<Vec<FiledFlow>, ApiError> {
    let ids: Vec<FlowId> = drafts.iter().map(|(id, _)| *id).collect();
    let flows = read::several(conn, merchant, None, &ids).await?;
    let both = drafts.into_iter().filter_map(|(id, document)| {
        let flow = flows.iter().find(|flow| flow.id == id)?;
        let (name, description) = (flow.name.clone(), flow.description.clone());
        Some(FiledFlow { id, name, description, channel: flow.channel, document: json!(document) })
    });
    Ok(both.collect())
}

/// `document` with the new ids of the flows that it starts. Those that are not in the file stay.
fn renamed(mut document: Document, ids: &BTreeMap<FlowId, FlowId>) -> Document {
    for node in document.nodes.iter_mut().filter(|node| node.kind == "start_flow") {
        let old = node.config.get("flowId").and_then(Value::as_str).and_then(|id| id.parse().ok());
        if let Some(new) = old.and_then(|old: FlowId| ids.get(&old)) {
            node.config.insert("flowId".to_owned(), json!(new));
        }
    }
    document
}
