use axum::extract::State;
use axum::response::IntoResponse;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use serde_json::json;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::permission::Action;
use shared::store::{StoreError, audit, teams as store};
use utoipa::ToSchema;

use super::create::{entry, member_problems};
use super::get::find;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, Params, PathId};
use crate::state::AppState;

/// Who is in a team.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct MembersView {
    team_id: TeamId,
    user_ids: Vec<UserId>,
}

/// Who is to be in a team.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = MembersChange)]
struct Body {
    user_ids: Vec<UserId>,
    #[serde(rename = "teamId")]
    #[schema(ignore)]
    _team_id: Option<IgnoredAny>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `GET /teams/{id}/members`: who is in a team.
#[utoipa::path(get, path = "/teams/{id}/members", tag = "teams", responses(Data<MembersView>))]
pub async fn members(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersRead)?;
    params.finish()?;
    let team_id = TeamId(id);
    let mut transaction = state.begin(caller.merchant_id).await?;
    find(&mut transaction, &caller, team_id).await?;
    let user_ids = store::members(&mut transaction, caller.merchant_id, team_id).await?;
    Ok(Data(MembersView { team_id, user_ids }))
}

/// `PUT /teams/{id}/members`: these are the team, and nobody else.
#[utoipa::path(
    put,
    path = "/teams/{id}/members",
    tag = "teams",
    request_body = Body,
    responses(Data<MembersView>)
)]
pub async fn set_members(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let body: Body = body.read()?;
    let (team_id, merchant) = (TeamId(id), caller.merchant_id);
    let mut transaction = state.begin(merchant).await?;
    find(&mut transaction, &caller, team_id).await?;
    let problems = member_problems(&mut transaction, &caller, &body.user_ids).await?;
    ApiError::unless_none(problems)?;
    let before = store::members(&mut transaction, merchant, team_id).await?;
    store::set_members(&mut transaction, merchant, team_id, &body.user_ids).await?;
    let user_ids = store::members(&mut transaction, merchant, team_id).await?;
    let (was, is) = (json!({ "userIds": before }), json!({ "userIds": user_ids }));
    audit::record(&mut transaction, &entry(&caller, "team.members_set", team_id, Some(was), Some(is))).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(MembersView { team_id, user_ids }))
}
