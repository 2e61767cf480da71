//! Every text of a node that may have places, each with its field.

use serde_json::Value;

use super::definition::{Localised, MessageTemplate, NodeKind, OfferedButton, Validation};

/// The texts of a node that may be in several languages, each with its field.
pub(super) fn localised(kind: &NodeKind) -> Vec<(String, &Localised)> {
    walk(kind).localised
}

/// The texts of a node: each with its field, from the node on: `config.message.body.vi`.
pub(super) fn of_node(kind: &NodeKind) -> Vec<(String, &str)> {
    walk(kind).texts
}

fn walk(kind: &NodeKind) -> Places<'_> {
    let mut places = Places::default();
    match kind {
        NodeKind::SendMessage(send) => places.message("config.message", &send.message),
        NodeKind::Ask(ask) => {
            places.message("config.message", &ask.message);
            if let Validation::Choice { choices } = &ask.answer {
                places.buttons("config.answer.choices", choices);
            }
            places.some("config.again.message", ask.again.message.as_ref());
        }
        NodeKind::SetAttribute(set) => places.json("config.value", &set.value),
        NodeKind::AddTag { tag } | NodeKind::RemoveTag { tag } => places.text("config.tag", tag),
        NodeKind::HttpRequest(request) => {
            places.text("config.url", &request.url);
            request.headers.iter().for_each(|(name, text)| places.text(&format!("config.headers.{name}"), text));
            if let Some(body) = &request.body {
                places.json("config.body", body);
            }
        }
        NodeKind::AiReply(reply) => places.maybe("config.instructions", reply.instructions.as_ref()),
        NodeKind::Handoff(hand_off) => {
            places.maybe("config.note", hand_off.note.as_ref());
            places.some("config.message", hand_off.message.as_ref());
        }
        NodeKind::Condition(_)
        | NodeKind::AbSplit { .. }
        | NodeKind::Wait(_)
        | NodeKind::OptIn { .. }
        | NodeKind::OptOut { .. }
        | NodeKind::Close(_)
        | NodeKind::StartFlow(_)
        | NodeKind::Jump { .. }
        | NodeKind::End {} => {}
    }
    places
}

#[derive(Default)]
struct Places<'a> {
    texts: Vec<(String, &'a str)>,
    localised: Vec<(String, &'a Localised)>,
}

impl<'a> Places<'a> {
    fn text(&mut self, field: &str, text: &'a str) {
        self.texts.push((field.to_owned(), text));
    }

    fn maybe(&mut self, field: &str, text: Option<&'a String>) {
        if let Some(text) = text {
            self.text(field, text);
        }
    }

    fn localised(&mut self, field: &str, text: &'a Localised) {
        self.localised.push((field.to_owned(), text));
        for (code, text) in text.each() {
            match code {
                Some(code) => self.text(&format!("{field}.{code}"), text),
                None => self.text(field, text),
            }
        }
    }

    fn some(&mut self, field: &str, text: Option<&'a Localised>) {
        if let Some(text) = text {
            self.localised(field, text);
        }
    }

    fn buttons(&mut self, field: &str, buttons: &'a [OfferedButton]) {
        for (index, button) in buttons.iter().enumerate() {
            self.localised(&format!("{field}[{index}].title"), &button.title);
        }
    }

    fn json(&mut self, field: &str, value: &'a Value) {
        match value {
            Value::String(text) => self.text(field, text),
            Value::Array(list) => {
                list.iter().enumerate().for_each(|(index, one)| self.json(&format!("{field}[{index}]"), one));
            }
            Value::Object(map) => map.iter().for_each(|(name, one)| self.json(&format!("{field}.{name}"), one)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }

    fn message(&mut self, at: &str, message: &'a MessageTemplate) {
        let field = |name: &str| format!("{at}.{name}");
        match message {
            MessageTemplate::Text { body, .. } => self.localised(&field("body"), body),
            MessageTemplate::Media { url, caption, filename, .. } => {
                self.maybe(&field("url"), url.as_ref());
                self.some(&field("caption"), caption.as_ref());
                self.maybe(&field("filename"), filename.as_ref());
            }
            MessageTemplate::Buttons { header, body, footer, buttons } => {
                self.frame(at, header.as_ref(), body, footer.as_ref());
                self.buttons(&field("buttons"), buttons);
            }
            MessageTemplate::List { header, body, footer, button, sections } => {
                self.frame(at, header.as_ref(), body, footer.as_ref());
                self.localised(&field("button"), button);
                for (index, section) in sections.iter().enumerate() {
                    let at = format!("{at}.sections[{index}]");
                    self.some(&format!("{at}.title"), section.title.as_ref());
                    for (index, row) in section.rows.iter().enumerate() {
                        self.localised(&format!("{at}.rows[{index}].title"), &row.title);
                        self.some(&format!("{at}.rows[{index}].description"), row.description.as_ref());
                    }
                }
            }
            MessageTemplate::CtaUrl { body, display_text, url } => {
                self.localised(&field("body"), body);
                self.localised(&field("displayText"), display_text);
                self.text(&field("url"), url);
            }
            MessageTemplate::Location { name, address, .. } => {
                self.some(&field("name"), name.as_ref());
                self.some(&field("address"), address.as_ref());
            }
            MessageTemplate::Template { variables, .. } => {
                for (name, text) in variables {
                    self.text(&format!("{at}.variables.{name}"), text);
                }
            }
        }
    }

    fn frame(&mut self, at: &str, header: Option<&'a Localised>, body: &'a Localised, footer: Option<&'a Localised>) {
        self.some(&format!("{at}.header"), header);
        self.localised(&format!("{at}.body"), body);
        self.some(&format!("{at}.footer"), footer);
    }
}
