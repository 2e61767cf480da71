use proptest::prelude::*;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn forbids(kind: &str, until: Option<i64>) -> Effect {
    Effect::Forbids(vec![Forbidden { kind: kind.to_owned(), until: until.map(at), note: None }])
}

fn effect() -> impl Strategy<Value = (Effect, i64)> {
    let effects = [
        forbids("DISABLED", None),
        forbids("DELETED", None),
        forbids("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(50)),
        forbids("RESTRICTED_BIZ_INITIATED_MESSAGING", None),
        forbids("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(90)),
        Effect::Restores,
        Effect::Nothing,
    ];
    (proptest::sample::select(effects.to_vec()), 0_i64..6)
}

proptest! {
    #[test]
    fn any_order_of_the_same_news_ends_in_the_same_standing(
        (news, shuffled) in proptest::collection::vec(effect(), 1..9)
            .prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle())),
    ) {
        let (mut one, mut other) = (Standing::default(), Standing::default());
        for (effect, second) in &news {
            one.hear(effect, at(*second));
        }
        for (effect, second) in shuffled.iter().chain(&shuffled[..1]) {
            other.hear(effect, at(*second));
        }
        prop_assert_eq!(one, other);
    }
}

#[test]
fn a_disabled_account_does_not_work_until_it_is_restored() {
    let mut standing = Standing::default();
    let note = Some("January 31, 2027".to_owned());
    standing.hear(&Effect::Forbids(vec![Forbidden { kind: "DISABLED".to_owned(), until: None, note }]), at(10));
    assert_eq!(standing.ended().as_deref(), Some("WhatsApp disabled the business account (January 31, 2027)"));
    assert!(standing.hear(&Effect::Restores, at(20)));
    assert_eq!(standing.ended(), None);
}

#[test]
fn a_ban_that_was_lifted_before_it_was_heard_of_is_no_ban() {
    let mut standing = Standing::default();
    standing.hear(&Effect::Restores, at(20));
    assert!(!standing.hear(&forbids("DISABLED", None), at(10)));
    assert_eq!(standing.ended(), None);
}

#[test]
fn a_restriction_does_not_end_an_account() {
    let mut standing = Standing::default();
    assert!(standing.hear(&forbids("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(500)), at(10)));
    assert_eq!(standing.ended(), None);
    assert_eq!(standing.restrictions()[0].until, Some(at(500)));
}
