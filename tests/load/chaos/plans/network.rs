//! The services are well and the way to them is not.

use std::time::Duration;

use tests::load::Service;

use crate::plan::{Fault, Plan};

const LASTS: Duration = Duration::from_mins(3);
/// Longer than a confirm or a query may take.
const SILENT: Duration = Duration::from_secs(15);
const SLOW_FOR: Duration = Duration::from_secs(20);
/// One way: a database on another continent.
const SLOWER_BY: Duration = Duration::from_millis(100);

/// Connections are cut, fall silent, and are slow.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let faults = [
        Fault::Cut(Service::RabbitMq),
        Fault::Cut(Service::Postgres),
        Fault::Cut(Service::Redis),
        Fault::Slow(Service::Postgres, SLOWER_BY, SLOW_FOR),
        Fault::Stall(Service::RabbitMq, SILENT),
        Fault::Stall(Service::Postgres, SILENT),
        Fault::Stall(Service::Redis, SILENT),
        Fault::Cut(Service::RabbitMq),
        Fault::Cut(Service::Postgres),
    ];
    Plan { may_doubt: true, has_proxies: true, ..Plan::spread("network", lasts.unwrap_or(LASTS), &faults) }
}
