//! What an account proves itself with.

use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Serialize};

use super::x::oauth::KeyPair;
use crate::domain::channel::Channel;

/// The secrets of one account, by channel.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "channel", rename_all = "lowercase")]
pub enum Credentials {
    /// A number of WhatsApp.
    WhatsApp {
        /// A system user's token, for the business account.
        access_token: SecretString,
    },
    /// A Facebook page.
    Messenger {
        /// The page's token.
        page_token: SecretString,
    },
    /// An X user, who authorised the app by OAuth 1.0a.
    X {
        /// The user's token.
        oauth_token: SecretString,
        /// Its secret.
        oauth_token_secret: SecretString,
    },
}

/// What was kept does not read as credentials. Says no more: it may be made of secrets.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the account's credentials do not read")]
pub struct UnreadableCredentials;

/// [`Credentials`] laid open, to be sealed.
#[derive(Serialize)]
#[serde(tag = "channel", rename_all = "lowercase")]
enum Exposed<'a> {
    WhatsApp { access_token: &'a str },
    Messenger { page_token: &'a str },
    X { oauth_token: &'a str, oauth_token_secret: &'a str },
}

impl Credentials {
    /// The channel they are for.
    pub const fn channel(&self) -> Channel {
        match self {
            Self::WhatsApp { .. } => Channel::WhatsApp,
            Self::Messenger { .. } => Channel::Messenger,
            Self::X { .. } => Channel::X,
        }
    }

    /// The secrets in the clear, as JSON, for the store to seal.
    pub fn to_json(&self) -> Result<SecretString, UnreadableCredentials> {
        let exposed = match self {
            Self::WhatsApp { access_token } => Exposed::WhatsApp { access_token: access_token.expose_secret() },
            Self::Messenger { page_token } => Exposed::Messenger { page_token: page_token.expose_secret() },
            Self::X { oauth_token, oauth_token_secret } => Exposed::X {
                oauth_token: oauth_token.expose_secret(),
                oauth_token_secret: oauth_token_secret.expose_secret(),
            },
        };
        let json = serde_json::to_string(&exposed).map_err(|_| UnreadableCredentials)?;
        Ok(json.into())
    }

    /// Reads back what [`to_json`](Self::to_json) wrote.
    pub fn from_json(json: &[u8]) -> Result<Self, UnreadableCredentials> {
        serde_json::from_slice(json).map_err(|_| UnreadableCredentials)
    }
}

/// The key pair of an X user.
pub(super) fn key_pair(token: &SecretString, secret: &SecretString) -> KeyPair {
    KeyPair { key: token.clone(), secret: secret.clone() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all() -> [Credentials; 3] {
        [
            Credentials::WhatsApp { access_token: "secret-1".into() },
            Credentials::Messenger { page_token: "secret-2".into() },
            Credentials::X { oauth_token: "secret-3".into(), oauth_token_secret: "secret-4".into() },
        ]
    }

    #[test]
    fn what_is_sealed_reads_back() {
        for credentials in all() {
            let json = credentials.to_json().unwrap();
            let back = Credentials::from_json(json.expose_secret().as_bytes()).unwrap();
            assert_eq!(back.channel(), credentials.channel());
            let again = back.to_json().unwrap();
            assert_eq!(again.expose_secret(), json.expose_secret());
        }
    }

    #[test]
    fn neither_debug_nor_an_error_shows_a_secret() {
        for credentials in all() {
            assert!(!format!("{credentials:?}").contains("secret-"));
        }
        let error = Credentials::from_json(br#"{"channel":"secret-5"}"#).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("secret-"));
    }
}
