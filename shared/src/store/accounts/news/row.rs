//! An account's row as news read and write it.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::Serialize;
use sqlx::PgConnection;
use uuid::Uuid;

use super::{AccountTold, Health};
use crate::domain::account::AccountStatus;
use crate::domain::ids::{AccountId, MerchantId, PortfolioId};
use crate::domain::platform_news::{AccountNews, AccountRecord, MessagingLimit, Restriction, Standing, Told};
use crate::store::error::StoreError;

/// What news look at and change.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Row {
    pub(super) merchant_id: MerchantId,
    business_id: Option<String>,
    pub(super) portfolio_id: Option<PortfolioId>,
    display_number: Option<String>,
    status: AccountStatus,
    status_reason: Option<String>,
    /// The reason that news set.
    news_error: Option<String>,
    pub(super) record: AccountRecord,
}

impl Row {
    /// Whether `news` are about this account. Those of one number are told under the business account,
    /// so the number decides; where it is not known the account is meant if it is the only one.
    pub(super) fn is_meant(&self, news: &AccountNews, all: &BTreeMap<AccountId, Self>) -> bool {
        let Some(number) = news.number() else {
            return true;
        };
        if let Some(own) = &self.display_number {
            return digits(own) == digits(number);
        }
        let same = |other: &&Self| (other.merchant_id, &other.business_id) == (self.merchant_id, &self.business_id);
        all.values().filter(same).count() == 1
    }

    pub(super) fn hear(&mut self, told: &AccountTold<'_>, is_meant: bool) -> bool {
        if is_meant {
            return self.record.hear(told.news, told.at);
        }
        self.record.hear_limit(told.news.portfolio_limit(), told.at)
    }

    /// An account that its platform ended is in error; one that came back is not, unless somebody
    /// else had put it there or it ended for another reason meanwhile.
    pub(super) fn follow_standing(&mut self, was: &Self) {
        let ended = self.record.standing.ended();
        if ended == was.record.standing.ended() {
            return;
        }
        let is_ours =
            self.status == AccountStatus::Error && self.news_error.is_some() && self.status_reason == self.news_error;
        match ended {
            Some(reason) if is_ours || self.status == AccountStatus::Active => {
                self.status = AccountStatus::Error;
                self.status_reason = Some(reason.clone());
                self.news_error = Some(reason);
            }
            None if is_ours => {
                self.status = AccountStatus::Active;
                self.status_reason = None;
                self.news_error = None;
            }
            _ => self.news_error = None,
        }
    }

    pub(super) fn health(&self) -> Health {
        Health {
            status: self.status,
            status_reason: self.status_reason.clone(),
            restrictions: self.record.standing.restrictions(),
        }
    }

    pub(super) fn written(&self, id: AccountId) -> Written {
        let record = self.record.clone();
        Written {
            id: id.0,
            status: self.status,
            status_reason: self.status_reason.clone(),
            news_error: self.news_error.clone(),
            quality_rating: record.quality.value,
            quality_at: record.quality.at,
            throughput_per_second: record.throughput.value,
            throughput_at: record.throughput.at,
            messaging_limit: record.limit.value.map(MessagingLimit::as_row),
            limit_at: record.limit.at,
            max_phone_numbers: record.max_phone_numbers.value,
            max_phone_numbers_at: record.max_phone_numbers.at,
            name_status: record.name_status.value,
            name_status_at: record.name_status.at,
            review: record.review.value,
            review_at: record.review.at,
            restrictions: record.standing.restrictions(),
            restored_at: record.standing.restored_at(),
        }
    }
}

fn digits(number: &str) -> String {
    number.chars().filter(char::is_ascii_digit).collect()
}

