//! Conditions as they are written: read by hand, so that a fault in one names its place.

use std::fmt;

use serde::de::{Error, MapAccess, Visitor};
use serde::{Deserialize, Deserializer};
use serde_json::Value;

use super::{Condition, Operator};

const FIELDS: &[&str] = &["all", "any", "not", "field", "operator", "value"];

impl<'de> Deserialize<'de> for Condition {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_map(Written)
    }
}

struct Written;

impl<'de> Visitor<'de> for Written {
    type Value = Condition;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a condition: {field, operator, value}, {all: [...]}, {any: [...]} or {not: ...}")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Condition, A::Error> {
        let (mut group, mut field, mut operator, mut value) = (None, None, None, None);
        while let Some(key) = map.next_key::<String>()? {
            match key.as_str() {
                "all" => group = Some(Condition::All { all: map.next_value()? }),
                "any" => group = Some(Condition::Any { any: map.next_value()? }),
                "not" => group = Some(Condition::Not { not: map.next_value()? }),
                "field" => field = Some(map.next_value::<String>()?),
                "operator" => operator = Some(map.next_value::<Operator>()?),
                "value" => value = Some(map.next_value::<Value>()?),
                _ => return Err(A::Error::unknown_field(&key, FIELDS)),
            }
        }
        match (group, field, operator) {
            (Some(_), Some(_), _) | (Some(_), _, Some(_)) => {
                Err(A::Error::custom("is either a group or a question, not both"))
            }
            (Some(group), None, None) => Ok(group),
            (None, Some(field), Some(operator)) => {
                Ok(Condition::Is { field, operator, value: value.unwrap_or_default() })
            }
            (None, None, _) => Err(A::Error::missing_field("field")),
            (None, Some(_), None) => Err(A::Error::missing_field("operator")),
        }
    }
}
