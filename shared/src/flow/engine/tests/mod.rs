//! What a session does when something happens.

mod asking;
mod guards;
mod nodes;
mod saying;
