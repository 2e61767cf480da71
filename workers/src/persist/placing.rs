//! Where each message goes: its contact and its conversation.

use std::borrow::Cow;

use hashbrown::HashMap;
use shared::domain::ids::{ContactId, ConversationId};
use shared::domain::message::Direction;
use shared::domain::person::{AddressKey, Person};
use shared::store::contacts::{self, Met, Sighting};
use shared::store::conversations::open::{self, Arrival, Pair, Standing};
use shared::store::{Keyring, PgConnection, StoreError};

use super::recent::Guesses;
use super::stop_words;
use super::telling::Sealed;
use super::writing::Claimed;

/// Messages with the contacts and conversations they go to.
pub(super) struct Placed<'a> {
    pub(super) claimed: Vec<Claimed<'a>>,
    /// Contacts that turned out to be others.
    pub(super) merged: usize,
    /// Contacts whom sends did not reach.
    pub(super) struck: Vec<ContactId>,
    /// Addresses that may be remembered, with whose they are.
    pub(super) settled: Vec<(AddressKey, ContactId)>,
    /// The conversations among them that are open, or will be.
    pub(super) open: Vec<(Pair, ConversationId)>,
}

/// Finds each message's contact, which stays locked, and conversation. A change of addresses holds for the
/// messages that were told after it.
pub(super) async fn place<'a>(
    conn: &mut PgConnection,
    keyring: &Keyring,
    guesses: &mut Guesses<'_>,
    fresh: Vec<&'a Sealed>,
) -> Result<Placed<'a>, StoreError> {
    let sightings: Vec<Sighting<'_>> = fresh.iter().map(|sealed| sighting(sealed)).collect();
    let guess = |keys: &[&AddressKey]| guesses.contacts(keys);
    let met = contacts::meet_guessing(conn, keyring, &sightings, guess).await?;
    let Met { contacts, new, merged, struck, settled } = met;
    let mut pairs: HashMap<Pair, Arrival> = HashMap::new();
    for (sealed, contact) in fresh.iter().zip(&contacts) {
        let Sealed { read, account, .. } = sealed;
        let pair = Pair { account_id: account.id, contact_id: *contact };
        let (at, opens) = (read.message.sent_at, read.message.content.opens_thread());
        let arrival = pairs.entry(pair).or_insert(Arrival { merchant_id: account.merchant_id, at, opens });
        arrival.at = arrival.at.min(at);
        arrival.opens |= opens;
    }
    let taken = open::find_open(conn, &pairs, &new, guesses.conversations(pairs.keys())).await?;
    let claimed = fresh
        .into_iter()
        .zip(contacts)
        .map(|(Sealed { read, account, content }, contact_id)| {
            let pair = Pair { account_id: account.id, contact_id };
            let conversation = taken.get(&pair).copied().ok_or_else(|| StoreError::Corrupt {
                table: "conversations",
                problem: "a message without a conversation".to_owned(),
            })?;
            let contact_is_new = new.contains(&contact_id);
            let says_stop = stop_words::says_stop(&read.message, account);
            Ok(Claimed { read, account, content, contact_id, contact_is_new, says_stop, conversation })
        })
        .collect::<Result<_, StoreError>>()?;
    let is_open = |open: &open::Open| matches!(open.standing, Standing::Open | Standing::New(_));
    let open = taken.iter().filter(|(_, open)| is_open(open)).map(|(pair, open)| (*pair, open.id)).collect();
    Ok(Placed { claimed, merged, struck, settled, open })
}

fn sighting(sealed: &Sealed) -> Sighting<'_> {
    let (message, account) = (&sealed.read.message, &sealed.account);
    Sighting {
        person: Person {
            merchant_id: account.merchant_id,
            account_id: account.id,
            identities: Cow::Borrowed(&message.identities),
        },
        succession: message.succession.as_ref().filter(|_| message.direction == Direction::Inbound),
        display_name: message.display_name.as_deref(),
        username: message.username.as_deref(),
        at: message.sent_at,
    }
}
