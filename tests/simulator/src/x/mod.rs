//! The part of the X API v2 that Loa uses: one file per endpoint.

mod allowance;
pub(crate) mod error;
mod messages;
mod oauth;

pub(crate) use allowance::Allowance;
pub(crate) use messages::{messages, receipt};
