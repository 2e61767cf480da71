//! Carrying out what errors ask for: holds, pauses, withdrawn consents, customers out of reach.
//!
//! Errors are gathered and carried out together, so that a hundred failures of one kind cost as much as one.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::channels::contract::{PlatformError, Scope};
use shared::domain::channel::Channel;
use shared::domain::identity::Identity;
use shared::domain::ids::{AccountId, CampaignId, ContactId, EventId, MerchantId, MessageId};
use shared::domain::message::Content;
use shared::store::account_events::{self, AccountEvent};
use shared::store::accounts::sender;
use shared::store::audit::{self, Actor, Entry};
use shared::store::barred::{self, CallingCode};
use shared::store::consents::{self, Withdrawal};
use shared::store::holds::{self, Held, Hold};
use shared::store::{Keyring, PgConnection, StoreError, reach};

use super::country;
use super::measures::{self, Measure};
use super::plan::jitter;

/// The name under which a platform's refusal stands among the news of an account.
pub const SEND_REFUSED: &str = "send_refused";

/// How long nothing goes of a template that the platform has not told of.
const UNKNOWN_TEMPLATE: Duration = Duration::from_hours(1);

/// The message that an error was about, and whom it concerns.
#[derive(Clone, Copy, Debug)]
pub struct Subject<'a> {
    /// The message.
    pub message_id: MessageId,
    /// Whose.
    pub merchant_id: MerchantId,
    /// Which account sent it.
    pub account_id: AccountId,
    /// On which platform.
    pub channel: Channel,
    /// The account's business account.
    pub business_id: Option<&'a str>,
    /// The account's app.
    pub app: &'a str,
    /// To whom.
    pub contact_id: ContactId,
    /// The customer's addresses.
    pub addresses: &'a [Identity],
    /// The campaign it belongs to.
    pub campaign_id: Option<CampaignId>,
    /// What it says.
    pub content: Option<&'a Content>,
}

/// What errors ask for, gathered.
#[derive(Debug, Default)]
pub struct Remedies {
    holds: Vec<Hold>,
    stopped_templates: BTreeMap<Template, (Channel, i64, String)>,
    stopped_campaigns: BTreeSet<CampaignId>,
    refusals: BTreeMap<(AccountId, bool), Refusal>,
    withdrawals: BTreeMap<ContactId, Withdrawal>,
    missed: BTreeSet<ContactId>,
    barred: BTreeSet<(AccountId, MerchantId, CallingCode)>,
    throttled: BTreeSet<AccountId>,
    slowed_pairs: BTreeMap<(AccountId, ContactId), Duration>,
}

/// A template by what it is called.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Template {
    merchant_id: MerchantId,
    business_id: String,
    name: String,
    language: String,
}

#[derive(Debug)]
struct Refusal {
    channel: Channel,
    message_id: MessageId,
    error: PlatformError,
}

/// What was done, for whoever counts and for Redis.
#[derive(Debug, Default)]
pub struct Carried {
    /// New holds and pauses: their scope and the platform's code.
    pub pauses: Vec<(&'static str, i64)>,
    /// Accounts to slow down.
    pub throttled: BTreeSet<AccountId>,
    /// Pairs to slow down.
    pub slowed_pairs: BTreeMap<(AccountId, ContactId), Duration>,
}

impl Remedies {
    /// Adds what `error` asks for, which was about `subject`.
    pub fn add(&mut self, subject: &Subject<'_>, error: &PlatformError, now: DateTime<Utc>) {
        for measure in measures::of(error) {
            self.add_measure(measure, subject, error, now);
        }
    }

    fn add_measure(&mut self, measure: Measure, subject: &Subject<'_>, error: &PlatformError, now: DateTime<Utc>) {
        match measure {
            Measure::SlowDown => drop(self.throttled.insert(subject.account_id)),
            Measure::SlowPair(wait) => drop(self.slowed_pairs.insert((subject.account_id, subject.contact_id), wait)),
            Measure::Hold(scope, least) => self.hold(held(scope, subject), subject, Some(least + jitter(least)), error),
            Measure::Stop(scope) => {
                self.hold(held(scope, subject), subject, None, error);
                self.stopped_campaigns.extend(subject.campaign_id.filter(|_| scope == Scope::Campaign));
            }
            Measure::StopTemplate => self.stop_template(subject, error),
            Measure::Refuse(scope) => {
                let refusal =
                    || Refusal { channel: subject.channel, message_id: subject.message_id, error: error.clone() };
                let whole_business = scope == Scope::BusinessAccount;
                self.refusals.entry((subject.account_id, whole_business)).or_insert_with(refusal);
            }
            Measure::SuppressMarketing => {
                let withdrawal = || Withdrawal {
                    merchant_id: subject.merchant_id,
                    contact_id: subject.contact_id,
                    message_id: subject.message_id,
                    proof: described(error),
                    at: now,
                };
                self.withdrawals.entry(subject.contact_id).or_insert_with(withdrawal);
            }
            Measure::CountMiss => drop(self.missed.insert(subject.contact_id)),
            Measure::BarCountry => {
                let code = country::calling_code(subject.addresses);
                self.barred.extend(code.map(|code| (subject.account_id, subject.merchant_id, code)));
            }
        }
    }

    fn stop_template(&mut self, subject: &Subject<'_>, error: &PlatformError) {
        let (Some(Content::Template(template)), Some(business)) = (subject.content, subject.business_id) else {
            return;
        };
        let template = Template {
            merchant_id: subject.merchant_id,
            business_id: business.to_owned(),
            name: template.name.clone(),
            language: template.language.clone(),
        };
        self.stopped_templates.entry(template).or_insert((subject.channel, error.code, described(error)));
    }

