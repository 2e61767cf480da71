//! The way between processes: RabbitMQ.
//!
//! [`Broker`] keeps the connections and declares the [`topology`]; a [`Publisher`] hands messages over and waits
//! until they are durable; [`consume`] runs a [`Worker`](consume::Worker) over a queue. Nothing here knows what
//! an event means.

mod connection;
pub mod consume;
mod dead_letters;
mod declare;
mod depth;
mod link;
mod message;
pub mod metrics;
mod publish;
pub mod topology;

pub use connection::{Broker, BrokerConfig, ConfigError, DeleteError, Stopped};
pub use dead_letters::{Dead, PutBackError, TakeError};
pub use message::{Outgoing, Parked};
pub use metrics::Metrics;
pub use publish::{PublishError, Publisher};
pub use topology::Queue;
