//! The templates of all WABAs.

use std::collections::HashMap;
use std::sync::Mutex;

use chrono::{DateTime, TimeDelta, Utc};
use serde_json::Value;

use super::demo;
use super::design::Design;
use super::standing::{Category, Quality, Status};
use crate::lock::lock;

/// How many WABAs have templates of their own; past it all are forgotten.
const MAX_WABAS: usize = 10_000;
/// Templates API: templates of a WABA whose portfolio is not verified.
const MAX_TEMPLATES: usize = 250;
/// Templates API: templates that a WABA may make in an hour.
const MAX_IN_AN_HOUR: usize = 100;
/// Templates API: how long the name of a deleted template cannot be used.
const NAME_BLOCKED_FOR: TimeDelta = TimeDelta::days(30);
/// Templates API: edits of an approved template.
const EDIT_EVERY: TimeDelta = TimeDelta::hours(24);
const EDITS_IN_30_DAYS: usize = 10;

/// A template of a WABA in one language.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    pub(crate) id: String,
    pub(crate) waba: String,
    pub(crate) name: String,
    pub(crate) language: String,
    pub(crate) category: Category,
    pub(crate) status: Status,
    pub(crate) quality: Quality,
    /// As they were given.
    pub(crate) components: Vec<Value>,
    pub(crate) design: Design,
}

/// Templates by WABA, oldest first. A WABA that is asked for the first time gets the demo's.
#[derive(Default)]
pub(crate) struct Shelf(Mutex<HashMap<String, Holdings>>);

/// What a WABA has and did.
struct Holdings {
    templates: Vec<Template>,
    made: Vec<DateTime<Utc>>,
    deleted: HashMap<String, DateTime<Utc>>,
    edits: HashMap<String, Vec<DateTime<Utc>>>,
}

/// Why a template was not added.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum NotAdded {
    Exists,
    NameBlocked,
    TooMany,
    TooFast,
}

impl Shelf {
    /// The template of `waba` with this name and language.
    pub(crate) fn find(&self, waba: &str, name: &str, language: &str) -> Option<Template> {
        self.with(waba, |templates| {
            templates.iter().find(|template| template.name == name && template.language == language).cloned()
        })
    }

    /// The template with this id.
    pub(crate) fn by_id(&self, id: &str) -> Option<Template> {
        let wabas = lock(&self.0);
        wabas.values().flat_map(|holdings| &holdings.templates).find(|template| template.id == id).cloned()
    }

    /// Does something with the templates of `waba`.
    pub(crate) fn with<T>(&self, waba: &str, then: impl FnOnce(&mut Vec<Template>) -> T) -> T {
        self.holdings(waba, |holdings| then(&mut holdings.templates))
    }

    /// Adds a template as a business does, by the rules for it.
    pub(crate) fn create(&self, template: Template, now: DateTime<Utc>) -> Result<(), NotAdded> {
        let waba = template.waba.clone();
        self.holdings(&waba, |holdings| {
            holdings.made.retain(|made| now - *made < TimeDelta::hours(1));
            let is_same = |known: &Template| known.name == template.name && known.language == template.language;
            let is_blocked = |deleted: &DateTime<Utc>| now - *deleted < NAME_BLOCKED_FOR;
            if holdings.templates.iter().any(is_same) {
                return Err(NotAdded::Exists);
            }
            if holdings.deleted.get(&template.name).is_some_and(is_blocked) {
                return Err(NotAdded::NameBlocked);
            }
            if holdings.templates.len() >= MAX_TEMPLATES {
                return Err(NotAdded::TooMany);
            }
            if holdings.made.len() >= MAX_IN_AN_HOUR {
                return Err(NotAdded::TooFast);
            }
            holdings.made.push(now);
            holdings.templates.push(template);
            Ok(())
        })
    }

    /// Puts a template there on command, in place of one of its name and language.
    pub(crate) fn put(&self, template: Template) {
        self.with(&template.waba.clone(), |templates| {
            templates.retain(|known| known.name != template.name || known.language != template.language);
            templates.truncate(MAX_TEMPLATES);
            templates.push(template);
        });
    }

    /// Changes a template; what it is then.
    pub(crate) fn change(&self, template: &Template, how: impl FnOnce(&mut Template)) -> Option<Template> {
        self.with(&template.waba, |templates| {
            let known = templates.iter_mut().find(|known| known.id == template.id)?;
            how(known);
            Some(known.clone())
        })
    }

    /// Whether an approved template may be edited once more, which is noted; any other may.
    pub(crate) fn may_edit(&self, template: &Template, now: DateTime<Utc>) -> bool {
        if template.status != Status::Approved {
            return true;
        }
        self.holdings(&template.waba, |holdings| {
            let edits = holdings.edits.entry(template.id.clone()).or_default();
            edits.retain(|edit| now - *edit < TimeDelta::days(30));
            let may = edits.len() < EDITS_IN_30_DAYS && edits.last().is_none_or(|last| now - *last >= EDIT_EVERY);
            if may {
                edits.push(now);
            }
            may
        })
    }

    /// Deletes a name in all languages, or only the template with `id`; whether there was any.
    pub(crate) fn delete(&self, waba: &str, name: &str, id: Option<&str>, now: DateTime<Utc>) -> bool {
        self.holdings(waba, |holdings| {
            let before = holdings.templates.len();
            holdings.templates.retain(|template| template.name != name || id.is_some_and(|id| id != template.id));
            let is_gone = holdings.templates.len() < before;
            if is_gone && id.is_none() {
                holdings.deleted.retain(|_, deleted| now - *deleted < NAME_BLOCKED_FOR);
                holdings.deleted.insert(name.to_owned(), now);
            }
            is_gone
        })
    }

    fn holdings<T>(&self, waba: &str, then: impl FnOnce(&mut Holdings) -> T) -> T {
        let mut wabas = lock(&self.0);
        if wabas.len() >= MAX_WABAS && !wabas.contains_key(waba) {
            wabas.clear();
        }
        then(wabas.entry(waba.to_owned()).or_insert_with(|| Holdings {
            templates: demo::templates(waba),
            made: Vec::new(),
            deleted: HashMap::new(),
            edits: HashMap::new(),
        }))
    }
}
