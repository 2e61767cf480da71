//! Webhooks of WhatsApp, as a customer or the platform makes them.

use serde_json::{Value, json};
use shared::domain::clock;

/// A phone number id that nobody connects by accident.
pub const NUMBER: &str = "106540352242922";
/// Its business account.
pub const WABA: &str = "102290129340398";

/// A customer who writes.
#[derive(Clone, Debug)]
pub struct Customer {
    phone: Option<String>,
    user_id: Option<String>,
    name: String,
    number: String,
    at: i64,
}

/// A customer known by a phone number.
pub fn from(phone: &str) -> Customer {
    Customer {
        phone: Some(phone.to_owned()),
        user_id: None,
        name: "Nguyễn Văn A".to_owned(),
        number: NUMBER.to_owned(),
        at: clock::now().timestamp(),
    }
}

/// A customer who hides the phone number and is known by a business-scoped id alone.
pub fn from_user(user_id: &str) -> Customer {
    Customer { phone: None, user_id: Some(user_id.to_owned()), ..from("") }
}

impl Customer {
    /// Also shows a business-scoped id.
    #[must_use]
    pub fn known_as(mut self, user_id: &str) -> Self {
        self.user_id = Some(user_id.to_owned());
        self
    }

    /// Writes to another number of the merchant.
    #[must_use]
    pub fn to_number(mut self, number: &str) -> Self {
        number.clone_into(&mut self.number);
        self
    }

    /// Writes so many seconds ago.
    #[must_use]
    pub fn seconds_ago(mut self, seconds: i64) -> Self {
        self.at -= seconds;
        self
    }

    /// The change of a webhook that tells of a text, under an id of its own.
    pub fn says(&self, text: &str) -> Value {
        self.says_as(&wamid(), text)
    }

    /// The same, under a given id.
    pub fn says_as(&self, wamid: &str, text: &str) -> Value {
        self.sends(&json!({ "id": wamid, "type": "text", "text": { "body": text } }))
    }

    /// Puts an emoji on a message, or takes it off.
    pub fn reacts_to(&self, wamid: &str, emoji: Option<&str>) -> Value {
        let emoji = emoji.unwrap_or_default();
        self.sends(&json!({
            "id": self::wamid(), "type": "reaction", "reaction": { "message_id": wamid, "emoji": emoji },
        }))
    }

    /// Says something else in an earlier message.
    pub fn edits(&self, wamid: &str, text: &str) -> Value {
        let message = json!({ "type": "text", "text": { "body": text } });
        self.sends(&json!({
            "id": self::wamid(), "type": "edit", "edit": { "original_message_id": wamid, "message": message },
        }))
    }

    /// Takes an earlier message back.
    pub fn takes_back(&self, wamid: &str) -> Value {
        self.sends(&json!({ "id": self::wamid(), "type": "revoke", "revoke": { "original_message_id": wamid } }))
    }

    /// The platform tells that the customer has another number, and another id where one is given.
    pub fn moves_to(&self, phone: &str, user_id: Option<&str>) -> Value {
        let mut system = json!({ "type": "user_changed_number", "body": "has another number", "wa_id": phone });
        if let Some(user_id) = user_id {
            system["user_id"] = json!(user_id);
        }
        self.is_told_of(system)
    }

    /// The platform tells that the customer, whose number it does not show, has another id.
    pub fn is_now(&self, user_id: &str) -> Value {
        let hidden = Self { phone: None, ..self.clone() };
        hidden.is_told_of(json!({ "type": "user_changed_user_id", "user_id": user_id }))
    }

    fn is_told_of(&self, mut system: Value) -> Value {
        if let Some(user_id) = &self.user_id {
            system["previous_user_id"] = json!(user_id);
        }
        let mut message = json!({
            "id": wamid(), "type": "system", "timestamp": self.at.to_string(), "system": system,
        });
        if let Some(phone) = &self.phone {
            message["from"] = json!(phone);
        }
        json!({ "field": "messages", "value": {
            "messaging_product": "whatsapp", "metadata": metadata(&self.number), "messages": [message],
        }})
    }

    /// The change of a webhook that tells what the business's own app sent to the customer.
    pub fn is_sent(&self, message: &Value) -> Value {
        let mut message = message.clone();
        message["timestamp"] = json!(self.at.to_string());
        message["from"] = json!("15550783881");
        if let Some(phone) = &self.phone {
            message["to"] = json!(phone);
        }
        json!({ "field": "smb_message_echoes", "value": {
            "messaging_product": "whatsapp", "metadata": metadata(&self.number), "message_echoes": [message],
        }})
    }

    /// The change of a webhook that tells of any message.
    pub fn sends(&self, message: &Value) -> Value {
        let mut message = message.clone();
        message["timestamp"] = json!(self.at.to_string());
        let mut contact = json!({ "profile": { "name": self.name } });
        if let Some(phone) = &self.phone {
            message["from"] = json!(phone);
            contact["wa_id"] = json!(phone);
        }
        if let Some(user_id) = &self.user_id {
            message["from_user_id"] = json!(user_id);
            contact["user_id"] = json!(user_id);
        }
        json!({ "field": "messages", "value": {
            "messaging_product": "whatsapp",
            "metadata": metadata(&self.number),
            "contacts": [contact],
            "messages": [message],
        }})
    }
}

/// The change of a webhook that tells of a message's status.
pub fn status(number: &str, wamid: &str, word: &str, reference: Option<&str>) -> Value {
    let mut status = json!({
        "id": wamid,
        "status": word,
        "timestamp": clock::now().timestamp().to_string(),
        "recipient_id": "84901234567",
    });
    if let Some(reference) = reference {
        status["biz_opaque_callback_data"] = json!(reference);
    }
    json!({ "field": "messages", "value": {
        "messaging_product": "whatsapp",
        "metadata": metadata(number),
        "statuses": [status],
    }})
}

/// A webhook that holds `changes` of one business account.
pub fn webhook(changes: impl IntoIterator<Item = Value>) -> Value {
    entries([entry(WABA, changes)])
}

/// One entry of a webhook.
pub fn entry(waba: &str, changes: impl IntoIterator<Item = Value>) -> Value {
    json!({ "id": waba, "changes": changes.into_iter().collect::<Vec<_>>() })
}

/// A webhook of several entries.
pub fn entries(entries: impl IntoIterator<Item = Value>) -> Value {
    json!({ "object": "whatsapp_business_account", "entry": entries.into_iter().collect::<Vec<_>>() })
}

/// A platform id that no other message has.
pub fn wamid() -> String {
    format!("wamid.{:032X}", rand::random::<u128>())
}

pub(crate) fn metadata(number: &str) -> Value {
    json!({ "display_phone_number": "15550783881", "phone_number_id": number })
}
