//! Names of the values of closed lists, as rows, answers and routing keys write them.

use std::fmt;

/// A name that stands for no value of its list.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UnknownName {
    /// What kind of name was expected.
    pub what: &'static str,
    /// What was given.
    pub name: String,
    /// What could have been.
    pub expected: &'static [&'static str],
}

impl fmt::Display for UnknownName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "unknown {} `{}`, expected one of: {}", self.what, self.name, self.expected.join(", "))
    }
}

impl std::error::Error for UnknownName {}

/// Gives the values of an enum their names, once: `ALL` in the order given, `as_str`, `Display` and
/// `FromStr` with [`UnknownName`].
macro_rules! named {
    ($type:ident, $what:literal, { $($value:ident => $name:literal),+ $(,)? }) => {
        impl $type {
            const NAMES: &'static [&'static str] = &[$($name),+];

            /// Every value, in order.
            pub const ALL: [Self; Self::NAMES.len()] = [$(Self::$value),+];

            /// The name used in rows and answers.
            pub const fn as_str(self) -> &'static str {
                match self {
                    $(Self::$value => $name,)+
                }
            }
        }

        impl std::fmt::Display for $type {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                f.write_str(self.as_str())
            }
        }

        impl std::str::FromStr for $type {
            type Err = $crate::domain::named::UnknownName;

            fn from_str(text: &str) -> Result<Self, Self::Err> {
                Self::ALL.into_iter().find(|value| value.as_str() == text).ok_or_else(|| {
                    $crate::domain::named::UnknownName {
                        what: $what,
                        name: text.to_owned(),
                        expected: Self::NAMES,
                    }
                })
            }
        }
    };
}

pub(crate) use named;

#[cfg(test)]
mod tests {
    use crate::domain::channel::Channel;

    #[test]
    fn a_name_leads_back_to_its_value() {
        for channel in Channel::ALL {
            assert_eq!(channel.as_str().parse(), Ok(channel));
        }
    }

    #[test]
    fn an_unknown_name_says_what_was_expected() {
        let error = "telegram".parse::<Channel>().unwrap_err();
        assert_eq!(error.to_string(), "unknown channel `telegram`, expected one of: whatsapp, messenger, x");
    }
}
