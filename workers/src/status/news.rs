//! What a batch says of accounts: kept whole, and applied where it is understood.

use std::collections::{HashMap, HashSet};

use chrono::{DateTime, Utc};
use serde_json::json;
use shared::channels::contract::AccountUpdate;
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::ids::{AccountId, AuditEntryId, MerchantId};
use shared::domain::platform_news::{AccountNews, FIELDS, Preference, SecurityNews};
use shared::domain::{clock, deterministic};
use shared::store::account_events::{self, AccountEvent};
use shared::store::accounts::news::{self as accounts, AccountTold, StandingChange};
use shared::store::audit::{self, Actor, Entry};
use shared::store::templates::news::{self as templates, TemplateTold};
use shared::store::unclaimed::keep::Reason;
use shared::store::{Keyring, PgConnection, StoreError};

use super::preferences;
use super::writing::{Aside, Read};

/// What became of one piece of news.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Heard {
    /// The platform's name of the kind of news; `other` for what is not understood.
    pub field: &'static str,
    /// What it did.
    pub outcome: Outcome,
}

/// What a piece of news did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Something is otherwise than before.
    Changed,
    /// It was known, older than what is known, or about a number that is not connected.
    Same,
    /// It was kept and has no further meaning.
    Kept,
    /// No connected account is concerned.
    Unclaimed,
}

impl Outcome {
    /// The name used in metrics.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Changed => "changed",
            Self::Same => "same",
            Self::Kept => "kept",
            Self::Unclaimed => "unclaimed",
        }
    }
}

/// Keeps the news of accounts and applies them; gives what became of each. Idempotent, in any order.
pub(super) async fn apply<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    read: &'a [Read<'a>],
    aside: &mut Aside<'a>,
) -> Result<Vec<Heard>, StoreError> {
    let concerned = concerned(conn, read).await?;
    let mut told = Told::default();
    for Read { event, parsed } in read {
        for (update, position) in parsed.account.iter().zip(0..) {
            let of_subject = concerned.get(&(event.head.channel, update.subject.clone()));
            let accounts: Vec<(AccountId, MerchantId)> = of_subject
                .into_iter()
                .flatten()
                .filter(|(_, _, app)| *app == event.head.app)
                .map(|(account, merchant, _)| (*account, *merchant))
                .collect();
            if accounts.is_empty() {
                aside.put(event, &update.subject, Reason::UnknownAccount);
            }
            told.add(update, &accounts, event.head.received_at);
            told.kept.extend(accounts.into_iter().map(|(account_id, merchant_id)| AccountEvent {
                event_id: event.head.id,
                position,
                merchant_id,
                account_id,
                subject: &update.subject,
                field: &update.field,
                value: &update.value,
                received_at: event.head.received_at,
            }));
        }
    }
    account_events::keep(conn, keyring, &told.kept).await?;
    told.apply(conn, keyring).await
}

type Concerned = HashMap<(Channel, String), Vec<(AccountId, MerchantId, String)>>;

