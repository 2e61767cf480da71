use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::domain::user::UserRole;
use shared::store::audit::{self, Entry};
use shared::store::sessions::{self, Why};
use shared::store::users::change::{self as store, Change};
use shared::store::users::list::{self, Profile};
use shared::store::{PgConnection, StoreError};
use utoipa::ToSchema;

use super::create::{name_problem, require_giving};
use super::view::ProfileView;
use crate::auth::Caller;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathId};
use crate::state::AppState;

/// What a user is to become. What is read only may be put back as it was given.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = UserChange)]
struct Body {
    #[serde(alias = "name")]
    display_name: Option<String>,
    role: Option<UserRole>,
    disabled: Option<bool>,
    #[serde(rename = "id")]
    #[schema(ignore)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "externalId")]
    #[schema(ignore)]
    _external_id: Option<IgnoredAny>,
    #[serde(rename = "email")]
    #[schema(ignore)]
    _email: Option<IgnoredAny>,
    #[serde(rename = "mustChangePassword")]
    #[schema(ignore)]
    _must_change_password: Option<IgnoredAny>,
    #[serde(rename = "teams")]
    #[schema(ignore)]
    _teams: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(ignore)]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "lastLoginAt")]
    #[schema(ignore)]
    _last_login_at: Option<IgnoredAny>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PATCH /users/{id}`: another name or role, or disabled or not. A merchant keeps an owner who may log in; whoever is
/// disabled is logged out everywhere.
#[utoipa::path(patch, path = "/users/{id}", tag = "users", request_body = Body, responses(Data<ProfileView>))]
pub async fn change(
    State(state): State<AppState>,
    caller: Caller,
    PathId(id): PathId,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::UsersManage)?;
    let body: Body = body.read()?;
    let change = Change {
        display_name: body.display_name.map(|name| name.trim().to_owned()),
        role: body.role,
        disabled: body.disabled,
    };
    if let Some(problem) = change.display_name.as_deref().and_then(name_problem) {
        return Err(ApiError::Invalid(vec![problem]));
    }

    let (merchant, now) = (caller.merchant_id, clock::now());
    let mut transaction = state.begin(merchant).await?;
    let before = find(&mut transaction, &caller, id).await?;
    allow(&mut transaction, &caller, &before, &change).await?;
    store::change(&mut transaction, merchant, before.id, &change, now).await?;
    if change.disabled == Some(true) {
        sessions::revoke_all(&mut transaction, merchant, before.id, None, Why::Disabled, now).await?;
    }
    let after = find(&mut transaction, &caller, id).await?;
    if let Some(entry) = entry(&caller, &before, &after) {
        audit::record(&mut transaction, &entry).await?;
    }
    transaction.commit().await.map_err(StoreError::Sql)?;
    state.forget_user(after.id);
    Ok(Data(ProfileView::from(after)))
}

pub(super) async fn find(conn: &mut PgConnection, caller: &Caller, id: uuid::Uuid) -> Result<Profile, ApiError> {
    let found = list::find(conn, caller.merchant_id, &id.to_string()).await?;
    found.ok_or(ApiError::NotFound("user"))
}

async fn allow(conn: &mut PgConnection, caller: &Caller, user: &Profile, change: &Change) -> Result<(), ApiError> {
    // Whoever may not give a role may not touch who has it.
    require_giving(caller, user.role)?;
    let role = change.role.filter(|role| *role != user.role);
    if let Some(role) = role {
        require_giving(caller, role)?;
        if user.external_id.is_some() {
            return Err(ApiError::Conflict("the outer system that logs this user in says what it may do".to_owned()));
        }
    }
    let is_disabled = change.disabled == Some(true) && user.disabled_at.is_none();
    if is_disabled && caller.user_id() == Some(user.id) {
        return Err(ApiError::Conflict("you cannot disable yourself".to_owned()));
    }
    let loses = user.role == UserRole::Owner && user.disabled_at.is_none() && (role.is_some() || is_disabled);
    if loses && !store::has_owner_besides(conn, caller.merchant_id, user.id).await? {
        return Err(ApiError::Conflict("this is the last owner: make another one first".to_owned()));
    }
    Ok(())
}

/// What changed; none where nothing did.
fn entry(caller: &Caller, before: &Profile, after: &Profile) -> Option<Entry> {
    let shown = |user: &Profile| -> Value {
        json!({ "displayName": user.display_name, "role": user.role, "disabled": user.disabled_at.is_some() })
    };
    let (before, after, id) = (shown(before), shown(after), after.id);
    (before != after).then(|| Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "user.changed",
        entity: "user",
        entity_id: id.0,
        before: Some(before),
        after: Some(after),
        at: clock::now(),
    })
}
