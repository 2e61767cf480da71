//! A share of a whole, and between which shares the true one lies.

/// The normal quantile of 95 %.
const Z: f64 = 1.959_963_984_540_054;

/// So many of so many.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Proportion {
    /// The share, from 0 to 1.
    pub rate: f64,
    /// The lower end of its 95 % interval.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

impl Proportion {
    /// `part` of `whole` with Wilson's interval, which holds for small numbers and for shares near 0 and 1 too; none of
    /// an empty whole.
    pub fn of(part: i64, whole: i64) -> Option<Self> {
        if whole <= 0 {
            return None;
        }
        let (part, whole) = (exact(part.clamp(0, whole)), exact(whole));
        let (rate, square) = (part / whole, Z * Z);
        let scale = 1.0 + square / whole;
        let middle = (rate + square / (2.0 * whole)) / scale;
        let reach = Z / scale * (rate * (1.0 - rate) / whole + square / (4.0 * whole * whole)).sqrt();
        Some(Self { rate, low: (middle - reach).max(0.0).min(rate), high: (middle + reach).min(1.0).max(rate) })
    }
}

#[expect(clippy::cast_precision_loss, reason = "counts of sessions are far below 2^53")]
const fn exact(count: i64) -> f64 {
    count as f64
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rounded(part: i64, whole: i64) -> (f64, f64, f64) {
        let of = Proportion::of(part, whole).unwrap();
        let round = |share: f64| (share * 10_000.0).round() / 10_000.0;
        (round(of.rate), round(of.low), round(of.high))
    }

    #[test]
    fn the_interval_is_wilsons() {
        assert_eq!(rounded(81, 263), (0.308, 0.2553, 0.3662));
        assert_eq!(rounded(15, 148), (0.1014, 0.0624, 0.1605));
        assert_eq!(rounded(0, 20), (0.0, 0.0, 0.1611));
        assert_eq!(rounded(20, 20), (1.0, 0.8389, 1.0));
        assert_eq!(rounded(1, 29), (0.0345, 0.0061, 0.1718));
    }

    #[test]
    fn nothing_is_no_share_of_nothing() {
        assert_eq!(Proportion::of(0, 0), None);
    }
}
