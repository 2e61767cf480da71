//! What the platforms tell: signed webhooks, posted when they are due.

mod courier;
mod json;
pub(crate) mod messenger;
mod packing;
mod parcel;
mod raw;
mod schedule;
mod signature;
mod tally;
pub(crate) mod timetable;
pub(crate) mod whatsapp;
pub(crate) mod x;

pub use raw::RawWebhook;
pub use tally::{Posted, WebhookCounts};

pub(crate) use courier::Courier;
pub(crate) use parcel::Parcel;
