//! What a message says, whichever way it goes.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::card::ContactCard;
use super::interactive::Interactive;
use super::media::{Media, MediaKind, MediaSource};
use super::received::{FlowReply, Order, PlatformFault, Surroundings, System, Tap};
use super::template::Template;

/// What a message says. Stored as sealed JSON, tagged by `type`; what is stored once must read for
/// ever, so a variant is only ever added, and a field only with a default.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
pub enum Content {
    /// Plain text.
    Text {
        /// The words.
        body: String,
        /// Whether the first link in it is shown with a preview.
        #[serde(default, skip_serializing_if = "std::ops::Not::not")]
        preview_url: bool,
    },
    /// A picture.
    Image(Media),
    /// A film.
    Video(Media),
    /// A recording or a voice message.
    Audio(Media),
    /// A file.
    Document(Media),
    /// A sticker.
    Sticker(Media),
    /// A place.
    Location(Location),
    /// Contact cards.
    Contacts {
        /// The cards.
        cards: Vec<ContactCard>,
        /// Why they were sent: `contact_request` for the answer to a request for them.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        origin: Option<String>,
    },
    /// An emoji put on another message, or taken off it again.
    Reaction {
        /// The platform's id of that message.
        message_id: String,
        /// The emoji; none takes it off.
        emoji: Option<String>,
    },
    /// Outbound: something to tap.
    Interactive(Box<Interactive>),
    /// Outbound: a template that the platform approved.
    Template(Box<Template>),
    /// Inbound: something was tapped.
    Tap(Tap),
    /// Inbound: a platform's own form was filled in.
    FlowReply(FlowReply),
    /// Inbound: a basket from the catalogue.
    Order(Order),
    /// Inbound: the platform tells of the customer.
    System(System),
    /// Inbound: the customer opened the chat without a word: for the first time, or by a link.
    Welcome,
    /// Inbound: an earlier message says something else now.
    Edit {
        /// The platform's id of that message.
        original: String,
        /// What it says now; none where the platform does not tell.
        content: Option<Box<Content>>,
    },
    /// Inbound: an earlier message was taken back.
    Revoke {
        /// The platform's id of that message.
        original: String,
    },
    /// Inbound: the platform could not hand it over.
    Unsupported {
        /// What it was, where the platform tells: `poll`, `edit`.
        kind: Option<String>,
        /// Why.
        faults: Vec<PlatformFault>,
        /// The platform's own object.
        raw: Value,
    },
    /// Something Loa has no type for: kept whole, so that nothing a customer sent is lost.
    Unknown {
        /// What the platform calls it.
        kind: String,
        /// Why it has no type, where it is of a kind that has one.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        reason: Option<String>,
        /// The platform's own object.
        raw: Value,
    },
}

/// A content and what stands around it, as it is sealed: one JSON object.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Said {
    /// What it says.
    #[serde(flatten)]
    pub content: Content,
    /// What stands around it.
    #[serde(default, skip_serializing_if = "Surroundings::is_empty")]
    pub surroundings: Surroundings,
}

/// What [`Said`] reads, written without a copy.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Saying<'a> {
    /// What it says.
    #[serde(flatten)]
    pub content: &'a Content,
    /// What stands around it; none where that is nothing.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub surroundings: Option<&'a Surroundings>,
}

impl<'a> Saying<'a> {
    /// Of a content and its surroundings.
    pub fn of(content: &'a Content, surroundings: &'a Surroundings) -> Self {
        Self { content, surroundings: Some(surroundings).filter(|surroundings| !surroundings.is_empty()) }
    }
}

/// A place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Location {
    /// Degrees north.
    pub latitude: f64,
    /// Degrees east.
    pub longitude: f64,
    /// What the place is called.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// Its address.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub address: Option<String>,
    /// Its page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub url: Option<String>,
}

impl Content {
    /// Plain text without a preview.
    pub fn text_of(body: impl Into<String>) -> Self {
        Self::Text { body: body.into(), preview_url: false }
    }

