//! Every process is killed once, wherever it stands.

use std::time::Duration;

use tests::load::Name;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_mins(1);

/// SIGKILL to each: the same rows as without.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let plan = Plan::spread("kills", lasts.unwrap_or(LASTS), &Name::ALL.map(Fault::Kill));
    Plan { may_doubt: true, ..plan }
}
