use serde_json::json;

use super::*;
use crate::channels::contract::Scope;
use crate::channels::fake_platform::{self, FakePlatform, Then, with_fields, word};
use crate::domain::identity::Identity;
use crate::domain::message::Content;
use crate::domain::window::Window;

async fn send_now(then: Then) -> (SendOutcome, fake_platform::Request) {
    let platform = FakePlatform::start(then).await;
    let content = Content::text_of("hello");
    let message = OutboundMessage {
        outbound_ref: "loa:0198a000-0000-7000-8000-000000000001:1".parse().unwrap(),
        to: &[Identity::x_user("9002").unwrap()],
        content: &content,
        window: Window::Open,
        reply_to: None,
    };
    let pair = |name: &str| KeyPair { key: format!("{name}-key").into(), secret: format!("{name}-secret").into() };
    let client = fake_platform::client();
    let (consumer, token) = (pair("consumer"), pair("token"));
    let outcome = send(&client, &platform.url, &consumer, &token, &message).await;
    (outcome, platform.asked().await)
}

async fn remedy(then: Then) -> Remedy {
    match send_now(then).await.0 {
        SendOutcome::Refused(error) => error.remedy,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_request_is_signed_on_the_users_behalf() {
    let body = json!({"data": {"dm_conversation_id": "9001-9002", "dm_event_id": "19"}});
    let (outcome, asked) = send_now(fake_platform::json("201 Created", &body)).await;
    assert_eq!(outcome, SendOutcome::Accepted { platform_id: "19".to_owned(), status: MessageStatus::Sent });
    assert!(asked.head.starts_with("POST /2/dm_conversations/with/9002/messages "));
    assert_eq!(asked.body, json!({"text": "hello"}));
    let authorization = asked.field("authorization").unwrap();
    assert!(authorization.contains("oauth_consumer_key=\"consumer-key\""));
    assert!(authorization.contains("oauth_token=\"token-key\""));
    assert!(!authorization.contains("secret"));
}

#[tokio::test]
async fn the_limit_is_waited_for_until_it_begins_anew() {
    let reset = clock::now().timestamp() + 120;
    let fields = format!("x-rate-limit-reset: {reset}\r\n");
    let problem = json!({"title": "Too Many Requests", "status": 429}).to_string();
    let answer = with_fields("429 Too Many Requests", &fields, &problem);
    let Remedy::BackOff { scope, seconds } = remedy(answer).await else {
        panic!("not a wait");
    };
    assert_eq!(scope, Scope::Number);
    assert!((110..=120).contains(&seconds), "{seconds}");
    let silent = with_fields("429 Too Many Requests", "", &problem);
    let seconds = error::LIMIT_WINDOW;
    assert_eq!(remedy(silent).await, Remedy::BackOff { scope, seconds });
}

#[tokio::test]
async fn both_forms_of_error_are_read() {
    let problem = json!({"title": "Forbidden", "detail": "no", "type": "about:blank", "status": 403});
    let answer = fake_platform::json("403 Forbidden", &problem);
    assert_eq!(remedy(answer).await, Remedy::Never);
    let codes = json!({"errors": [{"code": 326, "message": "locked"}]});
    let answer = fake_platform::json("403 Forbidden", &codes);
    let scope = Scope::Number;
    assert_eq!(remedy(answer).await, Remedy::Pause { scope });
}

#[tokio::test]
async fn errors_beside_a_success_do_not_unmake_it() {
    let body = json!({"data": {"dm_event_id": "19"}, "errors": [{"title": "partial"}]});
    let (outcome, _) = send_now(fake_platform::json("201 Created", &body)).await;
    assert_eq!(word(&outcome), "accepted");
    let (outcome, _) = send_now(with_fields("201 Created", "", "{}")).await;
    assert_eq!(word(&outcome), "in doubt");
}
