//! What a platform tells of a message template, and what a template is after it.

use chrono::{DateTime, Duration, Utc};

use super::told::Told;

/// How news name a template. Some name it by its id alone.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRef {
    /// The platform's id; a number in its digits.
    pub platform_id: Option<String>,
    /// Name and language, which together are one template. The language with `_`, as sends write it,
    /// also where the platform wrote `en-US`.
    pub name: Option<(String, String)>,
}

/// News of a template.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TemplateNews {
    /// Of its approval.
    Status(StatusNews),
    /// Of its quality: `GREEN`, `YELLOW`, `RED`, `UNKNOWN`.
    Quality(String),
    /// Its parts were changed: the list, in JSON, in the form in which templates are created.
    Components(String),
    /// Of its category.
    Category(CategoryNews),
}

/// News of a template's approval.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct StatusNews {
    /// The platform's word: `APPROVED`, `PAUSED`, `REJECTED` and more.
    pub event: String,
    /// Why, for people.
    pub reason: Option<String>,
    /// The category it has, where the news say so.
    pub category: Option<String>,
    /// What kind of pause or end it is: `FIRST_PAUSE`, `SECOND_PAUSE`, `RATE_LIMITING_PAUSE`, `UNPAUSE`, `DISABLED`.
    pub title: Option<String>,
}

/// News of a template's category.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CategoryNews {
    /// The category it has now.
    pub current: String,
    /// The category that it is announced to get.
    pub next: Option<String>,
}

/// Whether the template may be sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub enum Hold {
    /// It may.
    #[default]
    None,
    /// The platform refuses it.
    Held {
        /// Until when; none where that lasts until the platform says otherwise.
        until: Option<DateTime<Utc>>,
        /// Why, for people.
        reason: String,
    },
}

/// The platform's word for where a template stands, and why.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct TemplateStatus {
    /// The word.
    pub word: String,
    /// Why, for people.
    pub reason: Option<String>,
}

/// A template as far as the platform has told of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TemplateRecord {
    /// The platform's id: that of the newest news, since a template can be deleted and made anew.
    pub platform_id: Told<Option<String>>,
    /// Where it stands.
    pub status: Told<TemplateStatus>,
    /// Whether it may be sent.
    pub hold: Told<Hold>,
    /// Its quality.
    pub quality: Told<Option<String>>,
    /// Its category.
    pub category: Told<Option<String>>,
    /// The category announced.
    pub next_category: Told<Option<String>>,
    /// Its parts, in JSON.
    pub components: Told<Option<String>>,
}

impl Default for TemplateRecord {
    fn default() -> Self {
        Self {
            platform_id: Told::never(None),
            status: Told::never(TemplateStatus { word: TemplateRecord::UNKNOWN.to_owned(), reason: None }),
            hold: Told::never(Hold::None),
            quality: Told::never(None),
            category: Told::never(None),
            next_category: Told::never(None),
            components: Told::never(None),
        }
    }
}

impl TemplateRecord {
    /// The status of a template of which nobody told where it stands.
    pub const UNKNOWN: &str = "UNKNOWN";

    /// Takes in what was told at `at`. Whether anything changed.
    pub fn hear(&mut self, platform_id: Option<&str>, news: &TemplateNews, at: DateTime<Utc>) -> bool {
        let known = platform_id.is_some_and(|id| self.platform_id.hear(Some(id.to_owned()), at));
        let heard = match news {
            TemplateNews::Status(news) => self.hear_status(news, at),
            TemplateNews::Quality(score) => self.quality.hear(Some(score.clone()), at),
            TemplateNews::Components(parts) => self.components.hear(Some(parts.clone()), at),
            TemplateNews::Category(news) => {
                let now = self.category.hear(Some(news.current.clone()), at);
                let next = self.next_category.hear(news.next.clone(), at);
                now || next
            }
        };
        known || heard
    }

    fn hear_status(&mut self, news: &StatusNews, at: DateTime<Utc>) -> bool {
        let status = TemplateStatus { word: news.event.clone(), reason: news.reason.clone() };
        let stands = self.status.hear(status, at);
        let category = news.category.clone().is_some_and(|category| self.category.hear(Some(category), at));
        let hold = news.hold(at).is_some_and(|hold| self.hold.hear(hold, at));
        stands || category || hold
    }
}

impl StatusNews {
    /// What the news mean for sends; `None` where they mean nothing for them. The title, where there is
    /// one, is finer than the event. Pauses for quality last 3 hours, then 6 (platform notes, section 8).
    pub fn hold(&self, at: DateTime<Utc>) -> Option<Hold> {
        match (self.title.as_deref(), self.event.as_str()) {
            (Some("UNPAUSE"), _) => Some(Hold::None),
            (Some("FIRST_PAUSE"), _) => Some(self.held_until(Some(at + Duration::hours(3)))),
            (Some("SECOND_PAUSE"), _) => Some(self.held_until(Some(at + Duration::hours(6)))),
            (Some("RATE_LIMITING_PAUSE" | "DISABLED"), _)
            | (_, "PAUSED" | "DISABLED" | "REJECTED" | "ARCHIVED" | "DELETED") => Some(self.held_until(None)),
            (_, "APPROVED" | "REINSTATED" | "UNPAUSED" | "UNARCHIVED") => Some(Hold::None),
            _ => None,
        }
    }

    fn held_until(&self, until: Option<DateTime<Utc>>) -> Hold {
        let reason = match &self.reason {
            Some(reason) => format!("{}; {reason}", self.event),
            None => self.event.clone(),
        };
        Hold::Held { until, reason }
    }
}

#[cfg(test)]
#[path = "template_tests.rs"]
mod tests;
