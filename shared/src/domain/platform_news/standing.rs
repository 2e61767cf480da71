//! Where a business account stands with its platform: what is forbidden to it, and whether it works at all.

use std::collections::BTreeMap;

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};

/// News of a business account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BusinessNews {
    /// The platform's word: `ACCOUNT_RESTRICTION`, `DISABLED_UPDATE`, `PARTNER_ADDED` and more.
    pub event: String,
    /// The number it is about, where it is about one alone.
    pub number: Option<String>,
    /// What it does to the account's standing.
    pub effect: Effect,
}

/// What news do to an account's standing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Effect {
    /// Something is forbidden.
    Forbids(Vec<Forbidden>),
    /// The account is back.
    Restores,
    /// Nothing.
    Nothing,
}

/// Something that news forbid; [`Restriction`] once it is known when they were told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Forbidden {
    /// Its kind.
    pub kind: String,
    /// When it ends by itself.
    pub until: Option<DateTime<Utc>>,
    /// What more the platform says of it.
    pub note: Option<String>,
}

/// The kinds of restriction that end an account's service, and how people read them.
const ENDS: [(&str, &str); 3] = [
    ("DELETED", "WhatsApp deleted the business account"),
    ("DISABLED", "WhatsApp disabled the business account"),
    ("OFFBOARDED", "the number was taken off the WhatsApp Business Platform"),
];

/// Something that the platform forbids an account, or holds against it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct Restriction {
    /// The platform's word, such as `RESTRICTED_BIZ_INITIATED_MESSAGING`; `VIOLATION`, `DISABLED`,
    /// `SCHEDULED_FOR_DISABLE`, `DELETED` and `OFFBOARDED` are ours.
    #[serde(rename = "type")]
    pub kind: String,
    /// When it was told.
    pub at: DateTime<Utc>,
    /// When it ends by itself; none where it lasts until the account is restored.
    #[serde(default)]
    pub until: Option<DateTime<Utc>>,
    /// What more the platform says of it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What the platform forbids an account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Standing {
    restrictions: BTreeMap<String, Restriction>,
    restored_at: Option<DateTime<Utc>>,
}

impl Standing {
    /// The standing that rows hold.
    pub fn of(restrictions: Vec<Restriction>, restored_at: Option<DateTime<Utc>>) -> Self {
        let restrictions = restrictions.into_iter().map(|one| (one.kind.clone(), one)).collect();
        Self { restrictions, restored_at }
    }

    /// What is forbidden, by kind.
    pub fn restrictions(&self) -> Vec<Restriction> {
        self.restrictions.values().cloned().collect()
    }

    /// When the platform last said that the account is back.
    pub const fn restored_at(&self) -> Option<DateTime<Utc>> {
        self.restored_at
    }

    /// Why the account does not work at all, in a sentence; `None` where it does.
    pub fn ended(&self) -> Option<String> {
        let (restriction, sentence) =
            ENDS.iter().find_map(|(kind, sentence)| Some((self.restrictions.get(*kind)?, *sentence)))?;
        Some(match &restriction.note {
            Some(note) => format!("{sentence} ({note})"),
            None => sentence.to_owned(),
        })
    }

    /// Takes in what was told at `at`. Whether anything changed.
    pub fn hear(&mut self, effect: &Effect, at: DateTime<Utc>) -> bool {
        let before = self.clone();
        match effect {
            Effect::Nothing => {}
            Effect::Restores => {
                self.restored_at = self.restored_at.max(Some(at));
                let restored_at = self.restored_at;
                self.restrictions.retain(|_, one| Some(one.at) > restored_at);
            }
            Effect::Forbids(list) => {
                for Forbidden { kind, until, note } in list {
                    self.forbid(Restriction { kind: kind.clone(), at, until: *until, note: note.clone() });
                }
            }
        }
        *self != before
    }

    fn forbid(&mut self, new: Restriction) {
        // What was told before the account was restored is over, also where it comes late.
        if Some(new.at) <= self.restored_at {
            return;
        }
        match self.restrictions.get(&new.kind) {
            Some(old) if (old.at, old) >= (new.at, &new) => {}
            _ => drop(self.restrictions.insert(new.kind.clone(), new)),
        }
    }
}

#[cfg(test)]
#[path = "standing_tests.rs"]
mod tests;
