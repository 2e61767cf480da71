use axum::extract::State;
use axum::response::IntoResponse;
use shared::domain::ids::DeadLetterId;
use shared::domain::permission::Action;
use shared::store::dead_letters::read as store;

use super::view::DeadLetterSummaryView;
use crate::auth::Caller;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::Params;
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// `GET /dead-letters`: the latest first, for operators alone.
#[utoipa::path(
    get,
    path = "/dead-letters",
    tag = "deadLetters",
    params(PageParams, ("queue" = Option<String>, Query)),
    responses(Paged<DeadLetterSummaryView>)
)]
pub async fn list(
    State(state): State<AppState>,
    caller: Caller,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::InstallationOperate)?;
    let page: Page<DeadLetterId> = Page::read(&mut params);
    let queue: Option<String> = params.parse("queue", "a queue's name");
    params.finish()?;

    let mut transaction = state.begin_as_operator().await?;
    let total = store::total(&mut transaction, queue.as_deref()).await?;
    let found = store::list(&mut transaction, queue.as_deref(), page.cursor, page.skip, page.probe()).await?;
    drop(transaction);

    let (letters, pagination) = page.cut(found, total, |letter| letter.id)?;
    Ok(Paged(letters.into_iter().map(DeadLetterSummaryView::from).collect(), pagination))
}
