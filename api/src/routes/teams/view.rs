use chrono::{DateTime, Utc};
use serde::Serialize;
use shared::domain::ids::TeamId;
use shared::store::teams::Team;
use utoipa::ToSchema;

/// A team.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct TeamView {
    id: TeamId,
    name: String,
    member_count: i64,
    created_at: DateTime<Utc>,
}

impl From<Team> for TeamView {
    fn from(team: Team) -> Self {
        Self { id: team.id, name: team.name, member_count: team.member_count, created_at: team.created_at }
    }
}
