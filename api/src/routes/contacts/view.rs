use chrono::{DateTime, Utc};
use serde::Serialize;
use serde_json::Value;
use shared::domain::consent::Purpose;
use shared::domain::identity::IdentityKind;
use shared::domain::ids::{AccountId, ContactId};
use shared::store::contacts::read::{Address, Contact, Engagement, Standing};
use utoipa::ToSchema;

/// A contact in a list.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactView {
    id: ContactId,
    /// The account on which anyone last wrote.
    account_id: Option<AccountId>,
    /// WhatsApp's id, the phone number in digits; none for whom WhatsApp shows no number.
    wa_id: Option<String>,
    /// WhatsApp's id of who shows no number.
    business_scoped_user_id: Option<String>,
    /// Messenger's id.
    psid: Option<String>,
    /// X's id.
    twitter_user_id: Option<String>,
    username: Option<String>,
    display_name: Option<String>,
    /// No platform gives one that lasts.
    profile_image_url: Option<String>,
    email: Option<String>,
    locale: Option<String>,
    timezone: Option<String>,
    tags: Vec<String>,
    #[schema(value_type = Object)]
    attributes: Value,
    /// Whether marketing may be sent.
    opted_in: bool,
    consents: ConsentsView,
    source: String,
    conversation_count: i64,
    first_interaction_at: Option<DateTime<Utc>>,
    last_interaction_at: Option<DateTime<Utc>>,
    created_at: DateTime<Utc>,
}

/// What a contact last said to each purpose.
#[derive(Debug, Serialize, ToSchema)]
struct ConsentsView {
    marketing: StandingView,
    utility: StandingView,
    ai: StandingView,
}

/// What a contact last said to a purpose.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct StandingView {
    state: StateView,
    source: Option<String>,
    at: Option<DateTime<Utc>>,
}

#[derive(Clone, Copy, Debug, Serialize, ToSchema)]
#[serde(rename_all = "lowercase")]
enum StateView {
    Granted,
    Withdrawn,
    None,
}

impl ConsentsView {
    fn of(standings: &[Standing]) -> Self {
        let of = |purpose: Purpose| {
            let said = standings.iter().find(|standing| standing.purpose == purpose);
            StandingView {
                state: match said.map(|said| said.granted) {
                    Some(true) => StateView::Granted,
                    Some(false) => StateView::Withdrawn,
                    None => StateView::None,
                },
                source: said.map(|said| said.source.clone()),
                at: said.map(|said| said.at),
            }
        };
        Self { marketing: of(Purpose::Marketing), utility: of(Purpose::Utility), ai: of(Purpose::Ai) }
    }
}

impl From<Contact> for ContactView {
    fn from(contact: Contact) -> Self {
        let address = |kind: IdentityKind| {
            contact.addresses.iter().find(|address| address.kind == kind).map(|address| address.value.clone())
        };
        let consents = ConsentsView::of(&contact.consents);
        Self {
            id: contact.id,
            account_id: contact.account_id,
            wa_id: address(IdentityKind::Phone),
            business_scoped_user_id: address(IdentityKind::Bsuid),
            psid: address(IdentityKind::Psid),
            twitter_user_id: address(IdentityKind::XUser),
            username: contact.username,
            display_name: contact.display_name,
            profile_image_url: None,
            email: contact.email,
            locale: contact.locale,
            timezone: contact.timezone,
            tags: contact.tags,
            attributes: contact.attributes,
            opted_in: matches!(consents.marketing.state, StateView::Granted),
            consents,
            source: contact.source,
            conversation_count: contact.conversation_count,
            first_interaction_at: contact.first_interaction_at,
            last_interaction_at: contact.last_interaction_at,
            created_at: contact.created_at,
        }
    }
}

/// A contact by itself.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(super) struct ContactDetails {
    #[serde(flatten)]
    contact: ContactView,
    /// Everything it is written to by.
    identities: Vec<IdentityView>,
    engagement: EngagementView,
}

/// An address of a contact.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct IdentityView {
    kind: IdentityKind,
    value: String,
    /// The account on which it means something; none where it holds for all.
    account_id: Option<AccountId>,
}

/// How a contact and the merchant write to each other, by their latest messages.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
struct EngagementView {
    /// To the contact.
    messages_sent: i64,
    /// Of the contact.
    messages_received: i64,
    /// From a message of the contact to the answer right after it, as `5m 30s`.
    average_response_time: Option<String>,
}

impl ContactDetails {
    pub(super) fn new(contact: Contact, engagement: Engagement) -> Self {
        let identities = contact.addresses.iter().cloned().map(IdentityView::from).collect();
        Self {
            contact: contact.into(),
            identities,
            engagement: EngagementView {
                messages_sent: engagement.sent,
                messages_received: engagement.received,
                average_response_time: engagement.response_seconds.map(duration),
            },
        }
    }
}

impl From<Address> for IdentityView {
    fn from(address: Address) -> Self {
        let account_id = (!address.scope.is_nil()).then_some(AccountId(address.scope));
        Self { kind: address.kind, value: address.value, account_id }
    }
}

/// As people read it: `5m 30s`.
fn duration(seconds: f64) -> String {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "far below 2^53 and not negative")]
    let seconds = seconds.max(0.0).round() as u64;
    let (hours, minutes, rest) = (seconds / 3600, seconds / 60 % 60, seconds % 60);
    match (hours, minutes) {
        (0, 0) => format!("{rest}s"),
        (0, _) => format!("{minutes}m {rest}s"),
        _ => format!("{hours}h {minutes}m"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_duration_is_told_in_two_units() {
        assert_eq!([4.4, 330.0, 7_260.0].map(duration), ["4s", "5m 30s", "2h 1m"]);
    }
}
