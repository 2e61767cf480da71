//! What every request passes: a name of its own, a measure, a deadline, the envelope of its answer;
//! and those that are let in: a count of how often they ask, and each key's work done once.

mod answer;
mod cors;
mod gate;
mod limit;
mod observe;
mod once;
mod once_file;
mod request_id;
mod trace;

pub use answer::{answer, answer_to_file};
pub use cors::{Origins, cors};
pub use gate::gate;
pub use limit::{Allowed, Limiter, limit};
pub use observe::observe;
pub use once::{claim_at_hand, once};
pub use once_file::{FileKey, Turn};
pub use request_id::RequestId;
