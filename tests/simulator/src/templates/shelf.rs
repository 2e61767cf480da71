//! The templates of all WABAs.

use std::collections::HashMap;
use std::sync::Mutex;

use serde_json::Value;

use super::demo;
use super::design::Design;
use super::standing::{Category, Quality, Status};
use crate::lock::lock;

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
pub(crate) struct Shelf(Mutex<HashMap<String, Vec<Template>>>);

/// How many WABAs have templates of their own; past it all are forgotten.
const MAX_WABAS: usize = 10_000;

impl Shelf {
    /// The template of `waba` with this name and language.
    pub(crate) fn find(&self, waba: &str, name: &str, language: &str) -> Option<Template> {
        self.with(waba, |templates| {
            templates.iter().find(|template| template.name == name && template.language == language).cloned()
        })
    }

    /// Does something with the templates of `waba`.
    pub(crate) fn with<T>(&self, waba: &str, then: impl FnOnce(&mut Vec<Template>) -> T) -> T {
        let mut shelf = lock(&self.0);
        if shelf.len() >= MAX_WABAS && !shelf.contains_key(waba) {
            shelf.clear();
        }
        then(shelf.entry(waba.to_owned()).or_insert_with(|| demo::templates(waba)))
    }
}