    /// The name of the type, as in rows and answers.
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Text { .. } => "text",
            Self::Image(_) => "image",
            Self::Video(_) => "video",
            Self::Audio(_) => "audio",
            Self::Document(_) => "document",
            Self::Sticker(_) => "sticker",
            Self::Location(_) => "location",
            Self::Contacts { .. } => "contacts",
            Self::Reaction { .. } => "reaction",
            Self::Interactive(_) => "interactive",
            Self::Template(_) => "template",
            Self::Tap(_) => "tap",
            Self::FlowReply(_) => "flow_reply",
            Self::Order(_) => "order",
            Self::System(_) => "system",
            Self::Welcome => "welcome",
            Self::Edit { .. } => "edit",
            Self::Revoke { .. } => "revoke",
            Self::Unsupported { .. } => "unsupported",
            Self::Unknown { .. } => "unknown",
        }
    }

    /// The words, where there are any: what was written, a caption, the label that was tapped.
    pub fn text(&self) -> Option<&str> {
        match self {
            Self::Text { body, .. } => Some(body),
            Self::Image(media) | Self::Video(media) | Self::Document(media) => media.caption.as_deref(),
            Self::Location(location) => location.name.as_deref().or(location.address.as_deref()),
            Self::Reaction { emoji, .. } => emoji.as_deref(),
            Self::Interactive(interactive) => interactive.body.as_deref(),
            Self::Tap(tap) => Some(&tap.title),
            Self::FlowReply(reply) => reply.body.as_deref(),
            Self::Order(order) => order.text.as_deref(),
            Self::System(system) => system.body.as_deref(),
            Self::Edit { content, .. } => content.as_ref()?.text(),
            Self::Audio(_)
            | Self::Sticker(_)
            | Self::Contacts { .. }
            | Self::Template(_)
            | Self::Welcome
            | Self::Revoke { .. }
            | Self::Unsupported { .. }
            | Self::Unknown { .. } => None,
        }
    }

    /// Whether it is a template, which may go out where free-form messages may not.
    pub const fn is_template(&self) -> bool {
        matches!(self, Self::Template(_))
    }

    /// The one file that the message is, where it is one.
    pub const fn media(&self) -> Option<(MediaKind, &Media)> {
        match self {
            Self::Image(media) => Some((MediaKind::Image, media)),
            Self::Video(media) => Some((MediaKind::Video, media)),
            Self::Audio(media) => Some((MediaKind::Audio, media)),
            Self::Document(media) => Some((MediaKind::Document, media)),
            Self::Sticker(media) => Some((MediaKind::Sticker, media)),
            _ => None,
        }
    }

    /// Every file in the message, headers and cards included, in the order of the content: a file's
    /// place in it is its `position` in the table of media.
    pub fn files(&self) -> Vec<(MediaKind, &MediaSource)> {
        match self {
            Self::Interactive(interactive) => interactive.files(),
            Self::Template(template) => template.files(),
            _ => self.media().map(|(kind, media)| (kind, &media.source)).into_iter().collect(),
        }
    }

    /// The same, to be replaced: the sender puts the platform's ids in place of links and stored files.
    pub fn files_mut(&mut self) -> Vec<&mut MediaSource> {
        match self {
            Self::Image(media)
            | Self::Video(media)
            | Self::Audio(media)
            | Self::Document(media)
            | Self::Sticker(media) => vec![&mut media.source],
            Self::Interactive(interactive) => interactive.files_mut(),
            Self::Template(template) => template.files_mut(),
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn what_was_stored_before_there_were_surroundings_still_reads() {
        let said: Said = serde_json::from_value(json!({ "type": "text", "body": "chào" })).unwrap();
        assert_eq!(said.content, Content::text_of("chào"));
        assert!(said.surroundings.is_empty());
        assert_eq!(serde_json::to_value(&said).unwrap(), json!({ "type": "text", "body": "chào" }));
    }

    #[test]
    fn files_are_found_in_their_order_wherever_they_stand() {
        let link = |url: &str| json!({ "kind": "image", "source": { "from": "link", "url": url } });
        let mut content: Content = serde_json::from_value(json!({
            "type": "interactive",
            "header": { "type": "media", "kind": "video", "source": { "from": "platform", "id": "1" } },
            "body": "look",
            "action": { "type": "carousel", "cards": [
                { "header": link("https://a"), "action": { "type": "buttons", "buttons": [] } },
                { "header": link("https://b"), "action": { "type": "buttons", "buttons": [] } },
            ]},
        }))
        .unwrap();
        let kinds: Vec<MediaKind> = content.files().iter().map(|(kind, _)| *kind).collect();
        assert_eq!(kinds, [MediaKind::Video, MediaKind::Image, MediaKind::Image]);
        for (source, id) in content.files_mut().into_iter().zip(["7", "8", "9"]) {
            *source = MediaSource::Platform { id: id.to_owned() };
        }
        let last = MediaSource::Platform { id: "9".to_owned() };
        assert_eq!(content.files()[2].1, &last);
    }
}
