use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use shared::domain::consent::{Purpose, Source};
use shared::domain::ids::{ConsentId, MessageId};
use shared::domain::permission::Action;
use shared::store::consents::{self as store, Consent};
use utoipa::ToSchema;

use super::find;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Paged;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::page::{Page, PageParams};
use crate::state::AppState;

/// A place in the history, as cursors carry it.
#[derive(Debug, Serialize, Deserialize)]
struct Place(#[serde(with = "chrono::serde::ts_microseconds")] DateTime<Utc>, ConsentId);

/// Something that a contact agreed to, or took back.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ConsentView {
    id: ConsentId,
    purpose: Purpose,
    granted: bool,
    source: Source,
    proof: Option<String>,
    /// The message that said it.
    message_id: Option<MessageId>,
    at: DateTime<Utc>,
}

/// `GET /contacts/{id}/consents`: everything that a contact agreed to and took back, the latest first.
#[utoipa::path(
    get,
    path = "/contacts/{id}/consents",
    tag = "contacts",
    params(PageParams, ("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`."), ("purpose" = inline(Option<Purpose>), Query)),
    responses(Paged<ConsentView>)
)]
pub async fn list_consents(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(given): PathText,
    mut params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsRead)?;
    let page: Page<Place> = Page::read(&mut params);
    let purpose: Option<Purpose> = params.parse("purpose", "marketing, utility or ai");
    params.finish()?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let contact = find::find(&mut transaction, merchant, door.channel, &given).await?;
    let after = page.cursor.as_ref().map(|Place(at, id)| store::Place { at: *at, id: *id });
    let (found, total) =
        store::history(&mut transaction, merchant, contact, purpose, after, page.skip, page.probe()).await?;
    drop(transaction);
    let (found, pagination) = page.cut(found, total, |consent: &Consent| Place(consent.at, consent.id))?;
    Ok(Paged(found.into_iter().map(ConsentView::from).collect(), pagination))
}

impl From<Consent> for ConsentView {
    fn from(consent: Consent) -> Self {
        let Consent { id, purpose, granted, source, proof, message_id, at } = consent;
        Self { id, purpose, granted, source, proof, message_id, at }
    }
}
