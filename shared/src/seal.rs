//! Sealing: AES-256-GCM under data keys, each of which is itself sealed under the master key.
//!
//! ```text
//! sealed by a key   nonce (12) | ciphertext and tag
//! ```
//!
//! What a value belongs to is associated data: moved elsewhere it does not open.

use std::fmt;

use aes_gcm::aead::{Aead, AeadInOut, Generate, Key, KeyInit, Payload};
use aes_gcm::{Aes256Gcm, Nonce};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use secrecy::{ExposeSecret, SecretString};
use sha2::{Digest, Sha256};
use uuid::Uuid;

use crate::config::FromSetting;

const KEY_LENGTH: usize = 32;
const NONCE_LENGTH: usize = 12;
const TAG_LENGTH: usize = 16;
/// What a key puts around a value, in bytes.
pub const OVERHEAD: usize = NONCE_LENGTH + TAG_LENGTH;
/// A sealed data key, in bytes.
pub const WRAPPED_LENGTH: usize = KEY_LENGTH + OVERHEAD;
/// A fingerprint, in ASCII characters.
pub const FINGERPRINT_LENGTH: usize = 16;

/// Where a sealed value belongs; it opens nowhere else.
#[derive(Clone, Copy, Debug)]
pub struct Binding {
    /// Table and column, or what stands for them.
    pub place: &'static str,
    /// The row.
    pub row: Uuid,
}

impl Binding {
    /// The binding of a value in `place` of `row`.
    pub fn new(place: &'static str, row: impl Into<Uuid>) -> Self {
        Self { place, row: row.into() }
    }

    /// The associated data.
    pub(crate) fn bytes(self) -> Vec<u8> {
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
        let fingerprint = hex::encode(&Sha256::digest(&bytes)[..FINGERPRINT_LENGTH / 2]);
        Ok(Self { cipher: Aes256Gcm::new(&key), fingerprint })
    }

    /// Names the key without giving it away; stored beside what it seals.
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// A new data key for what `owner` names, and its sealed form.
    pub fn new_data_key(&self, owner: Binding) -> Result<(DataKey, Vec<u8>), SealError> {
        let key = Key::<Aes256Gcm>::generate();
        let wrapped = encrypt(&self.cipher, &[], &key, &owner.bytes()).ok_or(SealError::Failed(owner.place))?;
        Ok((DataKey(Aes256Gcm::new(&key)), wrapped))
    }

    /// Opens a data key of `owner`.
    pub fn open_data_key(&self, owner: Binding, wrapped: &[u8]) -> Result<DataKey, SealError> {
        let broken = || SealError::Broken(owner.place);
        let bytes = decrypt(&self.cipher, wrapped, &owner.bytes()).ok_or_else(broken)?;
        let key = Key::<Aes256Gcm>::try_from(&bytes[..]).map_err(|_| broken())?;
        Ok(DataKey(Aes256Gcm::new(&key)))
    }
}

impl FromSetting for MasterKey {
    fn from_setting(text: &str) -> Result<Self, String> {
        Self::parse(&text.into()).map_err(|error| format!("{error}; make one with `openssl rand -base64 32`"))
    }
}

/// A key that seals values.
#[derive(Clone)]
pub struct DataKey(Aes256Gcm);

impl fmt::Debug for DataKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("DataKey")
    }
}

impl DataKey {
    /// Seals `value` so that it opens only where `bound_to` is said again; an error names `place`.
    pub fn seal(&self, place: &'static str, bound_to: &[u8], value: &[u8]) -> Result<Vec<u8>, SealError> {
        self.seal_behind(&[], place, bound_to, value)
    }

    /// The same behind `before`, which stays as it is.
    pub fn seal_behind(
        &self,
        before: &[u8],
        place: &'static str,
        bound_to: &[u8],
        value: &[u8],
    ) -> Result<Vec<u8>, SealError> {
        encrypt(&self.0, before, value, bound_to).ok_or(SealError::Failed(place))
    }

    /// Opens what [`seal`](Self::seal) gave.
    pub fn open(&self, place: &'static str, bound_to: &[u8], sealed: &[u8]) -> Result<Vec<u8>, SealError> {
        decrypt(&self.0, sealed, bound_to).ok_or(SealError::Broken(place))
    }
}

/// Every message is sealed twice on its way: what is sealed is laid out once, in one piece of memory.
fn encrypt(cipher: &Aes256Gcm, before: &[u8], plain: &[u8], bound_to: &[u8]) -> Option<Vec<u8>> {
    // The thread's own generator, which the system seeds again and again: to ask the system each time costs as much as
    // to encrypt a message.
    let nonce: [u8; NONCE_LENGTH] = rand::random();
    let mut sealed = Vec::with_capacity(before.len() + plain.len() + OVERHEAD);
    for part in [before, &nonce, plain] {
        sealed.extend_from_slice(part);
    }
    let text = &mut sealed[before.len() + NONCE_LENGTH..];
    let tag = cipher.encrypt_inout_detached(&Nonce::from(nonce), bound_to, text.into()).ok()?;
    sealed.extend_from_slice(&tag);
    Some(sealed)
}

fn decrypt(cipher: &Aes256Gcm, sealed: &[u8], bound_to: &[u8]) -> Option<Vec<u8>> {
    let (nonce, sealed) = sealed.split_first_chunk::<NONCE_LENGTH>()?;
    cipher.decrypt(&Nonce::from(*nonce), Payload { msg: sealed, aad: bound_to }).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn master() -> MasterKey {
        MasterKey::parse(&STANDARD.encode([7; 32]).into()).unwrap()
    }

    #[test]
    fn a_data_key_opens_for_its_owner_alone() {
        let [owner, other] = [1, 2].map(|row| Binding::new("data_keys.wrapped", Uuid::from_u128(row)));
        let (_, wrapped) = master().new_data_key(owner).unwrap();
        assert_eq!(wrapped.len(), WRAPPED_LENGTH);
        assert!(master().open_data_key(owner, &wrapped).is_ok());
        assert!(master().open_data_key(other, &wrapped).is_err());
    }

    #[test]
    fn a_key_that_is_not_32_bytes_is_refused() {
        for text in ["", "c2hvcnQ=", "not base64!"] {
            assert!(MasterKey::parse(&text.into()).is_err());
        }
        assert_eq!(master().fingerprint().len(), FINGERPRINT_LENGTH);
    }
}
