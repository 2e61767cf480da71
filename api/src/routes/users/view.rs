use chrono::{DateTime, Utc};
use secrecy::{ExposeSecret, SecretString};
use serde::Serialize;
use shared::domain::ids::{TeamId, UserId};
use shared::domain::user::UserRole;
use shared::store::users::list::Profile;
use utoipa::ToSchema;

/// A user as colleagues see one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ProfileView {
    id: UserId,
    /// What an outer system calls the user, where one logs it in.
    external_id: Option<String>,
    email: Option<String>,
    display_name: String,
    role: UserRole,
    disabled: bool,
    /// Logs in with a one-time password next, and has to choose another.
    must_change_password: bool,
    teams: Vec<TeamId>,
    created_at: DateTime<Utc>,
    last_login_at: Option<DateTime<Utc>>,
}

impl From<Profile> for ProfileView {
    fn from(profile: Profile) -> Self {
        Self {
            id: profile.id,
            external_id: profile.external_id,
            email: profile.email,
            display_name: profile.display_name,
            role: profile.role,
            disabled: profile.disabled_at.is_some(),
            must_change_password: profile.password_expires_at.is_some(),
            teams: profile.teams,
            created_at: profile.created_at,
            last_login_at: profile.last_login_at,
        }
    }
}

/// A user and the password to log in with, which is not shown again.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct InvitedView {
    #[serde(flatten)]
    user: ProfileView,
    /// Holds until `passwordExpiresAt`, and asks for another at the first login.
    one_time_password: String,
    password_expires_at: Option<DateTime<Utc>>,
}

impl InvitedView {
    pub(super) fn new(profile: Profile, password: &SecretString) -> Self {
        let password_expires_at = profile.password_expires_at;
        let one_time_password = password.expose_secret().to_owned();
        Self { user: profile.into(), one_time_password, password_expires_at }
    }
}
