//! What an app of a test stands on: an ingress in this process, the platforms' addresses, the secrets.

use std::num::NonZeroU32;
use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hmac::{Hmac, KeyInit, Mac};
use ingress::broker_events::BrokerEvents;
use ingress::secrets::{ByChannel, Secrets};
use ingress::server::Limits;
use prometheus::Registry;
use sha2::Sha256;
use shared::cache::{Cache, Rates};
use shared::channels::x::oauth::KeyPair;
use shared::channels::{Platforms, http as platform_http};
use shared::config::{NamedSecret, SecretList};
use shared::domain::channel::Channel;
use shared::lifecycle::Lifecycle;
use simulator::Config;
use url::Url;
use workers::context::Context;
use workers::media::prepare::Files;
use workers::send::attempt::{Desk, Sets};
use workers::send::{metrics::Metrics, pace::Pace, pairs::Pairs};

use crate::broker::TestBroker;

/// What signs Meta's webhooks in tests.
pub const APP_SECRET: &str = "app-secret";
/// What signs X's webhooks in tests.
pub const X_SECRET: &str = "x-consumer-secret";
/// What Meta shows when it verifies.
pub const VERIFY_TOKEN: &str = "verify-me";
/// 32 bytes in base64.
pub(crate) const MASTER_KEY: &str = "MDEyMzQ1Njc4OTAxMjM0NTY3ODkwMTIzNDU2Nzg5MDE=";

/// The signature of Meta and X alike, before it is written in hex or base64. Not Loa's own code: a
/// mistake in that must not sign and verify alike.
pub fn hmac(secret: &str, body: &[u8]) -> Vec<u8> {
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else {
        unreachable!("a key of any length will do");
    };
    mac.update(body);
    mac.finalize().into_bytes().to_vec()
}

/// How a webhook of a platform arrives.
pub(crate) struct Signed {
    pub(crate) path: &'static str,
    pub(crate) header: &'static str,
    pub(crate) value: String,
}

/// Signs `body` as the platform does.
pub(crate) fn sign(channel: Channel, body: &[u8]) -> Signed {
    let meta = |path| Signed {
        path,
        header: "x-hub-signature-256",
        value: format!("sha256={}", hex::encode(hmac(APP_SECRET, body))),
    };
    match channel {
        Channel::WhatsApp => meta("/api/v1/whatsapp/webhooks"),
        Channel::Messenger => meta("/api/v1/webhooks/facebook"),
        Channel::X => Signed {
            path: "/api/v1/mkt-x/webhooks/twitter",
            header: "x-twitter-webhooks-signature",
            value: format!("sha256={}", STANDARD.encode(hmac(X_SECRET, body))),
        },
    }
}

pub(crate) fn simulator_config() -> Config {
    Config { app_secret: APP_SECRET.into(), consumer_secret: X_SECRET.into(), ..Config::default() }
}

/// As many events in one broker message as the ingress has by default.
const GATHER: usize = 512;

pub(crate) async fn start_ingress(broker: &TestBroker, lifecycle: &Lifecycle) -> anyhow::Result<Url> {
    let given = ByChannel {
        whatsapp: Some(one(APP_SECRET)),
        messenger: Some(one(APP_SECRET)),
        x: Some(one(X_SECRET)),
        meta_tokens: vec![one(VERIFY_TOKEN)],
    };
    let metrics = Arc::new(ingress::Metrics::register(&Registry::new(), true)?);
    let events = Arc::new(BrokerEvents::new(broker.broker.clone(), GATHER, Arc::clone(&metrics)));
    let anywhere = "127.0.0.1:0".parse()?;
    let server = ingress::Server::bind(anywhere, Limits::default(), Secrets::new(&given)?, events, metrics).await?;
    let url = format!("http://{}", server.local_addr()?).parse()?;
    let stopping = lifecycle.stopping.clone();
    lifecycle.spawn("webhooks", async move {
        server.serve(stopping).await;
        Ok(())
    });
    Ok(url)
}

/// The address of the real Redis, from `REDIS_URL`.
#[expect(clippy::disallowed_methods, reason = "tests have no configuration of their own")]
pub(crate) fn redis_url() -> String {
    std::env::var("REDIS_URL").unwrap_or_else(|_| "redis://127.0.0.1:6379".to_owned())
}

/// The real Redis. Accounts have names of their own, and so tests do not meet there.
pub fn cache() -> anyhow::Result<Cache> {
    Ok(Cache::open(&redis_url().into())?)
}

/// A sender's desk over `context`, before the platforms at `simulator`.
pub(crate) fn desk(context: &Context, simulator: &str, rates: Rates, metrics: Metrics) -> anyhow::Result<Desk> {
    Ok(Desk {
        pool: context.pool.clone(),
        keyring: context.keyring.clone(),
        platforms: platforms(simulator)?,
        files: Files {
            pool: context.pool.clone(),
            keyring: context.keyring.clone(),
            publisher: context.publisher().clone(),
        },
        pace: Pace::new(rates.clone(), NonZeroU32::MIN, metrics.clone()),
        pairs: Pairs::new(rates, metrics.clone()),
        sets: Sets::default(),
        metrics,
    })
}

fn one(secret: &str) -> SecretList {
    SecretList(vec![NamedSecret { name: "default".to_owned(), secret: secret.into() }])
}

pub(crate) fn platforms(simulator: &str) -> anyhow::Result<Platforms> {
    let base = Url::parse(simulator)?;
    Ok(Platforms {
        client: platform_http::client()?,
        whatsapp_url: base.join("/v25.0")?,
        messenger_url: base.join("/v25.0")?,
        x_url: base,
        x_consumer: Some(KeyPair { key: "x-consumer-key".into(), secret: X_SECRET.into() }),
    })
}
