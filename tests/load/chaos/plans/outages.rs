//! What the product stands on goes away for a while.

use std::time::Duration;

use tests::load::Service;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_mins(2);
const POSTGRES_IS_GONE: Duration = Duration::from_secs(30);

/// Every process works again by itself, and nothing is given up.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let faults = [
        Fault::Restart(Service::RabbitMq),
        Fault::Outage(Service::Postgres, POSTGRES_IS_GONE),
        Fault::Restart(Service::Redis),
    ];
    Plan { may_doubt: true, ..Plan::spread("outages", lasts.unwrap_or(LASTS), &faults) }
}
