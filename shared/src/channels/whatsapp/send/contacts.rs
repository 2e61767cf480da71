//! Contact cards.

use serde_json::{Value, json};

use crate::domain::message::card::ContactCard;

/// The list of cards. They are kept in the platform's own spelling.
pub(super) fn list(cards: &[ContactCard]) -> Value {
    cards.iter().map(|card| json!(card)).collect()
}
