use axum::extract::State;
use axum::response::IntoResponse;
use serde_json::json;
use shared::channels::connect::Claim;
use shared::channels::credentials::Credentials;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::AccountId;
use shared::domain::permission::Action;
use shared::store::accounts::disconnect::{self as store, Leaving};
use shared::store::accounts::read;
use shared::store::audit::{self, Entry};
use shared::store::{StoreError, outbox};

use super::LEFT_AT_ONCE;
use super::view::{AccountView, Disconnected, DisconnectedView, Revocation};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Params, PathText};
use crate::state::AppState;

/// `DELETE /accounts/{id}`: disconnects an account. Its credentials are wiped, what waits to be sent is cancelled, its
/// history stays. Then the platform is asked to send its events no more, and on X the tokens are revoked: how that
/// went is told, it does not undo the rest. Asked again it does nothing more.
#[utoipa::path(
    delete,
    path = "/accounts/{id}",
    tag = "accounts",
    params(("id" = String, Path, description = "The account's id, or its shop's.")),
    responses(Data<Disconnected>)
)]
pub async fn disconnect(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    params: Params,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    params.finish()?;
    let (merchant, channel) = (caller.merchant_id, door.channel);
    let mut transaction = state.begin(merchant).await?;
    let found = read::find(&mut transaction, merchant, channel, &id).await?.ok_or(ApiError::NotFound("account"))?;
    let account_id = found.id;
    if id != account_id.to_string() && read::connected_at_shop(&mut transaction, merchant, channel, &id).await? > 1 {
        return Err(ApiError::Conflict(
            "the shop has several accounts: name the one to disconnect by its id".to_owned(),
        ));
    }
    let leaving = store::lock(&mut transaction, &state.keyring, merchant, channel, account_id).await?;
    let leaving = leaving.ok_or(ApiError::NotFound("account"))?;
    if leaving.connected {
        store::disconnect(&mut transaction, merchant, account_id).await?;
        let cancelled = outbox::cancel_of_account(&mut transaction, account_id, LEFT_AT_ONCE).await?;
        audit::record(&mut transaction, &entry(&caller, account_id, cancelled)).await?;
    }
    let account = read::find(&mut transaction, merchant, channel, &account_id.to_string()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;

    let revocation = revoke(&state, &leaving).await;
    tracing::info!(%account_id, %channel, ?revocation, "account disconnected");
    if channel == Channel::X {
        return Ok(Data(Disconnected::Nothing));
    }
    let account = AccountView::from(account.ok_or(ApiError::NotFound("account"))?);
    Ok(Data(Disconnected::Told(Box::new(DisconnectedView::new(account, revocation)))))
}

/// Best effort: the account is gone from here whatever the platform says, and events that come all the same are kept
/// as nobody's.
async fn revoke(state: &AppState, leaving: &Leaving) -> Revocation {
    if !leaving.connected {
        return Revocation::DoneBefore;
    }
    if leaving.shares_subscription {
        return Revocation::Shared;
    }
    let credentials = leaving.credentials.as_deref().map(Credentials::from_json);
    let Some(Ok(credentials)) = credentials else {
        return Revocation::Failed;
    };
    let claim = Claim {
        external_id: Some(&leaving.external_id),
        business_id: leaving.business_id.as_deref(),
        credentials: &credentials,
    };
    match state.platforms.unsubscribe(&claim, leaving.webhook_id.as_deref()).await {
        Ok(()) => Revocation::Done,
        Err(fault) => {
            tracing::warn!(%fault, "the platform was not told that an account was disconnected");
            Revocation::Failed
        }
    }
}

fn entry(caller: &Caller, account: AccountId, cancelled: u64) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "account.disconnected",
        entity: "account",
        entity_id: account.0,
        before: Some(json!({ "status": "connected" })),
        after: Some(json!({ "status": "inactive", "cancelledMessages": cancelled })),
        at: clock::now(),
    }
}
