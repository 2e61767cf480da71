//! The broker is away and the spool fills up: from then on webhooks are refused, and what it holds is delivered.

use std::time::Duration;

use tests::load::{Name, Service};

use crate::plan::{Fault, Load, Plan, Spool};

const LASTS: Duration = Duration::from_secs(100);
const LOAD: Load = Load { webhooks: 300, sends: 10, hang_ups: 0 };
const BROKER_IS_GONE: Duration = Duration::from_secs(20);
/// Full after a few seconds of that load.
const ROOM: u64 = 2 << 20;

/// It may not grow further.
pub(crate) fn bounded(lasts: Option<Duration>) -> Plan {
    let faults = [
        Fault::Outage(Service::RabbitMq, BROKER_IS_GONE),
        Fault::Kill(Name::Ingress),
        Fault::Outage(Service::RabbitMq, BROKER_IS_GONE),
    ];
    let plan = Plan::spread("spool-full", lasts.unwrap_or(LASTS), &faults);
    Plan { load: LOAD, spool: Some(Spool::AtMost(ROOM)), ..plan }
}

/// Its disk is full before it has reached its bound. It takes root's rights to make such a disk.
pub(crate) fn disk(lasts: Option<Duration>) -> Plan {
    Plan { name: "disk-full", spool: Some(Spool::OnDisk(ROOM)), ..bounded(lasts) }
}
