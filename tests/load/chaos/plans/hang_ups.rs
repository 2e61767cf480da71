//! Clients go away in the middle of a request, and just before its answer, while the ingress and the broker fail.

use std::time::Duration;

use tests::load::{Name, Service};

use crate::plan::{Fault, Load, Plan};

const LASTS: Duration = Duration::from_mins(1);

/// What was sent whole is stored once or not at all; what was not is not.
pub(crate) fn plan(lasts: Option<Duration>) -> Plan {
    let faults = [Fault::Kill(Name::Ingress), Fault::Restart(Service::RabbitMq)];
    let plan = Plan::spread("hang-ups", lasts.unwrap_or(LASTS), &faults);
    Plan { load: Load { hang_ups: 100, ..plan.load }, ..plan }
}
