//! The simulator over real HTTP, with a receiver of webhooks at its other end.

mod control;
mod faults;
mod messenger;
mod receiver;
mod scene;
mod statuses;
mod whatsapp;
mod x;
