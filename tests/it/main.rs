//! Loa as a whole, against real services.
#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, also in what its functions call"
)]

mod broker_consume;
mod broker_envelope;
mod broker_outage;
mod broker_publish;
mod scripted;
