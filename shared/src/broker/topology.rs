//! What exists in the broker: exchanges, queues, delays, and what each is called.
//!
//! ```text
//! events (topic)  -> persist, status         raw events, by what they hold
//! work (direct)   -> flow, outbound, media   wake-ups, by the queue's name
//! delay.10s (fanout) -> delay.10s -> (time is up) -> the queue named by the routing key
//! dead (direct)   -> persist.dead, ...       what was parked, by the queue's name
//! ```

use std::time::Duration;

use lapin::types::ShortString;

/// Raw events that wait: about an hour and a half of 1,000 events a second at 700 bytes each while `PostgreSQL` is
/// away. Past it the broker refuses, and who publishes knows at once.
const RAW_BYTES: i64 = 4 << 30;
/// Wake-ups are some 60 bytes each, and what they speak of stands in a table: four million are plenty.
const WAKE_BYTES: i64 = 256 << 20;

/// Declares the queues: one entry each, with what binds it and how many bytes may wait in it.
macro_rules! queues {
    ($($(#[$doc:meta])* $queue:ident = $name:literal from $exchange:ident $keys:expr, at most $bytes:expr;)*) => {
        /// A queue that some worker consumes.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub enum Queue { $($(#[$doc])* $queue,)* }

        impl Queue {
            /// Every queue.
            pub const ALL: &[Self] = &[$(Self::$queue,)*];

            /// The name, without an installation's prefix.
            pub const fn name(self) -> &'static str {
                match self { $(Self::$queue => $name,)* }
            }

            /// The queue that is called `name`, without an installation's prefix.
            pub fn named(name: &str) -> Option<Self> {
                Self::ALL.iter().copied().find(|queue| queue.name() == name)
            }

            /// The exchange that feeds it.
            pub const fn exchange(self) -> Exchange {
                match self { $(Self::$queue => Exchange::$exchange,)* }
            }

            /// The topics it is bound by; a queue without any is bound by its own name.
            pub const fn topics(self) -> &'static [&'static str] {
                match self { $(Self::$queue => &$keys,)* }
            }

            /// How many bytes may wait in it before the broker refuses more.
            pub const fn bytes(self) -> i64 {
                match self { $(Self::$queue => $bytes,)* }
            }
        }
    };
}

queues! {
    /// Raw events with messages, and those nobody could classify.
    Persist = "persist" from Events ["#.messages.#", "#.unknown.#"], at most RAW_BYTES;
    /// Raw events with statuses or news of the account.
    Status = "status" from Events ["#.statuses.#", "#.account.#"], at most RAW_BYTES;
    /// Conversations that have something to read.
    Flow = "flow" from Work [], at most WAKE_BYTES;
    /// Accounts that have messages to send.
    Outbound = "outbound" from Work [], at most WAKE_BYTES;
    /// Accounts that have files to fetch or to upload.
    Media = "media" from Work [], at most WAKE_BYTES;
}

/// Where a message is published.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Exchange {
    /// RabbitMQ's own, which takes the routing key for a queue's name.
    Default,
    /// Raw events, by `{channel}.{kinds}`.
    Events,
    /// Wake-ups, by the queue's name.
    Work,
    /// What was parked, by the name of the queue it came from.
    Dead,
    /// What has to wait, by the name of the queue it goes back to.
    Delay(Delay),
}

/// How long a task waits before it is tried again.
///
/// `RabbitMQ` expires only the head of a queue, so each delay is a queue of its own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Delay {
    /// One second.
    Second,
    /// Ten seconds.
    TenSeconds,
    /// One minute.
    Minute,
    /// Ten minutes.
    TenMinutes,
}

impl Delay {
    /// Every delay, in the order in which a task meets them.
    pub const ALL: [Self; 4] = [Self::Second, Self::TenSeconds, Self::Minute, Self::TenMinutes];

    /// The delay after `attempt` failed, counted from one; none when it was the last.
    pub fn after(attempt: u32) -> Option<Self> {
        let index = usize::try_from(attempt).ok()?.checked_sub(1)?;
        Self::ALL.get(index).copied()
    }

    /// How long it is.
    pub const fn duration(self) -> Duration {
        match self {
            Self::Second => Duration::from_secs(1),
            Self::TenSeconds => Duration::from_secs(10),
            Self::Minute => Duration::from_mins(1),
            Self::TenMinutes => Duration::from_mins(10),
        }
    }

    /// The name of its exchange and queue, without an installation's prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Second => "delay.1s",
            Self::TenSeconds => "delay.10s",
            Self::Minute => "delay.1m",
            Self::TenMinutes => "delay.10m",
        }
    }
}

/// What things are called in one installation: every name begins with its prefix, so that several installations
/// share a virtual host.
#[derive(Clone, Debug)]
pub struct Names {
    prefix: String,
}

impl Names {
    /// A prefix is short enough to leave AMQP's 255 bytes to the names.
    const LONGEST_PREFIX: usize = 64;

    /// Names that begin with `prefix`, which may be empty; a full stop at its end reads well.
    pub fn new(prefix: &str) -> Result<Self, PrefixError> {
        let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
        if prefix.len() > Self::LONGEST_PREFIX || !prefix.chars().all(plain) {
            return Err(PrefixError);
        }
        Ok(Self { prefix: prefix.to_owned() })
    }

    /// What every name begins with.
    pub(super) fn prefix(&self) -> &str {
        &self.prefix
    }

    /// What `queue` is called.
    pub fn queue(&self, queue: Queue) -> ShortString {
        self.with(queue.name())
    }

    /// What the queue of dead letters of `queue` is called.
    pub fn dead(&self, queue: Queue) -> ShortString {
        format!("{}{}.dead", self.prefix, queue.name()).into()
    }

    /// What the queue behind `delay` is called.
    pub fn delay(&self, delay: Delay) -> ShortString {
        self.with(delay.name())
    }

    /// What `exchange` is called.
    pub fn exchange(&self, exchange: Exchange) -> ShortString {
        match exchange {
            Exchange::Default => ShortString::default(),
            Exchange::Events => self.with("events"),
            Exchange::Work => self.with("work"),
            Exchange::Dead => self.with("dead"),
            Exchange::Delay(delay) => self.with(delay.name()),
        }
    }

    fn with(&self, name: &str) -> ShortString {
        format!("{}{name}", self.prefix).into()
    }
}

/// A prefix that cannot begin a name.
#[derive(Debug, thiserror::Error)]
#[error("a prefix has at most 64 letters, digits, full stops, underscores and hyphens")]
pub struct PrefixError;

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_meets_the_four_delays_in_turn_and_then_none() {
        let met: Vec<_> = (1..=5).map(Delay::after).collect();
        assert_eq!(met[..4], Delay::ALL.map(Some));
        assert_eq!(met[4], None);
        assert_eq!(Delay::after(0), None);
    }

    #[test]
    fn every_name_begins_with_the_prefix() {
        let names = Names::new("t1.").unwrap();
        assert_eq!(names.queue(Queue::Persist).as_str(), "t1.persist");
        assert_eq!(names.dead(Queue::Flow).as_str(), "t1.flow.dead");
        assert_eq!(names.exchange(Exchange::Events).as_str(), "t1.events");
        assert_eq!(names.exchange(Exchange::Default).as_str(), "");
    }

    #[test]
    fn a_prefix_that_would_not_fit_or_read_is_refused() {
        assert!(Names::new(&"a".repeat(65)).is_err());
        assert!(Names::new("a b").is_err());
        assert!(Names::new("").is_ok());
    }
}
