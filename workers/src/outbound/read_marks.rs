//! Marks as read, made beside the sends of an account: they are no messages, and wait for no slot of
//! its pace.

use std::time::Duration;

use futures::StreamExt;
use shared::channels::Platforms;
use shared::channels::contract::Remedy;
use shared::channels::read_mark::{MarkOutcome, ReadMark};
use shared::store::conversations::read_marks::{self, Claimed};
use shared::store::{PgPool, StoreError};

use super::metrics::Metrics;
use crate::send::attempt::Opened;

/// Marks claimed at a time, and calls under way.
const CLAIM: i64 = 32;
const CALLS: usize = 8;
/// How long a try holds a mark, and so the pause before the next: longer than its calls can take.
const HOLD: Duration = Duration::from_mins(3);

/// What makes marks.
#[derive(Clone)]
pub struct ReadMarks {
    /// PostgreSQL.
    pub pool: PgPool,
    /// The platforms.
    pub platforms: Platforms,
    /// Its figures.
    pub metrics: Metrics,
}

impl ReadMarks {
    /// Makes the marks of an account that are due. What fails is tried again after a while.
    pub async fn serve(&self, opened: &Opened) {
        loop {
            match self.make_some(opened).await {
                Ok(true) => {}
                Ok(false) => return,
                Err(error) => return tracing::warn!(account.id = %opened.id, %error, "marks as read wait"),
            }
        }
    }

    /// Makes a handful; whether there may be more.
    async fn make_some(&self, opened: &Opened) -> Result<bool, StoreError> {
        let mut conn = self.pool.acquire().await?;
        let claimed = read_marks::claim(&mut conn, opened.id, CLAIM, HOLD).await?;
        drop(conn);
        if claimed.is_empty() {
            return Ok(false);
        }
        let tried = futures::stream::iter(claimed).map(|mark| self.make(opened, mark)).buffer_unordered(CALLS);
        let done: Vec<Claimed> = tried.filter_map(std::future::ready).collect().await;
        let mut conn = self.pool.acquire().await?;
        read_marks::finish(&mut conn, &done).await?;
        Ok(true)
    }

    /// The mark, if nothing is left to try.
    async fn make(&self, opened: &Opened, mark: Claimed) -> Option<Claimed> {
        let read = ReadMark { platform_id: &mark.platform_id, to: &mark.addresses, typing: mark.typing };
        let outcome = self.platforms.mark_read(&opened.account, &read).await;
        let name = match &outcome {
            MarkOutcome::Marked => "marked",
            MarkOutcome::Refused(_) => "refused",
            MarkOutcome::Unknown { .. } => "unknown",
            MarkOutcome::NotSupported => "not_supported",
        };
        self.metrics.read_marks.with_label_values(&[opened.channel.as_str(), name]).inc();
        tracing::debug!(conversation.id = %mark.conversation_id, outcome = name, "marked as read");
        is_over(&outcome).then_some(mark)
    }
}

/// Whether trying again would change nothing.
const fn is_over(outcome: &MarkOutcome) -> bool {
    match outcome {
        MarkOutcome::Marked | MarkOutcome::NotSupported => true,
        MarkOutcome::Unknown { .. } => false,
        MarkOutcome::Refused(error) => {
            !matches!(error.remedy, Remedy::Retry { .. } | Remedy::BackOff { .. } | Remedy::Pause { .. })
        }
    }
}

#[cfg(test)]
mod tests {
    use shared::channels::contract::{PlatformError, Scope};

    use super::*;

    fn refused(remedy: Remedy) -> MarkOutcome {
        MarkOutcome::Refused(PlatformError { code: 1, subcode: None, title: String::new(), details: None, remedy })
    }

    #[test]
    fn what_may_go_better_later_is_tried_again() {
        let scope = Scope::Number;
        assert!(!is_over(&MarkOutcome::Unknown { reason: "timed out".to_owned() }));
        assert!(!is_over(&refused(Remedy::BackOff { scope, seconds: 5 })));
        assert!(!is_over(&refused(Remedy::Pause { scope })));
        assert!(is_over(&refused(Remedy::Never)));
        assert!(is_over(&MarkOutcome::NotSupported));
    }
}
