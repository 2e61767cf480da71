use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::domain::ids::AuditEntryId;
use shared::store::audit::read::Line;
use utoipa::ToSchema;
use uuid::Uuid;

/// Who did something.
#[derive(Debug, Serialize, ToSchema)]
struct ActorView {
    /// `user`, `api_key` or `system`.
    kind: String,
    /// The user or the key.
    id: Option<Uuid>,
}

/// One thing that was done.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct AuditEntryView {
    id: AuditEntryId,
    actor: ActorView,
    /// As `entity.verb`.
    action: String,
    entity: String,
    entity_id: Uuid,
    #[schema(value_type = Option<Object>)]
    before: Option<Value>,
    #[schema(value_type = Option<Object>)]
    after: Option<Value>,
    at: DateTime<Utc>,
}

impl From<Line> for AuditEntryView {
    fn from(line: Line) -> Self {
        Self {
            id: line.id,
            actor: ActorView { kind: line.actor_kind, id: line.actor_id },
            action: line.action,
            entity: line.entity,
            entity_id: line.entity_id,
            before: line.before,
            after: line.after,
            at: line.at,
        }
    }
}
