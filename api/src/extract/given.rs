//! A field that is absent, null, or there, where null means something of its own.

use serde::de::{Deserialize, Deserializer};

/// A field whose null means something. It needs `#[serde(default)]`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Given<T> {
    /// It is not there: what is stays.
    #[default]
    Not,
    /// It is null: what is goes.
    Null,
    /// It is there.
    This(T),
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for Given<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Ok(Option::deserialize(deserializer)?.map_or(Self::Null, Self::This))
    }
}
