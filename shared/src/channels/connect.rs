//! Connecting an account: asking its platform who it is, and asking the platform to tell us what happens there.
//!
//! None of it does harm twice, so that whoever heard no answer asks once more.

use std::time::Duration;

use reqwest::RequestBuilder;

use super::answer::{self, Answer};
use super::contract::{PlatformError, Remedy, SendOutcome};
use super::credentials::{Credentials, key_pair};
use super::platforms::Platforms;
use super::x::oauth::KeyPair;
use super::{messenger, whatsapp, x};
use crate::domain::platform_news::MessagingLimit;

/// How long one call may take: a person waits for all of them.
pub(super) const CALL_LIMIT: Duration = Duration::from_secs(6);

const X_NOT_CONFIGURED: &str = "x is not configured here: it needs X_CONSUMER_KEY and X_CONSUMER_SECRET";

/// An account as whoever connects it names it, and what it proves itself with.
#[derive(Clone, Copy, Debug)]
pub struct Claim<'a> {
    /// The platform's id of it: phone number id, page id, X user id; none where the credentials are to tell.
    pub external_id: Option<&'a str>,
    /// The WhatsApp business account (WABA).
    pub business_id: Option<&'a str>,
    /// What it proves itself with.
    pub credentials: &'a Credentials,
}

/// What a platform says of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Profile {
    /// The platform's id of it.
    pub external_id: String,
    /// The name that customers see.
    pub display_name: Option<String>,
    /// The phone number as people write it.
    pub display_number: Option<String>,
    /// The user name that customers see.
    pub username: Option<String>,
    /// Where its picture is.
    pub profile_image_url: Option<String>,
    /// What the platform thinks of it, in its word.
    pub quality: Option<String>,
    /// Customers that it may write to outside a window in 24 h.
    pub limit: Option<MessagingLimit>,
    /// Messages a second that the platform takes from it.
    pub throughput_per_second: Option<u32>,
}

/// What of a [`Claim`] the platform does not accept.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Doubted {
    /// The token, or what it allows.
    Credentials,
    /// The account's own id.
    Account,
    /// The business account.
    Business,
}

/// Why an account cannot be connected.
#[derive(Debug, thiserror::Error)]
pub enum ConnectFault {
    /// The platform answered, and does not accept it.
    #[error("{reason}")]
    Refused {
        /// What it does not accept.
        what: Doubted,
        /// Why, in a sentence that holds no secret.
        reason: String,
    },
    /// The platform was not to be reached, or asked to come again later.
    #[error("{0}")]
    Away(String),
    /// Something is missing on our side.
    #[error("{0}")]
    NotSetUp(&'static str),
}

impl ConnectFault {
    pub(super) fn refused(what: Doubted, reason: impl Into<String>) -> Self {
        Self::Refused { what, reason: reason.into() }
    }

    /// What an answer that is no success says; `about` is what was asked for.
    pub(super) fn of(answer: &Answer, named: Option<PlatformError>, about: Doubted) -> Self {
        let Some(error) = named else {
            return match answer.status.as_u16() {
                401 | 403 => Self::refused(Doubted::Credentials, format!("the platform answered {}", answer.status)),
                404 | 410 => Self::refused(about, "the platform does not know it"),
                _ => Self::Away(format!("the platform answered {} without a readable error", answer.status)),
            };
        };
        let told = format!("the platform says: {} ({})", error.title, error.code);
        match error.remedy {
            Remedy::Retry { .. } | Remedy::BackOff { .. } | Remedy::RetryAfterADay => Self::Away(told),
            Remedy::Pause { .. } => Self::refused(Doubted::Credentials, told),
            Remedy::Never | Remedy::SuppressMarketing | Remedy::Undeliverable => Self::refused(about, told),
        }
    }
}

/// Makes one call of those that connect.
pub(super) async fn call(request: RequestBuilder) -> Result<Answer, ConnectFault> {
    answer::call(request.timeout(CALL_LIMIT)).await.map_err(|outcome| match outcome {
        SendOutcome::Unsent { reason } | SendOutcome::InDoubt { reason } => ConnectFault::Away(reason),
        SendOutcome::Refused(error) => ConnectFault::Away(error.title),
        SendOutcome::Accepted { .. } => unreadable(),
    })
}

/// A success that lacks what it is about.
pub(super) fn unreadable() -> ConnectFault {
    ConnectFault::Away("the platform's answer does not read".to_owned())
}

impl Platforms {
    /// Asks the platform whom the credentials of `claim` speak for, and whether that is who they are said to.
    pub async fn look_up(&self, claim: &Claim<'_>) -> Result<Profile, ConnectFault> {
        let client = &self.client;
        match claim.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::connect::look_up(client, &self.whatsapp_url, access_token, claim).await
            }
            Credentials::Messenger { page_token } => {
                messenger::connect::look_up(client, &self.messenger_url, page_token, claim.external_id).await
            }
            Credentials::X { oauth_token, oauth_token_secret } => {
                let token = key_pair(oauth_token, oauth_token_secret);
                x::connect::look_up(client, &self.x_url, self.consumer()?, &token, claim.external_id).await
            }
        }
    }

    /// Has the platform send the account's events to our app; gives the platform's id of the webhook that they go
    /// to, where it has one. Asked twice it is subscribed once.
    pub async fn subscribe(&self, claim: &Claim<'_>) -> Result<Option<String>, ConnectFault> {
        let client = &self.client;
        match claim.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::connect::subscribe(client, &self.whatsapp_url, access_token, business(claim)?).await
            }
            Credentials::Messenger { page_token } => {
                messenger::connect::subscribe(client, &self.messenger_url, page_token, account(claim)?).await
            }
            Credentials::X { oauth_token, oauth_token_secret } => {
                let token = key_pair(oauth_token, oauth_token_secret);
                x::connect::subscribe(client, &self.x_url, self.consumer()?, &token).await.map(Some)
            }
        }
    }

    /// Has the platform send the account's events no more; `webhook_id` is what [`subscribe`](Self::subscribe) gave.
    /// On X, where the credentials are the user's own to give, they are revoked as well.
    pub async fn unsubscribe(&self, claim: &Claim<'_>, webhook_id: Option<&str>) -> Result<(), ConnectFault> {
        let client = &self.client;
        match claim.credentials {
            Credentials::WhatsApp { access_token } => {
                whatsapp::connect::unsubscribe(client, &self.whatsapp_url, access_token, business(claim)?).await
            }
            Credentials::Messenger { page_token } => {
                messenger::connect::unsubscribe(client, &self.messenger_url, page_token, account(claim)?).await
            }
            Credentials::X { oauth_token, oauth_token_secret } => {
                let (consumer, token) = (self.consumer()?, key_pair(oauth_token, oauth_token_secret));
                if let Some(webhook_id) = webhook_id {
                    x::connect::unsubscribe(client, &self.x_url, consumer, webhook_id, account(claim)?).await?;
                }
                x::connect::revoke(client, &self.x_url, consumer, &token).await
            }
        }
    }

    fn consumer(&self) -> Result<&KeyPair, ConnectFault> {
        self.x_consumer.as_ref().ok_or(ConnectFault::NotSetUp(X_NOT_CONFIGURED))
    }
}

fn account<'a>(claim: &Claim<'a>) -> Result<&'a str, ConnectFault> {
    claim.external_id.ok_or_else(|| ConnectFault::refused(Doubted::Account, "is required"))
}

fn business<'a>(claim: &Claim<'a>) -> Result<&'a str, ConnectFault> {
    claim.business_id.ok_or_else(|| ConnectFault::refused(Doubted::Business, "is required"))
}
