use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::ids::TeamId;
use shared::domain::permission::Action;
use shared::store::{StoreError, audit, teams as store};
use utoipa::ToSchema;

use super::create::{entry, name_problem, refused};
use super::get::find;
use super::view::TeamView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// What a team is to be called. What is read only may be put back as it was given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = TeamChange)]
struct Body {
    name: String,
    #[serde(rename = "id")]
    #[schema(ignore)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "memberCount")]
    #[schema(ignore)]
    _member_count: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(ignore)]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PATCH /teams/{id}`: gives a team another name.
#[utoipa::path(patch, path = "/teams/{id}", tag = "teams", request_body = Body, responses(Data<TeamView>))]
pub async fn rename(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let body: Body = body.read()?;
    let (id, name) = (TeamId(id), body.name.trim());
    if let Some(problem) = name_problem(name) {
        return Err(ApiError::Invalid(vec![problem]));
    }
    let mut transaction = state.begin(caller.merchant_id).await?;
    let before = find(&mut transaction, &caller, id).await?;
    store::rename(&mut transaction, caller.merchant_id, id, name).await.map_err(refused)?;
    let (was, is) = (json!({ "name": before.name }), json!({ "name": name }));
    audit::record(&mut transaction, &entry(&caller, "team.renamed", id, Some(was), Some(is))).await?;
    let team = find(&mut transaction, &caller, id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(TeamView::from(team)))
}
