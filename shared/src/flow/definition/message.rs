//! What a flow says: a message with places in its texts.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::text::{Localised, Template};
use crate::domain::ids::{MediaId, TemplateId};
use crate::domain::message::media::MediaKind;

/// A message with places in its texts. In a document its name is the `type` beside its fields.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, rename_all = "snake_case")]
pub enum MessageTemplate {
    /// Words.
    #[serde(rename_all = "camelCase")]
    Text {
        /// The words.
        body: Localised,
        /// Whether the first link is shown with a preview.
        #[serde(default)]
        preview_url: bool,
    },
    /// A picture, film, recording or file.
    #[serde(rename_all = "camelCase")]
    Media {
        /// Which.
        kind: MediaKind,
        /// Where it lies; this or `mediaId`.
        #[serde(default)]
        url: Option<Template>,
        /// A file that was uploaded.
        #[serde(default)]
        media_id: Option<MediaId>,
        /// The words below it.
        #[serde(default)]
        caption: Option<Localised>,
        /// The name of a document.
        #[serde(default)]
        filename: Option<Template>,
    },
    /// Words with up to three buttons. Taps come back as payloads.
    Buttons {
        /// A line above.
        #[serde(default)]
        header: Option<Localised>,
        /// The words.
        body: Localised,
        /// A line below.
        #[serde(default)]
        footer: Option<Localised>,
        /// The buttons.
        buttons: Vec<OfferedButton>,
    },
    /// Words with a list that opens.
    List {
        /// A line above.
        #[serde(default)]
        header: Option<Localised>,
        /// The words.
        body: Localised,
        /// A line below.
        #[serde(default)]
        footer: Option<Localised>,
        /// The label that opens the list.
        button: Localised,
        /// Its sections.
        sections: Vec<OfferedSection>,
    },
    /// Words with a button that opens a page.
    #[serde(rename_all = "camelCase")]
    CtaUrl {
        /// The words.
        body: Localised,
        /// The button's label.
        display_text: Localised,
        /// The page.
        url: Template,
    },
    /// A place.
    Location {
        /// Degrees north.
        latitude: f64,
        /// Degrees east.
        longitude: f64,
        /// What the place is called.
        #[serde(default)]
        name: Option<Localised>,
        /// Its address.
        #[serde(default)]
        address: Option<Localised>,
    },
    /// A template that the platform approved; by its id, or by name and language.
    #[serde(rename_all = "camelCase")]
    Template {
        /// By its id.
        #[serde(default)]
        template_id: Option<TemplateId>,
        /// By its name.
        #[serde(default)]
        name: Option<String>,
        /// In this language; the flow's where none is named.
        #[serde(default)]
        language: Option<String>,
        /// What fills its places: by name, or `"1"`, `"2"` ...
        #[serde(default)]
        variables: BTreeMap<String, Template>,
    },
}

/// A button, or a choice of an `ask`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedButton {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads.
    pub title: Localised,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedSection {
    /// Its heading.
    #[serde(default)]
    pub title: Option<Localised>,
    /// Its rows.
    pub rows: Vec<OfferedRow>,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OfferedRow {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads.
    pub title: Localised,
    /// Words below it.
    #[serde(default)]
    pub description: Option<Localised>,
}
