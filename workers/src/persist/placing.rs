//! Where each message goes: its contact and its conversation.

use std::collections::BTreeMap;

use shared::domain::ids::ContactId;
use shared::domain::message::Direction;
use shared::domain::person::Person;
use shared::store::accounts::resolve::ConnectedAccount;
use shared::store::contacts::{self, Met, Sighting};
use shared::store::conversations::open::{self, Arrival, Pair};
use shared::store::{Keyring, PgConnection, StoreError};

use super::claiming::Owned;
use super::reading::ReadMessage;
use super::stop_words;
use super::writing::Claimed;

/// Messages with the contacts and conversations they go to.
pub(super) struct Placed<'a> {
    pub(super) claimed: Vec<Claimed<'a>>,
    /// Contacts that turned out to be others.
    pub(super) merged: usize,
    /// Contacts whom sends did not reach.
    pub(super) struck: Vec<ContactId>,
}

/// Finds each message's contact, which stays locked, and conversation. A change of addresses holds for the
/// messages that were told after it.
pub(super) async fn place<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    fresh: Vec<Owned<'a>>,
) -> Result<Placed<'a>, StoreError> {
    let sightings: Vec<Sighting> = fresh.iter().map(|(read, account)| sighting(read, account)).collect();
    let Met { contacts, new, merged, struck } = contacts::meet(conn, keyring, &sightings).await?;
    let mut pairs: BTreeMap<Pair, Arrival> = BTreeMap::new();
    for ((read, account), contact) in fresh.iter().zip(&contacts) {
        let pair = Pair { account_id: account.id, contact_id: *contact };
        let (at, opens) = (read.message.sent_at, read.message.content.opens_thread());
        let arrival = pairs.entry(pair).or_insert(Arrival { merchant_id: account.merchant_id, at, opens });
        arrival.at = arrival.at.min(at);
        arrival.opens |= opens;
    }
    let open = open::find_open(conn, &pairs, &new).await?;
    let claimed = fresh
        .into_iter()
        .zip(contacts)
        .map(|((read, account), contact_id)| {
            let pair = Pair { account_id: account.id, contact_id };
            let conversation = open.get(&pair).copied().ok_or_else(|| StoreError::Corrupt {
                table: "conversations",
                problem: "a message without a conversation".to_owned(),
            })?;
            let contact_is_new = new.contains(&contact_id);
            let says_stop = stop_words::says_stop(&read.message, account);
            Ok(Claimed { read, account, contact_id, contact_is_new, says_stop, conversation })
        })
        .collect::<Result<_, StoreError>>()?;
    Ok(Placed { claimed, merged, struck })
}

fn sighting(read: &ReadMessage<'_>, account: &ConnectedAccount) -> Sighting {
    let message = &read.message;
    Sighting {
        person: Person {
            merchant_id: account.merchant_id,
            account_id: account.id,
            identities: message.identities.clone(),
        },
        succession: message.succession.clone().filter(|_| message.direction == Direction::Inbound),
        display_name: message.display_name.clone(),
        username: message.username.clone(),
        at: message.sent_at,
    }
}
