//! How much is let through.

use serde_json::{Value, json};
use simulator::{Behaviour, Inbound, Limit, Outcome};

use crate::scene::{CUSTOMER, NUMBER, Scene, later, text};

fn to(customer: usize) -> Value {
    let mut body = text("hello");
    body["to"] = json!(format!("+849{customer:08}"));
    body
}

async fn code(scene: &Scene, body: &Value) -> anyhow::Result<Option<i64>> {
    let response = scene.send(body).await?;
    if response.status() == 200 {
        return Ok(None);
    }
    assert_eq!(response.status(), 400);
    Ok(response.json::<Value>().await?["error"]["code"].as_i64())
}

#[tokio::test]
async fn no_second_takes_more_than_the_throughput() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { throughput: Limit::of(10), ..later() }).await?;
    for customer in 0..60 {
        code(&scene, &to(customer)).await?;
    }

    let taken: Vec<_> =
        scene.simulator.received().iter().filter(|r| r.outcome == Outcome::Accepted).map(|r| r.at).collect();
    assert!(taken.windows(11).all(|run| run[10] - run[0] >= 1_000_000));
    let requests = scene.simulator.counts().requests;
    assert!(requests.refused_with[&130_429] > 0);
    assert_eq!(requests.refused_with[&130_429] + requests.accepted, 60);
    Ok(())
}

#[tokio::test]
async fn what_customers_write_counts_for_the_throughput() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { throughput: Limit::of(2), ..later() }).await?;
    for _ in 0..2 {
        scene.simulator.inbound(Inbound::whatsapp(NUMBER, CUSTOMER, "hi")).await?;
    }
    assert_eq!(code(&scene, &to(1)).await?, Some(130_429));
    Ok(())
}

#[tokio::test]
async fn a_number_shared_with_a_phone_is_slower() -> anyhow::Result<()> {
    let coexistence = vec![NUMBER.to_owned()];
    let scene = Scene::with(Behaviour { throughput: Limit::of(1000), coexistence, ..later() }).await?;
    let start = std::time::Instant::now();
    let mut refused = 0;
    for customer in 0..40 {
        refused += usize::from(code(&scene, &to(customer)).await?.is_some());
    }
    assert!(refused > 0 || start.elapsed().as_secs() >= 1, "40 in {:?}", start.elapsed());
    Ok(())
}

#[tokio::test]
async fn one_customer_takes_only_so_much_at_once() -> anyhow::Result<()> {
    let scene = Scene::with(Behaviour { pair_burst: Limit::of(5), ..later() }).await?;
    for _ in 0..5 {
        assert_eq!(code(&scene, &to(1)).await?, None);
    }
    assert_eq!(code(&scene, &to(1)).await?, Some(131_056));
    assert_eq!(code(&scene, &to(2)).await?, None);
    assert_eq!(scene.simulator.counts().requests.refused_with[&131_056], 1);
    Ok(())
}
