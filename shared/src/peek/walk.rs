//! Walking JSON of whatever shape in one pass, without building it.
//!
//! A webhook may hold a string where a list is documented. So no step of the walk is an error except
//! JSON that does not read: what is of another type than expected is shown as [`Look::odd`].

use std::borrow::Cow;
use std::fmt;

use serde::Deserialize;
use serde::de::{DeserializeSeed, Deserializer, Error, IgnoredAny, MapAccess, SeqAccess, Visitor};

/// What looks at the objects of one level.
pub(super) trait Look {
    /// An object begins.
    fn begin(&mut self) {}

    /// A field of the object; must take its value, with [`skip`] if it is of no interest.
    fn field<'de, A: MapAccess<'de>>(&mut self, key: &str, map: &mut A) -> Result<(), A::Error>;

    /// The object ends.
    fn end(&mut self) {}

    /// There stands no object, or no list, where one was expected.
    fn odd(&mut self) {}
}

/// Passes over a field's value.
pub(super) fn skip<'de, A: MapAccess<'de>>(map: &mut A) -> Result<(), A::Error> {
    map.next_value::<IgnoredAny>().map(drop)
}

/// Takes a field's value and says whether it is a text, or a number, that passes `test`.
pub(super) fn holds<'de, A: MapAccess<'de>>(map: &mut A, test: impl FnOnce(&str) -> bool) -> Result<bool, A::Error> {
    Ok(map.next_value_seed(Text)?.is_some_and(|text| test(&text)))
}

/// Whether `text` can be an identifier.
pub(super) fn is_id(text: &str) -> bool {
    !text.trim().is_empty()
}

/// Whether `text` can be a moment in milliseconds; fourteen digits reach beyond the year 5000.
pub(super) fn is_millis(text: &str) -> bool {
    (1..=14).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_digit())
}

#[derive(Deserialize)]
#[serde(transparent)]
struct Key<'a>(#[serde(borrow)] Cow<'a, str>);

/// Writes the methods of a visitor for the types it does not expect, all answered alike.
macro_rules! otherwise {
    ($($method:ident($type:ty)),*) => {
        $(fn $method<E: Error>(self, _: $type) -> Result<Self::Value, E> {
            Ok(self.otherwise())
        })*

        fn visit_unit<E: Error>(self) -> Result<Self::Value, E> {
            Ok(self.otherwise())
        }

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("any JSON")
        }
    };
}

/// Shows one object.
pub(super) struct One<'a, L>(pub(super) &'a mut L);

impl<L: Look> One<'_, L> {
    fn otherwise(self) {
        self.0.odd();
    }
}

impl<'de, L: Look> DeserializeSeed<'de> for One<'_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, L: Look> Visitor<'de> for One<'_, L> {
    type Value = ();

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        self.0.begin();
        while let Some(key) = map.next_key::<Key<'_>>()? {
            self.0.field(&key.0, &mut map)?;
        }
        self.0.end();
        Ok(())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        self.otherwise();
        Ok(())
    }

    otherwise!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

/// Shows each object of a list.
pub(super) struct Each<'a, L>(pub(super) &'a mut L);

impl<L: Look> Each<'_, L> {
    fn otherwise(self) {
        self.0.odd();
    }
}

impl<'de, L: Look> DeserializeSeed<'de> for Each<'_, L> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<(), D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de, L: Look> Visitor<'de> for Each<'_, L> {
    type Value = ();

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        while seq.next_element_seed(One(&mut *self.0))?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        self.otherwise();
        Ok(())
    }

    otherwise!(visit_bool(bool), visit_i64(i64), visit_u64(u64), visit_f64(f64), visit_str(&str));
}

/// Takes a text, or a number in its digits; borrowed where it can be.
pub(super) struct Text;

impl Text {
    #[expect(clippy::unused_self, reason = "the shape that the macro calls")]
    fn otherwise<'de>(self) -> Option<Cow<'de, str>> {
        None
    }
}

impl<'de> DeserializeSeed<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn deserialize<D: Deserializer<'de>>(self, json: D) -> Result<Self::Value, D::Error> {
        json.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Text {
    type Value = Option<Cow<'de, str>>;

    fn visit_borrowed_str<E: Error>(self, text: &'de str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Borrowed(text)))
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(text.to_owned())))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        Ok(Some(Cow::Owned(number.to_string())))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Self::Value, A::Error> {
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self::Value, A::Error> {
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(None)
    }

    otherwise!(visit_bool(bool), visit_f64(f64));
}
