//! Conversations: the thread between a contact and an account.

pub mod open;
