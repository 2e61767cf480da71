//! Logging in, and who one is.

mod grant;
mod login;
mod me;
mod view;

pub use login::login;
pub use me::me;
