//! One connection that mends itself, and calls that never wait for long.

use std::future::Future;
use std::time::Duration;

use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, RedisError, RedisResult};
use secrecy::{ExposeSecret, SecretString};
use tokio::time::timeout;

const CONNECT_LIMIT: Duration = Duration::from_millis(500);
/// A call takes well under a millisecond; one that takes so long would come too late to be of use.
const CALL_LIMIT: Duration = Duration::from_millis(500);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// Redis, reached when it is first asked and again whenever the connection broke.
#[derive(Clone)]
pub struct Cache {
    manager: ConnectionManager,
}

impl std::fmt::Debug for Cache {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Cache")
    }
}

/// Why Redis gave no answer.
#[derive(Debug, thiserror::Error)]
pub enum CacheError {
    /// It could not be reached, or answered with an error.
    #[error("Redis: {0}")]
    Redis(#[from] RedisError),
    /// It did not answer in time.
    #[error("Redis did not answer within {} ms", CALL_LIMIT.as_millis())]
    TimedOut,
    /// It answered what no script of ours gives.
    #[error("Redis answered something else than was asked")]
    Unexpected,
}

impl Cache {
    /// Prepares the connection to `url`; nothing is opened before the first call.
    pub fn open(url: &SecretString) -> Result<Self, CacheError> {
        let client = Client::open(url.expose_secret())?;
        let config = ConnectionManagerConfig::new()
            .set_connection_timeout(Some(CONNECT_LIMIT))
            .set_response_timeout(Some(CALL_LIMIT))
            // The next call begins the next try, so none has to wait through several.
            .set_number_of_retries(1)
            .set_max_delay(LONGEST_PAUSE);
        Ok(Self { manager: ConnectionManager::new_lazy_with_config(client, config)? })
    }

    /// Makes one call. The limit holds for the wait for a connection too.
    pub(super) async fn call<T, F>(&self, call: impl FnOnce(ConnectionManager) -> F) -> Result<T, CacheError>
    where
        F: Future<Output = RedisResult<T>>,
    {
        let answer = timeout(CALL_LIMIT, call(self.manager.clone())).await.map_err(|_| CacheError::TimedOut)?;
        Ok(answer?)
    }
}
