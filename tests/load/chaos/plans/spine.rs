//! The whole way under load, from webhook to row and from reply to status: everything that it stands on fails, twice.

use std::time::Duration;

use tests::load::{Name, Service};

use crate::plan::{Fault, Load, Plan, Spool};

/// What all of them are called by together.
pub(crate) const NAME: &str = "spine";

const LASTS: Duration = Duration::from_mins(4);
const LOAD: Load = Load { webhooks: 500, sends: 50, hang_ups: 0 };
const BROKER_IS_GONE: Duration = Duration::from_secs(20);
const DATABASE_IS_GONE: Duration = Duration::from_mins(5);
/// Of load before the database goes, and again after it is back.
const AROUND: Duration = Duration::from_secs(30);

/// Without a spool: while the broker is away webhooks are refused, and come again.
pub(crate) fn unspooled(lasts: Option<Duration>) -> Plan {
    let once = [
        Fault::Kill(Name::Ingress),
        Fault::Kill(Name::Persist),
        Fault::Flush,
        Fault::Kill(Name::Status),
        Fault::Kill(Name::Outbound),
        Fault::Restart(Service::Postgres),
        Fault::Outage(Service::RabbitMq, BROKER_IS_GONE),
    ];
    let plan = Plan::spread("spine-unspooled", lasts.unwrap_or(LASTS), &[once, once].concat());
    Plan { load: LOAD, may_doubt: true, ..plan }
}

/// With a spool: no webhook is refused.
pub(crate) fn spooled(lasts: Option<Duration>) -> Plan {
    Plan { name: "spine-spooled", spool: Some(Spool::Ample), ..unspooled(lasts) }
}

/// The database is away for so long that everything that waits for it has given up more than once.
pub(crate) fn database_gone(lasts: Option<Duration>) -> Plan {
    let gone = lasts.unwrap_or(DATABASE_IS_GONE);
    let plan = Plan::spread("database-gone", AROUND * 2, &[Fault::Outage(Service::Postgres, gone)]);
    Plan { load: LOAD, may_doubt: true, lasts: AROUND + gone + AROUND, ..plan }
}
