//! Templates that every WABA has from the start.

use serde_json::{Value, json};
use sha2::{Digest, Sha256};

use super::design::Design;
use super::shelf::Template;
use super::standing::{Category, Quality, Status};

/// The demo's templates, all approved.
pub(super) fn templates(waba: &str) -> Vec<Template> {
    designs()
        .into_iter()
        .map(|(name, language, category, components)| {
            let components = components.as_array().cloned().unwrap_or_default();
            Template {
                id: id(waba, name, language),
                waba: waba.to_owned(),
                name: name.to_owned(),
                language: language.to_owned(),
                category,
                status: Status::Approved,
                quality: Quality::Green,
                design: Design::read(&components),
                components,
            }
        })
        .collect()
}

/// The same id at every start, in digits as all ids of the Graph API.
fn id(waba: &str, name: &str, language: &str) -> String {
    let digest = Sha256::digest(format!("{waba}/{name}/{language}"));
    let number = digest.iter().take(8).fold(0, |number: u64, byte| (number << 8) | u64::from(*byte));
    (1_000_000_000_000_000 + number % 8_000_000_000_000_000).to_string()
}

fn designs() -> Vec<(&'static str, &'static str, Category, Value)> {
    let plain = |text: &str| json!([{ "type": "BODY", "text": text }]);
    vec![
        ("hello_world", "en_US", Category::Utility, plain("Welcome! This message shows that templates arrive.")),
        (
            "order_update",
            "en_US",
            Category::Utility,
            json!([
                { "type": "HEADER", "format": "TEXT", "text": "Order {{1}}" },
                { "type": "BODY", "text": "Hello {{1}}, your order {{2}} is on its way." },
                { "type": "FOOTER", "text": "Thank you" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "URL", "text": "Follow it", "url": "https://shop.example/orders/{{1}}" },
                ] },
            ]),
        ),
        (
            "order_update",
            "vi",
            Category::Utility,
            json!([
                { "type": "HEADER", "format": "TEXT", "text": "Đơn hàng {{1}}" },
                { "type": "BODY", "text": "Chào {{1}}, đơn hàng {{2}} đang được giao." },
                { "type": "FOOTER", "text": "Cảm ơn" },
                { "type": "BUTTONS", "buttons": [
                    { "type": "URL", "text": "Theo dõi", "url": "https://shop.example/orders/{{1}}" },
                ] },
            ]),
        ),
        (
            "spring_sale",
            "en_US",
            Category::Marketing,
            json!([
                { "type": "HEADER", "format": "IMAGE" },
                { "type": "BODY", "text": "Hello {{first_name}}, everything is {{discount}} off this week." },
                { "type": "BUTTONS", "buttons": [
                    { "type": "QUICK_REPLY", "text": "Show me" },
                    { "type": "QUICK_REPLY", "text": "Stop" },
                    { "type": "COPY_CODE", "example": "SPRING" },
                ] },
            ]),
        ),
        (
            "new_arrivals",
            "en_US",
            Category::Marketing,
            json!([
                { "type": "BODY", "text": "New this week, {{1}}:" },
                { "type": "CAROUSEL", "cards": [card(), card()] },
            ]),
        ),
        (
            "flash_offer",
            "en_US",
            Category::Marketing,
            json!([
                { "type": "HEADER", "format": "VIDEO" },
                { "type": "LIMITED_TIME_OFFER", "limited_time_offer": { "text": "Today", "has_expiration": true } },
                { "type": "BODY", "text": "Only today: {{1}} for you." },
                { "type": "BUTTONS", "buttons": [
                    { "type": "COPY_CODE", "example": "TODAY" },
                    { "type": "URL", "text": "Shop", "url": "https://shop.example/{{1}}" },
                ] },
            ]),
        ),
        (
            "store_visit",
            "en_US",
            Category::Utility,
            json!([
                { "type": "HEADER", "format": "LOCATION" },
                { "type": "BODY", "text": "We look forward to you at {{1}} o'clock." },
            ]),
        ),
        (
            "invoice",
            "en_US",
            Category::Utility,
            json!([
                { "type": "HEADER", "format": "DOCUMENT" },
                { "type": "BODY", "text": "Your invoice over {{1}} is due on {{2}}, please." },
            ]),
        ),
        (
            "login_code",
            "en_US",
            Category::Authentication,
            json!([
                { "type": "BODY", "add_security_recommendation": true },
                { "type": "BUTTONS", "buttons": [{ "type": "OTP", "otp_type": "COPY_CODE", "text": "Copy" }] },
            ]),
        ),
    ]
}

fn card() -> Value {
    json!({ "components": [
        { "type": "HEADER", "format": "IMAGE" },
        { "type": "BODY", "text": "Take {{1}} home" },
        { "type": "BUTTONS", "buttons": [
            { "type": "QUICK_REPLY", "text": "More" },
            { "type": "URL", "text": "Buy", "url": "https://shop.example/{{1}}" },
        ] },
    ] })
}
