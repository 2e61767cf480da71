//! The platforms: one folder each, one contract above them.
//!
//! An adapter turns a raw event into the domain's terms, makes a send out of them, and says what the
//! platform's answer means. It knows nothing of the store or the broker.

mod answer;
pub mod connect;
pub mod contract;
pub mod credentials;
mod endpoint;
mod fields;
mod graph;
pub mod http;
pub mod media;
mod mend;
pub mod messenger;
mod parts;
mod platforms;
mod read;
pub mod read_mark;
pub mod rule;
pub mod settings;
pub mod whatsapp;
pub mod x;

pub use platforms::{Platforms, SenderAccount};
pub use read::ParseError;

use crate::domain::channel::Channel;
use contract::Parsed;

/// Reads the body of a webhook of `channel`.
pub fn parse(channel: Channel, body: &[u8]) -> Result<Parsed, ParseError> {
    match channel {
        Channel::WhatsApp => whatsapp::webhook::parse(body),
        Channel::Messenger => messenger::webhook::parse(body),
        Channel::X => x::webhook::parse(body),
    }
}

#[cfg(test)]
mod agreement_tests;
#[cfg(test)]
mod corpus_tests;
#[cfg(test)]
mod fake_platform;
