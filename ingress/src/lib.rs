//! The door through which the platforms' webhooks come in.
//!
//! A request is answered 200 once its event is durable and not a moment sooner. What the body says is
//! none of the door's business: it checks who signed it, glances at it for the routing key, and hands
//! the bytes on. It holds a bounded amount of memory whatever clients do, and nothing that matters.
//!
//! ```text
//! server -> route -> challenge                                    GET
//!                 -> receive: admission, body, secrets -> durable POST
//! durable: broker_events: gather -> keeping -> the broker, or spool
//! ```

pub mod admission;
mod answer;
mod body;
pub mod broker_events;
mod broker_thread;
mod challenge;
mod concurrency;
pub mod config;
pub mod durable;
mod exchange;
mod gather;
mod keeping;
mod log_limit;
mod message_size;
mod metrics;
mod query;
mod receive;
mod route;
pub mod secrets;
pub mod server;
pub mod spool;
mod start;
mod stream;
mod trace;

pub use config::Settings;
pub use metrics::Metrics;
pub use server::Server;
pub use start::{StartError, start};
