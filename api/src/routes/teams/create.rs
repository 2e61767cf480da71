use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::permission::Action;
use shared::store::audit::{self, Entry};
use shared::store::users::change::known_of;
use shared::store::{PgConnection, StoreError, teams as store};
use utoipa::ToSchema;

use super::get::find;
use super::view::TeamView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::state::AppState;

const LONGEST_NAME: usize = 100;
const MOST_MEMBERS: usize = 1_000;

/// A team to make.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewTeam)]
struct Body {
    name: String,
    /// Who is in it from the start.
    #[serde(default)]
    user_ids: Vec<UserId>,
    /// Taken everywhere; teams belong to the merchant.
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /teams`: makes a team.
#[utoipa::path(post, path = "/teams", tag = "teams", request_body = Body, responses(Data<TeamView>))]
pub async fn create(State(state): State<AppState>, caller: Caller, body: Json) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let body: Body = body.read()?;
    let (merchant, id, name) = (caller.merchant_id, TeamId::new(), body.name.trim());
    let mut problems: Vec<FieldProblem> = name_problem(name).into_iter().collect();
    let mut transaction = state.begin(merchant).await?;
    problems.extend(member_problems(&mut transaction, &caller, &body.user_ids).await?);
    ApiError::unless_none(problems)?;
    store::insert(&mut transaction, merchant, id, name).await.map_err(refused)?;
    store::set_members(&mut transaction, merchant, id, &body.user_ids).await?;
    let after = json!({ "name": name, "userIds": body.user_ids });
    audit::record(&mut transaction, &entry(&caller, "team.created", id, None, Some(after))).await?;
    let team = find(&mut transaction, &caller, id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(TeamView::from(team)))
}

/// What is wrong with a name, if anything is.
pub(super) fn name_problem(name: &str) -> Option<FieldProblem> {
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    (!fits).then(|| FieldProblem::new("name", format!("must hold 1 to {LONGEST_NAME} characters")))
}

/// Those of `users` who are nobody here.
pub(super) async fn member_problems(
    conn: &mut PgConnection,
    caller: &Caller,
    users: &[UserId],
) -> Result<Vec<FieldProblem>, ApiError> {
    if users.len() > MOST_MEMBERS {
        return Ok(vec![FieldProblem::new("userIds", format!("must name at most {MOST_MEMBERS}"))]);
    }
    let known = known_of(conn, caller.merchant_id, users).await?;
    let unknown = users.iter().enumerate().filter(|(_, user)| !known.contains(user));
    Ok(unknown.map(|(at, _)| FieldProblem::new(format!("userIds[{at}]"), "names no user of yours")).collect())
}

pub(super) fn refused(error: StoreError) -> ApiError {
    match error.constraint() {
        Some("teams_name_key") => ApiError::Conflict("there is a team of this name already".to_owned()),
        _ => error.into(),
    }
}

pub(super) fn entry(
    caller: &Caller,
    action: &'static str,
    id: TeamId,
    before: Option<serde_json::Value>,
    after: Option<serde_json::Value>,
) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action,
        entity: "team",
        entity_id: id.0,
        before,
        after,
        at: clock::now(),
    }
}
