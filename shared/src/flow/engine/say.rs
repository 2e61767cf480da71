//! Messages: from what the author wrote to what the customer reads.

use chrono::TimeDelta;
use serde_json::Map;

use super::run::{Broken, Run, Step};
use super::{Known, Plan};
use crate::domain::channel::Channel;
use crate::domain::deterministic;
use crate::domain::ids::MessageId;
use crate::domain::message::interactive::{Action, Header, Interactive, ListRow, ListSection, ReplyButton};
use crate::domain::message::media::{Media, MediaKind, MediaSource};
use crate::domain::message::template::{Parameter, ParameterValue, Template as Sent};
use crate::domain::message::{Content, Location, limits};
use crate::flow::definition::{Ask, Localised, MessageTemplate, OfferedButton, OfferedSection, Validation};
use crate::flow::effect::{Effect, Outgoing};
use crate::flow::session::Waiting;
use crate::flow::texts::NotFilled;

/// Most buttons and longest title of one on WhatsApp; what is more becomes a list.
const BUTTONS: usize = 3;
const BUTTON_TITLE: usize = 20;

impl Run<'_> {
    /// Says something.
    pub(super) fn say(
        &mut self,
        plan: &Plan,
        message: &MessageTemplate,
        asks: bool,
        delay: u32,
    ) -> Result<MessageId, Broken> {
        let content = outgoing(&self.known(plan), message)?;
        self.send(content, asks, delay)
    }

    /// Asks a question for the `asked`th time and waits for the answer; `again` are other words for it.
    pub(super) fn ask(
        &mut self,
        plan: &Plan,
        ask: &Ask,
        asked: u32,
        again: Option<&Localised>,
    ) -> Result<Step, Broken> {
        let content = question(&self.known(plan), ask, again)?;
        let message_id = self.send(content, true, 0)?;
        self.session.waiting = Waiting::Answer { message_id, asked, timeout: None };
        Ok(Step::Rest)
    }

    fn send(&mut self, content: Outgoing, asks: bool, delay: u32) -> Result<MessageId, Broken> {
        let (channel, now) = (self.world.account.channel, self.world.now);
        if let Outgoing::Content(content) = &content
            && let Err(broken) = limits::check(channel, content)
        {
            let fields: Vec<&str> = broken.iter().map(|broken| broken.field.as_str()).collect();
            let reason = format!("{channel} does not carry the message, because of {}", fields.join(", "));
            return Err(Broken::new("message_not_carried", reason));
        }
        if delay > 0 {
            let from = self.not_before.unwrap_or(now);
            self.not_before = from.checked_add_signed(TimeDelta::seconds(delay.into())).or(Some(from));
        }
        self.session.counters.messages += 1;
        let number = self.session.counters.messages;
        // A history is read in the order of its ids.
        let at = self.session.spoke_at.map_or(now, |last| now.max(last + TimeDelta::milliseconds(1)));
        self.session.spoke_at = Some(at);
        let message_id = deterministic::flow_message_id(self.session.id, number, at);
        let node_id = self.session.frames.last().map(|frame| frame.node_id.clone()).unwrap_or_default();
        self.effects.push(Effect::Send { message_id, node_id, content, asks, not_before: self.not_before });
        Ok(message_id)
    }
}

/// A question with its choices.
pub(in crate::flow) fn question(
    known: &Known<'_>,
    ask: &Ask,
    again: Option<&Localised>,
) -> Result<Outgoing, NotFilled> {
    let again = again.map(|words| MessageTemplate::Text { body: words.clone(), preview_url: false });
    let message = again.as_ref().unwrap_or(&ask.message);
    let Validation::Choice { choices } = &ask.answer else {
        return outgoing(known, message);
    };
    match message {
        MessageTemplate::Text { body, .. } => {
            let interactive = offered(known, body, choices)?;
            Ok(Outgoing::Content(Box::new(Content::Interactive(Box::new(interactive)))))
        }
        other => outgoing(known, other),
    }
}

/// Words with choices below them: as buttons where the channel has room, else as a list.
fn offered(known: &Known<'_>, body: &Localised, choices: &[OfferedButton]) -> Result<Interactive, NotFilled> {
    let buttons = known.buttons(choices)?;
    let fit = buttons.len() <= BUTTONS && buttons.iter().all(|button| button.title.chars().count() <= BUTTON_TITLE);
    let action = if known.world.account.channel == Channel::WhatsApp && !fit {
        let rows = buttons.into_iter().map(|button| ListRow { id: button.id, title: button.title, description: None });
        Action::List {
            button: choose(known).to_owned(),
            sections: vec![ListSection { title: None, rows: rows.collect() }],
        }
    } else {
        Action::Buttons { buttons }
    };
    Ok(Interactive { header: None, body: Some(known.words(body)?), footer: None, action })
}

