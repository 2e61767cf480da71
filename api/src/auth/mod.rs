//! Who asks: passwords at the login, tokens afterwards, those of an outer IAM beside, keys for integrations.

mod address;
mod cache;
mod caller;
mod key;
mod outer;
mod password;
mod secret;
mod standing;
mod throttle;
mod token;

pub use address::{ClientAddress, Peer};
pub use caller::{Caller, Known, Who};
pub use key::NewKey;
pub use outer::{Outer, OuterSettings};
pub use password::{LONGEST_PASSWORD, ONE_TIME, PasswordError, Passwords, SHORTEST_PASSWORD, random_password};
pub use secret::{hash, random_secret};
pub use standing::Standings;
pub use throttle::{Throttle, Tries};
pub use token::{Claims, TOKEN_LIFETIME, Tokens};
