//! The outbox: messages that wait to be sent, claimed under a lease by whichever sender is free.
//!
//! ```text
//! waiting --claim--> waiting, leased --begin--> sending --outcome--> gone
//!    ^                     |                       |  \--lease over--> gone, message in doubt
//!    '------- later -------'---- later, not_called-'
//! ```
//!
//! A sender that dies while its row is `waiting` has sent nothing, and another claims the row. One
//! that dies while it is `sending` may have: that row is never claimed again.

mod cancel;
mod claim;
mod left;
mod mark;

use uuid::Uuid;

pub use cancel::{cancel, cancel_of_account, cancel_of_disconnected, due_now};
pub use claim::{Claimed, claim};
pub use left::{doubt_abandoned, forgotten};
pub use mark::{Begun, Wait, again, begin, later, later_all, not_called};

/// A sender's hold on what it claimed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Lease(pub Uuid);
