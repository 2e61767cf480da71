use serde_json::json;

use super::*;
use crate::channels::fake_platform::{self, FakePlatform, Then};

async fn subscribed(then: Then) -> Result<Option<String>, ConnectFault> {
    let platform = FakePlatform::start(then).await;
    subscribe(&fake_platform::client(), &platform.url, &"token-1".into(), "1001").await
}

#[test]
fn what_meta_says_of_a_number_is_read() {
    let body = json!({
        "id": "2002", "display_phone_number": "+84 28 7300 0000", "verified_name": "Flowers",
        "quality_rating": "GREEN", "throughput": { "level": "HIGH" },
        "whatsapp_business_manager_messaging_limit": "TIER_2K",
    });
    let profile = profile(&body).unwrap();
    assert_eq!(profile.display_name.as_deref(), Some("Flowers"));
    assert_eq!(profile.display_number.as_deref(), Some("+84 28 7300 0000"));
    assert_eq!((profile.limit, profile.throughput_per_second), (Some(MessagingLimit::Of(2_000)), Some(1_000)));
    assert_eq!(super::profile(&json!({})), None);
}

#[tokio::test]
async fn a_refusal_says_what_is_wrong_and_silence_that_nobody_answered() {
    let error = |code: i64, subcode: Option<i64>| json!({ "error": { "code": code, "error_subcode": subcode, "message": "no" } });
    let refused = [
        ("401 Unauthorized", error(190, None), Doubted::Credentials),
        ("403 Forbidden", error(200, None), Doubted::Credentials),
        ("400 Bad Request", error(100, Some(33)), Doubted::Business),
        ("400 Bad Request", error(100, None), Doubted::Business),
    ];
    for (status, body, expected) in refused {
        match subscribed(fake_platform::json(status, &body)).await {
            Err(ConnectFault::Refused { what, .. }) => assert_eq!(what, expected, "{body}"),
            other => panic!("{body}: {other:?}"),
        }
    }
    let away = [
        fake_platform::json("503 Service Unavailable", &error(2, None)),
        fake_platform::json("400 Bad Request", &error(80_007, None)),
        fake_platform::with_fields("502 Bad Gateway", "content-type: text/html\r\n", "<html>"),
        fake_platform::json("200 OK", &json!({})),
        Then::HangUp,
        Then::Wait,
    ];
    for then in away {
        assert!(matches!(subscribed(then).await, Err(ConnectFault::Away(_))));
    }
}
