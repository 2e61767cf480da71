//! Notifications: what a shop's order system tells customers, without writing the message itself.

mod appointment;
mod body;
mod deliver;
mod order_status;
mod template;
mod texts;

pub use appointment::*;
pub use order_status::*;
pub use texts::*;
