//! Redis: what every replica has to agree on within milliseconds, and what may be lost.
//!
//! Nothing here is the only copy of anything. Every call has a time limit, and whoever calls says what
//! holds while Redis is away.

mod clock;
mod connection;
pub mod limits;
pub mod logins;
pub mod rates;
pub mod spacing;

pub use connection::{Cache, CacheError};
pub use limits::Limits;
pub use logins::Logins;
pub use rates::{Lease, Rates};
