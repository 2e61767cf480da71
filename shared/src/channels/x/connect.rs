//! Connecting a user (platform notes, sections 1, 2 and 5): whom the token speaks for, the subscription of the app's
//! webhook to the user's activity, and taking both back.

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use reqwest::{Client, RequestBuilder};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::oauth::{self, KeyPair, Once};
use super::send::refused;
use crate::channels::answer::Answer;
use crate::channels::connect::{ConnectFault, Doubted, Profile, call, unreadable};
use crate::channels::media::sensitive;
use crate::channels::{endpoint, read};
use crate::domain::clock;

/// Where our ingress takes X's events, behind whatever host it is reached by.
const WEBHOOK_PATH: &str = "/api/v1/mkt-x/webhooks/twitter";
const NO_WEBHOOK: &str = "the x app has no valid webhook that leads here: register \
                          https://<your host>/api/v1/mkt-x/webhooks/twitter with it first";
/// X says by this code of its older API that a user is subscribed already.
const SUBSCRIBED_ALREADY: i64 = 355;

/// What X says of the user whose `token` it is, who must be `user_id` where that is given.
pub(in crate::channels) async fn look_up(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    token: &KeyPair,
    user_id: Option<&str>,
) -> Result<Profile, ConnectFault> {
    let mut url = endpoint::under(base, &["2", "users", "me"]);
    url.query_pairs_mut().append_pair("user.fields", "name,profile_image_url,username");
    let authorization = signed("GET", &url, consumer, token)?;
    let answer = succeed(client.get(url).header(AUTHORIZATION, authorization), Doubted::Credentials).await?;
    let profile = answer.body.get("data").and_then(profile).ok_or_else(unreadable)?;
    if user_id.is_some_and(|user_id| user_id != profile.external_id) {
        return Err(ConnectFault::refused(Doubted::Account, "the token is another user's"));
    }
    Ok(profile)
}

/// Subscribes the app's webhook to what happens to the user; gives the webhook's id.
pub(in crate::channels) async fn subscribe(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    token: &KeyPair,
) -> Result<String, ConnectFault> {
    let webhook = webhook(client, base, consumer).await?;
    let url = endpoint::under(base, &["2", "account_activity", "webhooks", &webhook, "subscriptions", "all"]);
    let authorization = signed("POST", &url, consumer, token)?;
    let answer = call(client.post(url).header(AUTHORIZATION, authorization).json(&serde_json::json!({}))).await?;
    if answer.status.is_success() || code(&answer) == Some(SUBSCRIBED_ALREADY) {
        return Ok(webhook);
    }
    Err(fault(&answer, Doubted::Credentials))
}

/// Ends the subscription of `user_id` to `webhook`. One that is not there is as good as ended.
pub(in crate::channels) async fn unsubscribe(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    webhook: &str,
    user_id: &str,
) -> Result<(), ConnectFault> {
    let bearer = app_token(client, base, consumer).await?;
    let path = ["2", "account_activity", "webhooks", webhook, "subscriptions", user_id, "all"];
    let request = client.delete(endpoint::under(base, &path)).bearer_auth(bearer.expose_secret());
    let answer = call(request).await?;
    if answer.status.is_success() || answer.status.as_u16() == 404 {
        return Ok(());
    }
    Err(fault(&answer, Doubted::Account))
}

/// Takes back what the user gave the app. A token that does not hold any more is as good as revoked.
pub(in crate::channels) async fn revoke(
    client: &Client,
    base: &Url,
    consumer: &KeyPair,
    token: &KeyPair,
) -> Result<(), ConnectFault> {
    let url = endpoint::under(base, &["1.1", "oauth", "invalidate_token.json"]);
    let authorization = signed("POST", &url, consumer, token)?;
    let answer = call(client.post(url).header(AUTHORIZATION, authorization)).await?;
    if answer.status.is_success() || answer.status.as_u16() == 401 {
        return Ok(());
    }
    Err(fault(&answer, Doubted::Credentials))
}

