use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::permission::Action;
use shared::domain::user::UserRole;
use shared::store::audit::{self, Entry};
use shared::store::users::{self, User, list};
use shared::store::{PgConnection, StoreError, teams};
use utoipa::ToSchema;

use super::view::InvitedView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;
use crate::routes::passwords::OneTime;
use crate::state::AppState;

/// RFC 5321's limit.
const LONGEST_EMAIL: usize = 254;
pub(super) const LONGEST_NAME: usize = 200;
const MOST_TEAMS: usize = 100;

/// A colleague to invite.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewUser)]
struct Body {
    email: String,
    #[serde(alias = "name")]
    display_name: Option<String>,
    role: UserRole,
    #[serde(default)]
    teams: Vec<TeamId>,
    /// Taken everywhere; users belong to the merchant.
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /users`: invites a colleague with a one-time password, which is shown in this answer alone.
#[utoipa::path(post, path = "/users", tag = "users", request_body = Body, responses(Data<InvitedView>))]
pub async fn create(State(state): State<AppState>, caller: Caller, body: Json) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let Body { email, display_name, role, teams, _shop_id } = body.read()?;
    let email = email.trim().to_lowercase();
    let display_name = display_name.map_or_else(|| email.clone(), |name| name.trim().to_owned());
    check(&caller, &email, &display_name, role, &teams)?;

    let merchant_id = caller.merchant_id;
    let one_time = OneTime::random(&state).await?;
    let user = User { id: UserId::new(), merchant_id, email: Some(email), display_name, role, disabled: false };
    let mut transaction = state.begin(merchant_id).await?;
    require_teams(&mut transaction, &caller, &teams).await?;
    let inserted = users::insert(&mut transaction, &user, &one_time.hash, Some(one_time.expires_at)).await;
    inserted.map_err(refused)?;
    teams::set_teams_of(&mut transaction, merchant_id, user.id, &teams).await?;
    let entry = Entry {
        merchant_id,
        actor: caller.actor(),
        action: "user.created",
        entity: "user",
        entity_id: user.id.0,
        before: None,
        after: Some(json!({ "email": user.email, "role": role, "teams": teams })),
        at: clock::now(),
    };
    audit::record(&mut transaction, &entry).await?;
    let made = list::find(&mut transaction, merchant_id, &user.id.to_string()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    Ok(Data(InvitedView::new(made.ok_or(ApiError::NotFound("user"))?, &one_time.password)))
}

fn check(caller: &Caller, email: &str, name: &str, role: UserRole, teams: &[TeamId]) -> Result<(), ApiError> {
    let mut problems = Vec::new();
    if !is_email(email) {
        problems.push(FieldProblem::new("email", "must be an e-mail address"));
    }
    if let Some(problem) = name_problem(name) {
        problems.push(problem);
    }
    if teams.len() > MOST_TEAMS {
        problems.push(FieldProblem::new("teams", format!("must name at most {MOST_TEAMS}")));
    }
    ApiError::unless_none(problems)?;
    require_giving(caller, role)
}

/// What is wrong with a name, if anything is.
pub(super) fn name_problem(name: &str) -> Option<FieldProblem> {
    let fits = !name.is_empty() && name.chars().count() <= LONGEST_NAME && !name.chars().any(char::is_control);
    (!fits).then(|| FieldProblem::new("displayName", format!("must hold 1 to {LONGEST_NAME} characters")))
}

/// Refuses whoever may not give `role`, or take it away.
pub(super) fn require_giving(caller: &Caller, role: UserRole) -> Result<(), ApiError> {
    if caller.role.may_give(role) {
        return Ok(());
    }
    Err(ApiError::Forbidden(format!("the role `{}` may not give the role `{role}`, or take it away", caller.role)))
}

async fn require_teams(conn: &mut PgConnection, caller: &Caller, given: &[TeamId]) -> Result<(), ApiError> {
    let known = teams::known_of(conn, caller.merchant_id, given).await?;
    let unknown = given.iter().enumerate().filter(|(_, team)| !known.contains(team));
    let problems: Vec<FieldProblem> =
        unknown.map(|(at, _)| FieldProblem::new(format!("teams[{at}]"), "names no team of yours")).collect();
    ApiError::unless_none(problems)
}

fn is_email(email: &str) -> bool {
    let plain = email.chars().all(|c| !c.is_whitespace() && !c.is_control());
    let parts =
        email.split_once('@').is_some_and(|(name, host)| !name.is_empty() && !host.is_empty() && !host.contains('@'));
    plain && parts && email.len() <= LONGEST_EMAIL
}

fn refused(error: StoreError) -> ApiError {
    match error.constraint() {
        Some("users_email_key") => ApiError::Conflict("there is a user with this e-mail already".to_owned()),
        _ => error.into(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_e_mail_has_a_name_and_a_host() {
        assert!(is_email("an@shop.example"));
        for wrong in ["", "an", "@shop", "an@", "an @shop", "an@shop@other", "an@shop\n"] {
            assert!(!is_email(wrong), "{wrong}");
        }
    }
}
