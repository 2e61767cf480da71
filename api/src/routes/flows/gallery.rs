use axum::extract::State;
use axum::response::IntoResponse;
use serde::{Deserialize, Serialize};
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, FlowId};
use shared::domain::permission::Action;
use shared::flow::Document;
use shared::flow::definition::Localised;
use shared::flow::ready::{self, Ready};
use shared::store::flows::authoring::change::NewFlow;
use shared::store::flows::authoring::read;
use utoipa::ToSchema;

use super::body::Said;
use super::create::{add, begin, blank};
use super::view::FlowDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Given, Json, Params};
use crate::state::AppState;

/// The language of who names none.
const DEFAULT_LANGUAGE: &str = "en";
const LONGEST_LANGUAGE: usize = 16;

/// The flows to begin with.
#[derive(Debug, Serialize, ToSchema)]
#[schema(as = FlowGallery)]
struct Gallery {
    flows: Vec<ReadyView>,
}

/// A flow to begin with.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = ReadyFlow)]
struct ReadyView {
    /// What it is taken by: `welcome`.
    name: &'static str,
    title: String,
    /// What it does, and what it needs.
    description: String,
    trigger_type: Option<String>,
    node_count: usize,
    /// Whether the merchant has a flow that was made from it.
    is_taken: bool,
    document: Document,
}

/// Which ready flow a flow is made from.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = TakeReadyFlow)]
struct Body {
    /// `welcome`, `faq_menu` ...
    ready: String,
    /// What the flow is called; as the ready one where this is left out.
    #[serde(default)]
    name: Option<String>,
    /// The language of customers whose own is not known: `en`, `vi`.
    #[serde(default)]
    language: Option<String>,
    #[serde(default)]
    #[schema(value_type = Option<Channel>)]
    channel: Given<Channel>,
    #[serde(default)]
    #[schema(value_type = Option<String>)]
    shop_id: Given<String>,
    #[serde(default)]
    account_ids: Option<Vec<AccountId>>,
}

/// `GET /flows/gallery`: ready flows to begin with, in English and Vietnamese.
#[utoipa::path(
    get,
    path = "/flows/gallery",
    tag = "flows",
    params(("language" = Option<String>, Query, description = "Of titles and descriptions: `en`, `vi`.")),
    responses(Data<Gallery>)
)]
pub async fn gallery(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsRead)?;
    let language = params.text("language", LONGEST_LANGUAGE);
    params.finish()?;
    let language = language.as_deref().unwrap_or(DEFAULT_LANGUAGE);
    let mut transaction = state.begin(caller.merchant_id).await?;
    let taken = read::made_from(&mut transaction, caller.merchant_id).await?;
    Ok(Data(Gallery { flows: ready::all().iter().map(|ready| ReadyView::of(ready, language, &taken)).collect() }))
}

/// `POST /flows/gallery`: makes a flow of a ready one, as a draft to be changed.
#[utoipa::path(post, path = "/flows/gallery", tag = "flows", request_body = Body, responses(Data<FlowDetails>))]
pub async fn create_from_gallery(
    State(state): State<AppState>,
    caller: Caller,
    door: Option<Door>,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::FlowsManage)?;
    let body: Body = body.read()?;
    let ready = ready::find(&body.ready).ok_or_else(|| ApiError::invalid("ready", unknown()))?;
    let language = body.language.as_deref().unwrap_or(DEFAULT_LANGUAGE);
    let mut problems = Vec::new();
    let said = Said {
        name: Some(body.name.unwrap_or_else(|| spoken(&ready.title, language))),
        description: Given::This(spoken(&ready.description, language)),
        channel: body.channel,
        shop_id: body.shop_id,
        account_ids: body.account_ids,
    };
    let mut document = ready.document();
    document.language = body.language.clone().or(document.language);
    let merchant = caller.merchant_id;
    let mut transaction = begin(&state, &caller).await?;
    let before = blank(&mut transaction, merchant, door).await?;
    let about = said.about(&mut transaction, merchant, door, &before, &mut problems).await?;
    ApiError::unless_none(problems)?;
    let new = NewFlow {
        id: FlowId::new(),
        about: &about,
        draft: &document,
        made_from: Some(ready.name),
        created_by: caller.user_id(),
    };
    add(transaction, &state, &caller, door, &new).await
}

impl ReadyView {
    fn of(ready: &Ready, language: &str, taken: &[String]) -> Self {
        let document = ready.document();
        Self {
            name: ready.name,
            title: spoken(&ready.title, language),
            description: spoken(&ready.description, language),
            trigger_type: document.triggers.first().map(|trigger| trigger.kind.clone()),
            node_count: document.nodes.len(),
            is_taken: taken.iter().any(|name| name == ready.name),
            document,
        }
    }
}

fn unknown() -> String {
    let names: Vec<&str> = ready::all().iter().map(|ready| ready.name).collect();
    format!("expected one of: {}", names.join(", "))
}

/// A text in a language, else in the default one.
fn spoken(text: &Localised, language: &str) -> String {
    match text {
        Localised::One(text) => text.clone(),
        Localised::Several(texts) => {
            let found = texts.get(language).or_else(|| texts.get(DEFAULT_LANGUAGE)).or_else(|| texts.values().next());
            found.cloned().unwrap_or_default()
        }
    }
}
