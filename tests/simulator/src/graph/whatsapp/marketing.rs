//! `POST /{phone number id}/marketing_messages`: marketing templates, by the API made for them.

use axum::response::Response;
use serde_json::Value;

use super::check;
use crate::channel::Channel;
use crate::graph::error;
use crate::incoming::Incoming;
use crate::message::Nature;
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};
use crate::templates::Category;

/// Meta: this API takes marketing templates only.
const ONLY_MARKETING: i64 = 131_055;

pub(crate) async fn messages(platform: &Platform, incoming: &Incoming, number: &str, body: Option<Value>) -> Response {
    let order = read(platform, incoming, number, body);
    settle(platform, incoming, Channel::Whatsapp, number, order).await
}

/// A message as the other API takes it, once this API's own fields are checked and out of the way.
fn read(platform: &Platform, incoming: &Incoming, number: &str, body: Option<Value>) -> Result<Order, Refusal> {
    let mut body = body;
    if let Some(fields) = body.as_mut().and_then(Value::as_object_mut) {
        let policy = fields.remove("product_policy");
        let policies = ["CLOUD_API_FALLBACK", "STRICT"];
        if policy.is_some_and(|policy| policy.as_str().is_none_or(|policy| !policies.contains(&policy))) {
            return Err(error::invalid("Param product_policy must be one of {CLOUD_API_FALLBACK, STRICT}.", true));
        }
        if fields.remove("message_activity_sharing").is_some_and(|sharing| !sharing.is_boolean()) {
            return Err(error::invalid("Param message_activity_sharing must be a boolean", true));
        }
        if fields.get("type").and_then(Value::as_str) != Some("template") {
            return Err(error::invalid("Param type must be template", true));
        }
    }
    let order = check(platform, incoming, number, body.as_ref())?;
    match order {
        Order::Message(mut message) => {
            match message.nature {
                Nature::Template { category: None | Some(Category::Marketing) } => {}
                _ => return Err(error::of_code(ONLY_MARKETING, None, true)),
            }
            message.nature = Nature::MarketingTemplate;
            Ok(Order::Message(message))
        }
        Order::Mark(answer) => Ok(Order::Mark(answer)),
    }
}
