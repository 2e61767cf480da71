//! What a connection's socket has to know of its requests: when one is being answered, and whether the
//! last answer came before the client had said all.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU32, Ordering};

/// Shared by the socket and the service of one connection.
#[derive(Debug, Default)]
pub(crate) struct Exchange {
    /// Odd while a request is being answered; moves on with every one.
    turn: AtomicU32,
    cut_short: AtomicBool,
}

impl Exchange {
    /// A request's head is complete; it is answered until the guard is dropped.
    pub(crate) fn begin(self: &Arc<Self>) -> Answering {
        self.turn.fetch_add(1, Ordering::Relaxed);
        Answering(Arc::clone(self))
    }

    pub(crate) fn turn(&self) -> Turn {
        Turn(self.turn.load(Ordering::Relaxed))
    }

    /// Notes that the client may still be sending what nobody will read.
    pub(crate) fn cut_short(&self) {
        self.cut_short.store(true, Ordering::Relaxed);
    }

    pub(crate) fn was_cut_short(&self) -> bool {
        self.cut_short.load(Ordering::Relaxed)
    }
}

/// A moment in a connection's life; another one as soon as a request begins or ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Turn(u32);

impl Turn {
    /// Whether a request is being answered.
    pub(crate) fn is_answering(self) -> bool {
        self.0 % 2 == 1
    }
}

/// A request that is being answered.
pub(crate) struct Answering(Arc<Exchange>);

impl Drop for Answering {
    fn drop(&mut self) {
        self.0.turn.fetch_add(1, Ordering::Relaxed);
    }
}
