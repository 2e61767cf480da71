//! The cases: how many messages to how many, at which limit, by how many senders.

use simulator::{Behaviour, Config, Limit};
use tests::load::Name;

/// Meta's burst towards one customer.
const PAIR_BURST: u32 = 45;

/// What is sent, and what must hold.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Case {
    /// What it is called by.
    pub(crate) name: &'static str,
    /// Messages a second that the number is allowed.
    pub(crate) limit: u32,
    pub(crate) senders: &'static [Name],
    pub(crate) recipients: usize,
    /// Messages for each.
    pub(crate) each: usize,
    /// The share of the limit that has to be kept up, and over which part of the run.
    pub(crate) least: Option<(f64, Over)>,
}

/// The part of a run that a rate is taken over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Over {
    /// From the first message to the last.
    All,
    /// Until nine tenths have gone: while every conversation has something to send. Behind them a
    /// conversation's last messages wait for one another, and for the recipient's own rate.
    Busy,
}

const ONE: &[Name] = &[Name::Outbound];
const TWO: &[Name] = &[Name::Outbound, Name::OtherOutbound];

/// With few recipients the platform's rate for each of them (one message in 6 s) binds as much as the
/// number's limit, so how much of the latter is used is asked for where it alone binds.
pub(crate) const CASES: [Case; 3] = [
    Case {
        name: "1000/s, one sender",
        limit: 1_000,
        senders: ONE,
        recipients: 20_000,
        each: 3,
        least: Some((0.97, Over::All)),
    },
    Case { name: "80/s, two senders, few recipients", limit: 80, senders: TWO, recipients: 500, each: 10, least: None },
    Case {
        name: "80/s, two senders",
        limit: 80,
        senders: TWO,
        recipients: 2_500,
        each: 2,
        least: Some((0.97, Over::Busy)),
    },
];

impl Case {
    pub(crate) const fn messages(&self) -> usize {
        self.recipients * self.each
    }

    /// How many the platform takes in a second: they come to it with the network's jitter.
    pub(crate) const fn arrivals(&self) -> u32 {
        self.limit + self.limit / 50
    }

    /// The platform that it is sent to. It refuses what is above the limit, and tells nobody what became of the
    /// messages.
    pub(crate) fn platform(&self) -> Config {
        let behaviour = Behaviour {
            throughput: Limit::of(self.arrivals()),
            pair_burst: Limit::of(PAIR_BURST),
            ..Behaviour::default()
        };
        Config { records: self.messages() * 2, behaviour, ..Config::default() }
    }
}
