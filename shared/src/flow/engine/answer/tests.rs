//! What counts as a number, a day, a phone number, an e-mail address.

use super::{date, is_email, number, phone};

#[test]
fn numbers_are_read_as_the_customer_writes_them() {
    for (text, locale, expected) in [
        ("12", "en", Some(12.0)),
        ("-3.5", "en", Some(-3.5)),
        ("+7", "en", Some(7.0)),
        ("1,000", "en", Some(1000.0)),
        ("1.000", "vi_VN", Some(1000.0)),
        ("1.500", "en", Some(1.5)),
        ("1,5", "vi", Some(1.5)),
        ("1.5", "vi", Some(1.5)),
        ("0.500", "vi", Some(0.5)),
        ("1,000,000.25", "vi", Some(1_000_000.25)),
        ("1.000.000,25", "en", Some(1_000_000.25)),
        ("1 000 000", "en", Some(1_000_000.0)),
        ("1,00,0", "en", None),
        ("1.2.3", "en", None),
        ("12a", "en", None),
        ("", "en", None),
        ("-", "en", None),
        (".", "en", None),
        ("1e9", "en", None),
        ("99999999999999999999999999", "en", None),
    ] {
        assert_eq!(number::read(text, locale), expected, "{text} in {locale}");
    }
    assert_eq!(number::kept(3.0).to_string(), "3");
    assert_eq!(number::kept(3.25).to_string(), "3.25");
}

#[test]
fn days_are_read_however_they_are_parted() {
    for text in ["2026-12-31", "31/12/2026", "31.12.2026", "31-12-2026", "31 / 12 / 2026"] {
        assert_eq!(date::read(text).map(|day| day.to_string()).as_deref(), Some("2026-12-31"), "{text}");
    }
    for text in
        ["31/12/26", "2026-02-30", "12/31/2026", "tomorrow", "1/1/1", "", "2026-12", "9999-01-01", "2026-12-31-1"]
    {
        assert_eq!(date::read(text), None, "{text}");
    }
}

#[test]
fn phone_numbers_are_read_with_their_country() {
    for (text, country, expected) in [
        ("0912 345 678", Some("VN"), Some("+84912345678")),
        ("+84 (0)912-345-678", None, Some("+84912345678")),
        ("0084912345678", Some("VN"), Some("+84912345678")),
        ("84912345678", None, Some("+84912345678")),
        ("12345", Some("VN"), None),
        ("call me", Some("VN"), None),
        ("", None, None),
        ("+", None, None),
        ("0912345678", Some("XX"), None),
    ] {
        assert_eq!(phone::read(text, country).as_deref(), expected, "{text}");
    }
}

#[test]
fn e_mail_addresses_have_a_name_and_a_domain() {
    for text in ["a@b.co", "lan.nguyen+shop@mail.example.vn", "o'neil@example.com"] {
        assert!(is_email(text), "{text}");
    }
    for text in ["a@b", "@b.co", "a b@c.de", "a@b..co", "a@-b.co", ".a@b.co", "a@b.1", "a@@b.co", "a@b.co, c@d.ef"] {
        assert!(!is_email(text), "{text}");
    }
}
