//! Messages that customers write.

mod said;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

pub(crate) use said::Said;

use crate::channel::Channel;
use crate::clock;
use crate::id;
use crate::media::{InvalidMedia, Made, NewMedia};
use crate::platform::Platform;
use crate::webhook::{Parcel, messenger, whatsapp, x};

/// How often one message may be delivered.
const MAX_TIMES: u32 = 1000;

/// What a customer writes to an account.
#[derive(Clone, Debug, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Inbound {
    /// The platform.
    pub channel: Channel,
    /// Phone number id, page id or X user id.
    pub account: String,
    /// The customer.
    pub from: Sender,
    /// The words; the new number or id, the emoji, where the kind is about one.
    #[serde(default)]
    pub text: String,
    /// What kind of thing it is, by its short name (WhatsApp only); a text where nothing is said.
    #[serde(default)]
    pub kind: Option<String>,
    /// Fields of what is said that are otherwise, or besides.
    #[serde(default)]
    pub with: Map<String, Value>,
    /// The file of a picture and the like; one is made up where nothing is said.
    #[serde(default)]
    pub media: Option<NewMedia>,
    /// The message that it answers, is about, or takes back.
    #[serde(default)]
    pub reply_to: Option<String>,
    /// Fields of the context besides: `forwarded`, `referred_product`.
    #[serde(default)]
    pub context: Map<String, Value>,
    /// The advertisement that it came from.
    #[serde(default)]
    pub referral: Option<Value>,
    /// The platform's id of it; a new one where nothing is said.
    #[serde(default)]
    pub id: Option<String>,
    /// When it was written; now where nothing is said.
    #[serde(default)]
    pub timestamp: Option<DateTime<Utc>>,
    /// How often the same webhook is delivered.
    #[serde(default = "once")]
    pub times: u32,
}

/// A customer, by at least one address.
#[derive(Clone, Debug, Default, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Sender {
    /// Phone number, digits only; WhatsApp only, and may be left out there.
    #[serde(default)]
    pub phone: Option<String>,
    /// Business-scoped id (WhatsApp), page-scoped id (Messenger), user id (X).
    #[serde(default)]
    pub user_id: Option<String>,
    /// The name that the customer shows.
    #[serde(default)]
    pub name: Option<String>,
    /// The user name that the customer shows; WhatsApp only.
    #[serde(default)]
    pub username: Option<String>,
}

/// What became of an inbound message.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Delivered {
    /// The platform's id of the message.
    pub platform_id: String,
    /// The HTTP status that the last delivery was answered with; none where no answer came.
    pub http_status: Option<u16>,
    /// The HTTP status of every delivery, in order.
    pub http_statuses: Vec<Option<u16>>,
}

