//! Whether a message may still go. Asked at the send: what held when it was queued may be over. Pure.

use chrono::{DateTime, Utc};
use serde_json::{Value, json};
use shared::domain::channel::Channel;
use shared::domain::message::{Author, Content};
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
    /// The customer withdrew the consent that it needs.
    NoConsent,
}

impl Refusal {
    /// How the message ends.
    pub const fn status(self) -> MessageStatus {
        match self {
            Self::Erased | Self::HumanHandled => MessageStatus::Cancelled,
            Self::NoAddress | Self::WindowClosed | Self::NoConsent => MessageStatus::Failed,
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
        }
    }

    /// What the message's row says.
    pub fn error(self) -> Value {
        let title = match self {
            Self::Erased => "the contact was erased",
            Self::NoAddress => "the contact has no address that this account can write to",
            Self::HumanHandled => "a person has taken the conversation",
            Self::WindowClosed => "the customer-service window is closed; a template may go",
            Self::NoConsent => "the customer withdrew consent",
        };
        json!({ "code": self.code(), "title": title })
    }
}

/// Judges `claimed`, which is to go out on `channel`; `withdrawn` says that its contact withdrew the
/// consent its kind needs. Gives what it says and what the window allows.
pub fn judge(
    claimed: &Claimed,
    channel: Channel,
    withdrawn: bool,
    now: DateTime<Utc>,
) -> Result<(&Content, Window), Refusal> {
    let content = claimed.content.as_ref().ok_or(Refusal::Erased)?;
    if claimed.addresses.is_empty() {
        return Err(Refusal::NoAddress);
    }
    if claimed.human_handled && matches!(claimed.author, Author::Flow | Author::Ai) {
        return Err(Refusal::HumanHandled);
    }
    if withdrawn && matches!(claimed.author, Author::Ai | Author::Campaign) {
        return Err(Refusal::NoConsent);
    }
    let window = window::judge(channel, claimed.author, claimed.last_inbound_at, now);
    if window.lets_through(channel, content) { Ok((content, window)) } else { Err(Refusal::WindowClosed) }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use shared::domain::clock;
    use shared::domain::identity::Identity;
    use shared::domain::ids::{ContactId, ConversationId, MerchantId, MessageId};

    use super::*;

    fn claimed(author: Author) -> Claimed {
        Claimed {
            message_id: MessageId::new(),
            merchant_id: MerchantId::new(),
            conversation_id: ConversationId::new(),
            contact_id: ContactId::new(),
            author,
            content: Some(Content::text_of("hello")),
            reply_to: None,
            attempt: 0,
            last_inbound_at: Some(clock::now() - TimeDelta::hours(1)),
            human_handled: false,
            addresses: Identity::whatsapp("84901234567").into_iter().collect(),
        }
    }

    fn refusal(claimed: &Claimed, withdrawn: bool) -> Option<Refusal> {
        judge(claimed, Channel::WhatsApp, withdrawn, clock::now()).err()
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
    fn withdrawn_consent_stops_what_needs_it_and_nothing_else() {
        assert_eq!(refusal(&claimed(Author::Campaign), true), Some(Refusal::NoConsent));
        assert_eq!(refusal(&claimed(Author::System), true), None);
        assert_eq!(refusal(&claimed(Author::Agent), true), None);
    }

    #[test]
    fn nothing_goes_to_an_erased_contact() {
        let erased = Claimed { content: None, ..claimed(Author::Agent) };
        assert_eq!(refusal(&erased, false).map(Refusal::status), Some(MessageStatus::Cancelled));
    }
}
