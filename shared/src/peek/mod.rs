//! A glance at a webhook's body: which platform's it is and what it holds, as far as routing asks.
//!
//! It borrows from the body, builds no tree, and refuses nothing. It may say too much (an event is then
//! read by a queue that finds nothing in it) and never too little: what `channels::parse` finds in a
//! body, a glance at that body has announced.

use std::borrow::Cow;

use serde::de::{DeserializeSeed, Error, MapAccess};
use serde_json::Deserializer;

use crate::domain::channel::Channel;
use crate::events::raw::Kinds;

mod messenger;
mod walk;
mod whatsapp;
mod x;

use walk::{Look, One, Text};

/// What a glance showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Peeked {
    /// The platform whose shape the body has.
    pub channel: Channel,
    /// What it holds.
    pub kinds: Kinds,
}

/// Glances at `body`, which came in by the path of `path_channel`; `None` for a path that all of Meta's
/// channels share.
///
/// X is known by its path alone. For the others the body's `object` decides, since one of Meta's apps
/// may send all it has to one URL; failing that the path, failing that WhatsApp, so that what nobody
/// can place still has a place to be seen. A body that cannot be classified is [`Kinds::UNKNOWN`].
pub fn peek(path_channel: Option<Channel>, body: &[u8]) -> Peeked {
    let channel = match path_channel {
        Some(Channel::X) => Channel::X,
        _ => channel_of_object(body).or(path_channel).unwrap_or(Channel::WhatsApp),
    };
    let kinds = match channel {
        Channel::WhatsApp => glance(body, whatsapp::Body::default()),
        Channel::Messenger => glance(body, messenger::Body::default()),
        Channel::X => glance(body, x::Body::default()),
    };
    Peeked { channel, kinds }
}

/// Something that collects [`Kinds`] while it looks.
trait Classify: Look {
    fn kinds(&self) -> Kinds;
}

fn glance(body: &[u8], mut look: impl Classify) -> Kinds {
    let mut json = Deserializer::from_slice(body);
    let whole = One(&mut look).deserialize(&mut json).and_then(|()| json.end());
    match whole {
        Ok(()) => look.kinds(),
        Err(_) => Kinds::UNKNOWN,
    }
}

fn channel_of_object(body: &[u8]) -> Option<Channel> {
    let mut object = Object::default();
    // The result does not matter: a parse that was stopped early is an error by design.
    let _stopped = One(&mut object).deserialize(&mut Deserializer::from_slice(body));
    match object.name.as_deref()? {
        "whatsapp_business_account" => Some(Channel::WhatsApp),
        "page" | "instagram" => Some(Channel::Messenger),
        _ => None,
    }
}

/// Looks for the name of the body's object and stops there: it is nearly always the first field.
#[derive(Default)]
struct Object {
    name: Option<String>,
}

impl Look for Object {
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error> {
        if key != "object" {
            return walk::skip(map);
        }
        self.name = map.next_value_seed(Text)?.map(Cow::into_owned);
        Err(A::Error::custom("found"))
    }
}

#[cfg(test)]
mod tests;
