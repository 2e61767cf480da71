//! How often somebody asks, counted for all replicas.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;

use super::connection::{Cache, CacheError};

static LIMIT: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/limit.lua")));

/// What a bucket holds after one more request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Counted {
    /// Requests in the window, this one included.
    pub count: u64,
    /// When the window ends.
    pub left: Duration,
}

/// The buckets in Redis.
#[derive(Clone, Debug)]
pub struct Limits {
    cache: Cache,
    prefix: Arc<str>,
}

impl Limits {
    /// The buckets that all processes at `cache` share.
    pub fn new(cache: Cache) -> Self {
        Self::under(cache, "loa:")
    }

    /// Buckets whose keys begin with `prefix`: apart from those of others.
    pub fn under(cache: Cache, prefix: &str) -> Self {
        Self { cache, prefix: prefix.into() }
    }

    /// Counts a request in `bucket`, whose window is as long as `window`.
    pub async fn count(&self, bucket: &str, window: Duration) -> Result<Counted, CacheError> {
        let mut script = LIMIT.prepare_invoke();
        script.key(format!("{}limit:{bucket}", self.prefix));
        script.arg(u64::try_from(window.as_millis()).unwrap_or(u64::MAX));
        let (count, left): (u64, u64) =
            self.cache.call(async |mut connection| script.invoke_async(&mut connection).await).await?;
        Ok(Counted { count, left: Duration::from_millis(left) })
    }
}
