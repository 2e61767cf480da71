//! The simulator over real HTTP, with a receiver of webhooks at its other end.

mod control;
mod corpus;
mod faults;
mod limits;
mod media;
mod messenger;
mod receiver;
mod scene;
mod sends;
mod sends_refused;
mod statuses;
mod template_sends;
mod whatsapp;
mod x;
