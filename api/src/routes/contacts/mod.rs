//! Contacts, whom WhatsApp's page calls customers: the people that a merchant writes with.

mod attributes;
mod check;
mod consents;
mod conversations;
mod create;
mod find;
mod get;
mod list;
mod merge;
mod opt_in;
mod tags;
mod update;
mod view;

pub use attributes::change as change_attributes;
pub use consents::list as list_consents;
pub use conversations::list as list_conversations;
pub use create::create;
pub use get::get;
pub use list::list;
pub use merge::merge;
pub use opt_in::opt_in;
pub use tags::{add as add_tags, remove as remove_tag, replace as replace_tags};
pub use update::update;
