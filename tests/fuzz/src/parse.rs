//! The reading of an event: never a panic, and what it reads can be stored and read again.

use shared::channels::contract::NewMessage;
use shared::channels::parse;
use shared::domain::channel::Channel;
use shared::domain::message::Said;

/// Reads `body` as an event of `channel`.
///
/// # Panics
/// When a message that was read has no customer, or would come out of the store as another.
pub fn holds(channel: Channel, body: &[u8]) {
    let Ok(parsed) = parse(channel, body) else {
        return;
    };
    for message in parsed.messages {
        assert!(!message.identities.is_empty(), "a message of nobody: {}", message.platform_id);
        comes_back(message);
    }
}

/// What is sealed in a row is this JSON as text.
fn comes_back(message: NewMessage) {
    let said = Said { content: message.content, surroundings: message.surroundings };
    let stored = match serde_json::to_string(&said) {
        Ok(stored) => stored,
        Err(error) => panic!("{} cannot be stored: {error}", said.content.kind()),
    };
    let read: Said = match serde_json::from_str(&stored) {
        Ok(read) => read,
        Err(error) => panic!("{} does not read again: {error} in {stored}", said.content.kind()),
    };
    assert_eq!(read.content.kind(), said.content.kind(), "{stored}");
    // Fractions may lose their last bit on the way through text, once: so the texts are compared.
    let again = serde_json::to_string(&read).unwrap_or_default();
    let settled = serde_json::from_str::<Said>(&again).and_then(|read| serde_json::to_string(&read));
    assert_eq!(settled.unwrap_or_default(), again, "{stored}");
}
