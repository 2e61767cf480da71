//! What follows from a send's outcome. Pure: the table of errors decides, here it becomes a step.

use std::time::Duration;

use rand::Rng;
use serde_json::{Value, json};
use shared::channels::contract::{PlatformError, Remedy, Scope, SendOutcome};
use shared::domain::status::MessageStatus;

use crate::status::writing::error_json;

/// Tries after which a message that never got through is given up: about a day of the longest delay.
const MOST_UNSENT: u32 = 300;
/// Tries at a platform that asks us to slow down.
const MOST_BACK_OFFS: u32 = 5;
const FIRST_DELAY: Duration = Duration::from_secs(1);
const LONGEST_DELAY: Duration = Duration::from_mins(5);
/// How soon a message is looked at again once its account may send.
const AFTER_PAUSE: Duration = Duration::from_secs(5);

/// What to do after an attempt.
#[derive(Clone, Debug, PartialEq)]
pub enum Step {
    /// The platform has it.
    Accepted {
        /// The platform's id.
        platform_id: String,
        /// Sent, or held.
        status: MessageStatus,
    },
    /// It may be tried again, not before.
    Later(Duration),
    /// It ends here.
    End {
        /// Failed, or in doubt.
        status: MessageStatus,
        /// Why, as its row says it.
        error: Value,
    },
    /// The platform refuses the whole account: it sends nothing until it is connected anew, and the
    /// message waits for that.
    PauseAccount {
        /// What an operator reads.
        reason: String,
        /// When the message is looked at again, should the account be well by then.
        delay: Duration,
    },
}

/// The step after attempt `attempt` (counted from one) had `outcome`.
pub fn after(outcome: SendOutcome, attempt: u32) -> Step {
    match outcome {
        SendOutcome::Accepted { platform_id, status } => Step::Accepted { platform_id, status },
        SendOutcome::InDoubt { reason } => {
            Step::End { status: MessageStatus::InDoubt, error: json!({ "title": reason }) }
        }
        SendOutcome::Unsent { .. } if attempt < MOST_UNSENT => Step::Later(delay(attempt)),
        SendOutcome::Unsent { reason } => {
            Step::End { status: MessageStatus::Failed, error: json!({ "code": "UNSENT", "title": reason }) }
        }
        SendOutcome::Refused(error) => after_refusal(&error, attempt),
    }
}

fn after_refusal(error: &PlatformError, attempt: u32) -> Step {
    match error.remedy {
        Remedy::Retry { times } if attempt <= times => Step::Later(delay(attempt)),
        Remedy::BackOff { seconds, .. } if attempt <= MOST_BACK_OFFS => {
            let least = Duration::from_secs(seconds.into());
            Step::Later(least.max(delay(attempt)) + jitter(least))
        }
        Remedy::Pause { scope: Scope::Number | Scope::BusinessAccount | Scope::App } => {
            Step::PauseAccount { reason: format!("{} ({})", error.title, error.code), delay: AFTER_PAUSE }
        }
        _ => Step::End { status: MessageStatus::Failed, error: error_json(error) },
    }
}

/// Doubles with every attempt, with up to a half on top.
fn delay(attempt: u32) -> Duration {
    let doubled = FIRST_DELAY.saturating_mul(1 << attempt.saturating_sub(1).min(16));
    let delay = doubled.min(LONGEST_DELAY);
    delay + jitter(delay)
}

fn jitter(of: Duration) -> Duration {
    of.mul_f64(rand::rng().random_range(0.0..0.5))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn refused(remedy: Remedy) -> SendOutcome {
        SendOutcome::Refused(PlatformError { code: 1, subcode: None, title: "no".to_owned(), details: None, remedy })
    }

    fn is_failed(step: &Step) -> bool {
        matches!(step, Step::End { status: MessageStatus::Failed, .. })
    }

    #[test]
    fn what_may_have_gone_out_is_never_sent_again() {
        let step = after(SendOutcome::InDoubt { reason: "timed out".to_owned() }, 1);
        assert!(matches!(step, Step::End { status: MessageStatus::InDoubt, .. }));
    }

    #[test]
    fn what_never_went_out_is_tried_again_and_given_up_at_last() {
        let unsent = || SendOutcome::Unsent { reason: "connection refused".to_owned() };
        assert!(matches!(after(unsent(), 1), Step::Later(_)));
        assert!(is_failed(&after(unsent(), MOST_UNSENT)));
    }

    #[test]
    fn a_retry_is_made_as_often_as_the_table_says() {
        let remedy = Remedy::Retry { times: 1 };
        assert!(matches!(after(refused(remedy), 1), Step::Later(_)));
        assert!(is_failed(&after(refused(remedy), 2)));
    }

    #[test]
    fn a_wait_that_the_platform_asks_for_is_kept() {
        let remedy = Remedy::BackOff { scope: Scope::Recipient, seconds: 60 };
        let Step::Later(delay) = after(refused(remedy), 1) else { panic!("expected a delay") };
        assert!(delay >= Duration::from_mins(1));
        assert!(is_failed(&after(refused(remedy), MOST_BACK_OFFS + 1)));
    }

    #[test]
    fn an_expired_token_stops_the_account_and_keeps_the_message() {
        let step = after(refused(Remedy::Pause { scope: Scope::BusinessAccount }), 1);
        assert!(matches!(step, Step::PauseAccount { .. }));
    }

    #[test]
    fn delays_grow_to_a_limit() {
        assert!(delay(1) < Duration::from_secs(2));
        assert!(delay(40) <= LONGEST_DELAY.mul_f64(1.5));
    }
}
