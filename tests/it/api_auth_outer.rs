//! Tokens of an outer IAM: who they let in, and who they do not.

use api::auth::OuterSettings;
use chrono::TimeDelta;
use serde_json::{Value, json};
use shared::domain::clock;
use shared::domain::ids::{MerchantId, UserId};
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::iam::{Iam, SigningKey, sign_with_secret};
use tests::api::{JWT_SECRET, TestApi, TestUser};

const ME: &str = "/api/v1/auth/me";

/// Claims that hold for an hour, with `more` beside.
fn claims(more: &Value) -> Value {
    let now = clock::now().timestamp();
    let mut claims = json!({ "sub": "u-17", "merchant_id": "acme", "role": "agent", "iat": now, "exp": now + 3600 });
    for (name, value) in more.as_object().into_iter().flatten() {
        claims[name] = value.clone();
    }
    claims
}

fn bearer(token: String) -> TestUser {
    TestUser { id: UserId::new(), merchant_id: MerchantId::new(), token }
}

fn shared(more: &Value) -> anyhow::Result<TestUser> {
    Ok(bearer(sign_with_secret(&claims(more), JWT_SECRET)?))
}

async fn status(app: &TestApi, token: String) -> anyhow::Result<u16> {
    Ok(app.get(ME, &bearer(token)).await?.status.as_u16())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_token_under_the_shared_secret_makes_merchant_shop_and_user_at_first_sight(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let user = shared(&json!({ "email": "An@Acme.example", "name": "An", "shop_ids": ["north", "south"] }))?;
    let me = app.get(ME, &user).await?;
    let told = me.data()?;
    assert_eq!((&told["role"], &told["displayName"]), (&json!("agent"), &json!("An")));
    assert_eq!(told["email"], "an@acme.example");
    assert_eq!(app.get(ME, &user).await?.data()?, told);
    assert_eq!(app.count("select count(*) from merchants").await?, 1);
    assert_eq!(app.count("select count(*) from users where external_id = 'u-17'").await?, 1);
    let shops = "select count(*) from shops where external_id in ('north', 'south')";
    assert_eq!(app.count(shops).await?, 2);
    assert_eq!(app.count("select count(*) from shops where is_default and external_id = 'north'").await?, 1);

    // Found by our id, and by the one the IAM knows it by.
    let id = told["id"].as_str().unwrap();
    for name in [id, "u-17"] {
        assert_eq!(app.get(&format!("/api/v1/users/{name}"), &user).await?.data()?["id"], told["id"]);
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn uuids_are_taken_as_they_are(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (merchant, user) = (MerchantId::new(), UserId::new());
    let token = shared(&json!({ "sub": user, "merchant_id": merchant }))?;
    let me = app.get(ME, &token).await?;
    assert_eq!((&me.data()?["id"], &me.data()?["merchantId"]), (&json!(user), &json!(merchant)));

    // The same person at another merchant is another user there.
    let elsewhere = app.get(ME, &shared(&json!({ "sub": user, "merchant_id": "other" }))?).await?;
    assert_ne!(elsewhere.data()?["id"], json!(user));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_uuid_of_somebody_who_logs_in_here_is_not_taken_over(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let owner = app.owner("an@shop.example", "correct horse battery").await?;
    let token = shared(&json!({
        "sub": owner.id, "merchant_id": owner.merchant_id, "role": "viewer", "email": "an@shop.example",
    }))?;
    let me = app.get(ME, &token).await?;
    assert_ne!(me.data()?["id"], json!(owner.id));
    assert_eq!(app.login("an@shop.example", "correct horse battery").await?.user.id, owner.id);
    assert!(app.holds(&owner).await?);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn of_many_first_requests_one_makes_what_is_missing(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let users: Vec<TestUser> = (0..8)
        .map(|number| shared(&json!({ "sub": format!("u-{}", number % 2), "shop_id": "north" })))
        .collect::<anyhow::Result<_>>()?;
    let answers = futures::future::join_all(users.iter().map(|user| app.get(ME, user))).await;
    for answer in answers {
        answer?.data()?;
    }
    for (what, expected) in [
        ("select count(*) from merchants", 1),
        ("select count(*) from shops", 1),
        ("select count(*) from users", 2),
        ("select count(*) from audit_entries where action = 'user.created'", 2),
    ] {
        assert_eq!(app.count(what).await?, expected, "{what}");
    }
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn whoever_was_let_in_is_somebody_to_assign_to_and_one_merchant_does_not_see_another(
    pool: PgPool,
) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let (here, there) = (shared(&json!({}))?, shared(&json!({ "merchant_id": "bolt" }))?);
    let id = app.get(ME, &here).await?.data()?["id"].as_str().unwrap().to_owned();
    app.get(ME, &there).await?.data()?;
    assert_eq!(app.get(&format!("/api/v1/users/{id}"), &there).await?.failure()?, (404, "NOT_FOUND"));
    assert_eq!(app.get("/api/v1/users", &there).await?.data()?.as_array().unwrap().len(), 1);

    // By our id, and by the name that the IAM has for a user.
    let boss = shared(&json!({ "sub": "boss", "role": "owner" }))?;
    let merchant = serde_json::from_value(app.get(ME, &boss).await?.data()?["merchantId"].clone())?;
    let boss = TestUser { merchant_id: merchant, ..boss };
    let thread = app.whatsapp_thread(&boss).await?;
    let assign = format!("/api/v1/whatsapp/conversations/{}/assign", thread.id);
    for name in ["u-17", &id] {
        let assigned = app.post(&assign, &boss, &json!({ "userId": name })).await?;
        assert_eq!(assigned.data()?["assignedToUserId"], json!(id), "{name}");
    }
    let nobody = app.post(&assign, &boss, &json!({ "userId": "u-18" })).await?;
    assert_eq!(nobody.failure()?, (404, "NOT_FOUND"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_role_that_was_changed_or_a_user_disabled_stops_older_tokens(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let now = clock::now();
    let at = |minutes: i64, role: &str| {
        shared(&json!({ "iat": (now - TimeDelta::minutes(minutes)).timestamp(), "role": role }))
    };
    let (old, new) = (at(20, "admin")?, at(10, "viewer")?);
    app.get(ME, &old).await?.data()?;
    assert_eq!(app.get(ME, &new).await?.data()?["role"], "viewer");
    assert_eq!(app.get(ME, &old).await?.failure()?, (401, "UNAUTHORIZED"));
    assert_eq!(app.get(ME, &new).await?.data()?["role"], "viewer");

    let owner = shared(&json!({ "sub": "boss", "role": "owner" }))?;
    let id = app.get("/api/v1/users/u-17", &owner).await?.data()?["id"].as_str().unwrap().to_owned();
    let path = format!("/api/v1/users/{id}");
    let refused = app.patch(&path, &owner, &json!({ "role": "owner" })).await?;
    assert_eq!(refused.failure()?, (409, "CONFLICT"), "the IAM says what its users may do");
    app.patch(&path, &owner, &json!({ "disabled": true })).await?.data()?;
    assert_eq!(app.get(ME, &new).await?.failure()?, (401, "UNAUTHORIZED"));
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn nobody_comes_in_by_a_token_that_does_not_hold(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    let now = clock::now().timestamp();
    for wrong in [
        json!({ "exp": now - 60 }),
        json!({ "exp": null }),
        json!({ "nbf": now + 600 }),
        json!({ "merchant_id": uuid::Uuid::nil() }),
        json!({ "merchant_id": null }),
        json!({ "role": "operator" }),
        json!({ "role": "root" }),
        json!({ "sub": null }),
        json!({ "iss": "loa" }),
    ] {
        let answer = app.get(ME, &shared(&wrong)?).await?;
        assert_eq!(answer.failure()?, (401, "UNAUTHORIZED"), "{wrong}");
    }
    let other_secret = sign_with_secret(&claims(&json!({})), "another secret of 32 characters ...")?;
    assert_eq!(status(&app, other_secret).await?, 401);
    let unsigned = shared(&json!({}))?.token;
    let payload = unsigned.split('.').nth(1).unwrap();
    assert_eq!(status(&app, format!("eyJhbGciOiJub25lIiwidHlwIjoiSldUIn0.{payload}.")).await?, 401);
    assert_eq!(app.count("select count(*) from merchants").await?, 0, "nothing was made");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_issuer_and_an_audience_that_are_configured_must_be_named(pool: PgPool) -> anyhow::Result<()> {
    let outer = OuterSettings {
        jwks_url: None,
        issuer: Some("https://iam.example".to_owned()),
        audience: Some("loa".to_owned()),
    };
    let app = TestApi::start_under(pool, outer).await?;
    let right = json!({ "iss": "https://iam.example", "aud": ["loa", "till"] });
    app.get(ME, &shared(&right)?).await?.data()?;
    for wrong in [
        json!({ "aud": "loa" }),
        json!({ "iss": "https://iam.example" }),
        json!({ "iss": "https://other.example", "aud": "loa" }),
        json!({ "iss": "https://iam.example", "aud": "till" }),
    ] {
        assert_eq!(app.get(ME, &shared(&wrong)?).await?.failure()?, (401, "UNAUTHORIZED"), "{wrong}");
    }
    app.stop().await
}

async fn under(pool: PgPool, iam: &Iam) -> anyhow::Result<TestApi> {
    TestApi::start_under(pool, OuterSettings { jwks_url: Some(iam.url.clone()), ..OuterSettings::default() }).await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn published_keys_of_every_kind_let_in_and_are_fetched_once(pool: PgPool) -> anyhow::Result<()> {
    let iam = Iam::start(&[SigningKey::Ed, SigningKey::Ec, SigningKey::Rsa]).await?;
    let app = under(pool, &iam).await?;
    for key in [SigningKey::Ed, SigningKey::Ec, SigningKey::Rsa] {
        let told = app.get(ME, &bearer(key.sign(&claims(&json!({})))?)).await?;
        assert_eq!(told.data()?["role"], "agent", "{key:?}");
    }
    assert_eq!(iam.fetched(), 1);

    // Local logins go on beside.
    let owner = app.owner("an@shop.example", "correct horse battery").await?;
    assert!(app.holds(&owner).await?);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn where_keys_are_published_the_secret_lets_nobody_in(pool: PgPool) -> anyhow::Result<()> {
    let iam = Iam::start(&[SigningKey::Ed]).await?;
    let app = under(pool, &iam).await?;
    assert_eq!(app.get(ME, &shared(&json!({}))?).await?.failure()?, (401, "UNAUTHORIZED"));

    // Nor does a public key that is taken for a secret.
    let public = SigningKey::Rsa.published()?;
    iam.publish(&[SigningKey::Rsa])?;
    let taken = sign_with_secret(&claims(&json!({})), public["n"].as_str().unwrap())?;
    assert_eq!(status(&app, taken).await?, 401);
    iam.publish_raw(vec![json!({ "kty": "oct", "k": "c2VjcmV0", "kid": "oct", "alg": "HS256" })]);
    assert_eq!(status(&app, sign_with_secret(&claims(&json!({})), "secret")?).await?, 401);
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn a_key_that_is_published_later_is_found_and_made_up_ones_do_not_have_us_fetch(
    pool: PgPool,
) -> anyhow::Result<()> {
    let iam = Iam::start(&[SigningKey::Ed]).await?;
    let app = under(pool, &iam).await?;
    assert_eq!(status(&app, SigningKey::Ed.sign(&claims(&json!({})))?).await?, 200);

    let next = SigningKey::EdNext.sign(&claims(&json!({})))?;
    for _ in 0..20 {
        assert_eq!(status(&app, next.clone()).await?, 401);
    }
    assert_eq!(iam.fetched(), 1, "an unknown key is asked for at a bounded rate");
    iam.publish(&[SigningKey::EdNext])?;
    let begun = std::time::Instant::now();
    while status(&app, next.clone()).await? != 200 {
        assert!(begun.elapsed() < std::time::Duration::from_secs(15), "the new key is not found");
        tokio::time::sleep(std::time::Duration::from_millis(500)).await;
    }
    assert_eq!(iam.fetched(), 2);
    assert_eq!(status(&app, SigningKey::Ed.sign(&claims(&json!({})))?).await?, 401, "the old key is gone");
    app.stop().await
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_iam_that_is_away_lets_nobody_in_and_keys_that_are_known_go_on(pool: PgPool) -> anyhow::Result<()> {
    let iam = Iam::start(&[SigningKey::Ed]).await?;
    let app = under(pool.clone(), &iam).await?;
    let token = SigningKey::Ed.sign(&claims(&json!({})))?;
    assert_eq!(status(&app, token.clone()).await?, 200);
    iam.fail();
    assert_eq!(status(&app, token.clone()).await?, 200);

    let late = under(pool, &iam).await?;
    assert_eq!(status(&late, token).await?, 401);
    late.stop().await?;
    app.stop().await
}
