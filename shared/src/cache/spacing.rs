//! How far apart sends must be so that no second holds more than the limit. Pure.
//!
//! Slots are handed out at least `T` apart. A send leaves at its slot or up to `L` = [`MOST_LATE`] after
//! it; later than that the slot is forfeited and another is asked for. A replica reads Redis's clock with
//! an error of at most `E`, early or late. So the stamps in a window `[t, t + 1 s)` come from slots in a
//! half-open interval of 1 s + `L` + 2`E`, and of those there are at most
//!
//! ```text
//! ceil((1 s + L + 2 E) / T)
//! ```
//!
//! With `T` = [`SLACK`] / limit that is no more than the limit as long as 1 + `L` + 2`E` <= `SLACK`:
//! 1 + 0.013 + 2 x 0.002 = 1.017. What it costs is 1.7 % of the rate, and whatever is forfeited.

use std::time::Duration;

/// How much longer the distance is than the limit alone would have it.
pub const SLACK: f64 = 1.017;
/// How long after its slot a send may leave: `L`.
pub const MOST_LATE: Duration = Duration::from_millis(13);
/// How wrong a replica may read Redis's clock: `E`.
pub const CLOCK_ERROR: Duration = Duration::from_millis(2);

/// The distance between two slots at `per_second` messages a second, in whole microseconds.
pub fn distance(per_second: u32) -> Duration {
    let micros = (SLACK * 1e6 / f64::from(per_second.max(1))).ceil();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "from 1 to a few million")]
    let micros = micros as u64;
    Duration::from_micros(micros)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// Microseconds at which sends are stamped: each after its slot by up to the lateness allowed, on a
    /// replica whose clock errs one way or the other.
    fn stamps(limit: u32, faults: &[(u64, i64)]) -> Vec<i64> {
        let distance = i64::try_from(distance(limit).as_micros()).unwrap();
        let mut stamps: Vec<i64> = (0..)
            .zip(faults)
            .map(|(slot, (late, error))| 10_000 + slot * distance + i64::try_from(*late).unwrap() + error)
            .collect();
        stamps.sort_unstable();
        stamps
    }

    fn most_in_a_second(stamps: &[i64]) -> usize {
        (0..stamps.len()).map(|at| stamps.partition_point(|stamp| *stamp < stamps[at] + 1_000_000) - at).max().unwrap()
    }

    proptest! {
        #[test]
        fn no_second_holds_more_than_the_limit(
            limit in prop_oneof![Just(1_u32), Just(20), Just(80), Just(1000), 1_u32..1000],
            faults in prop::collection::vec(
                (prop_oneof![Just(0_u64), Just(13_000), 0_u64..=13_000], prop_oneof![Just(-2_000_i64), Just(2_000)]),
                200..1500,
            ),
        ) {
            prop_assert!(most_in_a_second(&stamps(limit, &faults)) <= usize::try_from(limit).unwrap());
        }
    }

    #[test]
    fn the_rate_stays_within_two_hundredths_of_the_limit() {
        for limit in [1, 20, 80, 1000] {
            let rate = 1.0 / distance(limit).as_secs_f64();
            assert!(rate >= f64::from(limit) * 0.98, "{rate} of {limit}");
        }
    }

    #[test]
    fn the_allowances_fit_into_the_slack() {
        let window = Duration::from_secs(1) + MOST_LATE + CLOCK_ERROR * 2;
        assert!(window.as_secs_f64() <= SLACK);
    }
}
