//! What an error asks for beyond the message that it was about. Pure.

use std::time::Duration;

use shared::channels::contract::{PlatformError, Remedy, Scope};

/// The number's throughput, as WhatsApp says it and as limiters at the edge do.
const TOO_FAST: [i64; 2] = [130_429, 429];
/// Too many messages to one recipient.
const TOO_MANY_TO_ONE: i64 = 131_056;
/// The business may not write to the customer's country.
const COUNTRY_BARRED: i64 = 130_497;
/// The template is missing, breaks a policy, is paused or disabled: nothing more of it goes, whoever sends it.
const OF_TEMPLATE: [i64; 4] = [132_001, 132_007, 132_015, 132_016];

/// One thing to do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Measure {
    /// The account's pace is lowered, and recovers slowly.
    SlowDown,
    /// Nothing goes from the account to the contact for so long.
    SlowPair(Duration),
    /// Nothing goes from what the scope names for so long; longer when it comes back.
    Hold(Scope, Duration),
    /// Nothing goes from what the scope names until somebody has looked.
    Stop(Scope),
    /// The platform refuses the account, or all of its business account.
    Refuse(Scope),
    /// Nothing more of the message's template goes.
    StopTemplate,
    /// The customer stopped marketing.
    SuppressMarketing,
    /// The customer was out of reach today.
    CountMiss,
    /// The account may not write to the customer's country.
    BarCountry,
}

/// What `error` asks for.
pub fn of(error: &PlatformError) -> Vec<Measure> {
    let mut measures = Vec::new();
    if TOO_FAST.contains(&error.code) {
        measures.push(Measure::SlowDown);
    }
    if OF_TEMPLATE.contains(&error.code) {
        measures.push(Measure::StopTemplate);
    }
    match error.remedy {
        Remedy::BackOff { scope: Scope::Recipient, seconds } if error.code == TOO_MANY_TO_ONE => {
            measures.push(Measure::SlowPair(of_seconds(seconds)));
        }
        Remedy::BackOff { scope: Scope::Recipient, .. } => {}
        Remedy::BackOff { scope, seconds } => measures.push(Measure::Hold(scope, of_seconds(seconds))),
        Remedy::Pause { scope: scope @ (Scope::Number | Scope::BusinessAccount) } => {
            measures.push(Measure::Refuse(scope));
        }
        Remedy::Pause { scope: scope @ (Scope::App | Scope::Campaign) } => measures.push(Measure::Stop(scope)),
        Remedy::SuppressMarketing => measures.push(Measure::SuppressMarketing),
        Remedy::Undeliverable => measures.push(Measure::CountMiss),
        Remedy::Never if error.code == COUNTRY_BARRED => measures.push(Measure::BarCountry),
        // A recipient is nothing that could be paused: the message fails, and that is all.
        Remedy::Pause { scope: Scope::Recipient } | Remedy::Retry { .. } | Remedy::RetryAfterADay | Remedy::Never => {}
    }
    measures
}

fn of_seconds(seconds: u32) -> Duration {
    Duration::from_secs(seconds.into())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of_remedy(code: i64, remedy: Remedy) -> Vec<Measure> {
        of(&PlatformError { code, subcode: None, title: "no".to_owned(), details: None, remedy })
    }

    #[test]
    fn every_remedy_of_every_scope_has_its_measure() {
        let least = Duration::from_secs(5);
        for (scope, hold, pause) in [
            (Scope::Recipient, vec![], vec![]),
            (Scope::Number, vec![Measure::Hold(Scope::Number, least)], vec![Measure::Refuse(Scope::Number)]),
            (
                Scope::BusinessAccount,
                vec![Measure::Hold(Scope::BusinessAccount, least)],
                vec![Measure::Refuse(Scope::BusinessAccount)],
            ),
            (Scope::App, vec![Measure::Hold(Scope::App, least)], vec![Measure::Stop(Scope::App)]),
            (Scope::Campaign, vec![Measure::Hold(Scope::Campaign, least)], vec![Measure::Stop(Scope::Campaign)]),
        ] {
            assert_eq!(of_remedy(1, Remedy::BackOff { scope, seconds: 5 }), hold, "{scope:?}");
            assert_eq!(of_remedy(1, Remedy::Pause { scope }), pause, "{scope:?}");
        }
        for (remedy, measures) in [
            (Remedy::Retry { times: 1 }, vec![]),
            (Remedy::Never, vec![]),
            (Remedy::RetryAfterADay, vec![]),
            (Remedy::SuppressMarketing, vec![Measure::SuppressMarketing]),
            (Remedy::Undeliverable, vec![Measure::CountMiss]),
        ] {
            assert_eq!(of_remedy(1, remedy), measures, "{remedy:?}");
        }
    }

    #[test]
    fn some_codes_ask_for_more_than_their_remedy() {
        let throttled = of_remedy(130_429, Remedy::BackOff { scope: Scope::Number, seconds: 1 });
        assert_eq!(throttled, [Measure::SlowDown, Measure::Hold(Scope::Number, Duration::from_secs(1))]);
        let paused = of_remedy(132_015, Remedy::Pause { scope: Scope::Campaign });
        assert_eq!(paused, [Measure::StopTemplate, Measure::Stop(Scope::Campaign)]);
        let pair = of_remedy(131_056, Remedy::BackOff { scope: Scope::Recipient, seconds: 6 });
        assert_eq!(pair, [Measure::SlowPair(Duration::from_secs(6))]);
        assert_eq!(of_remedy(130_497, Remedy::Never), [Measure::BarCountry]);
    }
}
