//! Where a message is kept: in the broker, or in the spool while the broker does not take it.
//!
//! One that the broker has not confirmed in time goes to the spool and may reach the broker twice, which
//! consumers bear. From then on all go through the spool, until it is empty again.

use std::sync::Arc;

use shared::broker::{Outgoing, PublishError};
use shared::events::envelope::EnvelopeError;

use crate::gather::Publish;
use crate::log_limit::LogLimit;
use crate::spool::{NotSpooled, Outlet, Spool, Way};

/// Keeps messages.
#[derive(Clone)]
pub(crate) struct Keeping<B> {
    broker: B,
    spool: Option<Spool>,
    failures: Arc<LogLimit>,
}

/// Why a message is not known to be durable.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotKept {
    /// The broker has not taken it, and there is no spool.
    #[error(transparent)]
    Broker(#[from] PublishError),
    /// The broker has not taken it, or it would overtake others; and it is not in the spool.
    #[error(transparent)]
    Spool(#[from] NotSpooled),
}

impl From<EnvelopeError> for NotKept {
    fn from(error: EnvelopeError) -> Self {
        Self::Broker(error.into())
    }
}

impl<B: Outlet> Keeping<B> {
    /// Keeps messages in `broker`, else in `spool`.
    pub(crate) fn new(broker: B, spool: Option<Spool>) -> Self {
        Self { broker, spool, failures: Arc::new(LogLimit::new()) }
    }

    async fn keep(&self, message: Outgoing) -> Result<(), NotKept> {
        let Some(spool) = &self.spool else {
            return Ok(self.broker.publish(message).await?);
        };
        let ticket = match spool.way().await {
            Way::Spool(ticket) => ticket,
            Way::Broker => match self.broker.publish(message.clone()).await {
                Ok(()) => {
                    spool.is_not_needed();
                    return Ok(());
                }
                Err(error) if error.may_pass() => {
                    if let Some(left_out) = self.failures.pass() {
                        tracing::warn!(%error, left_out, "the broker does not take events: they go to the spool");
                    }
                    spool.admit()
                }
                Err(error) => return Err(error.into()),
            },
        };
        Ok(spool.append(ticket, message).await?)
    }
}

impl<B: Outlet + Clone> Publish for Keeping<B> {
    async fn publish(&self, message: Outgoing) -> Result<(), Arc<NotKept>> {
        self.keep(message).await.map_err(Arc::new)
    }
}
