//! Sealing: AES-256-GCM under a data key per merchant, itself sealed under the master key.
//!
//! ```text
//! sealed value   0x01 | key number (2) | nonce (12) | ciphertext and tag
//! plain value    0x00 | the value itself                        (development, no master key)
//! ```
//!
//! The place and the row are associated data: a value moved to another row does not open.

use std::fmt;

use uuid::Uuid;

pub use crate::seal::{Binding, MasterKey, SealError};
use crate::seal::{DataKey, OVERHEAD};

pub(super) const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const NUMBER_LENGTH: usize = 2;
/// What sealing puts around a value, in bytes.
pub(super) const SEALED_OVERHEAD: usize = 1 + NUMBER_LENGTH + OVERHEAD;

/// One key of one merchant.
pub(super) struct MerchantKey {
    number: i16,
    key: DataKey,
}

impl MerchantKey {
    /// A new key for `owner`, and its sealed form.
    pub(super) fn make(master: &MasterKey, owner: Uuid, number: i16) -> Result<(Self, Vec<u8>), SealError> {
        let (key, wrapped) = master.new_data_key(Binding::new("data_keys.wrapped", owner))?;
        Ok((Self { number, key }, wrapped))
    }

    /// Opens a key of `owner`.
    pub(super) fn open(master: &MasterKey, owner: Uuid, number: i16, wrapped: &[u8]) -> Result<Self, SealError> {
        let key = master.open_data_key(Binding::new("data_keys.wrapped", owner), wrapped)?;
        Ok(Self { number, key })
    }
}

/// The keys of one merchant; the last one seals, all of them open.
pub struct MerchantKeys {
    /// Empty in development without a master key: values are stored in the clear.
    pub(super) keys: Vec<MerchantKey>,
}

impl fmt::Debug for MerchantKeys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MerchantKeys({})", self.keys.len())
    }
}

impl MerchantKeys {
    /// Whether values are stored in the clear.
    pub(super) const fn are_none(&self) -> bool {
        self.keys.is_empty()
    }

    /// Seals `value` for the row that `binding` names.
    pub fn seal(&self, binding: Binding, value: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_bound_to(binding.place, &binding.bytes(), value)
    }

    /// Seals `value` so that it opens only where `bound_to` is said again.
    pub(super) fn seal_bound_to(
        &self,
        place: &'static str,
        bound_to: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let Some(key) = self.keys.last() else {
            return Ok([&[PLAIN], value].concat());
        };
        let [high, low] = key.number.to_be_bytes();
        key.key.seal_behind(&[SEALED, high, low], place, bound_to, value)
    }

    /// Opens what [`seal`](Self::seal) gave for the same row.
    pub fn open(&self, binding: Binding, sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        self.open_bound_to(binding.place, &binding.bytes(), sealed)
    }

    /// Opens what [`seal_bound_to`](Self::seal_bound_to) gave.
    pub(super) fn open_bound_to(
        &self,
        place: &'static str,
        bound_to: &[u8],
        sealed: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        let broken = || SealError::Broken(place);
        match sealed.split_first().ok_or_else(broken)? {
            (&PLAIN, value) => Ok(value.to_vec()),
            (&SEALED, rest) => {
                let (number, rest) = rest.split_first_chunk::<NUMBER_LENGTH>().ok_or_else(broken)?;
                let number = i16::from_be_bytes(*number);
                let key =
                    self.keys.iter().find(|key| key.number == number).ok_or(SealError::NoKey { place, number })?;
                key.key.open(place, bound_to, rest)
            }
            _ => Err(broken()),
        }
    }
}

#[cfg(test)]
mod tests {
    use base64::Engine;
    use base64::engine::general_purpose::STANDARD;
    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::parse(&STANDARD.encode([7; 32]).into()).unwrap()
    }

    fn keys() -> MerchantKeys {
        let (key, _) = MerchantKey::make(&master(), Uuid::nil(), 1).unwrap();
        MerchantKeys { keys: vec![key] }
    }

    proptest! {
        #[test]
        fn what_is_sealed_opens_in_its_place_alone(value in proptest::collection::vec(any::<u8>(), 0..200), row in any::<u128>(), bit in any::<usize>()) {
            let keys = keys();
            let here = Binding::new("messages.content", Uuid::from_u128(row));
            let sealed = keys.seal(here, &value).unwrap();
            prop_assert_eq!(keys.open(here, &sealed).unwrap(), value);

            let elsewhere = Binding::new("messages.content", Uuid::from_u128(row ^ 1));
            prop_assert!(keys.open(elsewhere, &sealed).is_err());

            let mut changed = sealed.clone();
            let bit = bit % (changed.len() * 8);
            changed[bit / 8] ^= 1 << (bit % 8);
            prop_assume!(changed[0] != PLAIN);
            prop_assert!(keys.open(here, &changed).is_err());
        }

        #[test]
        fn no_bytes_make_it_panic(bytes in proptest::collection::vec(any::<u8>(), 0..64)) {
            let _ = keys().open(Binding::new("messages.content", Uuid::nil()), &bytes);
        }
    }

    #[test]
    fn values_sealed_before_a_rotation_still_open() {
        let row = Binding::new("messages.content", Uuid::nil());
        let (old, _) = MerchantKey::make(&master(), Uuid::nil(), 1).unwrap();
        let (new, _) = MerchantKey::make(&master(), Uuid::nil(), 2).unwrap();
        let mut keys = MerchantKeys { keys: vec![old] };
        let sealed = keys.seal(row, b"before").unwrap();
        keys.keys.push(new);
        assert_eq!(keys.open(row, &sealed).unwrap(), b"before");
        assert_ne!(keys.seal(row, b"after").unwrap()[..3], sealed[..3]);
    }
}
