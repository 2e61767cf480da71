//! Files: those that a business uploaded, those that customers sent, and plain ones on the web.

mod fault;
mod kind;
mod made;
mod shelf;
mod web;

pub use fault::FileFault;
pub use made::{InvalidMedia, Made, NewMedia};
pub use web::WebFile;

pub(crate) use kind::{contradicts, limit_of};
pub(crate) use shelf::{File, Files, Origin};
pub(crate) use web::WebFiles;
