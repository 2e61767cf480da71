//! Who asks: passwords at the login, tokens afterwards, keys for integrations.

mod cache;
mod caller;
mod password;
mod secret;
mod standing;
mod throttle;
mod token;

pub use caller::{Caller, Known, Who};
pub use password::{PasswordError, Passwords, random_password};
pub use secret::{hash, random_secret};
pub use standing::Standings;
pub use throttle::Throttle;
pub use token::{Claims, TOKEN_LIFETIME, Tokens};
