//! Every process is asked to stop, as a deployment does.

use std::time::Duration;

use tests::load::Name;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_mins(1);

/// SIGTERM to each: it ends well within its grace, and nothing is lost or in doubt.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    Plan::spread("stops", lasts.unwrap_or(LASTS), &Name::ALL.map(Fault::Terminate))
}
