use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::ids::EventId;
use shared::store::unclaimed::read::UnclaimedEvent;
use utoipa::ToSchema;

/// An event that nobody claims.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct UnclaimedEventView {
    id: EventId,
    channel: String,
    account: String,
    reason: String,
    detail: Option<String>,
    app: String,
    received_at: DateTime<Utc>,
    /// What the platform sent; bytes that are no text are marked.
    body: String,
}

impl From<UnclaimedEvent> for UnclaimedEventView {
    fn from(event: UnclaimedEvent) -> Self {
        Self {
            id: event.id,
            channel: event.channel,
            account: event.account,
            reason: event.reason,
            detail: event.detail,
            app: event.app,
            received_at: event.received_at,
            body: String::from_utf8_lossy(&event.body).into_owned(),
        }
    }
}
