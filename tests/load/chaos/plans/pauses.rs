//! Processes stand still, as on a machine that is short of everything, and go on as if nothing had been.

use std::time::Duration;

use tests::load::Name;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_mins(5);
/// Longer than the broker waits for a sign of life.
const STANDS_STILL: Duration = Duration::from_secs(25);
/// Longer than what a sender has claimed is its own.
const OUTLIVES_ITS_LEASE: Duration = Duration::from_secs(75);

/// Each process once, and the sender for longer than its lease: what it then holds is no longer its own.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let faults = [
        Fault::Pause(Name::Ingress, STANDS_STILL),
        Fault::Pause(Name::Persist, STANDS_STILL),
        Fault::Pause(Name::Status, STANDS_STILL),
        Fault::Pause(Name::Outbound, OUTLIVES_ITS_LEASE),
        Fault::Pause(Name::Janitor, STANDS_STILL),
    ];
    Plan { may_doubt: true, ..Plan::spread("pauses", lasts.unwrap_or(LASTS), &faults) }
}
