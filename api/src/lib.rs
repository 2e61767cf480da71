//! The REST API: what the console and integrators speak to, and the host that webhooks are sent to.
//!
//! A request passes the [`layers`], finds its handler in [`routes`] behind one of the [`doors`], and is
//! answered in the [`envelope`]. It sees one merchant: every query names it, and every transaction is
//! bound to it. Webhooks are not read here: [`forward`] hands them on to the ingress.

pub mod admission;
pub mod auth;
pub mod commands;
pub mod config;
pub mod doors;
pub mod envelope;
pub mod error;
pub mod extract;
pub mod forward;
pub mod layers;
pub mod metrics;
pub mod openapi;
pub mod page;
pub mod process;
pub mod router;
pub mod routes;
pub mod server;
pub mod set_up;
pub mod state;

pub use error::ApiError;
pub use router::router;
pub use state::{AppState, Parts};
