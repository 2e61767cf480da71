//! `GET /{phone number id}`.

use axum::Json;
use axum::response::{IntoResponse, Response};
use serde_json::{Map, Value, json};

use super::{error, token};
use crate::behaviour::Limit;
use crate::call;
use crate::channel::Channel;
use crate::incoming::Incoming;
use crate::platform::Platform;
use crate::taking::Refusal;

/// Describes a number; `fields` chooses, `id` always comes.
pub(crate) async fn show(platform: &Platform, incoming: &Incoming, id: &str) -> Response {
    let told = || match describe(platform, incoming, id) {
        Ok(number) => {
            platform.apps.ask(id);
            Json(number).into_response()
        }
        Err(refusal) => refusal.into_response(),
    };
    call::answer(platform, incoming, Channel::Whatsapp, "number", id, told).await
}

/// The tier that a limit of customers belongs to.
fn tier(limit: Limit) -> &'static str {
    match limit.get() {
        Some(0..=250) => "TIER_250",
        Some(251..=2_000) => "TIER_2K",
        Some(2_001..=10_000) => "TIER_10K",
        Some(10_001..=100_000) => "TIER_100K",
        Some(_) | None => "TIER_UNLIMITED",
    }
}

fn describe(platform: &Platform, incoming: &Incoming, id: &str) -> Result<Value, Refusal> {
    token::check(platform, incoming)?;
    let number = platform.config.number(id).ok_or_else(|| error::unknown_object(id))?;
    let whole = json!({
        "id": number.phone_number_id,
        "display_phone_number": number.display,
        "verified_name": "Simulated business",
        "quality_rating": "GREEN",
        "code_verification_status": "VERIFIED",
        "platform_type": "CLOUD_API",
        "throughput": { "level": "STANDARD" },
        "whatsapp_business_manager_messaging_limit": tier(platform.behaviour().tier),
    });
    let Some(fields) = incoming.query("fields") else {
        return Ok(whole);
    };
    let chosen: Map<_, _> = ["id"]
        .into_iter()
        .chain(fields.split(','))
        .filter_map(|field| Some((field.to_owned(), whole.get(field)?.clone())))
        .collect();
    Ok(Value::Object(chosen))
}
