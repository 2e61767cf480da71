//! Configuration: environment variables, each also as `NAME_FILE` for mounted secrets.
//!
//! A process reads all it needs through one [`Reader`] before it binds or connects to anything, and
//! every fault comes out in one message that names the variable. [`every`] is the one list of
//! what there is; [`pages`] writes `.env.example` and the reference page from it.

pub mod every;
mod faults;
pub mod pages;
mod parse;
mod reader;
mod sections;
mod traces;
pub mod variables;

pub use faults::{ConfigError, Fault};
pub use parse::{FromSetting, NamedSecret, SecretList};
pub use reader::Reader;
pub use sections::{Database, Environment, Ops, RabbitMq, Redis};
pub use traces::{Ratio, Traces};
