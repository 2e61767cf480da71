//! `janitor`: what the clock brings. It finds what a crash or a lost wake left behind, makes
//! partitions ahead of time, gives unclaimed events to accounts that were connected since, and takes dead
//! letters over from the broker. It forgets sessions that are long over.
//!
//! Any number of janitors may run: every task of theirs finds nothing where another was first.

pub mod accounts;
pub mod claims;
pub mod counts;
pub mod dead_letters;
pub mod doubts;
pub mod figures;
pub mod flow_clock;
pub mod flows;
pub mod media;
pub mod metrics;
pub mod partitions;
pub mod read_marks;
pub mod rounds;
pub mod sessions;
pub mod sweep;
