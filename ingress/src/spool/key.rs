//! What seals the records of one segment, and opens them.

use bytes::Bytes;
use shared::domain::ids::SpoolSegmentId;
use shared::seal::{Binding, DataKey, MasterKey, OVERHEAD, SealError};

use super::format::{Header, RECORD_HEAD, RecordHead, WrappedKey, checksum};
use super::records::Record;

const KEY_PLACE: &str = "spool.segment";
const PLACE: &str = "spool.record";
/// What a record takes besides its envelope, at most.
pub(crate) const RECORD_OVERHEAD: usize = RECORD_HEAD + OVERHEAD;

/// Events of one routing key as they are laid out for the broker, and what is known of them.
#[derive(Clone, Debug)]
pub(crate) struct Envelope {
    pub(crate) bytes: Bytes,
    pub(crate) events: u32,
    /// When the oldest of them was accepted, in microseconds since 1970.
    pub(crate) oldest: i64,
}

/// The key of a segment.
#[derive(Clone, Debug)]
pub(crate) struct SegmentKey {
    id: SpoolSegmentId,
    /// None: payloads lie in the clear.
    key: Option<DataKey>,
}

/// A segment's key does not open.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum KeyError {
    /// It is sealed under a master key with this fingerprint, which is not ours.
    Other(String),
    /// It was changed.
    Broken,
}

impl SegmentKey {
    /// A new segment's key, under `master` where there is one.
    pub(crate) fn make(master: Option<&MasterKey>) -> Result<(Self, Header), SealError> {
        let id = SpoolSegmentId::new();
        let Some(master) = master else {
            return Ok((Self { id, key: None }, Header { id, key: None }));
        };
        let (key, wrapped) = master.new_data_key(Binding::new(KEY_PLACE, id))?;
        let unfit = || SealError::Failed(KEY_PLACE);
        let wrapped = WrappedKey {
            fingerprint: master.fingerprint().as_bytes().try_into().map_err(|_| unfit())?,
            wrapped: wrapped.try_into().map_err(|_| unfit())?,
        };
        Ok((Self { id, key: Some(key) }, Header { id, key: Some(wrapped) }))
    }

    /// The key of the segment that begins with `header`.
    pub(crate) fn open(header: &Header, master: Option<&MasterKey>) -> Result<Self, KeyError> {
        let id = header.id;
        let Some(wrapped) = &header.key else { return Ok(Self { id, key: None }) };
        let ours = master.filter(|master| master.fingerprint().as_bytes() == wrapped.fingerprint);
        let other = || KeyError::Other(String::from_utf8_lossy(&wrapped.fingerprint).into_owned());
        let opened = ours.ok_or_else(other)?.open_data_key(Binding::new(KEY_PLACE, id), &wrapped.wrapped);
        Ok(Self { id, key: Some(opened.map_err(|_| KeyError::Broken)?) })
    }

    pub(crate) fn id(&self) -> SpoolSegmentId {
        self.id
    }

    /// Lays `envelope` out as the record `number`, at the end of `out`.
    pub(crate) fn record(&self, number: u32, envelope: &Envelope, out: &mut Vec<u8>) -> Result<(), SealError> {
        let mut head = RecordHead { length: 0, number, events: envelope.events, oldest: envelope.oldest, crc: 0 };
        let sealed =
            self.key.as_ref().map(|key| key.seal(PLACE, &head.binding(self.id), &envelope.bytes)).transpose()?;
        let payload = sealed.as_deref().unwrap_or(&envelope.bytes);
        head.length = u32::try_from(payload.len()).map_err(|_| SealError::Failed(PLACE))?;
        head.crc = checksum(self.id, payload);
        out.extend_from_slice(&head.encode(self.id));
        out.extend_from_slice(payload);
        Ok(())
    }

    /// The envelope of `record`.
    pub(crate) fn envelope(&self, record: &Record) -> Result<Bytes, SealError> {
        match &self.key {
            None => Ok(record.payload.clone()),
            Some(key) => key.open(PLACE, &record.head.binding(self.id), &record.payload).map(Bytes::from),
        }
    }
}
