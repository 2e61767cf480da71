use serde_json::json;

use super::*;
use crate::channels::fake_platform::{self, FakePlatform, Then, word};
use crate::domain::identity::Identity;
use crate::domain::message::Content;
use crate::domain::window::Window;

const OWN: &str = "loa:0198a000-0000-7000-8000-000000000001:1";

async fn send_in(window: Window, then: Then) -> (SendOutcome, fake_platform::Request) {
    let platform = FakePlatform::start(then).await;
    let content = Content::text_of("hello");
    let message = OutboundMessage {
        outbound_ref: OWN.parse().unwrap(),
        to: &[Identity::psid("400000000000001").unwrap()],
        content: &content,
        window,
        reply_to: None,
    };
    let client = fake_platform::client();
    let token = "token-1".into();
    let outcome = send(&client, &platform.url, "300000000000001", &token, &message).await;
    (outcome, platform.asked().await)
}

fn accepted() -> Then {
    let body = json!({"recipient_id": "400000000000001", "message_id": "m_1"});
    fake_platform::json("200 OK", &body)
}

#[tokio::test]
async fn a_reply_in_the_window_is_a_response() {
    let (outcome, asked) = send_in(Window::Open, accepted()).await;
    assert_eq!(outcome, SendOutcome::Accepted { platform_id: "m_1".to_owned(), status: MessageStatus::Sent });
    assert!(asked.head.starts_with("POST /300000000000001/messages "));
    assert_eq!(asked.field("authorization"), Some("Bearer token-1"));
    assert_eq!(
        asked.body,
        json!({
            "recipient": {"id": "400000000000001"},
            "messaging_type": "RESPONSE",
            "message": {"text": "hello", "metadata": OWN},
        })
    );
}

#[tokio::test]
async fn a_persons_late_answer_bears_the_tag() {
    let (_, asked) = send_in(Window::HumanAgent, accepted()).await;
    assert_eq!(asked.body["messaging_type"], "MESSAGE_TAG");
    assert_eq!(asked.body["tag"], "HUMAN_AGENT");
}

#[tokio::test]
async fn a_refusal_that_may_have_been_sent_is_in_doubt() {
    for (code, subcode, expected) in
        [(1, 99, "in doubt"), (1, 1_357_046, "in doubt"), (1, 7, "refused"), (10, 2_018_278, "refused")]
    {
        let body = json!({"error": {"code": code, "error_subcode": subcode, "message": "said"}});
        let (outcome, _) = send_in(Window::Open, fake_platform::json("400 Bad Request", &body)).await;
        assert_eq!(word(&outcome), expected, "{code}/{subcode}");
    }
}
