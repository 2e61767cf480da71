use axum::extract::State;
use axum::response::IntoResponse;
use secrecy::ExposeSecret;
use serde_json::json;
use shared::channels::connect::{Claim, Profile};
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::ids::{MerchantId, ShopId};
use shared::domain::permission::Action;
use shared::store::accounts::connect::{self as store, ConnectError, Connected, NewAccount, Said};
use shared::store::accounts::read::{self, Account};
use shared::store::audit::{self, Entry};
use shared::store::{PgConnection, StoreError, outbox};

use super::request::{self, Body, ConnectRequest};
use super::view::AccountView;
use super::{LEFT_AT_ONCE, fault};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::routes::shop_filter;
use crate::state::AppState;

/// `POST /accounts`: connects an account. The platform is asked who it is and to send its events here; only then is
/// anything stored. Its credentials are sealed and never shown again; events that came for it before are claimed by
/// the janitor.
#[utoipa::path(post, path = "/accounts", tag = "accounts", request_body = Body, responses(Data<AccountView>))]
pub async fn connect(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::AccountsManage)?;
    let channel = door.channel;
    let request = request::read(channel, body)?;
    // No connection is held while a platform thinks.
    let mut transaction = state.begin(caller.merchant_id).await?;
    let shop_id = shop_filter::or_default(&mut transaction, caller.merchant_id, request.shop_id.as_deref()).await?;
    if let Some(external_id) = &request.external_id {
        refuse_connected(&mut transaction, caller.merchant_id, channel, external_id).await?;
    }
    drop(transaction);

    let told = |fault| fault::told(channel, fault);
    let profile = state.platforms.look_up(&request.claim()).await.map_err(told)?;
    if request.external_id.is_none() {
        let mut transaction = state.begin(caller.merchant_id).await?;
        refuse_connected(&mut transaction, caller.merchant_id, channel, &profile.external_id).await?;
    }
    let claim = Claim { external_id: Some(&profile.external_id), ..request.claim() };
    let webhook_id = state.platforms.subscribe(&claim).await.map_err(told)?;
    // From here on a failure leaves a subscription and no account: whoever asks again is subscribed as before.
    let account = keep(&state, &caller, channel, shop_id, &request, &profile, webhook_id.as_deref()).await?;
    tracing::info!(account_id = %account.id, %channel, "account connected");
    Ok(Data(AccountView::from(account)))
}

async fn keep(
    state: &AppState,
    caller: &Caller,
    channel: Channel,
    shop_id: ShopId,
    request: &ConnectRequest,
    profile: &Profile,
    webhook_id: Option<&str>,
) -> Result<Account, ApiError> {
    let credentials = request.credentials.to_json().map_err(ApiError::internal)?;
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let keys = state.keyring.of(&mut transaction, merchant).await?;
    let account = NewAccount {
        merchant_id: merchant,
        shop_id,
        channel,
        external_id: &profile.external_id,
        business_id: request.business_id.as_deref(),
        // What the merchant calls it goes before what the platform does; the number is the platform's to tell.
        display_name: request.display_name.as_deref().or(profile.display_name.as_deref()),
        display_number: profile.display_number.as_deref().or(request.display_number.as_deref()),
        username: profile.username.as_deref().or(request.username.as_deref()),
        app: &request.app,
        credentials: credentials.expose_secret().as_bytes(),
    };
    let connected = store::connect(&mut transaction, &keys, &account).await.map_err(refused)?;
    let said = Said {
        profile_image_url: profile.profile_image_url.as_deref(),
        webhook_id,
        quality: profile.quality.as_deref(),
        limit: profile.limit,
        throughput_per_second: profile.throughput_per_second,
        at: clock::now(),
    };
    store::note(&mut transaction, merchant, connected.id, &said).await?;
    if connected.revived {
        // What was left from before it was disconnected is not sent now, late and out of place.
        outbox::cancel_of_account(&mut transaction, connected.id, LEFT_AT_ONCE).await?;
    }
    let entry = entry(caller, channel, &profile.external_id, &request.app, connected);
    audit::record(&mut transaction, &entry).await?;
    let account = read::find(&mut transaction, merchant, channel, &connected.id.to_string()).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    account.ok_or(ApiError::NotFound("account"))
}

/// Whoever connects what they have connected already hears of it before the platform is asked.
async fn refuse_connected(
    conn: &mut PgConnection,
    merchant: MerchantId,
    channel: Channel,
    external_id: &str,
) -> Result<(), ApiError> {
    match read::connected(conn, merchant, channel, external_id).await? {
        Some(_) => Err(refused(ConnectError::Taken)),
        None => Ok(()),
    }
}

fn refused(error: ConnectError) -> ApiError {
    match error {
        ConnectError::Taken => ApiError::Conflict("this account is connected already, here or elsewhere".to_owned()),
        ConnectError::Store(error) => error.into(),
    }
}

fn entry(caller: &Caller, channel: Channel, external_id: &str, app: &str, connected: Connected) -> Entry {
    Entry {
        merchant_id: caller.merchant_id,
        actor: caller.actor(),
        action: "account.connected",
        entity: "account",
        entity_id: connected.id.0,
        before: connected.revived.then(|| json!({ "status": "inactive" })),
        after: Some(json!({ "status": "active", "channel": channel, "externalId": external_id, "app": app })),
        at: clock::now(),
    }
}
