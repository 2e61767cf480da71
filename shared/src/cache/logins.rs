//! Logins that failed, counted for all replicas together: by e-mail, and by address.
//!
//! A try is counted before the password is looked at, and taken back when it was the right one: many at once are no
//! way around the limit.

use std::sync::{Arc, LazyLock};
use std::time::Duration;

use redis::Script;
use sha2::{Digest, Sha256};

use super::connection::{Cache, CacheError};

static TRY: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/login_try.lua")));
static SUCCEEDED: LazyLock<Script> = LazyLock::new(|| Script::new(include_str!("scripts/login_succeeded.lua")));

/// One count: what it is of, and how far it may go.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Count {
    /// An e-mail, or an address. It is kept as a hash.
    pub of: String,
    /// Tries that are let through.
    pub most: u32,
    /// Whether the right password makes up for all the wrong ones, or for itself alone.
    pub is_cleared: bool,
}

/// The counts in Redis.
#[derive(Clone, Debug)]
pub struct Logins {
    cache: Cache,
    prefix: Arc<str>,
}

impl Logins {
    /// The counts that all processes at `cache` share.
    pub fn new(cache: Cache) -> Self {
        Self::under(cache, "loa:")
    }

    /// Counts whose keys begin with `prefix`: apart from those of others.
    pub fn under(cache: Cache, prefix: &str) -> Self {
        Self { cache, prefix: prefix.into() }
    }

    /// Counts a try, which is forgotten after `forgotten_after`. Gives how long to wait instead, where one of
    /// `counts` has gone as far as it may; nothing is counted then.
    pub async fn try_once(&self, counts: &[Count], forgotten_after: Duration) -> Result<Option<Duration>, CacheError> {
        let mut script = TRY.prepare_invoke();
        for count in counts {
            script.key(self.key(count));
        }
        script.arg(u64::try_from(forgotten_after.as_millis()).unwrap_or(u64::MAX));
        for count in counts {
            script.arg(count.most);
        }
        let wait: i64 = self.cache.call(async |mut connection| script.invoke_async(&mut connection).await).await?;
        Ok(u64::try_from(wait).ok().filter(|wait| *wait > 0).map(Duration::from_millis))
    }

    /// Takes back a try that was the right one.
    pub async fn succeeded(&self, counts: &[Count]) -> Result<(), CacheError> {
        let mut script = SUCCEEDED.prepare_invoke();
        for count in counts {
            script.key(self.key(count));
        }
        for count in counts {
            script.arg(u8::from(count.is_cleared));
        }
        self.cache.call(async |mut connection| script.invoke_async::<i64>(&mut connection).await).await.map(drop)
    }

    fn key(&self, count: &Count) -> String {
        let hash = Sha256::digest(count.of.as_bytes());
        format!("{}login:{}", self.prefix, hex::encode(&hash[..16]))
    }
}
