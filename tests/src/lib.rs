//! tests

pub mod api;
pub mod broker;
pub mod proxy;
