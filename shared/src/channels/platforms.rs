//! Where sends go out.

use reqwest::Client;
use url::Url;

use super::contract::{OutboundMessage, SendOutcome};
use super::credentials::{Credentials, key_pair};
use super::read_mark::{MarkOutcome, ReadMark};
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

    /// Shows a customer that `account` has read, once.
    pub async fn mark_read(&self, account: &SenderAccount, mark: &ReadMark<'_>) -> MarkOutcome {
        let (client, id) = (&self.client, &account.external_id);
        match &account.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::read_mark::mark(client, &self.whatsapp_url, id, access_token, mark).await
            }
            Credentials::Messenger { page_token } => {
                messenger::read_mark::mark(client, &self.messenger_url, id, page_token, mark).await
            }
            Credentials::X { .. } => MarkOutcome::NotSupported,
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::super::fake_platform::{self, FakePlatform, word};
    use super::*;
    use crate::domain::identity::Identity;
    use crate::domain::message::Content;
    use crate::domain::window::Window;

    async fn send_as(credentials: Credentials, to: Identity) -> SendOutcome {
        let body = json!({"messages": [{"id": "wamid.1"}], "message_id": "m_1"});
        let platform = FakePlatform::start(fake_platform::json("200 OK", &body)).await;
        let platforms = Platforms {
            client: fake_platform::client(),
            whatsapp_url: platform.url.clone(),
            messenger_url: platform.url.clone(),
            x_url: platform.url.clone(),
            x_consumer: None,
        };
        let account = SenderAccount { external_id: "7".to_owned(), credentials };
        let content = Content::text_of("hello");
        let message = OutboundMessage {
            outbound_ref: "loa:0198a000-0000-7000-8000-000000000001:1".parse().unwrap(),
            to: &[to],
            content: &content,
            window: Window::Open,
            reply_to: None,
        };
        platforms.send(&account, &message).await
    }

    fn platform_id(outcome: SendOutcome) -> String {
        match outcome {
            SendOutcome::Accepted { platform_id, .. } => platform_id,
            other => panic!("{other:?}"),
        }
    }

    #[tokio::test]
    async fn the_credentials_choose_the_channel() {
        let credentials = Credentials::WhatsApp { access_token: "t".into() };
        let to = Identity::whatsapp("84911111111").unwrap();
        assert_eq!(platform_id(send_as(credentials, to).await), "wamid.1");
        let credentials = Credentials::Messenger { page_token: "t".into() };
        let to = Identity::psid("8").unwrap();
        assert_eq!(platform_id(send_as(credentials, to).await), "m_1");
    }

    #[tokio::test]
    async fn x_without_a_consumer_key_sends_nothing() {
        let credentials = Credentials::X { oauth_token: "t".into(), oauth_token_secret: "s".into() };
        let to = Identity::x_user("9").unwrap();
        assert_eq!(word(&send_as(credentials, to).await), "unsent");
    }
}
