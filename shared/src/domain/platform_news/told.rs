//! A value that remembers when it was told.

use chrono::{DateTime, Utc};

/// A value and when the platform told it. The newest stands; of two told in the same second the
/// greater, so that their order does not matter.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Told<T> {
    /// The value.
    pub value: T,
    /// When it was told; never where it is the one from the beginning.
    pub at: Option<DateTime<Utc>>,
}

impl<T: Ord> Told<T> {
    /// A value that was never told.
    pub const fn never(value: T) -> Self {
        Self { value, at: None }
    }

    /// Takes `value` if it is news. Whether it was.
    pub fn hear(&mut self, value: T, at: DateTime<Utc>) -> bool {
        let is_news = (Some(at), &value) > (self.at, &self.value);
        if is_news {
            *self = Self { value, at: Some(at) };
        }
        is_news
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn any_order_of_the_same_news_ends_in_the_same_value(
            news in proptest::collection::vec((0_u8..4, 0_i64..5), 1..10),
            at in any::<proptest::sample::Index>(),
        ) {
            let hear = |told: &mut Told<u8>, (value, second): &(u8, i64)| {
                told.hear(*value, DateTime::from_timestamp(*second, 0).unwrap());
            };
            let (mut forward, mut shuffled) = (Told::never(9), Told::never(9));
            for one in &news {
                hear(&mut forward, one);
            }
            let (left, right) = news.split_at(at.index(news.len()));
            for one in right.iter().chain(left).rev().chain(right) {
                hear(&mut shuffled, one);
            }
            prop_assert_eq!(forward, shuffled);
        }
    }

    #[test]
    fn what_was_told_twice_is_no_news() {
        let mut told = Told::never("UNKNOWN");
        let at = DateTime::from_timestamp(1_763_000_000, 0).unwrap();
        assert!(told.hear("GREEN", at));
        assert!(!told.hear("GREEN", at));
        assert!(!told.hear("RED", at - chrono::Duration::seconds(1)));
    }
}
