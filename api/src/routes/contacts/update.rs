use axum::extract::State;
use axum::response::IntoResponse;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::{Map, Value};
use shared::domain::permission::Action;
use utoipa::ToSchema;

use super::check::{self, Check, Given, given};
use super::find;
use super::view::ContactDetails;
use crate::auth::Caller;
use crate::doors::Door;
use crate::envelope::Data;
use crate::error::ApiError;
use crate::extract::{Json, PathText};
use crate::state::AppState;

/// What is to be said of a contact from now on; what is not there stays. A contact as it was got may be put back: what
/// cannot be changed is passed over.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ChangeContact)]
pub(super) struct ChangeBody {
    /// Null: the name is forgotten.
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    display_name: Given<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    email: Given<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    locale: Given<String>,
    #[serde(default, deserialize_with = "given")]
    #[schema(value_type = Option<String>)]
    timezone: Given<String>,
    /// In place of those that are there.
    tags: Option<Vec<String>>,
    /// Beside those that are there; null takes one away.
    #[schema(value_type = Option<Object>)]
    attributes: Option<Map<String, Value>>,
    #[serde(rename = "id")]
    #[schema(ignore)]
    _id: Option<IgnoredAny>,
    #[serde(rename = "accountId")]
    #[schema(ignore)]
    _account_id: Option<IgnoredAny>,
    #[serde(rename = "waId")]
    #[schema(ignore)]
    _wa_id: Option<IgnoredAny>,
    #[serde(rename = "businessScopedUserId")]
    #[schema(ignore)]
    _business_scoped_user_id: Option<IgnoredAny>,
    #[serde(rename = "psid")]
    #[schema(ignore)]
    _psid: Option<IgnoredAny>,
    #[serde(rename = "twitterUserId")]
    #[schema(ignore)]
    _twitter_user_id: Option<IgnoredAny>,
    #[serde(rename = "username")]
    #[schema(ignore)]
    _username: Option<IgnoredAny>,
    #[serde(rename = "profileImageUrl")]
    #[schema(ignore)]
    _profile_image_url: Option<IgnoredAny>,
    #[serde(rename = "optedIn")]
    #[schema(ignore)]
    _opted_in: Option<IgnoredAny>,
    #[serde(rename = "consents")]
    #[schema(ignore)]
    _consents: Option<IgnoredAny>,
    #[serde(rename = "source")]
    #[schema(ignore)]
    _source: Option<IgnoredAny>,
    #[serde(rename = "conversationCount")]
    #[schema(ignore)]
    _conversation_count: Option<IgnoredAny>,
    #[serde(rename = "firstInteractionAt")]
    #[schema(ignore)]
    _first_interaction_at: Option<IgnoredAny>,
    #[serde(rename = "lastInteractionAt")]
    #[schema(ignore)]
    _last_interaction_at: Option<IgnoredAny>,
    #[serde(rename = "createdAt")]
    #[schema(ignore)]
    _created_at: Option<IgnoredAny>,
    #[serde(rename = "identities")]
    #[schema(ignore)]
    _identities: Option<IgnoredAny>,
    #[serde(rename = "engagement")]
    #[schema(ignore)]
    _engagement: Option<IgnoredAny>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// `PUT /contacts/{id}`: changes what is said of a contact.
#[utoipa::path(
    put,
    path = "/contacts/{id}",
    tag = "contacts",
    params(("id" = String, Path, description = "The contact's id, or its address on the channel: WhatsApp's `waId`.")),
    request_body = ChangeBody,
    responses(Data<ContactDetails>)
)]
pub async fn update(
    State(state): State<AppState>,
    caller: Caller,
    door: Door,
    PathText(id): PathText,
    body: Json,
) -> Result<impl IntoResponse, ApiError> {
    caller.require(Action::ContactsWrite)?;
    let body: ChangeBody = body.read()?;
    let mut check = Check::default();
    check.name("displayName", body.display_name.as_ref().and_then(Option::as_ref));
    check.email("email", body.email.as_ref().and_then(Option::as_ref));
    check.locale("locale", body.locale.as_ref().and_then(Option::as_ref));
    check.timezone("timezone", body.timezone.as_ref().and_then(Option::as_ref));
    let tags = body.tags.as_ref().map(|tags| check.tags("tags", tags));
    if let Some(attributes) = &body.attributes {
        check.attributes("attributes", attributes);
    }
    check.finish()?;

    let changing = find::lock(&state, &caller, door, &id).await?;
    let mut profile = changing.profile.clone();
    let set = |field: &mut Option<String>, given: Given<String>| {
        if let Some(given) = given {
            *field = given;
        }
    };
    set(&mut profile.display_name, body.display_name);
    set(&mut profile.email, body.email);
    set(&mut profile.locale, body.locale);
    set(&mut profile.timezone, body.timezone);
    profile.tags = tags.unwrap_or(profile.tags);
    if let Some(attributes) = &body.attributes {
        check::merge(&mut profile.attributes, attributes);
        let mut check = Check::default();
        check.most_attributes("attributes", &profile.attributes);
        check.finish()?;
    }
    changing.write(&state, &caller, door, "contact.updated", &profile).await
}
