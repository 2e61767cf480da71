use proptest::prelude::*;

use super::*;
use crate::domain::platform_news::{Effect, Forbidden};

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn new() -> AccountRecord {
    AccountRecord {
        quality: Told::never(None),
        throughput: Told::never(80),
        limit: Told::never(None),
        max_phone_numbers: Told::never(None),
        name_status: Told::never(None),
        review: Told::never(None),
        standing: Standing::default(),
    }
}

fn quality(event: &str, limit: Option<u32>) -> AccountNews {
    AccountNews::Quality(QualityNews {
        number: None,
        event: event.to_owned(),
        limit: limit.map(MessagingLimit::Of),
        own_limit: None,
    })
}

fn news() -> impl Strategy<Value = (AccountNews, i64)> {
    let business = |effect| AccountNews::Business(BusinessNews { event: String::new(), number: None, effect });
    let all = [
        quality("FLAGGED", Some(250)),
        quality("UNFLAGGED", None),
        quality("THROUGHPUT_UPGRADE", Some(100_000)),
        AccountNews::Name(NameNews { number: None, decision: "APPROVED".to_owned() }),
        AccountNews::Name(NameNews { number: None, decision: "REJECTED".to_owned() }),
        AccountNews::Review("APPROVED".to_owned()),
        AccountNews::Capability(CapabilityNews { limit: Some(MessagingLimit::Unlimited), max_phone_numbers: Some(20) }),
        business(Effect::Forbids(vec![Forbidden { kind: "DISABLED".to_owned(), until: None, note: None }])),
        business(Effect::Restores),
    ];
    (proptest::sample::select(all.to_vec()), 0_i64..6)
}

proptest! {
    #[test]
    fn any_order_of_the_same_news_ends_in_the_same_account(
        (news, shuffled) in proptest::collection::vec(news(), 1..9)
            .prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle())),
    ) {
        let (mut one, mut other) = (new(), new());
        for (news, second) in &news {
            one.hear(news, at(*second));
        }
        for (news, second) in shuffled.iter().chain(&shuffled[..1]) {
            other.hear(news, at(*second));
        }
        prop_assert_eq!(one, other);
    }
}

#[test]
fn a_throughput_upgrade_lets_a_thousand_through() {
    let mut account = new();
    assert!(!account.hear(&quality("ONBOARDING", None), at(1)));
    assert_eq!(account.throughput.value, 80);
    assert!(account.hear(&quality("THROUGHPUT_UPGRADE", None), at(2)));
    assert_eq!(account.throughput.value, 1_000);
}

#[test]
fn the_portfolios_limit_is_told_apart_from_the_numbers_own() {
    let own = AccountNews::Quality(QualityNews {
        number: None,
        event: "UPGRADE".to_owned(),
        limit: None,
        own_limit: Some(MessagingLimit::Of(10_000)),
    });
    assert_eq!(own.portfolio_limit(), None);
    let mut account = new();
    account.hear(&own, at(1));
    assert_eq!(account.limit.value, Some(MessagingLimit::Of(10_000)));
    assert_eq!(quality("ONBOARDING", Some(2_000)).portfolio_limit(), Some(MessagingLimit::Of(2_000)));
}
