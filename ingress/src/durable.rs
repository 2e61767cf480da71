//! What it takes to answer 200: the event is where no crash can lose it.
//!
//! Whatever gathers events into one publish, or keeps them on disk while the broker is away, stands
//! behind [`Durable`] too; the rest of the ingress knows only that promise.

use std::error::Error;
use std::future::Future;

use crate::admission::Admitted;

/// Makes events durable.
pub trait Durable: Send + Sync + 'static {
    /// Returns once `event` is durable, or says why it may not be. After a failure it may still turn
    /// up: the client comes again, and consumers are idempotent.
    ///
    /// A client that hangs up drops the future. That stops nothing that was begun: a publish goes on to its
    /// end, and the event gives its room back only then.
    fn keep(&self, event: Admitted) -> impl Future<Output = Result<(), NotDurable>> + Send;
}

/// An event may be lost, so nobody may be told that it was accepted.
#[derive(Debug, thiserror::Error)]
#[error("the event is not durable")]
pub struct NotDurable(#[source] pub Box<dyn Error + Send + Sync>);
