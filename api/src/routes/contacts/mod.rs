//! Contacts, whom WhatsApp's page calls customers: the people that a merchant writes with.

mod attributes;
mod check;
mod consents;
mod conversations;
mod create;
mod find;
mod flows;
mod get;
mod list;
mod merge;
mod opt_in;
mod tags;
mod update;
mod view;

pub use attributes::*;
pub use consents::*;
pub use conversations::*;
pub use create::*;
pub use get::*;
pub use list::*;
pub use merge::*;
pub use opt_in::*;
pub use tags::*;
pub use update::*;
