//! What clients have to know: app secrets that sign, and tokens that verify.

use std::fmt;

use http::HeaderMap;
use secrecy::{ExposeSecret, SecretString};
use shared::config::SecretList;
use shared::domain::channel::Channel;
use shared::signature::{AppSecret, EmptySecret, Key, Keyring, Rejected, meta, x};
use subtle::ConstantTimeEq;

/// Secrets as the configuration gives them; none for a channel that is not in use.
#[derive(Clone, Debug, Default)]
pub struct ByChannel {
    /// App secrets of the apps that send WhatsApp's webhooks.
    pub whatsapp: Option<SecretList>,
    /// App secrets of the apps that send Messenger's webhooks.
    pub messenger: Option<SecretList>,
    /// Consumer secrets of X apps. Challenges are answered with the first.
    pub x: Option<SecretList>,
    /// Tokens that Meta shows when it verifies a webhook, on whichever of its paths.
    pub meta_tokens: Vec<SecretList>,
}

/// Secrets made ready for use.
pub struct Secrets {
    whatsapp: Keyring,
    messenger: Keyring,
    x: Keyring,
    meta_tokens: Vec<SecretString>,
}

impl Secrets {
    /// Prepares them. One of Meta's apps may send all it has to one path, so each of Meta's paths takes
    /// the secrets of both channels, its own first.
    pub fn new(given: &ByChannel) -> Result<Self, EmptySecret> {
        let (whatsapp, messenger) = (apps(given.whatsapp.as_ref()), apps(given.messenger.as_ref()));
        let tokens = given.meta_tokens.iter().flat_map(|list| &list.0);
        Ok(Self {
            whatsapp: Keyring::new(whatsapp.iter().chain(&messenger))?,
            messenger: Keyring::new(messenger.iter().chain(&whatsapp))?,
            x: Keyring::new(&apps(given.x.as_ref()))?,
            meta_tokens: tokens.map(|named| named.secret.clone()).collect(),
        })
    }

    /// The name of the app that signed `body`, which came in by a path of `channel`.
    pub(crate) fn signer(&self, channel: Channel, headers: &HeaderMap, body: &[u8]) -> Result<&str, Rejected> {
        let header = |name| headers.get(name).map(http::HeaderValue::as_bytes);
        match channel {
            Channel::WhatsApp => meta::verify(&self.whatsapp, header(meta::HEADER), body),
            Channel::Messenger => meta::verify(&self.messenger, header(meta::HEADER), body),
            Channel::X => x::verify(&self.x, header(x::HEADER), body),
        }
    }

    /// Whether `token` is one that Meta was given. Every one is compared, in constant time.
    pub(crate) fn verifies_meta(&self, token: &[u8]) -> bool {
        self.meta_tokens
            .iter()
            .fold(false, |found, known| found | bool::from(known.expose_secret().as_bytes().ct_eq(token)))
    }

    /// The key with which X's challenges are answered.
    pub(crate) fn x_key(&self) -> Option<&Key> {
        self.x.first()
    }
}

impl fmt::Debug for Secrets {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Secrets").finish_non_exhaustive()
    }
}

fn apps(list: Option<&SecretList>) -> Vec<AppSecret> {
    let named = list.into_iter().flat_map(|list| &list.0);
    named.map(|named| AppSecret { app: named.name.clone(), secret: named.secret.clone() }).collect()
}
