//! Files: kept in a folder or in an S3 bucket, streamed in and out.
//!
//! An object has one key, `{merchant}/{year}/{month}/{media id}`: whoever stores a file once more, after a
//! crash in between, writes over what was there. An object appears whole or not at all. What is in it, and
//! that it is sealed, is the caller's business.

mod error;
mod inspect;
mod key;
mod put;
mod settings;
mod store;

pub use error::ObjectError;
pub use inspect::{Seen, Watch, inspect};
pub use key::ObjectKey;
pub use settings::ObjectSettings;
pub use store::{Bytestream, Objects};
