//! `GET /{WABA id}/phone_numbers`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Value, json};

use super::{error, token};
use crate::call;
use crate::channel::Channel;
use crate::config::Number;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// The numbers of a business account. Where none is registered, any account has those that were asked for.
pub(crate) async fn list(platform: &Platform, incoming: &Incoming, waba: &str) -> Response {
    let told = || match numbers(platform, incoming, waba) {
        Ok(numbers) => Json(numbers).into_response(),
        Err(refusal) => refusal.into_response(),
    };
    call::answer(platform, incoming, Channel::Whatsapp, "numbers", waba, told).await
}

fn numbers(platform: &Platform, incoming: &Incoming, waba: &str) -> Result<Value, Refusal> {
    token::check(platform, incoming)?;
    if !platform.config.has_waba(waba) {
        return Err(error::unknown_object(waba));
    }
    let registered = platform.config.numbers.iter().filter(|number| number.waba_id == waba).cloned();
    let asked_for = platform.apps.numbers().into_iter().filter_map(|id| platform.config.number(&id));
    let numbers: Vec<Number> =
        if platform.config.numbers.is_empty() { asked_for.collect() } else { registered.collect() };
    let shown = numbers.iter().map(|number| {
        json!({ "id": number.phone_number_id, "display_phone_number": number.display,
                "verified_name": "Simulated business", "quality_rating": "GREEN" })
    });
    Ok(json!({ "data": shown.collect::<Vec<_>>(), "paging": { "cursors": { "before": "a", "after": "z" } } }))
}
