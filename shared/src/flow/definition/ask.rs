//! Questions, and what counts as an answer.

use serde::{Deserialize, Serialize};

use super::message::{MessageTemplate, OfferedButton};
use super::text::Localised;

/// Says something and waits for the answer.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct Ask {
    /// The question.
    pub message: MessageTemplate,
    /// What an answer must be.
    pub answer: Validation,
    /// The variable that keeps it.
    #[serde(default)]
    pub variable: Option<String>,
    /// The attribute of the customer that keeps it.
    #[serde(default)]
    pub attribute: Option<String>,
    /// What happens to an answer that is not.
    #[serde(default)]
    pub again: AskedAgain,
    /// Seconds from the moment the question was sent until `timed_out`; the session's own limit where none is given.
    #[serde(default)]
    pub timeout: Option<u64>,
}

/// What an answer must be. In a document its name is the `type` beside its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum Validation {
    /// Words.
    Text {
        /// At least so many characters.
        #[serde(default)]
        min: Option<u32>,
        /// At most so many.
        #[serde(default)]
        max: Option<u32>,
    },
    /// A number; kept as one.
    Number {
        /// At least.
        #[serde(default)]
        min: Option<f64>,
        /// At most.
        #[serde(default)]
        max: Option<f64>,
    },
    /// An e-mail address.
    Email {},
    /// A phone number; kept as digits with a plus.
    Phone {
        /// The country of a number without its code, such as `VN`.
        #[serde(default)]
        country: Option<String>,
    },
    /// A day: `2026-12-31`, `31/12/2026`, `31.12.2026`; kept as the first.
    Date {
        /// Not before today.
        #[serde(default)]
        future: bool,
    },
    /// One of these: tapped, or written by its title, id or number. Shown as buttons, or as a list where there are
    /// more than three, unless the message is one of them already.
    Choice {
        /// The choices.
        choices: Vec<OfferedButton>,
    },
    /// Words that match a pattern from end to end.
    Regex {
        /// The pattern.
        pattern: String,
    },
    /// Any message, a file included.
    Any {},
}

/// What happens to an answer that is not what it must be.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
pub struct AskedAgain {
    /// How often it is asked for again.
    #[serde(default = "twice")]
    pub times: u32,
    /// With these words; with the question itself where there are none.
    #[serde(default)]
    pub message: Option<Localised>,
}

impl Default for AskedAgain {
    fn default() -> Self {
        Self { times: twice(), message: None }
    }
}

const fn twice() -> u32 {
    2
}
