//! What each channel wants to know in order to connect an account.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use shared::channels::credentials::Credentials;
use shared::domain::channel::Channel;
use utoipa::ToSchema;

use crate::error::{ApiError, FieldProblem};
use crate::extract::Json;

const LONGEST_ID: usize = 64;
const LONGEST_NAME: usize = 200;
const LONGEST_SECRET: usize = 4096;
/// The app of a configuration that names none.
const DEFAULT_APP: &str = "default";

/// An account to connect, whichever channel it is on.
#[derive(Debug)]
pub(super) struct ConnectRequest {
    pub(super) external_id: String,
    pub(super) business_id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) display_number: Option<String>,
    pub(super) username: Option<String>,
    pub(super) shop_id: Option<String>,
    pub(super) app: String,
    pub(super) credentials: Credentials,
}

/// An account to connect: what its channel proves itself with.
#[derive(ToSchema)]
#[serde(untagged)]
#[schema(as = ConnectAccount)]
#[expect(dead_code, reason = "which of them is read is the door's to say")]
pub(super) enum Body {
    WhatsApp(WhatsApp),
    Messenger(Messenger),
    X(X),
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectWhatsApp)]
pub(super) struct WhatsApp {
    phone_number_id: String,
    business_account_id: String,
    #[schema(value_type = String)]
    access_token: SecretString,
    display_name: Option<String>,
    display_number: Option<String>,
    shop_id: Option<String>,
    app: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectMessenger)]
pub(super) struct Messenger {
    page_id: String,
    #[schema(value_type = String)]
    page_access_token: SecretString,
    display_name: Option<String>,
    shop_id: Option<String>,
    app: Option<String>,
}

#[derive(Debug, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectX)]
pub(super) struct X {
    user_id: String,
    #[schema(value_type = String)]
    oauth_token: SecretString,
    #[schema(value_type = String)]
    oauth_token_secret: SecretString,
    username: Option<String>,
    display_name: Option<String>,
    shop_id: Option<String>,
    app: Option<String>,
}

/// Reads the request of `channel`.
pub(super) fn read(channel: Channel, body: Json) -> Result<ConnectRequest, ApiError> {
    match channel {
        Channel::WhatsApp => whatsapp(body.read()?),
        Channel::Messenger => messenger(body.read()?),
        Channel::X => x(body.read()?),
    }
}

fn whatsapp(body: WhatsApp) -> Result<ConnectRequest, ApiError> {
    let mut check = Check::default();
    check.id("phoneNumberId", &body.phone_number_id);
    check.id("businessAccountId", &body.business_account_id);
    check.secret("accessToken", &body.access_token);
    check.name("displayName", body.display_name.as_ref());
    check.name("displayNumber", body.display_number.as_ref());
    check.app(body.app.as_ref());
    check.finish()?;
    Ok(ConnectRequest {
        external_id: body.phone_number_id,
        business_id: Some(body.business_account_id),
        display_name: body.display_name,
        display_number: body.display_number,
        username: None,
        shop_id: body.shop_id,
        app: body.app.unwrap_or_else(|| DEFAULT_APP.to_owned()),
        credentials: Credentials::WhatsApp { access_token: body.access_token },
    })
}

fn messenger(body: Messenger) -> Result<ConnectRequest, ApiError> {
    let mut check = Check::default();
    check.id("pageId", &body.page_id);
    check.secret("pageAccessToken", &body.page_access_token);
    check.name("displayName", body.display_name.as_ref());
    check.app(body.app.as_ref());
    check.finish()?;
    Ok(ConnectRequest {
        external_id: body.page_id,
        business_id: None,
        display_name: body.display_name,
        display_number: None,
        username: None,
        shop_id: body.shop_id,
        app: body.app.unwrap_or_else(|| DEFAULT_APP.to_owned()),
        credentials: Credentials::Messenger { page_token: body.page_access_token },
    })
}

fn x(body: X) -> Result<ConnectRequest, ApiError> {
    let mut check = Check::default();
    check.id("userId", &body.user_id);
    check.secret("oauthToken", &body.oauth_token);
    check.secret("oauthTokenSecret", &body.oauth_token_secret);
    check.name("username", body.username.as_ref());
    check.name("displayName", body.display_name.as_ref());
    check.app(body.app.as_ref());
    check.finish()?;
    Ok(ConnectRequest {
        external_id: body.user_id,
        business_id: None,
        display_name: body.display_name,
        display_number: None,
        username: body.username,
        shop_id: body.shop_id,
        app: body.app.unwrap_or_else(|| DEFAULT_APP.to_owned()),
        credentials: Credentials::X { oauth_token: body.oauth_token, oauth_token_secret: body.oauth_token_secret },
    })
}

/// Collects what is wrong, so that it is told at once.
#[derive(Default)]
struct Check(Vec<FieldProblem>);

impl Check {
    fn id(&mut self, field: &str, id: &str) {
        if id.is_empty() || id.len() > LONGEST_ID || !id.bytes().all(|byte| byte.is_ascii_digit()) {
            self.0.push(FieldProblem::new(field, format!("must be the platform's id: 1 to {LONGEST_ID} digits")));
        }
    }

    fn secret(&mut self, field: &str, secret: &SecretString) {
        let length = secret.expose_secret().len();
        if length == 0 || length > LONGEST_SECRET || secret.expose_secret().chars().any(char::is_whitespace) {
            self.0.push(FieldProblem::new(field, format!("must hold 1 to {LONGEST_SECRET} characters, no spaces")));
        }
    }

    fn name(&mut self, field: &str, name: Option<&String>) {
        if name.is_some_and(|name| name.is_empty() || name.chars().count() > LONGEST_NAME) {
            self.0.push(FieldProblem::new(field, format!("must hold 1 to {LONGEST_NAME} characters")));
        }
    }

    fn app(&mut self, app: Option<&String>) {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if app.is_some_and(|app| app.is_empty() || app.len() > LONGEST_ID || !app.bytes().all(plain)) {
            self.0.push(FieldProblem::new("app", "must be the name of a configured app: letters, digits, - and _"));
        }
    }

    fn finish(self) -> Result<(), ApiError> {
        if self.0.is_empty() { Ok(()) } else { Err(ApiError::Invalid(self.0)) }
    }
}
