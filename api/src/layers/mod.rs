//! What every request passes: a name of its own, a measure, a deadline, the envelope of its answer.

mod answer;
mod gate;
mod observe;
mod request_id;

pub use answer::{answer, answer_to_file};
pub use gate::gate;
pub use observe::observe;
pub use request_id::RequestId;