/// The label that opens a list of choices.
fn choose(known: &Known<'_>) -> &'static str {
    let spoken = known.contact.locale.as_deref().unwrap_or(&known.plan.definition.language);
    match spoken.split(['-', '_']).next() {
        Some("vi") => "Chọn",
        Some("zh") => "选择",
        Some("es") => "Elegir",
        Some("pt") => "Escolher",
        Some("id") => "Pilih",
        _ => "Choose",
    }
}

/// What a message says, or which template it is.
pub(in crate::flow) fn outgoing(known: &Known<'_>, message: &MessageTemplate) -> Result<Outgoing, NotFilled> {
    if let MessageTemplate::Template { template_id: Some(template_id), variables, .. } = message {
        let fill = |(name, text): (&String, &String)| Ok((name.clone(), known.text(text)?.into()));
        let variables = variables.iter().map(fill).collect::<Result<Map<_, _>, NotFilled>>()?;
        return Ok(Outgoing::TemplateById { template_id: *template_id, variables });
    }
    Ok(Outgoing::Content(Box::new(content_of(known, message)?)))
}

/// What a message says to whom is known; a template that goes by its id is for the worker.
fn content_of(known: &Known<'_>, message: &MessageTemplate) -> Result<Content, NotFilled> {
    Ok(match message {
        MessageTemplate::Text { body, preview_url } => {
            Content::Text { body: known.words(body)?, preview_url: *preview_url }
        }
        MessageTemplate::Media { kind, url, media_id, caption, filename } => {
            let source = match (media_id, url) {
                (Some(media_id), _) => MediaSource::Stored { media_id: *media_id },
                (None, Some(url)) => MediaSource::Link { url: known.text(url)? },
                (None, None) => return Err(NotFilled("a file needs `url` or `mediaId`".to_owned())),
            };
            let caption = caption.as_ref().map(|caption| known.words(caption)).transpose()?;
            let filename = filename.as_ref().map(|filename| known.text(filename)).transpose()?;
            of_media(*kind, Media { caption, filename, ..Media::from(source) })
        }
        MessageTemplate::Buttons { header, body, footer, buttons } => {
            let action = Action::Buttons { buttons: known.buttons(buttons)? };
            known.interactive(header.as_ref(), body, footer.as_ref(), action)?
        }
        MessageTemplate::List { header, body, footer, button, sections } => {
            let sections = sections.iter().map(|section| known.section(section)).collect::<Result<_, _>>()?;
            let action = Action::List { button: known.words(button)?, sections };
            known.interactive(header.as_ref(), body, footer.as_ref(), action)?
        }
        MessageTemplate::CtaUrl { body, display_text, url } => {
            let action = Action::CtaUrl { display_text: known.words(display_text)?, url: known.text(url)? };
            known.interactive(None, body, None, action)?
        }
        MessageTemplate::Location { latitude, longitude, name, address } => Content::Location(Location {
            latitude: *latitude,
            longitude: *longitude,
            name: known.some(name.as_ref())?,
            address: known.some(address.as_ref())?,
            url: None,
        }),
        MessageTemplate::Template { name, language, variables, .. } => {
            let numbered = !variables.is_empty() && variables.keys().all(|name| name.parse::<u16>().is_ok());
            let mut places: Vec<(&String, &String)> = variables.iter().collect();
            if numbered {
                places.sort_by_key(|(name, _)| name.parse::<u16>().unwrap_or(u16::MAX));
            }
            let parameter = |(name, text): (&String, &String)| {
                let value = ParameterValue::Text { text: known.text(text)? };
                Ok(Parameter { name: (!numbered).then(|| name.clone()), value })
            };
            Content::Template(Box::new(Sent {
                name: name.clone().ok_or_else(|| NotFilled("a template needs `name` or `templateId`".to_owned()))?,
                language: language.clone().unwrap_or_else(|| known.plan.definition.language.clone()),
                header: None,
                body: places.into_iter().map(parameter).collect::<Result<_, NotFilled>>()?,
                buttons: Vec::new(),
                cards: Vec::new(),
                offer_expires_at: None,
            }))
        }
    })
}

fn of_media(kind: MediaKind, media: Media) -> Content {
    match kind {
        MediaKind::Image => Content::Image(media),
        MediaKind::Video => Content::Video(media),
        MediaKind::Audio => Content::Audio(media),
        MediaKind::Document => Content::Document(media),
        MediaKind::Sticker => Content::Sticker(media),
    }
}

impl Known<'_> {
    fn text(&self, text: &str) -> Result<String, NotFilled> {
        self.plan.texts.fill(text, self)
    }

    /// In the customer's language.
    pub(super) fn words(&self, text: &Localised) -> Result<String, NotFilled> {
        let language = &self.plan.definition.language;
        let chosen = text.for_locale(self.contact.locale.as_deref(), language);
        self.text(chosen.ok_or_else(|| NotFilled("a text is in no language at all".to_owned()))?)
    }

    fn some(&self, text: Option<&Localised>) -> Result<Option<String>, NotFilled> {
        text.map(|text| self.words(text)).transpose()
    }

    fn interactive(
        &self,
        header: Option<&Localised>,
        body: &Localised,
        footer: Option<&Localised>,
        action: Action,
    ) -> Result<Content, NotFilled> {
        let header = self.some(header)?.map(|text| Header::Text { text });
        let (body, footer) = (Some(self.words(body)?), self.some(footer)?);
        Ok(Content::Interactive(Box::new(Interactive { header, body, footer, action })))
    }

    fn buttons(&self, buttons: &[OfferedButton]) -> Result<Vec<ReplyButton>, NotFilled> {
        let button =
            |button: &OfferedButton| Ok(ReplyButton { id: button.id.clone(), title: self.words(&button.title)? });
        buttons.iter().map(button).collect()
    }

    fn section(&self, section: &OfferedSection) -> Result<ListSection, NotFilled> {
        let rows = section.rows.iter().map(|row| {
            let (title, description) = (self.words(&row.title)?, self.some(row.description.as_ref())?);
            Ok(ListRow { id: row.id.clone(), title, description })
        });
        Ok(ListSection { title: self.some(section.title.as_ref())?, rows: rows.collect::<Result<_, NotFilled>>()? })
    }
}
