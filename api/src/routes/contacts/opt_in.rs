use axum::extract::State;
use axum::response::IntoResponse;
use chrono::{DateTime, Utc};
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;
use shared::domain::clock;
use shared::domain::consent::{Purpose, Source};
use shared::domain::permission::Action;
use shared::flow::event::Happening;
use shared::store::consents::{self, Word};
use utoipa::ToSchema;

use super::check::Check;
use super::view::ContactDetails;
use super::{find, flows};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

const LONGEST_PROOF: usize = 4000;

/// What a contact agreed to, or no longer does.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = OptIn)]
pub(super) struct OptInBody {
    /// Whether the contact agrees.
    #[serde(alias = "optIn", alias = "granted")]
    opted_in: bool,
    /// To what; marketing where nothing is said.
    purposes: Option<Vec<Purpose>>,
    /// One purpose, for who says no more than that.
    purpose: Option<Purpose>,
    /// What the contact said, signed or ticked, and where.
    proof: Option<String>,
    /// How the merchant knows: `api`, `form` or `import`.
    source: Option<Source>,
    /// When the contact said so; now where nothing is said.
    at: Option<DateTime<Utc>>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}/opt-in`: adds what a contact agreed to, or took back, to the history. The latest word of a
/// purpose is what holds, so what was said before a customer wrote STOP does not take that back.
#[utoipa::path(
    put,
    path = "/contacts/{id}/opt-in",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = OptInBody,
    responses(Data<ContactDetails>)
)]
pub async fn opt_in(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let body: OptInBody = body.read()?;
    let now = clock::now();
    let purposes = checked(&body, now)?;
    let (source, at) = (body.source.unwrap_or(Source::Api), body.at.unwrap_or(now));

    let changing = find::lock(&state, &caller, door, &id).await?;
    let (mut transaction, contact_id) = (changing.transaction, changing.id);
    let word = Word {
        merchant_id: caller.merchant_id,
        contact_id,
        purposes: &purposes,
        granted: body.opted_in,
        source,
        proof: body.proof.as_deref(),
        at,
    };
    consents::add(&mut transaction, &word).await?;
    let after = json!({ "purposes": purposes, "granted": body.opted_in, "source": source, "at": at });
    find::record(&mut transaction, &caller, "contact.consent", contact_id, None, Some(after)).await?;
    let said = |purpose: &Purpose| {
        let purpose = *purpose;
        if body.opted_in { Happening::OptIn { purpose } } else { Happening::OptOut { purpose } }
    };
    let happened: Vec<Happening> = purposes.iter().map(said).collect();
    let told = flows::tell(&mut transaction, &state, &caller, contact_id, &happened).await?;
    let shown = find::show(transaction, caller.merchant_id, door, contact_id).await?;
    flows::wake(&state, told).await;
    Ok(shown)
}

/// The purposes, each once.
fn checked(body: &OptInBody, now: DateTime<Utc>) -> Result<Vec<Purpose>, ApiError> {
    let mut check = Check::default();
    if body.purposes.is_some() && body.purpose.is_some() {
        check.problem("purpose", "says the same as `purposes`: give one of them");
    }
    let given = body.purposes.clone().or_else(|| body.purpose.map(|purpose| vec![purpose]));
    let given = given.unwrap_or_else(|| vec![Purpose::Marketing]);
    if given.is_empty() {
        check.problem("purposes", "must name at least one purpose");
    }
    let purposes = Purpose::ALL.into_iter().filter(|purpose| given.contains(purpose)).collect();
    let is_proof = |proof: &String| {
        let length = proof.trim().chars().count();
        (1..=LONGEST_PROOF).contains(&length) && !proof.contains('\0')
    };
    if body.proof.as_ref().is_some_and(|proof| !is_proof(proof)) {
        check.problem("proof", format!("must hold 1 to {LONGEST_PROOF} characters"));
    }
    if !matches!(body.source, None | Some(Source::Api | Source::Form | Source::Import)) {
        check.problem("source", "must be api, form or import: the others are what customers say themselves");
    }
    if body.at.is_some_and(|at| at > now) {
        check.problem("at", "must not lie in the future");
    }
    check.finish()?;
    Ok(purposes)
}
