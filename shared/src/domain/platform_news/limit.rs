//! The messaging limit: how many customers may be written to outside a window in 24 hours.

/// A messaging limit. The numbers come from the platform's text: its list of tiers changes (1,000 is gone,
/// 2,000 is new), so it is never a list here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum MessagingLimit {
    /// So many unique customers.
    Of(u32),
    /// As many as there are.
    Unlimited,
}

impl MessagingLimit {
    /// A tier as the platform writes it: `TIER_250`, `TIER_2K`, `TIER_100K`, `TIER_UNLIMITED`; also a
    /// bare number, where -1 stands for no limit. `None` for `TIER_NOT_SET` and what does not read.
    pub fn parse(text: &str) -> Option<Self> {
        let tier = text.trim().to_ascii_uppercase();
        let tier = tier.strip_prefix("TIER_").unwrap_or(&tier);
        if tier == "UNLIMITED" || tier == "-1" {
            return Some(Self::Unlimited);
        }
        let (digits, times) = match tier.strip_suffix(['K', 'M']) {
            Some(digits) if tier.ends_with('K') => (digits, 1_000),
            Some(digits) => (digits, 1_000_000),
            None => (tier, 1),
        };
        let number: u32 = digits.parse().ok()?;
        number.checked_mul(times).map(Self::Of)
    }

    /// As rows hold it: -1 for unlimited.
    pub fn as_row(self) -> i32 {
        match self {
            Self::Of(number) => i32::try_from(number).unwrap_or(i32::MAX),
            Self::Unlimited => -1,
        }
    }

    /// From a row.
    pub fn of_row(row: i32) -> Self {
        u32::try_from(row).map_or(Self::Unlimited, Self::Of)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_number_is_read_from_the_text() {
        for (text, limit) in [
            ("TIER_50", 50),
            ("TIER_250", 250),
            ("TIER_1K", 1_000),
            ("TIER_2K", 2_000),
            ("tier_10k", 10_000),
            ("TIER_100K", 100_000),
            ("TIER_1M", 1_000_000),
            ("2000", 2_000),
        ] {
            assert_eq!(MessagingLimit::parse(text), Some(MessagingLimit::Of(limit)), "{text}");
        }
    }

    #[test]
    fn unlimited_has_a_word_and_a_number() {
        for text in ["TIER_UNLIMITED", "UNLIMITED", "-1"] {
            assert_eq!(MessagingLimit::parse(text), Some(MessagingLimit::Unlimited), "{text}");
        }
    }

    #[test]
    fn what_names_no_number_is_no_limit() {
        for text in ["", "TIER_", "TIER_NOT_SET", "TIER_K", "TIER_9999999K", "-2", "1.5"] {
            assert_eq!(MessagingLimit::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_limit_reads_back_from_its_row() {
        for limit in [MessagingLimit::Of(250), MessagingLimit::Unlimited] {
            assert_eq!(MessagingLimit::of_row(limit.as_row()), limit);
        }
    }
}
