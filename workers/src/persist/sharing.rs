//! A large batch is stored in shares, side by side: whatever is told of one person is in one share, in its order, so
//! that shares neither wait for one another nor come in each other's way. A person has the same share in the next batch,
//! which need not wait for the other share of this one.

use std::hash::{DefaultHasher, Hash, Hasher};

use hashbrown::HashMap;
use shared::domain::identity::Identity;
use tokio::sync::{Mutex, MutexGuard};

use super::claiming::Owned;
use super::reading::ReadMessage;

/// Transactions at a time, at most.
const MOST: usize = 2;

/// Shares smaller than this are taken to cost more, in statements and commits, than they bring.
const LEAST: usize = 250;

/// What is stored in one transaction.
pub(super) struct Share {
    pub(super) messages: Vec<Owned>,
    pub(super) people: People,
}

/// Of whom a share tells; of a batch that is not parted everybody.
#[derive(Clone, Copy, Debug)]
pub(super) struct People(Option<usize>);

/// Parts `owned` into shares of about one size, none of them empty.
pub(super) fn share(owned: Vec<Owned>) -> Vec<Share> {
    let is_large = owned.len() >= MOST * LEAST;
    let places = is_large.then(|| places(owned.iter().map(|(read, _)| addresses(read)))).flatten();
    let mut shares = match places {
        None => vec![Share { messages: owned, people: People(None) }],
        Some(places) => {
            let mut shares: Vec<Share> =
                (0..MOST).map(|place| Share { messages: Vec::new(), people: People(Some(place)) }).collect();
            for (one, place) in owned.into_iter().zip(places) {
                shares[place].messages.push(one);
            }
            shares
        }
    };
    shares.retain(|share| !share.messages.is_empty());
    shares
}

/// One transaction at a time for the people of each share: two would wait for each other's customers.
#[derive(Default)]
pub(super) struct Turns([Mutex<()>; MOST]);

impl Turns {
    /// Waits until nothing else is stored of `people`; they are the caller's own until the result is dropped.
    pub(super) async fn of(&self, people: People) -> Vec<MutexGuard<'_, ()>> {
        let mut turns = Vec::with_capacity(MOST);
        // In one order: two who each had a turn that the other waits for would wait for ever.
        for (place, turn) in self.0.iter().enumerate() {
            if people.0.is_none_or(|own| own == place) {
                turns.push(turn.lock().await);
            }
        }
        turns
    }
}

/// All addresses that a message shows, of before a change too.
fn addresses(read: &ReadMessage) -> impl Iterator<Item = &Identity> + Clone {
    let changed = read.message.succession.iter().flat_map(|change| [&change.before, &change.after]);
    read.message.identities.iter().chain(changed.flatten())
}

/// The share of each of `people`. None where somebody is told late to be two who have a share each: then there is but one.
fn places<'a, A>(people: impl Iterator<Item = A>) -> Option<Vec<usize>>
where
    A: Iterator<Item = &'a Identity> + Clone,
{
    let mut place_of: HashMap<&Identity, usize> = HashMap::new();
    let mut places = Vec::new();
    for addresses in people {
        let mut known = addresses.clone().filter_map(|address| place_of.get(address).copied());
        let place = match known.next() {
            Some(place) if known.any(|other| other != place) => return None,
            Some(place) => place,
            None => usual_place(addresses.clone().next()),
        };
        place_of.extend(addresses.map(|address| (address, place)));
        places.push(place);
    }
    Some(places)
}

/// The same in every batch.
fn usual_place(address: Option<&Identity>) -> usize {
    let mut hasher = DefaultHasher::new();
    address.hash(&mut hasher);
    usize::try_from(hasher.finish() % MOST as u64).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn identities(shown: &[&str]) -> Vec<Identity> {
        shown.iter().map(|address| Identity::whatsapp(address).unwrap()).collect()
    }

    fn places_of(people: &[&[&str]]) -> Option<Vec<usize>> {
        let people: Vec<Vec<Identity>> = people.iter().map(|shown| identities(shown)).collect();
        places(people.iter().map(|shown| shown.iter()))
    }

    #[test]
    fn what_is_told_of_one_person_is_in_one_share() {
        for number in 0..100 {
            let [phone, other] = [format!("849{number:02}"), format!("848{number:02}")];
            let told: [&[&str]; 4] = [&[&phone, "VN.1"], &[&other], &["VN.1"], &[&phone]];
            let places = places_of(&told).unwrap();
            assert_eq!((places[0], places[0]), (places[2], places[3]));
        }
    }

    #[test]
    fn people_are_spread_and_keep_their_share() {
        let people: Vec<String> = (0..1_000).map(|number| format!("84{number:06}")).collect();
        let shown: Vec<[&str; 1]> = people.iter().map(|person| [person.as_str()]).collect();
        let shown: Vec<&[&str]> = shown.iter().map(<[_; 1]>::as_slice).collect();
        let places = places_of(&shown).unwrap();
        assert!((400..=600).contains(&places.iter().sum::<usize>()));
        let turned: Vec<&[&str]> = shown.iter().rev().copied().collect();
        assert!(places_of(&turned).unwrap().into_iter().rev().eq(places));
    }

    #[test]
    fn two_who_are_told_to_be_one_share_nothing_out() {
        let one = "84901";
        let other = (0..100)
            .map(|number| format!("VN.{number}"))
            .find(|other| places_of(&[&[one], &[other]]).is_some_and(|places| places[0] != places[1]));
        assert_eq!(places_of(&[&[one], &[&other.clone().unwrap()], &[one, &other.unwrap()]]), None);
    }

    #[tokio::test]
    async fn a_batch_that_is_not_parted_waits_for_all_and_all_for_it() {
        let turns = Turns::default();
        let [one, other] = [0, 1].map(|place| People(Some(place)));
        let first = turns.of(one).await;
        let second = turns.of(other).await;
        let mut waiting = Box::pin(turns.of(People(None)));
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(first);
        assert!(futures::poll!(&mut waiting).is_pending());
        drop(second);
        let all = waiting.await;
        let mut next = Box::pin(turns.of(one));
        assert!(futures::poll!(&mut next).is_pending());
        drop(all);
        next.await;
    }
}
