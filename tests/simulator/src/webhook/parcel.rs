//! One POST to the target.

use bytes::Bytes;
use serde_json::Value;

use super::{json, messenger, signature, whatsapp, x};
use crate::channel::Channel;
use crate::config::Config;
use crate::message::News;

/// A signed body on its way.
#[derive(Debug)]
pub(crate) struct Parcel {
    pub(crate) path: String,
    pub(crate) header: &'static str,
    pub(crate) signature: String,
    pub(crate) body: Bytes,
    /// How often it was posted.
    pub(crate) attempts: u32,
    /// Its place among what waits.
    pub(crate) seq: u64,
    /// How many pieces of news it holds.
    pub(crate) size: usize,
}

impl Parcel {
    /// `body` of `channel`, signed over the bytes that the platform would write.
    pub(crate) fn of_channel(config: &Config, channel: Channel, body: &Value) -> Self {
        let path = channel.webhook_path().to_owned();
        match channel {
            Channel::Whatsapp | Channel::Messenger => Self::for_meta(config, path, json::ascii(body).into()),
            Channel::X => Self::for_x(config, path, body.to_string().into()),
        }
    }

    /// `body` as it is, signed as the platform does that posts to `path`.
    pub(crate) fn of_path(config: &Config, path: String, body: Bytes) -> Self {
        if path == Channel::X.webhook_path() {
            Self::for_x(config, path, body)
        } else {
            Self::for_meta(config, path, body)
        }
    }

    /// `news` of one channel in one body. X tells of one thing at a time: only the first is told.
    pub(crate) fn of_news(config: &Config, channel: Channel, seq: u64, news: &[News]) -> Self {
        let body = match channel {
            Channel::Whatsapp => whatsapp::statuses(config, news),
            Channel::Messenger => messenger::news(news),
            Channel::X => news.first().map_or(Value::Null, x::news),
        };
        Self { seq, size: news.len(), ..Self::of_channel(config, channel, &body) }
    }

    fn for_meta(config: &Config, path: String, body: Bytes) -> Self {
        let signature = signature::meta(&config.app_secret, &body);
        Self::new(path, signature::META_HEADER, signature, body)
    }

    fn for_x(config: &Config, path: String, body: Bytes) -> Self {
        let signature = signature::x(&config.consumer_secret, &body);
        Self::new(path, signature::X_HEADER, signature, body)
    }

    fn new(path: String, header: &'static str, signature: String, body: Bytes) -> Self {
        Self { path, header, signature, body, attempts: 0, seq: 0, size: 0 }
    }
}
