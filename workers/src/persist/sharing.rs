//! A large batch is stored in shares, side by side: whatever is told of one person is in one share, in its order, so
//! that shares neither wait for one another nor come in each other's way.

use std::collections::HashMap;

use shared::domain::identity::Identity;

use super::claiming::Owned;
use super::reading::ReadMessage;

/// Shares smaller than this are taken to cost more, in statements and commits, than they bring.
const LEAST: usize = 250;

/// Parts `owned` into at most `most` shares of about one size.
pub(super) fn share(owned: Vec<Owned<'_>>, most: usize) -> Vec<Vec<Owned<'_>>> {
    let count = (owned.len() / LEAST).clamp(1, most.max(1));
    match places(owned.iter().map(|(read, _)| addresses(read)), count) {
        Some(places) => {
            let mut shares: Vec<Vec<Owned<'_>>> = (0..count).map(|_| Vec::new()).collect();
            for (one, place) in owned.into_iter().zip(places) {
                shares[place].push(one);
            }
            shares.retain(|share| !share.is_empty());
            shares
        }
        None => vec![owned],
    }
}

/// All addresses that a message shows, of before a change too.
fn addresses<'a>(read: &'a ReadMessage<'_>) -> impl Iterator<Item = &'a Identity> + Clone {
    let changed = read.message.succession.iter().flat_map(|change| [&change.before, &change.after]);
    read.message.identities.iter().chain(changed.flatten())
}

/// For each of `people` one of `count` shares. None where somebody is told late to be two who have a share each: then
/// there is but one.
fn places<'a, A>(people: impl Iterator<Item = A>, count: usize) -> Option<Vec<usize>>
where
    A: Iterator<Item = &'a Identity> + Clone,
{
    let mut place_of: HashMap<&Identity, usize> = HashMap::new();
    let mut sizes = vec![0_usize; count];
    let mut places = Vec::new();
    for addresses in people {
        let mut known = addresses.clone().filter_map(|address| place_of.get(address).copied());
        let place = match known.next() {
            Some(place) if known.any(|other| other != place) => return None,
            Some(place) => place,
            None => (0..count).min_by_key(|place| sizes[*place])?,
        };
        place_of.extend(addresses.map(|address| (address, place)));
        sizes[place] += 1;
        places.push(place);
    }
    Some(places)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn places_of(people: &[&[&str]], count: usize) -> Option<Vec<usize>> {
        let people: Vec<Vec<Identity>> = people
            .iter()
            .map(|shown| shown.iter().map(|address| Identity::whatsapp(address).unwrap()).collect())
            .collect();
        places(people.iter().map(|shown| shown.iter()), count)
    }

    #[test]
    fn what_is_told_of_one_person_is_in_one_share() {
        let told: [&[&str]; 5] = [&["84901"], &["84902"], &["84901", "VN.1"], &["VN.1"], &["84902"]];
        assert_eq!(places_of(&told, 2), Some(vec![0, 1, 0, 0, 1]));
    }

    #[test]
    fn people_are_spread_evenly() {
        let told: [&[&str]; 4] = [&["84901"], &["84902"], &["84903"], &["84904"]];
        assert_eq!(places_of(&told, 2), Some(vec![0, 1, 0, 1]));
        assert_eq!(places_of(&told, 1), Some(vec![0; 4]));
    }

    #[test]
    fn two_who_are_told_to_be_one_share_nothing_out() {
        assert_eq!(places_of(&[&["84901"], &["VN.1"], &["84901", "VN.1"]], 2), None);
    }
}
