//! Luck that can be repeated.

use std::sync::Mutex;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use crate::behaviour::Probability;
use crate::lock::lock;

/// Decides what is left to chance.
pub(crate) struct Chance(Mutex<StdRng>);

impl Chance {
    /// The same `seed` gives the same decisions for the same questions in the same order.
    pub(crate) fn new(seed: Option<u64>) -> Self {
        Self(Mutex::new(seed.map_or_else(StdRng::from_os_rng, StdRng::seed_from_u64)))
    }

    /// Whether something that happens with `probability` happens this time.
    pub(crate) fn happens(&self, probability: Probability) -> bool {
        lock(&self.0).random_bool(probability.into())
    }

    /// `duration`, longer or shorter by up to `share` of it.
    pub(crate) fn about(&self, duration: Duration, share: Probability) -> Duration {
        let share = f64::from(share);
        let factor = lock(&self.0).random_range(-share..=share);
        duration.mul_f64(1.0 + factor)
    }

    /// A number from 1 to `below` exclusive; `below` is at least 2.
    pub(crate) fn shift(&self, below: usize) -> usize {
        lock(&self.0).random_range(1..below)
    }
}
