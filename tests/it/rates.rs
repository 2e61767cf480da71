//! The rates that all replicas share, in the real Redis.

use std::time::{Duration, Instant};

use shared::cache::rates::{PAIR, Pair};
use shared::cache::{CacheError, Lease, Rates, spacing};
use shared::domain::ids::{AccountId, ContactId};
use tests::stage::cache;

/// Collects `count` slots of `account`, asked for by `rates` in turn.
async fn slots(rates: &[&Rates], account: AccountId, per_second: u32, count: usize) -> anyhow::Result<Vec<Instant>> {
    let mut slots = Vec::new();
    for turn in 0.. {
        match rates[turn % rates.len()].lease(account, per_second, 100).await? {
            Lease::Slots(more, _) => slots.extend(more),
            Lease::Wait(time) => tokio::time::sleep(time).await,
        }
        if slots.len() >= count {
            break;
        }
    }
    Ok(slots)
}

/// Takes one message to `contact`; how long it has to wait instead.
async fn take(
    rates: &Rates,
    account: AccountId,
    contact: ContactId,
    ahead: Duration,
) -> Result<Option<Duration>, CacheError> {
    let waits = rates.take_pairs(&[Pair { account, contact, ahead }]).await?;
    Ok(waits.into_iter().next().flatten())
}

fn least_distance(slots: &[Instant]) -> Duration {
    let mut sorted = slots.to_vec();
    sorted.sort_unstable();
    sorted.windows(2).map(|pair| pair[1] - pair[0]).min().unwrap_or_default()
}

/// Once emptied, Redis gives nothing for a while: that must not meet a test by chance.
async fn ready() -> anyhow::Result<Rates> {
    let rates = Rates::new(cache()?);
    slots(&[&rates], AccountId::new(), 1000, 1).await?;
    Ok(rates)
}

#[tokio::test]
async fn two_replicas_never_get_slots_closer_than_the_limit_allows() -> anyhow::Result<()> {
    ready().await?;
    let (one, other) = (Rates::new(cache()?), Rates::new(cache()?));
    let account = AccountId::new();
    let slots = slots(&[&one, &other], account, 200, 100).await?;
    // The two read Redis's clock apart from each other.
    let least = spacing::distance(200).saturating_sub(spacing::CLOCK_ERROR * 2);
    assert!(least_distance(&slots) >= least, "{:?}", least_distance(&slots));
    Ok(())
}

#[tokio::test]
async fn a_lease_spans_no_more_than_fifty_milliseconds_and_holds_one_slot_at_least() -> anyhow::Result<()> {
    let rates = ready().await?;
    for (per_second, expected) in [(1, 1), (80, 3), (1000, 49)] {
        let Lease::Slots(slots, _) = rates.lease(AccountId::new(), per_second, 1_000).await? else {
            anyhow::bail!("a fresh account waits");
        };
        assert_eq!(slots.len(), expected, "{per_second} a second");
    }
    Ok(())
}

#[tokio::test]
async fn what_comes_in_is_taken_off_what_goes_out() -> anyhow::Result<()> {
    let rates = ready().await?;
    let account = AccountId::new();
    rates.received(&[(account, 60)]).await?;
    let Lease::Slots(_, distance) = rates.lease(account, 80, 1).await? else { anyhow::bail!("it waits") };
    assert!(distance >= spacing::distance(80) * 3, "{distance:?}: 60 of 80 came in");
    Ok(())
}

#[tokio::test]
async fn a_throttled_account_is_slowed_once_for_all_that_was_on_its_way() -> anyhow::Result<()> {
    let rates = ready().await?;
    let account = AccountId::new();
    assert_eq!(rates.throttled(account).await?, 500);
    assert_eq!(rates.throttled(account).await?, 500, "it says the same once more");
    let Lease::Slots(_, distance) = rates.lease(account, 80, 1).await? else { anyhow::bail!("it waits") };
    assert!(distance >= spacing::distance(80) * 19 / 10, "{distance:?}");
    Ok(())
}

