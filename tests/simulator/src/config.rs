//! What the simulator is told at its start.

use std::net::{Ipv4Addr, SocketAddr};
use std::str::FromStr;

use clap::Parser;
use secrecy::SecretString;

use crate::behaviour::Behaviour;

/// A stand-in for the WhatsApp Cloud API, the Messenger Send API and X direct messages.
#[derive(Clone, Debug, Parser)]
#[command(name = "simulator", version)]
pub struct Config {
    /// Where to listen; port 0 takes a free one.
    #[arg(long, env = "SIMULATOR_LISTEN", default_value = "127.0.0.1:9090")]
    pub listen: SocketAddr,
    /// Signs webhooks of WhatsApp and Messenger.
    #[arg(long, env = "SIMULATOR_APP_SECRET", hide_env_values = true, default_value = DEFAULT_APP_SECRET)]
    pub app_secret: SecretString,
    /// Signs webhooks of X.
    #[arg(long, env = "SIMULATOR_CONSUMER_SECRET", hide_env_values = true, default_value = DEFAULT_CONSUMER_SECRET)]
    pub consumer_secret: SecretString,
    /// Access tokens that are accepted, comma separated; none: any that is not empty.
    #[arg(long, env = "SIMULATOR_ACCESS_TOKENS", hide_env_values = true, value_delimiter = ',')]
    pub access_tokens: Vec<SecretString>,
    /// WhatsApp numbers that exist, comma separated, as
    /// `<phone number id>:<WABA id>:<display number>`; none: any id is a number.
    #[arg(long, env = "SIMULATOR_NUMBERS", value_delimiter = ',')]
    pub numbers: Vec<Number>,
    /// Messenger pages that exist, comma separated; none: any id is a page.
    #[arg(long, env = "SIMULATOR_PAGES", value_delimiter = ',')]
    pub pages: Vec<String>,
    /// Decides duplicates, reordering, batching and jitter; without it they differ from run to
    /// run. Ids of messages never repeat, whatever the seed.
    #[arg(long, env = "SIMULATOR_SEED")]
    pub seed: Option<u64>,
    /// How many received requests are kept to be listed, about 1 KiB each; the oldest go first.
    #[arg(long, env = "SIMULATOR_RECORDS", default_value_t = DEFAULT_RECORDS)]
    pub records: usize,
    /// How many status webhooks may wait at once; further ones are dropped and counted.
    #[arg(long, env = "SIMULATOR_PENDING", default_value_t = DEFAULT_PENDING)]
    pub pending: usize,
    /// How often a webhook is posted before the platform gives it up.
    #[arg(long, env = "SIMULATOR_ATTEMPTS", default_value_t = DEFAULT_ATTEMPTS)]
    pub attempts: u32,
    /// Milliseconds before the second attempt; doubles up to 10 seconds.
    #[arg(long, env = "SIMULATOR_RETRY_AFTER_MS", default_value_t = DEFAULT_RETRY_AFTER_MS)]
    pub retry_after_ms: u64,
    /// Milliseconds that one POST of a webhook may take.
    #[arg(long, env = "SIMULATOR_POST_TIMEOUT_MS", default_value_t = DEFAULT_POST_TIMEOUT_MS)]
    pub post_timeout_ms: u64,
    /// Direct messages that one X user may send in 15 minutes.
    #[arg(long, env = "SIMULATOR_X_SENDS", default_value_t = DEFAULT_X_SENDS)]
    pub x_sends: u32,
    /// How the platforms behave.
    #[command(flatten)]
    pub behaviour: Behaviour,
}

const DEFAULT_APP_SECRET: &str = "app-secret";
const DEFAULT_CONSUMER_SECRET: &str = "consumer-secret";
const DEFAULT_RECORDS: usize = 200_000;
const DEFAULT_PENDING: usize = 1_000_000;
const DEFAULT_ATTEMPTS: u32 = 20;
const DEFAULT_RETRY_AFTER_MS: u64 = 200;
const DEFAULT_POST_TIMEOUT_MS: u64 = 10_000;
/// X's rate-limits page: 15 sends in 15 minutes for a user.
const DEFAULT_X_SENDS: u32 = 15;

impl Default for Config {
    /// For tests: a free port, the secrets `app-secret` and `consumer-secret`, any token, number
    /// and page, and a tidy [`Behaviour`].
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 0)),
            app_secret: DEFAULT_APP_SECRET.into(),
            consumer_secret: DEFAULT_CONSUMER_SECRET.into(),
            access_tokens: Vec::new(),
            numbers: Vec::new(),
            pages: Vec::new(),
            seed: None,
            records: DEFAULT_RECORDS,
            pending: DEFAULT_PENDING,
            attempts: DEFAULT_ATTEMPTS,
            retry_after_ms: DEFAULT_RETRY_AFTER_MS,
            post_timeout_ms: DEFAULT_POST_TIMEOUT_MS,
            x_sends: DEFAULT_X_SENDS,
            behaviour: Behaviour::default(),
        }
    }
}

impl Config {
    /// The number with this id: the registered one, or one made up where any is accepted.
    pub(crate) fn number(&self, phone_number_id: &str) -> Option<Number> {
        if self.numbers.is_empty() {
            return Some(Number::made_up(phone_number_id));
        }
        self.numbers.iter().find(|number| number.phone_number_id == phone_number_id).cloned()
    }

    /// Whether the WABA exists.
    pub(crate) fn has_waba(&self, waba_id: &str) -> bool {
        self.numbers.is_empty() || self.numbers.iter().any(|number| number.waba_id == waba_id)
    }

    /// Whether the page exists.
    pub(crate) fn has_page(&self, page_id: &str) -> bool {
        self.pages.is_empty() || self.pages.iter().any(|page| page == page_id)
    }
}

/// A WhatsApp number of a business.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Number {
    /// Meta's id of the number.
    pub phone_number_id: String,
    /// The WhatsApp business account it belongs to.
    pub waba_id: String,
    /// The number as customers see it.
    pub display: String,
}

impl Number {
    /// The number without anything but digits.
    pub(crate) fn digits(&self) -> String {
        self.display.chars().filter(char::is_ascii_digit).collect()
    }

    /// A number nobody registered. Its WABA's id is the number's own with a 9 before it.
    fn made_up(phone_number_id: &str) -> Self {
        Self {
            phone_number_id: phone_number_id.to_owned(),
            waba_id: format!("9{phone_number_id}"),
            display: phone_number_id.to_owned(),
        }
    }
}

/// The text does not name a number.
#[derive(Debug, thiserror::Error)]
#[error("expected <phone number id>:<WABA id>:<display number>")]
pub struct NotANumber;

impl FromStr for Number {
    type Err = NotANumber;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let mut parts = text.splitn(3, ':').map(str::trim);
        let mut part = || parts.next().filter(|part| !part.is_empty()).ok_or(NotANumber);
        Ok(Self { phone_number_id: part()?.to_owned(), waba_id: part()?.to_owned(), display: part()?.to_owned() })
    }
}
