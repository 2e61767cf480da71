//! `POST /{phone number id}/messages`: everything that can be sent, read marks and typing
//! indicators. One file per type of message.

mod contacts;
mod interactive;
mod location;
pub(crate) mod media;
mod reaction;
mod recipient;
pub(crate) mod request;
mod template;
mod text;

use axum::response::Response;
use serde_json::{Value, json};

use super::{error, token};
use crate::channel::Channel;
use crate::config::Number;
use crate::incoming::Incoming;
use crate::message::{Customer, Message, Nature, Sent};
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};
use request::{Content, Request, Send};
use template::{TemplateUse, filling};

pub(crate) async fn messages(platform: &Platform, incoming: &Incoming, number: &str, body: Option<Value>) -> Response {
    let order = check(platform, incoming, number, body.as_ref());
    settle(platform, incoming, Channel::Whatsapp, number, order).await
}

/// The answer to a message that was accepted.
pub(crate) fn receipt(sent: &Sent) -> Value {
    let message = &sent.message;
    let contact = match &message.customer {
        Customer::Phone(phone) => json!({ "input": message.input, "wa_id": phone }),
        Customer::UserId(id) => json!({ "input": message.input, "user_id": id }),
    };
    json!({
        "messaging_product": "whatsapp",
        "contacts": [contact],
        "messages": [{ "id": sent.platform_id }],
    })
}

fn check(platform: &Platform, incoming: &Incoming, number: &str, body: Option<&Value>) -> Result<Order, Refusal> {
    token::check(platform, incoming)?;
    let number = platform.config.number(number).ok_or_else(|| error::unknown_object(number))?;
    match request::read(body)? {
        Request::Mark => Ok(Order::Mark(json!({ "success": true }))),
        Request::Send(send) => message(platform, &number, *send).map(Order::Message),
    }
}

/// The message, once what the platform knows was held against it.
fn message(platform: &Platform, number: &Number, send: Send) -> Result<Message, Refusal> {
    if matches!(&send.customer, Customer::Phone(phone) if *phone == number.digits()) {
        return Err(error::with_details(131_021, "Recipient phone number cannot be the sender's phone number"));
    }
    let (text, nature) = match send.content {
        Content::Text(text) => (text, Nature::Free),
        Content::Voice => (String::new(), Nature::Voice),
        Content::Other => (String::new(), Nature::Free),
        Content::Template(used) => (String::new(), of_template(platform, number, &used, &send.customer)?),
    };
    Ok(Message {
        channel: Channel::Whatsapp,
        account: number.phone_number_id.clone(),
        customer: send.customer,
        input: send.input,
        text,
        reference: send.reference,
        nature,
    })
}

fn of_template(
    platform: &Platform,
    number: &Number,
    used: &TemplateUse,
    customer: &Customer,
) -> Result<Nature, Refusal> {
    let known = platform.templates.find(&number.waba_id, &used.name, &used.language);
    let Some(template) = known else {
        let strict = platform.behaviour().enforce_templates;
        return if strict { Err(filling::unknown(used)) } else { Ok(Nature::Template { category: None }) };
    };
    filling::check(used, &template, customer)?;
    Ok(Nature::Template { category: Some(template.category) })
}