#[tokio::test]
async fn a_pair_gets_a_burst_and_then_waits_until_it_is_paid_back() -> anyhow::Result<()> {
    let rates = ready().await?;
    let (account, contact, other) = (AccountId::new(), ContactId::new(), ContactId::new());
    for _ in 0..PAIR.most {
        assert_eq!(take(&rates, account, contact, Duration::ZERO).await?, None);
    }
    let wait = take(&rates, account, contact, Duration::ZERO).await?.unwrap_or_default();
    assert!(wait > PAIR.distance * (PAIR.most - 1), "{wait:?}");
    let waits = rates.pair_waits(account, &[other, contact], Duration::ZERO).await?;
    assert!(waits[0].is_none() && waits[1].is_some(), "others are not concerned: {waits:?}");
    assert_eq!(take(&rates, account, contact, wait + Duration::from_secs(1)).await?, None, "paid back by then");
    Ok(())
}

#[tokio::test]
async fn messages_that_are_taken_together_count_one_by_one_each_for_its_own_moment() -> anyhow::Result<()> {
    let rates = ready().await?;
    let (account, contact, other) = (AccountId::new(), ContactId::new(), ContactId::new());
    let pair = |contact, ahead| Pair { account, contact, ahead };
    let mut pairs: Vec<Pair> = (0..=PAIR.most).map(|_| pair(contact, Duration::ZERO)).collect();
    pairs.push(pair(other, Duration::ZERO));
    pairs.push(pair(contact, PAIR.distance * (PAIR.most + 1)));
    let waits = rates.take_pairs(&pairs).await?;
    let waiting: Vec<usize> = (0..waits.len()).filter(|at| waits[*at].is_some()).collect();
    assert_eq!(waiting, [PAIR.most as usize], "the one past the burst alone");
    Ok(())
}

#[tokio::test]
async fn a_burst_that_goes_later_is_paid_back_later() -> anyhow::Result<()> {
    let rates = ready().await?;
    let (account, contact) = (AccountId::new(), ContactId::new());
    take(&rates, account, contact, Duration::ZERO).await?;
    rates.pair_moved(account, contact, Duration::from_secs(2)).await?;
    let wait = take(&rates, account, contact, PAIR.distance + Duration::from_secs(1)).await?;
    assert_eq!(wait, None, "the burst goes on until 5.8 s after its true beginning");
    let wait = take(&rates, account, contact, PAIR.distance + Duration::from_secs(3)).await?.unwrap_or_default();
    assert!(wait > Duration::from_secs(4), "{wait:?}: two are paid back");
    Ok(())
}

#[tokio::test]
async fn a_refused_pair_waits() -> anyhow::Result<()> {
    let rates = ready().await?;
    let (account, contact) = (AccountId::new(), ContactId::new());
    rates.pair_refused(account, contact, Duration::from_secs(6)).await?;
    let wait = take(&rates, account, contact, Duration::ZERO).await?.unwrap_or_default();
    assert!(wait > Duration::from_secs(5) && wait <= Duration::from_secs(6), "{wait:?}");
    Ok(())
}

#[tokio::test]
async fn a_redis_that_was_emptied_waits_out_the_last_second_first() -> anyhow::Result<()> {
    let rates = Rates::under(cache()?, &format!("t{:08x}:", rand::random::<u32>()));
    let asked = Instant::now();
    let slots = slots(&[&rates], AccountId::new(), 80, 1).await?;
    assert!(slots[0] - asked >= Duration::from_secs(1), "{:?}", slots[0] - asked);
    Ok(())
}

#[tokio::test]
async fn a_redis_that_is_away_is_an_error_at_once() -> anyhow::Result<()> {
    let nowhere = shared::cache::Cache::open(&"redis://127.0.0.1:1".into())?;
    let asked = Instant::now();
    assert!(Rates::new(nowhere).lease(AccountId::new(), 80, 1).await.is_err());
    assert!(asked.elapsed() < Duration::from_secs(1));
    Ok(())
}
