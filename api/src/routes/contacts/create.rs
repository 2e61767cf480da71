use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value, json};
use shared::domain::channel::Channel;
use shared::domain::identity::{Identity, IdentityKind};
use shared::domain::ids::AccountId;
use shared::domain::permission::Action;
use shared::flow::event::Happening;
use shared::store::accounts::read;
use shared::store::contacts::change::{self, NewContact, Profile};
use utoipa::ToSchema;
use uuid::Uuid;

use super::check::Check;
use super::view::ContactDetails;
use super::{find, flows};
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::Json;
use crate::state::AppState;

const LONGEST_ADDRESS: usize = 140;

/// A contact to add: where it is written to, and what is known of it.
#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewContact)]
pub(super) struct NewBody {
    /// WhatsApp: the phone number with its country code, or the business-scoped id.
    #[serde(alias = "phone")]
    wa_id: Option<String>,
    /// Messenger: the page-scoped id.
    psid: Option<String>,
    /// X: the user's id.
    twitter_user_id: Option<String>,
    /// Messenger and X: the account that the id belongs to.
    account_id: Option<Uuid>,
    display_name: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    timezone: Option<String>,
    #[serde(default)]
    tags: Vec<String>,
    #[serde(default)]
    #[schema(value_type = Object)]
    attributes: Map<String, Value>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `POST /contacts`: adds a contact before it has written. One whose address is known already is 409.
#[utoipa::path(
    post,
    path = "/contacts",
    tag = "contacts",
    request_body = NewBody,
    responses(Data<ContactDetails>)
)]
pub async fn create(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let body: NewBody = body.read()?;
    let mut check = Check::default();
    let address = address(&mut check, door.channel, &body);
    check.name("displayName", body.display_name.as_ref());
    check.email("email", body.email.as_ref());
    check.locale("locale", body.locale.as_ref());
    check.timezone("timezone", body.timezone.as_ref());
    let tags = check.tags("tags", &body.tags);
    check.attributes("attributes", &body.attributes);
    let mut attributes = json!({});
    super::check::merge(&mut attributes, &body.attributes);
    check.most_attributes("attributes", &attributes);
    if door.channel != Channel::WhatsApp && body.account_id.is_none() {
        check.problem("accountId", "is required: the platform's id means nothing on another account");
    }
    check.finish()?;
    let address = address.ok_or(ApiError::NotFound("contact"))?;
    let profile = Profile {
        display_name: body.display_name,
        email: body.email,
        locale: body.locale,
        timezone: body.timezone,
        tags,
        attributes,
    };

    let merchant_id = caller.merchant_id;
    let mut transaction = state.begin(merchant_id).await?;
    let account_id = body.account_id.map(AccountId);
    if account_id.is_some() {
        let known = read::ids(&mut transaction, merchant_id, door.channel, account_id, None).await?;
        if known.is_empty() {
            return Err(ApiError::NotFound("account"));
        }
    }
    let new = NewContact { merchant_id, address: &address, account_id, profile: &profile };
    let added = change::add(&mut transaction, &new).await?;
    let id = added.map_err(|known| ApiError::Conflict(format!("this address is the contact's {known}")))?;
    let after = json!({ "channel": door.channel, "tags": profile.tags });
    find::record(&mut transaction, &caller, "contact.created", id, None, Some(after)).await?;
    let told = flows::tell(&mut transaction, &state, &caller, id, &[Happening::ContactCreated]).await?;
    let shown = find::show(transaction, merchant_id, door, id).await?;
    flows::wake(&state, told).await;
    Ok(shown)
}

/// The address on the channel; what is wrong with it is noted.
fn address(check: &mut Check, channel: Channel, body: &NewBody) -> Option<Identity> {
    let (field, given) = match channel {
        Channel::WhatsApp => ("waId", &body.wa_id),
        Channel::Messenger => ("psid", &body.psid),
        Channel::X => ("twitterUserId", &body.twitter_user_id),
    };
    let read = |given: &str| match channel {
        Channel::WhatsApp => Identity::whatsapp(given),
        Channel::Messenger => Identity::psid(given),
        Channel::X => Identity::x_user(given),
    };
    let others = [("waId", &body.wa_id), ("psid", &body.psid), ("twitterUserId", &body.twitter_user_id)];
    for (other, value) in others {
        if other != field && value.is_some() {
            check.problem(other, "is no address of this channel");
        }
    }
    let Some(given) = given else {
        check.problem(field, "is required");
        return None;
    };
    let address = read(given).filter(is_plausible);
    if address.is_none() {
        let expected = match channel {
            Channel::WhatsApp => {
                "must be a phone number with its country code, 5 to 15 digits, or a business-scoped id"
            }
            Channel::Messenger | Channel::X => "must be the platform's id: digits",
        };
        check.problem(field, expected);
    }
    address
}

fn is_plausible(address: &Identity) -> bool {
    let value = address.value.as_str();
    let is_digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    match address.kind {
        IdentityKind::Phone => (5..=15).contains(&value.len()),
        IdentityKind::Bsuid => value.len() <= LONGEST_ADDRESS && value.split_once('.').is_some_and(is_bsuid),
        IdentityKind::Psid | IdentityKind::XUser => value.len() <= 32 && is_digits(value),
    }
}

/// A country, a dot, and up to 128 letters and digits.
fn is_bsuid((country, id): (&str, &str)) -> bool {
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=128).contains(&id.len())
        && id.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
