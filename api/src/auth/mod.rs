//! Who asks: passwords at the login, tokens afterwards.

mod caller;
mod password;
mod throttle;
mod token;

pub use caller::Caller;
pub use password::{PasswordError, Passwords, random_password};
pub use throttle::Throttle;
pub use token::{Claims, TOKEN_LIFETIME, Tokens};
