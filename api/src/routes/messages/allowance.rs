//! How much a merchant, an account and a customer's number may be sent: 429 past it, before anything is queued.

use std::time::Duration;

use chrono::{DateTime, TimeDelta, Utc};
use shared::domain::account_settings::{AccountSettings, DailyLimit, LimitedBy, X_SENDS_A_DAY};
use shared::domain::channel::Channel;
use shared::domain::ids::MerchantId;
use shared::store::PgConnection;
use shared::store::accounts::usage;

use super::queueing::Outgoing;
use crate::error::ApiError;

/// Messages of one merchant that may wait to be sent.
pub(in crate::routes) const MOST_UNSENT: i64 = 10_000;
/// A backlog of that length takes minutes at a number's default pace.
const UNSENT_WAIT: Duration = Duration::from_secs(30);
/// The oldest hour of a day of sends is over after this at the latest.
const HOUR: Duration = Duration::from_hours(1);

/// Refuses what is more than may be sent.
pub(super) async fn check(
    conn: &mut PgConnection,
    merchant: MerchantId,
    outgoing: &Outgoing<'_>,
) -> Result<(), ApiError> {
    let more = i64::try_from(outgoing.contents.len()).unwrap_or(i64::MAX);
    if usage::unsent(conn, merchant, MOST_UNSENT).await? + more > MOST_UNSENT {
        let what = format!("{MOST_UNSENT} messages wait to be sent already");
        return Err(ApiError::TooMuch { what, retry_after: UNSENT_WAIT });
    }
    let account = outgoing.to.account_id;
    if outgoing.channel == Channel::X {
        let day_ago = outgoing.at - TimeDelta::days(1);
        if usage::sends_since(conn, merchant, account, day_ago).await? + more > i64::from(X_SENDS_A_DAY) {
            let what = format!("the account has sent its {X_SENDS_A_DAY} messages of 24 hours");
            return Err(ApiError::TooMuch { what, retry_after: HOUR });
        }
    }
    let settings = usage::settings(conn, merchant, account).await?.unwrap_or_default();
    let DailyLimit { per, limit } = settings.daily_limit;
    let since = settings.timezone().midnight(outgoing.at);
    let (used, whose) = match per {
        LimitedBy::Sender => (usage::sends_since(conn, merchant, account, since).await?, "the account"),
        LimitedBy::Recipient => {
            let most = i64::from(limit) + 1;
            let contact = outgoing.to.contact_id;
            (usage::sends_to(conn, merchant, account, contact, since, most).await?, "the customer")
        }
    };
    if used + more > i64::from(limit) {
        let what = format!("{whose} has had the {limit} messages of this day");
        return Err(ApiError::TooMuch { what, retry_after: until_tomorrow(&settings, outgoing.at) });
    }
    Ok(())
}

fn until_tomorrow(settings: &AccountSettings, now: DateTime<Utc>) -> Duration {
    let midnight = settings.timezone().midnight(now) + TimeDelta::days(1);
    (midnight - now).to_std().unwrap_or(HOUR)
}
