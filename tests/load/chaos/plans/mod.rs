//! The plans there are.

mod hang_ups;
mod kills;
mod network;
mod outages;
mod pauses;
mod senders;
pub(crate) mod spine;
mod spool_full;
mod stops;

use std::time::Duration;

use crate::plan::Plan;

/// Every plan, in the order in which they run; each lasts `lasts` where that is given.
pub(crate) fn all(lasts: Option<Duration>) -> Vec<Plan> {
    let mut plans = vec![stops::plan(lasts), kills::plan(lasts), senders::plan(lasts), outages::plan(lasts)];
    plans.extend([pauses::plan(lasts), network::plan(lasts), hang_ups::plan(lasts)]);
    plans.extend([spool_full::bounded(lasts), spool_full::disk(lasts)]);
    plans.extend(spine(lasts));
    plans
}

/// Those that [`spine::NAME`] stands for.
pub(crate) fn spine(lasts: Option<Duration>) -> [Plan; 3] {
    [spine::unspooled(lasts), spine::spooled(lasts), spine::database_gone(lasts)]
}
