//! Messages against the limits of the channels they may go out on: as short as they can be, in every language.

use std::collections::BTreeMap;

use super::{Found, Plan, Read};
use crate::domain::business_hours::TimeZone;
use crate::domain::channel::Channel;
use crate::domain::ids::{AccountId, ConversationId, MerchantId};
use crate::domain::message::limits::{self, BrokenLimit};
use crate::flow::definition::{MessageTemplate, NodeKind, Validation};
use crate::flow::effect::Outgoing;
use crate::flow::engine::{Known, outgoing, question};
use crate::flow::fault::Severity;
use crate::flow::world::{AccountFacts, ContactFacts, ConversationFacts, World};

pub(super) fn check(read: &Read<'_>, plan: &Plan, found: &mut Found) {
    for (index, id, kind) in read.nodes() {
        if !matches!(kind, NodeKind::SendMessage(_) | NodeKind::Ask(_) | NodeKind::Handoff(_)) {
            continue;
        }
        for channel in &read.surroundings.channels {
            let world = somebody(*channel);
            let languages = kind.languages().into_iter().map(Some).chain([None]);
            for language in languages {
                let contact = ContactFacts { locale: language.clone(), ..ContactFacts::default() };
                let known =
                    Known { plan, world: &world, contact: &contact, variables: &serde_json::Map::new(), said: None };
                for (field, broken) in said(kind, &known) {
                    let speaks = language.as_ref().map(|code| format!(", in {code}")).unwrap_or_default();
                    let message = format!("{} on {channel}{speaks}", broken.problem);
                    found.node(Severity::Error, (index, id), &field, "message", message);
                }
            }
        }
    }
}

/// Every limit that what the node says breaks, with its field in the document.
fn said(kind: &NodeKind, known: &Known<'_>) -> Vec<(String, BrokenLimit)> {
    let channel = known.world.account.channel;
    let broken = |content: &Outgoing| match content {
        Outgoing::Content(content) => limits::check(channel, content).err().unwrap_or_default(),
        Outgoing::TemplateById { .. } => Vec::new(),
    };
    // A text that does not read is told by itself.
    let of = |built: Result<Outgoing, _>| built.ok().map(|content| broken(&content)).unwrap_or_default();
    match kind {
        NodeKind::SendMessage(send) => {
            placed(of(outgoing(known, &send.message)), &send.message, "config.message", None)
        }
        NodeKind::Ask(ask) => {
            let choices = match (&ask.answer, &ask.message) {
                (Validation::Choice { .. }, MessageTemplate::Text { .. }) => Some("config.answer.choices"),
                _ => None,
            };
            let mut all = placed(of(question(known, ask, None)), &ask.message, "config.message", choices);
            if let Some(again) = &ask.again.message {
                let message = MessageTemplate::Text { body: again.clone(), preview_url: false };
                let broken = of(question(known, ask, Some(again)));
                // The choices are the same, and told above.
                let broken = broken.into_iter().filter(|broken| broken.field == "body").collect();
                all.extend(
                    placed(broken, &message, "config.again", None)
                        .into_iter()
                        .map(|(_, broken)| ("config.again.message".to_owned(), broken)),
                );
            }
            all
        }
        NodeKind::Handoff(hand_off) => hand_off.message.as_ref().map_or_else(Vec::new, |body| {
            let message = MessageTemplate::Text { body: body.clone(), preview_url: false };
            let broken = of(outgoing(known, &message));
            broken.into_iter().map(|broken| ("config.message".to_owned(), broken)).collect()
        }),
        _ => Vec::new(),
    }
}

/// Fields of a content as fields of the document.
fn placed(
    broken: Vec<BrokenLimit>,
    message: &MessageTemplate,
    at: &str,
    choices: Option<&str>,
) -> Vec<(String, BrokenLimit)> {
    let is_meant = |broken: &BrokenLimit| !hangs_on_what_fills_it(message, broken);
    broken.into_iter().filter(is_meant).map(|broken| (field(&broken.field, at, choices), broken)).collect()
}

fn field(of_content: &str, at: &str, choices: Option<&str>) -> String {
    let own = of_content.strip_prefix("action.").unwrap_or(of_content);
    if let Some(choices) = choices {
        for list in ["buttons", "sections[0].rows"] {
            if let Some(rest) = own.strip_prefix(list) {
                return format!("{choices}{rest}");
            }
        }
    }
    let renamed: BTreeMap<&str, &str> =
        BTreeMap::from([("header.text", "header"), ("display_text", "displayText"), ("source", "url")]);
    let own = renamed.get(own).copied().unwrap_or(own);
    format!("{at}.{own}")
}

/// Whether a limit may hold once the places are filled: an address, or titles that only then differ.
fn hangs_on_what_fills_it(message: &MessageTemplate, broken: &BrokenLimit) -> bool {
    let address = match message {
        MessageTemplate::Media { url, .. } => url.as_deref(),
        MessageTemplate::CtaUrl { url, .. } => Some(url.as_str()),
        _ => None,
    };
    let is_address = matches!(broken.field.as_str(), "source" | "action.url");
    let begins_with_place =
        address.is_some_and(|url| !url.starts_with("http://") && !url.starts_with("https://") && url.contains("{{"));
    (is_address && begins_with_place)
        || (broken.problem.starts_with("must be unique") && broken.problem.contains("\"x\""))
}

/// Somebody of whom nothing is known.
fn somebody(channel: Channel) -> World {
    World {
        now: chrono::DateTime::UNIX_EPOCH,
        merchant_id: MerchantId(uuid::Uuid::nil()),
        shop_name: "x".to_owned(),
        account: AccountFacts {
            id: AccountId(uuid::Uuid::nil()),
            channel,
            name: None,
            timezone: TimeZone::UTC,
            open: true,
            hands_off: true,
            answers_by_ai: false,
        },
        contact: ContactFacts::default(),
        conversation: ConversationFacts {
            id: ConversationId(uuid::Uuid::nil()),
            last_inbound_at: None,
            references: BTreeMap::new(),
        },
    }
}
