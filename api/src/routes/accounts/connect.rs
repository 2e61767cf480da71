use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::ExposeSecret;
use serde_json::json;
use shared::domain::clock;
use shared::domain::ids::{MerchantId, ShopId};
use shared::domain::permission::Action;
use shared::store::accounts::connect::{self as store, ConnectError, Connected, NewAccount};
use shared::store::accounts::read;
use shared::store::audit::{self, Entry};
use shared::store::{PgConnection, StoreError, shops};

use super::request::{self, Body, ConnectRequest};
use super::view::AccountView;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::state::AppState;

/// `POST /accounts`: connects an account. Its credentials are sealed and never shown again; events that
/// came for it before are claimed by the janitor.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = Body, responses(Data<AccountView>))]
pub async fn connect(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let request = request::read(door.channel, body)?;
    let credentials = request.credentials.to_json().map_err(ApiError::internal)?;

    let mut transaction = state.begin(caller.merchant_id).await?;
    let shop_id = shop(&mut transaction, caller.merchant_id, request.shop_id.as_deref()).await?;
    let keys = state.keyring.of(&mut transaction, caller.merchant_id).await?;
    let account = NewAccount {
        merchant_id: caller.merchant_id,
        shop_id,
        channel: door.channel,
        external_id: &request.external_id,
        business_id: request.business_id.as_deref(),
        display_name: request.display_name.as_deref(),
        display_number: request.display_number.as_deref(),
        username: request.username.as_deref(),
        app: &request.app,
        credentials: credentials.expose_secret().as_bytes(),
    };
    let connected = store::connect(&mut transaction, &keys, &account).await.map_err(refused)?;
    audit::record(&mut transaction, &entry(&caller, door, &request, connected)).await?;
    let id = connected.id.to_string();
    let account = read::find(&mut transaction, caller.merchant_id, door.channel, &id).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    tracing::info!(account_id = id, channel = %door.channel, revived = connected.revived, "account connected");
    Ok(Data(AccountView::from(account.ok_or(ApiError::NotFound("account"))?)))
}

async fn shop(conn: &mut PgConnection, merchant: MerchantId, given: Option<&str>) -> Result<ShopId, ApiError> {
    let shop = match given {
        Some(given) => shops::find(conn, merchant, given).await?,
        None => shops::default_of(conn, merchant).await?,
    };
    shop.map(|shop| shop.id).ok_or_else(|| ApiError::Forbidden("the shop is not one of yours".to_owned()))
}

fn refused(error: ConnectError) -> ApiError {
    match error {
        ConnectError::Taken => ApiError::Conflict("this account is connected already, here or elsewhere".to_owned()),
        ConnectError::Store(error) => error.into(),
    }
}

fn entry(caller: &Caller, door: Door, request: &ConnectRequest, connected: Connected) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "account.connected",
        entity: "account",
        entity_id: connected.id.0,
        before: connected.revived.then(|| json!({ "status": "inactive" })),
        after: Some(json!({
            "status": "active",
            "channel": door.channel,
            "externalId": request.external_id,
            "app": request.app,
        })),
        at: clock::now(),
    }
}
