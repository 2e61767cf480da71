//! Whether a message may still go. Asked at the send: what held when it was queued may be over. Pure.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::message::Author;
use shared::domain::status::MessageStatus;
use shared::domain::window::{self, Window};
use shared::store::outbox::Claimed;

/// Why a message does not go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refusal {
    /// The contact was erased, and the message with it.
    Erased,
    /// No address of the contact is one that the account can write to.
    NoAddress,
    /// A person has taken the conversation: flow and AI stand aside.
    HumanHandled,
    /// The customer-service window is closed, and the message is no template.
    WindowClosed,
    /// The customer has not given the consent that it needs, or withdrew it.
    NoConsent,
    /// The customer was out of reach on several days, and it is of a campaign.
    Unreachable,
    /// The platform does not let the account write to the customer's country.
    CountryBarred,
    /// The platform takes its template no more.
    TemplateHeld,
}

/// What holds of a message besides what its own row says.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Circumstances {
    /// Its contact has not given the consent that its kind needs, or withdrew it.
    pub no_consent: bool,
    /// Its account may not write to the customer's country.
    pub country_barred: bool,
    /// Its template is on hold.
    pub template_held: bool,
}

impl Refusal {
    /// How the message ends.
    pub const fn status(self) -> MessageStatus {
        match self {
            Self::Erased | Self::HumanHandled => MessageStatus::Cancelled,
            Self::NoAddress
            | Self::WindowClosed
            | Self::NoConsent
            | Self::Unreachable
            | Self::CountryBarred
            | Self::TemplateHeld => MessageStatus::Failed,
        }
    }

    /// The name in metrics and in the message's error.
    pub const fn code(self) -> &'static str {
        match self {
            Self::Erased => "ERASED",
            Self::NoAddress => "NO_ADDRESS",
            Self::HumanHandled => "HUMAN_HANDLED",
            Self::WindowClosed => "WINDOW_CLOSED",
            Self::NoConsent => "NO_CONSENT",
            Self::Unreachable => "UNREACHABLE",
            Self::CountryBarred => "COUNTRY_BARRED",
            Self::TemplateHeld => "TEMPLATE_HELD",
        }
    }

    /// What the message's row says.
    pub fn error(self) -> Value {
        let title = match self {
            Self::Erased => "the contact was erased",
            Self::NoAddress => "the contact has no address that this account can write to",
            Self::HumanHandled => "a person has taken the conversation",
            Self::WindowClosed => "the customer-service window is closed; a template may go",
            Self::NoConsent => "the customer has not consented, or withdrew consent",
            Self::Unreachable => "the customer could not be reached on several days",
            Self::CountryBarred => "the platform does not let this account write to the customer's country",
            Self::TemplateHeld => "the platform takes this template no more",
        };
        json!({ "code": self.code(), "title": title })
    }
}

