//! Webhook bodies that are all different and all of one size.

use std::sync::atomic::{AtomicU64, Ordering};

use ::tests::load::Line;
use anyhow::{Context, ensure};
use bytes::Bytes;

/// Bytes of every body.
pub(crate) const SIZE: usize = 700;
/// Where a body's own number goes.
const PLACE: &str = "0123456789abcdef";

/// Makes bodies. To make one costs a copy, so that the load takes little of the machine.
#[derive(Debug)]
pub(crate) struct Bodies {
    before: String,
    after: String,
    next: AtomicU64,
}

impl Bodies {
    /// Bodies in which one customer writes.
    pub(crate) fn new() -> anyhow::Result<Self> {
        let line = Line {
            phone_number_id: "106540352242922".to_owned(),
            waba_id: "102290129340398".to_owned(),
            phone: "84901234567".to_owned(),
        };
        let id = format!("wamid.bench-{PLACE}");
        let padding = SIZE.checked_sub(line.says(&id, "").len()).context("a body without words is too long")?;
        let body = line.says(&id, &"m".repeat(padding));
        ensure!(body.len() == SIZE, "a body has {} bytes", body.len());
        let (before, after) = body.split_once(PLACE).context("the body does not hold its number")?;
        Ok(Self { before: before.to_owned(), after: after.to_owned(), next: AtomicU64::new(0) })
    }

    /// The number of a body of this kind.
    pub(crate) fn number(&self, body: &[u8]) -> Option<usize> {
        let rest = body.strip_prefix(self.before.as_bytes())?;
        let digits = std::str::from_utf8(rest.get(..PLACE.len())?).ok()?;
        usize::from_str_radix(digits, 16).ok()
    }

    /// The next one.
    pub(crate) fn next(&self) -> Bytes {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        Bytes::from(format!("{}{number:016x}{}", self.before, self.after))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bodies_differ_and_have_one_size() {
        let bodies = Bodies::new().unwrap();
        let (first, second) = (bodies.next(), bodies.next());
        assert_ne!(first, second);
        assert_eq!((first.len(), second.len()), (SIZE, SIZE));
        assert_eq!((bodies.number(&first), bodies.number(&second)), (Some(0), Some(1)));
    }
}
