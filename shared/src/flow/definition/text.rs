//! Texts of a flow: in one language or several, with places for what is known.

use std::collections::BTreeMap;
use std::fmt;

use serde::de::value::MapAccessDeserializer;
use serde::de::{MapAccess, Visitor};
use serde::{Deserialize, Deserializer, Serialize};

/// A text with places such as `{{contact.name}}`, as its author wrote it.
pub type Template = String;

/// A text in one language, or in several by their codes: `"Hello"`, `{"en": "Hello", "vi": "Xin chào"}`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Localised {
    /// In the flow's language.
    One(Template),
    /// By language code.
    Several(BTreeMap<String, Template>),
}

impl Localised {
    /// The text for who speaks `locale`: in that language as it is spoken there, else in that language, else in the
    /// flow's, else in the first there is. `vi-VN` and `vi_VN` are one.
    pub fn for_locale(&self, locale: Option<&str>, language: &str) -> Option<&Template> {
        let several = match self {
            Self::One(text) => return Some(text),
            Self::Several(several) => several,
        };
        let wanted = locale.into_iter().chain([language]);
        wanted
            .flat_map(|code| [code, primary(code)])
            .find_map(|code| written_in(several, code))
            .or_else(|| several.values().next())
    }

    /// Every text, each with its code; none where there is but one.
    pub fn each(&self) -> Vec<(Option<&str>, &Template)> {
        match self {
            Self::One(text) => vec![(None, text)],
            Self::Several(several) => several.iter().map(|(code, text)| (Some(code.as_str()), text)).collect(),
        }
    }
}

/// The language of a locale, without its country.
fn primary(code: &str) -> &str {
    code.split(['-', '_']).next().unwrap_or(code)
}

fn written_in<'a>(several: &'a BTreeMap<String, Template>, code: &str) -> Option<&'a Template> {
    let same = |key: &str| {
        let letters = |code: &str| {
            code.bytes().map(|byte| if byte == b'-' { b'_' } else { byte.to_ascii_lowercase() }).collect::<Vec<_>>()
        };
        letters(key) == letters(code)
    };
    several.get(code).or_else(|| several.iter().find(|(key, _)| same(key)).map(|(_, text)| text))
}

/// By hand, so that a fault in one of several names its language.
impl<'de> Deserialize<'de> for Localised {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Texts;
        impl<'de> Visitor<'de> for Texts {
            type Value = Localised;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a text, or texts by language code")
            }

            fn visit_str<E>(self, text: &str) -> Result<Localised, E> {
                Ok(Localised::One(text.to_owned()))
            }

            fn visit_string<E>(self, text: String) -> Result<Localised, E> {
                Ok(Localised::One(text))
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<Localised, A::Error> {
                Deserialize::deserialize(MapAccessDeserializer::new(map)).map(Localised::Several)
            }
        }
        deserializer.deserialize_any(Texts)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_nearest_to_the_locale_is_taken() {
        let several: Localised =
            serde_json::from_str(r#"{"en": "Hello", "vi": "Chào", "pt-BR": "Oi", "pt": "Olá"}"#).unwrap();
        for (locale, expected) in [
            (Some("vi_VN"), "Chào"),
            (Some("PT_br"), "Oi"),
            (Some("pt_PT"), "Olá"),
            (Some("de"), "Hello"),
            (None, "Hello"),
        ] {
            assert_eq!(several.for_locale(locale, "en").map(String::as_str), Some(expected), "{locale:?}");
        }
        assert_eq!(several.for_locale(None, "th").map(String::as_str), Some("Hello"));
    }
}
