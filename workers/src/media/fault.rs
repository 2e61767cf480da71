//! Why a file is not where it should be, and what follows.

use std::time::Duration;

use serde_json::{Value, json};
use shared::channels::contract::{Remedy, Scope};
use shared::channels::media::MediaFault;
use shared::objects::ObjectError;
use shared::store::seal::SealError;

/// Why work on a file was not done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{title}")]
pub struct Fault {
    /// A word for programs.
    pub code: &'static str,
    /// A sentence for people.
    pub title: String,
    /// What follows.
    pub next: Next,
}

/// What follows from a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Next {
    /// It will never be there.
    Never,
    /// It is given up, but a person may ask for it once more.
    Person,
    /// It is tried again by itself, after this time at the earliest.
    Later(Duration),
    /// It is tried again a few times: it may have been bad luck.
    AFewTimes,
    /// The platform refuses the account: nothing goes before somebody has looked.
    PauseAccount,
}

impl Fault {
    /// A fault that stays.
    pub fn never(code: &'static str, title: impl Into<String>) -> Self {
        Self { code, title: title.into(), next: Next::Never }
    }

    /// A fault that a person may want to see tried again.
    pub fn person(code: &'static str, title: impl Into<String>) -> Self {
        Self { code, title: title.into(), next: Next::Person }
    }

    /// A fault that passes.
    pub fn later(code: &'static str, title: impl Into<String>, least: Duration) -> Self {
        Self { code, title: title.into(), next: Next::Later(least) }
    }

    /// A fault that passes if it was bad luck.
    pub fn a_few_times(code: &'static str, title: impl Into<String>) -> Self {
        Self { code, title: title.into(), next: Next::AFewTimes }
    }

    /// What the file's row says.
    pub fn to_json(&self) -> Value {
        json!({ "code": self.code, "title": self.title, "retryable": self.next != Next::Never })
    }
}

impl From<MediaFault> for Fault {
    fn from(fault: MediaFault) -> Self {
        let title = fault.to_string();
        match fault {
            MediaFault::Gone(_) => Self::person("GONE", title),
            MediaFault::Unsupported(_) => Self::never("UNSUPPORTED", title),
            MediaFault::Later { seconds, .. } => {
                Self::later("PLATFORM_FAILED", title, Duration::from_secs(seconds.into()))
            }
            MediaFault::Refused(error) => match error.remedy {
                Remedy::Retry { .. } => Self::a_few_times("PLATFORM_REFUSED", title),
                Remedy::BackOff { seconds, .. } => {
                    Self::later("PLATFORM_REFUSED", title, Duration::from_secs(seconds.into()))
                }
                Remedy::Pause { scope: Scope::Number | Scope::BusinessAccount | Scope::App } => {
                    Self { code: "ACCOUNT_REFUSED", title, next: Next::PauseAccount }
                }
                _ => Self::person("PLATFORM_REFUSED", title),
            },
        }
    }
}

impl From<SealError> for Fault {
    fn from(error: SealError) -> Self {
        match error {
            // This process was not given the right keys.
            SealError::NoKey { .. } => Self::later("STORE_FAILED", error.to_string(), Duration::from_mins(1)),
            _ => Self::person("STORE_BROKEN", error.to_string()),
        }
    }
}

impl From<ObjectError> for Fault {
    fn from(error: ObjectError) -> Self {
        match error {
            ObjectError::Source(source) => match source.downcast::<Self>() {
                Ok(fault) => *fault,
                Err(other) => Self::later("SOURCE_FAILED", other.to_string(), Duration::ZERO),
            },
            ObjectError::Missing(_) => Self::person("STORE_BROKEN", "it is not in the store where it should be"),
            error => Self::later("STORE_FAILED", error.to_string(), Duration::ZERO),
        }
    }
}
