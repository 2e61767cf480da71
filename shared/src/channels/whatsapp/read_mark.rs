//! Marking as read: a status in the same place as messages (platform notes, section 7).

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::{Value, json};
use url::Url;

use super::error;
use crate::channels::read_mark::{self, MarkOutcome, ReadMark};
use crate::channels::{endpoint, graph};

/// Marks what was written to the number `phone_number_id` as read. `base` holds the API's version.
pub async fn mark(
    client: &Client,
    base: &Url,
    phone_number_id: &str,
    access_token: &SecretString,
    mark: &ReadMark<'_>,
) -> MarkOutcome {
    let request = client
        .post(endpoint::under(base, &[phone_number_id, "messages"]))
        .bearer_auth(access_token.expose_secret())
        .json(&body(mark));
    read_mark::call(request, |answer| graph::error(answer, |code, _, passes| error::remedy(code, passes))).await
}

fn body(mark: &ReadMark<'_>) -> Value {
    let mut body = json!({ "messaging_product": "whatsapp", "status": "read", "message_id": mark.platform_id });
    if mark.typing {
        body["typing_indicator"] = json!({ "type": "text" });
    }
    body
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::contract::Remedy;
    use crate::channels::fake_platform::{self, FakePlatform, Then, nowhere};

    const MARK: ReadMark<'_> = ReadMark { platform_id: "wamid.in", to: &[], typing: true };

    async fn at(base: &Url, given: &ReadMark<'_>) -> MarkOutcome {
        mark(&fake_platform::client(), base, "800000000000001", &"token-1".into(), given).await
    }

    #[tokio::test]
    async fn the_request_is_what_the_platform_documents() {
        let platform = FakePlatform::start(fake_platform::json("200 OK", &json!({ "success": true }))).await;
        assert_eq!(at(&platform.url, &MARK).await, MarkOutcome::Marked);
        let asked = platform.asked().await;
        assert!(asked.head.starts_with("POST /800000000000001/messages "));
        assert_eq!(asked.field("authorization"), Some("Bearer token-1"));
        assert_eq!(
            asked.body,
            json!({ "messaging_product": "whatsapp", "status": "read", "message_id": "wamid.in",
                    "typing_indicator": { "type": "text" } })
        );
        assert_eq!(body(&ReadMark { typing: false, ..MARK }).get("typing_indicator"), None);
    }

    #[tokio::test]
    async fn an_error_bears_its_remedy_and_silence_is_not_known() {
        let error = json!({ "error": { "code": 131_009, "message": "Parameter value is not valid" } });
        let platform = FakePlatform::start(fake_platform::json("400 Bad Request", &error)).await;
        let MarkOutcome::Refused(error) = at(&platform.url, &MARK).await else { panic!("not refused") };
        assert_eq!((error.code, error.remedy), (131_009, Remedy::Never));
        let platform = FakePlatform::start(Then::HangUp).await;
        assert!(matches!(at(&platform.url, &MARK).await, MarkOutcome::Unknown { .. }));
        assert!(matches!(at(&nowhere().await, &MARK).await, MarkOutcome::Unknown { .. }));
    }
}
