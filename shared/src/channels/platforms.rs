//! Where sends go out.

use reqwest::Client;
use url::Url;

use super::contract::{OutboundMessage, SendOutcome};
use super::credentials::{Credentials, key_pair};
use super::x::oauth::KeyPair;
use super::{messenger, whatsapp, x};

/// The platforms' send APIs.
#[derive(Clone, Debug)]
pub struct Platforms {
    /// Made by [`http::client`](super::http::client).
    pub client: Client,
    /// The Graph API with its version, for WhatsApp.
    pub whatsapp_url: Url,
    /// The Graph API with its version, for Messenger.
    pub messenger_url: Url,
    /// X's API, without a version.
    pub x_url: Url,
    /// Our app on X; none where X is not configured.
    pub x_consumer: Option<KeyPair>,
}

/// The account that sends. Its channel is that of its credentials.
#[derive(Clone, Debug)]
pub struct SenderAccount {
    /// The platform's id of it: phone number id, page id, X user id.
    pub external_id: String,
    /// What it proves itself with.
    pub credentials: Credentials,
}

impl Platforms {
    /// Sends `message` from `account`, once: it is never sent again in here.
    pub async fn send(&self, account: &SenderAccount, message: &OutboundMessage<'_>) -> SendOutcome {
        let (client, id) = (&self.client, &account.external_id);
        match &account.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::send::send(client, &self.whatsapp_url, id, access_token, message).await
            }
            Credentials::Messenger { page_token } => {
                messenger::send::send(client, &self.messenger_url, id, page_token, message).await
            }
            Credentials::X { oauth_token, oauth_token_secret } => {
                let Some(consumer) = &self.x_consumer else {
                    return SendOutcome::Unsent {
                        reason: "x is not configured: it needs a consumer key and secret".to_owned(),
                    };
                };
                let token = key_pair(oauth_token, oauth_token_secret);
                x::send::send(client, &self.x_url, consumer, &token, message).await
            }
        }
    }
}