async fn concerned(conn: &mut PgConnection, read: &[Read<'_>]) -> Result<Concerned, StoreError> {
    let subjects: HashSet<(Channel, String)> = read
        .iter()
        .flat_map(|Read { event, parsed }| {
            parsed.account.iter().map(|update| (event.head.channel, update.subject.clone()))
        })
        .collect();
    let subjects: Vec<(Channel, String)> = subjects.into_iter().collect();
    account_events::concerned(conn, &subjects).await
}

/// The news of a batch, sorted by what they are about. Each carries the place of its outcome.
#[derive(Default)]
struct Told<'a> {
    heard: Vec<Heard>,
    kept: Vec<AccountEvent<'a>>,
    templates: Vec<(usize, TemplateTold<'a>)>,
    accounts: Vec<(usize, MerchantId, AccountTold<'a>)>,
    preferences: Vec<(usize, preferences::Told<'a>)>,
}

impl<'a> Told<'a> {
    fn add(&mut self, update: &'a AccountUpdate, accounts: &[(AccountId, MerchantId)], received_at: DateTime<Utc>) {
        let place = self.heard.len();
        let field = FIELDS.into_iter().find(|field| *field == update.field).unwrap_or("other");
        let outcome = match &update.news {
            _ if accounts.is_empty() => Outcome::Unclaimed,
            None | Some(AccountNews::Alert(_) | AccountNews::Security(_)) => Outcome::Kept,
            Some(_) => Outcome::Same,
        };
        self.heard.push(Heard { field, outcome });
        let Some(news) = &update.news else { return };
        // A clock that runs ahead must not outlast everything that is told later.
        let at = update.at.unwrap_or(received_at).min(received_at);
        match news {
            AccountNews::Template { template, news } => {
                let merchants: HashSet<MerchantId> = accounts.iter().map(|(_, merchant)| *merchant).collect();
                self.templates.extend(merchants.into_iter().map(|merchant_id| {
                    (place, TemplateTold { merchant_id, business_id: &update.subject, template, news, at })
                }));
            }
            AccountNews::Preferences(list) => {
                for preference in list {
                    self.add_preference(place, preference, accounts, received_at);
                }
            }
            _ => {
                self.accounts.extend(accounts.iter().map(|(account_id, merchant)| {
                    (place, *merchant, AccountTold { account_id: *account_id, news, at })
                }));
            }
        }
    }

    fn add_preference(
        &mut self,
        place: usize,
        preference: &'a Preference,
        accounts: &[(AccountId, MerchantId)],
        received_at: DateTime<Utc>,
    ) {
        let Some(granted) = preference.consents_to_marketing() else { return };
        let at = preference.at.min(received_at);
        self.preferences.extend(accounts.iter().map(|(account_id, merchant_id)| {
            let told =
                preferences::Told { merchant_id: *merchant_id, account_id: *account_id, preference, granted, at };
            (place, told)
        }));
    }

    async fn apply(mut self, conn: &mut PgConnection, keyring: &Keyring) -> Result<Vec<Heard>, StoreError> {
        let of_templates: Vec<TemplateTold<'_>> = self.templates.iter().map(|(_, told)| *told).collect();
        let changed = templates::apply(conn, &of_templates).await?;
        let of_accounts: Vec<AccountTold<'_>> = self.accounts.iter().map(|(_, _, told)| *told).collect();
        let applied = accounts::apply(conn, &of_accounts).await?;
        let of_people: Vec<&preferences::Told<'_>> = self.preferences.iter().map(|(_, told)| told).collect();
        let noted = preferences::apply(conn, keyring, &of_people).await?;

        let mut entries: Vec<(AuditEntryId, Entry)> = applied.standings.iter().map(of_standing).collect();
        for ((_, merchant_id, told), is_meant) in self.accounts.iter().zip(&applied.meant) {
            if let (AccountNews::Security(news), true) = (told.news, is_meant) {
                entries.push(of_security(*merchant_id, told, news));
            }
        }
        audit::record_once(conn, &entries).await?;

        let places = self.templates.iter().map(|(place, _)| *place).zip(changed);
        let places = places.chain(self.accounts.iter().map(|(place, ..)| *place).zip(applied.changed));
        let places: Vec<(usize, bool)> =
            places.chain(self.preferences.iter().map(|(place, _)| (*place, noted > 0))).collect();
        for (place, _) in places.into_iter().filter(|(_, changed)| *changed) {
            self.heard[place].outcome = Outcome::Changed;
        }
        Ok(self.heard)
    }
}

fn of_standing(change: &StandingChange) -> (AuditEntryId, Entry) {
    let action = match (&change.before.status, &change.after.status) {
        (before, after) if before == after => "account.restricted",
        (_, AccountStatus::Error) => "account.suspended",
        _ => "account.restored",
    };
    let entry = Entry {
        merchant_id: change.merchant_id,
        actor: Actor::System,
        action,
        entity: "account",
        entity_id: change.account_id.0,
        before: serde_json::to_value(&change.before).ok(),
        after: serde_json::to_value(&change.after).ok(),
        at: clock::now(),
    };
    (AuditEntryId::new(), entry)
}

fn of_security(merchant_id: MerchantId, told: &AccountTold<'_>, news: &SecurityNews) -> (AuditEntryId, Entry) {
    let entry = Entry {
        merchant_id,
        actor: Actor::System,
        action: "account.security",
        entity: "account",
        entity_id: told.account_id.0,
        before: None,
        after: Some(json!({ "event": news.event, "requester": news.requester })),
        at: told.at,
    };
    (deterministic::audit_id(told.account_id, &news.event, told.at), entry)
}
