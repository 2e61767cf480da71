//! Messages with something to tap.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::media::{MediaKind, MediaSource};

/// A message with something to tap.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Interactive {
    /// Above the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub header: Option<Header>,
    /// The words; only a single product goes without.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// Below the words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub footer: Option<String>,
    /// What can be tapped.
    pub action: Action,
}

/// What stands above the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Header {
    /// A line of text.
    Text {
        /// The line.
        text: String,
    },
    /// A picture, film or document.
    Media(HeaderMedia),
}

/// A file above the words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderMedia {
    /// Image, video or document.
    pub kind: MediaKind,
    /// Where it comes from.
    pub source: MediaSource,
    /// The name of a document.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub filename: Option<String>,
}

/// What can be tapped.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Action {
    /// Up to three buttons.
    Buttons {
        /// The buttons.
        buttons: Vec<ReplyButton>,
    },
    /// A list that opens.
    List {
        /// The label that opens it.
        button: String,
        /// Its sections.
        sections: Vec<ListSection>,
    },
    /// One button that opens a web page.
    CtaUrl {
        /// Its label.
        display_text: String,
        /// The page.
        url: String,
    },
    /// A button that sends the customer's place.
    LocationRequest,
    /// Cards side by side.
    Carousel {
        /// The cards, in their order.
        cards: Vec<CarouselCard>,
    },
    /// A form of the platform's (a WhatsApp Flow).
    Flow(FlowAction),
    /// One product.
    Product {
        /// The catalogue.
        catalog_id: String,
        /// The merchant's own id of the product.
        product_retailer_id: String,
    },
    /// Several products.
    ProductList {
        /// The catalogue.
        catalog_id: String,
        /// The products by section.
        sections: Vec<ProductSection>,
    },
    /// The whole catalogue.
    Catalog {
        /// The product whose picture is shown; the first where none is named.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        thumbnail_product_retailer_id: Option<String>,
    },
}

/// A button that answers with its own words.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ReplyButton {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads.
    pub title: String,
}

/// A part of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListSection {
    /// Its heading; needed where there are several sections.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<ListRow>,
}

/// A row of a list.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ListRow {
    /// What comes back when it is tapped.
    pub id: String,
    /// What the customer reads.
    pub title: String,
    /// Words below it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub description: Option<String>,
}

/// A card with a picture or film and a button.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CarouselCard {
    /// The picture or film; of one kind on all cards.
    pub header: HeaderMedia,
    /// The words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub body: Option<String>,
    /// What can be tapped; of one kind on all cards.
    pub action: CardAction,
}

/// What can be tapped on a card.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum CardAction {
    /// A button that opens a web page.
    CtaUrl {
        /// Its label.
        display_text: String,
        /// The page.
        url: String,
    },
    /// Buttons that answer.
    Buttons {
        /// The buttons.
        buttons: Vec<ReplyButton>,
    },
}

/// A form of the platform's, and how it opens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct FlowAction {
    /// Which form.
    pub flow: FlowName,
    /// The label of the button.
    pub cta: String,
    /// What comes back with the answers.
    pub token: String,
    /// Whether a draft is meant.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub draft: bool,
    /// The first screen; none asks the form's own endpoint.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub screen: Option<String>,
    /// What the first screen is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub data: Option<Value>,
}

/// Which form.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FlowName {
    /// By the platform's id.
    Id(String),
    /// By its name.
    Name(String),
}

/// A part of a list of products.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ProductSection {
    /// Its heading.
    pub title: String,
    /// The merchant's own ids of the products.
    pub product_retailer_ids: Vec<String>,
}

impl Interactive {
    pub(super) fn files(&self) -> Vec<(MediaKind, &MediaSource)> {
        let mut files = Vec::new();
        if let Some(Header::Media(media)) = &self.header {
            files.push((media.kind, &media.source));
        }
        if let Action::Carousel { cards } = &self.action {
            files.extend(cards.iter().map(|card| (card.header.kind, &card.header.source)));
        }
        files
    }

    pub(super) fn files_mut(&mut self) -> Vec<&mut MediaSource> {
        let mut files = Vec::new();
        if let Some(Header::Media(media)) = &mut self.header {
            files.push(&mut media.source);
        }
        if let Action::Carousel { cards } = &mut self.action {
            files.extend(cards.iter_mut().map(|card| &mut card.header.source));
        }
        files
    }
}
