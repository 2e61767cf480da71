//! A plan: so much load for so long, and what goes wrong when. Data; [`crate::faults`] does it.

use std::time::Duration;

use ::tests::load::{Name, Service};

/// A fault run.
#[derive(Clone, Debug)]
pub(crate) struct Plan {
    /// What it is called by.
    pub(crate) name: &'static str,
    /// How long the load lasts.
    pub(crate) lasts: Duration,
    /// What goes wrong, in order.
    pub(crate) steps: Vec<Step>,
    /// Whether a message that the platform never got may end in doubt: where a sender may die, or lose
    /// PostgreSQL, between marking it and sending it.
    pub(crate) may_doubt: bool,
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
    /// A service is stopped, and started again at once.
    Restart(Service),
    /// A service is gone for a time.
    Outage(Service, Duration),
}

impl Fault {
    /// What the report calls it.
    pub(crate) fn describe(self) -> String {
        match self {
            Self::Terminate(name) => format!("SIGTERM {}", name.binary()),
            Self::Kill(name) => format!("SIGKILL {}", name.binary()),
            Self::Restart(service) => format!("restart {}", service.as_str()),
            Self::Outage(service, lasting) => format!("{} gone for {} s", service.as_str(), lasting.as_secs()),
        }
    }
}

impl Plan {
    /// Spreads `faults` evenly over the load, with as much time after the last as between two.
    pub(crate) fn spread(name: &'static str, lasts: Duration, faults: &[Fault]) -> Self {
        let parts = u32::try_from(faults.len()).unwrap_or(u32::MAX).saturating_add(1);
        let steps = (1..).zip(faults).map(|(part, fault)| Step { at: lasts / parts * part, fault: *fault }).collect();
        Self { name, lasts, steps, may_doubt: false }
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
