//! Which way events go: to the broker, or to the spool. Once one has gone to the spool, all go there until
//! it is empty, so that none overtakes another.
//!
//! ```text
//! Broker --a publish fails--> Spool --little is left--> HandOver --all is in the broker--> Broker
//!                               ^------a publish fails, or it takes too long------'
//! ```
//!
//! Without the hand-over a busy ingress would never come back: with every record that is drained, others
//! have come. So when little is left, what arrives waits for a moment.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::Notify;
use tokio::time::timeout;

/// Records left to be drained at which what arrives begins to wait. A busy ingress has a publish in flight
/// for each routing key, a few dozen at most.
const LITTLE: u64 = 32;
/// How long what arrives may wait for the hand-over.
const HAND_OVER_LIMIT: Duration = Duration::from_millis(500);

/// Which way events go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// To the broker: the spool is empty.
    Broker,
    /// To the spool.
    Spool,
    /// Nowhere yet: the last records of the spool are on their way to the broker.
    HandOver,
}

/// The way of one event.
#[derive(Debug)]
pub(crate) enum Way {
    Broker,
    Spool(Ticket),
}

/// Decides which way events go.
#[derive(Debug)]
pub(crate) struct Switch {
    state: Mutex<State>,
    changed: Notify,
}

#[derive(Debug)]
struct State {
    mode: Mode,
    /// Records admitted to the spool and not yet in the broker.
    undrained: u64,
}

/// A record's place in the spool. Dropped before it is [`kept`](Self::kept), it never came.
#[derive(Debug)]
pub(crate) struct Ticket {
    switch: Arc<Switch>,
    is_kept: bool,
}

impl Switch {
    /// With so many records in the spool.
    pub(crate) fn new(undrained: u64) -> Arc<Self> {
        let mode = if undrained == 0 { Mode::Broker } else { Mode::Spool };
        Arc::new(Self { state: Mutex::new(State { mode, undrained }), changed: Notify::new() })
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn mode(&self) -> Mode {
        self.state().mode
    }

    /// Which way an event goes.
    pub(crate) async fn way(self: &Arc<Self>) -> Way {
        if let Some(way) = self.chosen() {
            return way;
        }
        loop {
            let changed = self.changed.notified();
            tokio::pin!(changed);
            changed.as_mut().enable();
            if let Some(way) = self.chosen() {
                return way;
            }
            if timeout(HAND_OVER_LIMIT, changed).await.is_err() {
                self.stalled();
            }
        }
    }

    /// None while it is handed over. What goes to the spool is counted before anyone else looks.
    fn chosen(self: &Arc<Self>) -> Option<Way> {
        let mut state = self.state();
        match state.mode {
            Mode::Broker => Some(Way::Broker),
            Mode::HandOver => None,
            Mode::Spool => {
                state.undrained += 1;
                Some(Way::Spool(self.place()))
            }
        }
    }

    /// Of a record that is counted.
    fn place(self: &Arc<Self>) -> Ticket {
        Ticket { switch: Arc::clone(self), is_kept: false }
    }

    /// A place in the spool, whichever the way is: the broker has not taken an event.
    pub(crate) fn admit(self: &Arc<Self>) -> Ticket {
        let mut state = self.state();
        state.undrained += 1;
        state.mode = Mode::Spool;
        drop(state);
        self.changed.notify_waiters();
        self.place()
    }

    /// So many records are in the broker.
    pub(crate) fn drained(&self, records: u64) -> Mode {
        let mut state = self.state();
        state.undrained = state.undrained.saturating_sub(records);
        state.mode = match state.mode {
            _ if state.undrained == 0 => Mode::Broker,
            Mode::Spool if state.undrained <= LITTLE => Mode::HandOver,
            mode => mode,
        };
        let mode = state.mode;
        drop(state);
        self.changed.notify_waiters();
        mode
    }

    /// A record did not get into the spool.
    fn withdrawn(&self) {
        let mut state = self.state();
        state.undrained = state.undrained.saturating_sub(1);
        if state.undrained == 0 {
            state.mode = Mode::Broker;
        }
        drop(state);
        self.changed.notify_waiters();
    }

    /// The broker does not take what is drained: nobody waits for that.
    pub(crate) fn stalled(&self) {
        let mut state = self.state();
        if state.mode == Mode::HandOver {
            state.mode = Mode::Spool;
        }
        drop(state);
        self.changed.notify_waiters();
    }
}

impl Ticket {
    /// The record is on disk: the spool has it until it is drained.
    pub(crate) fn kept(mut self) {
        self.is_kept = true;
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        if !self.is_kept {
            self.switch.withdrawn();
        }
    }
}
