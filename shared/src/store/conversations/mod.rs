//! Conversations: the thread between a contact and an account.

pub mod answer;
pub mod fold;
pub mod handling;
pub mod open;
pub mod parties;
pub mod read;
pub mod read_marks;
mod row;
pub mod start;
pub mod summary;
