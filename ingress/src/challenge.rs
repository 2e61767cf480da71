//! Challenges: how the platforms find out that a webhook's address is ours.
//!
//! Meta shows a token and wants its challenge back. X sends a token and wants it signed, with the very
//! secret that signs its events. So whoever asks can have any text signed, and a body that was signed
//! like that would pass for an event: only tokens that can be no JSON object are answered.

use bytes::Bytes;
use http::StatusCode;
use shared::domain::channel::Channel;
use shared::signature::x;

use crate::answer::{self, Answer};
use crate::query::parameter;
use crate::secrets::Secrets;

/// X's tokens are a few dozen characters.
const LONGEST_CRC_TOKEN: usize = 256;

/// The answer to a GET on a path of `channel`: the challenge's, or a bare 403.
pub(crate) fn answer(secrets: &Secrets, channel: Channel, query: &str) -> Answer {
    let answered = match channel {
        Channel::WhatsApp | Channel::Messenger => meta(secrets, query),
        Channel::X => crc(secrets, query),
    };
    answered.unwrap_or_else(|| answer::bare(StatusCode::FORBIDDEN))
}

fn meta(secrets: &Secrets, query: &str) -> Option<Answer> {
    let subscribes = parameter(query, "hub.mode")? == b"subscribe";
    let challenge = parameter(query, "hub.challenge")?;
    let token = parameter(query, "hub.verify_token")?;
    (subscribes && secrets.verifies_meta(&token)).then(|| answer::text(challenge.into()))
}

fn crc(secrets: &Secrets, query: &str) -> Option<Answer> {
    let token = String::from_utf8(parameter(query, "crc_token")?).ok()?;
    let key = secrets.x_key()?;
    is_harmless(&token).then(|| {
        let response = x::response_token(key, &token);
        answer::json(Bytes::from(format!(r#"{{"response_token":"{response}"}}"#)))
    })
}

/// Whether a signature of `token` is of no other use: letters, digits and the signs of base64, UUIDs
/// and the like.
fn is_harmless(token: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || b" _-+/=.:~".contains(&byte);
    (1..=LONGEST_CRC_TOKEN).contains(&token.len()) && token.bytes().all(plain)
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;
    use shared::config::FromSetting;
    use shared::config::SecretList;

    use super::*;
    use crate::secrets::ByChannel;

    fn secrets() -> Secrets {
        let list = |text| SecretList::from_setting(text).unwrap();
        Secrets::new(&ByChannel {
            x: Some(list("new=apiSecret,old=before")),
            meta_tokens: vec![list("let-me-in"), list("page=and-me")],
            ..ByChannel::default()
        })
        .unwrap()
    }

    async fn ask(channel: Channel, query: &str) -> (u16, Vec<u8>) {
        let answer = answer(&secrets(), channel, query);
        let status = answer.status().as_u16();
        let Ok(body) = answer.into_body().collect().await;
        (status, body.to_bytes().into())
    }

    #[tokio::test]
    async fn any_of_the_tokens_gets_the_challenge_back_byte_for_byte() {
        for token in ["let-me-in", "and-me"] {
            let query = format!("hub.mode=subscribe&hub.challenge=11%2058+%C3%A4%FF&hub.verify_token={token}");
            let (status, body) = ask(Channel::WhatsApp, &query).await;
            assert_eq!((status, &body[..]), (200, &b"11 58 \xc3\xa4\xff"[..]));
        }
    }

    #[tokio::test]
    async fn a_wrong_or_missing_word_is_forbidden() {
        for query in [
            "",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=wrong",
            "hub.mode=subscribe&hub.challenge=1&hub.verify_token=",
            "hub.mode=subscribe&hub.challenge=1",
            "hub.mode=unsubscribe&hub.challenge=1&hub.verify_token=let-me-in",
            "hub.challenge=1&hub.verify_token=let-me-in",
            "hub.mode=subscribe&hub.verify_token=let-me-in",
            "crc_token=test+token",
        ] {
            assert_eq!(ask(Channel::Messenger, query).await, (403, vec![]), "{query}");
        }
    }

    #[tokio::test]
    async fn the_published_crc_vector_holds() {
        let (status, body) = ask(Channel::X, "crc_token=test+token&nonce=1").await;
        let expected = br#"{"response_token":"sha256=O5hJl2njQRIa4vsumZ+3oom9ECR5m3aQLRZkPoYelp0="}"#;
        assert_eq!((status, &body[..]), (200, &expected[..]));
    }

    #[tokio::test]
    async fn nothing_is_signed_that_could_pass_for_an_event() {
        let long = format!("crc_token={}", "a".repeat(LONGEST_CRC_TOKEN + 1));
        for query in [
            "",
            "crc_token=",
            "crc_token=%7B%22for_user_id%22%3A%221%22%7D",
            "crc_token={}",
            "crc_token=%20%7B%7D",
            "crc_token=%5B%5D",
            "crc_token=%FF",
            &long,
        ] {
            assert_eq!(ask(Channel::X, query).await, (403, vec![]), "{query}");
        }
    }
}