/// Judges `claimed`, which is to go out on `channel`. Gives what the window allows.
pub fn judge(
    claimed: &Claimed,
    channel: Channel,
    circumstances: Circumstances,
    now: DateTime<Utc>,
) -> Result<Window, Refusal> {
    let content = claimed.content.as_ref().ok_or(Refusal::Erased)?;
    if claimed.addresses.is_empty() {
        return Err(Refusal::NoAddress);
    }
    if claimed.human_handled && matches!(claimed.author, Author::Flow | Author::Ai) {
        return Err(Refusal::HumanHandled);
    }
    if circumstances.no_consent && matches!(claimed.author, Author::Flow | Author::Ai | Author::Campaign) {
        return Err(Refusal::NoConsent);
    }
    if claimed.unreachable && claimed.author == Author::Campaign {
        return Err(Refusal::Unreachable);
    }
    if circumstances.country_barred {
        return Err(Refusal::CountryBarred);
    }
    if circumstances.template_held {
        return Err(Refusal::TemplateHeld);
    }
    let window = window::judge(channel, claimed.author, claimed.last_inbound_at, now);
    if window.lets_through(channel, content) { Ok(window) } else { Err(Refusal::WindowClosed) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::domain::clock;
    use shared::domain::identity::Identity;
    use shared::domain::ids::{ContactId, ConversationId, MerchantId, MessageId};
    use shared::domain::message::Content;

    use super::*;

    fn claimed(author: Author) -> Claimed {
        Claimed {
            message_id: MessageId::new(),
            merchant_id: MerchantId::new(),
            conversation_id: ConversationId::new(),
            contact_id: ContactId::new(),
            campaign_id: None,
            author,
            content: Some(Content::text_of("hello")),
            reply_to: None,
            attempt: 0,
            own_tries: 0,
            queued_at: clock::now(),
            last_inbound_at: Some(clock::now() - TimeDelta::hours(1)),
            human_handled: false,
            unreachable: false,
            addresses: Identity::whatsapp("84901234567").into_iter().collect(),
            trace: None,
        }
    }

    fn refusal(claimed: &Claimed, no_consent: bool) -> Option<Refusal> {
        let circumstances = Circumstances { no_consent, ..Circumstances::default() };
        judge(claimed, Channel::WhatsApp, circumstances, clock::now()).err()
    }

    #[test]
    fn an_answer_inside_the_window_goes() {
        assert_eq!(refusal(&claimed(Author::Agent), false), None);
    }

    #[test]
    fn a_window_that_closed_while_the_message_waited_stops_it() {
        let mut late = claimed(Author::Agent);
        late.last_inbound_at = Some(clock::now() - TimeDelta::hours(25));
        assert_eq!(refusal(&late, false), Some(Refusal::WindowClosed));
    }

    #[test]
    fn a_template_goes_outside_the_window_too() {
        let template = r#"{"type":"template","name":"order_ready","language":"vi"}"#;
        let mut late = claimed(Author::Agent);
        (late.content, late.last_inbound_at) = (serde_json::from_str(template).ok(), None);
        assert!(late.content.is_some());
        assert_eq!(refusal(&late, false), None);
    }

    #[test]
    fn neither_flow_nor_ai_speaks_where_a_person_has_taken_over() {
        for (author, expected) in [
            (Author::Flow, Some(Refusal::HumanHandled)),
            (Author::Ai, Some(Refusal::HumanHandled)),
            (Author::Agent, None),
            (Author::System, None),
        ] {
            let claimed = Claimed { human_handled: true, ..claimed(author) };
            assert_eq!(refusal(&claimed, false), expected, "{author}");
        }
    }

    #[test]
    fn a_missing_consent_stops_what_needs_it_and_nothing_else() {
        assert_eq!(refusal(&claimed(Author::Flow), true), Some(Refusal::NoConsent));
        assert_eq!(refusal(&claimed(Author::Campaign), true), Some(Refusal::NoConsent));
        assert_eq!(refusal(&claimed(Author::System), true), None);
        assert_eq!(refusal(&claimed(Author::Agent), true), None);
    }

    #[test]
    fn nothing_goes_to_an_erased_contact() {
        let erased = Claimed { content: None, ..claimed(Author::Agent) };
        assert_eq!(refusal(&erased, false).map(Refusal::status), Some(MessageStatus::Cancelled));
    }

    #[test]
    fn a_customer_out_of_reach_gets_no_campaign_and_may_still_be_answered() {
        for (author, expected) in [(Author::Campaign, Some(Refusal::Unreachable)), (Author::Agent, None)] {
            let claimed = Claimed { unreachable: true, ..claimed(author) };
            assert_eq!(refusal(&claimed, false), expected, "{author}");
        }
    }

    #[test]
    fn a_barred_country_and_a_held_template_stop_whoever_sends() {
        for author in [Author::Agent, Author::Campaign] {
            let judged = |circumstances| judge(&claimed(author), Channel::WhatsApp, circumstances, clock::now());
            let barred = Circumstances { country_barred: true, ..Circumstances::default() };
            assert_eq!(judged(barred), Err(Refusal::CountryBarred));
            let held = Circumstances { template_held: true, ..Circumstances::default() };
            assert_eq!(judged(held), Err(Refusal::TemplateHeld));
        }
    }
}
