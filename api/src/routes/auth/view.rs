use serde::Serialize;
use shared::domain::ids::{MerchantId, UserId};
use shared::domain::user::UserRole;
use shared::store::users::User;
use utoipa::ToSchema;

/// A user as users see one.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UserView {
    id: UserId,
    merchant_id: MerchantId,
    email: Option<String>,
    display_name: String,
    role: UserRole,
}

impl From<User> for UserView {
    fn from(user: User) -> Self {
        Self {
            id: user.id,
            merchant_id: user.merchant_id,
            email: user.email,
            display_name: user.display_name,
            role: user.role,
        }
    }
}

impl UserView {
    /// What a token says of the user.
    pub(super) const fn identity(&self) -> (UserId, MerchantId, UserRole) {
        (self.id, self.merchant_id, self.role)
    }
}
