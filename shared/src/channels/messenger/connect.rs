//! Connecting a page (platform notes, section 1): what Meta says of it, and the subscription of our app.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error;
use crate::channels::answer::Answer;
use crate::channels::connect::{ConnectFault, Doubted, Profile, call, unreadable};
use crate::channels::contract::Remedy;
use crate::channels::{endpoint, graph, read};

/// Whoever a token belongs to.
const OWNER: &str = "me";
/// What of a page is told to us: what Loa reads, and no more (platform notes, section 2).
const SUBSCRIBED: &str = "messages,message_echoes,message_deliveries,message_reads,message_reactions,message_edits,\
                          messaging_postbacks,messaging_referrals,messaging_optins,messaging_policy_enforcement";

/// What Meta says of the page `page_id`, or of the one that the token belongs to where none is named.
pub(in crate::channels) async fn look_up(
    client: &Client,
    base: &Url,
    token: &SecretString,
    page_id: Option<&str>,
) -> Result<Profile, ConnectFault> {
    let mut url = endpoint::under(base, &[page_id.unwrap_or(OWNER)]);
    url.query_pairs_mut().append_pair("fields", "id,name,username,picture");
    let answer = call(client.get(url).bearer_auth(token.expose_secret())).await?;
    if !answer.status.is_success() {
        return Err(fault(&answer));
    }
    let profile = profile(&answer.body).ok_or_else(unreadable)?;
    if page_id.is_some_and(|page_id| page_id != profile.external_id) {
        return Err(ConnectFault::refused(Doubted::Account, "the platform knows it by another id"));
    }
    Ok(profile)
}

/// Has Meta send the page's events to the app that the token belongs to. Only the page's own token can.
pub(in crate::channels) async fn subscribe(
    client: &Client,
    base: &Url,
    token: &SecretString,
    page_id: &str,
) -> Result<Option<String>, ConnectFault> {
    let mut url = endpoint::under(base, &[page_id, "subscribed_apps"]);
    url.query_pairs_mut().append_pair("subscribed_fields", SUBSCRIBED);
    let answer = call(client.post(url).bearer_auth(token.expose_secret())).await?;
    success(&answer)?;
    Ok(None)
}

/// Has Meta send them no more.
pub(in crate::channels) async fn unsubscribe(
    client: &Client,
    base: &Url,
    token: &SecretString,
    page_id: &str,
) -> Result<(), ConnectFault> {
    let url = endpoint::under(base, &[page_id, "subscribed_apps"]);
    let answer = call(client.delete(url).bearer_auth(token.expose_secret())).await?;
    success(&answer)
}

fn success(answer: &Answer) -> Result<(), ConnectFault> {
    if !answer.status.is_success() {
        return Err(fault(answer));
    }
    if answer.body.get("success") == Some(&Value::Bool(true)) { Ok(()) } else { Err(unreadable()) }
}

fn fault(answer: &Answer) -> ConnectFault {
    let named = graph::error(answer, |code, subcode, passes| {
        let names_nothing = code == 100 && subcode == Some(33);
        if names_nothing { Remedy::Never } else { error::remedy(code, subcode, passes) }
    });
    ConnectFault::of(answer, named, Doubted::Account)
}

fn profile(body: &Value) -> Option<Profile> {
    let picture = body.get("picture").and_then(|picture| picture.get("data"));
    Some(Profile {
        external_id: read::id(body, "id")?,
        display_name: read::label(body, "name"),
        username: read::label(body, "username"),
        profile_image_url: picture.and_then(|picture| read::label(picture, "url")),
        ..Profile::default()
    })
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::channels::fake_platform::{self, FakePlatform};

    #[test]
    fn what_meta_says_of_a_page_is_read() {
        let body = json!({ "id": 3003, "name": "Hoa", "picture": { "data": { "url": "https://cdn.example/p.jpg" } } });
        let profile = profile(&body).unwrap();
        assert_eq!((profile.external_id.as_str(), profile.display_name.as_deref()), ("3003", Some("Hoa")));
        assert_eq!(profile.profile_image_url.as_deref(), Some("https://cdn.example/p.jpg"));
    }

    #[tokio::test]
    async fn a_token_that_may_not_is_told_from_a_page_that_is_not_there() {
        for (code, subcode, expected) in
            [(190, None, Doubted::Credentials), (200, None, Doubted::Credentials), (100, Some(33), Doubted::Account)]
        {
            let error = json!({ "error": { "code": code, "error_subcode": subcode, "message": "no" } });
            let platform = FakePlatform::start(fake_platform::json("400 Bad Request", &error)).await;
            let answer = subscribe(&fake_platform::client(), &platform.url, &"t".into(), "3003").await;
            match answer {
                Err(ConnectFault::Refused { what, .. }) => assert_eq!(what, expected),
                other => panic!("{other:?}"),
            }
        }
    }
}
