//! How much goes together in one broker message, whether it comes straight from requests or out of the spool.

/// Bytes of bodies in one broker message, past which no further event is added: the most events that go together fill it
/// where they are of the usual size. A worker holds some hundred messages.
pub(crate) const MOST_BYTES: usize = 1 << 19;

/// How many events whose bodies have these lengths go into one message; at least one.
pub(crate) fn fitting(lengths: impl IntoIterator<Item = usize>) -> usize {
    let mut bytes = 0;
    let fits = lengths.into_iter().take_while(|length| {
        bytes += length;
        bytes <= MOST_BYTES
    });
    fits.count().max(1)
}
