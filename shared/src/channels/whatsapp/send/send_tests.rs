use serde_json::json;

use super::*;
use crate::channels::contract::{OutboundRef, PlatformError, Remedy, Scope};
use crate::channels::fake_platform::{self, FakePlatform, Then, nowhere, with_fields, word};
use crate::domain::identity::Identity;
use crate::domain::ids::MessageId;
use crate::domain::message::Content;
use crate::domain::window::Window;

const OWN: &str = "loa:0198a000-0000-7000-8000-000000000001:1";

fn phone() -> Identity {
    Identity::whatsapp("84911111111").unwrap()
}

fn bsuid() -> Identity {
    Identity::whatsapp("VN.5550001").unwrap()
}

async fn send_to(base: &Url, to: &[Identity], reply_to: Option<&str>) -> SendOutcome {
    let content = Content::text_of("Chào bạn");
    let message =
        OutboundMessage { outbound_ref: OWN.parse().unwrap(), to, content: &content, window: Window::Open, reply_to };
    let client = fake_platform::client();
    send(&client, base, "800000000000001", &"token-1".into(), &message).await
}

async fn outcome(then: Then) -> SendOutcome {
    let platform = FakePlatform::start(then).await;
    send_to(&platform.url, &[phone()], None).await
}

fn accepted(id: &str) -> Then {
    fake_platform::json("200 OK", &json!({"messages": [{"id": id}]}))
}

#[tokio::test]
async fn the_request_is_what_the_platform_documents() {
    let platform = FakePlatform::start(accepted("wamid.1")).await;
    let mut base = platform.url.clone();
    base.set_path("/v25.0");
    let outcome = send_to(&base, &[bsuid(), phone()], Some("wamid.0")).await;
    assert_eq!(outcome, SendOutcome::Accepted { platform_id: "wamid.1".to_owned(), status: MessageStatus::Sent });
    let asked = platform.asked().await;
    assert!(asked.head.starts_with("POST /v25.0/800000000000001/messages HTTP/1.1"));
    assert_eq!(asked.field("authorization"), Some("Bearer token-1"));
    assert!(asked.field("user-agent").unwrap().starts_with("loa/"));
    assert_eq!(
        asked.body,
        json!({
            "messaging_product": "whatsapp",
            "recipient_type": "individual",
            "to": "+84911111111",
            "type": "text",
            "text": {"body": "Chào bạn", "preview_url": false},
            "context": {"message_id": "wamid.0"},
            "biz_opaque_callback_data": OWN,
        })
    );
}

#[tokio::test]
async fn a_customer_without_a_phone_number_is_written_to_by_the_business_scoped_id() {
    let platform = FakePlatform::start(accepted("wamid.1")).await;
    send_to(&platform.url, &[bsuid()], None).await;
    let asked = platform.asked().await;
    assert_eq!(asked.body["recipient"], "VN.5550001");
    assert_eq!(asked.body.get("to"), None);
    assert_eq!(asked.body.get("context"), None);
}

#[tokio::test]
async fn a_message_that_is_judged_first_is_held() {
    for word in ["held_for_quality_assessment", "paused"] {
        let body = json!({"messages": [{"id": "wamid.1", "message_status": word}]});
        assert_eq!(
            outcome(fake_platform::json("200 OK", &body)).await,
            SendOutcome::Accepted { platform_id: "wamid.1".to_owned(), status: MessageStatus::Held }
        );
    }
}

#[tokio::test]
async fn the_code_decides_and_not_the_http_status() {
    let error = |code: i64| json!({"error": {"code": code, "message": "said", "error_data": {"details": "more"}}});
    for (status, code, remedy) in [
        ("400 Bad Request", 130_429, Remedy::BackOff { scope: Scope::Number, seconds: 1 }),
        ("500 Internal Server Error", 3, Remedy::Pause { scope: Scope::BusinessAccount }),
        ("503 Service Unavailable", 131_047, Remedy::Never),
    ] {
        let refused = SendOutcome::Refused(PlatformError {
            code,
            subcode: None,
            title: "said".to_owned(),
            details: Some("more".to_owned()),
            remedy,
        });
        assert_eq!(outcome(fake_platform::json(status, &error(code))).await, refused);
    }
}

