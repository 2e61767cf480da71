//! A plan: so much load for so long, and what goes wrong when. Data; [`crate::faults`] does it.

use std::time::Duration;

use ::tests::load::{Name, Service};

/// A fault run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What it is called by.
    pub(crate) name: &'static str,
    /// What is asked of the product.
    pub(crate) load: Load,
    /// How long the load lasts.
    pub(crate) lasts: Duration,
    /// What goes wrong, in order.
    pub(crate) steps: Vec<Step>,
    /// Whether a message that the platform never got may end in doubt: where a sender may die, or lose
    /// PostgreSQL, between marking it and sending it.
    pub(crate) may_doubt: bool,
    /// Whether connections to the services lead through proxies: what [`Fault::Cut`] and its like need.
    pub(crate) has_proxies: bool,
    /// Where the ingress keeps events that the broker does not take; none where it keeps none.
    pub(crate) spool: Option<Spool>,
}

/// How much is asked of the product.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Load {
    /// Webhooks a second.
    pub(crate) webhooks: u32,
    /// Sends a second.
    pub(crate) sends: u32,
    /// Webhooks a second whose clients do not wait for the answer, or do not even send all of them.
    pub(crate) hang_ups: u32,
}

/// The spool of the ingress.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Spool {
    /// As large as it needs.
    Ample,
    /// It may hold no more than so many bytes.
    AtMost(u64),
    /// On a disk of its own, of so many bytes.
    OnDisk(u64),
}

/// One thing that goes wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    /// When, from the start of the load; at once where the step before took longer.
    pub(crate) at: Duration,
    /// What.
    pub(crate) fault: Fault,
}

/// What can go wrong.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Fault {
    /// A process is asked to stop, has to end well within its grace, and is started again.
    Terminate(Name),
    /// A process is killed, and started again.
    Kill(Name),
    /// A process stands still for a time, and goes on as if nothing had been.
    Pause(Name, Duration),
    /// A service is stopped, and started again at once.
    Restart(Service),
    /// A service is gone for a time.
    Outage(Service, Duration),
    /// Redis forgets everything.
    Flush,
    /// Every connection to a service is cut.
    Cut(Service),
    /// For a time nothing passes between the processes and a service, though the connections stand.
    Stall(Service, Duration),
    /// For a time everything between the processes and a service takes so much longer, there and back.
    Slow(Service, Duration, Duration),
}

impl Fault {
    /// What the report calls it.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Terminate(name) => format!("SIGTERM {}", name.binary()),
            Self::Kill(name) => format!("SIGKILL {}", name.binary()),
            Self::Pause(name, lasting) => format!("SIGSTOP {} for {} s", name.binary(), lasting.as_secs()),
            Self::Restart(service) => format!("restart {}", service.as_str()),
            Self::Outage(service, lasting) => format!("{} gone for {} s", service.as_str(), lasting.as_secs()),
            Self::Flush => "redis flushed".to_owned(),
            Self::Cut(service) => format!("connections to {} cut", service.as_str()),
            Self::Stall(service, lasting) => format!("{} silent for {} s", service.as_str(), lasting.as_secs()),
            Self::Slow(service, by, lasting) => {
                format!("{} slower by {} ms for {} s", service.as_str(), 2 * by.as_millis(), lasting.as_secs())
            }
        }
    }

    /// The process that this starts anew.
    pub(crate) fn restarts(self) -> Option<Name> {
        match self {
            Self::Terminate(name) | Self::Kill(name) => Some(name),
            _ => None,
        }
    }
}

impl Plan {
    /// Spreads `faults` evenly over the load, with as much time after the last as between two.
    pub(crate) fn spread(name: &'static str, lasts: Duration, faults: &[Fault]) -> Self {
        let parts = u32::try_from(faults.len()).unwrap_or(u32::MAX).saturating_add(1);
        let steps = (1..).zip(faults).map(|(part, fault)| Step { at: lasts / parts * part, fault: *fault }).collect();
        let load = Load { webhooks: 50, sends: 10, hang_ups: 0 };
        Self { name, load, lasts, steps, may_doubt: false, has_proxies: false, spool: None }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faults_are_spread_over_the_load_and_none_falls_on_its_ends() {
        let plan = Plan::spread("two", Duration::from_secs(30), &[Fault::Restart(Service::Redis); 2]);
        let at: Vec<_> = plan.steps.iter().map(|step| step.at.as_secs()).collect();
        assert_eq!(at, [10, 20]);
    }
}
