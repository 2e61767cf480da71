use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::AuditEntryId;
use shared::domain::permission::Action;
use shared::store::audit::read::{self as store, Filter};
use uuid::Uuid;

use super::view::AuditEntryView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

const KINDS: [&str; 3] = ["user", "api_key", "system"];
const A_TIME: &str = "a time such as 2026-11-21T10:00:00Z";

/// `GET /audit`: who did what, the latest first. The total goes to ten thousand.
#[utoipa::path(
    get,
    path = "/audit",
    tag = "audit",
    params(
        PageParams,
        ("actor" = Option<String>, Query, description = "A user's or key's id, or `user`, `api_key`, `system`."),
        ("entity" = Option<String>, Query, description = "A kind of entity, such as `account`."),
        ("entityId" = Option<Uuid>, Query),
        ("action" = Option<String>, Query, description = "Such as `account.connected`."),
        ("from" = Option<DateTime<Utc>>, Query),
        ("to" = Option<DateTime<Utc>>, Query, description = "Entries before this moment."),
    ),
    responses(Paged<AuditEntryView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AuditRead)?;
    let page: Page<AuditEntryId> = Page::read(&mut params);
    let filter = filter(&mut params);
    params.finish()?;

    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let total = store::count(&mut transaction, merchant, &filter).await?;
    let found = store::list(&mut transaction, merchant, &filter, page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (entries, pagination) = page.cut(found, total, |entry| entry.id)?;
    Ok(Paged(entries.into_iter().map(AuditEntryView::from).collect(), pagination))
}

fn filter(params: &mut Params) -> Filter {
    let actor: Option<String> = params.parse("actor", "a user's or key's id");
    let kind = actor.clone().filter(|actor| KINDS.contains(&actor.as_str()));
    let id = actor.as_ref().and_then(|actor| Uuid::parse_str(actor).ok());
    if actor.is_some() && kind.is_none() && id.is_none() {
        params.problem("actor", format!("expected a user's or key's id, or one of: {}", KINDS.join(", ")));
    }
    Filter {
        actor_id: id,
        actor_kind: kind,
        entity: params.parse("entity", "a kind of entity"),
        entity_id: params.parse("entityId", "an entity's id"),
        action: params.parse("action", "an action"),
        from: params.parse("from", A_TIME),
        to: params.parse("to", A_TIME),
    }
}
