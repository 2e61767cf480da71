//! What no worker could handle, taken over from the broker. Kept whole, sealed with the key of nobody.

pub mod keep;
pub mod put_back;
pub mod read;

use bytes::{Buf, Bytes};

use crate::events::dead_letter::Circumstances;
use crate::store::error::StoreError;

/// Where a dead letter is sealed.
pub const LETTER: &str = "dead_letters.sealed";

const TABLE: &str = "dead_letters";
/// The circumstances' length goes before them, the body behind.
const LENGTH: usize = 4;

fn pack(circumstances: &Circumstances, body: &[u8]) -> Result<Vec<u8>, StoreError> {
    let head = serde_json::to_vec(circumstances).map_err(|error| corrupt(error.to_string()))?;
    let length = u32::try_from(head.len()).map_err(|error| corrupt(error.to_string()))?;
    Ok([&length.to_be_bytes()[..], &head, body].concat())
}

fn unpack(packed: Vec<u8>) -> Result<(Circumstances, Bytes), StoreError> {
    let mut rest = Bytes::from(packed);
    let short = || corrupt("it is too short".to_owned());
    if rest.len() < LENGTH {
        return Err(short());
    }
    let length = usize::try_from(rest.get_u32()).map_err(|_| short())?;
    if rest.len() < length {
        return Err(short());
    }
    let head = rest.split_to(length);
    let circumstances = serde_json::from_slice(&head).map_err(|error| corrupt(error.to_string()))?;
    Ok((circumstances, rest))
}

fn corrupt(problem: String) -> StoreError {
    StoreError::Corrupt { table: TABLE, problem }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_packed_is_unpacked_and_what_is_cut_off_is_refused() {
        let circumstances = Circumstances { content_type: "text/plain".to_owned(), events: 3, ..Default::default() };
        let packed = pack(&circumstances, b"body").unwrap();
        assert_eq!(unpack(packed.clone()).unwrap(), (circumstances, Bytes::from_static(b"body")));
        for end in 0..packed.len() - 4 {
            assert!(unpack(packed[..end].to_vec()).is_err(), "{end}");
        }
    }
}
