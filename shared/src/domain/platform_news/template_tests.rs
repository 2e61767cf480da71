use proptest::prelude::*;

use super::*;

fn at(second: i64) -> DateTime<Utc> {
    DateTime::from_timestamp(second, 0).unwrap()
}

fn status(event: &str, title: Option<&str>) -> StatusNews {
    StatusNews { event: event.to_owned(), reason: None, category: None, title: title.map(str::to_owned) }
}

fn news() -> impl Strategy<Value = (TemplateNews, i64)> {
    let category = |current: &str, next: Option<&str>| {
        TemplateNews::Category(CategoryNews { current: current.to_owned(), next: next.map(str::to_owned) })
    };
    let all = [
        TemplateNews::Status(status("APPROVED", None)),
        TemplateNews::Status(status("PAUSED", Some("FIRST_PAUSE"))),
        TemplateNews::Status(status("FLAGGED", None)),
        TemplateNews::Status(StatusNews { category: Some("UTILITY".to_owned()), ..status("REJECTED", None) }),
        TemplateNews::Quality("RED".to_owned()),
        TemplateNews::Quality("GREEN".to_owned()),
        TemplateNews::Components("[]".to_owned()),
        category("UTILITY", Some("MARKETING")),
        category("MARKETING", None),
    ];
    (proptest::sample::select(all.to_vec()), 0_i64..6)
}

proptest! {
    #[test]
    fn any_order_of_the_same_news_ends_in_the_same_template(
        (news, shuffled) in proptest::collection::vec(news(), 1..9)
            .prop_flat_map(|news| (Just(news.clone()), Just(news).prop_shuffle())),
    ) {
        let (mut one, mut other) = (TemplateRecord::default(), TemplateRecord::default());
        for (news, second) in &news {
            one.hear(Some("12"), news, at(*second));
        }
        for (news, second) in shuffled.iter().chain(&shuffled[..1]) {
            other.hear(Some("12"), news, at(*second));
        }
        prop_assert_eq!(one, other);
    }
}

#[test]
fn what_the_platform_refuses_is_held_and_what_it_takes_again_is_not() {
    let free = Some(None);
    let until = Some;
    for (event, title, hold) in [
        ("PAUSED", None, Some(until(None))),
        ("PAUSED", Some("FIRST_PAUSE"), Some(until(Some(at(3 * 3_600))))),
        ("PAUSED", Some("SECOND_PAUSE"), Some(until(Some(at(6 * 3_600))))),
        ("LOCKED", Some("RATE_LIMITING_PAUSE"), Some(until(None))),
        ("REJECTED", None, Some(until(None))),
        ("DISABLED", None, Some(until(None))),
        ("APPROVED", None, free),
        ("REINSTATED", None, free),
        ("UNPAUSED", None, free),
        ("UNLOCKED", Some("UNPAUSE"), free),
        ("FLAGGED", None, None),
        ("IN_APPEAL", None, None),
        ("SOMETHING_NEW", None, None),
    ] {
        let held = status(event, title).hold(at(0)).map(|hold| match hold {
            Hold::None => None,
            Hold::Held { until, .. } => Some(until),
        });
        assert_eq!(held, hold, "{event} {title:?}");
    }
}

#[test]
fn a_category_that_came_is_no_longer_announced() {
    let mut template = TemplateRecord::default();
    let announced = CategoryNews { current: "UTILITY".to_owned(), next: Some("MARKETING".to_owned()) };
    template.hear(None, &TemplateNews::Category(announced), at(1));
    assert_eq!(template.next_category.value.as_deref(), Some("MARKETING"));

    let changed = CategoryNews { current: "MARKETING".to_owned(), next: None };
    template.hear(None, &TemplateNews::Category(changed), at(2));
    assert_eq!(template.category.value.as_deref(), Some("MARKETING"));
    assert_eq!(template.next_category.value, None);
}

#[test]
fn a_template_that_is_flagged_while_paused_stays_paused() {
    let mut template = TemplateRecord::default();
    template.hear(None, &TemplateNews::Status(status("FLAGGED", None)), at(2));
    template.hear(None, &TemplateNews::Status(status("PAUSED", None)), at(1));
    assert_eq!(template.status.value.word, "FLAGGED");
    assert_eq!(template.hold.value, Hold::Held { until: None, reason: "PAUSED".to_owned() });
}
