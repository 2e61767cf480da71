//! `POST /{phone number id}/messages`: everything that can be sent, read marks and typing
//! indicators. One file per type of message.

mod contacts;
mod interactive;
mod location;
pub(crate) mod marketing;
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
use crate::clock;
use crate::config::Number;
use crate::incoming::Incoming;
use crate::media::contradicts;
use crate::message::{Customer, Message, Nature, Sent};
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};
use media::{MediaUse, Source};
use request::{Content, Request, Send};
use template::{TemplateUse, filling};

/// Meta: the file cannot be had, or is of the wrong type.
const MEDIA_UPLOAD_ERROR: i64 = 131_053;

pub(crate) async fn messages(platform: &Platform, incoming: &Incoming, number: &str, body: Option<Value>) -> Response {
    let order = check(platform, incoming, number, body.as_ref());
    settle(platform, incoming, Channel::Whatsapp, number, order).await
}

/// The answer to a message that was accepted.
pub(crate) fn receipt(sent: &Sent) -> Value {
    let message = &sent.message;
    let (phone, user_id) = match &message.customer {
        Customer::Phone(phone) => (Some(phone), sent.person.user_id.as_ref()),
        Customer::UserId(id) => (None, Some(id)),
    };
    let mut contact = json!({ "input": message.input });
    if let Some(id) = user_id {
        contact["user_id"] = Value::from(id.as_str());
    }
    if let Some(phone) = phone.filter(|_| !sent.person.hides_phone || user_id.is_none()) {
        contact["wa_id"] = Value::from(phone.as_str());
    }
    let mut answered = json!({ "id": sent.platform_id });
    if message.nature.is_template() {
        let status = if sent.held.is_some() { "held_for_quality_assessment" } else { "accepted" };
        answered["message_status"] = Value::from(status);
    }
    json!({ "messaging_product": "whatsapp", "contacts": [contact], "messages": [answered] })
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
    let failure = of_files(platform, &send.files)?;
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
        failure,
    })
}

/// Refuses files that are not known; the code of the failure to come, where one does not fit.
fn of_files(platform: &Platform, files: &[MediaUse]) -> Result<Option<i64>, Refusal> {
    let mut failure = None;
    for file in files {
        let fits = match &file.source {
            Source::Id(id) => match platform.files.find(id, clock::now()) {
                Some(known) => !contradicts(file.kind, &known.mime),
                None if platform.behaviour().enforce_media => {
                    let problem = "is not a valid whatsapp business account media attachment ID";
                    return Err(error::invalid(&format!("Param {} {problem}", file.place), true));
                }
                None => true,
            },
            Source::Link(link) => platform.web.fits(link, file.kind),
        };
        if !fits {
            failure = Some(MEDIA_UPLOAD_ERROR);
        }
    }
    Ok(failure)
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
