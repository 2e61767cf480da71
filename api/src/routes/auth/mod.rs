//! Logging in and out, and who one is.

mod grant;
mod login;
mod logout;
mod me;
mod password;
mod refresh;
mod view;

pub use login::*;
pub use logout::*;
pub use me::*;
pub use password::*;
pub use refresh::*;
