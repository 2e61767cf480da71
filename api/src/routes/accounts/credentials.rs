use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::ExposeSecret;
use serde_json::json;
use shared::broker::Queue;
use shared::channels::connect::Claim;
use shared::domain::clock;
use shared::domain::permission::Action;
use shared::events::wake::WakeAccount;
use shared::store::accounts::connect::{self as store, Said};
use shared::store::accounts::read::{self, Account};
use shared::store::audit::{self, Entry};
use shared::store::{StoreError, accounts};

use super::fault;
use super::request::{self, NewCredentials};
use super::view::AccountView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// `PUT /accounts/{id}/credentials`: a new token for a connected account. The platform must know the same account by
/// it; one that it refused before is tried again from here on.
#[utoipa::path(
    put,
    path = "/accounts/{id}/credentials",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id, or its shop's.")),
    request_body = NewCredentials,
    responses(Data<AccountView>)
)]
pub async fn credentials(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let (merchant, channel) = (caller.merchant_id, door.channel);
    let credentials = request::credentials(channel, body)?;
    let mut transaction = state.begin(merchant).await?;
    let known = read::find(&mut transaction, merchant, channel, &id).await?.ok_or(ApiError::NotFound("account"))?;
    drop(transaction);
    refuse_disconnected(&known)?;

    let told = |fault| fault::told(channel, fault);
    let claim = Claim {
        external_id: Some(&known.external_id),
        business_id: known.business_id.as_deref(),
        credentials: &credentials,
    };
    let profile = state.platforms.look_up(&claim).await.map_err(told)?;
    let webhook_id = state.platforms.subscribe(&claim).await.map_err(told)?;

    let sealed = credentials.to_json().map_err(ApiError::internal)?;
    let mut transaction = state.begin(merchant).await?;
    let locked = accounts::disconnect::lock(&mut transaction, &state.keyring, merchant, channel, known.id).await?;
    if !locked.ok_or(ApiError::NotFound("account"))?.connected {
        return Err(disconnected());
    }
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    store::replace_credentials(&mut transaction, &keys, merchant, known.id, sealed.expose_secret().as_bytes()).await?;
    let said = Said {
        profile_image_url: profile.profile_image_url.as_deref(),
        webhook_id: webhook_id.as_deref(),
        quality: profile.quality.as_deref(),
        limit: profile.limit,
        throughput_per_second: profile.throughput_per_second,
        at: clock::now(),
    };
    store::note(&mut transaction, merchant, known.id, &said).await?;
    audit::record(&mut transaction, &entry(&caller, &known)).await?;
    let account = read::find(&mut transaction, merchant, channel, &known.id.to_string()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    // What waited for the platform to take the account again goes now; a lost wake-up is the janitor's to find.
    let wake = [WakeAccount { account_id: known.id }];
    if let Err(error) = state.publisher.wake(Queue::Outbound, wake).await {
        tracing::warn!(%error, account_id = %known.id, "the sender was not woken");
    }
    Ok(Data(AccountView::from(account.ok_or(ApiError::NotFound("account"))?)))
}

fn refuse_disconnected(account: &Account) -> Result<(), ApiError> {
    if account.disconnected_at.is_some() { Err(disconnected()) } else { Ok(()) }
}

fn disconnected() -> ApiError {
    ApiError::Conflict("the account is disconnected: connect it anew".to_owned())
}

/// Says that they were replaced, and never by what.
fn entry(caller: &Caller, account: &Account) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "account.credentials_replaced",
        entity: "account",
        entity_id: account.id.0,
        before: Some(json!({ "status": account.status })),
        after: Some(json!({ "status": "active" })),
        at: clock::now(),
    }
}
