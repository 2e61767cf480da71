//! What must hold of whatever arrives from outside, the signature, the glance and the reading of each
//! channel, and of what comes back from a disk or a broker: a segment of the spool, an envelope. One function each, which panics where it does not hold.
//!
//! `./dev fuzz` hands them what libFuzzer makes up, led by coverage; the tests here hand them the seeds, so
//! that an ordinary run walks them all. No input may make them panic, hang or allocate without bound; the
//! latter two are libFuzzer's to see.

pub mod envelope;
pub mod parse;
pub mod peek;
pub mod signature;
pub mod spool;

#[cfg(test)]
mod seeds_tests;
