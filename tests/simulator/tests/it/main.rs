//! The simulator over real HTTP, with a receiver of webhooks at its other end.

mod connecting;
mod control;
mod corpus;
mod faults;
mod inbound;
mod limits;
mod media;
mod messenger;
mod people;
mod receiver;
mod scene;
mod scripts;
mod sends;
mod sends_refused;
mod statuses;
mod template_sends;
mod templates;
mod whatsapp;
mod x;
