//! `POST /{phone number id}/messages`: texts, read marks and typing indicators.

use axum::response::Response;
use serde_json::{Value, json};

use super::fields::Fields;
use super::{error, token};
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::message::{Customer, Message, Sent};
use crate::platform::Platform;
use crate::taking::{Order, Refusal, settle};

/// Cloud API: characters of a text.
const MAX_TEXT: usize = 4096;
/// Cloud API: characters of `biz_opaque_callback_data`.
const MAX_REFERENCE: usize = 512;
/// Business-scoped user ids: characters behind the country.
const MAX_USER_ID: usize = 128;

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
    if platform.config.number(number).is_none() {
        return Err(error::unknown_object(number));
    }
    let body = Fields::of_body(body, true)?;
    if body.required_text("messaging_product")? != "whatsapp" {
        return Err(body.invalid("messaging_product", "must be one of {WHATSAPP}."));
    }
    if body.has("status") {
        return mark(&body);
    }
    message(number, &body).map(Order::Message)
}

fn mark(body: &Fields<'_>) -> Result<Order, Refusal> {
    body.only(&["messaging_product", "status", "message_id", "typing_indicator"])?;
    if body.required_text("status")? != "read" {
        return Err(body.invalid("status", "must be one of {READ}."));
    }
    body.required_text("message_id")?;
    if let Some(typing) = body.object("typing_indicator")? {
        typing.only(&["type"])?;
        typing.required_text("type")?;
    }
    Ok(Order::Mark(json!({ "success": true })))
}

fn message(number: &str, body: &Fields<'_>) -> Result<Message, Refusal> {
    body.only(&[
        "messaging_product",
        "recipient_type",
        "to",
        "recipient",
        "type",
        "text",
        "context",
        "biz_opaque_callback_data",
        "recipient_identity_key_hash",
    ])?;
    if !matches!(body.text("recipient_type")?, None | Some("individual")) {
        return Err(body.invalid("recipient_type", "must be one of {INDIVIDUAL}."));
    }
    if !matches!(body.text("type")?, None | Some("text")) {
        return Err(error::with_details(131_051, "the simulator takes texts only"));
    }
    let (customer, input) = recipient(body)?;
    if let Some(context) = body.object("context")? {
        context.only(&["message_id"])?;
        context.required_text("message_id")?;
    }
    let text = body.required_object("text")?;
    text.only(&["body", "preview_url"])?;
    text.flag("preview_url")?;
    text.required_text("body")?;
    Ok(Message {
        channel: Channel::Whatsapp,
        account: number.to_owned(),
        customer,
        input: input.to_owned(),
        text: text.short_text("body", MAX_TEXT)?.unwrap_or_default().to_owned(),
        reference: body.short_text("biz_opaque_callback_data", MAX_REFERENCE)?.map(str::to_owned),
    })
}

/// Whom it goes to, and as the request wrote it. The phone number wins where both are given.
fn recipient<'a>(body: &Fields<'a>) -> Result<(Customer, &'a str), Refusal> {
    if body.text("to")?.is_none() && body.has("recipient") {
        let id = body.required_text("recipient")?;
        return is_user_id(id)
            .then(|| (Customer::UserId(id.to_owned()), id))
            .ok_or_else(|| body.invalid("recipient", "is not a business-scoped user id."));
    }
    let to = body.required_text("to")?;
    let digits = to.strip_prefix('+').unwrap_or(to);
    let is_phone = (5..=15).contains(&digits.len()) && digits.bytes().all(|b| b.is_ascii_digit());
    is_phone
        .then(|| (Customer::Phone(digits.to_owned()), to))
        .ok_or_else(|| error::with_details(131_009, "Parameter to is not a phone number"))
}

/// Whether `id` is a country and up to 128 letters or digits behind a point; a parent's id has
/// `ENT.` between them.
fn is_user_id(id: &str) -> bool {
    let Some((country, rest)) = id.split_once('.') else {
        return false;
    };
    let rest = rest.strip_prefix("ENT.").unwrap_or(rest);
    country.len() == 2
        && country.bytes().all(|byte| byte.is_ascii_uppercase())
        && (1..=MAX_USER_ID).contains(&rest.len())
        && rest.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
