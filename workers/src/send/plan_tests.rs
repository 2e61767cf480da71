use chrono::TimeDelta;
use shared::domain::clock;

use super::*;

fn first() -> Course {
    Course { attempt: 1, own_tries: 0, queued_at: clock::now(), of_campaign: false }
}

fn fate(outcome: &SendOutcome, course: &Course) -> Fate {
    after(outcome, course, clock::now())
}

fn refused(remedy: Remedy) -> SendOutcome {
    SendOutcome::Refused(PlatformError { code: 1, subcode: None, title: "no".to_owned(), details: None, remedy })
}

fn wait(fate: &Fate) -> Option<Wait> {
    match fate {
        Fate::Later(wait) => Some(*wait),
        _ => None,
    }
}

fn is_failed(fate: &Fate) -> bool {
    matches!(fate, Fate::Failed(_))
}

#[test]
fn what_may_have_gone_out_is_never_sent_again_here() {
    assert!(matches!(fate(&SendOutcome::InDoubt { reason: "timed out".to_owned() }, &first()), Fate::InDoubt(_)));
}

#[test]
fn what_never_went_out_is_tried_again_and_given_up_at_last() {
    let unsent = SendOutcome::Unsent { reason: "connection refused".to_owned() };
    assert!(wait(&fate(&unsent, &first())).is_some_and(|wait| !wait.own));
    assert!(is_failed(&fate(&unsent, &Course { attempt: MOST_UNSENT, ..first() })));
}

#[test]
fn a_retry_is_made_as_often_as_the_table_says_whatever_held_the_message_before() {
    let retry = refused(Remedy::Retry { times: 1 });
    assert!(wait(&fate(&retry, &Course { attempt: 9, ..first() })).is_some());
    assert!(is_failed(&fate(&retry, &Course { own_tries: 1, ..first() })));
}

#[test]
fn a_wait_that_the_platform_asks_for_one_customer_is_kept_and_grows() {
    let back_off = refused(Remedy::BackOff { scope: Scope::Recipient, seconds: 6 });
    let waits: Vec<Duration> = (0..MOST_BACK_OFFS)
        .map(|own_tries| wait(&fate(&back_off, &Course { own_tries, ..first() })).expect("it waits").delay)
        .collect();
    assert!(waits[0] >= Duration::from_secs(6) && waits[1] >= Duration::from_secs(24), "{waits:?}");
    assert!(is_failed(&fate(&back_off, &Course { own_tries: MOST_BACK_OFFS, ..first() })));
}

#[test]
fn what_waits_for_its_number_is_bounded_by_time_and_not_by_tries() {
    for scope in [Scope::Number, Scope::BusinessAccount, Scope::App] {
        let held = refused(Remedy::BackOff { scope, seconds: 1 });
        let often = Course { attempt: 1_000, own_tries: 4, ..first() };
        assert!(wait(&fate(&held, &often)).is_some_and(|wait| !wait.own), "{scope:?}");
        let old = Course { queued_at: clock::now() - TimeDelta::hours(25), ..first() };
        assert!(is_failed(&fate(&held, &old)), "{scope:?}");
    }
}

#[test]
fn a_message_of_no_campaign_waits_by_itself_where_a_campaign_would() {
    let back_off = refused(Remedy::BackOff { scope: Scope::Campaign, seconds: 600 });
    assert!(wait(&fate(&back_off, &first())).is_some_and(|wait| wait.own));
    assert!(wait(&fate(&back_off, &Course { of_campaign: true, ..first() })).is_some_and(|wait| !wait.own));
}

#[test]
fn an_expired_token_keeps_the_message() {
    for scope in [Scope::Number, Scope::BusinessAccount, Scope::App] {
        assert!(wait(&fate(&refused(Remedy::Pause { scope }), &first())).is_some(), "{scope:?}");
    }
    assert!(is_failed(&fate(&refused(Remedy::Pause { scope: Scope::Campaign }), &first())));
}

#[test]
fn a_marketing_limit_is_tried_after_days_and_holds_nobody_up() {
    let limited = refused(Remedy::RetryAfterADay);
    for own_tries in 0..MOST_DAYS {
        let wait = wait(&fate(&limited, &Course { own_tries, ..first() })).expect("it waits");
        assert!(wait.delay >= A_DAY * (own_tries + 1) && !wait.in_order && wait.own, "{wait:?}");
    }
    assert!(is_failed(&fate(&limited, &Course { own_tries: MOST_DAYS, ..first() })));
    assert!(again_after_days(1).is_some_and(|delay| delay >= A_DAY));
    assert_eq!(again_after_days(MOST_DAYS + 1), None);
}

#[test]
fn delays_grow_to_a_limit() {
    assert!(delay(1) < Duration::from_secs(2));
    assert!(delay(40) <= LONGEST_DELAY.mul_f64(1.5));
}
