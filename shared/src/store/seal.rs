//! Sealing: AES-256-GCM under a data key per merchant, itself sealed under the master key.
//!
//! ```text
//! sealed value   0x01 | key number (2) | nonce (12) | ciphertext and tag
//! plain value    0x00 | the value itself                        (development, no master key)
//! ```
//!
//! The place and the row are associated data: a value moved to another row does not open.

use std::fmt;

use aes_gcm::aead::{Aead, Generate, Key, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::FromSetting;

pub(super) const PLAIN: u8 = 0;
const SEALED: u8 = 1;
const NUMBER_LENGTH: usize = 2;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
/// What sealing puts around a value, in bytes.
pub(super) const SEALED_OVERHEAD: usize = 1 + NUMBER_LENGTH + NONCE_LENGTH + TAG_LENGTH;

/// Where a sealed value belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Table and column.
    pub place: &'static str,
    /// The row.
    pub row: Uuid,
}

impl Binding {
    /// The binding of a value in `place` of `row`.
    pub fn new(place: &'static str, row: impl Into<Uuid>) -> Self {
        Self { place, row: row.into() }
    }

    fn bytes(self) -> Vec<u8> {
        [self.place.as_bytes(), b"\0", self.row.as_bytes()].concat()
    }
}

/// Why a value could not be sealed or opened. Says nothing of the value.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// `MESSAGE_ENCRYPTION_KEY` is not what it should be.
    #[error("expected 32 bytes in base64")]
    MasterKey,
    /// The value was changed, or belongs to another row.
    #[error("the sealed value in {0} does not open")]
    Broken(&'static str),
    /// The value is sealed under a key that this process was not given.
    #[error("the value in {place} is sealed with key {number}, which is not known here")]
    NoKey {
        /// Table and column.
        place: &'static str,
        /// The number of the key.
        number: i16,
    },
    /// Sealing itself failed.
    #[error("a value for {0} could not be sealed")]
    Failed(&'static str),
}

/// The key above all others, from `MESSAGE_ENCRYPTION_KEY`.
#[derive(Clone)]
pub struct MasterKey {
    cipher: Aes256Gcm,
    fingerprint: String,
}

impl fmt::Debug for MasterKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "MasterKey({})", self.fingerprint)
    }
}

impl MasterKey {
    /// Reads 32 bytes in base64.
    pub fn parse(text: &SecretString) -> Result<Self, SealError> {
        let bytes = STANDARD.decode(text.expose_secret()).map_err(|_| SealError::MasterKey)?;
        let key = Key::<Aes256Gcm>::try_from(&bytes[..]).map_err(|_| SealError::MasterKey)?;
        let fingerprint = hex::encode(&Sha256::digest(&bytes)[..8]);
        Ok(Self { cipher: Aes256Gcm::new(&key), fingerprint })
    }

    /// Names the key without giving it away; stored beside what it seals.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A new data key for `owner`, and its sealed form.
    pub(super) fn new_data_key(&self, owner: Uuid, number: i16) -> Result<(DataKey, Vec<u8>), SealError> {
        let key = Key::<Aes256Gcm>::generate();
        let binding = Binding::new("data_keys.wrapped", owner).bytes();
        let wrapped = encrypt(&self.cipher, &key, &binding).ok_or(SealError::Failed("data_keys"))?;
        Ok((DataKey { number, cipher: Aes256Gcm::new(&key) }, wrapped))
    }

    /// Opens a data key of `owner`.
    pub(super) fn open_data_key(&self, owner: Uuid, number: i16, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let binding = Binding::new("data_keys.wrapped", owner).bytes();
        let bytes = decrypt(&self.cipher, wrapped, &binding).ok_or(SealError::Broken("data_keys"))?;
        let key = Key::<Aes256Gcm>::try_from(&bytes[..]).map_err(|_| SealError::Broken("data_keys"))?;
        Ok(DataKey { number, cipher: Aes256Gcm::new(&key) })
    }
}

impl FromSetting for MasterKey {
    fn from_setting(text: &str) -> Result<Self, String> {
        Self::parse(&text.into()).map_err(|error| format!("{error}; make one with `openssl rand -base64 32`"))
    }
}

/// One key of one merchant.
pub(super) struct DataKey {
    pub(super) number: i16,
    cipher: Aes256Gcm,
}

/// The keys of one merchant; the last one seals, all of them open.
pub struct MerchantKeys {
    /// Empty in development without a master key: values are stored in the clear.
    pub(super) keys: Vec<DataKey>,
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
        let sealed = encrypt(&key.cipher, value, bound_to).ok_or(SealError::Failed(place))?;
        Ok([&[SEALED][..], &key.number.to_be_bytes(), &sealed].concat())
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
                decrypt(&key.cipher, rest, bound_to).ok_or_else(broken)
            }
            _ => Err(broken()),
        }
    }
}

fn encrypt(cipher: &Aes256Gcm, plain: &[u8], bound_to: &[u8]) -> Option<Vec<u8>> {
    let nonce = Nonce::generate();
    let sealed = cipher.encrypt(&nonce, Payload { msg: plain, aad: bound_to }).ok()?;
    Some([nonce.as_slice(), &sealed].concat())
}

fn decrypt(cipher: &Aes256Gcm, sealed: &[u8], bound_to: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: bound_to }).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn master() -> MasterKey {
        MasterKey::parse(&STANDARD.encode([7; 32]).into()).unwrap()
    }

    fn keys() -> MerchantKeys {
        let (key, _) = master().new_data_key(Uuid::nil(), 1).unwrap();
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
    fn a_data_key_opens_for_its_owner_alone() {
        let (owner, other) = (Uuid::from_u128(1), Uuid::from_u128(2));
        let (_, wrapped) = master().new_data_key(owner, 1).unwrap();
        assert!(master().open_data_key(owner, 1, &wrapped).is_ok());
        assert!(master().open_data_key(other, 1, &wrapped).is_err());
    }

    #[test]
    fn values_sealed_before_a_rotation_still_open() {
        let row = Binding::new("messages.content", Uuid::nil());
        let (old, _) = master().new_data_key(Uuid::nil(), 1).unwrap();
        let (new, _) = master().new_data_key(Uuid::nil(), 2).unwrap();
        let mut keys = MerchantKeys { keys: vec![old] };
        let sealed = keys.seal(row, b"before").unwrap();
        keys.keys.push(new);
        assert_eq!(keys.open(row, &sealed).unwrap(), b"before");
        assert_ne!(keys.seal(row, b"after").unwrap()[..3], sealed[..3]);
    }

    #[test]
    fn a_key_that_is_not_32_bytes_is_refused() {
        for text in ["", "c2hvcnQ=", "not base64!"] {
            assert!(MasterKey::parse(&text.into()).is_err());
        }
    }
}
