//! What an object is called.

use std::fmt;

use chrono::{DateTime, Datelike, Utc};
use object_store::path::Path;

use crate::domain::ids::{MediaId, MerchantId};

/// The key of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ObjectKey(String);

impl ObjectKey {
    /// The key of `media` of `merchant`; the month is the one that its id carries.
    pub fn of(merchant: MerchantId, media: MediaId) -> Self {
        let seconds = media.0.get_timestamp().map_or(0, |time| time.to_unix().0);
        let at: DateTime<Utc> = DateTime::from_timestamp(i64::try_from(seconds).unwrap_or(0), 0).unwrap_or_default();
        Self(format!("{merchant}/{:04}/{:02}/{media}", at.year(), at.month()))
    }

    /// A key that was written down.
    pub fn written(text: impl Into<String>) -> Self {
        Self(text.into())
    }

    /// The key as it is written down.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    pub(super) fn below(&self, prefix: &Path) -> Path {
        let parts = self.0.split('/').map(object_store::path::PathPart::from);
        prefix.parts().chain(parts).collect()
    }
}

impl fmt::Display for ObjectKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::channel::Channel;
    use crate::domain::deterministic;

    #[test]
    fn a_key_names_merchant_month_and_file() {
        let at = DateTime::from_timestamp(1_763_000_000, 0).unwrap();
        let message = deterministic::message_id(Channel::WhatsApp, "1", "wamid.A", at);
        let (merchant, media) = (MerchantId::new(), deterministic::media_id(message, 0));
        assert_eq!(ObjectKey::of(merchant, media).as_str(), format!("{merchant}/2025/11/{media}"));
    }

    #[test]
    fn no_key_leads_out_of_the_store() {
        let path = ObjectKey::written("../../etc/passwd").below(&Path::from("loa"));
        assert!(!path.to_string().contains("../"), "{path}");
    }
}
