//! Identifiers computed from what they name, so that the same thing told twice is one row.

use chrono::{DateTime, Utc};
use sha2::{Digest, Sha256};
use uuid::{Builder, Uuid};

use super::channel::Channel;
use super::ids::{
    AccountId, AuditEntryId, ContactId, DeadLetterId, FlowSessionId, MediaId, MerchantId, MessageId, UserId,
};

/// The id of a message that a platform names `platform_id` on the account it calls `account`.
///
/// A UUIDv7 whose time is the platform's own and whose random bits are a hash: however often and by
/// whichever connection of the account a message is delivered, it is one primary key, and it falls
/// into the partition of the month it was written in.
pub fn message_id(channel: Channel, account: &str, platform_id: &str, sent_at: DateTime<Utc>) -> MessageId {
    let hash = digest(&[b"message", channel.as_str().as_bytes(), account.as_bytes(), platform_id.as_bytes()]);
    MessageId(version_7(sent_at, &hash))
}

/// The id of Loa's own answer to a message, such as the confirmation of an opt-out.
pub fn reply_id(to: MessageId, what: &str, sent_at: DateTime<Utc>) -> MessageId {
    let hash = digest(&[b"reply", to.0.as_bytes(), what.as_bytes()]);
    MessageId(version_7(sent_at, &hash))
}

/// The id of the message that a flow's session says as its `number`th, at `at`.
pub fn flow_message_id(session: FlowSessionId, number: u32, at: DateTime<Utc>) -> MessageId {
    let hash = digest(&[b"flow message", session.0.as_bytes(), &number.to_be_bytes()]);
    MessageId(version_7(at, &hash))
}

/// Whether `message` is one of the first `count` that a flow's session said.
pub fn is_flow_message(session: FlowSessionId, count: u32, message: MessageId) -> bool {
    let Some((seconds, nanos)) = message.0.get_timestamp().map(|time| time.to_unix()) else {
        return false;
    };
    let Some(at) = i64::try_from(seconds).ok().and_then(|seconds| DateTime::from_timestamp(seconds, nanos)) else {
        return false;
    };
    (0..=count).any(|number| flow_message_id(session, number, at) == message)
}

/// The id of what a customer told the platform about marketing: told twice, it is one.
pub fn wish_id(merchant: MerchantId, contact: ContactId, granted: bool, at: DateTime<Utc>) -> Uuid {
    let hash = digest(&[b"wish", merchant.0.as_bytes(), contact.0.as_bytes(), &[u8::from(granted)]]);
    version_7(at, &hash)
}

/// The id of the audit entry about something that `cause` tells of an account: told twice, it is one.
pub fn audit_id(account: AccountId, cause: &str, at: DateTime<Utc>) -> AuditEntryId {
    let hash = digest(&[b"audit", account.0.as_bytes(), cause.as_bytes()]);
    AuditEntryId(version_7(at, &hash))
}

/// The id of the message `message_id` with the given body that died in `queue`; `at` is a time that
/// the message itself carries.
pub fn dead_letter_id(queue: &str, message_id: &str, body: &[u8], at: DateTime<Utc>) -> DeadLetterId {
    let hash = digest(&[b"dead letter", queue.as_bytes(), message_id.as_bytes(), body]);
    DeadLetterId(version_7(at, &hash))
}

/// The id of the file at `position` of a message. It carries the message's time.
pub fn media_id(message: MessageId, position: u16) -> MediaId {
    let hash = digest(&[b"media", message.0.as_bytes(), &position.to_be_bytes()]);
    let seconds = message.0.get_timestamp().map_or(0, |time| time.to_unix().0);
    let at = DateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0), 0).unwrap_or_default();
    MediaId(version_7(at, &hash))
}

/// The id of the merchant that an outer system calls `name`; a UUID is taken as it is.
pub fn merchant_id(name: &str) -> MerchantId {
    let given = Uuid::parse_str(name).ok();
    MerchantId(given.unwrap_or_else(|| version_8(&digest(&[b"merchant", name.as_bytes()]))))
}

/// The id of the user whom an outer system calls `name`, where that is no UUID, or one that is taken.
pub fn user_id(merchant: MerchantId, name: &str) -> UserId {
    UserId(version_8(&digest(&[b"user", merchant.0.as_bytes(), name.as_bytes()])))
}

/// A hash and nothing else: it says no time.
fn version_8(hash: &[u8; 32]) -> Uuid {
    let mut bytes = [0; 16];
    bytes.copy_from_slice(&hash[..16]);
    Builder::from_custom_bytes(bytes).into_uuid()
}

fn version_7(at: DateTime<Utc>, hash: &[u8; 32]) -> Uuid {
    let millis = u64::try_from(at.timestamp_millis()).unwrap_or(0);
    let mut random = [0; 10];
    random.copy_from_slice(&hash[..10]);
    Builder::from_unix_timestamp_millis(millis, &random).into_uuid()
}

/// Each part goes in behind its length, so that no two lists of parts are the same bytes.
fn digest(parts: &[&[u8]]) -> [u8; 32] {
    let mut hasher = Sha256::new();
    for part in parts {
        hasher.update((part.len() as u64).to_be_bytes());
        hasher.update(part);
    }
    hasher.finalize().into()
}

#[cfg(test)]
mod tests {
    use chrono::TimeZone;
    use proptest::prelude::*;

    use super::*;

    fn at(seconds: i64) -> DateTime<Utc> {
        Utc.timestamp_opt(seconds, 0).single().unwrap_or_default()
    }

    #[test]
    fn the_id_carries_the_platforms_time() {
        let id = message_id(Channel::WhatsApp, "1555", "wamid.A", at(1_763_000_000));
        let (seconds, _) = id.0.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
        assert_eq!(seconds, 1_763_000_000);
        assert_eq!(id.0.get_version_num(), 7);
    }

    #[test]
    fn each_file_of_a_message_has_an_id_of_its_own_with_the_messages_time() {
        let message = message_id(Channel::WhatsApp, "1555", "wamid.A", at(1_763_000_000));
        assert_eq!(media_id(message, 0), media_id(message, 0));
        assert_ne!(media_id(message, 0), media_id(message, 1));
        let (seconds, _) = media_id(message, 1).0.get_timestamp().map(|time| time.to_unix()).unwrap_or_default();
        assert_eq!(seconds, 1_763_000_000);
    }

    proptest! {
        #[test]
        fn one_message_has_one_id(account in ".*", platform_id in ".*", seconds in 0_i64..4_000_000_000) {
            let first = message_id(Channel::WhatsApp, &account, &platform_id, at(seconds));
            let again = message_id(Channel::WhatsApp, &account, &platform_id, at(seconds));
            prop_assert_eq!(first, again);
        }

        #[test]
        fn parts_never_run_into_each_other(text in "[a-z]{2,20}", cut in 1_usize..20) {
            let cut = cut.min(text.len() - 1);
            let (left, right) = text.split_at(cut);
            prop_assert_ne!(
                message_id(Channel::X, left, right, at(1)),
                message_id(Channel::X, &text, "", at(1))
            );
        }
    }
}