    /// A campaign's hold on a message of none is nothing.
    fn hold(&mut self, held: Option<Held>, subject: &Subject<'_>, least: Option<Duration>, error: &PlatformError) {
        let Some(held) = held.filter(|held| !self.holds.iter().any(|hold| hold.held == *held)) else {
            return;
        };
        let merchant_id = (held.scope != holds::HoldScope::App).then_some(subject.merchant_id);
        self.holds.push(Hold { held, merchant_id, least, code: error.code, reason: described(error) });
    }

    /// Carries everything out, in the caller's transaction. Again is no harm.
    pub async fn carry_out(
        self,
        conn: &mut PgConnection,
        keyring: &Keyring,
        now: DateTime<Utc>,
    ) -> Result<Carried, StoreError> {
        let mut carried = Carried { throttled: self.throttled, slowed_pairs: self.slowed_pairs, ..Carried::default() };
        for ((account, whole_business), refusal) in &self.refusals {
            let refused = refuse(conn, keyring, *account, *whole_business, refusal, now).await?;
            carried.pauses.extend((0..refused).map(|_| ("account", refusal.error.code)));
        }
        let mut holds = self.holds;
        for (template, (channel, code, reason)) in self.stopped_templates {
            holds.push(template_hold(conn, template, channel, code, reason).await?);
        }
        holds.sort_by(|a, b| (a.held.scope.as_str(), &a.held.subject).cmp(&(b.held.scope.as_str(), &b.held.subject)));
        for hold in &holds {
            if holds::put(conn, hold).await? {
                tracing::warn!(scope = %hold.held.scope, subject = hold.held.subject, hold.reason, "on hold");
                carried.pauses.push((hold.held.scope.as_str(), hold.code));
            }
        }
        for campaign in &self.stopped_campaigns {
            holds::let_others_pass(conn, *campaign).await?;
        }
        let withdrawals: Vec<Withdrawal> = self.withdrawals.into_values().collect();
        consents::withdrawn_at_platform(conn, &withdrawals).await?;
        let missed: Vec<ContactId> = self.missed.into_iter().collect();
        reach::missed(conn, &missed).await?;
        for (account, merchant, country) in &self.barred {
            barred::bar(conn, *merchant, *account, *country).await?;
        }
        Ok(carried)
    }
}

/// Marks the account, or all of its business account, as refused; with an entry among its news and in the
/// audit trail. Gives how many accounts that were.
async fn refuse(
    conn: &mut PgConnection,
    keyring: &Keyring,
    account: AccountId,
    whole_business: bool,
    refusal: &Refusal,
    now: DateTime<Utc>,
) -> Result<usize, StoreError> {
    let Refusal { channel, message_id, error } = refusal;
    let reason = described(error);
    let refused = sender::refuse(conn, account, whole_business, &reason).await?;
    let value = json!({
        "code": error.code,
        "subcode": error.subcode,
        "title": error.title,
        "details": error.details,
        "messageId": message_id,
    });
    let event_id = EventId::new();
    let subjects: Vec<String> = refused.iter().map(|(id, _)| id.to_string()).collect();
    let events: Vec<AccountEvent<'_>> = refused
        .iter()
        .zip(&subjects)
        .map(|((account_id, merchant_id), subject)| AccountEvent {
            event_id,
            position: 0,
            merchant_id: *merchant_id,
            account_id: *account_id,
            subject,
            field: SEND_REFUSED,
            value: &value,
            received_at: now,
        })
        .collect();
    account_events::keep(conn, keyring, &events).await?;
    for (account_id, merchant_id) in &refused {
        tracing::error!(account.id = %account_id, %channel, reason, "the platform refuses the account");
        let entry = Entry {
            merchant_id: *merchant_id,
            actor: Actor::System,
            action: "account.refused",
            entity: "account",
            entity_id: account_id.0,
            before: Some(json!({ "status": "active" })),
            after: Some(json!({ "status": "error", "code": error.code })),
            at: now,
        };
        audit::record(conn, &entry).await?;
    }
    Ok(refused.len())
}

fn held(scope: Scope, subject: &Subject<'_>) -> Option<Held> {
    match scope {
        Scope::Number => Some(Held::number(subject.channel, subject.account_id)),
        // An account of no known business is all that is known of it.
        Scope::BusinessAccount => Some(subject.business_id.map_or_else(
            || Held::number(subject.channel, subject.account_id),
            |business| Held::business(subject.channel, business),
        )),
        Scope::App => Some(Held::app(subject.channel, subject.app)),
        Scope::Campaign => subject.campaign_id.map(|campaign| Held::campaign(subject.channel, campaign)),
        Scope::Recipient => None,
    }
}

/// Nobody tells when a template that has no row is well again: its hold ends by itself.
async fn template_hold(
    conn: &mut PgConnection,
    template: Template,
    channel: Channel,
    code: i64,
    reason: String,
) -> Result<Hold, StoreError> {
    let Template { merchant_id, business_id, name, language } = template;
    let (held, least) = match holds::template(conn, merchant_id, &business_id, &name, &language).await? {
        Some(id) => (Held::template(channel, id), None),
        None => (Held::template_named(channel, &business_id, &name, &language), Some(UNKNOWN_TEMPLATE)),
    };
    Ok(Hold { held, merchant_id: Some(merchant_id), least, code, reason })
}

fn described(error: &PlatformError) -> String {
    format!("{} ({})", error.title, error.code)
}