/// The app's webhook that leads to an ingress of Loa's, valid ones alone.
async fn webhook(client: &Client, base: &Url, consumer: &KeyPair) -> Result<String, ConnectFault> {
    let bearer = app_token(client, base, consumer).await?;
    let url = endpoint::under(base, &["2", "webhooks"]);
    let answer = succeed(client.get(url).bearer_auth(bearer.expose_secret()), Doubted::Credentials).await?;
    let leads_here = |one: &&Value| {
        one.get("valid") != Some(&Value::Bool(false))
            && read::text(one, "url")
                .and_then(|url| Url::parse(url).ok())
                .is_some_and(|url| url.path().ends_with(WEBHOOK_PATH))
    };
    let found = read::list(&answer.body, "data").iter().find(leads_here);
    found.and_then(|one| read::id(one, "id")).ok_or(ConnectFault::NotSetUp(NO_WEBHOOK))
}

/// What proves that it is the app itself that asks.
async fn app_token(client: &Client, base: &Url, consumer: &KeyPair) -> Result<SecretString, ConnectFault> {
    let request = client
        .post(endpoint::under(base, &["oauth2", "token"]))
        .basic_auth(consumer.key.expose_secret(), Some(consumer.secret.expose_secret()))
        .header(CONTENT_TYPE, HeaderValue::from_static("application/x-www-form-urlencoded;charset=UTF-8"))
        .body("grant_type=client_credentials");
    let answer = call(request).await?;
    if matches!(answer.status.as_u16(), 401 | 403) {
        return Err(ConnectFault::NotSetUp("x does not accept X_CONSUMER_KEY and X_CONSUMER_SECRET"));
    }
    if !answer.status.is_success() {
        return Err(fault(&answer, Doubted::Credentials));
    }
    read::text(&answer.body, "access_token").map(SecretString::from).ok_or_else(unreadable)
}

async fn succeed(request: RequestBuilder, about: Doubted) -> Result<Answer, ConnectFault> {
    let answer = call(request).await?;
    if answer.status.is_success() { Ok(answer) } else { Err(fault(&answer, about)) }
}

fn signed(method: &str, url: &Url, consumer: &KeyPair, token: &KeyPair) -> Result<HeaderValue, ConnectFault> {
    let authorization = oauth::authorization(method, url, consumer, token, &Once::at(clock::now().timestamp()));
    sensitive(&authorization)
        .ok_or_else(|| ConnectFault::refused(Doubted::Credentials, "the token does not fit a header"))
}

fn fault(answer: &Answer, about: Doubted) -> ConnectFault {
    ConnectFault::of(answer, refused(answer), about)
}

fn code(answer: &Answer) -> Option<i64> {
    read::list(&answer.body, "errors").first()?.get("code")?.as_i64()
}

fn profile(data: &Value) -> Option<Profile> {
    Some(Profile {
        external_id: read::id(data, "id")?,
        display_name: read::label(data, "name"),
        username: read::label(data, "username"),
        profile_image_url: read::label(data, "profile_image_url"),
        ..Profile::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::channels::fake_platform::{self, FakePlatform, Then};

    fn pair() -> KeyPair {
        KeyPair { key: "42-key".into(), secret: "secret".into() }
    }

    async fn look(then: Then, user_id: Option<&str>) -> Result<Profile, ConnectFault> {
        let platform = FakePlatform::start(then).await;
        look_up(&fake_platform::client(), &platform.url, &pair(), &pair(), user_id).await
    }

    #[tokio::test]
    async fn the_token_tells_whose_it_is() {
        let user = json!({ "data": { "id": "42", "name": "GoodGo Official", "username": "goodgo_shop" } });
        let profile = look(fake_platform::json("200 OK", &user), None).await.unwrap();
        assert_eq!((profile.external_id.as_str(), profile.username.as_deref()), ("42", Some("goodgo_shop")));
        let other = look(fake_platform::json("200 OK", &user), Some("43")).await;
        assert!(matches!(other, Err(ConnectFault::Refused { what: Doubted::Account, .. })));
    }

    #[tokio::test]
    async fn a_token_that_does_not_hold_is_told_from_silence() {
        let problem = json!({ "title": "Unauthorized", "status": 401 });
        let refused = look(fake_platform::json("401 Unauthorized", &problem), None).await;
        assert!(matches!(refused, Err(ConnectFault::Refused { what: Doubted::Credentials, .. })));
        let busy = json!({ "title": "Too Many Requests" });
        let away = [fake_platform::json("429 Too Many Requests", &busy), Then::HangUp, Then::Wait];
        for then in away {
            assert!(matches!(look(then, None).await, Err(ConnectFault::Away(_))));
        }
    }
}
