//! What each channel wants to know in order to connect an account, and to prove it anew.

use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use serde::de::IgnoredAny;
use shared::channels::connect::Claim;
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
    /// None where the credentials tell it.
    pub(super) external_id: Option<String>,
    pub(super) business_id: Option<String>,
    pub(super) display_name: Option<String>,
    pub(super) display_number: Option<String>,
    pub(super) username: Option<String>,
    pub(super) shop_id: Option<String>,
    pub(super) app: String,
    pub(super) credentials: Credentials,
}

impl ConnectRequest {
    pub(super) fn claim(&self) -> Claim<'_> {
        Claim {
            external_id: self.external_id.as_deref(),
            business_id: self.business_id.as_deref(),
            credentials: &self.credentials,
        }
    }
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

/// What an account proves itself with from here on.
#[derive(ToSchema)]
#[serde(untagged)]
#[expect(dead_code, reason = "which of them is read is the door's to say")]
pub(super) enum NewCredentials {
    WhatsApp(NewToken),
    Messenger(NewPageToken),
    X(NewKeys),
}

/// A WhatsApp number to connect: its ids and a system user's token, as Meta's dashboard shows them.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectWhatsApp)]
pub(super) struct WhatsApp {
    #[schema(value_type = String)]
    phone_number_id: Option<String>,
    #[schema(value_type = String)]
    business_account_id: Option<String>,
    #[schema(value_type = String)]
    access_token: Option<SecretString>,
    display_name: Option<String>,
    display_number: Option<String>,
    shop_id: Option<String>,
    app: Option<String>,
}

/// A page to connect. Without `pageId` the token tells it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectMessenger)]
pub(super) struct Messenger {
    page_id: Option<String>,
    #[schema(value_type = String)]
    page_access_token: Option<SecretString>,
    display_name: Option<String>,
    shop_id: Option<String>,
    app: Option<String>,
}

/// An X user to connect, by what OAuth 1.0a gave. Without `userId` the platform tells it.
#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = ConnectX)]
pub(super) struct X {
    user_id: Option<String>,
    #[schema(value_type = String)]
    oauth_token: Option<SecretString>,
    #[schema(value_type = String)]
    oauth_token_secret: Option<SecretString>,
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
    let phone_number_id = check.needed_id("phoneNumberId", body.phone_number_id);
    let business_account_id = check.needed_id("businessAccountId", body.business_account_id);
    let access_token = check.secret("accessToken", body.access_token);
    check.name("displayName", body.display_name.as_ref());
    check.name("displayNumber", body.display_number.as_ref());
    let app = check.app(body.app);
    check.finish()?;
    Ok(ConnectRequest {
        external_id: Some(phone_number_id),
        business_id: Some(business_account_id),
        display_name: body.display_name,
        display_number: body.display_number,
        username: None,
        shop_id: body.shop_id,
        app,
        credentials: Credentials::WhatsApp { access_token },
    })
}

fn messenger(body: Messenger) -> Result<ConnectRequest, ApiError> {
    let mut check = Check::default();
    check.id("pageId", body.page_id.as_ref());
    let page_token = check.secret("pageAccessToken", body.page_access_token);
    check.name("displayName", body.display_name.as_ref());
    let app = check.app(body.app);
    check.finish()?;
    Ok(ConnectRequest {
        external_id: body.page_id,
        business_id: None,
        display_name: body.display_name,
        display_number: None,
        username: None,
        shop_id: body.shop_id,
        app,
        credentials: Credentials::Messenger { page_token },
    })
}

fn x(body: X) -> Result<ConnectRequest, ApiError> {
    let mut check = Check::default();
    check.id("userId", body.user_id.as_ref());
    let oauth_token = check.secret("oauthToken", body.oauth_token);
    let oauth_token_secret = check.secret("oauthTokenSecret", body.oauth_token_secret);
    check.name("username", body.username.as_ref());
    check.name("displayName", body.display_name.as_ref());
    let app = check.app(body.app);
    check.finish()?;
    Ok(ConnectRequest {
        external_id: body.user_id,
        business_id: None,
        display_name: body.display_name,
        display_number: None,
        username: body.username,
        shop_id: body.shop_id,
        app,
        credentials: Credentials::X { oauth_token, oauth_token_secret },
    })
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewToken)]
pub(super) struct NewToken {
    #[schema(value_type = String)]
    access_token: Option<SecretString>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewPageToken)]
