//! What a merchant sets for an account, beside what has a column of its own.

use serde::{Deserialize, Serialize};

use super::business_hours::{BusinessHours, TimeZone};
use super::named::named;

/// Messages a day of a number where nobody says otherwise.
pub const DEFAULT_DAILY_LIMIT: u32 = 1_000;
/// Messages that X's page lets one account send in 24 hours.
pub const X_SENDS_A_DAY: u32 = 500;

/// The settings of an account.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct AccountSettings {
    /// When somebody is there; always where there are none.
    pub business_hours: Option<BusinessHours>,
    /// What a customer who writes for the first time is told.
    pub greeting: Option<String>,
    /// How much may be sent in a day.
    pub daily_limit: DailyLimit,
}

impl AccountSettings {
    /// Whose clock the account goes by.
    pub fn timezone(&self) -> TimeZone {
        self.business_hours.as_ref().map_or(TimeZone::UTC, |hours| hours.timezone)
    }
}

/// How much may be sent in a day.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "camelCase")]
pub struct DailyLimit {
    /// Of what.
    pub per: LimitedBy,
    /// How many messages.
    pub limit: u32,
}

impl Default for DailyLimit {
    fn default() -> Self {
        Self { per: LimitedBy::Recipient, limit: DEFAULT_DAILY_LIMIT }
    }
}

/// What a daily limit counts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "lowercase")]
pub enum LimitedBy {
    /// Messages to one customer.
    Recipient,
    /// Messages of the account.
    Sender,
}

named!(LimitedBy, "what a limit counts", {
    Recipient => "recipient",
    Sender => "sender",
});

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_account_that_nobody_set_has_the_documents_limit() {
        let settings: AccountSettings = serde_json::from_str("{}").unwrap();
        assert_eq!(settings.daily_limit, DailyLimit { per: LimitedBy::Recipient, limit: 1_000 });
        assert_eq!(settings.timezone(), TimeZone::UTC);
    }
}
