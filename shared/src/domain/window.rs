//! When a free-form message may go to a customer.

use chrono::{DateTime, TimeDelta, Utc};

use super::channel::Channel;
use super::message::{Author, Content};

/// WhatsApp and Messenger: free-form messages may go for 24 h after the customer last wrote.
pub const CUSTOMER_SERVICE_WINDOW: TimeDelta = TimeDelta::hours(24);
/// Messenger: a person (never automation) may answer for seven days, with the tag `HUMAN_AGENT`.
pub const HUMAN_AGENT_WINDOW: TimeDelta = TimeDelta::days(7);

/// What the platform's window allows right now.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Window {
    /// A free-form message may go.
    Open,
    /// It may go with Messenger's `HUMAN_AGENT` tag.
    HumanAgent,
    /// Only a template may go.
    Closed,
}

impl Window {
    /// Whether `content` may go out on `channel`: outside the window WhatsApp takes templates alone,
    /// and Messenger nothing that Loa sends.
    pub const fn lets_through(self, channel: Channel, content: &Content) -> bool {
        match self {
            Self::Open | Self::HumanAgent => true,
            Self::Closed => matches!(channel, Channel::WhatsApp) && content.is_template(),
        }
    }
}

/// Judges the window of a conversation whose customer last wrote at `last_inbound_at`.
pub fn judge(channel: Channel, author: Author, last_inbound_at: Option<DateTime<Utc>>, now: DateTime<Utc>) -> Window {
    if channel == Channel::X {
        return Window::Open;
    }
    let Some(last) = last_inbound_at else {
        return Window::Closed;
    };
    if now < last + CUSTOMER_SERVICE_WINDOW {
        return Window::Open;
    }
    let by_a_person = author == Author::Agent;
    if channel == Channel::Messenger && by_a_person && now < last + HUMAN_AGENT_WINDOW {
        return Window::HumanAgent;
    }
    Window::Closed
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(hours: i64, channel: Channel, author: Author) -> Window {
        let last = DateTime::UNIX_EPOCH;
        judge(channel, author, Some(last), last + TimeDelta::hours(hours))
    }

    #[test]
    fn whatsapp_closes_after_a_day() {
        assert_eq!(after(23, Channel::WhatsApp, Author::Agent), Window::Open);
        assert_eq!(after(24, Channel::WhatsApp, Author::Agent), Window::Closed);
    }

    #[test]
    fn messenger_lets_people_but_not_bots_answer_for_a_week() {
        assert_eq!(after(24 * 6, Channel::Messenger, Author::Agent), Window::HumanAgent);
        assert_eq!(after(24 * 6, Channel::Messenger, Author::Flow), Window::Closed);
        assert_eq!(after(24 * 7, Channel::Messenger, Author::Agent), Window::Closed);
    }

    #[test]
    fn x_has_no_window() {
        assert_eq!(after(24 * 365, Channel::X, Author::Flow), Window::Open);
    }

    #[test]
    fn a_customer_who_never_wrote_has_opened_none() {
        let now = DateTime::UNIX_EPOCH;
        assert_eq!(judge(Channel::WhatsApp, Author::Agent, None, now), Window::Closed);
    }

    #[test]
    fn outside_the_window_a_template_alone_goes_and_on_whatsapp_alone() {
        let template = r#"{"type":"template","name":"order_ready","language":"vi"}"#;
        let template: Content = serde_json::from_str(template).unwrap();
        assert!(Window::Closed.lets_through(Channel::WhatsApp, &template));
        assert!(!Window::Closed.lets_through(Channel::Messenger, &template));
        let text = Content::text_of("hello");
        assert!(!Window::Closed.lets_through(Channel::WhatsApp, &text));
        assert!(Window::HumanAgent.lets_through(Channel::Messenger, &text));
    }
}
