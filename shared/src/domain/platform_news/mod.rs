//! What a platform tells of itself: of templates, numbers, limits, bans and wishes, with the rules that
//! decide what stands when such news come late, twice and out of order.
//!
//! Every value remembers when the platform told it ([`Told`]), each by itself, and the newest stands. So
//! any order of the same news ends in the same state.

mod account;
mod limit;
mod standing;
mod template;
mod told;

use chrono::{DateTime, Utc};

use super::identity::Identity;

pub use account::{AccountRecord, CapabilityNews, NameNews, QualityNews};
pub use limit::MessagingLimit;
pub use standing::{BusinessNews, Effect, Forbidden, Restriction, Standing};
pub use template::{CategoryNews, Hold, StatusNews, TemplateNews, TemplateRecord, TemplateRef, TemplateStatus};
pub use told::Told;

/// The fields of WhatsApp's webhooks that are understood (platform notes, section 4).
pub const FIELDS: [&str; 12] = [
    "message_template_status_update",
    "message_template_quality_update",
    "message_template_components_update",
    "template_category_update",
    "phone_number_quality_update",
    "phone_number_name_update",
    "account_update",
    "account_review_update",
    "account_alerts",
    "business_capability_update",
    "user_preferences",
    "security",
];

/// News of an account, understood.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum AccountNews {
    /// Of a message template.
    Template {
        /// Which.
        template: TemplateRef,
        /// What.
        news: TemplateNews,
    },
    /// Of a number's quality, throughput or limit.
    Quality(QualityNews),
    /// Of a number's display name.
    Name(NameNews),
    /// Of the business account: bans, restrictions, partners.
    Business(BusinessNews),
    /// The account was reviewed; the platform's word for the decision.
    Review(String),
    /// A notice to its owners, which changes nothing by itself.
    Alert(AlertNews),
    /// What the business may do.
    Capability(CapabilityNews),
    /// What customers want of it.
    Preferences(Vec<Preference>),
    /// Somebody touched a number's two-step verification.
    Security(SecurityNews),
}

/// A notice to the owners of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct AlertNews {
    /// The platform's word for its kind.
    pub kind: String,
    /// `CRITICAL`, `WARNING`, `INFORMATIONAL`, or what comes next.
    pub severity: Option<String>,
}

/// A number's two-step verification was touched.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecurityNews {
    /// The number, as the platform writes it.
    pub number: Option<String>,
    /// `PIN_CHANGED`, `PIN_RESET_REQUEST`, `PIN_RESET_SUCCESS`, or what comes next.
    pub event: String,
    /// Who asked for it, by the platform's id.
    pub requester: Option<String>,
}

/// What a customer wants to get from the business, said to the platform itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Preference {
    /// The customer's addresses; at least one.
    pub identities: Vec<Identity>,
    /// The name they show.
    pub display_name: Option<String>,
    /// The user name they show.
    pub username: Option<String>,
    /// What it is about, in the platform's word: `marketing_messages`.
    pub category: String,
    /// What they chose.
    pub choice: Choice,
    /// The platform's words for it.
    pub words: String,
    /// When.
    pub at: DateTime<Utc>,
}

impl Preference {
    /// Whether it grants (`true`) or withdraws consent to marketing; `None` where it does neither.
    pub fn consents_to_marketing(&self) -> Option<bool> {
        if self.category != "marketing_messages" {
            return None;
        }
        match self.choice {
            Choice::Stop => Some(false),
            Choice::Resume | Choice::SignUp => Some(true),
            Choice::Other => None,
        }
    }
}

/// What a customer chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Choice {
    /// No more of it.
    Stop,
    /// More of it again.
    Resume,
    /// Asked for it by a link of the business.
    SignUp,
    /// A word of the platform that is not known yet.
    Other,
}
