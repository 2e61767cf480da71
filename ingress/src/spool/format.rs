//! How a segment of the spool is laid out. Integers are big-endian.
//!
//! ```text
//! segment   header, then records
//! header    "LOASPOOL" version(1) sealed(1) id(16) fingerprint(16) data key(60) crc(4)
//! record    length(4) number(4) events(4) oldest(8) crc of the payload(4) crc of this head(4) | payload
//! ```
//!
//! The payload is an envelope of events, sealed under the segment's data key, which is sealed under the
//! master key that the fingerprint names. Without a master key (development) both are zeros, and the
//! payload is the envelope itself. A record's checksums begin with the segment's id, so that no other
//! segment's record is taken for one of this.

use shared::domain::ids::SpoolSegmentId;
use shared::seal::{FINGERPRINT_LENGTH, WRAPPED_LENGTH};
use uuid::Uuid;

const MAGIC: &[u8; 8] = b"LOASPOOL";
const VERSION: u8 = 1;
const CRC: usize = 4;
/// A segment's header, in bytes.
pub(crate) const HEADER: usize = MAGIC.len() + 2 + 16 + FINGERPRINT_LENGTH + WRAPPED_LENGTH + CRC;
/// What stands before each payload, in bytes.
pub(crate) const RECORD_HEAD: usize = 28;

/// What stands at the beginning of a segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Header {
    pub(crate) id: SpoolSegmentId,
    /// None where payloads lie in the clear.
    pub(crate) key: Option<WrappedKey>,
}

/// A data key, sealed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct WrappedKey {
    /// Of the master key.
    pub(crate) fingerprint: [u8; FINGERPRINT_LENGTH],
    pub(crate) wrapped: [u8; WRAPPED_LENGTH],
}

impl Header {
    pub(crate) fn encode(&self) -> Vec<u8> {
        let none = WrappedKey { fingerprint: [0; FINGERPRINT_LENGTH], wrapped: [0; WRAPPED_LENGTH] };
        let key = self.key.as_ref().unwrap_or(&none);
        let mut out = Vec::with_capacity(HEADER);
        out.extend_from_slice(MAGIC);
        out.extend_from_slice(&[VERSION, u8::from(self.key.is_some())]);
        out.extend_from_slice(self.id.0.as_bytes());
        out.extend_from_slice(&key.fingerprint);
        out.extend_from_slice(&key.wrapped);
        let crc = crc32fast::hash(&out);
        out.extend_from_slice(&crc.to_be_bytes());
        out
    }

    /// Reads the header at the beginning of `bytes`; none where there is no whole, unharmed one.
    pub(crate) fn decode(bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes.get(..HEADER)?);
        let whole = crc32fast::hash(bytes.get(..HEADER - CRC)?);
        let (magic, [version], [sealed]) = (fields.take::<8>()?, fields.take()?, fields.take()?);
        let id = SpoolSegmentId(Uuid::from_bytes(fields.take()?));
        let key = WrappedKey { fingerprint: fields.take()?, wrapped: fields.take()? };
        let crc = u32::from_be_bytes(fields.take()?);
        let fits = magic == *MAGIC && version == VERSION && sealed <= 1 && crc == whole;
        fits.then_some(Self { id, key: (sealed == 1).then_some(key) })
    }
}

/// What stands before a payload.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct RecordHead {
    /// Bytes of the payload.
    pub(crate) length: u32,
    /// How many records stand before it in the segment.
    pub(crate) number: u32,
    /// How many events it carries.
    pub(crate) events: u32,
    /// When the oldest of them was accepted, in microseconds since 1970.
    pub(crate) oldest: i64,
    /// Of the payload.
    pub(crate) crc: u32,
}

impl RecordHead {
    pub(crate) fn encode(&self, id: SpoolSegmentId) -> [u8; RECORD_HEAD] {
        let mut out = [0; RECORD_HEAD];
        let fields: [&[u8]; 5] = [
            &self.length.to_be_bytes(),
            &self.number.to_be_bytes(),
            &self.events.to_be_bytes(),
            &self.oldest.to_be_bytes(),
            &self.crc.to_be_bytes(),
        ];
        let (before, own) = out.split_at_mut(RECORD_HEAD - CRC);
        before.copy_from_slice(&fields.concat());
        own.copy_from_slice(&checksum(id, before).to_be_bytes());
        out
    }

    /// Reads the head at the beginning of `bytes`; none where there is no whole, unharmed one.
    pub(crate) fn decode(id: SpoolSegmentId, bytes: &[u8]) -> Option<Self> {
        let mut fields = Fields(bytes.get(..RECORD_HEAD)?);
        let head = Self {
            length: u32::from_be_bytes(fields.take()?),
            number: u32::from_be_bytes(fields.take()?),
            events: u32::from_be_bytes(fields.take()?),
            oldest: i64::from_be_bytes(fields.take()?),
            crc: u32::from_be_bytes(fields.take()?),
        };
        let crc = u32::from_be_bytes(fields.take()?);
        (crc == checksum(id, bytes.get(..RECORD_HEAD - CRC)?)).then_some(head)
    }

    /// What a payload is bound to: moved to another place it does not open.
    pub(crate) fn binding(&self, id: SpoolSegmentId) -> Vec<u8> {
        let Self { number, events, oldest, .. } = self;
        [&id.0.as_bytes()[..], &number.to_be_bytes(), &events.to_be_bytes(), &oldest.to_be_bytes()].concat()
    }
}

/// The checksum of `bytes` in the segment `id`.
pub(crate) fn checksum(id: SpoolSegmentId, bytes: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(id.0.as_bytes());
    hasher.update(bytes);
    hasher.finalize()
}

/// Takes fields off the front.
struct Fields<'a>(&'a [u8]);

impl Fields<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (field, rest) = self.0.split_first_chunk::<N>()?;
        self.0 = rest;
        Some(*field)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn header(key: Option<WrappedKey>) -> Header {
        Header { id: SpoolSegmentId::new(), key }
    }

    #[test]
    fn a_header_reads_as_it_was_written_and_not_with_any_bit_changed() {
        let key = WrappedKey { fingerprint: *b"0123456789abcdef", wrapped: [7; WRAPPED_LENGTH] };
        for header in [header(None), header(Some(key))] {
            let bytes = header.encode();
            assert_eq!(bytes.len(), HEADER);
            assert_eq!(Header::decode(&bytes), Some(header));
            assert_eq!(Header::decode(&bytes[..HEADER - 1]), None);
            for bit in 0..bytes.len() * 8 {
                let mut changed = bytes.clone();
                changed[bit / 8] ^= 1 << (bit % 8);
                assert_eq!(Header::decode(&changed), None, "bit {bit}");
            }
        }
    }

    #[test]
    fn a_records_head_reads_in_its_own_segment_alone() {
        let (id, other) = (SpoolSegmentId::new(), SpoolSegmentId::new());
        let head = RecordHead { length: 700, number: 3, events: 2, oldest: 1_700_000_000_000_000, crc: 9 };
        let bytes = head.encode(id);
        assert_eq!(RecordHead::decode(id, &bytes), Some(head));
        assert_eq!(RecordHead::decode(other, &bytes), None);
        for bit in 0..bytes.len() * 8 {
            let mut changed = bytes;
            changed[bit / 8] ^= 1 << (bit % 8);
            assert_eq!(RecordHead::decode(id, &changed), None, "bit {bit}");
        }
    }
}
