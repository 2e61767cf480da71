//! Telling a customer: who it is, in which words, by a template or without, and into which conversation.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde_json::{Map, Value};
use shared::domain::account::AccountStatus;
use shared::domain::channel::Channel;
use shared::domain::clock;
use shared::domain::consent::Purpose;
use shared::domain::identity::Identity;
use shared::domain::ids::ContactId;
use shared::domain::message::{Author, Content, limits};
use shared::domain::notification::{Language, Notice, fill};
use shared::domain::person::Person;
use shared::domain::window::{self, Window};
use shared::store::accounts::read::{self, Account};
use shared::store::contacts::{self, Sighting};
use shared::store::conversations::answer::{self, Answerable};
use shared::store::conversations::start;
use shared::store::messages::queue::PRIORITY_NOTIFICATION;
use shared::store::messages::search::{ORDER, TECHNICIAN};
use shared::store::notifications::{self as store, Addressee};
use shared::store::{StoreError, Transaction, consents, shops};
use uuid::Uuid;

use super::body::Told;
use super::template::{self, Wanted};
use crate::auth::Caller;
use crate::doors::Door;
use crate::error::{ApiError, FieldProblem};
use crate::routes::messages::{self, Outgoing, SentView};
use crate::state::AppState;

/// Where nobody says which language the customer reads.
const DEFAULT_LANGUAGE: Language = Language::En;

/// Queues the notification and waits a little for what becomes of it. `places` are what it fills of its own.
pub(super) async fn deliver(
    state: &AppState,
    caller: &Caller,
    door: Door,
    notice: Notice,
    told: Told,
    places: &[(&str, String)],
) -> Result<SentView, ApiError> {
    let merchant = caller.merchant_id;
    let mut transaction = state.begin(merchant).await?;
    let account = account(&mut transaction, caller, door.channel, &told).await?;
    let contact = addressee(&mut transaction, state, &account, &told.to).await?;
    if consents::withdrawn(&mut transaction, &[contact.id], Purpose::Utility).await?.contains(&contact.id) {
        return Err(ApiError::NoConsent("the customer does not want to be told of orders and appointments"));
    }
    let now = clock::now();
    let conversation = start::open(&mut transaction, merchant, account.id, contact.id, now).await?;
    let to = answer::lock(&mut transaction, merchant, door.channel, conversation).await?;
    let to = to.ok_or(ApiError::NotFound("conversation"))?;
    let values = Values::of(&told, &contact, &account, places);
    let content = content(&mut transaction, &account, &to, notice, &told, &contact, &values).await?;
    refer(&mut transaction, caller, &to, &told).await?;
    let outgoing = Outgoing {
        channel: door.channel,
        to: &to,
        contents: &[content],
        reply_to: None,
        reference: told.reference.as_deref(),
        // A system tells it, whoever presses the button: nobody takes the conversation over.
        author: Author::Api,
        priority: PRIORITY_NOTIFICATION,
        at: now,
    };
    let queued = messages::queue(&mut transaction, state, caller, &outgoing).await?;
    transaction.commit().await.map_err(StoreError::Sql)?;
    messages::sent(state, merchant, door.channel, queued).await
}

/// The account that tells it: the one that is named, else the primary one of the shop.
async fn account(
    transaction: &mut Transaction,
    caller: &Caller,
    channel: Channel,
    told: &Told,
) -> Result<Account, ApiError> {
    let merchant = caller.merchant_id;
    let found = if let Some(id) = told.account_id {
        let found = read::find(transaction, merchant, channel, &id.to_string()).await?;
        found
            .filter(|account| account.id == id)
            .ok_or_else(|| ApiError::invalid("accountId", "is no account of yours on this channel"))?
    } else {
        let shop = match &told.shop_id {
            Some(given) => shops::find(transaction, merchant, given).await?,
            None => shops::default_of(transaction, merchant).await?,
        };
        let shop = shop.ok_or_else(|| ApiError::Forbidden("the shop is not one of yours".to_owned()))?;
        let found = read::find(transaction, merchant, channel, &shop.id.to_string()).await?;
        found.ok_or_else(|| ApiError::Conflict("the shop has no account on this channel".to_owned()))?
    };
    if found.status == AccountStatus::Inactive {
        return Err(ApiError::Conflict("the account is disconnected".to_owned()));
    }
    Ok(found)
}

/// The contact that `to` names. A phone number that nobody has yet becomes a contact's.
async fn addressee(
    transaction: &mut Transaction,
    state: &AppState,
    account: &Account,
    to: &str,
) -> Result<Addressee, ApiError> {
    let merchant = account.merchant_id;
    if let Ok(id) = Uuid::parse_str(to) {
        let found = store::contact(transaction, merchant, ContactId(id)).await?;
        return found.ok_or_else(|| ApiError::invalid("to", "names no contact of yours"));
    }
    let address = match account.channel {
        Channel::WhatsApp => whatsapp_address(to),
        Channel::Messenger => Identity::psid(to),
        Channel::X => Identity::x_user(to),
    };
    let address = address.ok_or_else(|| ApiError::invalid("to", "must be a phone number or the id of a contact"))?;
    if let Some(known) = store::contact_of(transaction, merchant, account.id, &address).await? {
        return Ok(known);
    }
    if account.channel != Channel::WhatsApp {
        return Err(ApiError::invalid("to", "names nobody who has written to the account: only who has can be told"));
    }
    let person = Person { merchant_id: merchant, account_id: account.id, identities: Cow::Owned(vec![address]) };
    let sighting = Sighting { person, succession: None, display_name: None, username: None, at: clock::now() };
    let met = contacts::meet(transaction, &state.keyring, &[sighting]).await?;
    let id = met.contacts.first().copied().ok_or(ApiError::NotFound("contact"))?;
    if met.new.contains(&id) {
        store::named_by_api(transaction, merchant, id).await?;
    }
    store::contact(transaction, merchant, id).await?.ok_or(ApiError::NotFound("contact"))
}

