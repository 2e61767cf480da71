use serde_json::json;

use super::super::webhook::parse;
use super::*;
use crate::domain::platform_news::{
    BusinessNews, CapabilityNews, CategoryNews, Choice, Effect, Forbidden, MessagingLimit, TemplateNews, TemplateRef,
};

fn told(field: &str, value: &Value) -> AccountUpdate {
    let body = json!({ "object": "whatsapp_business_account", "entry": [{ "id": "700", "time": 1_763_000_000, "changes": [
        { "field": field, "value": value },
    ]}]});
    let mut parsed = parse(body.to_string().as_bytes()).unwrap();
    assert_eq!(parsed.account.len(), 1, "{value}");
    parsed.account.remove(0)
}

fn meaning(field: &str, value: &Value) -> AccountNews {
    told(field, value).news.unwrap_or_else(|| panic!("{field} {value} is not understood"))
}

fn business(value: &Value) -> BusinessNews {
    match meaning("account_update", value) {
        AccountNews::Business(news) => news,
        other => panic!("{other:?}"),
    }
}

fn template(field: &str, value: &Value) -> (TemplateRef, TemplateNews) {
    match meaning(field, value) {
        AccountNews::Template { template, news } => (template, news),
        other => panic!("{other:?}"),
    }
}

#[test]
fn news_bear_the_platforms_moment_in_seconds_and_in_milliseconds() {
    let update = told("account_review_update", &json!({ "decision": "APPROVED" }));
    assert_eq!(update.at.map(|at| at.timestamp()), Some(1_763_000_000));
    assert_eq!(update.news, Some(AccountNews::Review("APPROVED".to_owned())));
    for time in [json!(1_763_000_000_000_i64), json!("1763000000")] {
        assert_eq!(told_at(&json!({ "time": time })).map(|at| at.timestamp()), Some(1_763_000_000));
    }
    assert_eq!(told_at(&json!({})), None);
}

#[test]
fn a_templates_status_says_which_template_and_why() {
    let rejected = json!({
        "event": "REJECTED", "message_template_id": 990_000_000_000_001_i64, "message_template_name": "spring_sale",
        "message_template_language": "vi-VN", "message_template_category": "MARKETING", "reason": "INVALID_FORMAT",
        "rejection_info": { "reason": "Two variables touch.", "recommendation": "Put a word between them." },
    });
    let (which, news) = template("message_template_status_update", &rejected);
    assert_eq!(which.platform_id.as_deref(), Some("990000000000001"));
    assert_eq!(which.name, Some(("spring_sale".to_owned(), "vi_VN".to_owned())));
    let TemplateNews::Status(status) = news else { panic!("{news:?}") };
    assert_eq!(status.reason.as_deref(), Some("INVALID_FORMAT; Two variables touch.; Put a word between them."));
    assert_eq!(status.category.as_deref(), Some("MARKETING"));
}

#[test]
fn a_reason_of_null_or_none_is_no_reason() {
    for reason in [Value::Null, json!("NONE")] {
        let value = json!({ "event": "APPROVED", "message_template_id": "12", "reason": reason });
        let (which, news) = template("message_template_status_update", &value);
        assert_eq!(which.name, None);
        assert!(matches!(news, TemplateNews::Status(status) if status.reason.is_none()), "{value}");
    }
}

#[test]
fn a_pause_says_which_it_is() {
    let value = json!({ "event": "PAUSED", "message_template_id": 12, "disable_info": { "disable_date": 1_763_400_000 },
        "other_info": { "title": "FIRST_PAUSE", "description": "Paused for 3 hours" } });
    let (_, news) = template("message_template_status_update", &value);
    let TemplateNews::Status(status) = news else { panic!("{news:?}") };
    assert_eq!(status.title.as_deref(), Some("FIRST_PAUSE"));
    assert_eq!(status.reason.as_deref(), Some("FIRST_PAUSE; Paused for 3 hours; 1763400000"));
}

#[test]
fn a_category_is_changed_or_announced() {
    let names = |mut value: Value| {
        value["message_template_name"] = json!("spring_sale");
        value["message_template_language"] = json!("en");
        template("template_category_update", &value).1
    };
    let changed = names(json!({ "previous_category": "UTILITY", "new_category": "MARKETING" }));
    assert_eq!(changed, TemplateNews::Category(CategoryNews { current: "MARKETING".to_owned(), next: None }));
    let announced = names(json!({ "correct_category": "MARKETING", "new_category": "UTILITY" }));
    let next = Some("MARKETING".to_owned());
    assert_eq!(announced, TemplateNews::Category(CategoryNews { current: "UTILITY".to_owned(), next }));
}