#[tokio::test]
async fn an_unknown_code_passes_only_if_the_platform_says_so() {
    let later = Remedy::BackOff { scope: Scope::Recipient, seconds: 5 };
    for (status, transient, expected) in [
        ("400 Bad Request", false, Remedy::Never),
        ("400 Bad Request", true, later),
        ("500 Internal Server Error", false, later),
    ] {
        let body = json!({"error": {"code": 999_999, "message": "?", "is_transient": transient}});
        let SendOutcome::Refused(error) = outcome(fake_platform::json(status, &body)).await else {
            panic!("not refused");
        };
        assert_eq!(error.remedy, expected, "{status}");
    }
}

#[tokio::test]
async fn only_what_is_certain_is_called_so() {
    let page = "<html>oops</html>";
    let long = format!("{{\"messages\":[{{\"id\":\"{}\"}}]}}", "x".repeat(70_000));
    let gateway = json!({"error": {"code": 131_000, "message": "?"}}).to_string();
    for (then, expected) in [
        (Then::HangUp, "in doubt"),
        (Then::Wait, "in doubt"),
        (Then::Answer("HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{\"mess".to_owned()), "in doubt"),
        (with_fields("200 OK", "", "{}"), "in doubt"),
        (with_fields("200 OK", "", &long), "in doubt"),
        (with_fields("200 OK", "", page), "in doubt"),
        (with_fields("302 Found", "location: /\r\n", ""), "in doubt"),
        (with_fields("400 Bad Request", "", page), "in doubt"),
        (with_fields("500 Internal Server Error", "", page), "in doubt"),
        (with_fields("503 Service Unavailable", "", page), "in doubt"),
        (with_fields("502 Bad Gateway", "", &gateway), "in doubt"),
        (with_fields("504 Gateway Timeout", "", &gateway), "in doubt"),
        (with_fields("429 Too Many Requests", "", page), "refused"),
    ] {
        let outcome = outcome(then).await;
        assert_eq!(word(&outcome), expected, "{outcome:?}");
    }
}

#[tokio::test]
async fn without_a_connection_nothing_was_sent() {
    let outcome = send_to(&nowhere().await, &[phone()], None).await;
    assert_eq!(word(&outcome), "unsent");
    let unknown_host = Url::parse("http://platform.invalid").unwrap();
    let outcome = send_to(&unknown_host, &[phone()], None).await;
    assert_eq!(word(&outcome), "unsent");
    assert!(!format!("{outcome:?}").contains("800000000000001"));
}

#[tokio::test]
async fn a_bare_429_is_obeyed() {
    for (fields, seconds) in [("retry-after: 7\r\n", 7), ("", 30), ("retry-after: soon\r\n", 30)] {
        let SendOutcome::Refused(error) = outcome(with_fields("429 Too Many Requests", fields, "slow down")).await
        else {
            panic!("not refused");
        };
        let scope = Scope::Number;
        assert_eq!(error.remedy, Remedy::BackOff { scope, seconds });
    }
}

#[tokio::test]
async fn a_message_without_a_usable_address_goes_nowhere() {
    let base = nowhere().await;
    let psid = Identity::psid("1").unwrap();
    for to in [&[][..], &[psid]] {
        let SendOutcome::Refused(error) = send_to(&base, to, None).await else {
            panic!("not refused");
        };
        assert_eq!(error.remedy, Remedy::Never);
    }
}

#[test]
fn our_reference_fits_the_field() {
    let longest = OutboundRef { message_id: MessageId::new(), attempt: u32::MAX };
    assert!(longest.to_string().len() <= 512);
}
