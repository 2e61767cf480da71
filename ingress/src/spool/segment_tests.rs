//! Whatever becomes of a segment's bytes: what is whole is read, and nothing else is.

use bytes::Bytes;
use proptest::prelude::*;
use shared::events::envelope;
use shared::seal::MasterKey;

use super::fake_broker::{event, master, said};
use super::format::HEADER;
use super::inspect;
use super::key::RECORD_OVERHEAD;

/// A segment of one event for each of `words`, and where each record ends.
fn segment(master: Option<&MasterKey>, words: &[String]) -> (Vec<u8>, Vec<usize>) {
    let envelopes: Vec<Bytes> = words.iter().map(|word| envelope::encode([&event(word)]).unwrap()).collect();
    let ends = (1..=words.len()).map(|count| inspect::write(master, &envelopes[..count]).unwrap().len());
    (inspect::write(master, &envelopes).unwrap(), ends.collect())
}

fn read(master: Option<&MasterKey>, segment: Vec<u8>) -> Vec<String> {
    inspect::read(master, &Bytes::from(segment), 3).iter().flatten().map(said).collect()
}

fn words() -> impl Strategy<Value = Vec<String>> {
    proptest::collection::vec("[a-z]{0,40}", 1..8)
}

proptest! {
    #[test]
    fn every_record_before_a_cut_is_read(words in words(), is_sealed in any::<bool>(), cut in any::<prop::sample::Index>()) {
        let master = is_sealed.then(|| master(7));
        let (mut bytes, ends) = segment(master.as_ref(), &words);
        let cut = cut.index(bytes.len() + 1);
        bytes.truncate(cut);
        let whole = ends.iter().filter(|end| **end <= cut).count();
        prop_assert_eq!(read(master.as_ref(), bytes), &words[..whole]);
    }

    #[test]
    fn a_changed_byte_costs_its_own_record_and_no_other(
        words in words(),
        is_sealed in any::<bool>(),
        at in any::<prop::sample::Index>(),
        change in 1_u8..,
    ) {
        let master = is_sealed.then(|| master(7));
        let (mut bytes, ends) = segment(master.as_ref(), &words);
        let at = at.index(bytes.len());
        bytes[at] ^= change;
        let mut left = words.clone();
        match ends.iter().position(|end| at < *end) {
            _ if at < HEADER => left.clear(),
            Some(hit) => drop(left.remove(hit)),
            None => {}
        }
        prop_assert_eq!(read(master.as_ref(), bytes), left);
    }

    #[test]
    fn no_bytes_make_the_reader_panic(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
        let (mut behind_a_header, _) = segment(None, &["one".to_owned()]);
        behind_a_header.extend_from_slice(&bytes);
        prop_assert_eq!(read(None, behind_a_header), ["one"]);
        prop_assert!(read(None, bytes).is_empty());
    }
}

#[test]
fn a_sealed_segment_shows_nothing_and_opens_under_its_own_key_alone() {
    let words = ["sesame".to_owned(), "sesame".to_owned()];
    let (bytes, ends) = segment(Some(&master(7)), &words);
    assert!(!bytes.windows(6).any(|window| window == b"sesame"));
    assert_eq!(read(Some(&master(7)), bytes.clone()), words);
    assert!(read(Some(&master(8)), bytes.clone()).is_empty());
    assert!(read(None, bytes.clone()).is_empty());
    // A record moved to another's place is none.
    let [first, second] = [&bytes[HEADER..ends[0]], &bytes[ends[0]..]];
    assert!(first.len() > RECORD_OVERHEAD);
    let swapped = [&bytes[..HEADER], second, first].concat();
    assert!(read(Some(&master(7)), swapped).len() < 2);
}
