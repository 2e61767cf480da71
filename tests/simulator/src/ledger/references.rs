//! Which messages were taken before.

use std::collections::HashSet;

use sha2::{Digest, Sha256};

/// How many references are told apart; past it every further one counts as new.
const MAX_REFERENCES: usize = 10_000_000;

/// References seen so far, as fingerprints: millions fit into memory.
#[derive(Default)]
pub(crate) struct References {
    seen: HashSet<u128>,
    untold: u64,
}

impl References {
    /// Whether `reference` comes for the first time; notes that it came.
    pub(crate) fn is_new(&mut self, reference: &str) -> bool {
        let fingerprint = fingerprint(reference);
        if self.seen.len() >= MAX_REFERENCES && !self.seen.contains(&fingerprint) {
            self.untold += 1;
            return true;
        }
        self.seen.insert(fingerprint)
    }

    /// How many different ones came.
    pub(crate) fn unique(&self) -> u64 {
        self.seen.len() as u64 + self.untold
    }
}

fn fingerprint(reference: &str) -> u128 {
    let digest = Sha256::digest(reference);
    digest.iter().take(16).fold(0, |number, byte| (number << 8) | u128::from(*byte))
}
