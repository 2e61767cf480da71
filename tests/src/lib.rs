//! tests

pub mod broker;
pub mod proxy;
