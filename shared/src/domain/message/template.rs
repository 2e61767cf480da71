//! Templates as they are sent: a name, and what fills its places.

use chrono::{DateTime, Utc};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::content::Location;
use super::interactive::HeaderMedia;
use super::media::{MediaKind, MediaSource};

/// A template with its places filled.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Template {
    /// Its name.
    pub name: String,
    /// Its language, such as `vi` or `en_US`.
    pub language: String,
    /// What fills the header's place.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<HeaderParameter>,
    /// What fills the places of the words, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<Parameter>,
    /// What fills the places of buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
    /// The cards of a carousel, in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub cards: Vec<TemplateCard>,
    /// When a limited-time offer ends.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub offer_expires_at: Option<DateTime<Utc>>,
}

/// What fills a header's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum HeaderParameter {
    /// The one variable of a line of text.
    Text(Parameter),
    /// A picture, film or document.
    Media(HeaderMedia),
    /// A place.
    Location(Location),
}

/// What fills one place of the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Parameter {
    /// The place's name; none where places are numbered.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// What goes there.
    #[serde(flatten)]
    pub value: ParameterValue,
}

/// What goes into a place.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum ParameterValue {
    /// Words.
    Text {
        /// The words.
        text: String,
    },
    /// An amount of money, which the platform writes as the customer's locale has it.
    Currency {
        /// What is shown where it cannot.
        fallback: String,
        /// ISO 4217.
        code: String,
        /// The amount times a thousand.
        amount_1000: i64,
    },
    /// A moment.
    DateTime {
        /// What is shown.
        fallback: String,
    },
}

/// What fills a button's place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateButton {
    /// Its place among the template's buttons, from 0.
    pub index: u8,
    /// What fills it.
    pub value: ButtonValue,
}

/// What fills a button.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum ButtonValue {
    /// What comes back when it is tapped.
    QuickReply {
        /// The payload.
        payload: String,
    },
    /// The end of the address, or the code of an authentication template.
    Url {
        /// What is put at the end.
        text: String,
    },
    /// The code that is copied.
    CopyCode {
        /// The code.
        code: String,
    },
    /// A form of the platform's.
    Flow {
        /// What comes back with the answers.
        token: Option<String>,
        /// What the first screen is given.
        data: Option<Value>,
    },
    /// The catalogue.
    Catalog {
        /// The product whose picture is shown.
        thumbnail_product_retailer_id: Option<String>,
    },
    /// Several products.
    ProductList {
        /// The product whose picture is shown.
        thumbnail_product_retailer_id: Option<String>,
        /// The products by section.
        sections: Vec<super::interactive::ProductSection>,
    },
}

/// A card of a template's carousel.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct TemplateCard {
    /// Its picture or film.
    pub header: HeaderMedia,
    /// What fills the places of its words.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub body: Vec<Parameter>,
    /// What fills its buttons.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub buttons: Vec<TemplateButton>,
}

impl Template {
    pub(super) fn files(&self) -> Vec<(MediaKind, &MediaSource)> {
        let mut files = Vec::new();
        if let Some(HeaderParameter::Media(media)) = &self.header {
            files.push((media.kind, &media.source));
        }
        files.extend(self.cards.iter().map(|card| (card.header.kind, &card.header.source)));
        files
    }

    pub(super) fn files_mut(&mut self) -> Vec<&mut MediaSource> {
        let mut files = Vec::new();
        if let Some(HeaderParameter::Media(media)) = &mut self.header {
            files.push(&mut media.source);
        }
        files.extend(self.cards.iter_mut().map(|card| &mut card.header.source));
        files
    }
}
