//! Connecting a number (platform notes, sections 1 and 9): what Meta says of it, whether it belongs to the business
//! account, and the subscription of our app, which is per business account.

use reqwest::Client;
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;
use url::Url;

use super::error;
use crate::channels::answer::Answer;
use crate::channels::connect::{Claim, ConnectFault, Doubted, Profile, call, unreadable};
use crate::channels::{endpoint, graph, read};
use crate::domain::platform_news::MessagingLimit;

const FIELDS: &str =
    "id,display_phone_number,verified_name,quality_rating,throughput,whatsapp_business_manager_messaging_limit";
/// Messages a second of a number by default, and after the platform's upgrade.
const STANDARD: u32 = 80;
const HIGH: u32 = 1_000;
/// Numbers of a business account on a page, and how many pages are looked at: an account has 20 numbers as a rule.
const PAGE: &str = "100";
const MOST_PAGES: usize = 3;

/// What Meta says of the number, which must be one of the business account's.
pub(in crate::channels) async fn look_up(
    client: &Client,
    base: &Url,
    token: &SecretString,
    claim: &Claim<'_>,
) -> Result<Profile, ConnectFault> {
    let (Some(number), Some(business)) = (claim.external_id, claim.business_id) else {
        return Err(ConnectFault::refused(Doubted::Account, "is required"));
    };
    let mut url = endpoint::under(base, &[number]);
    url.query_pairs_mut().append_pair("fields", FIELDS);
    let answer = get(client, url, token, Doubted::Account).await?;
    let profile = profile(&answer.body).ok_or_else(unreadable)?;
    if profile.external_id != number {
        return Err(ConnectFault::refused(Doubted::Account, "the platform knows it by another id"));
    }
    if has_number(client, base, token, business, number).await? {
        Ok(profile)
    } else {
        Err(ConnectFault::refused(Doubted::Business, "the number is none of this business account's"))
    }
}

/// Has Meta send the events of the business account's numbers to the app that the token belongs to.
pub(in crate::channels) async fn subscribe(
    client: &Client,
    base: &Url,
    token: &SecretString,
    business: &str,
) -> Result<Option<String>, ConnectFault> {
    let request = client.post(endpoint::under(base, &[business, "subscribed_apps"]));
    let answer = call(request.bearer_auth(token.expose_secret())).await?;
    success(&answer)?;
    Ok(None)
}

/// Has Meta send them no more.
pub(in crate::channels) async fn unsubscribe(
    client: &Client,
    base: &Url,
    token: &SecretString,
    business: &str,
) -> Result<(), ConnectFault> {
    let request = client.delete(endpoint::under(base, &[business, "subscribed_apps"]));
    let answer = call(request.bearer_auth(token.expose_secret())).await?;
    success(&answer)
}

fn success(answer: &Answer) -> Result<(), ConnectFault> {
    if !answer.status.is_success() {
        return Err(fault(answer, Doubted::Business));
    }
    if answer.body.get("success") == Some(&Value::Bool(true)) { Ok(()) } else { Err(unreadable()) }
}

async fn has_number(
    client: &Client,
    base: &Url,
    token: &SecretString,
    business: &str,
    number: &str,
) -> Result<bool, ConnectFault> {
    let mut after: Option<String> = None;
    for _ in 0..MOST_PAGES {
        let mut url = endpoint::under(base, &[business, "phone_numbers"]);
        url.query_pairs_mut().append_pair("fields", "id").append_pair("limit", PAGE);
        if let Some(after) = &after {
            url.query_pairs_mut().append_pair("after", after);
        }
        let answer = get(client, url, token, Doubted::Business).await?;
        if read::list(&answer.body, "data").iter().any(|one| read::id(one, "id").as_deref() == Some(number)) {
            return Ok(true);
        }
        // Without `next` it was the last page, whatever cursors it names.
        let paging = answer.body.get("paging").filter(|paging| !read::is_absent(paging, "next"));
        after = paging.and_then(|paging| read::text(paging.get("cursors")?, "after").map(str::to_owned));
        if after.is_none() {
            return Ok(false);
        }
    }
    Ok(false)
}

async fn get(client: &Client, url: Url, token: &SecretString, about: Doubted) -> Result<Answer, ConnectFault> {
    let answer = call(client.get(url).bearer_auth(token.expose_secret())).await?;
    if answer.status.is_success() { Ok(answer) } else { Err(fault(&answer, about)) }
}

fn fault(answer: &Answer, about: Doubted) -> ConnectFault {
    let named = graph::error(answer, |code, subcode, passes| {
        // An id that is nobody's, or that the token does not reach: not what the same code says of a send.
        let names_nothing = code == 33 || (code == 100 && subcode == Some(33));
        if names_nothing { crate::channels::contract::Remedy::Never } else { error::remedy(code, passes) }
    });
    ConnectFault::of(answer, named, about)
}

fn profile(body: &Value) -> Option<Profile> {
    let level = body.get("throughput").and_then(|throughput| read::text(throughput, "level"));
    Some(Profile {
        external_id: read::id(body, "id")?,
        display_name: read::label(body, "verified_name"),
        display_number: read::label(body, "display_phone_number"),
        quality: read::label(body, "quality_rating"),
        limit: read::text(body, "whatsapp_business_manager_messaging_limit").and_then(MessagingLimit::parse),
        throughput_per_second: level.and_then(|level| match level {
            "STANDARD" => Some(STANDARD),
            "HIGH" => Some(HIGH),
            _ => None,
        }),
        ..Profile::default()
    })
}

#[cfg(test)]
#[path = "connect_tests.rs"]
mod tests;
