//! How the platforms behave, changeable while they run.

use std::str::FromStr;
use std::time::Duration;

use clap::Args;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use url::Url;

/// Where webhooks go, when, and how untidily.
#[derive(Clone, Debug, Args, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
#[expect(clippy::struct_excessive_bools, reason = "switches that have nothing to do with each other")]
pub struct Behaviour {
    /// Base URL that signed webhooks are posted under; without it nothing is posted.
    #[arg(long, env = "SIMULATOR_WEBHOOK_TARGET")]
    pub webhook_target: Option<Url>,
    /// Milliseconds from acceptance to `sent` (Messenger, X: the echo), or `never`.
    #[arg(long, env = "SIMULATOR_SENT_AFTER_MS", default_value = "50")]
    pub sent_after_ms: Delay,
    /// Milliseconds from acceptance to `delivered`, or `never`.
    #[arg(long, env = "SIMULATOR_DELIVERED_AFTER_MS", default_value = "200")]
    pub delivered_after_ms: Delay,
    /// Milliseconds from acceptance to `read`, or `never`.
    #[arg(long, env = "SIMULATOR_READ_AFTER_MS", default_value = "500")]
    pub read_after_ms: Delay,
    /// How far a delay may stray from its value, as a share of it.
    #[arg(long, env = "SIMULATOR_JITTER", default_value = "0.2")]
    pub jitter: Probability,
    /// How often a status is delivered twice.
    #[arg(long, env = "SIMULATOR_DUPLICATES", default_value = "0.05")]
    pub duplicates: Probability,
    /// How often the statuses of one message come in another order than they happened.
    #[arg(long, env = "SIMULATOR_REORDERING", default_value = "0.05")]
    pub reordering: Probability,
    /// How often a status that is due joins the POST of the one before it.
    #[arg(long, env = "SIMULATOR_BATCHING", default_value = "0.2")]
    pub batching: Probability,
    /// Whether Messenger and X tell of our own sends by echoes.
    #[arg(long, env = "SIMULATOR_ECHOES", default_value_t = true, action = clap::ArgAction::Set)]
    pub echoes: bool,
    /// Whether a customer who has not written through the simulator within 24 hours cannot be
    /// sent free text.
    #[arg(long, env = "SIMULATOR_ENFORCE_WINDOW", default_value_t = false, action = clap::ArgAction::Set)]
    pub enforce_window: bool,
    /// Whether only templates that the simulator knows can be sent; what is sent with a known one
    /// is held against it in any case.
    #[arg(long, env = "SIMULATOR_ENFORCE_TEMPLATES", default_value_t = true, action = clap::ArgAction::Set)]
    pub enforce_templates: bool,
    /// Whether only files that were uploaded can be sent by their id; a known one must fit the
    /// message in any case.
    #[arg(long, env = "SIMULATOR_ENFORCE_MEDIA", default_value_t = true, action = clap::ArgAction::Set)]
    pub enforce_media: bool,
    /// Milliseconds from the making of a template to its approval, or `never`.
    #[arg(long, env = "SIMULATOR_TEMPLATE_APPROVED_AFTER_MS", default_value = "3000")]
    pub template_approved_after_ms: Delay,
    /// Milliseconds that the address of a file is good for.
    #[arg(long, env = "SIMULATOR_MEDIA_URL_LIVES_MS", default_value = "300000")]
    pub media_url_lives_ms: u64,
    /// WhatsApp messages that a number may send and get together in any second, or `none`.
    #[arg(long, env = "SIMULATOR_THROUGHPUT", default_value = "80")]
    pub throughput: Limit,
    /// Phone number ids that share their number with the app on a phone, comma separated: no more
    /// than 20 messages in a second, where throughput is limited at all.
    #[arg(long, env = "SIMULATOR_COEXISTENCE", value_delimiter = ',')]
    pub coexistence: Vec<String>,
    /// WhatsApp messages that a number may send one customer at once, or `none`: each is owed 6
    /// seconds before the next burst.
    #[arg(long, env = "SIMULATOR_PAIR_BURST", default_value = "45")]
    pub pair_burst: Limit,
    /// Customers that may get templates in 24 hours without having written, or `none`: all numbers
    /// together.
    #[arg(long, env = "SIMULATOR_TIER", default_value = "2000")]
    pub tier: Limit,
    /// Whether the app has a webhook registered with X.
    #[arg(long, env = "SIMULATOR_X_WEBHOOK", default_value_t = true, action = clap::ArgAction::Set)]
    pub x_webhook: bool,
    /// Milliseconds from acceptance until a voice message is listened to, or `never`.
    #[arg(long, env = "SIMULATOR_PLAYED_AFTER_MS", default_value = "900")]
    pub played_after_ms: Delay,
}

