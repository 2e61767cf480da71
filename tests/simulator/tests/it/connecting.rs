//! Connecting accounts: what the platforms say of them, and subscriptions.

use reqwest::header::AUTHORIZATION;
use reqwest::{Method, RequestBuilder};
use serde_json::{Value, json};
use simulator::{Behaviour, Config, Fault, Match, Rule};

use crate::scene::{NUMBER, Scene, later, quick};

const WABA: &str = "102290129340398";
const TOKEN: &str = "42-secretpart";

fn request(scene: &Scene, method: Method, path: &str) -> RequestBuilder {
    scene.client.request(method, format!("{}{path}", scene.simulator.url()))
}

async fn graph(scene: &Scene, method: Method, path: &str) -> anyhow::Result<(u16, Value)> {
    let response = request(scene, method, path).bearer_auth("3003-token").send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

async fn x(scene: &Scene, method: Method, path: &str, authorization: &str) -> anyhow::Result<(u16, Value)> {
    let response = request(scene, method, path).header(AUTHORIZATION, authorization).send().await?;
    Ok((response.status().as_u16(), response.json().await?))
}

fn signed() -> String {
    format!(
        "OAuth oauth_consumer_key=\"key\", oauth_nonce=\"n\", oauth_signature=\"s%3D\", \
         oauth_signature_method=\"HMAC-SHA1\", oauth_timestamp=\"1\", oauth_token=\"{TOKEN}\""
    )
}

#[tokio::test]
async fn a_business_account_lists_its_numbers_alone() -> anyhow::Result<()> {
    let numbers = vec![format!("{NUMBER}:{WABA}:+84 28 7300 0000").parse()?, "7:8:+1 555".parse()?];
    let scene = Scene::of(Config { numbers, ..quick() }).await?;
    let (status, answer) = graph(&scene, Method::GET, &format!("/v25.0/{WABA}/phone_numbers?fields=id")).await?;
    let ids: Vec<&Value> = answer["data"].as_array().unwrap().iter().map(|one| &one["id"]).collect();
    assert_eq!((status, ids), (200, vec![&json!(NUMBER)]));
    let (status, answer) = graph(&scene, Method::GET, "/9/phone_numbers").await?;
    assert_eq!((status, &answer["error"]["error_subcode"]), (400, &json!(33)));
    let (status, _) = graph(&scene, Method::GET, "/9?fields=display_phone_number").await?;
    assert_eq!(status, 400);
    Ok(())
}

#[tokio::test]
async fn where_no_number_is_registered_those_asked_for_are_listed() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let (_, before) = graph(&scene, Method::GET, "/1001/phone_numbers").await?;
    assert_eq!(before["data"], json!([]));
    graph(&scene, Method::GET, "/2002?fields=id,display_phone_number").await?;
    let (_, after) = graph(&scene, Method::GET, "/1001/phone_numbers").await?;
    assert_eq!(after["data"][0]["id"], "2002");
    Ok(())
}

#[tokio::test]
async fn a_page_is_described_by_its_id_and_by_its_token() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    for node in ["3003", "me"] {
        let (status, page) = graph(&scene, Method::GET, &format!("/v25.0/{node}?fields=id,name,picture")).await?;
        assert_eq!((status, &page["id"]), (200, &json!("3003")));
        assert!(page["name"].is_string() && page["picture"]["data"]["url"].is_string());
        assert_eq!(page.get("username"), None);
    }
    Ok(())
}

#[tokio::test]
async fn an_app_is_subscribed_once_and_no_more() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let path = format!("/v25.0/{WABA}/subscribed_apps");
    for _ in 0..2 {
        assert_eq!(graph(&scene, Method::POST, &path).await?, (200, json!({ "success": true })));
        assert_eq!(scene.simulator.subscribed(), [WABA]);
    }
    assert_eq!(graph(&scene, Method::GET, &path).await?.1["data"].as_array().unwrap().len(), 1);
    assert_eq!(graph(&scene, Method::DELETE, &path).await?, (200, json!({ "success": true })));
    assert!(scene.simulator.subscribed().is_empty());
    assert_eq!(graph(&scene, Method::GET, &path).await?.1["data"], json!([]));
    Ok(())
}

#[tokio::test]
async fn a_user_of_x_is_told_subscribed_and_revoked() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let (status, user) = x(&scene, Method::GET, "/2/users/me?user.fields=username", &signed()).await?;
    assert_eq!((status, &user["data"]["id"]), (200, &json!("42")));

    let app = request(&scene, Method::POST, "/oauth2/token").basic_auth("key", Some("consumer-secret"));
    let app: Value = app.body("grant_type=client_credentials").send().await?.json().await?;
    let bearer = format!("Bearer {}", app["access_token"].as_str().unwrap());
    let (_, webhooks) = x(&scene, Method::GET, "/2/webhooks", &bearer).await?;
    assert!(webhooks["data"][0]["url"].as_str().unwrap().ends_with("/api/v1/mkt-x/webhooks/twitter"));
    let base = format!("/2/account_activity/webhooks/{}/subscriptions", webhooks["data"][0]["id"].as_str().unwrap());

    let all = format!("{base}/all");
    let (status, made) = x(&scene, Method::POST, &all, &signed()).await?;
    assert_eq!((status, made), (200, json!({ "data": { "subscribed": true } })));
    assert_eq!(x(&scene, Method::GET, &all, &signed()).await?.1["data"]["subscribed"], true);
    let ended = format!("{base}/42/all");
    assert_eq!(x(&scene, Method::DELETE, &ended, &signed()).await?.0, 401, "only the app itself ends it");
    assert_eq!(x(&scene, Method::DELETE, &ended, &bearer).await?.0, 200);
    assert_eq!(x(&scene, Method::DELETE, &ended, &bearer).await?.0, 404);

    assert_eq!(x(&scene, Method::POST, "/1.1/oauth/invalidate_token.json", &signed()).await?.0, 200);
    let (status, gone) = x(&scene, Method::GET, "/2/users/me", &signed()).await?;
    assert_eq!((status, &gone["errors"][0]["code"]), (401, &json!(89)));
    Ok(())
}

#[tokio::test]
async fn the_app_needs_its_secret_and_may_have_no_webhook() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { x_webhook: false, ..later() }).await?;
    let wrong = request(&scene, Method::POST, "/oauth2/token").basic_auth("key", Some("wrong"));
    assert_eq!(wrong.body("grant_type=client_credentials").send().await?.status(), 401);
    assert_eq!(x(&scene, Method::GET, "/2/webhooks", "Bearer simulated-app-token").await?.1.get("data"), None);
    Ok(())
}

#[tokio::test]
async fn a_call_meets_the_fault_that_was_ordered_for_it_and_sends_do_not() -> anyhow::Result<()> {
    let scene = Scene::start().await?;
    let order = |call: &str, fault| {
        let matching = Match { call: Some(call.to_owned()), account: Some(WABA.to_owned()), ..Match::default() };
        scene.simulator.fail(Rule { matching, fault, times: 1 });
    };
    let path = format!("/{WABA}/subscribed_apps");
    order("subscribe", Fault::code(190));
    assert_eq!(scene.send(&crate::scene::text("hello")).await?.status(), 200);
    assert_eq!(graph(&scene, Method::POST, &path).await?.0, 401);
    assert_eq!(graph(&scene, Method::POST, &path).await?.0, 200);
    graph(&scene, Method::DELETE, &path).await?;
    order("subscribe", Fault::AcceptThenDrop);
    assert!(graph(&scene, Method::POST, &path).await.is_err());
    assert_eq!(scene.simulator.subscribed(), [WABA]);
    Ok(())
}