pub(super) struct NewPageToken {
    #[schema(value_type = String)]
    page_access_token: Option<SecretString>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

#[derive(Debug, Default, Deserialize, ToSchema)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
#[schema(as = NewKeys)]
pub(super) struct NewKeys {
    #[schema(value_type = String)]
    oauth_token: Option<SecretString>,
    #[schema(value_type = String)]
    oauth_token_secret: Option<SecretString>,
    #[serde(rename = "shopId")]
    #[schema(value_type = Option<String>)]
    _shop_id: Option<IgnoredAny>,
}

/// Reads new credentials for an account of `channel`.
pub(super) fn credentials(channel: Channel, body: Json) -> Result<Credentials, ApiError> {
    let mut check = Check::default();
    let credentials = match channel {
        Channel::WhatsApp => {
            let body: NewToken = body.read()?;
            Credentials::WhatsApp { access_token: check.secret("accessToken", body.access_token) }
        }
        Channel::Messenger => {
            let body: NewPageToken = body.read()?;
            Credentials::Messenger { page_token: check.secret("pageAccessToken", body.page_access_token) }
        }
        Channel::X => {
            let body: NewKeys = body.read()?;
            Credentials::X {
                oauth_token: check.secret("oauthToken", body.oauth_token),
                oauth_token_secret: check.secret("oauthTokenSecret", body.oauth_token_secret),
            }
        }
    };
    check.finish()?;
    Ok(credentials)
}

/// Collects what is wrong, so that it is told at once.
#[derive(Default)]
struct Check(Vec<FieldProblem>);

impl Check {
    fn id(&mut self, field: &str, id: Option<&String>) {
        let digits =
            |id: &str| !id.is_empty() && id.len() <= LONGEST_ID && id.bytes().all(|byte| byte.is_ascii_digit());
        if id.is_some_and(|id| !digits(id)) {
            self.0.push(FieldProblem::new(field, format!("must be the platform's id: 1 to {LONGEST_ID} digits")));
        }
    }

    fn needed_id(&mut self, field: &str, id: Option<String>) -> String {
        match id {
            Some(id) => {
                self.id(field, Some(&id));
                id
            }
            None => self.missing(field),
        }
    }

    fn secret(&mut self, field: &str, secret: Option<SecretString>) -> SecretString {
        let Some(secret) = secret else {
            return self.missing(field).into();
        };
        let length = secret.expose_secret().len();
        if length == 0 || length > LONGEST_SECRET || secret.expose_secret().chars().any(char::is_whitespace) {
            self.0.push(FieldProblem::new(field, format!("must hold 1 to {LONGEST_SECRET} characters, no spaces")));
        }
        secret
    }

    fn name(&mut self, field: &str, name: Option<&String>) {
        if name.is_some_and(|name| name.is_empty() || name.chars().count() > LONGEST_NAME) {
            self.0.push(FieldProblem::new(field, format!("must hold 1 to {LONGEST_NAME} characters")));
        }
    }

    fn app(&mut self, app: Option<String>) -> String {
        let plain = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        let app = app.unwrap_or_else(|| DEFAULT_APP.to_owned());
        if app.is_empty() || app.len() > LONGEST_ID || !app.bytes().all(plain) {
            self.0.push(FieldProblem::new("app", "must be the name of a configured app: letters, digits, - and _"));
        }
        app
    }

    fn missing(&mut self, field: &str) -> String {
        self.0.push(FieldProblem::new(field, "is required"));
        String::new()
    }

    fn finish(self) -> Result<(), ApiError> {
        ApiError::unless_none(self.0)
    }
}
