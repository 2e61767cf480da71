//! The plans there are.

mod kills;
mod outages;
mod senders;
mod stops;

use std::time::Duration;

use crate::plan::Plan;

/// Every plan, in the order in which they run; each lasts `lasts` where that is given.
pub(crate) fn all(lasts: Option<Duration>) -> Vec<Plan> {
    vec![stops::plan(lasts), kills::plan(lasts), senders::plan(lasts), outages::plan(lasts)]
}