/// A number as people write it, or a business-scoped id.
fn whatsapp_address(to: &str) -> Option<Identity> {
    const LEAST_DIGITS: usize = 6;
    const MOST_DIGITS: usize = 15;
    let plain: String = to.chars().filter(|c| !matches!(c, ' ' | '-' | '(' | ')' | '.')).collect();
    let digits = plain.trim_start_matches('+');
    if digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return (LEAST_DIGITS..=MOST_DIGITS).contains(&digits.len()).then(|| Identity::whatsapp(digits))?;
    }
    let (country, id) = to.split_once('.')?;
    let is_bsuid = country.len() == 2 && !id.is_empty() && id.bytes().all(|byte| byte.is_ascii_alphanumeric());
    is_bsuid.then(|| Identity::whatsapp(to))?
}

/// What fills the places of texts and templates, by name.
pub(super) struct Values(BTreeMap<String, String>);

impl Values {
    /// The request's own variables go before what Loa knows.
    fn of(told: &Told, contact: &Addressee, account: &Account, places: &[(&str, String)]) -> Self {
        let mut values = BTreeMap::new();
        let name = contact.display_name.clone().unwrap_or_default();
        let built_in = [("name", name), ("shop_name", account.display_name.clone().unwrap_or_default())];
        let built_in = built_in.into_iter().filter(|(_, value)| !value.is_empty());
        for (name, value) in built_in.chain(places.iter().map(|(name, value)| (*name, value.clone()))) {
            values.insert(name.to_owned(), value);
        }
        if let Some(reference) = &told.reference {
            values.insert("order".to_owned(), reference.clone());
        }
        values.extend(told.variables.clone());
        Self(values)
    }

    pub(super) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}

/// A template in the customer's language; else words, while the window is open; else a template in English.
async fn content(
    transaction: &mut Transaction,
    account: &Account,
    to: &Answerable,
    notice: Notice,
    told: &Told,
    contact: &Addressee,
    values: &Values,
) -> Result<Content, ApiError> {
    let merchant = account.merchant_id;
    let locale = contact.locale.as_deref();
    let language = told.language.or_else(|| locale.and_then(Language::of_locale)).unwrap_or(DEFAULT_LANGUAGE);
    let texts = store::texts(transaction, merchant).await?;
    let words = |language: Language| {
        let words = texts.get(&(notice, language)).map_or_else(|| notice.default_text(language), String::as_str);
        fill(words, |name| values.get(name)).map_err(|missing| missing_variables(&missing))
    };
    let approved = match (account.channel, &account.business_id) {
        (Channel::WhatsApp, Some(business)) => {
            store::approved(transaction, merchant, business, notice.template()).await?
        }
        _ => Vec::new(),
    };
    let own = words(language)?;
    // A locale says more than a language, unless the request names another.
    let locale = locale.filter(|locale| Language::of_locale(locale) == Some(language));
    let wanted = Wanted { notice, values, words: &own };
    if let Some(found) = template::choose(&approved, language, locale) {
        return template::content(found, &wanted);
    }
    let open = window::judge(account.channel, Author::Api, to.last_inbound_at, clock::now()) != Window::Closed;
    if open {
        let text = notice.message(language, told.reference.as_deref().unwrap_or_default(), &own);
        return checked(account.channel, Content::text_of(text));
    }
    if let Some(found) = template::choose(&approved, DEFAULT_LANGUAGE, None) {
        let own = words(DEFAULT_LANGUAGE)?;
        return template::content(found, &Wanted { notice, values, words: &own });
    }
    Err(ApiError::WindowClosed)
}

/// Held against the channel's limits: a text may be longer than one of them carries.
fn checked(channel: Channel, content: Content) -> Result<Content, ApiError> {
    match limits::check(channel, &content) {
        Ok(()) => Ok(content),
        Err(broken) => {
            Err(ApiError::Invalid(broken.into_iter().map(|one| FieldProblem::new("text", one.problem)).collect()))
        }
    }
}

pub(super) fn missing_variables(missing: &[String]) -> ApiError {
    let told = |name: &String| FieldProblem::new(format!("variables.{name}"), "is required by the text or template");
    ApiError::Invalid(missing.iter().map(told).collect())
}

/// A shop's order screen finds the thread by its order and its technician.
async fn refer(transaction: &mut Transaction, caller: &Caller, to: &Answerable, told: &Told) -> Result<(), StoreError> {
    let given = [(ORDER, &told.reference), (TECHNICIAN, &told.technician)];
    let refs: Map<String, Value> =
        given.into_iter().filter_map(|(name, value)| Some((name.to_owned(), Value::from(value.clone()?)))).collect();
    if refs.is_empty() {
        return Ok(());
    }
    start::refer(transaction, caller.merchant_id, to.id, &Value::Object(refs)).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_is_taken_as_people_write_it() {
        for written in ["+84 90 123 4567", "84901234567", "(84) 901-234-567"] {
            assert_eq!(whatsapp_address(written).unwrap().value, "84901234567", "{written}");
        }
        assert!(whatsapp_address("US.13491208655302741918").is_some());
        for wrong in ["", "+", "12345", "1234567890123456", "an@shop.example", "hello", "USA.1", "US."] {
            assert_eq!(whatsapp_address(wrong), None, "{wrong}");
        }
    }
}
