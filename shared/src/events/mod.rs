//! What travels on the broker: raw events from the platforms, and wake-ups for workers.

pub mod dead_letter;
pub mod envelope;
pub mod raw;
pub mod wake;
