//! What a failure of the store means to a worker.

use std::future::Future;
use std::time::Duration;

use shared::broker::consume::Failure;
use shared::retry::Delays;
use shared::store::StoreError;

/// How often a transaction that lost a race is begun again before its batch goes back to the broker.
const RACES: usize = 5;
const FIRST_PAUSE: Duration = Duration::from_millis(5);
const LONGEST_PAUSE: Duration = Duration::from_millis(100);

/// Says what should happen to a batch that the store refused.
pub fn of_store(error: StoreError) -> Failure {
    if error.is_unavailable() {
        return Failure::Unavailable(error.into());
    }
    match error {
        StoreError::BadTimestamp(_) | StoreError::Corrupt { .. } => Failure::Park(error.into()),
        StoreError::Sql(_) | StoreError::Seal(_) | StoreError::Raced(_) => Failure::Retry(error.into()),
    }
}

/// Runs `transaction`, again at once where it only lost a race against another.
pub async fn racing<T, F>(mut transaction: impl FnMut() -> F) -> Result<T, StoreError>
where
    F: Future<Output = Result<T, StoreError>>,
{
    let mut pauses = Delays::new(FIRST_PAUSE, LONGEST_PAUSE).take(RACES);
    loop {
        match transaction().await {
            Err(error) if error.is_serialization() => match pauses.next() {
                Some(pause) => tokio::time::sleep(pause).await,
                None => return Err(error),
            },
            done => return done,
        }
    }
}
