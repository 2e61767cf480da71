//! Holds: what is not sent for a time, or until somebody has looked, because the platform said so.

use std::collections::HashSet;
use std::time::Duration;

use sqlx::PgConnection;
use uuid::Uuid;

use super::interval::interval;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, CampaignId, MerchantId, TemplateId};
use crate::domain::named::named;
use crate::store::error::StoreError;

/// A hold that comes back so soon after the one before is longer than that; after more time it is the
/// first again.
const IN_A_ROW: Duration = Duration::from_mins(10);
/// No hold that ends by itself grows beyond this.
const LONGEST: Duration = Duration::from_hours(1);

/// What kind of thing is held.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum HoldScope {
    /// Whatever one account sends.
    Number,
    /// Whatever is sent under a business account.
    Business,
    /// Whatever one of our apps sends.
    App,
    /// One campaign.
    Campaign,
    /// One template.
    Template,
    /// Whatever goes out on a channel, after a restore.
    Installation,
}

named!(HoldScope, "scope of a hold", {
    Number => "number",
    Business => "business",
    App => "app",
    Campaign => "campaign",
    Template => "template",
    Installation => "installation",
});

/// What is held, by the name that it has in the table.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Held {
    /// Its kind.
    pub scope: HoldScope,
    /// The platform.
    pub channel: Channel,
    /// Which one.
    pub subject: String,
}

impl Held {
    /// Everything that an account sends.
    pub fn number(channel: Channel, account: AccountId) -> Self {
        Self { scope: HoldScope::Number, channel, subject: account.to_string() }
    }

    /// Everything under a business account.
    pub fn business(channel: Channel, business: &str) -> Self {
        Self { scope: HoldScope::Business, channel, subject: business.to_owned() }
    }

    /// Everything that an app sends.
    pub fn app(channel: Channel, app: &str) -> Self {
        Self { scope: HoldScope::App, channel, subject: app.to_owned() }
    }

    /// A campaign.
    pub fn campaign(channel: Channel, campaign: CampaignId) -> Self {
        Self { scope: HoldScope::Campaign, channel, subject: campaign.to_string() }
    }

    /// A template, by the id of its row.
    pub fn template(channel: Channel, template: TemplateId) -> Self {
        Self { scope: HoldScope::Template, channel, subject: template.to_string() }
    }

    /// A template that has no row, since nobody has told of it yet.
    pub fn template_named(channel: Channel, business: &str, name: &str, language: &str) -> Self {
        Self { scope: HoldScope::Template, channel, subject: format!("{business}/{name}/{language}") }
    }
}

/// A hold to put on something.
#[derive(Clone, Debug)]
pub struct Hold {
    /// On what.
    pub held: Held,
    /// Whose it is; nobody's alone for an app.
    pub merchant_id: Option<MerchantId>,
    /// For how long at least; it doubles when it comes back soon. None: until somebody has looked.
    pub least: Option<Duration>,
    /// The platform's code.
    pub code: i64,
    /// What an operator reads.
    pub reason: String,
}

/// Puts `hold` on what it names; whether it is new. While one holds, what else was on its way changes
/// nothing, but that one without an end takes the place of one that has one.
pub async fn put(conn: &mut PgConnection, hold: &Hold) -> Result<bool, StoreError> {
    let subject = &hold.held;
    let put = sqlx::query!(
        "insert into send_holds as h (scope, channel, subject, merchant_id, until, times, code, reason)
         values ($1, $2, $3, $4, now() + $5::interval, 1, $6, $7)
         on conflict (scope, channel, subject) do update
         set times = case when h.until < now() - $8::interval then 1 else h.times + 1 end,
             until = now() + least($5::interval * power(2, case when h.until < now() - $8::interval then 0
                                                                else least(h.times, 16) end),
                                   greatest($9::interval, $5::interval)),
             code = excluded.code, reason = excluded.reason, created_at = now()
         where h.until is not null and ($5::interval is null or h.until <= now())",
        subject.scope.as_str(),
        subject.channel.as_str(),
        subject.subject,
        hold.merchant_id.map(Uuid::from),
        hold.least.map(interval),
        hold.code,
        hold.reason,
        interval(IN_A_ROW),
        interval(LONGEST)
    )
    .execute(conn)
    .await?;
    Ok(put.rows_affected() > 0)
}

/// Takes the hold off; whether there was one.
pub async fn lift(conn: &mut PgConnection, held: &Held) -> Result<bool, StoreError> {
    let lifted = sqlx::query!(
        "delete from send_holds where scope = $1 and channel = $2 and subject = $3",
        held.scope.as_str(),
        held.channel.as_str(),
        held.subject
    )
    .execute(conn)
    .await?;
    Ok(lifted.rows_affected() > 0)
}

/// The row of a template; none where nobody has told of it.
pub async fn template(
    conn: &mut PgConnection,
    merchant: MerchantId,
    business: &str,
    name: &str,
    language: &str,
) -> Result<Option<TemplateId>, StoreError> {
    let id = sqlx::query_scalar!(
        "select id from templates where merchant_id = $1 and business_id = $2 and name = $3 and language = $4",
        merchant.0,
        business,
        name,
        language
    )
    .fetch_optional(conn)
    .await?;
    Ok(id.map(TemplateId))
}

/// Those of `templates`, as name and language, of which nothing goes now, by row or by name.
pub async fn held_templates(
    conn: &mut PgConnection,
    channel: Channel,
    merchant: MerchantId,
    business: &str,
    templates: &[(String, String)],
) -> Result<HashSet<(String, String)>, StoreError> {
    if templates.is_empty() {
        return Ok(HashSet::new());
    }
    let names: Vec<String> = templates.iter().map(|(name, _)| name.clone()).collect();
    let languages: Vec<String> = templates.iter().map(|(_, language)| language.clone()).collect();
    let rows = sqlx::query!(
        r#"select distinct one.name as "name!", one.language as "language!"
           from unnest($4::text[], $5::text[]) as one (name, language)
           left join templates t
                on t.merchant_id = $1 and t.business_id = $2 and t.name = one.name and t.language = one.language
           join send_holds h
                on h.scope = 'template' and h.channel = $3
                and h.subject in (t.id::text, $2 || '/' || one.name || '/' || one.language)
           where h.until is null or h.until > now()"#,
        merchant.0,
        business,
        channel.as_str(),
        &names,
        &languages
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.name, row.language)).collect())
}

/// What belongs to `campaign` lets other messages of its conversations pass, as long as it is held.
pub async fn let_others_pass(conn: &mut PgConnection, campaign: CampaignId) -> Result<(), StoreError> {
    sqlx::query!("update outbox set in_order = false where campaign_id = $1 and state = 'waiting'", campaign.0)
        .execute(conn)
        .await?;
    Ok(())
}

/// Forgets holds that ended a day ago; so many there were.
pub async fn forget_old(conn: &mut PgConnection) -> Result<u64, StoreError> {
    let old = sqlx::query!("delete from send_holds where until < now() - interval '1 day'").execute(conn).await?;
    Ok(old.rows_affected())
}

/// How many holds there are now of each scope, those of scopes without any left out.
pub async fn counts(conn: &mut PgConnection) -> Result<Vec<(String, i64)>, StoreError> {
    let rows = sqlx::query!(
        r#"select scope, count(*) as "count!" from send_holds where until is null or until > now() group by scope"#
    )
    .fetch_all(conn)
    .await?;
    Ok(rows.into_iter().map(|row| (row.scope, row.count)).collect())
}
