//! What Loa's processes have in common.
//!
//! Modules point one way; each may import only what stands left of it:
//!
//! ```text
//! domain <- events, config, retry, flow <- seal <- peek, signature, store, broker, channels, cache, objects
//!        <- telemetry <- ops <- lifecycle
//! ```
//!
//! Those between two arrows do not look at one another.
//! [`domain`], [`events`] and `flow` know no I/O. A test reads the sources and fails on an arrow that points right.

#[cfg(feature = "broker")]
pub mod broker;
#[cfg(feature = "cache")]
pub mod cache;
#[cfg(feature = "channels")]
pub mod channels;
pub mod config;
pub mod domain;
pub mod events;
#[cfg(feature = "flow")]
pub mod flow;
pub mod lifecycle;
#[cfg(feature = "objects")]
pub mod objects;
pub mod ops;
pub mod peek;
pub mod retry;
#[cfg(feature = "seal")]
pub mod seal;
pub mod signature;
#[cfg(feature = "store")]
pub mod store;
pub mod telemetry;