#[test]
fn a_templates_parts_are_kept_as_templates_are_made() {
    let value = json!({ "message_template_id": 12, "message_template_title": "Hi", "message_template_element": "Hello {{1}}",
        "message_template_buttons": [{ "message_template_button_type": "URL", "message_template_button_text": "Open",
                                       "message_template_button_url": "https://example.com" }] });
    let (_, news) = template("message_template_components_update", &value);
    let TemplateNews::Components(parts) = news else { panic!("{news:?}") };
    let parts: Value = serde_json::from_str(&parts).unwrap();
    assert_eq!(
        parts,
        json!([
            { "type": "HEADER", "format": "TEXT", "text": "Hi" },
            { "type": "BODY", "text": "Hello {{1}}" },
            { "type": "BUTTONS", "buttons": [{ "type": "URL", "text": "Open", "url": "https://example.com" }] },
        ])
    );
}

#[test]
fn a_limit_is_a_tier_or_a_number() {
    for (given, limit) in [
        (json!("TIER_2K"), MessagingLimit::Of(2_000)),
        (json!("TIER_UNLIMITED"), MessagingLimit::Unlimited),
        (json!(1_000), MessagingLimit::Of(1_000)),
        (json!(-1), MessagingLimit::Unlimited),
    ] {
        let value = json!({ "max_daily_conversations_per_business": given, "max_phone_numbers_per_business": 20 });
        let expected = CapabilityNews { limit: Some(limit), max_phone_numbers: Some(20) };
        assert_eq!(meaning("business_capability_update", &value), AccountNews::Capability(expected));
        let value = json!({ "event": "ONBOARDING", "max_daily_conversations_per_business": given });
        assert_eq!(meaning("phone_number_quality_update", &value).portfolio_limit(), Some(limit));
    }
    let legacy = json!({ "event": "UPGRADE", "display_phone_number": "15550001111", "old_limit": "TIER_1K", "current_limit": "TIER_10K" });
    let AccountNews::Quality(news) = meaning("phone_number_quality_update", &legacy) else { panic!("{legacy}") };
    assert_eq!((news.limit, news.own_limit), (None, Some(MessagingLimit::Of(10_000))));
}

#[test]
fn a_restriction_says_what_and_until_when() {
    let news = business(&json!({ "event": "ACCOUNT_RESTRICTION", "restriction_info": [
        { "restriction_type": "RESTRICTED_BIZ_INITIATED_MESSAGING", "expiration": 1_763_600_000 },
        { "restriction_type": "RESTRICTED_ADD_PHONE_NUMBER_ACTION", "expiration": "soon" },
    ]}));
    let Effect::Forbids(list) = news.effect else { panic!("{news:?}") };
    let list: Vec<(&str, Option<i64>)> =
        list.iter().map(|one| (one.kind.as_str(), one.until.map(|until| until.timestamp()))).collect();
    assert_eq!(
        list,
        [("RESTRICTED_BIZ_INITIATED_MESSAGING", Some(1_763_600_000)), ("RESTRICTED_ADD_PHONE_NUMBER_ACTION", None)]
    );
}

#[test]
fn every_event_of_an_account_has_a_meaning_also_one_that_is_not_known() {
    let forbids = |kind: &str, note: Option<&str>| {
        Effect::Forbids(vec![Forbidden { kind: kind.to_owned(), until: None, note: note.map(str::to_owned) }])
    };
    let ban = |state: &str| json!({ "event": "DISABLED_UPDATE", "ban_info": { "waba_ban_state": state, "waba_ban_date": "May 1" } });
    for (value, effect) in [
        (ban("DISABLE"), forbids("DISABLED", Some("May 1"))),
        (ban("SCHEDULE_FOR_DISABLE"), forbids("SCHEDULED_FOR_DISABLE", Some("May 1"))),
        (ban("REINSTATE"), Effect::Restores),
        (
            json!({ "event": "ACCOUNT_VIOLATION", "violation_info": { "violation_type": "SPAM" } }),
            forbids("VIOLATION", Some("SPAM")),
        ),
        (json!({ "event": "ACCOUNT_DELETED" }), forbids("DELETED", None)),
        (json!({ "event": "ACCOUNT_OFFBOARDED" }), forbids("OFFBOARDED", None)),
        (json!({ "event": "ACCOUNT_RECONNECTED" }), Effect::Restores),
        (
            json!({ "event": "VOLUME_BASED_PRICING_TIER_UPDATE", "volume_tier_info": { "tier": "0:250000" } }),
            Effect::Nothing,
        ),
        (json!({ "event": "SOMETHING_NEW" }), Effect::Nothing),
    ] {
        assert_eq!(business(&value).effect, effect, "{value}");
    }
}

