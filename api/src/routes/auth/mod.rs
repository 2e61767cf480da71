//! Logging in, and who one is.

mod grant;
mod login;
mod me;
mod view;

pub use login::*;
pub use me::*;
