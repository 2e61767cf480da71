//! The country that an address is in, by its calling code.

use phonenumber::metadata::DATABASE;
use shared::domain::identity::{Identity, IdentityKind};
use shared::store::barred::CallingCode;

/// The calling code of the first of `addresses` that tells one: a phone number, or a business-scoped id,
/// which begins with a country's two letters.
pub fn calling_code(addresses: &[Identity]) -> Option<CallingCode> {
    addresses.iter().find_map(|address| match address.kind {
        IdentityKind::Phone => of_phone(&address.value),
        IdentityKind::Bsuid => of_region(address.value.split('.').next()?),
        IdentityKind::Psid | IdentityKind::XUser => None,
    })
}

fn of_phone(digits: &str) -> Option<CallingCode> {
    let number = phonenumber::parse(None, format!("+{digits}")).ok()?;
    CallingCode::try_from(number.code().value()).ok()
}

fn of_region(letters: &str) -> Option<CallingCode> {
    CallingCode::try_from(DATABASE.by_id(letters)?.country_code()).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(address: &str) -> Option<CallingCode> {
        calling_code(&Identity::whatsapp(address).into_iter().collect::<Vec<_>>())
    }

    #[test]
    fn a_number_and_a_user_id_tell_their_country() {
        assert_eq!(code("84901234567"), Some(84));
        assert_eq!(code("12025550123"), Some(1));
        assert_eq!(code("VN.13491208655302741918"), Some(84));
    }

    #[test]
    fn what_is_no_number_tells_none() {
        assert_eq!(code("0"), None);
        assert_eq!(code("ZZ.1"), None);
        assert_eq!(calling_code(&[]), None);
    }
}
