//! Clients that do not wait: some send half of a request, some all of it, and then hang up. Nobody is promised
//! anything: what was sent whole may be stored or not, but never twice.

use std::collections::HashSet;
use std::net::SocketAddr;
use std::time::Duration;

use rand::Rng;
use rand::seq::IndexedRandom;
use tests::load::Line;
use tests::load::post::Connection;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep, timeout};

use crate::webhooks::Poster;

/// Around as long as the ingress takes for an answer.
const LONGEST_STAY_MS: u64 = 6;
const LIMIT: Duration = Duration::from_secs(10);

/// Lets `per_second` clients a second hang up on the ingress at `address` until `until`; the messages that were
/// sent whole.
pub(crate) async fn generate(
    address: SocketAddr,
    poster: &Poster,
    lines: &[Line],
    per_second: u32,
    until: Instant,
) -> HashSet<String> {
    let mut whole = HashSet::new();
    if per_second == 0 {
        return whole;
    }
    let mut hanging_up = JoinSet::new();
    let mut ticks = interval(Duration::from_secs(1) / per_second);
    ticks.set_missed_tick_behavior(MissedTickBehavior::Burst);
    for number in 0_u64.. {
        if ticks.tick().await >= until {
            break;
        }
        let Some(line) = lines.choose(&mut rand::rng()) else {
            break;
        };
        let id = format!("wamid.hung-up-{number}");
        let request = poster.request(line, &id);
        // Every other one breaks off somewhere, most likely within the body.
        let sent = if number.is_multiple_of(2) { rand::rng().random_range(1..request.len()) } else { request.len() };
        if sent == request.len() {
            whole.insert(id);
        }
        hanging_up.spawn(timeout(LIMIT, async move {
            let mut connection = Connection::open(address).await?;
            connection.send(&request[..sent]).await?;
            let stays = rand::rng().random_range(0..=LONGEST_STAY_MS);
            sleep(Duration::from_millis(stays)).await;
            std::io::Result::Ok(())
        }));
        while hanging_up.try_join_next().is_some() {}
    }
    hanging_up.join_all().await;
    whole
}
