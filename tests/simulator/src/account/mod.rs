//! What the platform tells about a business, its numbers and its templates: webhooks of every
//! field but `messages`.

mod news;
mod template;

pub use news::{AccountNews, InvalidNews};
pub use template::{InvalidTemplate, NewTemplate, TemplateChange, TemplateNotFound};

pub(crate) use template::{Told, approve_later};
