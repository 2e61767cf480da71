//! The addresses under which a contact is known.
//!
//! A person has several, and since 2026 WhatsApp may leave the phone number out, so a contact is never keyed on one.

use compact_str::CompactString;
use serde::{Deserialize, Serialize};

use super::channel::Channel;
use super::named::named;

/// What kind of address an [`Identity`] is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "schema", derive(utoipa::ToSchema))]
#[serde(rename_all = "snake_case")]
pub enum IdentityKind {
    /// A WhatsApp id: the phone number in digits, without `+`. One person across a merchant's numbers.
    Phone,
    /// WhatsApp's business-scoped user id, `CC.` and up to 128 alphanumerics. Likewise.
    Bsuid,
    /// Messenger's page-scoped id: means something on one page only.
    Psid,
    /// X's user id.
    XUser,
}

named!(IdentityKind, "identity kind", {
    Phone => "phone",
    Bsuid => "bsuid",
    Psid => "psid",
    XUser => "x_user",
});

impl IdentityKind {
    /// Whether the address is the merchant's to know the person by, whichever account was written to.
    pub const fn is_merchant_wide(self) -> bool {
        matches!(self, Self::Phone | Self::Bsuid)
    }

    /// The channel that the address is used on.
    pub const fn channel(self) -> Channel {
        match self {
            Self::Phone | Self::Bsuid => Channel::WhatsApp,
            Self::Psid => Channel::Messenger,
            Self::XUser => Channel::X,
        }
    }

    /// How strongly the address stands for one person; of two that disagree the stronger is believed.
    /// A phone number changes hands, a business-scoped id does not.
    pub const fn strength(self) -> u8 {
        match self {
            Self::Phone => 0,
            Self::Bsuid | Self::Psid | Self::XUser => 1,
        }
    }
}

/// One address of a contact.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Identity {
    /// What kind of address this is.
    pub kind: IdentityKind,
    /// The address itself; never empty.
    pub value: CompactString,
}

impl Identity {
    /// An address as WhatsApp gives it, told apart by its form: some payloads carry a
    /// business-scoped id where a phone number is documented (platform notes, section 5).
    pub fn whatsapp(raw: &str) -> Option<Self> {
        let value = raw.trim().trim_start_matches('+');
        if value.is_empty() {
            return None;
        }
        let kind =
            if value.bytes().all(|byte| byte.is_ascii_digit()) { IdentityKind::Phone } else { IdentityKind::Bsuid };
        Some(Self { kind, value: value.into() })
    }

    /// An address written as `kind:value`.
    pub fn from_tagged(text: &str) -> Option<Self> {
        let (kind, value) = text.split_once(':')?;
        Some(Self { kind: kind.parse().ok()?, value: value.into() })
    }

    /// A page-scoped id of Messenger.
    pub fn psid(raw: &str) -> Option<Self> {
        Self::of(IdentityKind::Psid, raw)
    }

    /// A user id of X.
    pub fn x_user(raw: &str) -> Option<Self> {
        Self::of(IdentityKind::XUser, raw)
    }

    fn of(kind: IdentityKind, raw: &str) -> Option<Self> {
        let value = raw.trim();
        (!value.is_empty()).then(|| Self { kind, value: value.into() })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn digits_are_a_phone_number_with_or_without_plus() {
        for raw in ["84901234567", "+84901234567", " 84901234567 "] {
            let identity = Identity::whatsapp(raw);
            assert_eq!(identity, Some(Identity { kind: IdentityKind::Phone, value: "84901234567".into() }));
        }
    }

    #[test]
    fn a_country_and_a_dot_is_a_business_scoped_id() {
        let identity = Identity::whatsapp("US.13491208655302741918");
        assert_eq!(identity.map(|identity| identity.kind), Some(IdentityKind::Bsuid));
    }

    #[test]
    fn nothing_is_no_address() {
        assert_eq!(Identity::whatsapp("+"), None);
        assert_eq!(Identity::psid("  "), None);
    }
}