/// A message that no customer could have written.
#[derive(Debug, thiserror::Error)]
pub enum InvalidInbound {
    /// The customer has no address that the channel knows.
    #[error("from: {0} is missing")]
    NoAddress(&'static str),
    /// The account does not exist.
    #[error("account: no such number or page")]
    UnknownAccount,
    /// Nothing has this short name.
    #[error("kind: no such kind of message")]
    UnknownKind,
    /// The file cannot be made.
    #[error("media.{0}")]
    Media(#[from] InvalidMedia),
    /// It is to be delivered too often.
    #[error("times: at most {MAX_TIMES}")]
    TooOften,
}

impl Inbound {
    /// A text from a phone number to a WhatsApp number, delivered once.
    pub fn whatsapp(account: &str, phone: &str, text: &str) -> Self {
        let from = Sender { phone: Some(phone.to_owned()), ..Sender::default() };
        Self::new(Channel::Whatsapp, account, from, text)
    }

    /// A text from `user_id` to a page or an X user, delivered once.
    pub fn from_user(channel: Channel, account: &str, user_id: &str, text: &str) -> Self {
        let from = Sender { user_id: Some(user_id.to_owned()), ..Sender::default() };
        Self::new(channel, account, from, text)
    }

    /// Opens the window and posts the webhook, one time after another, never again on its own.
    pub(crate) async fn deliver(self, platform: &Platform) -> Result<Delivered, InvalidInbound> {
        if self.times > MAX_TIMES {
            return Err(InvalidInbound::TooOften);
        }
        if self.channel != Channel::Whatsapp && self.kind.is_some() {
            return Err(InvalidInbound::UnknownKind);
        }
        let at = self.timestamp.unwrap_or_else(clock::now);
        let platform_id = self.id.clone().unwrap_or_else(|| id::message(self.channel, at));
        let body = self.body(platform, &platform_id, at)?;
        // A window is opened by what a customer writes, not by news of one.
        let writes =
            !matches!(self.kind.as_deref(), Some("stopMarketing" | "resumeMarketing" | "echo" | "accountError"));
        for address in [&self.from.phone, &self.from.user_id].into_iter().flatten().filter(|_| writes) {
            platform.windows.open(&self.account, address, at);
        }
        if self.channel == Channel::Whatsapp {
            self.remember(platform);
            platform.limits.note_inbound(&platform.behaviour(), &self.account, clock::now());
        }
        let parcel = Parcel::of_channel(&platform.config, self.channel, &body);
        let mut http_statuses = Vec::new();
        for _ in 0..self.times {
            http_statuses.push(platform.courier.post(platform, &parcel).await.status());
        }
        Ok(Delivered { platform_id, http_status: http_statuses.last().copied().flatten(), http_statuses })
    }

    fn new(channel: Channel, account: &str, from: Sender, text: &str) -> Self {
        Self {
            channel,
            account: account.to_owned(),
            from,
            text: text.to_owned(),
            kind: None,
            with: Map::new(),
            media: None,
            reply_to: None,
            context: Map::new(),
            referral: None,
            id: None,
            timestamp: None,
            times: once(),
        }
    }

    /// Notes what the platform learns of the customer.
    fn remember(&self, platform: &Platform) {
        platform.people.note(&self.from);
        match self.kind.as_deref() {
            Some("stopMarketing") => platform.people.stop_marketing(&self.from, true),
            Some("resumeMarketing") => platform.people.stop_marketing(&self.from, false),
            _ => {}
        }
    }

    /// The file that it holds; made now, unless its fields are all given.
    fn file(&self, platform: &Platform) -> Result<Option<Made>, InvalidMedia> {
        let kind = self.kind.as_deref().unwrap_or("text");
        let Some(mime) = said::file_type(kind).filter(|_| !self.with.contains_key("id")) else {
            return Ok(None);
        };
        let usual = NewMedia { mime_type: mime.to_owned(), ..NewMedia::default() };
        self.media.as_ref().unwrap_or(&usual).make(platform).map(Some)
    }

    fn body(&self, platform: &Platform, id: &str, at: DateTime<Utc>) -> Result<Value, InvalidInbound> {
        let user_id = self.from.user_id.as_deref();
        let user_id_needed = || user_id.ok_or(InvalidInbound::NoAddress("userId"));
        match self.channel {
            Channel::Whatsapp => {
                if self.from.phone.is_none() && user_id.is_none() {
                    return Err(InvalidInbound::NoAddress("phone or userId"));
                }
                let number = platform.config.number(&self.account);
                let number = number.ok_or(InvalidInbound::UnknownAccount)?;
                let file = self.file(platform)?;
                let said = said::said(self, &number, file.as_ref(), at.timestamp());
                let said = said.ok_or(InvalidInbound::UnknownKind)?;
                Ok(whatsapp::inbound(&number, self, said, id, at.timestamp()))
            }
            Channel::Messenger => {
                if !platform.config.has_page(&self.account) {
                    return Err(InvalidInbound::UnknownAccount);
                }
                let psid = user_id_needed()?;
                Ok(messenger::inbound(self, psid, id, at.timestamp_millis()))
            }
            Channel::X => Ok(x::inbound(self, user_id_needed()?, id, at.timestamp_millis())),
        }
    }
}

fn once() -> u32 {
    1
}
