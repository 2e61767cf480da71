//! The sender is killed again and again, so that some of its deaths fall between a send and its record.

use std::time::Duration;

use tests::load::Name;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_secs(30);
const DEATHS: usize = 15;

/// SIGKILL to the sender, many times: no message is sent twice, and none is lost.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let plan = Plan::spread("senders", lasts.unwrap_or(LASTS), &[Fault::Kill(Name::Outbound); DEATHS]);
    Plan { may_doubt: true, ..plan }
}
