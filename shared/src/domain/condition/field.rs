//! What can be asked about.

use std::str::FromStr;

use crate::domain::consent::Purpose;

/// What can be asked about: a closed list, so that no name of an author's ever becomes part of a statement.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub enum Field {
    /// What the customer calls themselves.
    Name,
    /// Their name on the platform.
    Username,
    /// Their number, in digits.
    Phone,
    /// Their e-mail address.
    Email,
    /// Their language.
    Locale,
    /// Their clock.
    Timezone,
    /// How they came.
    Source,
    /// Their tags.
    Tags,
    /// What is known of them besides: the way to it.
    Attribute(Vec<String>),
    /// Whether they granted a purpose; missing where it was never spoken of.
    Consent(Purpose),
    /// When they were first in touch.
    FirstInteractionAt,
    /// When they were last in touch.
    LastInteractionAt,
    /// When the merchant came to know them.
    CreatedAt,
    /// In flows: what the flow has learnt; the way to it.
    Variable(Vec<String>),
    /// In flows: what the customer said last.
    MessageText,
    /// In flows: whether the business is there now.
    AccountOpen,
    /// In flows: what the thread refers to.
    Reference(String),
}

/// What kind of fact a field is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    Text,
    Tags,
    /// Anything that JSON can say.
    Json,
    Truth,
    Moment,
}

/// Names of fields that are not the beginning of a way.
const PLAIN: [(&str, Field); 13] = [
    ("name", Field::Name),
    ("username", Field::Username),
    ("phone", Field::Phone),
    ("email", Field::Email),
    ("locale", Field::Locale),
    ("timezone", Field::Timezone),
    ("source", Field::Source),
    ("tags", Field::Tags),
    ("firstInteractionAt", Field::FirstInteractionAt),
    ("lastInteractionAt", Field::LastInteractionAt),
    ("createdAt", Field::CreatedAt),
    ("message.text", Field::MessageText),
    ("account.open", Field::AccountOpen),
];
/// The deepest way.
const STEPS: usize = 8;

impl Field {
    pub(super) const fn kind(&self) -> Kind {
        match self {
            Self::Name
            | Self::Username
            | Self::Phone
            | Self::Email
            | Self::Locale
            | Self::Timezone
            | Self::Source
            | Self::MessageText
            | Self::Reference(_) => Kind::Text,
            Self::Tags => Kind::Tags,
            Self::Attribute(_) | Self::Variable(_) => Kind::Json,
            Self::Consent(_) | Self::AccountOpen => Kind::Truth,
            Self::FirstInteractionAt | Self::LastInteractionAt | Self::CreatedAt => Kind::Moment,
        }
    }

    /// Whether a flow alone knows it: there is no such thing to ask of a row.
    pub const fn is_of_flows(&self) -> bool {
        matches!(self, Self::Variable(_) | Self::MessageText | Self::AccountOpen | Self::Reference(_))
    }
}

/// The name is none of a field; says what could have been.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoField {
    /// There is no such field.
    #[error(
        "unknown field `{0}`, expected one of: name, username, phone, email, locale, timezone, source, tags, \
         attributes.…, consent.marketing, consent.utility, consent.ai, firstInteractionAt, lastInteractionAt, \
         createdAt; in flows also variables.…, message.text, account.open, conversation.references.…"
    )]
    Unknown(String),
    /// The way leads nowhere.
    #[error("`{0}` must name something behind its first dot, in at most 8 steps, none of them empty or a number")]
    Way(String),
}

impl FromStr for Field {
    type Err = NoField;

    /// A leading `contact.` may stand before what is asked of the contact.
    fn from_str(name: &str) -> Result<Self, NoField> {
        let unknown = || NoField::Unknown(name.to_owned());
        let own = name.strip_prefix("contact.").unwrap_or(name);
        if let Some((_, field)) = PLAIN.iter().find(|(plain, _)| *plain == own) {
            return Ok(field.clone());
        }
        let (first, rest) = own.split_once('.').ok_or_else(unknown)?;
        match first {
            "attributes" => way(name, rest).map(Self::Attribute),
            "variables" => way(name, rest).map(Self::Variable),
            "consent" => rest.parse().map(Self::Consent).map_err(|_| unknown()),
            "conversation" => match rest.split_once('.') {
                Some(("references", key)) if !key.is_empty() => Ok(Self::Reference(key.to_owned())),
                _ => Err(unknown()),
            },
            _ => Err(unknown()),
        }
    }
}

/// The steps of a way. A number is none: in SQL it would look into a list.
fn way(name: &str, rest: &str) -> Result<Vec<String>, NoField> {
    let steps: Vec<String> = rest.split('.').map(str::to_owned).collect();
    let is_step = |step: &String| !step.is_empty() && step.parse::<i64>().is_err() && !step.contains('\0');
    if steps.len() <= STEPS && steps.iter().all(is_step) { Ok(steps) } else { Err(NoField::Way(name.to_owned())) }
}
