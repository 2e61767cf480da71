//! The platforms: one folder each, one contract above them.
//!
//! An adapter turns a raw event into the domain's terms, makes a send out of them, and says what the
//! platform's answer means. It knows nothing of the store or the broker.

pub mod contract;
