//! The broker is away and the spool fills up: from then on webhooks are refused, and what it holds is delivered.

use std::time::Duration;

use tests::load::{Name, Service};

use crate::plan::{Fault, Load, Plan, Spool};

const LASTS: Duration = Duration::from_mins(4);
const LOAD: Load = Load { webhooks: 600, sends: 10, hang_ups: 0 };
/// Longer than it takes that load to fill the spool.
const BROKER_IS_GONE: Duration = Duration::from_mins(1);
/// The least that a spool may be told.
const LEAST: u64 = 16 << 20;
const DISK: u64 = 8 << 20;

/// It may not grow further.
pub(crate) fn bounded(lasts: Option<Duration>) -> Plan {
    let faults = [
        Fault::Outage(Service::RabbitMq, BROKER_IS_GONE),
        Fault::Kill(Name::Ingress),
        Fault::Outage(Service::RabbitMq, BROKER_IS_GONE),
    ];
    let plan = Plan::spread("spool-full", lasts.unwrap_or(LASTS), &faults);
    Plan { load: LOAD, spool: Some(Spool::AtMost(LEAST)), ..plan }
}

/// Its disk is full before it has reached its bound. It takes root's rights to make such a disk.
pub(crate) fn disk(lasts: Option<Duration>) -> Plan {
    Plan { name: "disk-full", spool: Some(Spool::OnDisk(DISK)), ..bounded(lasts) }
}
