//! Messages with something to tap.

use serde_json::{Map, Value, json};

use super::body::{Unsendable, put};
use super::media;
use crate::domain::message::interactive::{
    Action, CardAction, CarouselCard, FlowAction, FlowName, Header, Interactive, ListSection, ProductSection,
    ReplyButton,
};

/// The version of the messages that open a form.
const FLOW_MESSAGE_VERSION: &str = "3";

/// The object of a message with something to tap.
pub(super) fn message(message: &Interactive) -> Result<Value, Unsendable> {
    let mut object = Map::new();
    object.insert("type".to_owned(), kind(&message.action).into());
    let header = match &message.header {
        None => None,
        Some(Header::Text { text }) => Some(json!({ "type": "text", "text": text })),
        Some(Header::Media(file)) => Some(media::header(file)?),
    };
    put(&mut object, "header", header);
    put(&mut object, "body", words(message.body.as_deref()));
    put(&mut object, "footer", words(message.footer.as_deref()));
    object.insert("action".to_owned(), action(&message.action)?);
    Ok(Value::Object(object))
}

const fn kind(action: &Action) -> &'static str {
    match action {
        Action::Buttons { .. } => "button",
        Action::List { .. } => "list",
        Action::CtaUrl { .. } => "cta_url",
        Action::LocationRequest => "location_request_message",
        Action::Carousel { .. } => "carousel",
        Action::Flow(_) => "flow",
        Action::Product { .. } => "product",
        Action::ProductList { .. } => "product_list",
        Action::Catalog { .. } => "catalog_message",
    }
}

fn words(text: Option<&str>) -> Option<Value> {
    text.map(|text| json!({ "text": text }))
}

fn action(action: &Action) -> Result<Value, Unsendable> {
    Ok(match action {
        Action::Buttons { buttons } => json!({ "buttons": buttons.iter().map(reply).collect::<Vec<_>>() }),
        Action::List { button, sections } => {
            json!({ "button": button, "sections": sections.iter().map(list_section).collect::<Vec<_>>() })
        }
        Action::CtaUrl { display_text, url } => cta_url(display_text, url),
        Action::LocationRequest => json!({ "name": "send_location" }),
        Action::Carousel { cards } => {
            let cards = cards.iter().enumerate().map(card).collect::<Result<Vec<_>, _>>()?;
            json!({ "cards": cards })
        }
        Action::Flow(action) => flow(action),
        Action::Product { catalog_id, product_retailer_id } => {
            json!({ "catalog_id": catalog_id, "product_retailer_id": product_retailer_id })
        }
        Action::ProductList { catalog_id, sections } => {
            json!({ "catalog_id": catalog_id, "sections": product_sections(sections) })
        }
        Action::Catalog { thumbnail_product_retailer_id } => {
            let mut catalog = Map::new();
            catalog.insert("name".to_owned(), "catalog_message".into());
            let thumbnail = thumbnail_product_retailer_id.as_ref();
            let parameters = thumbnail.map(|id| json!({ "thumbnail_product_retailer_id": id }));
            put(&mut catalog, "parameters", parameters);
            Value::Object(catalog)
        }
    })
}

fn reply(button: &ReplyButton) -> Value {
    json!({ "type": "reply", "reply": { "id": button.id, "title": button.title } })
}

fn list_section(section: &ListSection) -> Value {
    json!(section)
}

fn cta_url(display_text: &str, url: &str) -> Value {
    json!({ "name": "cta_url", "parameters": { "display_text": display_text, "url": url } })
}

fn card((index, card): (usize, &CarouselCard)) -> Result<Value, Unsendable> {
    let mut object = Map::new();
    object.insert("card_index".to_owned(), index.into());
    let (kind, action) = match &card.action {
        CardAction::CtaUrl { display_text, url } => ("cta_url", cta_url(display_text, url)),
        CardAction::Buttons { buttons } => {
            let quick_reply = |button: &ReplyButton| json!({ "type": "quick_reply", "quick_reply": { "id": button.id, "title": button.title } });
            ("button", json!({ "buttons": buttons.iter().map(quick_reply).collect::<Vec<_>>() }))
        }
    };
    object.insert("type".to_owned(), kind.into());
    object.insert("header".to_owned(), media::header(&card.header)?);
    put(&mut object, "body", words(card.body.as_deref()));
    object.insert("action".to_owned(), action);
    Ok(Value::Object(object))
}

fn flow(action: &FlowAction) -> Value {
    let mut parameters = Map::new();
    parameters.insert("flow_message_version".to_owned(), FLOW_MESSAGE_VERSION.into());
    match &action.flow {
        FlowName::Id(id) => put(&mut parameters, "flow_id", Some(id.as_str())),
        FlowName::Name(name) => put(&mut parameters, "flow_name", Some(name.as_str())),
    }
    parameters.insert("flow_cta".to_owned(), action.cta.as_str().into());
    parameters.insert("flow_token".to_owned(), action.token.as_str().into());
    if action.draft {
        parameters.insert("mode".to_owned(), "draft".into());
    }
    let opens = if action.screen.is_some() { "navigate" } else { "data_exchange" };
    parameters.insert("flow_action".to_owned(), opens.into());
    if let Some(screen) = &action.screen {
        let mut payload = Map::new();
        payload.insert("screen".to_owned(), screen.as_str().into());
        put(&mut payload, "data", action.data.clone());
        parameters.insert("flow_action_payload".to_owned(), Value::Object(payload));
    }
    json!({ "name": "flow", "parameters": parameters })
}

/// Products by section, as messages and templates' buttons have them.
pub(super) fn product_sections(sections: &[ProductSection]) -> Vec<Value> {
    let item = |id: &String| json!({ "product_retailer_id": id });
    let section = |section: &ProductSection| {
        let items: Vec<Value> = section.product_retailer_ids.iter().map(item).collect();
        json!({ "title": section.title, "product_items": items })
    };
    sections.iter().map(section).collect()
}
