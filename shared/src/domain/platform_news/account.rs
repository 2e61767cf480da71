//! What a platform tells of a number, and what the number is after it.

use chrono::{DateTime, Utc};

use super::limit::MessagingLimit;
use super::standing::Standing;
use super::told::Told;
use super::{AccountNews, BusinessNews};

/// News of a number's quality, throughput or limit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct QualityNews {
    /// The number, as the platform writes it.
    pub number: Option<String>,
    /// The platform's word: `ONBOARDING`, `THROUGHPUT_UPGRADE`; formerly `FLAGGED`, `UNFLAGGED`, `UPGRADE`, `DOWNGRADE`.
    pub event: String,
    /// The limit of the whole portfolio.
    pub limit: Option<MessagingLimit>,
    /// The limit of this number, as it was until October 2025.
    pub own_limit: Option<MessagingLimit>,
}

/// The decision on a number's display name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NameNews {
    /// The number, as the platform writes it.
    pub number: Option<String>,
    /// `APPROVED`, `REJECTED`, `DEFERRED`, `PENDING` and more.
    pub decision: String,
}

/// What the business may do.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct CapabilityNews {
    /// The limit of the portfolio.
    pub limit: Option<MessagingLimit>,
    /// How many numbers it may have.
    pub max_phone_numbers: Option<u32>,
}

/// Messages a second after the platform's upgrade (platform notes, section 9).
const UPGRADED_THROUGHPUT: i32 = 1_000;

/// An account as far as the platform has told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AccountRecord {
    /// What the platform thinks of it.
    pub quality: Told<Option<String>>,
    /// Messages a second.
    pub throughput: Told<i32>,
    /// The messaging limit.
    pub limit: Told<Option<MessagingLimit>>,
    /// How many numbers its business may have.
    pub max_phone_numbers: Told<Option<i32>>,
    /// The decision on its display name.
    pub name_status: Told<Option<String>>,
    /// The decision on its review.
    pub review: Told<Option<String>>,
    /// What is forbidden to it.
    pub standing: Standing,
}

impl AccountRecord {
    /// Takes in what was told at `at`. Whether anything changed. News of another number of the same
    /// business are the caller's to leave out, see [`AccountNews::number`].
    pub fn hear(&mut self, news: &AccountNews, at: DateTime<Utc>) -> bool {
        match news {
            AccountNews::Quality(news) => self.hear_quality(news, at),
            AccountNews::Name(news) => self.name_status.hear(Some(news.decision.clone()), at),
            AccountNews::Business(news) => self.standing.hear(&news.effect, at),
            AccountNews::Review(decision) => self.review.hear(Some(decision.clone()), at),
            AccountNews::Capability(news) => {
                let limit = self.hear_limit(news.limit, at);
                let most = news.max_phone_numbers.map(|most| i32::try_from(most).unwrap_or(i32::MAX));
                let numbers = most.is_some_and(|most| self.max_phone_numbers.hear(Some(most), at));
                limit || numbers
            }
            AccountNews::Template { .. }
            | AccountNews::Alert(_)
            | AccountNews::Preferences(_)
            | AccountNews::Security(_) => false,
        }
    }

    /// The limit of the whole business, which is told with news of any of its numbers.
    pub fn hear_limit(&mut self, limit: Option<MessagingLimit>, at: DateTime<Utc>) -> bool {
        limit.is_some_and(|limit| self.limit.hear(Some(limit), at))
    }

    fn hear_quality(&mut self, news: &QualityNews, at: DateTime<Utc>) -> bool {
        // A flagged number is one of low quality; one no longer flagged has left the lowest, for which is not said.
        let quality = match news.event.as_str() {
            "FLAGGED" => self.quality.hear(Some("RED".to_owned()), at),
            "UNFLAGGED" => self.quality.hear(Some("UNKNOWN".to_owned()), at),
            _ => false,
        };
        let upgraded = news.event == "THROUGHPUT_UPGRADE" && self.throughput.hear(UPGRADED_THROUGHPUT, at);
        let limit = self.hear_limit(news.limit.or(news.own_limit), at);
        quality || upgraded || limit
    }
}

impl AccountNews {
    /// The one number that the news are about, as the platform writes it; `None` where they are about the
    /// whole business account.
    pub fn number(&self) -> Option<&str> {
        match self {
            Self::Quality(news) => news.number.as_deref(),
            Self::Name(news) => news.number.as_deref(),
            Self::Security(news) => news.number.as_deref(),
            Self::Business(BusinessNews { number, .. }) => number.as_deref(),
            Self::Template { .. } | Self::Review(_) | Self::Alert(_) | Self::Capability(_) | Self::Preferences(_) => {
                None
            }
        }
    }

    /// The limit of the whole portfolio, where the news tell it.
    pub const fn portfolio_limit(&self) -> Option<MessagingLimit> {
        match self {
            Self::Quality(news) => news.limit,
            Self::Capability(news) => news.limit,
            _ => None,
        }
    }
}

#[cfg(test)]
#[path = "account_tests.rs"]
mod tests;
