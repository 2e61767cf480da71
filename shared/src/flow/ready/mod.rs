//! Flows to begin with: each with its texts in English and Vietnamese, to be taken over and changed.

use std::sync::LazyLock;

use serde::Deserialize;

use super::Document;
use super::definition::Localised;

/// The texts of this folder by their names.
const TEXTS: [(&str, &str); 7] = [
    ("welcome", include_str!("welcome.json")),
    ("faq_menu", include_str!("faq_menu.json")),
    ("order_status", include_str!("order_status.json")),
    ("appointment_reminder", include_str!("appointment_reminder.json")),
    ("opt_in", include_str!("opt_in.json")),
    ("feedback", include_str!("feedback.json")),
    ("abandoned_cart", include_str!("abandoned_cart.json")),
];

// A test reads every one of them: what does not read is not offered.
static ALL: LazyLock<Vec<Ready>> =
    LazyLock::new(|| TEXTS.into_iter().filter_map(|(name, text)| Ready::read(name, text).ok()).collect());

/// A flow to begin with.
#[derive(Clone, Debug, PartialEq)]
pub struct Ready {
    /// What it is asked for by: `welcome`.
    pub name: &'static str,
    /// What people call it.
    pub title: Localised,
    /// What it does, and what it needs.
    pub description: Localised,
    document: Document,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    title: Localised,
    description: Localised,
    document: Document,
}

impl Ready {
    fn read(name: &'static str, text: &str) -> serde_json::Result<Self> {
        let Written { title, description, document } = serde_json::from_str(text)?;
        Ok(Self { name, title, description, document })
    }

    /// The flow itself.
    pub fn document(&self) -> Document {
        self.document.clone()
    }
}

/// Every ready flow, in the order in which they are offered.
pub fn all() -> &'static [Ready] {
    &ALL
}

/// The ready flow that is called `name`.
pub fn find(name: &str) -> Option<&'static Ready> {
    all().iter().find(|ready| ready.name == name)
}