#[test]
fn news_sent_under_a_partners_id_are_about_the_account_named_inside() {
    let update = told("account_update", &json!({ "event": "PARTNER_ADDED", "waba_info": { "waba_id": "701" } }));
    assert_eq!(update.subject, "701");
}

#[test]
fn a_customers_preference_is_read_with_all_their_addresses() {
    let value = json!({ "messaging_product": "whatsapp", "metadata": { "phone_number_id": "800" },
    "contacts": [{ "wa_id": "84911", "user_id": "VN.1" }],
    "user_preferences": [
        { "wa_id": "84911", "category": "marketing_messages", "value": "stop", "detail": "No more offers", "timestamp": 1_763_000_001 },
        { "user_id": "VN.2", "category": "marketing_messages", "value": "signup", "signup_id": "77", "timestamp": "1763000002" },
        { "category": "marketing_messages", "value": "resume", "timestamp": 1_763_000_003 },
        { "wa_id": "84933", "category": "new_category", "value": "stop", "timestamp": 1_763_000_004 },
        { "wa_id": "84944", "category": "marketing_messages", "value": "stop" },
    ]});
    let AccountNews::Preferences(list) = meaning("user_preferences", &value) else { panic!("{value}") };
    let read: Vec<(Vec<&str>, Choice, Option<bool>, &str)> = list
        .iter()
        .map(|one| {
            let addresses = one.identities.iter().map(|identity| identity.value.as_str()).collect();
            (addresses, one.choice, one.consents_to_marketing(), one.words.as_str())
        })
        .collect();
    assert_eq!(
        read,
        [
            (vec!["84911", "VN.1"], Choice::Stop, Some(false), "No more offers"),
            (vec!["VN.2"], Choice::SignUp, Some(true), "signup (77)"),
            (vec!["84911", "VN.1"], Choice::Resume, Some(true), "resume"),
            (vec!["84933"], Choice::Stop, None, "stop"),
        ]
    );
}

#[test]
fn alerts_and_security_are_read() {
    let AccountNews::Alert(alert) = meaning(
        "account_alerts",
        &json!({ "entity_type": "BUSINESS", "alert_info": {
        "alert_severity": "CRITICAL", "alert_type": "INCREASED_CAPABILITIES_ELIGIBILITY_FAILED" } }),
    ) else {
        panic!("no alert")
    };
    assert_eq!(alert.severity.as_deref(), Some("CRITICAL"));
    let AccountNews::Security(news) = meaning(
        "security",
        &json!({ "event": "PIN_RESET_REQUEST", "display_phone_number": "15550001111", "requester": 42 }),
    ) else {
        panic!("no security")
    };
    assert_eq!(news.requester.as_deref(), Some("42"));
}

#[test]
fn what_does_not_read_is_kept_without_a_meaning() {
    for (field, value) in [
        ("message_template_status_update", json!({ "message_template_id": 12 })),
        ("message_template_status_update", json!({ "event": "APPROVED" })),
        ("message_template_components_update", json!({ "message_template_id": 12 })),
        ("account_update", json!({ "event": 7 })),
        ("business_capability_update", json!({ "max_daily_conversations_per_business": "many" })),
        ("user_preferences", json!({ "user_preferences": [{}] })),
        ("security", json!([])),
        ("payment_configuration_update", json!({ "event": "NEW" })),
    ] {
        let update = told(field, &value);
        assert_eq!((update.news, &update.value), (None, &value), "{field}");
    }
}

#[test]
fn what_goes_into_a_column_bears_no_nul() {
    let value = json!({ "event": "REJECTED\0", "message_template_name": "a\0b", "message_template_language": "en",
        "reason": "S\0CAM" });
    let (which, news) = template("message_template_status_update", &value);
    assert_eq!(which.name, Some(("ab".to_owned(), "en".to_owned())));
    let TemplateNews::Status(status) = news else { panic!("{news:?}") };
    assert_eq!((status.event.as_str(), status.reason.as_deref()), ("REJECTED", Some("SCAM")));
    let parts = json!({ "message_template_id": 12, "message_template_element": "Hello\0" });
    let (_, news) = template("message_template_components_update", &parts);
    let TemplateNews::Components(parts) = news else { panic!("{news:?}") };
    assert!(!parts.contains("u0000"), "{parts}");
}