impl Default for Behaviour {
    /// A tidy platform: the usual delays, every status once and in order, one to a POST.
    fn default() -> Self {
        Self {
            webhook_target: None,
            sent_after_ms: Delay::millis(50),
            delivered_after_ms: Delay::millis(200),
            read_after_ms: Delay::millis(500),
            jitter: Probability::NEVER,
            duplicates: Probability::NEVER,
            reordering: Probability::NEVER,
            batching: Probability::NEVER,
            echoes: true,
            enforce_window: false,
            enforce_templates: false,
            enforce_media: false,
            template_approved_after_ms: Delay::NEVER,
            media_url_lives_ms: 300_000,
            throughput: Limit::NONE,
            coexistence: Vec::new(),
            pair_burst: Limit::NONE,
            tier: Limit::NONE,
            x_webhook: true,
            played_after_ms: Delay::NEVER,
        }
    }
}

impl Behaviour {
    /// This behaviour with the fields of `changes` (JSON, names as in the control API) replaced.
    pub fn with(&self, changes: &Value) -> Result<Self, InvalidBehaviour> {
        let changes = changes.as_object().ok_or(InvalidBehaviour::NotAnObject)?;
        let mut whole = serde_json::to_value(self)?;
        if let Some(fields) = whole.as_object_mut() {
            fields.extend(changes.clone());
        }
        Ok(serde_json::from_value(whole)?)
    }
}

/// A change that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum InvalidBehaviour {
    /// The change is not a JSON object.
    #[error("expected an object")]
    NotAnObject,
    /// A field is unknown or holds what it cannot.
    #[error(transparent)]
    Field(#[from] serde_json::Error),
}

/// Time until something happens; `never` (null in JSON) where it does not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Delay(Option<u64>);

impl Delay {
    /// It does not happen.
    pub const NEVER: Self = Self(None);

    /// It happens after so many milliseconds.
    pub const fn millis(millis: u64) -> Self {
        Self(Some(millis))
    }

    /// The delay, where it ends.
    pub fn duration(self) -> Option<Duration> {
        self.0.map(Duration::from_millis)
    }
}

impl FromStr for Delay {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "never" => Ok(Self::NEVER),
            millis => Ok(Self::millis(millis.parse()?)),
        }
    }
}

/// How many at most; `none` (null in JSON) where there is no limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Limit(Option<u32>);

impl Limit {
    /// No limit.
    pub const NONE: Self = Self(None);

    /// So many at most.
    pub const fn of(most: u32) -> Self {
        Self(Some(most))
    }

    /// The limit, where there is one.
    pub fn get(self) -> Option<u32> {
        self.0
    }
}

impl FromStr for Limit {
    type Err = std::num::ParseIntError;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        match text {
            "none" => Ok(Self::NONE),
            most => Ok(Self::of(most.parse()?)),
        }
    }
}

/// A number from 0 to 1.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "f64", into = "f64")]
pub struct Probability(f64);

/// The number is not from 0 to 1.
#[derive(Debug, thiserror::Error)]
#[error("expected a number from 0 to 1")]
pub struct NotAProbability;

impl Probability {
    /// 0.
    pub const NEVER: Self = Self(0.0);
    /// 1.
    pub const ALWAYS: Self = Self(1.0);
}

impl TryFrom<f64> for Probability {
    type Error = NotAProbability;

    fn try_from(value: f64) -> Result<Self, Self::Error> {
        (0.0..=1.0).contains(&value).then_some(Self(value)).ok_or(NotAProbability)
    }
}

impl From<Probability> for f64 {
    fn from(probability: Probability) -> Self {
        probability.0
    }
}

impl FromStr for Probability {
    type Err = NotAProbability;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        text.parse::<f64>().map_err(|_| NotAProbability)?.try_into()
    }
}