/// The rows of `ids`, locked in their order.
pub(super) async fn lock(conn: &mut PgConnection, ids: &[Uuid]) -> Result<BTreeMap<AccountId, Row>, StoreError> {
    let rows = sqlx::query!(
        "select id, merchant_id, business_id, portfolio_id, display_number, status, status_reason, news_error,
                quality_rating, quality_at, throughput_per_second, throughput_at, messaging_limit, limit_at,
                max_phone_numbers, max_phone_numbers_at, name_status, name_status_at, review, review_at, restrictions,
                restored_at
         from accounts where id = any($1) order by id for update",
        ids
    )
    .fetch_all(conn)
    .await?;
    rows.into_iter()
        .map(|row| {
            let corrupt = |problem: String| StoreError::Corrupt { table: "accounts", problem };
            let restrictions: Vec<Restriction> =
                serde_json::from_value(row.restrictions).map_err(|error| corrupt(error.to_string()))?;
            let record = AccountRecord {
                quality: Told { value: row.quality_rating, at: row.quality_at },
                throughput: Told { value: row.throughput_per_second, at: row.throughput_at },
                limit: Told { value: row.messaging_limit.map(MessagingLimit::of_row), at: row.limit_at },
                max_phone_numbers: Told { value: row.max_phone_numbers, at: row.max_phone_numbers_at },
                name_status: Told { value: row.name_status, at: row.name_status_at },
                review: Told { value: row.review, at: row.review_at },
                standing: Standing::of(restrictions, row.restored_at),
            };
            let account = Row {
                merchant_id: row.merchant_id.into(),
                business_id: row.business_id,
                portfolio_id: row.portfolio_id.map(PortfolioId),
                display_number: row.display_number,
                status: row.status.parse().map_err(|error| corrupt(format!("{error}")))?,
                status_reason: row.status_reason,
                news_error: row.news_error,
                record,
            };
            Ok((row.id.into(), account))
        })
        .collect()
}

/// An account as its row is written.
#[derive(Serialize)]
pub(super) struct Written {
    id: Uuid,
    status: AccountStatus,
    status_reason: Option<String>,
    news_error: Option<String>,
    quality_rating: Option<String>,
    quality_at: Option<DateTime<Utc>>,
    throughput_per_second: i32,
    throughput_at: Option<DateTime<Utc>>,
    messaging_limit: Option<i32>,
    limit_at: Option<DateTime<Utc>>,
    max_phone_numbers: Option<i32>,
    max_phone_numbers_at: Option<DateTime<Utc>>,
    name_status: Option<String>,
    name_status_at: Option<DateTime<Utc>>,
    review: Option<String>,
    review_at: Option<DateTime<Utc>>,
    restrictions: Vec<Restriction>,
    restored_at: Option<DateTime<Utc>>,
}

pub(super) async fn write(conn: &mut PgConnection, written: &[Written]) -> Result<(), StoreError> {
    if written.is_empty() {
        return Ok(());
    }
    let rows = serde_json::to_value(written)
        .map_err(|error| StoreError::Corrupt { table: "accounts", problem: error.to_string() })?;
    sqlx::query!(
        "update accounts a
         set status = new.status, status_reason = new.status_reason, news_error = new.news_error,
             quality_rating = new.quality_rating, quality_at = new.quality_at,
             throughput_per_second = new.throughput_per_second, throughput_at = new.throughput_at,
             messaging_limit = new.messaging_limit, limit_at = new.limit_at,
             max_phone_numbers = new.max_phone_numbers, max_phone_numbers_at = new.max_phone_numbers_at,
             name_status = new.name_status, name_status_at = new.name_status_at, review = new.review,
             review_at = new.review_at, restrictions = new.restrictions, restored_at = new.restored_at
         from jsonb_to_recordset($1)
              as new (id uuid, status text, status_reason text, news_error text, quality_rating text,
                      quality_at timestamptz, throughput_per_second integer, throughput_at timestamptz,
                      messaging_limit integer, limit_at timestamptz, max_phone_numbers integer,
                      max_phone_numbers_at timestamptz, name_status text, name_status_at timestamptz, review text,
                      review_at timestamptz, restrictions jsonb, restored_at timestamptz)
         where a.id = new.id",
        rows
    )
    .execute(conn)
    .await?;
    Ok(())
}
