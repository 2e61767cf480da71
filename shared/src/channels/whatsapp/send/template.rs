//! Templates: one component for each part that has places to fill.

use serde_json::{Map, Value, json};

use super::body::{self, Unsendable, put};
use super::{interactive, media};
use crate::domain::message::template::{
    ButtonValue, HeaderParameter, Parameter, ParameterValue, Template, TemplateButton, TemplateCard,
};

/// The object of a template.
pub(super) fn message(template: &Template) -> Result<Value, Unsendable> {
    let mut components = Vec::new();
    if let Some(header) = &template.header {
        components.push(component("header", &[header_parameter(header)?]));
    }
    if !template.body.is_empty() {
        components.push(component("body", &parameters(&template.body)));
    }
    if let Some(end) = template.offer_expires_at {
        let offer = json!({ "expiration_time_ms": end.timestamp_millis() });
        let offer = json!({ "type": "limited_time_offer", "limited_time_offer": offer });
        components.push(component("limited_time_offer", &[offer]));
    }
    components.extend(template.buttons.iter().map(button));
    if !template.cards.is_empty() {
        let cards = template.cards.iter().enumerate().map(card).collect::<Result<Vec<_>, _>>()?;
        components.push(json!({ "type": "carousel", "cards": cards }));
    }
    let mut object = Map::new();
    object.insert("name".to_owned(), template.name.as_str().into());
    object.insert("language".to_owned(), json!({ "code": template.language }));
    put(&mut object, "components", Some(components).filter(|components| !components.is_empty()));
    Ok(Value::Object(object))
}

fn component(kind: &str, parameters: &[Value]) -> Value {
    json!({ "type": kind, "parameters": parameters })
}

fn header_parameter(header: &HeaderParameter) -> Result<Value, Unsendable> {
    Ok(match header {
        HeaderParameter::Text(line) => parameter(line),
        HeaderParameter::Media(file) => media::header(file)?,
        HeaderParameter::Location(place) => json!({ "type": "location", "location": body::location(place) }),
    })
}

fn parameters(all: &[Parameter]) -> Vec<Value> {
    all.iter().map(parameter).collect()
}

fn parameter(parameter: &Parameter) -> Value {
    let mut object = Map::new();
    let (kind, value) = match &parameter.value {
        ParameterValue::Text { text } => ("text", json!(text)),
        ParameterValue::Currency { fallback, code, amount_1000 } => {
            ("currency", json!({ "fallback_value": fallback, "code": code, "amount_1000": amount_1000 }))
        }
        ParameterValue::DateTime { fallback } => ("date_time", json!({ "fallback_value": fallback })),
    };
    object.insert("type".to_owned(), kind.into());
    put(&mut object, "parameter_name", parameter.name.as_deref());
    object.insert(kind.to_owned(), value);
    Value::Object(object)
}

fn button(button: &TemplateButton) -> Value {
    let (kind, parameters) = match &button.value {
        ButtonValue::QuickReply { payload } => ("quick_reply", vec![json!({ "type": "payload", "payload": payload })]),
        ButtonValue::Url { text } => ("url", vec![json!({ "type": "text", "text": text })]),
        ButtonValue::CopyCode { code } => ("copy_code", vec![json!({ "type": "coupon_code", "coupon_code": code })]),
        ButtonValue::Flow { token, data } => {
            let mut action = Map::new();
            put(&mut action, "flow_token", token.as_deref());
            put(&mut action, "flow_action_data", data.clone());
            ("flow", actions(&action))
        }
        ButtonValue::Catalog { thumbnail_product_retailer_id } => {
            ("catalog", actions(&thumbnail(thumbnail_product_retailer_id.as_deref())))
        }
        ButtonValue::ProductList { thumbnail_product_retailer_id, sections } => {
            let mut action = thumbnail(thumbnail_product_retailer_id.as_deref());
            action.insert("sections".to_owned(), interactive::product_sections(sections).into());
            ("mpm", actions(&action))
        }
    };
    // The platform's examples write the index as a text.
    let index = button.index.to_string();
    let mut object = Map::new();
    object.insert("type".to_owned(), "button".into());
    object.insert("sub_type".to_owned(), kind.into());
    object.insert("index".to_owned(), index.into());
    put(&mut object, "parameters", Some(parameters).filter(|parameters| !parameters.is_empty()));
    Value::Object(object)
}

fn thumbnail(id: Option<&str>) -> Map<String, Value> {
    let mut action = Map::new();
    put(&mut action, "thumbnail_product_retailer_id", id);
    action
}

/// The one parameter of a button that does something; none where there is nothing to say.
fn actions(action: &Map<String, Value>) -> Vec<Value> {
    if action.is_empty() { Vec::new() } else { vec![json!({ "type": "action", "action": action })] }
}

fn card((index, card): (usize, &TemplateCard)) -> Result<Value, Unsendable> {
    let mut components = vec![component("header", &[media::header(&card.header)?])];
    if !card.body.is_empty() {
        components.push(component("body", &parameters(&card.body)));
    }
    components.extend(card.buttons.iter().map(button));
    Ok(json!({ "card_index": index, "components": components }))
}
