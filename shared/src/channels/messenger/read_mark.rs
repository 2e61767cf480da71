//! Marking as read: an action of the sender, one call each (platform notes, section 4).

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::json;
use url::Url;

use super::error;
use crate::channels::read_mark::{self, MarkOutcome, ReadMark};
use crate::channels::{endpoint, graph};
use crate::domain::identity::IdentityKind;

/// Marks the thread with a customer as read, then shows that an answer is being written.
pub async fn mark(
    client: &Client,
    base: &Url,
    page_id: &str,
    page_token: &SecretString,
    mark: &ReadMark<'_>,
) -> MarkOutcome {
    let Some(psid) = mark.to.iter().find(|identity| identity.kind == IdentityKind::Psid) else {
        return MarkOutcome::NotSupported;
    };
    let mut actions = vec!["mark_seen"];
    if mark.typing {
        actions.push("typing_on");
    }
    for action in actions {
        let request = client
            .post(endpoint::under(base, &[page_id, "messages"]))
            .bearer_auth(page_token.expose_secret())
            .json(&json!({ "recipient": { "id": psid.value }, "sender_action": action }));
        let outcome = read_mark::call(request, |answer| graph::error(answer, error::remedy)).await;
        if outcome != MarkOutcome::Marked {
            return outcome;
        }
    }
    MarkOutcome::Marked
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::channels::fake_platform::{self, FakePlatform};
    use crate::domain::identity::Identity;

    #[tokio::test]
    async fn the_customers_thread_is_marked() {
        let platform = FakePlatform::start(fake_platform::json("200 OK", &json!({ "recipient_id": "4" }))).await;
        let to = [Identity::psid("400000000000001").unwrap()];
        let given = ReadMark { platform_id: "m_1", to: &to, typing: false };
        let outcome = mark(&fake_platform::client(), &platform.url, "300000000000001", &"t".into(), &given).await;
        assert_eq!(outcome, MarkOutcome::Marked);
        let asked = platform.asked().await;
        assert!(asked.head.starts_with("POST /300000000000001/messages "));
        assert_eq!(asked.body, json!({ "recipient": { "id": "400000000000001" }, "sender_action": "mark_seen" }));
    }

    #[tokio::test]
    async fn typing_is_a_second_call() {
        let platform = FakePlatform::start(fake_platform::json("200 OK", &json!({}))).await;
        let to = [Identity::psid("400000000000001").unwrap()];
        let given = ReadMark { platform_id: "m_1", to: &to, typing: true };
        // The platform of this test takes one call alone: the second one is not known to have worked.
        let outcome = mark(&fake_platform::client(), &platform.url, "3", &"t".into(), &given).await;
        assert!(matches!(outcome, MarkOutcome::Unknown { .. }), "{outcome:?}");
        assert_eq!(platform.asked().await.body["sender_action"], "mark_seen");
    }
}
