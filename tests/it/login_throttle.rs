//! Guessing passwords is slowed down for all replicas together.

use std::time::Duration;

use api::auth::{Throttle, Tries};
use http::Method;
use serde_json::json;
use shared::cache::logins::Count;
use shared::cache::{Cache, Logins};
use shared::domain::ids::UserId;
use sqlx::PgPool;
use tests::MIGRATOR;
use tests::api::TestApi;
use tests::stage::cache;

const LOGIN: &str = "/api/v1/auth/login";
const MINUTE: Duration = Duration::from_mins(1);

fn prefix() -> String {
    format!("{}:", UserId::new())
}

fn count(of: &str, most: u32, is_cleared: bool) -> Count {
    Count { of: of.to_owned(), most, is_cleared }
}

#[tokio::test]
async fn replicas_count_together_and_forget_in_time() -> anyhow::Result<()> {
    let prefix = prefix();
    let replicas = [Logins::under(cache()?, &prefix), Logins::under(cache()?, &prefix)];
    let counts = [count("an@shop.example", 4, true), count("192.0.2.1", 100, false)];
    for turn in 0..4 {
        assert_eq!(replicas[turn % 2].try_once(&counts, MINUTE).await?, None);
    }
    let wait = replicas[0].try_once(&counts, MINUTE).await?.expect("it has to wait");
    assert!(wait > Duration::from_secs(50) && wait <= MINUTE, "{wait:?}");
    let other = [count("binh@shop.example", 4, true)];
    assert_eq!(replicas[1].try_once(&other, MINUTE).await?, None);

    replicas[1].succeeded(&counts).await?;
    assert_eq!(replicas[0].try_once(&counts, Duration::from_millis(50)).await?, None);
    tokio::time::sleep(Duration::from_millis(80)).await;
    for _ in 0..4 {
        assert_eq!(replicas[0].try_once(&counts[..1], MINUTE).await?, None);
    }
    Ok(())
}

#[tokio::test]
async fn the_right_password_is_taken_off_an_addresss_count_and_no_more() -> anyhow::Result<()> {
    let logins = Logins::under(cache()?, &prefix());
    let counts = [count("192.0.2.1", 2, false)];
    assert_eq!(logins.try_once(&counts, MINUTE).await?, None);
    for _ in 0..5 {
        assert_eq!(logins.try_once(&counts, MINUTE).await?, None);
        logins.succeeded(&counts).await?;
    }
    assert_eq!(logins.try_once(&counts, MINUTE).await?, None);
    assert!(logins.try_once(&counts, MINUTE).await?.is_some());
    Ok(())
}

#[tokio::test]
async fn many_at_once_are_no_way_around_the_limit() -> anyhow::Result<()> {
    let logins = Logins::under(cache()?, &prefix());
    let counts = [count("an@shop.example", 10, true)];
    let tries = futures::future::join_all((0..60).map(|_| logins.try_once(&counts, MINUTE))).await;
    let through = tries.into_iter().collect::<Result<Vec<_>, _>>()?.into_iter().filter(Option::is_none).count();
    assert_eq!(through, 10);
    Ok(())
}

/// An outage of Redis lets nobody guess freely, and locks nobody out.
#[tokio::test]
async fn while_redis_is_away_a_replica_counts_for_itself() -> anyhow::Result<()> {
    let away = Cache::open(&"redis://127.0.0.1:1".into())?;
    let throttle = Throttle::new(Some(Logins::new(away)));
    let tries = Tries::login("an@shop.example", None);
    for _ in 0..10 {
        assert_eq!(throttle.try_once(&tries).await, None);
    }
    assert!(throttle.try_once(&tries).await.is_some());
    throttle.succeeded(&tries).await;
    assert_eq!(throttle.try_once(&tries).await, None);
    Ok(())
}

#[sqlx::test(migrator = "MIGRATOR")]
async fn an_address_that_tries_many_e_mails_waits_and_another_does_not(pool: PgPool) -> anyhow::Result<()> {
    let app = TestApi::start(pool).await?;
    app.owner("an@shop.example", "correct horse battery").await?;
    let login = |from: &'static str, email: String, password: &'static str| {
        let body = json!({ "email": email, "password": password });
        app.raw(app.request(Method::POST, LOGIN).header("x-forwarded-for", from).json(&body))
    };
    for lot in 0..25 {
        let tries = (0..4).map(|number| login("198.51.100.7", format!("{lot}.{number}@shop.example"), "guess"));
        for answer in futures::future::join_all(tries).await {
            assert_eq!(answer?.status, 401);
        }
    }
    let right = "correct horse battery";
    let refused = login("198.51.100.7", "an@shop.example".to_owned(), right).await?;
    assert_eq!(refused.failure()?, (429, "RATE_LIMIT_EXCEEDED"));
    login("198.51.100.8", "an@shop.example".to_owned(), right).await?.data()?;
    app.stop().await
}
